"""A site may do as it likes: each trap costs a bounded time and memory, and what it was is told."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count

import pytest

from probes.guard import Guard
from probes.web import crawl, doubt, links
from probes.web.crawl import IN_A_ROW, LARGEST, Crawler, NotWelcome, SiteUnreachable, client
from probes.web.pages import Page, Site
from probes.web.reading import Reading
from results.schema import Why
from tests.probes.web.hostile import Answer, Asked, Trap, says, site_of, trap
from tests.probes.web.house import Clock, Ledger, organisation

PATIENCE = 0.4  # seconds
MEGABYTE = 1_000_000
MOST_MEMORY = 12 * MEGABYTE  # for one page of `LARGEST` bytes: as they came, as text, and as links


@asynccontextmanager
async def crawling(
    *hosts: str, budget: int = 60, patience: float = 10.0, clock: Clock | None = None
) -> AsyncIterator[Crawler]:
    council, clock = organisation(*hosts), clock or Clock()
    guard = Guard({council.id: council}, Ledger(), clock, "practice")
    async with client("Doorstep/0.1 (test)") as http:
        yield Crawler(http, guard, clock, council.id, "shop-1", hosts, budget=budget, patience=patience)


async def visit(answer: Answer, *, budget: int = 60, patience: float = 10.0) -> tuple[Site, Trap]:
    async with trap(answer) as served, crawling(served.host, budget=budget, patience=patience) as crawler:
        return await crawler.crawl(served.address), served


@contextmanager
def memory_below(most: int) -> Iterator[None]:
    """Fails when Python holds more than so many bytes at any moment."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < most, f"{peak / MEGABYTE:.1f} MB were held"


def only(site: Site, path: str) -> Page:
    page = site.page(site.home + path)
    assert page is not None
    return page


def paths(site: Site) -> list[str]:
    return [page.url.removeprefix(site.home) for page in site.readable]


# ------------------------------------------------------------------------------------------------ too many addresses


def calendar(asked: Asked) -> bytes:
    """Forty services, and a calendar in which every month leads to twelve others."""
    if asked.path == "/":
        return says("<a href=/events?month=0>Events</a>" + "".join(f"<a href=/s/{n}x>{n}</a>" for n in "abcdefghij"))
    if asked.path == "/events":
        month = int(asked.target.partition("=")[2])
        others = "".join(f"<a href='/events?month={12 * month + n}'>{n}</a>" for n in range(1, 13))
        return says(f"<h1>Events in month {month}</h1>{others}")
    here = asked.path.removeprefix("/s/")
    return says(f"<h1>{here}</h1><a href=/s/{here}x>deeper</a>" if len(here) < 5 else "<h1>end</h1>")


async def test_an_endless_calendar_does_not_keep_other_pages_from_being_read() -> None:
    site, served = await visit(calendar, budget=100)

    assert sum(path.startswith("s/") for path in paths(site)) == 40
    assert len(served.asked) <= 103
    assert any("/events?month, as of a calendar" in note for note in links.read(site).notes)


async def test_the_same_page_under_ever_new_addresses_is_read_a_few_times_and_told() -> None:
    sessions = count()

    def answer(asked: Asked) -> bytes:
        if asked.path not in ("/", *(f"/p{n}" for n in range(10))):
            return says("", 404)
        session = next(sessions)
        menu = "".join(f"<a href='/p{n}?visit={session}'>Page {n}</a>" for n in range(10))
        return says(f"<title>Council</title><h1>{asked.path}</h1><a href='/?visit={session}'>Home</a>{menu}")

    site, served = await visit(answer, budget=150)

    assert len(site.readable) == 11
    assert len(served.asked) < 30
    assert site.idle == {"visit"}
    assert any("addresses carry visit, which says nothing" in note for note in links.read(site).notes)
    assert max(site.clicks.values()) == 1


@pytest.mark.parametrize(
    "again", ["/bins;jsessionid=8F2", "/bins?PHPSESSID=1", "/bins?utm_source=home", "/(S(abc123))/bins", "/bins#top"]
)
async def test_the_name_of_a_session_in_an_address_makes_no_second_page(again: str) -> None:
    home = f"<a href=/bins>Bins</a><a href='{again}'>Bins again</a>"
    site, served = await visit(site_of({"/": home, "/bins": "<h1>Bins</h1>"}))

    assert served.targets == ["/robots.txt", "/", "/bins", "/sitemap.xml"]
    assert only(site, again[1:].partition("#")[0]).h1 == "Bins"


