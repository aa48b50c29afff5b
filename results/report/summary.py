"""The board summary: one A4 page for any period, from the waves whose fieldwork ended in it. Pure.

For one organisation it tells its place among the others, for the partnership its averages and how many organisations
went up or down. A change is told only where it is more than chance.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from results import words
from results.actions import PlanRow
from results.benchmark import Score, band
from results.change import SCORE, Change
from results.channels import ABOUT, contacts
from results.findings import Finding
from results.report.model import OrganisationPart, StandardMet, WaveReport
from results.report.nights import Watched
from results.schema import CHANNELS, STAGES, Channel, Noun

MOST = 3


class ChannelLine(Noun):
    """One channel, from the period's last wave that has it. `direction`: up, same, down or why there is none."""

    channel: Channel
    wave: str
    score: str
    band: str
    access: str
    quality: str
    place: str
    likely: str
    quartile: str
    direction: str
    base: str
    average: str


class BoardSummary(Noun):
    """The whole page. Counts are over all waves of the period."""

    title: str
    whose: str
    period: str
    waves: tuple[str, ...]
    channels: tuple[ChannelLine, ...]
    praise: tuple[str, ...]
    however: tuple[str, ...]
    standards: tuple[tuple[str, str], ...]
    nightly: tuple[str, ...] = ()
    done: int
    still_open: int
    overdue: int
    counted: int
    refused: int
    invalid: int
    staff_minutes: int
    limits: tuple[str, ...]


def in_period(report: WaveReport, first: dt.date, last: dt.date) -> bool:
    """Whether a wave belongs to a period: its fieldwork ended in it."""
    return first <= report.fieldwork_until <= last


def summarise(
    reports: Sequence[WaveReport],
    plans: Sequence[PlanRow],
    first: dt.date,
    last: dt.date,
    today: dt.date,
    own: str | None = None,
    nightly: Sequence[Watched] = (),
) -> BoardSummary:
    """The summary of the reports of a period. `plans`: the action plans of all waves. `own`: one organisation's page.
    `nightly`: what the nights between the waves were watched for.

    Actions are overdue as of `today`, or of the period's end where that is before.
    """
    reports = sorted((one for one in reports if in_period(one, first, last)), key=lambda one: one.fieldwork_until)
    parts = [part for report in reports for part in report.organisations if own in (None, part.id)]
    latest = {part.channel: report for report in reports for part in report.channels}
    lines = [
        line
        for channel in CHANNELS
        if channel in latest
        for line in [_own(latest[channel], channel, own) if own else _together(latest[channel], channel)]
        if line is not None
    ]
    praise, however = _found(reports[-1], own) if reports else ((), ())
    due = [row for row in plans if row.part != "praise" and own in (None, row.organisation)]
    end = min(today, last)
    return BoardSummary(
        title="Board summary of customer contact",
        whose=parts[-1].name if own and parts else reports[-1].partnership if reports else "",
        period=words.days(first, last),
        waves=tuple(f"{one.title} ({one.fieldwork})" for one in reports),
        channels=tuple(lines),
        praise=tuple(map(_said, praise)),
        however=tuple(map(_said, however)),
        standards=_standards(reports, own),
        nightly=_nights(nightly),
        done=sum(row.status == "done" for row in due),
        still_open=sum(row.status == "open" and not row.overdue(end) for row in due),
        overdue=sum(row.overdue(end) for row in due),
        counted=sum(channel.score.contacts for part in parts for channel in part.channels),
        refused=sum(
            one.count
            for report in reports
            for one in report.refusals
            if own is None or one.organisation in {part.name for part in parts}
        ),
        invalid=sum(sum(channel.not_counted.values()) for part in parts for channel in part.channels),
        staff_minutes=round(sum(part.staff.minutes for part in parts if part.staff)),
        limits=_limits(reports, lines),
    )


