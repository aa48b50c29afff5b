"""The last e-mail of a contact: who has had one, and whether it went. At most one for each shop, for ever.

A row is written before it is sent; one that was begun and never finished is not sent again. What it says and how it is
sent lives with the e-mail probe; when one is due, in `scenarios.closing`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from results.database import Database
from results.tables import closings


@dataclass(frozen=True)
class Closing:
    """One shop's last e-mail. `state`: intent (begun; nobody knows whether it went), sent, or not sent, with why."""

    shop: str
    kind: str
    state: str
    message_id: str | None
    made_at: dt.datetime | None
    why: str


_COLUMNS = [closings.c[name] for name in Closing.__dataclass_fields__]


class Closings:
    """The table of closing e-mails."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def all(self) -> dict[str, Closing]:
        """By shop."""
        async with self._db.read() as connection:
            return {row.shop: Closing(**row._mapping) for row in await connection.execute(sa.select(*_COLUMNS))}

    async def begin(self, shop: str, kind: str, message_id: str, at: dt.datetime) -> None:
        """It is about to be sent. Raises `IntegrityError` when that shop has had one."""
        async with self._db.write() as connection:
            await connection.execute(
                closings.insert().values(shop=shop, kind=kind, state="intent", message_id=message_id, intent_at=at)
            )

    async def take_back(self, shop: str) -> None:
        """It is certain that it did not go, and it may go another time."""
        async with self._db.write() as connection:
            begun = closings.c.shop == shop, closings.c.state == "intent"
            await connection.execute(closings.delete().where(*begun))

    async def sent(self, shop: str, at: dt.datetime) -> None:
        """It went."""
        async with self._db.write() as connection:
            await connection.execute(closings.update().where(closings.c.shop == shop).values(state="sent", made_at=at))

    async def not_sent(self, shop: str, kind: str, why: str) -> None:
        """It will not go: the guard or the mail server refused."""
        async with self._db.write() as connection:
            change = closings.update().where(closings.c.shop == shop).values(state="not sent", why=why)
            if not (await connection.execute(change)).rowcount:
                await connection.execute(closings.insert().values(shop=shop, kind=kind, state="not sent", why=why))
