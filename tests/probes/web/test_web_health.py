"""https, certificates and the ways of writing an address, with servers that really speak TLS."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from probes.guard import Guard
from probes.web import health
from probes.web.crawl import Crawler, NotWelcome, SiteUnreachable, client
from probes.web.health import INCOMPLETE_CHAIN, Way
from probes.web.pages import Site
from results.schema import Why
from tests.certificate import of_nobody, self_signed
from tests.probes.web.hostile import Trap, says, site_of, trap
from tests.probes.web.house import Clock, Ledger, organisation

Make = Callable[[Path], Path]
PAGES = {"/": "<h1>Welcome</h1>"}


def expired(folder: Path) -> Path:
    return self_signed(folder, ends=dt.datetime(2025, 1, 1, tzinfo=dt.UTC))


def of_another_name(folder: Path) -> Path:
    return self_signed(folder, address="127.0.0.9")


def ends_in_ten_days(folder: Path) -> Path:
    return self_signed(folder, ends=Clock().now() + dt.timedelta(days=10, hours=1))


@asynccontextmanager
async def secured(certificate: Path, trusted: bool) -> AsyncIterator[tuple[Trap, Crawler]]:
    """A server with this certificate, and a crawler of it that may take the certificate for an authority's."""
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate)
    trust = ssl.create_default_context(cafile=str(certificate)) if trusted else None
    async with trap(site_of(PAGES), server) as served, client("Doorstep/0.1 (test)", trust) as http:
        council, clock = organisation(served.host), Clock()
        guard = Guard({council.id: council}, Ledger(), clock, "practice")
        yield served, Crawler(http, guard, clock, council.id, "shop-1", [served.host])


BROKEN = [
    (self_signed, False, "its certificate is signed by nobody but itself"),
    (expired, True, "its certificate has expired"),
    (of_another_name, True, "its certificate is for another name"),
]


@pytest.mark.parametrize(("make", "trusted", "problem"), BROKEN)
async def test_a_home_page_with_a_broken_certificate_is_not_reached_and_says_why(
    make: Make, trusted: bool, problem: str, tmp_path: Path
) -> None:
    async with secured(make(tmp_path), trusted) as (served, crawler):
        with pytest.raises(SiteUnreachable, match=problem):
            await crawler.crawl(served.address)

    assert served.asked == []


async def test_half_a_chain_is_not_held_against_a_site_since_browsers_mend_it(tmp_path: Path) -> None:
    async with secured(of_nobody(tmp_path), False) as (served, crawler):
        with pytest.raises(NotWelcome, match="cannot be followed to a known authority"):
            await crawler.crawl(served.address)


@pytest.mark.parametrize(("make", "trusted", "problem"), [*BROKEN, (of_nobody, False, INCOMPLETE_CHAIN)])
async def test_what_is_wrong_with_a_certificate_is_told_in_plain_words(
    make: Make, trusted: bool, problem: str, tmp_path: Path
) -> None:
    async with secured(make(tmp_path), trusted) as (served, crawler):
        assert await crawler.way(served.address) == Way(None, problem)


async def test_a_good_certificate_lets_the_site_be_read_and_tells_when_it_ends(tmp_path: Path) -> None:
    async with secured(ends_in_ten_days(tmp_path), True) as (served, crawler):
        site = await crawler.crawl(served.address)
        way = await crawler.way(served.address)

    assert site.readable[0].h1 == "Welcome"
    assert way == Way(served.address, "", certificate_days=10)


async def test_a_server_that_speaks_no_tls_at_all_is_not_reached() -> None:
    async def plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plainly, "127.0.0.1", 0)
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, client("Doorstep/0.1 (test)") as http:
        council = organisation(host)
        guard = Guard({council.id: council}, Ledger(), Clock(), "practice")
        crawler = Crawler(http, guard, Clock(), council.id, "shop-1", [host])
        way = await crawler.way(f"https://{host}/")

    assert way.leads_to is None
    assert way.problem


