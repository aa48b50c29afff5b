"""The jobs as rows, the same for both engines: submitted once, claimed turn by turn, given up by the dead.

Times are seconds by the database's own clock, the one that all processes share.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from results.database import Database, insert, wall_clock
from results.tables import held_scopes, jobs
from scenarios.engine import EVERYTHING, Job, Standing

LEASE = 8.0
"""Seconds after the last sign of life until the process that holds a job counts as dead."""

BEAT = 2.0
"""Seconds between two signs of life."""

_MOST_TRIES = 3  # a job that three processes died of is the reason why they died
_FORGOTTEN_AFTER = 30 * 86_400.0
_IN_ONE_QUERY = 500
_LONGEST_ERROR = 2000

_HELD = sa.exists().where(held_scopes.c.scope.in_([sa.literal(EVERYTHING), jobs.c.organisation, jobs.c.channel]))
MAY_BEGIN = sa.and_(jobs.c.state == "waiting", sa.not_(_HELD))


class JobRows:
    """The table of jobs."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def submit(self, new: Sequence[Job]) -> int:
        """Add the jobs whose ids are not known yet; how many that were."""
        if not new:
            return 0
        async with self._db.write() as connection:
            now = await _now(connection)
            rows = [
                {
                    "id": job.id,
                    "task": job.task,
                    "channel": job.channel,
                    "organisation": job.organisation,
                    "turn": job.turn,
                    "about": dict(job.about),
                    "state": "waiting",
                    "not_before": now + job.delay,
                    "tries": 0,
                }
                for job in new
            ]
            added = insert(connection, jobs).on_conflict_do_nothing(index_elements=[jobs.c.id]).returning(jobs.c.id)
            return len((await connection.execute(added, rows)).all())

    async def claim(
        self, holder: str, tasks: Collection[str], room: Mapping[str, int], mine: Collection[str]
    ) -> list[Job]:
        """Take what may be done now, of each turn the first, at most so many of each channel.

        `mine`: what the holder is at already, and so is nobody's to give up.
        """
        async with self._db.write() as connection:
            now = await _now(connection)
            await _give_up(connection, now, jobs.c.id.not_in(mine))
            busy = sa.select(jobs.c.turn).where(jobs.c.state == "running")
            first = await self._first(connection, now, tasks, jobs.c.turn.not_in(busy))
            left, taken = dict(room), []
            for job in first:
                if left.get(job.channel, 0) > 0:
                    left[job.channel] -= 1
                    taken.append(job)
            return await _take(connection, taken, holder, now)

    async def claim_next(self, holder: str, tasks: Collection[str], turn: str) -> Job | None:
        """Take the next job of a turn; None where somebody who is alive is at one of its jobs still."""
        of_turn = jobs.c.turn == turn
        async with self._db.write() as connection:
            now = await _now(connection)
            running = sa.select(jobs.c.id).where(of_turn, jobs.c.state == "running").limit(1)
            if await connection.scalar(running):
                await _give_up(connection, now, of_turn)
                if await connection.scalar(running):
                    return None
            first = await self._first(connection, now, tasks, of_turn)
            taken = await _take(connection, first, holder, now)
            return taken[0] if taken else None

    async def _first(
        self, connection: AsyncConnection, now: float, tasks: Collection[str], where: sa.ColumnElement[bool]
    ) -> list[Job]:
        """The first of each turn that may begin."""
        ready = MAY_BEGIN, jobs.c.not_before <= now, jobs.c.task.in_(tasks), where
        first = sa.select(sa.func.min(jobs.c.number)).where(*ready).group_by(jobs.c.turn)
        query = sa.select(jobs).where(jobs.c.number.in_(first)).order_by(jobs.c.number)
        return [
            Job(row.id, row.task, row.channel, row.organisation, row.turn, row.about)
            for row in await connection.execute(query)
        ]

    async def beat(self, holder: str, mine: Collection[str]) -> None:
        """A sign of life of whoever does these jobs."""
        async with self._db.write() as connection:
            until = await _now(connection) + LEASE
            for some in _portions(mine):
                held = jobs.c.id.in_(some), jobs.c.holder == holder, jobs.c.state == "running"
                await connection.execute(jobs.update().where(*held).values(until=until))

    async def finish(self, id: str, holder: str, outcome: Mapping[str, object] | None, error: str = "") -> None:
        """The job is done, or failed with an error; unless another has taken it over."""
        ended = {"state": "failed" if error else "done", "outcome": outcome, "error": error[:_LONGEST_ERROR]}
        await self._end(id, holder, ended)

    async def put_back(self, id: str, holder: str, why: str = "") -> None:
        """The job was broken off and may be done by anybody; where an error was `why`, not for ever."""
        if why:
            async with self._db.write() as connection:
                mine = jobs.c.id == id, jobs.c.holder == holder, jobs.c.tries >= _MOST_TRIES
                values = {"state": "failed", "error": why[:_LONGEST_ERROR], "until": await _now(connection)}
                await connection.execute(jobs.update().where(*mine, jobs.c.state == "running").values(**values))
        await self._end(id, holder, {"state": "waiting", "holder": None})

    async def _end(self, id: str, holder: str, values: Mapping[str, object]) -> None:
        mine = jobs.c.id == id, jobs.c.holder == holder, jobs.c.state == "running"
        async with self._db.write() as connection:
            ended = jobs.update().where(*mine).values(until=wall_clock(connection.dialect), **values)
            await connection.execute(ended)

    async def cancel(self, ids: Collection[str]) -> int:
        """Those of them that have not begun never will; how many that was."""
        count = 0
        async with self._db.write() as connection:
            for some in _portions(ids):
                waiting = jobs.c.state == "waiting", jobs.c.id.in_(some)
                now = await _now(connection)
                change = jobs.update().where(*waiting).values(state="cancelled", until=now)
                count += (await connection.execute(change)).rowcount
        return count

    async def hold(self, scope: str) -> None:
        """Nothing of this scope begins any more."""
        async with self._db.write() as connection:
            await connection.execute(insert(connection, held_scopes).values(scope=scope).on_conflict_do_nothing())

    async def let_go(self, scope: str) -> None:
        """What was held may begin."""
        async with self._db.write() as connection:
            await connection.execute(held_scopes.delete().where(held_scopes.c.scope == scope))

    async def standing(self, ids: Collection[str]) -> dict[str, Standing]:
        """Where these jobs stand."""
        columns = jobs.c.id, jobs.c.state, jobs.c.outcome, jobs.c.error
        found: dict[str, Standing] = {}
        async with self._db.read() as connection:
            for some in _portions(ids):
                for row in await connection.execute(sa.select(*columns).where(jobs.c.id.in_(some))):
                    found[row.id] = Standing(row.state, row.outcome, row.error)
        return found

    async def ahead(self, channel: str, organisation: str, about: str) -> int:
        """How many jobs of a channel and an organisation are running that were submitted before that one."""
        mine = sa.select(jobs.c.number).where(jobs.c.id == about).scalar_subquery()
        running = jobs.c.state == "running", jobs.c.channel == channel, jobs.c.organisation == organisation
        async with self._db.read() as connection:
            query = sa.select(sa.func.count()).select_from(jobs).where(*running, jobs.c.number < mine)
            return await connection.scalar(query) or 0

    async def clear(self) -> None:
        """Nothing that was submitted before is done any more. Only while nobody is at work."""
        left = jobs.c.state.in_(["waiting", "running"])
        async with self._db.write() as connection:
            now = await _now(connection)
            await connection.execute(jobs.update().where(left).values(state="cancelled", holder=None, until=now))

    async def is_idle(self, tasks: Collection[str]) -> bool:
        """Whether none of these is running, or waits and is not held."""
        at_work = sa.and_(jobs.c.task.in_(tasks), sa.or_(jobs.c.state == "running", MAY_BEGIN))
        async with self._db.read() as connection:
            return await connection.scalar(sa.select(jobs.c.number).where(at_work).limit(1)) is None

    async def ready_turns(self, connection: AsyncConnection) -> list[tuple[str, str]]:
        """Each turn that has something to do now, whoever is at it, with its channel.

        Over a connection that the caller has: who waited for a second one while holding the first would wait long.
        """
        ready = sa.or_(jobs.c.state == "running", sa.and_(MAY_BEGIN, jobs.c.not_before <= await _now(connection)))
        query = sa.select(jobs.c.turn, sa.func.min(jobs.c.channel)).where(ready).group_by(jobs.c.turn)
        return [(turn, channel) for turn, channel in await connection.execute(query)]

    async def forget(self) -> None:
        """Delete what ended a month ago."""
        async with self._db.write() as connection:
            old = jobs.c.until < await _now(connection) - _FORGOTTEN_AFTER
            await connection.execute(jobs.delete().where(jobs.c.state.not_in(["waiting", "running"]), old))


