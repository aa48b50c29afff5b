"""Control charts of nightly probes: what is usual, between which limits, and which nights are more than chance. Pure.

Nightly probes are no wave: they are few, and always to the same places. They are told by a chart and its run rules, and
never ranked. How the chart is drawn lives in `results.report.charts`.

Sources: W. Shewhart, Economic Control of Quality of Manufactured Product (1931), for the charts; D. Montgomery,
Introduction to Statistical Quality Control, for limits that follow each night's own base.
"""

from __future__ import annotations

import datetime as dt
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator
from scipy.stats import binom, norm

from results import words
from results.benchmark import Rounded
from results.calendar import LONDON
from results.measures import Measure
from results.schema import Noun, Shop

ENOUGH_NIGHTS = 20
"""Nights from which limits are usually drawn; under that they are provisional, and said to be so."""

_D2 = 1.128  # the mean of the range of two normal values, in their standard deviations
_Z = 9  # decimals to which a night is compared with what is usual
_FARTHEST = 1000.0  # standard deviations
_LEAST_EXPECTED = 5
_TAIL = float(norm.sf(3))


class ShareNight(Noun):
    """One night's share: `part` of `base` contacts."""

    day: dt.date
    part: int = Field(ge=0)
    base: int = Field(gt=0)

    @model_validator(mode="after")
    def _part_of_base(self) -> ShareNight:
        if self.part > self.base:
            raise ValueError(f"{self.part} of {self.base} is not a share")
        return self


class TimesNight(Noun):
    """One night's times, in seconds or working days. Their median stands for the night."""

    day: dt.date
    values: tuple[float, ...] = Field(min_length=1)


def nights_of(measure: Measure, shops: Sequence[Shop]) -> list[ShareNight] | list[TimesNight]:
    """The counted ones of `shops`, put together by London's day on which they were made. `measure`: a share or times.

    What is set aside is in no night, and a night of which nothing else is left is none.
    """
    readings: dict[dt.date, list[float]] = {}
    for shop in shops:
        value = measure.read(shop).value if shop.counted and shop.channel == measure.channel else None
        if value is not None and shop.made_at is not None:
            readings.setdefault(shop.made_at.astimezone(LONDON).date(), []).append(value)
    days = sorted(readings.items())
    if measure.kind == "share":
        return [ShareNight(day=day, part=round(sum(values)), base=len(values)) for day, values in days]
    return [TimesNight(day=day, values=tuple(values)) for day, values in days]


# ------------------------------------------------------------------------------------------------ run rules


@dataclass(frozen=True)
class RunRule:
    """A pattern of nights that chance seldom makes: `least` of `of` nights in a row that fit the `shape`.

    beyond: further than `sigmas` from the usual, all on one side. outside: the same, on either side. within: no further
    than `sigmas`. trend: each higher than the one before, or each lower. alternating: up and down by turns.
    """

    id: str
    shape: Literal["beyond", "outside", "within", "trend", "alternating"]
    least: int
    of: int
    sigmas: float
    words: str
    source: str


_WESTERN_ELECTRIC = "Western Electric Company, Statistical Quality Control Handbook, 1956, pages 25 to 28"
_NELSON = "L. Nelson, The Shewhart control chart: tests for special causes, Journal of Quality Technology 16, 1984"

WESTERN_ELECTRIC = (
    RunRule("beyond-limits", "beyond", 1, 1, 3, "{side} the {limit} limit", _WESTERN_ELECTRIC),
    RunRule("two-of-three", "beyond", 2, 3, 2, "two of three nights far {side} the usual", _WESTERN_ELECTRIC),
    RunRule("four-of-five", "beyond", 4, 5, 1, "four of five nights some way {side} the usual", _WESTERN_ELECTRIC),
    RunRule("eight-one-side", "beyond", 8, 8, 0, "eight nights in a row {side} the usual", _WESTERN_ELECTRIC),
)
NELSON = (
    RunRule("beyond-limits", "beyond", 1, 1, 3, "{side} the {limit} limit", _NELSON),
    RunRule("nine-one-side", "beyond", 9, 9, 0, "nine nights in a row {side} the usual", _NELSON),
    RunRule("six-trend", "trend", 6, 6, 0, "six nights in a row each {way} than the one before", _NELSON),
    RunRule("fourteen-alternating", "alternating", 14, 14, 0, "fourteen nights up and down by turns", _NELSON),
    RunRule("two-of-three", "beyond", 2, 3, 2, "two of three nights far {side} the usual", _NELSON),
    RunRule("four-of-five", "beyond", 4, 5, 1, "four of five nights some way {side} the usual", _NELSON),
    RunRule("fifteen-within", "within", 15, 15, 1, "fifteen nights closer to the usual than chance puts them", _NELSON),
    RunRule("eight-outside", "outside", 8, 8, 1, "eight nights in a row away from the usual, on both sides", _NELSON),
)
RULES = (*WESTERN_ELECTRIC, NELSON[2])
"""What is looked for: the four of Western Electric, and Nelson's trend, which tells a slow decline."""


