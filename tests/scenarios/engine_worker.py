"""A process that does jobs with an engine until it is killed or told to stop, and prints what it did, a line each.

    python -m tests.scenarios.engine_worker ENGINE DATABASE CHANNELS

CHANNELS, as JSON: how many jobs of each it does at once. A job's `about` says how many `seconds` it lasts.
"""

import asyncio
import json
import logging
import signal
import sys
from contextlib import AbstractAsyncContextManager

from results.database import Database
from scenarios.engine import Engine, Job
from scenarios.engine.local import LocalEngine
from scenarios.engine.procrastinate import ProcrastinateEngine


def make(kind: str, database: Database, url: str, at_once: dict[str, int]) -> AbstractAsyncContextManager[Engine]:
    """The engine of that name, to be opened."""
    if kind == "local":
        return LocalEngine(database, at_once)
    return ProcrastinateEngine(database, url, at_once)


async def last(job: Job) -> dict[str, str]:
    """Do nothing for as long as it says."""
    say("begins", job)
    if job.about.get("raises"):
        raise ValueError("it went wrong")
    await asyncio.sleep(job.about.get("seconds", 0.0))
    say("ends", job)
    return {"did": job.id}


def say(what: str, job: Job) -> None:
    """One line, at once."""
    sys.stdout.write(f"{what} {job.id}\n")
    sys.stdout.flush()


async def main(kind: str, url: str, at_once: dict[str, int]) -> None:
    """Work until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    database = await Database.open(url)
    async with make(kind, database, url, at_once) as engine:
        say("works", Job("-", "", "", "", ""))
        await engine.work({"last": last}, stop)
    await database.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))
