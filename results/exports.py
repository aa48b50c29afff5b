"""A wave's results for other programs: CSV and Parquet with a row for each answer, JSON lines with an object a contact.

The columns are documented in docs/operating.md and only ever added to. Reports for people are in `results.report`.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from results.schema import Fact, Shop
from results.spreadsheet import safe
from results.store import FrozenWave

COLUMNS = (
    *("wave", "shop", "organisation", "organisation_name", "channel", "shopper", "scenario", "enquiry", "contact"),
    *("made_at", "state", "counted", "failure", "error"),
    *("criterion", "question", "stage", "weight", "answer_state", "value", "marks", "why", "reviewed", "proposal"),
    "scheme",
)


def to_csv(frozen: FrozenWave, shops: Sequence[Shop], file: BinaryIO) -> int:
    """Write the rows; a contact without answers has one, with the answer's columns empty. Returns how many."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")  # without the mark Excel takes it for another alphabet
    table = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    table.writerow(COLUMNS)
    count = 0
    for row in _rows(frozen, shops):
        table.writerow([_cell(value) for value in row])
        count += 1
    text.detach()
    return count


def to_json_lines(frozen: FrozenWave, shops: Sequence[Shop], file: BinaryIO) -> int:
    """Write one `Shop` a line, with its organisation's name. Returns how many."""
    for shop in shops:
        name = frozen.organisations[shop.organisation].name
        document = {"organisation_name": name, **shop.model_dump(mode="json")}
        file.write(json.dumps(document, ensure_ascii=False).encode() + b"\n")
    return len(shops)


class NoParquet(Exception):
    """The library that writes Parquet is not installed."""


def to_parquet(frozen: FrozenWave, shops: Sequence[Shop], file: BinaryIO) -> int:
    """Write the rows of `to_csv` with types: moments in UTC, numbers, yes or no; `value` is text. Returns how many.

    Raises `NoParquet`.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise NoParquet('Parquet needs the extra "parquet": python -m pip install "doorstep[parquet]"') from None
    kinds = {
        "made_at": pyarrow.timestamp("ms", tz="UTC"),
        "counted": pyarrow.bool_(),
        "weight": pyarrow.float64(),
        "marks": pyarrow.float64(),
    }
    rows = [_typed(dict(zip(COLUMNS, row, strict=True))) for row in _rows(frozen, shops)]
    schema = pyarrow.schema([(name, kinds.get(name, pyarrow.string())) for name in COLUMNS])
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema), file, compression="zstd")
    return len(rows)


def _typed(row: dict[str, Fact]) -> dict[str, object]:
    made_at, value = row["made_at"], _plain(row["value"])
    moment = dt.datetime.fromisoformat(str(made_at)) if made_at else None
    return {**row, "made_at": moment, "value": None if value is None else str(value)}


def _rows(frozen: FrozenWave, shops: Sequence[Shop]) -> Iterator[list[Fact]]:
    criteria = {one.id: one for one in frozen.scheme.criteria}
    for shop in shops:
        seen = shop.observation
        contact: list[Fact] = [
            *(shop.wave, shop.id, shop.organisation, frozen.organisations[shop.organisation].name),
            *(shop.channel, shop.shopper, shop.scenario, shop.enquiry, shop.target),
            *(shop.made_at.isoformat() if shop.made_at else None, shop.state, shop.counted),
            *(seen.failure.value if seen and seen.failure else None, seen.error if seen else None),
        ]
        for given in shop.answers:
            one = criteria[given.criterion]
            yield [
                *contact,
                *(one.id, one.question, one.stage, one.weight, given.state.value, given.value, given.marks, given.why),
                *(given.reviewed, given.proposal, shop.scheme),
            ]
        if not shop.answers:
            yield [*contact, *(None,) * 10, shop.scheme]


def _cell(value: Fact) -> str | int | float:
    """A value as a cell that no spreadsheet runs."""
    plain = _plain(value)
    return "" if plain is None else safe(plain)


def _plain(value: Fact) -> str | int | float | None:
    return ("yes" if value else "no") if isinstance(value, bool) else value
