"""Each answer finds its own question, or nobody's."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from probes.email import Ladder, Mail, Match, Sent, case_numbers
from probes.email.parse import Report

SENT_AT = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
LATER = SENT_AT + dt.timedelta(days=2)
ADDRESS = "hello@amber.gov.example"
WORDS = (
    "Our general waste bin was not emptied on the usual day this week although it was out by seven. "
    "Will someone come back for it, and which day is our next collection?"
)
FIRST = Sent(
    shop="shop-1",
    account="main",
    ours="shopper+k7f2q@host.example",
    message_id="<k7f2q@host.example>",
    to=ADDRESS,
    subject="My bin was not emptied",
    words=WORDS,
    sent_at=SENT_AT,
    until=SENT_AT + dt.timedelta(days=28),
    domains=frozenset({"amber.gov.example"}),
    copy_to="shopper+k7f2q.sent@host.example",
    closing_id="<k7f2q.2@host.example>",
)
SECOND = replace(
    FIRST,
    shop="shop-2",
    ours="shopper+m3d9x@host.example",
    message_id="<m3d9x@host.example>",
    subject="Opening hours of the tip",
    words="Could you tell me when the recycling centre is open at the weekend, and what I must bring with me?",
    copy_to="shopper+m3d9x.sent@host.example",
    closing_id="",
)
ELSEWHERE = replace(
    FIRST,
    shop="shop-3",
    ours="shopper+z9@host.example",
    message_id="<z9@host.example>",
    domains=frozenset({"ochre.gov.example"}),
    copy_to="",
    closing_id="",
)
LADDER = Ladder([FIRST, SECOND, ELSEWHERE])


def mail(
    *recipients: str,
    references: tuple[str, ...] = (),
    message_id: str = "<a@b>",
    report: Report | None = None,
    sender: str = "Stranger <someone@else.example>",
    subject: str = "",
    text: str = "",
) -> Mail:
    headers = {"message-id": (message_id,), "from": (sender,), "subject": (subject,)}
    return Mail(headers=headers, recipients=recipients, references=references, report=report, text=text)


def found(one: Mail, ladder: Ladder = LADDER, account: str = "main", at: dt.datetime = LATER) -> Match | None:
    return ladder.match(one, account, at)


def test_the_address_that_is_one_contacts_own_is_the_surest_sign() -> None:
    assert found(mail(SECOND.ours, references=(FIRST.message_id,))) == Match("shop-2", "address")


def test_a_reply_to_the_bare_address_is_found_by_its_thread() -> None:
    one = mail("shopper@host.example", references=("<else@where>", SECOND.message_id))

    assert found(one) == Match("shop-2", "thread")


def test_a_reply_to_our_last_email_belongs_to_the_same_contact() -> None:
    assert found(mail("shopper@host.example", references=(FIRST.closing_id,))) == Match("shop-1", "thread")


def test_a_delivery_report_is_found_by_the_message_within() -> None:
    report = Report("failed", "5.1.1", (ADDRESS,), FIRST.message_id)

    assert found(mail("shopper@host.example", report=report)) == Match("shop-1", "delivery report")


@pytest.mark.parametrize("id", [FIRST.message_id, FIRST.closing_id])
def test_our_own_copy_is_known_as_ours(id: str) -> None:
    one = mail(FIRST.copy_to, ADDRESS, message_id=id)

    assert found(one) == Match("shop-1", "address", own_copy=True)


@pytest.mark.parametrize("ours", ["k7f2q@host.example", "shopper@host.example"])
def test_the_copy_of_our_last_email_is_ours_though_it_stands_in_the_enquirys_thread(ours: str) -> None:
    one = replace(FIRST, ours=ours, copy_to=ours, shared=ours.startswith("shopper"))
    copy = mail(ADDRESS, ours, message_id=one.closing_id, references=(one.message_id,))

    assert found(copy, Ladder([one])) == Match("shop-1", "address", own_copy=True)


def test_our_own_copy_is_known_where_the_server_hides_whom_it_was_for() -> None:
    one = mail(ADDRESS, message_id=FIRST.message_id, sender=f"Alison Bennett <{FIRST.ours}>")

    assert found(one) == Match("shop-1", "address", own_copy=True)


def test_a_strangers_mail_to_the_address_of_our_own_copy_proves_nothing() -> None:
    assert found(mail(FIRST.copy_to, message_id="<forged@x>")) is None


def test_a_report_that_our_own_copy_was_lost_is_no_bounce_of_the_organisations() -> None:
    report = Report("failed", "5.2.2", (FIRST.copy_to,), FIRST.message_id)

    assert found(mail(FIRST.ours, report=report)) is None


def test_a_stranger_is_matched_to_nobody() -> None:
    assert found(mail("shopper+other@host.example", references=("<else@where>",))) is None
    assert found(mail("shopper@host.example", subject=f"Re: {FIRST.subject}", text=WORDS)) is None


# ------------------------------------------------------------------------------------------------ threads of their own


def theirs(subject: str = "", text: str = "", sender: str = "Casework <cases@crm.amber.gov.example>") -> Mail:
    """A mail from a part of the organisation's own domain, to the mailbox itself."""
    return mail("shopper@host.example", sender=sender, subject=subject, text=text)


