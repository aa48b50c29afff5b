"""A worker: makes the contacts that runs hand out, on as many machines as wanted, until it is told to stop.

For each run it opens the programme folder anew, so that what was changed there counts: a consent that was withdrawn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from scenarios.bench import Bench, opened
from scenarios.crew import AT_ONCE, ahead, budget_of, cluster
from scenarios.engine import Job
from scenarios.making import MAKE, SETTLE, Making, making
from scenarios.phone_account import TwilioAccount

_KEPT_OPEN = 20  # seconds for which the probes of a run stay open without work


async def work(folder: Path, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Make what is handed out until `stop` is set; what is under way then is finished. `ready`: it can begin."""
    async with (
        opened(folder, to_work=True, beside_others=True) as bench,
        cluster(bench, AT_ONCE) as engine,
        asyncio.TaskGroup() as group,
    ):
        ready()
        runs = _Runs(folder, group)
        await engine.work({MAKE: runs.make, SETTLE: runs.make}, stop)
        runs.close()


class _Runs:
    """The runs that this worker is at, each with its folder and its probes open."""

    def __init__(self, folder: Path, group: asyncio.TaskGroup) -> None:
        self._folder = folder
        self._group = group
        self._open: dict[str, _Open] = {}

    async def make(self, job: Job) -> Mapping[str, Any]:
        """Make the contact of a job."""
        run = job.about["run"]
        if run not in self._open:
            self._open[run] = _Open()
            self._group.create_task(self._keep_open(run, job.about, self._open[run]))
        here = self._open[run]
        here.at_work += 1
        try:
            maker = await asyncio.shield(here.maker)
            return (await maker.do(job)).as_json()
        finally:
            here.at_work -= 1
            here.idle = 0

    async def _keep_open(self, run: str, about: Mapping[str, Any], here: _Open) -> None:
        """Open the run, and close it when it has had no work for a while; in one task, as what it opens demands."""
        try:
            async with opened(self._folder, to_work=True, beside_others=True) as shared:
                bench = _without_callbacks(shared)
                if budget := budget_of(about):
                    bench = replace(bench, guard=bench.guard.during(budget))
                frozen = await bench.store.wave(about["wave"])
                if frozen is None:
                    raise RuntimeError(f"there is no wave {about['wave']}")
                async with making(bench, frozen, ahead(bench, run)) as maker:
                    here.maker.set_result(maker)
                    while here.at_work or (here.idle < _KEPT_OPEN and not here.closing):
                        await asyncio.sleep(1)
                        here.idle += 1
                    del self._open[run]
        except Exception as error:  # told with every job that waits for it; the worker goes on
            if here.maker.done():
                raise
            del self._open[run]
            here.maker.set_exception(error)

    def close(self) -> None:
        """No more work comes."""
        for each in self._open.values():
            each.closing = True


def _without_callbacks(bench: Bench) -> Bench:
    """The carrier tells of calls at one address, and nobody knows which worker is there: all look at its list."""
    programme = bench.folder.programme
    if not isinstance(programme.phone, TwilioAccount):
        return bench
    phone = programme.phone.model_copy(update={"callbacks": None, "callbacks_port": None})
    return replace(bench, folder=replace(bench.folder, programme=programme.model_copy(update={"phone": phone})))


class _Open:
    def __init__(self) -> None:
        self.maker: asyncio.Future[Making] = asyncio.get_running_loop().create_future()
        self.at_work = 0
        self.idle = 0
        self.closing = False
