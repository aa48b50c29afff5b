from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from probes.guard import Guard, Refused
from probes.web import FACTS, WebProbe, accessibility, browser
from probes.web.browser import Chromium
from probes.web.chromium import find
from probes.web.crawl import client
from probes.web.visit import Tools, visit
from results.schema import Enquiry, Failure, Observation, Organisation, Why
from tests.probes.web.house import Clock, Ledger, Served, Shelf, enquiry, errand, organisation, serving

CHROMIUM = find()
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
pytestmark = pytest.mark.asyncio(loop_scope="session")

SERVICES = ("Council tax", "Refuse collection", "Parking permits", "Housing benefit", "Planning applications")
ENQUIRIES = (
    enquiry("Council tax", "/council-tax$", "rates"),
    enquiry("Refuse collection", "/refuse-collection$"),
)
ONE = (enquiry("Council tax", "/council-tax$"),)
FORM = "<form action=/search role=search><input type=search name=q aria-label='Search this site'></form>"
DRAWN = "<div id=s></div><script>document.getElementById('s').innerHTML = `{}`</script>"
IN_PAGE = """<form id=f role=search><input type=search name=q></form><div id=out></div><script>
f.onsubmit = async event => { event.preventDefault();
  const found = await (await fetch('/api?q=' + encodeURIComponent(f.q.value))).json();
  out.innerHTML = `<p>${found.length} results</p><ol class=results>` + found.map(one =>
    `<li><a href="${one}">${one.slice(1)}</a><p>All that you need to know about it.</p></li>`).join('') + '</ol>' }
</script>"""


def address(title: str) -> str:
    return f"/{title.lower().replace(' ', '-')}"


def hits(words: str) -> list[str]:
    """What the site's search finds: a piece of news first, then the services with one of the words in their title."""
    right = [address(title) for title in SERVICES if set(words.split()) & set(title.lower().split())]
    return ["/news", *right] if right else []


def results(request: Request) -> Response:
    found = hits(request.query_params["q"])
    items = "".join(
        f"<li><a href={one}>{one[1:]}</a><p>All that you need to know about {one[1:]}.</p>" for one in found
    )
    return HTMLResponse(f"<title>Search</title><p>{len(found)} results</p><ol class=results>{items}</ol>")


def council(box: str, robots: str = "", **more: Callable[[Request], Response]) -> Starlette:
    """A site of five services, news and a contact page, with this search box on its home page."""
    menu = "".join(f"<li><a href={address(title)}>{title}</a>" for title in SERVICES)
    home = f"<title>Ambleford Council</title>{box}<ul>{menu}</ul><a href=/contact>Contact us</a><a href=/news>News</a>"

    async def page(request: Request) -> Response:
        path = request.url.path
        if path[1:] in more:
            return more[path[1:]](request)
        title = {address(one): one for one in SERVICES}.get(path)
        bodies = {"/": home, "/contact": "<h1>Contact us</h1><p>Telephone 0113 496 0012</p>", "/news": "<h1>News</h1>"}
        if path == "/robots.txt":
            return PlainTextResponse(robots)
        if path == "/api":
            return JSONResponse(hits(request.query_params["q"]))
        if title or path in bodies:
            return HTMLResponse(bodies.get(path) or f"<h1>{title}</h1><a href=/>Home</a>")
        return PlainTextResponse("missing", 404)

    return Starlette(routes=[Route("/{path:path}", page, methods=["GET", "POST"])])


