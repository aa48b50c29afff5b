"""Opening hours as they are spoken."""

from __future__ import annotations

import datetime as dt

import pytest

from probes.phone.opening import as_text, opening_hours, same_hours
from results.calendar import Calendar

WEEK = "Monday Tuesday Wednesday Thursday Friday"


@pytest.mark.parametrize(
    ("said", "hours"),
    [
        ("our opening hours are 9 a m to 5 p m monday to friday", f"{WEEK} 09:00-17:00"),
        ("the office is open between nine and five monday to friday", f"{WEEK} 09:00-17:00"),
        ("half past eight until five weekdays", f"{WEEK} 08:30-17:00"),
        ("monday to friday 9 until noon", f"{WEEK} 09:00-12:00"),
        (
            "monday to thursday 8 45 a m to 5 p m and friday 8 45 to 4 30 p m",
            "Monday Tuesday Wednesday Thursday 08:45-17:00; Friday 08:45-16:30",
        ),
        (
            "nine to five monday to thursday and nine to four thirty on fridays",
            "Monday Tuesday Wednesday Thursday 09:00-17:00; Friday 09:00-16:30",
        ),
        ("between 9 and 5 monday to friday and saturday 9 to 12", ""),
        (
            "monday to thursday 845 to 5pm and friday 845 to 430pm",
            "Monday Tuesday Wednesday Thursday 08:45-17:00; Friday 08:45-16:30",
        ),
        ("monday to thursday 845 p m and friday 845 to 4 30 p m", ""),
        ("nine to five", ""),
        ("press 1 to 3 for bins", ""),
        ("", ""),
    ],
)
def test_hours_are_read_with_their_days_or_not_at_all(said: str, hours: str) -> None:
    assert as_text(opening_hours(said)) == hours


def test_the_hours_stated_are_compared_with_the_published_ones() -> None:
    stated = opening_hours("9 a m to 5 p m monday to friday")
    assert same_hours(stated, Calendar())
    assert not same_hours(stated, Calendar(closes=dt.time(16, 30)))
    assert not same_hours(stated, Calendar(days=("Monday", "Tuesday", "Wednesday", "Thursday")))
