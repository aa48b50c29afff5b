"""Twilio, through its SDK, over our own HTTP client. The practice exchange is this with another base URL.

The SDK's own asynchronous client ignores timeouts and leaks its session, so it is not used. The SDK has few types; they
end here. The account's secret comes in as an argument and is never logged.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, cast

from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.twiml.voice_response import VoiceResponse

from probes.http import httpx
from probes.phone.carriers import CallNow, CarrierDown, CarrierRefused, Pace, Recording, Speech, Status, Still
from probes.phone.carriers.callbacks import EVENTS, Callbacks
from probes.phone.preflight import Account, Country

_PATIENCE = 10.0  # seconds
_PATIENCE_FOR_SOUND = 60.0
_TRIES_WHEN_BUSY = 6
_PAGE = 200  # calls that the carrier is asked to tell at once; it would tell a thousand
_VOICE = {"voice": "Polly.Amy", "language": "en-GB"}
_EDGES = {"us1": "ashburn", "ie1": "dublin", "au1": "sydney"}
"""Where each of the carrier's regions is reached. Source: https://www.twilio.com/docs/global-infrastructure"""
_WITHHELD = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
"""ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE on the keys of a telephone: what is shown of who shows nothing.

Source: https://help.twilio.com/articles/223179988
"""
_SILENT = (TwilioException, httpx.HTTPError, ValueError, KeyError, TypeError)
"""An error, no answer in time, a dropped connection, or an answer that is not what the carrier describes."""


class _Http(AsyncHttpClient):  # type: ignore[misc]  # the SDK has no types
    """The SDK's requests over httpx2: real timeouts, another base URL, and waiting when told 429."""

    def __init__(self, base_url: str | None, patience: float) -> None:
        super().__init__(logging.getLogger("doorstep.twilio"), True, patience)
        self._base = httpx.URL(base_url) if base_url else None
        self._client = httpx.AsyncClient(timeout=patience, trust_env=base_url is None)

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

    async def sound(self, url: str, auth: tuple[str, str]) -> bytes:
        """The bytes of a recording; the carrier may send us on to where it keeps them. Raises `httpx.HTTPError`."""
        target = httpx.URL(url)
        if self._base is not None:
            target = target.copy_with(scheme=self._base.scheme, host=self._base.host, port=self._base.port)
        answer = await self._client.get(target, auth=auth, follow_redirects=True, timeout=_PATIENCE_FOR_SOUND)
        return answer.raise_for_status().content

    async def aclose(self) -> None:
        await self._client.aclose()


