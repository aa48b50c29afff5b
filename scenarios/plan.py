"""Which contacts a wave calls for, and what the guard would say to each. Nothing here is sent, dialled or fetched."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from probes.guard import Effect, Guard
from results.calendar import LONDON
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
    begins = dt.datetime.combine(frozen.wave.fieldwork_from, dt.time(), tzinfo=LONDON).astimezone(dt.UTC)
    return tuple(
        row
        for scenario in frozen.scenarios.values()
        for organisation in frozen.organisations.values()
        for row in _contacts(frozen.wave.id, organisation, scenario, begins)
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
    return Effect(kind, row.organisation, row.target, row.id, scenario.in_hours, scenario.ring_for)  # type: ignore[arg-type]


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


def _contacts(wave: str, organisation: Organisation, scenario: Scenario, due: dt.datetime) -> Iterator[ShopRow]:
    """The scenario's contacts with one organisation: its targets in turn and the enquiries in turn, all pairs in time.

    An organisation that publishes nothing to reach on the channel gets none. A site is visited once for all enquiries.
    """
    targets = _targets(organisation, scenario)
    if not targets:
        return
    if scenario.channel == "web":
        for number, site in enumerate(targets):
            yield planned(wave, organisation.id, scenario, scenario.enquiries[0], site, number, due)
        return
    for number in range(scenario.contacts):
        # After so many the same pairs would come again, so the enquiries move on by one.
        moved = number // math.lcm(len(targets), len(scenario.enquiries))
        enquiry = scenario.enquiries[(number + moved) % len(scenario.enquiries)]
        yield planned(wave, organisation.id, scenario, enquiry, targets[number % len(targets)], number, due)


def _targets(organisation: Organisation, scenario: Scenario) -> tuple[str, ...]:
    contacts = organisation.contacts
    if scenario.channel == "phone":
        return tuple(line.number for line in contacts.lines if scenario.in_hours or line.out_of_hours)
    return contacts.addresses if scenario.channel == "email" else contacts.sites
