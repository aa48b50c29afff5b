"""Opening a file that somebody sent: a form as XLSX or CSV, as the cells that stand beside each question.

A file from outside is hostile until read: it is bounded before it is unpacked, no entity is expanded, no formula is
worked out. What cells mean is read in `results.forms.interpret`.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from results.forms.question import Cell
from results.forms.sheet import FORM
from results.forms.table import HEADINGS, NOTE

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import ReadOnlyCell
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

LARGEST = 10_000_000  # bytes of a file
_LARGEST_UNPACKED = 60_000_000
_MOST_PARTS = 2_000
_MOST_SHEETS = 100
_MOST_ROWS = 2_000
_MOST_COLUMNS = 12
_MOST_GRID_COLUMNS = 40
_MOST_LINES = 50_000


class Unreadable(Exception):
    """A file that is no form. The message says in one line what it is and what would be right."""


@dataclass(frozen=True, order=True)
class Mistake:
    """Something wrong in a file: where, what is wrong and what would be right."""

    file: str
    sheet: str
    row: int
    column: str
    what: str

    def __str__(self) -> str:
        where = [self.file]
        if self.sheet:
            where.append(f"sheet “{self.sheet}”")
        if self.row:
            where.append(f"row {self.row}, column {self.column}" if self.column else f"row {self.row}")
        return f"{', '.join(where)}: {self.what}"


@dataclass(frozen=True)
class Entry:
    """What stands beside one question, and where. `formula`: the answer is one, and is not worked out."""

    answer: Cell
    comment: Cell
    row: int
    column: str
    formula: bool = False


@dataclass(frozen=True)
class RawTask:
    """One task's cells, by question. `marks`: shop, shopper and scheme, as the file carries them."""

    file: str
    sheet: str
    marks: Mapping[str, str]
    entries: dict[str, Entry] = field(default_factory=dict)
    twice: list[tuple[str, Entry]] = field(default_factory=list)


def opened(file: str, content: bytes) -> tuple[RawTask, ...]:
    """The tasks of a form. Raises `Unreadable`."""
    return tuple(_workbook(file, content)) if _is_workbook(file, content) else tuple(_table(file, content))


def grid(file: str, content: bytes) -> Iterator[tuple[str, Iterator[Sequence[Cell]]]]:
    """The cells of any sheet or CSV, row by row: (the sheet's name, its rows). Raises `Unreadable`."""
    if not _is_workbook(file, content):
        yield "", _lines(file, content)
        return
    book = _book(file, content)
    try:
        for sheet in book.worksheets:
            rows = sheet.iter_rows(max_row=_MOST_LINES, max_col=_MOST_GRID_COLUMNS, values_only=True)
            yield sheet.title, _guarded(file, rows)
    finally:
        book.close()


def _guarded(file: str, rows: Iterator[Sequence[Cell]]) -> Iterator[Sequence[Cell]]:
    try:
        yield from rows
    except Exception as error:  # whatever openpyxl's parsers raise, this is no sheet
        raise Unreadable(f"{file}: cannot be read ({_reason(error)}); save it anew as .xlsx") from None


def _is_workbook(file: str, content: bytes) -> bool:
    if len(content) > LARGEST:
        raise Unreadable(f"{file}: is larger than {LARGEST // 1_000_000} MB; send the form as it was handed out")
    if content.startswith(b"PK"):
        return True
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(f"{file}: is an old or locked workbook; save it as .xlsx without a password")
    if b"\x00" in content:  # no text has one, and no database takes it
        raise Unreadable(f"{file}: is neither a workbook nor CSV; send the form as .xlsx or .csv")
    return False


# ------------------------------------------------------------------------------------------------ workbooks


