"""All that is in one database into another, of whichever kind: for backups, and for a programme that moves house."""

from __future__ import annotations

import sqlalchemy as sa

from results.database import Database
from results.tables import metadata

_AT_A_TIME = 500  # rows


class NotEmpty(Exception):
    """The database that is to be filled holds something already."""


async def copy_all(source: Database, to: Database) -> None:
    """Copy every row of every table, as of one moment, all or nothing. Raises `NotEmpty`.

    Both have tables of the newest version, as `Database.open` leaves them.
    """
    async with source.as_of_one_moment() as reading, to.write() as writing:
        for table in metadata.sorted_tables:
            if (await writing.execute(sa.select(sa.literal(1)).select_from(table).limit(1))).first():
                raise NotEmpty(table.name)
        for table in metadata.sorted_tables:
            found = await reading.stream(sa.select(table))
            async for rows in found.mappings().partitions(_AT_A_TIME):
                await writing.execute(table.insert(), [dict(row) for row in rows])
            if writing.dialect.name == "postgresql":
                await writing.run_sync(_count_on, table)


def _count_on(connection: sa.Connection, table: sa.Table) -> None:
    """Let the numbers that PostgreSQL gives to new rows go on after those that were copied."""
    numbered = table.autoincrement_column
    if numbered is not None:
        sequence = sa.func.pg_get_serial_sequence(table.name, numbered.name)
        most = sa.select(sa.func.coalesce(sa.func.max(numbered), 0) + 1).scalar_subquery()
        connection.execute(sa.select(sa.func.setval(sequence, most, sa.false())))
