"""Control charts of nightly probes: limits, run rules, and what is said of nights that are more than chance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.control import (
    NELSON,
    WESTERN_ELECTRIC,
    ControlChart,
    RunRule,
    ShareNight,
    TimesNight,
    control_chart,
    nights_of,
)
from results.measures import MEASURES
from results.report.charts import control
from tests.results.partnership import fieldwork

FIRST = dt.date(2026, 3, 2)

# D. Montgomery, Introduction to Statistical Quality Control: cans of frozen orange juice, 30 samples of 50.
CANS = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]
# The same: purchase orders, 25 weeks of varying number.
ORDERS = [100, 80, 80, 100, 110, 110, 100, 100, 90, 90, 110, 120, 120]
ORDERS += [120, 110, 80, 80, 80, 90, 100, 100, 100, 100, 90, 90]
MISTAKES = [12, 8, 6, 9, 10, 12, 11, 16, 10, 6, 20, 15, 9, 8, 6, 8, 10, 7, 5, 8, 5, 8, 10, 6, 9]
# The same: viscosity of aircraft primer paint, 15 batches.
PAINT = [33.75, 33.05, 34.00, 33.81, 33.46, 34.02, 33.68, 33.27, 33.49, 33.20, 33.62, 33.00, 33.54, 33.12, 33.84]

COUNTS = st.lists(
    st.integers(1, 200).flatmap(lambda base: st.tuples(st.integers(0, base), st.just(base))), min_size=1, max_size=30
)


def shares(counts: Sequence[tuple[int, int]]) -> list[ShareNight]:
    return [
        ShareNight(day=FIRST + dt.timedelta(days=place), part=part, base=base)
        for place, (part, base) in enumerate(counts)
    ]


def times(values: Sequence[float]) -> list[TimesNight]:
    return [TimesNight(day=FIRST + dt.timedelta(days=place), values=(value,)) for place, value in enumerate(values)]


def at(places: Sequence[float], rules: Sequence[RunRule]) -> ControlChart:
    """A chart whose nights lie so many standard deviations from the usual: 40 nights say what that is."""
    usual = [9.436, 10.564] * 20  # mean 10, moving range 1.128, so that one standard deviation is 1
    return control_chart(times([*usual, *(10 + place for place in places)]), usual=40, rules=rules)


def fired(chart: ControlChart) -> list[str]:
    return [one.rule for one in chart.signals if one.last > FIRST + dt.timedelta(days=39)]


# ------------------------------------------------------------------------------------------------ published charts


def test_montgomerys_cans_of_orange_juice_have_the_limits_that_he_gives() -> None:
    chart = control_chart(shares([(part, 50) for part in CANS]), rules=WESTERN_ELECTRIC[:1])

    assert chart.centre == pytest.approx(0.2313, abs=5e-5)
    assert (chart.points[0].low, chart.points[0].high) == pytest.approx((0.0524, 0.4102), abs=1e-4)
    assert [one.first for one in chart.signals] == [FIRST + dt.timedelta(days=place - 1) for place in (15, 23)]


def test_montgomerys_purchase_orders_have_limits_that_follow_each_weeks_number() -> None:
    chart = control_chart(shares(list(zip(MISTAKES, ORDERS, strict=True))), rules=WESTERN_ELECTRIC[:1])

    assert chart.centre == pytest.approx(0.096, abs=5e-4)
    assert chart.points[0].high == pytest.approx(0.184, abs=1e-3)  # of 100
    assert chart.points[1].high == pytest.approx(0.194, abs=1e-3)  # of 80
    assert [one.first for one in chart.signals] == [FIRST + dt.timedelta(days=10)]  # the 11th, 20 of 110


def test_montgomerys_paint_has_the_limits_that_he_gives() -> None:
    chart = control_chart(times(PAINT))

    assert chart.centre == pytest.approx(33.52, abs=5e-3)
    assert (chart.points[0].low, chart.points[0].high) == pytest.approx((32.24, 34.80), abs=1e-2)
    assert not chart.signals


# ------------------------------------------------------------------------------------------------ rules


@pytest.mark.parametrize(
    ("rule", "places"),
    [
        ("beyond-limits", [3.1]),
        ("two-of-three", [2.1, 0.1, 2.1]),
        ("four-of-five", [1.1, 1.1, -0.1, 1.1, 1.1]),
        ("eight-one-side", [0.1, 0.2] * 4),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_western_electric_rule_fires_on_its_pattern_on_either_side(
    rule: str, places: Sequence[float], sign: int
) -> None:
    chart = at([sign * place for place in places], WESTERN_ELECTRIC)

    assert rule in fired(chart)
    assert {one.side for one in chart.signals if one.rule == rule} == {"above" if sign > 0 else "below"}


@pytest.mark.parametrize(
    "places",
    [[2.9], [2.1, -0.1, -2.1], [1.1, 1.1, -0.1, 1.1, -1.1], [0.1] * 7 + [-0.1], [0.1] * 7],
)
def test_a_pattern_that_falls_short_fires_no_western_electric_rule(places: Sequence[float]) -> None:
    assert fired(at([-0.1, *places], WESTERN_ELECTRIC)) == []


@pytest.mark.parametrize(
    ("rule", "places"),
    [
        ("nine-one-side", [0.1, 0.2] * 5),
        ("six-trend", [-0.5, -0.3, -0.1, 0.1, 0.3, 0.5]),
        ("six-trend", [0.5, 0.3, 0.1, -0.1, -0.3, -0.5]),
        ("fourteen-alternating", [0.4, -0.4] * 7),
        ("fifteen-within", [0.4, 0.5, -0.4] * 5),
        ("eight-outside", [1.2, -1.2, 1.3, 1.2, -1.1, -1.2, 1.4, -1.2]),
    ],
)
def test_a_rule_of_nelson_fires_on_its_pattern(rule: str, places: Sequence[float]) -> None:
    assert rule in fired(at(places, [one for one in NELSON if one.id == rule]))


def test_every_rule_names_its_source_and_asks_no_more_nights_than_it_looks_at() -> None:
    for rule in (*WESTERN_ELECTRIC, *NELSON):
        assert rule.source.startswith(("Western Electric", "L. Nelson"))
        assert 1 <= rule.least <= rule.of


def test_a_long_run_on_one_side_is_one_signal_and_not_one_for_each_night() -> None:
    chart = at([-0.2, -0.3] * 8, [WESTERN_ELECTRIC[3]])

    assert len(fired(chart)) == 1
    assert chart.signals[-1].last == chart.points[-1].day


# ------------------------------------------------------------------------------------------------ words and bases


def test_a_signal_says_in_plain_words_which_night_and_how_far() -> None:
    chart = control_chart(shares([(42, 50)] * 20 + [(25, 50)]), usual=20)

    assert [one.words for one in chart.signals] == ["22 March 2026: 25 of 50, below the lower limit; usual is 84%."]


def test_a_decline_is_told_from_where_to_where() -> None:
    chart = control_chart(times([10, 12] * 10 + [10.5, 10.8, 11.1, 11.4, 11.7, 12.0]), usual=20)

    assert [one.words for one in chart.signals] == [
        "22 to 27 March 2026: six nights in a row each higher than the one before, from 10.5 to 12; usual is 11."
    ]


def test_one_missed_call_of_five_is_no_alarm_where_calls_are_nearly_always_answered() -> None:
    nights = [(5, 5)] * 20 + [(4, 5)]

    assert not control_chart(shares(nights)).signals
    assert not control_chart(shares(nights), usual=20).signals


def test_a_night_on_which_nobody_answers_is_an_alarm_however_few_calls_there_were() -> None:
    chart = control_chart(shares([(5, 5)] * 20 + [(0, 5)]), usual=20)

    assert chart.signals[0].words == "22 March 2026: 0 of 5, below the lower limit; usual is 100%."


def test_few_nights_have_provisional_limits() -> None:
    assert control_chart(shares([(4, 5)] * 6)).caution == "6 nights: the limits are provisional"
    assert control_chart(shares([(4, 5)] * 20)).caution == ""


def test_the_median_stands_for_a_nights_times() -> None:
    (point,) = control_chart([TimesNight(day=FIRST, values=(4.0, 6.0, 90.0))]).points

    assert (point.value, point.base) == (6, 3)


def test_two_nights_on_one_day_are_refused() -> None:
    with pytest.raises(ValueError, match="two nights on one day: 2026-03-02"):
        control_chart([ShareNight(day=FIRST, part=1, base=2)] * 2)


def test_no_nights_make_no_chart() -> None:
    with pytest.raises(ValueError, match="no nights"):
        control_chart([])


def test_more_successes_than_contacts_are_refused() -> None:
    with pytest.raises(ValueError, match="6 of 5 is not a share"):
        ShareNight(day=FIRST, part=6, base=5)


def test_a_night_that_a_rule_lets_pass_is_not_the_first_of_its_signal() -> None:
    chart = at([0.5, -2.1, -2.1], WESTERN_ELECTRIC[1:2])

    assert [(one.first, one.words) for one in chart.signals] == [
        (dt.date(2026, 4, 12), "12 to 13 April 2026: two of three nights far below the usual; usual is 10.")
    ]


def test_the_chart_shows_every_night_and_marks_those_that_are_more_than_chance() -> None:
    chart = control_chart(shares([(42, 50)] * 20 + [(25, 50)] * 2), usual=20)

    drawn = control(chart, "contactability", "Contactability, night by night", "Per cent")

    assert "<title" in drawn.svg
    assert "22 nights between their limits. 22 to 23 March 2026: 25 of 50 and 25 of 50, below" in drawn.description
    assert drawn.svg == control(chart, "contactability", "Contactability, night by night", "Per cent").svg
    assert [chart.signalled(point.day) for point in chart.points] == [False] * 20 + [True] * 2


def test_nights_are_put_together_from_the_shops_of_each_day() -> None:
    work = fieldwork(councils=2, calls=20)
    measures = {one.id: one for one in MEASURES}

    shares_, times_ = (nights_of(measures[key], work.shops) for key in ("phone.contactability", "phone.answer_median"))

    assert [night.day for night in shares_] == [dt.date(2026, 11, 2) + dt.timedelta(days=day) for day in range(5)]
    assert [night.base for night in shares_ if isinstance(night, ShareNight)] == [8] * 5
    answered = sum(len(night.values) for night in times_ if isinstance(night, TimesNight))
    assert answered == sum(night.part for night in shares_ if isinstance(night, ShareNight))


def test_a_contact_that_does_not_count_is_in_no_night() -> None:
    work = fieldwork(councils=1, calls=4)
    void = [shop.model_copy(update={"counted": False}) for shop in work.shops]

    assert nights_of(next(one for one in MEASURES if one.id == "phone.contactability"), void) == []


# ------------------------------------------------------------------------------------------------ whatever comes


@given(COUNTS)
def test_limits_hold_what_is_usual_and_stay_among_shares(counts: list[tuple[int, int]]) -> None:
    chart = control_chart(shares(counts))

    for point in chart.points:
        assert -1e-6 <= point.low <= point.high <= 1 + 1e-6
        if not point.low <= point.value <= point.high:
            assert abs(point.z) > 2.5


@given(COUNTS)
def test_the_order_in_which_nights_are_given_is_of_no_matter(counts: list[tuple[int, int]]) -> None:
    nights = shares(counts)

    assert control_chart(nights) == control_chart(nights[::-1])


@given(COUNTS)
def test_answered_and_missed_are_mirror_images(counts: list[tuple[int, int]]) -> None:
    chart, mirrored = (
        control_chart(shares(own), rules=WESTERN_ELECTRIC)
        for own in (counts, [(base - part, base) for part, base in counts])
    )

    turned = {"above": "below", "below": "above"}
    assert [(one.rule, one.first, turned[one.side]) for one in chart.signals] == [
        (one.rule, one.first, one.side) for one in mirrored.signals
    ]


@given(st.lists(st.floats(0, 60), min_size=2, max_size=30), st.floats(0.5, 20))
def test_the_unit_of_the_times_is_of_no_matter(values: list[float], scale: float) -> None:
    kept = [round(value, 1) for value in values]
    one, other = (control_chart(times(own)) for own in (kept, [value * scale for value in kept]))

    assert [point.z for point in one.points] == pytest.approx([point.z for point in other.points], abs=1e-3)
