"""When a number is tried again, and what several attempts show together."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.phone.carriers import Status
from probes.phone.moments import FACTS, Look, observe
from probes.phone.retries import MOST_ATTEMPTS, again, combine
from results.calendar import LONDON, Calendar
from results.schema import Evidence, Failure, Moment, Observation, Scenario, Why

NUMBER = "+441134960001"
OFFICE = Calendar(opens=dt.time(9), closes=dt.time(17))
IN_HOURS = Scenario(id="calls", channel="phone", enquiries=("x",))
OUT_OF_HOURS = IN_HOURS.model_copy(update={"in_hours": False})
ENDS: dict[str, tuple[Status, int | None]] = {
    "answered": ("completed", None),
    "engaged": ("busy", 486),
    "no reply": ("no-answer", 487),
    "not in use": ("failed", 404),
    "fault": ("failed", 503),
}


def at(moment: str) -> dt.datetime:
    return dt.datetime.fromisoformat(moment).replace(tzinfo=LONDON)


def attempt(what: str, moment: str = "2026-11-23T10:00") -> Observation:
    """One call, as the probe would have seen it. 23/11/2026 is a Monday."""
    start, (end, sip_code) = at(moment), ENDS[what]
    looks: list[tuple[Status, float]] = [("queued", 0.2)]
    if end in ("completed", "no-answer"):
        looks.append(("ringing", 0.6))
    if end == "completed":
        looks.append(("in-progress", 6.0))
    looks.append((end, 20.0))
    initiated = Moment(lower=start, upper=start, source="test")
    seconds = dt.timedelta(seconds=1)
    seen = [Look(status, start + t * seconds, start + (t + 0.1) * seconds) for status, t in looks]
    return observe(NUMBER, initiated, seen, sip_code, 60)


def next_try(*attempts: Observation, now: str, scenario: Scenario = IN_HOURS) -> str | None:
    moment = again(attempts, scenario, at(now), OFFICE)
    return None if moment is None else f"{moment.astimezone(LONDON):%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize(
    ("what", "now", "expected"),
    [
        ("engaged", "2026-11-23T10:00", "2026-11-23T10:30"),
        ("engaged", "2026-11-23T16:45", "2026-11-24T09:00"),
        ("no reply", "2026-11-23T10:00", "2026-11-23T12:00"),
        ("no reply", "2026-11-23T15:30", "2026-11-24T09:00"),
        ("no reply", "2026-12-24T16:00", "2026-12-29T09:00"),
        ("not in use", "2026-11-23T10:00", "2026-11-24T10:00"),
        ("not in use", "2026-11-27T10:00", "2026-11-30T10:00"),
        ("answered", "2026-11-23T10:00", None),
        ("fault", "2026-11-23T10:00", None),
    ],
)
def test_a_call_is_tried_again_when_the_organisation_ought_to_answer(what: str, now: str, expected: str | None) -> None:
    assert next_try(attempt(what, now), now=now) == expected


@pytest.mark.parametrize(
    ("what", "now", "expected"),
    [
        ("engaged", "2026-11-23T18:00", "2026-11-23T18:30"),
        ("no reply", "2026-11-23T21:00", "2026-11-24T07:00"),
        ("no reply", "2026-11-24T08:00", "2026-11-24T17:00"),
        ("no reply", "2026-11-28T10:00", "2026-11-28T12:00"),
        ("not in use", "2026-11-27T19:00", "2026-11-30T19:00"),
    ],
)
def test_out_of_hours_it_is_tried_again_while_closed_and_never_at_night(what: str, now: str, expected: str) -> None:
    assert next_try(attempt(what, now), now=now, scenario=OUT_OF_HOURS) == expected


def test_nothing_is_tried_more_than_three_times() -> None:
    assert next_try(*[attempt("engaged")] * MOST_ATTEMPTS, now="2026-11-23T12:00") is None


def test_a_number_not_in_use_on_two_days_is_not_tried_a_third_time() -> None:
    days = attempt("not in use"), attempt("not in use", "2026-11-24T10:00")

    assert next_try(*days, now="2026-11-24T10:01") is None


def test_not_in_use_after_an_engaged_tone_is_looked_into_on_another_day() -> None:
    assert next_try(attempt("engaged"), attempt("not in use"), now="2026-11-23T10:31") is not None


@given(st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 12, 31)), st.sampled_from(list(ENDS)), st.booleans())
def test_a_next_attempt_is_later_and_when_a_call_of_that_kind_may_be_made(
    now: dt.datetime, what: str, in_hours: bool
) -> None:
    moment = again([attempt(what)], IN_HOURS if in_hours else OUT_OF_HOURS, now.replace(tzinfo=dt.UTC), OFFICE)

    if moment is not None:
        assert moment > now.replace(tzinfo=dt.UTC)
        assert OFFICE.is_open(moment) is in_hours
        assert dt.time(7) <= moment.astimezone(LONDON).time() < dt.time(22)


def test_getting_through_at_the_second_attempt_is_an_answer_but_not_contactable() -> None:
    seen = combine([attempt("engaged"), attempt("answered", "2026-11-23T10:30")])

    assert seen.facts["phone.contactable"] is False
    assert seen.facts["phone.answered"] is True
    assert (seen.facts["phone.attempts"], seen.facts["phone.engaged_attempts"]) == (2, 1)
    assert seen.failure is None
    assert seen.moments["answered"].lower > at("2026-11-23T10:30")
    assert seen.notes[0].startswith("Attempt 1: The line was engaged")


def test_three_engaged_tones_are_three_and_the_line_works() -> None:
    seen = combine([attempt("engaged")] * 3)

    assert (seen.failure, seen.facts["phone.engaged_attempts"]) == (Failure.ENGAGED, 3)
    assert seen.facts["phone.number_works"] is True


def test_a_number_does_not_work_only_when_two_days_say_so() -> None:
    same_day = combine([attempt("not in use"), attempt("not in use", "2026-11-23T12:00")])
    two_days = combine([attempt("not in use"), attempt("not in use", "2026-11-24T10:00")])

    assert same_day.facts["phone.number_works"] is None
    assert same_day.unknown["phone.number_works"][0] is Why.NEEDS_REVIEW
    assert two_days.facts["phone.number_works"] is False


def test_two_days_are_two_days_where_people_live() -> None:
    midnight = combine([attempt("not in use", "2026-06-22T23:59"), attempt("not in use", "2026-06-23T00:01")])
    hour_later = combine([attempt("not in use", "2026-06-23T00:30"), attempt("not in use", "2026-06-23T01:30")])

    assert midnight.facts["phone.number_works"] is False
    assert hour_later.facts["phone.number_works"] is None


def test_a_number_that_was_not_in_use_on_one_day_and_rang_on_the_next_works() -> None:
    seen = combine([attempt("not in use"), attempt("no reply", "2026-11-24T10:00")])

    assert seen.facts["phone.number_works"] is True
    assert seen.failure is Failure.NO_REPLY


def test_a_fault_of_ours_says_nothing_beside_what_was_measured() -> None:
    seen = combine([attempt("engaged"), attempt("fault", "2026-11-23T10:30")])

    assert seen.error is None
    assert (seen.facts["phone.attempts"], seen.failure) == (1, Failure.ENGAGED)
    assert any("measured nothing" in note for note in seen.notes)


def test_faults_alone_are_a_fault() -> None:
    assert combine([attempt("fault"), attempt("fault")]).error is not None


def test_the_evidence_of_every_attempt_is_kept() -> None:
    kept = [
        Evidence(
            kind="call log", name=f"{n}", media_type="x", sha256=f"{n}" * 64, size=1, keep_until=dt.date(2027, 1, 1)
        )
        for n in range(2)
    ]
    attempts = [attempt("engaged").model_copy(update={"evidence": (one,)}) for one in kept]

    assert combine(attempts).evidence == tuple(kept)


@given(st.lists(st.sampled_from(list(ENDS)), min_size=1, max_size=MOST_ATTEMPTS))
def test_attempts_together_tell_every_fact_that_one_tells(ends: list[str]) -> None:
    seen = combine([attempt(what) for what in ends])

    assert set(seen.facts) == (set() if seen.error else set(FACTS))
