"""A sitemap leads to pages that no link leads to, and shortens no way."""

from __future__ import annotations

import gzip
import time
from collections.abc import Mapping

import pytest

from probes.guard import Guard
from probes.web import links
from probes.web.crawl import Crawler, client
from probes.web.pages import Site
from probes.web.sitemap import MOST_ADDRESSES, addresses, is_index
from tests.probes.web.hostile import Trap, says, site_of, trap
from tests.probes.web.house import Clock, Ledger, organisation

URLSET = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"


def urlset(*paths: str) -> str:
    return URLSET + "".join(f"<url><loc>{path}</loc></url>" for path in paths)


async def visit(pages: Mapping[str, str | bytes], *, budget: int = 50) -> tuple[Site, Trap]:
    async with trap(site_of(pages)) as served, client("Doorstep/0.1 (test)") as http:
        council = organisation(served.host)
        guard = Guard({council.id: council}, Ledger(), Clock(), "practice")
        crawler = Crawler(http, guard, Clock(), council.id, "shop-1", [served.host], budget=budget)
        return await crawler.crawl(served.address), served


def urls(site: Site) -> list[str]:
    return [url.removeprefix(site.home) for url in site.unlinked]


async def test_a_page_that_only_the_sitemap_names_is_read_told_and_no_click_away() -> None:
    pages = {"/": "<a href=/a>a</a>", "/a": "<h1>A</h1>", "/lost": "<h1>Lost</h1><a href=/below>b</a>", "/below": "b"}
    site, _ = await visit({**pages, "/sitemap.xml": says(urlset("/", "/a", "/lost"), kind="application/xml")})
    told = [note for note in links.read(site).notes if "sitemap" in note]

    assert len(site.readable) == 4
    assert urls(site) == ["lost"]
    assert told == [f"1 page of the sitemap, such as {site.home}lost, can be reached by no link"]
    assert set(site.clicks) == {site.home, f"{site.home}a"}
    assert site.readable[-1].depth > site.readable[1].depth


@pytest.mark.parametrize("written", ["/a/", "/moved", "/a?utm_source=map", "/A"])
async def test_another_way_of_writing_a_page_that_is_linked_is_no_lost_page(written: str) -> None:
    moved = b"HTTP/1.1 301 Moved\r\nlocation: /a\r\ncontent-length: 0\r\n\r\n"
    pages: dict[str, str | bytes] = {"/": "<a href=/a>a</a>", "/a": "<h1>A</h1>", "/A": "<h1>A</h1>", "/moved": moved}
    site, _ = await visit({**pages, "/sitemap.xml": says(urlset(written), kind="text/xml")})

    assert urls(site) == []
    assert len(site.readable) == 2


async def test_an_address_of_the_sitemap_that_is_missing_is_no_dead_link() -> None:
    pages: dict[str, str | bytes] = {"/": "<a href=/a>a</a>", "/a": "a"}
    pages["/sitemap.xml"] = says(urlset("/gone"), kind="text/xml")
    site, _ = await visit(pages)

    assert links.read(site).facts["web.broken_links"] == 0
    assert urls(site) == []


async def test_the_sitemaps_that_robots_txt_names_are_read_with_their_index_packed_or_not() -> None:
    index = "<sitemapindex><sitemap><loc>/maps/one.xml.gz</loc></sitemap><sitemap><loc>http://else.test/m</loc>"
    packed = says(gzip.compress(urlset("/x", "/y").encode()), kind="application/x-gzip")
    pages: dict[str, str | bytes] = {"/": "home", "/x": "<h1>X</h1>", "/y": "<h1>Y</h1>", "/maps/one.xml.gz": packed}
    pages["/robots.txt"] = says("User-agent: *\nDisallow:\nSitemap: /maps/index.xml", kind="text/plain")
    site, served = await visit({**pages, "/maps/index.xml": says(index, kind="application/xml")})

    assert urls(site) == ["x", "y"]
    assert "/sitemap.xml" not in served.targets


async def test_without_budget_for_its_pages_no_sitemap_is_asked_for() -> None:
    pages = {"/": "".join(f"<a href=/{n}>{n}</a>" for n in "abcdef"), **{f"/{n}": f"<h1>{n}</h1>" for n in "abcdef"}}
    site, served = await visit({**pages, "/sitemap.xml": says(urlset("/lost"))}, budget=7)

    assert "/sitemap.xml" not in served.targets
    assert len(site.readable) == 7


async def test_where_not_every_link_was_followed_nothing_is_called_unlinked() -> None:
    alike = "".join(f"<a href=/m/{n}>{n}</a>" for n in range(60))
    pages = {"/": alike, **{f"/m/{n}": f"<h1>{n}</h1>" for n in range(60)}, "/lost": "<h1>Lost</h1>"}
    site, _ = await visit({**pages, "/sitemap.xml": says(urlset("/lost"), kind="text/xml")}, budget=45)

    assert site.page(f"{site.home}lost") is not None
    assert urls(site) == []


async def test_sitemaps_that_name_each_other_come_to_an_end() -> None:
    index = "<sitemapindex>" + "".join(f"<sitemap><loc>/map{n}.xml</loc></sitemap>" for n in range(100))
    maps = {f"/map{n}.xml": says(index, kind="text/xml") for n in range(100)}
    _, served = await visit({"/": "home", "/sitemap.xml": says(index, kind="text/xml"), **maps})

    assert len(served.targets) < 15


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (urlset("/a", "/b", "/a"), ["a", "b"]),
        ("<urlset><url><loc>\n /a?x=1&amp;y=2 \n</loc></url>", ["a?x=1&y=2"]),
        ("<urlset><url><loc><![CDATA[/a]]></loc></url>", ["a"]),
        ("<s:urlset xmlns:s='x'><s:url><s:loc>/a</s:loc>", ["a"]),
        ("http://council.test/a\nhttp://council.test/b\n", ["a", "b"]),
        ("<urlset><url><loc>javascript:x</loc></url><url><loc>http://[bad</loc></url>", []),
        ("<html><h1>Page not found</h1></html>", []),
        ('<!DOCTYPE x [<!ENTITY a "b">]><urlset><url><loc>/&a;</loc></url>', ["&a"]),
    ],
)
def test_addresses_are_found_in_a_sitemap(text: str, found: list[str]) -> None:
    told = addresses(text, "http://council.test/sitemap.xml")

    assert [url.removeprefix("http://council.test/") for url in told] == found


def test_of_a_sitemap_without_end_so_many_addresses_are_taken() -> None:
    assert (
        len(addresses(urlset(*(f"/{n}" for n in range(2 * MOST_ADDRESSES))), "http://council.test/")) == MOST_ADDRESSES
    )


@pytest.mark.parametrize("text", ["<loc>" * 400_000, "<loc>" + " " * 2_000_000, "<loc><![CDATA[" * 100_000])
def test_no_text_takes_the_reader_of_sitemaps_long(text: str) -> None:
    began = time.process_time()
    addresses(text, "http://council.test/")

    assert time.process_time() - began < 5  # processor time; what grows with the square takes minutes


def test_an_index_is_told_from_a_sitemap() -> None:
    assert is_index("<?xml version='1.0'?><sitemapindex xmlns='x'>")
    assert not is_index(URLSET)
