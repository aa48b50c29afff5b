"""The real command in a process of its own, and its death: what the tests and benchmarks of kill -9 share."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
from pathlib import Path


async def start(*arguments: str) -> asyncio.subprocess.Process:
    """`doorstep` with these arguments, its words unheard."""
    quiet = asyncio.subprocess.DEVNULL
    command = (sys.executable, "-m", "scenarios.cli", *arguments)
    return await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet)


async def doorstep(*arguments: str) -> int:
    """Run it to its end; its exit status."""
    return await (await start(*arguments)).wait()


async def kill_after(process: asyncio.subprocess.Process, seconds: float) -> bool:
    """Kill it with -9 after so long. Whether it was still at work."""
    try:
        async with asyncio.timeout(seconds):
            await process.wait()
    except TimeoutError:
        process.send_signal(signal.SIGKILL)
        await process.wait()
        return True
    return False


def shops_where(folder: Path, condition: str) -> set[str]:
    """The contacts of a programme of which an SQL condition holds, also while somebody else writes."""
    database = folder / "doorstep.db"
    if not database.exists():
        return set()
    connection = sqlite3.connect(database, timeout=30)
    try:
        return {shop for (shop,) in connection.execute(f"select id from shops where {condition}")}
    except sqlite3.OperationalError:  # killed before the tables were made
        return set()
    finally:
        connection.close()
