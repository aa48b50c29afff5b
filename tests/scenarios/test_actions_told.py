"""`doorstep actions`, `report --for` and `report --format` on a programme with a wave behind it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest

from results.actions import ActionPlans
from scenarios.bench import opened
from scenarios.commands import actions as plans
from scenarios.commands.common import Wrong
from scenarios.commands.results import _formats, write_report
from scenarios.reading import Invalid
from tests.results.partnership import Fieldwork, fieldwork
from tests.results.stored import keep
from tests.scenarios.test_cli import doorstep


def spring(work: Fieldwork) -> Fieldwork:
    """The same fieldwork half a year before."""
    wave = work.wave.model_copy(
        update={
            "id": "spring",
            "title": "Spring wave 2026",
            "fieldwork_from": dt.date(2026, 5, 4),
            "fieldwork_until": dt.date(2026, 5, 29),
        }
    )
    shops = [shop.model_copy(update={"wave": "spring", "id": f"spring-{shop.id}"}) for shop in work.shops]
    return Fieldwork(wave, work.scheme, work.organisations, shops, [])


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    path = tmp_path / "mine"
    assert doorstep("init", str(path)).returncode == 0
    work = fieldwork(councils=2, calls=10, mails=10)
    async with opened(path, to_work=True) as bench:
        await keep(bench.database, spring(work))
        await keep(bench.database, work)
    return path


async def test_a_plan_goes_out_comes_back_and_is_measured_by_the_next_wave(folder: Path) -> None:
    await plans._export(folder, "spring", "brackenfield", None, as_json=False)
    path = folder / "reports" / "spring" / "actions-brackenfield.xlsx"
    book = openpyxl.load_workbook(path)
    book["Telephone"]["C3"], book["Telephone"]["D3"] = "J. Ward", "whenever"
    book["E-mail"]["C3"] = "K. Lane"
    book.save(path)

    with pytest.raises(Invalid) as wrong:
        await plans._import(folder, [path], as_json=False)
    await plans._measure_wave(folder, "autumn", as_json=False)
    async with opened(folder, to_work=False) as bench:
        rows = [row for row in await ActionPlans(bench.database).rows() if row.part != "praise"]

    assert str(wrong.value) == (
        "actions-brackenfield.xlsx, sheet Telephone:3: Date of action: 'whenever' is no date; write it as 21/11/2026"
    )
    assert {row.who for row in rows} == {"", "K. Lane"}
    assert all(row.measured.startswith("Measured in Autumn wave 2026: ") for row in rows)


async def test_a_report_for_one_organisation_is_written_beside_the_whole_one_in_the_forms_asked_for(
    folder: Path,
) -> None:
    await write_report(folder, "autumn", None, None, as_json=False, own="brackenfield", formats=("csv", "xlsx"))

    found = folder / "reports" / "autumn-for-brackenfield"
    assert sorted(path.name for path in found.iterdir()) == ["answers.csv", "figures.csv", "wave-report.xlsx"]
    assert "Ashbourne" not in (found / "figures.csv").read_text()
    for own in ("nobody", "Brackenfield"):
        with pytest.raises(Wrong, match=f"'{own}' is not in autumn; its organisations are ashbourne-vale, brack"):
            await write_report(folder, "autumn", None, None, as_json=False, own=own)
    with pytest.raises(Wrong, match="'odt' is no form of the report; there are html, pdf"):
        _formats("html,odt")
    (folder / "reference").mkdir()
    (folder / "reference" / "ours.csv").write_text("group,year,source,measure,value\nUs,2025,Own,email.replies,4\n")
    with pytest.raises(Invalid, match=r"^reference/ours\.csv:2: measure: 'email\.replies' is no measure of the report"):
        await write_report(folder, "autumn", None, None, as_json=False)
