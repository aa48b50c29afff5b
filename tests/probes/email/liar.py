"""An IMAP server of a few lines for one mailbox, which tells the truth until it is told to lie."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from probes.email.account import Account
from probes.email.parse import MAX_BODY, MAX_HEADERS

Twist = Callable[[str], bytes | None]
"""Given a command without its tag: what is said in place of the truth, `TAG` standing for the tag; None: the truth.

Raising `ConnectionError` breaks the connection off.
"""


def truth(command: str) -> bytes | None:
    """No twist at all."""
    return None


@dataclass
class Liar:
    """`messages`: UID to bytes. `commands`: all it was asked, without tags. `drips`: it sends one byte at a time.

    `generous`: it sends messages whole, however little of them was asked for.
    """

    messages: dict[int, bytes] = field(default_factory=dict)
    received: str = "17-Nov-2026 10:00:00 +0000"
    folders: tuple[bytes, ...] = (b'(\\HasNoChildren) "/" INBOX',)
    capabilities: str = "IMAP4rev1 IDLE"
    twist: Twist = truth
    drips: bool = False
    generous: bool = False
    greeting: bytes = b"* OK ready\r\n"
    commands: list[str] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    _tag: bytes = b""

    @property
    def account(self) -> Account:
        return Account("main", "a@host.example", "127.0.0.1", 1, "127.0.0.1", self.port, "a", "b", tls=False)

    def asked(self, beginning: str) -> list[str]:
        """The commands that begin so."""
        return [command for command in self.commands if command.startswith(beginning)]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._say(writer, self.greeting)
            while line := await reader.readline():
                tag, _, command = line.decode().strip().partition(" ")
                if command:
                    self._tag = tag.encode()
                else:  # the end of IDLE, or what is said within AUTHENTICATE
                    command = tag
                self.commands.append(command)
                self.came.set()
                said = self.twist(command)
                await self._say(writer, said.replace(b"TAG", self._tag) if said is not None else self._truth(command))
                if command == "LOGOUT":
                    break
        except ConnectionError:
            writer.transport.abort()
        finally:
            writer.close()

    async def _say(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        pieces = [answer[at : at + 1] for at in range(len(answer))] if self.drips else [answer]
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)

    def _truth(self, command: str) -> bytes:
        done = self._tag + b" OK done\r\n"
        if command == "IDLE":
            return b"+ idling\r\n"
        if command == "CAPABILITY":
            return f"* CAPABILITY {self.capabilities}\r\n".encode() + done
        if command.startswith("LIST"):
            return b"".join(b"* LIST " + folder + b"\r\n" for folder in self.folders) + done
        if command.startswith("EXAMINE"):
            return b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] fine\r\n" % len(self.messages) + done
        if command.startswith("UID SEARCH"):
            return b"* SEARCH" + b"".join(b" %d" % uid for uid in self._named(command.split()[3])) + b"\r\n" + done
        if command.startswith("UID FETCH"):
            _, _, wanted, parts = command.split(" ", 3)
            return b"".join(self.fetched(uid, "BODY" in parts) for uid in self._named(wanted)) + done
        return done

    def _named(self, wanted: str) -> list[int]:
        if found := re.fullmatch(r"(\d+):\*", wanted):
            above = [uid for uid in self.messages if uid >= int(found[1])]
            return sorted(above or list(self.messages)[-1:])
        return sorted({int(uid) for uid in wanted.split(",")} & set(self.messages))

    def fetched(self, uid: int, body: bool) -> bytes:
        """The truth about one message, as an answer to FETCH."""
        raw = self.messages[uid]
        if not body:
            return b'* %d FETCH (UID %d RFC822.SIZE %d INTERNALDATE "%s")\r\n' % (
                uid,
                uid,
                len(raw),
                self.received.encode(),
            )
        head, _, text = raw.partition(b"\r\n\r\n")
        head += b"\r\n\r\n"
        if not self.generous:
            head, text = head[:MAX_HEADERS], text[:MAX_BODY]
        return b"* %d FETCH (UID %d BODY[HEADER]<0> {%d}\r\n%s BODY[TEXT]<0> {%d}\r\n%s)\r\n" % (
            *(uid, uid, len(head), head),
            *(len(text), text),
        )


@asynccontextmanager
async def liar(*uids: int) -> AsyncIterator[Liar]:
    """One that is up, with these messages."""
    one = Liar({uid: b"Subject: number %d\r\n\r\nhello %d\r\n" % (uid, uid) for uid in uids})
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(asyncio.CancelledError):
            await one.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