# ------------------------------------------------------------------------------------------------ the chart


class ControlPoint(Noun):
    """One night. `low`, `high`: its limits. `z`: how far from the usual it lies, in standard deviations."""

    day: dt.date
    value: Rounded
    base: int
    low: Rounded
    high: Rounded
    z: Rounded


class Signal(Noun):
    """Nights that are more than chance. `side`: where they lie, or where they tend; both for neither alone."""

    rule: str
    source: str
    side: Literal["above", "below", "both"]
    first: dt.date
    last: dt.date
    words: str


class ControlChart(Noun):
    """A chart of nights in their order. `centre`: what is usual; `caution`: what a reader must know of the limits."""

    kind: Literal["share", "times"]
    points: tuple[ControlPoint, ...]
    centre: Rounded
    signals: tuple[Signal, ...]
    caution: str

    def signalled(self, day: dt.date) -> bool:
        """Whether that night is one of those that are more than chance."""
        return any(one.first <= day <= one.last for one in self.signals)


def control_chart(
    nights: Sequence[ShareNight] | Sequence[TimesNight],
    *,
    usual: int | None = None,
    rules: Sequence[RunRule] = RULES,
) -> ControlChart:
    """A p-chart of shares, or an individuals chart of the nights' medians, and what the rules say of it.

    `nights`: in any order, one a day. `usual`: how many of the first nights say what is usual; else all do.

    Limits lie three standard deviations off. A share's follow the night's own base; where that is so small that fewer
    than five contacts are expected to succeed, or to fail, they are the binomial's of the same chance, since else one
    missed call of five would be an alarm. Those of times follow the mean moving range, divided by 1.128. No limit lies
    outside what there can be. Raises ValueError for no nights, and for two on one day.
    """
    every: Sequence[ShareNight | TimesNight] = nights
    if not every:
        raise ValueError("no nights, no chart")
    ordered = sorted(every, key=lambda night: night.day)
    if twice := [str(one.day) for one, next_ in pairwise(ordered) if one.day == next_.day]:
        raise ValueError(f"two nights on one day: {', '.join(twice)}")
    first = ordered[:usual] or ordered
    shares = [night for night in ordered if isinstance(night, ShareNight)]
    if shares:
        centre, points = _of_shares(shares, len(first))
    else:
        centre, points = _of_times([night for night in ordered if isinstance(night, TimesNight)], len(first))
    kind: Literal["share", "times"] = "share" if shares else "times"
    caution = f"{words.count(len(first), 'night')}: the limits are provisional" if len(first) < ENOUGH_NIGHTS else ""
    signals = tuple(signal for rule in rules for signal in _signals(rule, kind, centre, points))
    return ControlChart(
        kind=kind,
        points=tuple(points),
        centre=centre,
        signals=tuple(sorted(signals, key=lambda one: (one.first, one.last, one.rule))),
        caution=caution,
    )


def _of_shares(nights: Sequence[ShareNight], first: int) -> tuple[float, list[ControlPoint]]:
    part, base = sum(night.part for night in nights[:first]), sum(night.base for night in nights[:first])
    # Where nothing, or everything, succeeded so far, that is still not certain for ever.
    chance = part / base if 0 < part < base else (part + 0.5) / (base + 1)
    return part / base, [
        _by_binomial(night, chance)
        if min(chance, 1 - chance) * night.base < _LEAST_EXPECTED
        else _by_normal(night, chance)
        for night in nights
    ]


def _by_normal(night: ShareNight, chance: float) -> ControlPoint:
    sigma = math.sqrt(chance * (1 - chance) / night.base)
    low, high = max(0.0, chance - 3 * sigma), min(1.0, chance + 3 * sigma)
    return _point(night.day, night.part / night.base, night.base, chance, sigma, low, high)


