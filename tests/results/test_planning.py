"""Planning: published sample sizes, more contacts never showing less, and the report's own test keeping the promise."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm

from results import planning
from results.change import chance_of_shares
from results.planning import (
    HIGH,
    USUAL,
    chance_of_scores,
    chance_of_times,
    chance_seen,
    contacts_for_ranks,
    contacts_for_shares,
    how_often,
    power_of_ranks,
    power_of_shares,
    score_seen,
    share_seen,
    shares_in_words,
    spread_of_times,
    standing_in_words,
    time_seen,
)

SHARES = st.integers(0, 100).map(lambda percent: percent / 100)
POWERS = st.sampled_from((USUAL, HIGH))


@pytest.mark.parametrize(
    ("before", "now", "power", "contacts"),
    [
        (0.05, 0.10, 0.8, 474),  # Fleiss, Levin and Paik (2003), table A.4, for 5%
        (0.10, 0.30, 0.8, 72),
        (0.25, 0.40, 0.9, 216),  # the worked example of Stata's manual, by the same formula
    ],
)
def test_sample_sizes_for_shares_are_those_of_the_published_table(
    before: float, now: float, power: float, contacts: int
) -> None:
    assert contacts_for_shares(before, now, power) == contacts
    assert contacts_for_shares(1 - now, 1 - before, power) == contacts


def test_without_its_correction_the_formula_is_that_of_rs_power_prop_test() -> None:
    """R's help page: 50 each, 50% against 75%, have power 0.740; for 0.90 it takes 76.7."""
    for each, power in ((50.0, 0.740), (76.7, 0.900)):
        change = 0.25
        corrected = each / 4 * (1 + math.sqrt(1 + 4 / (each * change))) ** 2
        assert power_of_shares(0.5, 0.75, corrected) == pytest.approx(power, abs=0.0006)


def test_the_sample_size_for_ranks_is_the_published_one() -> None:
    """Noether's formula as in the manual of statpsych: 5%, power 0.90, chance 0.3, 44 in each group."""
    assert contacts_for_ranks(0.3, 0.9) == contacts_for_ranks(0.7, 0.9) == 44


@given(before=SHARES, now=SHARES, power=POWERS)
def test_so_many_contacts_have_the_power_and_one_fewer_has_not(before: float, now: float, power: float) -> None:
    if before == now or {before, now} == {0.0, 1.0}:
        return
    each = contacts_for_shares(before, now, power)

    assert power_of_shares(before, now, each) >= power - 1e-6
    assert power_of_shares(before, now, each - 1) < power


@given(before=SHARES, now=SHARES, each=st.integers(1, 500), more=st.integers(1, 500))
def test_more_contacts_never_have_less_power(before: float, now: float, each: int, more: int) -> None:
    assert power_of_shares(before, now, each) <= power_of_shares(before, now, each + more)
    assert power_of_ranks(before, each) <= power_of_ranks(before, each + more)


@given(before=SHARES, each=st.integers(2, 500), rise=st.booleans(), power=POWERS)
def test_the_change_that_is_seen_needs_so_many_contacts(before: float, each: int, rise: bool, power: float) -> None:
    seen = share_seen(before, each, power, rise=rise)
    if seen is None:
        assert power_of_shares(before, float(rise), each) < power
        return
    assert (seen > before) is rise
    if {before, seen} != {0.0, 1.0}:
        assert power_of_shares(before, seen, each) >= power - 1e-6
        assert power_of_shares(before, seen + (before - seen) * 0.01, each) < power
        assert abs(contacts_for_shares(before, seen, power) - each) <= 1


@given(each=st.integers(3, 500), power=POWERS, before=st.floats(0.1, 100), spread=st.floats(0.1, 3))
def test_the_time_and_score_that_are_seen_need_so_many_contacts(
    each: int, power: float, before: float, spread: float
) -> None:
    chance, time, score = chance_seen(each, power), time_seen(before, each, power, spread), score_seen(each, power)
    if chance is None:
        assert time is None
        assert score is None
        return
    assert time is not None
    assert score is not None
    for found in (chance, chance_of_times(before, time, spread), chance_of_scores(score)):
        assert abs(contacts_for_ranks(found, power) - each) <= 1


