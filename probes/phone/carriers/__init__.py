"""What a provider of telephone calls must be able to do. One file a provider beside this one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Status = Literal["queued", "ringing", "in-progress", "completed", "busy", "no-answer", "failed", "canceled"]
FINAL: frozenset[Status] = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})


@dataclass(frozen=True)
class CallNow:
    """A call as the carrier lists it at one look."""

    id: str
    to: str
    status: Status
    created: dt.datetime


class CarrierDown(Exception):
    """The carrier did not answer, or answered that it cannot now. Whether a call was placed is not known."""


class CarrierRefused(Exception):
    """The carrier said no: the call was certainly not placed."""


class Carrier(Protocol):
    """A provider of calls."""

    name: str

    async def place(self, number: str, words: str, ring_for: float) -> str:
        """Dial, speak `words` the moment anything answers, hang up after them. Returns the call's id.

        `ring_for`: seconds. Raises `CarrierRefused` or `CarrierDown`.
        """

    async def newest(self, count: int) -> Sequence[CallNow]:
        """The calls placed last, newest first. Raises `CarrierDown`."""

    async def one(self, call: str) -> CallNow:
        """One call of ours. Raises `CarrierDown`."""

    async def calls_to(self, number: str) -> Sequence[CallNow]:
        """Our latest calls to one number, newest first. Raises `CarrierDown`."""

    async def sip_code(self, call: str) -> int | None:
        """The network's last answer to a call that failed (404: no such number), or None where it is not told."""
