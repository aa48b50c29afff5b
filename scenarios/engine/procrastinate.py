"""The engine of many machines: Procrastinate hands out the turns over PostgreSQL, to any number of processes.

One of its tasks is one turn: it does the turn's jobs, which are rows, one after another. Its `lock` keeps a turn in
one process, its `queueing_lock` keeps it from being queued twice, and its heartbeats tell who is dead. A sweep, in
whichever process comes first, queues the turns of the dead again, and those whose jobs have become due.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

import procrastinate
import sqlalchemy as sa
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Status
from procrastinate.worker import Worker

from results.database import Database, StepLost, again
from scenarios.engine import Handler, Job, Standing
from scenarios.engine.local import beat, done
from scenarios.engine.rows import BEAT, LEASE, JobRows

_SWEEP_EVERY = 1.0  # seconds
_PATIENCE: dict[str, Any] = {"timeout": 5.0, "reconnect_timeout": 2.0}  # seconds: it is asked again and again
_TURN = "doorstep.turn"
_QUEUED = sa.text("select lock from procrastinate_jobs where status in ('todo', 'doing') and task_name = :task")

log = logging.getLogger(__name__)
for _name in ("procrastinate", "psycopg.pool"):  # what they meet with when the database is away is told by us
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class ProcrastinateEngine:
    """Does jobs wherever a process is at work. `url`: the PostgreSQL database, that of the store.

    `at_once`: how many turns of each channel this process does; it does not serve others.
    """

    def __init__(self, database: Database, url: str, at_once: Mapping[str, int]) -> None:
        self._db = database
        self._rows = JobRows(database)
        self._at_once = at_once
        conninfo = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(conninfo=conninfo, min_size=1, **_PATIENCE)
        )
        self._app.task(name=_TURN)(self._turn)
        self._handlers: Mapping[str, Handler] = {}
        self._holder = secrets.token_hex(8)
        self._under_way: set[str] = set()
        self._stop = asyncio.Event()

    async def __aenter__(self) -> ProcrastinateEngine:
        await self._app.open_async()
        async with self._db.write() as connection:
            await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("procrastinate"))))
            if await connection.scalar(sa.text("select to_regclass('procrastinate_jobs')")) is None:
                await self._app.schema_manager.apply_schema_async()
        await self._rows.forget()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(ConnectorException):
            await self._app.close_async()

    async def submit(self, jobs: Sequence[Job]) -> int:
        new = await self._rows.submit(jobs)
        for turn, channel in {job.turn: job.channel for job in jobs if not job.delay}.items():
            await self._queue(turn, channel)
        return new

    async def cancel(self, ids: Collection[str]) -> int:
        return await self._rows.cancel(ids)

    async def pause(self, scope: str) -> None:
        await self._rows.hold(scope)

    async def resume(self, scope: str) -> None:
        await self._rows.let_go(scope)  # the sweep finds what may begin

    async def standing(self, ids: Collection[str]) -> Mapping[str, Standing]:
        return await self._rows.standing(ids)

    async def work(self, handlers: Mapping[str, Handler], stop: asyncio.Event, *, until_idle: bool = False) -> None:
        self._handlers, self._stop = handlers, asyncio.Event()
        asyncio.get_running_loop().set_exception_handler(_told_elsewhere)
        workers: dict[str, Worker] = {}
        tasks = handlers.keys()
        async with asyncio.TaskGroup() as group:
            beating = group.create_task(beat(self._rows, self._holder, self._under_way))
            serving = [
                group.create_task(self._serve(channel, most, workers)) for channel, most in self._at_once.items()
            ]
            try:
                while not stop.is_set() and not (until_idle and await again(lambda: self._rows.is_idle(tasks))):
                    with suppress(StepLost, ConnectorException):  # the next one does it
                        await self._sweep()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), _SWEEP_EVERY)
            finally:
                self._stop.set()
                for worker in workers.values():
                    worker.stop()  # type: ignore[no-untyped-call]  # it finishes what is running
            await asyncio.gather(*serving)
            beating.cancel()

    async def _serve(self, channel: str, most: int, workers: dict[str, Worker]) -> None:
        while not self._stop.is_set():
            workers[channel] = Worker(
                self._app,
                queues=[channel],
                concurrency=most,
                name=channel,
                delete_jobs="always",
                install_signal_handlers=False,
                fetch_job_polling_interval=_SWEEP_EVERY,
                update_heartbeat_interval=BEAT,
            )
            with suppress(ConnectorException):  # the database is away
                await workers[channel].run()  # type: ignore[no-untyped-call]
            if not self._stop.is_set():
                log.info("the worker for %s stopped by itself, and is started again", channel)
                await asyncio.sleep(_SWEEP_EVERY)

    async def _turn(self, turn: str) -> None:
        """Do what this turn has to do now, job after job. Where the database goes away it is handed out anew."""
        lost, tasks = self._db.lost, self._handlers.keys()
        while not self._stop.is_set() and self._db.lost == lost:
            job = await self._rows.claim_next(self._holder, tasks, turn)
            if job is None:
                return
            self._under_way.add(job.id)
            try:
                await done(self._rows, self._handlers, job, self._holder)
            finally:
                self._under_way.remove(job.id)

    async def _queue(self, turn: str, channel: str) -> None:
        task = self._app.configure_task(_TURN, queue=channel, lock=turn, queueing_lock=turn)
        with suppress(AlreadyEnqueued, ConnectorException):  # the sweep queues what has not been
            await task.defer_async(turn=turn)

    async def _sweep(self) -> None:
        """Queue again the turns of the dead, and those that have something to do and are not queued.

        One process at a time: two would give the same turn to two others.
        """
        async with self._db.write() as connection:
            alone = sa.select(sa.func.pg_try_advisory_xact_lock(sa.func.hashtext("doorstep sweep")))
            if not await connection.scalar(alone):
                return
            manager = self._app.job_manager
            for stalled in await manager.get_stalled_jobs(task_name=_TURN, seconds_since_heartbeat=LEASE):
                log.warning("turn %s was left by a process that is gone, and is queued again", stalled.lock)
                await manager.finish_job(stalled, Status.FAILED, delete_job=True)
            queued = set(await connection.scalars(_QUEUED, {"task": _TURN}))
            for turn, channel in await self._rows.ready_turns(connection):
                if turn not in queued:
                    await self._queue(turn, channel)


def _told_elsewhere(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A turn whose end Procrastinate could not write down, because the database was away, is queued again."""
    if not isinstance(context.get("exception"), ConnectorException):
        loop.default_exception_handler(context)
