"""Action plans as a workbook that managers fill in: out, and in again with every mistake told by sheet, row, column.

A sheet a channel, in the six columns of Derbyshire's Appendix A (2006), Quick wins before Longer term, praise at the
end. Only what a manager may say is read back: who, when, what came of it, what is to follow, the due day and the state.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet as ReadSheet
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from results.actions import PARTS, STATUSES, Part, PlanRow, added_row
from results.channels import ABOUT
from results.schema import CHANNELS, Channel
from results.spreadsheet import AS_TEXT

SIX = (
    "Issue identified",
    "Details of action",
    "Who",
    "Date of action",
    "Result of the action",
    "Future action required",
)
COLUMNS = (*SIX, "Due back", "Status", "Measured", "Row (leave as it is)")
_WIDTHS = (38, 44, 18, 14, 34, 26, 12, 9, 34, 30)
_TITLES: Mapping[Part, str] = {"quick win": "Quick wins", "longer term": "Longer term", "praise": "To praise"}
_PARTS_BY_TITLE = {title: part for part, title in _TITLES.items()}
_SHEETS = {about.name: channel for channel, about in ABOUT.items()}
_LONGEST = 2000
_MOST_ROWS = 2000
_LARGEST = 20_000_000
_EMPTY_LINES = 3


class Mistake(NamedTuple):
    """Where a workbook is wrong and what would be right. `row` 0: the sheet as a whole."""

    sheet: str
    row: int
    column: str
    why: str


class Returned(NamedTuple):
    """A workbook that came back: the rows that are right, and the mistakes."""

    rows: tuple[PlanRow, ...]
    mistakes: tuple[Mistake, ...]


# ------------------------------------------------------------------------------------------------ out


def write_plan(path: Path, title: str, name: str, rows: Sequence[PlanRow]) -> None:
    """Write one organisation's plan. `title`: the wave's; `name`: the organisation's."""
    book = Workbook(path, AS_TEXT)
    due = max((row.due for row in rows), default=dt.date(2000, 1, 1))
    book.set_properties({"title": f"Action plan: {name}", "created": dt.datetime.combine(due, dt.time())})
    plain = {"font_name": "Arial", "font_size": 10, "valign": "top", "text_wrap": True, "border": 1}
    formats = {
        "fixed": book.add_format({**plain, "bg_color": "#F5F7F8"}),
        "open": book.add_format({**plain, "locked": False}),
        "day": book.add_format({**plain, "locked": False, "num_format": "dd/mm/yyyy"}),
        "head": book.add_format({**plain, "bold": True, "bg_color": "#DFEEED"}),
        "part": book.add_format({"font_name": "Arial", "font_size": 13, "bold": True}),
    }
    _read_me(book, title, name, due)
    for channel in CHANNELS:
        own = [row for row in rows if row.channel == channel]
        if own:
            _sheet(book.add_worksheet(ABOUT[channel].name), own, formats)
    book.close()


def _read_me(book: Workbook, title: str, name: str, due: dt.date) -> None:
    sheet = book.add_worksheet("Read me")
    sheet.set_column(0, 0, 100)
    large = book.add_format({"font_name": "Arial", "font_size": 16, "bold": True})
    text = book.add_format({"font_name": "Arial", "font_size": 11, "text_wrap": True, "valign": "top"})
    lines = (
        f"Action plan of {name}, from {title}.",
        f"Please fill in the white cells and return this workbook by {due:%d/%m/%Y}.",
        "Who: the person who will see to it. Date of action: as 21/11/2026. Status: open or done.",
        "Result of the action is your own word; what the next wave measures is added beside it, under Measured.",
        "Further actions of your own: write them into the empty lines below each list.",
        "What is good stands at the end of each sheet: please pass it on.",
    )
    sheet.write_string(0, 0, "Action plan", large)
    for row, line in enumerate(lines, 1):
        sheet.write_string(row, 0, line, text)


def _sheet(sheet: Worksheet, rows: Sequence[PlanRow], formats: Mapping[str, Format]) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&RPage &P of &N")
    sheet.protect("", {"format_rows": True, "format_columns": True})
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width, None, {"hidden": column == len(COLUMNS) - 1})
    at = 0
    for part in PARTS:
        own = [row for row in rows if row.part == part]
        if part == "praise" and not own:
            continue
        sheet.write_string(at, 0, _TITLES[part], formats["part"])
        for column, title in enumerate(COLUMNS):
            sheet.write_string(at + 1, column, title, formats["head"])
        at += 2
        for row in own:
            _line(sheet, at, row, formats)
            at += 1
        for _ in range(_EMPTY_LINES if part != "praise" else 0):
            for column in range(len(COLUMNS) - 1):
                sheet.write_blank(at, column, None, formats["day" if column in (3, 6) else "open"])
            at += 1
        at += 1
    sheet.data_validation(0, 7, at, 7, {"validate": "list", "source": list(STATUSES), "ignore_blank": True})


