"""The database behind the store: opening it, bringing it up to date, and transactions that cannot lose or lock.

SQLite by default (write-ahead log, full synchronisation, writers begin IMMEDIATE), PostgreSQL by URL. The tables are in
`results.tables`, what is done with them in `results.store`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_SECONDS = 30
_CONNECTIONS = 8  # of one database in one process; PostgreSQL has a hundred for everybody unless told otherwise
_PATIENCE = 600  # seconds for one of them to be free: on a busy machine hundreds of contacts take turns
_JULIAN_1970 = 2_440_587.5  # 1 January 1970 as a Julian day


class Database:
    """One open database. `read()` and `write()` give a connection inside a transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(doorstep_writes=True)
        # One writer at a time within the process: SQLite would otherwise make the others poll for the lock.
        self._turn = asyncio.Lock() if engine.dialect.name == "sqlite" else None

    @classmethod
    async def open(cls, url: str, version: str = "head") -> Database:
        """Open and migrate, to the newest version of the tables. `url`: sqlite:///path or postgresql://… ."""
        engine = create_async_engine(_async_url(url), pool_size=_CONNECTIONS, max_overflow=0, pool_timeout=_PATIENCE)
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine.sync_engine, "connect", _prepare_sqlite)
            sa.event.listen(engine.sync_engine, "begin", _begin_sqlite)
        database = cls(engine)
        try:
            async with database.write() as connection:
                await connection.run_sync(_upgrade, version)
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        """Let all connections go."""
        await self._engine.dispose()

    @asynccontextmanager
    async def one_by_one(self, what: str) -> AsyncIterator[None]:
        """Hold while nobody else on any machine does the same. SQLite's users see to that themselves."""
        async with AsyncExitStack() as stack:
            if self._turn is None:
                connection = await stack.enter_async_context(self._engine.begin())
                await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(what))))
            yield

    @asynccontextmanager
    async def only_one(self, what: str) -> AsyncIterator[bool]:
        """Whether nobody else on any machine does this; then nobody else may, until the block is left or we die.

        SQLite's users see to that with a file.
        """
        if self._turn is not None:
            yield True
            return
        async with self._engine.connect() as connection:
            locked = await connection.scalar(sa.select(sa.func.pg_try_advisory_lock(sa.func.hashtext(what))))
            await connection.commit()  # the lock is the session's, and no transaction stays open meanwhile
            try:
                yield bool(locked)
            finally:
                if locked:
                    await connection.execute(sa.select(sa.func.pg_advisory_unlock(sa.func.hashtext(what))))
                    await connection.commit()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that only reads."""
        async with self._engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose changes are on disk when the block is left, all or none."""
        if self._turn is None:
            async with self._writer.begin() as connection:
                yield connection
        else:
            async with self._turn, self._writer.begin() as connection:
                yield connection


def wall_clock(dialect: sa.Dialect) -> sa.ColumnElement[float]:
    """Seconds since 1970 by the clock of the database, the one that all its users share; for leases.

    They are real seconds, however fast a practice clock runs.
    """
    if dialect.name == "postgresql":
        return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Float)
    return (sa.func.julianday("now", type_=sa.Float) - _JULIAN_1970) * 86_400.0


def _async_url(url: str) -> sa.URL:
    parsed = sa.make_url(url)
    driver = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
    return parsed.set(drivername=driver.get(parsed.drivername, parsed.drivername))


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's connection
    connection.isolation_level = None  # we begin transactions ourselves, below
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_SECONDS * 1000}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("doorstep_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _upgrade(connection: sa.Connection, version: str) -> None:
    if version == "head" and _is_newest(connection):
        return
    if connection.dialect.name == "postgresql":  # SQLite lets one writer begin at a time
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("doorstep migration"))))
        if version == "head" and _is_newest(connection):  # another process has done it meanwhile
            return
    from alembic import command  # a quarter of a second that only a new or an old database needs
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def _is_newest(connection: sa.Connection) -> bool:
    """Whether the tables are of the newest version: migrations are named by their number, which counts up."""
    newest = max(path.name for path in _MIGRATIONS.glob("versions/[0-9]*.py")).partition("_")[0]
    if not sa.inspect(connection).has_table("alembic_version"):
        return False
    return bool(connection.scalar(sa.text("select version_num from alembic_version")) == newest)
