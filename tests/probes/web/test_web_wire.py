"""The connections of a crawl, against servers that hold up, hang up and break off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from probes.http import httpx
from probes.web.ask import client

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def _server(serve: Serve) -> AsyncIterator[str]:
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}/"


async def test_a_connection_is_used_again_and_one_that_the_server_closed_is_not() -> None:
    served: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            await reader.readuntil(b"\r\n\r\n")
            served.append(writer.get_extra_info("peername")[1])
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        writer.close()

    async with _server(serve) as home, client("test") as http:
        for _ in range(4):
            assert (await http.get(home)).text == "ok"
            await asyncio.sleep(0.05)

    assert served[0] == served[1] != served[2] == served[3]


async def test_a_server_that_sends_faster_than_is_read_is_made_to_wait_and_nothing_is_lost() -> None:
    body, sent = bytes(range(256)) * 100_000, 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body))
        for start in range(0, len(body), 100_000):
            writer.write(body[start : start + 100_000])
            await writer.drain()
            sent = start + 100_000
        writer.close()

    async with _server(serve) as home, client("test") as http, http.stream("GET", home) as answer:
        await asyncio.sleep(0.3)
        assert sent < len(body)
        assert b"".join([piece async for piece in answer.aiter_raw()]) == body


@pytest.mark.parametrize("told", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf of it"])
async def test_a_connection_that_breaks_off_is_an_error_of_the_answer(told: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(told)
        await writer.drain()
        writer.transport.abort()

    async with _server(serve) as home, client("test") as http:
        with pytest.raises(httpx.HTTPError):
            await http.get(home)


async def test_nobody_at_an_address_is_an_error_of_connecting() -> None:
    async with _server(lambda reader, writer: asyncio.sleep(0)) as home:
        pass
    async with client("test") as http:
        with pytest.raises(httpx.ConnectError, match="Connect call failed"):
            await http.get(home)
