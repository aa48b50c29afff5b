"""Calls to our own numbers, as the carrier lists them, and which contact each answers. Each is kept once and none is
dropped; what answers no contact that is known stays in the tray. How they are matched is the telephone probe's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from results.database import Database
from results.tables import call_backs

BY_HAND = "a person"


class Listed(Protocol):
    """A call to us as the carrier lists it."""

    @property
    def id(self) -> str: ...
    @property
    def to(self) -> str: ...
    @property
    def created(self) -> dt.datetime: ...
    @property
    def caller(self) -> str | None: ...


@dataclass(frozen=True)
class CallBack:
    """A call to the number `own` of ours, begun in the second from `at`. `caller`: None where it was withheld.

    `shop`: the contact that it answers; `suggested`: the one that it may answer. `read`: it has been matched.
    """

    id: int
    call: str
    own: str
    caller: str | None
    at: dt.datetime
    shop: str | None
    matched_by: str | None
    suggested: str | None
    read: bool


_COLUMNS = [call_backs.c[name] for name in CallBack.__dataclass_fields__]


class CallBacks:
    """The table of calls to us."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def keep(self, calls: Sequence[Listed]) -> int:
        """Store what is not kept yet, by the carrier's id; how many that were."""
        listed = {call.id: call for call in calls}
        known = sa.select(call_backs.c.call).where(call_backs.c.call.in_(list(listed)))
        async with self._db.write() as connection:
            for id in await connection.scalars(known):
                del listed[id]
            new = sorted(listed.values(), key=lambda call: (call.created, call.id))
            if new:
                rows = [
                    {"call": one.id, "own": one.to, "caller": one.caller, "at": one.created, "read": False}
                    for one in new
                ]
                await connection.execute(call_backs.insert(), rows)
        return len(new)

    async def unread(self) -> tuple[CallBack, ...]:
        """Those that have not been matched yet, oldest first."""
        return await self._select(call_backs.c.read.is_(False))

    async def of(self, shop: str) -> tuple[CallBack, ...]:
        """Those that answer one contact, oldest first."""
        return await self._select(call_backs.c.shop == shop)

    async def unmatched(self) -> tuple[CallBack, ...]:
        """Those that answer no contact that is known, oldest first."""
        return await self._select(call_backs.c.read.is_(True), call_backs.c.shop.is_(None))

    async def settle(self, id: int, shop: str | None, by: str | None, suggested: str | None = None) -> None:
        """Which contact a call answers. It stays unread until `mark_read`."""
        change = call_backs.update().where(call_backs.c.id == id)
        async with self._db.write() as connection:
            await connection.execute(change.values(shop=shop, matched_by=by, suggested=suggested))

    async def mark_read(self, ids: Sequence[int]) -> None:
        """These calls have been matched, and their contacts have been looked at again."""
        async with self._db.write() as connection:
            await connection.execute(call_backs.update().where(call_backs.c.id.in_(ids)).values(read=True))

    async def _select(self, *where: sa.ColumnElement[bool]) -> tuple[CallBack, ...]:
        query = sa.select(*_COLUMNS).where(*where).order_by(call_backs.c.at, call_backs.c.id)
        async with self._db.read() as connection:
            return tuple(CallBack(**row._mapping) for row in await connection.execute(query))
