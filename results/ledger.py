"""What the guard remembers: effects counted against limits and the pace, lines that are busy, refusals, pauses.

Each decision is one transaction, so it holds over all processes on all machines together.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from results.database import Database, insert, wall_clock
from results.schema import Refusal
from results.tables import busy_lines, call_paces, effects, pauses, refusals, shops, spending

Span = Literal["run", "day", "wave", "account"]

_COSTS = ("minutes", "pence")
_A_DAY = dt.timedelta(days=1)
_APART = 60.0  # seconds by which the clocks of two machines may differ; beyond that, one was put back
_A_LITTLE_LATE = 0.05  # seconds: a call that comes so late after its turn does not put off the next
_SHORTEST_WAIT = 0.001  # seconds
PENCE_FRACTION = 1e-9
"""Pence by which a cap may be passed: sums of fractions of a penny are not exact."""


class Counted(Protocol):
    """The part of an effect that is written down."""

    @property
    def kind(self) -> str: ...
    @property
    def organisation(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def shop(self) -> str | None: ...


class Call(Counted, Protocol):
    """The part of a call that holds its line."""

    @property
    def longest(self) -> float: ...


class Amount(Protocol):
    """Calls, minutes and pence; infinite where nothing caps."""

    @property
    def calls(self) -> float: ...
    @property
    def minutes(self) -> float: ...
    @property
    def pence(self) -> float: ...


@dataclass(frozen=True)
class Spent:
    """Calls that were placed, with the most that they may have lasted and cost."""

    calls: int
    minutes: float
    pence: float


class DatabaseLedger:
    """The guard's memory in the database, shared by everybody who works on the programme."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def pauses(self) -> Mapping[str, str]:
        """What is paused and why: organisation ids, and '*' for everything."""
        async with self._db.read() as connection:
            return {row.scope: row.why for row in await connection.execute(sa.select(pauses))}

    async def pause(self, scope: str, why: str, at: dt.datetime) -> None:
        """Stop contacts with one organisation, or with all ('*'), from now on."""
        async with self._db.write() as connection:
            paused = insert(connection, pauses).values(scope=scope, why=why, since=at)
            anew = {"why": why, "since": at}
            await connection.execute(paused.on_conflict_do_update(index_elements=[pauses.c.scope], set_=anew))

    async def resume(self, scope: str) -> bool:
        """Lift a pause; False when there was none."""
        async with self._db.write() as connection:
            return bool((await connection.execute(pauses.delete().where(pauses.c.scope == scope))).rowcount)

    async def reserve(self, effect: Counted, at: dt.datetime, day: dt.date, most: int, gap: float) -> float | None:
        """Count one effect against the day, `gap` seconds after the last of its kind with that organisation.

        0.0: it is counted. Else nothing is: None when `most` are counted already, or the seconds to wait for the pace.
        """
        of_the_kind = effects.c.organisation == effect.organisation, effects.c.kind == effect.kind
        so_far = sa.select(sa.func.count(), sa.func.max(effects.c.at)).where(*of_the_kind)
        async with self._db.write() as connection:
            await _alone(connection, f"{effect.organisation}/{effect.kind}")
            used, last = (await connection.execute(so_far.where(effects.c.day == day))).one()
            if used >= most:
                return None
            if last is None and gap > 0:
                last = (await connection.execute(so_far.where(effects.c.day == day - _A_DAY))).one()[1]
            left = 0.0 if last is None else gap - (at - last).total_seconds()
            if gap > 0 and 0 < left <= gap + _APART:
                return min(left, gap)
            await connection.execute(
                effects.insert().values(
                    at=at,
                    day=day,
                    kind=effect.kind,
                    organisation=effect.organisation,
                    target=effect.target,
                    shop=effect.shop,
                )
            )
            return 0.0

    async def occupy(self, effect: Call, holder: str) -> bool:
        """Hold the line of a call for `effect.longest` real seconds; False while another call holds it.

        The shop that holds it already may have it again: whoever held it for that shop was killed.
        """
        async with self._db.write() as connection:
            now = wall_clock(connection.dialect)
            held = {"number": effect.target, "shop": effect.shop, "holder": holder, "until": now + effect.longest}
            wanted = insert(connection, busy_lines).values(**held)
            ours = sa.or_(busy_lines.c.until <= now, busy_lines.c.shop == wanted.excluded.shop)
            taken = wanted.on_conflict_do_update(index_elements=[busy_lines.c.number], set_=held, where=ours)
            return bool(await connection.scalar(taken.returning(busy_lines.c.holder)))

    async def release(self, effect: Call, holder: str) -> None:
        """The call is over. Nothing happens when `holder` does not hold its line."""
        async with self._db.write() as connection:
            held = busy_lines.c.number == effect.target, busy_lines.c.holder == holder
            await connection.execute(busy_lines.delete().where(*held))

    async def next_call(self, account: str, gap: float) -> float:
        """Take the next turn to place a call through a carrier's account, `gap` real seconds after the last.

        0.0: it is taken. Else it is not: the seconds until it comes.
        """
        async with self._db.write() as connection:
            now, next_at = wall_clock(connection.dialect), call_paces.c.next_at
            first = insert(connection, call_paces).values(account=account, next_at=now + gap)
            after = sa.case((now - next_at < _A_LITTLE_LATE, next_at + gap), else_=now + gap)
            taken = first.on_conflict_do_update(
                index_elements=[call_paces.c.account], set_={"next_at": after}, where=next_at <= now
            )
            if await connection.scalar(taken.returning(next_at)) is not None:
                return 0.0
            left = await connection.scalar(sa.select(next_at - now).where(call_paces.c.account == account)) or 0.0
            return max(left, _SHORTEST_WAIT)

    async def vacate(self, shop: str) -> None:
        """The call of a shop is over, whoever placed it: a killed process cannot say so."""
        async with self._db.write() as connection:
            await connection.execute(busy_lines.delete().where(busy_lines.c.shop == shop))

    async def vacate_all_planned(self) -> None:
        """No line is held by a call that was not begun. Only while nobody is at work."""
        under_way = sa.select(shops.c.id).where(shops.c.state.in_(["intent", "open"]))
        async with self._db.write() as connection:
            await connection.execute(busy_lines.delete().where(busy_lines.c.shop.not_in(under_way)))

    async def spend(
        self,
        effect: Counted,
        at: dt.datetime,
        day: dt.date,
        cost: Amount,
        most: Mapping[Span, Amount],
        run: str | None = None,
    ) -> str:
        """Count the cost of one call; or count nothing and say what would be passed: "day pence", "wave calls".

        `run`: in which run it is placed; None: in none, and then no cap on runs holds it.
        A cost that is not known (infinite) is kept as nothing: whoever caps pence must say what a minute costs.
        """
        wave = sa.select(shops.c.wave).where(shops.c.id == effect.shop)
        async with self._db.write() as connection:
            await _alone(connection, "spending")
            of_wave = await connection.scalar(wave)
            spans: dict[Span, list[sa.ColumnElement[bool]]] = {
                "run": [spending.c.run == run],
                "day": [spending.c.day == day],
                "wave": [spending.c.wave == of_wave],
                "account": [],
            }
            for span, cap in most.items():
                if span == "run" and run is None:
                    continue
                so_far = (await connection.execute(total(spans[span]))).one()
                for unit in ("calls", "minutes", "pence"):
                    if getattr(so_far, unit) + getattr(cost, unit) > getattr(cap, unit) + PENCE_FRACTION:
                        return f"{span} {unit}"
            known = {unit: 0.0 if math.isinf(getattr(cost, unit)) else getattr(cost, unit) for unit in _COSTS}
            await connection.execute(
                spending.insert().values(at=at, day=day, wave=of_wave, shop=effect.shop, run=run, **known)
            )
            return ""

    async def used(self, day: dt.date) -> Mapping[tuple[str, str], int]:
        """How many effects were counted on a day, by organisation and kind (mail, call, page)."""
        counted = sa.select(effects.c.organisation, effects.c.kind, sa.func.count()).where(effects.c.day == day)
        async with self._db.read() as connection:
            rows = await connection.execute(counted.group_by(effects.c.organisation, effects.c.kind))
            return {(organisation, kind): number for organisation, kind, number in rows}

    async def spent(self, wave: str, day: dt.date) -> Mapping[Span, Spent]:
        """What calls have cost so far: on a day, in a wave, and altogether."""
        spans: dict[Span, list[sa.ColumnElement[bool]]] = {
            "day": [spending.c.day == day],
            "wave": [spending.c.wave == wave],
            "account": [],
        }
        async with self._db.read() as connection:
            totals = {span: (await connection.execute(total(which))).one() for span, which in spans.items()}
        return {span: Spent(sums.calls, sums.minutes, sums.pence) for span, sums in totals.items()}

    async def record(self, refusal: Refusal) -> None:
        """Keep a refusal."""
        async with self._db.write() as connection:
            document = refusal.model_dump(mode="json")
            await connection.execute(refusals.insert().values(at=refusal.at, shop=refusal.shop, document=document))

    async def refusals(self, wave: str | None = None) -> tuple[Refusal, ...]:
        """Refusals, oldest first; of one wave's shops, or all."""
        query = sa.select(refusals.c.document).order_by(refusals.c.id)
        if wave is not None:
            query = query.where(refusals.c.shop.startswith(f"{wave}.", autoescape=True))
        async with self._db.read() as connection:
            return tuple(Refusal.model_validate(document) for document in await connection.scalars(query))


def total(which: Sequence[sa.ColumnElement[bool]]) -> sa.Select[tuple[int, float, float]]:
    """The sums of what calls have cost, those that are meant: `calls`, `minutes`, `pence`."""
    return sa.select(
        sa.func.count().label("calls"),
        sa.func.coalesce(sa.func.sum(spending.c.minutes), 0.0).label("minutes"),
        sa.func.coalesce(sa.func.sum(spending.c.pence), 0.0).label("pence"),
    ).where(*which)


async def _alone(connection: AsyncConnection, what: str) -> None:
    """Until the transaction ends nobody else decides on the same. SQLite has one writer as it is."""
    if connection.dialect.name == "postgresql":
        await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(what))))
