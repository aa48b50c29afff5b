"""When somebody first spoke, in the time of the call: from seconds of a recording to moments. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from probes.phone.greeting import Heard
from probes.phone.heard import THRESHOLD, Facts
from probes.phone.listening import Listened
from results.schema import Moment, Why

FACTS: Mapping[str, str] = {"phone.time_to_person": "seconds from dialling to the first word of a person"}

_ONSET = 0.05  # seconds; a beginning of sound is found to within 34 ms in 95 of 100 clips
_WORD = 0.5  # seconds; the model tells when a word began to within that
_WIDEST = 6.0  # seconds between the bounds of a time to a person that is still worth telling
_SOURCE = "heard on the recording, which began between the answer and the call's end less its length"


def moments(found: Listened, answered: Moment, ended: Moment, threshold: float = THRESHOLD) -> dict[str, Moment]:
    """`first_speech` and `first_person`, those that were heard.

    A recording begins at the answer or, at a slow carrier, after it; it is over when the call is. So it began at the
    earliest with the lower bound of the answer, and at the latest its own length before the upper bound of the end.
    """
    latest = max(answered.upper, ended.upper - dt.timedelta(seconds=found.lasted))
    told: dict[str, Moment] = {}
    for name, heard_at in (("first_speech", found.first_speech), ("first_person", _person(found.heard, threshold))):
        if heard_at is None:
            continue
        at, within = _sounded(heard_at, found)
        earliest = answered.lower + dt.timedelta(seconds=max(0.0, at - within))
        upper = max(earliest, latest + dt.timedelta(seconds=at + within))
        told[name] = Moment(lower=earliest, upper=upper, source=_SOURCE)
    return told


def time_to_person(told: Mapping[str, Moment], found: Heard, threshold: float = THRESHOLD) -> Facts:
    """`FACTS`, from the call's moments."""
    name = "phone.time_to_person"
    if found.answer.confidence < threshold:
        return Facts({name: None}, {name: (Why.NEEDS_REVIEW, "what answered was not clear; it needs a listener")})
    if "first_person" not in told:
        return Facts({name: None}, {name: (Why.NOT_APPLICABLE, "no person was reached")})
    initiated, person = told["initiated"], told["first_person"]
    least = (person.lower - initiated.upper).total_seconds()
    most = (person.upper - initiated.lower).total_seconds()
    if most - least > _WIDEST:
        reason = f"it took between {least:.0f} and {most:.0f} seconds; the call was not watched all the time"
        return Facts({name: None}, {name: (Why.NEEDS_REVIEW, reason)})
    return Facts({name: round((least + most) / 2, 1)}, {})


def _person(heard: Heard, threshold: float) -> float | None:
    """When a person surely spoke first, in seconds of the recording."""
    if heard.answer.confidence < threshold:
        return None
    return next((part.start for part in heard.parts if part.kind == "person" and part.confidence >= threshold), None)


def _sounded(heard_at: float, found: Listened) -> tuple[float, float]:
    """When the sound of a word began, and to within what: to that of the sound where one begins beside it."""
    near = min((start for start, _ in found.sounds), key=lambda start: abs(start - heard_at), default=None)
    if near is None or abs(near - heard_at) > _WORD:
        return heard_at, _WORD
    return near, _ONSET
