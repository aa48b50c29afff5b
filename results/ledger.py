"""What the guard remembers: effects counted against the day's limits, refusals, pauses."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Literal, Protocol

import sqlalchemy as sa

from results.database import Database
from results.schema import Refusal
from results.tables import effects, pauses, refusals, shops, spending

Span = Literal["day", "wave", "account"]

_COSTS = ("minutes", "pence")
_PENCE_FRACTION = 1e-9  # sums of fractions of a penny are not exact


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


class Amount(Protocol):
    """Calls, minutes and pence; infinite where nothing caps."""

    @property
    def calls(self) -> float: ...
    @property
    def minutes(self) -> float: ...
    @property
    def pence(self) -> float: ...


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
            await connection.execute(pauses.delete().where(pauses.c.scope == scope))
            await connection.execute(pauses.insert().values(scope=scope, why=why, since=at))

    async def resume(self, scope: str) -> bool:
        """Lift a pause; False when there was none."""
        async with self._db.write() as connection:
            return bool((await connection.execute(pauses.delete().where(pauses.c.scope == scope))).rowcount)

    async def reserve(self, effect: Counted, at: dt.datetime, day: dt.date, most: int) -> bool:
        """Count one effect against the day; False, and nothing counted, when `most` are counted already."""
        used = sa.select(sa.func.count()).where(
            effects.c.organisation == effect.organisation, effects.c.kind == effect.kind, effects.c.day == day
        )
        async with self._db.write() as connection:
            if connection.dialect.name == "postgresql":  # SQLite has one writer; here two could count at once
                key = f"{effect.organisation}/{effect.kind}"
                await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(key))))
            if (await connection.scalar(used) or 0) >= most:
                return False
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
            return True

    async def spend(
        self, effect: Counted, at: dt.datetime, day: dt.date, cost: Amount, most: Mapping[Span, Amount]
    ) -> str:
        """Count the cost of one call; or count nothing and say what would be passed: "day pence", "wave calls".

        A cost that is not known (infinite) is kept as nothing: whoever caps pence must say what a minute costs.
        """
        wave = sa.select(shops.c.wave).where(shops.c.id == effect.shop)
        async with self._db.write() as connection:
            if connection.dialect.name == "postgresql":  # SQLite has one writer; here two could count at once
                await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("spending"))))
            of_wave = await connection.scalar(wave)
            spans: dict[Span, list[sa.ColumnElement[bool]]] = {
                "day": [spending.c.day == day],
                "wave": [spending.c.wave == of_wave],
                "account": [],
            }
            for span, cap in most.items():
                total = sa.select(
                    sa.func.count().label("calls"),
                    sa.func.coalesce(sa.func.sum(spending.c.minutes), 0.0).label("minutes"),
                    sa.func.coalesce(sa.func.sum(spending.c.pence), 0.0).label("pence"),
                ).where(*spans[span])
                so_far = (await connection.execute(total)).one()
                for unit in ("calls", "minutes", "pence"):
                    if getattr(so_far, unit) + getattr(cost, unit) > getattr(cap, unit) + _PENCE_FRACTION:
                        return f"{span} {unit}"
            known = {unit: 0.0 if math.isinf(getattr(cost, unit)) else getattr(cost, unit) for unit in _COSTS}
            await connection.execute(spending.insert().values(at=at, day=day, wave=of_wave, shop=effect.shop, **known))
            return ""

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