@pytest.mark.parametrize("again", ["/index.html", "/Bins", "/bins/", "/bins?print=1", "/rubbish"])
async def test_a_page_with_two_addresses_is_one_page(again: str) -> None:
    bins = "<link rel=canonical href=/bins><title>Bins</title><h1>Bins</h1><a href=/a>A</a><a href=/b>B</a>"
    home = f"<title>Home</title><h1>Home</h1><a href=/bins>Bins</a><a href='{again}'>Again</a>"
    pages = {"/": home, "/bins": bins, "/a": "a", "/b": "b", again.partition("?")[0]: bins, "/index.html": home}
    site, _ = await visit(site_of(pages))

    assert sorted(paths(site)) == ["", "a", "b", "bins"]
    assert site.copies == {site.home + again[1:]: site.home + ("" if again == "/index.html" else "bins")}


async def test_a_site_that_gives_all_its_pages_the_home_pages_address_is_not_believed() -> None:
    head = "<link rel=canonical href=/><title>Council</title>"
    pages = {"/": head + "<a href=/a>a</a><a href=/b>b</a>", "/a": head + "<p>About a", "/b": head + "<p>About b"}
    site, _ = await visit(site_of(pages))

    assert len(site.readable) == 3


async def test_a_page_with_a_hundred_thousand_links_costs_no_more_than_the_budget() -> None:
    many = "".join(f"<a href=/x{chr(97 + n % 26)}/{n}/{'y' * (n % 7)}>{n}</a>" for n in range(100_000))
    with memory_below(60 * MEGABYTE):
        site, served = await visit(site_of({"/": many}), budget=10)

    assert len(served.asked) == 1 + 10 + 9  # robots.txt, the budget, and a second look at what is dead
    assert len(site.readable[0].links) == 3000


# ------------------------------------------------------------------------------------------------ too much


async def endless(head: bytes, piece: bytes) -> AsyncIterator[bytes]:
    yield head
    while True:
        yield piece


async def test_of_a_page_without_end_two_megabytes_are_read_and_the_rest_is_not_even_sent() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 1000000000\r\n\r\n<h1>Long</h1>"
    with memory_below(MOST_MEMORY):
        site, served = await visit(lambda _: endless(head, b"x" * 65_536), budget=1)

    assert (site.readable[0].h1, site.readable[0].cut, len(site.readable[0].html)) == ("Long", True, LARGEST)
    assert served.sent < 40 * MEGABYTE  # robots.txt, the page, and what loopback holds underway


def bomb(form: str) -> bytes:
    """Some kilobytes that would unpack to a gigabyte, or more."""
    page = b"<h1>Bomb</h1>" + bytes(25 * MEGABYTE)
    if form == "deflate":
        return zlib.compress(page, 9)
    if form == "bare deflate":
        pack = zlib.compressobj(9, zlib.DEFLATED, -15)
        return pack.compress(page) + pack.flush()
    return gzip.compress(page, 9)


@pytest.mark.parametrize("form", ["gzip", "deflate", "bare deflate"])
async def test_a_bomb_is_unpacked_no_further_than_a_page_may_be_long(form: str) -> None:
    packed = says(bomb(form), content_encoding=form.removeprefix("bare "))
    with memory_below(MOST_MEMORY):
        site, _ = await visit(lambda asked: packed if asked.path == "/" else says("", 404), budget=1)

    assert (site.readable[0].h1, site.readable[0].cut) == ("Bomb", True)


@pytest.mark.parametrize("packed", ["gzip, gzip", "br", "zstd"])
async def test_a_body_packed_in_a_way_that_nobody_asked_for_is_left_alone_and_not_dead(packed: str) -> None:
    twice = says(gzip.compress(gzip.compress(bytes(MEGABYTE))), content_encoding=packed)
    with memory_below(MOST_MEMORY):
        site, served = await visit(site_of({"/": "<a href=/b>b</a>", "/b": twice}))

    assert (only(site, "b").readable, site.failed(f"{served.address}b")) == (False, False)


