from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from probes.guard import Guard, Refused
from probes.web.crawl import LARGEST, Crawler, NotWelcome, SiteUnreachable, client
from tests.probes.web.house import Clock, Ledger, Served, organisation, serving

Answers = Mapping[str, str | Response | Callable[[Request], Response]]


def app(answers: Answers) -> Starlette:
    """A site with these answers by path; everything else is missing."""

    async def answer(request: Request) -> Response:
        got = answers.get(request.url.path)
        if got is None:
            return PlainTextResponse("missing", 404)
        if isinstance(got, str):
            return HTMLResponse(got)
        return got if isinstance(got, Response) else got(request)

    return Starlette(routes=[Route("/{path:path}", answer)])


class Visitor:
    """A crawler of a site that runs, and what it needs."""

    def __init__(self, served: Served, ledger: Ledger, clock: Clock, *, pages: int = 500) -> None:
        council = organisation(served.host, pages=pages)
        self.guard = Guard({council.id: council}, ledger, clock, "practice")
        self.clock, self.client, self.served = clock, client("Doorstep/0.1 (test)"), served

    async def __aenter__(self) -> Visitor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    def crawler(self, *, budget: int = 150, patience: float = 20.0) -> Crawler:
        return Crawler(
            self.client,
            self.guard,
            self.clock,
            "ambleford",
            "shop-1",
            [self.served.host],
            budget=budget,
            patience=patience,
        )


async def test_every_page_within_reach_is_read_with_its_clicks(ledger: Ledger, clock: Clock) -> None:
    answers: Answers = {"/": "<a href=/a>a</a>", "/a": "<h1>A</h1><a href=b>b</a>", "/b": "<a href=/>home</a>"}
    async with serving(app(answers)) as served, Visitor(served, ledger, clock) as visitor:
        site = await visitor.crawler().crawl(served.address)

    assert {page.url.removeprefix(served.address): page.depth for page in site.readable} == {"": 0, "a": 1, "b": 2}


async def test_nothing_is_asked_for_that_the_guard_did_not_count(ledger: Ledger, clock: Clock) -> None:
    answers: Answers = {"/": "<a href=/a>a</a><a href=/old>o</a>", "/a": "a", "/old": RedirectResponse("/a")}
    async with serving(app(answers)) as served, Visitor(served, ledger, clock) as visitor:
        await visitor.crawler().crawl(served.address)

        assert [served.address + path[1:] for path in served.asked] == ledger.made


async def test_links_to_other_hosts_are_never_asked_for(ledger: Ledger, clock: Clock) -> None:
    async with serving(app({"/": "elsewhere"})) as other:
        home = f"<a href='{other.address}'>their site</a>"
        async with serving(app({"/": home})) as served, Visitor(served, ledger, clock) as visitor:
            site = await visitor.crawler().crawl(served.address)

    assert other.asked == []
    assert ledger.refusals == []
    assert site.readable[0].links[0].url == other.address


async def test_a_redirect_to_another_host_is_refused_by_the_guard_and_not_followed(
    ledger: Ledger, clock: Clock
) -> None:
    async with serving(app({"/": "elsewhere"})) as other:
        answers: Answers = {"/": "<a href=/pay>pay</a>", "/pay": RedirectResponse(other.address)}
        async with serving(app(answers)) as served, Visitor(served, ledger, clock) as visitor:
            site = await visitor.crawler().crawl(served.address)

    assert other.asked == []
    assert [refusal.rule for refusal in ledger.refusals] == ["consent.host"]
    assert not site.failed(f"{served.address}pay")


async def test_what_robots_txt_forbids_is_left_alone(ledger: Ledger, clock: Clock) -> None:
    answers: Answers = {
        "/robots.txt": PlainTextResponse("User-agent: *\nDisallow: /private*\nAllow: /private-view"),
        "/": "<a href=/private/a>a</a><a href=/private-view>b</a>",
        "/private-view": "b",
    }
    async with serving(app(answers)) as served, Visitor(served, ledger, clock) as visitor:
        site = await visitor.crawler().crawl(served.address)

    assert served.asked == ["/robots.txt", "/", "/private-view", "/sitemap.xml"]
    assert site.forbidden == {f"{served.address}private/a"}


