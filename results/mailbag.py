"""Mail as it was received: raw bytes first, then what became of each. Nothing is ever dropped; what matches no shop
stays in the tray of unmatched mail.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from results.database import Database
from results.tables import mails, watermarks


class Received(Protocol):
    """A mail as the collector hands it over."""

    @property
    def account(self) -> str: ...
    @property
    def folder(self) -> str: ...
    @property
    def uidvalidity(self) -> int: ...
    @property
    def uid(self) -> int: ...
    @property
    def received(self) -> dt.datetime: ...
    @property
    def truncated(self) -> bool: ...
    @property
    def raw(self) -> bytes: ...


@dataclass(frozen=True)
class StoredMail:
    """A mail in the bag."""

    id: int
    account: str
    folder: str
    received: dt.datetime
    truncated: bool
    raw: bytes
    shop: str | None
    matched_by: str | None
    kind: str | None


_COLUMNS = [mails.c[name] for name in StoredMail.__dataclass_fields__]


class Mailbag:
    """The collector's tray in the database."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def watermark(self, account: str, folder: str, uidvalidity: int) -> int:
        """The highest UID kept so far; 0 when there is none."""
        where = (
            watermarks.c.account == account,
            watermarks.c.folder == folder,
            watermarks.c.uidvalidity == uidvalidity,
        )
        async with self._db.read() as connection:
            return await connection.scalar(sa.select(watermarks.c.uid).where(*where)) or 0

    async def keep(self, mail: Received) -> None:
        """Store a mail; the same one twice changes nothing."""
        key = {name: getattr(mail, name) for name in ("account", "folder", "uidvalidity", "uid")}
        same = sa.select(mails.c.id).where(*(mails.c[name] == value for name, value in key.items()))
        async with self._db.write() as connection:
            if await connection.scalar(same) is None:
                await connection.execute(
                    mails.insert().values(
                        **key, received=mail.received, truncated=mail.truncated, raw=mail.raw, read=False
                    )
                )

    async def advance(self, account: str, folder: str, uidvalidity: int, uid: int) -> None:
        """Everything up to `uid` is kept."""
        key = {"account": account, "folder": folder, "uidvalidity": uidvalidity}
        where = [watermarks.c[name] == value for name, value in key.items()]
        async with self._db.write() as connection:
            if not (await connection.execute(watermarks.update().where(*where).values(uid=uid))).rowcount:
                await connection.execute(watermarks.insert().values(**key, uid=uid))

    async def unread(self) -> tuple[StoredMail, ...]:
        """Mails not yet matched and classified, in order of arrival here."""
        return await self._select(mails.c.read.is_(False))

    async def of(self, shop: str) -> tuple[StoredMail, ...]:
        """The mails matched to one shop, in order of receipt."""
        return await self._select(mails.c.shop == shop)

    async def unmatched(self) -> tuple[StoredMail, ...]:
        """Mails that were read and belong to no shop that is known."""
        return await self._select(mails.c.read.is_(True), mails.c.shop.is_(None))

    async def settle(self, mail: int, shop: str | None, matched_by: str | None, kind: str) -> None:
        """What a mail turned out to be."""
        change = mails.update().where(mails.c.id == mail)
        async with self._db.write() as connection:
            await connection.execute(change.values(read=True, shop=shop, matched_by=matched_by, kind=kind))

    async def _select(self, *where: sa.ColumnElement[bool]) -> tuple[StoredMail, ...]:
        query = sa.select(*_COLUMNS).where(*where).order_by(mails.c.received, mails.c.id)
        async with self._db.read() as connection:
            return tuple(StoredMail(**row._mapping) for row in await connection.execute(query))
