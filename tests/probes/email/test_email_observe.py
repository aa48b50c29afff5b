"""What is said of an e-mail before and after its window closed. How a reply reads is in `test_email_reading`."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.email import FACTS, HUMAN, Answer, ByHand, Mail, Persona, Verdict, observe, persona
from probes.email.classify import Kind
from probes.email.facts import QUALITY, WRONG_AUTHORITY
from probes.email.parse import Report
from results.schema import Failure, Moment, Observation, Why
from tests.probes.email.people import COUNCIL, ENQUIRY, SENT_AT

SENT = Moment(lower=SENT_AT, upper=SENT_AT + dt.timedelta(seconds=0.4), source="our clock")
CLOSES_AT = SENT_AT + dt.timedelta(days=21)
EMMA = Persona("Emma", "Clarke")
LETTER = """Dear Ms Clarke

Thank you for your email. A collection costs £25 and you can book online.

If you need any further help please contact me. This letter is available in large print.

Kind regards

Priya Nair
Waste Officer
Environmental Services
Acorn Borough Council
Tel: 0113 496 0123"""


def letter(text: str = LETTER, attachments: tuple[str, ...] = ()) -> Mail:
    return Mail(text=text, text_top=text, attachments=attachments)


def answer(kind: Kind, hours: float, mail: Mail | None = None, folder: str = "INBOX", final: bool = True) -> Answer:
    received = (SENT_AT + dt.timedelta(hours=hours)).replace(microsecond=0)
    return Answer(mail or letter(), Verdict(kind, 0.9, ("a sign of it",), final), received, folder)


def seen(*mails: Answer, closed: bool = True, by_hand: tuple[ByHand, ...] = ()) -> Observation:
    return observe(
        SENT,
        mails,
        persona=EMMA,
        organisation=COUNCIL,
        enquiry=ENQUIRY,
        closes_at=CLOSES_AT,
        closed=closed,
        by_hand=by_hand,
    )


DEFERS = letter("Dear Emma\n\nI am looking into this and will reply by Friday.\n\nRegards\nPriya Nair")
"""Promises an answer by Friday the 20th."""


def why(observation: Observation, name: str) -> Why:
    assert observation.facts[name] is None
    return observation.unknown[name][0]


# ------------------------------------------------------------------------------------------------ silence


def test_while_the_window_is_open_nothing_is_held_against_anybody() -> None:
    observation = seen(closed=False)

    assert set(observation.facts) == set(FACTS)
    of_its_own = {name: reason for name, (reason, _) in observation.unknown.items() if name not in WRONG_AUTHORITY}
    assert set(of_its_own.values()) == {Why.WINDOW_OPEN}
    assert not observation.complete
    assert observation.failure is None


def test_whose_matter_it_is_is_not_asked_of_an_enquiry_that_is_their_own() -> None:
    for observation in (seen(closed=False), seen(answer("unclear", 5)), seen(answer("final reply", 5))):
        assert {why(observation, name) for name in WRONG_AUTHORITY} == {Why.NOT_APPLICABLE}


def test_silence_until_the_window_closed_is_a_failure() -> None:
    observation = seen()

    assert observation.failure is Failure.SILENT
    assert observation.complete
    assert observation.facts["email.replied"] is False
    assert observation.facts["email.auto_ack"] is False
    assert observation.facts["email.delivered"] is True
    assert all(why(observation, name) is Why.NOT_APPLICABLE for name in QUALITY)


def test_an_acknowledgement_alone_is_no_reply() -> None:
    observation = seen(answer("automatic acknowledgement", 0.01))

    assert observation.failure is Failure.SILENT
    assert observation.facts["email.acknowledged"] is True
    assert observation.facts["email.auto_ack"] is True
    assert observation.facts["email.replied"] is False
    assert set(observation.moments) == {"sent", "auto_ack", "first_response"}


# ------------------------------------------------------------------------------------------------ answers


def test_a_reply_from_a_person_is_read() -> None:
    observation = seen(answer("automatic acknowledgement", 0.01), answer("final reply", 20))

    assert observation.failure is None
    assert observation.facts["email.replied"] is True
    assert observation.facts["email.replies_count"] == 1
    assert observation.facts["email.fully_answered"] == "fully"
    assert observation.facts["email.reply_channel"] == "email"
    assert {reason for reason, _ in observation.unknown.values()} == {Why.NOT_APPLICABLE}
    assert "Point 1 of 2 of the answer key (book online): met." in observation.notes


def test_the_moments_are_those_of_the_first_answer_the_first_person_and_the_last() -> None:
    mails = [answer("final reply", 30), answer("out of office", 0.01), answer("final reply", 20)]

    moments = seen(*mails).moments

    hours = {name: (moment.lower - SENT_AT).total_seconds() / 3600 for name, moment in moments.items()}
    assert hours["first_response"] == pytest.approx(0.01)
    assert (hours["first_human"], hours["final_reply"]) == (20, 30)
    assert "auto_ack" not in moments
    assert moments["final_reply"].uncertainty == 1


@given(st.floats(min_value=-3, max_value=3))
def test_no_answer_comes_before_its_question(seconds: float) -> None:
    moment = seen(answer("final reply", seconds / 3600)).moments["first_human"]

    assert SENT.lower <= moment.lower <= moment.upper


def test_two_replies_answer_together() -> None:
    half = letter("Dear Emma,\n\nIt costs £25.\n\nRegards\nPriya Nair")
    rest = letter("Dear Emma,\n\nI forgot to say: you can book online.\n\nRegards\nPriya Nair")

    observation = seen(answer("final reply", 1, half), answer("final reply", 2, rest))

    assert observation.facts["email.replies_count"] == 2
    assert observation.facts["email.fully_answered"] == "fully"


def test_an_answer_in_the_junk_folder_is_said_to_be_there() -> None:
    observation = seen(answer("final reply", 1, folder="Junk"))

    assert observation.facts["email.spam_folder"] is True
    assert "junk folder" in observation.notes[0]


# ------------------------------------------------------------------------------------------------ doubt


def test_an_unclear_answer_waits_for_a_person_and_is_no_silence() -> None:
    observation = seen(answer("unclear", 5))

    assert observation.failure is None
    assert why(observation, "email.replied") is Why.NEEDS_REVIEW
    assert why(observation, "email.used_name") is Why.NEEDS_REVIEW


def test_a_reply_beyond_doubt_settles_an_unclear_one() -> None:
    observation = seen(answer("unclear", 5), answer("final reply", 20))

    assert observation.facts["email.replied"] is True
    assert why(observation, "email.replies_count") is Why.NEEDS_REVIEW


def test_a_challenge_is_no_answer_and_what_it_means_is_for_a_person_to_say() -> None:
    observation = seen(answer("challenge", 0.1))

    assert observation.failure is None
    assert why(observation, "email.replied") is Why.NEEDS_REVIEW
    assert why(observation, "email.delivered") is Why.NEEDS_REVIEW


def test_a_person_who_replies_has_seen_the_enquiry_whatever_a_challenge_said() -> None:
    facts = seen(answer("challenge", 0.1), answer("final reply", 20)).facts

    assert (facts["email.delivered"], facts["email.replied"]) == (True, True)


def test_a_survey_is_no_answer_at_all() -> None:
    observation = seen(answer("survey", 100))

    assert observation.failure is Failure.SILENT
    assert observation.facts["email.survey"] is True
    assert observation.facts["email.acknowledged"] is False
    assert set(observation.moments) == {"sent"}


# ------------------------------------------------------------------------------------------------ bounces


def test_a_bounce_is_the_organisations_failure_and_settles_the_matter() -> None:
    observation = seen(answer("bounce", 0.01), closed=False)

    assert observation.failure is Failure.BOUNCED
    assert observation.complete
    assert observation.facts["email.delivered"] is False


def test_a_bounce_beside_a_reply_is_only_noted() -> None:
    observation = seen(answer("bounce", 0.01), answer("final reply", 20))

    assert observation.failure is None
    assert observation.facts["email.delivered"] is True


def test_a_warning_of_delay_leaves_everything_open() -> None:
    observation = seen(answer("bounce", 4, final=False), closed=False)

    assert observation.failure is None
    assert why(observation, "email.delivered") is Why.WINDOW_OPEN


def test_a_refusal_by_policy_may_be_our_own_fault_so_a_person_looks() -> None:
    observation = seen(answer("bounce", 0.01, Mail(report=Report("failed", "5.7.1"))))

    assert observation.failure is None
    assert why(observation, "email.delivered") is Why.NEEDS_REVIEW
    assert why(observation, "email.replied") is Why.NEEDS_REVIEW


# ------------------------------------------------------------------------------------------------ interim and final


def test_an_interim_reply_is_no_final_reply_yet_no_silence() -> None:
    observation = seen(answer("interim reply", 20))

    assert observation.failure is None
    assert observation.facts["email.replied"] is False
    assert observation.facts["email.used_name"] is True
    assert set(observation.moments) == {"sent", "first_response", "first_human", "interim"}
    assert "A person replied and left the answer for later." in observation.notes


def test_while_the_window_is_open_an_interim_reply_leaves_the_answer_open() -> None:
    observation = seen(answer("interim reply", 20, DEFERS), closed=False)

    for name in ("email.replied", "email.fully_answered", "email.next_steps", "email.promise_kept"):
        assert why(observation, name) is Why.WINDOW_OPEN


def test_the_final_reply_is_the_last_that_answers() -> None:
    kinds = [answer("interim reply", 1), answer("final reply", 20), answer("interim reply", 30)]

    moments = seen(*kinds).moments

    assert (moments["final_reply"].lower - SENT_AT) == dt.timedelta(hours=20)
    assert (moments["interim"].lower - SENT_AT) == dt.timedelta(hours=1)


def test_whether_a_persons_reply_answers_may_be_for_a_person_to_say() -> None:
    observation = seen(answer("human reply", 20))

    assert why(observation, "email.replied") is Why.NEEDS_REVIEW
    assert observation.failure is None
    assert "final_reply" not in observation.moments
    assert "first_human" in observation.moments


def test_a_reply_after_the_window_closed_is_told_and_changes_nothing() -> None:
    late = answer("final reply", 22 * 24)

    observation = seen(late)

    assert observation.model_copy(update={"notes": ()}) == seen().model_copy(update={"notes": ()})
    assert observation.notes == ("A reply came on 09/12/2026 at 10:00, after the window had closed on 08/12/2026.",)


# ------------------------------------------------------------------------------------------------ every combination

KINDS: list[Kind] = [
    *("automatic acknowledgement", "out of office", *HUMAN, "bounce", "challenge", "survey", "unreadable", "unclear")
]


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.floats(0, 700)), max_size=6),
    st.lists(st.tuples(st.booleans(), st.floats(0, 700)), max_size=2),
    st.booleans(),
)
def test_every_fact_has_a_value_or_a_reason(
    kinds: list[tuple[Kind, float]], entered: list[tuple[bool, float]], closed: bool
) -> None:
    by_hand = tuple(ByHand("letter", SENT_AT + dt.timedelta(hours=hours), answers) for answers, hours in entered)

    observation = seen(*(answer(kind, hours) for kind, hours in kinds), closed=closed, by_hand=by_hand)

    assert set(observation.facts) == set(FACTS)
    assert ("final_reply" in observation.moments) == (observation.facts["email.replied"] is True)
    assert not (observation.failure is Failure.SILENT and observation.facts["email.replied"])
    if not closed and observation.failure is None:
        assert False not in [observation.facts[name] for name in ("email.replied", "email.auto_ack", "email.delivered")]


def test_no_name_of_staff_is_kept() -> None:
    kept = seen(answer("interim reply", 5, DEFERS), answer("final reply", 20)).model_dump_json()

    assert "Priya" not in kept
    assert "Nair" not in kept


# ------------------------------------------------------------------------------------------------ the enquirer


def test_a_reference_always_gives_the_same_person() -> None:
    assert persona("k7f2q") == persona("k7f2q")


def test_many_references_give_many_people() -> None:
    assert len({persona(f"reference-{number}").name for number in range(1000)}) > 300