def page(summary: BoardSummary) -> str:
    """The summary as one self-contained page that prints on one side of A4."""
    environment = Environment(
        loader=PackageLoader("results.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals["names"] = {channel: about.name for channel, about in ABOUT.items()}
    rendered = environment.get_template("summary.html.j2").render(summary=summary)
    return "\n".join(line for line in rendered.splitlines() if line.strip()) + "\n"


# ------------------------------------------------------------------------------------------------ parts


def _nights(nightly: Sequence[Watched]) -> tuple[str, ...]:
    """One line on all nights, and the last of those that are more than chance."""
    if not nightly:
        return ()
    days = {point.day for one in nightly for point in one.chart.points}
    told = [
        (signal.last, f"{one.organisation}, {one.label}: {signal.words}")
        for one in nightly
        for signal in one.chart.signals
    ]
    signals = tuple(text for _, text in sorted(told, reverse=True)[:MOST])
    summed = words.count(len(told), "signal") if told else "nothing that is more than chance"
    return (f"{words.count(len(days), 'night')}, {words.count(len(nightly), 'figure')} watched: {summed}.", *signals)


def _own(report: WaveReport, channel: Channel, own: str | None) -> ChannelLine | None:
    part = next(part for part in report.channels if part.channel == channel)
    score = part.benchmark.scores.get(own or "")
    if score is None:
        return None
    rank = part.benchmark.ranks.get(own or "")
    changes = [
        change
        for organisation in report.organisations
        if organisation.id == own
        for each in organisation.channels
        if each.channel == channel
        for change in each.changes
        if change.measure == SCORE
    ]
    return ChannelLine(
        channel=channel,
        wave=report.title,
        **_stages(score),
        place=rank.words if rank else "not ranked",
        likely=rank.interval_words if rank else "",
        quartile=rank.quartile_words if rank else "",
        direction=_direction(changes[0]) if changes else "no earlier wave",
        average=_percent(part.benchmark.average),
    )


def _together(report: WaveReport, channel: Channel) -> ChannelLine:
    part = next(part for part in report.channels if part.channel == channel)
    directions = Counter(
        _direction(change)
        for organisation in report.organisations
        for each in organisation.channels
        if each.channel == channel
        for change in each.changes
        if change.measure == SCORE
    )
    told = ", ".join(f"{directions[one]} {one}" for one in ("up", "same", "down") if directions[one])
    scores = [one.score for one in part.benchmark.scores.values() if one.reportable and one.score is not None]
    spread = f"from {words.percent(min(scores))} to {words.percent(max(scores))}" if scores else ""
    return ChannelLine(
        channel=channel,
        wave=report.title,
        **_stages(part.benchmark.pooled),
        place=words.count(len(part.benchmark.scores), "organisation"),
        likely=spread,
        quartile="",
        direction=told or ("not compared" if directions else "no earlier wave"),
        average=_percent(part.benchmark.average),
    )


def _stages(score: Score) -> dict[str, str]:
    share = score.score if score.reportable else None
    found = {
        str(stage): (_percent(one.mean) if score.reportable else "counts only")
        if (one := score.stages.get(stage))
        else "not assessed"
        for stage in STAGES
    }
    return {
        "score": _percent(share),
        "band": band(share) if share is not None else "too few contacts",
        "base": contacts(score.channel, score.contacts),
        **found,
    }


def _percent(share: float | None) -> str:
    return "—" if share is None else words.percent(share)


def _direction(change: Change) -> str:
    """Up or down only where chance would not explain it."""
    return {"better": "up", "worse": "down", "no clear change": "same"}.get(change.verdict, "not compared")


def _found(report: WaveReport, own: str | None) -> tuple[Sequence[Finding], Sequence[Finding]]:
    """Three to praise, three however: the organisation's own, or the first of each channel in turn."""
    if own is not None:
        part = next((one for one in report.organisations if one.id == own), None)
        return (part.findings.praise[:MOST], part.findings.however[:MOST]) if part else ((), ())
    return (
        _in_turn([part.findings.praise for part in report.channels]),
        _in_turn([part.findings.however for part in report.channels]),
    )


def _in_turn(lists: Sequence[Sequence[Finding]]) -> list[Finding]:
    longest = max((len(one) for one in lists), default=0)
    return [one[place] for place in range(longest) for one in lists if place < len(one)][:MOST]


def _said(one: Finding) -> str:
    caution = f"; {one.caution}" if one.caution else ""
    return f"{one.text}. {ABOUT[one.channel].name}: {one.figure}{caution}."


def _standards(reports: Sequence[WaveReport], own: str | None) -> tuple[tuple[str, str], ...]:
    """[(standard, how often it was met)], over all waves of the period that have the standard in these words."""
    met: Counter[tuple[str, str]] = Counter()
    base: Counter[tuple[str, str]] = Counter()
    for one in (one for report in reports for one in _each(report, own)):
        key = (ABOUT[one.channel].name, f"{one.short}: {one.standard[:1].lower()}{one.standard[1:]}")
        met[key] += one.met
        base[key] += one.base
    return tuple(
        (f"{channel}, {standard}", f"{words.share(met[key], base[key])} ({met[key]} of {base[key]})")
        for key in base
        for channel, standard in [key]
    )


def _each(report: WaveReport, own: str | None) -> list[StandardMet]:
    if own is None:
        return [met for part in report.channels for met in part.standards]
    parts: list[OrganisationPart] = [one for one in report.organisations if one.id == own]
    return [met for part in parts for channel in part.channels for met in channel.standards]


def _limits(reports: Sequence[WaveReport], lines: Sequence[ChannelLine]) -> tuple[str, ...]:
    unassessed = sorted({line for report in reports for part in report.channels for line in part.not_assessed})
    return (
        "These are samples of what residents meet, not all of it. A place is likely to lie within the range beside it; "
        "organisations whose ranges overlap should be read as a group.",
        "Up and down are said only where chance alone would explain the change in fewer than one wave in twenty; "
        '"same" means that no change could be shown, not that there was none.',
        *(
            ("With fewer than 20 contacts in a channel nobody is ranked.",)
            if any(line.place == "not ranked" for line in lines)
            else ()
        ),
        *unassessed[:2],
        "Staff minutes are an estimate.",
    )
