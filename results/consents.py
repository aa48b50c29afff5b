"""The log of consent: a row for each change of an organisation's entry, with when it was first seen. Nothing is changed
or taken away in it, so that it says what was agreed on any day of any contact.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from results.database import Database
from results.schema import Consent, Organisation
from results.tables import consent_changes


@dataclass(frozen=True)
class Change:
    """An organisation's entry became `after`; None: there was none from then on. `before`: what it was."""

    organisation: str
    at: dt.datetime
    before: Consent | None
    after: Consent | None


class ConsentLog:
    """The table of changes."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def note(self, register: Mapping[str, Organisation], at: dt.datetime) -> int:
        """Log every entry that is not what it was when last seen. Returns how many."""
        async with self._db.read() as connection:
            if not _new(await _last(connection), register, at):
                return 0
        async with self._db.write() as connection:
            new = _new(await _last(connection), register, at)  # another process may have seen them meanwhile
            if new:
                await connection.execute(consent_changes.insert(), new)
            return len(new)

    async def changes(self, organisation: str | None = None) -> tuple[Change, ...]:
        """The changes, oldest first; of one organisation or of all."""
        query = sa.select(consent_changes).order_by(consent_changes.c.id)
        if organisation is not None:
            query = query.where(consent_changes.c.organisation == organisation)
        found: list[Change] = []
        before: dict[str, Consent | None] = {}
        async with self._db.read() as connection:
            for row in await connection.execute(query):
                after = Consent.model_validate(row.document) if row.document else None
                found.append(Change(row.organisation, row.at, before.get(row.organisation), after))
                before[row.organisation] = after
        return tuple(found)


def differences(before: Consent | None, after: Consent | None) -> tuple[str, ...]:
    """What changed, as one line for each key."""
    if before is None or after is None:
        return ("entry made",) if after else ("entry taken out",)
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    old |= {f"limits.{key}": value for key, value in old.pop("limits").items()}
    new |= {f"limits.{key}": value for key, value in new.pop("limits").items()}
    return tuple(f"{key}: {_words(old[key])} -> {_words(new[key])}" for key in new if old[key] != new[key])


def _words(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value)) or "nothing"
    return str(value)


async def _last(connection: AsyncConnection) -> dict[str, Consent | None]:
    newest = sa.select(sa.func.max(consent_changes.c.id)).group_by(consent_changes.c.organisation)
    query = sa.select(consent_changes.c.organisation, consent_changes.c.document)
    rows = await connection.execute(query.where(consent_changes.c.id.in_(newest)))
    return {row.organisation: Consent.model_validate(row.document) if row.document else None for row in rows}


def _new(
    last: Mapping[str, Consent | None], register: Mapping[str, Organisation], at: dt.datetime
) -> list[dict[str, object]]:
    now = {id: organisation.consent for id, organisation in register.items()}
    changed = [id for id in dict.fromkeys([*now, *last]) if now.get(id) != last.get(id)]
    return [
        {"organisation": id, "at": at, "document": entry.model_dump(mode="json") if (entry := now.get(id)) else None}
        for id in changed
    ]
