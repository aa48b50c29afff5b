"""When a number is tried again, and what several attempts show together. Pure.

Engaged and no reply are tried again after a while; "not in use" is confirmed on a second working day. The first attempt
alone decides contactability; the later ones say whether a caller who tries again gets through. Who keeps the attempts
and makes the calls does not live here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from probes.phone.hours import next_allowed
from results.calendar import LONDON, Calendar
from results.schema import Fact, Failure, Observation, Scenario, Why

MOST_ATTEMPTS = 3
AFTER_ENGAGED = dt.timedelta(minutes=30)
AFTER_NO_REPLY = dt.timedelta(hours=2)

_SECOND_DAY = "the network says it is not in use; that is reported as a No only when a second day confirms it"


def again(
    attempts: Sequence[Observation], scenario: Scenario, now: dt.datetime, calendar: Calendar
) -> dt.datetime | None:
    """When to try again after these attempts, oldest first; None when there is nothing more to learn.

    `calendar`: the organisation's office hours. In-hours scenarios are tried again only while its offices are open and
    calls are made at all; out-of-hours ones only while they are closed, and not at night. An attempt that measured
    nothing is not made up for here.
    """
    most = min(MOST_ATTEMPTS, scenario.attempts)
    if not attempts or len(attempts) >= most or attempts[-1].error is not None:
        return None
    failure = attempts[-1].failure
    if failure is Failure.NUMBER_NOT_IN_USE:
        return None if out_of_use(attempts) else _on_the_next_working_day(now, scenario, calendar)
    if failure is Failure.ENGAGED:
        return _allowed(now + AFTER_ENGAGED, scenario, calendar)
    if failure is Failure.NO_REPLY:
        return _allowed(now + AFTER_NO_REPLY, scenario, calendar)
    return None


def out_of_use(attempts: Sequence[Observation]) -> bool | None:
    """Whether the number is out of use: False as soon as it rang or was engaged once; True when the network said on two
    days that it is not in use, and never anything else; None while that is not known.
    """
    measured = [attempt for attempt in attempts if attempt.error is None]
    if any(attempt.failure is not Failure.NUMBER_NOT_IN_USE for attempt in measured):
        return False
    days = {attempt.moments["ended"].middle.astimezone(LONDON).date() for attempt in measured}
    return True if len(days) > 1 else None


def combine(attempts: Sequence[Observation]) -> Observation:
    """What all attempts of one shop show, oldest first.

    Moments, rings and outcome are those of the attempt that got through, else of the last. Contactable is the first
    attempt alone. Attempts that measured nothing count only when there is no other.
    """
    measured = [attempt for attempt in attempts if attempt.error is None]
    if not measured:
        return attempts[-1]
    if len(attempts) == 1:
        return attempts[0]
    through = next((n for n, attempt in enumerate(measured) if attempt.facts["phone.answered"]), len(measured) - 1)
    chosen = measured[through]
    out = out_of_use(measured)
    facts: dict[str, Fact] = {
        **chosen.facts,
        "phone.contactable": measured[0].facts["phone.contactable"],
        "phone.attempts": len(measured),
        "phone.engaged_attempts": sum(one.failure is Failure.ENGAGED for one in measured[: through + 1]),
        "phone.number_works": None if out is None else not out,
    }
    unknown = {name: why for name, why in chosen.unknown.items() if name != "phone.contactable"}
    unknown |= {name: why for name, why in measured[0].unknown.items() if name == "phone.contactable"}
    if out is None:
        unknown["phone.number_works"] = (Why.NEEDS_REVIEW, _SECOND_DAY)
    elif chosen.failure is None and "phone.number_works" in chosen.unknown:
        facts["phone.number_works"] = None  # a recorded voice said that it is not in use
    else:
        unknown.pop("phone.number_works", None)
    return Observation(
        facts=facts,
        unknown=unknown,
        moments=chosen.moments,
        evidence=tuple(kept for attempt in attempts for kept in attempt.evidence),
        notes=tuple(_numbered(attempts)),
        failure=chosen.failure,
        versions=chosen.versions,
    )


def _numbered(attempts: Sequence[Observation]) -> list[str]:
    notes = []
    for number, attempt in enumerate(attempts, 1):
        told = (f"It measured nothing: {attempt.error}.",) if attempt.error is not None else attempt.notes
        notes += [f"Attempt {number}: {note}" for note in told]
    return notes


def _on_the_next_working_day(now: dt.datetime, scenario: Scenario, calendar: Calendar) -> dt.datetime:
    """At this time of day on the next working day. A day on which the offices are closed may hide a diversion."""
    local = now.astimezone(LONDON)
    day = local.date() + dt.timedelta(days=1)
    while not calendar.is_working_day(day):
        day += dt.timedelta(days=1)
    return _allowed(dt.datetime.combine(day, local.time(), tzinfo=LONDON), scenario, calendar)


def _allowed(moment: dt.datetime, scenario: Scenario, calendar: Calendar) -> dt.datetime:
    return next_allowed(moment, calendar, in_hours=scenario.in_hours)
