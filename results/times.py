"""Times over many contacts: a median with its interval, and the share answered by a day while some still wait. Pure.

How one shop's time is read lives in `results.measures`; shares without waiting are `results.benchmark`'s.
"""

from __future__ import annotations

import datetime as dt
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from pydantic import Field
from scipy.special import bdtrc

from results import words
from results.benchmark import Interval, Rounded, wilson
from results.calendar import Calendar
from results.schema import Noun, Shop, State, Why
from results.scoring import NO_STANDARD

DAYS = (1.0, 2.0, 5.0, 10.0)
"""Working days by which the share of e-mails replied to is told."""

_ARRIVALS = ("auto_ack", "first_response", "first_human", "interim", "final_reply")


class Times(Noun):
    """The times of some contacts, ascending, and the contacts that have none.

    Seconds to answer, or working days to the final reply. `waiting`: how long e-mails have waited whose window is open.
    """

    values: tuple[Rounded, ...]
    without: int = Field(description="calls that nobody answered, e-mails that nobody replied to")
    waiting: tuple[Rounded, ...] = Field(default=(), description="working days waited so far, while the window is open")

    @property
    def base(self) -> int:
        """Every contact: with a time, without one, and still waiting."""
        return len(self.values) + self.without + len(self.waiting)


@dataclass(frozen=True)
class Curve:
    """The share of all contacts answered by each time: `shares[i]` from `at[i]` on, nought before.

    `lows` and `highs`: 95%, pointwise; nan where there is none, as where nobody waits. Nothing is known after
    `followed`.
    """

    at: tuple[float, ...]
    shares: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    followed: float

    def by(self, time: float) -> float | None:
        """The share answered by that time, 0..1; None where no contact has been followed so long."""
        place = self._place(time)
        share = self.shares[place] if place >= 0 else 0.0
        return share if time <= self.followed or share == 1 else None

    def interval(self, time: float) -> Interval | None:
        """The 95% interval of `by`; None where that is not known, or nobody or everybody was answered by then."""
        place = self._place(time)
        if place < 0 or self.by(time) is None or math.isnan(self.lows[place]):
            return None
        return Interval(low=self.lows[place], high=self.highs[place])

    @property
    def median(self) -> float | None:
        """The time by which half of all contacts were answered; None where it did not come to that."""
        return next((at for at, share in zip(self.at, self.shares, strict=True) if share >= 0.5), None)

    def _place(self, time: float) -> int:
        return int(np.searchsorted(self.at, time, side="right")) - 1


class RepliedBy(Noun):
    """The share of all e-mails that a person replied to within so many working days."""

    days: float
    share: Rounded | None = Field(description="0..1; None where no e-mail has waited so long, or the base is under ten")
    words: str
    interval: Interval | None = None
    interval_words: str = ""


class Replies(Noun):
    """How soon e-mails are replied to. E-mails never replied to stay in the base; those still waiting count as long as
    they have waited.

    `median`: working days by which half of all were replied to, None where it has not come to that.
    """

    base: int
    base_words: str
    caution: str
    waiting: int = Field(description="e-mails without a reply whose window is open")
    by: tuple[RepliedBy, ...]
    median: Rounded | None
    median_words: str


# ------------------------------------------------------------------------------------------------ medians


def median_interval(values: Sequence[float]) -> Interval:
    """The 95% interval of a median, by the bootstrap's percentiles. Raises ValueError where there are no values.

    They need no draws: that the median of n values drawn again is at most the k-th of them has a binomial probability
    (B. Efron, The Annals of Statistics 7, 1979, section 3). Of an even number the lower of the two in the middle bounds
    it below, the upper above.
    """
    if not values:
        raise ValueError("no values have no median")
    ordered = sorted(values)
    low, high = _places(len(ordered))
    return Interval(low=ordered[low], high=ordered[high])


