"""A read-only mailbox over IMAP. The one module that knows aioimaplib, and where its defects are contained:

- It reads by recursion: FETCH of about a thousand messages, or as many announcements, overflow the stack. Each line is
  copied again for every line before it, and all lines of an answer are searched again for every line. A line without
  end and a literal of any size are gathered without limit. Here `imap_wire.Cutter` does the reading, within bounds.
- It ends an answer to FETCH where its brackets match, a bracket in a string counted too: here where the line ends.
- `* ` is deleted anywhere in a line of an answer; a name that comes as a literal is lost: here neither is.
- What the server says during IDLE is put into a queue without end: here it is dropped, but for the news that mail came.
- The loss of a connection is told neither to a waiting command nor to IDLE: `connection_lost` here ends them all.
- An exception while it reads reaches the event loop's log, with the server's words: here the connection is dropped.
- A greeting that it dislikes is an exception that nobody fetches, while we wait: here the connection is dropped.
- Its time-outs do not cover every call, and the text of the exception holds the command, LOGIN with its password too:
  it is given none, each call here runs under ours, and after one the connection is dropped.
- Its log at DEBUG level holds tokens and whole e-mails: the logger is muted.
- XOAUTH2: the server's explanation of why a token is refused is never answered, as RFC 7628 section 3.2.3 asks, so a
  refusal looks like silence: `_continuation` here answers with an empty line, and the refusal comes at once.
- SEARCH sends `CHARSET utf-8`, which some servers refuse: none is sent. Folder and user names go unquoted: here quoted.
- EXAMINE leaves its idea of the state behind: it is set by hand.
- No STARTTLS: the connection is TLS from its first byte (port 993), or plain on this machine only.

It cannot send, store, move or delete: folders are opened with EXAMINE. What is done with the mail lives in `watch`.

    MailboxUnreachable
    ├── LoginRefused
    └── FolderRefused
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from aioimaplib import aioimaplib

from probes.email import imap_wire
from probes.email.account import Account, SignInNeeded
from probes.email.imap_wire import Answer, Listed
from probes.email.parse import MAX_BODY, MAX_HEADERS

__all__ = ["FolderRefused", "Listed", "LoginRefused", "Mailbox", "MailboxUnreachable", "open_mailbox"]

_PATIENCE = 60.0  # real seconds for one command; the network keeps real time whatever the programme's clock says
_PATIENCE_AT_THE_DOOR = 20.0
_PATIENCE_LEAVING = 2.0
_SLOWEST = 8 * 1024  # bytes a second: a line slower than this is as good as down
_MOST_BYTES = 64 * 1024 * 1024  # of all answers to one command together
_NOT_NOW = re.compile(r"UNAVAILABLE|INUSE|LIMIT|TOO MANY|TRY AGAIN|TEMPORAR|SERVERBUG|SERVER ERROR|INTERNAL")
_MESSAGE_DATA = re.compile(rb"\d+ (FETCH|EXPUNGE)\b", re.IGNORECASE)

logging.getLogger("aioimaplib").setLevel(logging.CRITICAL + 1)
logging.getLogger("aioimaplib.aioimaplib").setLevel(logging.CRITICAL + 1)

T = TypeVar("T")


class MailboxUnreachable(Exception):
    """The mail server cannot be reached, has gone, or says what cannot be understood. Trying again may help."""


class LoginRefused(MailboxUnreachable):
    """The user name, password or token is wrong. Trying again would lock the account."""


class FolderRefused(MailboxUnreachable):
    """The server does not open this folder, or not as it must. The others may be open."""


class _Protocol(aioimaplib.IMAP4ClientProtocol):  # type: ignore[misc]
    """aioimaplib's protocol, which reads within bounds, and says that the connection is lost and that mail has come."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.greeted = asyncio.Event()
        self.lost = asyncio.Event()
        self.news = asyncio.Event()
        self._cutter = imap_wire.Cutter()
        self._welcomed = False
        self._taken = 0  # bytes of answers to the command that waits
        self._problem = "the mail server closed the connection"

    # ------------------------------------------------------------------------------------------------ reading

    def data_received(self, data: bytes) -> None:
        try:
            for answer in self._cutter.feed(data):
                self._take(answer)
        except (aioimaplib.AioImapException, ValueError, LookupError, AttributeError) as problem:
            known = isinstance(problem, imap_wire.TooMuch)
            self._problem = str(problem) if known else "the mail server says what cannot be understood"
            self.transport.abort()  # then `connection_lost` tells whoever waits

    def _take(self, answer: Answer) -> None:
        line = answer[0]
        if not self._welcomed:
            self._welcomed = True
            self._handle_line(line, None)  # starts `welcome`
        elif line.startswith(b"* "):
            self._told([line[2:], *answer[1:]])
        elif line.startswith(b"+"):
            self._continuation(line)
        elif aioimaplib.tagged_status_response_re.match(line):
            self._taken = 0
            self._response_done(line)

    def _told(self, answer: Answer) -> None:
        """Hand an untagged answer to the command it belongs to: whole after FETCH and LIST, else its line."""
        line = answer[0]
        if line.rstrip().upper().endswith(b" EXISTS"):
            self.news.set()
        if self.has_pending_idle_command():
            return
        if self.pending_sync_command is not None:
            command, kept = self.pending_sync_command, line
        else:
            message_data = _MESSAGE_DATA.match(line)
            name, _, rest = line.partition(b" ")
            name = message_data[1] if message_data else name
            command = self.pending_async_commands.get(name.decode("ascii", "replace").upper())
            kept = line if message_data else rest
        if command is not None:
            self._taken += sum(map(len, answer)) + 100 * len(answer)
            if self._taken > _MOST_BYTES:
                raise imap_wire.TooMuch("the mail server sends answers without end")
            command.append_to_resp([kept, *answer[1:]] if command.name in ("FETCH", "LIST", "SEARCH") else kept)

    def _continuation(self, line: bytes) -> None:
        if self.pending_sync_command is not None and self.pending_sync_command.name == "AUTHENTICATE":
            self.transport.write(b"\r\n")
        elif self.has_pending_idle_command():
            super()._continuation(line)

    # ------------------------------------------------------------------------------------------------ the connection

    async def welcome(self, command: bytes) -> None:
        try:
            await super().welcome(command)
            self.greeted.set()
        except (aioimaplib.AioImapException, OSError, ValueError, LookupError):
            self.transport.abort()

    async def execute(self, command: aioimaplib.Command, scrub: str | None = None) -> aioimaplib.Response:
        if self.lost.is_set():
            raise ConnectionResetError(self._problem)
        return await super().execute(command, scrub)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for event in (self.lost, self.greeted, self.news, self._idle_event):
            event.set()
        waiting = [*self.pending_async_commands.values(), self.pending_sync_command]
        for command in waiting:
            if command is not None:
                command._exception = ConnectionResetError(self._problem)
                command._event.set()


