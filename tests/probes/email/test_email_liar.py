"""Whatever a mail server says, no message is passed over, memory stays bounded, and the watch goes on."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import tracemalloc
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.clock import RealClock
from probes.email import imap, imap_wire, watch
from probes.email.account import SignInNeeded
from probes.email.imap import LoginRefused, MailboxUnreachable, open_mailbox
from probes.email.parse import MAX_BODY, MAX_HEADERS
from probes.email.watch import Collector
from tests.probes.email.liar import Liar, liar
from tests.probes.email.people import Tray

PATIENCE = 20  # seconds after which a test that waits has failed
KEY = ("main", "INBOX", 7)
LONG_AGO = "17-Nov-2006 10:00:00 +0000"


class Later(RealClock):
    """A clock on which the liar's mail came an hour ago."""

    def now(self) -> dt.datetime:
        return dt.datetime(2026, 11, 17, 11, 0, tzinfo=dt.UTC)


def collector(server: Liar, tray: Tray, poll: float = 10 * PATIENCE) -> Collector:
    return Collector(server.account, tray, Later(), poll)


def kept(tray: Tray) -> list[int]:
    return sorted(uid for *_, uid in tray.mails)


def once(beginning: str, said: bytes) -> Callable[[str], bytes | None]:
    """A twist that says so the first time a command begins like this."""
    left = [said]
    return lambda command: left.pop() if left and command.startswith(beginning) else None


def breaks_off(beginning: str) -> Callable[[str], bytes | None]:
    """A twist that breaks the connection off the first time a command begins like this."""
    left = [beginning]

    def twist(command: str) -> bytes | None:
        if left and command.startswith(beginning):
            left.clear()
            raise ConnectionError
        return None

    return twist


# ------------------------------------------------------------------------------------------------ none passed over


def without(server: Liar, hidden: int, *, listed: bool = True) -> Callable[[str], bytes | None]:
    """A twist that passes one message over whenever it is to be fetched, or even to be listed."""

    def twist(command: str) -> bytes | None:
        body = "BODY" in command
        if not command.startswith("UID FETCH") or (listed and not body):
            return None
        wanted = [int(uid) for uid in command.split()[2].split(",")]
        return b"".join(server.fetched(uid, body) for uid in wanted if uid != hidden) + b"TAG OK done\r\n"

    return twist


async def test_a_message_that_did_not_come_with_the_others_is_asked_for_by_itself(tray: Tray) -> None:
    async with liar(1, 2, 3) as server:
        hide = without(server, 2)
        server.twist = lambda command: hide(command) if command.startswith("UID FETCH 1,2,3") else None

        assert await collector(server, tray).collect() == 3

    assert kept(tray) == [1, 2, 3]
    assert tray.marks[KEY] == 3


@pytest.mark.parametrize("listed", [True, False])
async def test_the_watermark_waits_for_a_message_that_is_not_handed_over(tray: Tray, listed: bool) -> None:
    async with liar(1, 2, 3) as server:
        server.twist = without(server, 2, listed=listed)
        assert await collector(server, tray).collect() == 2
        assert (kept(tray), tray.marks[KEY]) == ([1, 3], 1)
        assert await collector(server, tray).collect() == 0
        asked_again = server.asked("UID FETCH")[-1]
        server.twist = lambda command: None

        assert await collector(server, tray).collect() == 1

    assert asked_again.startswith("UID FETCH 2 ")
    assert (kept(tray), tray.marks[KEY]) == ([1, 2, 3], 3)


async def test_messages_in_later_batches_are_kept_while_the_watermark_waits(tray: Tray) -> None:
    async with liar(*range(1, 251)) as server:
        server.twist = without(server, 50)

        assert await collector(server, tray).collect() == 249

    assert tray.marks[KEY] == 49


async def test_after_a_day_a_note_is_kept_in_its_place_for_a_person_to_see(tray: Tray) -> None:
    async with liar(1, 2, 3) as server:
        server.received = LONG_AGO
        server.twist = without(server, 2)

        assert await collector(server, tray).collect() == 3

    note = tray.mails[*KEY, 2]
    assert note.raw.startswith(b"Subject: A message that the mail server does not hand over: number 2, ")
    assert note.truncated
    assert tray.marks[KEY] == 3


