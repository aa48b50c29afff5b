"""Whose turn it is, and when a council gets round to it. Pure.

Counting working time is `results.calendar`'s; this only walks forward in it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction

from results.calendar import LONDON, Calendar


def evenly(shares: Sequence[int]) -> tuple[int, ...]:
    """One cycle of turns in which index i comes shares[i] times, mixed as evenly as whole turns allow.

    Each index's k-th turn would ideally fall at (k + ½) / share of the cycle; turns follow in that order. So [6, 3, 1]
    starts with the most frequent and never bunches.
    """
    ideal = [(Fraction(2 * k + 1, 2 * share), i) for i, share in enumerate(shares) for k in range(share)]
    return tuple(i for _, i in sorted(ideal))


def after_working_hours(calendar: Calendar, start: dt.datetime, hours: float) -> dt.datetime:
    """The moment at which `hours` of open time have passed since `start`, in UTC."""
    left = dt.timedelta(hours=hours)
    moment = calendar.next_opening(start)
    while (until_closing := _closing(calendar, moment) - moment) < left:
        left -= until_closing
        moment = calendar.next_opening(moment + until_closing)
    return moment + left


def _closing(calendar: Calendar, moment: dt.datetime) -> dt.datetime:
    day = moment.astimezone(LONDON).date()
    return dt.datetime.combine(day, calendar.closes, tzinfo=LONDON).astimezone(dt.UTC)
