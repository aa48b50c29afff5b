"""How far two agree: the published tables, what is not defined, and what holds whatever they said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.agreement import Pair, agreement, agreements
from results.schema import Answer, Criterion, Scheme, State
from tests.results.partnership import small_scheme


def pairs(table: list[list[int]]) -> list[Pair]:
    return [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]


@pytest.mark.parametrize(
    ("table", "observed", "kappa", "error"),
    [
        # Cohen (1960), table 1, two judges on 200 cases; the error is Fleiss, Cohen and Everitt's (1969).
        ([[88, 14, 18], [10, 40, 10], [2, 6, 12]], 0.70, 0.492, None),
        # Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions (2003), table 18.1: 0.68, error 0.087.
        ([[75, 1, 4], [5, 4, 1], [0, 0, 10]], 0.89, 0.676, 0.0877),
    ],
)
def test_published_tables_give_their_published_figures(
    table: list[list[int]], observed: float, kappa: float, error: float | None
) -> None:
    found = agreement(pairs(table))

    assert found.observed == pytest.approx(observed)
    assert found.kappa == pytest.approx(kappa, abs=5e-4)
    assert found.low is not None
    assert found.high is not None
    if error is not None:
        assert (found.high - found.low) / 2 / 1.96 == pytest.approx(error, abs=5e-4)


def test_one_answer_throughout_leaves_kappa_undefined_and_says_so() -> None:
    found = agreement([("yes", "yes")] * 20)

    assert (found.observed, found.kappa) == (1, None)
    assert found.said == "20 of 20 alike; kappa not defined, as every answer is the same"


def test_complete_agreement_has_no_interval() -> None:
    found = agreement([("yes", "yes"), ("no", "no")] * 10)

    assert (found.kappa, found.low, found.high) == (1, None, None)


def test_under_ten_only_counts_are_told() -> None:
    assert agreement([("yes", "no")] * 9).said == "0 of 9 alike"
    assert agreement([]).said == "nothing that both answered"


answers = st.sampled_from(["yes", "no", "partly"])


@given(st.lists(st.tuples(answers, answers), min_size=1, max_size=60))
def test_kappa_lies_in_its_interval_and_never_above_the_observed_agreement(judged: list[Pair]) -> None:
    found = agreement(judged)

    assert found.observed is not None
    assert 0 <= found.observed <= 1
    if found.kappa is not None:
        assert -1 <= found.kappa <= found.observed + 1e-6
    if found.low is not None and found.high is not None and found.kappa is not None:
        assert -1 <= found.low <= found.kappa <= found.high <= 1


@given(st.lists(st.tuples(answers, answers), min_size=1, max_size=60))
def test_it_does_not_matter_who_of_the_two_comes_first(judged: list[Pair]) -> None:
    swapped = agreement([(second, first) for first, second in judged])

    assert swapped.kappa == pytest.approx(agreement(judged).kappa)


def answer(criterion: str, value: bool | float, marks: float | None, state: State = State.ANSWERED) -> Answer:
    return Answer(criterion=criterion, value=value, marks=marks, state=state)


def test_only_what_both_answered_is_compared_and_a_proposal_counts_as_an_answer() -> None:
    scheme = small_scheme()
    proposed = scheme.criteria[0].model_copy(update={"id": "email.layout", "answer": "scale5", "proposed": True})
    with_proposal: Scheme = scheme.model_copy(update={"criteria": (*scheme.criteria, proposed)})
    probe = [
        answer("email.replied", True, 1),
        answer("email.layout", 4, None, State.NEEDS_REVIEW),
        answer("email.used_name", True, None, State.NOT_APPLICABLE),
    ]
    person = [answer("email.replied", False, 0), answer("email.layout", 4, 0.75), answer("email.used_name", True, 1)]

    found = agreements("a person and the probe", [(probe, person)], with_proposal)

    assert {id: (own.base, own.same) for id, own in found.by_criterion.items()} == {
        "email.replied": (1, 0),
        "email.layout": (1, 1),
    }
    assert (found.overall.base, found.overall.same, found.contacts) == (2, 1, 1)


def test_times_agree_when_both_meet_the_standard_or_both_miss_it() -> None:
    scheme = small_scheme()
    timed = next(one for one in scheme.criteria if one.answer == "duration_s")
    assert isinstance(timed, Criterion)
    judged = [
        ([answer(timed.id, 9.1, 1)], [answer(timed.id, 8.0, 1)]),
        ([answer(timed.id, 9, 1)], [answer(timed.id, 30, 0)]),
    ]

    assert agreements("two people", judged, scheme).by_criterion[timed.id].same == 1
