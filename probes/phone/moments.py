"""From looks at the carrier's list to moments and facts. Pure.

A look saw a status at some instant between asking and being told; so every moment gets a lower bound (the last asking
that still saw less) and an upper bound (the first telling that saw it). A provider that sees the wire tells moments
exactly, and those are used as they are. Who or what answered is not known here: that takes somebody who listens.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberType

from probes.phone.carriers import Status
from results.schema import Fact, Failure, Moment, Observation, Why

RING_SECONDS = 3.0
"""One UK ring: 0.4 s on, 0.2 off, 0.4 on, 2.0 off (BT SIN 350)."""

NOT_IN_USE = frozenset({404, 410, 484, 604})
"""SIP answers that say there is no such number (RFC 3261; 404 not found, 410 gone, 484 incomplete, 604 nowhere)."""

FACTS: Mapping[str, str] = {
    "phone.outcome": "answered where nobody listened, else as phone.answered_by; or engaged, no_reply or "
    "number_not_in_use; of several attempts, the one that counts",
    "phone.contactable": "a person was reached at the first attempt in office hours; an answer that nobody listened to "
    "counts",
    "phone.gave_up": "it rang, or held us in a queue, for as long as the scenario lets it, and nobody answered",
    "phone.answered": "anything answered",
    "phone.attempts": "attempts that measured something",
    "phone.engaged_attempts": "attempts that met an engaged tone before one got through",
    "phone.post_dial_delay": "seconds from dialling to ringing; may be the carrier's doing",
    "phone.rings": "UK rings before the answer: floor(seconds / 3) + 1",
    "phone.number_works": "the number is in service",
    "phone.low_cost": "free, or charged as an ordinary call",
}
"""What watching tells alone; listening may change outcome, contactability and giving up, in `answered`."""

EXACTLY = dt.timedelta(milliseconds=5)
"""How far from the truth a moment may be that a provider noted on the wire; measured: median 0.4 ms."""

_WIDEST_DELAY = 2.0  # seconds between the bounds of a post-dial delay that is still worth telling
_REACHED: dict[Status, int] = {"queued": 0, "ringing": 1, "in-progress": 2, "completed": 3}
_ENDED = 3
_SOURCE = "carrier's list of calls"
_TOLD = "carrier's callback, and its list of calls"
_WIRE = "our own telephone, on the wire"
_CHARGED = {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.PERSONAL_NUMBER}


@dataclass(frozen=True)
class Look:
    """The carrier was asked at `asked` and told this status by `told`."""

    status: Status
    asked: dt.datetime
    told: dt.datetime


def observe(
    number: str,
    initiated: Moment,
    looks: Sequence[Look],
    sip_code: int | None,
    ring_for: float,
    exact: Mapping[Status, dt.datetime] = {},
    told: Mapping[Status, dt.datetime] = {},
) -> Observation:
    """What one finished call showed. `looks` in order of time, the last with a final status.

    `exact`: when it entered a status, where the provider saw it on the wire. `told`: by when at the latest, where the
    carrier told us.
    """
    end = looks[-1].status

    def moment(status: Status, reached: int) -> Moment:
        if status in exact:
            return Moment(lower=exact[status] - EXACTLY, upper=exact[status] + EXACTLY, source=_WIRE)
        looked = _moment(initiated, looks, reached)
        upper = told.get(status, looked.upper)
        return Moment(lower=looked.lower, upper=upper, source=_TOLD) if looked.lower <= upper < looked.upper else looked

    moments = {"initiated": initiated, "ended": moment(end, _ENDED)}
    rang = {"ringing"} & {*exact, *told, *(look.status for look in looks)}
    if end in ("completed", "no-answer") or rang:
        moments["ringing"] = moment("ringing", 1)
    if end == "completed":
        moments["answered"] = moment("in-progress", 2)
        return _answered(number, moments)
    if end == "busy":
        return _failed(number, moments, Failure.ENGAGED, "engaged", "The line was engaged.")
    if end == "no-answer":
        note = f"Nobody answered in {ring_for:g} seconds."
        return _failed(number, moments, Failure.NO_REPLY, "no_reply", note)
    if end == "failed" and sip_code in NOT_IN_USE:
        note = f"The network says that there is no such number (SIP {sip_code})."
        return _failed(number, moments, Failure.NUMBER_NOT_IN_USE, "number_not_in_use", note)
    if end == "failed":
        why = f"SIP {sip_code}" if sip_code else "it did not say why"
        return _error(moments, f"the carrier could not complete the call: {why}; ring the number by hand")
    return _error(moments, "the call was cancelled before it ended")


def seconds_to_answer(moments: dict[str, Moment]) -> tuple[float, float]:
    """The least and the most that it can have rung, in seconds."""
    ringing, answered = moments["ringing"], moments["answered"]
    least = max(0.0, (answered.lower - ringing.upper).total_seconds())
    return least, (answered.upper - ringing.lower).total_seconds()


def seconds_to_ring(moments: Mapping[str, Moment]) -> tuple[float, float] | None:
    """Post-dial delay: the least and the most from dialling to ringing, in seconds; None when it never rang."""
    if "ringing" not in moments:
        return None
    initiated, ringing = moments["initiated"], moments["ringing"]
    least = max(0.0, (ringing.lower - initiated.upper).total_seconds())
    return least, max(least, (ringing.upper - initiated.lower).total_seconds())


def low_cost(number: str) -> bool:
    """Whether a number is free or charged as an ordinary call: 01, 02, 03, 0800, 0808."""
    return phonenumbers.number_type(phonenumbers.parse(number)) not in _CHARGED


def _moment(initiated: Moment, looks: Sequence[Look], reached: int) -> Moment:
    lower = initiated.lower
    for look in looks:
        if _REACHED.get(look.status, _ENDED) >= reached:
            return Moment(lower=lower, upper=look.told, source=_SOURCE)
        lower = max(lower, look.asked)
    raise ValueError("the looks do not reach that moment")


def _answered(number: str, moments: dict[str, Moment]) -> Observation:
    least, most = seconds_to_answer(moments)
    delay, untimed, notes = _delay(moments)
    facts: dict[str, Fact] = {
        "phone.outcome": "answered",
        "phone.answered": True,
        "phone.contactable": True,
        "phone.attempts": 1,
        "phone.engaged_attempts": 0,
        "phone.gave_up": False,
        "phone.number_works": True,
        "phone.low_cost": low_cost(number),
        "phone.post_dial_delay": delay,
        "phone.rings": None,
    }
    unknown = dict(untimed)
    if most - least <= RING_SECONDS:
        facts["phone.rings"] = math.floor((least + most) / 2 / RING_SECONDS) + 1
    else:
        reason = f"it rang between {least:.1f} and {most:.1f} seconds; the call was not watched all the time"
        unknown["phone.rings"] = (Why.NEEDS_REVIEW, reason)
    note = f"Answered after {least:.1f} to {most:.1f} seconds."
    return Observation(facts=facts, unknown=unknown, moments=moments, notes=(note, *notes))


def _failed(number: str, moments: dict[str, Moment], failure: Failure, outcome: str, note: str) -> Observation:
    works = failure is not Failure.NUMBER_NOT_IN_USE
    delay, unknown, notes = _delay(moments)
    unknown["phone.rings"] = (Why.NOT_APPLICABLE, "the call was not answered")
    if failure is not Failure.NO_REPLY:
        unknown["phone.gave_up"] = (Why.NOT_APPLICABLE, "there was nothing to wait for")
    if not works:
        unknown["phone.number_works"] = (
            Why.NEEDS_REVIEW,
            "the network says it is not in use; that is reported as a No only when a second day confirms it",
        )
    return Observation(
        facts={
            "phone.outcome": outcome,
            "phone.answered": False,
            "phone.contactable": False,
            "phone.attempts": 1,
            "phone.engaged_attempts": int(failure is Failure.ENGAGED),
            "phone.gave_up": True if failure is Failure.NO_REPLY else None,
            "phone.number_works": True if works else None,
            "phone.low_cost": low_cost(number),
            "phone.post_dial_delay": delay,
            "phone.rings": None,
        },
        unknown=unknown,
        moments=moments,
        notes=(note, *notes),
        failure=failure,
    )


def _delay(moments: dict[str, Moment]) -> tuple[float | None, dict[str, tuple[Why, str]], tuple[str, ...]]:
    """The post-dial delay with the reason where there is none, and its bounds in words."""
    between = seconds_to_ring(moments)
    if between is None:
        return None, {"phone.post_dial_delay": (Why.NOT_APPLICABLE, "it did not ring")}, ()
    least, most = between
    if most - least > _WIDEST_DELAY:
        return None, {"phone.post_dial_delay": (Why.NOT_APPLICABLE, "the call was not watched while it was set up")}, ()
    note = f"It rang {least:.1f} to {most:.1f} seconds after it was dialled; that may be our own carrier's doing."
    return round((least + most) / 2, 2), {}, (note,)


def _error(moments: dict[str, Moment], error: str) -> Observation:
    return Observation(facts={}, moments=moments, error=error)
