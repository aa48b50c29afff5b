"""A call at the practice exchange, from placing to its end, and what is said on it. What it met is `truth`'s."""

from __future__ import annotations

import asyncio
import datetime as dt
import math
import secrets
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

from scenarios.practice import sound
from scenarios.practice.lines import CallManner
from scenarios.practice.truth import Said, met

LONGEST_TWIML = 4000  # characters, Twilio's limit for words sent with the call
LONGEST = 14_400  # seconds that a call may last, Twilio's limit unless `TimeLimit` says less
_SHORTEST_STEP = 0.1  # seconds, so that what is said over and over comes to an end

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
    """One thing done on an answered call: words said, once or `times` over, or so many seconds of silence."""

    words: str = ""
    times: float = 1
    pause: float = 0.0

    @cached_property
    def seconds(self) -> float:
        """How long it lasts once. The sound of words has to be made to know it."""
        return max(_SHORTEST_STEP, sound.seconds(self.words)) if self.words else self.pause


def read_twiml(document: str) -> tuple[Step, ...]:
    """The steps of a TwiML document, as far as it speaks: Pause, Say and Hangup. Raises `BadTwiML`.

    A loop of 0 lasts until the call is over. Source: https://www.twilio.com/docs/voice/twiml/say
    """
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
            steps.append(Step(pause=float(_whole(verb.get("length", ""), 1))))
        elif verb.tag == "Say" and words:
            steps.append(Step(words, _whole(verb.get("loop", ""), 1) or math.inf))
    return tuple(steps)


def _whole(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else otherwise


def spoken(steps: Sequence[Step], until: float) -> Iterator[Said]:
    """What is said from the answer until so many seconds after it; all of it may not have been whole by then."""
    at = 0.0
    for step in steps:
        done = 0
        while done < step.times:
            if at >= until:
                return
            if step.words:
                yield Said(at, at + step.seconds, step.words)
            at += step.seconds
            done += 1


class Change(NamedTuple):
    """The moment, in seconds since the call was placed, at which it came to a status; "initiated" when dialled."""

    status: Status | Literal["initiated"]
    at: float


@dataclass
class Call:
    """One call, from placing to its end. Moments are seconds since it was placed.

    `manner`: what the called side did; None for a call to us, and while it waits. `queued`: seconds it waited for its
    turn to be dialled. `time_limit`: seconds after the answer. `answers`: for a call to us, the call it returns.
    `call_back_at`: when somebody will ring back.
    """

    to: str
    caller: str
    placed_at: dt.datetime
    steps: tuple[Step, ...]
    ring_for: float
    record: bool
    council: str | None
    time_limit: float = LONGEST
    sid: str = field(default_factory=lambda: "CA" + secrets.token_hex(16))
    recording_sid: str = field(default_factory=lambda: "RE" + secrets.token_hex(16))
    status: Status = "queued"
    rang: float | None = None
    answered: float | None = None
    ended: float | None = None
    ended_by: Literal["us", "them"] | None = None
    updated: float = 0.0
    manner: CallManner | None = None
    direction: Literal["outbound-api", "inbound"] = "outbound-api"
    answers: str | None = None
    call_back_at: dt.datetime | None = None
    queued: float = 0.0
    forgotten: bool = False
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    changes: asyncio.Queue[Change] = field(default_factory=asyncio.Queue)
    _real: float = field(default_factory=time.monotonic)

    @property
    def recorded(self) -> bool:
        """Whether there is a recording of it at the exchange."""
        return self.record and self.answered is not None and not self.forgotten

    @property
    def ours_lasts(self) -> float:
        """Seconds after the answer until our side has said all, or may say no more."""
        return min(self.time_limit, sum(step.seconds * step.times for step in self.steps))

    @property
    def lasted(self) -> float:
        """Seconds from the answer to the end, or to now; 0 when nobody answered."""
        if self.answered is None:
            return 0.0
        return (self.ended if self.ended is not None else self.elapsed()) - self.answered

    @property
    def said(self) -> tuple[Said, ...]:
        """What we said, in seconds after the answer."""
        return tuple(spoken(self.steps, min(self.lasted, self.ours_lasts)))

    def rehearse(self) -> None:
        """Make the sound of what we shall say, which may take a moment, before anybody answers."""
        for step in self.steps:
            _ = step.seconds

    def elapsed(self) -> float:
        """Real seconds since it was placed."""
        return time.monotonic() - self._real

    def at(self, seconds: float | None) -> dt.datetime | None:
        """A moment of the call in practice time: when it was placed, and real seconds since."""
        return None if seconds is None else self.placed_at + dt.timedelta(seconds=seconds)

    def is_dialled(self) -> None:
        """Its turn has come."""
        self.changes.put_nowait(Change("initiated", self.elapsed()))

    def is_now(self, status: Status) -> float:
        """Enter a status; the moment at which it was entered."""
        self.status, self.updated = status, self.elapsed()
        self.changes.put_nowait(Change(status, self.updated))
        return self.updated

    def tally(self) -> dict[str, object]:
        """What the council's side counted. It may have to make the sound of what was heard first."""
        ring = None if self.rang is None or self.answered is None else self.answered - self.rang
        said = self.said
        answered_by = self.manner if self.manner is not None and self.answered is not None else None
        return {
            "council": self.council,
            "sid": self.sid,
            "to": self.to,
            "from": self.caller,
            "at": self.placed_at.isoformat(),
            "outcome": _IN_WORDS.get(self.status, "going on"),
            "ring_s": ring,
            "talked_s": None if self.answered is None else self.lasted,
            "ended_by": self.ended_by,
            "answered_by": answered_by.answered_by if answered_by is not None else None,
            "said": " ".join(dict.fromkeys(one.words for one in said)),
            "said_after_s": said[0].begins if said else None,
            "silent": self.answered is not None and self.ended is not None and not said,
            **met(answered_by, said, self.lasted),
            "direction": self.direction,
            "answers": self.answers,
            "call_back_at": None if self.call_back_at is None else self.call_back_at.isoformat(),
            "recorded": self.record and self.answered is not None,
            "recording_kept": self.recorded,
        }
