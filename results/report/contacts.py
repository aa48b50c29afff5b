"""The contacts as rows of the organisations' pages and of the workbook: of a large wave nothing is kept in memory."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from tempfile import TemporaryFile
from typing import BinaryIO, NamedTuple, cast

from xlsxwriter import Workbook

from results.report.html import points_words, reason
from results.report.model import Cell, CriterionHead, ShopRow, in_columns
from results.report.rows import Value, pieces
from results.report.sheets import Column, Sheets
from results.schema import Channel


def contacts_head(criteria: Sequence[CriterionHead]) -> tuple[Column, ...]:
    return (
        Column("Shop", 34),
        Column("Organisation", 30),
        Column("Date and time", 16, "moment"),
        Column("Shopper", 9),
        Column("Contact", 26),
        Column("Enquiry", 22),
        Column("Counted", 9),
        Column("State", 18),
        Column("What happened", 50),
        Column("Access points", 9, "number"),
        Column("Access possible", 9, "number"),
        Column("Quality points", 9, "number"),
        Column("Quality possible", 9, "number"),
        *(Column(one.short, 16) for one in criteria),
        Column("Notes", 40),
        Column("Evidence (SHA-256)", 40),
    )


class Written(NamedTuple):
    """Where the rows are. `pages`: {(organisation, channel): from and to which byte}; `sheets`: {channel: rows}."""

    pages: dict[tuple[str, Channel], tuple[int, int]]
    sheets: dict[Channel, int]


class Contacts:
    """The rows of organisations one after another, in files: one for the pages, one for each sheet of the workbook.

    They may be added in another process than the one that reads them, which then has to be given what was `written`.
    The files have no names: whenever their writer is stopped, nothing is left of them.
    """

    def __init__(self, criteria: Mapping[Channel, Sequence[CriterionHead]]) -> None:
        """`criteria`: the questions of each channel, which are columns."""
        sheets = Sheets(Workbook(io.BytesIO()))
        self._styles = {channel: sheets.styles(contacts_head(each)) for channel, each in criteria.items()}
        self._places = {
            channel: {one.id: place for place, one in enumerate(each)} for channel, each in criteria.items()
        }
        self._known: dict[Value, str] = {}
        self._cells: dict[int, _Cell] = {}
        self._page = _file()
        self._sheets = {channel: _file() for channel in criteria}
        self._at = 0
        self.written = Written({}, dict.fromkeys(criteria, 0))

    def add(self, id: str, name: str, contacts: Mapping[Channel, Sequence[ShopRow]]) -> None:
        """The next organisation, with its contacts by channel."""
        for channel, shops in contacts.items():
            places = self._places[channel]
            rows: list[str] = []
            lines: list[Sequence[Value]] = []
            for shop in shops:
                cells = self._of(shop)
                rows.append(_row(shop, cells, places))
                lines.append(_line(shop, name, places))
            self._to_page(id, channel, "".join(rows))
            self._to_sheet(channel, lines)

    def flush(self) -> Written:
        """Whoever reads the files now finds all that was added. Where in them it is."""
        for file in (self._page, *self._sheets.values()):
            file.flush()
        return self.written

    def page(self, id: str, channel: Channel) -> str:
        """The rows of an organisation's page."""
        begin, end = self.written.pages.get((id, channel), (0, 0))
        self._page.seek(begin)
        return self._page.read(end - begin).decode()

    def sheet(self, channel: Channel) -> Iterator[tuple[int, str]]:
        """The rows of a sheet: how many, and their text."""
        self._sheets[channel].seek(0)
        yield self.written.sheets[channel], self._sheets[channel].read().decode()

    def close(self) -> None:
        """Let the files go."""
        for file in (self._page, *self._sheets.values()):
            file.close()

    def _of(self, shop: ShopRow) -> list[_Cell]:
        """A contact's cells as they stand in a page: each that is met for the first time is put into HTML."""
        known = map(self._cells.get, map(id, shop.cells))
        return [one or self._new(cell) for one, cell in zip(known, shop.cells, strict=True)]

    def _new(self, cell: Cell) -> _Cell:
        # End tags of cells may be left out in HTML: a million of them are five megabytes.
        kind = " class=q" if cell.marks is None else " class=n" if not cell.marks else ""
        found = self._cells[id(cell)] = _Cell(f"<td{kind}>{escape(cell.words)}", reason(cell), cell)
        return found

    def _to_page(self, id: str, channel: Channel, rows: str) -> None:
        content = rows.encode()
        self._page.write(content)
        self.written.pages[id, channel] = self._at, self._at + len(content)
        self._at += len(content)

    def _to_sheet(self, channel: Channel, rows: Sequence[Sequence[Value]]) -> None:
        first = 2 + self.written.sheets[channel]
        for count, text in pieces(rows, self._styles[channel], first, self._known):
            self._sheets[channel].write(text.encode())
            self.written.sheets[channel] += count


class _Cell(NamedTuple):
    """A cell in HTML, and why it waits where it does. The cell is kept, so that no other is ever taken for it."""

    html: str
    reason: str
    cell: Cell


def _file() -> BinaryIO:
    return cast(BinaryIO, TemporaryFile("w+b"))


def _row(shop: ShopRow, cells: Sequence[_Cell], places: Mapping[str, int]) -> str:
    """A row of a page."""
    answers = in_columns(shop, [one.html for one in cells], places, "<td>—")
    waits = "" if shop.counted else f" Not counted: {escape(shop.state)}."
    why = dict.fromkeys([f"{one.reason}." for one in cells if one.reason])
    notes = [*shop.notes, *why, f"Shop {shop.id}"]
    notes += [f"{one.kind}: {one.name}, SHA-256 {one.sha256[:12]}…" for one in shop.evidence]
    return (
        f'<tr id="{shop.anchor}"{"" if shop.counted else " class=out"}><th scope="row">{shop.made}</th>'
        f"<td>{escape(shop.contact)} <i>{escape(shop.enquiry)}</i></td>"
        f"<td>{escape(' '.join(shop.happened))}{waits}</td>"
        f"<td>{points_words(shop.access)}</td><td>{points_words(shop.quality)}</td>{''.join(answers)}"
        f"<td>{escape('; '.join(notes))}</td></tr>\n"
    )


def _line(shop: ShopRow, name: str, places: Mapping[str, int]) -> Sequence[Value]:
    """A row of a sheet."""
    return [
        *(shop.id, name, shop.made_at, shop.shopper, shop.contact, shop.enquiry),
        *(shop.counted, shop.state, " ".join(shop.happened)),
        *(shop.access.earned, shop.access.possible, shop.quality.earned, shop.quality.possible),
        *in_columns(shop, [cell.words for cell in shop.cells], places, ""),
        " ".join(shop.notes),
        ", ".join([f"{one.kind}: {one.sha256}" for one in shop.evidence]),
    ]
