"""A shopper's form as a workbook (XLSX): lists to choose from, guidance, and every cell locked but those for answers.

Each row carries the id of its question in a hidden column, and each sheet its task's, so that an import finds its place
whatever becomes of sheets' names and order. Nothing that is written is ever a formula.
"""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any

from results.forms.question import Question
from results.forms.sheet import COMMENT, DAY, FORM, MADE, TIME, ShopperForm, TaskSheet
from results.spreadsheet import AS_TEXT

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

_INK, _GREEN, _PALE, _GREY, _LINE = "#1d2b27", "#1f5b4e", "#eef4f1", "#5a6762", "#b8c6c0"
_WIDTHS = (5, 50, 22, 30)
_LONGEST_LIST = 255  # characters, Excel's limit for a list that is written out
_ANSWER, _COMMENT, _ID, _SPARE = 2, 3, 4, 6  # columns


def workbook(form: ShopperForm, made_at: dt.datetime) -> bytes:
    """The file. The same form and moment give the same bytes."""
    import xlsxwriter  # here, because few commands write workbooks

    into = io.BytesIO()
    options = {**AS_TEXT, "in_memory": True}
    with xlsxwriter.Workbook(into, options) as book:
        book.set_properties({"title": form.title, "created": made_at.replace(tzinfo=None)})
        looks = _looks(book)
        _read_me(book.add_worksheet("Read me first"), form, looks)
        for sheet in form.sheets:
            _task(book.add_worksheet(f"Task {sheet.number}"), sheet, form, looks)
    return into.getvalue()


def _looks(book: Any) -> dict[str, Any]:  # noqa: ANN401 - XlsxWriter has no types
    base = {"font_name": "Arial", "font_size": 11, "font_color": _INK, "valign": "top", "text_wrap": True}
    box = {"border": 1, "border_color": _LINE}
    open_box = {**base, **box, "locked": False, "bg_color": "#ffffff"}
    every = {
        "title": {**base, "font_size": 18, "bold": True, "font_color": _GREEN, "text_wrap": False},
        "heading": {**base, "bold": True, "font_size": 12, "font_color": "#ffffff", "bg_color": _GREEN},
        "text": base,
        "label": {**base, "bold": True, "bg_color": _PALE, **box},
        "note": {**base, "bg_color": _PALE, **box},
        "number": {**base, "font_color": _GREY, "bg_color": _PALE, "align": "center", **box},
        "ask": {**base, "bg_color": _PALE, **box},
        "bold": {**base, "bold": True},
        "small": {**base, "font_size": 9, "font_color": _GREY},
        "answer": {**open_box, "align": "left"},
        "day": {**open_box, "align": "left", "num_format": "dd/mm/yyyy"},
        "time": {**open_box, "align": "left", "num_format": "hh:mm"},
        "moment": {**open_box, "align": "left", "num_format": "dd/mm/yyyy hh:mm"},
        "words": {**open_box, "num_format": "@"},
    }
    return {name: book.add_format(look) for name, look in every.items()}


def _page(sheet: Worksheet, form: ShopperForm) -> None:
    sheet.set_paper(9)  # A4
    sheet.set_portrait()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.set_footer(f"&L{form.title.replace('&', '&&')[:180]}&R&A, page &P of &N")
    sheet.hide_gridlines(2)
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.protect("", {"format_columns": True, "format_rows": True, "select_locked_cells": True})


def _read_me(sheet: Worksheet, form: ShopperForm, looks: dict[str, Any]) -> None:
    _page(sheet, form)
    sheet.write_string(0, 0, form.title, looks["title"])
    row = 2
    for heading, sentences in form.instructions:
        sheet.merge_range(row, 0, row, 3, "", looks["heading"])
        sheet.write_string(row, 0, heading, looks["heading"])
        row += 1
        for sentence in sentences:
            sheet.write_string(row, 0, "•", looks["text"])
            _wide(sheet, row, 1, sentence, looks["text"])
            row += 1
        row += 1
    sheet.print_area(0, 0, row - 1, 3)


def _task(sheet: Worksheet, task: TaskSheet, form: ShopperForm, looks: dict[str, Any]) -> None:
    _page(sheet, form)
    sheet.set_column(_ID, 25, None, None, {"hidden": True})
    sheet.write_string(0, 0, f"Task {task.number} of {task.of}: {task.title}"[:250], looks["title"])
    for row, mark in enumerate((f"@form={FORM}", f"@shop={task.shop}", f"@shopper={task.shopper}")):
        sheet.write_string(row, _ID, mark)
    sheet.write_string(3, _ID, f"@scheme={task.basis}")
    row = 2
    for heading, text in task.notes:
        sheet.merge_range(row, 0, row, 1, "", looks["label"])
        sheet.write_string(row, 0, heading, looks["label"])
        _wide(sheet, row, 2, text, looks["note"])
        row += 1
    row = _about_contact(sheet, task, row + 1, looks)
    number = 0
    for heading, questions in task.questions:
        _head(sheet, row, ("", heading, "Your answer", "Comment"), looks)
        row += 1
        for asked in questions:
            number += 1
            _question(sheet, row, number, asked, looks)
            row += 1
        row += 1
    _head(sheet, row, ("", "Anything else, in your own words", "", ""), looks)
    sheet.merge_range(row + 1, 0, row + 1, 1, "", looks["ask"])
    sheet.write_string(row + 1, 0, "What went well, and what would have made it better?", looks["ask"])
    sheet.merge_range(row + 1, 2, row + 1, 3, "", looks["words"])
    sheet.set_row(row + 1, 90)
    sheet.write_string(row + 1, _ID, COMMENT)
    sheet.print_area(0, 0, row + 1, 3)


