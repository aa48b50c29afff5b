"""A shopper's form as CSV, one row a question, for those without a spreadsheet program: the same words and ids."""

from __future__ import annotations

import csv
import io

from results.forms.sheet import COMMENT, DAY, MADE, TIME, ShopperForm, TaskSheet
from results.spreadsheet import safe

HEADINGS = (
    *("Task", "Question", "How to judge", "How to answer", "Your answer", "Comment"),
    *("Shop", "Id", "Shopper", "Scheme"),
)
NOTE = "@note"


def table(form: ShopperForm) -> bytes:
    """The file: UTF-8 with the mark by which Excel knows it. What would be a formula begins with an apostrophe."""
    into = io.StringIO(newline="")
    writer = csv.writer(into)
    writer.writerow(HEADINGS)
    for heading, sentences in form.instructions:
        for sentence in sentences:
            writer.writerow(_row("Read first", f"{heading}: {sentence}", "", "", "", NOTE))
    for sheet in form.sheets:
        for row in _task(sheet):
            writer.writerow(row)
    return into.getvalue().encode("utf-8-sig")


def _task(sheet: TaskSheet) -> list[list[str]]:
    name = f"{sheet.number} of {sheet.of}"
    marks = (sheet.shop, sheet.shopper, sheet.basis)
    day, time = sheet.made or ("", "")
    notes = (sheet.title, *(f"{heading}: {text}" for heading, text in sheet.notes))
    rows = [_row(name, note, "", "", "", NOTE, *marks) for note in notes]
    if not sheet.judges:
        why = "Yes or No; if No, say why under Comment"
        rows.append(_row(name, "Did you make this contact?", "", why, "", MADE, *marks))
    rows.append(_row(name, "On which day was it made?", "", "as 09/11/2026", day, DAY, *marks))
    rows.append(_row(name, "At what time did it begin?", "", "as 14:05", time, TIME, *marks))
    rows += [
        _row(name, one.asks, one.help, one.right, "", one.criterion, *marks)
        for _, questions in sheet.questions
        for one in questions
    ]
    rows.append(_row(name, "Anything else?", "", "in your own words", "", COMMENT, *marks))
    return rows


def _row(task: str, asks: str, help: str, right: str, answer: str, id: str, *marks: str) -> list[str]:
    """`marks`: shop, shopper and scheme, none beside what is to be read first."""
    shop, shopper, basis = marks or ("", "", "")
    return [safe(text) for text in (task, asks, help, right, answer, "", shop, id, shopper, basis)]
