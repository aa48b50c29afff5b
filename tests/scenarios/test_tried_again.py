"""A line that is engaged, not answered or not in use is rung again as the scenario says; all attempts count."""

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from probes.clock import PracticeClock
from results.calendar import LONDON
from results.schema import Failure, Observation, Shop
from scenarios.bench import opened
from scenarios.commands.common import planned_wave
from scenarios.demo import practice, write_programme
from tests.scenarios.shopping import WAVE, change, run

MONDAY = dt.date(2026, 11, 23)
COUNCIL = """
id: tryham
name: Tryham Council
about: Its line is engaged, then nobody answers, then somebody does.
hours: {opens: "09:00", closes: "17:00"}
mail: {addresses: [enquiries@tryham.example], manners: [{silent: true}]}
lines:
  - number: "+441134960001"
    label: Switchboard
    calls:
"""


@pytest.fixture
async def folder(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Path]:
    """A programme that rings one line once; what callers meet there, in turn, is the test's."""
    councils = tmp_path / "councils"
    councils.mkdir()
    calls = "".join(f"      - {call}\n" for call in request.param)
    (councils / "tryham.yaml").write_text(COUNCIL + calls)
    async with practice(["--councils", str(councils), "--start", "2026-11-23T10:00"]) as partnership:
        where = tmp_path / "programme"
        write_programme(where, partnership, MONDAY, calls=1)
        change(where / "waves" / f"{WAVE}.yaml", lambda wave: wave.update(scenarios=["telephone"]))
        change(where / "scenarios" / "telephone.yaml", lambda it: it.update(attempts=3, ring_for=15))
        yield where


ENGAGED = "{outcome: engaged}"
NOT_IN_USE = "{outcome: not in use}"
ANSWERED = '{after: 1, greeting: "Good morning, Tryham Council.", hangs_up_after: 1}'


async def shop(folder: Path) -> tuple[Shop, Observation]:
    async with opened(folder, to_work=False) as bench:
        (found,) = await bench.store.shops(await planned_wave(bench, WAVE))
        assert found.observation is not None
        return found, found.observation


async def until(folder: Path, moment: dt.datetime | None) -> None:
    """Let practice time go on until then."""
    assert moment is not None
    async with opened(folder, to_work=False) as bench:
        assert isinstance(bench.clock, PracticeClock)
        await bench.clock.set_speed(20_000)
        await bench.clock.sleep((moment - bench.clock.now()).total_seconds() + 60)
        await bench.clock.set_speed(1)


@pytest.mark.parametrize("folder", [(ENGAGED, ANSWERED)], indirect=True)
async def test_an_engaged_line_is_rung_again_half_an_hour_later_and_the_first_attempt_counts(folder: Path) -> None:
    first = await run(folder)
    waiting, _ = await shop(folder)
    at_once = await run(folder)
    await until(folder, first.waiting_until)
    second = await run(folder)

    assert (first.made["phone"], at_once.made["phone"], second.made["phone"]) == (1, 0, 1)
    assert first.waiting_until is not None
    assert waiting.state == "planned"
    found, seen = await shop(folder)
    assert (found.state, found.counted) == ("closed", True)
    assert (seen.facts["phone.outcome"], seen.facts["phone.contactable"]) == ("answered", False)
    assert seen.facts["phone.engaged_attempts"] == 1
    assert {note[:9] for note in seen.notes} == {"Attempt 1", "Attempt 2"}
    assert len(seen.evidence) == 2


@pytest.mark.parametrize("folder", [(ENGAGED,)], indirect=True)
async def test_after_three_attempts_nobody_is_rung_any_more(folder: Path) -> None:
    made = 0
    for _ in range(3):
        outcome = await run(folder)
        made += outcome.made["phone"]
        if outcome.waiting_until is not None:
            await until(folder, outcome.waiting_until)

    assert made == 3
    found, seen = await shop(folder)
    assert (found.state, seen.failure) == ("closed", Failure.ENGAGED)
    assert (await run(folder)).made["phone"] == 0


@pytest.mark.parametrize("folder", [(NOT_IN_USE,)], indirect=True)
async def test_a_number_not_in_use_is_a_no_only_when_a_second_day_confirms_it(folder: Path) -> None:
    first = await run(folder)
    assert first.waiting_until is not None
    assert first.waiting_until.astimezone(LONDON).date() == MONDAY + dt.timedelta(days=1)
    await until(folder, first.waiting_until)
    await run(folder)

    found, seen = await shop(folder)
    assert (found.state, seen.failure) == ("closed", Failure.NUMBER_NOT_IN_USE)
    assert seen.facts["phone.number_works"] is False


@pytest.mark.parametrize("folder", [(ENGAGED,)], indirect=True)
async def test_when_fieldwork_ends_the_attempts_that_were_made_count(folder: Path) -> None:
    await run(folder)
    await until(folder, dt.datetime(2026, 11, 30, 10, tzinfo=dt.UTC))

    outcome = await run(folder)

    assert (outcome.made["phone"], outcome.notes) == (0, [])
    found, seen = await shop(folder)
    assert (found.state, found.counted, seen.failure) == ("closed", True, Failure.ENGAGED)


@pytest.mark.parametrize("folder", [(ENGAGED,)], indirect=True)
async def test_consent_withdrawn_between_attempts_ends_them_and_the_first_counts(folder: Path) -> None:
    first = await run(folder)
    change(folder / "register" / "tryham.yaml", lambda it: it.pop("consent"))
    await until(folder, first.waiting_until)

    outcome = await run(folder)

    assert outcome.refused == {"consent.absent": 1}
    found, seen = await shop(folder)
    assert (found.state, seen.failure) == ("closed", Failure.ENGAGED)
