"""A read-only mailbox over IMAP. The one module that knows aioimaplib, and where its defects are contained:

- FETCH of about a thousand messages in one command never returns (recursion): the caller asks for a hundred at a time.
- The loss of a connection is told neither to a waiting command nor to IDLE: `connection_lost` here ends them all.
- Its own time-outs do not cover every call: each call here runs under ours, after which the connection is dropped.
- Its log at DEBUG level holds tokens and whole e-mails: the logger is muted.
- SEARCH sends `CHARSET utf-8`, which some servers refuse: none is sent. Folder and user names go unquoted: here quoted.
- EXAMINE leaves its idea of the state behind: it is set by hand.
- `* ` is deleted anywhere in an answer's line: a folder with that in its name is refused by the server, and left out.
- No STARTTLS: the connection is TLS from its first byte (port 993), or plain on this machine only.

It cannot send, store, move or delete: folders are opened with EXAMINE. What is done with the mail lives in `watch`.

    MailboxUnreachable
    ├── LoginRefused
    └── FolderRefused
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from aioimaplib import aioimaplib

from probes.email.parse import MAX_BODY, MAX_HEADERS
from probes.email.send import Account

_PATIENCE = 60.0  # real seconds for one command; the network keeps real time whatever the programme's clock says
_PATIENCE_AT_THE_DOOR = 20.0
_PATIENCE_LEAVING = 2.0
_JUNK_NAMES = {"junk", "spam", "junk e-mail", "junk email", "junk mail", "bulk mail", "bulk"}
_LIST = re.compile(rb'^\((?P<flags>[^)]*)\) (?:"(?:\\?.)"|NIL) (?P<name>.+)$', re.IGNORECASE)
_UIDVALIDITY = re.compile(rb"\[UIDVALIDITY (\d+)\]", re.IGNORECASE)
_FETCH_BEGINS = re.compile(rb"^\d+ FETCH \(")
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_RECEIVED = re.compile(rb'\bINTERNALDATE "([ \d]\d-[A-Za-z]{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4})"')
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

logging.getLogger("aioimaplib").setLevel(logging.CRITICAL + 1)
logging.getLogger("aioimaplib.aioimaplib").setLevel(logging.CRITICAL + 1)

T = TypeVar("T")


class MailboxUnreachable(Exception):
    """The mail server cannot be reached, has gone, or says what cannot be understood. Trying again may help."""


class LoginRefused(MailboxUnreachable):
    """The user name or password is wrong. Trying again would lock the account."""


class FolderRefused(MailboxUnreachable):
    """The server does not open this folder. The others may be open."""


@dataclass(frozen=True)
class Listed:
    """A message before it is fetched: its UID, when the server received it (UTC, to the second), its size in bytes."""

    uid: int
    received: dt.datetime
    size: int


class _Protocol(aioimaplib.IMAP4ClientProtocol):  # type: ignore[misc]
    """aioimaplib's protocol, which also says that the connection is lost and that mail has come."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.greeted = asyncio.Event()
        self.lost = asyncio.Event()
        self.news = asyncio.Event()

    async def welcome(self, command: bytes) -> None:
        try:
            await super().welcome(command)
            self.greeted.set()
        except (aioimaplib.AioImapException, OSError):
            self.transport.abort()  # then `connection_lost` tells whoever waits

    async def execute(self, command: aioimaplib.Command, scrub: str | None = None) -> aioimaplib.Response:
        if self.lost.is_set():
            raise ConnectionResetError("the mail server closed the connection")
        return await super().execute(command, scrub)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for event in (self.lost, self.greeted, self.news, self._idle_event):
            event.set()
        waiting = [*self.pending_async_commands.values(), self.pending_sync_command]
        for command in waiting:
            if command is not None:
                command._timer.cancel()
                command._exception = ConnectionResetError("the mail server closed the connection")
                command._event.set()

    def _untagged_response(self, line: bytes) -> aioimaplib.Command | None:
        if line.rstrip().upper().endswith(b" EXISTS"):
            self.news.set()
        return super()._untagged_response(line)


