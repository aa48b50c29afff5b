"""Whose turn it is, and when working hours have passed."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as some

from results.calendar import LONDON, Calendar
from scenarios.practice.turns import after_working_hours, evenly

SHARES = some.lists(some.integers(1, 20), min_size=1, max_size=6)
MOMENTS = some.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 12, 31)).map(lambda t: t.replace(tzinfo=LONDON))


def test_the_most_frequent_manner_comes_first_and_the_rare_one_in_the_middle() -> None:
    assert evenly([6, 3, 1]) == (0, 1, 0, 0, 1, 2, 0, 0, 1, 0)


@given(SHARES)
def test_every_manner_has_its_share_of_a_cycle(shares: list[int]) -> None:
    assert Counter(evenly(shares)) == Counter(dict(enumerate(shares)))


@given(SHARES)
def test_no_manner_is_ever_more_than_a_turn_per_rival_from_its_share(shares: list[int]) -> None:
    cycle = evenly(shares)
    for met in range(1, len(cycle) + 1):
        for i, share in enumerate(shares):
            assert abs(cycle[:met].count(i) - share * met / len(cycle)) <= max(1, len(shares) / 2)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-23T10:00", 3, "2026-11-23T13:00"),
        ("2026-11-23T10:00", 7, "2026-11-23T17:00"),
        ("2026-11-23T10:00", 10, "2026-11-24T12:00"),
        ("2026-11-27T16:30", 1, "2026-11-30T09:30"),
        ("2026-12-24T16:00", 2, "2026-12-29T10:00"),
        ("2026-03-27T16:00", 2, "2026-03-30T10:00"),
        ("2026-11-22T03:00", 0, "2026-11-23T09:00"),
    ],
    ids=[
        "same day",
        "at closing",
        "next day",
        "over a weekend",
        "over Christmas",
        "over the change of clocks",
        "at once",
    ],
)
def test_a_reply_is_due_in_working_time(start: str, hours: float, due: str) -> None:
    def london(text: str) -> dt.datetime:
        return dt.datetime.fromisoformat(text).replace(tzinfo=LONDON)

    assert after_working_hours(Calendar(), london(start), hours) == london(due)


@given(MOMENTS, some.floats(0, 200, allow_nan=False))
def test_the_working_time_until_a_reply_is_what_was_asked_for(start: dt.datetime, hours: float) -> None:
    calendar = Calendar(opens=dt.time(8, 45), closes=dt.time(17, 15))

    due = after_working_hours(calendar, start, hours)

    assert calendar.working_seconds(start, due) == pytest.approx(hours * 3600, abs=0.01)
