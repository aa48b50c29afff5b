"""The telephone probe: places real calls through a carrier, times the answer, and never leaves anybody in silence.

One task watches all calls in flight. What was seen becomes facts in `probes.phone.moments`, what was heard on a
recording in `answered`, `heard`, `timeline` and `messages`, and `whole` puts them together; a provider is one file in
`carriers`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType

from probes import Archive, Errand, Journal
from probes.clock import Clock
from probes.guard import Effect, Guard
from probes.phone.carriers import FINAL, CallNow, Carrier, CarrierDown, CarrierRefused, Speech, Status
from probes.phone.listening import Ear, Listened, proposals, transcript
from probes.phone.moments import Look, observe
from probes.phone.recordings import Brought, bring_home
from probes.phone.speech import TEXTS, speech
from probes.phone.whole import FACTS, NO_LISTENER, NOT_RECORDED, Unheard, whole
from results.schema import Channel, Evidence, Moment, Observation, Why

__all__ = ["FACTS", "PhoneProbe", "Unfinished"]

_LOOK_EVERY = 0.25  # seconds, real ones
_LONGEST_AFTER_RINGING = 120.0  # seconds: our message, and time for the carrier to say so
_MARGIN = 20  # calls of others on the same account that may lie between ours in its list
_MOST_OTHERS = 1000  # of them; ours that lie further down are asked for one by one


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
    told: dict[Status, dt.datetime] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def at(self, stopwatch: float) -> dt.datetime:
        return self.began + dt.timedelta(seconds=stopwatch - self.stopwatch)

    def see(self, call: CallNow, asked: float, told: float) -> None:
        self.looks.append(Look(call.status, self.at(asked), self.at(told)))
        self.exact.update(call.exact)
        self.told.update({status: self.at(reading) for status, reading in call.told.items()})
        if call.status in FINAL:
            self.over.set()


class PhoneProbe:
    """Calls one line at a time. Open it with `async with`: that is when it begins to watch.

    `ear`: listens to what was recorded; None: nothing here can.
    """

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
        ear: Ear | None = None,
    ) -> None:
        self._carrier = carrier
        self._guard = guard
        self._journal = journal
        self._archive = archive
        self._clock = clock
        self._caller = caller
        self._texts = texts
        self._ear = ear
        self._followed: dict[str, _Followed] = {}
        self._calls = 0
        self._others = _MARGIN
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
            longest=_longest(errand),
        )
        caller, words = self._says(errand)
        async with self._guard.permit(effect):
            asked, began = self._clock.now(), self._clock.stopwatch()
            await self._journal.about_to(errand.shop, errand.reference, asked)
            try:
                call = await self._carrier.place(
                    errand.target,
                    words,
                    errand.scenario.ring_for,
                    _recorded(errand),
                    caller,
                    lambda: self._guard.still(effect),
                )
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
            async with asyncio.timeout(_longest(errand)):
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
        seen = observe(
            errand.target, initiated, looks, sip_code, errand.scenario.ring_for, followed.exact, followed.told
        )
        log = await self._archive.keep(
            "call log", f"{errand.shop}.json", "application/json", _log(call, followed, sip_code)
        )
        brought = None
        if _recorded(errand) and looks[-1].status == "completed":
            brought = await bring_home(self._carrier, self._archive, call, errand.shop)
        return await self._told(errand, seen, log, brought)

    async def _told(self, errand: Errand, seen: Observation, log: Evidence, brought: Brought | None) -> Observation:
        """The call as it was watched, with what was heard on it and the evidence for both."""
        evidence, notes = [log], seen.notes
        found: Listened | Unheard | None = None
        if brought is not None:
            evidence += brought.kept
            found = await self._heard(errand, brought)
            notes += brought.notes
        elif seen.facts.get("phone.answered"):
            found = Unheard(*NOT_RECORDED)
        if isinstance(found, Listened):
            keep, name = self._archive.keep, errand.shop
            evidence.append(await keep("transcript", f"{name}.txt", "text/plain", transcript(found)))
            evidence.append(await keep("heard", f"{name}.heard.json", "application/json", proposals(found)))
        told = {"evidence": tuple(evidence), "notes": notes, "versions": {"carrier": self._carrier.name}}
        _, words = self._says(errand)
        return whole(seen.model_copy(update=told), errand, words, found)

    async def _heard(self, errand: Errand, brought: Brought) -> Listened | Unheard:
        """A recording that cannot be listened to never loses the call."""
        if not brought.sounds:
            where = "it is still at the carrier" if brought.left_behind else "the carrier had none"
            why = Why.NEEDS_REVIEW if brought.left_behind else Why.NOT_APPLICABLE
            return Unheard(why, f"there is no recording here: {where}")
        if self._ear is None:
            return Unheard(*NO_LISTENER)
        try:
            return await self._ear.hear(brought.sounds[0], errand.organisation)
        except Exception as error:  # whatever a model may raise: the recording is kept, and a person can listen
            return Unheard(Why.NEEDS_REVIEW, f"needs a listener: {type(error).__name__}: {error}"[:300])

    def _says(self, errand: Errand) -> tuple[str, Speech]:
        """The number of ours that is shown, and what is said."""
        caller = errand.caller or self._caller
        return caller, speech(errand, caller, _recorded(errand), self._texts)

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
        ours = self._calls - oldest + 1
        calls = {listed.id: listed for listed in await self._carrier.newest(ours + self._others)}
        told = self._clock.stopwatch()
        self._others = self._others_between(list(calls), ours)
        for call, followed in list(self._followed.items()):
            if call in calls:
                followed.see(calls[call], asked, told)
            else:  # others on the same account called so often that ours is further down
                asked_alone = self._clock.stopwatch()
                followed.see(await self._carrier.one(call), asked_alone, self._clock.stopwatch())

    def _others_between(self, listed: Sequence[str], ours: int) -> int:
        """For how many calls of others the next look makes room: other workers place as many as we do."""
        if self._followed.keys() <= set(listed):
            deepest = max((place for place, call in enumerate(listed, 1) if call in self._followed), default=0)
            return max(0, deepest - ours) + _MARGIN
        return min(2 * self._others, _MOST_OTHERS)


def _longest(errand: Errand) -> float:
    """Real seconds after which a call is certainly over."""
    return errand.scenario.ring_for + errand.scenario.stay_for + _LONGEST_AFTER_RINGING


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
