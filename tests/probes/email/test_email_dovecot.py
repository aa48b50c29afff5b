"""Against a real mail server: Postfix, Dovecot, and Sieve scripts that answer as councils' mail servers do."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import smtplib
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage

import pytest

from probes import Errand
from probes.clock import RealClock
from probes.email.account import Account
from probes.email.classify import classify
from probes.email.compose import own_copy
from probes.email.imap import LoginRefused, MailboxUnreachable, open_mailbox
from probes.email.match import Ladder, Match, Sent
from probes.email.parse import Mail, read
from probes.email.send import EmailProbe
from probes.email.watch import Collector, Incoming
from probes.guard import Guard
from results.schema import Consent, Contacts, Limits, Moment
from tests.mailstack.stack import OURS, THEIRS, MailStack
from tests.probes.email.people import COUNCIL, ENQUIRY, SCENARIO, Journal, Ledger, Tray

PATIENCE = 60  # seconds after which a test that waits has failed
RESOLUTION = dt.timedelta(seconds=1)  # of INTERNALDATE, which is cut off to the second

ACKNOWLEDGES = """
require ["vacation"];
vacation :days 7 :subject "Thank you for contacting us"
"Thank you for your e-mail. This is an automatic reply. We aim to answer within 10 working days.
Please do not reply to this message.";
"""
AWAY = """
require ["vacation"];
vacation :days 7 :subject "Out of office"
"I am out of the office until Monday. If it is urgent please ring our contact centre.";
"""
INTO_JUNK = """
require ["fileinto"];
if header :contains "subject" "Thank you" { fileinto "Junk"; }
"""


@pytest.fixture
def trusted(stack: MailStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's certificate is vouched for."""
    monkeypatch.setenv("SSL_CERT_FILE", str(stack.authority))


@pytest.fixture
def account(stack: MailStack, trusted: None) -> Account:
    """A mailbox of this test's own, over TLS."""
    user = f"shopper-{len(list((stack.root / 'users').iterdir()))}"
    stack.add(user)
    return stack.account(user, tls=True)


async def knock(account: Account, target: str, *references: str) -> dict[str, tuple[Sent, Moment]]:
    """Send one enquiry for each reference, as the programme does."""
    consent = Consent(
        agreed_by="Head of Customer Services",
        valid_from=dt.date(2020, 1, 1),
        until=dt.date(2090, 1, 1),
        channels=("email",),
        addresses=(target,),
        limits=Limits(seconds_between_mails=0),
    )
    council = COUNCIL.model_copy(update={"contacts": Contacts(addresses=(target,)), "consent": consent})
    clock, journal, sent = RealClock(), Journal(), {}
    guard = Guard({council.id: council}, Ledger(), clock, "practice")
    async with EmailProbe(account, guard, journal, clock) as probe:
        for reference in references:
            errand = Errand(f"shop-{reference}", council, SCENARIO, (ENQUIRY,), target, reference, "The partnership")
            seen = await probe.knock(errand)
            assert seen.error is None, seen.error
            moment = seen.moments["sent"]
            row = Sent(
                *(errand.shop, account.name, account.address(reference), journal.entries[-1][2], target),
                *(ENQUIRY.subject, ENQUIRY.words, moment.upper),
                copy_to=own_copy(account, reference),
            )
            sent[errand.shop] = (row, moment)
    return sent


async def collect(account: Account, tray: Tray, count: int) -> list[Incoming]:
    """Watch the mailbox until so many messages have come."""
    enough = asyncio.Event()

    async def on_new() -> None:
        if len(tray.mails) >= count:
            enough.set()

    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        watching = group.create_task(Collector(account, tray, RealClock(), poll=1).watch(on_new))
        await enough.wait()
        watching.cancel()
    return list(tray.mails.values())