def power_of_the_report(before: float, now: float, each: int) -> float:
    """The exact power of the test that reports use, over every pair of counts that is at all likely."""
    counts = [np.flatnonzero(binom.pmf(np.arange(each + 1), each, share) > 1e-5) for share in (before, now)]
    return float(
        sum(
            binom.pmf(was, each, before) * binom.pmf(has, each, now)
            for was in counts[0]
            for has in counts[1]
            if chance_of_shares(int(has), each, int(was), each) < planning.ALPHA
        )
    )


@pytest.mark.parametrize(("before", "now"), [(0.84, 0.5), (0.7, 0.95), (0.86, 0.6)])
def test_the_test_in_the_report_keeps_what_the_plan_promises(before: float, now: float) -> None:
    each = contacts_for_shares(before, now)

    assert USUAL - 0.01 < power_of_the_report(before, now, each) < 0.9


def test_ranks_of_times_differ_as_often_as_log_normal_times_do() -> None:
    random = np.random.default_rng(2006)
    slow, fast = (random.lognormal(math.log(median), 1.0, 20_000) for median in (10, 6))

    assert chance_of_times(10, 6, 1.0) == pytest.approx(float(np.mean(fast < slow)), abs=0.01)


def test_the_spread_of_times_comes_from_their_quartiles() -> None:
    quartiles = [math.exp(1.3 * float(norm.ppf(part))) for part in (0.25, 0.75)]

    assert spread_of_times(*quartiles) == pytest.approx(1.3)
    assert spread_of_times(math.log(4 / 3), math.log(4)) == pytest.approx(planning.QUEUE_SPREAD)


def test_what_is_no_share_and_what_does_not_change_is_refused() -> None:
    for wrong in (
        lambda: contacts_for_shares(0.5, 0.5),
        lambda: contacts_for_shares(0.5, 1.1),
        lambda: contacts_for_ranks(0.5),
        lambda: chance_of_times(0, 5),
        lambda: spread_of_times(5, 5),
    ):
        with pytest.raises(ValueError, match=r"same|share|nought"):
            wrong()


def test_the_power_is_said_as_people_say_it() -> None:
    assert [how_often(power) for power in (0.99, 0.9, 0.8, 0.5, 0.25, 0.02)] == [
        "nearly always",
        "nine times in ten",
        "four times in five",
        "every other time",
        "one time in four",
        "hardly ever",
    ]


def test_what_so_many_calls_show_is_a_sentence() -> None:
    said = shares_in_words("phone", 36, 0.7)

    assert said == (
        "With 36 calls to each organisation in both waves, a rise from 70 to 97 in a hundred would be seen four times "
        "in five, and so would a fall to 34; a rise to 84 would mostly be missed."
    )


def test_what_few_calls_do_not_show_is_said_too() -> None:
    few = shares_in_words("phone", 20, 0.84)
    fewer = shares_in_words("email", 3, 0.5)

    assert few.startswith("With 20 calls to each organisation in both waves, a fall from 84 in a hundred to ")
    assert "even a rise to 100 would be seen " in few
    assert "no change from 50 in a hundred would be seen four times in five" in fewer
    assert shares_in_words("web", 1, 0.5).startswith("A visit looks at the whole website")


@settings(max_examples=60)
@given(each=st.integers(1, 400), before=SHARES)
def test_every_base_and_share_makes_a_sentence_without_impossible_figures(each: int, before: float) -> None:
    said = shares_in_words("email", each, before)

    assert said.endswith(".")
    assert all(
        0 <= int(figure) <= 100 for figure in said.split(" waves,")[1].replace(".", " ").split() if figure.isdigit()
    )


def test_what_a_base_allows_is_what_the_report_does() -> None:
    assert [standing_in_words("phone", each) for each in (9, 19, 20, 30, 50)] == [
        "counts only; not ranked: that needs 20",
        "very small base, indicative; not ranked: that needs 20",
        "very small base, indicative; ranked",
        "small base; ranked",
        "ranked",
    ]
    assert standing_in_words("web", 1) == "ranked on its criteria"
