"""The telephone probe: places real calls through a carrier, times the answer, and never leaves anybody in silence.

One task watches all calls in flight. What was seen becomes facts in `probes.phone.moments`; a provider is one file in
`carriers`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType

from probes import Archive, Errand, Journal
from probes.clock import Clock
from probes.guard import Effect, Guard
from probes.phone.carriers import FINAL, CallNow, Carrier, CarrierDown, CarrierRefused, Status
from probes.phone.moments import Look, observe
from probes.phone.recordings import bring_home
from probes.phone.speech import TEXTS, speech
from results.schema import Channel, Evidence, Moment, Observation

__all__ = ["FACTS", "PhoneProbe", "Unfinished"]

FACTS: Mapping[str, str] = {
    "phone.outcome": "answered, engaged, no_reply or number_not_in_use; of several attempts, the one that counts",
    "phone.answered": "anything answered: a person or a voice that nobody has listened to yet",
    "phone.answered_by": "person, ivr, queue_then_person, voicemail, recorded_message_ends, fax_or_data or "
    "wrong_organisation; nobody knows without listening",
    "phone.contactable": "answered at the first attempt",
    "phone.attempts": "attempts that measured something",
    "phone.engaged_attempts": "attempts that met an engaged tone before one got through",
    "phone.gave_up": "it rang for as long as the scenario lets it, and nobody answered",
    "phone.post_dial_delay": "seconds from dialling to ringing; may be the carrier's doing",
    "phone.rings": "UK rings before the answer: floor(seconds / 3) + 1",
    "phone.number_works": "the number is in service",
    "phone.low_cost": "free, or charged as an ordinary call",
}

_LOOK_EVERY = 0.25  # seconds, real ones
_LONGEST_AFTER_RINGING = 120.0  # seconds: our message, and time for the carrier to say so
_MARGIN = 20  # calls of others on the same account that may lie between ours in its list


class Unfinished(Exception):
    """The call may have been placed, or is still going on, and could not be followed. `adopt` it later."""


@dataclass
class _Followed:
    """A call in flight. Its moments are `began` plus real seconds, however fast the practice clock runs."""

    began: dt.datetime
    stopwatch: float
    ordinal: int
    looks: list[Look] = field(default_factory=list)
    exact: dict[Status, dt.datetime] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def at(self, stopwatch: float) -> dt.datetime:
        return self.began + dt.timedelta(seconds=stopwatch - self.stopwatch)

    def see(self, call: CallNow, asked: float, told: float) -> None:
        self.looks.append(Look(call.status, self.at(asked), self.at(told)))
        self.exact.update(call.exact)
        if call.status in FINAL:
            self.over.set()


class PhoneProbe:
    """Calls one line at a time. Open it with `async with`: that is when it begins to watch."""

    channel: Channel = "phone"
    facts = FACTS

    def __init__(
        self,
        carrier: Carrier,
        guard: Guard,
        journal: Journal,
        archive: Archive,
        clock: Clock,
        caller: str,
        texts: Mapping[str, str] = TEXTS,
    ) -> None:
        self._carrier = carrier
        self._guard = guard
        self._journal = journal
        self._archive = archive
        self._clock = clock
        self._caller = caller
        self._texts = texts
        self._followed: dict[str, _Followed] = {}
        self._calls = 0
        self._some = asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None

    async def __aenter__(self) -> PhoneProbe:
        self._watcher = asyncio.create_task(self._watch(), name="watching calls")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)

    async def knock(self, errand: Errand) -> Observation:
        """Ring the line, say who is calling on any answer, and tell what happened.

        Raises `probes.guard.Refused`, or `Unfinished` when the carrier cannot say what became of the call.
        """
        effect = Effect(
            "call",
            errand.organisation.id,
            errand.target,
            errand.shop,
            in_hours=errand.scenario.in_hours,
            ring_for=errand.scenario.ring_for,
            leaves_message=errand.scenario.leave_message,
        )
        recorded = _recorded(errand)
        caller = errand.caller or self._caller
        words = speech(errand, caller, recorded, self._texts)
        async with self._guard.permit(effect):
            asked, began = self._clock.now(), self._clock.stopwatch()
            await self._journal.about_to(errand.shop, errand.reference, asked)
            try:
                call = await self._carrier.place(errand.target, words, errand.scenario.ring_for, recorded, caller)
            except CarrierRefused as error:
                return Observation(facts={}, error=str(error))
            except CarrierDown as error:
                raise Unfinished(str(error)) from None
            took = dt.timedelta(seconds=self._clock.stopwatch() - began)
            initiated = Moment(lower=asked, upper=asked + took, source="carrier's answer to our request")
            await self._journal.done(errand.shop, call, initiated.middle)
            return await self._follow(errand, call, initiated, began)

    async def adopt(self, errand: Errand, call: str, made_at: dt.datetime) -> Observation:
        """Follow a call that an earlier run placed and lost sight of. Its moments have wide bounds, and say so."""
        initiated = Moment(lower=made_at, upper=made_at, source="noted when the call was placed")
        elapsed = (self._clock.now() - made_at).total_seconds()
        return await self._follow(errand, call, initiated, self._clock.stopwatch() - elapsed)

    async def placed_since(self, number: str, since: dt.datetime) -> tuple[CallNow, ...]:
        """Our calls to a number that the carrier has on its list from that moment on. Raises `Unfinished`."""
        try:
            calls = await self._carrier.calls_to(number)
        except CarrierDown as error:
            raise Unfinished(str(error)) from None
        return tuple(call for call in calls if call.created >= since.replace(microsecond=0))

    async def _follow(self, errand: Errand, call: str, initiated: Moment, stopwatch: float) -> Observation:
        self._calls += 1
        followed = self._followed[call] = _Followed(initiated.lower, stopwatch, self._calls)
        self._some.set()
        try:
            # Counted from here, because only now it rings; before that it may have waited long for the line to be free.
            longest = errand.scenario.ring_for + errand.scenario.stay_for + _LONGEST_AFTER_RINGING
            async with asyncio.timeout(longest):
                await followed.over.wait()
        except TimeoutError:
            raise Unfinished("the carrier does not say that the call has ended") from None
        finally:
            del self._followed[call]
        looks = followed.looks
        if not looks or looks[-1].status not in FINAL:
            raise Unfinished("the calls could not be watched any longer")
        failed = looks[-1].status == "failed"
        sip_code = await self._carrier.sip_code(call) if failed else None
        seen = observe(errand.target, initiated, looks, sip_code, errand.scenario.ring_for, followed.exact)
        log = await self._archive.keep(
            "call log", f"{errand.shop}.json", "application/json", _log(call, followed, sip_code)
        )
        sound: tuple[Evidence, ...] = ()
        notes = seen.notes
        if _recorded(errand) and looks[-1].status == "completed":
            sound, gone_wrong = await bring_home(self._carrier, self._archive, call, errand.shop)
            notes += gone_wrong
        told = {"evidence": (log, *sound), "notes": notes, "versions": {"carrier": self._carrier.name}}
        return seen.model_copy(update=told)

    async def _watch(self) -> None:
        """The one task that looks at the carrier's list while any call is in flight."""
        try:
            while True:
                await self._some.wait()
                if not self._followed:
                    self._some.clear()
                    continue
                began = self._clock.stopwatch()
                with suppress(CarrierDown):  # the next look will tell; the bounds widen by themselves
                    await self._look()
                pause = _LOOK_EVERY * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret
                await asyncio.sleep(max(0.0, pause - (self._clock.stopwatch() - began)))
        finally:
            for followed in self._followed.values():
                followed.over.set()

    async def _look(self) -> None:
        oldest = min(followed.ordinal for followed in self._followed.values())
        asked = self._clock.stopwatch()
        calls = {listed.id: listed for listed in await self._carrier.newest(self._calls - oldest + 1 + _MARGIN)}
        told = self._clock.stopwatch()
        for call, followed in list(self._followed.items()):
            if call in calls:
                followed.see(calls[call], asked, told)
            else:  # others on the same account called so often that ours is further down
                asked_alone = self._clock.stopwatch()
                followed.see(await self._carrier.one(call), asked_alone, self._clock.stopwatch())


def _recorded(errand: Errand) -> bool:
    """Whether the register consents to recording; never without."""
    return errand.organisation.consent is not None and errand.organisation.consent.recording


def _log(call: str, followed: _Followed, sip_code: int | None) -> bytes:
    """The call's evidence: each status with the first and last look that saw it, and what was seen on the wire."""
    changes: list[dict[str, str]] = []
    for look in followed.looks:
        if not changes or changes[-1]["status"] != look.status:
            changes.append({"status": look.status, "first_told": look.told.isoformat()})
        changes[-1]["last_asked"] = look.asked.isoformat()
    exact = {status: moment.isoformat() for status, moment in followed.exact.items()}
    return json.dumps({"call": call, "seen": changes, "exact": exact, "sip_code": sip_code}, indent=2).encode()
