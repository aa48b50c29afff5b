"""The connections of a crawl: plain asyncio below httpx2, which by itself goes through a layer that suits any loop.

That layer takes a sixth of the time of reading a site. What is sent and how answers are read stays httpx2's.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable

import httpcore2 as httpcore

from probes.http import httpx

_MOST_UNREAD = 1_000_000  # bytes that wait to be read before the server is made to wait
_IDLE = 5.0  # seconds that a connection is kept open for nothing
_SECOND_ADDRESS = 0.25  # seconds until a name's next address is tried beside the first (RFC 8305)


def transport(trust: ssl.SSLContext, at_once: int, kept: int) -> httpx.AsyncHTTPTransport:
    """Transport of a client without time limits of its own: who asks keeps the time of a whole answer.

    `trust`: authorities of certificates; `at_once`: connections at most; `kept`: those left open when idle.
    """
    made = httpx.AsyncHTTPTransport(verify=trust, trust_env=False)
    made._pool = httpcore.AsyncConnectionPool(
        ssl_context=trust,
        max_connections=at_once,
        max_keepalive_connections=kept,
        keepalive_expiry=_IDLE,
        network_backend=_Wire(),
    )
    return made


class _Connection(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """One connection. What it heard waits in memory until it is read, and no more than `_MOST_UNREAD` of it."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._heard = bytearray()
        self._over, self._paused = False, False
        self._broken: Exception | None = None
        self._listener: asyncio.Future[None] | None = None

    # ------------------------------------------------------------------------------------------------ from the loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if len(self._heard) > _MOST_UNREAD and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._tell()

    def eof_received(self) -> None:
        self._over = True
        self._tell()

    def connection_lost(self, exc: Exception | None) -> None:
        self._over, self._broken = True, exc
        self._tell()

    def _tell(self) -> None:
        if self._listener is not None and not self._listener.done():
            self._listener.set_result(None)

    # ------------------------------------------------------------------------------------------------ for the pool

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What was heard, waiting for it; b"" at the end. Raises `ReadError` where the connection broke."""
        while not self._heard:
            if self._broken is not None:
                raise httpcore.ReadError(str(self._broken)) from self._broken
            if self._over:
                return b""
            self._listener = asyncio.get_running_loop().create_future()
            await self._listener
        piece = bytes(self._heard[:max_bytes])
        del self._heard[:max_bytes]
        if self._paused and not self._over:
            self._paused = False
            self._transport.resume_reading()
        return piece

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send. Raises `WriteError` when nobody listens any more."""
        if self._over or self._transport.is_closing():
            raise httpcore.WriteError(str(self._broken or "the server closed the connection")) from self._broken
        self._transport.write(buffer)

    async def aclose(self) -> None:
        """Hang up. Nothing waits to be sent, and what a server still sends is not waited for."""
        self._transport.abort()
        await asyncio.sleep(0)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Go on encrypted. Raises `ConnectError` with the reason, such as a certificate that is not valid."""
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(self._transport, self, ssl_context, server_hostname=server_hostname)
        except (OSError, ssl.SSLError) as why:
            self._transport.abort()
            raise httpcore.ConnectError(str(why)) from why
        assert isinstance(secured, asyncio.Transport)
        self._transport = secured
        return self

    def get_extra_info(self, info: str) -> object:
        """`ssl_object`, and `is_readable`: whether an idle connection is of no use any more."""
        if info == "is_readable":
            return self._over or bool(self._heard) or self._transport.is_closing()
        return self._transport.get_extra_info(info)


class _Wire(httpcore.AsyncNetworkBackend):
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[object] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect. Raises `ConnectError`."""
        loop = asyncio.get_running_loop()
        try:
            _, made = await loop.create_connection(_Connection, host, port, happy_eyeballs_delay=_SECOND_ADDRESS)
        except OSError as why:
            raise httpcore.ConnectError(str(why)) from why
        return made

    async def sleep(self, seconds: float) -> None:
        """Wait between tries of connecting."""
        await asyncio.sleep(seconds)
