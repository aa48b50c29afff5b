"""Every message reaches the tray, once or more but never not at all."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import subprocess
import sys
from dataclasses import replace

import pytest

from probes.clock import RealClock
from probes.email.imap import LoginRefused, MailboxUnreachable
from probes.email.imap_wire import internal_date
from probes.email.watch import Collector, Incoming
from tests.probes.email.house import MailHouse
from tests.probes.email.people import SENT_AT, Tray

PATIENCE = 20  # seconds after which a test that waits has failed


def message(number: int, body: bytes = b"hello") -> bytes:
    return b"Subject: number %d\r\nTo: shopper+k7f2q@host.example\r\n\r\n" % number + body + b"\r\n"


def collector(house: MailHouse, tray: Tray) -> Collector:
    return Collector(house.account, tray, RealClock(), poll=10 * PATIENCE)


async def test_a_message_arrives_as_it_was_sent_with_the_servers_time(house: MailHouse, tray: Tray) -> None:
    raw = message(1, b"with (brackets), {7}\r\n* and (a star\r\nA1 OK done")
    await house.deliver(raw, SENT_AT)

    assert await collector(house, tray).collect() == 1

    (mail,) = tray.mails.values()
    assert (mail.account, mail.folder, mail.raw, mail.size) == ("main", "INBOX", raw, len(raw))
    assert mail.received == SENT_AT
    assert not mail.truncated


async def test_two_hundred_and_fifty_messages_come_in_batches_each_kept_before_it_counts(
    house: MailHouse, tray: Tray
) -> None:
    for number in range(250):
        await house.deliver(message(number), SENT_AT)

    assert await collector(house, tray).collect() == 250

    assert len(tray.mails) == 250
    uids = sorted(uid for *_, uid in tray.mails)
    steps = [("keep", 100), ("advance", uids[99]), ("keep", 100), ("advance", uids[199])]
    assert tray.order == [*steps, ("keep", 50), ("advance", uids[249])]


async def test_the_next_pass_fetches_only_what_is_new(house: MailHouse, tray: Tray) -> None:
    await house.deliver(message(1), SENT_AT)
    await collector(house, tray).collect()
    assert await collector(house, tray).collect() == 0
    await house.deliver(message(2), SENT_AT)

    assert await collector(house, tray).collect() == 1

    assert [kept for step, kept in tray.order if step == "keep"] == [1, 1]


async def test_a_connection_that_breaks_half_way_loses_nothing(house: MailHouse, tray: Tray) -> None:
    for number in range(250):
        await house.deliver(message(number, b"x" * 1000), SENT_AT)
    house.cut_after_bytes = 200_000

    with pytest.raises(MailboxUnreachable):
        await collector(house, tray).collect()
    kept = len(tray.mails)
    await collector(house, tray).collect()

    assert 0 < kept < 250
    assert len(tray.mails) == 250


async def test_when_the_server_renumbers_a_folder_it_is_read_again(house: MailHouse, tray: Tray) -> None:
    await house.deliver(message(1), SENT_AT)
    await collector(house, tray).collect()
    await house.change_uidvalidity()

    assert await collector(house, tray).collect() == 1

    assert len({validity for _, _, validity, _ in tray.mails}) == 2


async def test_the_junk_folder_is_looked_into(house: MailHouse, tray: Tray) -> None:
    await (await house.mailboxes()).add_mailbox("Junk E-mail")
    await (await house.mailboxes()).add_mailbox("Archive")
    await house.deliver(message(1), SENT_AT, "Junk E-mail")
    await house.deliver(message(2), SENT_AT, "Archive")

    await collector(house, tray).collect()

    assert [mail.folder for mail in tray.mails.values()] == ["Junk E-mail"]


async def test_a_huge_message_is_cut_and_says_so(house: MailHouse, tray: Tray) -> None:
    raw = message(1, b"x" * 5_000_000)
    await house.deliver(raw, SENT_AT)

    await collector(house, tray).collect()

    (mail,) = tray.mails.values()
    assert mail.truncated
    assert mail.size == len(raw)
    assert len(mail.raw) < 330 * 1024


async def test_huge_headers_are_cut_too(house: MailHouse, tray: Tray) -> None:
    await house.deliver(b"X-Long: " + b"y" * 200_000 + b"\r\n\r\nthe body\r\n", SENT_AT)

    await collector(house, tray).collect()

    (mail,) = tray.mails.values()
    assert mail.truncated
    assert mail.raw.endswith(b"\r\n\r\nthe body\r\n")
    assert len(mail.raw) < 65 * 1024


async def test_messages_stay_unread(house: MailHouse, tray: Tray) -> None:
    await house.deliver(message(1), SENT_AT)

    await collector(house, tray).collect()

    inbox = await (await house.mailboxes()).get_mailbox("INBOX")
    assert [[bytes(flag) for flag in found.permanent_flags] async for found in inbox.messages()] == [[]]


async def test_mail_that_comes_while_we_wait_wakes_us(house: MailHouse, tray: Tray) -> None:
    arrivals: asyncio.Queue[int] = asyncio.Queue()

    async def on_new() -> None:
        arrivals.put_nowait(len(tray.mails))

    await house.deliver(message(1), SENT_AT)
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        watching = group.create_task(collector(house, tray).watch(on_new))
        assert await arrivals.get() == 1
        await house.idling.wait()
        await house.deliver(message(2), SENT_AT)
        assert await arrivals.get() == 2
        watching.cancel()


async def test_mail_that_comes_just_before_we_wait_is_not_overlooked(house: MailHouse, tray: Tray) -> None:
    arrivals: asyncio.Queue[int] = asyncio.Queue()

    async def on_new() -> None:
        if len(tray.mails) == 1:
            await house.deliver(message(2), SENT_AT)
        arrivals.put_nowait(len(tray.mails))

    await house.deliver(message(1), SENT_AT)
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        watching = group.create_task(collector(house, tray).watch(on_new))
        assert await arrivals.get() == 1
        assert await arrivals.get() == 2
        watching.cancel()


async def test_the_watch_goes_on_after_the_connection_fell(house: MailHouse, tray: Tray) -> None:
    arrivals: asyncio.Queue[int] = asyncio.Queue()

    async def on_new() -> None:
        arrivals.put_nowait(len(tray.mails))

    await house.deliver(message(1), SENT_AT)
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        watching = group.create_task(collector(house, tray).watch(on_new))
        await arrivals.get()
        await house.idling.wait()
        house.cut()
        await house.deliver(message(2), SENT_AT)
        assert await arrivals.get() == 2
        watching.cancel()


async def test_a_wrong_password_ends_the_watch_at_once(house: MailHouse, tray: Tray) -> None:
    account = replace(house.account, password="wrong")

    async def on_new() -> None:
        raise AssertionError("there is nothing new")

    with pytest.raises(LoginRefused):
        async with asyncio.timeout(PATIENCE):
            await Collector(account, tray, RealClock()).watch(on_new)


async def test_a_server_that_is_not_there_is_said_to_be_unreachable(house: MailHouse, tray: Tray) -> None:
    with pytest.raises(MailboxUnreachable):
        await Collector(replace(house.account, imap_port=1), tray, RealClock()).collect()


async def test_a_server_that_hangs_up_on_us_is_unreachable(tray: Tray, house: MailHouse) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* BYE too many connections\r\n")
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(MailboxUnreachable):
            await Collector(replace(house.account, imap_port=port), tray, RealClock()).collect()


async def test_neither_password_nor_mail_is_logged(
    house: MailHouse, tray: Tray, caplog: pytest.LogCaptureFixture
) -> None:
    await house.deliver(message(1, b"a private matter"), SENT_AT)

    with caplog.at_level(logging.DEBUG):
        await collector(house, tray).collect()

    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("aioimaplib", "probes"))]
    assert not [line for line in ours if "a private matter" in line or "pass" in line]


def test_what_watches_and_reads_has_no_way_to_send() -> None:
    # In an interpreter of its own, and past the package's __init__, which offers the probe that sends as well.
    programme = """