async def test_a_server_that_hands_over_nothing_at_all_is_unreachable_and_nothing_is_noted(tray: Tray) -> None:
    async with liar(1, 2, 3) as server:
        server.received = LONG_AGO
        server.twist = lambda command: b"TAG NO [SERVERBUG] later\r\n" if "BODY" in command else None

        with pytest.raises(MailboxUnreachable, match="hands over none of 3 messages"):
            await collector(server, tray).collect()

    assert not tray.mails
    assert not tray.marks


async def test_a_server_that_says_no_because_of_one_message_still_hands_over_the_others(tray: Tray) -> None:
    async with liar(1, 2, 3) as server:
        server.twist = once("UID FETCH 1,2,3 (UID BODY", server.fetched(1, True) + b"TAG NO [SERVERBUG] hm\r\n")

        assert await collector(server, tray).collect() == 3

    assert tray.marks[KEY] == 3


async def test_a_message_deleted_between_search_and_fetch_holds_nothing_up(tray: Tray) -> None:
    async with liar(1, 2, 3) as server:

        def delete(command: str) -> bytes | None:
            if command.startswith("UID FETCH"):
                server.messages.pop(2, None)
            return None

        server.twist = delete

        assert await collector(server, tray).collect() == 2

    assert tray.marks[KEY] == 3


async def test_two_passes_at_once_fetch_nothing_twice(tray: Tray) -> None:
    async with liar(1, 2, 3) as server:
        both = collector(server, tray)

        counts = await asyncio.gather(both.collect(), both.collect())

    assert sorted(counts) == [0, 3]
    assert len(server.asked("UID FETCH")) == 2


async def test_a_uid_that_is_only_claimed_never_moves_the_watermark(tray: Tray) -> None:
    async with liar(1, 2) as server:
        claim = b"* SEARCH 1 2 4294967295 99999999999999999999 0 7x\r\nTAG OK\r\n"
        server.twist = lambda command: claim if command.startswith("UID SEARCH") else None
        await collector(server, tray).collect()
        server.messages[3] = b"Subject: the third\r\n\r\nhello\r\n"
        server.twist = lambda command: None

        await collector(server, tray).collect()

    assert kept(tray) == [1, 2, 3]
    assert tray.marks[KEY] == 3


async def test_a_uid_below_the_watermark_is_nothing_new(tray: Tray) -> None:
    tray.marks[KEY] = 5
    async with liar(3, 6) as server:
        server.twist = once("UID SEARCH", b"* SEARCH 3 6\r\nTAG OK\r\n")

        assert await collector(server, tray).collect() == 1

    assert kept(tray) == [6]


async def test_messages_nobody_asked_for_are_not_kept(tray: Tray) -> None:
    async with liar(1) as server:
        other = Liar({9: b"Subject: x\r\n\r\nx\r\n"})

        def more(command: str) -> bytes | None:
            if command.startswith("UID FETCH"):
                body = "BODY" in command
                return other.fetched(9, body) + server.fetched(1, body) + other.fetched(9, body) + b"TAG OK\r\n"
            return None

        server.twist = more

        assert await collector(server, tray).collect() == 1

    assert kept(tray) == [1]


async def test_a_time_of_receipt_that_is_none_holds_up_only_its_own_message(tray: Tray) -> None:
    async with liar(1, 2) as server:
        wrong = server.fetched(1, False).replace(b"17-Nov", b"31-Feb") + server.fetched(2, False)
        server.twist = lambda command: wrong + b"TAG OK\r\n" if command.startswith("UID FETCH 1") else None

        await collector(server, tray).collect()

    assert kept(tray) == [2]
    assert tray.marks.get(KEY, 0) == 0


# ------------------------------------------------------------------------------------------------ odd, but allowed


async def test_a_short_message_may_come_as_strings_and_cannot_pass_for_another(tray: Tray) -> None:
    said = b'* 1 FETCH (BODY[HEADER]<0> "Subject: \\"UID 7\\"" BODY[TEXT]<0> "UID 9 )" UID 1)\r\nTAG OK\r\n'
    async with liar(1) as server:
        server.twist = lambda command: said if "BODY" in command else None

        await collector(server, tray).collect()

    assert tray.mails[*KEY, 1].raw == b'Subject: "UID 7"\r\n\r\nUID 9 )'