async def test_a_page_that_unpacks_to_nothing_for_ever_is_left() -> None:
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-encoding: deflate\r\ncontent-length: 1000000000\r\n\r\n"
    )
    empty = b"\x00\x00\x00\xff\xff" * 13_000  # stored blocks of no length

    def answer(asked: Asked) -> bytes | AsyncIterator[bytes]:
        if asked.path == "/e":
            return endless(head, empty)
        return says("<a href=/e>e</a>") if asked.path == "/" else says("", 404)

    site, served = await visit(answer)

    assert not only(site, "e").readable
    assert served.sent < 30 * MEGABYTE


@pytest.mark.parametrize(
    ("what", "problem"),
    [
        (b"HTTP/1.1 200 OK\r\n" + b"x-more: and more\r\n" * 20_000, "RemoteProtocolError"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "RemoteProtocolError"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n", "RemoteProtocolError"),
        (b"HTTP/1.1 200 OK\r\nx: a\x00b\r\n\r\n", "RemoteProtocolError"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 5000, ""),
    ],
)
async def test_an_answer_that_is_no_http_is_a_dead_link_and_says_why(what: bytes, problem: str) -> None:
    def answer(asked: Asked) -> bytes:
        return {"/": says("<a href=/a>a</a>"), "/a": what}.get(asked.path, says("", 404))

    site, _ = await visit(answer, patience=PATIENCE)

    assert site.errors[f"{site.home}a"].startswith(problem)
    assert site.failed(f"{site.home}a")


async def test_a_server_that_drips_costs_its_patience_and_no_more() -> None:
    async def drip() -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 9999\r\n\r\n"
        while True:
            yield b"x"
            await asyncio.sleep(0.02)

    def answer(asked: Asked) -> bytes | AsyncIterator[bytes]:
        return {"/": says("<a href=/drip>d</a>")}.get(asked.path) or (
            drip() if asked.path == "/drip" else says("", 404)
        )

    site, _ = await visit(answer, patience=PATIENCE)

    assert site.errors == {f"{site.home}drip": "no whole answer within 0.4 seconds"}


async def test_cookies_without_end_are_not_sent_back_without_end() -> None:
    def answer(asked: Asked) -> bytes:
        number = len(asked.headers.get("cookie", ""))
        crumbs = "\r\nset-cookie: ".join(f"c{asked.path[1:]}{n}={'v' * 100}" for n in range(60))
        return says(f"<h1>{number}</h1>" + "".join(f"<a href=/{n}>{n}</a>" for n in "abc"), set_cookie=crumbs)

    _, served = await visit(answer)

    assert 0 < max(len(one.headers.get("cookie", "")) for one in served.asked) < 10_000


async def test_what_all_pages_hold_together_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crawl, "MOST_HELD", 3 * MEGABYTE)
    pages = {f"/{n}": f"<h1>{n}</h1>" + "x" * MEGABYTE for n in "abcdefgh"}
    site, _ = await visit(site_of({"/": "".join(f"<a href={path}>p</a>" for path in pages), **pages}))

    assert len(site.readable) == 9
    assert sum(len(page.html) for page in site.readable) < 3 * MEGABYTE
    assert sum(page.cut for page in site.readable) == 7
    assert only(site, "h").h1 == "h"


# ------------------------------------------------------------------------------------------------ odd content


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("http://[bad/", "no web address"),
        ("javascript:alert(1)", "no web address"),
        ("/" + "x" * 100_000, ""),
        ("http://council.test:99999999/", ""),
        ("//\x85\xff/", ""),
        ("/a?\tb", ""),
    ],
)
async def test_a_redirect_to_nonsense_ends_there(location: str, told: str) -> None:
    moved = b"HTTP/1.1 302 Found\r\nlocation: " + location.encode("latin-1") + b"\r\ncontent-length: 0\r\n\r\n"
    site, _ = await visit(site_of({"/": "<a href=/a>a</a><a href=/b>b</a>", "/a": moved, "/b": "b"}))

    assert only(site, "b").readable
    assert told in site.errors.get(f"{site.home}a", "")


async def test_an_address_of_a_hundred_kilobytes_is_no_link() -> None:
    home = f"<a href=/{'x' * 100_000}>long</a><a href='/{'y ' * 1_500}'>spaces</a><a href=/b>b</a>"
    _, served = await visit(site_of({"/": home, "/b": "b"}))

    assert served.targets == ["/robots.txt", "/", "/b", "/sitemap.xml"]


