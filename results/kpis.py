"""The field's own figures: contactability, response rate, time to answer and the rest, each with base and shops. Pure.

They stand beside the scores of `results.benchmark` and carry no marks. A contact that needs review, whose window is
open or whose probe failed is set aside and counted as set aside; it is never a No.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from results import words
from results.benchmark import Interval, Rounded, wilson
from results.channels import ABOUT, SAMPLED
from results.measures import CONTACTABILITY_BY_PEOPLE, CONTACTABILITY_NOTE, MEASURES, Measure, Reading, Unit
from results.schema import Channel, Noun, Organisation, Scheme, Shop
from results.scoring import standard_words
from results.times import median_interval

LineKind = Literal["switchboard", "contact_centre", "direct_dial"]
LINES: Mapping[LineKind, str] = {
    "switchboard": "Switchboards",
    "contact_centre": "Contact centres",
    "direct_dial": "Other numbers",
}
"""The kinds of lines that are told apart, as Derbyshire's report of 2006 told switchboards from other numbers."""

_TOLD_BY_LINE = ("phone.contactability", "phone.answer_median", "phone.answer_mean", "phone.answered_in_standard")

NOT_WHILE_WAITING = ("email.reply_mean",)
"""Means of replies alone, which would leave out the slow ones while some windows are open. See `results.times`."""


class Figure(Noun):
    """One measure over some shops. `value`: in the measure's unit (a share 0..1); None when the base is nought.

    `words`: how it is said, counts alone under a base of ten. `interval`: 95%, in the measure's unit; Wilson's for
    shares and the bootstrap's for medians, where the base bears one; `interval_words`: the same as it is said.
    `aside`: contacts that were set aside, by reason. `shops`: the shops of the base.
    """

    measure: str
    channel: Channel
    label: str
    criterion: str
    value: Rounded | None
    words: str
    base: int
    base_words: str
    caution: str = ""
    interval: Interval | None = None
    interval_words: str = ""
    aside: tuple[str, ...] = ()
    note: str = ""
    shops: tuple[str, ...] = ()


class LineFigures(Noun):
    """Figures of the calls to one kind of line, as the register says; `direct_dial` is what it does not name."""

    kind: LineKind
    name: str
    figures: tuple[Figure, ...]


class PartnershipFigure(Noun):
    """A figure of the whole partnership: each organisation counting once, and all contacts put together."""

    average: Rounded | None
    average_words: str
    organisations: int
    pooled: Figure


# ------------------------------------------------------------------------------------------------ putting together


Read = Sequence[tuple[Shop, Reading]]
"""What a measure reads from each counted shop."""


def readings(measure: Measure, shops: Sequence[Shop]) -> Read:
    """What a measure reads from the counted ones of `shops` in its channel."""
    channel, read = measure.channel, measure.read
    return [(shop, read(shop)) for shop in shops if shop.channel == channel and shop.counted]


def figures(
    scheme: Scheme, channel: Channel, shops: Sequence[Shop], read: Mapping[str, Read] = MappingProxyType({})
) -> tuple[Figure, ...]:
    """Every measure of a channel that the scheme can answer, over the counted ones of `shops`.

    `read`: {measure: its readings of these shops}, as far as they have been read before.
    """
    return tuple(_figures(scheme, channel, shops, read))


def headline(scheme: Scheme, channel: Channel, shops: Sequence[Shop]) -> Figure | None:
    """The first of them alone; None where the scheme can answer none."""
    return next(_figures(scheme, channel, shops, {}), None)


def _figures(scheme: Scheme, channel: Channel, shops: Sequence[Shop], read: Mapping[str, Read]) -> Iterator[Figure]:
    criteria = {criterion.id: criterion for criterion in scheme.criteria}
    waiting = sum([shop.channel == channel and shop.state == "open" for shop in shops])
    for measure in MEASURES:
        if measure.channel == channel and measure.criterion in criteria:
            known = read[measure.id] if measure.id in read else readings(measure, shops)
            yield _figure(measure, known, waiting, standard_words(criteria[measure.criterion], scheme))


def line_kind(organisation: Organisation, number: str) -> LineKind:
    """What kind of line a number is by the register; a number that the register does not name is an other number."""
    return next((line.kind for line in organisation.contacts.lines if line.number == number), "direct_dial")


def by_line(scheme: Scheme, calls: Mapping[LineKind, Sequence[Shop]]) -> tuple[LineFigures, ...]:
    """Contactability and times to answer of each kind of line that was called; nothing where all are of one kind."""
    if len(calls) < 2:
        return ()
    return tuple(
        LineFigures(
            kind=kind,
            name=name,
            figures=tuple(one for one in figures(scheme, "phone", calls[kind]) if one.measure in _TOLD_BY_LINE),
        )
        for kind, name in LINES.items()
        if kind in calls
    )


