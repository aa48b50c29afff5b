"""From looks at the carrier's list to moments and facts. Pure.

A look saw a status at some instant between asking and being told; so every moment gets a lower bound (the last asking
that still saw less) and an upper bound (the first telling that saw it).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberType

from probes.phone.carriers import Status
from results.schema import Fact, Failure, Moment, Observation, Why

RING_SECONDS = 3.0
"""One UK ring: 0.4 s on, 0.2 off, 0.4 on, 2.0 off (BT SIN 350)."""

NOT_IN_USE = frozenset({404, 410, 484, 604})
"""SIP answers that say there is no such number (RFC 3261; 404 not found, 410 gone, 484 incomplete, 604 nowhere)."""

_REACHED: dict[Status, int] = {"queued": 0, "ringing": 1, "in-progress": 2, "completed": 3}
_ENDED = 3
_SOURCE = "carrier's list of calls"
_CHARGED = {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.PERSONAL_NUMBER}


@dataclass(frozen=True)
class Look:
    """The carrier was asked at `asked` and told this status by `told`."""

    status: Status
    asked: dt.datetime
    told: dt.datetime


def observe(
    number: str, initiated: Moment, looks: Sequence[Look], sip_code: int | None, ring_for: float
) -> Observation:
    """What one finished call showed. `looks` in order of time, the last with a final status."""
    end = looks[-1].status
    moments = {"initiated": initiated, "ended": _moment(initiated, looks, _ENDED)}
    if end in ("completed", "no-answer") or any(look.status == "ringing" for look in looks):
        moments["ringing"] = _moment(initiated, looks, 1)
    if end == "completed":
        moments["answered"] = _moment(initiated, looks, 2)
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
    facts: dict[str, Fact] = {
        "phone.outcome": "answered",
        "phone.answered": True,
        "phone.contactable": True,
        "phone.number_works": True,
        "phone.low_cost": low_cost(number),
        "phone.rings": None,
    }
    unknown = {}
    if most - least <= RING_SECONDS:
        facts["phone.rings"] = math.floor((least + most) / 2 / RING_SECONDS) + 1
    else:
        reason = f"it rang between {least:.1f} and {most:.1f} seconds; the call was not watched all the time"
        unknown["phone.rings"] = (Why.NEEDS_REVIEW, reason)
    note = f"Answered by a person or a voice nobody has listened to yet, after {least:.1f} to {most:.1f} seconds."
    return Observation(facts=facts, unknown=unknown, moments=moments, notes=(note,))


def _failed(number: str, moments: dict[str, Moment], failure: Failure, outcome: str, note: str) -> Observation:
    works = failure is not Failure.NUMBER_NOT_IN_USE
    unknown = {"phone.rings": (Why.NOT_APPLICABLE, "the call was not answered")}
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
            "phone.number_works": True if works else None,
            "phone.low_cost": low_cost(number),
            "phone.rings": None,
        },
        unknown=unknown,
        moments=moments,
        notes=(note,),
        failure=failure,
    )


def _error(moments: dict[str, Moment], error: str) -> Observation:
    return Observation(facts={}, moments=moments, error=error)
