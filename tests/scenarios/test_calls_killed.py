"""kill -9 while a hundred calls are placed and under way: none is placed twice, and each that was is in the store.

A fifth of them ask to be called back. The exchange counts what reached it; the contacts are held against that count.
"""

import asyncio
import datetime as dt
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from probes import http
from results.store import ShopRow
from scenarios.bench import opened
from scenarios.demo import practice, write_programme
from tests.scenarios.killing import doorstep, kill_after, shops_where, start
from tests.scenarios.shopping import WAVE, change

LINES, CALLS, KILLS = 20, 80, 4  # and a message on each line: a hundred calls
A_SECOND = 6  # calls placed, so that there is something to kill
SEED = 20061123
LONGEST = 1.5  # real seconds that a run goes on after its first call has begun, until it is killed
COUNCIL = """
id: tryham
name: Tryham Council
about: Its lines are answered, engaged and not in use, and it returns messages.
hours: {opens: "09:00", closes: "17:00"}
mail: {addresses: [enquiries@tryham.example], manners: [{silent: true}]}
lines:
"""
LINE = """
  - number: "+4411349600%02d"
    label: Line %d
    calls:
      - {share: 3, after: 1, greeting: "Good morning, Tryham Council.", hangs_up_after: 2, calls_back_after: 3600}
      - {outcome: engaged}
      - {outcome: not in use}
"""


@dataclass(frozen=True)
class After:
    """What is left: the rows, which messages were returned, the exchange's tally, and what the kills met."""

    rows: tuple[ShopRow, ...]
    returned: Mapping[str, object]
    tally: dict[str, Any]
    hit: int
    under_way: int


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> After:
    """A hundred calls, killed again and again, and brought to their end."""
    return asyncio.run(_kill_and_finish(tmp_path_factory.mktemp("killed") / "programme"))


async def _kill_and_finish(folder: Path) -> After:
    chance = random.Random(SEED)
    councils = folder.parent / "councils"
    councils.mkdir()
    (councils / "tryham.yaml").write_text(COUNCIL + "".join(LINE % (place, place) for place in range(LINES)))
    async with practice(["--councils", str(councils)]) as partnership:
        write_programme(folder, partnership, dt.date(2026, 11, 23), CALLS, 1, elsewhere=0)
        _only_calls(folder)
        hit = under_way = 0
        for _ in range(KILLS):
            hit += await _run_and_kill(folder, chance.uniform(0, LONGEST))
            under_way += _under_way(folder)
        assert await doorstep("run", WAVE, "--folder", str(folder)) == 0
        assert await doorstep("collect", "--until-closed", "--folder", str(folder)) == 0
        async with opened(folder, to_work=False) as bench:
            tally = await http.get_json(f"{partnership['house']}/tally")
            rows = await bench.store.rows()
            messages = [row.id for row in rows if row.closes_at is not None]
            seen = {shop: (await bench.store.observations(shop))[-1] for shop in messages}
            returned = {shop: each.facts["vm.returned"] for shop, each in seen.items()}
            return After(rows, returned, tally, hit, under_way)


def _only_calls(folder: Path) -> None:
    """Calls alone, placed one after another; and a message on each line."""
    scenarios = folder / "scenarios"
    change(folder / "waves" / f"{WAVE}.yaml", lambda wave: wave.update(scenarios=["telephone", "messages"]))
    (scenarios / "messages.yaml").write_text((scenarios / "telephone.yaml").read_text())
    change(scenarios / "messages.yaml", lambda it: it.update(id="messages", leave_message=True))
    change(folder / "register" / "tryham.yaml", lambda it: it["consent"].update(messages=True))
    change(folder / "register" / "tryham.yaml", lambda it: it["consent"]["limits"].update(calls_per_day=500))
    toml = folder / "programme.toml"
    toml.write_text(toml.read_text().replace("calls_per_second = 50", f"calls_per_second = {A_SECOND}"))


async def _run_and_kill(folder: Path, seconds: float) -> bool:
    """Start a run, let it begin one more call, and kill it so long after. Whether it was still at work."""
    before = shops_where(folder, "intent_at is not null")
    process = await start("run", WAVE, "--folder", str(folder))
    while process.returncode is None and shops_where(folder, "intent_at is not null") == before:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    return await kill_after(process, seconds)


def _under_way(folder: Path) -> int:
    """Calls that were about to be placed, or going on, when the kill fell."""
    return len(shops_where(folder, "state = 'intent' or (state = 'open' and closes_at is null)"))


def test_the_kills_hit_calls_under_way(after: After) -> None:
    assert after.hit > KILLS // 2
    assert after.under_way >= 5


def test_no_call_was_placed_twice_and_every_call_that_was_placed_is_in_the_store(after: After) -> None:
    placed = Counter(call["sid"] for call in after.tally["calls"] if call["direction"] == "outbound-api")
    known = Counter(row.known_as for row in after.rows)

    assert placed == known
    assert len(placed) == len(after.rows) == CALLS + LINES


def test_every_contact_is_closed(after: After) -> None:
    assert Counter(row.state for row in after.rows) == {"closed": len(after.rows)}


def test_every_message_was_returned_as_the_council_returns_all(after: After) -> None:
    assert len(after.returned) > LINES / 3
    assert set(after.returned.values()) == {True}


def test_nobody_heard_silence_although_the_caller_died(after: After) -> None:
    assert not [call for call in after.tally["calls"] if call["silent"] and call["direction"] == "outbound-api"]