class Shopper:
    """Visits a site and keeps what the guard and the archive saw."""

    def __init__(self, ledger: Ledger, shelf: Shelf, clock: Clock) -> None:
        self.ledger, self.shelf, self.clock = ledger, shelf, clock

    @asynccontextmanager
    async def probe(self, at: Organisation, chromium: str | None = None) -> AsyncIterator[WebProbe]:
        guard = Guard({at.id: at}, self.ledger, self.clock, "practice")
        async with WebProbe(guard, self.shelf, self.clock, "shopper@doorstep.test", chromium) as probe:
            yield probe

    async def visit(
        self,
        served: Served,
        chromium: Chromium | None = None,
        enquiries: Sequence[Enquiry] = ENQUIRIES,
        *,
        site_search: bool = False,
    ) -> Observation:
        at = organisation(served.host, site_search=site_search)
        guard = Guard({at.id: at}, self.ledger, self.clock, "practice")
        async with client("shopper@doorstep.test") as http:
            tools = Tools(guard, self.shelf, self.clock, http, chromium)
            return await visit(tools, errand(at, served.address, *enquiries))


@pytest.fixture(autouse=True)
def little_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is examined of a page, and how several are, is for other tests."""
    monkeypatch.setattr(accessibility, "SAMPLE", 1)


@pytest.fixture
def shopper(ledger: Ledger, shelf: Shelf, clock: Clock) -> Shopper:
    return Shopper(ledger, shelf, clock)


# ------------------------------------------------------------------------------------------------ without a browser


async def test_a_visit_writes_every_fact_and_no_other(shopper: Shopper) -> None:
    async with serving(council(FORM)) as served:
        seen = await shopper.visit(served)

    assert set(seen.facts) == set(FACTS)
    assert seen.facts["web.reached"] is True
    assert seen.facts["web.pages_read"] == 8


async def test_without_a_browser_the_search_is_not_assessed(shopper: Shopper) -> None:
    async with serving(council(FORM)) as served:
        seen = await shopper.visit(served)

    assert seen.facts["web.search.home"] is True
    assert seen.unknown["web.search.found"] == (Why.PROBE_FAULT, "not assessed: no browser on this machine")


async def test_without_a_browser_nobody_can_say_that_there_is_no_search_box(shopper: Shopper) -> None:
    async with serving(council(DRAWN.format(FORM))) as served:
        seen = await shopper.visit(served)

    assert seen.unknown["web.search.home"][0] is Why.PROBE_FAULT


async def test_what_was_read_is_kept_as_evidence(shopper: Shopper) -> None:
    async with serving(council(FORM)) as served:
        seen = await shopper.visit(served)

    read = json.loads(shopper.shelf.kept["web reading"])
    assert {evidence.kind for evidence in seen.evidence} == {"web reading", "page", "map"}
    assert b"Ambleford Council" in shopper.shelf.kept["page"]
    assert read["seen"]["contact page"]["page"] == f"{served.address}contact"
    assert read["seen"]["telephone numbers"][0]["shown"] == "0113 496 0012"


async def test_a_site_that_is_down_has_failed_the_resident(shopper: Shopper) -> None:
    async with serving(council(FORM)) as served:
        pass

    seen = await shopper.visit(served)

    assert seen.failure is Failure.SITE_UNREACHABLE
    assert seen.facts["web.reached"] is False
    assert {why for why, _ in seen.unknown.values()} == {Why.NOT_APPLICABLE}


async def test_a_site_whose_robots_txt_forbids_everything_is_not_measured(shopper: Shopper) -> None:
    async with serving(council(FORM, "User-agent: *\nDisallow: /")) as served:
        seen = await shopper.visit(served)

    assert seen.error == "robots.txt forbids the home page"
    assert served.asked == ["/robots.txt"]
    assert set(seen.facts.values()) == {None}


async def test_without_consent_nothing_at_all_is_asked_for(shopper: Shopper) -> None:
    async with serving(council(FORM)) as served:
        at = organisation(served.host).model_copy(update={"consent": None})
        async with shopper.probe(at) as probe:
            with pytest.raises(Refused, match=r"consent\.absent"):
                await probe.knock(errand(at, served.address, *ENQUIRIES))

    assert served.asked == []


# ------------------------------------------------------------------------------------------------ with a browser


@needs_browser
async def test_a_search_is_typed_and_its_results_are_ranked(shopper: Shopper, chromium: Chromium) -> None:
    async with serving(council(FORM, search=results)) as served:
        seen = await shopper.visit(served, chromium)

    assert {name: value for name, value in seen.facts.items() if name.startswith("web.search.")} == {
        "web.search.home": True,
        "web.search.found": True,
        "web.search.best_rank": 2,
        "web.search.results_count": 2,
        "web.search.first_five": 100.0,
        "web.search.common_words": 0.0,
        "web.search.structured": True,
        "web.search.every_page": False,
        "web.search.misspelling": True,
        "web.search.zero_help": False,
        "web.search.pdf_first": False,
        "web.search.works": True,
        "web.search.first_one": 0.0,
        "web.search.first_three": 100.0,
        "web.search.reciprocal_rank": 0.5,
        "web.search.time": 0.0,
    }
    assert "'council tax' found the right page 2nd of 2" in seen.notes
    assert shopper.shelf.kept["screenshot"].startswith(b"\x89PNG")
    assert seen.versions["chromium"]


@needs_browser
async def test_the_right_page_is_looked_for_on_the_next_pages_of_results(shopper: Shopper, chromium: Chromium) -> None:
    def sheet(request: Request) -> Response:
        number = int(request.query_params.get("page", 1))
        found = "<li><a href=/council-tax>Council tax</a>" if number == 3 else ""
        items = "".join(f"<li><a href=/news?{number}{n}>Minutes {number}.{n}</a>" for n in range(10)) + found
        onward = f"<a href='/search?q=tax&page={number + 1}'>Next</a>"
        return HTMLResponse(f"<p>217 results</p><ol class=results>{items}</ol>{onward}")

    async with serving(council(FORM, search=sheet)) as served:
        seen = await shopper.visit(served, chromium, ONE)

    assert "'council tax' found the right page 31st of 217" in seen.notes
    assert seen.facts["web.search.best_rank"] == 31


@needs_browser
async def test_every_page_that_the_browser_opens_passes_the_guard(shopper: Shopper, chromium: Chromium) -> None:
    async with serving(council(FORM, search=results)) as served:
        await shopper.visit(served, chromium, ONE)

    searched = [url for url in shopper.ledger.made if "/search?q=" in url]
    assert len(searched) == 3
    assert len(searched) == len([path for path in served.asked if path.startswith("/search")])


@needs_browser
async def test_a_search_and_a_box_that_only_a_script_draws_are_used(shopper: Shopper, chromium: Chromium) -> None:
    async with serving(council(IN_PAGE)) as served:
        seen = await shopper.visit(served, chromium, ONE)

    assert (seen.facts["web.search.home"], seen.facts["web.search.best_rank"]) == (True, 2)
    assert seen.facts["web.search.structured"] is True


@needs_browser
async def test_a_box_that_a_script_draws_is_a_search_box(shopper: Shopper, chromium: Chromium) -> None:
    async with serving(council(DRAWN.format(FORM), search=results)) as served:
        seen = await shopper.visit(served, chromium, ONE)

    assert (seen.facts["web.search.home"], seen.facts["web.search.found"]) == (True, True)


@needs_browser
async def test_a_search_that_is_redirected_and_sent_by_post_is_followed(shopper: Shopper, chromium: Chromium) -> None:
    async def moved(request: Request) -> Response:
        form = await request.form()
        return RedirectResponse(f"/found?q={form['q']}", 303)

    app = council(FORM.replace("role=search", "role=search method=post"), found=results)
    app.router.routes.insert(0, Route("/search", moved, methods=["POST"]))
    async with serving(app) as served:
        seen = await shopper.visit(served, chromium, ONE)

    assert seen.facts["web.search.best_rank"] == 2


@needs_browser
@pytest.mark.parametrize("agreed", [False, True])
async def test_a_search_that_robots_txt_forbids_is_run_only_where_somebody_agreed(
    shopper: Shopper, chromium: Chromium, agreed: bool
) -> None:
    async with serving(council(FORM, "User-agent: *\nDisallow: /search", search=results)) as served:
        seen = await shopper.visit(served, chromium, ONE, site_search=agreed)

    assert any(path.startswith("/search") for path in served.asked) is agreed
    assert (seen.facts["web.search.found"] is True) is agreed
    if not agreed:
        reason = "robots.txt forbids the search and nobody has agreed to it"
        assert seen.unknown["web.search.found"] == (Why.PROBE_FAULT, reason)


@needs_browser
async def test_nothing_that_a_page_wants_from_other_hosts_is_fetched(shopper: Shopper, chromium: Chromium) -> None:
    async with serving(council("")) as other:
        spy = (
            f"<script src={other.address}spy.js></script><img src={other.address}spy.gif><img src=/moved>"
            f"<iframe src={other.address}></iframe><link rel=preconnect href={other.address}>"
            f"<script>fetch('{other.address}api?q=x'); new WebSocket('ws://{other.host}/'); "
            f"navigator.sendBeacon('{other.address}beacon')</script>"
        )
        moved = RedirectResponse(f"{other.address}moved.gif")
        async with serving(council(FORM + spy, search=results, moved=lambda _: moved)) as served:
            seen = await shopper.visit(served, chromium, ONE)

    assert other.asked == []
    assert seen.facts["web.search.found"] is True


@needs_browser
async def test_a_search_redirected_to_another_host_is_not_followed(shopper: Shopper, chromium: Chromium) -> None:
    async with serving(council("")) as other:
        away = RedirectResponse(f"{other.address}search")
        async with serving(council(FORM, search=lambda _: away)) as served:
            seen = await shopper.visit(served, chromium, ONE)

    assert other.asked == []
    reason = f"the search is run by {other.host}, a host that nobody has agreed to"
    assert seen.unknown["web.search.found"] == (Why.PROBE_FAULT, reason)


@needs_browser
async def test_dialogs_popups_and_downloads_do_not_hold_up_a_visit(shopper: Shopper, chromium: Chromium) -> None:
    nuisance = "<script>alert(1); confirm(2); window.open('/contact')</script><iframe src=/file></iframe>"
    file = Response(b"x", media_type="application/zip", headers={"content-disposition": "attachment"})
    async with serving(council(FORM + nuisance, search=results, file=lambda _: file)) as served:
        seen = await shopper.visit(served, chromium, ONE)

    assert seen.facts["web.search.found"] is True


@needs_browser
async def test_a_page_whose_script_never_ends_is_given_up(
    shopper: Shopper, chromium: Chromium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "PATIENCE", 1.0)
    async with serving(council(FORM + "<script>onload = () => { for (;;); }</script>")) as served:
        seen = await shopper.visit(served, chromium, ONE)

    assert seen.facts["web.search.home"] is True
    assert seen.unknown["web.search.found"][0] is Why.PROBE_FAULT


@needs_browser
async def test_a_browser_that_dies_is_started_again(shopper: Shopper) -> None:
    async with serving(council(FORM, search=results)) as served:
        at = organisation(served.host)
        async with shopper.probe(at, CHROMIUM) as probe:
            await probe.knock(errand(at, served.address, ENQUIRIES[0]))
            for child in children("chrom"):
                with suppress(ProcessLookupError):  # another may have taken it along
                    os.kill(child, signal.SIGKILL)
            seen = await probe.knock(errand(at, served.address, ENQUIRIES[0]))

    assert seen.facts["web.search.found"] is True


def children(name: str) -> list[int]:
    """Processes with this name below this test's own: the browser of the probe, and nobody else's."""
    parents: dict[int, tuple[int, str]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, _, rest = stat.read_text().partition(" (")
        except OSError:
            continue  # it has ended since
        comm, _, fields = rest.rpartition(") ")
        parents[int(number)] = (int(fields.split()[1]), comm)

    def ours(process: int) -> bool:
        while process in parents:
            if process == os.getpid():
                return True
            process = parents[process][0]
        return False

    return [process for process, (_, comm) in parents.items() if name in comm and ours(process)]
