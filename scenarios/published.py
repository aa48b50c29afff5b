"""Numbers from websites: those that a visit found and the register permits become contacts by telephone, and what the
calls show joins the visit: which published numbers are in service.

Both follow from what is stored, so a kill on the way is made good by the next run. The guard is asked about each call
as ever.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from results.calendar import LONDON
from results.schema import Observation
from results.store import FrozenWave, ShopRow
from scenarios import finish, plan
from scenarios.bench import Bench

if TYPE_CHECKING:
    from probes.web.mention import Mention


async def add_contacts(bench: Bench, frozen: FrozenWave) -> None:
    """Plan each number once that a scenario is to call and that has not been planned, while fieldwork lasts."""
    scenarios = [one for one in frozen.scenarios.values() if one.numbers == "published"]
    if not scenarios or bench.clock.now().astimezone(LONDON).date() > frozen.wave.fieldwork_until:
        return
    for organisation in frozen.organisations:
        visit = await _visit(bench, frozen, organisation)
        numbers = await _numbers(bench, visit) if visit else ()
        permitted = _permitted(bench, organisation)
        wanted = [number for number in dict.fromkeys(one.number or "" for one in numbers) if number in permitted]
        for scenario in scenarios:
            rows = await bench.store.rows(wave=frozen.wave.id, channel="phone")
            there = [row.target for row in rows if (row.organisation, row.scenario) == (organisation, scenario.id)]
            new = [number for number in wanted if number not in there]
            await bench.store.add(plan.published(frozen, scenario, organisation, new, len(set(there))))


async def join(bench: Bench, frozen: FrozenWave) -> None:
    """Score each visit of the wave anew whose numbers have been called since. A visit that says the same is left."""
    calls = await bench.store.rows(wave=frozen.wave.id, channel="phone", states=["open", "closed"])
    if not calls:
        return
    from probes.web import in_service  # here, as below: the libraries of websites take long to load

    for row in await bench.store.rows(wave=frozen.wave.id, channel="web", states=["closed"]):
        visit = (await bench.store.observations(row.id))[-1]
        numbers = await _numbers(bench, visit)
        works = await _in_service(bench, [call for call in calls if call.organisation == row.organisation])
        seen = in_service.in_service(visit, numbers, works, _permitted(bench, row.organisation))
        if seen != visit:
            await finish.close(bench, frozen, row, seen)


async def _visit(bench: Bench, frozen: FrozenWave, organisation: str) -> Observation | None:
    """The visit whose numbers count: this wave's, once it is over; where the wave has none, the last of any wave."""
    rows = [row for row in await bench.store.rows(channel="web") if row.organisation == organisation]
    of_wave = [row for row in rows if row.wave == frozen.wave.id]
    closed = [row for row in of_wave or rows if row.state == "closed"]
    last = max(closed, key=_when, default=None)
    return (await bench.store.observations(last.id))[-1] if last else None


async def _numbers(bench: Bench, visit: Observation) -> tuple[Mention, ...]:
    """The valid numbers that a visit found; none where its evidence is kept no longer."""
    from probes.web import in_service

    for evidence in visit.evidence:
        if evidence.kind == in_service.READING:
            path = bench.evidence.path(evidence.sha256)
            if await asyncio.to_thread(path.exists):
                return in_service.found(await asyncio.to_thread(path.read_bytes))
    return ()


async def _in_service(bench: Bench, calls: Sequence[ShopRow]) -> dict[str, bool]:
    """For each number called whether it is in service, where the calls tell; one call that got through is enough."""
    works: dict[str, bool] = {}
    for call in calls:
        seen = await bench.store.observations(call.id)
        told = seen[-1].facts.get("phone.number_works") if seen and seen[-1].error is None else None
        if isinstance(told, bool):
            works[call.target] = told or works.get(call.target, False)
    return works


def _permitted(bench: Bench, organisation: str) -> frozenset[str]:
    there = bench.folder.register.get(organisation)
    return frozenset(there.consent.lines) if there and there.consent else frozenset()


def _when(row: ShopRow) -> dt.datetime:
    return row.closed_at or row.due_at
