"""The wave report as two tidy tables: a row a figure, and a row an answer.

A text that a spreadsheet would take for a formula (it begins with = + - @ or a control character) gets an apostrophe
in front: a telephone number then reads '+44…
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from results.benchmark import Interval, Score
from results.kpis import Figure
from results.measures import MEASURES
from results.report.model import ChannelPart, OrganisationChannel, StandardMet, WaveReport
from results.spreadsheet import safe

FIGURES_HEAD = (
    *("wave", "organisation", "name", "channel", "kind", "measure", "label"),
    *("value", "unit", "base", "low", "high", "words", "caution"),
)
ANSWERS_HEAD = (
    *("wave", "shop", "organisation", "name", "channel", "shopper", "made_at", "contact", "enquiry", "counted"),
    *("criterion", "heading", "answer", "marks", "weight", "state", "why"),
)
Value = str | float | int | bool | None
_UNITS = {one.id: "share" if one.unit == "yes" else one.unit for one in MEASURES}


def write_figures(report: WaveReport, path: Path) -> None:
    """A row a figure: scores, stages, the field's figures, standards met and mean marks, each with its base."""
    _write(path, FIGURES_HEAD, ((report.wave, *row) for row in _figures(report)))


def write_answers(report: WaveReport, path: Path) -> None:
    """A row an answer, of every shop of the report, those that are not counted included."""
    _write(path, ANSWERS_HEAD, _answers(report))


def _write(path: Path, head: Sequence[str], rows: Iterable[Iterable[Value]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows([safe(value) for value in row] for row in rows)


def _figures(report: WaveReport) -> Iterator[tuple[Value, ...]]:
    for part in report.channels:
        for one in report.organisations:
            for own in one.channels:
                if own.channel == part.channel:
                    yield from (((one.id, one.name, part.channel, *row)) for row in _own(part, own))
        everybody = ("", "All contacts together", part.channel)
        yield from ((*everybody, *row) for row in _scores(part.benchmark.pooled))
        yield from ((*everybody, *_figure(wide.pooled)) for wide in part.figures)
        yield from ((*everybody, *_standard(met)) for met in part.standards)


def _own(part: ChannelPart, own: OrganisationChannel) -> Iterator[tuple[Value, ...]]:
    yield from _scores(own.score)
    if own.rank:
        yield (
            "rank",
            "place",
            "Place",
            own.rank.place,
            "place",
            own.rank.of,
            own.rank.low,
            own.rank.high,
            own.rank.words,
        )
    yield from (_figure(one) for one in own.figures)
    yield from (_standard(met) for met in own.standards)
    heads = {one.id: one.short for one in part.criteria}
    for mark in own.marks:
        yield "mean marks", mark.criterion, heads[mark.criterion], mark.mean, "share", mark.base, None, None, "", ""


def _scores(one: Score) -> Iterator[tuple[Value, ...]]:
    yield "score", "score", "Score", one.score, "share", one.contacts, *_bounds(one.interval), "", ""
    for stage, found in one.stages.items():
        yield "stage", stage, stage.capitalize(), found.mean, "share", found.base, None, None, "", ""


def _figure(one: Figure) -> tuple[Value, ...]:
    bounds = _bounds(one.interval)
    return "figure", one.measure, one.label, one.value, _UNITS[one.measure], one.base, *bounds, one.words, one.caution


def _standard(met: StandardMet) -> tuple[Value, ...]:
    share = met.met / met.base
    bounds = _bounds(met.interval)
    return "standard met", met.criterion, met.standard, share, "share", met.base, *bounds, met.words, met.caution


def _bounds(interval: Interval | None) -> tuple[Value, Value]:
    return (interval.low, interval.high) if interval else (None, None)


def _answers(report: WaveReport) -> Iterator[tuple[Value, ...]]:
    heads = {one.id: one for part in report.channels for one in part.criteria}
    for one in report.organisations:
        for own in one.channels:
            for shop in own.shops:
                made = shop.made_at.isoformat() if shop.made_at else ""
                first = (report.wave, shop.id, one.id, one.name, own.channel, shop.shopper, made)
                for cell in shop.cells:
                    head = heads[cell.criterion]
                    yield (
                        *(*first, shop.contact, shop.enquiry, shop.counted, cell.criterion, head.short),
                        *(cell.words, cell.marks, head.weight, cell.state.value, cell.why),
                    )