def partnership(own: Sequence[Figure], pooled: Figure) -> PartnershipFigure:
    """The partnership's figure from its organisations' (those whose base bears one) and from all contacts together."""
    measure = next(measure for measure in MEASURES if measure.id == pooled.measure)
    values = [figure.value for figure in own if figure.value is not None and _bears(measure, figure.base)]
    if measure.kind == "tally" or not values:
        return PartnershipFigure(average=None, average_words="", organisations=len(values), pooled=pooled)
    average = statistics.fmean(values)
    if measure.channel == "web" and measure.kind == "share":
        said = words.share(round(sum(values)), len(values))
    elif measure.unit == "place":
        said = f"{words.number(average)} on average"
    else:
        said = say(measure.unit, average)
    return PartnershipFigure(average=average, average_words=said, organisations=len(values), pooled=pooled)


def say(unit: Unit, value: float) -> str:
    """A value in its unit: '84%', '9.6 seconds', '1.5 working days', '2nd'."""
    match unit:
        case "yes":
            return words.percent(value)
        case "seconds":
            return words.seconds(value)
        case "working days":
            return words.working_days(value)
        case "percent":
            return words.percent(value / 100)
        case "place":
            return words.ordinal(round(value)) if value == round(value) else f"between {_neighbours(value)}"
        case "number":
            return words.number(value)


def _neighbours(value: float) -> str:
    return f"{words.ordinal(int(value))} and {words.ordinal(int(value) + 1)}"


def _figure(measure: Measure, read: Read, waiting: int, standard: str) -> Figure:
    """`waiting`: shops that are still open."""
    known = [(shop, reading.value) for shop, reading in read if reading.value is not None]
    aside = Counter([reading.aside for _, reading in read if reading.value is None])
    if measure.kind == "tally":
        return _tally(measure, known, aside)
    if measure.id in NOT_WHILE_WAITING and waiting:
        aside["window open"] += waiting
        known = []
    values = [value for _, value in known]
    base, one_many = len(values), measure.base or ABOUT[measure.channel][3:5]
    value = (statistics.median(values) if measure.kind == "median" else statistics.fmean(values)) if values else None
    interval = _interval(measure, values)
    return Figure(
        measure=measure.id,
        channel=measure.channel,
        label=measure.label,
        criterion=measure.criterion,
        value=value,
        words=_in_words(measure, values, value, aside),
        base=base,
        base_words=words.count(base, *one_many),
        caution=words.caution(base) if measure.channel != "web" and base else "",
        interval=interval,
        interval_words=words.span(say(measure.unit, interval.low), say(measure.unit, interval.high))
        if interval
        else "",
        aside=_aside(aside),
        note=_note(measure, standard, known),
        shops=tuple([shop.id for shop, _ in known]),
    )


def _interval(measure: Measure, values: Sequence[float]) -> Interval | None:
    """A website visit is no sample, and a mean is given only beside its median."""
    if measure.channel not in SAMPLED or len(values) < words.COUNTS_ONLY:
        return None
    match measure.kind:
        case "share":
            return wilson(round(sum(values)), len(values))
        case "median":
            return median_interval(values)
    return None


def _note(measure: Measure, standard: str, known: Sequence[tuple[Shop, float]]) -> str:
    if measure.id.endswith("_in_standard"):
        return f"the standard: {standard[0].lower()}{standard[1:]}"
    if measure.note == CONTACTABILITY_NOTE and known and all(shop.shopper == "person" for shop, _ in known):
        return CONTACTABILITY_BY_PEOPLE
    return measure.note


def _aside(aside: Counter[str]) -> tuple[str, ...]:
    said = {"needs review": "needing review", "window open": "with the window open", "probe fault": "not measured"}
    return tuple(f"{n} {said.get(reason, reason)}" for reason, n in sorted(aside.items()))


def _bears(measure: Measure, base: int) -> bool:
    """Whether a base bears more than counts. A website visit is no sample: it looks at the whole site."""
    return base >= words.COUNTS_ONLY or (measure.channel == "web" and base > 0)


def _in_words(measure: Measure, values: Sequence[float], value: float | None, aside: Counter[str]) -> str:
    if value is None and measure.id in NOT_WHILE_WAITING and aside["window open"]:
        return "not while windows are open"
    if value is None:
        return "not applicable" if set(aside) == {"not applicable"} else "not known"
    if measure.kind == "share":
        if measure.channel == "web" and len(values) == 1:
            return "Yes" if value else "No"
        return words.share(round(sum(values)), len(values))
    return say(measure.unit, value) if _bears(measure, len(values)) else "too few to average"


def _tally(measure: Measure, known: Sequence[tuple[Shop, float]], aside: Counter[str]) -> Figure:
    """How many different numbers; each is counted once however often it was called."""
    called = {shop.target for shop, _ in known}
    dead = {shop.target for shop, value in known if value}
    return Figure(
        measure=measure.id,
        channel=measure.channel,
        label=measure.label,
        criterion=measure.criterion,
        value=len(dead) if called else None,
        words=(words.number(len(dead), 0) if dead else "none") if called else "not known",
        base=len(called),
        base_words=words.count(len(called), *(measure.base or ABOUT[measure.channel][3:5])),
        aside=_aside(aside),
        shops=tuple(shop.id for shop, _ in known),
    )
