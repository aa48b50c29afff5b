"""A practice wave on three worker processes over PostgreSQL, one killed with -9 half-way: complete, and nothing twice.

The councils count what reached them; the contacts are held against that count.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from results.database import Database
from results.store import ShopRow
from results.tables import busy_lines, jobs, shops
from scenarios.bench import opened
from tests.databases import new_postgres, postgres
from tests.scenarios.conftest import World, world
from tests.scenarios.killing import start
from tests.scenarios.shopping import WAVE, change

__all__ = ["postgres"]

COUNCILS = ("ashcombe-vale", "kesterton", "penderfold")
WORKERS, CALLS, MAILS = 3, 3, 8
FASTER = 120  # so that fifteen minutes' grace pass in eight seconds
HANGS = 300.0


@dataclass(frozen=True)
class After:
    """What is left: the rows, the councils' tally, how often jobs were begun, lines still held, and exit statuses."""

    rows: tuple[ShopRow, ...]
    tally: dict[str, Any]
    tries: Counter[int]
    held: int
    statuses: list[int]


@pytest.fixture(scope="module")
def after(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> After:
    """The wave, run to its end."""
    return asyncio.run(_run(tmp_path_factory.mktemp("workers") / "programme", new_postgres(request)))


async def _run(folder: Path, url: str) -> After:
    async with world(folder, COUNCILS, CALLS, MAILS) as up:
        _on_workers(folder, url)
        database = await Database.open(url)
        workers = [await start("worker", "--folder", str(folder)) for _ in range(WORKERS)]
        statuses: list[int] = []
        try:
            statuses.append(await _wave(folder, up, database, workers))
        finally:
            for each in workers:
                if each.returncode is None:
                    each.terminate()
                    statuses.append(await each.wait())
        async with database.read() as connection:
            tries = Counter(await connection.scalars(sa.select(jobs.c.tries)))
            held = len((await connection.execute(sa.select(busy_lines))).all())
        await database.close()
        async with opened(folder, to_work=False) as bench:
            return After(await bench.store.rows(), await up.tally(), tries, held, statuses)


async def _wave(folder: Path, up: World, database: Database, workers: list[asyncio.subprocess.Process]) -> int:
    """Run it, and kill a worker half-way; the run's exit status."""
    await up.speed(FASTER)
    running = await start("run", WAVE, "--folder", str(folder))
    try:
        return await _kill_half_way(running, database, workers[0])
    finally:
        if running.returncode is None:
            running.kill()


async def _kill_half_way(
    running: asyncio.subprocess.Process, database: Database, worker: asyncio.subprocess.Process
) -> int:
    async with asyncio.timeout(HANGS):
        while await _made(database) < len(COUNCILS) * (CALLS + MAILS) / 2:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        worker.kill()
        await worker.wait()
        return await running.wait()


async def _made(database: Database) -> int:
    async with database.read() as connection:
        begun = sa.select(sa.func.count()).select_from(shops).where(shops.c.intent_at.is_not(None))
        return await connection.scalar(begun) or 0


def _on_workers(folder: Path, url: str) -> None:
    """Several machines by one line; websites are left out, since a visit may be repeated. Mails keep a distance."""
    toml = folder / "programme.toml"
    toml.write_text(f'engine = {{ kind = "procrastinate", database = "{url}" }}\n' + toml.read_text())
    change(folder / "waves" / f"{WAVE}.yaml", lambda wave: wave.update(scenarios=["telephone", "email"]))
    change(folder / "scenarios" / "telephone.yaml", lambda scenario: scenario.update(ring_for=15))
    for path in (folder / "register").glob("*.yaml"):
        change(path, lambda council: council["consent"]["limits"].update(seconds_between_mails=40))


def test_the_wave_ends_and_the_workers_stop_when_told(after: After) -> None:
    assert after.statuses == [0] * WORKERS


def test_the_kill_hit_work_under_way_and_others_took_it_over(after: After) -> None:
    assert after.tries[2] > 0


def test_every_call_is_closed_and_every_mail_is_sent_or_replaced(after: After) -> None:
    made = Counter((row.organisation, row.channel) for row in after.rows if row.state in ("open", "closed"))

    assert {row.state for row in after.rows if row.channel == "phone"} == {"closed"}
    assert {row.state for row in after.rows if row.channel == "email"} <= {"open", "closed", "void"}
    assert made == {(id, channel): n for id in COUNCILS for channel, n in (("phone", CALLS), ("email", MAILS))}


def test_no_mail_was_sent_twice_and_none_is_missing(after: After) -> None:
    by_tag = Counter(mail["mail_from"].partition("+")[2].partition("@")[0] for mail in after.tally["mails"])
    tags = {row.reference: row for row in after.rows if row.channel == "email"}

    assert max(by_tag.values()) == 1
    assert {tag for tag in by_tag if tags[tag].state == "void"} == set()
    assert len(by_tag) == MAILS * len(COUNCILS)


def test_no_call_was_placed_twice_and_each_is_in_the_store(after: After) -> None:
    placed = Counter(call["sid"] for call in after.tally["calls"])
    known = Counter(row.known_as for row in after.rows if row.channel == "phone")

    assert placed == known
    assert len(placed) == CALLS * len(COUNCILS)
    assert after.held == 0


def test_nobody_heard_silence_although_the_caller_died(after: After) -> None:
    assert not [call for call in after.tally["calls"] if call["silent"]]
