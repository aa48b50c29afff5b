"""When each part of a server last did its work: rows, so that any process can say whether it still does.

In real time, also where a programme's own clock runs fast.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from results.database import Database, insert_into
from results.tables import beats

SCHEDULES = "schedules"
"""Every schedule was looked at, and the nights that had come were decided."""

SWEEP = "sweep"
"""The mailboxes were read and the windows that were over closed, or nothing was awaited."""

AT_WORK = "at work"
"""A round is under way and got on with it then; or another command has been at work since then."""


def mailbox(name: str) -> str:
    """What is noted when the mailbox of that name has been read."""
    return f"mailbox {name}"


class Beats:
    """The last time of each part."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def note(self, parts: Sequence[str], at: dt.datetime, ended: str | None = None) -> None:
        """These parts did their work now, and that one does not go on."""
        async with self._db.write() as connection:
            for part in sorted(parts):
                row = insert_into(beats, connection.dialect).values(what=part, at=at)
                await connection.execute(row.on_conflict_do_update(index_elements=[beats.c.what], set_={"at": at}))
            await connection.execute(beats.delete().where(beats.c.what == ended))

    async def began(self, part: str, at: dt.datetime) -> None:
        """It goes on since now, or since it was said before."""
        async with self._db.write() as connection:
            row = insert_into(beats, connection.dialect).values(what=part, at=at)
            await connection.execute(row.on_conflict_do_nothing())

    async def all(self) -> Mapping[str, dt.datetime]:
        """Each part's last time."""
        async with self._db.read() as connection:
            return {row.what: row.at for row in await connection.execute(sa.select(beats))}
