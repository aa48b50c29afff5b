"""What is said of an e-mail before and after its window closed, and what a reply gave the enquirer."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.email import FACTS, Mail, Persona, Verdict, observe, persona, read, read_reply
from probes.email.classify import Kind
from probes.email.facts import QUALITY
from probes.email.observe import Answer
from probes.email.parse import Report
from results.schema import Fact, Failure, Moment, Observation, Why
from tests.probes.email.people import COUNCIL, ENQUIRY, SENT_AT

SENT = Moment(lower=SENT_AT, upper=SENT_AT + dt.timedelta(seconds=0.4), source="our clock")
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
    return (mail or letter(), Verdict(kind, 0.9, ("a sign of it",), final), received, folder)


def seen(*mails: Answer, closed: bool = True) -> Observation:
    return observe(SENT, mails, persona=EMMA, organisation=COUNCIL, enquiry=ENQUIRY, closed=closed)


def why(observation: Observation, name: str) -> Why:
    assert observation.facts[name] is None
    return observation.unknown[name][0]


# ------------------------------------------------------------------------------------------------ silence


def test_while_the_window_is_open_nothing_is_held_against_anybody() -> None:
    observation = seen(closed=False)

    assert set(observation.facts) == set(FACTS)
    assert {reason for reason, _ in observation.unknown.values()} == {Why.WINDOW_OPEN}
    assert not observation.complete
    assert observation.failure is None


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
    observation = seen(answer("automatic acknowledgement", 0.01), answer("human reply", 20))

    assert observation.failure is None
    assert observation.facts["email.replied"] is True
    assert observation.facts["email.replies_count"] == 1
    assert observation.facts["email.fully_answered"] == "fully"
    assert not observation.unknown


def test_the_moments_are_those_of_the_first_answer_the_first_person_and_the_last() -> None:
    mails = [answer("human reply", 30), answer("out of office", 0.01), answer("human reply", 20)]

    moments = seen(*mails).moments

    hours = {name: (moment.lower - SENT_AT).total_seconds() / 3600 for name, moment in moments.items()}
    assert hours["first_response"] == pytest.approx(0.01)
    assert (hours["first_human"], hours["final_reply"]) == (20, 30)
    assert "auto_ack" not in moments
    assert moments["final_reply"].uncertainty == 1


@given(st.floats(min_value=-3, max_value=3))
def test_no_answer_comes_before_its_question(seconds: float) -> None:
    moment = seen(answer("human reply", seconds / 3600)).moments["first_human"]

    assert SENT.lower <= moment.lower <= moment.upper


def test_two_replies_answer_together() -> None:
    half = letter("Dear Emma,\n\nIt costs £25.\n\nRegards\nPriya Nair")
    rest = letter("Dear Emma,\n\nI forgot to say: you can book online.\n\nRegards\nPriya Nair")

    observation = seen(answer("human reply", 1, half), answer("human reply", 2, rest))

    assert observation.facts["email.replies_count"] == 2
    assert observation.facts["email.fully_answered"] == "fully"


def test_an_answer_in_the_junk_folder_is_said_to_be_there() -> None:
    observation = seen(answer("human reply", 1, folder="Junk"))

    assert observation.facts["email.spam_folder"] is True
    assert "junk folder" in observation.notes[0]


# ------------------------------------------------------------------------------------------------ doubt


def test_an_unclear_answer_waits_for_a_person_and_is_no_silence() -> None:
    observation = seen(answer("unclear", 5))

    assert observation.failure is None
    assert why(observation, "email.replied") is Why.NEEDS_REVIEW
    assert why(observation, "email.used_name") is Why.NEEDS_REVIEW


def test_a_reply_beyond_doubt_settles_an_unclear_one() -> None:
    observation = seen(answer("unclear", 5), answer("human reply", 20))

    assert observation.facts["email.replied"] is True
    assert why(observation, "email.replies_count") is Why.NEEDS_REVIEW


def test_a_challenge_is_no_answer() -> None:
    assert seen(answer("challenge", 0.1)).failure is Failure.SILENT


# ------------------------------------------------------------------------------------------------ bounces


def test_a_bounce_is_the_organisations_failure_and_settles_the_matter() -> None:
    observation = seen(answer("bounce", 0.01), closed=False)

    assert observation.failure is Failure.BOUNCED
    assert observation.complete
    assert observation.facts["email.delivered"] is False


def test_a_bounce_beside_a_reply_is_only_noted() -> None:
    observation = seen(answer("bounce", 0.01), answer("human reply", 20))

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


KINDS: list[Kind] = [
    *("automatic acknowledgement", "out of office", "human reply", "bounce", "challenge", "unreadable", "unclear")
]


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.floats(0, 500)), max_size=6), st.booleans())
def test_every_fact_has_a_value_or_a_reason(kinds: list[tuple[Kind, float]], closed: bool) -> None:
    observation = seen(*(answer(kind, hours) for kind, hours in kinds), closed=closed)

    assert set(observation.facts) == set(FACTS)
    assert not (observation.failure is Failure.SILENT and observation.facts["email.replied"])
    if not closed and observation.failure is None:
        assert False not in [observation.facts[name] for name in ("email.replied", "email.auto_ack", "email.delivered")]


def test_no_name_of_staff_is_kept() -> None:
    kept = seen(answer("human reply", 20)).model_dump_json()

    assert "Priya" not in kept
    assert "Nair" not in kept


# ------------------------------------------------------------------------------------------------ reading a reply


def facts(text: str, attachments: tuple[str, ...] = ()) -> dict[str, Fact]:
    return read_reply(letter(text, attachments), EMMA, COUNCIL, ENQUIRY)


def test_a_good_letter_has_everything() -> None:
    found = facts(LETTER)

    assert [name for name, value in found.items() if value is False] == ["email.treated_as_foi"]


def test_a_bare_answer_has_next_to_nothing() -> None:
    found = facts("You can book online for £25.")

    assert {name for name, value in found.items() if value not in (False, None)} == {
        "email.accessible",
        "email.fully_answered",
    }


@pytest.mark.parametrize(
    ("greeting", "used", "correct"),
    [
        ("Dear Ms Clarke", True, True),
        ("Hi Emma,", True, True),
        ("Emma,", True, True),
        ("Dear Mrs Clark", True, False),
        ("Dear Ema", True, False),
        ("Dear Customer", False, None),
        ("Dear Sir or Madam", False, None),
        ("Dear Mr Robinson", False, None),
        ("Good morning", False, None),
    ],
)
def test_the_name_is_used_and_right(greeting: str, used: bool, correct: bool | None) -> None:
    found = facts(f"{greeting}\n\nIt costs £25.\n\nKind regards\nPriya Nair")

    assert (found["email.used_name"], found["email.name_correct"]) == (used, correct)


@pytest.mark.parametrize(
    ("signature", "name", "phone", "title", "department"),
    [
        ("Priya Nair", True, False, False, False),
        ("Customer Services Team", False, False, False, True),
        ("Priya Nair\nWaste Officer\nParks and Waste\n01283 595795", True, True, True, True),
        ("P. Nair\nHead of Revenues, Revenues and Benefits", True, False, True, True),
        ("Priya Nair\nFax: 01283 595000", True, False, False, False),
        ("Acorn Borough Council", False, False, False, False),
    ],
)
def test_the_signature_is_read(signature: str, name: bool, phone: bool, title: bool, department: bool) -> None:
    found = facts(f"Dear Emma\n\nIt costs £25.\n\nKind regards\n\n{signature}")

    names = ("email.sender_name", "email.sender_phone", "email.sender_job_title", "email.sender_department")
    assert tuple(found[fact] for fact in names) == (name, phone, title, department)


@pytest.mark.parametrize(
    ("text", "answered"),
    [("Book online, it is £25.", "fully"), ("It is £ 25.", "partly"), ("Please see our website.", "not")],
)
def test_the_answer_key_proposes_how_fully_it_was_answered(text: str, answered: str) -> None:
    assert facts(text)["email.fully_answered"] == answered


def test_our_own_words_quoted_back_are_no_answer() -> None:
    asks = ENQUIRY.model_copy(update={"words": "Can I book online, and does it really cost £25 as my neighbour said?"})

    found = read_reply(letter(f"Dear Emma\n\nYes.\n\n{asks.words}"), EMMA, COUNCIL, asks)

    assert found["email.fully_answered"] == "not"


def test_an_answer_that_is_only_in_an_attachment_goes_to_a_person() -> None:
    found = facts("Dear Emma\n\nPlease see the attached letter.\n\nRegards\nPriya Nair", ("letter.pdf",))

    assert found["email.accessible"] is False
    assert found["email.fully_answered"] is None


def test_an_answer_beside_an_attachment_is_accessible() -> None:
    assert facts(LETTER, ("logo.png",))["email.accessible"] is True


@pytest.mark.parametrize(
    "text",
    [
        "Your request has been logged under the Freedom of Information Act.",
        "This has been passed to our corporate complaints team and recorded as a formal complaint.",
    ],
)
def test_an_enquiry_diverted_into_procedure_is_noticed(text: str) -> None:
    assert facts(text)["email.treated_as_foi"] is True


# ------------------------------------------------------------------------------------------------ the enquirer


def test_a_reference_always_gives_the_same_person() -> None:
    assert persona("k7f2q") == persona("k7f2q")


def test_many_references_give_many_people() -> None:
    assert len({persona(f"reference-{number}").name for number in range(1000)}) > 300


def test_a_whole_mail_goes_from_bytes_to_facts() -> None:
    raw = (
        f"Subject: Re: Old sofa\r\n\r\n{LETTER}\r\n\r\nOn Tue, 17 Nov 2026, Emma Clarke wrote:\r\n> {ENQUIRY.words}\r\n"
    )

    found = read_reply(read(raw.encode(), ENQUIRY.words), EMMA, COUNCIL, ENQUIRY)

    assert found["email.sender_name"] is True
    assert found["email.fully_answered"] == "fully"
