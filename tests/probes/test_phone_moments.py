"""From looks at the carrier's list to moments with bounds, outcomes and facts."""

import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.phone.carriers import Status
from probes.phone.moments import FACTS, Look, observe
from results.schema import Failure, Moment, Observation, Why

START = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
NUMBER = "+441134960001"


def at(seconds: float) -> dt.datetime:
    return START + dt.timedelta(seconds=seconds)


def seen(looks: Sequence[tuple[Status, float]], sip_code: int | None = None, number: str = NUMBER) -> Observation:
    """Each look took a tenth of a second."""
    initiated = Moment(lower=at(0), upper=at(0.1), source="test")
    return observe(number, initiated, [Look(status, at(t), at(t + 0.1)) for status, t in looks], sip_code, 25)


ANSWERED: list[tuple[Status, float]] = [
    ("queued", 0.2),
    ("ringing", 0.5),
    ("ringing", 7),
    ("in-progress", 7.25),
    ("completed", 12),
]


def test_an_answer_lies_between_the_last_look_that_rang_and_the_first_that_did_not() -> None:
    moments = seen(ANSWERED).moments

    assert (moments["answered"].lower, moments["answered"].upper) == (at(7), at(7.35))
    assert (moments["ringing"].lower, moments["ringing"].upper) == (at(0.2), at(0.6))


def test_an_answered_call_got_through_and_its_rings_are_counted() -> None:
    facts = seen(ANSWERED).facts

    assert (facts["phone.outcome"], facts["phone.answered"], facts["phone.rings"]) == ("answered", True, 3)


def test_a_call_that_was_not_watched_says_that_its_rings_are_not_known() -> None:
    observation = seen([("queued", 0.2), ("completed", 40)])

    assert observation.facts["phone.answered"] is True
    assert observation.facts["phone.rings"] is None
    assert observation.unknown["phone.rings"][0] is Why.NEEDS_REVIEW


@pytest.mark.parametrize(
    ("looks", "sip_code", "failure"),
    [
        ([("busy", 1)], 486, Failure.ENGAGED),
        ([("ringing", 1), ("no-answer", 26)], 487, Failure.NO_REPLY),
        ([("failed", 1)], 404, Failure.NUMBER_NOT_IN_USE),
        ([("failed", 1)], 604, Failure.NUMBER_NOT_IN_USE),
    ],
)
def test_a_call_that_did_not_get_through_is_a_failure_with_a_name(
    looks: list[tuple[Status, float]], sip_code: int, failure: Failure
) -> None:
    observation = seen(looks, sip_code)

    assert observation.failure is failure
    assert observation.error is None
    assert observation.facts["phone.contactable"] is False


def test_a_number_not_in_use_is_a_no_only_after_a_second_day() -> None:
    observation = seen([("failed", 1)], 404)

    assert observation.facts["phone.number_works"] is None
    assert observation.unknown["phone.number_works"][0] is Why.NEEDS_REVIEW


@pytest.mark.parametrize("sip_code", [None, 403, 480, 500, 503])
def test_a_call_that_failed_for_any_other_reason_is_the_probes_fault_and_never_the_councils(
    sip_code: int | None,
) -> None:
    observation = seen([("failed", 1)], sip_code)

    assert observation.failure is None
    assert observation.error is not None
    assert observation.facts == {}


def test_a_cancelled_call_says_nothing_about_anybody() -> None:
    assert seen([("canceled", 1)]).error is not None


@pytest.mark.parametrize(
    ("number", "cheap"), [(NUMBER, True), ("+443069990001", True), ("+448081570001", True), ("+448451234567", False)]
)
def test_ordinary_and_free_numbers_are_low_cost(number: str, cheap: bool) -> None:
    assert seen(ANSWERED, number=number).facts["phone.low_cost"] is cheap


@pytest.mark.parametrize("looks", [ANSWERED, [("busy", 1)], [("no-answer", 26)]])
def test_every_fact_is_a_declared_one(looks: list[tuple[Status, float]]) -> None:
    assert set(seen(looks).facts) == set(FACTS)


@pytest.mark.parametrize(
    ("looks", "sip_code", "gave_up", "engaged"),
    [
        (ANSWERED, None, False, 0),
        ([("ringing", 1), ("no-answer", 26)], 487, True, 0),
        ([("busy", 1)], 486, None, 1),
        ([("failed", 1)], 404, None, 0),
    ],
)
def test_only_a_call_that_rang_to_its_limit_was_given_up(
    looks: list[tuple[Status, float]], sip_code: int | None, gave_up: bool | None, engaged: int
) -> None:
    facts = seen(looks, sip_code).facts

    assert (facts["phone.gave_up"], facts["phone.engaged_attempts"]) == (gave_up, engaged)


def test_the_delay_from_dialling_to_ringing_is_told_with_its_bounds_in_words() -> None:
    observation = seen([("queued", 0.2), ("ringing", 0.5), ("completed", 12)])

    assert observation.facts["phone.post_dial_delay"] == pytest.approx(0.35)
    assert "0.1 to 0.6 seconds after it was dialled" in observation.notes[1]


@pytest.mark.parametrize("looks", [[("busy", 1)], [("queued", 0.2), ("completed", 40)]])
def test_a_delay_that_was_not_seen_is_not_guessed(looks: list[tuple[Status, float]]) -> None:
    assert seen(looks).facts["phone.post_dial_delay"] is None


EXACT: dict[Status, dt.datetime] = {"ringing": at(0.31), "in-progress": at(7.13), "completed": at(12.02)}


def test_moments_that_were_seen_on_the_wire_are_used_as_they_are() -> None:
    initiated = Moment(lower=at(0), upper=at(0.1), source="test")
    looks = [Look(status, at(t), at(t + 0.1)) for status, t in ANSWERED]

    moments = observe(NUMBER, initiated, looks, None, 25, EXACT).moments

    for name, truth in (("ringing", 0.31), ("answered", 7.13), ("ended", 12.02)):
        assert moments[name].lower < at(truth) < moments[name].upper
        assert moments[name].uncertainty < 0.05
        assert "wire" in moments[name].source


def test_what_was_not_seen_on_the_wire_keeps_the_bounds_of_the_looks() -> None:
    initiated = Moment(lower=at(0), upper=at(0.1), source="test")
    looks = [Look(status, at(t), at(t + 0.1)) for status, t in ANSWERED]

    moments = observe(NUMBER, initiated, looks, None, 25, {"in-progress": at(7.13)}).moments

    assert (moments["ringing"].lower, moments["ringing"].upper) == (at(0.2), at(0.6))
    assert moments["answered"].uncertainty < 0.05


@given(st.floats(0.1, 120), st.lists(st.floats(0.05, 2), min_size=1, max_size=40))
def test_the_bounds_always_hold_the_truth(answered_at: float, gaps: list[float]) -> None:
    moment, looks = 0.0, []
    for gap in gaps:
        moment += gap
        looks.append((moment, moment + 0.04))
    told: list[Look] = []
    for asked, heard in [*looks, (moment + 200, moment + 200.1)]:
        status: Status = "completed" if asked > moment else "in-progress" if asked >= answered_at else "ringing"
        told.append(Look(status, at(asked), at(heard)))
    observation = observe(NUMBER, Moment(lower=at(0), upper=at(0), source="test"), told, None, 60)

    answered = observation.moments["answered"]
    assert answered.lower <= at(min(answered_at, moment + 200)) <= answered.upper