class Mailbox:
    """An open connection to one account. Every method raises `MailboxUnreachable`."""

    def __init__(self, protocol: _Protocol) -> None:
        self._protocol = protocol

    async def folders(self) -> list[str]:
        """INBOX and the junk folders, found by the \\Junk attribute (RFC 6154) or by an ordinary name for one."""
        answer = await self._call(self._protocol.simple_command("LIST", '""', '"*"'))
        return ["INBOX", *dict.fromkeys(name for line in answer.lines if (name := _junk(bytes(line))))]

    async def examine(self, folder: str) -> int:
        """Open a folder for reading only and return its UIDVALIDITY."""
        answer = await _in_time(self._protocol.simple_command("EXAMINE", aioimaplib.quoted(folder)), _PATIENCE)
        if answer.result != "OK":
            raise FolderRefused(f"the mail server does not open {folder}: {_said(answer)}")
        self._protocol.state = aioimaplib.SELECTED
        for line in answer.lines:
            if found := _UIDVALIDITY.search(bytes(line)):
                return int(found[1])
        raise MailboxUnreachable(f"the mail server gives no UIDVALIDITY for {folder}")

    async def uids_after(self, uid: int) -> list[int]:
        """The UIDs above `uid` in the open folder, ascending. Mail announced from now on is news."""
        self._protocol.news.clear()
        answer = await self._call(self._protocol.search("UID", f"{uid + 1}:*", charset=None, by_uid=True))
        numbers = b" ".join(bytes(line) for line in answer.lines[:-1]).split()
        # "n:*" always names the last message, even one below n.
        return sorted({int(number) for number in numbers if number.isdigit() and int(number) > uid})

    async def list_messages(self, uids: Sequence[int]) -> list[Listed]:
        """Size and time of receipt, for at most a hundred messages. Messages gone since are left out."""
        lines = await self._fetch(uids, "(UID RFC822.SIZE INTERNALDATE)")
        return [listed for line in lines if isinstance(line, bytes) and (listed := _listed(line))]

    async def contents(self, uids: Sequence[int]) -> dict[int, bytes]:
        """UID to bytes: at most 64 kB of headers and 256 kB of body of each. The messages stay unread."""
        parts = f"(UID BODY.PEEK[HEADER]<0.{MAX_HEADERS}> BODY.PEEK[TEXT]<0.{MAX_BODY}>)"
        return _contents(await self._fetch(uids, parts))

    async def wait_for_mail(self, seconds: float) -> None:
        """Wait until the server says that there is mail, or for so many real seconds."""
        protocol = self._protocol
        await self._call(protocol.simple_command("NOOP"))  # some servers keep to themselves what came just before IDLE
        if protocol.news.is_set() or "IDLE" not in protocol.capabilities:
            await _at_most(seconds, protocol.news.wait())
            return
        async with asyncio.TaskGroup() as group:
            idling = group.create_task(self._idle())
            await _at_most(_PATIENCE, protocol.wait_for_idle_response())
            await _at_most(seconds, protocol.news.wait())
            if not idling.done():
                protocol.send("DONE")
                await _at_most(_PATIENCE, idling)

    async def _idle(self) -> None:
        try:
            await self._protocol.idle()
        except (aioimaplib.AioImapException, OSError):
            self._protocol.news.set()  # the connection is lost; the next command says so
        finally:
            self._protocol._idle_event.set()

    async def _fetch(self, uids: Sequence[int], parts: str) -> list[bytes | bytearray]:
        wanted = ",".join(map(str, uids))
        answer = await self._call(self._protocol.fetch(wanted, parts, by_uid=True, timeout=_PATIENCE))
        return list(answer.lines)

    async def _call(self, command: Awaitable[aioimaplib.Response]) -> aioimaplib.Response:
        answer = await _in_time(command, _PATIENCE)
        if answer.result != "OK":
            raise MailboxUnreachable(f"the mail server answered {answer.result}: {_said(answer)}")
        return answer


