"""The telephone exchange: Twilio's REST API (2010-04-01) and Call Summary (Voice Insights) in front of `network`.

A client reaches it by putting this base address in place of https://api.twilio.com and of the carrier's other hosts
(insights, voice, pricing). Only what the probes need is here: calls, their recordings and events, the summary, and what
is told about the account. Source of error codes: https://www.twilio.com/docs/api/errors. The forms of the answers are
`exchange_forms`' and `exchange_account`'s; who wants to be told of a call's changes is told by `status_callbacks`. No
other webhooks, so Events stay empty.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import datetime as dt
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import parse_qs, quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scenarios.practice import sound
from scenarios.practice.call import FINAL, LONGEST, BadTwiML, Call, read_twiml
from scenarios.practice.exchange_account import AccountManner, account_forms
from scenarios.practice.exchange_forms import ACCOUNT_SID, call_form, recording_form, summary_form
from scenarios.practice.lines import DRAMA
from scenarios.practice.network import Network
from scenarios.practice.status_callbacks import BadCallback, read_callback, tell

__all__ = ["ACCOUNT_SID", "AUTH_TOKEN", "CALLER", "CALLERS", "Exchange"]

CALLER = "+441134960999"
CALLERS = (CALLER, *(f"+44113496099{n}" for n in (8, 7, 6, 5)))
"""The account's own numbers: each may be shown, and rung back."""
AUTH_TOKEN = "practice"  # noqa: S105 - of an exchange that exists only on this machine, only in practice
_LARGEST = 100_000  # bytes of a request
Values = dict[str, list[str]]
Handler = Callable[[Request], Awaitable[Response]]


