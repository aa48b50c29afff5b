"""The wave report as a workbook: every figure with its base, every shop with its answers, findings and actions.

Rows are written one after another and never kept, so that a large wave fits into memory. Text stays text: nothing in a
cell is ever read as a formula, a number or a link.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from results import words
from results.benchmark import Score, band
from results.channels import ABOUT
from results.measures import MEASURES
from results.report.contacts import Contacts, contacts_head
from results.report.method import brief, method, notes
from results.report.model import ChannelPart, StandardMet, WaveReport
from results.report.rows import Value
from results.report.sheets import Column, Sheets
from results.schema import STAGES
from results.spreadsheet import AS_TEXT

_LONGEST_CELL = 32_000
_MOST_COLUMNS = 16_000
_UNIT_WORDS = {"yes": "share", "percent": "per cent", "place": "place", "number": "number"}


def write_xlsx(report: WaveReport, path: Path) -> None:
    """Write the workbook of a report with its contacts, over an older one."""
    with closing(Contacts({part.channel: part.criteria for part in report.channels})) as rows:
        for one in report.organisations:
            rows.add(one.id, one.name, {own.channel: own.shops for own in one.channels})
        rows.flush()
        write_book(report, path, rows)


def write_book(report: WaveReport, path: Path, rows: Contacts) -> None:
    """The same of a report that came without them. `rows`: all of them, in the order of the report."""
    book = Workbook(path, {**AS_TEXT, "constant_memory": True, "nan_inf_to_errors": True})
    made = dt.datetime.combine(report.fieldwork_until, dt.time())  # the report is the same whenever it is written
    book.set_properties({"title": report.title, "company": report.partnership, "created": made})
    sheets = Sheets(book)
    try:
        _read_me(sheets, report)
        sheets.table("League tables", _LEAGUE, _league(report))
        sheets.table("Figures", _FIGURES, _figures(report))
        sheets.table("Standards met", _STANDARDS, _standards(report))
        if report.since:
            sheets.table("Changes", _CHANGES, _changes(report))
        if report.services:
            sheets.table("Services", _SERVICES, _services(report))
        if report.references:
            sheets.table("Other figures", _REFERENCES, _references(report))
        sheets.table("Marks", _marks_head(report), _marks(report))
        sheets.table("Findings", _FINDINGS, _findings(report))
        sheets.table("Action plan", _ACTIONS, _actions(report))
        for part in report.channels:
            sheets.pieces(f"Shops {part.name}"[:31], contacts_head(part.criteria), rows.sheet(part.channel))
        sheets.table("Not counted", _NOT_COUNTED, _not_counted(report))
    finally:
        book.close()


def _read_me(sheets: Sheets, report: WaveReport) -> None:
    sheet = sheets.add("Read me")
    sheet.set_portrait()
    sheet.set_column(0, 0, 110)
    lines: list[tuple[str, Format]] = [
        (report.title, sheets.title),
        (f"Wave report of the {report.partnership}. Fieldwork {report.fieldwork}.", sheets.kinds["long"]),
        ("In brief", sheets.strong),
        *((line, sheets.kinds["long"]) for line in (*brief(report), *notes(report))),
        (
            "Shares and scores are kept as numbers and shown as per cent; every one has its base beside it.",
            sheets.strong,
        ),
    ]
    for title, sentences in method(report):
        lines += [(title, sheets.strong), *((one, sheets.kinds["long"]) for one in sentences)]
    for row, (line, how) in enumerate(lines):
        sheet.write_string(row, 0, line[:_LONGEST_CELL], how)


# ------------------------------------------------------------------------------------------------ scores and figures

_LEAGUE = (
    Column("Channel", 12),
    Column("Organisation", 34),
    Column("Place", 14),
    Column("Quartile", 22),
    Column("Likely place from", 9, "count"),
    Column("Likely place to", 9, "count"),
    Column("Score", 9, "percent"),
    Column("95% from", 9, "percent"),
    Column("95% to", 9, "percent"),
    Column("Band", 16),
    Column("Access", 9, "percent"),
    Column("Access base", 9, "count"),
    Column("Quality", 9, "percent"),
    Column("Quality base", 9, "count"),
    Column("Contacts counted", 9, "count"),
    Column("Base", 26),
)


def _league(report: WaveReport) -> Iterator[tuple[Value, ...]]:
    names = {one.id: one.name for one in report.organisations}
    for part in report.channels:
        scores = part.benchmark.scores
        for key in sorted(scores, key=lambda key: (-(scores[key].score or 0), names[key].casefold())):
            rank = part.benchmark.ranks.get(key)
            place = (rank.words, rank.quartile_words, rank.low, rank.high) if rank else ("not ranked", "", None, None)
            yield part.name, names[key], *place, *_scored(scores[key])
        yield part.name, "Average of the organisations", "", "", None, None, part.benchmark.average
        yield part.name, "All contacts together", "", "", None, None, *_scored(part.benchmark.pooled)


def _scored(one: Score) -> tuple[Value, ...]:
    """Nothing is shown as a share on a base that does not bear one."""
    share = one.score if one.reportable else None
    stages = [one.stages.get(stage) for stage in STAGES]
    each = [(found.mean if one.reportable else None, found.base) if found else (None, None) for found in stages]
    caution = words.caution(one.contacts) if ABOUT[one.channel].sampled else "the whole site"
    return (
        share,
        one.interval.low if one.interval else None,
        one.interval.high if one.interval else None,
        band(share) if share is not None else "not scored" if one.score is None else "counts only",
        *(value for pair in each for value in pair),
        one.contacts,
        caution,
    )


_FIGURES = (
    Column("Channel", 12),
    Column("Organisation", 34),
    Column("Figure", 34),
    Column("Value", 10, "number"),
    Column("Unit", 14),
    Column("In words", 24),
    Column("Base", 9, "count"),
    Column("Base in words", 22),
    Column("95% from", 9, "percent"),
    Column("95% to", 9, "percent"),
    Column("Caution", 24),
    Column("Set aside", 30),
    Column("Note", 60),
)
_UNITS = {one.id: _UNIT_WORDS.get(one.unit, one.unit) for one in MEASURES}


def _figures(report: WaveReport) -> Iterator[tuple[Value, ...]]:
    for part in report.channels:
        every = [
            (one.name, own.figures)
            for one in report.organisations
            for own in one.channels
            if own.channel == part.channel
        ]
        every.append(("All contacts together", tuple(wide.pooled for wide in part.figures)))
        for name, figures in every:
            for one in figures:
                interval = one.interval
                yield (
                    *(part.name, name, one.label),
                    None if one.caution == "counts only" else one.value,
                    *(_UNITS[one.measure], one.words, one.base, one.base_words),
                    *((interval.low, interval.high) if interval else (None, None)),
                    *(one.caution, ", ".join(one.aside), one.note),
                )
        for wide in part.figures:
            head = (part.name, "Average of the organisations", wide.pooled.label)
            yield (
                *head,
                wide.average,
                _UNITS[wide.pooled.measure],
                wide.average_words,
                wide.organisations,
                "organisations",
            )


_STANDARDS = (
    Column("Channel", 12),
    Column("Organisation", 34),
    Column("What was measured", 28),
    Column("Standard", 40),
    Column("Met", 9, "count"),
    Column("Base", 9, "count"),
    Column("Share", 9, "percent"),
    Column("95% from", 9, "percent"),
    Column("95% to", 9, "percent"),
    Column("Caution", 24),
)


def _standards(report: WaveReport) -> Iterator[tuple[Value, ...]]:
    for part in report.channels:
        for one in report.organisations:
            for own in one.channels:
                if own.channel == part.channel:
                    yield from (_met(part, one.name, met) for met in own.standards)
        yield from (_met(part, "All contacts together", met) for met in part.standards)


def _met(part: ChannelPart, name: str, met: StandardMet) -> tuple[Value, ...]:
    bears = met.base >= words.COUNTS_ONLY or not ABOUT[part.channel].sampled
    return (
        *(part.name, name, met.short, met.standard, met.met, met.base, met.met / met.base if bears else None),
        *((met.interval.low, met.interval.high) if met.interval else (None, None)),
        met.caution,
    )


_CHANGES = (
    Column("Channel", 12),
    Column("Organisation", 34),
    Column("Figure", 34),
    Column("Before", 16),
    Column("Base before", 9, "count"),
    Column("Difference", 11, "number"),
    Column("95% from", 9, "number"),
    Column("95% to", 9, "number"),
    Column("Verdict", 20),
    Column("Why not compared", 60),
)


def _changes(report: WaveReport) -> Iterator[tuple[Value, ...]]:
    labels = {one.id: one.label for one in MEASURES}
    for one in report.organisations:
        for own in one.channels:
            for change in own.changes:
                interval = (change.interval.low, change.interval.high) if change.interval else (None, None)
                name = labels.get(change.measure, "Score")
                head = (ABOUT[own.channel].name, one.name, name, change.before_words, change.before_base)
                yield *head, change.difference, *interval, change.said, change.why


_SERVICES = (
    Column("Organisation", 34),
    Column("Channel", 12),
    Column("Service", 40),
    Column("LGSL", 9, "count"),
    Column("Score", 9, "percent"),
    Column("Access", 9, "percent"),
    Column("Access base", 9, "count"),
    Column("Quality", 9, "percent"),
    Column("Quality base", 9, "count"),
    Column("Contacts", 9, "count"),
    Column("Base", 26),
)


def _services(report: WaveReport) -> Iterator[tuple[Value, ...]]:
    every = [("All organisations", report.services), *((one.name, one.services) for one in report.organisations)]
    for name, services in every:
        for one in services:
            scored = _scored(one.score)
            yield name, ABOUT[one.channel].name, one.title, one.service, scored[0], *scored[4:]


_REFERENCES = (
    Column("Channel", 12),
    Column("Figure", 34),
    Column("This wave", 20),
    Column("Others", 20),
    Column("Who", 44),
    Column("Year", 12),
    Column("Base", 28),
    Column("Source", 60),
    Column("Note", 60),
)


def _references(report: WaveReport) -> Iterator[tuple[Value, ...]]:
    own = {wide.pooled.measure: wide for part in report.channels for wide in part.figures}
    for one in report.references:
        wide = own[one.measure]
        head = (ABOUT[one.channel].name, one.label, wide.average_words or wide.pooled.words, one.words)
        yield *head, one.group, one.year, one.base, one.source, one.note


def _marks_head(report: WaveReport) -> tuple[Column, ...]:
    return (
        Column("Question", 40),
        Column("Channel", 12),
        Column("Stage", 10),
        Column("Weight", 8, "count"),
        Column("Standard", 30),
        *(Column(one.name, 13, "percent") for one in report.organisations[: _MOST_COLUMNS // 2]),
        *(Column(f"Base: {one.name}", 9, "count") for one in report.organisations[: _MOST_COLUMNS // 2]),
    )


def _marks(report: WaveReport) -> Iterator[tuple[Value, ...]]:
    """A row a question; then each organisation's mean marks, then the bases. Under ten answers only the base."""
    found = {
        (one.id, own.channel, mark.criterion): mark
        for one in report.organisations
        for own in one.channels
        for mark in own.marks
    }
    for part in report.channels:
        least = words.COUNTS_ONLY if ABOUT[part.channel].sampled else 1
        for criterion in part.criteria:
            if not criterion.weight:
                continue
            marks = [found.get((one.id, part.channel, criterion.id)) for one in report.organisations]
            yield (
                *(criterion.question, part.name, criterion.stage.capitalize(), criterion.weight, criterion.standard),
                *(mark.mean if mark and mark.base >= least else None for mark in marks),
                *(mark.base if mark else 0 for mark in marks),
            )