async def test_the_end_of_all_redirects_is_where_an_address_leads() -> None:
    pages = {"/": b"HTTP/1.1 301 Moved\r\nlocation: /home\r\ncontent-length: 0\r\n\r\n", "/home": says("x")}
    async with trap(site_of(pages)) as served, client("Doorstep/0.1 (test)") as http:
        council = organisation(served.host)
        guard = Guard({council.id: council}, Ledger(), Clock(), "practice")
        crawler = Crawler(http, guard, Clock(), council.id, "shop-1", [served.host])

        assert await crawler.way(served.address) == Way(f"{served.address}home", "")
        assert await crawler.way("http://elsewhere.test/") == Way(asked=False)
        assert (await crawler.way(f"{served.address}gone")).problem == "it answers 404"


# ------------------------------------------------------------------------------------------------ what it means

HTTPS = "https://www.ambleford.gov.uk/"
ALL_WELL = {url: Way(HTTPS, certificate_days=200) for url in health.variants(HTTPS)}


def site(home: str = HTTPS, **redirects: str) -> Site:
    hosts = frozenset({"www.ambleford.gov.uk", "ambleford.gov.uk"})
    return Site(home, hosts, {}, redirects, {})


def test_four_ways_are_tried() -> None:
    assert list(ALL_WELL) == [
        "http://ambleford.gov.uk/",
        "https://ambleford.gov.uk/",
        "http://www.ambleford.gov.uk/",
        HTTPS,
    ]
    assert health.variants("http://127.0.0.1:8080/") == ()


def test_a_site_where_all_ways_lead_home_is_well() -> None:
    reading = health.read(site(), ALL_WELL)

    assert reading.facts == {"web.https_valid": True, "web.name.variants": True, "web.name.memorable": True}
    assert reading.notes == ()


@pytest.mark.parametrize(
    ("way", "told"),
    [
        (Way(None, "there is no such name"), "there is no such name"),
        (Way("http://ambleford.gov.uk/"), "it leads to http://ambleford.gov.uk/"),
        (Way("https://parking.example/"), "it leads to https://parking.example/"),
    ],
)
def test_a_way_that_leads_astray_is_told(way: Way, told: str) -> None:
    reading = health.read(site(), {**ALL_WELL, "http://ambleford.gov.uk/": way})

    assert reading.facts["web.name.variants"] is False
    assert reading.facts["web.https_valid"] is True
    assert reading.notes == (f"http://ambleford.gov.uk/ does not lead to the https site: {told}",)


def test_a_site_without_https_is_told() -> None:
    home = "http://www.ambleford.gov.uk/"
    reading = health.read(site(home), {url: Way(home) for url in health.variants(home)})

    assert (reading.facts["web.https_valid"], reading.facts["web.name.variants"]) == (False, False)


def test_a_way_whose_certificate_is_broken_is_told_with_the_reason() -> None:
    broken = Way(None, "its certificate is for another name")
    reading = health.read(site(), {**ALL_WELL, "https://ambleford.gov.uk/": broken})

    assert reading.facts["web.https_valid"] is True  # the home page's own is well
    assert reading.facts["web.name.variants"] is False
    assert "https://ambleford.gov.uk/: its certificate is for another name" in reading.notes


def test_half_a_chain_is_left_to_a_person() -> None:
    reading = health.read(site(), {**ALL_WELL, HTTPS: Way(None, INCOMPLETE_CHAIN)})

    assert reading.unknown["web.https_valid"][0] is Why.NEEDS_REVIEW
    assert reading.facts["web.name.variants"] is True


@pytest.mark.parametrize(("days", "told"), [(200, False), (31, False), (30, True), (1, True), (0, True)])
def test_a_certificate_that_ends_within_thirty_days_is_told(days: int, told: bool) -> None:
    reading = health.read(site(), {**ALL_WELL, HTTPS: Way(HTTPS, certificate_days=days)})

    assert any("ends in" in note for note in reading.notes) is told


def test_a_host_that_the_register_does_not_name_is_left_to_a_person() -> None:
    reading = health.read(site(), {**ALL_WELL, "http://ambleford.gov.uk/": Way(asked=False)})

    assert reading.unknown["web.name.variants"][0] is Why.NEEDS_REVIEW