async def test_a_part_that_is_absent_is_empty_and_a_message_without_headers_did_not_come(tray: Tray) -> None:
    def nil(command: str) -> bytes | None:
        if "BODY" not in command:
            return None
        first = b"* 1 FETCH (UID 1 BODY[HEADER] {14}\r\nSubject: x\r\n\r\n BODY[TEXT] NIL)\r\n"
        return first + b"* 2 FETCH (UID 2 BODY[HEADER] NIL BODY[TEXT] NIL)\r\nTAG OK\r\n"

    async with liar(1, 2) as server:
        server.twist = nil
        await collector(server, tray).collect()

    assert {uid: mail.raw for (*_, uid), mail in tray.mails.items()} == {1: b"Subject: x\r\n\r\n"}


async def test_folder_names_of_every_shape_are_understood(tray: Tray) -> None:
    async with liar(1) as server:
        server.folders = (
            b'(\\HasNoChildren) "/" INBOX',
            b'(\\Junk) "/" {7}\r\nOdd * 1',
            b'() NIL "Old/Bulk \\"Mail"',
            b'() "." INBOX.spam',
            b'(\\Noselect \\Junk) "/" Nothing',
            b'(\\Junk) "/" {3}\r\na\r\n',
        )

        await collector(server, tray).collect()

    assert server.asked("EXAMINE") == [
        f"EXAMINE {name}" for name in ('"INBOX"', '"Odd * 1"', '"INBOX.spam"', '"INBOX"')
    ]


@pytest.mark.parametrize("said", [b"TAG NO no\r\n", b"TAG OK without a number\r\n"])
async def test_a_junk_folder_that_cannot_be_opened_holds_nothing_up(tray: Tray, said: bytes) -> None:
    async with liar(1) as server:
        server.folders += (b'(\\Junk) "/" Junk',)
        server.twist = lambda command: said if command == 'EXAMINE "Junk"' else None

        assert await collector(server, tray).collect() == 1


async def test_inbox_is_kept_before_a_junk_folder_breaks_the_connection(tray: Tray) -> None:
    async with liar(1) as server:
        server.folders += (b'(\\Junk) "/" Junk',)
        server.twist = breaks_off('EXAMINE "Junk"')

        with pytest.raises(MailboxUnreachable):
            await collector(server, tray).collect()

    assert kept(tray) == [1]


# ------------------------------------------------------------------------------------------------ bounded


async def test_a_server_that_sends_more_of_a_message_than_was_asked_for_is_cut_short(tray: Tray) -> None:
    async with liar(1) as server:
        server.messages[1] = b"Subject: x\r\nX-Long: " + b"y" * 20_000_000 + b"\r\n\r\n" + b"y" * 20_000_000
        server.generous = True

        await collector(server, tray).collect()

    mail = tray.mails[*KEY, 1]
    assert mail.truncated
    assert len(mail.raw) == MAX_HEADERS + len(b"\r\n\r\n") + MAX_BODY


@pytest.mark.parametrize(
    "said",
    [
        b"* 1 FETCH (UID 1 BODY[HEADER] {999999999999999999}\r\nSubject",
        b"* 1 FETCH (UID 1 BODY[HEADER] {12}\r\nSub",
    ],
    ids=["a literal without end", "half a literal"],
)
async def test_a_literal_that_never_ends_is_given_up_with_the_connection(
    tray: Tray, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "_PATIENCE", 0.3)
    async with liar(1) as server:
        server.twist = once("UID FETCH 1 (UID BODY", said)
        with pytest.raises(MailboxUnreachable):
            await collector(server, tray).collect()

        assert await collector(server, tray).collect() == 1


@pytest.mark.parametrize(
    "endless", [b"* SEARCH " + b"1 " * 9_000_000 + b"\r\n", b"* SEARCH 1\r\n" * 20_000], ids=["one line", "many lines"]
)
async def test_an_answer_without_end_ends_the_connection(
    tray: Tray, endless: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "_MOST_BYTES", 1024 * 1024)
    async with liar(1) as server:
        server.twist = once("UID SEARCH", endless + b"TAG OK\r\n")

        with pytest.raises(MailboxUnreachable, match="without end"):
            await collector(server, tray).collect()


def test_a_gigabyte_of_literal_takes_no_room() -> None:
    cutter = imap_wire.Cutter()
    piece = bytes(1024 * 1024)
    tracemalloc.start()
    try:
        answers = list(cutter.feed(b"* 1 FETCH (UID 1 BODY[TEXT] {1073741824}\r\n"))
        for _ in range(1024):
            answers += cutter.feed(piece)
        answers += cutter.feed(b")\r\n")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert [[len(part) for part in answer] for answer in answers] == [[40, imap_wire.LONGEST_LITERAL, 1]]
    assert most < 4 * 1024 * 1024


