"""A cap on a run: what one may not make any more, the next one makes; a night is one run over all its rounds."""

import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from results.calendar import LONDON
from scenarios.bench import opened
from scenarios.demo import practice, write_programme
from scenarios.serve import one_round
from tests.scenarios.shopping import WAVE, change, run
from tests.scenarios.test_serve import pass_minutes
from tests.scenarios.test_tried_again import COUNCIL, ENGAGED

MONDAY = dt.date(2026, 11, 23)


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Path]:
    """A programme that rings one line, which is engaged, three times; a run may place two calls."""
    councils, where = tmp_path / "councils", tmp_path / "programme"
    councils.mkdir()
    (councils / "tryham.yaml").write_text(f"{COUNCIL}      - {ENGAGED}\n")
    async with practice(["--councils", str(councils), "--start", "2026-11-23T09:55"]) as partnership:
        write_programme(where, partnership, MONDAY, calls=3)
        change(where / "waves" / f"{WAVE}.yaml", lambda wave: wave.update(scenarios=["telephone"]))
        settings = where / "programme.toml"
        settings.write_text(settings.read_text().replace("[practice]", "caps = { run = { calls = 2 } }\n\n[practice]"))
        yield where


async def refused(folder: Path) -> list[str]:
    """Every refusal on record, by its rule."""
    async with opened(folder, to_work=False) as bench:
        return [each.rule for each in await bench.ledger.refusals()]


async def test_the_next_run_makes_what_a_runs_budget_left(folder: Path) -> None:
    outcomes = [await run(folder) for _ in range(3)]

    assert [(each.made, each.refused) for each in outcomes] == [
        ({"phone": 2}, {"cap.run": 1}),
        ({"phone": 1}, {}),
        ({}, {}),
    ]
    assert await refused(folder) == ["cap.run"]


async def test_a_night_keeps_to_its_budget_over_all_its_rounds(folder: Path) -> None:
    (folder / "schedules.yaml").write_text('nightly: {cron: "0 10 * * *", scenario: telephone, jitter_minutes: 0}\n')
    await one_round(folder)
    await pass_minutes(folder, 10)

    rounds = [await one_round(folder) for _ in range(3)]

    assert [each.made for each in rounds] == [Counter({"phone": 2}), Counter(), Counter()]
    assert await refused(folder) == ["cap.run"]
    async with opened(folder, to_work=False) as bench:
        (left,) = await bench.store.rows(states=["planned"])
    assert left.due_at == dt.datetime(2026, 11, 24, tzinfo=LONDON)
