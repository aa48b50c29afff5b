"""Alerts as rows: what fails, since when, until when, and who was told. What is an alert is decided elsewhere.

Kept so that a server that is started again tells nothing twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from results.database import Database
from results.tables import alert_notices, observations, shops
from results.tables import alerts as table

Whose = Literal["ours", "theirs"]
Turn = Literal["begins", "over"]

STRIKES = 3
"""How often in a row something must fail before it is an alert."""


@dataclass(frozen=True)
class Contact:
    """A contact that is over, as far as alerts go. `route`: the mailbox or number of ours; "" where there is none.

    `failure`: the organisation failed the resident. `faulty`: the probe could not measure.
    """

    organisation: str
    channel: str
    target: str
    route: str
    made_at: dt.datetime
    closed_at: dt.datetime
    failure: str | None
    faulty: bool


@dataclass(frozen=True)
class Failing:
    """Something that fails, whose fault it is, and one sentence or two about it."""

    whose: Whose
    words: str
    organisation: str | None = None


@dataclass(frozen=True)
class Alert:
    """An alert. `over_at`: None while it is open."""

    id: int
    what: str
    whose: Whose
    organisation: str | None
    begun_at: dt.datetime
    words: str
    over_at: dt.datetime | None = None


@dataclass(frozen=True)
class Notice:
    """What somebody is to be told: that an alert begins, or that it is over."""

    alert: Alert
    turn: Turn


class Alerts:
    """The alerts of a programme."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def settle(self, failing: Mapping[str, Failing], working: Collection[str], at: dt.datetime) -> None:
        """Begin an alert for what fails and has none, and end those of what works. What is in neither stays."""
        query = sa.select(table.c.id, table.c.what).where(table.c.over_at.is_(None))
        async with self._db.read() as connection:
            known = {row.what for row in await connection.execute(query)}
        if failing.keys() <= known and known.isdisjoint(set(working) - failing.keys()):
            return  # as most often: nothing is written
        async with self._db.write() as connection:
            there = {row.what: row.id for row in await connection.execute(query)}
            new = [{"what": what, "begun_at": at, **vars(one)} for what, one in failing.items() if what not in there]
            if new:
                await connection.execute(table.insert(), new)
            over = [id for what, id in there.items() if what in working and what not in failing]
            if over:
                await connection.execute(table.update().where(table.c.id.in_(over)).values(over_at=at))

    async def open(self) -> tuple[Alert, ...]:
        """Those that are not over, oldest first."""
        return await self._alerts(sa.select(table).where(table.c.over_at.is_(None)).order_by(table.c.id))

    async def last(self, most: int) -> tuple[Alert, ...]:
        """The newest, newest first."""
        return await self._alerts(sa.select(table).order_by(table.c.id.desc()).limit(most))

    async def untold(self, route: str) -> tuple[Notice, ...]:
        """What this route has not been told: of open alerts the beginning; the end of those that it was told of."""
        told = (
            sa.exists()
            .where(alert_notices.c.alert == table.c.id, alert_notices.c.route == route)
            .where(alert_notices.c.turn == sa.bindparam("turn"))
        )
        begins = sa.select(table).where(table.c.over_at.is_(None), ~told).order_by(table.c.id)
        over = sa.select(table).where(table.c.over_at.is_not(None), ~told).order_by(table.c.id)
        knows = sa.exists().where(
            alert_notices.c.alert == table.c.id,
            alert_notices.c.route == route,
            alert_notices.c.turn == "begins",
        )
        async with self._db.read() as connection:
            new = [Notice(_alert(row), "begins") for row in await connection.execute(begins, {"turn": "begins"})]
            ended = await connection.execute(over.where(knows), {"turn": "over"})
            return (*new, *(Notice(_alert(row), "over") for row in ended))

    async def told(self, route: str, notices: Sequence[Notice], at: dt.datetime) -> None:
        """This route has been told of these."""
        rows = [{"alert": one.alert.id, "turn": one.turn, "route": route, "at": at} for one in notices]
        async with self._db.write() as connection:
            await connection.execute(alert_notices.insert(), rows)

    async def _alerts(self, query: sa.Select[tuple[object, ...]]) -> tuple[Alert, ...]:
        async with self._db.read() as connection:
            return tuple(_alert(row) for row in await connection.execute(query))


def _alert(row: sa.Row[tuple[object, ...]]) -> Alert:
    return Alert(**row._mapping)


async def newest_closing(database: Database) -> dt.datetime | None:
    """When the last contact was closed."""
    async with database.read() as connection:
        found: dt.datetime | None = await connection.scalar(sa.select(sa.func.max(shops.c.closed_at)))
        return found


async def recent_contacts(database: Database, since: dt.datetime) -> tuple[Contact, ...]:
    """The last three contacts of each scenario with each line, address and site that were closed since, in order."""
    same = shops.c.organisation, shops.c.channel, shops.c.target, shops.c.scenario
    place = sa.func.row_number().over(partition_by=same, order_by=(shops.c.closed_at.desc(), shops.c.id.desc()))
    closed = shops.c.shopper == "probe", shops.c.state == "closed", shops.c.closed_at >= since
    told = *same[:3], shops.c.id, shops.c.account, shops.c.made_at, shops.c.closed_at
    picked = sa.select(*told, place.label("place")).where(*closed).subquery()
    all_seen = observations.alias()
    newest = sa.select(sa.func.max(all_seen.c.id)).where(all_seen.c.shop == picked.c.id).scalar_subquery()
    query = (
        sa.select(
            picked,
            observations.c.document["failure"].as_string().label("failure"),
            observations.c.document["error"].as_string().label("error"),
        )
        .select_from(picked)
        .join(observations, observations.c.id == newest)
        .where(picked.c.place <= STRIKES)
        .order_by(picked.c.closed_at, picked.c.id)
    )
    async with database.read() as connection:
        return tuple(
            Contact(
                organisation=row.organisation,
                channel=row.channel,
                target=row.target,
                route=row.account or "",
                made_at=row.made_at,
                closed_at=row.closed_at,
                failure=row.failure,
                faulty=row.error is not None,
            )
            for row in await connection.execute(query)
        )
