"""Pages that scripts draw, pages made of frames, and what is said of them with and without a browser."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from probes.guard import Guard
from probes.web import accessibility, browser, by_script, frames
from probes.web.browser import Chromium, Gate
from probes.web.chromium import find
from probes.web.crawl import client
from probes.web.visit import Tools, visit
from results.schema import Why
from tests.probes.web.house import Clock, Ledger, Shelf, errand, organisation, page, serving, site
from tests.probes.web.unlike import ENQUIRY, scripted, served

needs_browser = pytest.mark.skipif(find() is None, reason="no browser on this machine")
in_the_browsers_loop = pytest.mark.asyncio(loop_scope="session")
SHELL = "<div id=app></div><script src=/app.js></script>"
MENU = "".join(f"<a href=/{n}>Page {n}</a>" for n in range(6))


def test_a_site_is_drawn_by_script_when_half_as_many_links_again_come_with_it() -> None:
    council = site(SHELL, page("/a", SHELL))
    shells = [(one, MENU) for one in council.readable]

    assert by_script.drawn(council, shells)
    assert not by_script.drawn(council, [(one, one.html) for one in council.readable])


def test_a_link_or_two_that_scripts_add_do_not_make_a_site_drawn_by_them() -> None:
    council = site(MENU)

    assert not by_script.drawn(council, [(one, MENU + "<a href=/x>More</a>") for one in council.readable])
    assert not by_script.drawn(site("<a href=/a>A</a>"), [(page("/", ""), "<a href=/a>A</a><a href=/b>B</a>")])


@pytest.mark.parametrize(
    ("home", "bare"),
    [(SHELL, True), (MENU + SHELL, False), ("<p>Closed for the holidays.</p>", False), (SHELL + "words " * 100, False)],
)
def test_a_home_page_looks_bare_when_it_has_scripts_and_next_to_nothing_else(home: str, bare: bool) -> None:
    assert by_script.looks_bare(site(home)) is bare


def test_a_frameset_holds_what_its_frames_show() -> None:
    council = site(
        "<title>Ambleford</title><frameset><frame src=menu.htm><frame src=main.htm></frameset>",
        page("/menu.htm", "<a href=/contact>Contact us</a>"),
        page("/main.htm", "<h1>Welcome</h1>"),
        page("/contact", "<h1>Contact</h1>"),
    )

    joined = frames.joined(council)

    home = joined.page(council.home)
    assert home is not None
    assert (home.h1, home.title, "Contact us" in home.text) == ("Welcome", "Ambleford", True)
    assert joined.clicks["http://council.test/contact"] == 1


async def test_without_a_browser_a_site_that_scripts_draw_is_not_assessed(
    ledger: Ledger, shelf: Shelf, clock: Clock
) -> None:
    async with serving(served(scripted.APP)) as at, client("test") as http:
        council = organisation(at.host)
        tools = Tools(Guard({council.id: council}, ledger, clock, "practice"), shelf, clock, http, None)
        seen = await visit(tools, errand(council, at.address, ENQUIRY))

    sentence = "not assessed: the site is drawn by scripts and there is no browser"
    assert seen.facts["web.reached"] is True
    assert {name for name, (_, text) in seen.unknown.items() if text == sentence} >= {
        "web.contact.link_home",
        "web.az.present",
        "web.task.jobs_found",
        "std.published_web",
        "a11y.statement_present",
        "web.by_script",
    }
    assert {why for name, (why, _) in seen.unknown.items() if name.startswith("web.contact")} == {Why.PROBE_FAULT}


def test_without_a_browser_nothing_is_said_about_accessibility() -> None:
    read = accessibility.read("http://council.test/", [])

    assert set(read.unknown) == set(accessibility.FACTS)
    assert all(why is Why.PROBE_FAULT for why, _ in read.unknown.values())


@needs_browser
@in_the_browsers_loop
async def test_pages_are_drawn_from_the_html_that_came_and_a_page_that_hangs_is_left_as_it_is(
    chromium: Chromium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "LONGEST", 3.0)
    monkeypatch.setattr(browser, "RECYCLED", 2)
    monkeypatch.setattr(chromium, "tab", chromium.new_tab)
    asked: list[str] = []

    async def permit(url: str) -> None:
        asked.append(url)

    async def may_search(url: str) -> bool:
        return True

    script = "<p></p><script>document.querySelector('p').innerHTML = '<a href=/x>' + document.cookie + 'Tax</a>';"
    async with chromium.drawing(Gate(frozenset({"council.test"}), permit, may_search)) as draw:
        drawn = [await draw(f"http://council.test/{n}", f"{script}document.cookie = 'n={n}'</script>") for n in "abc"]
        hung = "<script>for (;;);</script>"
        left = await draw("http://council.test/d", hung)
        after = await draw("http://council.test/e", f"{script}</script>")

    assert ['<a href="/x">Tax</a>' in drawn[0], "n=a" in drawn[1], "n=b" in drawn[2]] == [True, True, False]
    assert left == hung
    assert '<a href="/x">Tax</a>' in after
    assert asked == []


@needs_browser
@in_the_browsers_loop
async def test_the_worst_is_pictured_once_with_a_caption_that_says_what_it_is_and_where(
    chromium: Chromium, shelf: Shelf, clock: Clock, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accessibility, "SAMPLE", 2)
    faults = "<p style='color:#bbb;background:#fff'>Pale words</p><div style='width:700px'>Wide</div>"
    style = "<meta name=viewport content='width=device-width'><style>a:focus { outline: none }</style>"

    async def answer(request: Request) -> Response:
        return HTMLResponse(f"<html lang=en><title>Tax</title>{style}<h1>Tax</h1><a href=/council-tax>Tax</a>{faults}")

    app = Starlette(routes=[Route("/", answer), Route("/council-tax", answer)])
    async with serving(app) as at, client("test") as http:
        council = organisation(at.host)
        tools = Tools(Guard({council.id: council}, ledger, clock, "practice"), shelf, clock, http, chromium)
        seen = await visit(tools, errand(council, at.address, ENQUIRY))

    pictures = [one.name for one in seen.evidence if one.kind == "screenshot"]
    assert pictures == [
        f"{what}, {at.address}, 23/11/2026 10:00"
        for what in (
            "the home page",
            "text of too little contrast",
            "a stop of the Tab key at which the focus cannot be seen",
            "what is too wide for a window of 320 pixels",
        )
    ]
    assert sum(one.size for one in seen.evidence if one.kind == "screenshot") < 1_000_000
