"""The workbook's sheets: their formats, headings and tables. What stands in them lives in `results.report.xlsx`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from results.report.rows import Value, pieces, write_pieces

Kind = Literal["text", "long", "percent", "number", "count", "moment"]


class Column(NamedTuple):
    """A heading, how wide it is in characters, and what stands below it."""

    title: str
    width: float
    kind: Kind = "text"


class Sheets:
    """The open workbook with its formats."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        plain = {"valign": "top", "font_name": "Arial", "font_size": 10}
        self.head = self._format(plain, bold=True, text_wrap=True, bg_color="#DFEEED", bottom=1)
        self.title = self._format(plain, bold=True, font_size=16)
        self.strong = self._format(plain, bold=True, font_size=12)
        self.kinds: dict[Kind, Format] = {
            "text": self._format(plain),
            "long": self._format(plain, text_wrap=True),
            "count": self._format(plain, num_format="#,##0"),
            "percent": self._format(plain, num_format="0%"),
            "number": self._format(plain, num_format="0.##"),
            "moment": self._format(plain, num_format="dd/mm/yyyy hh:mm"),
        }
        for one in (self.title, self.kinds["long"], self.strong, self.head, *self.kinds.values()):
            one._get_xf_index()  # numbered now, so that rows can be put together apart from the workbook

    def _format(self, plain: dict[str, object], **more: object) -> Format:
        return self.book.add_format({**plain, **more})

    def add(self, name: str) -> Worksheet:
        sheet = self.book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&RPage &P of &N")
        return sheet

    def styles(self, columns: Sequence[Column]) -> list[int]:
        """The number of each column's format, the same in every workbook."""
        return [self.kinds[column.kind]._get_xf_index() for column in columns]

    def table(self, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> None:
        """A sheet with one table."""
        self.pieces(name, columns, pieces(rows, self.styles(columns)))

    def pieces(self, name: str, columns: Sequence[Column], found: Iterable[tuple[int, str]]) -> None:
        """The same of rows that have been put together: headings stay in sight and can be filtered by."""
        sheet = self.add(name)
        sheet.freeze_panes(1, 1)
        sheet.repeat_rows(0)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
            sheet.write_string(0, place, column.title, self.head)
        last = write_pieces(sheet, found, len(columns))
        sheet.autofilter(0, 0, max(1, last), len(columns) - 1)
