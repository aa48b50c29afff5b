"""Calls that were begun before a crash: found on the carrier's list, or, where it keeps none, known to nobody.

What nobody knows is never scored and never taken for a call that was not placed.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable

from probes.phone import PhoneProbe, retries
from probes.phone.carriers import Carrier
from results.store import FrozenWave, ShopRow, planned
from scenarios import finish
from scenarios.bench import Bench

_BEFORE_ITS_INTENT = dt.timedelta(seconds=2)  # the carrier's clock may be a little behind ours
_TILL_THE_LIST_SHOWS = 3.0  # real seconds after a crash until the carrier's list is complete
_NOBODY_KNOWS = "this carrier keeps no list of calls, so nobody can know what became of this one"


async def settle(
    bench: Bench,
    frozen: FrozenWave,
    carrier: Carrier,
    phone: PhoneProbe,
    which: Callable[[ShopRow], bool] = lambda row: True,
) -> None:
    """Settle those calls of the wave that were intended and not noted as placed, before any is placed again."""
    every = await bench.store.rows(channel="phone")  # another wave may have rung the same line since
    of_this_wave = [row for row in every if row.wave == frozen.wave.id and which(row)]
    if not carrier.lists_calls:
        for row in of_this_wave:
            if row.state == "intent" or (row.state == "open" and row.closes_at is None):
                await _known_to_nobody(bench, frozen, row)
                await bench.ledger.vacate(row.id)
        return
    known = {row.known_as for row in every if row.state in ("open", "closed")}
    intents = [row for row in of_this_wave if row.state == "intent" and row.intent_at is not None]
    if intents:
        await asyncio.sleep(_TILL_THE_LIST_SHOWS)
    for row in intents:
        assert row.intent_at is not None
        calls = await phone.placed_since(row.target, row.intent_at - _BEFORE_ITS_INTENT)
        mine = [call for call in calls if call.id not in known]
        if mine:
            known.add(mine[-1].id)
            await bench.store.done(row.id, mine[-1].id, mine[-1].created)
        else:
            await bench.store.back_to_plan(row.id)
            await bench.ledger.vacate(row.id)


async def _known_to_nobody(bench: Bench, frozen: FrozenWave, row: ShopRow) -> None:
    """Earlier attempts count as they are. Else a new contact takes its place, but no second message is left."""
    attempts = await bench.store.observations(row.id)
    if attempts:
        await finish.close(bench, frozen, row, retries.combine(attempts))
        return
    scenario, new = frozen.scenarios[row.scenario], None
    if not scenario.leave_message:
        at, attempt = bench.clock.now(), row.attempt + 1
        new = planned(row.wave, row.organisation, scenario, row.enquiry, row.target, row.number, at, attempt)
    await bench.store.void(row, f"{_NOBODY_KNOWS}; {'a new one takes its place' if new else 'it is not repeated'}", new)
