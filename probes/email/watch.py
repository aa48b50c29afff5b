"""Collecting mail: each message is stored first, as it came, and only then counted as seen. It cannot send anything.

What a message means lives in `parse`, `match` and `classify`; how IMAP is spoken lives in `imap`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from probes.clock import Clock
from probes.email.imap import FolderRefused, Listed, LoginRefused, Mailbox, MailboxUnreachable, open_mailbox
from probes.email.parse import MAX_BODY, MAX_HEADERS
from probes.email.send import Account

BATCH = 100
BATCH_BYTES = 8 * 1024 * 1024
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0  # real seconds between attempts to reach a server that is not there
_STEADY = 60.0  # real seconds after which a connection has proved itself

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

    async def keep(self, mail: Incoming) -> None:
        """Keep a message; keeping the same one again changes nothing."""

    async def advance(self, account: str, folder: str, uidvalidity: int, uid: int) -> None:
        """Everything up to this UID has been kept."""


class Collector:
    """Brings one account's mail to the tray: INBOX and the junk folders.

    `poll`: real seconds between looks at the junk folders, and at INBOX where the server cannot say that mail has come.
    """

    def __init__(self, account: Account, tray: Tray, clock: Clock, poll: float = 60.0) -> None:
        self._account = account
        self._tray = tray
        self._clock = clock
        self._poll = poll

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
            pause = _FIRST_PAUSE if self._clock.stopwatch() - since > _STEADY else pause
            await asyncio.sleep(pause)  # real time: it is a real server that is given a rest
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _stay(self, mailbox: Mailbox, on_new: Callable[[], Awaitable[None]]) -> None:
        while True:
            if await self._collect(mailbox):
                await on_new()
            await mailbox.wait_for_mail(self._poll)

    async def _collect(self, mailbox: Mailbox) -> int:
        """INBOX last, so that it is the folder that is open while we wait."""
        inbox, *junk = await mailbox.folders()
        count = 0
        for folder in junk:
            try:
                count += await self._folder(mailbox, folder)
            except FolderRefused as refused:
                log.warning("mailbox %s: %s", self._account.name, refused)
        return count + await self._folder(mailbox, inbox)

    async def _folder(self, mailbox: Mailbox, folder: str) -> int:
        name = self._account.name
        validity = await mailbox.examine(folder)
        seen = await self._tray.watermark(name, folder, validity)
        uids = await mailbox.uids_after(seen)
        count = 0
        for start in range(0, len(uids), BATCH):
            asked = uids[start : start + BATCH]
            for batch in _by_size(await mailbox.list_messages(asked)):
                contents = await mailbox.contents([listed.uid for listed in batch])
                for listed in batch:
                    if (raw := contents.get(listed.uid)) is not None:
                        await self._tray.keep(self._incoming(folder, validity, listed, raw))
                        count += 1
            await self._tray.advance(name, folder, validity, asked[-1])
        return count

    def _incoming(self, folder: str, validity: int, listed: Listed, raw: bytes) -> Incoming:
        return Incoming(
            account=self._account.name,
            folder=folder,
            uidvalidity=validity,
            uid=listed.uid,
            received=listed.received,
            size=listed.size,
            raw=raw,
            truncated=len(raw) < listed.size,
        )


def _by_size(messages: Iterable[Listed]) -> Iterator[list[Listed]]:
    """The messages in batches that together bring at most `BATCH_BYTES` over the wire."""
    batch: list[Listed] = []
    total = 0
    for message in messages:
        size = min(message.size, MAX_HEADERS + MAX_BODY)
        if batch and total + size > BATCH_BYTES:
            yield batch
            batch, total = [], 0
        batch.append(message)
        total += size
    if batch:
        yield batch
