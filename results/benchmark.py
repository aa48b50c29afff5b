"""Scores per channel, ranks with intervals, quartiles and the benchmark average. Pure.

The unit is the shop: an organisation's Access (Quality) in a channel is the mean of its counted shops' own Access
(Quality), so that a long form does not outweigh a short one. A shop with nothing possible is left out, not counted as
nought. What the figures of the field are (contactability and the like) lives in `results.kpis`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from operator import truediv
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from results import words
from results.channels import ABOUT, SAMPLED
from results.schema import CHANNELS, STAGES, Channel, Noun, Points, Scheme, Shop, Stage

if TYPE_CHECKING:
    import numpy as np

    Draws = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

BANDS = ((90, "Outstanding"), (75, "Exceeds"), (60, "Meets"), (40, "Below standard"), (0, "Poor"))
QUARTILES = {1: "1st (top) quartile", 2: "2nd quartile", 3: "3rd quartile", 4: "4th (bottom) quartile"}

_RESAMPLES = 1000
_SEED = 2006
_SAME = 9  # decimals to which two scores are compared
_Z95 = 1.959963984540054

Rounded = Annotated[float, AfterValidator(partial(round, ndigits=6))]
"""A figure kept to six decimals, so that a report is the same on every machine."""


class Interval(Noun):
    """A 95% interval."""

    low: Rounded
    high: Rounded


class StageScore(Noun):
    """Access or Quality of one organisation in one channel.

    `mean`: 0..1 over `base` shops. `points`: their points, added up. `shops`: the shops behind it.
    """

    mean: Rounded
    base: int
    points: Points
    shops: tuple[str, ...]


class Score(Noun):
    """One organisation in one channel. `score`: weighted mean of the assessed stages, 0..1 or None.

    `contacts`: counted shops. `interval`: 95%, by resampling shops; None where nothing was sampled or too little was.
    """

    organisation: str
    channel: Channel
    contacts: int
    stages: Mapping[Stage, StageScore]
    score: Rounded | None
    interval: Interval | None = None

    @property
    def reportable(self) -> bool:
        """Whether the base bears a percentage at all: ten contacts, or one visit to a website."""
        return self.score is not None and (self.channel not in SAMPLED or self.contacts >= words.COUNTS_ONLY)


class Rank(Noun):
    """A place among the organisations of a channel, by standard competition ranking (1, 2, 2, 4).

    `low`, `high`: the places that 95 of 100 repetitions of the fieldwork would lie between; None without sampling.
    """

    place: int
    tied: bool
    of: int
    quartile: int
    low: int | None = None
    high: int | None = None

    @property
    def words(self) -> str:
        """'=3rd of 11'."""
        return f"{'=' if self.tied else ''}{words.ordinal(self.place)} of {self.of}"

    @property
    def interval_words(self) -> str:
        """What sampling leaves open."""
        if self.low is None or self.high is None:
            return "no sampling"
        if self.low == self.high:
            return f"likely {words.ordinal(self.low)}"
        return f"between {words.ordinal(self.low)} and {words.ordinal(self.high)}"

    @property
    def quartile_words(self) -> str:
        return QUARTILES[self.quartile]


class Benchmark(Noun):
    """One channel of a wave. `average`: each organisation counts once; `pooled`: each contact does.

    `not_ranked` says why `ranks` is empty.
    """

    channel: Channel
    scores: Mapping[str, Score]
    ranks: Mapping[str, Rank]
    not_ranked: str
    average: Rounded | None
    pooled: Score


def benchmarks(
    scheme: Scheme, names: Mapping[str, str], shops: Sequence[Shop], channels: Sequence[Channel] = CHANNELS
) -> tuple[Benchmark, ...]:
    """Every channel in which anybody was shopped. `names`: {organisation id: name}; they are the members."""
    here: dict[Channel, list[Shop]] = {}
    for shop in shops:
        if shop.organisation in names:
            here.setdefault(shop.channel, []).append(shop)
    return tuple(_benchmark(scheme, names, here[channel], channel) for channel in channels if channel in here)


def score(scheme: Scheme, organisation: str, channel: Channel, shops: Sequence[Shop]) -> Score:
    """The score of those of `shops` that count, which are one organisation's in one channel."""
    counted = [shop for shop in shops if shop.counted]
    stages = {stage: found for stage in STAGES if (found := _stage(counted, stage))}
    return Score(
        organisation=organisation,
        channel=channel,
        contacts=len(counted),
        stages=stages,
        score=weighted({stage: found.mean for stage, found in stages.items()}, scheme.stage_weights),
    )


