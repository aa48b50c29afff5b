"""How many contacts show a change, and what change so many show. Pure; what a plan holds is in `results.plans`.

Both waves make as many contacts with the organisation. Shares are planned by the formula with continuity correction,
which comes close to the power of Fisher's exact test and so to that of the tests in `results.change`; times and scores
by Noether's for Mann and Whitney's test, which is the one they are told by.

Sources: J. Casagrande, M. Pike and P. Smith, Biometrics 34 (1978); J. Fleiss, A. Tytun and H. Ury, Biometrics 36
(1980), as tabulated in J. Fleiss, B. Levin and M. Paik, Statistical Methods for Rates and Proportions (2003), table
A.4; G. Noether, Journal of the American Statistical Association 82 (1987).
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

from results import words
from results.channels import ABOUT, contacts
from results.schema import Channel

_NORMAL = NormalDist()

ALPHA = 0.05
"""The chance of calling a change clear where there is none: that of `results.change`, for one figure alone."""

USUAL, HIGH = 0.8, 0.9
"""The powers that plans are made for: a change is seen four times in five, or nine times in ten."""

QUEUE_SPREAD = math.log(math.log(4) / math.log(4 / 3)) / (2 * _NORMAL.inv_cdf(0.75))
"""Standard deviation of log times whose upper quartile is 4.8 times the lower, as of waits that end at random."""

SCORE_SPREAD = 0.18
"""Standard deviation of contacts' scores 0..1 with one organisation. Ours, to be replaced by one's own."""

_TOLERANCE = 1e-9


# ------------------------------------------------------------------------------------------------ shares


def power_of_shares(before: float, now: float, each: float, alpha: float = ALPHA) -> float:
    """The chance 0..1 that a change of a share (0..1) shows between two waves of `each` contacts.

    Raises ValueError where a share is none.
    """
    _are_shares(before, now)
    change = abs(now - before)
    if change < _TOLERANCE or each * change <= 1:
        return 0.0
    uncorrected = each * (1 - 1 / (each * change)) ** 2
    middle = (before + now) / 2
    left = change * math.sqrt(uncorrected) - _z(alpha) * math.sqrt(2 * middle * (1 - middle))
    spread = math.sqrt(before * (1 - before) + now * (1 - now))
    if spread < _TOLERANCE:  # from nobody to everybody: there is no chance in it
        return float(left > 0)
    return _NORMAL.cdf(left / spread)


def contacts_for_shares(before: float, now: float, power: float = USUAL, alpha: float = ALPHA) -> int:
    """How many contacts each of two waves needs. Raises ValueError where nothing changes or a share is none."""
    _are_shares(before, now)
    change = abs(now - before)
    if change < _TOLERANCE:
        raise ValueError("before and now are the same, so there is no change to see")
    middle = (before + now) / 2
    chance = _z(alpha) * math.sqrt(2 * middle * (1 - middle))
    spread = math.sqrt(before * (1 - before) + now * (1 - now))
    uncorrected = max(0.0, chance + _NORMAL.inv_cdf(power) * spread) ** 2 / change**2
    return math.ceil((math.sqrt(uncorrected) + math.sqrt(uncorrected + 4 / change)) ** 2 / 4 - _TOLERANCE)


@lru_cache(maxsize=4096)  # a wave asks the same of all its organisations
def share_seen(
    before: float, each: int, power: float = USUAL, *, rise: bool = True, alpha: float = ALPHA
) -> float | None:
    """The nearest share, above or below, that a wave of `each` contacts would show to differ; None where none would."""
    end = 1.0 if rise else 0.0
    _are_shares(before, end)
    if power_of_shares(before, end, each, alpha) < power:
        return None
    unseen, seen = before, end
    while abs(seen - unseen) > _TOLERANCE:
        middle = (unseen + seen) / 2
        if power_of_shares(before, middle, each, alpha) < power:
            unseen = middle
        else:
            seen = middle
    return seen


# ------------------------------------------------------------------------------------------------ times and scores


def power_of_ranks(chance: float, each: float, alpha: float = ALPHA) -> float:
    """The power of Mann and Whitney's test between two waves of `each` contacts.

    `chance`: that a contact of one wave is the better of two, one from each; 0.5 where nothing has changed.
    """
    if abs(chance - 0.5) < _TOLERANCE:
        return 0.0
    return _NORMAL.cdf(math.sqrt(6 * each) * abs(chance - 0.5) - _z(alpha))


def contacts_for_ranks(chance: float, power: float = USUAL, alpha: float = ALPHA) -> int:
    """How many contacts each of two waves needs; `chance` as for `power_of_ranks`. ValueError where it is 0.5."""
    if abs(chance - 0.5) < _TOLERANCE:
        raise ValueError("before and now are the same, so there is no change to see")
    return math.ceil((_z(alpha) + _NORMAL.inv_cdf(power)) ** 2 / (6 * (chance - 0.5) ** 2) - _TOLERANCE)


def chance_seen(each: int, power: float = USUAL, alpha: float = ALPHA) -> float | None:
    """The smallest `chance` above 0.5 that shows between two waves of `each` contacts; None where none would."""
    found = 0.5 + (_z(alpha) + _NORMAL.inv_cdf(power)) / math.sqrt(6 * each)
    return found if found < 1 else None


def chance_of_times(before: float, now: float, spread: float = QUEUE_SPREAD) -> float:
    """How often a time of the faster wave beats one of the other, from the medians. Times are held to be log-normal.

    `spread`: the standard deviation of their logarithms; `spread_of_times` has it from two quartiles.
    """
    if min(before, now, spread) <= 0:
        raise ValueError("times and their spread are more than nought")
    return _NORMAL.cdf(abs(math.log(now / before)) / (spread * math.sqrt(2)))


def spread_of_times(lower: float, upper: float) -> float:
    """The spread for `chance_of_times` from the quartiles: a quarter of the times are shorter, a quarter longer."""
    if not 0 < lower < upper:
        raise ValueError("the lower quartile is more than nought and less than the upper")
    return math.log(upper / lower) / (2 * _NORMAL.inv_cdf(0.75))


def time_seen(before: float, each: int, power: float = USUAL, spread: float = QUEUE_SPREAD) -> float | None:
    """The longest median below `before` that shows as faster; None where none would."""
    chance = chance_seen(each, power)
    return None if chance is None else before * math.exp(-spread * math.sqrt(2) * _NORMAL.inv_cdf(chance))


def chance_of_scores(change: float, spread: float = SCORE_SPREAD) -> float:
    """How often a contact of the better wave scores above one of the other; `change` and `spread` in the same unit."""
    if spread <= 0:
        raise ValueError("the spread of scores is more than nought")
    return _NORMAL.cdf(abs(change) / (spread * math.sqrt(2)))


def score_seen(each: int, power: float = USUAL, spread: float = SCORE_SPREAD) -> float | None:
    """The smallest change of the mean score that shows, in the unit of `spread`; None where none would."""
    chance = chance_seen(each, power)
    return None if chance is None else spread * math.sqrt(2) * _NORMAL.inv_cdf(chance)


# ------------------------------------------------------------------------------------------------ in plain words


def how_often(power: float) -> str:
    """A power as people say it."""
    spoken = (
        (0.975, "nearly always"),
        (0.85, "nine times in ten"),
        (0.75, "four times in five"),
        (0.6, "two times in three"),
        (0.4, "every other time"),
        (0.2, "one time in four"),
        (0.1, "one time in ten"),
    )
    return next((said for least, said in spoken if power >= least - _TOLERANCE), "hardly ever")


def shares_in_words(channel: Channel, each: int, before: float) -> str:
    """What `each` contacts with an organisation show of a share that was `before`, and what they do not."""
    if not ABOUT[channel].sampled:
        return "A visit looks at the whole website and is no sample: every difference is one."
    made, was = contacts(channel, each), words.whole_percent(before)
    opening = f"With {made} to each organisation in both waves,"
    up, down = (share_seen(before, each, rise=rise) for rise in (True, False))
    risen = None if up is None else math.ceil(up * 100 - 1e-6)
    fallen = None if down is None else math.floor(down * 100 + 1e-6)
    if risen is None and fallen is None:
        return f"{opening} no change from {was} in a hundred would be seen four times in five."
    if risen is None:
        best = _only(power_of_shares(before, 1.0, each)) if before < 1 else ""
        rise = f"; even a rise to 100 would be seen {best}" if best else ""
        return f"{opening} a fall from {was} in a hundred to {fallen} would be seen four times in five{rise}."
    likewise = f", and so would a fall to {fallen}" if fallen is not None else ""
    half = round((was + risen) / 2)
    chance = power_of_shares(before, half / 100, each)
    smaller = "would mostly be missed" if chance < 0.5 else _only(chance)
    return (
        f"{opening} a rise from {was} to {risen} in a hundred would be seen four times in five{likewise}; "
        f"a rise to {half} {smaller}."
    )


def _only(power: float) -> str:
    said = how_often(power)
    if said == how_often(USUAL):
        return f"not quite {said}"
    return said if said.startswith("hardly") else f"only {said}"


def standing_in_words(channel: Channel, each: int) -> str:
    """What a base of so many allows in the report: whether figures are percentages, and whether there are places."""
    about = ABOUT[channel]
    if not each:
        return "nothing"
    if not about.sampled:
        return "ranked on its criteria"
    caution = words.caution(each)
    ranked = "ranked" if each >= about.least else f"not ranked: that needs {about.least}"
    return f"{caution}; {ranked}" if caution else ranked


def _z(alpha: float) -> float:
    return _NORMAL.inv_cdf(1 - alpha / 2)


def _are_shares(*shares: float) -> None:
    if not all(0 <= share <= 1 for share in shares):
        raise ValueError("a share lies between nought and a hundred in a hundred")
