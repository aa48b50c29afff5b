"""Numbers that a website gives are rung, as far as the register permits; what the calls show joins the visit."""

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from probes.clock import PracticeClock
from probes.web import chromium
from results import report as wave_report
from results.schema import Observation, Scenario, State, Why
from scenarios.bench import opened
from scenarios.commands.common import planned_wave
from scenarios.demo import practice, write_programme
from tests.scenarios.shopping import WAVE, change, run

MONDAY = dt.date(2026, 11, 23)
WORKS, DEAD, BARRED = (f"+44113496000{n}" for n in range(3))
COUNCIL = f"""
id: tryham
name: Tryham Council
about: One of the numbers on its website is not in use.
hours: {{opens: "09:00", closes: "17:00"}}
mail: {{addresses: [enquiries@tryham.example], manners: [{{silent: true}}]}}
lines:
  - number: "{WORKS}"
    label: Switchboard
    calls: [{{after: 1, greeting: "Good morning, Tryham Council.", hangs_up_after: 1}}]
  - {{number: "{DEAD}", label: Council tax, calls: [{{outcome: not in use}}]}}
  - number: "{BARRED}"
    label: Housing
    calls: [{{after: 1, greeting: "Good morning, housing.", hangs_up_after: 1}}]
"""


@pytest.fixture
async def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Path]:
    """A programme that visits a website and then rings its numbers. The register names two of the three."""
    monkeypatch.setattr(chromium, "find", lambda: None)  # numbers are read without one, and sooner
    (tmp_path / "councils").mkdir()
    (tmp_path / "councils" / "tryham.yaml").write_text(COUNCIL)
    async with practice(["--councils", str(tmp_path / "councils"), "--start", "2026-11-23T10:00"]) as partnership:
        where = tmp_path / "programme"
        write_programme(where, partnership, MONDAY)
        change(where / "waves" / f"{WAVE}.yaml", lambda wave: wave.update(scenarios=["telephone", "website"]))
        change(where / "scenarios" / "telephone.yaml", lambda it: it.update(numbers="published", attempts=2))
        change(where / "register" / "tryham.yaml", lambda it: it["consent"].update(lines=[WORKS, DEAD]))
        yield where


async def next_day(folder: Path) -> None:
    async with opened(folder, to_work=False) as bench:
        assert isinstance(bench.clock, PracticeClock)
        await bench.clock.set_speed(20_000)
        await bench.clock.sleep((dt.datetime(2026, 11, 24, 11, tzinfo=dt.UTC) - bench.clock.now()).total_seconds())
        await bench.clock.set_speed(1)


async def visit(folder: Path) -> Observation:
    async with opened(folder, to_work=False) as bench:
        (row,) = await bench.store.rows(channel="web")
        return (await bench.store.observations(row.id))[-1]


async def test_the_numbers_of_the_website_are_rung_once_each_and_none_that_the_register_does_not_name(
    folder: Path,
) -> None:
    first = await run(folder)
    again = await run(folder)
    async with opened(folder, to_work=False) as bench:
        rows = await bench.store.rows(channel="phone")
        refused = await bench.ledger.refusals()

    assert (first.made["phone"], again.made["phone"]) == (2, 0)
    assert sorted(row.target for row in rows) == [WORKS, DEAD]
    assert refused == ()


async def test_a_number_found_dead_on_two_days_is_told_with_the_page_that_gives_it(folder: Path) -> None:
    await run(folder)
    on_first_day = await visit(folder)
    await next_day(folder)
    await run(folder)
    seen = await visit(folder)
    async with opened(folder, to_work=False) as bench:
        frozen = await planned_wave(bench, WAVE)
        shops = await bench.store.shops(frozen)
        report = wave_report.assemble(frozen.wave, frozen.scheme, frozen.organisations, shops, ())

    assert on_first_day.facts["web.phone.numbers_used"] == 100  # of the one whose state is known
    assert seen.facts["web.phone.numbers_used"] == 50
    (dead,) = [note for note in seen.notes if "not in service" in note]
    assert dead.startswith("Numbers called: the number 0113 496 0001 on http://")
    assert any(note.endswith("and so not called: 0113 496 0002.") for note in seen.notes)
    (shop,) = [one for part in report.organisations[0].channels if part.channel == "web" for one in part.shops]
    assert shop.notes[0] == dead
    cells = {cell.criterion: cell for cell in shop.cells}
    assert (cells["web.phone.numbers_used"].marks, cells["web.phone.numbers_used"].state) == (0.5, State.ANSWERED)


async def test_a_run_that_finds_nothing_new_leaves_the_visit_as_it_is(folder: Path) -> None:
    await run(folder)
    async with opened(folder, to_work=False) as bench:
        (row,) = await bench.store.rows(channel="web")
        before = await bench.store.observations(row.id)
    await run(folder)
    async with opened(folder, to_work=False) as bench:
        after = await bench.store.observations(row.id)

    assert len(before) == 2  # the visit, and with its calls
    assert before[0].facts["web.phone.numbers_used"] is None
    assert before[0].unknown["web.phone.numbers_used"][0] is Why.NOT_APPLICABLE
    assert after == before


async def test_a_number_permitted_later_is_rung_by_the_next_run(folder: Path) -> None:
    await run(folder)
    change(folder / "register" / "tryham.yaml", lambda it: it["consent"].update(lines=[WORKS, DEAD, BARRED]))

    outcome = await run(folder)

    assert outcome.made["phone"] == 1


@pytest.mark.parametrize("wrong", [{"channel": "email"}, {"in_hours": False}, {"leave_message": True}])
def test_published_numbers_are_rung_in_office_hours_and_without_a_message(wrong: dict[str, object]) -> None:
    scenario: dict[str, object] = {"id": "s", "channel": "phone", "enquiries": ("missed-bin",), "numbers": "published"}

    with pytest.raises(ValueError, match='numbers is "published"'):
        Scenario.model_validate(scenario | wrong)
