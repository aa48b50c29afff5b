"""The telephone exchange: Twilio's REST API (2010-04-01) and Call Summary (Voice Insights) in front of `network`.

A client reaches it by putting this base address in place of https://api.twilio.com and https://insights.twilio.com.
Only what the probes need is here: calls, their recordings and events, and the summary. Source of forms and error codes:
Twilio's OpenAPI of April 2026 and https://www.twilio.com/docs/api/errors. There are no webhooks, so Events stay empty.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scenarios.practice.network import FINAL, SIP, BadTwiML, Call, Network, Status, read_twiml

CALLER = "+441134960999"
AUTH_TOKEN = "practice"  # noqa: S105 - of an exchange that exists only on this machine, only in practice
ACCOUNT_SID = "AC" + "d0025e" * 5 + "d0"
_ACCOUNT = f"/2010-04-01/Accounts/{ACCOUNT_SID}"
_DRAMA = re.compile(r"\+44(?:1134960\d{3}|2079460\d{3}|8081570\d{3}|3069990\d{3})")
_LARGEST = 100_000  # bytes of a request
_SUBRESOURCES = {
    "events": "Events",
    "notifications": "Notifications",
    "payments": "Payments",
    "recordings": "Recordings",
    "siprec": "Siprec",
    "streams": "Streams",
    "transcriptions": "Transcriptions",
    "user_defined_message_subscriptions": "UserDefinedMessageSubscriptions",
    "user_defined_messages": "UserDefinedMessages",
}
_CALL_STATE: dict[Status, str] = {
    "queued": "undialed",
    "ringing": "ringing",
    "in-progress": "answered",
    "completed": "completed",
    "busy": "busy",
    "failed": "fail",
    "no-answer": "noanswer",
    "canceled": "canceled",
}
Values = dict[str, list[str]]
Handler = Callable[[Request], Awaitable[Response]]


class Refusal(Exception):
    """An answer that is an error, with Twilio's code."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Exchange:
    """The API as an ASGI application in `app`. `rate`: requests a second, above which it answers 429."""

    def __init__(self, network: Network, rate: float = 200) -> None:
        self._network = network
        self._rate = rate
        self._allowance, self._last = rate, time.monotonic()
        account = "/2010-04-01/Accounts/{account}"
        routes: list[tuple[str, Handler, list[str]]] = [
            (f"{account}/Calls.json", self._list, ["GET"]),
            (f"{account}/Calls.json", self._place, ["POST"]),
            (f"{account}/Calls/{{sid}}.json", self._fetch, ["GET"]),
            (f"{account}/Calls/{{sid}}.json", self._update, ["POST"]),
            (f"{account}/Calls/{{sid}}/Events.json", self._events, ["GET"]),
            (f"{account}/Calls/{{sid}}/Recordings.json", self._recordings, ["GET"]),
            (f"{account}/Recordings/{{sid}}.json", self._recording, ["GET"]),
            ("/v1/Voice/{sid}/Summary", self._summary, ["GET"]),
        ]
        self.app = Starlette(
            routes=[Route(path, self._admitted(handler), methods=methods) for path, handler, methods in routes],
            exception_handlers={Refusal: _refused, HTTPException: _not_found},
        )

    def _admitted(self, handler: Handler) -> Handler:
        """The handler behind the account's name and password, and the limit of requests a second."""

        async def endpoint(request: Request) -> Response:
            if not _is_the_account(request.headers.get("authorization", "")):
                raise Refusal(401, 20003, "Authenticate")
            if request.path_params.get("account", ACCOUNT_SID) != ACCOUNT_SID:
                raise _missing(request)
            self._spend_one_request()
            return await handler(request)

        return endpoint

    def _spend_one_request(self) -> None:
        now = time.monotonic()
        self._allowance = min(self._rate, self._allowance + (now - self._last) * self._rate)
        self._last = now
        if self._allowance < 1:
            raise Refusal(429, 20429, "Too Many Requests")
        self._allowance -= 1

    # -------------------------------------------------------------------------------------------- calls

    async def _place(self, request: Request) -> Response:
        form = await _form(request)
        to, caller = _one(form, "To"), _one(form, "From")
        if not to:
            raise Refusal(400, 21201, "No 'To' number is specified")
        if not _DRAMA.fullmatch(to):
            raise Refusal(400, 21211, f"The phone number you are attempting to call, {to[:40]}, is not valid.")
        if not caller:
            raise Refusal(400, 21213, "No 'From' number is specified")
        if caller != CALLER:
            raise Refusal(400, 21210, f"The source phone number provided, {caller[:40]}, is not yet verified.")
        if not (twiml := _one(form, "Twiml")):
            raise Refusal(400, 21205, "Url parameter is required.")
        try:
            steps = read_twiml(twiml)
        except BadTwiML as error:
            raise Refusal(400, 12100, f"Document parse failure: {error}") from None
        record = _one(form, "Record") == "true"
        call = self._network.place(to, caller, steps, _seconds(_one(form, "Timeout")), record)
        return JSONResponse(_call(call), 201)

    async def _list(self, request: Request) -> Response:
        query = parse_qs(request.url.query, keep_blank_values=True)
        found = [call for call in reversed(self._network.calls.values()) if _matches(call, query)]
        return _page(request, query, "calls", [_call(call) for call in found])

    async def _fetch(self, request: Request) -> Response:
        return JSONResponse(_call(self._find(request)))

    async def _update(self, request: Request) -> Response:
        call = self._find(request)
        wanted = _one(await _form(request), "Status")
        if call.status in FINAL:
            raise Refusal(400, 21220, "Unable to update record. Call is not in-progress. Cannot redirect.")
        if wanted == "completed" or (wanted == "canceled" and call.answered is None):
            call.hung_up.set()
        return JSONResponse(_call(call))

    async def _events(self, request: Request) -> Response:
        self._find(request)
        return _page(request, parse_qs(request.url.query), "events", [])

    async def _recordings(self, request: Request) -> Response:
        call = self._find(request)
        rows = [_recording_of(call)] if call.record and call.answered is not None else []
        return _page(request, parse_qs(request.url.query), "recordings", rows)

    async def _recording(self, request: Request) -> Response:
        for call in self._network.calls.values():
            if call.recording_sid == request.path_params["sid"] and call.record and call.answered is not None:
                return JSONResponse(_recording_of(call) | {"subresource_uris": {}, "media_url": None})
        raise _missing(request)

    async def _summary(self, request: Request) -> Response:
        return JSONResponse(_summary_of(self._find(request)))

    def _find(self, request: Request) -> Call:
        call = self._network.calls.get(request.path_params["sid"])
        if call is None:
            raise _missing(request)
        return call


