"""Calls that were being asked for when the process was killed: known at once where the carrier lists them."""

import asyncio
from pathlib import Path

from probes.phone import PhoneProbe
from probes.phone.carriers import Speech
from scenarios.bench import opened
from scenarios.carrier import carrier
from scenarios.commands.programme import wave_to_run
from scenarios.in_doubt import Doubts
from tests.scenarios.shopping import WAVE, programme

CALLER = "+441134960999"


async def test_many_are_settled_side_by_side_and_one_that_was_not_placed_is_planned_again(tmp_path: Path) -> None:
    async with programme(tmp_path, "telephone") as folder, opened(folder, to_work=True) as bench:
        frozen = await wave_to_run(bench, WAVE, None, None)
        rows = {row.target: row for row in await bench.store.rows(channel="phone")}
        assert len(rows) > 1
        never = next(iter(rows.values()))
        async with carrier(bench.folder.programme, bench.clock, bench.ledger) as line:
            placed = {}
            for row in rows.values():
                await bench.store.about_to(row.id, row.reference, bench.clock.now())
                if row is not never:
                    placed[row.id] = await line.place(row.target, Speech("This is a test."), 15)
            probe = PhoneProbe(line, bench.guard, bench.store, bench.evidence, bench.clock, CALLER)
            doubts = Doubts(bench, frozen, line, probe)
            in_doubt = [await bench.store.row(row.id) for row in rows.values()]
            settling = {row.id: asyncio.create_task(doubts.settle(row)) for row in in_doubt}
            first, _ = await asyncio.wait(settling.values(), return_when=asyncio.FIRST_COMPLETED)
            not_yet = await bench.store.row(never.id)
            await asyncio.gather(*settling.values())
        found = {row.id: row for row in await bench.store.rows(channel="phone")}

    assert settling[never.id] not in first
    assert not_yet.state == "intent"  # the list may show it yet
    assert {id: found[id].known_as for id in placed} == placed
    assert (found[never.id].state, found[never.id].intent_at) == ("planned", None)
