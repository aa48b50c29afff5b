"""From observations to answers and points. Not applicable, needs review, window open and probe fault are never a No."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results import scheme
from results.calendar import Calendar
from results.schema import Answer, Criterion, Moment, Observation, Points, State, Why
from results.scoring import NO_STANDARD, answer, answer_all, marks, points, standard_of, standard_words

SCHEME = scheme.load("south-derbyshire-2006")
HOURS = Calendar()
SENT = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)


def criterion(id: str) -> Criterion:
    return next(each for each in SCHEME.criteria if each.id == id)


def moment(seconds: float, uncertainty: float = 0.0) -> Moment:
    at = SENT + dt.timedelta(seconds=seconds)
    return Moment(lower=at, upper=at + dt.timedelta(seconds=uncertainty), source="test")


def call(rang: float, uncertainty: float = 0.2) -> Observation:
    facts = {"phone.answered": True, "phone.contactable": True, "phone.number_works": True, "phone.low_cost": True}
    return Observation(
        facts={**facts, "phone.outcome": "answered", "phone.rings": 1},
        moments={"ringing": moment(0), "answered": moment(rang, uncertainty)},
    )


def answered(id: str, seen: Observation, profile: str = "south-derbyshire-2006") -> Answer:
    return answer(criterion(id), seen, scheme.load(profile), HOURS)


def test_the_worked_example_earns_eleven_points_of_eleven() -> None:
    answers = answer_all(call(9.2), "phone", SCHEME, HOURS)

    assert points(answers, SCHEME, "access") == Points(earned=11, possible=11)
    assert points(answers, SCHEME, "quality").share is None


def test_four_rings_are_within_ten_seconds_or_four_rings() -> None:
    assert answered("phone.access.answer_time", call(11.0)).marks == 1


def test_a_fifth_ring_is_too_late() -> None:
    assert answered("phone.access.answer_time", call(12.5)).marks == 0


def test_a_standard_that_lies_between_the_bounds_needs_review() -> None:
    given = answered("phone.access.answer_time", call(11.9, uncertainty=0.5))

    assert given.state is State.NEEDS_REVIEW
    assert given.marks is None


def test_the_time_to_answer_does_not_apply_to_a_call_that_was_not_answered() -> None:
    seen = Observation(facts={"phone.answered": False})

    assert answered("phone.access.answer_time", seen).state is State.NOT_APPLICABLE


def mail(reply_after_days: float | None, **facts: Any) -> Observation:
    known = {"email.acknowledged": reply_after_days is not None, "email.replied": reply_after_days is not None}
    moments = {"sent": moment(0)}
    if reply_after_days is not None:
        moments |= {name: moment(reply_after_days * 86_400, 1) for name in ("first_response", "final_reply")}
    return Observation(facts={**known, **facts}, moments=moments)


def test_an_acknowledgement_after_23_hours_is_in_time_and_after_25_is_not() -> None:
    assert answered("email.ack_24h", mail(23 / 24)).marks == 1
    assert answered("email.ack_24h", mail(25 / 24)).marks == 0


def test_no_acknowledgement_at_all_earns_nothing() -> None:
    assert answered("email.ack_24h", mail(None)).marks == 0


def test_a_reply_on_the_tenth_working_day_is_in_time_and_the_day_after_is_not() -> None:
    assert answered("email.reply_time", mail(14.2)).marks == 1
    assert answered("email.reply_time", mail(15.0)).marks == 0


def test_the_speed_of_a_reply_is_told_in_working_days() -> None:
    assert answered("email.reply_time", mail(7)).value == 5


def test_speed_does_not_apply_where_nobody_replied_and_the_missing_reply_is_a_no_of_its_own() -> None:
    assert answered("email.reply_time", mail(None)).state is State.NOT_APPLICABLE
    assert answered("email.replied", mail(None)).marks == 0


def test_what_a_probe_only_proposes_waits_for_a_person_and_keeps_the_proposal() -> None:
    given = answered("email.fully_answered", mail(1, **{"email.fully_answered": "partly"}))

    assert (given.state, given.value, given.marks) == (State.NEEDS_REVIEW, "partly", None)


def test_a_question_where_no_is_good_earns_its_points_by_a_no() -> None:
    assert answered("email.treated_as_foi", mail(1, **{"email.treated_as_foi": False})).marks == 1


@pytest.mark.parametrize(("rank", "marks"), [(1, 1.0), (2, 0.7), (5, 0.7), (6, 0.3), (10, 0.3), (11, 0.0)])
def test_the_rank_of_the_right_page_earns_the_fields_bands(rank: int, marks: float) -> None:
    seen = Observation(facts={"web.search.home": True, "web.search.found": True, "web.search.best_rank": rank})

    assert answered("web.search.best_rank", seen).marks == marks


def test_a_search_box_that_leads_nowhere_is_named_as_failing_and_loses_the_points_of_its_own() -> None:
    seen = Observation(facts={"web.search.home": True, "web.search.works": False})
    failing = criterion("web.search.works")

    assert (answered("web.search.home", seen).marks, answered(failing.id, seen).marks) == (1, 0)
    assert (failing.stage, failing.weight > 0, "search fails" in failing.however) == ("access", True, True)


def test_a_right_page_that_is_not_among_the_results_earns_nothing() -> None:
    seen = Observation(
        facts={"web.search.home": True, "web.search.found": False, "web.search.best_rank": None},
        unknown={"web.search.best_rank": (Why.NOT_APPLICABLE, "not found")},
    )

    assert answered("web.search.best_rank", seen).marks == 0


def test_a_probe_that_could_not_measure_faults_every_answer_and_earns_nothing_of_nothing() -> None:
    answers = answer_all(Observation(facts={}, error="no line"), "phone", SCHEME, HOURS)

    assert {given.state for given in answers} == {State.PROBE_FAULT}
    assert points(answers, SCHEME, "access").share is None


@pytest.mark.parametrize("why", list(Why))
def test_no_reason_for_not_knowing_ever_counts_as_a_no(why: Why) -> None:
    for each in SCHEME.criteria:
        names = {name for name in (each.fact, each.applies_if, each.fails_if_not) if name}
        seen = Observation(facts=dict.fromkeys(names), unknown=dict.fromkeys(names, (why, "reason")), complete=False)
        given = answer(each, seen, SCHEME, HOURS)
        if names:
            assert given.state.value == why.value
        assert given.marks is None


@given(st.lists(st.tuples(st.sampled_from(SCHEME.criteria), st.none() | st.floats(0, 1)), max_size=40))
def test_points_earned_never_exceed_points_possible(marked: list[tuple[Criterion, float | None]]) -> None:
    answers = tuple(
        Answer(criterion=each.id, marks=marks, state=State.ANSWERED if marks is not None else State.NOT_APPLICABLE)
        for each, marks in marked
    )
    for stage in ("access", "quality"):
        total = points(answers, SCHEME, stage)
        assert 0 <= total.earned <= total.possible + 1e-9


def test_the_standard_of_the_seed_profile_is_the_kinder_of_ten_seconds_and_four_rings() -> None:
    assert standard_of(criterion("phone.access.answer_time"), SCHEME) == 12


# ------------------------------------------------------------------------------------------------ other profiles


def test_a_profile_of_rings_alone_is_kept_until_the_next_ring_begins() -> None:
    assert answered("phone.access.answer_time", call(11.5), "thanet").marks == 1
    assert answered("phone.access.answer_time", call(12.5), "thanet").marks == 0
    assert answered("phone.access.answer_time", call(29.5), "harborough").marks == 1


def test_seconds_or_rings_are_met_by_the_longer_of_the_two() -> None:
    assert answered("phone.access.answer_time", call(19.5), "south-gloucestershire").marks == 1
    assert answered("phone.access.answer_time", call(20.5), "south-gloucestershire").marks == 0


def test_a_share_of_all_calls_is_no_standard_for_one_call() -> None:
    given = answered("phone.access.answer_time", call(40), "mole-valley")

    assert (given.state, given.why) == (State.NOT_APPLICABLE, NO_STANDARD)
    assert NO_STANDARD == "the profile has no standard for this"


def test_what_a_profile_does_not_promise_never_fails_where_nothing_came() -> None:
    assert answered("email.ack_24h", mail(None)).marks == 0
    assert answered("email.ack_24h", mail(None), "harborough").state is State.NOT_APPLICABLE


def test_an_acknowledgement_promised_in_working_days_is_judged_in_these_and_told_in_hours() -> None:
    in_time, late = (answered("email.ack_24h", mail(days), "tandridge") for days in (2.2, 3.0))

    assert (in_time.marks, late.marks) == (1, 0)
    assert in_time.value == pytest.approx(52.8, abs=0.01)


@pytest.mark.parametrize(
    ("profile", "id", "words"),
    [
        ("south-derbyshire-2006", "phone.access.answer_time", "Within 10 seconds or four rings"),
        ("thanet", "phone.access.answer_time", "Within four rings"),
        ("lambeth", "phone.access.answer_time", "Within 60 seconds"),
        ("mole-valley", "phone.access.answer_time", "The profile has no standard for this"),
        ("thanet", "email.ack_24h", "Within 3 working days"),
        ("vale-of-white-horse", "email.ack_24h", "Within one working day"),
        ("vale-of-white-horse", "visit.wait", "Within 15 minutes"),
        ("preston", "email.used_name", "Yes"),
    ],
)
def test_a_standard_is_told_as_the_profile_promises_it(profile: str, id: str, words: str) -> None:
    assert standard_words(criterion(id), scheme.load(profile)) == words


def test_the_scheme_tells_its_own_standards_in_the_same_words() -> None:
    for each in SCHEME.criteria:
        assert standard_words(each, SCHEME) in (each.standard, each.standard.split(",")[0]), each.id


# ------------------------------------------------------------------------------------------------ scales


@pytest.mark.parametrize(("rating", "earned"), [(1, 0.0), (2, 0.25), (3, 0.5), (4, 0.75), (5, 1.0)])
def test_a_rating_from_1_to_5_earns_a_quarter_a_step(rating: int, earned: float) -> None:
    assert marks(criterion("phone.handle.courteous"), rating) == earned


@pytest.mark.parametrize("rating", [0, 6, -1, True, "4", None])
def test_a_rating_outside_1_to_5_is_an_error(rating: Any) -> None:
    with pytest.raises(ValueError, match=r"phone\.handle\.courteous: .* is not on the scale from 1 to 5"):
        marks(criterion("phone.handle.courteous"), rating)
