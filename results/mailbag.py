"""Mail as it was received: raw bytes first, then what became of each. Nothing is ever dropped; what matches no shop
stays in the tray of unmatched mail. Replies that came another way and were entered by a person are kept here too.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from results.database import Database
from results.tables import links, mails, replies_by_hand, watermarks


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
    """A mail in the bag. `judged`: a person said what kind it is. `suggested`: the shop it may belong to.

    `forgotten_at`: when its text was removed, because it had been kept for long enough; `raw` is then empty.
    """

    id: int
    account: str
    folder: str
    received: dt.datetime
    truncated: bool
    raw: bytes
    digest: str
    shop: str | None
    matched_by: str | None
    kind: str | None
    judged: bool
    suggested: str | None
    forgotten_at: dt.datetime | None = None


@dataclass(frozen=True)
class Settled:
    """What a mail turned out to be. `cases`: the case numbers in its subject."""

    mail: int
    shop: str | None
    matched_by: str | None
    kind: str
    cases: Sequence[str] = ()
    suggested: str | None = None


@dataclass(frozen=True)
class HandEntry:
    """A reply that came another way than by e-mail, as a person entered it."""

    way: str
    at: dt.datetime
    answers: bool


COPY = "copy of another"
"""What a mail is that came a second time: in another folder, or after the server had numbered its mail anew."""

SELF_TEST = "self-test"
"""What a mail is that a mailbox sent to itself to test itself."""

_NOBODYS = (COPY, SELF_TEST)

_COLUMNS = [mails.c[name] for name in StoredMail.__dataclass_fields__]
_LONGEST_CASES = 400


class Mailbag:
    """The collector's tray in the database."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # ------------------------------------------------------------------------------------------------ coming in

    async def watermark(self, account: str, folder: str, uidvalidity: int) -> int:
        """The highest UID kept so far; 0 when there is none."""
        where = (
            watermarks.c.account == account,
            watermarks.c.folder == folder,
            watermarks.c.uidvalidity == uidvalidity,
        )
        async with self._db.read() as connection:
            return await connection.scalar(sa.select(watermarks.c.uid).where(*where)) or 0

    async def kept_above(self, account: str, folder: str, uidvalidity: int, uid: int) -> set[int]:
        """The UIDs above this one that are kept already."""
        where = (
            mails.c.account == account,
            mails.c.folder == folder,
            mails.c.uidvalidity == uidvalidity,
            mails.c.uid > uid,
        )
        async with self._db.read() as connection:
            return set(await connection.scalars(sa.select(mails.c.uid).where(*where)))

    async def keep(self, batch: Sequence[Received]) -> None:
        """Store mails of one folder, all or none; the same one twice changes nothing.

        Of one that was forgotten and is fetched again, from another folder or under a new number, the text is not kept.
        """
        if not batch:
            return
        first = batch[0]
        key = {"account": first.account, "folder": first.folder, "uidvalidity": first.uidvalidity}
        of_the_folder = [mails.c[name] == value for name, value in key.items()]
        uids = sa.select(mails.c.uid).where(*of_the_folder, mails.c.uid.in_([mail.uid for mail in batch]))
        async with self._db.write() as connection:
            kept = set(await connection.scalars(uids))
            gone = await _forgotten(connection, [hashlib.sha256(mail.raw).hexdigest() for mail in batch])
            new = [
                {
                    **key,
                    "uid": mail.uid,
                    "received": mail.received,
                    "truncated": mail.truncated,
                    "raw": b"" if digest in gone else mail.raw,
                    "digest": digest,
                    "read": False,
                    "forgotten_at": gone.get(digest),
                }
                for mail in {each.uid: each for each in batch}.values()
                if mail.uid not in kept
                for digest in [hashlib.sha256(mail.raw).hexdigest()]
            ]
            if new:
                await connection.execute(mails.insert(), new)

    async def advance(self, account: str, folder: str, uidvalidity: int, uid: int) -> None:
        """Everything up to `uid` is kept. The mark never goes back."""
        key = {"account": account, "folder": folder, "uidvalidity": uidvalidity}
        where = [watermarks.c[name] == value for name, value in key.items()]
        async with self._db.write() as connection:
            before = await connection.scalar(sa.select(watermarks.c.uid).where(*where))
            if before is None:
                await connection.execute(watermarks.insert().values(**key, uid=uid))
            elif before < uid:
                await connection.execute(watermarks.update().where(*where).values(uid=uid))

    # ------------------------------------------------------------------------------------------------ being read

    async def unread(self, most: int) -> tuple[StoredMail, ...]:
        """The oldest mails not yet matched and classified, in order of receipt."""
        return await self._select(mails.c.read.is_(False), most=most)

    async def of(self, shop: str) -> tuple[StoredMail, ...]:
        """The mails matched to one shop, in order of receipt; each once, however often it came."""
        return await self._select(mails.c.shop == shop, mails.c.kind != COPY)

    async def unmatched(self) -> tuple[StoredMail, ...]:
        """Mails that were read and belong to no shop that is known, and that still have their text."""
        return await self._select(
            mails.c.read.is_(True),
            mails.c.shop.is_(None),
            mails.c.kind.not_in(_NOBODYS),
            mails.c.forgotten_at.is_(None),
        )

    async def of_kinds(self, kinds: Sequence[str]) -> tuple[StoredMail, ...]:
        """Mails of these kinds that belong to a shop and that no person has judged, and that still have their text."""
        return await self._select(
            mails.c.kind.in_(kinds),
            mails.c.shop.is_not(None),
            mails.c.judged.is_(False),
            mails.c.forgotten_at.is_(None),
        )

    async def mail(self, id: int) -> StoredMail | None:
        """One mail."""
        return next(iter(await self._select(mails.c.id == id)), None)

    async def already_read(self, batch: Sequence[StoredMail]) -> dict[str, str | None]:
        """Of these mails those whose very bytes have been read before, in whichever mailbox: digest to shop."""
        query = sa.select(mails.c.digest, mails.c.shop).where(
            mails.c.read.is_(True), mails.c.digest.in_({mail.digest for mail in batch})
        )
        async with self._db.read() as connection:
            return {row.digest: row.shop for row in await connection.execute(query)}

    async def case_numbers(self) -> tuple[tuple[str, str], ...]:
        """Shop and case number, for every case number that an answer has carried."""
        query = sa.select(mails.c.shop, mails.c.cases).where(mails.c.cases != "", mails.c.shop.is_not(None))
        async with self._db.read() as connection:
            return tuple((row.shop, case) for row in await connection.execute(query) for case in row.cases.split())

    async def settle(self, settled: Sequence[Settled]) -> None:
        """What mails turned out to be, all in one step. They stay unread until `mark_read`."""
        async with self._db.write() as connection:
            for each in settled:
                change = mails.update().where(mails.c.id == each.mail)
                await connection.execute(
                    change.values(
                        shop=each.shop,
                        matched_by=each.matched_by,
                        kind=each.kind,
                        cases=" ".join(each.cases)[:_LONGEST_CASES],
                        suggested=each.suggested,
                    )
                )

    async def mark_read(self, ids: Sequence[int]) -> None:
        """These mails have been matched and classified, and their shops have been looked at again."""
        async with self._db.write() as connection:
            await connection.execute(mails.update().where(mails.c.id.in_(ids)).values(read=True))

    # ------------------------------------------------------------------------------------------------ said by a person

    async def assign(self, mail: int, shop: str | None, kind: str) -> None:
        """A person says which shop a mail belongs to; None: to none."""
        change = mails.update().where(mails.c.id == mail)
        async with self._db.write() as connection:
            await connection.execute(change.values(shop=shop, matched_by="a person", kind=kind, suggested=None))

    async def judge(self, mail: int, kind: str) -> None:
        """A person says what kind a mail is; from then on that is what it is."""
        change = mails.update().where(mails.c.id == mail)
        async with self._db.write() as connection:
            await connection.execute(change.values(kind=kind, judged=True))

    async def enter(self, shop: str, entry: HandEntry, entered_at: dt.datetime) -> bool:
        """Keep a reply that came another way; False when the very same was entered before."""
        row = {"shop": shop, "way": entry.way, "at": entry.at, "answers": entry.answers}
        same = [replies_by_hand.c[name] == value for name, value in row.items()]
        async with self._db.write() as connection:
            if await connection.scalar(sa.select(replies_by_hand.c.id).where(*same)) is not None:
                return False
            await connection.execute(replies_by_hand.insert().values(**row, entered_at=entered_at))
            return True

    async def by_hand(self, shop: str) -> tuple[HandEntry, ...]:
        """The replies to one shop that a person entered, in order."""
        table = replies_by_hand
        query = sa.select(table.c.way, table.c.at, table.c.answers).where(table.c.shop == shop).order_by(table.c.at)
        async with self._db.read() as connection:
            return tuple(HandEntry(**row._mapping) for row in await connection.execute(query))

    # ------------------------------------------------------------------------------------------------ links

    async def note_links(self, mail: int, seen: Sequence[tuple[str, str, str]], at: dt.datetime) -> None:
        """What became of the links in a mail: address, state, why. What was noted first stays; none is noted too."""
        async with self._db.write() as connection:
            known = set(await connection.scalars(sa.select(links.c.url).where(links.c.mail == mail)))
            for url, state, why in seen or [("", "none", "")]:
                if url[:2000] not in known:
                    known.add(url[:2000])
                    await connection.execute(
                        links.insert().values(mail=mail, url=url[:2000], state=state, why=why, at=at)
                    )

    async def without_links_noted(self, kinds: Sequence[str]) -> tuple[StoredMail, ...]:
        """Mails of these kinds, belonging to a shop, whose links nobody has looked at."""
        noted = sa.exists().where(links.c.mail == mails.c.id)
        return await self._select(
            mails.c.kind.in_(kinds), mails.c.shop.is_not(None), mails.c.forgotten_at.is_(None), ~noted
        )

    async def links_of(self, mail: int) -> Mapping[str, str]:
        """Address to state, for the links of a mail that have been looked at."""
        query = sa.select(links.c.url, links.c.state).where(links.c.mail == mail, links.c.url != "")
        async with self._db.read() as connection:
            return {row.url: row.state for row in await connection.execute(query)}

    async def _select(self, *where: sa.ColumnElement[bool], most: int | None = None) -> tuple[StoredMail, ...]:
        query = sa.select(*_COLUMNS).where(*where).order_by(mails.c.received, mails.c.id).limit(most)
        async with self._db.read() as connection:
            return tuple(StoredMail(**row._mapping) for row in await connection.execute(query))


async def _forgotten(connection: AsyncConnection, digests: Sequence[str]) -> dict[str, dt.datetime]:
    """Those of these mails whose text was removed, and when."""
    query = sa.select(mails.c.digest, mails.c.forgotten_at).where(
        mails.c.digest.in_(digests), mails.c.forgotten_at.is_not(None)
    )
    return {row.digest: row.forgotten_at for row in await connection.execute(query)}
