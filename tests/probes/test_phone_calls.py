"""The telephone probe against the practice exchange, in good and bad weather: real sockets, real SDK, real ringing."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from probes import Errand
from probes.clock import RealClock
from probes.guard import Guard
from probes.phone import PhoneProbe, Unfinished
from probes.phone.carriers.twilio import Twilio
from results.schema import (
    AnswerKey,
    Consent,
    Contacts,
    Enquiry,
    Evidence,
    Failure,
    Limits,
    Line,
    Observation,
    Organisation,
    Scenario,
)
from scenarios.practice.clock import HouseClock
from scenarios.practice.council import read_councils
from scenarios.practice.exchange import ACCOUNT_SID, Exchange
from scenarios.practice.network import Network

ANSWERS, ENGAGED, NO_REPLY, NOT_IN_USE = (f"+44113496070{n}" for n in range(4))
CALLER = "+441134960999"
MONDAY = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
COUNCIL = f"""
id: ringing
name: Ringing Council
about: One line for each outcome.
mail: {{addresses: [x@ringing.example], manners: [{{silent: true}}]}}
lines:
  - {{number: "{ANSWERS}", label: A, calls: [{{after: 0.6, greeting: Hello, hangs_up_after: 1}}]}}
  - {{number: "{ENGAGED}", label: B, calls: [{{outcome: engaged}}]}}
  - {{number: "{NO_REPLY}", label: C, calls: [{{outcome: no reply}}]}}
  - {{number: "{NOT_IN_USE}", label: D, calls: [{{outcome: not in use}}]}}