class Mailbox:
    """An open connection to one account. Every method raises `MailboxUnreachable`."""

    def __init__(self, protocol: _Protocol) -> None:
        self._protocol = protocol

    @property
    def announces(self) -> bool:
        """Whether the server says by itself when mail has come (IDLE, RFC 2177)."""
        return "IDLE" in self._protocol.capabilities

    async def folders(self) -> list[str]:
        """INBOX and the junk folders."""
        answer = await self._call(self._protocol.simple_command("LIST", '""', '"*"'))
        return ["INBOX", *imap_wire.junk_folders(_untagged(answer))]

    async def examine(self, folder: str) -> int:
        """Open a folder for reading only and return its UIDVALIDITY. Raises `FolderRefused`."""
        answer = await _in_time(self._protocol.simple_command("EXAMINE", aioimaplib.quoted(folder)), _PATIENCE)
        if answer.result != "OK":
            raise FolderRefused(f"the mail server does not open {folder}: {_said(answer)}")
        self._protocol.state = aioimaplib.SELECTED
        validity = imap_wire.uidvalidity([bytes(line)] for line in answer.lines)
        if validity is None:
            raise FolderRefused(f"the mail server gives no UIDVALIDITY for {folder}")
        return validity

    async def uids_after(self, uid: int) -> list[int]:
        """The UIDs above `uid` in the open folder, ascending. Mail announced from now on is news."""
        self._protocol.news.clear()
        # "n:*" always names the last message, even one below n.
        return sorted(found for found in await self._search(f"{uid + 1}:*") if found > uid)

    async def still_there(self, uids: Sequence[int]) -> list[int]:
        """Which of these messages have not been deleted meanwhile, ascending."""
        await self._call(self._protocol.simple_command("NOOP"))  # only now may the server tell of deletions
        return sorted(await self._search(",".join(map(str, uids))) & set(uids))

    async def list_messages(self, uids: Sequence[int]) -> list[Listed]:
        """Size and time of receipt, for at most a hundred messages. Those that the server passes over are left out."""
        return imap_wire.listed(await self._fetch(uids, "(UID RFC822.SIZE INTERNALDATE)", _PATIENCE), set(uids))

    async def contents(self, uids: Sequence[int], size: int = 0) -> dict[int, bytes]:
        """UID to bytes: at most 64 kB of headers and 256 kB of body of each. The messages stay unread.

        `size`: about how many bytes that is, so that a slow line has the time it needs.
        """
        parts = f"(UID BODY.PEEK[HEADER]<0.{MAX_HEADERS}> BODY.PEEK[TEXT]<0.{MAX_BODY}>)"
        return imap_wire.contents(await self._fetch(uids, parts, _PATIENCE + size / _SLOWEST), set(uids))

    async def headers(self, uids: Sequence[int], names: Sequence[str]) -> dict[int, bytes]:
        """UID to these headers only, at most 64 kB of each, for who wants to know what came and not what it says."""
        parts = f"(UID BODY.PEEK[HEADER.FIELDS ({' '.join(names)})]<0.{MAX_HEADERS}>)"
        return imap_wire.contents(await self._fetch(uids, parts, _PATIENCE), set(uids))

    async def wait_for_mail(self, seconds: float) -> None:
        """Wait until the server says that there is mail, or for so many real seconds."""
        protocol = self._protocol
        await self._call(protocol.simple_command("NOOP"))  # some servers keep to themselves what came just before IDLE
        if protocol.news.is_set() or not self.offers_idle:
            await _at_most(seconds, protocol.news.wait())
            return
        async with asyncio.TaskGroup() as group:
            idling = group.create_task(self._idle())
            await _at_most(_PATIENCE, protocol.wait_for_idle_response())
            await _at_most(seconds, protocol.news.wait())
            if not idling.done():
                protocol.send("DONE")
                await _at_most(_PATIENCE, idling)
        if protocol.has_pending_idle_command() and not protocol.lost.is_set():
            raise MailboxUnreachable("the mail server did not end IDLE in time")

    @property
    def offers_idle(self) -> bool:
        """Whether the server can say by itself that mail has come."""
        return "IDLE" in {word.upper() for word in self._protocol.capabilities}

    async def _idle(self) -> None:
        try:
            await self._protocol.idle()
        except (aioimaplib.AioImapException, OSError):
            self._protocol.news.set()  # the connection is lost; the next command says so
        finally:
            self._protocol._idle_event.set()

    async def _search(self, uids: str) -> set[int]:
        answer = await self._call(self._protocol.search("UID", uids, charset=None, by_uid=True))
        return imap_wire.uids(_untagged(answer))

    async def _fetch(self, uids: Sequence[int], parts: str, patience: float) -> list[Answer]:
        """What the server hands over. It may say NO because of one message, and hand over others before that."""
        wanted = ",".join(map(str, uids))
        answer = await _in_time(self._protocol.fetch(wanted, parts, by_uid=True), patience)
        if answer.result not in ("OK", "NO"):
            raise MailboxUnreachable(f"the mail server answered {answer.result}: {_said(answer)}")
        return _untagged(answer)

    async def _call(self, command: Awaitable[aioimaplib.Response]) -> aioimaplib.Response:
        answer = await _in_time(command, _PATIENCE)
        if answer.result != "OK":
            raise MailboxUnreachable(f"the mail server answered {answer.result}: {_said(answer)}")
        return answer


