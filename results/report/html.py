"""Renders a wave report as one self-contained page: no script, no request, everything from outside escaped."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from html import unescape
from statistics import fmean
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from results import words
from results.benchmark import BANDS, Score, band
from results.channels import ABOUT, contacts
from results.kpis import PartnershipFigure
from results.report.elements import Given, answers_list, found_list, linker, plan_rows
from results.report.method import brief, method, notes, staff_words
from results.report.model import (
    Cell,
    ChannelPart,
    CriterionHead,
    CriterionMarks,
    OrganisationChannel,
    OrganisationPart,
    ReferenceFigure,
    ShopRow,
    StandardMet,
    WaveReport,
)
from results.schema import Channel, Points, State

if TYPE_CHECKING:
    from results.report.drawings import Drawn

_KINDS = 4  # different answers that are counted one by one where they are summed up

MOST_COLUMNS = 40
"""Organisations up to which the page has the table of marks on each question; beyond, it is in the workbook alone."""


class Picture(NamedTuple):
    """An SVG picture as a page shows it: as an image, so that nothing in it is ever run, with its own description."""

    address: str
    alt: str

    @classmethod
    def of(cls, svg: bytes) -> Picture:
        found = re.search(r"<desc[^>]*>([^<]*)</desc>", svg.decode("utf-8", errors="replace"))
        return cls(f"data:image/svg+xml;base64,{b64encode(svg).decode()}", unescape(found[1]) if found else "A map")


def render(report: WaveReport, maps: Mapping[str, bytes] | None = None, charts: Sequence[Drawn] | None = None) -> str:
    """The whole page. `maps`: {shop: a picture of the website, SVG}. `charts`: where they have been drawn already."""
    written = [one for one in report.organisations if report.own in (None, one.id)]
    if charts is None:
        from results.report.drawings import drawn  # here, because drawing takes long to load

        charts = drawn(report)
    environment = environment_for(report, charts, _addresses(report), written, maps or {})
    return tidy(environment.get_template("wave.html.j2").render())


def environment_for(
    report: WaveReport,
    charts: Sequence[Drawn],
    address: Callable[[str], str],
    written: Sequence[OrganisationPart],
    maps: Mapping[str, bytes] = MappingProxyType({}),
) -> Environment:
    """What the templates need. `address`: where an anchor leads, '' for nowhere; `written`: who has a section."""
    environment = _environment()
    few = len(report.organisations) <= MOST_COLUMNS
    environment.globals.update(
        report=report,
        maps={shop: Picture.of(svg) for shop, svg in maps.items()},
        by_channel={part.channel: part for part in report.channels},
        channel_names={channel: about.name for channel, about in ABOUT.items()},
        brief=brief(report),
        notes=notes(report),
        method=method(report),
        charts=charts,
        criteria_table={part.channel: _criteria_table(report, part) if few else [] for part in report.channels},
        standards_table={part.channel: _standards_table(report, part) for part in report.channels},
        references=_references(report),
        link=linker(address),
        written=written,
        listed=written or report.organisations,
        compact=None,
    )
    return environment


def tidy(page: str) -> str:
    """A page without the empty lines that templates leave."""
    return "\n".join(line for line in page.splitlines() if line.strip()) + "\n"


# ------------------------------------------------------------------------------------------------ tables


class MarksRow(NamedTuple):
    """Mean marks on one question. `cells`: (organisation, mean, base); `average` counts each organisation once."""

    criterion: CriterionHead
    cells: list[tuple[str, str, int]]
    average: str
    organisations: int
    pooled: str
    base: int


def _criteria_table(report: WaveReport, part: ChannelPart) -> list[MarksRow]:
    """The marks of each organisation on each weighted question."""
    marks = {
        (one.id, mark.criterion): mark
        for one in report.organisations
        for own in one.channels
        if own.channel == part.channel
        for mark in own.marks
    }
    return [_marks_row(report, part.channel, criterion, marks) for criterion in part.criteria if criterion.weight]


def _marks_row(
    report: WaveReport, channel: Channel, criterion: CriterionHead, marks: Mapping[tuple[str, str], CriterionMarks]
) -> MarksRow:
    every = {one.id: marks.get((one.id, criterion.id)) for one in report.organisations}
    known = [mark for mark in every.values() if mark]
    means = [mark.mean for mark in known if channel == "web" or mark.base >= words.COUNTS_ONLY]
    base = sum(mark.base for mark in known)
    pooled = CriterionMarks(
        criterion=criterion.id, mean=sum(mark.mean * mark.base for mark in known) / base if base else 0, base=base
    )
    return MarksRow(
        criterion,
        [(key, mean_words(channel, mark) if mark else "—", mark.base if mark else 0) for key, mark in every.items()],
        words.percent(fmean(means)) if means else "—",
        len(means),
        mean_words(channel, pooled) if base else "—",
        base,
    )


def mean_words(channel: Channel, mark: CriterionMarks) -> str:
    """Marks on a question in words: a share of full marks, counts alone under a base of ten."""
    if channel != "web" and mark.base < words.COUNTS_ONLY:
        return f"{words.number(mark.mean * mark.base)} of {mark.base}"
    return words.percent(mark.mean)


# ------------------------------------------------------------------------------------------------ words for templates


def _caution(one: Score) -> str:
    said = "" if one.channel == "web" else words.caution(one.contacts)
    return f"; {said}" if said else ""


def _points(one: Score) -> str:
    together = sum((stage.points for stage in one.stages.values()), Points())
    return points_words(together)


def points_words(points: Points) -> str:
    """Points earned of points possible."""
    return f"{words.number(points.earned)} of {words.number(points.possible)}" if points.possible else "—"


def _shops_words(own: OrganisationChannel) -> str:
    left_out = sum(own.not_counted.values())
    counted = contacts(own.channel, own.score.contacts) + " counted"
    return f"{counted}, {left_out} not counted" if left_out else counted


def _answers(own: OrganisationChannel) -> Mapping[str, Given]:
    """The answers of one organisation in one channel, by criterion."""
    found: dict[str, list[tuple[ShopRow, Cell]]] = {}
    for shop in own.shops:
        for cell in shop.cells:
            found.setdefault(cell.criterion, []).append((shop, cell))
    return found


def _all_beside(given: Given) -> bool:
    """Whether the question applied to none of the contacts."""
    return all(cell.state is State.NOT_APPLICABLE for _, cell in given)


def _marks_of(own: OrganisationChannel, criterion: str) -> str:
    mark = next((one for one in own.marks if one.criterion == criterion), None)
    return mean_words(own.channel, mark) if mark else "—"


def _addresses(report: WaveReport) -> Callable[[str], str]:
    """Where an anchor leads. In a report for one organisation the others have no section of their own."""
    if report.own is None:
        return lambda anchor: f"#{anchor}"
    own = f"o-{report.own}"

    def address(anchor: str) -> str:
        elsewhere = anchor.startswith("o-") and anchor != own and not anchor.startswith(f"{own}-")
        return "" if elsewhere else f"#{anchor}"

    return address


def _standards_table(report: WaveReport, part: ChannelPart) -> list[tuple[str, str, list[StandardMet | None]]]:
    """[(organisation's id, its name, one cell for each standard of the channel)]."""
    return [
        (
            one.id,
            one.name,
            [next((met for met in own.standards if met.criterion == wide.criterion), None) for wide in part.standards],
        )
        for one in report.organisations
        for own in one.channels
        if own.channel == part.channel
    ]


def _references(report: WaveReport) -> list[tuple[PartnershipFigure, list[ReferenceFigure]]]:
    """The partnership's figures that others have published too, each with theirs."""
    return [
        (wide, beside)
        for part in report.channels
        for wide in part.figures
        if (beside := [one for one in report.references if one.measure == wide.pooled.measure])
    ]


def _summed(given: Given) -> str:
    """How often each was answered, the commonest first, and then what was not: 'Yes: 19, No: 1, needs review: 2'."""
    own = [cell for shop, cell in given if shop.counted]
    answered = Counter(cell.words for cell in own if cell.state is State.ANSWERED)
    if len(answered) > _KINDS or any(said[:1].isdigit() for said in answered):
        answered = Counter({"answered": answered.total()})
    others = Counter(cell.state.value for cell in own if cell.state is not State.ANSWERED)
    counted = [*answered.most_common(), *others.most_common()]
    return ", ".join(f"{said}: {times}" for said, times in counted) or "none counted"


def reasons(shop: ShopRow) -> list[str]:
    """Why answers wait or failed to be measured, each reason once."""
    return list(dict.fromkeys(filter(None, map(reason, shop.cells))))


def reason(cell: Cell) -> str:
    """Why an answer waits or failed to be measured; nothing for all others."""
    if not cell.why or cell.state not in (State.NEEDS_REVIEW, State.PROBE_FAULT):
        return ""
    return f"{cell.state.value.capitalize()}: {cell.why.rstrip('.')}"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("results.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    helpers: dict[str, Any] = {
        "percent": words.percent,
        "whole": words.whole_percent,
        "number": lambda value: words.number(value, 2),
        "band": band,
        "band_place": lambda share: len(BANDS) - 1 - [name for _, name in BANDS].index(band(share)),
        "contacts": contacts,
        "caution": _caution,
        "points": _points,
        "working_days": words.working_days,
        "points_words": points_words,
        "organisations": lambda count: words.count(count, "organisation"),
        "shops_words": _shops_words,
        "all_beside": _all_beside,
        "answers_of": _answers,
        "answers_list": answers_list,
        "found_list": found_list,
        "plan_rows": plan_rows,
        "marks_of": _marks_of,
        "summed": _summed,
        "staff_words": staff_words,
        "reasons": reasons,
    }
    environment.globals.update(helpers)
    return environment