def _about_contact(sheet: Worksheet, task: TaskSheet, row: int, looks: dict[str, Any]) -> int:
    """The rows that say whether and when the contact was made. Returns the next free row."""
    _head(sheet, row, ("", "The contact", "Your answer", "Comment"), looks)
    day, time = task.made or ("", "")
    rows: list[tuple[str, str, str, str, dict[str, Any]]] = [
        (DAY, "On which day was it made?", "day", day, _date()),
        (TIME, "At what time did it begin?", "time", time, _time()),
    ]
    if not task.judges:
        made = "Did you make this contact? If not, say why under Comment and leave the rest empty."
        rows.insert(0, (MADE, made, "answer", "", _list(["Yes", "No"])))
    for id, text, look, filled, rule in rows:
        row += 1
        sheet.write_string(row, 0, "", looks["number"])
        sheet.write_string(row, 1, text, looks["ask"])
        sheet.write_string(row, _ANSWER, filled, looks[look]) if filled else sheet.write_blank(
            row, _ANSWER, None, looks[look]
        )
        sheet.write_blank(row, _COMMENT, None, looks["words"])
        sheet.write_string(row, _ID, id)
        sheet.data_validation(row, _ANSWER, row, _ANSWER, rule)
    return row + 2


def _question(sheet: Worksheet, row: int, number: int, asked: Question, looks: dict[str, Any]) -> None:
    sheet.write_number(row, 0, number, looks["number"])
    if asked.help:
        parts = (looks["bold"], asked.asks, looks["small"], f"\n{asked.help}")
        sheet.write_rich_string(row, 1, *parts, looks["ask"])
    else:
        sheet.write_string(row, 1, asked.asks, looks["ask"])
    sheet.set_row(row, 15 * _lines(asked.asks, 48) + 12.5 * (_lines(asked.help, 58) if asked.help else 0) + 3)
    look = {"day and time": "moment", "text": "words"}.get(asked.kind, "answer")
    sheet.write_blank(row, _ANSWER, None, looks[look])
    sheet.write_blank(row, _COMMENT, None, looks["words"])
    sheet.write_string(row, _ID, asked.criterion)
    if asked.kind != "text":
        sheet.data_validation(row, _ANSWER, row, _ANSWER, _rule(sheet, row, asked))


def _head(sheet: Worksheet, row: int, texts: tuple[str, ...], looks: dict[str, Any]) -> None:
    for column, text in enumerate(texts):
        sheet.write_string(row, column, text, looks["heading"])


def _wide(sheet: Worksheet, row: int, first: int, text: str, look: Any) -> None:  # noqa: ANN401
    """A text over the columns from `first` to the last, in a row that is high enough for it."""
    sheet.merge_range(row, first, row, 3, "", look)
    sheet.write_string(row, first, text, look)
    sheet.set_row(row, 15 * _lines(text, int(sum(_WIDTHS[first:]) * 0.95)) + 2)


def _lines(text: str, width: int) -> int:
    """How many lines a text takes; Excel fits no merged cell by itself."""
    return sum(1 + len(line) // width for line in text.split("\n"))


# ------------------------------------------------------------------------------------------------ what may be written


def _rule(sheet: Worksheet, row: int, asked: Question) -> dict[str, Any]:
    if asked.kind == "list":
        return _choices(sheet, row, list(asked.choices), asked.right)
    cell = f"C{row + 1}"
    number = {
        "whole number": f"AND(ISNUMBER({cell}),{cell}>=0,INT({cell})={cell})",
        "per cent": f"AND(ISNUMBER({cell}),{cell}>=0,{cell}<=100,INT({cell})={cell})",
        "seconds": f"AND(ISNUMBER({cell}),{cell}>=0,{cell}<=86400)",
        "minutes": f"AND(ISNUMBER({cell}),{cell}>=0,{cell}<=1440)",
        "day and time": f"AND(ISNUMBER({cell}),{cell}>36526)",
    }[asked.kind]
    words = ",".join(f'{cell}="{word}"' for word in asked.words)
    return {"validate": "custom", "value": f"=OR({number},{words})", **_told(asked.right)}


def _choices(sheet: Worksheet, row: int, choices: list[str], right: str) -> dict[str, Any]:
    if len(",".join(choices)) <= _LONGEST_LIST and not any("," in choice for choice in choices):
        return _list(choices, right)
    for column, choice in enumerate(choices, _SPARE):
        sheet.write_string(row, column, choice)
    last = chr(ord("A") + _SPARE + len(choices) - 1)
    return {"validate": "list", "source": f"=$G${row + 1}:${last}${row + 1}", **_told(right)}


def _list(choices: list[str], right: str = "choose from the list") -> dict[str, Any]:
    return {"validate": "list", "source": choices, **_told(right)}


def _date() -> dict[str, Any]:
    first, last = dt.date(2000, 1, 1), dt.date(2100, 1, 1)
    rule = {"validate": "date", "criteria": "between", "minimum": first, "maximum": last}
    return {**rule, **_told("write the day, as 09/11/2026")}


def _time() -> dict[str, Any]:
    rule = {"validate": "time", "criteria": "between", "minimum": dt.time(0, 0), "maximum": dt.time(23, 59, 59)}
    return {**rule, **_told("write the time, as 14:05")}


def _told(right: str) -> dict[str, str]:
    sentence = f"{right[:1].upper()}{right[1:]}."
    told = sentence if len(sentence) <= _LONGEST_LIST else "Choose from the list."
    return {"input_message": told, "error_title": "This is no answer here", "error_message": told}