def _untagged(answer: aioimaplib.Response) -> list[Answer]:
    """The answers proper, without the last line that ends them."""
    return [line for line in answer.lines if isinstance(line, list)]


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
        await _log_in(account, protocol)
        await _in_time(protocol.capability(), _PATIENCE_AT_THE_DOOR)
        yield Mailbox(protocol)
        await _at_most(_PATIENCE_LEAVING, _in_time(protocol.logout(), _PATIENCE_LEAVING))
    finally:
        transport.abort()
        for task in list(protocol.tasks):
            task.cancel()
        await asyncio.gather(*protocol.tasks, return_exceptions=True)
        await _at_most(_PATIENCE_LEAVING, protocol.lost.wait())


async def _log_in(account: Account, protocol: _Protocol) -> None:
    if account.token is None:
        command = protocol.login(aioimaplib.quoted(account.username), account.password)
    else:
        command = protocol.xoauth2(account.username, await _token(account.token))
    answer = await _in_time(command, _PATIENCE_AT_THE_DOOR)
    if answer.result == "OK":
        return
    # What is not a plain NO may pass: a server in trouble, one connection too many (RFC 5530).
    for_good = answer.result == "NO" and not _NOT_NOW.search(_said(answer).upper())
    refused = LoginRefused if for_good else MailboxUnreachable
    raise refused(f"the mail server of {account.name} refused the login: {_said(answer)}")


async def _token(fresh: Callable[[], Awaitable[str]]) -> str:
    try:
        return await fresh()
    except SignInNeeded as needed:
        raise LoginRefused(str(needed)) from needed
    except OSError as problem:
        raise MailboxUnreachable(f"the identity service gave no token: {_plain(str(problem))}") from problem


# ------------------------------------------------------------------------------------------------ time limits


async def _in_time(command: Awaitable[T], seconds: float) -> T:
    """The command's answer within so many real seconds. Any failure means that the connection is of no more use."""
    try:
        async with asyncio.timeout(seconds):
            return await command
    except (aioimaplib.AioImapException, OSError, ValueError, LookupError) as problem:  # TimeoutError is an OSError
        said = _plain(str(problem)) or "it did not answer in time"
        raise MailboxUnreachable(f"the mail server failed: {said}") from problem


async def _at_most(seconds: float, event: Awaitable[object]) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event
    except (TimeoutError, MailboxUnreachable):
        pass


def _said(answer: aioimaplib.Response) -> str:
    """The server's last words on one line, kept short: they are a stranger's."""
    last = bytes(answer.lines[-1]) if answer.lines else b""
    return _plain(last.decode("ascii", "replace"))


def _plain(words: str) -> str:
    return re.sub(r"[^\x20-\x7e]+", " ", words)[:200].strip()
