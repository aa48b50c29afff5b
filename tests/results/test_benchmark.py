"""Scores, ranks, intervals and quartiles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.benchmark import Benchmark, band, benchmarks, quartile, ranks, score, weighted, wilson
from results.schema import Points, Shop
from tests.results.partnership import Fieldwork, fieldwork, small_scheme

SCHEME = small_scheme()
SCORES = st.dictionaries(st.text(min_size=1, max_size=4), st.floats(0, 1), min_size=1, max_size=15)


def contact(number: int, access: Points, *, organisation: str = "a", counted: bool = True) -> Shop:
    return Shop(
        id=f"{organisation}-{number}",
        wave="autumn",
        organisation=organisation,
        scenario="plain",
        enquiry="missed-bin",
        channel="phone",
        target="+441134960000",
        state="closed" if counted else "void",
        access=access,
        counted=counted,
    )


def all_in(organisation: str, shares: Sequence[float]) -> list[Shop]:
    return [
        contact(number, Points(earned=share, possible=1), organisation=organisation)
        for number, share in enumerate(shares)
    ]


def phone_benchmark(shares: Mapping[str, Sequence[float]]) -> Benchmark:
    shops = [shop for organisation, own in shares.items() for shop in all_in(organisation, own)]
    return benchmarks(SCHEME, {key: f"{key} Council" for key in shares}, shops)[0]


def test_the_unit_is_the_shop_so_a_long_form_does_not_outweigh_a_short_one() -> None:
    long, short = contact(1, Points(earned=20, possible=20)), contact(2, Points(earned=0, possible=2))

    found = score(SCHEME, "a", "phone", [long, short])

    assert found.stages["access"].mean == 0.5


def test_a_shop_with_nothing_possible_is_left_out_and_not_counted_as_nought() -> None:
    found = score(SCHEME, "a", "phone", [contact(1, Points(earned=3, possible=4)), contact(2, Points())])

    assert (found.stages["access"].mean, found.stages["access"].base, found.contacts) == (0.75, 1, 2)


def test_a_void_contact_is_not_counted() -> None:
    found = score(SCHEME, "a", "phone", [contact(1, Points(earned=0, possible=4), counted=False)])

    assert found.score is None
    assert found.contacts == 0


def test_a_stage_that_was_not_assessed_does_not_pull_the_score_down() -> None:
    found = score(SCHEME, "a", "phone", [contact(1, Points(earned=3, possible=4))])

    assert found.score == 0.75
    assert "quality" not in found.stages


def test_the_score_weighs_the_stages_as_the_scheme_says() -> None:
    assert weighted({"access": 1.0, "quality": 0.0}, {"access": 3, "quality": 1}) == 0.75


def test_equal_scores_share_a_place_and_the_next_place_is_left_out() -> None:
    found = ranks({"a": 0.9, "b": 0.8, "c": 0.8, "d": 0.7})

    assert [found[key].words for key in "abcd"] == ["1st of 4", "=2nd of 4", "=2nd of 4", "4th of 4"]


def test_scores_that_differ_only_by_rounding_noise_share_a_place() -> None:
    found = ranks({"a": 0.1 + 0.2, "b": 0.3})

    assert found["a"].tied
    assert found["b"].place == 1


@given(SCORES)
def test_a_place_is_one_more_than_the_number_of_better_organisations(scores: dict[str, float]) -> None:
    found = ranks(scores)

    for key, rank in found.items():
        better = sum(round(other, 9) > round(scores[key], 9) for other in scores.values())
        assert rank.place == better + 1
        assert 1 <= rank.quartile <= 4


@pytest.mark.parametrize(("place", "expected"), [(9, 4), (6, 3), (5, 2), (1, 1), (11, 4)])
def test_the_quartiles_of_derbyshires_eleven_are_as_the_2006_report_words_them(place: int, expected: int) -> None:
    assert quartile(place, 11) == expected


def test_nobody_is_ranked_when_one_member_has_under_twenty_contacts() -> None:
    found = phone_benchmark({"a": [1.0] * 20, "b": [0.5] * 19})

    assert found.ranks == {}
    assert found.not_ranked == "not ranked: every member needs 20 counted contacts, and b Council has fewer"


def test_twenty_contacts_each_are_enough_to_rank() -> None:
    found = phone_benchmark({"a": [1.0] * 20, "b": [0.5] * 20})

    assert found.ranks["b"].words == "2nd of 2"


def test_one_visit_each_is_enough_to_rank_websites_and_leaves_no_sampling_interval() -> None:
    work = fieldwork(councils=3, calls=0, mails=0)

    (found,) = benchmarks(SCHEME, names(work), work.shops)

    assert len(found.ranks) == 3
    assert all(rank.low is None and rank.interval_words == "no sampling" for rank in found.ranks.values())


def test_the_benchmark_average_counts_each_organisation_once_and_the_pooled_figure_each_contact() -> None:
    found = phone_benchmark({"a": [1.0] * 60, "b": [0.0] * 20})

    assert (found.average, found.pooled.score) == (0.5, 0.75)


def test_organisations_that_differ_clearly_keep_their_places_in_every_resample() -> None:
    found = phone_benchmark({"a": [0.9, 1.0] * 10, "b": [0.1, 0.2] * 10})

    assert [(rank.low, rank.high) for rank in found.ranks.values()] == [(1, 1), (2, 2)]


def test_organisations_that_hardly_differ_may_change_places() -> None:
    found = phone_benchmark({"a": [0.0, 1.0] * 9 + [1.0, 1.0], "b": [0.0, 1.0] * 10})

    assert found.ranks["a"].interval_words == "between 1st and 2nd"
    assert found.ranks["b"].interval_words == "between 1st and 2nd"


def test_the_interval_of_a_place_holds_the_place() -> None:
    work = fieldwork()

    for benchmark in benchmarks(SCHEME, names(work), work.shops):
        for rank in benchmark.ranks.values():
            assert rank.low is None or rank.high is None or rank.low <= rank.place <= rank.high


def test_the_same_shops_give_the_same_intervals() -> None:
    work = fieldwork(councils=4)

    assert benchmarks(SCHEME, names(work), work.shops) == benchmarks(SCHEME, names(work), work.shops)


def test_under_ten_contacts_there_is_no_percentage_to_report() -> None:
    found = phone_benchmark({"a": [1.0] * 9, "b": [0.5] * 20})

    assert not found.scores["a"].reportable
    assert found.scores["a"].interval is None
    assert found.average == 0.5


@given(st.integers(1, 500).flatmap(lambda base: st.tuples(st.integers(0, base), st.just(base))))
def test_wilsons_interval_holds_the_share_and_stays_between_nought_and_one(counts: tuple[int, int]) -> None:
    part, base = counts

    found = wilson(part, base)

    assert 0 <= found.low <= round(part / base, 6) <= found.high <= 1


@given(st.integers(1, 500).flatmap(lambda base: st.tuples(st.integers(0, base), st.just(base))))
def test_wilsons_bounds_lie_1_96_standard_errors_from_the_share(counts: tuple[int, int]) -> None:
    part, base = counts

    found = wilson(part, base)

    for bound in (found.low, found.high):
        if 0 < bound < 1:
            error = math.sqrt(bound * (1 - bound) / base)
            assert abs(part / base - bound) == pytest.approx(1.959964 * error, rel=1e-2, abs=1e-5)


@given(st.integers(1, 300).flatmap(lambda base: st.tuples(st.integers(0, base), st.just(base))))
def test_a_larger_base_with_the_same_share_gives_a_narrower_interval(counts: tuple[int, int]) -> None:
    part, base = counts

    once, twice = wilson(part, base), wilson(2 * part, 2 * base)

    assert twice.high - twice.low < once.high - once.low


def test_wilson_matches_the_table_for_84_per_cent_of_50() -> None:
    found = wilson(42, 50)

    assert (round(found.low, 2), round(found.high, 2)) == (0.71, 0.92)


@pytest.mark.parametrize(("part", "base"), [(0, 0), (-1, 5), (6, 5)])
def test_what_is_not_a_share_has_no_interval(part: int, base: int) -> None:
    with pytest.raises(ValueError, match="is not a share"):
        wilson(part, base)


@pytest.mark.parametrize(
    ("share", "name"),
    [
        (0.0, "Poor"),
        (0.394, "Poor"),
        (0.396, "Below standard"),
        (0.6, "Meets"),
        (0.745, "Exceeds"),
        (0.9, "Outstanding"),
    ],
)
def test_a_band_goes_by_the_whole_per_cent_that_is_shown(share: float, name: str) -> None:
    assert band(share) == name


def names(work: Fieldwork) -> dict[str, str]:
    return {key: organisation.name for key, organisation in work.organisations.items()}
