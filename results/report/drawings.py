"""The charts that a report has enough for, each with the table that says the same. How they look is `charts`' part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from results import words
from results.channels import contacts
from results.report import charts
from results.report.charts import Chart
from results.report.model import ChannelPart, WaveReport
from results.times import Replies, Times

Drawn = tuple[Chart, Sequence[str], Sequence[Sequence[str]]]
"""A chart, the headings of its table, and its rows: where the row leads, its name, its cells."""


def drawn(report: WaveReport) -> list[Drawn]:
    """The charts that there is enough to draw, each with its table."""
    names = {one.id: one.name for one in report.organisations}
    found = [one for part in report.channels if (one := _ranked(part, names))]
    found += [one for part in report.channels if (one := _grid(part, names))]
    for part in report.channels:
        times = {
            one.id: own.times
            for one in report.organisations
            for own in one.channels
            if own.channel == part.channel and own.times
        }
        if part.answer_standard is None:
            continue
        if part.channel == "phone" and (answered := _answered(part, times, names, part.answer_standard)):
            found.append(answered)
        if part.replies and (replied := _replied(report, part.replies, times, names, part.answer_standard)):
            found.append(replied)
    return found


def _ranked(part: ChannelPart, names: Mapping[str, str]) -> Drawn | None:
    chart = charts.ranked(part, names)
    if chart is None:
        return None
    rows = [
        (
            f"o-{key}-{part.channel}",
            names[key],
            words.percent(one.score or 0.0),
            f"{words.percent(one.interval.low)} to {words.percent(one.interval.high)}"
            if one.interval
            else "no sampling",
            part.benchmark.ranks[key].words if key in part.benchmark.ranks else "not ranked",
            contacts(part.channel, one.contacts),
        )
        for key, one in sorted(part.benchmark.scores.items(), key=lambda item: (-(item[1].score or 0), item[0]))
        if one.reportable
    ]
    return chart, ("Organisation", "Score", "95% interval", "Place", "Base"), rows


def _grid(part: ChannelPart, names: Mapping[str, str]) -> Drawn | None:
    letters = {key: chr(ord("A") + place % 26) for place, key in enumerate(names)}
    chart = charts.access_and_quality(part, letters)
    if chart is None:
        return None
    rows = [
        (
            f"o-{key}-{part.channel}",
            f"{letters[key]}: {names[key]}",
            *(
                f"{words.percent(stage.mean)} ({contacts(part.channel, stage.base)})"
                for stage in (one.stages["access"], one.stages["quality"])
            ),
        )
        for key in names
        if (one := part.benchmark.scores.get(key)) and one.reportable and len(one.stages) == 2
    ]
    legend = ", ".join(row[1].replace(": ", " ", 1) for row in rows)
    return replace(chart, legend=legend), ("Organisation", "Access", "Quality"), rows


def _answered(part: ChannelPart, times: Mapping[str, Times], names: Mapping[str, str], standard: float) -> Drawn | None:
    chart = charts.answer_times(times, names, standard, _small(part.standard_words))
    head = ("Organisation", "Answered", "Shortest to longest", "Not answered")
    calls = [(f"o-{key}-phone", names[key], *_call_cells(times[key])) for key in names if key in times]
    return (chart, head, calls) if chart else None


def _replied(
    report: WaveReport, every: Replies, times: Mapping[str, Times], names: Mapping[str, str], standard: float
) -> Drawn | None:
    chart = charts.reply_curve(times, every, standard)
    if chart is None:
        return None
    rows = [
        (
            f"o-{one.id}-email",
            names[one.id],
            own.replies.base_words,
            *(by.words for by in own.replies.by),
            own.replies.median_words,
            str(own.times.without),
            *([str(own.replies.waiting)] if every.waiting else []),
        )
        for one in report.organisations
        for own in one.channels
        if own.replies and own.times
    ]
    days = [f"By day {words.number(by.days)}" for by in every.by]
    waiting = ["Still waiting"] if every.waiting else []
    return chart, ("Organisation", "Base", *days, "Half of all by", "Never", *waiting), rows


def _small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _call_cells(times: Times) -> tuple[str, str, str]:
    span = f"{words.seconds(times.values[0])} to {words.seconds(times.values[-1])}" if times.values else "—"
    return words.count(len(times.values), "call"), span, str(times.without)
