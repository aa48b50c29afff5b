"""The exchange, through Twilio's own client, and every request and answer against Twilio's own description."""

from __future__ import annotations

import asyncio
import io
import logging
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from twilio.base.exceptions import TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response as TwilioResponse
from twilio.rest import Client

from probes.http import httpx
from scenarios.practice.call import FINAL, BadTwiML, read_twiml
from scenarios.practice.clock import HouseClock
from scenarios.practice.exchange import ACCOUNT_SID, AUTH_TOKEN, CALLER, CALLERS, Exchange
from scenarios.practice.network import Network
from tests.practice.conftest import House
from tests.practice.world import number

DESCRIPTION = Path(__file__).parents[3] / "shared" / "data" / "twilio_voice_cut.json"
HELLO = "<Response><Say>This is a test. Goodbye.</Say><Hangup/></Response>"


class Wire(HttpClient):  # type: ignore[misc]
    """What the SDK sends, sent to the practice exchange instead, with everything that went over the wire."""

    def __init__(self, carrier: str) -> None:
        super().__init__(logging.getLogger("twilio"), False, 20)
        self._carrier = httpx.URL(carrier)
        self._client = httpx.Client(trust_env=False, timeout=20)
        self.seen: list[tuple[str, httpx.URL, dict[str, Any], httpx.Response]] = []

    def request(
        self,
        method: str,
        uri: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: Any = None,
        timeout: Any = None,
        allow_redirects: bool = False,
    ) -> TwilioResponse:
        wanted = httpx.URL(uri)
        there = wanted.copy_with(scheme="http", host=self._carrier.host, port=self._carrier.port)
        answer = self._client.request(method, there, params=params or None, data=data, headers=headers, auth=auth)
        self.seen.append((method.lower(), answer.url, data or {}, answer))
        return TwilioResponse(answer.status_code, answer.text, answer.headers)

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def wire(partnership: dict[str, Any]) -> Iterator[Wire]:
    wire = Wire(partnership["carrier"])
    yield wire
    wire.close()


@pytest.fixture
def twilio(wire: Wire) -> Client:
    return Client(ACCOUNT_SID, AUTH_TOKEN, http_client=wire)


def ring(twilio: Client, line: int, twiml: str = HELLO, **more: Any) -> Any:
    return twilio.calls.create(to=number(line), from_=CALLER, twiml=twiml, **more)


def ended(twilio: Client, call: Any) -> Any:
    """The call when it is over. The API cannot tell by itself: a real client has to ask again, and so does this one."""
    while (now := twilio.calls(call.sid).fetch()).status not in FINAL:
        time.sleep(0.05)
    return now


def counted(house: House, call: Any) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in house.get("/tally")["calls"] if one["sid"] == call.sid)
    return found


def test_an_answered_call_hears_our_words_at_once(twilio: Client, house: House) -> None:
    call = ended(twilio, ring(twilio, 0))

    truth = counted(house, call)
    assert (call.status, truth["outcome"], truth["council"]) == ("completed", "answered", "replying")
    assert truth["said"] == "This is a test. Goodbye."
    assert truth["ring_s"] >= 0.2
    assert truth["said_after_s"] < 1
    assert truth["silent"] is False


def test_a_call_on_which_we_say_nothing_is_counted_as_silent(twilio: Client, house: House) -> None:
    call = ended(twilio, ring(twilio, 7, "<Response><Pause length='1'/><Hangup/></Response>"))

    assert counted(house, call)["silent"] is True


def test_a_council_hangs_up_on_a_message_that_does_not_end(twilio: Client) -> None:
    call = ended(twilio, ring(twilio, 5, f"<Response><Say>{'and on ' * 500}</Say></Response>"))

    assert (call.status, int(call.duration)) == ("completed", 1)


@pytest.mark.parametrize(
    ("line", "status", "outcome", "sip", "state"),
    [
        (1, "busy", "engaged", 486, "busy"),
        (2, "no-answer", "no reply", 487, "noanswer"),
        (3, "failed", "not in use", 404, "fail"),
        (0, "completed", "answered", 200, "completed"),
    ],
)
def test_every_outcome_is_told_in_status_and_summary(
    line: int, status: str, outcome: str, sip: int, state: str, twilio: Client, house: House
) -> None:
    call = ended(twilio, ring(twilio, line, timeout=1))
    summary = twilio.insights.v1.calls(call.sid).summary().fetch()

    assert call.status == status
    assert counted(house, call)["outcome"] == outcome
    assert summary.properties["last_sip_response_num"] == sip
    assert (summary.call_state, summary.processing_state) == (state, "complete")


def test_a_line_that_rings_for_longer_than_we_wait_is_no_reply(twilio: Client) -> None:
    assert ended(twilio, ring(twilio, 6, timeout=1)).status == "no-answer"


def test_calls_on_a_line_meet_its_manners_in_turn(twilio: Client) -> None:
    calls = [ring(twilio, 4) for _ in range(6)]

    statuses = [ended(twilio, call).status for call in calls]

    assert statuses == ["completed", "busy", "completed"] * 2