async def test_a_crawl_delay_is_kept(ledger: Ledger, clock: Clock) -> None:
    answers: Answers = {"/robots.txt": PlainTextResponse("User-agent: *\nCrawl-delay: 7"), "/": "x"}
    async with serving(app(answers)) as served, Visitor(served, ledger, clock) as visitor:
        await visitor.crawler().crawl(served.address)

    assert 7 in clock.slept


async def test_with_a_broken_robots_txt_nothing_is_read(ledger: Ledger, clock: Clock) -> None:
    answers: Answers = {"/robots.txt": PlainTextResponse("", 503), "/": "<a href=/a>a</a>", "/a": "a"}
    async with serving(app(answers)) as served, Visitor(served, ledger, clock) as visitor:
        with pytest.raises(NotWelcome, match=r"robots\.txt could not be read"):
            await visitor.crawler().crawl(served.address)

    assert "/a" not in served.asked


async def test_a_site_where_everything_fails_is_unreachable_though_robots_txt_fails_too(
    ledger: Ledger, clock: Clock
) -> None:
    answers: Answers = {"/robots.txt": PlainTextResponse("", 503), "/": PlainTextResponse("", 503)}
    async with serving(app(answers)) as served, Visitor(served, ledger, clock) as visitor:
        with pytest.raises(SiteUnreachable):
            await visitor.crawler().crawl(served.address)

    assert served.asked.count("/") == 2


async def test_a_site_that_turns_robots_away_is_not_called_unreachable(ledger: Ledger, clock: Clock) -> None:
    async with serving(app({"/": PlainTextResponse("", 403)})) as served, Visitor(served, ledger, clock) as visitor:
        with pytest.raises(NotWelcome, match="answers 403"):
            await visitor.crawler().crawl(served.address)


async def test_nobody_listening_is_unreachable(ledger: Ledger, clock: Clock) -> None:
    async with serving(app({})) as served:
        pass
    async with Visitor(served, ledger, clock) as visitor:
        with pytest.raises(SiteUnreachable):
            await visitor.crawler().crawl(served.address)


async def test_redirects_without_end_are_a_dead_link(ledger: Ledger, clock: Clock) -> None:
    answers: Answers = {
        "/": "<a href=/loop>l</a><a href=/self>s</a><a href=/more>m</a>",
        "/loop": RedirectResponse("/pool"),
        "/pool": RedirectResponse("/loop"),
        "/self": RedirectResponse("/self"),
        "/more": lambda request: RedirectResponse(f"/more?n={len(request.url.query)}{request.url.query}"),
    }
    async with serving(app(answers)) as served, Visitor(served, ledger, clock) as visitor:
        site = await visitor.crawler().crawl(served.address)

    assert [site.failed(f"{served.address}{path}") for path in ("loop", "self", "more")] == [True, True, True]
    assert len(served.asked) < 20


async def test_no_more_than_two_megabytes_of_a_page_are_read(ledger: Ledger, clock: Clock) -> None:
    answers: Answers = {"/": "<h1>Long</h1>" + "x" * 3_000_000}
    async with serving(app(answers)) as served, Visitor(served, ledger, clock) as visitor:
        site = await visitor.crawler().crawl(served.address)

    assert (site.readable[0].h1, site.readable[0].cut) == ("Long", True)
    assert len(site.readable[0].html) == LARGEST


async def test_a_page_in_the_wrong_charset_can_be_read(ledger: Ledger, clock: Clock) -> None:
    wrong = Response("<h1>£20 fine</h1>".encode("windows-1252"), media_type="text/html; charset=utf-8")
    async with serving(app({"/": wrong})) as served, Visitor(served, ledger, clock) as visitor:
        site = await visitor.crawler().crawl(served.address)

    assert site.readable[0].h1 == "£20 fine"


