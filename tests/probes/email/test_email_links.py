"""Whether the links in a reply work: asked of a real server, past the guard, and never guessed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import unquote

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from probes.email.links import MOST_LINKS, LinkSeen, check, client, hosts_of
from probes.guard import Guard
from tests.probes.web.house import Clock, Ledger, Served, organisation, serving


class Site:
    """A council's website: /page/…, /status/<code>, /once/<code> (the first time only), /to?<address>, /slow."""

    def __init__(self) -> None:
        self.robots: Response = PlainTextResponse("no such file", 404)
        self.failed: set[str] = set()

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/robots.txt", lambda _: self.robots),
                Route("/page/{name:path}", lambda _: PlainTextResponse("a page")),
                Route("/titled", lambda request: HTMLResponse(f"<title>{unquote(request.url.query)}</title>")),
                Route("/status/{code:int}", lambda request: Response(status_code=request.path_params["code"])),
                Route("/once/{code:int}", self.once),
                Route("/loop", lambda _: RedirectResponse("/loop", 302)),
                Route("/to", lambda request: RedirectResponse(request.url.query, 302)),
            ]
        )

    def once(self, request: Request) -> Response:
        first = request.url.path not in self.failed
        self.failed.add(request.url.path)
        return Response(status_code=request.path_params["code"] if first else 200)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
async def served(site: Site) -> AsyncIterator[Served]:
    async with serving(site.app()) as served:
        yield served


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


async def followed(served: Served, ledger: Ledger, *links: str) -> tuple[LinkSeen, ...]:
    council = organisation(served.host)
    guard = Guard({council.id: council}, ledger, Clock(), "practice")
    async with client("webmaster@partnership.example") as http:
        return await check([link.replace("~/", served.address) for link in links], hosts_of([council]), guard, http)


@pytest.mark.parametrize(
    ("link", "state"),
    [
        ("~/page/bins", "works"),
        ("~/page/bins#when", "works"),
        ("~/status/204", "works"),
        ("~/to?/page/bins", "works"),
        ("~/once/500", "works"),
        ("~/status/404", "broken"),
        ("~/status/410", "broken"),
        ("~/status/500", "broken"),
        ("~/status/503", "broken"),
        ("~/to?/status/404", "broken"),
        ("~/loop", "broken"),
        ("~/titled?Page%20not%20found%20-%20Amber%20Council", "broken"),
        ("~/titled?404", "broken"),
        ("~/titled?Sorry,%20this%20page%20no%20longer%20exists", "broken"),
        ("~/titled?Lost%20and%20found", "works"),
        ("~/titled?Hire%20of%20room%20404", "works"),
        ("~/status/401", "not checked"),
        ("~/status/403", "not checked"),
        ("~/status/429", "not checked"),
        ("~/status/400", "not checked"),
    ],
)
async def test_a_link_is_what_its_page_is(served: Served, ledger: Ledger, link: str, state: str) -> None:
    (seen,) = await followed(served, ledger, link)

    assert seen.state == state, seen.why
    assert bool(seen.why) == (state != "works")


@pytest.mark.parametrize(
    "link",
    [
        "http://other.example/page/bins",
        "http://127.0.0.1:1/page/bins",
        "ftp://council.example/page",
        "http://user:secret@council.example/",
        "http://[council/",
        "mailto:x@y.example",
        "javascript:alert(1)",
    ],
)
async def test_nothing_but_the_pages_of_those_who_agreed_is_asked_for(
    served: Served, ledger: Ledger, link: str
) -> None:
    (seen,) = await followed(served, ledger, link)

    assert seen.state == "not checked"
    assert not ledger.made
    assert not served.asked


async def test_a_link_that_leads_elsewhere_is_followed_no_further(served: Served, ledger: Ledger) -> None:
    async with serving(Site().app()) as other:
        (seen,) = await followed(served, ledger, f"~/to?{other.address}page/bins")

        assert not other.asked
    assert seen.state == "not checked"
    assert "not a host that anybody agreed to" in seen.why


