"""Who serves: one, and the next as soon as that one is gone, however it went."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from results.database import Database
from results.nights import Leases
from scenarios.lease import SERVING, keep_lease


@asynccontextmanager
async def server(folder: Path, name: str) -> AsyncIterator[asyncio.Event]:
    """Somebody who would serve; set, once it does."""
    database = await Database.open(f"sqlite:///{folder / 'doorstep.db'}")
    held = asyncio.Event()
    keeping = asyncio.create_task(keep_lease(folder, Leases(database), name, held, structlog.get_logger()))
    try:
        yield held
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await database.close()


async def holder(folder: Path) -> str:
    """Who has the lease."""
    database = await Database.open(f"sqlite:///{folder / 'doorstep.db'}")
    try:
        lease = await Leases(database).held(SERVING, dt.datetime.now(dt.UTC))
        return lease.holder if lease else "nobody"
    finally:
        await database.close()


async def test_a_killed_server_is_followed_at_once_although_its_lease_lasts(tmp_path: Path) -> None:
    async with server(tmp_path, "first:1") as held:  # never says that it goes
        await held.wait()
    left = await holder(tmp_path)

    async with server(tmp_path, "second:2") as held, asyncio.timeout(30):  # the lease would last for 90 seconds
        await held.wait()
        now = await holder(tmp_path)

    assert (left, now) == ("first:1", "second:2")


async def test_a_server_that_is_alive_is_not_followed(tmp_path: Path) -> None:
    async with server(tmp_path, "first:1") as held:
        await held.wait()
        async with server(tmp_path, "second:2") as too:
            await asyncio.sleep(0.3)
            now = await holder(tmp_path)

    assert (now, too.is_set()) == ("first:1", False)


async def test_a_server_of_another_folder_keeps_its_lease(tmp_path: Path) -> None:
    (tmp_path / ".doorstep-serving").write_text("first:1")
    database = await Database.open(f"sqlite:///{tmp_path / 'doorstep.db'}")
    now = dt.datetime.now(dt.UTC)
    await Leases(database).take(SERVING, "elsewhere:7", now, now + dt.timedelta(seconds=90))
    await database.close()

    async with server(tmp_path, "second:2") as held:
        await asyncio.sleep(0.3)

    assert (await holder(tmp_path), held.is_set()) == ("elsewhere:7", False)
