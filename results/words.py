"""Plain British words for numbers, dates and bases. Pure. What a figure means is said where it is computed."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

from results.calendar import LONDON

COUNTS_ONLY = 10
VERY_SMALL = 30
SMALL = 50


def percent(share: float) -> str:
    """A share 0..1 as whole per cent; 100% and 0% are kept for all and none."""
    if 0 < share < 0.005:
        return "under 1%"
    if 0.995 <= share < 1:
        return "over 99%"
    return f"{whole_percent(share)}%"


def whole_percent(share: float) -> int:
    """A share 0..1 in whole per cent, halves up."""
    return math.floor(share * 100 + 0.5 + 1e-9)


def number(value: float, places: int = 1) -> str:
    """A number with at most `places` decimals, without idle noughts: 9.6, 12."""
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def count(n: int, one: str, many: str | None = None) -> str:
    """'1 call', '20 calls'."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def seconds(value: float) -> str:
    """Seconds to one decimal; from a minute and a half on in minutes and seconds."""
    if value < 90:
        return f"{(said := number(value))} second{'' if said == '1' else 's'}"
    minutes, rest = divmod(round(value), 60)
    return count(minutes, "minute") + (f" {count(rest, 'second')}" if rest else "")


def hours(value: float) -> str:
    """Hours to one decimal; under an hour in whole minutes."""
    if value < 1:
        return count(round(value * 60), "minute")
    return f"{number(value)} hour{'' if number(value) == '1' else 's'}"


def working_days(value: float) -> str:
    """Working days to one decimal."""
    if 0 < value < 0.05:
        return "under 0.1 working days"
    return f"{number(value)} working day{'' if number(value) == '1' else 's'}"


def span(low: str, high: str) -> str:
    """From one value in words to another, with the unit said once: '8.2 to 10.1 seconds', '71% to 92%'."""
    first, _, unit = low.partition(" ")
    _, _, other = high.partition(" ")
    return f"{first if unit.rstrip('s') == other.rstrip('s') else low} to {high}"


def ordinal(n: int) -> str:
    """1st, 2nd, 3rd, 11th."""
    if n % 100 in (11, 12, 13):
        return f"{n}th"
    return f"{n}{({1: 'st', 2: 'nd', 3: 'rd'}).get(n % 10, 'th')}"


def listed(items: Sequence[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def day(date: dt.date) -> str:
    """21 November 2026."""
    return f"{date.day} {date:%B %Y}"


def days(first: dt.date, last: dt.date) -> str:
    """'2 to 27 November 2026', with as much of the first date as the second does not say."""
    if first == last:
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day(last)}"
    if first.year == last.year:
        return f"{first.day} {first:%B} to {day(last)}"
    return f"{day(first)} to {day(last)}"


def moment(at: dt.datetime) -> str:
    """21/11/2026 14:03, in London's time."""
    return f"{at.astimezone(LONDON):%d/%m/%Y %H:%M}"


def caution(base: int) -> str:
    """What a reader must know about a base. The trade's habit is a warning below 30; the cuts at 10 and 50 are ours."""
    if base < COUNTS_ONLY:
        return "counts only"
    if base < VERY_SMALL:
        return "very small base, indicative"
    return "small base" if base < SMALL else ""


def share(part: int, base: int) -> str:
    """A share in words: counts alone on a base under 10, otherwise per cent."""
    if base == 0:
        return "not known"
    return f"{part} of {base}" if base < COUNTS_ONLY else percent(part / base)