def _line(sheet: Worksheet, at: int, row: PlanRow, formats: Mapping[str, Format]) -> None:
    fixed, free = formats["fixed"], formats["open"]
    said = f"{row.issue} ({row.figure})" if row.figure else row.issue
    for column, text, how in (
        (0, said, fixed),
        (1, row.details, fixed if row.criterion else free),
        (2, row.who, free),
        (4, row.result, free),
        (5, row.future, free),
        (7, "" if row.part == "praise" else row.status, free),
        (8, row.measured, fixed),
        (9, row.key, fixed),
    ):
        sheet.write_string(at, column, text, how)
    for column, day in ((3, row.date), (6, None if row.part == "praise" else row.due)):
        if day is None:
            sheet.write_blank(at, column, None, formats["day"])
        else:
            sheet.write_datetime(at, column, dt.datetime.combine(day, dt.time()), formats["day"])


# ------------------------------------------------------------------------------------------------ in


def read_plan(path: Path, known: Mapping[str, PlanRow], today: dt.date) -> Returned:
    """Read a workbook that came back. `known`: the rows that were handed out, by key."""
    if path.stat().st_size > _LARGEST:
        return Returned((), (Mistake("", 0, "", f"is larger than {_LARGEST // 1_000_000} MB; it cannot be meant"),))
    try:
        book = openpyxl.load_workbook(path, data_only=True)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, openpyxl.utils.exceptions.InvalidFileException):
        return Returned((), (Mistake("", 0, "", "is not a workbook; save it as .xlsx"),))
    rows: list[PlanRow] = []
    mistakes: list[Mistake] = []
    keys = [_text(cells[-1]) for sheet in book.worksheets for cells in _lines(sheet).values()]
    first = next((known[key] for key in keys if key in known), None)
    if first is None:
        return Returned((), (Mistake("", 0, "", "holds no row of a plan that was handed out"),))
    own = {key: row for key, row in known.items() if row.organisation == first.organisation}
    for sheet in book.worksheets:
        if sheet.title == "Read me":
            continue
        channel = _SHEETS.get(sheet.title)
        if channel is None:
            names = ", ".join(_SHEETS)
            mistakes.append(Mistake(sheet.title[:40], 0, "", f"there is no channel of that name; one of: {names}"))
            continue
        found, wrong = _read_sheet(sheet, channel, own, first, today)
        rows += found
        mistakes += wrong
    return Returned(tuple(rows), tuple(mistakes))


def _read_sheet(
    sheet: ReadSheet, channel: Channel, known: Mapping[str, PlanRow], first_row: PlanRow, today: dt.date
) -> tuple[list[PlanRow], list[Mistake]]:
    part: Part | None = None
    rows: list[PlanRow] = []
    mistakes: list[Mistake] = []
    for number, cells in _lines(sheet).items():
        first = _text(cells[0])
        if first in _PARTS_BY_TITLE and not any(cells[1:]):
            part = _PARTS_BY_TITLE[first]
            continue
        if first == SIX[0] or not any(_text(cell) for cell in cells):
            continue
        key = _text(cells[9])
        row = known.get(key)
        if key and row is None:
            mistakes.append(
                Mistake(sheet.title, number, COLUMNS[9], f"{key[:80]!r} is no row of this plan; leave it as it was")
            )
            continue
        if row is None:
            if not first or part is None or part == "praise":
                why = "is empty; write the issue of your own action, under Quick wins or Longer term"
                mistakes.append(Mistake(sheet.title, number, COLUMNS[0], why))
                continue
            row = added_row(first_row.wave, first_row.organisation, channel, part, first[:_LONGEST], today)
            row = known.get(row.key, row).model_copy(update={"details": _text(cells[1])[:_LONGEST]})
        filled, wrong = _filled(row, cells)
        mistakes += [Mistake(sheet.title, number, column, why) for column, why in wrong]
        if not wrong:
            rows.append(filled)
    return rows, mistakes


def _lines(sheet: ReadSheet) -> dict[int, tuple[object, ...]]:
    """{row: its ten cells}."""
    every = sheet.iter_rows(min_row=1, max_row=_MOST_ROWS, max_col=len(COLUMNS), values_only=True)
    return {number: (*row, *([None] * (len(COLUMNS) - len(row)))) for number, row in enumerate(every, 1)}


def _filled(row: PlanRow, cells: Sequence[object]) -> tuple[PlanRow, list[tuple[str, str]]]:
    """The row as the manager filled it in, or what is wrong with it: (column, why)."""
    wrong: list[tuple[str, str]] = []
    said: dict[str, object] = {}
    for column, field in ((2, "who"), (4, "result"), (5, "future")):
        said[field] = _text(cells[column])
        if len(_text(cells[column])) > _LONGEST:
            wrong.append((COLUMNS[column], f"is longer than {_LONGEST:,} characters; shorten it"))
    for column, field in ((3, "date"), (6, "due")):
        day = _day(cells[column])
        if isinstance(day, str):
            wrong.append((COLUMNS[column], f"{day[:40]!r} is no date; write it as 21/11/2026"))
        elif day is not None or field == "date":
            said[field] = day
    status = _text(cells[7]).casefold() or row.status
    if status not in STATUSES:
        wrong.append((COLUMNS[7], f"{status[:40]!r} is neither open nor done"))
    return row.model_copy(update={**said, "status": status}), wrong


def _text(cell: object) -> str:
    return "" if cell is None else "".join(one if one.isprintable() else " " for one in str(cell)).strip()


def _day(cell: object) -> dt.date | str | None:
    """A date, None for an empty cell, or the text that is no date."""
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    text = _text(cell)
    if not text:
        return None
    try:
        return dt.datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return text
