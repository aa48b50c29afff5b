"""What a reply leaves for later, and by which day it promises an answer."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.email.promises import Promise, defers, promise, without_promises
from results.calendar import Calendar

TUESDAY = dt.datetime(2026, 11, 17, 10, 0, tzinfo=dt.UTC)
CALENDAR = Calendar()


def promised(text: str, received: dt.datetime = TUESDAY, calendar: Calendar = CALENDAR) -> Promise | None:
    return promise(text, received, calendar)


@pytest.mark.parametrize(
    "text",
    [
        "I have passed your e-mail to my colleague in waste services.",
        "Your enquiry has been forwarded to the licensing team.",
        "I am looking into this for you.",
        "We are still waiting to hear from our contractor.",
        "Somebody will be in touch.",
        "I'll let you know as soon as I hear.",
        "Please bear with me.",
        "Could you tell me your postcode so that I can check?",
    ],
)
def test_a_reply_that_leaves_the_answer_for_later_defers(text: str) -> None:
    assert defers(text)
    assert promised(text) == Promise(None)


@pytest.mark.parametrize(
    "text",
    [
        "A collection costs £25.",
        "You can book online, and we collect within ten working days.",
        "If you send us your address we will look into it and answer within five working days.",
        "Once you have booked, the crew will contact you within two days.",
        "If you need any further help, please let me know.",
    ],
)
def test_an_answer_or_an_offer_defers_nothing(text: str) -> None:
    assert not defers(text)
    assert promised(text) is None


@pytest.mark.parametrize(
    ("when", "day"),
    [
        ("by Friday", dt.date(2026, 11, 20)),
        ("by the end of Monday", dt.date(2026, 11, 23)),
        ("by 3 December", dt.date(2026, 12, 3)),
        ("by Thursday 3rd December 2026", dt.date(2026, 12, 3)),
        ("by 03/12/2026", dt.date(2026, 12, 3)),
        ("by 5 January", dt.date(2027, 1, 5)),
        ("today", dt.date(2026, 11, 17)),
        ("tomorrow", dt.date(2026, 11, 18)),
        ("by the end of the week", dt.date(2026, 11, 20)),
        ("next week", dt.date(2026, 11, 27)),
        ("by the end of the month", dt.date(2026, 11, 30)),
        ("within 5 working days", dt.date(2026, 11, 24)),
        ("within three to five working days", dt.date(2026, 11, 24)),
        ("within ten (10) working days", dt.date(2026, 12, 1)),
        ("within 48 hours", dt.date(2026, 11, 19)),
        ("in two weeks", dt.date(2026, 12, 1)),
        ("within the next fortnight", dt.date(2026, 12, 1)),
    ],
)
def test_the_promised_day_is_read_as_the_british_write_it(when: str, day: dt.date) -> None:
    assert promised(f"Thank you. I will reply to you {when}. Kind regards") == Promise(day)


@pytest.mark.parametrize(
    "when",
    ["by next Friday", "by Tuesday", "within ten working days of receiving your e-mail", "by Friday 26 November"],
)
def test_a_day_that_can_be_read_in_two_ways_is_not_sure(when: str) -> None:
    found = promised(f"I will reply to you {when}.")

    assert found is not None
    assert not found.sure


@pytest.mark.parametrize(
    "when", ["by 3 November 2026", "by 31 February", "within 0 days", "within 999 days", "shortly"]
)
def test_a_day_that_cannot_be_meant_is_no_day(when: str) -> None:
    assert promised(f"I will reply to you {when}.") == Promise(None)


def test_working_days_are_the_organisations_own() -> None:
    closed = Calendar(closures=(dt.date(2026, 11, 18), dt.date(2026, 11, 19)))

    assert promised("We will reply within 2 working days.", calendar=closed) == Promise(dt.date(2026, 11, 23))


def test_the_first_promise_with_a_day_counts() -> None:
    text = "I have passed this to a colleague. She will reply by Friday. I will write again by 3 December."

    assert promised(text) == Promise(dt.date(2026, 11, 20))


def test_the_time_of_a_promise_is_taken_out_and_nothing_else() -> None:
    text = "A permit lasts six weeks. Somebody will reply within two weeks about the fee."

    left = without_promises(text)

    assert "six weeks" in left
    assert "two weeks" not in left
    assert "about the fee" in left


@given(
    st.lists(
        st.sampled_from(
            ["i will reply", "by", "within", "3", "31", "99", "february", "days", "friday", ". ", "/", "next"]
        )
    )
)
def test_no_words_raise_and_no_promise_lies_in_the_past(words: list[str]) -> None:
    found = promised(" ".join(words))

    assert found is None or found.day is None or found.day >= TUESDAY.date()
