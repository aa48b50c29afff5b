"""The calls that a run would place now through a real carrier: to which numbers, how many, and what they may cost.

Nobody is rung before a person, or the schedule a person set up, has agreed to them with `--yes`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from probes.phone.preflight import MINUTES_EXPECTED
from probes.phone.speech import MESSAGE_SECONDS
from results.calendar import LONDON
from results.schema import Scenario
from results.store import FrozenWave, ShopRow
from scenarios import plan
from scenarios.bench import Bench


@dataclass(frozen=True)
class DueCalls:
    """`numbers`: how often each is rung. `pence`: what they are expected to cost; None: not known."""

    provider: str
    caller: str
    numbers: Counter[str]
    minutes: int
    pence: float | None


def may_dial_for_real(bench: Bench, frozen: FrozenWave) -> bool:
    """Whether a run of this wave could place a real call at all: not in practice, and not after fieldwork."""
    programme, today = bench.folder.programme, bench.clock.now().astimezone(LONDON).date()
    return programme.practice is None and programme.phone is not None and today <= frozen.wave.fieldwork_until


async def due_calls(bench: Bench, frozen: FrozenWave, picked: Callable[[ShopRow], bool]) -> DueCalls | None:
    """What is due, and the guard will let through now or later; None where that is nothing or all is practice."""
    phone, now = bench.folder.programme.phone, bench.clock.now()
    if phone is None or not may_dial_for_real(bench, frozen):
        return None
    known = await bench.store.wave(frozen.wave.id) is not None
    rows = await bench.store.rows(wave=frozen.wave.id, channel="phone") if known else plan.rows(frozen)
    due = [
        row
        for row in rows
        if row.channel == "phone"
        and row.shopper == "probe"
        and picked(row)
        and row.state in ("planned", "refused")
        and row.due_at <= now
    ]
    foreseen = await plan.foresee(due, frozen, bench.guard)
    made = [each.row for each in foreseen if each.refusal is None or each.refusal.retry_at is not None]
    if not made:
        return None
    minutes = expected_minutes(made, frozen)
    pence = None if phone.pence_per_minute is None else minutes.total() * phone.pence_per_minute
    return DueCalls(phone.provider, phone.caller, Counter(row.target for row in made), minutes.total(), pence)


def expected_minutes(calls: Sequence[ShopRow], frozen: FrozenWave) -> Counter[str]:
    """Begun minutes that are expected to be charged, for each number."""
    minutes: Counter[str] = Counter()
    for row in calls:
        minutes[row.target] += _minutes(frozen.scenarios[row.scenario])
    return minutes


def lines(due: DueCalls) -> tuple[str, ...]:
    """The calls for a reader, one sentence or number a line."""
    cost = (
        "not known; add pence_per_minute to [phone]"
        if due.pence is None
        else f"{due.pence / 100:.2f} GBP for {due.minutes} begun minutes, if each is answered once"
    )
    return (
        f"Real calls due through {due.provider}, showing {due.caller}: {due.numbers.total()}",
        *(f"  {number}: {count}" for number, count in sorted(due.numbers.items())),
        f"Expected cost: {cost}.",
        "Nothing was dialled, sent or fetched. To make them: the same command with --yes.",
    )


def _minutes(scenario: Scenario) -> int:
    stays = scenario.stay_for or (MESSAGE_SECONDS if scenario.leave_message else 0.0)
    return max(MINUTES_EXPECTED, math.ceil(stays / 60))
