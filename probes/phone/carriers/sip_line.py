"""One call over SIP as it goes: its statuses with their moments, and what the network's words mean. No library here."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import phonenumbers

from probes.phone.carriers import FINAL, CallNow, Status
from probes.phone.carriers.sip_sound import Tape

UNANSWERED: tuple[Status, ...] = ("queued", "ringing")
"""Before anybody has taken the call."""

_BUSY = frozenset({486, 600})
_NO_ANSWER = frozenset({408, 480})


@dataclass
class Line:
    """One call, from dialling to its end. `moments` are readings of the stopwatch.

    `gives_up_as`: what an end without a word from the network means. Unless we gave up ringing, it is no fault of the
    called.
    """

    number: str
    created: dt.datetime
    began: float
    caller: str | None = None
    id: str = ""
    status: Status = "queued"
    code: int | None = None
    moments: dict[Status, float] = field(default_factory=dict)
    tape: Tape | None = None
    gives_up_as: Status = "failed"
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def enter(self, status: Status, at: float) -> None:
        """What the network told at a moment. After the end nothing changes any more."""
        if self.status not in FINAL and self.status != status:
            self.status = status
            self.moments.setdefault(status, at)
            self.changed.set()
            self.changed.clear()

    async def leaves(self, statuses: Iterable[Status], seconds: float) -> bool:
        """Wait until the call is in none of these statuses; False when it still is after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.status in statuses:
                    await self.changed.wait()
        return self.status not in statuses

    def at(self, moment: float) -> dt.datetime:
        return self.created + dt.timedelta(seconds=moment - self.began)

    @property
    def now(self) -> CallNow:
        exact = {status: self.at(moment) for status, moment in self.moments.items()}
        return CallNow(self.id, self.number, self.status, self.created, exact, self.caller)


def outcome(line: Line, code: int | None) -> Status:
    """What the end of a call means (RFC 3261, section 21). A code that tells nothing of the line is `failed`."""
    if line.status == "in-progress":
        return "completed"
    if code is None:
        return line.gives_up_as
    if code in _BUSY:
        return "busy"
    return "no-answer" if code in _NO_ANSWER else "failed"


def code_in(reason: str) -> int | None:
    """The status in "486 Busy Here"; None in words of the library's own."""
    found = re.match(r"([3-6]\d\d)\b", reason)
    return int(found[1]) if found else None


def number_in(address: str) -> str | None:
    """The British or foreign number in a SIP address, in E.164; None where there is none, as of a withheld one."""
    found = re.search(r"(?:sips?|tel):(\+?\d{6,})", address)
    try:
        number = phonenumbers.parse(found[1] if found else "", "GB")
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