class Refusal(Exception):
    """An answer that is an error, with Twilio's code."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Exchange:
    """The API as an ASGI application in `app`. `rate`: requests a second, above which it answers 429.

    `account`: what it tells about the caller's account.
    """

    def __init__(self, network: Network, rate: float = 200, account: AccountManner | None = None) -> None:
        self._network = network
        self._forms = account_forms(account or AccountManner(), CALLERS, ACCOUNT_SID)
        self._rate = rate
        self._allowance, self._last = rate, time.monotonic()
        root = "/2010-04-01/Accounts/{account}"
        routes: list[tuple[str, Handler, list[str]]] = [
            (f"{root}/Calls.json", self._list, ["GET"]),
            (f"{root}/Calls.json", self._place, ["POST"]),
            (f"{root}/Calls/{{sid}}.json", self._fetch, ["GET"]),
            (f"{root}/Calls/{{sid}}.json", self._update, ["POST"]),
            (f"{root}/Calls/{{sid}}/Events.json", self._events, ["GET"]),
            (f"{root}/Calls/{{sid}}/Recordings.json", self._recordings, ["GET"]),
            (f"{root}/Recordings/{{sid}}.json", self._recording, ["GET"]),
            (f"{root}/Recordings/{{sid}}.json", self._forget, ["DELETE"]),
            (f"{root}/Recordings/{{sid}}.wav", self._audio, ["GET"]),
            ("/v1/Voice/{sid}/Summary", self._summary, ["GET"]),
            *((path, self._told, ["GET"]) for path in self._forms if path.startswith("/")),
            ("/v2/Voice/Numbers/{number}", self._price, ["GET"]),
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
        _check_numbers(to, caller)
        if not (twiml := _one(form, "Twiml")):
            raise Refusal(400, 21205, "Url parameter is required.")
        try:
            steps = read_twiml(twiml)
            url, method = _one(form, "StatusCallback"), _one(form, "StatusCallbackMethod")
            callback = read_callback(url, form.get("StatusCallbackEvent", []), method)
        except BadTwiML as error:
            raise Refusal(400, 12100, f"Document parse failure: {error}") from None
        except BadCallback as error:
            raise Refusal(400, 21609, f"Invalid 'StatusCallback': {error}") from None
        record, longest = _one(form, "Record") == "true", max(1, _whole(_one(form, "TimeLimit"), LONGEST))
        call = self._network.place(to, caller, steps, _seconds(_one(form, "Timeout")), record, longest)
        if callback is not None:
            self._network.go_on(tell(call, callback, ACCOUNT_SID, AUTH_TOKEN))
        return JSONResponse(call_form(call), 201)

    async def _list(self, request: Request) -> Response:
        query = parse_qs(request.url.query, keep_blank_values=True)
        found = list(filter(_filter(query), reversed(self._network.calls.values())))
        return _page(request, query, "calls", found, call_form)

    async def _fetch(self, request: Request) -> Response:
        return JSONResponse(call_form(self._find(request)))

    async def _update(self, request: Request) -> Response:
        call = self._find(request)
        wanted = _one(await _form(request), "Status")
        if call.status in FINAL:
            raise Refusal(400, 21220, "Unable to update record. Call is not in-progress. Cannot redirect.")
        if wanted == "completed" or (wanted == "canceled" and call.answered is None):
            call.hung_up.set()
        return JSONResponse(call_form(call))

    async def _events(self, request: Request) -> Response:
        self._find(request)
        return _page(request, parse_qs(request.url.query), "events", [], call_form)

    async def _recordings(self, request: Request) -> Response:
        call = self._find(request)
        found = [call] if call.recorded else []
        return _page(request, parse_qs(request.url.query), "recordings", found, recording_form)

    async def _recording(self, request: Request) -> Response:
        return JSONResponse(recording_form(self._recorded(request)) | {"subresource_uris": {}, "media_url": None})

    async def _forget(self, request: Request) -> Response:
        self._recorded(request).forgotten = True
        return Response(status_code=204)

    async def _audio(self, request: Request) -> Response:
        call = self._recorded(request)
        if recording_form(call)["status"] != "completed":
            raise _missing(request)
        channels = 2 if request.query_params.get("RequestedChannels") == "2" else 1
        return Response(await asyncio.to_thread(_sound_of, call, channels), media_type="audio/x-wav")

    def _recorded(self, request: Request) -> Call:
        for call in self._network.calls.values():
            if call.recording_sid == request.path_params["sid"] and call.recorded:
                return call
        raise _missing(request)

    async def _summary(self, request: Request) -> Response:
        return JSONResponse(summary_form(self._find(request)))

    async def _told(self, request: Request) -> Response:
        return JSONResponse(self._forms[request.scope["route"].path](request.query_params))

    async def _price(self, request: Request) -> Response:
        return JSONResponse(self._forms["price"]({"To": request.path_params["number"]}))

    def _find(self, request: Request) -> Call:
        call = self._network.calls.get(request.path_params["sid"])
        if call is None:
            raise _missing(request)
        return call


# ------------------------------------------------------------------------------------------------ what is answered


def _page(
    request: Request, query: Values, key: str, rows: Sequence[Call], form: Callable[[Call], dict[str, Any]]
) -> Response:
    size = min(1000, max(1, _whole(_one(query, "PageSize"), 50)))
    number = max(0, _whole(_one(query, "Page"), 0))
    cut = [form(call) for call in rows[number * size : (number + 1) * size]]
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


def _filter(query: Values) -> Callable[[Call], bool]:
    """Whether a list that is asked for so has a call in it. Read once: a night's calls are thousands."""
    told = (("To", "to"), ("From", "caller"), ("Status", "status"))
    exact = [(name, query[key][0]) for key, name in told if key in query]
    after, before = _moment(_one(query, "StartTime>")), _moment(_one(query, "StartTime<"))

    def wanted(call: Call) -> bool:
        if any(getattr(call, name) != value for name, value in exact):
            return False
        return (after is None or call.placed_at >= after) and (before is None or call.placed_at <= before)

    return wanted


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


def _check_numbers(to: str, caller: str) -> None:
    """Raises `Refusal` when such a call may not be placed."""
    if not to:
        raise Refusal(400, 21201, "No 'To' number is specified")
    if not DRAMA.fullmatch(to):
        raise Refusal(400, 21211, f"The phone number you are attempting to call, {to[:40]}, is not valid.")
    if not caller:
        raise Refusal(400, 21213, "No 'From' number is specified")
    if caller not in CALLERS:
        raise Refusal(400, 21210, f"The source phone number provided, {caller[:40]}, is not yet verified.")


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


def _sound_of(call: Call, channels: int) -> bytes:
    """Both sides of a call that is over, from its answer to its end."""
    ours = sound.joined([(said.begins, sound.words(said.words)) for said in call.said])
    theirs = sound.heard(call.manner) if call.manner is not None else sound.silence(0)
    return sound.two_sided(theirs, ours, call.lasted, channels)
