"""A PostgreSQL that goes away while work goes on, and comes back: nothing is lost, and nothing is done twice."""

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from results import database as databases
from results.database import Database, DatabaseLost, StepLost
from scenarios.engine import Job, procrastinate
from tests.databases import Postgres, new_database, own_postgres
from tests.scenarios.engine_worker import make

AT_ONCE = {"phone": 20, "email": 20, "web": 2}
HANGS = 60.0


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A server for this file alone, that may be stopped."""
    with own_postgres() as found:
        if found is None:
            pytest.skip("PostgreSQL's server is not installed on this machine")
        yield found


@pytest.fixture
def url(server: Postgres, request: pytest.FixtureRequest) -> str:
    """An empty database on it."""
    return new_database(server.url, request.node.name)


@pytest.mark.parametrize("kind", ["local", "procrastinate"])
async def test_jobs_go_on_when_the_database_is_back_and_of_a_turn_one_is_done_at_a_time(
    server: Postgres, url: str, kind: str
) -> None:
    began, at_work, most = list[str](), Counter[str](), Counter[str]()
    database = await Database.open(url)

    async def last(job: Job) -> dict[str, str]:
        began.append(job.id)
        at_work[job.turn] += 1
        most[job.turn] = max(most[job.turn], at_work[job.turn])
        await asyncio.sleep(0.3)
        at_work[job.turn] -= 1
        return {"did": job.id}

    async def away() -> None:
        while len(began) < 8:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await asyncio.to_thread(server.stop)
        await asyncio.sleep(1)
        await asyncio.to_thread(server.start)

    jobs = [Job(f"{turn}{n}", "last", "phone", turn, turn) for n in range(6) for turn in ("amber", "birch", "cedar")]
    async with asyncio.timeout(HANGS), make(kind, database, url, AT_ONCE) as engine:
        await engine.submit(jobs)
        async with asyncio.TaskGroup() as group:
            group.create_task(away())
            await engine.work({"last": last}, asyncio.Event(), until_idle=True)
        found = await engine.standing([job.id for job in jobs])
    await database.close()

    assert {one.state for one in found.values()} == {"done"}
    assert set(began) == {job.id for job in jobs}
    assert set(most.values()) == {1}
    assert max(Counter(began).values()) <= 2  # a job in the middle of a step when the database went is done again


async def test_a_worker_ends_when_the_database_has_been_away_for_too_long(
    server: Postgres, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(procrastinate._PATIENCE, "timeout", 0.2)
    began, database = asyncio.Event(), await Database.open(url, waited_for=0.2)

    async def last(job: Job) -> None:
        began.set()
        await asyncio.sleep(0.5)

    async def away() -> None:
        await began.wait()
        await asyncio.to_thread(server.stop)

    async def work() -> None:
        async with asyncio.timeout(HANGS), make("procrastinate", database, url, AT_ONCE) as engine:
            await engine.submit([Job("a", "last", "phone", "amber", "amber")])
            async with asyncio.TaskGroup() as group:
                group.create_task(away())
                await engine.work({"last": last}, asyncio.Event())

    try:
        with pytest.raises(ExceptionGroup) as ended:
            await work()
    finally:
        await asyncio.to_thread(server.start)
    await database.close()

    assert ended.group_contains(DatabaseLost)


async def test_a_transaction_that_breaks_says_so_and_the_next_waits_until_the_database_is_back(
    server: Postgres, url: str
) -> None:
    database = await Database.open(url)

    async def broken_off() -> None:
        async with database.write() as connection:
            await connection.execute(sa.text("create table broken (n integer)"))
            await asyncio.to_thread(server.stop)
            await connection.execute(sa.text("insert into broken values (1)"))

    with pytest.raises(StepLost, match="in the middle of a step"):
        await broken_off()
    reading = asyncio.create_task(_tables(database))
    await asyncio.to_thread(server.start)

    async with asyncio.timeout(HANGS):
        assert "broken" not in await reading
    await database.close()


async def test_who_has_waited_long_enough_is_told_in_one_line_and_the_others_do_not_wait_again(
    server: Postgres, url: str
) -> None:
    database = await Database.open(url, waited_for=0.2)
    await asyncio.to_thread(server.stop)
    try:
        async with asyncio.timeout(HANGS):
            problems = await asyncio.gather(*(_tables(database) for _ in range(200)), return_exceptions=True)
    finally:
        await asyncio.to_thread(server.start)

    assert {type(each) for each in problems} == {DatabaseLost}
    assert str(problems[0]).startswith("the database did not come back within 0.2 seconds: ")
    assert "\n" not in str(problems[0])
    assert "jobs" in await _tables(database)
    await database.close()


async def test_a_lock_that_went_with_the_database_is_held_again(
    server: Postgres, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "_LOOKED_AT_EVERY", 0.05)
    mine, other = await Database.open(url), await Database.open(url)
    async with mine.only_one("the work") as held:
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)
        await asyncio.sleep(1)
        async with other.only_one("the work") as theirs:
            pass
    async with other.only_one("the work") as at_last:
        pass
    for each in (mine, other):
        await each.close()

    assert (held, theirs, at_last) == (True, False, True)


async def test_who_lost_the_lock_to_another_does_nothing_more(
    server: Postgres, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "_LOOKED_AT_EVERY", 1.0)
    mine, other = await Database.open(url), await Database.open(url)
    async with mine.only_one("the work"):
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)
        async with other.only_one("the work") as theirs:
            await asyncio.sleep(1.5)
            with pytest.raises(DatabaseLost, match="another `doorstep` is at work"):
                await _tables(mine)
    for each in (mine, other):
        await each.close()

    assert theirs


async def _tables(database: Database) -> list[str]:
    async with database.read() as connection:
        return await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())