def test_literals_announced_without_end_are_too_much() -> None:
    cutter = imap_wire.Cutter()
    several = b"".join(b" {262144}\r\n" + bytes(262144) for _ in range(100))

    with pytest.raises(imap_wire.TooMuch):
        list(cutter.feed(several))


@settings(deadline=None)
@given(st.data())
def test_answers_are_the_same_however_the_bytes_are_cut_up(data: st.DataObject) -> None:
    stream = b"* OK hi\r\n* 1 FETCH (B {6}\r\na\r\n{9} C {2}\r\n\r\n D {0}\r\n)\r\n\r\n* LIST {2}\r\nab\r\nA1 OK\r\n"
    whole = list(imap_wire.Cutter().feed(stream))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1))))

    cutter = imap_wire.Cutter()
    pieces = [answer for a, b in pairwise([0, *cuts, len(stream)]) for answer in cutter.feed(stream[a:b])]

    assert pieces == whole
    assert [len(answer) for answer in whole] == [1, 7, 1, 3, 1]


async def test_a_thousand_answers_at_once_do_not_overflow_anything(tray: Tray) -> None:
    storm = b"".join(b"* %d FETCH (FLAGS (\\Seen))\r\n* %d EXISTS\r\n" % (n, n) for n in range(20_000))
    async with liar(1, 2) as server:
        server.twist = once("UID FETCH", storm + server.fetched(1, False) + server.fetched(2, False) + b"TAG OK\r\n")

        assert await collector(server, tray).collect() == 2

    assert len(server.asked("LOGIN")) == 1


