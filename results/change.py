"""What has changed since an earlier wave, and whether chance alone would explain it. Pure.

Only what was asked alike in both waves is compared: the same question, the same standard, the same scenarios. Wording
and guidance may change; what decides marks may not. A score is compared on the questions that both waves score alike.
Whether a change is more than chance is said after Holm's correction over all that is said of one organisation in one
channel.

Sources: R. Newcombe, Statistics in Medicine 17 (1998), method 10, for the interval of a difference of two shares;
A. Agresti and B. Caffo, The American Statistician 54 (2000), for its test, and Fisher's exact test where a cell is
under five; Mann and Whitney's U for times and scores; S. Holm, Scandinavian Journal of Statistics 6 (1979).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from results import words
from results.benchmark import Interval, Rounded, resampled, score, wilson
from results.kpis import say
from results.measures import MEASURES, Measure
from results.schema import Channel, Noun, Scenario, Scheme, Shop
from results.scheme import marked_alike
from results.scoring import points, standards

Verdict = Literal["better", "worse", "no clear change", "not compared"]

LEVEL = 0.05
"""Chance of calling any change clear in one organisation's figures of a channel when nothing has changed."""

SCORE = "score"
"""The measure of the channel's score, beside those of `results.measures`."""

_TOO_FEW = f"fewer than {words.COUNTS_ONLY} contacts bear it in one of the waves"
_SMALL_CELL = 5
_RESAMPLES = 2000
_SEED = 2006
_LESS_IS_BETTER = ("seconds", "working days", "place")


@dataclass(frozen=True)
class Earlier:
    """The wave that is compared with: its title, its frozen scheme and its shops.

    `unlike`: channels whose scenarios were not the same then, so that their figures are not compared.
    """

    title: str
    scheme: Scheme
    shops: Sequence[Shop]
    unlike: frozenset[Channel] = frozenset()


class Change(Noun):
    """One figure beside that of an earlier wave. Differences are now minus before, in the figure's own unit."""

    measure: str
    channel: Channel
    before: Rounded | None = Field(description="the earlier value; None where it is not compared")
    before_words: str
    before_base: int
    difference: Rounded | None = None
    interval: Interval | None = None
    p: Rounded | None = Field(default=None, description="before Holm's correction; None where nothing was sampled")
    verdict: Verdict
    why: str = Field(default="", description="why it is not compared, or on which part it is")

    @property
    def said(self) -> str:
        """The verdict in words. What was looked at whole and not sampled needs no "clearly"."""
        if self.p is None and self.verdict == "no clear change":
            return "the same"
        return f"clearly {self.verdict}" if self.p is not None and self.clear else self.verdict

    @property
    def clear(self) -> bool:
        """Whether it is better or worse, by more than chance."""
        return self.verdict in ("better", "worse")


def changes(
    scheme: Scheme, organisation: str, channel: Channel, shops: Sequence[Shop], earlier: Earlier
) -> tuple[Change, ...]:
    """The score and every figure of one organisation in one channel that both waves have. `shops`: this wave's.

    Shares are tested as shares, times by their ranks; a website is looked at whole, so there a difference is one.
    """
    before, now = (
        [shop for shop in every if shop.organisation == organisation and shop.channel == channel and shop.counted]
        for every in (earlier.shops, shops)
    )
    if not before or not now:
        return ()
    differ = "the scenarios are not the same" if channel in earlier.unlike else ""
    found = [
        _score(scheme, earlier.scheme, channel, now, before, differ),
        *(
            _change(measure, now, before, differ or _asked_otherwise(measure, scheme, earlier.scheme))
            for measure in MEASURES
            if measure.channel == channel and measure.kind != "tally" and not _doubled(measure)
        ),
    ]
    return _corrected([one for one in found if one is not None])


def same_scenarios(now: Mapping[str, Scenario], before: Mapping[str, Scenario], channel: Channel) -> bool:
    """Whether the same was asked in the same way. How many contacts were made is no difference."""

    def asked(scenarios: Mapping[str, Scenario]) -> list[str]:
        own = [one for one in scenarios.values() if one.channel == channel]
        return sorted(one.model_dump_json(exclude={"id", "contacts"}) for one in own)

    return asked(now) == asked(before)


