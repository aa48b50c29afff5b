"""One e-mail, once, as a resident would send it."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from probes.clock import RealClock
from probes.email import FACTS, Account, EmailProbe, Uncertain, persona, read
from probes.email.account import SignInNeeded
from probes.guard import Guard, Refused
from results.schema import Failure, Why
from tests.probes.email.house import USER, MailHouse, mail_house
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
    assert mail.message_id == "<k7f2q@host.example>"
    assert mail.text == f"{ENQUIRY.words}\n\nKind regards\n\n{name}"


async def test_the_journal_knows_before_the_server_does(probe: EmailProbe, journal: Journal) -> None:
    await probe.knock(errand())

    identity = "<k7f2q@host.example>"
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
    async with EmailProbe(nobody, guard(ledger), journal, RealClock()) as probe:
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


async def test_a_contact_from_the_one_address_is_signed_by_its_person(
    house: MailHouse, journal: Journal, ledger: Ledger
) -> None:
    account = replace(house.account, addresses="one", persona="Alison Bennett")
    async with EmailProbe(account, guard(ledger), journal, RealClock()) as probe:
        await probe.knock(errand())

    (sent,) = house.transactions
    mail = read(sent.content)
    assert (sent.mail_from, sent.recipients) == (USER, (ADDRESS, USER))
    assert mail.header("from") == f"Alison Bennett <{USER}>"
    assert mail.text.endswith("Kind regards\n\nAlison Bennett")


async def test_the_person_whom_the_errand_names_signs(house: MailHouse, probe: EmailProbe) -> None:
    await probe.knock(replace(errand(), persona="Imran Kaur"))

    mail = read(house.transactions[0].content)
    assert mail.header("from") == "Imran Kaur <shopper+k7f2q@host.example>"
    assert mail.text.endswith("Imran Kaur")


# ------------------------------------------------------------------------------------------------ signing in


async def test_a_token_signs_in_instead_of_a_password(journal: Journal, ledger: Ledger) -> None:
    async with mail_house(token="good-token") as house:
        account = replace(house.account, password="", token=giving("good-token"))
        async with EmailProbe(account, guard(ledger), journal, RealClock()) as probe:
            seen = await probe.knock(errand())

    assert seen.error is None
    assert house.logins == [USER]
    assert len(house.transactions) == 1


async def test_a_token_that_is_refused_is_an_error_that_does_not_show_it(
    journal: Journal, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    token = "ya29.a0AfH6SMBx-this-token-is-repeated-by-the-server"
    caplog.set_level(logging.DEBUG)
    async with mail_house(token="another") as house:
        account = replace(house.account, password="", token=giving(token))
        async with EmailProbe(account, guard(ledger), journal, RealClock()) as probe:
            seen = await probe.knock(errand())

    told = f"{seen.error} {account!r} {[each.getMessage() for each in caplog.records if each.name != 'mail.log']}"
    assert seen.error is not None
    assert "535 5.7.8" in seen.error
    assert token not in told
    assert b64encode(token.encode()).decode()[4:-4] not in told


async def test_a_login_that_was_refused_is_not_tried_again(house: MailHouse, journal: Journal, ledger: Ledger) -> None:
    account = replace(house.account, password="wrong")
    async with EmailProbe(account, guard(ledger), journal, RealClock()) as probe:
        seen = [await probe.knock(errand(shop=f"shop-{number}")) for number in range(5)]

    assert all(each.error and "535" in each.error for each in seen)
    assert house.logins.count(USER) <= 2  # one attempt, by each of the two mechanisms that the server offers


async def test_a_server_that_knows_no_tokens_gets_none(house: MailHouse, journal: Journal, ledger: Ledger) -> None:
    account = replace(house.account, token=giving("secret-token"))
    async with EmailProbe(account, guard(ledger), journal, RealClock()) as probe:
        seen = await probe.knock(errand())

    assert seen.error is not None
    assert not house.transactions


@pytest.mark.parametrize("problem", [SignInNeeded("run: doorstep mail login main"), ConnectionError("no identity")])
async def test_without_a_token_nothing_is_sent_and_the_error_says_why(
    journal: Journal, ledger: Ledger, problem: Exception
) -> None:
    async def none() -> str:
        raise problem

    async with mail_house(token="good-token") as house:
        account = replace(house.account, token=none)
        async with EmailProbe(account, guard(ledger), journal, RealClock()) as probe:
            seen = await probe.knock(errand())

    assert seen.error is not None
    assert str(problem) in seen.error
    assert seen.failure is None
    assert not house.transactions


# ------------------------------------------------------------------------------------------------ stopped


async def test_a_pause_reaches_a_mail_that_waits_for_a_connection(house: MailHouse, ledger: Ledger) -> None:
    class Pausing(Journal):
        async def about_to(self, shop: str, reference: str, at: dt.datetime) -> None:
            ledger.paused["*"] = "a major incident"

    async with EmailProbe(house.account, guard(ledger), Pausing(), RealClock()) as probe:
        with pytest.raises(Refused, match="a major incident"):
            await probe.knock(errand())

    assert not house.transactions


def guard(ledger: Ledger) -> Guard:
    return Guard({COUNCIL.id: COUNCIL}, ledger, RealClock(), "practice")


def giving(token: str) -> Callable[[], Awaitable[str]]:
    async def give() -> str:
        return token

    return give
