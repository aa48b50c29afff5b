"""Three processes at one organisation: pace, limits, caps and the line hold over all, and a pause reaches each."""

import asyncio
import datetime as dt
import itertools
import json
import sys
from collections import Counter
from typing import Any

import sqlalchemy as sa

from probes.guard import Effect
from results.database import Database
from results.ledger import DatabaseLedger
from results.nights import Troubles
from results.tables import call_paces, effects
from tests.results.hammer import NUMBER

MONDAY = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
WORKERS = 3
UNLIMITED = {"seconds_between_mails": 0, "seconds_between_calls": 0, "mails_per_day": 500, "calls_per_day": 500}
HANGS = 30.0  # seconds after which a process is not waited for any more


async def start(url: str, **orders: Any) -> asyncio.subprocess.Process:
    """A process that hammers."""
    ahead = (MONDAY - dt.datetime.now(dt.UTC)).total_seconds()
    usual = {"name": "w", "times": 8, "lasts": 0.0, "longest": 60, "calls": 1000, "ahead": ahead, "limits": UNLIMITED}
    command = (sys.executable, "-m", "tests.results.hammer", url, json.dumps(usual | orders))
    return await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)


async def said(process: asyncio.subprocess.Process) -> list[dict[str, Any]]:
    """What a process printed until its end."""
    async with asyncio.timeout(HANGS):
        printed, _ = await process.communicate()
    assert process.returncode == 0
    return [json.loads(line) for line in printed.splitlines()]


async def together(database: Database, url: str, **orders: Any) -> list[dict[str, Any]]:
    """What three processes printed that hammered side by side."""
    workers = [await start(url, name=f"w{number}", **orders) for number in range(WORKERS)]
    return [line for lines in await asyncio.gather(*map(said, workers)) for line in lines]


async def first_line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    """What a process prints first."""
    assert process.stdout is not None
    async with asyncio.timeout(HANGS):
        return dict(json.loads(await process.stdout.readline()))


async def test_three_processes_keep_the_pace_between_them(database: Database, database_url: str) -> None:
    lines = await together(database, database_url, kind="mail", limits={**UNLIMITED, "seconds_between_mails": 0.1})

    async with database.read() as connection:
        moments = sorted(await connection.scalars(sa.select(effects.c.at)))
    assert len([line for line in lines if "over" in line]) == len(moments) == WORKERS * 8
    assert min(later - one for one, later in itertools.pairwise(moments)) >= dt.timedelta(seconds=0.1)


async def test_all_who_call_through_one_account_keep_its_pace_together(database: Database, database_url: str) -> None:
    gap, times = 0.02, 10
    others = [await Database.open(database_url) for _ in range(WORKERS)]
    await DatabaseLedger(database).next_call("another account", 3600)

    async def call(ledger: DatabaseLedger) -> None:
        for _ in range(times):
            while wait := await ledger.next_call("account", gap):  # noqa: ASYNC110 - others take turns too
                await asyncio.sleep(wait)

    assert await DatabaseLedger(database).next_call("account", gap) == 0.0
    first = await _next_call(database)
    await asyncio.gather(*(call(DatabaseLedger(each)) for each in others))
    last = await _next_call(database)
    for each in others:
        await each.close()

    assert last - first >= WORKERS * times * gap - 1e-6


async def test_who_comes_much_later_does_not_make_up_for_it(database: Database) -> None:
    ledger = DatabaseLedger(database)
    await ledger.next_call("account", 0.1)
    await asyncio.sleep(0.3)

    turns = [await ledger.next_call("account", 30) for _ in range(2)]

    assert turns[0] == 0.0
    assert 25 < turns[1] <= 30


async def _next_call(database: Database) -> float:
    async with database.read() as connection:
        query = sa.select(call_paces.c.next_at).where(call_paces.c.account == "account")
        return float(await connection.scalar(query) or 0.0)


async def test_three_processes_keep_the_days_limit_and_the_cap_between_them(
    database: Database, database_url: str
) -> None:
    mails = await together(database, database_url, kind="mail", limits={**UNLIMITED, "mails_per_day": 13})
    calls = await together(database, database_url, kind="call", calls=5)

    assert Counter(line.get("refused", "made") for line in mails if "began" not in line) == {
        "made": 13,
        "limit.day": 11,
    }
    assert Counter(line.get("refused", "made") for line in calls if "began" not in line) == {
        "made": 5,
        "cap.account": 19,
    }


async def test_three_processes_never_ring_one_line_twice_at_once(database: Database, database_url: str) -> None:
    lines = await together(database, database_url, kind="call", times=2, lasts=0.05)

    calls = sorted(line["over"] for line in lines if "over" in line)
    assert len(calls) == WORKERS * 2
    assert all(one[1] <= later[0] for one, later in itertools.pairwise(calls))
    async with database.read() as connection:
        assert (await connection.execute(sa.text("select * from busy_lines"))).all() == []


async def test_the_line_of_a_killed_process_is_free_again_when_its_call_is_certainly_over(
    database: Database, database_url: str
) -> None:
    ledger = DatabaseLedger(database)
    other = Effect("call", "amber", NUMBER, "another shop")
    process = await start(database_url, kind="call", times=1, lasts=60, longest=1.5)
    await first_line(process)
    process.kill()
    await process.wait()

    at_once = await ledger.occupy(other, "we")
    async with asyncio.timeout(HANGS):
        while not await ledger.occupy(other, "we"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)

    assert not at_once


async def test_the_shop_whose_call_was_killed_has_its_line_at_once(database: Database) -> None:
    ledger = DatabaseLedger(database)
    mine = Effect("call", "amber", NUMBER, "one shop")
    await ledger.occupy(mine, "the killed one")

    assert await ledger.occupy(mine, "the one who takes over")
    await ledger.release(mine, "the killed one")
    assert not await ledger.occupy(Effect("call", "amber", NUMBER, "another"), "somebody")


async def test_a_line_is_free_when_it_is_known_that_the_call_is_over(database: Database) -> None:
    ledger = DatabaseLedger(database)
    await ledger.occupy(Effect("call", "amber", NUMBER, "one shop"), "the killed one")

    await ledger.vacate("one shop")

    assert await ledger.occupy(Effect("call", "amber", NUMBER, "another"), "somebody")


async def test_the_same_trouble_and_the_same_pause_may_come_to_several_at_once(
    database: Database, database_url: str
) -> None:
    others = [await Database.open(database_url) for _ in range(WORKERS)]
    counts = await asyncio.gather(
        *(Troubles(each).note("carrier", "it is away", MONDAY) for each in others for _ in range(3))
    )
    await asyncio.gather(*(DatabaseLedger(each).pause("*", "an incident", MONDAY) for each in others))
    for each in others:
        await each.close()

    assert sorted(counts) == list(range(1, 3 * WORKERS + 1))
    assert await DatabaseLedger(database).pauses() == {"*": "an incident"}


async def test_a_pause_reaches_a_process_that_waits_for_its_pace(database: Database, database_url: str) -> None:
    limits = {**UNLIMITED, "seconds_between_mails": 3600}
    process = await start(database_url, kind="mail", times=2, limits=limits)
    await first_line(process)

    await DatabaseLedger(database).pause("*", "a major incident", MONDAY)

    assert (await said(process))[-1] == {"refused": "pause.all"}