def newcombe(part: int, base: int, part_before: int, base_before: int) -> Interval:
    """The 95% interval of the difference of two shares, now minus before. Raises ValueError as `wilson` does."""
    now, before = part / base, part_before / base_before
    own, other = wilson(part, base), wilson(part_before, base_before)
    return Interval(
        low=now - before - math.hypot(now - own.low, other.high - before),
        high=now - before + math.hypot(own.high - now, before - other.low),
    )


def chance_of_shares(part: int, base: int, part_before: int, base_before: int) -> float:
    """The probability of so large a difference by chance: Fisher's where a cell is small, else Agresti and Caffo's."""
    from scipy.stats import fisher_exact, norm  # here, as below, because it takes long to load

    cells = [[part, base - part], [part_before, base_before - part_before]]
    if min(min(row) for row in cells) < _SMALL_CELL:
        return float(fisher_exact(cells).pvalue)
    now, before = (part + 1) / (base + 2), (part_before + 1) / (base_before + 2)
    error = math.sqrt(now * (1 - now) / (base + 2) + before * (1 - before) / (base_before + 2))
    return float(2 * norm.sf(abs(now - before) / error))


def holm(chances: Sequence[float]) -> list[float]:
    """The same probabilities, corrected for there being so many of them."""
    order = sorted(range(len(chances)), key=lambda place: chances[place])
    corrected, largest = [0.0] * len(chances), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(chances) - rank) * chances[place]))
        corrected[place] = largest
    return corrected


# ------------------------------------------------------------------------------------------------ one figure


def _doubled(measure: Measure) -> bool:
    """A mean whose median is there too: one test of the same times is enough."""
    return measure.kind == "mean" and measure.unit in ("seconds", "working days")


def _asked_otherwise(measure: Measure, now: Scheme, before: Scheme) -> str:
    own, other = (
        next((one for one in scheme.criteria if one.id == measure.criterion), None) for scheme in (now, before)
    )
    if own is None or other is None:
        return "one of the waves did not ask it"
    if not marked_alike(own, other):
        return "the question or its marking has changed"
    if standards(own, now) != standards(other, before):
        return "the standard has changed"
    return ""


def _scored_alike(channel: Channel, now: Scheme, before: Scheme) -> frozenset[str]:
    """The channel's questions that earn the same points for the same in both waves."""
    if now.stage_weights != before.stage_weights:
        return frozenset()
    then = {one.id: one for one in before.criteria if one.channel == channel}
    return frozenset(
        one.id
        for one in now.criteria
        if (other := then.get(one.id)) is not None
        and marked_alike(one, other)
        and (one.weight, one.stage) == (other.weight, other.stage)
        and standards(one, now) == standards(other, before)
    )


def _narrowed(scheme: Scheme, shops: Sequence[Shop], questions: frozenset[str]) -> list[Shop]:
    """The shops with the points that they earn on these questions alone."""
    kept = [(shop, tuple(one for one in shop.answers if one.criterion in questions)) for shop in shops]
    return [
        shop.model_copy(
            update={"access": points(answers, scheme, "access"), "quality": points(answers, scheme, "quality")}
        )
        for shop, answers in kept
    ]


def _score(
    scheme: Scheme, was: Scheme, channel: Channel, now: Sequence[Shop], before: Sequence[Shop], differ: str
) -> Change | None:
    """The score now and before, over the questions alone that both waves score alike."""
    asked = {given.criterion for shop in (*now, *before) for given in shop.answers if given.marks is not None} & {
        one.id for each in (scheme, was) for one in each.criteria if one.weight
    }
    alike, on = asked & _scored_alike(channel, scheme, was), ""
    if not alike:
        differ = differ or "it was not scored by the same questions and standards"
    elif alike != asked:
        now, before = _narrowed(scheme, now, frozenset(alike)), _narrowed(was, before, frozenset(alike))
        on = f"on the {len(alike)} of {len(asked)} questions that both waves score alike"
    own, other = (score(scheme, "", channel, shops) for shops in (now, before))
    if own.score is None or other.score is None:
        return None
    if not differ and not (own.reportable and other.reportable):
        differ = _TOO_FEW
    if differ:
        return _not_compared(SCORE, channel, len(before), differ)
    interval, p = None, None
    if channel != "web":
        # Each side is drawn by itself, so that neither's chance is the other's.
        mine, theirs = (
            resampled(scheme, shops, np.random.default_rng(seed)) for seed, shops in enumerate((now, before), _SEED)
        )
        low, high = np.quantile(mine - theirs, [0.025, 0.975])
        interval, p = Interval(low=float(low), high=float(high)), _chance_of_ranks(_shares(now), _shares(before))
    difference = own.score - other.score
    return Change(
        measure=SCORE,
        channel=channel,
        before=other.score,
        before_words=words.percent(other.score),
        before_base=other.contacts,
        difference=difference,
        interval=interval,
        p=p,
        verdict="no clear change" if round(difference, 9) == 0 else "better" if difference > 0 else "worse",
        why=on,
    )


