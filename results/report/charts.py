"""The report's charts: small SVG drawings to be set into a page. The same figures draw the same bytes.

Each is drawn with its words as text, so that a page's own fonts, zoom and search reach them. What a chart shows
stands in a table beside it, which is the template's part.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from results import words
from results.benchmark import BANDS, Benchmark
from results.report.model import ChannelPart
from results.times import Replies, Times, curve, together

if TYPE_CHECKING:
    from results.control import ControlChart

INK, GREY, RULE, ACCENT, WARM = "#1d2733", "#5a6675", "#d9dee4", "#0b5563", "#a8431a"
MOST_ROWS = 80
"""Organisations that a chart with a row for each can hold; of more, the tables tell."""

_TINTS = ("#f7f1ee", "#faf6f0", "#f4f7f5", "#eaf3f2", "#dfeeed")
_STYLE: dict[Any, Any] = {
    "text.parse_math": False,  # a council's name is never a formula
    "svg.fonttype": "none",
    "svg.hashsalt": "doorstep",
    "font.family": "DejaVu Sans",
    "font.size": 11.5,
    "axes.edgecolor": RULE,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelcolor": GREY,
    "xtick.color": GREY,
    "ytick.color": INK,
    "text.color": INK,
}
_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


@dataclass(frozen=True)
class Chart:
    """An `svg` element with its own title and description. `key`: unique in the page. `legend`: what marks mean."""

    key: str
    title: str
    description: str
    svg: str
    legend: str = ""
    figure: Figure | None = field(default=None, repr=False, compare=False)

    def png(self) -> bytes:
        """The same drawing for documents that hold no SVG, at 150 dots an inch on white."""
        buffer = io.BytesIO()
        if self.figure is not None:
            with rc_context(_STYLE):
                self.figure.savefig(buffer, format="png", dpi=150, facecolor="white", metadata={"Software": None})
        return buffer.getvalue()


def ranked(part: ChannelPart, names: Mapping[str, str]) -> Chart | None:
    """Organisations by score, best at the top, with 95% intervals, before the bands. None when nothing is scored or
    there are more than a chart can hold."""
    benchmark = part.benchmark
    shown = _shown(benchmark)
    if not 0 < len(shown) <= MOST_ROWS:
        return None
    with rc_context(_STYLE):
        figure, axes = _axes(0.9 + 0.34 * len(shown))
        _bands(axes)
        for row, key in enumerate(reversed(shown)):
            one = benchmark.scores[key]
            if one.interval:
                axes.hlines(row, one.interval.low * 100, one.interval.high * 100, color="#8fa3ad", linewidth=3)
            axes.plot([(one.score or 0) * 100], [row], "o", color=ACCENT, markersize=7, clip_on=False)
        if benchmark.average is not None:
            axes.axvline(benchmark.average * 100, color=WARM, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.set_yticks(range(len(shown)), [_label(names[key]) for key in reversed(shown)])
        axes.set_ylim(-0.6, len(shown) - 0.1)
        axes.set_xlim(0, 100)
        axes.set_xlabel("Score, per cent. Dashed: average of the organisations")
        best = benchmark.scores[shown[0]].score or 0
        return _chart(
            figure,
            f"ranked-{part.channel}",
            f"{part.name}: score of each organisation",
            f"{len(shown)} organisations from {names[shown[0]]}, {words.percent(best)}, to {names[shown[-1]]}, "
            f"{words.percent(benchmark.scores[shown[-1]].score or 0)}. The figures are in the table below.",
        )


def access_and_quality(part: ChannelPart, letters: Mapping[str, str]) -> Chart | None:
    """Access across, Quality up, a letter for each organisation. None unless both were assessed."""
    points = {
        key: (one.stages["access"].mean, one.stages["quality"].mean)
        for key, one in part.benchmark.scores.items()
        if one.reportable and len(one.stages) == 2
    }
    if not points:
        return None
    with rc_context(_STYLE):
        figure, axes = _axes(4.8, left=0.1)
        axes.axhline(60, color=RULE, linewidth=1)
        axes.axvline(60, color=RULE, linewidth=1)
        for keys in _neighbours(points):
            spots = [(points[key][0] * 100, points[key][1] * 100) for key in keys]
            axes.plot(*zip(*spots, strict=True), "o", color=ACCENT, markersize=6, alpha=0.85, clip_on=False)
            label = "".join(letters[key] for key in keys)
            axes.annotate(label, max(spots), xytext=(6, 3), textcoords="offset points", size=11)
        axes.set_xlim(0, 104)
        axes.set_ylim(0, 104)
        axes.set_xlabel("Access, per cent")
        axes.set_ylabel("Quality, per cent")
        for x, y, text, side in (
            (102, 3, "easy to reach, then disappoints", "right"),
            (2, 99, "good, if reached", "left"),
        ):
            axes.text(x, y, text, color=GREY, size=9, ha=side, va="center", style="italic")
        return _chart(
            figure,
            f"grid-{part.channel}",
            f"{part.name}: Access and Quality",
            f"{len(points)} organisations by Access and Quality; the lines at 60% mark where the band Meets begins. "
            "The figures are in the table below.",
        )


def answer_times(times: Mapping[str, Times], names: Mapping[str, str], standard: float, in_words: str) -> Chart | None:
    """Every answered call as a stroke, the median a dot, the standard a line; unanswered calls counted."""
    keys = [key for key in names if key in times and (times[key].values or times[key].without)]
    if len(keys) > MOST_ROWS or not any(times[key].values for key in keys):
        return None
    longest = max(value for key in keys for value in times[key].values)
    right = max(longest, standard) * 1.06
    with rc_context(_STYLE):
        figure, axes = _axes(0.9 + 0.34 * len(keys), right=0.83)
        axes.axvspan(0, standard, color="#eaf3f2", linewidth=0)
        axes.axvline(standard, color=WARM, linewidth=1.2, linestyle=(0, (4, 3)))
        for row, key in enumerate(reversed(keys)):
            values = times[key].values
            axes.plot(values, [row] * len(values), "|", color=ACCENT, markersize=11, alpha=0.65)
            if values:
                middle = _median(values)
                axes.plot([middle], [row], "o", color=INK, markersize=6)
            axes.text(right * 1.02, row, f"{times[key].without} not answered", va="center", size=10.5, color=GREY)
        axes.set_yticks(range(len(keys)), [_label(names[key]) for key in reversed(keys)])
        axes.set_ylim(-0.6, len(keys) - 0.4)
        axes.set_xlim(0, right)
        axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
        axes.set_xlabel("Seconds of ringing. A stroke is a call, the dot the median, the dashed line the standard")
        return _chart(
            figure,
            "answer-times",
            "Telephone: seconds to answer",
            f"Every answered call of {len(keys)} organisations against the standard, {in_words}, "
            f"drawn at {words.seconds(standard)}; "
            "calls that nobody answered are counted at the right. The figures are in the table below.",
        )


def reply_curve(times: Mapping[str, Times], told: Replies, standard: float) -> Chart | None:
    """Share of all e-mails answered by each working day: thin for organisations, thick for the partnership."""
    able = [one for one in times.values() if one.base >= words.COUNTS_ONLY]
    if not able:
        return None
    until = told.by[-1].days
    with rc_context(_STYLE):
        figure, axes = _axes(3.4, left=0.1)
        for one in able:
            axes.step(*_curve(one, until), where="post", color="#a9bcc4", linewidth=1)
        axes.step(*_curve(together(list(times.values())), until), where="post", color=ACCENT, linewidth=2.6)
        axes.axvline(standard, color=WARM, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.set_xlim(0, until)
        axes.set_ylim(0, 102)
        axes.set_xlabel("Working days. Thick: all e-mails; thin: each organisation; dashed: the standard")
        axes.set_ylabel("Answered, per cent")
        by = {one.days: one.words for one in told.by}
        waiting = f"{told.waiting} with the window open count for as long as they have waited. " if told.waiting else ""
        return _chart(
            figure,
            "reply-curve",
            "E-mail: share answered by working day",
            f"Of all e-mails, {by[1]} were answered within one working day and "
            f"{by[standard]} within {words.working_days(standard)}. "
            f"E-mails never answered stay in the base. {waiting}The figures are in the table below.",
        )


def control(chart: ControlChart, key: str, title: str, scale: str) -> Chart:
    """Nights in a row between their limits; those more than chance stand out. `scale`: what the height means."""
    times = 100 if chart.kind == "share" else 1
    nights, points = range(len(chart.points)), chart.points
    with rc_context(_STYLE):
        figure, axes = _axes(3.4, left=0.1)
        low, high = (
            [times * limit for limit in own] for own in zip(*((one.low, one.high) for one in points), strict=True)
        )
        axes.fill_between(nights, low, high, step="mid", color="#eaf3f2", linewidth=0)
        axes.step(nights, low, where="mid", color=GREY, linewidth=0.8)
        axes.step(nights, high, where="mid", color=GREY, linewidth=0.8)
        axes.axhline(times * chart.centre, color=WARM, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.plot(nights, [times * one.value for one in points], color="#a9bcc4", linewidth=1)
        for told, marker, colour, size in ((False, "o", ACCENT, 5), (True, "D", WARM, 7)):
            at = [night for night in nights if chart.signalled(points[night].day) is told]
            axes.plot(
                at, [times * points[night].value for night in at], marker, color=colour, markersize=size, clip_on=False
            )
        axes.set_xlim(-0.6, len(points) - 0.4)
        axes.set_ylim(bottom=0, top=102 if chart.kind == "share" else None)
        shown = range(0, len(points), -(-len(points) // 8))
        axes.set_xticks(shown, [f"{points[night].day.day} {points[night].day:%b}" for night in shown])
        axes.set_xlabel("Nights. Dashed: the usual; shaded: between the limits; diamonds: more than chance")
        axes.set_ylabel(scale)
        said = " ".join(one.words for one in chart.signals) or "No night is more than chance."
        return _chart(figure, key, title, f"{words.count(len(points), 'night')} between their limits. {said}")


# ------------------------------------------------------------------------------------------------ drawing


def _shown(benchmark: Benchmark) -> list[str]:
    able = [key for key, one in benchmark.scores.items() if one.reportable]
    return sorted(able, key=lambda key: (-(benchmark.scores[key].score or 0), key))


def _axes(height: float, left: float = 0.31, right: float = 0.97) -> tuple[Figure, Any]:
    figure = Figure(figsize=(7.6, height))
    FigureCanvasSVG(figure)
    axes = figure.add_axes((left, 0.55 / height, right - left, 1 - 0.75 / height))
    axes.tick_params(length=0)
    return figure, axes


def _label(name: str) -> str:
    """A name beside its row: two lines at most, so that none runs out of the drawing."""
    return "\n".join(textwrap.wrap(name, 26, max_lines=2, placeholder="…"))


def _bands(axes: Any) -> None:  # noqa: ANN401 - matplotlib has no types
    upper = 100
    for (least, _), tint in zip(BANDS, reversed(_TINTS), strict=True):
        axes.axvspan(least, upper, color=tint, linewidth=0, zorder=0)
        upper = least
    for least, name in BANDS:
        if least not in (0, 90):
            axes.text(least + 0.8, 1.0, name, transform=axes.get_xaxis_transform(), size=9.5, color=GREY, va="bottom")


def _neighbours(points: Mapping[str, tuple[float, float]]) -> list[list[str]]:
    """Organisations in the same square of four per cent share a label, so that letters do not cover each other."""
    squares: dict[tuple[int, int], list[str]] = {}
    for key, (across, up) in points.items():
        squares.setdefault((round(across * 25), round(up * 25)), []).append(key)
    return list(squares.values())


def _curve(times: Times, until: float) -> tuple[list[float], list[float]]:
    found = curve(times)
    steps = [(at, share) for at, share in zip(found.at, found.shares, strict=True) if at <= until]
    end = min(until, found.followed)
    last = steps[-1][1] if steps else 0.0
    return [0.0, *(at for at, _ in steps), end], [0.0, *(100 * share for _, share in steps), 100 * last]


def _median(values: Sequence[float]) -> float:
    middle = len(values) // 2
    ordered = sorted(values)
    return ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _chart(figure: Figure, key: str, title: str, description: str) -> Chart:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata=_METADATA, transparent=True)
    return Chart(key, title, description, _tidy(buffer.getvalue(), key, title, description), figure=figure)


def _tidy(svg: str, key: str, title: str, description: str) -> str:
    """Only the element, with ids of its own in the page, a name for readers who cannot see it, and the page's font."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(
        r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL
    )  # a style would reach the page
    svg = re.sub(r'(<g) id="[^"]*"', r"\1", svg)  # groups are never referred to
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\1{key}-", svg)
    svg = svg.replace("'DejaVu Sans'", "inherit").replace("xlink:href", "href")
    svg = re.sub(r' transform="rotate\(-0 [^"]*"|<g/>', "", svg)
    svg = re.sub(r"\s*\n\s*", " ", svg)
    svg = re.sub(r' (?:width|height)="[0-9.]+pt"', "", svg, count=2)
    svg = re.sub(r' (?:xmlns:xlink|version)="[^"]*"', "", svg, count=2)
    head = f'<svg role="img" aria-labelledby="{key}-title {key}-desc" focusable="false"'
    named = f'<title id="{key}-title">{escape(title)}</title><desc id="{key}-desc">{escape(description)}</desc>'
    svg = svg.replace("<svg", head, 1)
    end = svg.index(">") + 1
    return svg[:end] + named + svg[end:]
