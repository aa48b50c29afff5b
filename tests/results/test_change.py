"""Change between waves: what is compared, what is more than chance, and what the report says of it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.change import (
    LEVEL,
    SCORE,
    Change,
    Earlier,
    chance_of_shares,
    changes,
    holm,
    newcombe,
    same_scenarios,
)
from results.report import assemble
from results.report.html import render
from results.schema import CHANNELS, Channel, Scenario, Scheme, Shop
from results.scheme import digest
from results.scoring import points
from tests.results.partnership import Fieldwork, fieldwork

COUNCIL = "brackenfield"
SHARES = st.integers(1, 300).flatmap(lambda base: st.tuples(st.integers(0, base), st.just(base)))


def compared(now: Fieldwork, before: Fieldwork, channel: Channel = "phone") -> dict[str, Change]:
    found = changes(now.scheme, COUNCIL, channel, now.shops, Earlier("Spring wave", before.scheme, before.shops))
    return {one.measure: one for one in found}


def with_scheme(work: Fieldwork, scheme: Scheme) -> Fieldwork:
    return Fieldwork(work.wave, scheme, work.organisations, work.shops, work.refusals)


def unanswered(shops: Sequence[Shop], every: int) -> list[Shop]:
    """The same calls, of which each so manieth gets nobody."""
    count = itertools.count()
    return [
        shop.model_copy(
            update={
                "answers": tuple(
                    one.model_copy(update={"value": False, "marks": 0.0})
                    if one.criterion == "phone.access.contactable" and one.marks is not None
                    else one
                    for one in shop.answers
                )
            }
        )
        if shop.channel == "phone" and next(count) % every == 0
        else shop
        for shop in shops
    ]


def test_the_interval_of_a_difference_is_the_one_that_newcombe_published() -> None:
    # R. Newcombe (1998), table II, contrast (a): 56/70 against 48/80 by method 10.
    found = newcombe(56, 70, 48, 80)

    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize(("base", "points"), [(50, 14), (100, 10), (200, 7), (400, 5)])
def test_a_rise_from_84_percent_is_first_clear_where_the_field_measured_it(base: int, points: int) -> None:
    before = round(0.84 * base)

    first = next(now for now in range(before, base + 1) if chance_of_shares(now, base, before, base) < LEVEL)

    assert round(100 * first / base) - 84 == pytest.approx(points, abs=1)


def test_twenty_contacts_never_show_a_clear_rise_from_84_percent() -> None:
    assert chance_of_shares(20, 20, 17, 20) > LEVEL


def test_a_small_cell_is_judged_by_fishers_exact_test() -> None:
    # Fisher's lady tasting tea, three of four right: 0.4857 (The Design of Experiments, 1935).
    assert chance_of_shares(3, 4, 1, 4) == pytest.approx(0.4857, abs=5e-5)


@given(SHARES, SHARES)
def test_a_difference_lies_in_its_interval_and_turned_round_it_is_the_other_way(
    now: tuple[int, int], before: tuple[int, int]
) -> None:
    found, turned = newcombe(*now, *before), newcombe(*before, *now)
    difference = now[0] / now[1] - before[0] / before[1]

    assert -1 <= found.low <= difference + 1e-6
    assert difference - 1e-6 <= found.high <= 1
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=2e-6)
    assert chance_of_shares(*now, *before) == pytest.approx(chance_of_shares(*before, *now))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_never_makes_a_chance_smaller_keeps_their_order_and_leaves_one_alone(chances: list[float]) -> None:
    corrected = holm(chances)

    assert all(own >= bare for own, bare in zip(corrected, chances, strict=True))
    assert [corrected[place] for place in sorted(range(len(chances)), key=chances.__getitem__)] == sorted(corrected)
    assert holm(chances[:1]) == chances[:1]


def test_holm_is_as_published() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_the_same_wave_twice_shows_no_change() -> None:
    work = fieldwork(councils=3, calls=30, mails=30)

    found = [one for channel in CHANNELS for one in compared(work, work, channel).values()]

    assert len(found) > 10
    assert {one.verdict for one in found} == {"no clear change"}
    assert {one.said for one in found} == {"no clear change", "the same"}


def test_calls_that_now_get_nobody_are_clearly_worse_and_the_other_way_round_better() -> None:
    before = fieldwork(councils=3, calls=60)
    after = Fieldwork(
        before.wave, before.scheme, before.organisations, unanswered(before.shops, every=2), before.refusals
    )

    worse, better = compared(after, before), compared(before, after)

    assert worse["phone.contactability"].said == "clearly worse"
    assert better["phone.contactability"].said == "clearly better"
    assert worse["phone.answer_median"].verdict == "no clear change"


def test_few_contacts_are_not_compared() -> None:
    work, few = fieldwork(councils=3, calls=30), fieldwork(councils=3, calls=9)

    found = compared(work, few)

    assert found["phone.contactability"].verdict == "not compared"
    assert found["phone.contactability"].why == "fewer than 10 contacts bear it in one of the waves"


def test_a_question_that_was_put_otherwise_is_not_compared_and_the_rest_is() -> None:
    now, before = fieldwork(councils=3, calls=30), fieldwork(councils=3, calls=30)
    other = before.scheme.model_copy(
        update={
            "criteria": tuple(
                one.model_copy(update={"fact": "phone.answered"}) if one.id == "phone.access.contactable" else one
                for one in before.scheme.criteria
            )
        }
    )

    found = compared(now, with_scheme(before, other))

    assert found["phone.contactability"].why == "the question or its marking has changed"
    assert found["phone.answer_median"].verdict == "no clear change"
    assert found[SCORE].why == "on the 3 of 4 questions that both waves score alike"


def test_other_words_and_guidance_are_no_break_in_the_series() -> None:
    now, before = fieldwork(councils=3, calls=30), fieldwork(councils=3, calls=30)
    reworded = {"question": "Did anybody come to the telephone?", "guidance": "Listen.", "however": "Nobody came"}
    other = before.scheme.model_copy(
        update={"criteria": tuple(one.model_copy(update=reworded) for one in before.scheme.criteria)}
    )

    found = compared(now, with_scheme(before, other.model_copy(update={"digest": digest(other)})))

    assert found["phone.contactability"].verdict == found[SCORE].verdict == "no clear change"
    assert found[SCORE].why == ""


def test_a_score_is_compared_on_the_questions_that_both_waves_score_alike() -> None:
    work = fieldwork(councils=3, calls=60)
    calls = [
        shop.model_copy(update={"access": points(shop.answers, work.scheme, "access")})
        for shop in unanswered(work.shops, every=1)
    ]
    worse = Fieldwork(work.wave, work.scheme, work.organisations, calls, work.refusals)
    weightless = {"phone.access.contactable": {"weight": 0}}
    other = work.scheme.model_copy(
        update={"criteria": tuple(one.model_copy(update=weightless.get(one.id, {})) for one in work.scheme.criteria)}
    )

    found = compared(worse, with_scheme(work, other))

    assert compared(worse, work)[SCORE].verdict == "worse"
    assert found[SCORE].verdict == "no clear change"
    assert found["phone.contactability"].verdict == "worse"


def test_two_waves_with_nothing_alike_have_no_score_to_compare() -> None:
    work = fieldwork(councils=3, calls=30)
    other = work.scheme.model_copy(update={"stage_weights": {"access": 0.8, "quality": 0.2}})

    found = compared(work, with_scheme(work, other))

    assert found[SCORE].why == "it was not scored by the same questions and standards"


def test_a_stricter_standard_breaks_the_series_of_what_it_judges() -> None:
    now, before = fieldwork(councils=3, calls=30), fieldwork(councils=3, calls=30)
    profile = before.scheme.profile.model_copy(
        update={"figures": {**before.scheme.profile.figures, "phone.answer_seconds": 20.0, "phone.answer_rings": 7.0}}
    )

    found = compared(now, with_scheme(before, before.scheme.model_copy(update={"profile": profile})))

    assert found["phone.answered_in_standard"].why == "the standard has changed"
    assert found["phone.contactability"].verdict == "no clear change"


def test_other_scenarios_are_a_break_in_the_series_and_more_of_the_same_are_none() -> None:
    asked = Scenario(id="telephone", channel="phone", enquiries=("missed-bin",), contacts=20)
    more = asked.model_copy(update={"contacts": 40, "id": "calls"})
    longer = asked.model_copy(update={"ring_for": 90.0})

    assert same_scenarios({"a": asked}, {"b": more}, "phone")
    assert not same_scenarios({"a": asked}, {"b": longer}, "phone")


def test_the_report_says_what_has_changed_since_which_wave() -> None:
    before = fieldwork(councils=3, calls=60)
    shops = unanswered(before.shops, every=2)
    earlier = Earlier("Spring wave", before.scheme, before.shops, frozenset({"email"}))

    report = assemble(before.wave, before.scheme, before.organisations, shops, earlier=earlier)
    page = render(report)

    assert report.since == "Spring wave"
    assert "Since Spring wave" in page
    assert "clearly worse" in page
    assert "the scenarios are not the same" in page
    assert "How change is told" in page


def test_a_first_wave_says_nothing_of_change() -> None:
    work = fieldwork(councils=3)

    page = render(assemble(work.wave, work.scheme, work.organisations, work.shops))

    assert "Since" not in page
    assert "How change is told" not in page