async def test_a_host_where_nobody_answers_at_the_door_is_broken(ledger: Ledger) -> None:
    async with serving(Site().app()) as gone:
        pass

    (seen,) = await followed(gone, ledger, "~/page/bins")

    assert seen == LinkSeen(f"{gone.address}page/bins", "broken", "nobody answers at its door")


async def test_a_server_that_never_answers_is_not_held_against_anybody(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("probes.email.links._PATIENCE", 0.2)

    over = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        over.set()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        (seen,) = await followed(Served(f"http://127.0.0.1:{port}/", f"127.0.0.1:{port}"), ledger, "~/page/bins")
        await over.wait()

    assert seen.state == "not checked"
    assert "no answer in time" in seen.why


async def test_every_request_passes_the_guard(served: Served, ledger: Ledger) -> None:
    await followed(served, ledger, "~/to?/page/bins", "~/page/bins")

    assert [target.removeprefix(served.address) for target in ledger.made] == [
        *("robots.txt", "to?/page/bins", "page/bins", "page/bins")
    ]
    assert len(served.asked) == len(ledger.made)


async def test_while_all_is_paused_nothing_is_asked_for(served: Served, ledger: Ledger) -> None:
    ledger.paused["*"] = "election day"

    (seen,) = await followed(served, ledger, "~/page/bins")

    assert seen.state == "not checked"
    assert "paused" in seen.why
    assert not served.asked


async def test_robots_txt_is_honoured(site: Site, served: Served, ledger: Ledger) -> None:
    site.robots = PlainTextResponse("User-agent: *\nDisallow: /page/private")

    allowed, forbidden = await followed(served, ledger, "~/page/bins", "~/page/private/bins")

    assert (allowed.state, forbidden.state) == ("works", "not checked")
    assert "/page/private/bins" not in served.asked


async def test_a_robots_txt_that_moved_is_found(site: Site, served: Served, ledger: Ledger) -> None:
    site.robots = RedirectResponse("/page/robots", 301)

    (seen,) = await followed(served, ledger, "~/page/bins")

    assert seen.state == "works"
    assert served.asked == ["/robots.txt", "/page/robots", "/page/bins"]


async def test_without_a_robots_txt_that_can_be_read_nothing_is_asked_for(
    site: Site, served: Served, ledger: Ledger
) -> None:
    site.robots = Response(status_code=500)

    (seen,) = await followed(served, ledger, "~/page/bins")

    assert seen.state == "not checked"
    assert served.asked == ["/robots.txt", "/robots.txt"]


@pytest.mark.parametrize(
    "path",
    [
        "page/reply?token=1",
        "page/confirm/3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "page/c/9a8b7c6d5e4f3a2b1c0d9e8f",
        "page/unsubscribe",
        "page/x?id=5&confirm=yes",
    ],
)
async def test_a_link_that_might_do_something_is_left_alone(served: Served, ledger: Ledger, path: str) -> None:
    (seen,) = await followed(served, ledger, f"~/{path}")

    assert seen.state == "not checked"
    assert "might do something" in seen.why
    assert not served.asked


@pytest.mark.parametrize("path", ["page/apply-for-a-bulky-waste-collection-2026", "page/council-tax/cancel?year=2026"])
async def test_an_ordinary_page_has_no_key_in_its_address(served: Served, ledger: Ledger, path: str) -> None:
    (seen,) = await followed(served, ledger, f"~/{path}")

    assert seen.state == "works"


async def test_no_more_links_are_followed_than_a_person_would(served: Served, ledger: Ledger) -> None:
    seen = await followed(served, ledger, *(f"~/page/{number}" for number in range(MOST_LINKS + 5)))

    assert len(seen) == MOST_LINKS


async def test_a_link_that_is_there_twice_is_followed_once(served: Served, ledger: Ledger) -> None:
    seen = await followed(served, ledger, "~/page/bins", "~/page/bins")

    assert len(seen) == 1