# ------------------------------------------------------------------------------------------------ what is answered


def _call(call: Call) -> dict[str, Any]:
    address = f"{_ACCOUNT}/Calls/{call.sid}"
    return {
        "sid": call.sid,
        "account_sid": ACCOUNT_SID,
        "to": call.to,
        "to_formatted": call.to,
        "from": call.caller,
        "from_formatted": call.caller,
        "status": call.status,
        "direction": "outbound-api",
        "date_created": _rfc2822(call.placed_at),
        "date_updated": _rfc2822(call.at(call.updated)),
        "start_time": None if call.status == "queued" else _rfc2822(call.placed_at),
        "end_time": _rfc2822(call.at(call.ended)),
        "duration": None if call.ended is None else str(_talked(call)),
        "answered_by": None,
        "api_version": "2010-04-01",
        "parent_call_sid": None,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "USD",
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": "0",
        "trunk_sid": None,
        "uri": f"{address}.json",
        "annotation": None,
        "subresource_uris": {key: f"{address}/{name}.json" for key, name in _SUBRESOURCES.items()},
    }


def _recording_of(call: Call) -> dict[str, Any]:
    return {
        "sid": call.recording_sid,
        "account_sid": ACCOUNT_SID,
        "call_sid": call.sid,
        "conference_sid": None,
        "api_version": "2010-04-01",
        "channels": 2,
        "date_created": _rfc2822(call.at(call.answered)),
        "date_updated": _rfc2822(call.at(call.updated)),
        "start_time": _rfc2822(call.at(call.answered)),
        "duration": str(_talked(call)),
        "status": "in-progress" if call.ended is None else "completed",
        "source": "OutboundAPI",
        "error_code": None,
        "price": None,
        "price_unit": "USD",
        "encryption_details": None,
        "uri": f"{_ACCOUNT}/Recordings/{call.recording_sid}.json",
    }


