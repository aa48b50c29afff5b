"""The telephone network of the practice councils: what happens on the line when a call is placed.

Calls last as long as they last: real seconds throughout, at any speed of the clock. How a caller asks for a call and
reads about it, Twilio's API, is `exchange`'s.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from scenarios.practice.clock import HouseClock
from scenarios.practice.council import CallManner, Council, PracticeLine
from scenarios.practice.sound import SECONDS_A_WORD
from scenarios.practice.turns import evenly

_DIALLING = 0.4  # seconds until it rings, is engaged or is found not to exist
_CALLED_BACK = 0.5  # real seconds that a call-back lasts
_NAP = 0.25  # real seconds after which the clock is looked at again: somebody may have changed its speed
LONGEST_TWIML = 4000  # characters, Twilio's limit for words sent with the call

Status = Literal["queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"]
FINAL: frozenset[Status] = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
SIP: Mapping[Status, int] = {"completed": 200, "busy": 486, "failed": 404, "no-answer": 487, "canceled": 487}
_IN_WORDS: Mapping[Status, str] = {
    "completed": "answered",
    "busy": "engaged",
    "failed": "not in use",
    "no-answer": "no reply",
    "canceled": "cancelled",
}


class BadTwiML(ValueError):
    """What was to be said is not TwiML."""


@dataclass(frozen=True)
class Step:
    """One thing done on an answered call: some seconds of silence, or words said."""

    seconds: float
    words: str = ""


def read_twiml(document: str) -> tuple[Step, ...]:
    """The steps of a TwiML document, as far as it speaks: Pause, Say and Hangup. Raises `BadTwiML`."""
    if len(document) > LONGEST_TWIML or "<!" in document:
        raise BadTwiML("it is longer than 4,000 characters or holds a declaration")
    try:
        root = ET.fromstring(document)  # noqa: S314 - short and without declarations, so without entities
    except ET.ParseError as error:
        raise BadTwiML(str(error)) from None
    steps = []
    for verb in root:
        words = " ".join("".join(verb.itertext()).split())
        if verb.tag == "Hangup":
            break
        if verb.tag == "Pause":
            length = verb.get("length", "1")
            steps.append(Step(float(length) if length.isdigit() else 1.0))
        elif verb.tag == "Say" and words:
            steps.append(Step(len(words.split()) * SECONDS_A_WORD, words))
    return tuple(steps)


@dataclass
class Call:
    """One call, from placing to its end. Moments are seconds since it was placed.

    `said`: what the caller said and when. `manner`: what the called side did; None for a call to us, and while it
    waits. `queued`: seconds it waited for its turn to be dialled.
    """

    to: str
    caller: str
    placed_at: dt.datetime
    steps: tuple[Step, ...]
    ring_for: float
    record: bool
    council: str | None
    sid: str = field(default_factory=lambda: "CA" + secrets.token_hex(16))
    recording_sid: str = field(default_factory=lambda: "RE" + secrets.token_hex(16))
    status: Status = "queued"
    rang: float | None = None
    answered: float | None = None
    spoke: float | None = None
    ended: float | None = None
    updated: float = 0.0
    said: list[tuple[float, str]] = field(default_factory=list)
    manner: CallManner | None = None
    direction: Literal["outbound-api", "inbound"] = "outbound-api"
    queued: float = 0.0
    forgotten: bool = False
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    _real: float = field(default_factory=time.monotonic)

    @property
    def recorded(self) -> bool:
        """Whether there is a recording of it at the exchange."""
        return self.record and self.answered is not None and not self.forgotten

    def elapsed(self) -> float:
        """Real seconds since it was placed."""
        return time.monotonic() - self._real

    def at(self, seconds: float | None) -> dt.datetime | None:
        """A moment of the call in practice time: when it was placed, and real seconds since."""
        return None if seconds is None else self.placed_at + dt.timedelta(seconds=seconds)

    def is_now(self, status: Status) -> float:
        """Enter a status; the moment at which it was entered."""
        self.status, self.updated = status, self.elapsed()
        return self.updated

    def tally(self) -> dict[str, object]:
        """What the council's side counted."""
        ring = None if self.rang is None or self.answered is None else self.answered - self.rang
        said_after = None if self.spoke is None or self.answered is None else self.spoke - self.answered
        return {
            "council": self.council,
            "sid": self.sid,
            "to": self.to,
            "from": self.caller,
            "at": self.placed_at.isoformat(),
            "outcome": _IN_WORDS.get(self.status, "going on"),
            "ring_s": ring,
            "answered_by": self.manner.answered_by if self.manner is not None and self.answered is not None else None,
            "said": " ".join(words for _, words in self.said),
            "said_after_s": said_after,
            "silent": self.answered is not None and self.ended is not None and not self.said,
            "direction": self.direction,
            "recorded": self.record and self.answered is not None,
            "recording_kept": self.recorded,
        }


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
        self._cycles = {
            number: evenly([manner.share for manner in line.calls]) for number, (_, line) in self._lines.items()
        }
        self._turns = dict.fromkeys(self._lines, 0)
        self.calls: dict[str, Call] = {}

    def place(self, to: str, caller: str, steps: tuple[Step, ...], ring_for: float, record: bool) -> Call:
        """Place a call. A number for drama that no council has is not in use."""
        council = self._lines[to][0].id if to in self._lines else None
        call = Call(to, caller, self._clock.now(), steps, ring_for, record, council)
        self.calls[call.sid] = call
        self._tasks.create_task(self._connect(call, self._next_manner(to)))
        return call

    def call_back(self, line: str, caller_was: str) -> Call:
        """Somebody at the council rings back the number that rang them; it is answered, and they say who they are."""
        call = Call(caller_was, line, self._clock.now(), (), 60, False, self._lines[line][0].id, direction="inbound")
        self.calls[call.sid] = call
        self._tasks.create_task(self._answered_by_us(call))
        return call

    def hang_up_all(self) -> None:
        """End every call, so that the house can close."""
        self._closing.set()
        for call in self.calls.values():
            call.hung_up.set()

    def _next_manner(self, number: str) -> CallManner:
        if number not in self._lines:
            return CallManner(outcome="not in use")
        cycle, turn = self._cycles[number], self._turns[number]
        self._turns[number] += 1
        return self._lines[number][1].calls[cycle[turn % len(cycle)]]

    async def _connect(self, call: Call, manner: CallManner) -> None:
        call.manner = manner
        now = time.monotonic()
        self._next_dialled = max(now, self._next_dialled) + self._gap
        call.queued = self._next_dialled - self._gap - now
        if await _hung_up(call, call.queued + _DIALLING):
            call.ended = call.is_now("canceled")
        elif manner.outcome == "engaged":
            call.ended = call.is_now("busy")
        elif manner.outcome == "not in use":
            call.ended = call.is_now("failed")
        else:
            await self._ring(call, manner)

    async def _ring(self, call: Call, manner: CallManner) -> None:
        call.rang = call.is_now("ringing")
        answered = manner.after is not None and manner.after <= call.ring_for
        patience = manner.after if answered and manner.after is not None else call.ring_for
        if await _hung_up(call, patience):
            call.ended = call.is_now("canceled")
        elif not answered:
            call.ended = call.is_now("no-answer")
        else:
            call.answered = call.is_now("in-progress")
            await self._talk(call, manner.hangs_up_after)
            call.ended = call.is_now("completed")
            if manner.calls_back_after is not None:
                await self._call_back_later(call, manner.calls_back_after)

    async def _call_back_later(self, call: Call, seconds: float) -> None:
        """So many seconds of practice time after the call: somebody rings back, unless the house closes before."""
        due = self._clock.now() + dt.timedelta(seconds=seconds)
        while (left := self._clock.real_seconds_until(due)) > 0:
            try:
                async with asyncio.timeout(min(left, _NAP)):
                    await self._closing.wait()
            except TimeoutError:
                continue
            return
        self.call_back(call.to, call.caller)

    @staticmethod
    async def _answered_by_us(call: Call) -> None:
        """Our own number answers at once, and they hang up after a word."""
        call.rang = call.is_now("ringing")
        call.answered = call.is_now("in-progress")
        await _hung_up(call, _CALLED_BACK)
        call.ended = call.is_now("completed")

    @staticmethod
    async def _talk(call: Call, longest: float) -> None:
        """The caller's side speaks; the council's hangs up when it is over or has lasted too long."""
        left = longest
        for step in call.steps:
            if step.words:
                call.spoke = call.elapsed() if call.spoke is None else call.spoke
                call.said.append((call.elapsed(), step.words))
            if await _hung_up(call, min(step.seconds, left)) or (left := left - step.seconds) <= 0:
                return


async def _hung_up(call: Call, seconds: float) -> bool:
    """Let so many real seconds pass; True at once when the caller hangs up meanwhile."""
    try:
        async with asyncio.timeout(seconds):
            await call.hung_up.wait()
    except TimeoutError:
        return False
    return True
