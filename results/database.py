"""The database behind the store: opening it, bringing it up to date, and transactions that cannot lose or lock.

SQLite by default (write-ahead log, full synchronisation, writers begin IMMEDIATE), PostgreSQL by URL. The tables are in
`results.tables`, what is done with them in `results.store`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_SECONDS = 30
_CONNECTIONS = 8  # of one database in one process; PostgreSQL has a hundred for everybody unless told otherwise
_PATIENCE = 600  # seconds for one of them to be free: on a busy machine hundreds of contacts take turns
_ANSWERS_WITHIN = 10  # seconds for PostgreSQL to accept a connection
_ASKED_EVERY = 0.5  # seconds between two attempts to reach one that is away
_LOOKED_AT_EVERY = 5.0  # seconds between two looks whether a lock is still held
_JULIAN_1970 = 2_440_587.5  # 1 January 1970 as a Julian day


WAITED_FOR = 300.0
"""Seconds for which a PostgreSQL that has gone away is waited for, wherever a transaction is about to begin."""

log = logging.getLogger(__name__)


class DatabaseLost(sa.exc.SQLAlchemyError):
    """The database went away, and did not come back while it was waited for."""


class StepLost(DatabaseLost):
    """The database went away in the middle of a transaction. Nobody knows whether it was kept: begin it again."""


_T = TypeVar("_T")


async def again(step: Callable[[], Awaitable[_T]]) -> _T:
    """Do a step that may be repeated; once more, where the database goes away in the middle of it."""
    with suppress(StepLost):
        return await step()
    return await step()


class Database:
    """One open database. `read()` and `write()` give a connection inside a transaction.

    `lost`: how often it has been found gone. While it is, transactions wait to begin; see `WAITED_FOR`.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.lost = 0
        self._waited_for = 0.0
        self._away, self._given_up, self._ousted = False, False, False
        self._engine = engine
        in_a_file = engine.dialect.name == "sqlite"
        sa.event.listen(engine.sync_engine, "invalidate", self._broken)
        self._writer = engine.execution_options(doorstep_writes=True)
        # PostgreSQL shows each statement what is committed by then, within a transaction or without; two errands less.
        self._reader = engine if in_a_file else engine.execution_options(isolation_level="AUTOCOMMIT")
        # One writer at a time within the process: SQLite would otherwise make the others poll for the lock.
        self._turn = asyncio.Lock() if in_a_file else None

    @classmethod
    async def open(cls, url: str, version: str = "head", waited_for: float = WAITED_FOR) -> Database:
        """Open and migrate, to the newest version of the tables. `url`: sqlite:///path or postgresql://… .

        One that cannot be reached is not waited for: its address may be wrong.
        """
        address = _async_url(url)
        in_a_file = address.get_backend_name() == "sqlite"
        engine = create_async_engine(
            address,
            pool_size=_CONNECTIONS,
            max_overflow=0,
            pool_timeout=_PATIENCE,
            pool_pre_ping=not in_a_file,
            connect_args={} if in_a_file else {"connect_timeout": _ANSWERS_WITHIN},
        )
        if in_a_file:
            sa.event.listen(engine.sync_engine, "connect", _prepare_sqlite)
            sa.event.listen(engine.sync_engine, "begin", _begin_sqlite)
        database = cls(engine)
        try:
            async with database.write() as connection:
                await connection.run_sync(_upgrade, version)
        except BaseException:
            await database.close()
            raise
        database._waited_for = 0.0 if in_a_file else waited_for
        return database

    async def close(self) -> None:
        """Let all connections go."""
        await self._engine.dispose()

    @asynccontextmanager
    async def one_by_one(self, what: str) -> AsyncIterator[None]:
        """Hold while nobody else on any machine does the same. SQLite's users see to that themselves."""
        async with AsyncExitStack() as stack:
            if self._turn is None:
                connection = await stack.enter_async_context(self._begun(self._engine))
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
        connection = await self._locked(what)
        if connection is None:
            yield False
            return
        over = asyncio.Event()
        keeping = asyncio.create_task(self._keep(what, connection, over))
        try:
            yield True
        finally:
            over.set()
            if self._away:
                keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping

    async def _locked(self, what: str) -> AsyncConnection | None:
        """A connection that holds the lock of that name as long as it lives; None where another has it."""
        connection = await self._connected(self._engine)
        try:
            locked = await connection.scalar(sa.select(sa.func.pg_try_advisory_lock(sa.func.hashtext(what))))
            await connection.commit()  # the lock is the session's, and no transaction stays open meanwhile
        except BaseException:
            await connection.invalidate()
            await connection.close()
            raise
        if not locked:
            await connection.close()
        return connection if locked else None

    async def _keep(self, what: str, connection: AsyncConnection, over: asyncio.Event) -> None:
        """Hold a lock until it is over. One that was lost with the database is taken anew; or we have been ousted."""
        held: AsyncConnection | None = connection
        try:
            while held is not None:
                with suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), _LOOKED_AT_EVERY)
                if over.is_set():
                    return
                try:
                    await held.scalar(sa.select(1))
                    await held.commit()
                except sa.exc.DBAPIError:
                    await held.close()
                    held = None
                    with suppress(sa.exc.DBAPIError, DatabaseLost):
                        held = await self._locked(what)
            self._ousted = True
        finally:
            if held is not None:
                with suppress(sa.exc.SQLAlchemyError):  # a session that is gone holds nothing
                    await held.execute(sa.select(sa.func.pg_advisory_unlock(sa.func.hashtext(what))))
                    await held.commit()
                await held.close()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that only reads. PostgreSQL may show a later statement more than an earlier one."""
        async with self._begun(self._reader) as connection:
            yield connection

    @asynccontextmanager
    async def as_of_one_moment(self) -> AsyncIterator[AsyncConnection]:
        """A connection that only reads, and sees nothing of what others change meanwhile."""
        async with self._begun(self._engine) as connection:
            if connection.dialect.name == "postgresql":  # SQLite's transactions are such
                await connection.execute(sa.text("set transaction isolation level repeatable read"))
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose changes are on disk when the block is left, all or none."""
        if self._turn is None:
            async with self._begun(self._writer) as connection:
                yield connection
        else:
            async with self._turn, self._begun(self._writer) as connection:
                yield connection

    @asynccontextmanager
    async def _begun(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        """A transaction. Raises `DatabaseLost` where it cannot begin, or breaks."""
        connection = await self._connected(engine)
        try:
            async with connection.begin():
                yield connection
        except sa.exc.DBAPIError as error:
            if not error.connection_invalidated:
                raise
            raise StepLost(f"the database was lost in the middle of a step: {_first_line(error)}") from error
        finally:
            await connection.close()

    async def _connected(self, engine: AsyncEngine) -> AsyncConnection:
        """A connection to a database that answers."""
        if self._ousted:
            raise DatabaseLost("the database was away, and another `doorstep` is at work on it since")
        try:
            return await self._answering(engine)
        except sa.exc.OperationalError as error:
            if not self._waited_for:
                raise
            why = _first_line(error)
        if not self._away:
            self.lost += 1
            self._away = True
            log.warning("the database is away (%s); it is waited for, at most %g seconds", why, self._waited_for)
        with suppress(TimeoutError):  # hundreds may wait, and need not do so one after another
            async with asyncio.timeout(0 if self._given_up else self._waited_for):
                while True:
                    await asyncio.sleep(_ASKED_EVERY)
                    with suppress(sa.exc.OperationalError):
                        return await self._answering(engine)
        self._given_up = True
        raise DatabaseLost(f"the database did not come back within {self._waited_for:g} seconds: {why}")

    def _broken(self, *_connection: object) -> None:
        self.lost += 1

    async def _answering(self, engine: AsyncEngine) -> AsyncConnection:
        connection = await engine.connect()
        if self._away:
            self._away, self._given_up = False, False
            log.warning("the database is back")
        return connection


def insert(connection: AsyncConnection, table: sa.Table) -> sqlite.Insert:
    """An insert that may say what happens where the row is there already (`on_conflict_…`), the same in both."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # here, because it takes long to load and most have SQLite

    return cast(sqlite.Insert, postgresql.insert(table))


def wall_clock(dialect: sa.Dialect) -> sa.ColumnElement[float]:
    """Seconds since 1970 by the clock of the database, the one that all its users share; for leases.

    They are real seconds, however fast a practice clock runs.
    """
    if dialect.name == "postgresql":
        return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Float)
    return (sa.func.julianday("now", type_=sa.Float) - _JULIAN_1970) * 86_400.0


def _first_line(error: sa.exc.DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]


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
