"""Which contacts a wave calls for, when each falls due, and what the guard would say to it. Nothing here is sent,
dialled or fetched.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from probes.guard import Effect, Guard
from probes.phone.hours import closed_spells
from results.calendar import LONDON, Calendar, bank_holidays
from results.schema import Organisation, Refusal, Scenario, Wave
from results.store import FrozenWave, ShopRow, planned
from scenarios.programme import Folder

_EFFECT = {"email": "mail", "phone": "call", "web": "page"}


@dataclass(frozen=True)
class Foreseen:
    """A planned shop and what the guard would say to it now: None is yes."""

    row: ShopRow
    refusal: Refusal | None


def freeze(folder: Folder, wave: Wave, now: dt.datetime) -> FrozenWave:
    """The wave with everything it depends on, as it is today."""
    register = {id: folder.register[id] for id in wave.organisations} if wave.organisations else folder.register
    scenarios = {id: folder.scenarios[id] for id in wave.scenarios}
    enquiries = {id: folder.enquiries[id] for scenario in scenarios.values() for id in scenario.enquiries}
    return FrozenWave(wave, folder.scheme(wave.profile), dict(register), scenarios, enquiries, now)


def rows(frozen: FrozenWave) -> tuple[ShopRow, ...]:
    """Every contact of the wave, in the order in which they fall due."""
    return tuple(
        row
        for scenario in frozen.scenarios.values()
        for organisation in frozen.organisations.values()
        for row in _contacts(frozen.wave, organisation, scenario)
    )


def published(
    frozen: FrozenWave, scenario: Scenario, organisation: str, numbers: Sequence[str], made: int
) -> tuple[ShopRow, ...]:
    """One contact with each of these numbers of a website, after the `made` that there are already."""
    begins = _begins(frozen.wave)
    return tuple(
        planned(frozen.wave.id, organisation, scenario, scenario.enquiries[0], number, made + place, begins)
        for place, number in enumerate(numbers)
    )


def on_demand(folder: Folder, scenario: str, organisations: Sequence[str], today: dt.date) -> Wave:
    """A wave of one scenario, for a run without a wave file."""
    name = folder.scenarios[scenario]
    return Wave(
        id=f"on-demand-{today:%Y-%m-%d}-{scenario}"[:63],
        title=f"On demand: {name.id}, {today:%d/%m/%Y}",
        partnership=folder.programme.partnership,
        fieldwork_from=today,
        fieldwork_until=today,
        scenarios=(scenario,),
        organisations=tuple(organisations),
    )


def effect(row: ShopRow, scenarios: Mapping[str, Scenario]) -> Effect:
    """What the guard will be asked for this shop; for a site, its home page."""
    scenario = scenarios[row.scenario]
    kind = _EFFECT[row.channel]
    return Effect(
        kind,  # type: ignore[arg-type]
        row.organisation,
        row.target,
        row.id,
        scenario.in_hours,
        scenario.ring_for,
        scenario.leave_message,
    )


async def foresee(planned_rows: Sequence[ShopRow], frozen: FrozenWave, guard: Guard) -> tuple[Foreseen, ...]:
    """Each contact with the guard's word on it, asked once for each organisation, scenario and target."""
    said: dict[tuple[str, str, str], Refusal | None] = {}
    found = []
    for row in planned_rows:
        key = (row.organisation, row.scenario, row.target)
        if key not in said:
            said[key] = await guard.foresee(effect(row, frozen.scenarios))
        found.append(Foreseen(row, said[key]))
    return tuple(found)


def _contacts(wave: Wave, organisation: Organisation, scenario: Scenario) -> Iterator[ShopRow]:
    """The scenario's contacts with one organisation: its targets in turn and the enquiries in turn, all pairs in time.

    An organisation that publishes nothing to reach on the channel gets none, and numbers that are to be taken from a
    website are not known yet. A site is visited once for all enquiries. A message is left once on each line.
    """
    targets = _targets(organisation, scenario)
    if not targets:
        return
    if scenario.channel == "web" and scenario.shopper == "probe":
        for number, site in enumerate(targets):
            yield planned(wave.id, organisation.id, scenario, scenario.enquiries[0], site, number, _begins(wave))
        return
    contacts = min(scenario.contacts, len(targets)) if scenario.leave_message else scenario.contacts
    due = [_begins(wave)] * contacts if scenario.in_hours else out_of_hours(wave, organisation, scenario, contacts)
    for number in range(contacts):
        # After so many the same pairs would come again, so the enquiries move on by one.
        moved = number // math.lcm(len(targets), len(scenario.enquiries))
        enquiry = scenario.enquiries[(number + moved) % len(scenario.enquiries)]
        target = targets[number % len(targets)]
        yield planned(wave.id, organisation.id, scenario, enquiry, target, number, due[number])


def _targets(organisation: Organisation, scenario: Scenario) -> tuple[str, ...]:
    contacts = organisation.contacts
    match scenario.channel:
        case "phone" if scenario.numbers == "published":
            return ()
        case "phone":
            return tuple(line.number for line in contacts.lines if scenario.in_hours or line.out_of_hours)
        case "email":
            return contacts.addresses
        case "visit" | "letter":
            return contacts.offices
    return contacts.sites


# ------------------------------------------------------------------------------------------------ when


def out_of_hours(wave: Wave, organisation: Organisation, scenario: Scenario, contacts: int) -> list[dt.datetime]:
    """When calls out of hours fall due, in order: spread over fieldwork, while the offices are closed, never at night.

    One is on a bank holiday where fieldwork has one. The same wave always gives the same moments; where in a day each
    lies is drawn from the contact's own name, so that not everybody is rung at one time.
    """
    calendar = organisation.hours
    days = [
        day
        for past in range((wave.fieldwork_until - wave.fieldwork_from).days + 1)
        if _closed_minutes(day := wave.fieldwork_from + dt.timedelta(days=past), calendar)
    ]
    if not days:  # open from seven in the morning till ten at night, every day
        return [_begins(wave)] * contacts
    chosen = [days[(2 * place + 1) * len(days) // (2 * contacts)] for place in range(contacts)]
    feasts = [day for day in days if day in bank_holidays(calendar.nation, day.year)]
    if feasts and contacts and not set(feasts) & set(chosen):
        feast = feasts[len(feasts) // 2]
        nearest = min(range(contacts), key=lambda place: abs((chosen[place] - feast).days))
        chosen[nearest] = feast
    name = f"{wave.id}.{organisation.id}.{scenario.id}"
    return sorted(_some_time(day, calendar, f"{name}.{place}") for place, day in enumerate(chosen))


def _some_time(day: dt.date, calendar: Calendar, name: str) -> dt.datetime:
    """A whole minute of that day at which the offices are closed, drawn from a name."""
    minutes = _closed_minutes(day, calendar)
    return minutes[int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % len(minutes)]


def _closed_minutes(day: dt.date, calendar: Calendar) -> list[dt.datetime]:
    return [
        begins + dt.timedelta(minutes=minute)
        for begins, ends in closed_spells(day, calendar)
        for minute in range(int((ends - begins).total_seconds() // 60))
    ]


def _begins(wave: Wave) -> dt.datetime:
    return dt.datetime.combine(wave.fieldwork_from, dt.time(), tzinfo=LONDON).astimezone(dt.UTC)