def _shares(shops: Sequence[Shop]) -> list[float]:
    """Each contact's points of those possible, Access and Quality together."""
    return [share for shop in shops if (share := (shop.access + shop.quality).share) is not None]


def _not_compared(measure: str, channel: Channel, base: int, why: str) -> Change:
    none: Verdict = "not compared"
    return Change(
        measure=measure, channel=channel, before=None, before_words="", before_base=base, verdict=none, why=why
    )


def _chance_of_ranks(now: Sequence[float], before: Sequence[float]) -> float:
    from scipy.stats import mannwhitneyu

    p = float(mannwhitneyu(now, before).pvalue)
    return 1.0 if math.isnan(p) else p  # all values are the same


def _change(measure: Measure, now: Sequence[Shop], before: Sequence[Shop], differ: str) -> Change | None:
    values, earlier = _values(measure, now), _values(measure, before)
    if not values or not earlier:
        return None
    why = differ
    if not why and measure.channel != "web" and min(len(values), len(earlier)) < words.COUNTS_ONLY:
        why = _TOO_FEW
    if why:
        return _not_compared(measure.id, measure.channel, len(earlier), why)
    middle = statistics.median if measure.kind == "median" else statistics.fmean
    was = middle(earlier)
    difference = middle(values) - was
    interval, p = _by_chance(measure, values, earlier)
    return Change(
        measure=measure.id,
        channel=measure.channel,
        before=was,
        before_words=_said(measure, was, len(earlier)),
        before_base=len(earlier),
        difference=difference,
        interval=interval,
        p=p,
        verdict=_verdict(measure, difference),
    )


def _values(measure: Measure, shops: Sequence[Shop]) -> list[float]:
    return [reading.value for shop in shops if (reading := measure.read(shop)).value is not None]


def _by_chance(measure: Measure, now: list[float], before: list[float]) -> tuple[Interval | None, float | None]:
    if measure.channel == "web":
        return None, None
    if measure.kind == "share":
        counts = (round(sum(now)), len(now), round(sum(before)), len(before))
        return newcombe(*counts), chance_of_shares(*counts)
    random = np.random.default_rng(_SEED)
    draws = _medians(random, now) - _medians(random, before)
    low, high = np.quantile(draws, [0.025, 0.975])
    return Interval(low=float(low), high=float(high)), _chance_of_ranks(now, before)


def _medians(random: np.random.Generator, values: list[float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(np.median(random.choice(values, size=(_RESAMPLES, len(values))), axis=1))


def _said(measure: Measure, value: float, base: int) -> str:
    if measure.channel == "web" and measure.kind == "share" and base == 1:
        return "Yes" if value else "No"
    return say(measure.unit, value)


def _verdict(measure: Measure, difference: float) -> Verdict:
    if round(difference, 9) == 0:
        return "no clear change"
    return "better" if (difference < 0) == (measure.unit in _LESS_IS_BETTER) else "worse"


def _corrected(found: Sequence[Change]) -> tuple[Change, ...]:
    tested = [one for one in found if one.p is not None]
    clear = {
        one.measure: p < LEVEL
        for one, p in zip(tested, holm([one.p for one in tested if one.p is not None]), strict=True)
    }
    return tuple(
        one if clear.get(one.measure, True) else one.model_copy(update={"verdict": "no clear change"}) for one in found
    )