async def _now(connection: AsyncConnection) -> float:
    return float(await connection.scalar(sa.select(wall_clock(connection.dialect))) or 0.0)


async def _give_up(connection: AsyncConnection, now: float, which: sa.ColumnElement[bool]) -> None:
    """Jobs of the dead wait again, but for those that have cost three their life.

    While the database was down nobody could give a sign of life, so nobody counts as dead as soon as it is up again.
    """
    if connection.dialect.name == "postgresql":
        started = sa.cast(sa.extract("epoch", sa.func.pg_postmaster_start_time()), sa.Float)
        if float(await connection.scalar(sa.select(started)) or 0.0) + LEASE > now:
            return
    lost = sa.and_(jobs.c.state == "running", jobs.c.until <= now, which)
    why = f"{_MOST_TRIES} processes were killed at it"
    await connection.execute(
        jobs.update().where(lost, jobs.c.tries >= _MOST_TRIES).values(state="failed", holder=None, error=why)
    )
    await connection.execute(jobs.update().where(lost).values(state="waiting", holder=None))


async def _take(connection: AsyncConnection, wanted: Sequence[Job], holder: str, now: float) -> list[Job]:
    """Those of them that nobody has taken since they were looked for."""
    if not wanted:
        return []
    waiting = jobs.c.id.in_([job.id for job in wanted]), jobs.c.state == "waiting"
    values = {"state": "running", "holder": holder, "until": now + LEASE, "tries": jobs.c.tries + 1}
    taken = jobs.update().where(*waiting).values(**values).returning(jobs.c.id)
    ids = set(await connection.scalars(taken))
    return [job for job in wanted if job.id in ids]


def _portions(ids: Collection[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while portion := list(islice(rest, _IN_ONE_QUERY)):
        yield portion
