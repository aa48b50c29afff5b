"""Action plans: what they hold, what managers may return, and what the next wave adds."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest

from results.action_sheets import COLUMNS, SIX, Returned, read_plan, write_plan
from results.actions import ActionPlans, PlanRow, measured, planned_rows
from results.database import Database
from results.findings import Means, findings, means, partnership_means
from tests.results.partnership import Fieldwork, fieldwork
from tests.results.stored import keep

TODAY = dt.date(2026, 12, 1)


def every_mean(work: Fieldwork) -> dict[str, Means]:
    return {
        key: means(work.scheme, [shop for shop in work.shops if shop.organisation == key]) for key in work.organisations
    }


def plan_of(work: Fieldwork, place: int = 0) -> tuple[PlanRow, ...]:
    every = every_mean(work)
    key = list(every)[place]
    return planned_rows("autumn", key, findings(work.scheme, every[key], partnership_means(every)), every[key], TODAY)


@pytest.fixture(scope="module")
def work() -> Fieldwork:
    return fieldwork(councils=3)


@pytest.fixture
def sheet(work: Fieldwork, tmp_path: Path) -> Path:
    path = tmp_path / "plan.xlsx"
    write_plan(path, "Autumn wave", "A Council", plan_of(work))
    return path


def returned(path: Path, work: Fieldwork, **cells: object) -> Returned:
    """The e-mail sheet with cells filled in, by address ('C3'), read again."""
    book = openpyxl.load_workbook(path)
    for address, value in cells.items():
        book["E-mail"][address] = value
    book.save(path)
    return read_plan(path, {row.key: row for place in range(3) for row in plan_of(work, place)}, TODAY)


# ------------------------------------------------------------------------------------------------ out


def test_a_plan_has_the_six_columns_quick_wins_first_and_praise_last(sheet: Path) -> None:
    lines = list(openpyxl.load_workbook(sheet)["E-mail"].iter_rows(values_only=True))

    titles = [line[0] for line in lines if line[0] in ("Quick wins", "Longer term", "To praise")]
    assert titles == ["Quick wins", "Longer term", "To praise"]
    assert lines[1] == COLUMNS
    assert (
        lines[1][:6]
        == SIX
        == (
            "Issue identified",
            "Details of action",
            "Who",
            "Date of action",
            "Result of the action",
            "Future action required",
        )
    )


def test_a_plan_is_owed_back_two_weeks_on_and_is_overdue_the_day_after(work: Fieldwork) -> None:
    row = plan_of(work)[0]

    assert row.due == dt.date(2026, 12, 15)
    assert not row.overdue(dt.date(2026, 12, 15))
    assert row.overdue(dt.date(2026, 12, 16))
    assert not row.model_copy(update={"status": "done"}).overdue(dt.date(2027, 1, 1))
    assert not row.model_copy(update={"part": "praise"}).overdue(dt.date(2027, 1, 1))


def test_every_action_says_that_the_next_wave_measures_it(work: Fieldwork) -> None:
    assert {row.future for row in plan_of(work) if row.part != "praise"} == {"Measure in next wave"}


# ------------------------------------------------------------------------------------------------ in


def test_a_plan_that_comes_back_untouched_changes_nothing(sheet: Path, work: Fieldwork) -> None:
    back = returned(sheet, work)

    assert back.mistakes == ()
    assert {row.key: row for row in back.rows} == {row.key: row for row in plan_of(work)}


def test_what_a_manager_fills_in_is_kept(sheet: Path, work: Fieldwork) -> None:
    filled = {"C3": "J. Ward", "D3": "14/12/2026", "E3": "Done", "H3": "Done", "G3": dt.datetime(2026, 12, 20)}

    row = next(row for row in returned(sheet, work, **filled).rows if row.who)

    assert (row.who, row.date, row.status) == ("J. Ward", dt.date(2026, 12, 14), "done")
    assert (row.result, row.due) == ("Done", dt.date(2026, 12, 20))


def test_a_managers_own_action_is_added_once(sheet: Path, work: Fieldwork) -> None:
    titles = [cell.value for cell in openpyxl.load_workbook(sheet)["E-mail"]["A"]]
    free = titles.index("Longer term") - 2  # an empty line below the quick wins
    own = {f"A{free}": "Replies read coldly", f"B{free}": "Train the team", f"C{free}": "J. Ward"}
    first, again = returned(sheet, work, **own), returned(sheet, work)

    added = [row for row in first.rows if row.criterion is None]
    assert [(row.issue, row.part, row.channel) for row in added] == [("Replies read coldly", "quick win", "email")]
    assert [row.key for row in again.rows if row.criterion is None] == [added[0].key]


def test_mistakes_are_told_by_sheet_row_and_column_and_the_rest_is_kept(sheet: Path, work: Fieldwork) -> None:
    stranger = plan_of(work, 1)[0].key
    wrong = {"D3": "soon", "H3": "perhaps", "J4": stranger, "C9": "no issue"}
    whole = len(plan_of(work))

    back = returned(sheet, work, **wrong)

    told = [(one.sheet, one.row, one.column) for one in back.mistakes]
    assert told[:3] == [
        ("E-mail", 3, "Date of action"),
        ("E-mail", 3, "Status"),
        ("E-mail", 4, "Row (leave as it is)"),
    ]
    assert len(back.rows) >= whole - 3


@pytest.mark.parametrize("content", [b"", b"no workbook", b"PK\x03\x04 half of one"])
def test_what_is_no_workbook_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(content)

    assert [one.why for one in read_plan(path, {}, TODAY).mistakes] == ["is not a workbook; save it as .xlsx"]


# ------------------------------------------------------------------------------------------------ the next wave


def test_the_next_wave_fills_in_what_it_measured_with_the_figure_before(work: Fieldwork) -> None:
    row = next(row for row in plan_of(work) if row.criterion == "email.ack_24h")
    own = every_mean(work)[row.organisation]

    (after,) = measured([row], "spring", "Spring wave", work.scheme, {"autumn": work.scheme}, own)

    assert after.measured == "Measured in Spring wave: 11 of 20 e-mails (55%), 55% before"
    assert measured([after], "spring", "Spring wave", work.scheme, {"autumn": work.scheme}, own) == ()


def test_where_the_question_has_changed_the_old_figure_is_not_set_beside_the_new(work: Fieldwork) -> None:
    row = next(row for row in plan_of(work) if row.criterion == "email.ack_24h")
    other = [
        one.model_copy(update={"standard": "Within a week"}) if one.id == row.criterion else one
        for one in work.scheme.criteria
    ]
    before = work.scheme.model_copy(update={"criteria": tuple(other)})
    own = every_mean(work)[row.organisation]

    (after,) = measured([row], "spring", "Spring wave", work.scheme, {"autumn": before}, own)

    assert after.measured.endswith("(55%); it was asked otherwise before")


async def test_a_plan_is_handed_out_once_and_what_was_filled_in_stays(database: Database, work: Fieldwork) -> None:
    await keep(database, work)
    plans, rows = ActionPlans(database), plan_of(work)

    assert await plans.add(rows) == len(rows)
    filled = rows[0].model_copy(update={"who": "J. Ward", "date": TODAY})
    assert await plans.save([filled]) == 1
    assert await plans.save([filled]) == 0
    assert await plans.add(rows) == 0

    kept = {row.key: row for row in await plans.rows(organisation=rows[0].organisation)}
    assert kept[rows[0].key] == filled
    assert len(kept) == len(rows)