def test_a_number_for_drama_that_no_council_has_is_not_in_use(twilio: Client, house: House) -> None:
    call = ended(twilio, twilio.calls.create(to="+442079460999", from_=CALLER, twiml=HELLO))

    assert call.status == "failed"
    assert counted(house, call)["council"] is None


def test_a_ringing_call_can_be_cancelled(twilio: Client) -> None:
    call = ring(twilio, 6)

    twilio.calls(call.sid).update(status="canceled")

    assert ended(twilio, call).status == "canceled"


def test_the_dates_of_a_call_are_practice_time(twilio: Client, house: House) -> None:
    call = ended(twilio, ring(twilio, 0))

    placed = counted(house, call)["at"]
    assert call.start_time.isoformat()[:19] == placed[:19]
    assert call.end_time > call.start_time


def test_a_recorded_call_has_a_recording_and_another_has_none(twilio: Client) -> None:
    recorded, other = ended(twilio, ring(twilio, 0, record=True)), ended(twilio, ring(twilio, 0))

    (recording,) = twilio.calls(recorded.sid).recordings.list()

    assert recording.call_sid == recorded.sid
    assert twilio.recordings(recording.sid).fetch().status == "completed"
    assert twilio.calls(other.sid).recordings.list() == []


def test_a_recording_can_be_heard_and_deleted_once(twilio: Client, wire: Wire) -> None:
    call = ended(twilio, ring(twilio, 0, record=True))
    (listed,) = twilio.calls(call.sid).recordings.list()
    recording = twilio.recordings(listed.sid)
    while recording.fetch().status != "completed":
        time.sleep(0.05)

    stereo, mono = heard(wire, f"{listed.sid}.wav?RequestedChannels=2"), heard(wire, f"{listed.sid}.wav")
    assert (stereo[0], mono[0]) == (2, 1)
    assert stereo[1] == mono[1] >= 8000
    assert recording.delete() is True
    assert twilio.calls(call.sid).recordings.list() == []
    with pytest.raises(TwilioRestException) as gone:
        recording.delete()
    assert gone.value.status == 404


def heard(wire: Wire, name: str) -> tuple[int, int]:
    """Channels and frames of a recording."""
    url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Recordings/{name}"
    wire.request("GET", url, auth=(ACCOUNT_SID, AUTH_TOKEN))
    with wave.open(io.BytesIO(wire.seen[-1][3].content)) as sound:
        return sound.getnchannels(), sound.getnframes()


def test_the_account_is_told_of_as_the_sdk_reads_it(twilio: Client) -> None:
    account = twilio.api.v2010.accounts(ACCOUNT_SID).fetch()
    countries = {one.iso_code: one for one in twilio.voice.v1.dialing_permissions.countries.list()}
    (owned,) = twilio.incoming_phone_numbers.list(phone_number=CALLER)
    every = twilio.incoming_phone_numbers.list()
    price = twilio.pricing.v2.voice.numbers(number(0)).fetch(origination_number=CALLER)

    assert (account.status, account.type) == ("active", "Full")
    assert countries["GB"].low_risk_numbers_enabled is True
    assert countries["GB"].high_risk_special_numbers_enabled is False
    assert countries["US"].low_risk_numbers_enabled is False
    assert owned.phone_number == CALLER
    assert [one.phone_number for one in every] == list(CALLERS)
    assert len({one.sid for one in every}) == len(CALLERS)
    assert twilio.incoming_phone_numbers.list(phone_number=number(0)) == []
    assert twilio.outgoing_caller_ids.list() == []
    assert float(twilio.balance.fetch().balance) > 0
    assert float(price.outbound_call_prices[0]["current_price"]) > 0


def test_nothing_is_told_of_an_account_to_a_stranger(wire: Wire) -> None:
    with pytest.raises(TwilioRestException) as refused:
        Client(ACCOUNT_SID, "guessed", http_client=wire).balance.fetch()

    assert refused.value.status == 401


def test_the_list_of_calls_is_newest_first_and_comes_in_pages(twilio: Client) -> None:
    mine = [ended(twilio, ring(twilio, 3)).sid for _ in range(3)]

    listed = [call.sid for call in twilio.calls.list(to=number(3), page_size=2)]

    assert listed[:3] == mine[::-1]
    assert {call.status for call in twilio.calls.list(status="failed")} == {"failed"}


