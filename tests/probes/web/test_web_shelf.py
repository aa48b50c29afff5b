"""Pages kept on disk spare a council's server: after a kill, and where nothing has changed since the last visit."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from probes.guard import Guard
from probes.web.ask import FRESH, Answer
from probes.web.crawl import Crawler, client
from probes.web.pages import Site
from probes.web.shelf import Shelf
from tests.probes.web.hostile import Asked, says, trap
from tests.probes.web.house import Clock, Ledger, organisation

MENU = "".join(f"<a href=/{n}>{n}</a>" for n in "abcdefgh")
GOES = """
import asyncio, sys
from pathlib import Path
from tests.probes.web.test_web_shelf import visited
asyncio.run(visited(sys.argv[1], Path(sys.argv[2]), shop="shop-1"))
"""


def page(asked: Asked) -> bytes:
    """Home and eight pages, unchanged since they were made."""
    if asked.path != "/" and asked.path[1:] not in "abcdefgh":
        return says("", 404)
    etag = f'"{asked.path}"'
    if asked.headers.get("if-none-match") == etag:
        return b"HTTP/1.1 304 Not Modified\r\n\r\n"
    return says(f"<h1>{asked.path}</h1>{MENU}", etag=etag)


async def visited(
    address: str, file: Path, *, shop: str, clock: Clock | None = None, ledger: Ledger | None = None
) -> Site:
    """Visit with the pages that are kept in the file."""
    host = address.split("/")[2]
    council, shelf, clock = organisation(host), Shelf(file), clock or Clock()
    guard = Guard({council.id: council}, ledger or Ledger(), clock, "practice")
    try:
        async with client("Doorstep/0.1 (test)") as http:
            return await Crawler(http, guard, clock, council.id, shop, [host], shelf=shelf).crawl(address)
    finally:
        await shelf.close()


async def test_a_visit_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    stuck, stays = asyncio.Event(), asyncio.Event()

    async def never() -> AsyncIterator[bytes]:
        stuck.set()
        await stays.wait()
        yield b""

    def answer(asked: Asked) -> bytes | AsyncIterator[bytes]:
        return never() if asked.path == "/f" and not stuck.is_set() else page(asked)

    file = tmp_path / "pages.db"
    async with trap(answer) as served:
        visitor = await asyncio.create_subprocess_exec(sys.executable, "-c", GOES, served.address, str(file))
        await stuck.wait()
        before = set(_kept(file))
        os.kill(visitor.pid, signal.SIGKILL)
        await visitor.wait()
        asked_before = len(served.asked)
        site = await visited(served.address, file, shop="shop-1")
        asked_since = {served.address + one.path[1:] for one in served.asked[asked_before:]}

    assert len(site.readable) == 9
    assert len(before) >= 3
    assert not asked_since & before


def _kept(file: Path) -> list[str]:
    with sqlite3.connect(file) as shelf:
        return [url for (url,) in shelf.execute("SELECT url FROM page")]


async def test_what_the_guard_counted_before_a_kill_is_not_counted_again(tmp_path: Path) -> None:
    async with trap(page) as served:
        await visited(served.address, tmp_path / "pages.db", shop="shop-1")
        ledger, asked = Ledger(), len(served.asked)
        site = await visited(served.address, tmp_path / "pages.db", shop="shop-1", ledger=ledger)

    assert len(site.readable) == 9
    assert (ledger.made, len(served.asked)) == ([], asked)


async def test_pages_that_have_not_changed_are_confirmed_and_not_sent_again(tmp_path: Path) -> None:
    async with trap(page) as served:
        first = await visited(served.address, tmp_path / "pages.db", shop="shop-1")
        asked, sent = len(served.asked), served.sent
        second = await visited(served.address, tmp_path / "pages.db", shop="shop-2")

    again = served.asked[asked:]
    assert sorted(one.path for one in again) == sorted(one.path for one in served.asked[:asked])
    assert sum("if-none-match" in one.headers for one in again) == 9
    assert served.sent - sent < sent / 5
    assert {page.url: page.html for page in second.readable} == {page.url: page.html for page in first.readable}


async def test_a_page_that_has_changed_or_gone_is_not_taken_from_the_shelf(tmp_path: Path) -> None:
    later = False

    def answer(asked: Asked) -> bytes:
        if later and asked.path == "/a":
            return says("<h1>New</h1>", etag='"2"')
        return says("", 404) if later and asked.path == "/b" else page(asked)

    async with trap(answer) as served:
        await visited(served.address, tmp_path / "pages.db", shop="shop-1")
        later = True
        site = await visited(served.address, tmp_path / "pages.db", shop="shop-2")

    assert site.pages[f"{served.address}a"].h1 == "New"
    assert site.failed(f"{served.address}b")


async def test_a_visit_that_goes_on_days_later_begins_anew(tmp_path: Path) -> None:
    clock = Clock()
    async with trap(page) as served:
        await visited(served.address, tmp_path / "pages.db", shop="shop-1", clock=clock)
        asked = len(served.asked)
        await clock.sleep(FRESH.total_seconds())
        await visited(served.address, tmp_path / "pages.db", shop="shop-1", clock=clock)

    assert len(served.asked) == 2 * asked


async def test_only_the_last_visits_pages_stay(tmp_path: Path) -> None:
    clock, few = Clock(), False

    def answer(asked: Asked) -> bytes:
        return says("<h1>alone</h1>") if few and asked.path == "/" else page(asked)

    async with trap(answer) as served:
        for shop, few in (("shop-1", False), ("shop-2", True), ("shop-3", True)):  # noqa: B007 - `answer` looks at it
            await visited(served.address, tmp_path / "pages.db", shop=shop, clock=clock)
            await clock.sleep(1)

    assert sorted(url.removeprefix(served.address) for url in _kept(tmp_path / "pages.db")) == [
        "",
        "robots.txt as text",
        "sitemap.xml as text",
    ]


async def test_the_pages_of_other_organisations_stay(tmp_path: Path) -> None:
    shelf, at = Shelf(tmp_path / "pages.db"), dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    for organisation_id in ("ambleford", "wrenbury"):
        for number in range(3):
            url = f"http://{organisation_id}.test/{number}"
            await shelf.put(url, organisation_id, f"{organisation_id}-{number}", at + dt.timedelta(number), Answer(200))
    await shelf.clear("ambleford", "ambleford-9")

    assert sorted(_kept(tmp_path / "pages.db")) == [
        "http://ambleford.test/2",
        *(f"http://wrenbury.test/{number}" for number in range(3)),
    ]
    await shelf.close()


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b""])
async def test_a_damaged_file_costs_nothing_but_what_it_held(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pages.db").write_bytes(content)
    async with trap(page) as served:
        for _ in range(2):
            site = await visited(served.address, tmp_path / "pages.db", shop="shop-1")

    assert len(site.readable) == 9


async def test_a_page_comes_back_as_it_was(tmp_path: Path) -> None:
    shelf, at = Shelf(tmp_path / "pages.db"), dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
    answer = Answer(
        200, html="<h1>£5 café \U0001f5d1</h1>", cut=True, etag='W/"7"', modified="Mon, 23 Nov 2026 10:00:00 GMT"
    )
    await shelf.put("http://council.test/", "ambleford", "shop-1", at, answer)
    kept = await shelf.get("http://council.test/")
    await shelf.close()

    assert kept is not None
    assert (kept.answer, kept.at, kept.shop) == (answer, at, "shop-1")
