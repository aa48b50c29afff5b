"""A wave's results for other programs: CSV with a row for each answer, JSON lines with an object for each contact.

The columns are documented in docs/operating.md and only ever added to. Reports for people are in `results.report`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from typing import TextIO

from results.schema import Fact, Shop
from results.store import FrozenWave

COLUMNS = (
    *("wave", "shop", "organisation", "organisation_name", "channel", "shopper", "scenario", "enquiry", "contact"),
    *("made_at", "state", "counted", "failure", "error"),
    *("criterion", "question", "stage", "weight", "answer_state", "value", "marks", "why", "reviewed", "proposal"),
    "scheme",
)


def to_csv(frozen: FrozenWave, shops: Sequence[Shop], file: TextIO) -> int:
    """Write the rows; a contact without answers has one, with the answer's columns empty. Returns how many."""
    table = csv.writer(file, lineterminator="\r\n")  # RFC 4180
    table.writerow(COLUMNS)
    count = 0
    for row in _rows(frozen, shops):
        table.writerow([_cell(value) for value in row])
        count += 1
    return count


def to_json_lines(frozen: FrozenWave, shops: Sequence[Shop], file: TextIO) -> int:
    """Write one `Shop` a line, with its organisation's name. Returns how many."""
    for shop in shops:
        name = frozen.organisations[shop.organisation].name
        document = {"organisation_name": name, **shop.model_dump(mode="json")}
        file.write(json.dumps(document, ensure_ascii=False) + "\n")
    return len(shops)


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
    """A value as a cell. A text that a spreadsheet would take for a formula is marked as text by an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and value.lstrip()[:1] in ("=", "+", "-", "@"):
        return f"'{value}"
    return value