@asynccontextmanager
async def open_mailbox(account: Account) -> AsyncIterator[Mailbox]:
    """Connect and log in; log out and close on leaving. Raises `MailboxUnreachable` or `LoginRefused`."""
    loop = asyncio.get_running_loop()
    context = ssl.create_default_context() if account.tls else None
    transport, protocol = await _in_time(
        loop.create_connection(lambda: _Protocol(loop), account.imap_host, account.imap_port, ssl=context),
        _PATIENCE_AT_THE_DOOR,
    )
    try:
        await _in_time(protocol.greeted.wait(), _PATIENCE_AT_THE_DOOR)
        answer = await _in_time(
            protocol.login(aioimaplib.quoted(account.username), account.password), _PATIENCE_AT_THE_DOOR
        )
        if answer.result != "OK":
            refused = MailboxUnreachable if "UNAVAILABLE" in _said(answer).upper() else LoginRefused
            raise refused(f"the mail server of {account.name} refused the login: {_said(answer)}")
        await _in_time(protocol.capability(), _PATIENCE_AT_THE_DOOR)
        yield Mailbox(protocol)
        await _at_most(_PATIENCE_LEAVING, _in_time(protocol.logout(), _PATIENCE_LEAVING))
    finally:
        transport.abort()
        for task in list(protocol.tasks):
            task.cancel()
        await asyncio.gather(*protocol.tasks, return_exceptions=True)
        await _at_most(_PATIENCE_LEAVING, protocol.lost.wait())


# ------------------------------------------------------------------------------------------------ time limits


async def _in_time(command: Awaitable[T], seconds: float) -> T:
    """The command's answer within so many real seconds. Any failure means that the connection is of no more use."""
    try:
        async with asyncio.timeout(seconds):
            return await command
    except (aioimaplib.AioImapException, OSError, ValueError, UnicodeError) as problem:  # TimeoutError is an OSError
        said = " ".join(str(problem).split())[:200] or "it did not answer in time"
        raise MailboxUnreachable(f"the mail server failed: {said}") from problem


async def _at_most(seconds: float, event: Awaitable[object]) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event
    except (TimeoutError, MailboxUnreachable):
        pass


def _said(answer: aioimaplib.Response) -> str:
    """The server's last words on one line, kept short."""
    last = bytes(answer.lines[-1]) if answer.lines else b""
    return " ".join(last.decode("ascii", "replace").split())[:200]


# ------------------------------------------------------------------------------------------------ reading answers


def _junk(line: bytes) -> str | None:
    """The folder's name as the server wants it back, if the line of a LIST answer names a junk folder."""
    found = _LIST.match(line)
    if not found or b"\\noselect" in found["flags"].lower():
        return None
    name = found["name"].decode("ascii", "replace")
    if name.startswith('"') and name.endswith('"'):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    last = re.split(r"[/.\\]", name)[-1].casefold()
    return name if b"\\junk" in found["flags"].lower() or last in _JUNK_NAMES else None


def _listed(line: bytes) -> Listed | None:
    uid, size, received = _UID.search(line), _SIZE.search(line), _RECEIVED.search(line)
    if not (uid and size and received):
        return None  # the server's own news about another message's flags
    return Listed(int(uid[1]), internal_date(received[1].decode()), int(size[1]))


def internal_date(text: str) -> dt.datetime:
    """INTERNALDATE (RFC 3501 section 9) in UTC, whatever the language of this machine. Raises `MailboxUnreachable`."""
    date, time, zone = text.strip().split()
    day, month, year = date.split("-")
    if month.lower() not in _MONTHS:
        raise MailboxUnreachable(f"the mail server gives a time that is none: {text}")
    number = _MONTHS.index(month.lower()) + 1
    try:
        local = dt.datetime.fromisoformat(f"{year}-{number:02}-{int(day):02}T{time}{zone[:3]}:{zone[3:]}")
    except ValueError:
        raise MailboxUnreachable(f"the mail server gives a time that is none: {text}") from None
    return local.astimezone(dt.UTC)


def _contents(lines: Sequence[bytes | bytearray]) -> dict[int, bytes]:
    """Literals arrive as bytearrays, headers before text, each after the line that announces it."""
    found: dict[int, bytes] = {}
    uid: int | None = None
    parts: dict[str, bytes] = {}
    announced = ""
    for line in lines:
        if isinstance(line, bytearray):
            parts[announced] = bytes(line)
            continue
        if _FETCH_BEGINS.match(line):
            uid, parts = None, {}
        if number := _UID.search(line):
            uid = int(number[1])
        announced = "header" if b"BODY[HEADER]" in line.upper() else "text"
        if uid is not None and "header" in parts:
            head = parts["header"]
            end = b"" if head.endswith((b"\r\n\r\n", b"\n\n")) else b"\r\n\r\n"
            found[uid] = head + end + parts.get("text", b"")
    return found
