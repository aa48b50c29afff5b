"""A mailbox's test of itself: each trouble is found by real servers, and each has a remedy of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from probes.clock import RealClock
from probes.email.account import Account, SignInNeeded
from probes.email.parse import read
from probes.email.self_test import SelfTest, Trip, is_of_self_test, lines, self_test
from probes.guard import Guard, Refused
from tests.probes.email.house import USER, MailHouse, Transaction, mail_house
from tests.probes.email.people import Ledger

SHORT = 0.6
"""Real seconds to wait for what never comes."""


@pytest.fixture
def guard(ledger: Ledger) -> Guard:
    return Guard({}, ledger, RealClock(), "practice")


def carrying(
    house: MailHouse,
    *,
    folder: str = "INBOX",
    ahead: float = 0.0,
    only: Callable[[str], bool] = lambda _: True,
    change: Callable[[bytes], bytes] = lambda raw: raw,
) -> Callable[[Transaction], Awaitable[None]]:
    """What carries e-mail from the SMTP server into the mailbox, as a provider does, well or badly."""

    async def carry(sent: Transaction) -> None:
        received = RealClock().now() + dt.timedelta(seconds=ahead)
        for recipient in filter(only, sent.recipients):
            raw = f"Delivered-To: {recipient}\r\n".encode() + sent.content
            await house.deliver(change(raw), received.replace(microsecond=0), folder)

    return carry


async def outcome(house: MailHouse, guard: Guard, account: Account | None = None, seconds: float = 20.0) -> SelfTest:
    return await self_test(account or house.account, RealClock(), guard, seconds)


async def test_a_mailbox_that_can_be_used_is_well(house: MailHouse, guard: Guard) -> None:
    await (await house.mailboxes()).add_mailbox("Junk")
    house.post = carrying(house)

    seen = await outcome(house, guard)

    assert seen.trouble is None
    assert seen.remedy == "All is well: this mailbox can be used."
    assert seen.tagged_survives is True
    assert seen.junk_folders == ("Junk",)
    assert seen.announces
    assert [trip and trip.folder for trip in (seen.plain, seen.tagged)] == ["INBOX", "INBOX"]
    assert len(house.transactions) == 2


async def test_the_mails_go_to_ourselves_and_nobody_else(house: MailHouse, guard: Guard) -> None:
    house.post = carrying(house)

    await outcome(house, guard)

    plain, tagged = house.transactions
    assert (plain.mail_from, plain.recipients) == (USER, (USER,))
    assert tagged.recipients == (tagged.mail_from,)
    assert tagged.mail_from.startswith("shopper+test")


async def test_while_everything_is_paused_not_even_a_test_is_sent(
    house: MailHouse, guard: Guard, ledger: Ledger
) -> None:
    ledger.paused["*"] = "election day"

    with pytest.raises(Refused, match=r"pause\.all"):
        await outcome(house, guard)

    assert not house.transactions


async def test_the_guard_lets_no_mail_of_a_test_go_to_others(guard: Guard, house: MailHouse, ledger: Ledger) -> None:
    with pytest.raises(Refused, match=r"own\.address"):
        await guard.permit_own("customer.services@acorn.example", house.account.owns)

    assert [refusal.rule for refusal in ledger.refusals] == ["own.address"]


async def test_a_mailbox_without_contacts_addresses_is_tested_once(house: MailHouse, guard: Guard) -> None:
    house.post = carrying(house)

    seen = await outcome(house, guard, replace(house.account, addresses="one", persona="Alison Bennett"))

    assert len(house.transactions) == 1
    assert seen.tagged is None
    assert seen.tagged_survives is None
    assert seen.trouble is None


async def test_without_a_junk_folder_the_mailbox_can_be_used_and_it_is_said(house: MailHouse, guard: Guard) -> None:
    house.post = carrying(house)

    seen = await outcome(house, guard)

    assert seen.trouble is None
    assert "no junk folder was found" in seen.remedy


async def test_old_mail_is_not_taken_for_the_test(house: MailHouse, guard: Guard) -> None:
    for number in range(120):
        await house.deliver(f"Subject: old {number}\r\n\r\nold\r\n".encode(), RealClock().now())
    house.post = carrying(house)

    assert (await outcome(house, guard)).trouble is None


async def test_a_tests_own_mails_are_known_again_and_so_are_reports_about_them(house: MailHouse, guard: Guard) -> None:
    house.post = carrying(house)

    await outcome(house, guard)

    for sent in house.transactions:
        assert is_of_self_test(read(sent.content))
        assert is_of_self_test(read(report(sent.content)))
    assert not is_of_self_test(read(b"Message-ID: <1@acorn.example>\r\n\r\nhello\r\n"))


# ------------------------------------------------------------------------------------------------ getting in


async def test_a_wrong_password_is_told_for_both_ways_in(house: MailHouse, guard: Guard) -> None:
    seen = await outcome(house, guard, replace(house.account, password="wrong"))

    assert seen.smtp is not None
    assert seen.imap is not None
    assert seen.remedy.startswith("Put user name and password for sending right, or let programs in at the provider: ")
    assert "535" in seen.remedy


async def test_a_refused_token_is_never_shown(guard: Guard) -> None:
    async def token() -> str:
        return "bad-token-of-a-mailbox"

    async with mail_house(token="good-token") as house:
        seen = await outcome(house, guard, replace(house.account, token=token))

    assert seen.smtp is not None
    assert "refused the login" in seen.remedy
    assert "bad-token-of-a-mailbox" not in f"{seen} {lines(seen)}"


async def test_somebody_who_never_signed_in_is_told_how(guard: Guard) -> None:
    async def token() -> str:
        raise SignInNeeded("main is not signed in; run: doorstep mail login main")

    async with mail_house(token="good-token") as house:
        seen = await outcome(house, guard, replace(house.account, token=token))

    assert seen.remedy == "Sign in: main is not signed in; run: doorstep mail login main."


async def test_a_server_that_is_not_there_is_named(house: MailHouse, guard: Guard) -> None:
    seen = await outcome(house, guard, replace(house.account, smtp_port=1))

    assert seen.imap is None
    assert seen.remedy.startswith("Put sending's host, port and tls right in programme.toml, or try later: 127.0.0.1: ")


async def test_a_mailbox_that_is_not_there_is_named(house: MailHouse, guard: Guard) -> None:
    seen = await outcome(house, guard, replace(house.account, imap_port=1))

    assert seen.smtp is None
    assert seen.remedy.startswith("Put reading's host, port and tls right in programme.toml, or try later: 127.0.0.1: ")


# ------------------------------------------------------------------------------------------------ arriving


async def test_tagged_addresses_that_do_not_arrive_have_another_way(house: MailHouse, guard: Guard) -> None:
    house.post = carrying(house, only=lambda recipient: "+" not in recipient)

    seen = await outcome(house, guard, seconds=SHORT)

    assert seen.tagged_survives is False
    assert "does not arrive" in seen.remedy
    assert 'set addresses = "catch-all"' in seen.remedy


async def test_tagged_addresses_that_are_refused_have_another_way(house: MailHouse, guard: Guard) -> None:
    house.post = carrying(house)
    house.refuse = lambda address: "550 5.1.1 no such user" if "+" in address else None

    seen = await outcome(house, guard)

    assert seen.tagged == Trip(to=seen.tagged.to if seen.tagged else "", refused="550 5.1.1 no such user")
    assert "takes no mail for a contact's own address (550 5.1.1 no such user)" in seen.remedy


async def test_a_delivery_report_ends_the_wait(house: MailHouse, guard: Guard) -> None:
    async def bounce(sent: Transaction) -> None:
        if "+" in sent.recipients[0]:
            await house.deliver(report(sent.content), RealClock().now())
        else:
            await carrying(house)(sent)

    house.post = bounce

    seen = await outcome(house, guard)

    assert seen.tagged is not None
    assert seen.tagged.came_back
    assert "does not arrive" in seen.remedy


async def test_a_sender_that_is_rewritten_is_found(house: MailHouse, guard: Guard) -> None:
    house.post = carrying(house, change=untagged(b"From"))

    seen = await outcome(house, guard)

    assert seen.tagged_survives is False
    assert "rewrites the sender shopper+test" in seen.remedy


async def test_a_recipient_that_is_hidden_is_found(house: MailHouse, guard: Guard) -> None:
    house.post = carrying(house, change=lambda raw: untagged(b"To")(untagged(b"Delivered-To")(raw)))

    seen = await outcome(house, guard)

    assert seen.tagged_survives is False
    assert "hides that mail was for shopper+test" in seen.remedy


async def test_mail_that_never_arrives_is_told_first(house: MailHouse, guard: Guard) -> None:
    seen = await outcome(house, guard, seconds=SHORT)

    assert seen.remedy == f"Find out where mail to {USER} goes: it was sent and never arrived."


async def test_an_account_that_may_not_send_as_its_mailbox_is_told_so(house: MailHouse, guard: Guard) -> None:
    house.refusals[USER] = "550 5.7.60 not allowed to send as this sender"

    seen = await outcome(house, guard, seconds=SHORT)

    assert seen.remedy == f"Let {USER} send as {USER} at the provider: 550 5.7.60 not allowed to send as this sender."


async def test_our_own_mail_in_the_junk_folder_is_a_trouble(house: MailHouse, guard: Guard) -> None:
    await (await house.mailboxes()).add_mailbox("Junk E-mail")
    house.post = carrying(house, folder="Junk E-mail")

    seen = await outcome(house, guard)

    assert seen.plain is not None
    assert seen.plain.folder == "Junk E-mail"
    assert "landed in Junk E-mail" in seen.remedy


# ------------------------------------------------------------------------------------------------ the clock


@pytest.mark.parametrize(("ahead", "which"), [(120.0, "ahead of"), (-3600.0, "behind")])
async def test_a_clock_that_is_off_is_measured(house: MailHouse, guard: Guard, ahead: float, which: str) -> None:
    house.post = carrying(house, ahead=ahead)

    seen = await outcome(house, guard)

    assert seen.skew is not None
    assert seen.skew[0] <= ahead <= seen.skew[1]
    assert "Set this machine's clock (NTP)" in seen.remedy
    assert which in seen.remedy


async def test_a_clock_that_agrees_is_within_its_bounds(house: MailHouse, guard: Guard) -> None:
    house.post = carrying(house)

    seen = await outcome(house, guard)

    assert seen.skew is not None
    assert seen.skew[0] <= 0 <= seen.skew[1]
    assert seen.off_by == 0


@pytest.mark.parametrize(
    ("bounds", "off"), [((-3.0, 2.0), 0.0), ((0.0, 2.0), 0.0), ((6.0, 8.0), 6.0), ((-9.0, -7.5), -7.5)]
)
def test_a_clock_is_off_by_what_it_must_be_off_at_least(
    house: MailHouse, bounds: tuple[float, float], off: float
) -> None:
    assert SelfTest(house.account, plain=Trip(USER, skew=bounds)).off_by == off


# ------------------------------------------------------------------------------------------------ what is shown


async def test_everything_found_is_shown_on_a_line_each_and_the_remedy_last(house: MailHouse, guard: Guard) -> None:
    house.post = carrying(house)

    seen = await outcome(house, guard)
    shown = lines(seen)

    assert shown[-1] == seen.remedy
    assert [line.partition(":")[0] for line in shown[:2]] == ["Sending", "Reading"]
    assert f"E-mail to {USER}: arrived in INBOX" in shown
    assert "New mail: told at once (IDLE)" in shown
    assert not [line for line in shown if "\n" in line]


def untagged(header: bytes) -> Callable[[bytes], bytes]:
    """What takes the tag out of an address in one header, as some servers do."""

    def change(raw: bytes) -> bytes:
        lines = raw.split(b"\r\n")
        at = next(number for number, line in enumerate(lines) if line.startswith(header + b":"))
        before, plus, after = lines[at].partition(b"+")
        lines[at] = before + b"@" + after.partition(b"@")[2] if plus else before
        return b"\r\n".join(lines)

    return change


def report(original: bytes) -> bytes:
    """A delivery report (RFC 3464) about an e-mail."""
    head = original.partition(b"\r\n\r\n")[0].decode()
    return (
        "From: mailer-daemon@host.example\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; host.example\r\n\r\n"
        "Final-Recipient: rfc822; x@host.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{head}\r\n--b--\r\n"
    ).encode()