import importlib, sys, types
import probes
package = types.ModuleType("probes.email")
package.__path__ = [probes.__path__[0] + "/email"]
sys.modules["probes.email"] = package
for name in ("watch", "imap", "imap_wire", "parse", "match", "classify", "observe"):
    importlib.import_module(f"probes.email.{name}")
print(*sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", programme], capture_output=True, text=True, check=True)

    loaded = set(ran.stdout.split())
    assert {"probes.email.watch", "aioimaplib"} <= loaded
    assert not {name for name in loaded if "smtp" in name or name in ("probes.email.send", "probes.email.compose")}


def test_a_message_does_not_show_its_content_when_printed() -> None:
    mail = Incoming("main", "INBOX", 1, 2, SENT_AT, 3, b"a private matter")

    assert "private" not in repr(mail)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("17-Nov-2026 10:00:00 +0000", dt.datetime(2026, 11, 17, 10, 0, tzinfo=dt.UTC)),
        (" 1-jun-2026 10:00:59 +0100", dt.datetime(2026, 6, 1, 9, 0, 59, tzinfo=dt.UTC)),
    ],
)
def test_the_servers_time_is_read_in_utc(text: str, moment: dt.datetime) -> None:
    assert internal_date(text) == moment


@pytest.mark.parametrize("text", ["31-Feb-2026 10:00:00 +0000", "01-Foo-2026 10:00:00 +0000"])
def test_a_time_that_is_none_is_none(text: str) -> None:
    assert internal_date(text) is None
