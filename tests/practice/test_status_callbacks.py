"""Status callbacks of the practice exchange: what is posted, when, signed how, and to whom never."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from scenarios.practice.call import FINAL
from scenarios.practice.exchange import ACCOUNT_SID, AUTH_TOKEN, CALLER
from tests.practice.telephone import Telephone, answered, exchange, line, number
from tests.probes.street import served

EVENTS = ["initiated", "ringing", "answered", "completed"]
LINES = (
    line(0, answered(hangs_up_after=1)),
    line(1, {"outcome": "engaged"}),
    line(2, {"outcome": "no reply"}),
    line(3, {"outcome": "not in use"}),
)


@dataclass
class Listener:
    """Notes what is posted to it, and answers as it is told to."""

    url: str = ""
    status: int = 204
    posted: list[dict[str, str]] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        self.posted.append(form)
        self.signatures.append(request.headers.get("x-twilio-signature", ""))
        if form["CallStatus"] in FINAL:
            self.over.set()
        return Response(status_code=self.status, headers={"location": self.url + "/elsewhere"})


@pytest.fixture
async def telephone() -> AsyncIterator[Telephone]:
    async with exchange(*LINES) as telephone:
        yield telephone


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as listener:
        yield listener


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    listener = Listener()
    routes = [Route("/{path:path}", listener.take, methods=["POST", "GET"])]
    async with served(Starlette(routes=routes)) as address:
        listener.url = f"{address}/calls?wave=one%20two"
        yield listener


async def test_each_change_of_an_answered_call_is_told_in_turn(telephone: Telephone, listener: Listener) -> None:
    call = await heard(telephone, listener, 0, EVENTS)

    assert [form["CallStatus"] for form in listener.posted] == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in listener.posted] == ["0", "1", "2", "3"]
    for form in listener.posted:
        assert (form["CallSid"], form["AccountSid"]) == (call["sid"], ACCOUNT_SID)
        assert (form["To"], form["From"], form["Direction"]) == (number(0), CALLER, "outbound-api")
        assert form["CallbackSource"] == "call-progress-events"


async def heard(telephone: Telephone, listener: Listener, n: int, events: list[str]) -> dict[str, object]:
    """Ring a line until it is over and told of."""
    form: dict[str, Any] = {"StatusCallback": listener.url, "StatusCallbackMethod": "POST", "Timeout": "1"}
    if events:
        form["StatusCallbackEvent"] = events
    call = await telephone.ring(number(n), **form)
    await listener.over.wait()
    return call


async def test_the_posted_forms_are_signed_as_twilio_signs_them(telephone: Telephone, listener: Listener) -> None:
    await heard(telephone, listener, 0, EVENTS)

    twilio = RequestValidator(AUTH_TOKEN)
    for form, signature in zip(listener.posted, listener.signatures, strict=True):
        assert twilio.validate(listener.url, form, signature)
        assert not twilio.validate(listener.url, form | {"CallStatus": "busy"}, signature)
        assert not twilio.validate(listener.url + "&more", form, signature)


async def test_a_change_is_told_with_its_own_moment(telephone: Telephone, listener: Listener) -> None:
    sid = str((await heard(telephone, listener, 0, EVENTS))["sid"])

    call = telephone.network.calls[sid]
    moments = [parsedate_to_datetime(form["Timestamp"]) for form in listener.posted]
    for told, truth in zip(moments[1:], (call.rang, call.answered, call.ended), strict=True):
        moment = call.at(truth)
        assert moment is not None
        assert told == moment.replace(microsecond=0)
        assert told.utcoffset() == dt.timedelta(0)


async def test_only_the_end_tells_how_long_it_was(telephone: Telephone, listener: Listener) -> None:
    await heard(telephone, listener, 0, EVENTS)

    assert ["CallDuration" in form for form in listener.posted] == [False, False, False, True]
    end = listener.posted[-1]
    assert (end["CallDuration"], end["Duration"], end["SipResponseCode"]) == ("1", "1", "200")


async def test_without_a_word_about_events_the_end_alone_is_told(telephone: Telephone, listener: Listener) -> None:
    await heard(telephone, listener, 0, [])

    assert [(form["CallStatus"], form["SequenceNumber"]) for form in listener.posted] == [("completed", "0")]


@pytest.mark.parametrize(
    ("n", "told", "sip"),
    [
        (1, ["initiated", "busy"], "486"),
        (2, ["initiated", "ringing", "no-answer"], "487"),
        (3, ["initiated", "failed"], "404"),
    ],
)
async def test_every_way_to_end_is_a_completion(
    n: int, told: list[str], sip: str, telephone: Telephone, listener: Listener
) -> None:
    await heard(telephone, listener, n, EVENTS)

    assert [form["CallStatus"] for form in listener.posted] == told
    assert (listener.posted[-1]["SipResponseCode"], listener.posted[-1]["CallDuration"]) == (sip, "0")


@pytest.mark.parametrize("status", [302, 403, 500])
async def test_what_the_listener_answers_changes_nothing(status: int, telephone: Telephone, listener: Listener) -> None:
    listener.status = status

    call = await heard(telephone, listener, 0, EVENTS)

    assert call["outcome"] == "answered"
    assert len(listener.posted) == 4


async def test_a_listener_that_is_away_changes_nothing(telephone: Telephone) -> None:
    async with listening() as gone:
        pass

    call = await telephone.ring(number(0), StatusCallback=gone.url, StatusCallbackEvent=EVENTS)

    assert call["outcome"] == "answered"


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1/calls",
        "https://council.example/calls",
        "http://localhost.example/calls",
        "http://0.0.0.0/calls",
        "http://127.0.0.1@192.0.2.1/calls",
        "http://someone@127.0.0.1/calls",
        "http://[::1/calls",
        "http://127.0.0.1:99999/calls",
        "ftp://127.0.0.1/calls",
        "file:///etc/passwd",
        "calls",
    ],
)
async def test_nothing_is_posted_to_any_other_machine(url: str, telephone: Telephone) -> None:
    answer = await telephone.place(number(0), StatusCallback=url)

    assert (answer.status_code, answer.json()["code"]) == (400, 21609)
    assert telephone.network.calls == {}


@pytest.mark.parametrize("more", [{"StatusCallbackMethod": "GET"}, {"StatusCallbackEvent": ["hummed"]}])
async def test_what_the_exchange_cannot_tell_is_refused(
    more: dict[str, Any], telephone: Telephone, listener: Listener
) -> None:
    answer = await telephone.place(number(0), StatusCallback=listener.url, **more)

    assert (answer.status_code, answer.json()["code"]) == (400, 21609)
