"""Work on several machines: `worker`."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from scenarios import show
from scenarios.commands.common import Folder, app, do
from scenarios.worker import work


@app.command(epilog="Example: doorstep worker --folder my-programme")
def worker(folder: Folder = Path()) -> None:
    """Make the contacts that `run` hands out, on as many machines as wanted, until it is stopped (SIGTERM, Ctrl-C).

    What is under way then is finished; the rest is left to other workers. Needs PostgreSQL: see docs/cluster.md.
    """
    do(_worker(folder))


async def _worker(folder: Path) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await work(folder, stop, lambda: show.err.print("At work. Stop with Ctrl-C: what is under way is finished."))