async def test_null_bytes_and_control_characters_are_survived() -> None:
    home = "<h1>Bi\0ns</h1><a href='/a\0'>a</a><a href='/b\x01\x7f'>b</a><a href='/c\r\nhost: evil'>c</a>"
    site, served = await visit(site_of({"/": home, "/a": "<h1>A</h1>"}))

    assert site.readable[0].h1 == "Bins"
    assert only(site, "a").h1 == "A"
    assert {one.headers["host"] for one in served.asked} == {served.host}


async def test_a_page_nested_to_the_bottom_of_the_sea_is_left_unread() -> None:
    with memory_below(60 * MEGABYTE):
        site, _ = await visit(site_of({"/": "<a href=/deep>d</a>", "/deep": "<div><b>" * 200_000}))

    assert only(site, "deep").cut


@pytest.mark.parametrize(
    ("kind", "body", "is_page"),
    [
        (None, "<!doctype html><h1>Bins</h1>", True),
        ("application/xhtml+xml", "<html><script src='x'/><h1>Bins</h1></html>", True),
        ("text/xml", "<?xml version='1.0'?><html xmlns='x'><h1>Bins</h1></html>", True),
        ("text/html", b"%PDF-1.7 \x00\x01", False),
        (None, b"\x89PNG\r\n\x1a\n", False),
        ("application/rss+xml", "<rss><h1>Bins</h1></rss>", False),
        ("text/xml", "<rss><channel/></rss>", False),
        ("TEXT/HTML;CHARSET=UTF-8", "<h1>Bins</h1>", True),
    ],
)
async def test_a_page_is_what_is_one_whatever_its_media_type(
    kind: str | None, body: str | bytes, is_page: bool
) -> None:
    site, _ = await visit(site_of({"/": "<a href=/b>b</a>", "/b": says(body, kind=kind)}))

    assert (only(site, "b").readable, only(site, "b").h1) == (is_page, "Bins" if is_page else "")
    assert not site.failed(f"{site.home}b")


@pytest.mark.parametrize(
    ("meta", "followed"),
    [
        ("<meta http-equiv=refresh content='0; url=/new'>", True),
        ('<META HTTP-EQUIV="Refresh" CONTENT="2;URL=\'/new\'">', True),
        ("<meta http-equiv=refresh content='300'>", False),
        ("<head><noscript><meta http-equiv=refresh content='0; url=/new'></noscript></head>", False),
        ("<meta http-equiv=refresh content='300; url=/new'>", False),
        ("<meta http-equiv=refresh content='0; url=/old'>", False),
        ("<meta http-equiv=refresh content='0; url=javascript:x'>", False),
    ],
)
async def test_a_page_that_sends_its_readers_on_is_a_redirect(meta: str, followed: bool) -> None:
    pages = {"/": "<a href=/old>o</a>", "/old": f"{meta}<h1>Old</h1>", "/new": "<h1>New</h1>"}
    site, _ = await visit(site_of(pages))

    assert only(site, "old").h1 == ("New" if followed else "Old")


async def test_pages_that_send_their_readers_round_in_circles_are_dead() -> None:
    def to(path: str) -> str:
        return f"<meta http-equiv=refresh content='0;url={path}'>"

    site, served = await visit(site_of({"/": "<a href=/a>a</a>", "/a": to("/b"), "/b": to("/a")}))

    assert site.failed(f"{site.home}a")
    assert len(served.asked) < 8


# ------------------------------------------------------------------------------------------------ kept out

FILTERS = [
    says("<title>Just a moment...</title><p>Enable JavaScript and cookies to continue", 403, cf_mitigated="challenge"),
    says("<title>Just a moment...</title>", 503),
    says("<title>Attention Required! | Cloudflare</title><h1>Sorry, you have been blocked</h1>", 403),
    says("<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY>Reference #18.2d", 403),
    says("<iframe src='/_Incapsula_Resource?x'>Request unsuccessful. Incapsula incident ID: 7</iframe>"),
    says("<title>Request Rejected</title>The requested URL was rejected. Please consult with your administrator."),
    says("", 202, x_amzn_waf_action="challenge"),
    says("<title>Human Verification</title>", 405, x_amzn_waf_action="captcha"),
    says("<title>Pardon Our Interruption</title>"),
    says("<p>Please try later", 429),
    says("<p>Forbidden", 403),
]


