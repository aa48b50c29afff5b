"""Who makes the contacts of a run: this process, or workers on any number of machines. Both are handed jobs.

A job names a contact; whoever does it looks in the store what is to be done. So a contact that has been made already,
or that a killed worker had begun, is made or settled once.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

from probes.guard import Budget
from results.database import again
from results.schema import Channel
from results.store import FrozenWave, ShopRow
from scenarios.bench import Bench, database_url
from scenarios.engine import Engine, Handler, Job
from scenarios.engine.local import LocalEngine
from scenarios.engine.rows import JobRows
from scenarios.making import MAKE, SETTLE, Ahead, Making, Outcome, making
from scenarios.reading import Invalid, Problem

AT_ONCE: Mapping[str, int] = {"phone": 500, "email": 500, "web": 3}
"""How many contacts of a channel one process makes at once: a website takes a browser, the others only patience."""

_FAULTS_IN_A_ROW = 10  # then it is not one contact that is at fault, but a full disk
_LOOK_EVERY = 1.0  # real seconds between looks at what the workers have done
_WITHOUT_WORKERS = "waiting for workers (`doorstep worker` starts one)"

Over = Callable[[Channel], None]
Anew = Callable[[ShopRow], bool]
"""Whether a contact that was begun, and proves not to have been made, may be made by this run."""


class Crew(Protocol):
    """Makes contacts. `over` is told of each that is over; while `stopping` says so, none is begun."""

    async def begun(self) -> Sequence[ShopRow]:
        """The calls that a process that is gone was about to place, or followed."""

    async def make(self, rows: Sequence[ShopRow], over: Over, stopping: Callable[[], bool]) -> Outcome:
        """Make these contacts, or as many as may be made now. May be asked for others meanwhile."""


def crew(
    bench: Bench, frozen: FrozenWave, run: str, anew: Anew, tell: Callable[[str, int, int], None]
) -> AbstractAsyncContextManager[Crew]:
    """The crew that the programme asks for. `run`: this run's own mark. Raises `Invalid` where it cannot be had."""
    if bench.folder.programme.engine.kind == "local":
        return _this_process(bench, frozen, run, anew)
    return _workers(bench, frozen, run, anew, tell)


def ahead(bench: Bench, run: str) -> Ahead:
    """How many calls to an organisation come before one that is about to be made in that run."""
    rows = JobRows(bench.database)
    return lambda row: rows.ahead(row.channel, row.organisation, _id(run, row.id))


def cluster(bench: Bench, at_once: Mapping[str, int]) -> AbstractAsyncContextManager[Engine]:
    """The engine of many machines. Raises `Invalid` where the programme or this machine has not what it needs."""
    if bench.folder.programme.engine.kind != "procrastinate":
        why = 'is "local", so that runs do their work themselves; write "procrastinate" to have workers'
        raise Invalid([Problem("programme.toml", 0, "engine.kind", why)])
    url = database_url(bench.folder)
    if sa.make_url(url).get_backend_name() == "sqlite":
        why = "is missing or SQLite; several machines need PostgreSQL: name it here or in DOORSTEP_DATABASE"
        raise Invalid([Problem("programme.toml", 0, "engine.database", why)])
    try:
        from scenarios.engine.procrastinate import ProcrastinateEngine  # here: an extra that one machine does without
    except ModuleNotFoundError:
        why = 'is "procrastinate", which is not installed; install doorstep with its extra `cluster`'
        raise Invalid([Problem("programme.toml", 0, "engine.kind", why)]) from None
    return ProcrastinateEngine(bench.database, url, at_once)


async def _begun(bench: Bench, frozen: FrozenWave) -> list[ShopRow]:
    """The calls that somebody has begun and that are not over."""
    rows = await bench.store.rows(wave=frozen.wave.id, channel="phone", states=["intent", "open"])
    return [row for row in rows if row.closes_at is None]


def _id(run: str, shop: str) -> str:
    return f"{run}/{shop}"


def _job(run: str, row: ShopRow, bench: Bench, anew: Anew) -> Job:
    """Calls take turns on a line, mails at an organisation, visits at a site."""
    at = row.organisation if row.channel == "email" else row.target
    budget = bench.guard.budget
    about = {
        "run": run,
        "wave": row.wave,
        "shop": row.id,
        "counted": budget.run if budget else None,
        "goes_on": budget.goes_on.isoformat() if budget and budget.goes_on else None,
        "trace": bench.traces.here,
    }
    task = MAKE if row.state == "planned" or anew(row) else SETTLE
    return Job(_id(run, row.id), task, row.channel, row.organisation, f"{row.channel} {at}"[:300], about)


def budget_of(about: Mapping[str, Any]) -> Budget | None:
    """What the calls of a job's run are counted under."""
    counted, goes_on = about.get("counted"), about.get("goes_on")
    return Budget(counted, dt.datetime.fromisoformat(goes_on) if goes_on else None) if counted else None


