"""Calls that were begun before a crash: found on the carrier's list, or, where it keeps none, known to nobody.

What nobody knows is never scored and never taken for a call that was not placed.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

from probes.phone import PhoneProbe, Unfinished, retries
from probes.phone.carriers import CallNow, Carrier, CarrierDown
from results.store import FrozenWave, ShopRow, planned
from scenarios import finish
from scenarios.bench import Bench

_BEFORE_ITS_INTENT = dt.timedelta(seconds=2)  # the carrier's clock may be a little behind ours
_TILL_THE_LIST_SHOWS = 3.0  # real seconds after a crash until the carrier's list is complete
_NOBODY_KNOWS = "this carrier keeps no list of calls, so nobody can know what became of this one"


class Doubts:
    """Settles calls of one wave that somebody began who is gone; hundreds of them with one look at the list."""

    def __init__(self, bench: Bench, frozen: FrozenWave, carrier: Carrier, phone: PhoneProbe) -> None:
        self._bench = bench
        self._frozen = frozen
        self._carrier = carrier
        self._phone = phone
        self._since: dt.datetime | None = None
        self._looking = asyncio.Lock()
        self._looked = float("-inf")  # when the last look began, on the stopwatch
        self._seen: Sequence[CallNow] | Unfinished = ()

    async def settle(self, row: ShopRow) -> bool:
        """Note a call as placed, or put its contact back in the plan; where nobody can know, give it up.

        Returns whether there was any doubt. One that is on the list is known at once. One that is not may still come:
        only when the list is certainly complete is it taken for not placed. Raises `Unfinished` where the carrier
        cannot tell.
        """
        if not self._carrier.lists_calls:
            if row.state == "open" and await self._knows(row):
                return False
            await _known_to_nobody(self._bench, self._frozen, row)
            await self._bench.ledger.vacate(row.id)
            return True
        if row.state != "intent" or row.intent_at is None:
            return False
        call = await self._placed(row, row.intent_at)
        if call is None:
            await asyncio.sleep(_TILL_THE_LIST_SHOWS)
            call = await self._placed(row, row.intent_at)
        if call is None:
            await self._bench.store.back_to_plan(row.id)
            await self._bench.ledger.vacate(row.id)
        else:
            await self._bench.store.done(row.id, call.id, call.created)
        return True

    async def _knows(self, row: ShopRow) -> bool:
        """Whether the carrier, with no list of calls, knows this one still: it was placed by this very process."""
        try:
            await self._carrier.one(row.known_as or "")
        except CarrierDown:
            return False
        return True

    async def _placed(self, row: ShopRow, intent_at: dt.datetime) -> CallNow | None:
        """The call on the list that is this contact's. Another wave may have rung the same line since."""
        since = intent_at - _BEFORE_ITS_INTENT
        listed = await self._calls(since)
        calls = [call for call in listed if call.to == row.target and call.created >= since.replace(microsecond=0)]
        others = await self._bench.store.known({call.id for call in calls})
        return next((call for call in reversed(calls) if call.id not in others), None)

    async def _calls(self, since: dt.datetime) -> Sequence[CallNow]:
        """Our calls from that moment on, by a look at the list that began after this was asked."""
        asked = self._bench.clock.stopwatch()
        self._since = min(self._since or since, since)
        async with self._looking:
            if self._looked < asked:
                began = self._bench.clock.stopwatch()
                try:
                    self._seen = await self._phone.placed_since(self._since)
                except Unfinished as unsure:
                    self._seen = unsure
                self._looked = began
            if isinstance(self._seen, Unfinished):
                raise self._seen
            return self._seen


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
