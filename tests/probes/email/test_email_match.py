"""Each answer finds its own question, or nobody's."""

from __future__ import annotations

from probes.email import Mail, Match, Sent, match
from probes.email.parse import Report
from tests.probes.email.people import ADDRESS, SENT_AT

FIRST = Sent("shop-1", "k7f2q", "<k7f2q.shop-1@host.example>", ADDRESS, SENT_AT)
SECOND = Sent("shop-2", "m3d9x", "<m3d9x.shop-2@host.example>", ADDRESS, SENT_AT)
PROBES = (FIRST, SECOND)


def to(
    *recipients: str, references: tuple[str, ...] = (), message_id: str = "<a@b>", report: Report | None = None
) -> Mail:
    return Mail(headers={"message-id": (message_id,)}, recipients=recipients, references=references, report=report)


def test_the_tag_in_the_address_is_the_surest_sign() -> None:
    mail = to("shopper+M3D9X@host.example", references=(FIRST.message_id,))

    assert match(mail, PROBES) == Match("shop-2", "address")


def test_a_reply_to_the_bare_address_is_found_by_its_thread() -> None:
    mail = to("shopper@host.example", references=("<else@where>", SECOND.message_id))

    assert match(mail, PROBES) == Match("shop-2", "thread")


def test_a_delivery_report_is_found_by_the_message_within() -> None:
    report = Report("failed", "5.1.1", (ADDRESS,), FIRST.message_id)

    assert match(to("shopper@host.example", report=report), PROBES) == Match("shop-1", "delivery report")


def test_our_own_copy_is_known_as_ours() -> None:
    mail = to("shopper+k7f2q.sent@host.example", ADDRESS, message_id=FIRST.message_id)

    assert match(mail, PROBES) == Match("shop-1", "address", own_copy=True)


def test_a_strangers_mail_to_the_address_of_our_own_copy_proves_nothing() -> None:
    assert match(to("shopper+k7f2q.sent@host.example", message_id="<forged@x>"), PROBES) is None


def test_a_report_that_our_own_copy_was_lost_is_no_bounce_of_the_organisations() -> None:
    report = Report("failed", "5.2.2", ("shopper+k7f2q.sent@host.example",), FIRST.message_id)

    assert match(to("shopper+k7f2q@host.example", report=report), PROBES) is None


def test_a_stranger_is_matched_to_nobody() -> None:
    assert match(to("shopper+other@host.example", references=("<else@where>",)), PROBES) is None
    assert match(to("shopper@host.example"), PROBES) is None
