"""Opening hours as they are spoken: "nine to five, Monday to Thursday, and four thirty on Fridays". Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from probes.phone.phrases import DIGITS
from results.calendar import Calendar, Weekday

_DAYS: tuple[Weekday, ...] = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOURS = {word: number for number, word in enumerate((*DIGITS[1:], "ten", "eleven", "twelve"), start=1)}
_MINUTES = {"fifteen": 15, "thirty": 30, "forty five": 45}
_HOUR = r"(?:\d{1,2}|" + "|".join(_HOURS) + ")"


def _spoken_time(n: int) -> str:
    return (
        rf"(?:(?P<part{n}>half past|quarter past|quarter to) )?(?P<hour{n}>{_HOUR})"
        rf"(?:[ .:]?(?P<minute{n}>[0-5]\d(?!\d)|(?:fifteen|thirty|forty five)\b))?"
        rf"(?: ?(?P<half{n}>a ?m|p ?m|o'?clock|in the morning|in the afternoon|in the evening)\b)?"
    )


_RANGE = re.compile(
    rf"\b(?:{_spoken_time(1)}) ?(?:to|till|until|til|and|-) ?(?:(?P<noon>noon|midday)|{_spoken_time(2)})(?!\d)\b"
)
_DAY = "(?:" + "|".join(day.lower() for day in _DAYS) + ")"
_DAY_RANGE = re.compile(rf"\b(?P<first>{_DAY})s? (?:to|till|until|through|-) (?P<last>{_DAY})s?\b")
_ONE_DAY = re.compile(rf"\b({_DAY})s?\b")
_WEEK = re.compile(r"\b(?:weekdays?|working days?|every day|daily|seven days a week|7 days a week)\b")


@dataclass(frozen=True)
class Open:
    """Open on those weekdays between those times of day."""

    days: frozenset[Weekday]
    opens: dt.time
    closes: dt.time


def opening_hours(text: str) -> tuple[Open, ...]:
    """The hours stated in lower-case words, each with the days that stand nearest to it; () when none are.

    Days without hours of their own ("and Friday") join the hours beside them. Where some hours are left with no day,
    the order was mixed and nothing is certain: () again.
    """
    ranges = [match for match in _RANGE.finditer(text) if _times(match)]
    if not ranges:
        return ()
    found: dict[int, set[Weekday]] = {at: set() for at in range(len(ranges))}
    days_first = _first_day(text) < ranges[0].start()
    for start, end, days in _day_groups(text):
        if days_first:
            later = [at for at, match in enumerate(ranges) if match.start() >= end]
            owner = later[0] if later else len(ranges) - 1
        else:
            earlier = [at for at, match in enumerate(ranges) if match.end() <= start]
            owner = earlier[-1] if earlier else 0
        found[owner] |= days
    if not all(found.values()) or _half_understood(text, ranges):
        return ()
    return tuple(
        Open(frozenset(found[at]), *times) for at, match in enumerate(ranges) if (times := _times(match)) is not None
    )


def _half_understood(text: str, ranges: list[re.Match[str]]) -> bool:
    """Whether a time stands among the hours and days that is part of no span: something there was misheard."""
    spans = [match.span() for match in ranges] + [(start, end) for start, end, _ in _day_groups(text)]
    between = list(text)
    for start, end in spans:
        between[start:end] = " " * (end - start)
    among = "".join(between[min(start for start, _ in spans) : max(end for _, end in spans)])
    return re.search(r"\d|\b[ap] ?m\b", among) is not None


def times_stated(text: str) -> bool:
    """Whether the words hold any span of hours at all, with days or without."""
    return any(_times(match) for match in _RANGE.finditer(text))


def same_hours(stated: Iterable[Open], published: Calendar) -> bool:
    """Whether the hours stated are the published ones: the same days, opening and closing alike."""
    by_day = {day: (hours.opens, hours.closes) for hours in stated for day in hours.days}
    return by_day == dict.fromkeys(published.days, (published.opens, published.closes))


def as_text(hours: Iterable[Open]) -> str:
    """For a fact: "Monday Tuesday 09:00-17:00; Friday 09:00-16:30"."""
    return "; ".join(
        f"{' '.join(day for day in _DAYS if day in one.days)} {one.opens:%H:%M}-{one.closes:%H:%M}" for one in hours
    )


def _first_day(text: str) -> int:
    return min((start for start, _, _ in _day_groups(text)), default=len(text))


def _day_groups(text: str) -> list[tuple[int, int, set[Weekday]]]:
    groups: list[tuple[int, int, set[Weekday]]] = []
    for match in _DAY_RANGE.finditer(text):
        first, last = (_index(match[name]) for name in ("first", "last"))
        groups.append((match.start(), match.end(), {_DAYS[(first + n) % 7] for n in range((last - first) % 7 + 1)}))
    taken = [(start, end) for start, end, _ in groups]
    for match in _ONE_DAY.finditer(text):
        if not any(start <= match.start() < end for start, end in taken):
            groups.append((match.start(), match.end(), {_DAYS[_index(match[1])]}))
    for match in _WEEK.finditer(text):
        week = _DAYS[:5] if "week" in match[0][:4] or "work" in match[0] else _DAYS
        groups.append((match.start(), match.end(), set(week)))
    return sorted(groups, key=lambda group: group[0])


def _index(day: str) -> int:
    return [name.lower() for name in _DAYS].index(day)


def _times(match: re.Match[str]) -> tuple[dt.time, dt.time] | None:
    opens, closes = _time(match, 1), _time(match, 2)
    if opens is None or closes is None:
        return None
    if closes <= opens and not (match["half2"] or "").startswith("a"):  # "nine to five"
        later = closes.hour + 12
        closes = closes.replace(hour=later) if later < 24 else closes
    return (opens, closes) if opens < closes else None


def _time(match: re.Match[str], n: int) -> dt.time | None:
    if n == 2 and match["noon"]:
        return dt.time(12)
    said = match[f"hour{n}"]
    hour = _HOURS.get(said) or int(said)
    said_minute = match[f"minute{n}"]
    minute = 0 if said_minute is None else _MINUTES.get(said_minute) or int(said_minute)
    half = (match[f"half{n}"] or "").replace(" ", "")
    if half in ("pm", "intheafternoon", "intheevening") and hour < 12:
        hour += 12
    if half == "am" and hour == 12:
        hour = 0
    if hour > 23:
        return None
    time = dt.datetime.combine(dt.date(2000, 1, 3), dt.time(hour, minute))
    shift = {"half past": 30, "quarter past": 15, "quarter to": -15}.get(match[f"part{n}"] or "", 0)
    return (time + dt.timedelta(minutes=shift)).time()
