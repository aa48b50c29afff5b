"""What `doorstep plan show` prints: what a wave asks for, what fits, what it shows and what it costs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.markup import escape
from rich.table import Table

from results import planning, words
from results.channels import ABOUT
from results.channels import contacts as counted
from results.plans import Kind, Place, Plan, Promise, kind
from results.schema import CHANNELS, Channel
from scenarios.promising import Cost, StaffMinutes
from scenarios.show import out
from scenarios.still_possible import Possible

_NAMED = 5  # organisations named before "and n more"


@dataclass(frozen=True)
class Overview:
    """A wave's plan with all that is said of it. `before`: each channel's first figure, 0..1, as it is thought to be.

    `frozen`: what was promised already. `published`: whether more numbers are rung once websites have been read.
    """

    plan: Plan
    frozen: Promise | None
    before: Mapping[Channel, float]
    possible: Mapping[Place, Possible]
    calls_within_caps: float
    cost: Cost
    staff: StaffMinutes
    published: bool


# ------------------------------------------------------------------------------------------------ what a wave asks for


def overview(told: Overview) -> None:
    """Tables of contacts and of cells, and what they mean in sentences."""
    plan = told.plan
    headings = ("Organisation", "Channel", "Contacts", "Fit into fieldwork", "Base then", "What does not fit")
    table = table_of(plan.title, *headings)
    reached, last = _reached(told), ""
    for (organisation, channel), each in _each(plan).items():
        there = told.possible.get((organisation, channel), Possible(0, 0))
        table.add_row(
            escape(plan.organisations[organisation]) if organisation != last else "",
            ABOUT[channel].name,
            str(each),
            f"{there.fit} of {there.waiting}" if there.waiting else "made" if each else "",
            _base(channel, reached[organisation, channel]),
            escape("\n".join(there.why)),
        )
        last = organisation
    out.print(table)
    _cells(plan)
    for line in _sentences(told):
        out.print(line, markup=False, soft_wrap=True)


def _each(plan: Plan) -> dict[Place, int]:
    """Contacts of each organisation in each channel; nought where an organisation has none in a channel of the wave."""
    channels = [channel for channel in CHANNELS if any(cell.channel == channel for cell in plan.cells)]
    found = {
        (organisation, channel): 0
        for organisation in sorted(plan.organisations, key=lambda id: plan.organisations[id].casefold())
        for channel in channels
    }
    for cell in plan.cells:
        found[cell.organisation, cell.channel] += cell.contacts
    return found


def _reached(told: Overview) -> dict[Place, int]:
    """The same without what does not fit."""
    none = Possible(0, 0)
    return {
        place: each - (told.possible.get(place, none).waiting - told.possible.get(place, none).fit)
        for place, each in _each(told.plan).items()
    }


def _base(channel: Channel, each: int) -> str:
    """What a reader of the report is told of so many contacts."""
    if not each:
        return "nothing"
    return (words.caution(each) or "no warning") if ABOUT[channel].sampled else "the whole website"


def _cells(plan: Plan) -> None:
    table = table_of("What is asked, and when", "Channel", "Hours", "Asked about", "Contacts", "Each organisation")
    for what, (total, least, most) in _kinds(plan).items():
        channel, title, inside = what
        each = str(least) if least == most else f"{least} to {most}"
        table.add_row(ABOUT[channel].name, hours(channel, inside), escape(title), str(total), each)
    out.print(table)


def _kinds(plan: Plan) -> dict[Kind, tuple[int, int, int]]:
    """Contacts of each kind: all, the fewest and the most with one organisation."""
    each: dict[Kind, Counter[str]] = {}
    for cell in plan.cells:
        each.setdefault(kind(cell), Counter())[cell.organisation] += cell.contacts
    ordered = sorted(each, key=lambda one: (CHANNELS.index(one[0]), not one[2], one[1]))
    return {
        one: (
            each[one].total(),
            min(each[one][organisation] for organisation in plan.organisations),
            max(each[one].values()),
        )
        for one in ordered
    }


def hours(channel: Channel, inside: bool) -> str:
    """When contacts of a channel are made, in words."""
    if channel in ("web", "letter"):
        return "any"
    return "in office hours" if inside else "out of hours"


def _sentences(told: Overview) -> list[str]:
    plan = told.plan
    lines = [
        f"Fieldwork: {words.days(plan.fieldwork_from, plan.fieldwork_until)}. {altogether(plan)}",
        *_by_hour(plan),
    ]
    lines += _seen(told) + not_ranked(plan.organisations, _reached(told))
    lines += [_cost(told.cost), _staff(told.staff)] if told.cost.calls or told.staff.replies else []
    if told.published:
        lines.append("Numbers that websites publish are rung besides; how many is known once the sites have been read.")
    waiting, fit = (sum(getattr(one, name) for one in told.possible.values()) for name in ("waiting", "fit"))
    if waiting:
        left = waiting - fit
        lines.append(
            f"{words.count(waiting, 'contact')} to be made: "
            + (
                "all fit into fieldwork."
                if not left
                else f"{fit} fit into fieldwork, {left} cannot be made as it stands."
            )
        )
    lines += caps_leave(told.possible, told.calls_within_caps)
    lines.append(_frozen(told))
    return lines


def _seen(told: Overview) -> list[str]:
    """What the contacts that fit show, for whoever has the fewest; what is no sample at the end."""
    reached, lines, whole = _reached(told), [], []
    for channel in CHANNELS:
        there = [each for (_, one), each in reached.items() if one == channel and each]
        if not there:
            continue
        said = [planning.shares_in_words(channel, each, told.before[channel]) for each in (min(there), max(there))]
        if not ABOUT[channel].sampled:
            whole.append(said[0])
        elif min(there) == max(there):
            lines.append(said[0])
        else:
            lines += [f"{said[0]} That is whoever has the fewest.", f"{said[1]} That is whoever has the most."]
    same = ["The same holds of two organisations beside each other in one wave."] if lines else []
    return lines + same + whole


def not_ranked(names: Mapping[str, str], reached: Mapping[Place, int]) -> list[str]:
    """Which channels will have no places, and for whose sake: only where everybody has enough is anybody ranked."""
    lines = []
    for channel in dict.fromkeys(channel for _, channel in reached):
        about = ABOUT[channel]
        short = [
            f"{names.get(organisation, organisation)} ({each})"
            for (organisation, one), each in reached.items()
            if one == channel and each < about.least
        ]
        if short and about.sampled:
            named = words.listed(short if len(short) <= _NAMED else [*short[:_NAMED], f"{len(short) - _NAMED} more"])
            lines.append(f"{about.opening} nobody is ranked: that takes {about.least} each. Short of it: {named}.")
    return lines


def altogether(plan: Plan) -> str:
    """The whole plan in one sentence."""
    totals = Counter[Channel]()
    for cell in plan.cells:
        totals[cell.channel] += cell.contacts
    parts = [counted(channel, totals[channel]) for channel in CHANNELS if totals[channel]]
    people = sum(cell.contacts for cell in plan.cells if cell.shopper == "person")
    by_people = f", {people} of them by people" if people else ""
    return f"{words.listed(parts) or 'No contacts'} to {len(plan.organisations)} organisations{by_people}."


def _by_hour(plan: Plan) -> list[str]:
    """When contacts fall due, by the hour; those without an hour are made whenever the wave is run."""
    lines = []
    for channel in CHANNELS:
        hours = Counter[int | None]()
        for cell in plan.cells:
            if cell.channel == channel and channel != "web":
                hours[cell.hour] += cell.contacts
        timed = [f"{hour}:00 {hours[hour]}" for hour in sorted(one for one in hours if one is not None)]
        if timed:
            rest = f"; whenever it is run {hours[None]}" if hours[None] else ""
            lines.append(f"{ABOUT[channel].name}, by the hour from: {', '.join(timed)}{rest}.")
        elif hours[None]:
            lines.append(f"{ABOUT[channel].name}: due from the first day on, made whenever the wave is run.")
    return lines


def _cost(cost: Cost) -> str:
    if not cost.calls:
        return "No calls, so nothing to pay a carrier."
    made = f"{words.count(cost.calls, 'call')}, {words.count(cost.minutes, 'begun minute')}"
    if cost.pence is None:
        return f"Cost of {made}: not known; add pence_per_minute to [phone]."
    most = "" if cost.at_most is None else f"; at most {_pounds(cost.at_most)}, each as long and as often as it can be"
    return f"Expected cost of {made}: {_pounds(cost.pence)}, if each is answered once{most}."


def _pounds(pence: float) -> str:
    return f"£{pence / 100:,.2f}"


def _staff(staff: StaffMinutes) -> str:
    parts = []
    if staff.calls:
        parts.append(f"{words.count(staff.calls, 'call')} of {words.number(staff.call_minutes)} minutes together")
    if staff.replies:
        replies = words.count(staff.replies, "reply", "replies")
        parts.append(f"{replies} at {words.number(staff.reply_minutes / staff.replies)} minutes each, which is assumed")
    return (
        f"Staff time, if every call is answered and every e-mail replied to: about "
        f"{words.count(round(staff.minutes), 'minute')} ({words.listed(parts)})."
    )


def caps_leave(there: Mapping[Place, Possible], within: float) -> list[str]:
    """What the caps on calls cut off what fits; nothing where they do not."""
    calls = sum(one.fit for (_, channel), one in there.items() if channel == "phone")
    if not calls or math.isinf(within) or within >= calls:
        return []
    return [
        f"The caps on calls leave {words.count(int(within), 'call')}, each reckoned at its dearest; {calls} would fit "
        "otherwise. Raise [phone] caps or make fewer."
    ]


def _frozen(told: Overview) -> str:
    promise = told.frozen
    if promise is None:
        return f"Not frozen. To keep it as what was promised: doorstep plan freeze {told.plan.wave}"
    when = words.moment(promise.at)
    if _asked(promise.plan) == _asked(told.plan):
        return f"Frozen on {when}. How it stands: doorstep plan progress {told.plan.wave}"
    return (
        f"Frozen on {when} with {words.count(promise.plan.contacts, 'contact')}, and changed since. "
        f"How it stands: doorstep plan progress {told.plan.wave}"
    )


def _asked(plan: Plan) -> Counter[tuple[str, str, str]]:
    """Contacts by organisation, scenario and enquiry. The hour may move while the wave goes on."""
    found = Counter[tuple[str, str, str]]()
    for cell in plan.cells:
        found[cell.organisation, cell.scenario, cell.enquiry] += cell.contacts
    return found


def table_of(title: str, *headings: str) -> Table:
    """An empty table."""
    table = Table(title=escape(title), title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def as_json(told: Overview) -> dict[str, Any]:
    """The same for machines."""
    plan = told.plan
    return {
        "plan": plan.model_dump(mode="json"),
        "frozen": told.frozen and {"number": told.frozen.number, "at": told.frozen.at, "why": told.frozen.why},
        "places": [
            {
                "organisation": organisation,
                "channel": channel,
                "contacts": each,
                "from": told.before.get(channel),
                "seen": {
                    "rise": planning.share_seen(told.before[channel], each) if each else None,
                    "fall": planning.share_seen(told.before[channel], each, rise=False) if each else None,
                }
                if ABOUT[channel].sampled
                else None,
                **_room(told.possible.get((organisation, channel))),
            }
            for (organisation, channel), each in _each(plan).items()
        ],
        "cost": vars(told.cost),
        "staff": {**vars(told.staff), "minutes": told.staff.minutes},
        "calls_within_caps": None if math.isinf(told.calls_within_caps) else told.calls_within_caps,
    }


def _room(there: Possible | None) -> dict[str, Any]:
    return vars(there or Possible(0, 0))
