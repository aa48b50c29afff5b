"""Status callbacks over real sockets: the carrier's word is noted when it comes, and nobody else's is."""

from __future__ import annotations

import asyncio
import base64
import hmac
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from probes.guard import Guard
from probes.http import httpx
from probes.phone import PhoneProbe
from probes.phone.carriers import FINAL, CarrierDown
from probes.phone.carriers.callbacks import EVENTS, Callbacks
from probes.phone.carriers.twilio import Twilio
from probes.phone.moments import seconds_to_answer
from scenarios.practice.exchange import ACCOUNT_SID, AUTH_TOKEN
from tests.probes.street import ANSWERS, CALLER, ENGAGED, Book, MondayMorning, errand, opened, served

PUBLIC = "https://shop.example/calls"
CALL = "CA" + "0" * 32
RINGING = {"CallSid": CALL, "AccountSid": ACCOUNT_SID, "CallStatus": "ringing", "SequenceNumber": "1"}


def signature(form: Mapping[str, str], address: str = PUBLIC, secret: str = AUTH_TOKEN) -> str:
    """As Twilio's documentation has it: HMAC-SHA1 of the address and of every key and value, sorted."""
    signed = address + "".join(key + form[key] for key in sorted(form))
    return base64.b64encode(hmac.new(secret.encode(), signed.encode(), "sha1").digest()).decode()


@pytest.fixture
async def listener() -> AsyncIterator[Callbacks]:
    async with Callbacks(PUBLIC, ACCOUNT_SID, AUTH_TOKEN, MondayMorning(), 0) as callbacks:
        yield callbacks


async def posted(listener: Callbacks, form: Mapping[str, str], signed: str) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(
            f"http://127.0.0.1:{listener.port}/calls", data=dict(form), headers={"X-Twilio-Signature": signed}
        )
    return int(answer.status_code)


async def test_what_the_carrier_signed_is_noted_on_our_own_clock(listener: Callbacks) -> None:
    before = MondayMorning().stopwatch()
    assert await posted(listener, RINGING, signature(RINGING)) == 204

    (told,) = listener.told(CALL).items()
    assert told[0] == "ringing"
    assert before <= told[1] <= MondayMorning().stopwatch()


async def test_words_beyond_english_are_signed_and_understood(listener: Callbacks) -> None:
    form = RINGING | {"CallerCity": "Ynys Môn & Gwynedd"}

    assert await posted(listener, form, signature(form)) == 204


@pytest.mark.parametrize(
    ("form", "signed"),
    [
        (RINGING, ""),
        (RINGING, signature(RINGING, secret="guessed")),
        (RINGING, signature(RINGING, address="https://elsewhere.example/calls")),
        (RINGING | {"CallStatus": "completed"}, signature(RINGING)),
        (RINGING | {"more": "x"}, signature(RINGING)),
        (RINGING | {"AccountSid": "AC" + "1" * 32}, signature(RINGING | {"AccountSid": "AC" + "1" * 32})),
        (RINGING | {"CallSid": "../etc"}, signature(RINGING | {"CallSid": "../etc"})),
        ({}, signature({})),
    ],
    ids=["unsigned", "guessed", "for another address", "altered", "added to", "another account", "no call", "empty"],
)
async def test_what_the_carrier_did_not_sign_is_refused(
    listener: Callbacks, form: Mapping[str, str], signed: str
) -> None:
    assert await posted(listener, form, signed) == 403
    assert listener.told(CALL) == {}


async def test_what_is_told_again_changes_nothing(listener: Callbacks) -> None:
    await posted(listener, RINGING, signature(RINGING))
    first = listener.told(CALL)

    assert await posted(listener, RINGING, signature(RINGING)) == 204
    assert listener.told(CALL) == first


async def test_what_is_too_large_is_refused_though_it_is_signed(listener: Callbacks) -> None:
    form = RINGING | {"padding": "x" * 10_000}

    assert await posted(listener, form, signature(form)) == 403
    assert listener.told(CALL) == {}


