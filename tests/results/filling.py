"""Filling in forms by program, as a shopper would by hand: in the cells beside each question, and nowhere else."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import openpyxl

Answers = Callable[[str, str], Any]
"""(shop, question or @day, @time, @made, @comment) -> what is written, None to leave it empty."""


def workbook(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def saved(book: Any) -> bytes:
    into = io.BytesIO()
    book.save(into)
    return into.getvalue()


def shop_of(sheet: Any) -> str | None:
    """The contact that a sheet is for, by its hidden mark."""
    marks = [cell.value for (cell,) in sheet.iter_rows(min_col=5, max_col=5, max_row=4)]
    return next((mark.removeprefix("@shop=") for mark in marks if str(mark).startswith("@shop=")), None)


def rows_of(sheet: Any) -> dict[str, int]:
    """{question: its row}."""
    return {cell.value: cell.row for (cell,) in sheet.iter_rows(min_col=5, max_col=5) if cell.value}


def fill(content: bytes, answers: Answers) -> bytes:
    """A workbook with what `answers` says."""
    book = workbook(content)
    for sheet in book.worksheets:
        if (shop := shop_of(sheet)) is None:
            continue
        for id, row in rows_of(sheet).items():
            if (value := answers(shop, id)) is not None:
                sheet.cell(row, 3).value = value
    return saved(book)


def fill_table(content: bytes, answers: Answers) -> bytes:
    """A CSV with what `answers` says."""
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    into = io.StringIO(newline="")
    writer = csv.DictWriter(into, list(rows[0]))
    writer.writeheader()
    for row in rows:
        value = answers(row["Shop"], row["Id"].removeprefix("'")) if row["Shop"] else None
        writer.writerow({**row, "Your answer": "" if value is None else str(value)})
    return into.getvalue().encode("utf-8-sig")
