"""Pages kept on disk: those of this visit, should it be killed, and of the last one, should they be unchanged.

One SQLite file in the programme folder. It is a convenience: whatever goes wrong with it, the visit goes on without.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from probes.web.ask import Answer

_TABLE = """
CREATE TABLE IF NOT EXISTS page (
    url TEXT PRIMARY KEY, organisation TEXT NOT NULL, shop TEXT NOT NULL, at TEXT NOT NULL, status INTEGER NOT NULL,
    location TEXT, html BLOB, cut INTEGER NOT NULL, etag TEXT NOT NULL, modified TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS page_of ON page (organisation, at);
"""
_OLDER_VISITS = """
DELETE FROM page WHERE organisation = :organisation AND shop <> :shop AND shop <> coalesce((
    SELECT shop FROM page WHERE organisation = :organisation AND shop <> :shop ORDER BY at DESC LIMIT 1), '')
"""
_FASTEST = 1  # of zlib's levels; the pages of a site shrink to a fifth all the same
_PATIENCE = 5.0  # seconds for another process to be done with the file

T = TypeVar("T")


@dataclass(frozen=True)
class Kept:
    """What an address answered, when, and to which shop."""

    answer: Answer
    at: dt.datetime
    shop: str


class Shelf:
    """The pages kept in one file. `close` it when done."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = asyncio.Lock()
        self._file: sqlite3.Connection | None = None

    async def get(self, url: str) -> Kept | None:
        """What is kept of an address."""
        return await self._do(lambda file: _get(file, url), None)

    async def put(self, url: str, organisation: str, shop: str, at: dt.datetime, answer: Answer) -> None:
        """Keep what an address answered to a shop, instead of what was kept of it before."""
        await self._do(lambda file: _put(file, url, organisation, shop, at, answer), None)

    async def clear(self, organisation: str, shop: str) -> None:
        """Throw away what is older than the organisation's last visit before this shop's."""
        await self._do(lambda file: _clear(file, organisation, shop), None)

    async def close(self) -> None:
        """Close the file."""
        async with self._turn:
            if self._file is not None:
                self._file.close()
                self._file = None

    async def _do(self, what: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        async with self._turn:
            return await asyncio.to_thread(self._at_once, what, otherwise)

    def _at_once(self, what: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        try:
            if self._file is None:
                self._file = _opened(self._path)
            return what(self._file)
        except (sqlite3.DatabaseError, zlib.error) as error:
            if not isinstance(error, sqlite3.OperationalError):  # the file is damaged: nothing on it is needed
                self._throw_away()
            return otherwise

    def _throw_away(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        for suffix in ("", "-wal", "-shm"):
            with suppress(OSError):
                self._path.with_name(self._path.name + suffix).unlink()


def _opened(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = NORMAL")  # outlives a kill; a power cut may cost the last pages
        file.executescript(_TABLE)
    except sqlite3.DatabaseError:
        file.close()
        raise
    return file


def _get(file: sqlite3.Connection, url: str) -> Kept | None:
    columns = "shop, at, status, location, html, cut, etag, modified"
    row = file.execute(f"SELECT {columns} FROM page WHERE url = ?", (url,)).fetchone()  # noqa: S608 - our own names
    if row is None:
        return None
    shop, at, status, location, packed, cut, etag, modified = row
    html = zlib.decompress(packed).decode("utf-8", "surrogatepass") if packed is not None else None
    answer = Answer(status, location, html, bool(cut), etag=etag, modified=modified)
    return Kept(answer, dt.datetime.fromisoformat(at), shop)


def _put(file: sqlite3.Connection, url: str, organisation: str, shop: str, at: dt.datetime, answer: Answer) -> None:
    html = answer.html.encode("utf-8", "surrogatepass") if answer.html is not None else None
    packed = zlib.compress(html, _FASTEST) if html is not None else None
    row = (url, organisation, shop, at.isoformat(), answer.status, answer.location, packed, answer.cut)
    file.execute("REPLACE INTO page VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, answer.etag, answer.modified))


def _clear(file: sqlite3.Connection, organisation: str, shop: str) -> None:
    file.execute(_OLDER_VISITS, {"organisation": organisation, "shop": shop})


def forget(path: Path, before: dt.datetime, organisation: str | None = None, *, count_only: bool = False) -> int:
    """Throw away the pages read before a moment, of one organisation or of all; or only count them.

    Returns how many. Where nobody ever kept a page, or the file is damaged, there are none.
    """
    if not path.exists():
        return 0
    where, values = "at < ?", [before.isoformat()]
    if organisation is not None:
        where, values = f"{where} AND organisation = ?", [*values, organisation]
    try:
        file = _opened(path)
    except sqlite3.DatabaseError:
        return 0
    try:
        count = int(file.execute(f"SELECT count(*) FROM page WHERE {where}", values).fetchone()[0])  # noqa: S608
        if not count_only:
            file.execute("PRAGMA secure_delete = ON")
            file.execute(f"DELETE FROM page WHERE {where}", values)  # noqa: S608 - our own names
        return count
    finally:
        file.close()
