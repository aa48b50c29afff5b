"""Collecting mail: each message is stored first, as it came, and only then counted as seen. It cannot send anything.

What a message means lives in `parse`, `match` and `classify`; how IMAP is spoken lives in `imap`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from probes.clock import Clock
from probes.email.account import Account
from probes.email.imap import FolderRefused, Listed, LoginRefused, Mailbox, MailboxUnreachable, open_mailbox
from probes.email.parse import MAX_BODY, MAX_HEADERS

BATCH = 100
BATCH_BYTES = 1024 * 1024  # so that over a slow line each batch is kept before the line breaks again
_GIVE_UP = dt.timedelta(days=1)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0  # real seconds between attempts to reach a server that is not there
_STEADY = 60.0  # real seconds after which a connection has proved itself
_BREATH = 0.2  # real seconds between looks when a server announces mail that is not there

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Incoming:
    """One message as the mail server holds it, unread. Named for ever by account, folder, uidvalidity and uid.

    `received`: INTERNALDATE in UTC, to the second. `size`: bytes on the server. `truncated`: `raw` is not all of it.
    """

    account: str
    folder: str
    uidvalidity: int
    uid: int
    received: dt.datetime
    size: int
    raw: bytes = field(repr=False)
    truncated: bool = False


class Tray(Protocol):
    """Where messages are put before anybody looks at them. Each call is on disk when it returns."""

    async def watermark(self, account: str, folder: str, uidvalidity: int) -> int:
        """The highest UID already kept; 0 when there is none."""

    async def kept_above(self, account: str, folder: str, uidvalidity: int, uid: int) -> set[int]:
        """The UIDs above this one that have been kept all the same: the watermark waits for one among them."""

    async def keep(self, mails: Sequence[Incoming]) -> None:
        """Keep messages of one folder, all or none; keeping the same one again changes nothing."""

    async def advance(self, account: str, folder: str, uidvalidity: int, uid: int) -> None:
        """Everything up to this UID has been kept, or is no longer there."""


class Collector:
    """Brings one account's mail to the tray: INBOX and the junk folders.

    The watermark of a folder never passes a message that the server still has and that was not kept. A message that
    the server lists but does not hand over is asked for again by itself, then in every pass; those behind it are kept
    meanwhile. After a day on the server a note is kept in its place, for a person to see, and the watermark goes on.

    `poll`: real seconds between looks at the junk folders, and at INBOX where the server cannot say that mail has come.
    """

    def __init__(self, account: Account, tray: Tray, clock: Clock, poll: float = 60.0) -> None:
        self._account = account
        self._tray = tray
        self._clock = clock
        self._poll = poll
        self._turn = asyncio.Lock()  # a pass that is asked for while one goes on finds what that one has kept
        self._untold = 0  # messages kept since `on_new` was last awaited

    async def collect(self) -> int:
        """One pass over all folders; how many messages were new. Raises `MailboxUnreachable` or `LoginRefused`.

        What was kept before a failure stays kept, and the next pass goes on from there.
        """
        async with open_mailbox(self._account) as mailbox:
            return await self._collect(mailbox)

    async def watch(self, on_new: Callable[[], Awaitable[None]]) -> None:
        """Collect now and whenever mail comes, until cancelled; `on_new` is awaited after each pass that found some.

        A lost server is sought again, at growing intervals. Raises `LoginRefused`: no wrong password mends itself.
        """
        pause = _FIRST_PAUSE
        while True:
            since = self._clock.stopwatch()
            try:
                async with open_mailbox(self._account) as mailbox:
                    await self._stay(mailbox, on_new)
            except LoginRefused:
                raise
            except MailboxUnreachable as problem:
                log.warning("mailbox %s: %s", self._account.name, problem)
                await self._tell(on_new)  # some may have been kept before it failed
            pause = _FIRST_PAUSE if self._clock.stopwatch() - since > _STEADY else pause
            await asyncio.sleep(pause)  # real time: it is a real server that is given a rest
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _stay(self, mailbox: Mailbox, on_new: Callable[[], Awaitable[None]]) -> None:
        while True:
            if not await self._collect(mailbox):
                await asyncio.sleep(_BREATH)
            await self._tell(on_new)
            await mailbox.wait_for_mail(self._poll)

    async def _tell(self, on_new: Callable[[], Awaitable[None]]) -> None:
        if self._untold:
            self._untold = 0
            await on_new()

    async def _collect(self, mailbox: Mailbox) -> int:
        """INBOX first, whatever becomes of the others, and again last: it is the folder that is open while we wait."""
        inbox, *junk = await mailbox.folders()
        count = await self._folder(mailbox, inbox)
        for folder in junk:
            try:
                count += await self._folder(mailbox, folder)
            except FolderRefused as refused:
                log.warning("mailbox %s: %s", self._account.name, refused)
        return count + (await self._folder(mailbox, inbox) if junk else 0)

    async def _folder(self, mailbox: Mailbox, name: str) -> int:
        async with self._turn:
            return await self._read_folder(mailbox, name)

    async def _read_folder(self, mailbox: Mailbox, name: str) -> int:
        validity = await mailbox.examine(name)
        folder = _Folder(self._account.name, name, validity)
        key = (folder.account, folder.name, folder.validity)
        seen = await self._tray.watermark(*key)
        uids = await mailbox.uids_after(seen)
        if not uids:
            return 0
        kept = await self._tray.kept_above(*key, seen)
        count = 0
        nothing_missing = True
        for start in range(0, len(uids), BATCH):
            batch = uids[start : start + BATCH]
            new, missing = await self._batch(mailbox, folder, [uid for uid in batch if uid not in kept])
            count += new
            self._untold += new
            done = [uid for uid in batch if not missing or uid < missing[0]]
            if nothing_missing and done:
                await self._tray.advance(*key, done[-1])
            nothing_missing = nothing_missing and not missing
        return count

    async def _batch(self, mailbox: Mailbox, folder: _Folder, asked: Sequence[int]) -> tuple[int, list[int]]:
        """Keep what comes of these messages: how many, and which the server has but does not hand over."""
        if not asked:
            return 0, []
        kept: set[int] = set()
        for batch in _by_size(await mailbox.list_messages(asked)):
            size = sum(map(_wire_size, batch))
            contents = await mailbox.contents([listed.uid for listed in batch], size)
            await self._tray.keep([folder.incoming(each, contents[each.uid]) for each in batch if each.uid in contents])
            kept.update(contents)
        absent = [uid for uid in asked if uid not in kept]
        there = await mailbox.still_there(absent) if absent else []
        if len(there) > 1 and not kept:
            raise MailboxUnreachable(f"the mail server hands over none of {len(there)} messages in {folder.name}")
        missing = [uid for uid in there if not await self._alone(mailbox, folder, uid)]
        return len(kept) + len(there) - len(missing), missing

    async def _alone(self, mailbox: Mailbox, folder: _Folder, uid: int) -> bool:
        """Ask for one message by itself; False when it is still not kept."""
        for listed in await mailbox.list_messages([uid]):
            contents = await mailbox.contents([uid], _wire_size(listed))
            if uid in contents:
                await self._tray.keep([folder.incoming(listed, contents[uid])])
                return True
            if self._clock.now() - listed.received > _GIVE_UP:
                log.warning("mailbox %s: message %d in %s is noted, not kept", folder.account, uid, folder.name)
                await self._tray.keep([folder.note(listed)])
                return True
        log.warning("mailbox %s: message %d in %s is not handed over", folder.account, uid, folder.name)
        return False


@dataclass(frozen=True)
class _Folder:
    """A folder that is open."""

    account: str
    name: str
    validity: int

    def incoming(self, listed: Listed, raw: bytes) -> Incoming:
        """The message as it came."""
        truncated = len(raw) < listed.size
        return Incoming(
            self.account, self.name, self.validity, listed.uid, listed.received, listed.size, raw, truncated
        )

    def note(self, listed: Listed) -> Incoming:
        """A note in place of a message that the mail server does not hand over. No two notes are alike."""
        words = (
            f"Subject: A message that the mail server does not hand over: number {listed.uid}, {listed.size} bytes\r\n"
            f"X-Not-Handed-Over: UIDVALIDITY {self.validity}, UID {listed.uid}\r\n\r\n"
        )
        raw = words.encode("ascii")
        return Incoming(self.account, self.name, self.validity, listed.uid, listed.received, listed.size, raw, True)


def _wire_size(message: Listed) -> int:
    """How many bytes of it are fetched at most."""
    return min(message.size, MAX_HEADERS + MAX_BODY)


def _by_size(messages: Iterable[Listed]) -> Iterator[list[Listed]]:
    """The messages in batches that together bring at most `BATCH_BYTES` over the wire, or one by itself."""
    batch: list[Listed] = []
    total = 0
    for message in messages:
        if batch and total + _wire_size(message) > BATCH_BYTES:
            yield batch
            batch, total = [], 0
        batch.append(message)
        total += _wire_size(message)
    if batch:
        yield batch
