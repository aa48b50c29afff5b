"""Twilio, through its SDK, over our own HTTP client. The practice exchange is this with another base URL.

The SDK's own asynchronous client ignores timeouts and leaks its session, so it is not used. The SDK has few types; they
end here. The account's secret comes in as an argument and is never logged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from types import TracebackType
from typing import Any, cast

from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.twiml.voice_response import VoiceResponse

from probes.clock import Clock
from probes.http import httpx
from probes.phone.carriers import CallNow, CarrierDown, CarrierRefused, Status

_PATIENCE = 10.0
_TRIES_WHEN_BUSY = 6
_VOICE = {"voice": "Polly.Amy", "language": "en-GB"}


class _Http(AsyncHttpClient):  # type: ignore[misc]  # the SDK has no types
    """The SDK's requests over httpx2: real timeouts, another base URL, and waiting when told 429."""

    def __init__(self, base_url: str | None, clock: Clock) -> None:
        super().__init__(logging.getLogger("doorstep.twilio"), True, _PATIENCE)
        self._base = httpx.URL(base_url) if base_url else None
        self._clock = clock
        self._client = httpx.AsyncClient(timeout=_PATIENCE, trust_env=base_url is None)

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        target = httpx.URL(url)
        if self._base is not None:
            target = target.copy_with(scheme=self._base.scheme, host=self._base.host, port=self._base.port)
        for attempt in range(_TRIES_WHEN_BUSY):
            answer = await self._client.request(
                method, target, params=cast(Any, params), data=data, headers=headers, auth=auth
            )
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                break
            await asyncio.sleep(_retry_after(answer.headers.get("retry-after"), attempt))
        return Response(answer.status_code, answer.text, dict(answer.headers))

    async def aclose(self) -> None:
        await self._client.aclose()


class Twilio:
    """Calls through one Twilio account. `base_url` is given for the practice exchange alone."""

    name = "twilio"

    def __init__(
        self,
        account: str,
        secret: str,
        caller: str,
        clock: Clock,
        base_url: str | None = None,
        calls_per_second: float = 1.0,
    ) -> None:
        self._http = _Http(base_url, clock)
        self._client = Client(account, secret, http_client=self._http)
        self._caller = caller
        self._clock = clock
        self._gap = 1.0 / calls_per_second
        self._turn = asyncio.Lock()
        self._next = 0.0

    async def __aenter__(self) -> Twilio:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def place(self, number: str, words: str, ring_for: float) -> str:
        """Dial now, at the account's rate. Nothing is tried twice except where the carrier said 429: not placed."""
        await self._wait_turn()
        answer = VoiceResponse()
        answer.say(words, **_VOICE)
        try:
            call = await self._client.calls.create_async(
                to=number, from_=self._caller, twiml=str(answer), timeout=int(ring_for)
            )
        except TwilioRestException as error:
            if error.status >= 500:
                raise CarrierDown(f"the carrier answered {error.status}: {error.msg}") from None
            raise CarrierRefused(f"the carrier refused: {error.msg} ({error.code})") from None
        except (httpx.HTTPError, TwilioException) as error:
            raise CarrierDown(f"the carrier did not answer: {type(error).__name__}") from None
        return str(call.sid)

    async def newest(self, count: int) -> Sequence[CallNow]:
        return await self._list(limit=count, page_size=min(count, 1000))

    async def one(self, call: str) -> CallNow:
        try:
            found = await self._client.calls(call).fetch_async()
        except (TwilioException, httpx.HTTPError) as error:
            raise CarrierDown(f"the carrier does not tell of call {call}: {type(error).__name__}") from None
        return _now(found)

    async def calls_to(self, number: str) -> Sequence[CallNow]:
        return await self._list(to=number, from_=self._caller, limit=50, page_size=50)

    async def sip_code(self, call: str) -> int | None:
        """From the Call Summary's `last_sip_response_num`. None where the account has no Voice Insights."""
        try:
            summary = await self._client.insights.v1.calls(call).summary().fetch_async()
        except (TwilioException, httpx.HTTPError):
            return None
        code = (summary.properties or {}).get("last_sip_response_num")
        return int(code) if code is not None else None

    async def _list(self, **filters: object) -> Sequence[CallNow]:
        try:
            calls = await self._client.calls.list_async(**filters)
        except (TwilioException, httpx.HTTPError) as error:
            raise CarrierDown(f"the carrier's list of calls cannot be read: {type(error).__name__}") from None
        return [_now(call) for call in calls]

    async def _wait_turn(self) -> None:
        async with self._turn:
            wait = self._next - self._clock.stopwatch()
            if wait > 0:
                await asyncio.sleep(wait)
            self._next = self._clock.stopwatch() + self._gap


def _now(call: Any) -> CallNow:  # noqa: ANN401 - the SDK has no types
    return CallNow(call.sid, call.to, cast(Status, call.status), call.date_created)


def _retry_after(header: str | None, attempt: int) -> float:
    """Seconds to wait after a 429: what the carrier says, at most a minute; else twice as long each time."""
    try:
        return min(float(header or ""), 60.0)
    except ValueError:
        return 0.5 * 2.0**attempt