# ------------------------------------------------------------------------------------------------ what was found

_FINDINGS = (
    Column("Organisation", 34),
    Column("Channel", 12),
    Column("", 12),
    Column("What was found", 60, "long"),
    Column("Figure", 36),
    Column("Own marks", 9, "percent"),
    Column("Partnership", 10, "percent"),
    Column("Base", 9, "count"),
    Column("Caution", 24),
)


def _findings(report: WaveReport) -> Iterator[tuple[Value, ...]]:
    every = [("All organisations", part.findings) for part in report.channels]
    every += [(one.name, one.findings) for one in report.organisations]
    for name, found in every:
        for kind, items in (("Good", found.praise), ("However", found.however)):
            for one in items:
                head = (name, ABOUT[one.channel].name, kind, one.text, one.figure)
                yield *head, one.own, one.partnership, one.base, one.caution


_ACTIONS = (
    Column("Organisation", 34),
    Column("Channel", 12),
    Column("Horizon", 12),
    Column("Issue identified", 40, "long"),
    Column("Details of action", 50, "long"),
    Column("Who", 18),
    Column("Date of action", 14),
    Column("Result of the action", 30, "long"),
    Column("Future action required", 24),
    Column("Measured", 30),
)


def _actions(report: WaveReport) -> Iterator[tuple[Value, ...]]:
    every = [("All organisations", part.findings.actions) for part in report.channels]
    every += [(one.name, one.findings.actions) for one in report.organisations]
    for name, actions in every:
        for row in actions:
            head = (name, ABOUT[row.channel].name, row.horizon.capitalize(), row.issue, row.details)
            yield *head, row.who, row.date, row.result, row.future, row.figure


# ------------------------------------------------------------------------------------------------ what is left out

_NOT_COUNTED = (Column("What", 44), Column("Who", 34), Column("Why", 70, "long"), Column("How many", 10, "count"))


def _not_counted(report: WaveReport) -> Iterator[tuple[Value, ...]]:
    for why, count in report.not_counted.items():
        yield "Contact not counted", "all", why, count
    for one in report.refusals:
        yield "Contact refused by the rules", one.organisation, f"{one.reason} (rule {one.rule})", one.count
    for heading, states in report.set_aside.items():
        for state, count in states.items():
            yield f"Answer set aside: {heading}", "all", state, count
    for part in report.channels:
        for line in part.not_assessed:
            yield "Not assessed", "all", line, None