def _by_binomial(night: ShareNight, chance: float) -> ControlPoint:
    """The limits leave out on each side what chance brings as seldom as three standard deviations of a normal value."""
    part, base, off = night.part, night.base, night.part / night.base - chance
    tail = binom.sf(part - 1, base, chance) if off > 0 else binom.cdf(part, base, chance)
    return ControlPoint(
        day=night.day,
        value=part / base,
        base=base,
        low=float(binom.ppf(_TAIL, base, chance)) / base,
        high=float(binom.isf(_TAIL, base, chance)) / base,
        # What chance brings more often than not lies on neither side.
        z=math.copysign(min(max(float(norm.isf(tail)), 0.0), _FARTHEST), off) + 0.0,
    )


def _of_times(nights: Sequence[TimesNight], first: int) -> tuple[float, list[ControlPoint]]:
    values = [statistics.median(night.values) for night in nights]
    centre = statistics.fmean(values[:first])
    moves = [abs(one - next_) for one, next_ in pairwise(values[:first])]
    sigma = statistics.fmean(moves) / _D2 if moves else 0.0
    low, high = max(0.0, centre - 3 * sigma), centre + 3 * sigma
    return centre, [
        _point(night.day, value, len(night.values), centre, sigma, low, high)
        for night, value in zip(nights, values, strict=True)
    ]


def _point(day: dt.date, value: float, base: int, centre: float, sigma: float, low: float, high: float) -> ControlPoint:
    """Where nothing varied before, whatever differs lies beyond every limit."""
    off = round(value - centre, _Z)
    z = off / sigma if sigma else math.copysign(_FARTHEST, off) if off else 0.0
    return ControlPoint(day=day, value=value, base=base, low=low, high=high, z=z)


# ------------------------------------------------------------------------------------------------ signals


def _signals(
    rule: RunRule, kind: Literal["share", "times"], centre: float, points: Sequence[ControlPoint]
) -> list[Signal]:
    """The nights that fit a rule; windows that overlap, on one side, are one signal."""
    spans: list[tuple[str, int, int]] = []
    for end in range(rule.of, len(points) + 1):
        window = points[end - rule.of : end]
        side = _side(rule, window)
        if side is None:
            continue
        if spans and spans[-1][0] == side and spans[-1][2] >= end - rule.of:
            spans[-1] = side, spans[-1][1], end
        else:
            # The window's first nights may be among those that a rule lets pass.
            passed = [rule.shape != "beyond" or _out(rule, side, point) for point in window].index(True)
            spans.append((side, end - rule.of + passed, end))
    return [_signal(rule, kind, centre, side, points[start:end]) for side, start, end in spans]


def _side(rule: RunRule, window: Sequence[ControlPoint]) -> str | None:
    """The side on which the window fits the rule, None where it does not fit. Its last night must be one that does."""
    z = [point.z for point in window]
    moves = [after.value - before.value for before, after in pairwise(window)]
    match rule.shape:
        case "beyond":
            for side in ("above", "below"):
                out = [_out(rule, side, point) for point in window]
                if out[-1] and sum(out) >= rule.least:
                    return side
        case "outside":
            return "both" if all(abs(one) > rule.sigmas for one in z) else None
        case "within":
            return "both" if all(abs(one) < rule.sigmas for one in z) else None
        case "trend":
            return "above" if all(one > 0 for one in moves) else "below" if all(one < 0 for one in moves) else None
        case "alternating":
            return "both" if all(one * next_ < 0 for one, next_ in pairwise(moves)) else None
    return None


def _out(rule: RunRule, side: str, point: ControlPoint) -> bool:
    return (point.z if side == "above" else -point.z) > rule.sigmas


def _signal(
    rule: RunRule, kind: Literal["share", "times"], centre: float, side: str, points: Sequence[ControlPoint]
) -> Signal:
    first, last = points[0], points[-1]
    usual = words.percent(centre) if kind == "share" else words.number(centre)
    up = side == "above"
    found = rule.words.format(side=side, limit="upper" if up else "lower", way="higher" if up else "lower")
    if rule.of == 1:
        found = f"{words.listed([_value(kind, point) for point in points])}, {found}"
    elif rule.shape == "trend":
        found = f"{found}, from {_value(kind, first)} to {_value(kind, last)}"
    text = f"{words.days(first.day, last.day)}: {found}; usual is {usual}."
    return Signal(
        rule=rule.id,
        source=rule.source,
        side="above" if side == "above" else "below" if side == "below" else "both",
        first=first.day,
        last=last.day,
        words=text,
    )


def _value(kind: Literal["share", "times"], point: ControlPoint) -> str:
    if kind == "times":
        return words.number(point.value)
    return f"{round(point.value * point.base)} of {point.base}"