async def test_a_dripping_answer_is_given_up(ledger: Ledger, clock: Clock) -> None:
    async def drip() -> AsyncIterator[bytes]:
        yield b"<p>"
        await asyncio.Event().wait()

    answers: Answers = {
        "/": "<a href=/drip>d</a>",
        "/drip": lambda _: StreamingResponse(drip(), media_type="text/html"),
    }
    async with serving(app(answers)) as served, Visitor(served, ledger, clock) as visitor:
        site = await visitor.crawler(patience=0.3).crawl(served.address)

    assert site.errors == {f"{served.address}drip": "no whole answer within 0.3 seconds"}


async def test_a_page_that_fails_once_is_not_dead(ledger: Ledger, clock: Clock) -> None:
    tries: list[str] = []

    def falter(request: Request) -> Response:
        tries.append(request.url.path)
        return HTMLResponse("well", 200 if len(tries) > 1 else 502)

    async with (
        serving(app({"/": "<a href=/f>f</a>", "/f": falter})) as served,
        Visitor(served, ledger, clock) as visitor,
    ):
        site = await visitor.crawler().crawl(served.address)

    assert not site.failed(f"{served.address}f")


async def test_the_body_of_a_file_is_not_fetched_and_its_link_is_alive(ledger: Ledger, clock: Clock) -> None:
    answers: Answers = {"/": "<a href=/a.pdf>form</a>", "/a.pdf": Response(b"%PDF", media_type="application/pdf")}
    async with serving(app(answers)) as served, Visitor(served, ledger, clock) as visitor:
        site = await visitor.crawler().crawl(served.address)

    assert len(site.readable) == 1
    assert not site.failed(f"{served.address}a.pdf")


async def test_the_budget_ends_a_site_without_end(ledger: Ledger, clock: Clock) -> None:
    def month(request: Request) -> Response:
        number = int(request.query_params.get("m", 0))
        return HTMLResponse(f"<h1>Month {number}</h1><a href='/calendar?m={number + 1}'>next</a>")

    async with serving(app({"/": month, "/calendar": month})) as served, Visitor(served, ledger, clock) as visitor:
        site = await visitor.crawler(budget=12).crawl(served.address)

    assert len(site.readable) == 12


async def test_pages_before_files_when_the_budget_is_short(ledger: Ledger, clock: Clock) -> None:
    home = "".join(f"<a href=/{n}.pdf>{n}</a>" for n in range(20)) + "<a href=/bins>bins</a>"
    async with serving(app({"/": home, "/bins": "b"})) as served, Visitor(served, ledger, clock) as visitor:
        site = await visitor.crawler(budget=3).crawl(served.address)

    assert f"{served.address}bins" in site.pages


async def test_the_days_limit_ends_the_visit_with_a_refusal(ledger: Ledger, clock: Clock) -> None:
    answers: Answers = {"/": "<a href=/a>a</a><a href=/b>b</a>", "/a": "a", "/b": "b"}
    async with serving(app(answers)) as served, Visitor(served, ledger, clock, pages=3) as visitor:
        with pytest.raises(Refused, match=r"limit\.day"):
            await visitor.crawler().crawl(served.address)


async def test_a_named_page_is_read_beyond_the_crawl_once(ledger: Ledger, clock: Clock) -> None:
    answers: Answers = {"/": "home", "/hidden": "<h1>Hidden</h1>"}
    async with serving(app(answers)) as served, Visitor(served, ledger, clock) as visitor:
        crawler = visitor.crawler()
        site = await crawler.crawl(served.address)
        hidden = f"{served.address}hidden"
        site = await crawler.also(site, [hidden, hidden, "http://elsewhere.test/"])

    page = site.page(hidden)
    assert page is not None
    assert page.h1 == "Hidden"
    assert served.asked.count("/hidden") == 1