# ------------------------------------------------------------------------------------------------ this process


@asynccontextmanager
async def _this_process(bench: Bench, frozen: FrozenWave, run: str, anew: Anew) -> AsyncIterator[Crew]:
    await JobRows(bench.database).clear()  # nobody else is at work: what an earlier run left is in the plan,
    await bench.ledger.vacate_all_planned()  # and holds no line
    async with LocalEngine(bench.database, AT_ONCE) as engine, making(bench, frozen, ahead(bench, run)) as maker:
        yield _ThisProcess(bench, frozen, engine, maker, run, anew)


class _ThisProcess:
    def __init__(self, bench: Bench, frozen: FrozenWave, engine: Engine, maker: Making, run: str, anew: Anew) -> None:
        self._bench = bench
        self._frozen = frozen
        self._engine = engine
        self._maker = maker
        self._run = run
        self._anew = anew
        self._asked: dict[str, Handler] = {}

    async def begun(self) -> Sequence[ShopRow]:
        return await _begun(self._bench, self._frozen)

    async def make(self, rows: Sequence[ShopRow], over: Over, stopping: Callable[[], bool]) -> Outcome:
        done, faults, stop = Outcome(), _Faults(), asyncio.Event()
        jobs = {_id(self._run, row.id): row for row in rows}

        async def one(job: Job) -> Mapping[str, Any] | None:
            if stopping():
                stop.set()
                return None
            try:
                made = await self._maker.do(job)
            except Exception:
                faults.in_a_row += 1
                if faults.too_many:
                    stop.set()  # what is under way is finished
                raise
            faults.in_a_row = 0
            done.add(made)
            over(jobs[job.id].channel)
            return made.as_json()

        self._asked |= dict.fromkeys(jobs, one)
        await self._engine.submit([_job(self._run, row, self._bench, self._anew) for row in rows])
        await self._engine.work({MAKE: self._one, SETTLE: self._one}, stop, until_idle=True)
        for id, one_job in (await self._engine.standing(jobs)).items():
            if one_job.state == "failed":
                done.failed[jobs[id].id] = one_job.error
        faults.tell(done)
        return done

    async def _one(self, job: Job) -> Mapping[str, Any] | None:
        """Whoever asked for the job takes what comes of it, although all that is asked for is done side by side."""
        return await self._asked.pop(job.id)(job)


@dataclass
class _Faults:
    """How many contacts in a row have failed for a fault of ours; after too many the rest is left to another run."""

    in_a_row: int = 0

    @property
    def too_many(self) -> bool:
        return self.in_a_row >= _FAULTS_IN_A_ROW

    def tell(self, done: Outcome) -> None:
        if self.too_many:
            done.note(f"nothing more was begun after {_FAULTS_IN_A_ROW} contacts in a row had failed")


# ------------------------------------------------------------------------------------------------ workers


@asynccontextmanager
async def _workers(
    bench: Bench, frozen: FrozenWave, run: str, anew: Anew, tell: Callable[[str, int, int], None]
) -> AsyncIterator[Crew]:
    async with cluster(bench, {}) as engine:
        yield _Workers(bench, frozen, engine, run, anew, tell)


class _Workers:
    def __init__(
        self,
        bench: Bench,
        frozen: FrozenWave,
        engine: Engine,
        run: str,
        anew: Anew,
        tell: Callable[[str, int, int], None],
    ) -> None:
        self._bench = bench
        self._frozen = frozen
        self._engine = engine
        self._run = run
        self._anew = anew
        self._tell = tell

    async def begun(self) -> Sequence[ShopRow]:
        """A call that a live worker follows is settled after it: both have the same turn."""
        return await _begun(self._bench, self._frozen)

    async def make(self, rows: Sequence[ShopRow], over: Over, stopping: Callable[[], bool]) -> Outcome:
        jobs = {_id(self._run, row.id): row for row in rows}
        done, faults = Outcome(), _Faults()
        await self._engine.submit([_job(self._run, row, self._bench, self._anew) for row in rows])
        left = dict(jobs)
        try:
            while left and not stopping() and not faults.too_many:
                await asyncio.sleep(_LOOK_EVERY)
                standing = await again(lambda: self._engine.standing(left))
                for id, one in standing.items():
                    if one.state not in ("waiting", "running"):
                        row = left.pop(id)
                        if one.outcome is None:
                            done.failed[row.id] = one.error or f"its job was {one.state} by somebody else"
                            faults.in_a_row += 1
                            continue
                        faults.in_a_row = 0
                        done.add(Outcome.from_json(one.outcome))
                        over(row.channel)
                if len(left) == len(jobs) and all(one.state == "waiting" for one in standing.values()):
                    self._tell(_WITHOUT_WORKERS, 0, len(jobs))
        finally:
            await again(lambda: self._engine.cancel(left))  # what nobody has begun stays in the plan
        faults.tell(done)
        return done
