"""A server on loopback that says exactly what a test wants, byte for byte: what no well-behaved server would send."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Asked:
    """One request: its target, and its headers in lower case."""

    target: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass
class Trap:
    """A running server: its address, what was asked for, and how many bytes it could send."""

    address: str
    host: str
    asked: list[Asked] = field(default_factory=list)
    sent: int = 0

    @property
    def targets(self) -> list[str]:
        return [one.target for one in self.asked]


Answered = bytes | AsyncIterator[bytes]
Answer = Callable[[Asked], Answered]


@asynccontextmanager
async def trap(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Trap]:
    """The server, whose `answer` gives the raw bytes of a response, all at once or one piece after the other."""
    busy = set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                while await _one(reader, writer):
                    pass
            writer.close()
        except asyncio.CancelledError:
            writer.transport.abort()
            raise

    async def _one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection may be used again."""
        asked = _asked(await reader.readuntil(b"\r\n\r\n"))
        served.asked.append(asked)
        got = answer(asked)
        async for piece in _pieces(got):
            writer.write(piece)
            await writer.drain()
            served.sent += len(piece)
        return isinstance(got, bytes)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(serve(reader, writer))
        busy.add(task)
        task.add_done_callback(busy.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls, limit=2**22)
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    served = Trap(f"{'https' if tls else 'http'}://{host}/", host)
    try:
        yield served
    finally:
        server.close()
        for task in list(busy):
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
        await asyncio.sleep(0)  # transports are closed by the loop's next turn


async def _pieces(got: Answered) -> AsyncIterator[bytes]:
    if isinstance(got, bytes):
        yield got
    else:
        async for piece in got:
            yield piece


def _asked(head: bytes) -> Asked:
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
    return Asked(first.split(" ")[1], headers)


def says(body: str | bytes, status: int = 200, kind: str | None = "text/html; charset=utf-8", **headers: str) -> bytes:
    """A whole answer with its length. `kind` None: no media type is told. Header names: with _ for -."""
    content = body.encode() if isinstance(body, str) else body
    told = {"content-type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = [f"{name}: {value}" for name, value in told.items() if value is not None]
    head = "\r\n".join([f"HTTP/1.1 {status} said", *lines, f"content-length: {len(content)}", "", ""])
    return head.encode("latin-1") + content


def site_of(pages: Mapping[str, str | bytes]) -> Answer:
    """These pages by path, bytes as they are; everything else is missing."""

    def answer(asked: Asked) -> bytes:
        page = pages.get(asked.path)
        if page is None:
            return says("<title>Missing</title>", 404)
        return page if isinstance(page, bytes) else says(page)

    return answer
