"""Twilio's status callbacks: what becomes of a call, told here as it happens, where there is a public address.

An option: looking at the carrier's list goes on, and alone is enough. What is told here comes after the truth by the
time it travels, so it bounds a moment from above; a list looked at in between bounds it from below.

Anybody may post to a public address. Only what the account's secret has signed is believed, and all else is answered
403 without a word. Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import cast, get_args
from urllib.parse import parse_qs

import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from twilio.request_validator import RequestValidator

from probes.clock import Clock
from probes.phone.carriers import CarrierDown, Status

EVENTS = ("initiated", "ringing", "answered", "completed")
"""What the carrier is asked to tell of; `completed` is every end."""

_LARGEST = 10_000  # bytes of a form; the carrier's have one or two thousand
_PATIENCE = 5.0  # seconds for a form to come
_AT_ONCE = 100  # connections; more are answered 503
_CALLS_KEPT = 5_000
_STATUSES = frozenset(get_args(Status))
_CALL = re.compile(r"CA[0-9a-f]{32}")


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals stay with whoever runs us."""
        yield


class Callbacks:
    """Listens on a port of this machine to which a public address leads. Open it with `async with`.

    `address`: the public one, exactly as the carrier is given it: its signature is over that. `account` and `secret`:
    as for the account's API. `host`: where to listen; a proxy that speaks TLS stands before it. Raises `CarrierDown`
    when nothing can listen there.
    """

    def __init__(
        self, address: str, account: str, secret: str, clock: Clock, port: int, host: str = "127.0.0.1"
    ) -> None:
        self.address = address
        self._account = account
        self._signed = RequestValidator(secret)
        self._clock = clock
        self._bound = _bound(host, port)
        self._told: OrderedDict[str, dict[Status, float]] = OrderedDict()
        settings = uvicorn.Config(
            self._asked,
            interface="asgi3",
            log_level="critical",
            access_log=False,
            lifespan="off",
            limit_concurrency=_AT_ONCE,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=1,
            server_header=False,
        )
        self._server = _Server(settings)
        self._serving: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._bound.getsockname()[1])

    def told(self, call: str) -> Mapping[Status, float]:
        """When each status of a call was first told: readings of the clock's stopwatch. Empty where nothing was."""
        return dict(self._told.get(call, {}))

    async def __aenter__(self) -> Callbacks:
        self._serving = asyncio.create_task(self._server.serve([self._bound]), name="listening to the carrier")
        while not self._server.started and not self._serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving
        self._bound.close()

    async def _asked(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        at, request = self._clock.stopwatch(), Request(scope, receive)
        form = await _form(request)
        believed = form is not None and self._is_the_carriers(form, request.headers.get("x-twilio-signature", ""))
        if form is not None and believed:
            self._note(form, at)
        await Response(status_code=204 if believed else 403)(scope, receive, send)

    def _is_the_carriers(self, form: Mapping[str, str], signature: str) -> bool:
        """Signed over our public address with the account's secret, and about a call of that account."""
        signed: bool = self._signed.validate(self.address, form, signature)
        return signed and form.get("AccountSid") == self._account and bool(_CALL.fullmatch(form.get("CallSid", "")))

    def _note(self, form: Mapping[str, str], at: float) -> None:
        """Once for each status: the same told again, by the carrier or by an eavesdropper, changes nothing."""
        call, status = form["CallSid"], form.get("CallStatus", "")
        if status not in _STATUSES:
            return
        self._told.setdefault(call, {}).setdefault(cast(Status, status), at)
        while len(self._told) > _CALLS_KEPT:
            self._told.popitem(last=False)


def _bound(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise CarrierDown(f"nothing can listen for the carrier at {host}, port {port}: {error.strerror}") from None


async def _form(request: Request) -> dict[str, str] | None:
    """The form that was posted; None where it is none, names a thing twice, is too large or comes too slowly."""
    if request.method != "POST":
        return None
    body = b""
    try:
        async with asyncio.timeout(_PATIENCE):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _LARGEST:
                    return None
        found = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=100, errors="strict")
    except (TimeoutError, ClientDisconnect, ValueError):
        return None
    return None if any(len(values) > 1 for values in found.values()) else {key: one for key, (one,) in found.items()}
