"""Figures of others to stand beside a wave's own: those that ship with the program, and those a user supplies. Pure.

A user's are CSV files with the columns of `COLUMNS`, one figure a row. None is a target.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from results.kpis import say
from results.measures import MEASURES, Measure
from results.report.model import ReferenceFigure

COLUMNS = ("group", "year", "source", "measure", "value", "base", "note")
MOST_ROWS = 5_000


class Mistake(NamedTuple):
    """What is wrong in a row (1 is the heading) and what would be right."""

    row: int
    column: str
    why: str


@cache
def published() -> tuple[ReferenceFigure, ...]:
    """The published figures that ship with the program, each with its source and year."""
    text = files("results.report").joinpath("published.yaml").read_text("utf-8")
    groups: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(text)
    return tuple(
        _figure(_measures()[measure], value, **{key: group.get(key, "") for key in COLUMNS if key in _TOLD})
        for group in groups
        for measure, value in group["figures"].items()
    )


def read(text: str) -> tuple[tuple[ReferenceFigure, ...], tuple[Mistake, ...]]:
    """A user's CSV file: the figures that are right, and what is wrong with the rest. A share may be 0.84 or 84%."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    head = tuple(reader.fieldnames or ())
    missing = [one for one in ("group", "year", "source", "measure", "value") if one not in head]
    if missing:
        return (), (Mistake(1, missing[0], f"there is no such column; the columns are {', '.join(COLUMNS)}"),)
    found: list[ReferenceFigure] = []
    wrong: list[Mistake] = []
    for number, row in enumerate(reader, 2):
        if number > MOST_ROWS:
            wrong.append(Mistake(number, "", f"a file may have {MOST_ROWS:,} rows; this and all that follow are left"))
            break
        one = _row(number, {key: (row.get(key) or "").strip() for key in COLUMNS})
        (wrong if isinstance(one, Mistake) else found).append(one)  # type: ignore[arg-type]
    return tuple(found), tuple(wrong)


_TOLD = ("group", "year", "source", "base", "note")


def _row(number: int, row: dict[str, str]) -> ReferenceFigure | Mistake:
    for column in ("group", "year", "source"):
        if not row[column]:
            return Mistake(number, column, "is empty; every figure is quoted with its group, year and source")
    measure = _measures().get(row["measure"])
    if measure is None:
        known = ", ".join(_measures())
        return Mistake(number, "measure", f"{row['measure'][:60]!r} is no measure of the report; one of: {known}")
    value = _value(measure, row["value"])
    if value is None:
        right = "a share such as 84% or 0.84" if measure.unit == "yes" else f"a number ({measure.unit})"
        return Mistake(number, "value", f"{row['value'][:60]!r} is not {right}")
    return _figure(measure, value, **{key: row[key][:400] for key in _TOLD})


def _value(measure: Measure, text: str) -> float | None:
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") and measure.unit == "yes" else 1)
    except ValueError:
        return None
    highest = 1.0 if measure.unit == "yes" else 1e9
    return value if 0 <= value <= highest else None


def _figure(measure: Measure, value: float, **told: str) -> ReferenceFigure:
    words = say(measure.unit, value)
    return ReferenceFigure(
        measure=measure.id, channel=measure.channel, label=measure.label, value=value, words=words, **told
    )


@cache
def _measures() -> dict[str, Measure]:
    return {one.id: one for one in MEASURES if one.kind != "tally"}


def told_of(figures: Sequence[ReferenceFigure], measures: Sequence[str]) -> tuple[ReferenceFigure, ...]:
    """Those that stand beside a measure of the report, in the report's order."""
    return tuple(one for measure in measures for one in figures if one.measure == measure)