def _book(file: str, content: bytes) -> Workbook:
    import openpyxl  # here, because it takes long to load and few commands read workbooks

    _bounded(file, content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
    except Exception as error:  # openpyxl raises whatever its parsers do; whichever it is, this is no workbook
        raise Unreadable(f"{file}: is no workbook that can be read ({_reason(error)}); save it as .xlsx") from None
    if len(book.sheetnames) > _MOST_SHEETS:
        raise Unreadable(f"{file}: has over {_MOST_SHEETS} sheets; send the form as it was handed out")
    return book


def _workbook(file: str, content: bytes) -> Iterator[RawTask]:
    book = _book(file, content)
    try:
        found = False
        for sheet in book.worksheets:
            if task := _sheet(file, sheet):
                found = True
                yield task
        if not found:
            raise Unreadable(f"{file}: has no sheet that Doorstep made; export the form and fill that in")
    finally:
        book.close()


def _bounded(file: str, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Unreadable(f"{file}: is damaged ({_reason(error)}); send it again") from None
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _LARGEST_UNPACKED:
        raise Unreadable(f"{file}: unpacks to more than a form can hold; send the form as it was handed out")
    if any(part.filename == "mimetype" for part in parts):
        raise Unreadable(f"{file}: is an OpenDocument file; save it as .xlsx")


def _sheet(file: str, sheet: ReadOnlyWorksheet) -> RawTask | None:
    """The task of one sheet; None where it is not one of ours."""
    marks: dict[str, str] = {}
    rows: list[tuple[int, Sequence[ReadOnlyCell]]] = []
    try:
        for number, row in enumerate(sheet.iter_rows(max_row=_MOST_ROWS, max_col=_MOST_COLUMNS), 1):
            rows.append((number, row))
            for cell in row:
                if isinstance(cell.value, str) and cell.value.startswith("@") and "=" in cell.value:
                    name, _, value = cell.value[1:].partition("=")
                    marks.setdefault(name, "".join(filter(str.isprintable, value)).strip()[:300])
    except Exception as error:  # as above
        raise Unreadable(f"{file}: sheet “{sheet.title}” cannot be read ({_reason(error)})") from None
    if marks.get("form") != FORM:
        return None
    task = RawTask(file, sheet.title, marks)
    for number, row in rows:
        place = next((at for at, cell in enumerate(row) if at >= 2 and _is_id(cell.value)), None)
        if place is None:
            continue
        answer, comment = row[place - 2], row[place - 1]
        # A comment over two columns stands in the first of them.
        column = _letter(place - 2)
        entry = Entry(_percent(answer), comment.value, number, column, answer.data_type == "f")
        _add(task, str(row[place].value), entry)
    return task


def _is_id(value: object) -> bool:
    """A question's id, or one of ours: @day. Marks, which hold a =, are not."""
    if not isinstance(value, str) or "=" in value or " " in value:
        return False
    return value.startswith("@") or re.fullmatch(r"[a-z0-9]+(\.[a-z0-9_]+)+", value) is not None


def _percent(cell: ReadOnlyCell) -> Cell:
    """80% is kept by a spreadsheet program as 0.8, shown as per cent."""
    value: Cell = cell.value
    if isinstance(value, int | float) and not isinstance(value, bool) and "%" in str(cell.number_format):
        return round(value * 100, 6)
    return value


def _letter(column: int) -> str:
    """A column's letter, counted from nought; forms have fewer than 26."""
    return chr(ord("A") + column)


def _reason(error: Exception) -> str:
    return (type(error).__name__ + (f": {error}" if str(error) else "")).splitlines()[0][:120]


# ------------------------------------------------------------------------------------------------ CSV


def _table(file: str, content: bytes) -> list[RawTask]:
    lines = _lines(file, content)
    headings = [str(heading).strip() for heading in next(lines, [])]
    missing = [heading for heading in HEADINGS[4:] if heading not in headings]
    if missing:
        raise Unreadable(f"{file}: its first row lacks the column {missing[0]}; export the form and fill that in")
    columns = {heading: headings.index(heading) for heading in HEADINGS[4:]}
    letter = _letter(columns["Your answer"])
    tasks: dict[tuple[str, str], RawTask] = {}
    for number, line in enumerate(lines, 2):
        cells = {name: str(line[at]).strip() if at < len(line) else "" for name, at in columns.items()}
        id, shop, shopper = (cells[name].removeprefix("'") for name in ("Id", "Shop", "Shopper"))
        if shop and id and id != NOTE:
            marks = {"form": FORM, "shop": shop[:300], "shopper": shopper[:300], "scheme": cells["Scheme"]}
            task = tasks.setdefault((shop, shopper), RawTask(file, "", marks))
            _add(task, id, Entry(cells["Your answer"].removeprefix("'"), cells["Comment"], number, letter))
    return list(tasks.values())


def _lines(file: str, content: bytes) -> Iterator[Sequence[Cell]]:
    """CSV's rows, with whichever of comma, semicolon and tab its first row has most of."""
    text = _decoded(content)
    first = text.partition("\n")[0]
    try:
        for number, line in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
        ):
            if number > _MOST_LINES:
                raise Unreadable(f"{file}: has over {_MOST_LINES:,} rows; send the form as it was handed out")
            yield line
    except csv.Error as error:
        raise Unreadable(f"{file}: is not CSV ({_reason(error)}); save it as CSV UTF-8") from None


def _decoded(content: bytes) -> str:
    """UTF-8, or what older spreadsheet programs on Windows write."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _add(task: RawTask, id: str, entry: Entry) -> None:
    if id in task.entries:
        task.twice.append((id, entry))
    else:
        task.entries[id] = entry
