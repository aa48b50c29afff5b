"""A practice wave on three worker processes over PostgreSQL, paused for a while, and one killed with -9 half-way.

It is complete, and nothing is twice: the councils count what reached them, and the contacts are held against that
count. What the processes tell a collector of traces is one trace a run.
"""

import asyncio
import datetime as dt
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from results.database import Database
from results.ledger import DatabaseLedger
from results.store import ShopRow
from results.tables import busy_lines, jobs, shops
from scenarios.bench import clock_of, opened
from scenarios.programme import load
from tests.databases import new_postgres, postgres
from tests.scenarios.collector import Collector, collected, trace_to
from tests.scenarios.conftest import World, world
from tests.scenarios.killing import start
from tests.scenarios.shopping import WAVE, change

__all__ = ["postgres"]

COUNCILS = ("ashcombe-vale", "kesterton", "penderfold")
WORKERS, CALLS, MAILS = 3, 3, 8
PAUSED_AFTER = 4
FASTER = 120  # so that fifteen minutes' grace pass in eight seconds
HANGS = 300.0


@dataclass(frozen=True)
class After:
    """What is left: the rows, the councils' tally, how often jobs were begun, lines still held, and exit statuses.

    `paused`: from when until when everything was, by the councils' clock. `told`: what the collector of traces had.
    """

    rows: tuple[ShopRow, ...]
    tally: dict[str, Any]
    tries: Counter[int]
    held: int
    statuses: list[int]
    paused: tuple[dt.datetime, dt.datetime]
    told: Collector


@pytest.fixture(scope="module")
def after(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> After:
    """The wave, run to its end."""
    return asyncio.run(_run(tmp_path_factory.mktemp("workers") / "programme", new_postgres(request)))


async def _run(folder: Path, url: str) -> After:
    async with world(folder, COUNCILS, CALLS, MAILS) as up, AsyncExitStack() as stack:
        told = stack.enter_context(collected())
        _on_workers(folder, url)
        if find_spec("opentelemetry.sdk"):
            trace_to(folder, told.address)
        database = await Database.open(url)
        workers = [await start("worker", "--folder", str(folder)) for _ in range(WORKERS)]
        statuses: list[int] = []
        try:
            await up.speed(FASTER)
            paused = await _paused_early(folder, up, database)
            statuses.append(await _killed_half_way(folder, database, workers[0]))
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
            return After(await bench.store.rows(), await up.tally(), tries, held, statuses, paused, told)


async def _paused_early(folder: Path, up: World, database: Database) -> tuple[dt.datetime, dt.datetime]:
    """Run the wave, pause everything when its first contacts are made, and let it go on when the run has ended."""
    running = await start("run", WAVE, "--folder", str(folder))
    ledger, clock = DatabaseLedger(database), await clock_of(load(folder), to_work=True)
    try:
        async with asyncio.timeout(HANGS):
            while len(_moments(await up.tally())) < PAUSED_AFTER:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            await ledger.pause("*", "a major incident", clock.now())
            since = clock.now()
            await running.wait()
            await ledger.resume("*")
            return since, clock.now()
    finally:
        if running.returncode is None:
            running.kill()


def _moments(tally: dict[str, Any]) -> list[dt.datetime]:
    """When each call and mail reached a council."""
    return [dt.datetime.fromisoformat(one["at"]) for kind in ("calls", "mails") for one in tally[kind]]


async def _killed_half_way(folder: Path, database: Database, worker: asyncio.subprocess.Process) -> int:
    """Run the rest, and kill a worker half-way; the run's exit status."""
    running = await start("run", WAVE, "--folder", str(folder))
    try:
        async with asyncio.timeout(HANGS):
            while await _made(database) < len(COUNCILS) * (CALLS + MAILS) / 2:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            worker.kill()
            await worker.wait()
            return await running.wait()
    finally:
        if running.returncode is None:
            running.kill()


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


def test_nothing_goes_out_later_than_a_second_after_everything_was_paused(after: After) -> None:
    since, until = after.paused
    at = _moments(after.tally)

    assert len([moment for moment in at if moment < since]) >= PAUSED_AFTER
    assert len([moment for moment in at if moment > until]) >= WORKERS
    assert not [moment for moment in at if since + dt.timedelta(seconds=FASTER) < moment < until]


@pytest.mark.skipif(find_spec("opentelemetry.sdk") is None, reason="the extra `traces` is not installed")
def test_what_workers_do_is_told_as_part_of_the_run_that_handed_it_out(after: After) -> None:
    spans = after.told.by_process()
    runs = {span.span_id: (process, span) for process, span in spans if span.name == "run"}
    jobs_told = [(process, span) for process, span in spans if span.name == "job"]

    assert len(runs) == 2
    assert len({process for process, _ in jobs_told}) >= WORKERS - 1  # who was killed may have told nothing
    assert not {process for process, _ in jobs_told} & {process for process, _ in runs.values()}
    assert {span.parent_span_id for _, span in jobs_told} == set(runs)
    assert all(span.trace_id == runs[span.parent_span_id][1].trace_id for _, span in jobs_told)


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
