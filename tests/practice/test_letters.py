"""What the councils write: promises, ticket systems, enclosures, bounces, referrals. Without sockets."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import re
from typing import Any, get_args

import pytest

from results.calendar import LONDON
from scenarios.practice import catalogue
from scenarios.practice.council import Council
from scenarios.practice.envelopes import Letter, Received, read
from scenarios.practice.letters import Pages, after_closing, letters
from tests.practice import world

HOME = "http://127.0.0.1:49152/"
PAGES = Pages(HOME, {service.id: f"{HOME}{service.id}/" for service in catalogue.SERVICES})
SENT = dt.datetime(2026, 11, 24, 10, 0, tzinfo=LONDON)
ENQUIRY = (
    b"From: Sam Taylor <shopper+a@doorstep-practice.example>\r\nSubject: %s\r\n"
    b"Message-ID: <1@doorstep-practice.example>\r\n\r\nI live on my own now.\r\n"
)


def council(*manners: dict[str, Any], **mail: Any) -> Council:
    return Council.model_validate(
        world.council("testing", mail={"addresses": ["help@testing.example"], "manners": manners, **mail})
    )


def enquiry(subject: str = "Council tax - living on my own", at: dt.datetime = SENT) -> Received:
    mail = ENQUIRY % subject.encode()
    return read(mail, "help@testing.example", "shopper+a@doorstep-practice.example", at)


def written(manner: dict[str, Any], mail: Received | None = None, **more: Any) -> tuple[Letter, ...]:
    """Everything that a council of this one manner writes."""
    house = council(manner, **more)
    return letters(house, house.mail.manners[0], mail or enquiry(), PAGES)


def reply(text: str = "adequate", hours: float = 5, **more: Any) -> dict[str, Any]:
    return {"after_working_hours": hours, "text": text, "sender": world.JANE, "quotes": False, **more}


def message(letter: Letter) -> Any:
    return email.message_from_bytes(letter.content, policy=email.policy.default)


def text(letter: Letter) -> str:
    return str(message(letter).get_body(("plain",)).get_content())


# ------------------------------------------------------------------------------------------------ promises


@pytest.mark.parametrize(
    ("sent", "days", "said", "words", "day"),
    [
        ("2026-11-24T10:00", 5, "working days", "within 5 working days", "2026-12-01"),
        ("2026-11-24T10:00", 3, "weekday", "by Friday", "2026-11-27"),
        ("2026-11-24T10:00", 3, "date", "by Friday 27 November", "2026-11-27"),
        ("2026-12-23T10:00", 3, "weekday", "by Wednesday 30 December", "2026-12-30"),
        ("2026-11-24T16:30", 1, "date", "by Thursday 26 November", "2026-11-26"),
    ],
    ids=["so many working days", "a weekday", "a date", "a weekday too far off", "written on the next day"],
)
def test_a_promise_counts_working_days_from_the_day_of_the_letter(
    sent: str, days: int, said: str, words: str, day: str
) -> None:
    mail = enquiry(at=dt.datetime.fromisoformat(sent).replace(tzinfo=LONDON))

    (interim,) = written({"interim": reply("interim", 1, promise={"working_days": days, "said": said})}, mail)

    assert f"who will reply to you {words}." in text(interim).replace("\n", " ")
    assert interim.truth.promised == dt.date.fromisoformat(day)


@pytest.mark.parametrize(("hours", "kept"), [(22, True), (26, False), (None, False)])
def test_a_promise_is_kept_by_a_reply_until_the_end_of_the_promised_day(hours: float | None, kept: bool) -> None:
    promise = {"interim": reply("looking-into", 1, promise={"working_days": 2})}

    interim, *_ = written(promise | ({"reply": reply("good", hours)} if hours else {}))

    assert interim.kind == "interim reply"
    assert interim.truth.kept is kept


# ------------------------------------------------------------------------------------------------ threads


def test_a_ticket_system_puts_one_case_number_on_everything_and_threads_nothing() -> None:
    casework = {"thread": "new", "address": "casework@testing.example"}

    every = written(
        {
            "acknowledgement": {"text": "ticket", "headers": "none", "thread": "new"},
            "interim": reply("passed-on", 2, **casework),
            "reply": reply("good", 9, **casework | {"sender": {"name": "Bram Ellerby"}}),
            "survey": {},
        }
    )

    assert [each.kind for each in every] == ["automatic acknowledgement", "interim reply", "final reply", "survey"]
    (number,) = {re.search(r"CAS-\d{6}", message(each)["Subject"])[0] for each in every}  # type: ignore[index]
    assert number in text(every[0])
    assert {message(each)["In-Reply-To"] for each in every} == {None}
    senders = [message(each)["From"] for each in every]
    assert [each.addresses[0].addr_spec for each in senders[1:3]] == ["casework@testing.example"] * 2
    assert [each.addresses[0].display_name for each in senders[1:3]] == ["Jane Whitlock", "Bram Ellerby"]


def test_a_fresh_mail_has_neither_thread_nor_case_number_nor_our_words() -> None:
    (fresh,) = written({"reply": reply(thread="fresh", address="other@testing.example")})

    assert message(fresh)["Subject"] == "Your e-mail to Testing Council"
    assert message(fresh)["References"] is None
    assert "CAS-" not in text(fresh)
    assert "living on my own" not in text(fresh)


def test_a_survey_follows_the_last_letter() -> None:
    final, survey = written({"reply": reply(hours=5), "survey": {"after_hours": 24, "headers": "rfc3834"}})

    assert survey.due - final.due == dt.timedelta(hours=24)
    assert message(survey)["Auto-Submitted"] == "auto-generated"


def test_thanks_are_answered_only_where_a_machine_acknowledges_everything() -> None:
    acknowledgement = {"acknowledgement": {"text": "standard"}, "reply": reply()}

    (answer,) = after_closing(council(acknowledgement), enquiry("Re: Council tax"))

    assert answer.kind == "automatic acknowledgement"
    assert after_closing(council(acknowledgement, {"reply": reply()}), enquiry("Re: Council tax")) == ()


# ------------------------------------------------------------------------------------------------ what a letter holds


def test_an_enclosed_answer_is_in_the_pdf_and_not_in_the_text() -> None:
    answer = catalogue.answer_for("Council tax").full

    (letter,) = written({"reply": reply("attached")})

    (enclosure,) = message(letter).iter_attachments()
    content = enclosure.get_content()
    assert "25 per cent" in answer
    assert "25 per cent" not in text(letter)
    assert b"25 per cent" in content
    assert enclosure.get_content_type() == "application/pdf"
    assert letter.truth.answer_enclosed


def test_every_object_of_the_pdf_is_where_its_table_says() -> None:
    (letter,) = written({"reply": reply("attached", sender={"name": "Zoë (acting) O'Neil"})})

    content = next(message(letter).iter_attachments()).get_content()

    start = int(re.search(rb"startxref\n(\d+)", content)[1])  # type: ignore[index]
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n ", content[start:])]
    assert content[start:].startswith(b"xref\n0 6\n")
    assert [content[place:].startswith(b"%d 0 obj" % number) for number, place in enumerate(places, 1)] == [True] * 5
    stream = re.search(rb"/Length (\d+) >>\nstream\n(.*)\nendstream", content, re.DOTALL)
    assert stream
    assert len(stream[2]) == int(stream[1])
    assert r"(Zoë \(acting\) O'Neil) Tj".encode("latin-1") in stream[2]


def test_links_lead_to_the_page_of_the_service_or_nowhere() -> None:
    (letter,) = written({"reply": reply("good", links=["works", "broken"], form="both")})

    works, broken = f"{HOME}council-tax/", f"{HOME}downloads/council-tax-leaflet.pdf"
    assert letter.truth.links == {works: "works", broken: "broken"}
    assert works in text(letter)
    assert f'<a href="{broken}">' in message(letter).get_body(("html",)).get_content()


def test_a_team_below_a_letter_is_a_department_and_no_name() -> None:
    (letter,) = written({"reply": reply(sender={"name": "Customer Team", "team": True, "phone": "0113 496 0012"})})

    assert letter.truth.gives == ("department", "phone")


@pytest.mark.parametrize("name", catalogue.TEXTS.automatic)
def test_an_acknowledgement_says_what_is_said_of_it(name: str) -> None:
    letter = catalogue.TEXTS.automatic[name]

    assert ("reference" in letter.says) is ("{reference}" in letter.words)
    assert ("timescale" in letter.says) is bool(re.search(r"within \d+ working days", letter.words))


@pytest.mark.parametrize("referral", get_args(catalogue.Referral))
@pytest.mark.parametrize(
    ("subject", "who"), [("Renewing my passport", "HM Passport Office"), ("Driving licence", "DVLA")]
)
def test_another_authoritys_matter_is_referred_as_the_councils_file_says(
    subject: str, who: str, referral: catalogue.Referral
) -> None:
    right = {"HM Passport Office": "0300 222 0000", "DVLA": "0300 790 6801"}[who]

    (letter,) = written({"reply": reply()}, enquiry(subject), wrong_authority=referral)

    words = " ".join(text(letter).split())
    assert (who in words) is (referral != "unhelpful")
    assert (right in words) is (referral == "right")
    assert letter.truth.referral == referral


# ------------------------------------------------------------------------------------------------ nobody reads it


def test_a_plain_bounce_names_the_address_and_has_no_report() -> None:
    (bounce,) = written({"bounce": {"kind": "returned", "form": "text"}})

    assert message(bounce).get_content_type() == "text/plain"
    assert message(bounce)["Auto-Submitted"] is None
    assert "<help@testing.example>:" in text(bounce)
    assert "5.1.1" in text(bounce)
    assert bounce.return_path == ""


@pytest.mark.parametrize(("reason", "status"), [("unknown", "5.1.1"), ("full", "5.2.2"), ("policy", "5.7.1")])
def test_a_report_gives_its_reason_as_a_status(reason: str, status: str) -> None:
    (bounce,) = written({"bounce": {"kind": "returned", "reason": reason}})

    _, report, _ = message(bounce).iter_parts()
    assert report.get_payload()[1]["Status"] == status
    assert (bounce.text, bounce.truth.final) == (reason, True)


def test_a_delay_is_told_as_no_failure_and_the_reply_comes_later() -> None:
    delayed, final = written({"delay": {"after_minutes": 240}, "reply": reply(hours=12)})

    _, report, _ = message(delayed).iter_parts()
    assert report.get_payload()[1]["Action"] == "delayed"
    assert delayed.truth.final is False
    assert final.kind == "final reply"


def test_a_challenge_holds_the_mail_and_nothing_follows() -> None:
    (challenge,) = written({"challenge": {}})

    assert challenge.kind == "challenge"
    assert "https://mail-shield.example/confirm/" in text(challenge)


def test_out_of_office_comes_from_whoever_is_away() -> None:
    (away,) = written({"out_of_office": {"text": "out-of-office-colleague", "sender": world.JANE}})

    assert message(away)["From"].addresses[0].addr_spec == "jane.whitlock@testing.example"
    assert text(away).rstrip().endswith("Jane Whitlock")