"""


@dataclass
class Weather:
    """Stands before the exchange. `on_place`: what happens to each request that places a call, in turn."""

    app: ASGIApp
    on_place: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        fate = self.on_place.pop(0) if scope["method"] == "POST" and self.on_place else ""
        if fate == "too many":
            return await _answer(send, 429, [(b"retry-after", b"0.01")])
        if fate == "down":
            return await _answer(send, 503, [])
        if fate == "answer lost":
            await self.app(scope, receive, _swallow)
            return await _answer(send, 502, [])
        return await self.app(scope, receive, send)


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


async def _swallow(message: object) -> None:
    """Where an answer goes that nobody hears."""


@dataclass
class Book:
    """Ledger, journal and archive in memory."""

    written: list[tuple[str, str]] = field(default_factory=list)

    async def pauses(self) -> dict[str, str]:
        return {}

    async def reserve(self, *_: object) -> bool:
        return True

    async def record(self, refusal: object) -> None:
        self.written.append(("refused", str(refusal)))

    async def about_to(self, shop: str, reference: str, at: dt.datetime) -> None:
        self.written.append(("about to", reference))

    async def done(self, shop: str, reference: str, at: dt.datetime) -> None:
        self.written.append(("done", reference))

    async def keep(self, kind: str, name: str, media_type: str, content: bytes) -> Evidence:
        return Evidence(
            kind=kind, name=name, media_type=media_type, sha256="0" * 64, size=len(content), keep_until=MONDAY.date()
        )


class MondayMorning(RealClock):
    """The real clock, set to office hours."""

    def __init__(self) -> None:
        self._offset = MONDAY - super().now()

    def now(self) -> dt.datetime:
        return super().now() + self._offset


@dataclass
class Street:
    """A probe, the exchange it calls through, and the weather between them."""

    probe: PhoneProbe
    network: Network
    weather: Weather
    book: Book

    async def ring(self, number: str) -> Observation:
        return await self.probe.knock(errand(number))


def errand(number: str) -> Errand:
    key = AnswerKey(dated=MONDAY.date(), source="test", page="x")
    words = "A question that nobody asks aloud."
    enquiry = Enquiry(id="x", service=1, title="x", subject="x", words=words, search="x", answer_key=key)
    scenario = Scenario(id="calls", channel="phone", enquiries=("x",), ring_for=15)
    return Errand("shop", ORGANISATION, scenario, (enquiry,), number, "reference", "The Partnership")


LINES = (ANSWERS, ENGAGED, NO_REPLY, NOT_IN_USE)
ORGANISATION = Organisation(
    id="ringing",
    name="Ringing Council",
    contacts=Contacts(lines=tuple(Line(number=number, label="x") for number in LINES)),
    consent=Consent(
        agreed_by="Head",
        valid_from=MONDAY.date(),
        until=MONDAY.date(),
        channels=("phone",),
        lines=LINES,
        limits=Limits(seconds_between_calls=0),
    ),
)


@asynccontextmanager
async def _served(app: ASGIApp) -> AsyncIterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, lifespan="off"))
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(server.serve(sockets=[listening]))
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            try:
                yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            finally:
                server.should_exit = True
                await serving


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    """The probe and a council of four lines."""
    (tmp_path / "ringing.yaml").write_text(COUNCIL)
    async with asyncio.TaskGroup() as tasks:
        network = Network(read_councils(tmp_path), HouseClock(), tasks)
        weather, book, clock = Weather(Exchange(network).app), Book(), MondayMorning()
        async with _served(weather) as address:
            guard = Guard({"ringing": ORGANISATION}, book, clock, "practice")
            async with (
                Twilio(ACCOUNT_SID, "practice", CALLER, clock, address, 50) as carrier,
                PhoneProbe(carrier, guard, book, book, clock, CALLER) as probe,
            ):
                yield Street(probe, network, weather, book)
        network.hang_up_all()


async def test_an_answered_call_is_timed_within_bounds_that_hold_the_truth(street: Street) -> None:
    seen = await street.ring(ANSWERS)

    (call,) = street.network.calls.values()
    told = call.tally()
    ringing, answered = seen.moments["ringing"], seen.moments["answered"]
    assert seen.facts["phone.outcome"] == "answered"
    assert (answered.lower - ringing.upper).total_seconds() <= float(str(told["ring_s"]))
    assert float(str(told["ring_s"])) <= (answered.upper - ringing.lower).total_seconds()
    assert told["silent"] is False


@pytest.mark.parametrize(
    ("number", "failure"),
    [
        (ENGAGED, Failure.ENGAGED),
        (NOT_IN_USE, Failure.NUMBER_NOT_IN_USE),
        (NO_REPLY, Failure.NO_REPLY),
    ],
)
async def test_a_call_that_is_not_answered_says_how(street: Street, number: str, failure: Failure) -> None:
    seen = await street.ring(number)

    assert (seen.failure, seen.facts["phone.contactable"]) == (failure, False)


async def test_the_intent_is_written_before_the_call_and_the_calls_name_after(street: Street) -> None:
    await street.ring(ENGAGED)

    (call,) = street.network.calls.values()
    assert street.book.written == [("about to", "reference"), ("done", call.sid)]


async def test_a_carrier_that_says_too_many_requests_is_asked_again(street: Street) -> None:
    street.weather.on_place = ["too many", "too many"]

    seen = await street.ring(ENGAGED)

    assert seen.failure is Failure.ENGAGED
    assert len(street.network.calls) == 1


async def test_a_carrier_that_is_down_leaves_the_intent_and_is_never_asked_twice(street: Street) -> None:
    street.weather.on_place = ["down"]

    with pytest.raises(Unfinished, match="503"):
        await street.ring(ENGAGED)

    assert street.book.written == [("about to", "reference")]
    assert street.network.calls == {}


async def test_a_call_whose_answer_was_lost_is_found_on_the_carriers_list_and_followed(street: Street) -> None:
    street.weather.on_place = ["answer lost"]
    before = dt.datetime.now(dt.UTC) - dt.timedelta(days=3650)
    with pytest.raises(Unfinished):
        await street.ring(ANSWERS)

    (placed,) = await street.probe.placed_since(ANSWERS, before)
    seen = await street.probe.adopt(errand(ANSWERS), placed.id, MONDAY)

    assert seen.facts["phone.outcome"] == "answered"
    assert len(street.network.calls) == 1


async def test_a_wrong_secret_is_the_probes_fault_and_places_nothing(street: Street) -> None:
    clock, book = MondayMorning(), Book()
    guard = Guard({"ringing": ORGANISATION}, book, clock, "practice")
    async with (
        _served(street.weather) as address,
        Twilio(ACCOUNT_SID, "wrong", CALLER, clock, address, 50) as carrier,
        PhoneProbe(carrier, guard, book, book, clock, CALLER) as probe,
    ):
        seen = await probe.knock(errand(ENGAGED))

    assert seen.error is not None
    assert "wrong" not in seen.error
    assert street.network.calls == {}
