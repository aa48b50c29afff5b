"""A wave's contacts laid over its days of fieldwork and their hours, and a night's over its first minutes. Pure.

The same wave always gives the same moments. Contacts out of hours are laid by `plan.out_of_hours` already, and the
visit to a website is left to the first day.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from results.calendar import LONDON, Calendar
from results.store import FrozenWave, ShopRow

_GOLDEN = 0.6180339887498949
"""Steps of this part of a day never come back to the same hour, and however many there are each hour has its share."""

_LAST_PART = 0.97  # of the office day: what falls due at closing time would wait until the next morning


def over_fieldwork(frozen: FrozenWave, rows: Sequence[ShopRow]) -> tuple[ShopRow, ...]:
    """The rows of a wave with the moments at which they fall due.

    Contacts in hours lie on the organisation's own working days, evenly from the first to the last, at hours that take
    turns; so each weekday and each hour of the day has its share of every scenario.
    """
    groups: defaultdict[tuple[str, str], list[ShopRow]] = defaultdict(list)
    for row in rows:
        groups[row.organisation, row.scenario].append(row)
    laid: dict[str, dt.datetime] = {}
    for (organisation, scenario), group in groups.items():
        calendar = frozen.organisations[organisation].hours
        days = _working_days(frozen, calendar)
        if group[0].channel == "web" or not frozen.scenarios[scenario].in_hours or not days:
            continue
        begins = _part(f"{frozen.wave.id}.{organisation}.{scenario}")
        for place, row in enumerate(group):
            day = days[(2 * place + 1) * len(days) // (2 * len(group))]
            laid[row.id] = _at(day, calendar, (begins + place * _GOLDEN) % 1 * _LAST_PART)
    return tuple(replace(row, due_at=laid[row.id]) if row.id in laid else row for row in rows)


def over_a_night(rows: Iterable[ShopRow], at: dt.datetime, jitter_minutes: int) -> tuple[ShopRow, ...]:
    """The rows of a night: each organisation's begin together, up to so many minutes after its moment."""
    return tuple(
        replace(row, due_at=at + dt.timedelta(minutes=jitter_minutes * _part(f"{row.wave}.{row.organisation}")))
        for row in rows
    )


def _working_days(frozen: FrozenWave, calendar: Calendar) -> list[dt.date]:
    wave = frozen.wave
    every = (
        wave.fieldwork_from + dt.timedelta(days=past)
        for past in range((wave.fieldwork_until - wave.fieldwork_from).days + 1)
    )
    return [day for day in every if calendar.is_working_day(day)]


def _at(day: dt.date, calendar: Calendar, part: float) -> dt.datetime:
    """The whole minute at that part of an office day."""
    opens = dt.datetime.combine(day, calendar.opens, tzinfo=LONDON).astimezone(dt.UTC)
    closes = dt.datetime.combine(day, calendar.closes, tzinfo=LONDON).astimezone(dt.UTC)
    return opens + dt.timedelta(minutes=int((closes - opens).total_seconds() * part // 60))


def _part(name: str) -> float:
    """A number from 0 up to 1, drawn from a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "big") / 2**48