def deliver(stack: MailStack, recipient: str, subject: str = "hello", sender: str = f"somebody@{THEIRS}") -> None:
    """Bring a message in through Postfix."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, recipient, subject
    mail["Message-ID"] = f"<{subject.replace(' ', '.')}.{recipient}>"
    mail.set_content("Hello\n")
    with smtplib.SMTP("127.0.0.1", stack.ports.smtp) as smtp:
        smtp.send_message(mail)


def answers(sent: dict[str, tuple[Sent, Moment]], mails: list[Incoming]) -> dict[str, tuple[Mail, Match, Incoming]]:
    """Shop to answer, our own copies left out."""
    ladder = Ladder(row for row, _ in sent.values())
    found = {}
    for incoming in mails:
        mail = read(incoming.raw)
        matched = ladder.match(mail, incoming.account, incoming.received)
        assert matched is not None, mail.headers
        if not matched.own_copy:
            found[matched.shop] = (mail, matched, incoming)
    return found


# ------------------------------------------------------------------------------------------------ what Sieve answers


@pytest.mark.parametrize(
    ("sieve", "kind"), [(ACKNOWLEDGES, "automatic acknowledgement"), (AWAY, "out of office")], ids=["thanks", "away"]
)
async def test_what_a_real_responder_answers_is_found_classified_and_timed(
    stack: MailStack, account: Account, tray: Tray, sieve: str, kind: str
) -> None:
    target = stack.add(f"{account.name}@{THEIRS}", sieve)

    sent = await knock(account, target, "k7f2q")
    mails = await collect(account, tray, 2)

    ((mail, matched, incoming),) = answers(sent, mails).values()
    _, moment = sent[matched.shop]
    assert matched.by == "address"
    assert classify(mail, (incoming.received - moment.upper).total_seconds()).kind == kind
    assert moment.lower - RESOLUTION <= incoming.received <= RealClock().now()


async def test_one_sender_is_acknowledged_once_and_four_plus_addresses_four_times(
    stack: MailStack, account: Account, tray: Tray
) -> None:
    target = stack.add(f"{account.name}@{THEIRS}", ACKNOWLEDGES)
    stack.add("one-sender")
    for number in range(4):
        deliver(stack, target, f"question {number}", f"one-sender@{OURS}")

    sent = await knock(account, target, "tag1", "tag2", "tag3", "tag4")
    mails = await collect(account, tray, 8)
    alone = Tray()
    await collect(stack.account("one-sender", tls=True), alone, 1)

    assert sorted(answers(sent, mails)) == ["shop-tag1", "shop-tag2", "shop-tag3", "shop-tag4"]
    assert len(alone.mails) == 1


async def test_the_address_after_the_plus_survives_both_ways(stack: MailStack, account: Account, tray: Tray) -> None:
    target = stack.add(f"{account.name}@{THEIRS}", ACKNOWLEDGES)

    sent = await knock(account, target, "k7f2q")
    mails = await collect(account, tray, 2)

    ((mail, _, _),) = answers(sent, mails).values()
    assert mail.recipients[0] == account.address("k7f2q")


async def test_a_bounce_of_a_real_server_is_found_and_is_a_bounce(
    stack: MailStack, account: Account, tray: Tray
) -> None:
    sent = await knock(account, f"nobody-at-all@{THEIRS}", "k7f2q")
    mails = await collect(account, tray, 2)

    ((mail, matched, _),) = answers(sent, mails).values()
    verdict = classify(mail, 1.0)
    assert (verdict.kind, verdict.final) == ("bounce", True)
    assert mail.report is not None
    assert mail.report.recipients == (f"nobody-at-all@{THEIRS}",) * len(mail.report.recipients)
    assert mail.report.original_id == sent[matched.shop][0].message_id


async def test_what_was_filed_as_junk_is_found_there(stack: MailStack, account: Account, tray: Tray) -> None:
    (stack.root / "sieve" / f"{account.mailbox}.sieve").write_text(INTO_JUNK)
    target = stack.add(f"{account.name}@{THEIRS}", ACKNOWLEDGES)

    sent = await knock(account, target, "k7f2q")
    mails = await collect(account, tray, 2)

    ((_, _, incoming),) = answers(sent, mails).values()
    assert incoming.folder == "Junk"


# ------------------------------------------------------------------------------------------------ watching


async def test_the_server_says_by_itself_that_mail_has_come(stack: MailStack, account: Account, tray: Tray) -> None:
    arrivals: asyncio.Queue[int] = asyncio.Queue()

    async def on_new() -> None:
        arrivals.put_nowait(len(tray.mails))

    deliver(stack, account.mailbox, "one")
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        watching = group.create_task(Collector(account, tray, RealClock(), poll=10 * PATIENCE).watch(on_new))
        assert await arrivals.get() == 1
        deliver(stack, account.mailbox, "two")
        assert await arrivals.get() == 2
        watching.cancel()


async def test_folders_are_opened_for_reading_only_and_nothing_is_changed(
    stack: MailStack, account: Account, tray: Tray
) -> None:
    deliver(stack, account.mailbox)
    await collect(account, tray, 1)

    heard = stack.heard(account.name)
    commands = {line.split()[2] for line in heard.splitlines() if len(line.split()) > 2}
    under_uid = {line.split()[3] for line in heard.splitlines() if " UID " in line}
    assert commands <= {"CAPABILITY", "LIST", "EXAMINE", "UID", "NOOP", "IDLE", "LOGOUT"}
    assert under_uid == {"SEARCH", "FETCH"}
    assert not re.search(r"BODY\[", heard)
    assert list(stack.maildir(account.name).glob("new/*")), "the message is no longer new"


async def test_more_than_a_thousand_messages_come_and_stay_known(
    stack: MailStack, account: Account, tray: Tray
) -> None:
    fill(stack, account.name, 1200)

    first = await Collector(account, tray, RealClock()).collect()
    second = await Collector(account, tray, RealClock()).collect()

    assert (first, second) == (1200, 0)
    assert len({read(mail.raw).message_id for mail in tray.mails.values()}) == 1200


async def test_when_the_server_numbers_its_mail_anew_all_of_it_comes_again(
    stack: MailStack, account: Account, tray: Tray
) -> None:
    fill(stack, account.name, 3)
    await Collector(account, tray, RealClock()).collect()
    before = {key[2] for key in tray.mails}
    await asyncio.sleep(1.1)  # Dovecot takes the second for the new number
    stack.renumber(account.name)

    assert await Collector(account, tray, RealClock()).collect() == 3

    assert len(before) == 1
    assert len({key[2] for key in tray.mails}) == 2
    assert len({mail.raw for mail in tray.mails.values()}) == 3


def fill(stack: MailStack, user: str, count: int, text: Callable[[int], str] = "hello {}\r\n".format) -> None:
    """Put messages into a mailbox without a mail server's help."""
    folder = stack.maildir(user)
    for number in range(count):
        head = f"From: council@{THEIRS}\r\nSubject: number {number}\r\nMessage-ID: <{number}@{THEIRS}>\r\n\r\n"
        path = folder / "new" / f"{1_700_000_000 + number}.M{number}.host"
        path.write_bytes((head + text(number)).encode())
        path.chmod(0o666)


# ------------------------------------------------------------------------------------------------ at the door


async def test_a_token_signs_in(stack: MailStack, account: Account, tray: Tray) -> None:
    stack.tokens["a good token"] = account.mailbox
    deliver(stack, account.mailbox)

    async def token() -> str:
        return "a good token"

    assert len(await collect(replace(account, password="", token=token), tray, 1)) == 1


async def test_a_bad_token_is_refused_and_not_waited_for(account: Account, tray: Tray) -> None:
    async def token() -> str:
        return "a bad token"

    with pytest.raises(LoginRefused):
        async with asyncio.timeout(15):  # the patience at the door is longer
            await Collector(replace(account, password="", token=token), tray, RealClock()).collect()


async def test_a_wrong_password_is_refused(account: Account) -> None:
    with pytest.raises(LoginRefused):
        async with open_mailbox(replace(account, password="wrong")):
            pass


async def test_without_its_authority_the_server_gets_no_password(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    with pytest.raises(MailboxUnreachable) as raised:
        async with open_mailbox(account):
            pass

    assert not isinstance(raised.value, LoginRefused)
