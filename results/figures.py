"""The figures that a monitoring system asks for every few seconds, counted in the database in one reading.

What they are called and how they are told is not decided here. None names a person, and none grows with the register.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from results.calendar import LONDON
from results.database import Database
from results.ledger import total
from results.tables import (
    alerts,
    beats,
    jobs,
    leases,
    nights,
    observations,
    pauses,
    refusals,
    schedule_marks,
    shops,
    spending,
    troubles,
    waves,
)

_A_DAY = dt.timedelta(hours=24)


@dataclass(frozen=True)
class Due:
    """Things that are due: how many, and since when the first of them has been."""

    number: int
    since: dt.datetime


@dataclass(frozen=True)
class Figures:
    """How the work stands. Keys are in the order that the comments give."""

    contacts: Mapping[tuple[str, str, str], int]  # shopper, channel, state
    due: Mapping[str, Due]  # channel: contacts of fieldwork that is not over
    waiting: Mapping[str, int]  # channel: an answer is awaited
    overdue: Mapping[str, Due]  # channel: the window is over and not closed
    refusals: Mapping[str, int]  # rule; in 24 hours
    failures: Mapping[tuple[str, str], int]  # channel, failure; closed in 24 hours
    faults: Mapping[str, int]  # channel: nothing could be measured; closed in 24 hours
    nights: Mapping[tuple[str, str], int]  # schedule, state
    marks: Mapping[str, dt.datetime]  # schedule: up to when its nights are decided
    calls: int  # today, as are the next two
    minutes: float
    pence: float
    paused: tuple[str, ...]  # organisations, and '*' for everything
    troubles: Mapping[str, int]  # part: how often in a row, of the worst
    jobs: Mapping[str, int]  # state: waiting, running
    alerts: Mapping[str, int]  # whose: open ones
    beats: Mapping[str, dt.datetime]
    served: bool  # somebody holds the lease


async def count(database: Database, now: dt.datetime, real_now: dt.datetime, serving: str) -> Figures:
    """All of them as of one moment. `now`: the programme's; `serving`: the name of the server's lease."""
    async with database.read() as connection:
        tell = _Teller(connection)
        today = spending.c.day == now.astimezone(LONDON).date()
        spent = (await connection.execute(total([today]))).one()
        return Figures(
            contacts=await tell.counts(shops.c.shopper, shops.c.channel, shops.c.state),
            due=await _due(connection, now),
            waiting=await tell.of_one(shops.c.channel, *_AWAITED),
            overdue=await _overdue(connection, now),
            refusals=await tell.of_one(refusals.c.document["rule"].as_string(), refusals.c.at >= now - _A_DAY),
            **await _went_wrong(connection, now),
            nights=await tell.counts(nights.c.schedule, nights.c.state),
            marks={row.schedule: row.until for row in await connection.execute(sa.select(schedule_marks))},
            calls=spent.calls,
            minutes=spent.minutes,
            pence=spent.pence,
            paused=tuple(await connection.scalars(sa.select(pauses.c.scope))),
            troubles=await _troubles(connection),
            jobs=await tell.of_one(jobs.c.state, jobs.c.state.in_(["waiting", "running"])),
            alerts=await tell.of_one(alerts.c.whose, alerts.c.over_at.is_(None)),
            beats={row.what: row.at for row in await connection.execute(sa.select(beats))},
            served=await _served(connection, real_now, serving),
        )


_AWAITED = shops.c.shopper == "probe", shops.c.state == "open", shops.c.closes_at.is_not(None)


async def awaited_mailboxes(database: Database) -> tuple[str, ...]:
    """The mailboxes of ours that an answer may still come to."""
    open_mails = shops.c.shopper == "probe", shops.c.state == "open", shops.c.channel == "email"
    query = sa.select(shops.c.account).where(*open_mails, shops.c.account.is_not(None)).distinct()
    async with database.read() as connection:
        return tuple(sorted(await connection.scalars(query)))


async def is_served(database: Database, real_now: dt.datetime, serving: str) -> bool:
    """Whether somebody holds the server's lease."""
    async with database.read() as connection:
        return await _served(connection, real_now, serving)