def weighted(means: Mapping[Stage, float], weights: Mapping[Stage, float]) -> float | None:
    """The mean of the stages that were assessed, by weight; None when none was."""
    total = sum(weights.get(stage, 0.0) for stage in means)
    return sum(mean * weights.get(stage, 0.0) for stage, mean in means.items()) / total if total else None


def ranks(scores: Mapping[str, float]) -> dict[str, Rank]:
    """Standard competition ranks, highest first; scores equal to nine decimals share a place."""
    rounded = {organisation: round(value, _SAME) for organisation, value in scores.items()}
    n = len(rounded)
    sharing = Counter(rounded.values())
    places, above = {}, 0
    for value in sorted(sharing, reverse=True):
        places[value] = 1 + above
        above += sharing[value]
    return {
        organisation: Rank(place=places[own], tied=sharing[own] > 1, of=n, quartile=quartile(places[own], n))
        for organisation, own in rounded.items()
    }


def quartile(place: int, of: int) -> int:
    """ceil(4 × place / of): 9th of 11 is in the 4th (bottom) quartile, 6th in the 3rd, 5th in the 2nd."""
    return math.ceil(4 * place / of)


def band(share: float) -> str:
    """The band of a score, by the whole per cent that is shown."""
    shown = words.whole_percent(share)
    return next(name for least, name in BANDS if shown >= least)


@lru_cache(maxsize=4096)
def wilson(part: int, base: int) -> Interval:
    """Wilson's 95% interval for a share `part` of `base`. Raises ValueError unless 0 <= part <= base and base > 0."""
    if not 0 <= part <= base or base == 0:
        raise ValueError(f"{part} of {base} is not a share")
    p, z2 = part / base, _Z95**2
    centre = (p + z2 / (2 * base)) / (1 + z2 / base)
    half = _Z95 / (1 + z2 / base) * math.sqrt(p * (1 - p) / base + z2 / (4 * base * base))
    return Interval(
        low=0 if part == 0 else max(0.0, centre - half), high=1 if part == base else min(1.0, centre + half)
    )


# ------------------------------------------------------------------------------------------------ one channel


def _benchmark(scheme: Scheme, names: Mapping[str, str], shops: Sequence[Shop], channel: Channel) -> Benchmark:
    members: dict[str, list[Shop]] = {organisation: [] for organisation in sorted(names)}
    for shop in shops:
        members[shop.organisation].append(shop)
    members = {organisation: own for organisation, own in members.items() if own}
    scores = {organisation: score(scheme, organisation, channel, own) for organisation, own in members.items()}
    not_ranked = _why_not_ranked(channel, names, scores)
    found: dict[str, Rank] = {}
    if not not_ranked:
        found = ranks({organisation: one.score for organisation, one in scores.items() if one.score is not None})
    if channel in SAMPLED:
        scores, found = _with_intervals(scheme, members, scores, found)
    values = [one.score for one in scores.values() if one.score is not None and one.reportable]
    return Benchmark(
        channel=channel,
        scores=scores,
        ranks=found,
        not_ranked=not_ranked,
        average=sum(values) / len(values) if values else None,
        pooled=score(scheme, "", channel, shops),
    )