@pytest.mark.parametrize("answer", FILTERS)
async def test_a_site_behind_a_robot_filter_has_turned_the_probe_away(answer: bytes) -> None:
    with pytest.raises(NotWelcome, match="turned the probe away"):
        await visit(lambda asked: answer if asked.path == "/" else says("", 404))


@pytest.mark.parametrize("answer", FILTERS)
async def test_a_page_behind_a_robot_filter_is_neither_read_nor_dead(answer: bytes) -> None:
    pages = {"/": "<a href=/a>a</a><a href=/gone>g</a>" + "".join(f"<a href=/{n}>{n}</a>" for n in "bcdefgh")}
    pages |= {f"/{n}": f"<h1>{n}</h1>" for n in "bcdefgh"}
    site, _ = await visit(site_of({**pages, "/a": answer}))
    reading = links.read(site)

    assert not only(site, "a").readable
    assert reading.facts["web.broken_links"] == 12.5  # 1 of 8: what was refused is not counted
    assert any("turned the probe away from 1 address, such as" in note for note in reading.notes)


@pytest.mark.parametrize(
    ("link", "fact"),
    [
        ("<a href=/x>A to Z of services</a>", "web.az.present"),
        ("<a href=/a-z>Services</a>", "web.az.present"),
        ("<a href=/x>Contact us</a>", "web.contact.found"),
        ("<a href=/accessibility_statement>Read this</a>", "a11y.statement_present"),
    ],
)
async def test_what_may_be_behind_a_robot_filter_is_not_said_to_be_missing(link: str, fact: str) -> None:
    pages = {"/": link + "".join(f"<a href=/{n}>{n}</a>" for n in "bcdefgh")}

    def answer(asked: Asked) -> bytes:
        if asked.path in ("/x", "/a-z", "/accessibility_statement"):
            return says("<title>Just a moment...</title>", 403)
        return says(pages.get(asked.path, f"<h1>{asked.path}</h1>"))

    site, _ = await visit(answer)
    found = doubt.read(site, Reading(dict.fromkeys(doubt._TOPICS, False)))

    assert set(found.unknown) >= {fact}
    assert len(found.unknown) < 4
    assert found.unknown[fact][0] is Why.PROBE_FAULT


@pytest.mark.parametrize("status", [502, 503, 500])
async def test_a_server_that_is_down_has_not_turned_anybody_away(status: int) -> None:
    with pytest.raises(SiteUnreachable):
        await visit(lambda asked: says("<h1>Service unavailable</h1>", status if asked.path == "/" else 404))


@pytest.mark.parametrize(
    "html",
    [
        "<script src='/_Incapsula_Resource?SWJIYLWA=1'></script><title>Bins</title>",
        "<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script><title>Bins</title>",
        "<title>Access denied to a footpath?</title><h1>Report a blocked footpath</h1><p>Verify your address",
    ],
)
async def test_a_page_that_a_filter_let_through_is_a_page(html: str) -> None:
    menu = "".join(f"<a href=/{n}>{n}</a>" for n in range(8))
    site, _ = await visit(site_of({"/": "<a href=/b>b</a>", "/b": html + menu}), budget=2)

    assert only(site, "b").readable


async def test_a_site_that_refuses_most_pages_is_not_judged_by_the_rest() -> None:
    home = "".join(f"<a href=/{n}>{n}</a>" for n in "abcdef")
    with pytest.raises(NotWelcome, match=r"turned the probe away from 6 of 7 addresses, such as .*forbidden \(403\)"):
        await visit(lambda asked: says(home) if asked.path == "/" else says("", 403 if len(asked.path) == 2 else 404))


async def test_a_host_that_keeps_refusing_is_asked_no_more() -> None:
    home = "".join(f"<a href=/{n}x>{n}</a>" for n in range(100_000, 100_050))

    def answer(asked: Asked) -> bytes:
        return says(home) if asked.path == "/" else says("", 429)

    async with trap(answer) as served, crawling(served.host) as crawler:
        with pytest.raises(NotWelcome):
            await crawler.crawl(served.address)

    assert len(served.asked) < 2 * (2 * IN_A_ROW + 4)