def test_calls_can_be_filtered_by_when_they_were_made(twilio: Client) -> None:
    call = ended(twilio, ring(twilio, 3))
    moment = call.start_time

    assert call.sid in [one.sid for one in twilio.calls.list(start_time_after=moment.date())]
    assert twilio.calls.list(start_time_before=moment.replace(year=2020)) == []


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"to": ""}, 400, 21201),
        ({"to": "999"}, 400, 21211),
        ({"to": "+441132220000"}, 400, 21211),
        ({"to": "+447700900123"}, 400, 21211),
        ({"to": number(0) + "0"}, 400, 21211),
        ({"from_": ""}, 400, 21213),
        ({"from_": "+441134960001"}, 400, 21210),
        ({"status_callback": "https://council.example/"}, 400, 21609),
        ({"twiml": ""}, 400, 21205),
        ({"twiml": "<Response>"}, 400, 12100),
        ({"twiml": "<!DOCTYPE x><Response/>"}, 400, 12100),
    ],
)
def test_what_twilio_refuses_is_refused_with_its_code(
    change: dict[str, str], status: int, code: int, twilio: Client
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        twilio.calls.create(**{"to": number(0), "from_": CALLER, "twiml": HELLO} | change)

    assert (refused.value.status, refused.value.code) == (status, code)


def test_a_call_that_is_over_cannot_be_changed(twilio: Client) -> None:
    call = ended(twilio, ring(twilio, 3))

    with pytest.raises(TwilioRestException) as refused:
        twilio.calls(call.sid).update(status="completed")

    assert refused.value.code == 21220


def test_a_call_that_never_was_is_not_found(twilio: Client) -> None:
    with pytest.raises(TwilioRestException) as refused:
        twilio.calls("CA" + "0" * 32).fetch()

    assert (refused.value.status, refused.value.code) == (404, 20404)


@pytest.mark.parametrize(("sid", "token"), [(ACCOUNT_SID, "guessed"), ("AC" + "0" * 32, AUTH_TOKEN)])
def test_a_stranger_is_turned_away(sid: str, token: str, wire: Wire) -> None:
    with pytest.raises(TwilioRestException) as refused:
        Client(sid, token, http_client=wire).calls("CA" + "0" * 32).fetch()

    assert (refused.value.status, refused.value.code) == (401, 20003)


async def test_too_many_requests_are_told_to_come_back_later() -> None:
    async with asyncio.TaskGroup() as tasks:
        exchange = Exchange(Network([], HouseClock(), tasks), rate=2)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(exchange.app), auth=(ACCOUNT_SID, AUTH_TOKEN))
        async with client:
            address = f"http://exchange/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json"
            answers = [await client.get(address) for _ in range(4)]

    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    assert (answers[-1].status_code, answers[-1].headers["retry-after"]) == (429, "1")
    assert answers[-1].json()["code"] == 20429


@pytest.mark.parametrize(
    "document", ["", "<Response>", "<!DOCTYPE a [<!ENTITY b 'c'>]><Response/>", f"<R>{' ' * 4000}</R>"]
)
def test_what_is_not_twiml_is_not_spoken(document: str) -> None:
    with pytest.raises(BadTwiML):
        read_twiml(document)


@pytest.mark.skipif(not DESCRIPTION.exists(), reason="Twilio's description of its API is not beside this repository")
def test_every_request_and_answer_is_as_twilio_describes_it(twilio: Client, wire: Wire) -> None:
    spec = OpenAPI.from_file_path(str(DESCRIPTION))
    call = ended(twilio, ring(twilio, 0, record=True, timeout=30))
    other = ring(twilio, 6)
    twilio.calls(other.sid).update(status="canceled")
    ended(twilio, other)
    for line in (1, 3):
        ended(twilio, ring(twilio, line))
    (recording,) = twilio.calls(call.sid).recordings.list()
    twilio.recordings(recording.sid).fetch()
    twilio.calls(call.sid).events.list()
    twilio.calls.list(page_size=2, limit=5, status="completed")
    everything: dict[str, Any] = {
        "status_callback": "http://127.0.0.1:9/calls",
        "status_callback_event": ["initiated", "answered"],
    }
    everything |= {"status_callback_method": "POST", "time_limit": 2, "trim": "do-not-trim", "record": True}
    everything |= {"recording_channels": "dual", "from_": CALLERS[1], "to": number(0)}
    spoken = '<Response><Say voice="Polly.Amy">Hello.</Say><Say loop="0">Call us.</Say></Response>'
    ended(twilio, twilio.calls.create(twiml=spoken, **everything))
    ended(twilio, ring(twilio, 8))
    while not (back := twilio.calls.list(to=CALLERS[0])):
        time.sleep(0.05)
    ended(twilio, back[0])
    twilio.calls.list(to=number(0), from_=CALLERS[1])
    twilio.recordings(recording.sid).delete()

    for method, url, data, answer in wire.seen:
        check(spec, method, str(url), data, answer)


def check(spec: OpenAPI, method: str, url: str, data: dict[str, Any], answer: httpx.Response) -> None:
    """Raise when a request or its answer is not as described."""
    parts = urlsplit(url)
    form = "application/x-www-form-urlencoded"
    request = MockRequest(
        "https://api.twilio.com",
        method,
        parts.path,
        args=dict(parse_qsl(parts.query)),
        headers={"Authorization": "Basic eDp5"},
        data=urlencode(data, doseq=True).encode() if method == "post" else None,
        content_type=form if method == "post" else "application/json",
    )
    spec.validate_request(request)
    spec.validate_response(request, MockResponse(answer.content, answer.status_code, content_type="application/json"))
