"""What is said of an e-mail that was followed up: by telephone or letter, by a promise, by an acknowledgement."""

from __future__ import annotations

import datetime as dt

import pytest

from probes.email import ByHand
from results.schema import Why
from tests.probes.email.people import SENT_AT
from tests.probes.email.test_email_observe import DEFERS, answer, letter, seen, why

# ------------------------------------------------------------------------------------------------ by other ways


def test_a_reply_by_telephone_counts_and_its_words_are_not_judged() -> None:
    observation = seen(by_hand=(ByHand("telephone", SENT_AT + dt.timedelta(hours=5, seconds=12), answers=True),))

    assert observation.facts["email.replied"] is True
    assert observation.facts["email.reply_channel"] == "telephone"
    assert observation.unknown["email.used_name"] == (Why.NOT_APPLICABLE, "the reply came by telephone")
    moment = observation.moments["final_reply"]
    assert (moment.lower, moment.uncertainty, moment.source) == (
        SENT_AT + dt.timedelta(hours=5),
        60,
        "entered by a person",
    )


def test_a_letter_that_only_defers_is_an_interim_reply() -> None:
    observation = seen(by_hand=(ByHand("letter", SENT_AT + dt.timedelta(days=2), answers=False),))

    assert observation.facts["email.replied"] is False
    assert observation.failure is None
    assert "interim" in observation.moments


def test_an_e_mail_that_defers_is_judged_for_its_form_when_the_answer_came_by_telephone() -> None:
    call = ByHand("telephone", SENT_AT + dt.timedelta(hours=30), answers=True)

    observation = seen(answer("interim reply", 20), by_hand=(call,))

    assert observation.facts["email.used_name"] is True
    assert observation.unknown["email.fully_answered"] == (Why.NOT_APPLICABLE, "the answer came by telephone")


# ------------------------------------------------------------------------------------------------ promises


@pytest.mark.parametrize(("hours", "kept"), [(60, True), (3 * 24 + 13, True), (3 * 24 + 15, False), (200, False)])
def test_a_promise_is_kept_until_the_end_of_the_promised_day(hours: float, kept: bool) -> None:
    observation = seen(answer("interim reply", 5, DEFERS), answer("final reply", hours))

    assert observation.facts["email.promise_kept"] is kept
    assert observation.moments["promised_by"].lower == dt.datetime(2026, 11, 20, 23, 59, 59, tzinfo=dt.UTC)


def test_a_promise_that_nobody_kept_is_broken_once_the_window_closed_and_open_before() -> None:
    assert seen(answer("interim reply", 5, DEFERS)).facts["email.promise_kept"] is False
    assert why(seen(answer("interim reply", 5, DEFERS), closed=False), "email.promise_kept") is Why.WINDOW_OPEN


def test_a_promised_day_after_the_window_closed_is_nobodys_to_judge() -> None:
    later = letter("Dear Emma\n\nI am looking into this and will reply by 20 December.\n\nRegards\nPriya Nair")

    assert why(seen(answer("interim reply", 5, later)), "email.promise_kept") is Why.NOT_APPLICABLE


def test_a_day_that_can_be_read_in_two_ways_is_for_a_person() -> None:
    unsure = letter("Dear Emma\n\nI am looking into this and will reply by next Friday.\n\nRegards\nPriya Nair")

    observation = seen(answer("interim reply", 5, unsure), answer("final reply", 60))

    assert why(observation, "email.promise_kept") is Why.NEEDS_REVIEW
    assert "promised_by" not in observation.moments


def test_next_steps_are_asked_for_only_where_the_answer_is_not_full() -> None:
    assert seen(answer("interim reply", 5, DEFERS)).facts["email.next_steps"] is True
    assert why(seen(answer("final reply", 5)), "email.next_steps") is Why.NOT_APPLICABLE


# ------------------------------------------------------------------------------------------------ acknowledgements


@pytest.mark.parametrize(
    ("text", "quality"),
    [
        ("Thank you, we have received your e-mail.", "0"),
        ("Your reference is CAS-120934.", "1"),
        ("We will reply within 10 working days. If it is urgent, ring 0113 496 0123.", "2"),
        ("Your case number is 4471823. We aim to reply in five days. You can also report it online.", "3"),
        ("Our lines are open 24 hours a day, 7 days a week.", "0"),
    ],
)
def test_an_acknowledgement_is_judged_by_what_it_gives(text: str, quality: str) -> None:
    assert seen(answer("automatic acknowledgement", 0.01, letter(text))).facts["email.auto_ack_quality"] == quality


def test_an_acknowledgement_that_makes_it_a_formal_request_diverts_the_enquiry() -> None:
    logged = letter("Your e-mail has been logged as a Freedom of Information request. Your reference is 120934.")

    assert seen(answer("automatic acknowledgement", 0.01, logged)).facts["email.treated_as_foi"] is True
