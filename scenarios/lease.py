"""Which of the servers of a programme serves: one holds the lease, the others stand by until it is gone."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import sqlalchemy as sa
import structlog
from filelock import FileLock, Timeout

from probes.clock import RealClock
from results import whole
from results.nights import Leases
from scenarios.logs import in_words

SERVING = "serve"
"""The name of the lease that a server holds."""

RENEW_SECONDS = 20.0
_LEASE = dt.timedelta(seconds=90)
_LOCK, _HOLDER = ".doorstep-serving.lock", ".doorstep-serving"


async def keep_lease(
    folder: Path, leases: Leases, holder: str, held: asyncio.Event, log: structlog.typing.FilteringBoundLogger
) -> None:
    """Take the lease, renew it, and say who else has it. While the database does not answer it counts as lost.

    A lease that nobody renews ends by itself. Of those who serve one folder only one holds its lock, which a killed
    process lets go of at once: so whoever gets that need not wait for the lease of the one before.
    """
    clock, said, lock = RealClock(), False, FileLock(folder / _LOCK, timeout=0)
    try:
        while True:
            now = clock.now()
            try:
                if not lock.is_locked:
                    await _succeed(folder / _HOLDER, lock, leases, holder)
                if await leases.take(SERVING, holder, now, now + _LEASE):
                    held.set()
                else:
                    held.clear()
                    if not said:
                        other = await leases.held(SERVING, now)
                        log.info("standing by", serving=other.holder if other else "unknown")
                        said = True
            except sa.exc.SQLAlchemyError as error:
                held.clear()
                log.error("the lease cannot be renewed", why=in_words(error))
            await clock.sleep(RENEW_SECONDS if held.is_set() else RENEW_SECONDS / 4)
    finally:
        lock.release()


async def _succeed(file: Path, lock: FileLock, leases: Leases, holder: str) -> None:
    """End the lease of whoever served this folder before, unless they do still."""
    try:
        lock.acquire()
    except Timeout:
        return
    if file.exists():
        await leases.drop(SERVING, file.read_text("utf-8"))
    whole.text(file, holder)
