"""The engine of one machine: jobs are done in this process, and are rows in the store's own database.

It needs nothing besides. After a restart it goes on where it was. It never claims to be distributed: processes on one
machine may share it, but each looks twice a second whether there is work.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from types import TracebackType

from results.database import Database, DatabaseLost, StepLost, again
from scenarios.engine import Handler, Job, Standing
from scenarios.engine.rows import BEAT, JobRows
from scenarios.logs import in_words

_LOOK_EVERY = 0.5  # seconds

log = logging.getLogger(__name__)


class LocalEngine:
    """Does jobs in this process. `at_once`: how many of each channel; other channels are not served."""

    def __init__(self, database: Database, at_once: Mapping[str, int]) -> None:
        self._rows = JobRows(database)
        self._at_once = at_once
        self._look = asyncio.Event()
        self._holder = secrets.token_hex(8)
        self._under_way: dict[str, Job] = {}
        self._claiming = asyncio.Lock()

    async def __aenter__(self) -> LocalEngine:
        await self._rows.forget()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    async def submit(self, jobs: Sequence[Job]) -> int:
        new = await self._rows.submit(jobs)
        self._look.set()
        return new

    async def cancel(self, ids: Collection[str]) -> int:
        return await self._rows.cancel(ids)

    async def pause(self, scope: str) -> None:
        await self._rows.hold(scope)

    async def resume(self, scope: str) -> None:
        await self._rows.let_go(scope)
        self._look.set()

    async def standing(self, ids: Collection[str]) -> Mapping[str, Standing]:
        return await self._rows.standing(ids)

    async def work(self, handlers: Mapping[str, Handler], stop: asyncio.Event, *, until_idle: bool = False) -> None:
        holder, tasks, under_way = self._holder, handlers.keys(), self._under_way

        async def do(job: Job) -> None:
            try:
                await done(self._rows, handlers, job, holder)
            finally:
                del under_way[job.id]
                self._look.set()

        async def claimed() -> list[Job]:
            busy = Counter(job.channel for job in under_way.values())
            room = {channel: most - busy[channel] for channel, most in self._at_once.items()}
            return await self._rows.claim(holder, tasks, room, set(under_way))

        async with asyncio.TaskGroup() as group:
            beating = group.create_task(beat(self._rows, holder, under_way))
            while not stop.is_set():
                self._look.clear()
                async with self._claiming:  # whoever claims must know of all that is under way
                    for job in await again(claimed):
                        under_way[job.id] = job
                        group.create_task(do(job))
                if until_idle and not under_way and await again(lambda: self._rows.is_idle(tasks)):
                    break
                await _any(self._look, stop, within=_LOOK_EVERY)
            while under_way:
                self._look.clear()
                await _any(self._look, within=_LOOK_EVERY)
            beating.cancel()


async def done(rows: JobRows, handlers: Mapping[str, Handler], job: Job, holder: str) -> None:
    """Do a claimed job and note what came of it; broken off, it waits again."""
    try:
        outcome = await handlers[job.task](job)
    except StepLost as error:
        why = str(error)
        await again(lambda: rows.put_back(job.id, holder, why))
    except DatabaseLost:
        raise  # there is nowhere to note it
    except Exception as error:  # whatever a handler raises is told with the job, and the others go on
        why = in_words(error)
        log.warning("job %s failed: %s", job.id, why, exc_info=log.isEnabledFor(logging.DEBUG))
        await again(lambda: rows.finish(job.id, holder, None, why))
    except BaseException:
        await rows.put_back(job.id, holder)
        raise
    else:
        await again(lambda: rows.finish(job.id, holder, outcome))


async def beat(rows: JobRows, holder: str, under_way: Collection[str]) -> None:
    """Give signs of life for these jobs until cancelled."""
    while True:
        await asyncio.sleep(BEAT)
        await again(lambda: rows.beat(holder, set(under_way)))


async def _any(*events: asyncio.Event, within: float) -> None:
    """Wait until one of the events is set, at most so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within), asyncio.TaskGroup() as group:
            waiting = [group.create_task(event.wait()) for event in events]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for each in waiting:
                each.cancel()
