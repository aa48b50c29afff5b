"""The queue of answers that need a person as one sheet, XLSX or CSV: to be settled many at once, and read again.

A row is known by its shop and question, which stand in it, so rows may be sorted and left out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from results.forms.incoming import Mistake, Unreadable, grid
from results.forms.question import Cell
from results.spreadsheet import AS_TEXT, safe

VERDICTS = ("Confirm", "Correct", "Cannot tell")
_SHOWN = (
    "Organisation",
    "Contact",
    "Question",
    "How to judge",
    "Proposed",
    "Why it waits",
    "Evidence",
    "Possible",
)
_FILLED = ("Verdict", "Right answer", "Reason")
_IDS = ("Shop", "Question id", "Seen")
HEADINGS = (*_SHOWN, *_FILLED, *_IDS)
_WIDTHS = (20, 18, 34, 34, 14, 26, 30, 26, 13, 18, 26, 40, 26, 14)


@dataclass(frozen=True)
class Row:
    """One answer that waits, in words: what `_SHOWN` names, then its shop, question and what was seen."""

    shown: tuple[str, ...]
    shop: str
    criterion: str
    seen: str


@dataclass(frozen=True)
class Settled:
    """One row that somebody filled in, and where it stands."""

    shop: str
    criterion: str
    seen: str
    verdict: str
    value: str
    why: str
    sheet: str
    row: int

    def wrong(self, file: str, column: str, what: str) -> Mistake:
        """A mistake in this row, in the column of that heading."""
        return Mistake(file, self.sheet, self.row, f"“{column}”", what)


def workbook(title: str, rows: Sequence[Row]) -> bytes:
    """The sheet as XLSX: everything locked but the three columns to be filled in."""
    import xlsxwriter  # here, because few commands write workbooks

    into = io.BytesIO()
    options = {**AS_TEXT, "in_memory": True}
    with xlsxwriter.Workbook(into, options) as book:
        sheet = book.add_worksheet("Reviews")
        base = {"font_name": "Arial", "font_size": 10, "text_wrap": True, "valign": "top", "border": 1}
        head = book.add_format({**base, "bold": True, "font_color": "#ffffff", "bg_color": "#1f5b4e"})
        text, fill = (
            book.add_format({**base, "bg_color": "#eef4f1"}),
            book.add_format({**base, "locked": False, "num_format": "@"}),
        )
        for column, (heading, width) in enumerate(zip(HEADINGS, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width, None, {"hidden": heading in _IDS})
            sheet.write_string(0, column, heading, head)
        first, last = len(_SHOWN), len(_SHOWN) + len(_FILLED)
        for number, row in enumerate(rows, 1):
            for column, words in enumerate((*row.shown, "", "", "", row.shop, row.criterion, row.seen)):
                sheet.write_string(number, column, words[:32_000], fill if first <= column < last else text)
        if rows:
            told = "Choose Confirm, Correct or Cannot tell. Leave it empty to settle it later."
            rule = {"validate": "list", "source": list(VERDICTS), "input_message": told, "error_message": told}
            sheet.data_validation(1, first, len(rows), first, rule)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(1, len(rows)), last - 1)
        sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True})
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_footer(f"&L{title.replace('&', '&&')[:150]}&RPage &P of &N")
    return into.getvalue()


def table(rows: Sequence[Row]) -> bytes:
    """The sheet as CSV."""
    into = io.StringIO(newline="")
    writer = csv.writer(into)
    writer.writerow(HEADINGS)
    for row in rows:
        writer.writerow([safe(text) for text in (*row.shown, "", "", "", row.shop, row.criterion, row.seen)])
    return into.getvalue().encode("utf-8-sig")


def read(file: str, content: bytes) -> Iterator[Settled]:
    """The rows that were filled in. Raises `Unreadable`."""
    for sheet, rows in grid(file, content):
        lines = iter(rows)
        headings = [_text(cell) for cell in next(lines, [])]
        if missing := [heading for heading in (*_FILLED, *_IDS) if heading not in headings]:
            told = f"its first row lacks the column {missing[0]}; export the reviews and fill that sheet in"
            raise Unreadable(f"{file}: {told}")
        at = {heading: headings.index(heading) for heading in (*_FILLED, *_IDS)}
        for number, line in enumerate(lines, 2):
            cells = {name: _text(line[place]) if place < len(line) else "" for name, place in at.items()}
            if any(cells[name] for name in _FILLED):
                yield Settled(
                    shop=cells["Shop"],
                    criterion=cells["Question id"],
                    seen=cells["Seen"],
                    verdict=cells["Verdict"],
                    value=cells["Right answer"],
                    why=cells["Reason"][:2000],
                    sheet=sheet,
                    row=number,
                )


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell == int(cell):
        cell = int(cell)
    return "".join(one if one.isprintable() else " " for one in str(cell)).strip().removeprefix("'")