class Twilio:
    """Calls through one Twilio account. `base_url` is given for the practice exchange alone.

    `caller`: the number that the called see. `more`: other numbers of ours, for call-backs. `callbacks`: where the
    carrier tells of calls at once, already open; None: its list is all there is.

    `region`: us1, ie1 (Ireland) or au1, where the account's calls and recordings are handled; each has a secret of its
    own. None: Twilio's default, us1. `pace`: shared by all who place calls through the account, `calls_per_second` of
    them together. `patience`: seconds until an answer that has not come is given up.
    """

    name = "twilio"
    lists_calls = True

    def __init__(
        self,
        account: str,
        secret: str,
        caller: str,
        pace: Pace,
        base_url: str | None = None,
        calls_per_second: float = 1.0,
        region: str | None = None,
        patience: float = _PATIENCE,
        more: Sequence[str] = (),
        callbacks: Callbacks | None = None,
    ) -> None:
        if region is not None and region not in _EDGES:
            raise ValueError(f"the carrier has no region {region!r}; choose one of {', '.join(_EDGES)}")
        self._http = _Http(base_url, patience)
        self._client = Client(
            account, secret, http_client=self._http, region=region, edge=_EDGES[region] if region else None
        )
        self._auth = (account, secret)
        self._caller = caller
        self._own = (caller, *more)
        self._callbacks = callbacks
        self._pace = pace
        self._gap = 1.0 / calls_per_second
        self._turn = asyncio.Lock()  # one of this process asks at a time, in order

    async def __aenter__(self) -> Twilio:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def place(
        self,
        number: str,
        speech: Speech,
        ring_for: float,
        record: bool = False,
        caller: str | None = None,
        still: Still | None = None,
    ) -> str:
        """Dial now, at the account's rate. Nothing is tried twice except where the carrier said 429: not placed."""
        await self._wait_turn()
        if still is not None:
            await still()
        answer = VoiceResponse()
        answer.say(speech.first, **_VOICE)
        more: dict[str, object] = {}
        if speech.until:
            answer.say(speech.again, loop=0, **_VOICE)  # 0: until the call is over
            more["time_limit"] = math.ceil(speech.until)
        if self._callbacks is not None:
            more |= {"status_callback": self._callbacks.address, "status_callback_event": list(EVENTS)}
        if record:
            more |= {"record": True, "recording_channels": "dual", "trim": "do-not-trim"}
        try:
            call = await self._client.calls.create_async(
                to=number, from_=caller or self._caller, twiml=str(answer), timeout=int(ring_for), **more
            )
        except TwilioRestException as error:
            if error.status >= 500:
                raise CarrierDown(f"the carrier answered {error.status}: {error.msg}") from None
            raise CarrierRefused(f"the carrier refused: {error.msg} ({error.code})") from None
        except _SILENT as error:
            raise CarrierDown(f"the carrier did not answer: {type(error).__name__}") from None
        if not call.sid:
            raise CarrierDown("the carrier answered without naming the call")
        return str(call.sid)

    async def newest(self, count: int) -> Sequence[CallNow]:
        return await self._list(limit=count, page_size=min(count, 1000))

    async def one(self, call: str) -> CallNow:
        try:
            return self._now(await self._client.calls(call).fetch_async())
        except _SILENT as error:
            raise CarrierDown(f"the carrier does not tell of call {call}: {type(error).__name__}") from None

    async def since(self, moment: dt.datetime) -> Sequence[CallNow]:
        """Page after page until there are only older ones: the carrier's own filter leaves out what is still queued."""
        found: list[CallNow] = []
        try:
            page = await self._client.calls.page_async(page_size=_PAGE)
            while page is not None:
                listed = [self._now(call) for call in page]
                found += [call for call in listed if call.created >= moment]
                page = await page.next_page_async() if listed and listed[-1].created >= moment else None
        except _SILENT as error:
            raise CarrierDown(f"the carrier's list of calls cannot be read: {type(error).__name__}") from None
        return found

    async def sip_code(self, call: str) -> int | None:
        """From the Call Summary's `last_sip_response_num`. None where the account has no Voice Insights."""
        try:
            summary = await self._client.insights.v1.calls(call).summary().fetch_async()
        except _SILENT:
            return None
        code = (summary.properties or {}).get("last_sip_response_num")
        return int(code) if code is not None else None

    def address(self, path: str) -> str:
        """Where the account's region answers to a path of the API."""
        return str(self._client.get_hostname(f"https://api.twilio.com{path}"))

    async def recordings(self, call: str) -> Sequence[Recording]:
        try:
            listed = await self._client.calls(call).recordings.list_async()
            return [
                Recording(one.sid, one.call_sid, one.start_time, float(one.duration))
                for one in listed
                if one.status == "completed"
            ]
        except _SILENT as error:
            raise CarrierDown(f"the recordings of call {call} cannot be listed: {type(error).__name__}") from None

    async def audio(self, recording: Recording) -> bytes:
        """The called party comes first: the carrier puts the parent call there. Untried on a real account."""
        path = f"/2010-04-01/Accounts/{self._auth[0]}/Recordings/{recording.id}.wav?RequestedChannels=2"
        try:
            return await self._http.sound(self.address(path), self._auth)
        except httpx.HTTPError as error:
            raise CarrierDown(f"recording {recording.id} cannot be fetched: {type(error).__name__}") from None

    async def forget(self, recording: Recording) -> None:
        try:
            await self._client.recordings(recording.id).delete_async()
        except TwilioRestException as error:
            if error.status != httpx.codes.NOT_FOUND:
                raise CarrierDown(f"recording {recording.id} cannot be deleted: {error.status}") from None
        except _SILENT as error:
            raise CarrierDown(f"recording {recording.id} cannot be deleted: {type(error).__name__}") from None

    async def inbound(self, since: dt.datetime) -> Sequence[CallNow]:
        """Asked for from the day before, since the carrier's filter is of days and of when a call began."""
        day = since.date() - dt.timedelta(days=1)
        found: list[CallNow] = []
        for number in self._own:
            found += await self._list(to=number, start_time_after=day, limit=1000, page_size=200)
        found.sort(key=lambda call: call.created, reverse=True)
        return [call for call in found if call.created >= since.replace(microsecond=0)]

    async def account(self, numbers: Sequence[str]) -> Account:
        """What the carrier tells about the account and about prices to these numbers. Only reads; raises `CarrierDown`.

        The carrier refuses to say who may be called to an account without that right; then nothing may be called.
        """
        api, caller = self._client.api.v2010.account, self._caller
        try:
            itself = await self._client.api.v2010.accounts(self._auth[0]).fetch_async()
            countries = await self._client.voice.v1.dialing_permissions.countries.list_async()
            owned = await api.incoming_phone_numbers.list_async(phone_number=caller, limit=1)
            verified = await api.outgoing_caller_ids.list_async(phone_number=caller, limit=1)
            money = await api.balance.fetch_async()
            return Account(
                active=itself.status == "active",
                trial=itself.type == "Trial",
                countries={one.iso_code: _country(one) for one in countries},
                caller=caller,
                owned=bool(owned),
                verified=bool(verified),
                answers=any(one.voice_url or one.voice_application_sid or one.trunk_sid for one in owned)
                if owned
                else None,
                balance=float(money.balance),
                currency=str(money.currency),
                prices={number: await self._price(number) for number in numbers},
            )
        except _SILENT as error:
            raise CarrierDown(f"the carrier does not tell about the account: {type(error).__name__}") from None

    async def _price(self, number: str) -> float | None:
        """Per begun minute, in the account's currency; None where the carrier does not say."""
        try:
            found = await self._client.pricing.v2.voice.numbers(number).fetch_async(origination_number=self._caller)
            return max(float(one["current_price"]) for one in found.outbound_call_prices)
        except _SILENT:
            return None

    async def _list(self, **filters: object) -> Sequence[CallNow]:
        try:
            return [self._now(call) for call in await self._client.calls.list_async(**filters)]
        except _SILENT as error:
            raise CarrierDown(f"the carrier's list of calls cannot be read: {type(error).__name__}") from None

    def _now(self, call: Any) -> CallNow:  # noqa: ANN401 - the SDK has no types
        listed = _listed(call)
        return listed if self._callbacks is None else replace(listed, told=self._callbacks.told(listed.id))

    async def _wait_turn(self) -> None:
        async with self._turn:
            while wait := await self._pace.next_call(self._auth[0], self._gap):  # noqa: ASYNC110 - others take turns too
                await asyncio.sleep(wait)


def _country(told: Any) -> Country:  # noqa: ANN401 - the SDK has no types
    special, tollfraud = told.high_risk_special_numbers_enabled, told.high_risk_tollfraud_numbers_enabled
    return Country(str(told.name), bool(told.low_risk_numbers_enabled), bool(special), bool(tollfraud))


def _listed(call: Any) -> CallNow:  # noqa: ANN401 - the SDK has no types
    shown = call._from if call.direction == "inbound" else None
    is_number = shown is not None and re.fullmatch(r"\+[0-9]{7,15}", shown) is not None and shown not in _WITHHELD
    caller = shown if is_number else None
    return CallNow(call.sid, call.to, cast(Status, call.status), call.date_created, caller=caller)


def _retry_after(header: str | None, attempt: int) -> float:
    """Seconds to wait after a 429: what the carrier says, at most a minute; else twice as long each time."""
    try:
        return min(float(header or ""), 60.0)
    except ValueError:
        return 0.5 * 2.0**attempt
