"""What became of the nights of schedules, who serves, and what went wrong meanwhile. Rows; deciding is not done here.

Kept so that each night is handled once: the row's key is its schedule and local date, and the mark up to which all
nights are decided moves in the same step.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from results.database import Database, insert
from results.tables import leases, schedule_marks, troubles
from results.tables import nights as table

State = Literal["planned", "caught up", "left out", "missed"]


@dataclass(frozen=True)
class Night:
    """One night of a schedule: its local date, which names it, and the moment when it is to begin."""

    schedule: str
    day: dt.date
    at: dt.datetime


def night_id(schedule: str, day: dt.date) -> str:
    """The wave of one night of a schedule."""
    return f"{schedule}-{day:%Y-%m-%d}"


@dataclass(frozen=True)
class Handled:
    """A night that was decided. `wave`: what it made or went on with."""

    schedule: str
    day: dt.date
    at: dt.datetime
    handled_at: dt.datetime
    state: State
    wave: str | None
    why: str


@dataclass(frozen=True)
class Lease:
    """Who serves, since when, and until when that holds unless it is renewed."""

    holder: str
    since: dt.datetime
    until: dt.datetime


@dataclass(frozen=True)
class Trouble:
    """A part of the work that fails: since when, how often in a row, and what was last said."""

    what: str
    since: dt.datetime
    last: dt.datetime
    count: int
    message: str


class Nights:
    """The nights of all schedules."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def mark(self, schedule: str, now: dt.datetime) -> dt.datetime:
        """Up to when all nights of a schedule are decided. One that is seen for the first time begins now."""
        query = sa.select(schedule_marks.c.until).where(schedule_marks.c.schedule == schedule)
        async with self._db.read() as connection:
            found: dt.datetime | None = await connection.scalar(query)
        if found is not None:
            return found
        try:
            async with self._db.write() as connection:
                await connection.execute(schedule_marks.insert().values(schedule=schedule, until=now))
            return now
        except sa.exc.IntegrityError:  # another server was quicker
            return await self.mark(schedule, now)

    async def handle(
        self, schedule: str, mark: dt.datetime, until: dt.datetime, handled: Sequence[Handled]
    ) -> tuple[Handled, ...]:
        """Write down what became of the nights between two marks; returns those that are written.

        None, where another server has moved the mark meanwhile. A night whose date has a row already keeps it.
        """
        async with self._db.write() as connection:
            move = schedule_marks.update().where(schedule_marks.c.schedule == schedule, schedule_marks.c.until == mark)
            if not (await connection.execute(move.values(until=until))).rowcount:
                return ()
            there = set(await connection.scalars(sa.select(table.c.day).where(table.c.schedule == schedule)))
            new = tuple(one for one in handled if one.day not in there)
            if new:
                await connection.execute(table.insert(), [vars(one) for one in new])
            return new

    async def last(self, most: int = 50, since: dt.datetime | None = None) -> tuple[Handled, ...]:
        """The nights that were handled last, newest first."""
        query = sa.select(table).order_by(table.c.at.desc(), table.c.schedule).limit(most)
        if since is not None:
            query = query.where(table.c.handled_at >= since)
        async with self._db.read() as connection:
            return tuple(Handled(**row._mapping) for row in await connection.execute(query))

    async def waves(self) -> dict[str, tuple[str, dt.date]]:
        """The waves that are one night each: {wave: (schedule, night)}. They are told by charts and never compared."""
        query = sa.select(table.c.wave, table.c.schedule, table.c.day).where(table.c.wave.is_not(None))
        async with self._db.read() as connection:
            rows = (await connection.execute(query.order_by(table.c.day))).all()
        return {row.wave: (row.schedule, row.day) for row in rows if row.wave == night_id(row.schedule, row.day)}

    async def known(self, schedule: str, day: dt.date) -> bool:
        """Whether a night of that date was handled."""
        query = sa.select(table.c.day).where(table.c.schedule == schedule, table.c.day == day)
        async with self._db.read() as connection:
            return await connection.scalar(query) is not None


class Leases:
    """Who does what only one may do at a time. In real time: a holder that dies loses its lease by saying nothing."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def take(self, name: str, holder: str, now: dt.datetime, until: dt.datetime) -> bool:
        """Take or renew it; False where somebody else holds it."""
        try:
            async with self._db.write() as connection:
                found = (await connection.execute(sa.select(leases).where(leases.c.name == name))).one_or_none()
                if found is None:
                    await connection.execute(leases.insert().values(name=name, holder=holder, since=now, until=until))
                    return True
                if found.holder != holder and found.until > now:
                    return False
                since = found.since if found.holder == holder else now
                as_seen = leases.c.name == name, leases.c.holder == found.holder, leases.c.until == found.until
                change = leases.update().where(*as_seen).values(holder=holder, since=since, until=until)
                return bool((await connection.execute(change)).rowcount)  # 0: another was quicker (PostgreSQL)
        except sa.exc.IntegrityError:  # the same, at the very first
            return False

    async def drop(self, name: str, holder: str) -> None:
        """Let go of it, where it is held."""
        async with self._db.write() as connection:
            await connection.execute(leases.delete().where(leases.c.name == name, leases.c.holder == holder))

    async def held(self, name: str, now: dt.datetime) -> Lease | None:
        """Who holds it."""
        query = sa.select(leases.c.holder, leases.c.since, leases.c.until).where(leases.c.name == name)
        async with self._db.read() as connection:
            row = (await connection.execute(query.where(leases.c.until > now))).one_or_none()
        return Lease(**row._mapping) if row else None


class Troubles:
    """What fails while serving, until it works again."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def note(self, what: str, message: str, at: dt.datetime) -> int:
        """It failed (again). Returns how often in a row; any number of processes may find the same at once."""
        async with self._db.write() as connection:
            new = {"what": what, "since": at, "last": at, "count": 1, "message": message[:2000]}
            again = {"last": at, "count": troubles.c.count + 1, "message": message[:2000]}
            noted = insert(connection, troubles).values(**new)
            noted = noted.on_conflict_do_update(index_elements=[troubles.c.what], set_=again)
            return int(await connection.scalar(noted.returning(troubles.c.count)) or 0)

    async def over(self, what: str) -> None:
        """It works again, or did all along."""
        async with self._db.read() as connection:
            if await connection.scalar(sa.select(troubles.c.what).where(troubles.c.what == what)) is None:
                return
        async with self._db.write() as connection:
            await connection.execute(troubles.delete().where(troubles.c.what == what))

    async def all(self) -> tuple[Trouble, ...]:
        """What fails, the longest first."""
        async with self._db.read() as connection:
            rows = await connection.execute(sa.select(troubles).order_by(troubles.c.since))
            return tuple(Trouble(**row._mapping) for row in rows)
