"""Reviews and appeals: what people said of answers, and what organisations said of contacts. Only ever added.

What a review makes of an answer lives in `results.marking`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from results import shops as of_shops
from results.database import Database
from results.schema import Appeal, Review
from results.shops import Scored
from results.tables import appeals, reviews, shops


class Reviews:
    """The tables of reviews and appeals."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def of(self, shop: str) -> tuple[Review, ...]:
        """One shop's, oldest first."""
        query = sa.select(reviews.c.document).where(reviews.c.shop == shop).order_by(reviews.c.id)
        async with self._db.read() as connection:
            return tuple(Review.model_validate(document) for document in await connection.scalars(query))

    async def of_wave(self, wave: str) -> Mapping[str, tuple[Review, ...]]:
        """{shop: its reviews, oldest first}."""
        query = (
            sa.select(reviews.c.shop, reviews.c.document)
            .join(shops, shops.c.id == reviews.c.shop)
            .where(shops.c.wave == wave)
            .order_by(reviews.c.id)
        )
        found: dict[str, tuple[Review, ...]] = {}
        async with self._db.read() as connection:
            for shop, document in await connection.execute(query):
                found[shop] = (*found.get(shop, ()), Review.model_validate(document))
        return found

    async def record(self, shop: str, said: Sequence[Review], scored: Scored, at: dt.datetime) -> None:
        """Keep reviews of one shop, with the scores that they lead to, in one step."""
        async with self._db.write() as connection:
            await _add(connection, said)
            await of_shops.write(connection, shop, scored, at)

    # ------------------------------------------------------------------------------------------------ appeals

    async def appeal(self, made: Appeal) -> int:
        """Keep an appeal; its number."""
        async with self._db.write() as connection:
            added = await connection.execute(
                appeals.insert().values(shop=made.shop, document=made.model_dump(mode="json"))
            )
            return int((added.inserted_primary_key or (0,))[0])

    async def appeals(self, wave: str | None = None) -> Mapping[int, Appeal]:
        """{number: appeal} of one wave or of all, oldest first."""
        query = sa.select(appeals.c.id, appeals.c.document).join(shops, shops.c.id == appeals.c.shop)
        if wave is not None:
            query = query.where(shops.c.wave == wave)
        async with self._db.read() as connection:
            found = await connection.execute(query.order_by(appeals.c.id))
            return {number: Appeal.model_validate(document) for number, document in found}

    async def decide(
        self, number: int, decided: Appeal, review: Review | None, scored: Scored | None, at: dt.datetime
    ) -> None:
        """What was decided of an appeal, with the review and the scores that follow from it, in one step."""
        async with self._db.write() as connection:
            change = appeals.update().where(appeals.c.id == number)
            await connection.execute(change.values(document=decided.model_dump(mode="json")))
            if review is not None and scored is not None:
                await _add(connection, [review])
                await of_shops.write(connection, decided.shop, scored, at)


async def _add(connection: AsyncConnection, said: Sequence[Review]) -> None:
    if said:
        rows = [{"shop": one.shop, "document": one.model_dump(mode="json")} for one in said]
        await connection.execute(reviews.insert(), rows)
