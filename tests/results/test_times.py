"""Medians with intervals, and how soon e-mails are replied to while windows are open."""

from __future__ import annotations

import datetime as dt
import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap

from results.kpis import Figure, figures
from results.report import WaveReport, assemble
from results.report.html import render
from results.schema import Failure, Moment, Observation, Shop, Why
from results.times import Times, curve, last_arrival, median_interval, replies, reply_times
from tests.results.partnership import CALENDAR, START, Fieldwork, fieldwork, shop, small_scheme

# Remission of leukaemia under 6-mercaptopurine, in weeks: E. Freireich and others, Blood 21 (1963), as worked by
# D. Collett, Modelling Survival Data in Medical Research, and many since. 12 of the 21 were still in remission.
FREIREICH = Times(
    values=(6, 6, 6, 7, 10, 13, 16, 22, 23), without=0, waiting=(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
)
VALUES = st.lists(st.floats(0, 60), min_size=1, max_size=40)
TIMES = st.builds(
    Times,
    values=st.lists(st.floats(0, 20), max_size=20).map(lambda own: tuple(sorted(own))),
    without=st.integers(0, 10),
    waiting=st.lists(st.floats(0, 20), max_size=20).map(lambda own: tuple(sorted(own))),
).filter(lambda times: times.base > 0)


# ------------------------------------------------------------------------------------------------ medians


def test_the_median_of_thirteen_has_the_interval_that_follows_from_efrons_table() -> None:
    # B. Efron (1979), section 3: for 13 values the median drawn again is 3 places or more below its own in
    # .0015 + .0142 + .0550 of all draws, and 4 places or more below in .0015 + .0142, which is under one in forty.
    found = median_interval(range(1, 14))

    assert (found.low, found.high) == (4, 10)


@pytest.mark.parametrize("n", [10, 21, 34])
def test_the_interval_is_that_of_a_bootstrap_with_many_draws(n: int) -> None:
    values = np.random.default_rng(n).exponential(10, size=n)

    drawn = bootstrap((values,), np.median, method="percentile", n_resamples=20_000, rng=np.random.default_rng(1))
    found = median_interval(values.tolist())

    places = sorted(values.tolist())
    for own, other in zip((found.low, found.high), drawn.confidence_interval, strict=True):
        near = [abs(place - own) for place in places].index(min(abs(place - own) for place in places))
        assert places[max(0, near - 1)] <= other <= places[min(n - 1, near + 1)]


@given(VALUES)
def test_the_interval_of_a_median_holds_it_and_lies_among_the_values(values: list[float]) -> None:
    found = median_interval(values)

    assert min(values) - 1e-6 <= found.low <= statistics.median(values) + 1e-6
    assert statistics.median(values) - 1e-6 <= found.high <= max(values) + 1e-6


@given(VALUES, st.floats(0.5, 3), st.floats(0, 30))
def test_the_interval_of_a_median_moves_with_the_unit(values: list[float], scale: float, shift: float) -> None:
    found, moved = median_interval(values), median_interval([scale * value + shift for value in values])

    assert (moved.low, moved.high) == pytest.approx((scale * found.low + shift, scale * found.high + shift), abs=1e-5)


def test_no_values_have_no_median() -> None:
    with pytest.raises(ValueError, match="no values"):
        median_interval([])


def test_a_median_of_the_report_carries_its_interval_in_its_unit() -> None:
    work = fieldwork(councils=1)

    found = figure(work, "phone.answer_median")

    assert found.interval is not None
    assert found.interval.low <= (found.value or 0) <= found.interval.high
    assert found.interval_words == "3.6 to 6.4 seconds"
    assert "95% interval 3.6 to 6.4 seconds" in render(report_of(work))


def test_under_ten_times_there_is_no_interval() -> None:
    assert figure(fieldwork(councils=1, calls=9), "phone.answer_median").interval is None


# ------------------------------------------------------------------------------------------------ Kaplan and Meier


@pytest.mark.parametrize(
    ("weeks", "remaining"),
    [(5, 1), (6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538), (23, 0.448), (35, 0.448)],
)
def test_the_curve_of_freireichs_patients_is_the_published_one(weeks: float, remaining: float) -> None:
    assert 1 - (curve(FREIREICH).by(weeks) or 0) == pytest.approx(remaining, abs=5e-4)


def test_the_median_of_freireichs_patients_is_23_weeks() -> None:
    assert curve(FREIREICH).median == 23


def test_beyond_the_longest_wait_nothing_is_known() -> None:
    assert curve(FREIREICH).by(36) is None


def test_a_few_quick_replies_among_many_that_wait_are_not_a_high_share() -> None:
    waiting = Times(values=(0.5, 1.0), without=0, waiting=(0.1,) * 4 + (3.0,) * 14)

    assert curve(waiting).by(2) == pytest.approx(2 / 16, abs=0.01)  # 4 of the 20 say nothing of the second day
    assert replies(waiting).median_words == "not half so far"  # type: ignore[union-attr]


@given(TIMES)
def test_the_share_only_grows_and_stays_between_nought_and_one(times: Times) -> None:
    found = curve(times)

    assert list(found.shares) == sorted(found.shares)
    assert all(0 <= share <= 1 for share in found.shares)


@given(TIMES.filter(lambda times: not times.waiting), st.floats(0, 25))
def test_where_nobody_waits_the_curve_is_the_plain_share_of_all(times: Times, day: float) -> None:
    plain = sum(value <= day for value in times.values) / times.base

    assert curve(times).by(day) in (None, pytest.approx(plain, abs=1e-9))
    assert (curve(times).by(day) is None) == (times.without == 0 and plain < 1 and day > max(times.values))


@given(TIMES, st.floats(0, 25))
def test_an_interval_holds_the_share(times: Times, day: float) -> None:
    found = curve(times)
    share, interval = found.by(day), found.interval(day)

    if interval is not None:
        assert share is not None
        assert interval.low - 1e-6 <= share <= interval.high + 1e-6
        assert not math.isnan(interval.low + interval.high)


def test_under_ten_emails_there_are_counts_and_no_share() -> None:
    found = replies(Times(values=(0.5, 4.0), without=3))

    assert found is not None
    assert [one.words for one in found.by] == ["1 of 5", "1 of 5", "2 of 5", "2 of 5"]
    assert (found.median, found.median_words, found.caution) == (None, "too few to say", "counts only")


# ------------------------------------------------------------------------------------------------ open windows


def waiting_wave() -> Fieldwork:
    """A wave in which the e-mails of the last three days have their windows open, half of them without a reply."""
    work = fieldwork(councils=2, calls=0)
    return Fieldwork(work.wave, work.scheme, work.organisations, [_reopened(one) for one in work.shops], [])


def _reopened(one: Shop) -> Shop:
    seen = one.observation
    if one.channel != "email" or seen is None or one.made_at is None or one.made_at < START + dt.timedelta(days=2):
        return one
    replied = seen.facts["email.replied"] and one.id.endswith(("0", "2", "4", "6", "8"))
    moments = {key: moment for key, moment in seen.moments.items() if replied or key == "sent"}
    facts = dict(seen.facts) | {"email.replied": True if replied else None}
    unknown = dict(seen.unknown) | ({} if replied else {"email.replied": (Why.WINDOW_OPEN, "may still come")})
    still = Observation(facts=facts, unknown=unknown, moments=moments, complete=False)
    return one.model_copy(update={"state": "open", "counted": False, "observation": still, "answers": ()})


def report_of(work: Fieldwork) -> WaveReport:
    return assemble(work.wave, work.scheme, work.organisations, work.shops, work.refusals)


def figure(work: Fieldwork, measure: str) -> Figure:
    channel = "phone" if measure.startswith("phone") else "email"
    found = figures(work.scheme, channel, work.shops)  # type: ignore[arg-type]
    return next(one for one in found if one.measure == measure)


def test_while_windows_are_open_no_mean_of_the_quick_replies_is_given() -> None:
    found = figure(waiting_wave(), "email.reply_mean")

    assert (found.value, found.words) == (None, "not while windows are open")
    assert found.aside[-1].endswith("with the window open")


def test_when_all_windows_are_closed_the_mean_is_given_again() -> None:
    assert figure(fieldwork(councils=2), "email.reply_mean").value is not None


def test_emails_that_wait_are_in_the_base_of_how_soon_replies_come() -> None:
    report = report_of(waiting_wave())

    found = report.channels[0].replies
    assert found is not None
    assert (found.base, found.waiting > 5) == (40, True)
    assert f"40 e-mails, {found.waiting} still waiting" in render(report)


def test_a_reply_that_came_while_the_window_is_open_counts_at_its_time() -> None:
    sent = Moment(lower=START, upper=START, source="test")
    replied = Moment(lower=START + dt.timedelta(hours=4), upper=START + dt.timedelta(hours=4), source="test")
    seen = Observation(facts={"email.replied": True}, moments={"sent": sent, "final_reply": replied}, complete=False)
    one = shop(small_scheme(), "email", "a", 0, seen, "a@a.example", "blue-badge")
    one = one.model_copy(update={"state": "open", "counted": False, "answers": ()})

    assert reply_times([one], CALENDAR, START + dt.timedelta(days=1)).values == (0.5,)


def test_an_email_waits_only_until_the_mailbox_is_known_to_have_been_read() -> None:
    work = waiting_wave()
    read_until = last_arrival(work.shops)
    assert read_until is not None

    found = reply_times([one for one in work.shops if one.organisation == "brackenfield"], CALENDAR, read_until)

    assert max(found.waiting) <= CALENDAR.working_days(START, read_until)
    assert reply_times(work.shops, CALENDAR, None).waiting == ()


def test_a_reply_that_a_person_has_to_look_at_is_neither_a_time_nor_waiting() -> None:
    seen = Observation(
        facts={"email.replied": None},
        unknown={"email.replied": (Why.NEEDS_REVIEW, "a person must say what it is")},
        complete=False,
    )
    one = shop(small_scheme(), "email", "a", 0, seen, "a@a.example", "blue-badge")
    one = one.model_copy(update={"state": "open", "counted": False})

    assert reply_times([one], CALENDAR, START + dt.timedelta(days=5)).base == 0


def test_where_the_profile_promises_no_time_a_reply_has_its_time_all_the_same() -> None:
    scheme = small_scheme()
    figures_left = {key: one for key, one in scheme.profile.figures.items() if not key.startswith("email.reply")}
    nothing = scheme.model_copy(update={"profile": scheme.profile.model_copy(update={"figures": figures_left})})
    sent, replied = (Moment(lower=at, upper=at, source="test") for at in (START, START + dt.timedelta(hours=4)))
    one = Observation(facts={"email.replied": True}, moments={"sent": sent, "final_reply": replied})
    other = Observation(facts={"email.replied": False}, moments={"sent": sent}, failure=Failure.SILENT)
    shops = [
        shop(nothing, "email", "a", number, seen, "a@a.example", "bin") for number, seen in enumerate((one, other))
    ]

    found = reply_times(shops, CALENDAR, None)

    assert (found.values, found.without) == ((0.5,), 1)
    assert [one.words for one in figures(nothing, "email", shops) if one.measure == "email.reply_median"] == [
        "not known"
    ]
    assert [one.aside for one in figures(nothing, "email", shops) if one.measure == "email.reply_median"] == [
        ("2 without a standard",)
    ]