async def test_a_key_given_twice_is_refused(listener: Callbacks) -> None:
    body = "CallSid=x&CallSid=" + CALL
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(
            f"http://127.0.0.1:{listener.port}/",
            content=body,
            headers={
                "X-Twilio-Signature": signature({"CallSid": CALL}),
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )
    assert answer.status_code == 403


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
async def test_only_posting_is_heard(listener: Callbacks, method: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.request(method, f"http://127.0.0.1:{listener.port}/calls")
    assert (answer.status_code, answer.content) == (403, b"")


async def test_a_form_that_never_ends_does_not_keep_others_from_being_heard(listener: Callbacks) -> None:
    _, slow = await asyncio.open_connection("127.0.0.1", listener.port)
    slow.write(b"POST /calls HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nCall")
    await slow.drain()

    assert await posted(listener, RINGING, signature(RINGING)) == 204
    slow.close()
    await slow.wait_closed()


async def test_a_port_that_is_taken_is_told_at_once(listener: Callbacks) -> None:
    with pytest.raises(CarrierDown, match=f"port {listener.port}: Address already in use"):
        Callbacks(PUBLIC, ACCOUNT_SID, AUTH_TOKEN, MondayMorning(), listener.port)


# ------------------------------------------------------------------------------------------- with the exchange


async def rung(exchange: str, listener: Callbacks, number: str) -> str:
    """Let the exchange ring a number and tell the listener of it, until it is over; the call's id."""
    listener.address = f"http://127.0.0.1:{listener.port}/calls"  # the exchange tells nobody beyond this machine
    form = {"To": number, "From": CALLER, "Timeout": "15", "Twiml": "<Response><Say>Hello.</Say></Response>"}
    wanted = {"StatusCallback": listener.address, "StatusCallbackEvent": list(EVENTS)}
    calls = f"{exchange}/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json"
    async with httpx.AsyncClient(trust_env=False, auth=(ACCOUNT_SID, AUTH_TOKEN)) as client:
        call = str((await client.post(calls, data=form | wanted)).json()["sid"])
    async with asyncio.timeout(30):
        while not FINAL & listener.told(call).keys():  # noqa: ASYNC110 - as it is looked at
            await asyncio.sleep(0.02)
    return call


async def test_the_exchange_tells_each_status_in_its_order(tmp_path: Path, listener: Callbacks) -> None:
    async with opened(tmp_path) as street, served(street.weather) as exchange:
        call = await rung(exchange, listener, ANSWERS)

    told = listener.told(call)
    assert list(told) == ["ringing", "in-progress", "completed"]
    assert sorted(told.values()) == list(told.values())


async def test_the_exchange_tells_that_a_line_is_engaged(tmp_path: Path, listener: Callbacks) -> None:
    async with opened(tmp_path) as street, served(street.weather) as exchange:
        assert list(listener.told(await rung(exchange, listener, ENGAGED))) == ["busy"]


# -------------------------------------------------------------------------------------------------- with the probe


async def test_a_call_that_is_told_of_is_timed_more_closely_and_the_truth_stays_inside(
    tmp_path: Path, listener: Callbacks
) -> None:
    listener.address = f"http://127.0.0.1:{listener.port}/calls"
    clock, book = MondayMorning(), Book()
    async with opened(tmp_path) as street, served(street.weather) as exchange:
        shopped = street.organisation
        guard = Guard({shopped.id: shopped}, book, clock, "practice")
        async with (
            Twilio(ACCOUNT_SID, AUTH_TOKEN, CALLER, book, exchange, 50, callbacks=listener) as carrier,
            PhoneProbe(carrier, guard, book, book, clock, CALLER) as probe,
        ):
            seen = await probe.knock(errand(ANSWERS, shopped))
        (call,) = street.network.calls.values()

    assert call.answered is not None
    assert call.rang is not None
    assert {seen.moments[name].source for name in ("ringing", "answered", "ended")} == {
        "carrier's callback, and its list of calls"
    }
    least, most = seconds_to_answer(dict(seen.moments))
    assert least <= call.answered - call.rang <= most