@lru_cache(maxsize=4096)
def _places(n: int) -> tuple[int, int]:
    """Which of n ordered values, from nought, bound the median."""
    shares = np.arange(1, n + 1) / n
    below, above = (bdtrc(middle - 1, n, shares) for middle in ((n + 1) // 2, n // 2 + 1))
    # At the last of them the probability is one, so there is always a place.
    return int(np.argmax(below >= 0.025)), int(np.argmax(above >= 0.975))


# ------------------------------------------------------------------------------------------------ waiting


def curve(times: Times) -> Curve:
    """The share answered by each time, after E. Kaplan and P. Meier (JASA 53, 1958), by scipy's `ecdf`.

    A contact that is waiting counts among those that could be answered for as long as it has waited, and says nothing
    of later. One whose window closed without an answer could be answered all along. Interval: Greenwood's, on the
    scale of log(−log). Without waiting contacts this is the plain share, which has Wilson's interval and none here.
    Raises ValueError for a base of nought.
    """
    if not times.base:
        raise ValueError("no contacts, no curve")
    if not times.waiting:
        at, ended = np.unique(times.values, return_counts=True)
        none = (math.nan,) * len(at)
        shares = np.cumsum(ended) / times.base
        followed = math.inf if times.without else max(times.values)
        return Curve(tuple(at.tolist()), tuple(shares.tolist()), none, none, followed)
    from scipy.stats import CensoredData, ecdf  # here, because it takes long to load and few reports need it

    never = max((*times.values, *times.waiting, 0.0)) + 1.0
    ends = [*times.values, *times.waiting, *[never] * times.without]
    found = ecdf(CensoredData.right_censored(ends, [place >= len(times.values) for place in range(len(ends))]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where nobody or everybody was answered there is no interval
        bounds = found.cdf.confidence_interval(method="log-log")
    return Curve(
        at=tuple(float(at) for at in found.cdf.quantiles),
        shares=tuple(float(share) for share in found.cdf.probabilities),
        lows=tuple(float(low) for low in bounds.low.probabilities),
        highs=tuple(float(high) for high in bounds.high.probabilities),
        followed=math.inf if times.without else max(times.values + times.waiting),
    )


def days_told(standard: float | None) -> tuple[float, ...]:
    """The working days by which replies are told: 1, 2, 5, 10, and where there is a standard it and a fifth beyond."""
    return tuple(sorted({*DAYS, *(() if standard is None else (standard, float(round(standard * 1.2))))}))


def together(every: Sequence[Times]) -> Times:
    """All contacts of several organisations."""
    return Times(
        values=tuple(sorted(value for one in every for value in one.values)),
        without=sum(one.without for one in every),
        waiting=tuple(sorted(value for one in every for value in one.waiting)),
    )


def replies(times: Times, days: Sequence[float] = DAYS) -> Replies | None:
    """How soon e-mails are replied to; None where there are none. Shares and median need a base of ten."""
    base = times.base
    if not base:
        return None
    bears, found = base >= words.COUNTS_ONLY, curve(times)
    return Replies(
        base=base,
        base_words=words.count(base, "e-mail"),
        caution=words.caution(base),
        waiting=len(times.waiting),
        by=tuple(_by(times, found, day, bears) for day in days),
        median=found.median if bears else None,
        median_words=_half(found.median) if bears else "too few to say",
    )


def _by(times: Times, found: Curve, day: float, bears: bool) -> RepliedBy:
    if not bears:
        return RepliedBy(days=day, share=None, words=f"{sum(value <= day for value in times.values)} of {times.base}")
    share = found.by(day)
    if share is None:
        return RepliedBy(days=day, share=None, words="not yet known")
    # Where nobody waits the shares are plain ones, and so is their interval.
    interval = found.interval(day) if times.waiting else wilson(round(share * times.base), times.base)
    bounds = (words.percent(interval.low), words.percent(interval.high)) if interval else None
    return RepliedBy(
        days=day,
        share=share,
        words=words.percent(share),
        interval=interval,
        interval_words=words.span(*bounds) if bounds else "",
    )


def _half(median: float | None) -> str:
    return "not half so far" if median is None else words.working_days(median)


# ------------------------------------------------------------------------------------------------ reading e-mails


def reply_times(shops: Sequence[Shop], calendar: Calendar, read_until: dt.datetime | None) -> Times:
    """The times to reply of one organisation's e-mails: the counted ones, and those whose window is still open.

    What needs a person's review, or was not measured, is neither a time nor a miss. `read_until`: see `last_arrival`.
    """
    values, waiting, without = [], [], 0
    for shop in shops:
        if shop.channel != "email":
            continue
        if shop.counted:
            given = next((one for one in shop.answers if one.criterion == "email.reply_time"), None)
            if given is None:
                continue
            if given.state is State.ANSWERED and isinstance(given.value, int | float):
                values.append(float(given.value))
            elif given.why == NO_STANDARD and (days := _days_to_reply(shop, calendar)) is not None:
                values.append(days)  # a time all the same
            elif given.state is State.NOT_APPLICABLE:
                without += 1
        elif shop.state == "open" and shop.made_at is not None and read_until is not None:
            if (days := _days_to_reply(shop, calendar)) is not None:
                values.append(days)
            elif _waits(shop):
                waiting.append(calendar.working_days(shop.made_at, read_until))
    return Times(values=tuple(sorted(values)), without=without, waiting=tuple(sorted(waiting)))


def last_arrival(shops: Sequence[Shop]) -> dt.datetime | None:
    """The last moment at which anything came in answer to any of these e-mails: until then they were surely read.

    Later is not known, however late it is now: a mailbox that nobody has read since holds no silence.
    """
    came = [
        moment.upper
        for shop in shops
        if shop.channel == "email" and shop.observation
        for name, moment in shop.observation.moments.items()
        if name in _ARRIVALS
    ]
    return max(came, default=None)


def _days_to_reply(shop: Shop, calendar: Calendar) -> float | None:
    """Between the midpoints of sending and of the final reply; None where there is no reply."""
    seen = shop.observation
    if seen is None or not seen.facts.get("email.replied"):
        return None
    sent, replied = seen.moments.get("sent"), seen.moments.get("final_reply")
    return calendar.working_days(sent.middle, replied.middle) if sent and replied else None


def _waits(shop: Shop) -> bool:
    """Whether nothing but time is missing: no reply, and nothing that a person has to look at."""
    seen = shop.observation
    if seen is None:
        return True
    why, _ = seen.unknown.get("email.replied", (None, ""))
    return why is Why.WINDOW_OPEN and seen.error is None