async def _served(connection: AsyncConnection, real_now: dt.datetime, serving: str) -> bool:
    held = sa.select(leases.c.name).where(leases.c.name == serving, leases.c.until > real_now)
    return await connection.scalar(held) is not None


class _Teller:
    """Counts rows by what they have in common. In a query around the query: PostgreSQL would not see that two
    expressions with the same parameters are the same."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def counts(
        self, *by: sa.ColumnElement[Any], where: tuple[sa.ColumnElement[bool], ...] = ()
    ) -> dict[Any, int]:
        names = [f"by{place}" for place in range(len(by))]
        inner = sa.select(*(one.label(name) for one, name in zip(by, names, strict=True))).where(*where).subquery()
        columns = [inner.c[name] for name in names]
        query = sa.select(*columns, sa.func.count()).group_by(*columns)
        return {tuple(row[:-1]): row[-1] for row in await self._connection.execute(query)}

    async def of_one(self, by: sa.ColumnElement[Any], *where: sa.ColumnElement[bool]) -> dict[str, int]:
        return {key: number for (key,), number in (await self.counts(by, where=where)).items() if key is not None}


async def _due(connection: AsyncConnection, now: dt.datetime) -> dict[str, Due]:
    """Contacts that nobody has made although their moment has come, while their wave's fieldwork lasts."""
    today = now.astimezone(LONDON).date().isoformat()
    query = (
        sa.select(shops.c.channel, sa.func.count(), sa.func.min(shops.c.due_at))
        .join(waves, waves.c.id == shops.c.wave)
        .where(shops.c.shopper == "probe", shops.c.state == "planned", shops.c.due_at <= now)
        .where(waves.c.document["fieldwork_until"].as_string() >= today)
        .group_by(shops.c.channel)
    )
    return {channel: Due(number, since) for channel, number, since in await connection.execute(query)}


async def _overdue(connection: AsyncConnection, now: dt.datetime) -> dict[str, Due]:
    query = (
        sa.select(shops.c.channel, sa.func.count(), sa.func.min(shops.c.closes_at))
        .where(*_AWAITED, shops.c.closes_at <= now)
        .group_by(shops.c.channel)
    )
    return {channel: Due(number, since) for channel, number, since in await connection.execute(query)}


async def _went_wrong(connection: AsyncConnection, now: dt.datetime) -> dict[str, Any]:
    all_seen = observations.alias()
    newest = sa.select(sa.func.max(all_seen.c.id)).where(all_seen.c.shop == shops.c.id).scalar_subquery()
    inner = (
        sa.select(
            shops.c.channel,
            observations.c.document["failure"].as_string().label("failure"),
            sa.case((observations.c.document["error"].as_string().is_not(None), 1), else_=0).label("faulty"),
        )
        .select_from(shops)
        .join(observations, observations.c.id == newest)
        .where(shops.c.shopper == "probe", shops.c.state == "closed", shops.c.closed_at >= now - _A_DAY)
        .subquery()
    )
    columns = inner.c.channel, inner.c.failure, inner.c.faulty
    rows = (await connection.execute(sa.select(*columns, sa.func.count().label("number")).group_by(*columns))).all()
    faults: dict[str, int] = {}
    failures: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.faulty:
            faults[row.channel] = faults.get(row.channel, 0) + row.number
        elif row.failure is not None:
            failures[row.channel, row.failure] = row.number
    return {"failures": failures, "faults": faults}


async def _troubles(connection: AsyncConnection) -> dict[str, int]:
    """By the first word of what fails: waves come and go, and each name would be a series for ever."""
    worst: dict[str, int] = {}
    for row in await connection.execute(sa.select(troubles.c.what, troubles.c["count"])):
        part = row.what.partition(" ")[0]
        worst[part] = max(worst.get(part, 0), row._mapping["count"])
    return worst
