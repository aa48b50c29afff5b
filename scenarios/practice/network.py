"""The telephone network of the practice councils: what happens on the line when a call is placed.

Calls last as long as they last: real seconds throughout, at any speed of the clock. How a caller asks for a call and
reads about it, Twilio's API, is `exchange`'s.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Coroutine, Iterable

from scenarios.practice.call import LONGEST, Call, Step
from scenarios.practice.clock import HouseClock
from scenarios.practice.council import Council
from scenarios.practice.lines import CallManner, PracticeLine
from scenarios.practice.truth import message_left
from scenarios.practice.turns import after_working_hours, evenly

__all__ = ["WITHHELD", "Call", "Network"]

WITHHELD = "+266696687"
"""What Twilio shows of a caller who shows no number: ANONYMOUS on the keys of a telephone.

Source: https://help.twilio.com/articles/223179988
"""
_DIALLING = 0.4  # seconds until it rings, is engaged or is found not to exist
_CALLED_BACK = 0.5  # real seconds that a call-back lasts
_NAP = 0.05  # real seconds after which the clock is looked at again: somebody may have changed its speed


class Network:
    """All lines and all calls. Calls run in the task group, and a call that nobody ends is ended by the council.

    `calls_per_second`: what is placed faster waits in line before it is dialled; None: nothing waits.
    """

    def __init__(
        self,
        councils: Iterable[Council],
        clock: HouseClock,
        tasks: asyncio.TaskGroup,
        calls_per_second: float | None = None,
    ) -> None:
        self._gap = 1 / calls_per_second if calls_per_second else 0.0
        self._next_dialled = 0.0
        self._closing = asyncio.Event()
        self._clock = clock
        self._tasks = tasks
        self._lines: dict[str, tuple[Council, PracticeLine]] = {
            line.number: (council, line) for council in councils for line in council.lines
        }
        self._turns: dict[tuple[str, bool], int] = {}
        self.calls: dict[str, Call] = {}

    def place(
        self,
        to: str,
        caller: str,
        steps: tuple[Step, ...],
        ring_for: float,
        record: bool,
        time_limit: float = LONGEST,
    ) -> Call:
        """Place a call. A number for drama that no council has is not in use."""
        council = self._lines[to][0].id if to in self._lines else None
        call = Call(to, caller, self._clock.now(), steps, ring_for, record, council, time_limit)
        self.calls[call.sid] = call
        self.go_on(self._connect(call, self._next_manner(to)))
        return call

    def go_on(self, work: Coroutine[None, None, None]) -> None:
        """Let something go on beside the calls, until it ends by itself."""
        self._tasks.create_task(work)

    def hang_up_all(self) -> None:
        """End every call, so that the house can close."""
        self._closing.set()
        for call in self.calls.values():
            call.hung_up.set()

    def _next_manner(self, number: str) -> CallManner:
        """Of the manners for this hour of the council's calendar, the one whose turn it is."""
        if number not in self._lines:
            return CallManner(outcome="not in use")
        council, line = self._lines[number]
        is_open = council.hours.is_open(self._clock.now())
        manners = line.manners(is_open)
        cycle = evenly([manner.share for manner in manners])
        turn = self._turns.get((number, is_open), 0)
        self._turns[number, is_open] = turn + 1
        return manners[cycle[turn % len(cycle)]]

    async def _connect(self, call: Call, manner: CallManner) -> None:
        call.manner = manner
        now = time.monotonic()
        self._next_dialled = max(now, self._next_dialled) + self._gap
        call.queued = self._next_dialled - self._gap - now
        if await _hung_up(call, call.queued):
            call.ended = call.is_now("canceled")
            return
        call.is_dialled()
        if await _hung_up(call, _DIALLING):
            call.ended = call.is_now("canceled")
        elif manner.outcome == "engaged":
            call.ended = call.is_now("busy")
        elif manner.outcome == "not in use":
            call.ended = call.is_now("failed")
        else:
            await self._ring(call, manner)

    async def _ring(self, call: Call, manner: CallManner) -> None:
        call.rang = call.is_now("ringing")
        rehearsal = self._tasks.create_task(asyncio.to_thread(call.rehearse))
        answered = manner.after is not None and manner.after <= call.ring_for
        patience = manner.after if answered and manner.after is not None else call.ring_for
        if await _hung_up(call, patience):
            call.ended = call.is_now("canceled")
        elif not answered:
            call.ended = call.is_now("no-answer")
        else:
            await rehearsal
            call.answered = call.is_now("in-progress")
            ours = await _hung_up(call, min(call.ours_lasts, manner.hangs_up_after))
            call.ended_by = "us" if ours or call.ours_lasts <= manner.hangs_up_after else "them"
            call.ended = call.is_now("completed")
            await self._call_back(call, manner)

    async def _call_back(self, call: Call, manner: CallManner) -> None:
        """Somebody at the council rings back the number that rang them, unless the house closes before."""
        due = self._due(call, manner)
        if due is None or (manner.calls_back_to == "messages" and not await asyncio.to_thread(_left, call, manner)):
            return
        call.call_back_at = due
        while (left := self._clock.real_seconds_until(due)) > 0:
            try:
                async with asyncio.timeout(min(left, _NAP)):
                    await self._closing.wait()
            except TimeoutError:
                continue
            return
        shown = WITHHELD if manner.calls_back_from == "withheld" else manner.calls_back_from or call.to
        back = Call(call.caller, shown, due, (), 60, False, call.council, direction="inbound", answers=call.sid)
        self.calls[back.sid] = back
        await _answered_by_us(back)

    def _due(self, call: Call, manner: CallManner) -> dt.datetime | None:
        """When they ring back; None: never."""
        now = self._clock.now()
        if manner.calls_back_after is not None:
            return now + dt.timedelta(seconds=manner.calls_back_after)
        if manner.calls_back_after_working_hours is not None:
            return after_working_hours(self._lines[call.to][0].hours, now, manner.calls_back_after_working_hours)
        return None


def _left(call: Call, manner: CallManner) -> bool:
    """Whether there is a message to return."""
    return message_left(manner, call.said, call.lasted) is True


async def _answered_by_us(call: Call) -> None:
    """Our own number answers at once, and they hang up after saying who they are."""
    call.rang = call.is_now("ringing")
    call.answered = call.is_now("in-progress")
    await _hung_up(call, _CALLED_BACK)
    call.ended, call.ended_by = call.is_now("completed"), "them"


async def _hung_up(call: Call, seconds: float) -> bool:
    """Let so many real seconds pass; True at once when the caller hangs up meanwhile."""
    try:
        async with asyncio.timeout(seconds):
            await call.hung_up.wait()
    except TimeoutError:
        return False
    return True
