"""The engine: who does which job when, on one machine or on many. It knows nothing of shops.

A job lasts seconds to minutes; what waits longer is a row of its own with a moment when it is due. Whatever engine, a
job is done at least once: it is done again when its process was killed, within `TAKEN_OVER_WITHIN` seconds. What must
not happen twice (a mail, a call) is guarded by a row of its own, written before.

`local` works in this process, `procrastinate` on as many machines as wanted; both keep the jobs in `rows`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

__all__ = ["EVERYTHING", "TAKEN_OVER_WITHIN", "Engine", "Handler", "Job", "Standing", "State"]

EVERYTHING = "*"
"""The scope of all jobs; other scopes are an organisation's id or a channel."""

TAKEN_OVER_WITHIN = 15.0
"""Real seconds after which the job of a killed process is begun again, where another process is at work."""

State = Literal["waiting", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class Job:
    """Something to be done once. `id`: for ever its own; the same id again changes nothing.

    `task`: which handler does it. `turn`: of the jobs with the same turn one is done at a time over all processes, in
    the order of their submission. `about`: what the handler needs to know, as JSON. `delay`: real seconds until it may
    begin.
    """

    id: str
    task: str
    channel: str
    organisation: str
    turn: str
    about: Mapping[str, Any] = field(default_factory=dict)
    delay: float = 0.0


@dataclass(frozen=True)
class Standing:
    """Where a job stands; when it is done, what its handler said; when it failed, why."""

    state: State
    outcome: Mapping[str, Any] | None = None
    error: str = ""


Handler = Callable[[Job], Awaitable[Mapping[str, Any] | None]]
"""Does a job and says, as JSON, what came of it. What it raises makes the job failed: it is not done again."""


class Engine(Protocol):
    """Open with `async with`. `at_once`, given when it is made: how many jobs of a channel one process does at once."""

    async def submit(self, jobs: Sequence[Job]) -> int:
        """Have these done; how many were new. On disk when it returns."""

    async def cancel(self, ids: Collection[str]) -> int:
        """Never begin these; how many that was. What is running goes on."""

    async def pause(self, scope: str) -> None:
        """Begin nothing of this scope any more. What is running goes on."""

    async def resume(self, scope: str) -> None:
        """Go on with what was paused."""

    async def standing(self, ids: Collection[str]) -> Mapping[str, Standing]:
        """Where these jobs stand; those that are not known are left out."""

    async def work(self, handlers: Mapping[str, Handler], stop: asyncio.Event, *, until_idle: bool = False) -> None:
        """Do jobs, until told to stop or, if wanted, until none is left that may be done.

        What is running is finished; what waits is left to others, or to the next.
        """
