"""Two servers of one programme, one killed with -9 in the middle of a night: the other goes on.

On one machine they share a folder and SQLite; on two each has a copy of the folder, and both share PostgreSQL. Each
night is made once, and no mail goes twice, by the council's own count.
"""

import asyncio
import datetime as dt
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import sqlalchemy as sa

from probes import http
from probes.clock import PracticeClock
from results.calendar import LONDON
from results.nights import Nights
from results.tables import leases, schedule_marks
from scenarios.bench import Bench, opened
from tests.databases import database_url, postgres
from tests.scenarios.killing import start
from tests.scenarios.shopping import change
from tests.scenarios.shopping import programme as practice_programme

__all__ = ["database_url", "postgres"]

MAILS = 3
NIGHTLY = 'nightly: {cron: "0 10 * * *", scenario: email, jitter_minutes: 0}\n'
MONDAY, TUESDAY = dt.date(2026, 11, 23), dt.date(2026, 11, 24)
HANGS = 120.0


async def test_when_one_is_killed_in_a_night_the_other_makes_the_rest_and_the_next(
    tmp_path: Path, database_url: str
) -> None:
    async with practice_programme(
        tmp_path / "one", "email", start="2026-11-23T09:50", seconds_between_mails=60
    ) as folder:
        _nightly(folder, database_url)
        folders = [folder, shutil.copytree(folder, tmp_path / "two") if "postgres" in database_url else folder]
        async with opened(folder, to_work=False) as bench:
            assert isinstance(bench.clock, PracticeClock)
            servers = [await start("serve", "--poll", "1", "--folder", str(each)) for each in folders]
            try:
                await _until(lambda: _first_round(bench))
                await bench.clock.set_speed(60)
                await bench.clock.leap(_ten(MONDAY))
                await _until(lambda: _made(bench, 1))
                killed, left = await _who_serves(bench, servers)
                killed.kill()
                await killed.wait()
                made_by_the_killed = await _how_many_made(bench)
                await _the_lease_ends(bench)
                await _until(lambda: _made(bench, MAILS))
                await bench.clock.leap(_ten(TUESDAY))
                await _until(lambda: _made(bench, 2 * MAILS))
                left.terminate()
                status = await left.wait()
            finally:
                for each in servers:
                    if each.returncode is None:
                        each.kill()
                        await each.wait()
            nights = await Nights(bench.database).last()
            rows = await bench.store.rows()
            house = bench.folder.programme.practice
            assert house is not None
            tally = await http.get_json(f"{house.house}/tally")

    assert made_by_the_killed < MAILS
    assert [(night.day, night.state) for night in nights] == [(TUESDAY, "planned"), (MONDAY, "planned")]
    assert Counter(row.wave for row in rows if row.state in ("open", "closed")) == {
        f"nightly-{day}": MAILS for day in (MONDAY, TUESDAY)
    }
    by_tag = Counter(mail["mail_from"].partition("+")[2].partition("@")[0] for mail in tally["mails"])
    assert set(by_tag.values()) == {1}
    assert {row.reference for row in rows if row.state in ("open", "closed")} == set(by_tag)
    assert status == 0


def _nightly(folder: Path, url: str) -> None:
    (folder / "schedules.yaml").write_text(NIGHTLY)
    change(folder / "scenarios" / "email.yaml", lambda scenario: scenario.update(contacts=MAILS))
    if "postgres" in url:
        settings = folder / "programme.toml"
        settings.write_text(f'engine = {{ database = "{url}" }}\n{settings.read_text()}')


def _ten(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(10), tzinfo=LONDON)


async def _until(found: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(HANGS):
        while not await found():  # noqa: ASYNC110 - it is other processes that are waited for
            await asyncio.sleep(0.1)


async def _how_many_made(bench: Bench) -> int:
    return await bench.store.how_many(["open", "closed"])


async def _made(bench: Bench, wanted: int) -> bool:
    return await _how_many_made(bench) >= wanted


async def _first_round(bench: Bench) -> bool:
    """Whether the schedule has been seen: its nights from then on count."""
    async with bench.database.read() as connection:
        return await connection.scalar(sa.select(schedule_marks.c.until)) is not None


async def _holder(bench: Bench) -> str | None:
    async with bench.database.read() as connection:
        return await connection.scalar(sa.select(leases.c.holder))


async def _who_serves(
    bench: Bench, servers: list[asyncio.subprocess.Process]
) -> tuple[asyncio.subprocess.Process, asyncio.subprocess.Process]:
    """The server that has the lease, and the one that stands by."""
    holder = await _holder(bench)
    first, second = servers
    assert holder is not None
    return (first, second) if holder.endswith(f":{first.pid}") else (second, first)


async def _the_lease_ends(bench: Bench) -> None:
    """As it does by itself a minute and a half after the last sign of life."""
    async with bench.database.write() as connection:
        await connection.execute(leases.update().values(until=leases.c.since))