def _summary_of(call: Call) -> dict[str, Any]:
    """A Call Summary of the kind "carrier"; partial until the call is over."""
    over = call.ended is not None
    ends = {"caller": call.caller, "callee": call.to, "carrier": "Practice", "connection": "landline"}
    return {
        "call_sid": call.sid,
        "account_sid": ACCOUNT_SID,
        "call_type": "carrier",
        "call_state": _CALL_STATE[call.status],
        "processing_state": "complete" if over else "partial",
        "created_time": _iso(call.placed_at),
        "start_time": _iso(call.placed_at),
        "end_time": _iso(call.at(call.ended)),
        "duration": round(call.ended) if call.ended is not None else None,
        "connect_duration": _talked(call) if over else None,
        "answered_by": None,
        "from": ends | {"number_prefix": "44", "country_code": "GB"},
        "to": ends | {"number_prefix": "44", "country_code": "GB"},
        "carrier_edge": {
            "metrics": {},
            "properties": {"direction": "outbound"},
            "summary": {},
            "events": {},
            "tags": [],
        },
        "client_edge": None,
        "sdk_edge": None,
        "sip_edge": None,
        "tags": [],
        "attributes": {"conference_participant": False},
        "properties": {
            "direction": "outbound_api",
            "disconnected_by": "caller" if call.hung_up.is_set() else "callee",
            "last_sip_response_num": SIP.get(call.status, 180 if call.rang is not None else 100),
            "pdd_ms": None if call.rang is None else round(call.rang * 1000),
        },
        "trust": {},
        "annotation": {},
        "url": f"https://insights.twilio.com/v1/Voice/{call.sid}/Summary",
    }


def _page(request: Request, query: Values, key: str, rows: Sequence[dict[str, Any]]) -> Response:
    size = min(1000, max(1, _whole(_one(query, "PageSize"), 50)))
    number = max(0, _whole(_one(query, "Page"), 0))
    cut = rows[number * size : (number + 1) * size]
    kept = "".join(f"&{quote(k)}={quote(v[0])}" for k, v in query.items() if k not in ("Page", "PageSize", "PageToken"))
    more = (number + 1) * size < len(rows)

    def link(page: int) -> str:
        return f"{request.url.path}?PageSize={size}&Page={page}{kept}"

    return JSONResponse(
        {
            key: cut,
            "page": number,
            "page_size": size,
            "start": number * size,
            "end": max(number * size + len(cut) - 1, 0),
            "uri": link(number),
            "first_page_uri": link(0),
            "next_page_uri": link(number + 1) if more else None,
            "previous_page_uri": link(number - 1) if number else None,
        }
    )


def _matches(call: Call, query: Values) -> bool:
    exact = {"To": call.to, "From": call.caller, "Status": call.status}
    if any(query.get(key, [value])[0] != value for key, value in exact.items()):
        return False
    after, before = _moment(_one(query, "StartTime>")), _moment(_one(query, "StartTime<"))
    return (after is None or call.placed_at >= after) and (before is None or call.placed_at <= before)


# ------------------------------------------------------------------------------------------------ small things


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, Refusal):  # Starlette calls this for refusals alone
        raise error
    more = f"https://www.twilio.com/docs/errors/{error.code}"
    body = {"code": error.code, "message": error.message, "more_info": more, "status": error.status}
    headers = {"Retry-After": "1"} if error.status == 429 else {}
    return JSONResponse(body, error.status, headers)


async def _not_found(request: Request, error: Exception) -> Response:
    return await _refused(request, _missing(request))


def _missing(request: Request) -> Refusal:
    return Refusal(404, 20404, f"The requested resource {request.url.path} was not found")


def _is_the_account(header: str) -> bool:
    try:
        return base64.b64decode(header.removeprefix("Basic "), validate=True) == f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()
    except (binascii.Error, ValueError):
        return False


async def _form(request: Request) -> Values:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            raise Refusal(413, 20413, "Request Entity Too Large")
    return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)


def _one(values: Values, key: str) -> str:
    return values.get(key, [""])[0]


def _whole(text: str, otherwise: int) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else otherwise


def _seconds(timeout: str) -> float:
    """How long it may ring: Twilio's `Timeout`, 60 when unsaid and 600 at most."""
    return float(min(600, max(1, _whole(timeout, 60))))


def _moment(text: str) -> dt.datetime | None:
    """A date or a moment of a filter, in UTC as Twilio reads it."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _talked(call: Call) -> int:
    """Whole seconds from answering to now or to the end; 0 when nobody answered."""
    if call.answered is None:
        return 0
    return round((call.ended if call.ended is not None else call.elapsed()) - call.answered)


def _rfc2822(moment: dt.datetime | None) -> str | None:
    return None if moment is None else format_datetime(moment.astimezone(dt.UTC))


def _iso(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
