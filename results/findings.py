"""What to praise, what follows after "However", and the action plan. Pure; every text comes from the criteria.

The order is the field's: good first, then However, because a programme that looks for faults must still give a balanced
picture. How a mark came about lives in `results.scoring`; what the figures of the field are, in `results.kpis`.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from results import words
from results.benchmark import Rounded
from results.channels import contacts
from results.schema import (
    CHANNELS,
    FUTURE_ACTION,
    Channel,
    Criterion,
    Fact,
    Noun,
    Scheme,
    Shop,
    State,
    Suggestion,
)
from results.tally import Tally, tallies

MOST = 3
MOST_FOR_PARTNERSHIP = 5
MOST_PER_CHANNEL = 2
MOST_IN_CHANNEL = 10
PRAISE_FROM = 0.75
HOWEVER_BELOW = 0.9
LEAST_ANSWERS: Mapping[str, int] = {"web": 1}
"""Answers that a finding needs; three in every other channel. A website visit looks at the whole site: one will do."""


@dataclass(frozen=True, slots=True)
class Mean:
    """One organisation's marks on one criterion: their mean 0..1 over `base` answers, `full` of them with full marks.

    `unsettled`: answers that a person has still to look at, which are in none of these. `value`: what was answered,
    where there is one answer only. `shops`: the shops behind it.
    """

    criterion: str
    mean: float
    base: int
    full: int
    shops: tuple[str, ...]
    unsettled: int = 0
    value: Fact = None

    @property
    def at_worst(self) -> float:
        """The mean if every answer that needs review turned out to earn nothing. Praise must survive this."""
        return self.mean * self.base / (self.base + self.unsettled)


class Finding(Noun):
    """One sentence of praise, or one after "However", with its figure.

    `partnership`: mean of the organisations' own means, this one included; None when it stands alone, or beside counts.
    """

    criterion: str
    channel: Channel
    short: str
    text: str
    figure: str
    own: Rounded
    partnership: Rounded | None
    base: int
    caution: str
    shops: tuple[str, ...]


class Action(Noun):
    """A row of the action plan, in the columns of Derbyshire's Appendix A (2006). Managers fill in what is blank.

    Who and result are suggestions; `result` is what the action is to bring about.
    """

    criterion: str
    channel: Channel
    horizon: Literal["quick win", "longer term"]
    issue: str
    details: str
    who: str = ""
    date: str = ""
    result: str = ""
    future: str = FUTURE_ACTION
    figure: str
    shops: tuple[str, ...]


class Findings(Noun):
    """Good first, then However, then what to do."""

    praise: tuple[Finding, ...]
    however: tuple[Finding, ...]
    actions: tuple[Action, ...] = ()


Means = Mapping[str, Mean]
"""{criterion id: mean}, for one organisation."""


def means(scheme: Scheme, shops: Sequence[Shop]) -> dict[str, Mean]:
    """Mean marks on every scored criterion over the counted ones of `shops`; too few answers, none."""
    return means_of(scheme, tallies(shops, lambda _: None).get(None, {}))


def means_of(scheme: Scheme, counted: Mapping[str, Tally]) -> dict[str, Mean]:
    """The same of answers that have been counted."""
    # What is asked on every channel says nothing of any one of them.
    return {
        one.id: _mean(one.id, counted[one.id])
        for one in scheme.criteria
        if one.id in counted
        and one.weight > 0
        and one.channel != "any"
        and counted[one.id].base >= LEAST_ANSWERS.get(one.channel, 3)
    }


def partnership_means(every: Mapping[str, Means]) -> dict[str, float]:
    """{criterion id: mean of the organisations' means}; each organisation counts once. Of one alone there is none."""
    if len(every) < 2:
        return {}
    collected: dict[str, list[float]] = {}
    for own in every.values():
        for key, mean in own.items():
            collected.setdefault(key, []).append(mean.mean)
    return {key: statistics.fmean(values) for key, values in collected.items()}


def findings(scheme: Scheme, own: Means, average: Mapping[str, float]) -> Findings:
    """One organisation's findings: `own` are its means, `average` the partnership's, or nothing where it stands alone.

    Praise goes to own means of at least 0.75 (on a website, which is seen whole, of 1) that would stand even if all
    that needs review turned out badly, by weight × (own mean + what it is above the partnership's). However goes to
    own means under 0.9, by weight × (marks lost + what the own mean is below the partnership's). Three of each at most,
    two from one channel while another has something to say; no criterion is in both.
    """
    good, weak = _apart([one for one in scheme.criteria if one.id in own], own, average)
    praised = _first(good)
    named = {one.id for one in praised}
    return Findings(
        praise=tuple(_finding(one, one.praise, own[one.id], average.get(one.id)) for one in praised),
        however=tuple(
            _finding(one, one.however, own[one.id], average.get(one.id))
            for one in _first([one for one in weak if one.id not in named])
        ),
        actions=_actions(weak, lambda one: (figure(one, own[one.id]), own[one.id].shops)),
    )


def channel_findings(scheme: Scheme, channel: Channel, own: Means, average: Mapping[str, float]) -> Findings:
    """The same of one organisation in one channel, up to ten of each: the form of Derbyshire's report of 2006."""
    known = [one for one in scheme.criteria if one.id in own and one.channel == channel]
    good, weak = _apart(known, own, average)
    named = {one.id for one in good}
    return Findings(
        praise=tuple(_finding(one, one.praise, own[one.id], average.get(one.id)) for one in good[:MOST_IN_CHANNEL]),
        however=tuple(
            _finding(one, one.however, own[one.id], average.get(one.id))
            for one in [one for one in weak if one.id not in named][:MOST_IN_CHANNEL]
        ),
    )


def partnership_findings(scheme: Scheme, channel: Channel, every: Mapping[str, Means]) -> Findings:
    """The partnership's findings in one channel: what is good across its organisations first, then However.

    A criterion stands at the mean of the organisations' means; on websites, at the share of sites that meet it in full.
    What is known of one organisation alone is no finding about several.
    """
    criteria, least = [one for one in scheme.criteria if one.channel == channel], min(2, len(every))
    level = {one.id: _level(one, own) for one in criteria if len(own := _means_of(one, every)) >= least > 0}
    known = [one for one in criteria if one.id in level]
    good = sorted(
        (one for one in known if _level(one, _means_of(one, every), at_worst=True) >= PRAISE_FROM),
        key=lambda one: (-one.weight * level[one.id], one.id),
    )
    weak = sorted(
        (one for one in known if level[one.id] < PRAISE_FROM),
        key=lambda one: (-one.weight * (1 - level[one.id]), one.id),
    )
    return Findings(
        praise=tuple(_across(one, True, _means_of(one, every)) for one in good[:MOST_FOR_PARTNERSHIP]),
        however=tuple(_across(one, False, _means_of(one, every)) for one in weak[:MOST_FOR_PARTNERSHIP]),
        actions=_actions(weak[:MOST_FOR_PARTNERSHIP], lambda one: (_spread(one, False, _means_of(one, every)), ())),
    )


def figure(criterion: Criterion, mean: Mean) -> str:
    """A mean in words: '18 of 20 calls (90%)' for what is met or not, '72% of the marks over 20 calls' for degrees."""
    if criterion.channel == "web" and mean.base == 1:
        return said(criterion, mean.value, mean.mean)
    base = contacts(_channel(criterion), mean.base)
    if abs(mean.mean * mean.base - mean.full) > 0.01:  # the mean is rounded
        return f"{words.percent(mean.mean)} of the marks over {base}"
    share = f" ({words.percent(mean.full / mean.base)})" if mean.base >= words.COUNTS_ONLY else ""
    return f"{mean.full} of {base}{share}"


_CHOICES = {
    "ivr": "A menu",
    "queue_then_person": "A queue, then a person",
    "recorded_message_ends": "A recorded message",
    "number_not_in_use": "Not in use",
    "fax_or_data": "Fax or data",
}
"""Answers to a choice whose names in the scheme are no words that a reader would use."""


def said(criterion: Criterion, value: Fact, marks: float | None = None) -> str:
    """An answer as a reader would say it: 'Yes', '9.3 seconds', '75%'."""
    match criterion.answer, value:
        case _, None:
            return "—" if marks != 0 else "Not found" if criterion.channel == "web" else "Never came"
        case "yes_no", _:
            return "Yes" if value else "No"
        case "percent", bool() | int() | float():
            return words.percent(float(value) / 100)
        case "duration_s", bool() | int() | float():
            return words.seconds(float(value))
        case "elapsed_h", bool() | int() | float():
            return words.hours(float(value))
        case "working_days", bool() | int() | float():
            return words.working_days(float(value))
        case _, bool():
            return "Yes" if value else "No"
        case _, int() | float():
            return words.number(float(value), 2)
    return _CHOICES.get(str(value)) or str(value).replace("_", " ").capitalize()


# ------------------------------------------------------------------------------------------------ choosing and wording


def _mean(criterion: str, counted: Tally) -> Mean:
    return Mean(
        criterion=criterion,
        mean=round(counted.total / counted.base, 6),
        base=counted.base,
        full=counted.full,
        unsettled=counted.unsettled.get(State.NEEDS_REVIEW, 0),
        value=counted.first.value if counted.first and counted.base == 1 else None,
        shops=counted.shops,
    )


def _apart(
    known: Sequence[Criterion], own: Means, average: Mapping[str, float]
) -> tuple[list[Criterion], list[Criterion]]:
    """Those of the criteria to praise and those that fell short, the worthiest first; one may be in both."""

    def merit(criterion: Criterion) -> float:
        mean = own[criterion.id].mean
        return criterion.weight * (mean + max(0.0, mean - average.get(criterion.id, mean)))

    def loss(criterion: Criterion) -> float:
        mean = own[criterion.id].mean
        return criterion.weight * (1 - mean + max(0.0, average.get(criterion.id, mean) - mean))

    good = [one for one in known if own[one.id].at_worst >= _praise_from(one)]
    weak = [one for one in known if own[one.id].mean < HOWEVER_BELOW]
    return sorted(good, key=lambda one: (-merit(one), one.id)), sorted(weak, key=lambda one: (-loss(one), one.id))


def _first(ordered: Sequence[Criterion]) -> list[Criterion]:
    """The worthiest, at most two of one channel as long as others have something to say."""
    taken: Counter[str] = Counter()
    chosen: list[Criterion] = []
    spare: list[Criterion] = []
    for one in ordered:
        taken[one.channel] += 1
        (chosen if taken[one.channel] <= MOST_PER_CHANNEL else spare).append(one)
    places = {one.id: place for place, one in enumerate(ordered)}
    return sorted((chosen + spare)[:MOST], key=lambda one: places[one.id])


def _finding(criterion: Criterion, text: str, mean: Mean, average: float | None) -> Finding:
    return Finding(
        criterion=criterion.id,
        channel=_channel(criterion),
        short=criterion.short,
        text=text,
        figure=figure(criterion, mean),
        own=mean.mean,
        partnership=average if criterion.channel == "web" or mean.base >= words.COUNTS_ONLY else None,
        base=mean.base,
        caution="" if criterion.channel == "web" else words.caution(mean.base),
        shops=mean.shops,
    )


def _praise_from(criterion: Criterion) -> float:
    """Where praise begins. What a site gives is seen whole, and "every letter works" is not said of most letters."""
    return 1.0 if criterion.channel == "web" else PRAISE_FROM


def _means_of(criterion: Criterion, every: Mapping[str, Means]) -> list[Mean]:
    return [own[criterion.id] for own in every.values() if criterion.id in own]


def _level(criterion: Criterion, own: Sequence[Mean], *, at_worst: bool = False) -> float:
    means = [one.at_worst if at_worst else one.mean for one in own]
    if criterion.channel == "web":
        return statistics.fmean(mean == 1 for mean in means)
    return statistics.fmean(means)


def _across(criterion: Criterion, good: bool, own: Sequence[Mean]) -> Finding:
    level = _level(criterion, own)
    base = sum(one.base for one in own)
    return Finding(
        criterion=criterion.id,
        channel=_channel(criterion),
        short=criterion.short,
        text=criterion.praise if good else criterion.however,
        figure=_spread(criterion, good, own),
        own=level,
        partnership=None,
        base=base,
        caution="" if criterion.channel == "web" else words.caution(base),
        shops=tuple(shop for one in own for shop in one.shops),
    )


def _spread(criterion: Criterion, good: bool, own: Sequence[Mean]) -> str:
    organisations = words.count(len(own), "organisation")
    if criterion.channel == "web":
        full = sum(one.mean == 1 for one in own)
        return f"{full if good else len(own) - full} of {organisations}"
    low, high = words.percent(min(one.mean for one in own)), words.percent(max(one.mean for one in own))
    spread = "at each" if low == high else f"from {low} to {high}"
    return f"{words.percent(_level(criterion, own))} on average over {organisations}, {spread}"


def suggestions(criterion: Criterion) -> tuple[Suggestion, ...]:
    """The rows that a criterion suggests for the action plan: its own list, else its one action."""
    return criterion.suggested or _only(criterion.horizon, criterion.action)


@lru_cache(maxsize=1024)
def _only(horizon: Literal["quick win", "longer term"], details: str) -> tuple[Suggestion, ...]:
    return (Suggestion(horizon=horizon, details=details),)


def _actions(weak: Sequence[Criterion], told: Callable[[Criterion], tuple[str, tuple[str, ...]]]) -> tuple[Action, ...]:
    """The plan's rows, worst first. A row that several criteria suggest stands once, with the worst of them.

    `told`: a criterion's figure in words, and the shops behind it.
    """
    rows: dict[tuple[str, str, str, str], Action] = {}
    for criterion in weak:
        said, shops = told(criterion)
        for one in suggestions(criterion):
            channel, issue = one.channel or _channel(criterion), one.issue or criterion.however
            if (channel, one.horizon, issue, one.details) in rows:
                continue
            rows[channel, one.horizon, issue, one.details] = Action(
                criterion=criterion.id,
                channel=channel,
                horizon=one.horizon,
                issue=issue,
                details=one.details,
                who=one.who,
                result=one.result,
                future=one.future,
                figure=said,
                shops=shops,
            )
    return tuple(rows.values())


_CHANNELS: Mapping[str, Channel] = {channel: channel for channel in CHANNELS}


def _channel(criterion: Criterion) -> Channel:
    found = _CHANNELS.get(criterion.channel)
    if found is None:
        raise ValueError(f"{criterion.id}: {criterion.channel} is not a channel of this report")
    return found
