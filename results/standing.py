"""How the work stands, counted in the database: for `doorstep status`. Nothing is judged here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from results.database import Database
from results.mailbag import COPY, SELF_TEST
from results.tables import jobs, mails, refusals, shops, waves


@dataclass(frozen=True)
class WaveStanding:
    """One wave: contacts by state, how many are due, when the next falls due, and when the next window closes.

    `waiting_for`: why planned contacts were put off, and how many for each reason.
    """

    wave: str
    title: str
    fieldwork_until: dt.date
    states: Mapping[str, int]
    due: int
    next_due: dt.datetime | None
    next_closing: dt.datetime | None
    waiting_for: Mapping[str, int]


@dataclass(frozen=True)
class Failed:
    """A contact that is still to be made, because making it failed for a fault of ours; why, when it was tried last."""

    shop: str
    why: str


@dataclass(frozen=True)
class ForPeople:
    """What waits for a person: mails that belong nowhere, and answers whose kind is to be settled."""

    unmatched: int
    unclear: int


async def of_waves(database: Database, now: dt.datetime) -> tuple[WaveStanding, ...]:
    """Every wave that was planned, oldest first."""
    mine = shops.c.shopper == "probe"
    counted = sa.select(shops.c.wave, shops.c.state, sa.func.count().label("number")).where(mine)
    planned = shops.c.state == "planned"
    due = sa.select(shops.c.wave, sa.func.count().label("number")).where(mine, planned, shops.c.due_at <= now)
    later = sa.select(shops.c.wave, sa.func.min(shops.c.due_at)).where(mine, planned, shops.c.due_at > now)
    closing = sa.select(shops.c.wave, sa.func.min(shops.c.closes_at)).where(mine, shops.c.state == "open")
    why = sa.select(shops.c.wave, shops.c.why, sa.func.count()).where(mine, planned, shops.c.why != "")
    async with database.read() as connection:
        there = (await connection.execute(sa.select(waves.c.id, waves.c.document).order_by(waves.c.planned_at))).all()
        states = (await connection.execute(counted.group_by(shops.c.wave, shops.c.state))).all()
        due_now = {row[0]: row[1] for row in await connection.execute(due.group_by(shops.c.wave))}
        next_due = {row[0]: row[1] for row in await connection.execute(later.group_by(shops.c.wave))}
        next_closing = {row[0]: row[1] for row in await connection.execute(closing.group_by(shops.c.wave))}
        reasons = (await connection.execute(why.group_by(shops.c.wave, shops.c.why))).all()
    return tuple(
        WaveStanding(
            wave=row.id,
            title=row.document["title"],
            fieldwork_until=dt.date.fromisoformat(row.document["fieldwork_until"]),
            states={state: number for wave, state, number in states if wave == row.id},
            due=due_now.get(row.id, 0),
            next_due=next_due.get(row.id),
            next_closing=next_closing.get(row.id),
            waiting_for={reason: number for wave, reason, number in reasons if wave == row.id},
        )
        for row in there
    )


async def failed(database: Database) -> tuple[Failed, ...]:
    """The contacts whose last job failed and that nobody has made since, in the order of their jobs."""
    shop = jobs.c.about["shop"].as_string()
    ended = jobs.c.state.in_(("done", "failed"))
    first = sa.select(sa.func.min(jobs.c.number)).where(jobs.c.state == "failed").scalar_subquery()
    last = sa.select(sa.func.max(jobs.c.number)).where(ended, jobs.c.number >= first).group_by(shop)
    unmade = sa.or_(
        shops.c.state.in_(("planned", "intent")),
        sa.and_(shops.c.state == "open", shops.c.channel == "phone", shops.c.closes_at.is_(None)),
    )
    query = sa.select(shops.c.id, jobs.c.error).join(jobs, shop == shops.c.id).order_by(jobs.c.number)
    async with database.read() as connection:
        found = await connection.execute(query.where(jobs.c.state == "failed", jobs.c.number.in_(last), unmade))
        return tuple(Failed(row.id, row.error) for row in found)


async def for_people(database: Database, unsettled: Sequence[str]) -> ForPeople:
    """What waits for a person. `unsettled`: the kinds of answer that only a person settles."""
    count = sa.select(sa.func.count()).where(mails.c.read.is_(True), mails.c.forgotten_at.is_(None))
    nobodys = count.where(mails.c.shop.is_(None), mails.c.kind.not_in((COPY, SELF_TEST)))
    unclear = count.where(mails.c.shop.is_not(None), mails.c.kind.in_(unsettled), mails.c.judged.is_(False))
    async with database.read() as connection:
        return ForPeople(await connection.scalar(nobodys) or 0, await connection.scalar(unclear) or 0)


async def refused_since(database: Database, since: dt.datetime) -> Mapping[str, int]:
    """How often each rule of the guard refused, the most frequent first."""
    found: dict[str, int] = {}
    async with database.read() as connection:
        for document in await connection.scalars(sa.select(refusals.c.document).where(refusals.c.at >= since)):
            found[document["rule"]] = found.get(document["rule"], 0) + 1
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
