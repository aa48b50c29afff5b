"""What people do: tasks that were handed out, and forms as they were filled in, which are only ever added.

How a form is marked lives in `results.marking`, how it is read from a file in `results.forms`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from results.database import Database
from results.filled import Filled
from results.shops import Scored, write
from results.tables import forms, scores, shops, tasks

Role = Literal["shop", "judge"]
"""shop: makes the contact, and its form is scored. judge: judges it too, for the agreement alone."""

FORGOTTEN = "(forgotten)"
_FREE_TEXT = frozenset({"run.comment"})  # the questions that are answered in a person's own words


@dataclass(frozen=True)
class Task:
    """One contact for one shopper to make or to judge, until the end of `due`."""

    shop: str
    shopper: str
    role: Role
    handed_out_at: dt.datetime
    due: dt.date


@dataclass(frozen=True)
class Form:
    """A form as it was brought in."""

    filled: Filled
    imported_at: dt.datetime
    source: str


class People:
    """The tables of tasks and forms."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def hand_out(self, handed: Sequence[Task]) -> None:
        """All of them or none. Raises `IntegrityError` where a shopper has that task."""
        async with self._db.write() as connection:
            if handed:
                await connection.execute(tasks.insert(), [vars(task) for task in handed])

    async def tasks(self, wave: str) -> tuple[Task, ...]:
        """Every task of a wave, by shopper and in the order in which they were handed out."""
        query = (
            sa.select(tasks)
            .join(shops, shops.c.id == tasks.c.shop)
            .where(shops.c.wave == wave)
            .order_by(tasks.c.shopper, tasks.c.handed_out_at, tasks.c.shop)
        )
        async with self._db.read() as connection:
            return tuple(Task(**row._mapping) for row in await connection.execute(query))

    async def tasks_of(self, shop: str) -> tuple[Task, ...]:
        """Every task of one shop, by shopper."""
        query = sa.select(tasks).where(tasks.c.shop == shop).order_by(tasks.c.shopper)
        async with self._db.read() as connection:
            return tuple(Task(**row._mapping) for row in await connection.execute(query))

    async def newest(self, shop: str, shopper: str) -> Filled | None:
        """The form of one task that holds: the last that says that the contact was made, else the last that came."""
        query = sa.select(forms.c.document).where(forms.c.shop == shop, forms.c.shopper == shopper)
        async with self._db.read() as connection:
            documents = await connection.scalars(query.order_by(forms.c.id.desc()))
            found = [Filled.model_validate(document) for document in documents]
        return next((form for form in found if form.made), found[0] if found else None)

    async def forms(self, wave: str) -> tuple[Form, ...]:
        """Every form of a wave, in the order in which they came; of one task the last holds."""
        query = (
            sa.select(forms).join(shops, shops.c.id == forms.c.shop).where(shops.c.wave == wave).order_by(forms.c.id)
        )
        async with self._db.read() as connection:
            return tuple(
                Form(Filled.model_validate(row.document), row.imported_at, row.source)
                for row in await connection.execute(query)
            )

    async def enter(self, filled: Filled, source: str, at: dt.datetime, scored: Scored | None, void: str = "") -> bool:
        """Keep a form, and what follows from it, in one step. False where the same is there already.

        With `scored` its shop is closed by it. With `void`, why no contact was made, its shop is void, unless an
        earlier form has closed it.
        """
        row = (forms.c.shop == filled.shop, forms.c.shopper == filled.shopper, forms.c.digest == filled.digest)
        change = shops.update().where(shops.c.id == filled.shop)
        async with self._db.write() as connection:
            if await connection.scalar(sa.select(forms.c.id).where(*row)):
                return False
            await connection.execute(
                forms.insert().values(
                    shop=filled.shop,
                    shopper=filled.shopper,
                    made_at=filled.made_at,
                    digest=filled.digest,
                    document=filled.model_dump(mode="json"),
                    imported_at=at,
                    source=source[-300:],
                )
            )
            if scored is not None:
                await write(connection, filled.shop, scored, at)
                await connection.execute(
                    change.values(state="closed", closed_at=at, made_at=filled.made_at, account=filled.shopper, why="")
                )
            elif void:
                await connection.execute(change.where(shops.c.state == "planned").values(state="void", why=void))
        return True

    async def score(self, shop: str, scored: Scored, at: dt.datetime) -> None:
        """Score a closed shop again: under another edition, or anew under the same."""
        async with self._db.write() as connection:
            await write(connection, shop, scored, at)

    async def words_about(self, organisation: str) -> int:
        """How many contacts with an organisation still have people's own words: comments on their forms."""
        async with self._db.read() as connection:
            return len({shop for shop, _, _ in await _with_words(connection, organisation)})

    async def forget_words_about(self, organisation: str) -> None:
        """Blank people's own words in forms and scores, which may name somebody. What they answered stays."""
        async with self._db.write() as connection:
            for _, form, filled in await _with_words(connection, organisation):
                silent = {key: given.model_copy(update={"comment": ""}) for key, given in filled.answers.items()}
                for key in silent.keys() & _FREE_TEXT:
                    silent[key] = silent[key].model_copy(update={"value": FORGOTTEN})
                document = filled.model_copy(update={"answers": silent, "comment": ""}).model_dump(mode="json")
                await connection.execute(forms.update().where(forms.c.id == form).values(document=document))
            query = (
                sa.select(scores.c.shop, scores.c.scheme, scores.c.document)
                .join(shops, shops.c.id == scores.c.shop)
                .where(shops.c.organisation == organisation, shops.c.shopper == "person")
            )
            for row in (await connection.execute(query)).all():
                answers = [
                    {**one, "value": FORGOTTEN} if one["criterion"] in _FREE_TEXT and one["value"] else one
                    for one in row.document["answers"]
                ]
                document = {key: value for key, value in row.document.items() if key != "comments"}
                same = (scores.c.shop == row.shop, scores.c.scheme == row.scheme)
                await connection.execute(scores.update().where(*same).values(document={**document, "answers": answers}))


async def _with_words(connection: AsyncConnection, organisation: str) -> list[tuple[str, int, Filled]]:
    """The forms about an organisation in which somebody wrote something of their own: (shop, form, what it says)."""
    query = sa.select(forms).join(shops, shops.c.id == forms.c.shop).where(shops.c.organisation == organisation)
    found = [(row.shop, row.id, Filled.model_validate(row.document)) for row in await connection.execute(query)]
    return [one for one in found if _own_words(one[2])]


def _own_words(filled: Filled) -> bool:
    free = (filled.answers[key].value for key in _FREE_TEXT & filled.answers.keys())
    said = any(value not in (None, "", FORGOTTEN) for value in free)
    return said or bool(filled.comment) or any(given.comment for given in filled.answers.values())