def _stage(counted: Sequence[Shop], stage: Stage) -> StageScore | None:
    scored = [
        (shop.id, points.earned, points.possible)
        for shop, points in zip(counted, points_of(counted, stage), strict=True)
        if points.possible
    ]
    if not scored:
        return None
    ids, earned, possible = zip(*scored, strict=True)
    return StageScore(
        mean=sum(map(truediv, earned, possible)) / len(scored),
        base=len(scored),
        points=Points(earned=sum(earned), possible=sum(possible)),
        shops=ids,
    )


def points_of(shops: Sequence[Shop], stage: Stage) -> list[Points]:
    """The shops' points in one stage."""
    return [shop.access for shop in shops] if stage == "access" else [shop.quality for shop in shops]


def _why_not_ranked(channel: Channel, names: Mapping[str, str], scores: Mapping[str, Score]) -> str:
    if len(scores) < 2:
        return "not ranked: only one organisation was shopped"
    least = ABOUT[channel].least
    if short := [names[key] for key, one in scores.items() if one.contacts < least]:
        need = words.count(least, "counted contact")
        return f"not ranked: every member needs {need}, and {words.listed(short)} {_has(short)} fewer"
    if unscored := [names[key] for key, one in scores.items() if one.score is None]:
        return f"not ranked: nothing could be scored for {words.listed(unscored)}"
    return ""


def _has(several: Sequence[str]) -> str:
    return "has" if len(several) == 1 else "have"


# ------------------------------------------------------------------------------------------------ intervals


def _with_intervals(
    scheme: Scheme, members: Mapping[str, Sequence[Shop]], scores: Mapping[str, Score], found: Mapping[str, Rank]
) -> tuple[dict[str, Score], dict[str, Rank]]:
    """Intervals by resampling each organisation's shops with replacement, as if the fieldwork were repeated."""
    import numpy as np  # here, because it takes long to load

    random = np.random.default_rng(_SEED)
    able = [organisation for organisation, one in scores.items() if one.reportable]
    draws = {key: resampled(scheme, [shop for shop in members[key] if shop.counted], random) for key in able}
    with_scores = dict(scores)
    if able:
        lows, highs = np.quantile(np.stack([*draws.values()]), [0.025, 0.975], axis=1).tolist()
        for key, low, high in zip(able, lows, highs, strict=True):
            with_scores[key] = scores[key].model_copy(update={"interval": Interval(low=low, high=high)})
    if not found:
        return with_scores, {}
    every = np.round(np.stack([draws[key] for key in found]), _SAME)
    not_above = np.stack([np.searchsorted(np.sort(draw), draw, side="right") for draw in every.T], axis=1)
    places = 1 + len(every) - not_above
    bounds = np.quantile(places, [0.025, 0.975], axis=1, method="closest_observation").tolist()
    with_ranks = {
        key: rank.model_copy(update={"low": min(int(low), rank.place), "high": max(int(high), rank.place)})
        for (key, rank), low, high in zip(found.items(), *bounds, strict=True)
    }
    return with_scores, with_ranks


def resampled(scheme: Scheme, counted: Sequence[Shop], random: np.random.Generator) -> Draws:
    """The channel score of each of a thousand resamples of the shops, by the same rule as `score`."""
    import numpy as np  # here, because it takes long to load

    picks = random.integers(0, len(counted), size=(_RESAMPLES, len(counted)))
    total = np.zeros(_RESAMPLES)
    weights = np.zeros(_RESAMPLES)
    for stage in STAGES:
        shares = [points.share for points in points_of(counted, stage)]
        known = np.array([share is not None for share in shares], dtype=np.float64)
        values = np.array([share or 0.0 for share in shares])[picks]
        base = np.full(_RESAMPLES, len(counted)) if known.all() else known[picks].sum(axis=1)
        weight = np.where(base > 0, scheme.stage_weights.get(stage, 0.0), 0.0)
        total += weight * values.sum(axis=1) / np.maximum(base, 1)
        weights += weight
    return np.asarray(total / np.where(weights > 0, weights, 1.0))
