"""How long what was seen is kept, and forgetting it: files and raw mails go, their hashes and the facts stay.

`due` is pure. Pages kept on the crawler's shelf are forgotten in `probes.web.shelf`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from results.calendar import LONDON
from results.database import Database
from results.evidence import EvidenceFolder
from results.schema import Evidence, Noun, Observation
from results.tables import call_backs, forgotten, links, mails, observations, shops

_RECORDED = ("recording", "transcript", "heard")
_UNDER_WAY = ("planned", "intent", "open")
_AT_ONCE = 500  # ids in one statement; SQLite takes 32,766


class Retention(Noun):
    """Days for which evidence is kept, by kind. The table [retention] of programme.toml."""

    recordings: int = Field(default=30, ge=1, le=3650, description="recordings of calls and what was heard on them")
    mail: int = Field(default=90, ge=1, le=3650, description="e-mails as they came")
    other: int = Field(default=365, ge=1, le=3650, description="screenshots, pages, call logs and all else")

    def days(self, kind: str) -> dt.timedelta:
        """How long evidence of that kind is kept."""
        chosen = self.recordings if kind in _RECORDED else self.mail if kind == "mail" else self.other
        return dt.timedelta(days=chosen)


@dataclass(frozen=True)
class Held:
    """A file of evidence as one contact refers to it. `since`: the day when it was first kept for that contact."""

    organisation: str
    shop: str
    since: dt.date
    evidence: Evidence


@dataclass(frozen=True)
class Letter:
    """A mail as it came, which still has its text."""

    id: int
    received: dt.datetime
    size: int
    organisation: str | None


@dataclass(frozen=True)
class Due:
    """What is to be forgotten. `left`: mails of an organisation whose contacts are still under way.

    `callers`: telephone numbers that rang us back, of one organisation; only where all of its data is forgotten.
    """

    evidence: tuple[Evidence, ...]
    letters: tuple[Letter, ...]
    callers: tuple[int, ...] = ()
    left: int = 0

    @property
    def size(self) -> int:
        """Bytes that will be free."""
        return sum(one.size for one in self.evidence) + sum(one.size for one in self.letters)


def last_day(held: Held, retention: Retention) -> dt.date:
    """The last day on which a file is kept: as promised when it came, or sooner where the programme now says so."""
    return min(held.evidence.keep_until, held.since + retention.days(held.evidence.kind))


def expired(held: Iterable[Held], retention: Retention, today: dt.date, organisation: str | None = None) -> set[str]:
    """The digests of files whose last day is over for every contact that refers to them.

    `organisation`: only those that an organisation's contacts refer to.
    """
    last: defaultdict[str, dt.date] = defaultdict(lambda: dt.date.min)
    whose: defaultdict[str, set[str]] = defaultdict(set)
    for one in held:
        digest = one.evidence.sha256
        last[digest] = max(last[digest], last_day(one, retention))
        whose[digest].add(one.organisation)
    return {digest for digest, day in last.items() if day < today and organisation in {None, *whose[digest]}}


def of_one(held: Iterable[Held], organisation: str) -> set[str]:
    """The digests of files that nobody's contacts but this organisation's refer to."""
    whose: defaultdict[str, set[str]] = defaultdict(set)
    for one in held:
        whose[one.evidence.sha256].add(one.organisation)
    return {digest for digest, owners in whose.items() if owners == {organisation}}


class Forgetting:
    """What is kept of everybody in one database and folder, and its removal."""

    def __init__(self, database: Database, folder: EvidenceFolder, retention: Retention) -> None:
        self._db = database
        self._folder = folder
        self._retention = retention

    async def held(self) -> tuple[Held, ...]:
        """Every file of evidence with each contact that refers to it."""
        query = (
            sa.select(shops.c.organisation, observations.c.shop, observations.c.at, observations.c.document)
            .join(shops, shops.c.id == observations.c.shop)
            .order_by(observations.c.id)
        )
        first: dict[tuple[str, str], Held] = {}
        async with self._db.read() as connection:
            for row in await connection.execute(query):
                since = row.at.astimezone(LONDON).date()
                for evidence in Observation.model_validate(row.document).evidence:
                    first.setdefault((row.shop, evidence.sha256), Held(row.organisation, row.shop, since, evidence))
        return tuple(first.values())

    async def due(self, now: dt.datetime, organisation: str | None = None) -> Due:
        """What has been kept for long enough; of one organisation or of all.

        A mail is left while its contact is under way: what the contact has met with is read from it.
        """
        today, held = now.astimezone(LONDON).date(), await self.held()
        digests = expired(held, self._retention, today, organisation)
        letters = [
            one
            for one in await self._letters(organisation)
            if (one.received.astimezone(LONDON).date() + self._retention.days("mail")) < today
        ]
        return Due(await self._there(held, digests), tuple(letters))

    async def everything(self, organisation: str) -> Due:
        """All that is kept of one organisation and may name a person, however new."""
        held = await self.held()
        mine = sa.select(shops.c.id).where(shops.c.organisation == organisation)
        callers = sa.select(call_backs.c.id).where(
            sa.or_(call_backs.c.shop.in_(mine), call_backs.c.suggested.in_(mine)), call_backs.c.caller.is_not(None)
        )
        under_way = mine.where(shops.c.state.in_(_UNDER_WAY))
        left = sa.select(sa.func.count()).where(mails.c.shop.in_(under_way), mails.c.forgotten_at.is_(None))
        async with self._db.read() as connection:
            found = tuple(await connection.scalars(callers))
            kept = await connection.scalar(left) or 0
        evidence = await self._there(held, of_one(held, organisation))
        return Due(evidence, await self._letters(organisation), found, kept)

    async def forget(self, due: Due, at: dt.datetime, why: str) -> None:
        """Remove what is due. Files first, then the record of it: a kill between leaves nothing that looks removed."""
        for one in due.evidence:
            await asyncio.to_thread(self._folder.path(one.sha256).unlink, True)  # missing_ok
        async with self._db.write() as connection:
            await _overwrite_what_is_deleted(connection)
            digests = [one.sha256 for one in due.evidence]
            for part in _parts(digests):
                await connection.execute(forgotten.delete().where(forgotten.c.sha256.in_(part)))
            if digests:
                rows = [{"sha256": digest, "at": at, "why": why} for digest in digests]
                await connection.execute(forgotten.insert(), rows)
            for ids in _parts([one.id for one in due.letters]):
                await connection.execute(links.delete().where(links.c.mail.in_(ids)))
                change = mails.update().where(mails.c.id.in_(ids))
                await connection.execute(change.values(raw=b"", forgotten_at=at))
            for ids in _parts(due.callers):
                await connection.execute(call_backs.update().where(call_backs.c.id.in_(ids)).values(caller=None))

    async def _letters(self, organisation: str | None) -> tuple[Letter, ...]:
        """Mails that have been read and are not needed to know what a contact under way has met with."""
        belongs = sa.func.coalesce(mails.c.shop, mails.c.suggested)
        query = (
            sa.select(mails.c.id, mails.c.received, sa.func.length(mails.c.raw).label("size"), shops.c.organisation)
            .outerjoin(shops, shops.c.id == belongs)
            .where(
                mails.c.read.is_(True),
                mails.c.forgotten_at.is_(None),
                sa.or_(mails.c.shop.is_(None), shops.c.state.not_in(_UNDER_WAY)),
            )
            .order_by(mails.c.id)
        )
        if organisation is not None:
            query = query.where(shops.c.organisation == organisation)
        async with self._db.read() as connection:
            return tuple(Letter(**row._mapping) for row in await connection.execute(query))

    async def _there(self, held: Sequence[Held], digests: Collection[str]) -> tuple[Evidence, ...]:
        """Those of the files that are still on disk, or whose removal is not on record."""
        by_digest = {one.evidence.sha256: one.evidence for one in held if one.evidence.sha256 in digests}
        recorded = await removed(self._db)
        return tuple(
            evidence
            for digest, evidence in sorted(by_digest.items())
            if digest not in recorded or self._folder.path(digest).exists()
        )


async def removed(database: Database) -> Mapping[str, dt.datetime]:
    """Digest to moment, for each file of evidence that has been forgotten."""
    async with database.read() as connection:
        return {row.sha256: row.at for row in await connection.execute(sa.select(forgotten.c.sha256, forgotten.c.at))}


async def _overwrite_what_is_deleted(connection: AsyncConnection) -> None:
    """SQLite would leave the bytes in its file until something else needs the room."""
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql("PRAGMA secure_delete = ON")


def _parts(ids: Sequence[int] | Sequence[str]) -> Iterable[Sequence[int] | Sequence[str]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
