"""Nightly probes as control charts: which figure of which organisation was more than chance, and when. Pure.

Nights are no wave: they are never ranked. The charts and their rules are those of `results.control`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from results import words
from results.channels import ABOUT
from results.control import ControlChart, ShareNight, TimesNight, control_chart, nights_of
from results.measures import MEASURES, Measure
from results.report import charts
from results.schema import Channel, Noun, Shop

_WATCHED = (
    "phone.contactability",
    "phone.answer_median",
    "email.response_rate",
    "email.reply_median",
    "web.letters",
    "web.first_five",
    "web.numbers_valid",
)
_SCALES = {"yes": "Per cent", "percent": "Per cent", "seconds": "Seconds", "working days": "Working days"}
LEAST_NIGHTS = 2
"""Nights that a chart needs: of one night there is nothing to tell it from."""


class Watched(Noun):
    """One figure of one organisation over the nights."""

    organisation: str
    channel: Channel
    label: str
    unit: str
    chart: ControlChart


def watched(names: Mapping[str, str], shops: Sequence[Shop]) -> tuple[Watched, ...]:
    """Every figure that enough nights have, organisation by organisation. `names`: {id: name}; others are left out."""
    own: dict[str, list[Shop]] = {key: [] for key in sorted(names, key=lambda key: names[key].casefold())}
    for shop in shops:
        if shop.organisation in own:
            own[shop.organisation].append(shop)
    measures = [one for one in MEASURES if one.id in _WATCHED]
    return tuple(
        _watched(names[key], measure, nights)
        for key, made in own.items()
        for measure in measures
        if len(nights := nights_of(measure, made)) >= LEAST_NIGHTS
    )


def _watched(name: str, measure: Measure, nights: Sequence[ShareNight] | Sequence[TimesNight]) -> Watched:
    label, _, _ = measure.label.partition(", median")
    return Watched(
        organisation=name,
        channel=measure.channel,
        label=label,
        unit=_SCALES.get(measure.unit, "Value"),
        chart=control_chart(nights),
    )


def page(title: str, first: dt.date, last: dt.date, found: Sequence[Watched]) -> str:
    """One self-contained page: what was more than chance first, then every chart with its table."""
    environment = Environment(
        loader=PackageLoader("results.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    drawn = [
        (one, charts.control(one.chart, f"night-{number}", f"{one.organisation}: {one.label}", one.unit), _rows(one))
        for number, one in enumerate(found, 1)
    ]
    rendered = environment.get_template("nights.html.j2").render(
        title=title,
        period=words.days(first, last),
        nights=len({point.day for one in found for point in one.chart.points}),
        drawn=drawn,
        names={channel: about.name for channel, about in ABOUT.items()},
        day=lambda day: f"{day:%d/%m/%Y}",
    )
    return "\n".join(line for line in rendered.splitlines() if line.strip()) + "\n"


def _rows(one: Watched) -> list[tuple[str, str, int, str, bool]]:
    """(night, value, base, between which limits, whether it is more than chance)."""

    def said(value: float) -> str:
        return words.percent(value) if one.chart.kind == "share" else words.number(value)

    return [
        (
            f"{point.day:%d/%m/%Y}",
            f"{round(point.value * point.base)} of {point.base}" if one.chart.kind == "share" else said(point.value),
            point.base,
            f"{said(point.low)} to {said(point.high)}",
            one.chart.signalled(point.day),
        )
        for point in one.chart.points
    ]
