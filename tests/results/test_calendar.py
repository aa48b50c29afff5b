"""Working time: office hours, bank holidays, closures, and the days on which the clocks change."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.calendar import LONDON, Calendar

HOURS = Calendar()
MOMENTS = st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2028, 1, 1), timezones=st.just(dt.UTC))


def london(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=LONDON)


def test_an_evening_and_a_weekend_are_no_working_time() -> None:
    assert HOURS.working_seconds(london("2026-11-20T16:00"), london("2026-11-23T10:00")) == 2 * 3600


def test_a_bank_holiday_of_the_nation_is_no_working_time() -> None:
    second_of_january = london("2026-01-02T09:00"), london("2026-01-02T17:00")

    assert HOURS.working_seconds(*second_of_january) == 8 * 3600
    assert Calendar(nation="Scotland").working_seconds(*second_of_january) == 0


def test_the_organisations_own_closures_count_as_closed() -> None:
    closed = Calendar(closures=(dt.date(2026, 11, 24),))

    assert closed.working_days(london("2026-11-23T09:00"), london("2026-11-25T17:00")) == 2


def test_ten_working_days_end_at_the_close_of_the_tenth_day_after_the_day_it_was_sent() -> None:
    assert HOURS.add_working_days(london("2026-11-23T10:00"), 10) == london("2026-12-07T17:00")


def test_an_enquiry_after_closing_counts_from_the_next_working_day() -> None:
    assert HOURS.add_working_days(london("2026-11-20T18:00"), 1) == london("2026-11-24T17:00")


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_the_day_the_clocks_change_has_eight_hours_like_any_other(day: str) -> None:
    every_day = Calendar(days=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"))

    assert every_day.working_seconds(london(f"{day}T00:00"), london(f"{day}T23:59")) == 8 * 3600


def test_hours_that_close_before_they_open_are_refused_with_the_remedy() -> None:
    with pytest.raises(ValueError, match="closing must be later"):
        Calendar(opens=dt.time(17), closes=dt.time(9))


@given(MOMENTS, MOMENTS, MOMENTS)
def test_working_time_adds_up_over_any_moment_between(a: dt.datetime, b: dt.datetime, c: dt.datetime) -> None:
    first, middle, last = sorted((a, b, c))
    whole = HOURS.working_seconds(first, last)

    assert whole == pytest.approx(HOURS.working_seconds(first, middle) + HOURS.working_seconds(middle, last), abs=1e-3)
    assert 0 <= whole <= (last - first).total_seconds() + 3600


@given(MOMENTS)
def test_the_next_opening_is_open_and_not_before(moment: dt.datetime) -> None:
    opening = HOURS.next_opening(moment)

    assert opening >= moment
    assert HOURS.is_open(opening)
