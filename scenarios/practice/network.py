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
from scenarios.practice.turns import evenly

SECONDS_A_WORD = 0.38  # of a voice reading English at an ordinary pace
_DIALLING = 0.4  # seconds until it rings, is engaged or is found not to exist
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
    """One call, from placing to its end. Moments are seconds since it was placed."""

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
    said: list[str] = field(default_factory=list)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    _real: float = field(default_factory=time.monotonic)

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
            "said": " ".join(self.said),
            "said_after_s": said_after,
            "silent": self.answered is not None and self.ended is not None and not self.said,
        }


class Network:
    """All lines and all calls. Calls run in the task group, and a call that nobody ends is ended by the council."""

    def __init__(self, councils: Iterable[Council], clock: HouseClock, tasks: asyncio.TaskGroup) -> None:
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

    def hang_up_all(self) -> None:
        """End every call, so that the house can close."""
        for call in self.calls.values():
            call.hung_up.set()

    def _next_manner(self, number: str) -> CallManner:
        if number not in self._lines:
            return CallManner(outcome="not in use")
        cycle, turn = self._cycles[number], self._turns[number]
        self._turns[number] += 1
        return self._lines[number][1].calls[cycle[turn % len(cycle)]]

    async def _connect(self, call: Call, manner: CallManner) -> None:
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

    @staticmethod
    async def _talk(call: Call, longest: float) -> None:
        """The caller's side speaks; the council's hangs up when it is over or has lasted too long."""
        left = longest
        for step in call.steps:
            if step.words:
                call.spoke = call.elapsed() if call.spoke is None else call.spoke
                call.said.append(step.words)
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
