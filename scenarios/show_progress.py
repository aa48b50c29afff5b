"""What `doorstep plan freeze` and `doorstep plan progress` print: what was promised, and how that stands."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.markup import escape

from results import words
from results.channels import ABOUT
from results.plans import Kind, Place, Promise, Standing
from scenarios.show import out
from scenarios.show_plan import altogether, caps_leave, hours, not_ranked, table_of
from scenarios.still_possible import Possible


@dataclass(frozen=True)
class Progress:
    """A frozen plan beside what was done. `begun`: whether the wave has been planned, so that it can be run."""

    promise: Promise
    places: Mapping[Place, Standing]
    kinds: Mapping[Kind, Standing]
    names: Mapping[str, str]
    possible: Mapping[Place, Possible]
    calls_within_caps: float
    fieldwork_until: dt.date
    today: dt.date
    begun: bool

    def can(self, place: Place) -> int:
        """How many of what is missing there can still be made."""
        there = self.possible.get(place)
        return min(self.places[place].missing, there.fit) if there else 0

    def reaches(self, place: Place) -> int:
        """How many contacts there will be in the end, if all that can be made are."""
        one = self.places[place]
        return one.done + one.awaited + self.can(place)


def frozen(promise: Promise) -> None:
    """That a plan was kept."""
    plan = promise.plan
    again = f", its {words.ordinal(promise.number)}: {promise.why}" if promise.number > 1 else ""
    out.print(f"The plan of {plan.title} is frozen{again}. {altogether(plan)}", markup=False, soft_wrap=True)
    out.print(f"How it stands: doorstep plan progress {plan.wave}", markup=False, soft_wrap=True)


def promise_json(promise: Promise) -> dict[str, Any]:
    """The same for machines."""
    return {
        "number": promise.number,
        "at": promise.at,
        "why": promise.why,
        "plan": promise.plan.model_dump(mode="json"),
    }


def progress(told: Progress) -> None:
    """Tables by organisation and by what is asked, and what can still be done."""
    title = f"{told.promise.plan.title}: the plan of {words.moment(told.promise.at)}"
    states = ("Promised", "Done", "Awaited", "Waiting", "Refused", "Failed")
    table = table_of(title, "Organisation", "Channel", *states, "Still possible", "What cannot be made")
    last = ""
    for (organisation, channel), one in told.places.items():
        there = told.possible.get((organisation, channel))
        possible = str(told.can((organisation, channel))) if one.missing else ""
        name = told.names.get(organisation, organisation) if organisation != last else ""
        why = escape("\n".join(_why(told, (organisation, channel), there)))
        table.add_row(escape(name), ABOUT[channel].name, *_counts(one), possible, why)
        last = organisation
    out.print(table)
    table = table_of("By what is asked", "Channel", "Hours", "Asked about", *states)
    for (channel, asked, inside), one in told.kinds.items():
        table.add_row(ABOUT[channel].name, hours(channel, inside), escape(asked), *_counts(one))
    out.print(table)
    for line in progress_lines(told):
        out.print(line, markup=False, soft_wrap=True)


def _counts(one: Standing) -> tuple[str, ...]:
    return tuple(str(n or "") for n in (one.promised, one.done, one.awaited, one.waiting, one.refused, one.failed))


def _why(told: Progress, place: Place, there: Possible | None) -> tuple[str, ...]:
    """Why what is missing there cannot be made, a reason a line."""
    one = told.places[place]
    cannot = one.missing - told.can(place)
    if not cannot:
        return ()
    reasons = list(there.why) if there else []
    if one.refused:
        reasons.append(f"{one.refused}: refused; put the register right, and the next run makes them")
    if one.failed:
        reasons.append(f"{one.failed}: could not be measured, or set aside")
    gone = cannot - one.refused - one.failed - (there.waiting - there.fit if there else 0)
    if gone > 0:
        reasons.append(f"{gone}: no longer in the programme")
    return tuple(reasons)


def progress_lines(told: Progress) -> list[str]:
    """How the whole plan stands, in sentences."""
    plan = told.promise.plan
    done, awaited, missing, promised = (
        sum(getattr(one, name) for one in told.places.values()) for name in ("done", "awaited", "missing", "promised")
    )
    can = sum(map(told.can, told.places))
    lines = []
    if told.promise.number > 1:
        lines.append(f"This is the {words.ordinal(told.promise.number)} plan: {told.promise.why}.")
    await_words = f", and {awaited} {'awaits' if awaited == 1 else 'await'} an answer" if awaited else ""
    lines.append(f"Promised: {words.count(promised, 'contact')}. Made and counted: {done}{await_words}.")
    last = words.day(told.fieldwork_until)
    if not missing:
        lines.append("Everything that was promised has been made.")
    elif told.today > told.fieldwork_until:
        lines.append(f"Missing: {missing}; fieldwork ended on {last}, so they will not be made.")
    else:
        days = (told.fieldwork_until - max(told.today, plan.fieldwork_from)).days + 1
        cannot = missing - can
        rest = "all of them can still be made" if not cannot else f"{can} can still be made and {cannot} cannot"
        lines.append(
            f"Missing: {missing}; {rest} before fieldwork ends on {last} ({words.count(days, 'day')} of fieldwork "
            "left), at one attempt each."
        )
    lines += caps_leave(told.possible, told.calls_within_caps) if told.today <= told.fieldwork_until else []
    lines += not_ranked(told.names, {place: told.reaches(place) for place, one in told.places.items() if one.promised})
    if not told.begun:
        lines.append(f"The wave has not begun: doorstep run {plan.wave}")
    if told.fieldwork_until != plan.fieldwork_until:
        lines.append(f"Promised was fieldwork until {words.day(plan.fieldwork_until)}.")
    return lines


def progress_json(told: Progress) -> dict[str, Any]:
    """The same for machines."""
    return {
        "wave": told.promise.plan.wave,
        "plan": {"number": told.promise.number, "at": told.promise.at, "why": told.promise.why},
        "places": [
            {
                "organisation": place[0],
                "channel": place[1],
                **one.model_dump(),
                "missing": one.missing,
                "still_possible": told.can(place),
                "cannot": list(_why(told, place, told.possible.get(place))),
            }
            for place, one in told.places.items()
        ],
        "kinds": [
            {"channel": channel, "asked": asked, "in_hours": inside, **one.model_dump()}
            for (channel, asked, inside), one in told.kinds.items()
        ],
        "calls_within_caps": None if math.isinf(told.calls_within_caps) else told.calls_within_caps,
        "said": progress_lines(told),
    }
