"""What a provider of telephone calls must be able to do. One file a provider beside this one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Status = Literal["queued", "ringing", "in-progress", "completed", "busy", "no-answer", "failed", "canceled"]
FINAL: frozenset[Status] = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})


@dataclass(frozen=True)
class Speech:
    """What we say on a call: `first` the moment anything answers, `again` after it over and over without a pause.

    The call ends `until` seconds after the answer; where that is 0, when `first` has been said.
    """

    first: str
    again: str = ""
    until: float = 0.0


@dataclass(frozen=True)
class CallNow:
    """A call as the carrier lists it at one look.

    `exact`: when it entered a status, from a provider that sees the wire, on the clock of the probes. `caller`: the
    number that a call to us came from; None where it was withheld or the call is ours. `told`: when a provider that
    tells of changes first told of each, so that none was later; readings of the probes' stopwatch.
    """

    id: str
    to: str
    status: Status
    created: dt.datetime
    exact: Mapping[Status, dt.datetime] = field(default_factory=dict)
    caller: str | None = None
    told: Mapping[Status, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Recording:
    """The sound of a call, kept at the carrier. `started`: the first sample, to the carrier's resolution."""

    id: str
    call: str
    started: dt.datetime | None
    seconds: float


class CarrierDown(Exception):
    """The carrier did not answer, or answered that it cannot now. Whether a call was placed is not known."""


class CarrierRefused(Exception):
    """The carrier said no: the call was certainly not placed."""


Still = Callable[[], Awaitable[None]]
"""Asks once more whether a call may be placed, and raises when it may not."""


class Pace(Protocol):
    """Whose turn it is to place a call, of all who call through one account of a carrier."""

    async def next_call(self, account: str, gap: float) -> float:
        """Take the next turn, `gap` real seconds after the last. 0.0: it is taken; else the seconds until it comes."""


class Carrier(Protocol):
    """A provider of calls."""

    name: str
    lists_calls: bool
    """Whether it still tells of a call after we have crashed; else nobody can know whether one was placed."""

    async def place(
        self,
        number: str,
        speech: Speech,
        ring_for: float,
        record: bool = False,
        caller: str | None = None,
        still: Still | None = None,
    ) -> str:
        """Dial, speak the moment anything answers, hang up when all is said. Returns the call's id.

        `ring_for`: seconds. `record`: from the answer to the end, both sides. `caller`: which of our own numbers is
        shown; None: the account's first. `still`: awaited when nothing is left to wait for, right before it is dialled;
        what it raises keeps it from being dialled. Never dials twice. Raises `CarrierRefused` or `CarrierDown`.
        """

    async def newest(self, count: int) -> Sequence[CallNow]:
        """The calls placed last, newest first. Raises `CarrierDown`."""

    async def one(self, call: str) -> CallNow:
        """One call of ours. Raises `CarrierDown`."""

    async def since(self, moment: dt.datetime) -> Sequence[CallNow]:
        """The calls placed from that moment on, newest first. Raises `CarrierDown`."""

    async def sip_code(self, call: str) -> int | None:
        """The network's last answer to a call that failed (404: no such number), or None where it is not told."""

    async def recordings(self, call: str) -> Sequence[Recording]:
        """What was recorded of a call and is ready; empty while it is not. Raises `CarrierDown`."""

    async def audio(self, recording: Recording) -> bytes:
        """A recording as WAV, 8 kHz; of two channels the first is the called party's. Raises `CarrierDown`."""

    async def forget(self, recording: Recording) -> None:
        """Delete a recording at the carrier; one that is gone already is no error. Raises `CarrierDown`."""

    async def inbound(self, since: dt.datetime) -> Sequence[CallNow]:
        """Calls to our own numbers from that moment on, newest first; `to` is the one. Raises `CarrierDown`."""
