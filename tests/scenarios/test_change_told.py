"""The report of a wave tells changes since the one before, or since the one that is named."""

import datetime as dt
import json
from pathlib import Path

import pytest

from results import scheme
from results.schema import Organisation, Wave
from results.store import FrozenWave
from scenarios.bench import opened
from scenarios.commands.common import Wrong
from scenarios.commands.results import write_report
from tests.scenarios.test_cli import doorstep


def wave(id: str, month: int) -> FrozenWave:
    until = dt.date(2026, month, 20)
    return FrozenWave(
        wave=Wave(
            id=id,
            title=f"{id.capitalize()} wave",
            partnership="Partnership",
            fieldwork_from=until.replace(day=1),
            fieldwork_until=until,
            scenarios=("telephone",),
        ),
        scheme=scheme.load("south-derbyshire-2006"),
        organisations={"amber": Organisation(id="amber", name="Amber Council")},
        scenarios={},
        enquiries={},
        planned_at=dt.datetime(2026, month, 1, tzinfo=dt.UTC),
    )


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """A programme with three waves behind it."""
    path = tmp_path / "mine"
    assert doorstep("init", str(path)).returncode == 0
    async with opened(path, to_work=True) as bench:
        for id, month in (("winter", 2), ("autumn", 10), ("spring", 5)):
            await bench.store.freeze(wave(id, month), ())
    return path


async def since(folder: Path, id: str, named: str | None = None) -> str:
    await write_report(folder, id, folder / "out", None, as_json=True, since=named)
    told = json.loads((folder / "out" / "wave-report.json").read_text())
    return str(told["since"])


async def test_the_wave_before_is_the_one_that_changes_are_told_from(folder: Path) -> None:
    assert await since(folder, "autumn") == "Spring wave"
    assert await since(folder, "winter") == ""


async def test_another_wave_can_be_named(folder: Path) -> None:
    assert await since(folder, "autumn", "winter") == "Winter wave"


async def test_a_wave_is_not_compared_with_itself_nor_with_one_that_is_not_there(folder: Path) -> None:
    with pytest.raises(Wrong, match="cannot be compared with itself"):
        await since(folder, "autumn", "autumn")
    with pytest.raises(Wrong, match="summer"):
        await since(folder, "autumn", "summer")
