"""What a wave will ask of everybody: its contacts as the cells of a plan, what calls may cost, and staff's time. Pure,
but for finding the contacts.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from probes.guard import Spend
from probes.phone.speech import MESSAGE_SECONDS
from results.calendar import LONDON
from results.plans import Cell, Plan
from results.schema import Scenario
from results.store import FrozenWave, ShopRow
from scenarios import due_calls, plan, spread
from scenarios.bench import Bench

ORDINARY_CALL = 15.0
"""Seconds from the answer to the end of an ordinary call: our message, and no more."""

WHOLE_SITE = "the whole website"


async def contacts(bench: Bench, frozen: FrozenWave) -> tuple[ShopRow, ...]:
    """Every contact that the wave calls for, each once: as it stands in the store, or as it would be planned now."""
    wave = frozen.wave.id
    if await bench.store.wave(wave) is not None:
        rows = (*await bench.store.rows(wave=wave), *await bench.store.rows(wave=wave, shopper="person"))
        return tuple(row for row in rows if row.attempt == 0)
    rows = plan.rows(frozen)
    by_itself = any(schedule.wave == wave for schedule in bench.folder.schedules.values())
    return spread.over_fieldwork(frozen, rows) if by_itself else rows


def promise(frozen: FrozenWave, rows: Sequence[ShopRow]) -> Plan:
    """The contacts counted by organisation, scenario, enquiry and hour."""
    wave = frozen.wave
    counted = Counter((row.organisation, row.scenario, row.enquiry, _hour(frozen, row)) for row in rows)
    return Plan(
        wave=wave.id,
        title=wave.title,
        fieldwork_from=wave.fieldwork_from,
        fieldwork_until=wave.fieldwork_until,
        organisations={id: one.name for id, one in frozen.organisations.items()},
        cells=tuple(
            _cell(frozen, organisation, frozen.scenarios[scenario], enquiry, hour, number)
            for (organisation, scenario, enquiry, hour), number in sorted(
                counted.items(), key=lambda item: (*item[0][:3], -1 if item[0][3] is None else item[0][3])
            )
        ),
    )


def _cell(
    frozen: FrozenWave, organisation: str, scenario: Scenario, enquiry: str, hour: int | None, number: int
) -> Cell:
    whole = scenario.channel == "web" and scenario.shopper == "probe"
    asked = frozen.enquiries[enquiry]
    return Cell(
        organisation=organisation,
        channel=scenario.channel,
        shopper=scenario.shopper,
        scenario=scenario.id,
        enquiry=enquiry,
        title=WHOLE_SITE if whole else asked.title,
        service=None if whole else asked.service,
        in_hours=scenario.in_hours,
        hour=hour,
        contacts=number,
    )


def _hour(frozen: FrozenWave, row: ShopRow) -> int | None:
    """The hour in London at which it is due; None where it is due from the start and made whenever it is run."""
    local = (row.made_at or row.due_at).astimezone(LONDON)
    begins = local.date() == frozen.wave.fieldwork_from and (local.hour, local.minute) == (0, 0)
    return None if begins or row.channel == "web" else local.hour


# ------------------------------------------------------------------------------------------------ what it costs


@dataclass(frozen=True)
class Cost:
    """What the probes' calls come to. `pence`: expected; `at_most`: each as dear and as often as it can be.

    None: not known, because the programme does not say what a minute costs.
    """

    calls: int
    minutes: int
    pence: float | None
    at_most: float | None


def cost(frozen: FrozenWave, rows: Sequence[ShopRow], pence_per_minute: float | None, dearest: Spend) -> Cost:
    """By the arithmetic of a run's question before it dials, and of the caps. `dearest`: one call at its dearest."""
    calls = [row for row in rows if row.channel == "phone" and row.shopper == "probe"]
    minutes = due_calls.expected_minutes(calls, frozen).total()
    attempts = sum(frozen.scenarios[row.scenario].attempts for row in calls)
    known = pence_per_minute is not None and math.isfinite(dearest.pence)
    return Cost(
        calls=len(calls),
        minutes=minutes,
        pence=None if pence_per_minute is None else minutes * pence_per_minute,
        at_most=attempts * dearest.pence if known else None,
    )


@dataclass(frozen=True)
class StaffMinutes:
    """The time that staff would give if every call were answered and every e-mail replied to, as reports reckon it."""

    calls: int
    call_minutes: float
    replies: int
    reply_minutes: float

    @property
    def minutes(self) -> float:
        return self.call_minutes + self.reply_minutes


def staff_minutes(frozen: FrozenWave, rows: Sequence[ShopRow]) -> StaffMinutes:
    """The most that is expected: a menu, a machine or nobody at all costs less. What people do is not known before."""
    from results.report.standards import MINUTES_A_REPLY  # here, because what reports are made with takes long to load

    calls = [row for row in rows if row.channel == "phone" and row.shopper == "probe"]
    replies = sum(row.channel == "email" for row in rows)
    seconds = sum(_seconds(frozen.scenarios[row.scenario]) for row in calls)
    return StaffMinutes(len(calls), seconds / 60, replies, replies * MINUTES_A_REPLY)


def _seconds(scenario: Scenario) -> float:
    return scenario.stay_for or (MESSAGE_SECONDS if scenario.leave_message else ORDINARY_CALL)
