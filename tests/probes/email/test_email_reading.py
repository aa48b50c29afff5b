"""What a person's reply gave the enquirer: its form, what it answers, where it sends, how it reads."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from probes.email import Answer, Mail, Verdict, observe, points_of, read, read_reply
from probes.email.letter import sentences, take_apart
from probes.email.presentation import FEWEST_WORDS, layout, reading_ease, syllables
from probes.email.reading import diverted
from results.schema import AnswerKey, Enquiry, Fact, Observation, Organisation, Responsible, Why
from tests.probes.email.people import COUNCIL, ENQUIRY, SENT_AT
from tests.probes.email.test_email_observe import CLOSES_AT, EMMA, LETTER, SENT, letter

PASSPORTS = Responsible(
    name="HM Passport Office",
    aliases=("Passport Office", "HMPO"),
    numbers=("+443002220000",),
    hosts=("www.gov.uk",),
)
PASSPORT = ENQUIRY.model_copy(
    update={"answer_key": AnswerKey(dated=dt.date(2026, 9, 1), source="GOV.UK", page="passport", responsible=PASSPORTS)}
)


def observed(*replies: Mail, enquiry: Enquiry = ENQUIRY, organisation: Organisation = COUNCIL) -> Observation:
    verdict = Verdict("final reply", 0.9, ())
    answers = [Answer(mail, verdict, SENT_AT + dt.timedelta(hours=20 + at), "INBOX") for at, mail in enumerate(replies)]
    return observe(
        SENT, answers, persona=EMMA, organisation=organisation, enquiry=enquiry, closes_at=CLOSES_AT, closed=True
    )


def says(body: str) -> Mail:
    return letter(f"Dear Emma\n\n{body}\n\nKind regards\n\nPriya Nair\nWaste Officer\nTel: 0113 496 0123")


# ------------------------------------------------------------------------------------------------ reading a reply


def facts(text: str, attachments: tuple[str, ...] = ()) -> dict[str, Fact]:
    return read_reply(letter(text, attachments), EMMA, COUNCIL, ENQUIRY)


def test_a_good_letter_has_everything() -> None:
    found = facts(LETTER)

    assert [name for name, value in found.items() if value is False] == []


def test_a_bare_answer_has_next_to_nothing() -> None:
    found = facts("You can book online for £25.")

    assert {name for name, value in found.items() if value is True} == {"email.accessible"}


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


# ------------------------------------------------------------------------------------------------ the answer


@pytest.mark.parametrize(
    ("text", "answered"),
    [
        ("Book online, it is £25.", "fully"),
        ("It is £ 25.", "partly"),
        ("Please see our website.", "not"),
        ("I am looking into whether you can book online.", "partly"),
    ],
)
def test_the_answer_key_proposes_how_fully_it_was_answered(text: str, answered: str) -> None:
    assert observed(says(text)).facts["email.fully_answered"] == answered


def test_the_time_in_which_an_answer_is_promised_is_no_answer() -> None:
    key = AnswerKey(dated=dt.date(2026, 9, 1), source="website", points=("week|days",), page="bulky")
    asks = ENQUIRY.model_copy(update={"answer_key": key})
    deferred = says("I have passed this on to my colleague, who will reply within ten working days.")

    assert observed(deferred, enquiry=asks).facts["email.fully_answered"] == "not"
    assert observed(says("We collect within two weeks."), enquiry=asks).facts["email.fully_answered"] == "fully"


def test_a_signature_makes_no_point_of_the_answer_key() -> None:
    reply = letter("Dear Emma\n\nIt is £25.\n\nRegards\nPriya Nair\nBook online today")

    assert observed(reply).facts["email.fully_answered"] == "partly"


def test_our_own_words_quoted_back_are_no_answer() -> None:
    asks = ENQUIRY.model_copy(update={"words": "Can I book online, and does it really cost £25 as my neighbour said?"})

    assert observed(letter(f"Dear Emma\n\nYes.\n\n{asks.words}"), enquiry=asks).facts["email.fully_answered"] == "not"


def test_an_answer_that_is_only_in_an_attachment_goes_to_a_person() -> None:
    attached = letter("Dear Emma\n\nPlease see the attached letter.\n\nRegards\nPriya Nair", ("letter.pdf",))

    observation = observed(attached)

    assert observation.facts["email.accessible"] is False
    for name in ("email.fully_answered", "email.next_steps", "email.treated_as_foi", "email.alt_formats"):
        assert observation.unknown[name] == (
            Why.NEEDS_REVIEW,
            "the answer is in an attachment: a person must read it",
        )


def test_an_answer_beside_an_attachment_is_accessible() -> None:
    assert facts(LETTER, ("logo.png",))["email.accessible"] is True


@pytest.mark.parametrize(
    ("text", "is_diverted"),
    [
        ("Your request has been logged under the Freedom of Information Act.", True),
        ("We are treating your e-mail as a request under the Environmental Information Regulations.", True),
        ("This has been passed to our corporate complaints team and recorded as a formal complaint.", True),
        ("Please note that e-mails may have to be disclosed under the Freedom of Information Act 2000.", False),
        ("If you are unhappy with our service you can make a complaint.", False),
    ],
)
def test_an_enquiry_diverted_into_procedure_is_noticed(text: str, is_diverted: bool) -> None:
    assert diverted(take_apart(f"Dear Emma\n\n{text}\n\nRegards\nPriya Nair")) is is_diverted


# ------------------------------------------------------------------------------------------------ links


@pytest.mark.parametrize(
    ("states", "works"),
    [
        (("works", "works"), True),
        (("works", "broken"), False),
        (("works", "not checked"), True),
        (("not checked", "not checked"), None),
    ],
)
def test_links_work_where_every_one_that_was_tried_does(states: tuple[str, str], works: bool | None) -> None:
    mail = Mail(text=LETTER, text_top=LETTER, links=("https://a.example/1", "https://a.example/2"))
    links = dict(zip(mail.links, states, strict=True))
    reply = Answer(mail, Verdict("final reply", 0.9, ()), SENT_AT + dt.timedelta(hours=20), "INBOX", links)

    observation = observe(
        SENT, [reply], persona=EMMA, organisation=COUNCIL, enquiry=ENQUIRY, closes_at=CLOSES_AT, closed=True
    )

    assert observation.facts["email.links_work"] is works


def test_a_reply_without_links_has_none_to_work() -> None:
    assert observed(letter()).unknown["email.links_work"][0] is Why.NOT_APPLICABLE


# ------------------------------------------------------------------------------------------------ another authority


@pytest.mark.parametrize(
    ("text", "accepted", "told", "right"),
    [
        ("Please contact HM Passport Office on 0300 222 0000.", True, True, True),
        ("You need the passport office; see https://www.gov.uk/renew-adult-passport.", True, True, True),
        ("Please see gov.uk/renew-adult-passport.", True, False, True),
        ("Please ring HM Passport Office on 0300 999 0000.", True, True, False),
        ("Please ring the Passport Office on 0300 999 0000 or see www.gov.uk.", True, True, False),
        ("Passports are issued by HMPO. If you need more help, ring me on 0113 496 0999.", True, True, False),
        ("This is not something that the council deals with.", False, False, False),
        ("I have forwarded your e-mail to HM Passport Office, who will reply to you.", True, True, False),
        ("Thank you for your e-mail about your holidays.", None, False, False),
    ],
)
def test_another_authoritys_matter_is_judged_by_where_the_reply_sends(
    text: str, accepted: bool | None, told: bool, right: bool
) -> None:
    found = observed(says(text), enquiry=PASSPORT).facts

    assert found["wrong.accepted"] is accepted
    assert (found["wrong.told_right_org"], found["wrong.correct_number"]) == (told, right)
    assert found["wrong.signpost_email"] is (told or right)
    assert found["email.fully_answered"] == {0: "not", 1: "partly", 2: "fully"}[told + right]


def test_a_wrong_number_is_told_in_a_note() -> None:
    notes = observed(says("Please ring HM Passport Office on 0300 999 0000."), enquiry=PASSPORT).notes

    assert "The number given is not among those of the answer key." in notes


def test_an_organisation_that_is_itself_responsible_is_asked_an_ordinary_enquiry() -> None:
    office = COUNCIL.model_copy(update={"name": "HM Passport Office"})

    observation = observed(letter(), enquiry=PASSPORT, organisation=office)

    assert observation.unknown["wrong.accepted"][0] is Why.NOT_APPLICABLE
    assert observation.unknown["email.fully_answered"][0] is Why.NEEDS_REVIEW


def test_naming_the_other_authority_or_how_to_reach_it_is_a_point() -> None:
    (point,) = points_of(PASSPORT)

    for text in ("HM Passport\nOffice", "ring 0300 222 0000", "+44 (0)300 2220000", "www.gov.uk/renew"):
        assert read_point(point, text), text
    for text in ("www.acorn.gov.uk", "info@gov.uk.example", "0300 222 00001"):
        assert not read_point(point, text), text


def read_point(point: str, text: str) -> bool:
    return bool(re.search(point, text, re.IGNORECASE))


# ------------------------------------------------------------------------------------------------ how it reads

PLAIN = "You can book a visit by phone. It costs ten pounds. Please put the sofa out by six in the morning. "
HARD = (
    "Pursuant to your communication, please be advised that your correspondence has been actioned by the relevant "
    "directorate in accordance with the corporate customer accessibility strategy, notwithstanding any eligibility "
    "considerations arising from applicable statutory provisions. "
)


def test_plain_words_read_more_easily_than_officialese() -> None:
    plain, hard = reading_ease([PLAIN * 6]), reading_ease([HARD * 4])

    assert plain is not None
    assert hard is not None
    assert plain > 80 > 30 > hard


def test_a_short_reply_has_no_reading_ease() -> None:
    assert reading_ease(["word " * (FEWEST_WORDS - 1)]) is None
    assert reading_ease(["word " * FEWEST_WORDS]) is not None
    assert observed(letter()).unknown["email.reading_ease"] == (Why.NOT_APPLICABLE, "fewer than 100 words")


@pytest.mark.parametrize(
    ("word", "count"),
    [
        *(("bin", 1), ("waste", 1), ("table", 2), ("council", 2), ("collection", 3), ("household", 2), ("used", 1)),
        *(("needed", 2), ("badges", 2), ("houses", 2), ("immediately", 5), ("area", 3), ("available", 4), ("blue", 1)),
    ],
)
def test_syllables_are_estimated(word: str, count: int) -> None:
    assert syllables(word) == count


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        (LETTER, 5),
        ("this is on our website pls look there", 1),
        ("Dear Emma\n\nPLEASE BOOK ONLINE WITH YOUR CARD READY.\n\nRegards\nPriya Nair", 3),
        (f"Dear Emma\n\n{PLAIN * 4}\n\nRegards\nPriya Nair", 3),
        ("You can book online.", 3),
    ],
)
def test_layout_is_proposed_by_its_faults(text: str, marks: int) -> None:
    assert layout(take_apart(text)) == marks


# ------------------------------------------------------------------------------------------------ a letter's parts


def test_a_sentence_does_not_end_at_a_title_or_a_price() -> None:
    text = "Mr. Brown wrote. It costs £2.50 a week. Is that so? Yes, e.g. on Mondays.\n\nA new paragraph"

    assert sentences(text) == (
        *("Mr. Brown wrote.", "It costs £2.50 a week.", "Is that so?", "Yes, e.g. on Mondays.", "A new paragraph"),
    )


def test_a_letter_without_a_sign_off_keeps_its_last_lines() -> None:
    found = take_apart("Hi Emma\n\nBook online.\n\nPriya\nWaste team")

    assert (found.greeting, found.sign_off, found.signature) == ("Hi Emma", False, ("Priya", "Waste team"))
    assert found.body == "Book online. Priya Waste team"


def test_a_whole_mail_goes_from_bytes_to_facts() -> None:
    raw = (
        f"Subject: Re: Old sofa\r\n\r\n{LETTER}\r\n\r\nOn Tue, 17 Nov 2026, Emma Clarke wrote:\r\n> {ENQUIRY.words}\r\n"
    )

    found = observed(read(raw.encode(), ENQUIRY.words)).facts

    assert found["email.sender_name"] is True
    assert found["email.fully_answered"] == "fully"


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "i have passed ",
            "your ",
            "by friday ",
            "within 5 working ",
            "0113 4",
            "please contact ",
            "you will need to ",
        ),
        *(
            "www.",
            "http://",
            "case number ",
            "[#",
            "2-",
            "logged ",
            "if you ",
            "mr. ",
            "and of the ",
            "\n",
            "-",
            "5.7.",
        ),
    ],
)
def test_no_reply_made_to_lead_a_pattern_astray_does(piece: str) -> None:
    """A pattern that backtracks without end would never let this test finish."""
    mail = read(f"Subject: Re: Old sofa\r\n\r\nDear Emma\n\n{(piece * 20_000)[:20_000]}!".encode())

    assert observed(mail, enquiry=PASSPORT).facts["email.replied"] is True