async def test_announcements_without_mail_do_not_make_us_run_in_circles(
    tray: Tray, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []
    enough = asyncio.Event()
    sleep = asyncio.sleep

    async def rest(seconds: float) -> None:
        if seconds:
            rests.append(seconds)
        if len(rests) == 5:
            enough.set()
        await sleep(0)

    async with liar(1) as server:
        server.twist = lambda command: b"* 9 EXISTS\r\n" * 5000 + b"TAG OK\r\n" if command == "NOOP" else None
        monkeypatch.setattr(asyncio, "sleep", rest)
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            watching = group.create_task(collector(server, tray).watch(nothing))
            await enough.wait()
            watching.cancel()

    assert len(server.asked("LOGIN")) == 1
    assert len(server.asked("NOOP")) <= 7


# ------------------------------------------------------------------------------------------------ going on


async def nothing() -> None:
    pass


@pytest.mark.parametrize("at", ["LOGIN", "CAPABILITY", "LIST", "EXAMINE", "UID SEARCH", "UID FETCH", "NOOP", "IDLE"])
async def test_the_watch_goes_on_after_a_connection_that_broke_anywhere(
    tray: Tray, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_FIRST_PAUSE", 0.01)
    async with liar(1) as server:
        server.twist = breaks_off(at)
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            watching = group.create_task(collector(server, tray, poll=0.05).watch(nothing))
            while len(server.asked(at)) < 2 or not server.asked("IDLE") or kept(tray) != [1]:
                server.came.clear()
                await server.came.wait()
            watching.cancel()


@pytest.mark.parametrize("at", ["LOGIN", "CAPABILITY", "LIST", "EXAMINE", "UID SEARCH", "UID FETCH"])
async def test_a_server_that_falls_silent_is_left(tray: Tray, at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "_PATIENCE", 0.2)
    monkeypatch.setattr(imap, "_PATIENCE_AT_THE_DOOR", 0.2)
    async with liar(1) as server:
        server.twist = once(at, b"")
        with pytest.raises(MailboxUnreachable, match="did not answer in time"):
            await collector(server, tray).collect()

        assert await collector(server, tray).collect() == 1


async def test_a_server_that_drips_is_understood(tray: Tray) -> None:
    async with liar(1, 2) as server:
        server.drips = True

        assert await collector(server, tray).collect() == 2


@pytest.mark.parametrize(
    ("capabilities", "refusal"),
    [("IMAP4rev1", b""), ("IMAP4rev1 IDLE", b"TAG NO\r\n"), ("IMAP4rev1 IDLE", b"TAG BAD\r\n")],
)
async def test_where_idle_is_not_to_be_had_we_look_again_and_again(
    tray: Tray, capabilities: str, refusal: bytes
) -> None:
    arrivals: asyncio.Queue[int] = asyncio.Queue()

    async def on_new() -> None:
        arrivals.put_nowait(len(tray.mails))

    async with liar(1) as server:
        server.capabilities = capabilities
        server.twist = lambda command: refusal if command == "IDLE" else None
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            watching = group.create_task(collector(server, tray, poll=0.05).watch(on_new))
            assert await arrivals.get() == 1
            server.messages[2] = b"Subject: 2\r\n\r\n2\r\n"
            assert await arrivals.get() == 2
            watching.cancel()

    assert len(server.asked("LOGIN")) == 1


async def test_a_server_that_never_ends_idle_is_left(tray: Tray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "_PATIENCE", 0.2)
    async with liar(1) as server:
        server.twist = once("DONE", b"")
        async with open_mailbox(server.account) as mailbox:
            await mailbox.examine("INBOX")
            await mailbox.uids_after(0)
            with pytest.raises(MailboxUnreachable):
                await mailbox.wait_for_mail(0.01)


async def test_what_is_said_during_idle_is_not_piled_up(tray: Tray) -> None:
    chatter = b"+ idling\r\n" + b"* OK still here\r\n" * 5000 + b"* 2 EXISTS\r\n"
    async with liar(1) as server:
        server.twist = lambda command: chatter if command == "IDLE" else None
        async with open_mailbox(server.account) as mailbox:
            await mailbox.examine("INBOX")
            await mailbox.uids_after(0)
            async with asyncio.timeout(PATIENCE):
                await mailbox.wait_for_mail(10 * PATIENCE)

            assert mailbox._protocol.idle_queue.empty()


# ------------------------------------------------------------------------------------------------ at the door


@pytest.mark.parametrize(
    "said", [b"TAG NO [UNAVAILABLE] later\r\n", b"TAG NO [ALERT] Too many simultaneous connections\r\n", b"TAG BAD\r\n"]
)
async def test_a_server_in_trouble_does_not_end_the_watch(tray: Tray, said: bytes) -> None:
    async with liar(1) as server:
        server.twist = lambda command: said if command.startswith("LOGIN") else None

        with pytest.raises(MailboxUnreachable) as raised:
            await collector(server, tray).collect()

    assert not isinstance(raised.value, LoginRefused)


@pytest.mark.parametrize(
    "greeting", [b"* BYE go away\r\n", b"* PREAUTH hello\r\n", b"\xff\xfe\r\n", b"220 mail ESMTP\r\n"]
)
async def test_a_greeting_that_is_none_is_unreachable(tray: Tray, greeting: bytes) -> None:
    async with liar(1) as server:
        server.greeting = greeting

        with pytest.raises(MailboxUnreachable):
            await collector(server, tray).collect()


async def test_a_token_that_is_refused_is_refused_at_once_and_in_no_log(
    tray: Tray, caplog: pytest.LogCaptureFixture
) -> None:
    async def token() -> str:
        return "a-secret-token"

    def twist(command: str) -> bytes | None:
        if command.startswith("AUTHENTICATE XOAUTH2 "):
            return b"+ eyJzdGF0dXMiOiI0MDAifQ==\r\n"
        return b"TAG NO invalid credentials\r\n" if command == "" else None

    async with liar(1) as server:
        server.twist = twist
        with caplog.at_level(logging.DEBUG), pytest.raises(LoginRefused) as raised:
            async with asyncio.timeout(PATIENCE / 2):
                await Collector(replace(server.account, token=token), tray, RealClock()).collect()

    sent = server.asked("AUTHENTICATE")[0].split()[2]
    assert b64decode(sent) == b"user=a\x01auth=Bearer a-secret-token\x01\x01"
    assert not [secret for secret in ("a-secret-token", sent) if secret in caplog.text + str(raised.value)]


@pytest.mark.parametrize(
    ("problem", "refused"), [(SignInNeeded("run: doorstep mail login main"), True), (OSError(), False)]
)
async def test_a_token_that_cannot_be_had_is_told_apart_from_a_service_that_is_down(
    tray: Tray, problem: Exception, refused: bool
) -> None:
    async def token() -> str:
        raise problem

    async with liar(1) as server:
        with pytest.raises(MailboxUnreachable) as raised:
            await Collector(replace(server.account, token=token), tray, RealClock()).collect()

    assert isinstance(raised.value, LoginRefused) == refused