async def test_a_server_that_asks_for_time_is_given_it() -> None:
    busy, clock = [says("", 503, retry_after="12")], Clock()

    def answer(asked: Asked) -> bytes:
        if asked.path == "/a" and busy:
            return busy.pop()
        return says("<a href=/a>a</a>") if asked.path in ("/", "/a") else says("", 404)

    async with trap(answer) as served, crawling(served.host, clock=clock) as crawler:
        site = await crawler.crawl(served.address)

    assert not site.failed(f"{served.address}a")
    assert 12 in clock.slept


@pytest.mark.parametrize("answer", [says("", 401), says("<h1>Sign in</h1><form><input type='password'></form>")])
async def test_a_site_for_members_is_not_judged(answer: bytes) -> None:
    with pytest.raises(NotWelcome, match=r"sign in|answers 401"):
        await visit(lambda asked: answer if asked.path == "/" else says("", 404))


async def test_a_page_behind_a_log_in_is_told_and_is_not_dead() -> None:
    moved = b"HTTP/1.1 302 Found\r\nlocation: /sign-in?next=a\r\ncontent-length: 0\r\n\r\n"
    form = "<title>Sign in - Council</title><h1>Sign in</h1><form><input name=p type=password></form>"
    site, _ = await visit(site_of({"/": "<a href=/a>My account</a>", "/a": moved, "/sign-in": form}))
    reading = links.read(site)

    assert reading.facts["web.broken_links"] == 0
    assert f"one must sign in to see {site.home}sign-in?next=a, and nobody did" in reading.notes


# ------------------------------------------------------------------------------------------------ several hosts


async def test_a_slow_host_does_not_hold_up_the_others() -> None:
    others_were_asked = asyncio.Event()

    async def at_last() -> AsyncIterator[bytes]:
        await others_were_asked.wait()  # in vain, had the crawler waited for this host first
        yield b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"

    def slowly(asked: Asked) -> bytes | AsyncIterator[bytes]:
        return says("", 404) if asked.path == "/robots.txt" else at_last()

    async with trap(slowly) as slow:
        stuck = "".join(f"<a href={slow.address}{n}>{n}</a>" for n in "abcdefgh")
        home = stuck + "".join(f"<a href=/{n}>{n}</a>" for n in "abcdef")

        def quickly(asked: Asked) -> bytes:
            if asked.path == "/f":
                others_were_asked.set()
            return says(home if asked.path == "/" else f"<h1>{asked.path}</h1>", 200 if len(asked.path) < 3 else 404)

        async with trap(quickly) as quick, crawling(slow.host, quick.host, patience=5.0) as crawler:
            site = await crawler.crawl(quick.address)

    assert len(site.readable) == 7
    assert site.errors == {}
    assert all(site.failed(f"{slow.address}{n}") for n in "abcdefgh")


async def test_another_host_whose_robots_txt_fails_is_left_out_and_told() -> None:
    async with trap(lambda _: says("", 500)) as broken:
        pages = {"/": f"<a href={broken.address}jobs>Jobs</a><a href=/a>a</a>", "/a": "a"}
        async with trap(site_of(pages)) as served, crawling(served.host, broken.host) as crawler:
            site = await crawler.crawl(served.address)

    assert only(site, "a").readable
    assert any(
        note.startswith(f"nothing more was asked of {broken.host} (robots.txt") for note in links.read(site).notes
    )


@pytest.mark.parametrize("turn", range(2))
async def test_the_same_budget_reads_the_same_pages_whoever_answers_first(turn: int) -> None:
    async def late(body: bytes, delay: float) -> AsyncIterator[bytes]:
        await asyncio.sleep(delay)
        yield body.replace(b"\r\n", b"\r\nconnection: close\r\n", 1)

    def answer(asked: Asked) -> bytes | AsyncIterator[bytes]:
        if asked.path in ("/robots.txt", "/sitemap.xml"):
            return says("", 404)
        number = sum(map(ord, asked.path))
        body = says(f"<h1>{asked.path}</h1>" + "".join(f"<a href={asked.path}{n}/>{n}</a>" for n in "abcd"))
        return late(body, 0.01 * ((number + 3 * turn) % 4))

    site, _ = await visit(answer, budget=24)

    wanted = [
        "",
        *(f"{n}/" for n in "abcd"),
        *(f"{n}/{m}/" for n in "abcd" for m in "abcd"),
        "a/a/a/",
        "a/a/b/",
        "a/a/c/",
    ]
    assert sorted(paths(site)) == sorted(wanted)
