"""Rows of a worksheet as SpreadsheetML, written straight into XlsxWriter's row file: a tenth of the time of its cells.

A wave of a million answers is a million cells. Everything else of the workbook is XlsxWriter's.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from results.calendar import LONDON

Value = str | float | int | dt.datetime | bool | None
_LONGEST_CELL = 32_000
_REMEMBERED = 60  # characters: longer texts are seldom met twice
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DAY_NOUGHT = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a worksheet knows no zones
_BUFFER = 500


def pieces(
    rows: Iterable[Sequence[Value]], styles: Sequence[int], first: int = 2, known: dict[Value, str] | None = None
) -> Iterator[tuple[int, str]]:
    """Rows as SpreadsheetML from row `first` on, some hundred at a time: (how many, their text); text is always text.

    `styles`: of each column, by number. `known`: short texts as they stand in a cell, for whoever has several pieces.
    """
    known = {} if known is None else known
    heads = "\n".join([f'<c r="{xl_col_to_name(column)}#" s="{style}"' for column, style in enumerate(styles)])
    lines: list[str] = []
    for number, row in enumerate(rows, first):
        texts = [known.get(value) or _content(value, known) for value in row]
        cells = zip(heads.replace("#", str(number)).split("\n"), texts, strict=False)
        lines.append(f'<row r="{number}">{"".join([head + text for head, text in cells if text])}</row>')
        if len(lines) == _BUFFER:
            yield len(lines), "".join(lines)
            lines.clear()
    yield len(lines), "".join(lines)


def write_pieces(sheet: Any, found: Iterable[tuple[int, str]], columns: int) -> int:  # noqa: ANN401 - no types
    """Write rows below the heading that is in row 0. How many there were.

    The sheet is one of a workbook in constant memory, and nothing but its heading has been written.
    """
    sheet._write_single_row(1)  # the heading goes into the file first
    number = 0
    for count, text in found:
        sheet.row_data_fh.write(text)
        number += count
    sheet.dim_rowmax, sheet.dim_colmax = number, max(sheet.dim_colmax or 0, columns - 1)
    sheet.previous_row = number + 1
    return number


def _content(value: Value, known: dict[Value, str]) -> str:
    """The rest of a cell, from its style on; nothing of an empty one."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _text("Yes" if value else "No")
    if isinstance(value, str):
        found = _text(value)
        if len(value) < _REMEMBERED:
            known[value] = found
        return found
    if isinstance(value, dt.datetime):
        span = value.astimezone(LONDON).replace(tzinfo=None) - _DAY_NOUGHT
        return f"><v>{span.total_seconds() / 86_400:.9f}</v></c>"
    return f"><v>{value!r}</v></c>"


def _text(value: str) -> str:
    clean = _NOT_XML.sub(" ", value[:_LONGEST_CELL])
    clean = clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    keep = ' xml:space="preserve"' if clean != clean.strip() or "\n" in clean else ""
    return f' t="inlineStr"><is><t{keep}>{clean}</t></is></c>'
