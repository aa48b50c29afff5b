"""One e-mail, once, as a resident would send it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from probes.clock import RealClock
from probes.email import FACTS, Account, EmailProbe, Uncertain, persona, read
from probes.guard import Guard, Refused
from results.schema import Failure, Why
from tests.probes.email.house import USER, MailHouse
from tests.probes.email.people import ADDRESS, COUNCIL, ENQUIRY, Journal, Ledger, errand

TELLTALE = ("auto-submitted", "precedence", "x-auto-response-suppress", "bcc", "sender", "reply-to")


async def test_one_knock_is_one_transaction_with_our_own_copy(house: MailHouse, probe: EmailProbe) -> None:
    seen = await probe.knock(errand())

    assert [(sent.mail_from, sent.recipients) for sent in house.transactions] == [
        ("shopper+k7f2q@host.example", (ADDRESS, "shopper+k7f2q.sent@host.example"))
    ]
    assert house.logins == [USER]
    assert not seen.complete
    assert set(seen.facts) == set(FACTS)
    assert {why for why, _ in seen.unknown.values()} == {Why.WINDOW_OPEN}
    assert seen.moments["sent"].lower < seen.moments["sent"].upper


async def test_nothing_in_the_mail_keeps_an_automatic_responder_silent(house: MailHouse, probe: EmailProbe) -> None:
    await probe.knock(errand())

    mail = read(house.transactions[0].content)
    assert house.transactions[0].mail_from
    assert not [name for name in mail.headers if name in TELLTALE or name.startswith("list-")]
    assert b".sent@" not in house.transactions[0].content


async def test_the_mail_says_what_the_resident_says(house: MailHouse, probe: EmailProbe) -> None:
    await probe.knock(errand())

    mail = read(house.transactions[0].content)
    name = persona("k7f2q").name
    assert mail.header("from") == f"{name} <shopper+k7f2q@host.example>"
    assert mail.header("to") == ADDRESS
    assert mail.subject == ENQUIRY.subject
    assert mail.message_id == "<k7f2q.w1-acorn-1@host.example>"
    assert mail.text == f"{ENQUIRY.words}\n\nKind regards\n\n{name}"


async def test_the_journal_knows_before_the_server_does(probe: EmailProbe, journal: Journal) -> None:
    await probe.knock(errand())

    identity = "<k7f2q.w1-acorn-1@host.example>"
    assert journal.entries == [("about to", "w1-acorn-1", identity), ("done", "w1-acorn-1", identity)]


async def test_a_refused_knock_touches_neither_journal_nor_network(
    house: MailHouse, probe: EmailProbe, journal: Journal, ledger: Ledger
) -> None:
    ledger.paused["*"] = "election day"

    with pytest.raises(Refused):
        await probe.knock(errand())

    assert not journal.entries
    assert not house.connections


async def test_an_address_that_the_organisation_refuses_is_a_bounce(house: MailHouse, probe: EmailProbe) -> None:
    house.refusals[ADDRESS] = "550 5.1.1 mailbox unavailable"

    seen = await probe.knock(errand())

    assert seen.failure is Failure.BOUNCED
    assert seen.complete
    assert seen.facts["email.delivered"] is False
    assert seen.facts["email.replied"] is False
    assert {why for why, _ in seen.unknown.values()} == {Why.NOT_APPLICABLE}
    assert not house.transactions


@pytest.mark.parametrize("reply", ["451 4.7.1 try later", "554 5.7.1 relay access denied", "530 5.7.0 log in first"])
async def test_a_refusal_that_is_about_us_never_counts_against_the_organisation(
    house: MailHouse, probe: EmailProbe, reply: str
) -> None:
    house.refusals[ADDRESS] = reply

    seen = await probe.knock(errand())

    assert seen.failure is None
    assert seen.error is not None
    assert reply[:3] in seen.error
    assert seen.complete
    assert not house.transactions


async def test_a_mail_without_our_own_copy_is_not_sent(house: MailHouse, probe: EmailProbe) -> None:
    house.refusals["shopper+k7f2q.sent@host.example"] = "550 5.1.1 no such user"

    seen = await probe.knock(errand())

    assert seen.error is not None
    assert not house.transactions


async def test_a_server_that_is_down_is_an_error_and_not_a_failure(journal: Journal, ledger: Ledger) -> None:
    nobody = Account("main", USER, "127.0.0.1", 1, "127.0.0.1", 1, USER, "", tls=False)
    guard = Guard({COUNCIL.id: COUNCIL}, ledger, RealClock(), "practice")

    async with EmailProbe(nobody, guard, journal, RealClock()) as probe:
        seen = await probe.knock(errand())

    assert seen.error is not None
    assert seen.failure is None
    assert [entry[0] for entry in journal.entries] == ["about to"]


async def test_content_that_our_server_refuses_is_an_error(house: MailHouse, probe: EmailProbe) -> None:
    house.data_reply = "452 4.3.1 disk full"

    seen = await probe.knock(errand())

    assert seen.error is not None
    assert "452" in seen.error


async def test_a_connection_lost_after_data_is_uncertain_and_never_repeated(
    house: MailHouse, probe: EmailProbe, journal: Journal
) -> None:
    house.drop_at_data = True

    with pytest.raises(Uncertain):
        await probe.knock(errand())

    assert len(house.transactions) == 1
    assert [entry[0] for entry in journal.entries] == ["about to"]


async def test_a_lost_connection_is_replaced_for_the_next_mail(house: MailHouse, probe: EmailProbe) -> None:
    house.drop_at_data = True
    with pytest.raises(Uncertain):
        await probe.knock(errand("first"))
    house.drop_at_data = False

    await probe.knock(errand("second"))

    assert [sent.mail_from for sent in house.transactions] == [
        "shopper+first@host.example",
        "shopper+second@host.example",
    ]


async def test_a_knock_cancelled_half_way_leaves_an_intent_and_no_half_used_connection(
    house: MailHouse, probe: EmailProbe, journal: Journal
) -> None:
    house.answer_data = asyncio.Event()
    knocking = asyncio.create_task(probe.knock(errand("first", "shop-1")))
    await house.at_data.wait()
    knocking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await knocking
    house.answer_data.set()

    seen = await probe.knock(errand("second", "shop-2"))

    assert seen.error is None
    assert [(step, shop) for step, shop, _ in journal.entries] == [
        ("about to", "shop-1"),
        ("about to", "shop-2"),
        ("done", "shop-2"),
    ]


async def test_many_mails_share_four_connections(house: MailHouse, probe: EmailProbe) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(probe.knock(errand(f"tag{number}", f"shop-{number}")))

    assert len(house.transactions) == 20
    assert house.connections <= 4


def test_a_password_never_crosses_a_network_in_the_clear() -> None:
    with pytest.raises(ValueError, match=r"account main: mail\.host\.example is not this machine"):
        Account("main", USER, "mail.host.example", 25, "127.0.0.1", 143, USER, "secret", tls=False)


@pytest.mark.parametrize("tag", ["", "a b", "a@b", "a\r\nRCPT TO:<x@y.example>", "x" * 49])
def test_a_tag_cannot_break_out_of_its_address(house: MailHouse, tag: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in an address"):
        house.account.address(tag)


def test_a_password_is_not_shown() -> None:
    account = Account("main", USER, "mail.host.example", 587, "mail.host.example", 993, USER, "secret")

    assert "secret" not in repr(account)


def test_the_address_of_an_account_must_be_plain() -> None:
    account = Account("main", USER, "mail.host.example", 587, "mail.host.example", 993, USER, "secret")

    with pytest.raises(ValueError, match="must be a plain address"):
        replace(account, mailbox="shopper+tag@host.example")