def test_a_ticket_system_that_repeats_our_subject_is_found_by_it() -> None:
    assert found(theirs("[CAS-104233] RE: My bin was NOT emptied")) == Match("shop-1", "subject")


def test_another_person_who_quotes_us_is_found_by_our_words() -> None:
    wrapped = (
        "Good news.\n\n> Could you tell me when the\n> recycling centre is open at the weekend,\n> and what I must"
    )

    assert found(theirs("Your question", wrapped)) == Match("shop-2", "our words")


def test_a_later_mail_of_the_same_case_is_found_by_its_number() -> None:
    ladder = Ladder([FIRST, SECOND])
    ladder.learn("shop-2", mail(SECOND.ours, subject="Case 104233 has been logged"))

    assert found(theirs("Update: case 104233"), ladder) == Match("shop-2", "case number")


def test_a_case_number_that_two_contacts_carry_decides_nothing() -> None:
    ladder = Ladder([FIRST, SECOND], cases=[("shop-1", "104233"), ("shop-2", "104233")])

    assert found(theirs("Update: case 104233"), ladder) is None


def test_with_two_open_enquiries_and_no_other_sign_nobody_guesses() -> None:
    assert found(theirs("Your recent enquiry", "We have dealt with it.")) is None


def test_the_same_question_asked_twice_is_not_told_apart_by_its_subject() -> None:
    again = replace(FIRST, shop="shop-4", ours="shopper+q@host.example", message_id="<q@host.example>", copy_to="")

    assert found(theirs("Re: My bin was not emptied", WORDS), Ladder([FIRST, again])) is None


def test_the_only_open_enquiry_is_suggested_to_a_person() -> None:
    assert found(theirs("Your recent enquiry"), Ladder([FIRST])) == Match("shop-1", "sender", sure=False)


def test_nothing_is_suggested_once_the_window_has_closed() -> None:
    assert found(theirs("Your recent enquiry"), Ladder([FIRST]), at=SENT_AT + dt.timedelta(days=40)) is None


def test_what_came_before_our_email_does_not_answer_it() -> None:
    assert found(theirs("Re: My bin was not emptied"), at=SENT_AT - dt.timedelta(hours=1)) is None


def test_another_mailbox_of_ours_is_another_matter() -> None:
    assert found(theirs("Re: My bin was not emptied"), account="second") is None


def test_a_domain_that_merely_ends_alike_is_a_strangers() -> None:
    assert found(theirs("Re: My bin was not emptied", sender="x@notamber.gov.example")) is None


def test_contacts_that_share_one_address_are_told_apart_by_thread_and_subject() -> None:
    one, two = (
        replace(each, ours="shopper@host.example", shared=True, copy_to="shopper@host.example")
        for each in (FIRST, SECOND)
    )
    ladder = Ladder([one, two])

    assert found(mail("shopper@host.example", references=(two.message_id,)), ladder) == Match("shop-2", "thread")
    assert found(theirs("Re: My bin was not emptied"), ladder) == Match("shop-1", "subject")
    own = mail("shopper@host.example", ADDRESS, message_id=two.message_id)
    assert found(own, ladder) == Match("shop-2", "address", own_copy=True)


@pytest.mark.parametrize(
    ("subject", "numbers"),
    [
        ("[CAS-104233] My bin", ("104233",)),
        ("Ref: FS-Case-512345678 - thank you", ("512345678",)),
        ("RE: Enquiry 101 002 345 678", ("101002345678",)),
        ("Ticket#2026112310000015 received", ("2026112310000015",)),
        ("Your request #48213", ("48213",)),
        ("1234567 - Missed bin", ("1234567",)),
        ("Our hours on 24/12", ()),
        ("Bins in 2026", ()),
        ("Room 12 at 10:30", ()),
    ],
)
def test_case_numbers_are_read_from_a_subject(subject: str, numbers: tuple[str, ...]) -> None:
    assert case_numbers(subject) == numbers


def test_a_number_of_our_own_subject_is_no_case_number() -> None:
    assert case_numbers("Re: Permit 1234567", "Permit 1234567") == ()
