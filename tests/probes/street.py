"""A street to ring in: a practice exchange, weather before it, and a probe that calls through it."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from probes import Errand
from probes.clock import RealClock
from probes.guard import Guard
from probes.phone import PhoneProbe
from probes.phone.carriers.twilio import Twilio
from probes.phone.listening import Ear
from probes.phone.speech import TEXTS
from results.schema import (
    AnswerKey,
    Consent,
    Contacts,
    Enquiry,
    Evidence,
    Limits,
    Line,
    Observation,
    Organisation,
    Scenario,
)
from scenarios.practice.clock import HouseClock
from scenarios.practice.council import read_councils
from scenarios.practice.exchange import ACCOUNT_SID, Exchange
from scenarios.practice.exchange_account import AccountManner
from scenarios.practice.network import Network

ANSWERS, ENGAGED, NO_REPLY, NOT_IN_USE = (f"+44113496070{n}" for n in range(4))
CALLER = "+441134960999"
PATIENCE = 2.0
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
    """Stands before the exchange. What happens to each request in turn: `on_place` to those that place a call,
    `on_sound` and `on_delete` to those that fetch and delete a recording, `on_look` to all others."""

    app: ASGIApp
    on_place: list[str] = field(default_factory=list)
    on_sound: list[str] = field(default_factory=list)
    on_delete: list[str] = field(default_factory=list)
    on_look: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        self.asked.append((scope["method"], scope["path"]))
        looks = self.on_sound if scope["path"].endswith(".wav") else self.on_look
        fates = {"POST": self.on_place, "DELETE": self.on_delete}.get(scope["method"], looks)
        fate = fates.pop(0) if fates else ""
        if fate == "too many":
            return await _answer(send, 429, [(b"retry-after", b"0.01")])
        if fate == "down":
            return await _answer(send, 503, [])
        if not fate:
            return await self.app(scope, receive, send)
        await self.app(scope, receive, _swallow)
        if fate == "answer lost":
            return await _answer(send, 502, [])
        if fate == "nonsense":
            return await _answer(send, 200, [], b"<html>Good evening.</html>")
        if fate == "nameless":
            return await _answer(send, 201, [])
        if fate == "cut off":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
            return await send({"type": "http.response.body", "body": b"{", "more_body": True})
        if fate == "slow":
            await asyncio.sleep(2 * PATIENCE)
            return await _answer(send, 201, [])
        raise ValueError(fate)

    @property
    def placed(self) -> int:
        """How often a call was asked for."""
        return sum(method == "POST" for method, _ in self.asked)


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b"{}") -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _swallow(message: Message) -> None:
    """Where an answer goes that nobody hears."""


@dataclass
class Book:
    """Ledger, journal and archive in memory."""

    written: list[tuple[str, str]] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)
    every: list[tuple[str, bytes]] = field(default_factory=list)
    paused_after: str = ""  # everything is, once this has been written

    async def pauses(self) -> dict[str, str]:
        return {"*": "a major incident"} if self.paused_after in dict(self.written) else {}

    async def reserve(self, *_: object) -> float:
        return 0.0

    async def next_call(self, *_: object) -> float:
        return 0.0

    async def occupy(self, *_: object) -> bool:
        return True

    async def release(self, *_: object) -> None:
        pass

    async def record(self, refusal: object) -> None:
        self.written.append(("refused", str(refusal)))

    async def about_to(self, shop: str, reference: str, at: dt.datetime) -> None:
        self.written.append(("about to", reference))

    async def done(self, shop: str, reference: str, at: dt.datetime) -> None:
        self.written.append(("done", reference))

    async def keep(self, kind: str, name: str, media_type: str, content: bytes) -> Evidence:
        self.kept[kind] = content
        self.every.append((kind, content))
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
    carrier: Twilio
    network: Network
    weather: Weather
    book: Book
    organisation: Organisation

    def errand(self, number: str, **scenario: Any) -> Errand:
        return errand(number, self.organisation, **scenario)

    async def ring(self, number: str, **scenario: Any) -> Observation:
        return await self.probe.knock(self.errand(number, **scenario))


def errand(number: str, organisation: Organisation, **scenario: Any) -> Errand:
    """One call to the number; `scenario`: what is special about it."""
    key = AnswerKey(dated=MONDAY.date(), source="test", page="x")
    words = "A question that nobody asks aloud."
    enquiry = Enquiry(id="x", service=1, title="x", subject="x", words=words, search="x", answer_key=key)
    calls = Scenario(id="calls", channel="phone", enquiries=("x",), **{"ring_for": 15} | scenario)
    return Errand("shop", organisation, calls, (enquiry,), number, "reference", "The Partnership")


def organisation(numbers: tuple[str, ...], **consent: Any) -> Organisation:
    """A council that consents to calls to these lines; `consent`: to what else."""
    agreed: dict[str, Any] = {
        "agreed_by": "Head",
        "valid_from": MONDAY.date(),
        "until": MONDAY.date(),
        "channels": ("phone",),
        "lines": numbers,
        "limits": Limits(seconds_between_calls=0),
    }
    lines = tuple(Line(number=number, label="x", out_of_hours=True) for number in numbers)
    return Organisation(
        id="ringing", name="Ringing Council", contacts=Contacts(lines=lines), consent=Consent(**agreed | consent)
    )


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
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


@asynccontextmanager
async def opened(
    folder: Path,
    council: str = COUNCIL,
    calls_per_second: float | None = None,
    account: AccountManner | None = None,
    ear: Ear | None = None,
    texts: Mapping[str, str] = TEXTS,
    **consent: Any,
) -> AsyncIterator[Street]:
    """A probe and one council, read from this YAML. `ear`: listens to what is recorded. `texts`: what is said."""
    (folder / "ringing.yaml").write_text(council)
    async with asyncio.TaskGroup() as tasks:
        councils = read_councils(folder)
        network = Network(councils, HouseClock(), tasks, calls_per_second)
        weather, book, clock = Weather(Exchange(network, account=account).app), Book(), MondayMorning()
        shopped = organisation(tuple(line.number for one in councils for line in one.lines), **consent)
        async with served(weather) as address:
            guard = Guard({"ringing": shopped}, book, clock, "practice")
            async with (
                Twilio(ACCOUNT_SID, "practice", CALLER, book, address, 50, patience=PATIENCE) as carrier,
                PhoneProbe(carrier, guard, book, book, clock, CALLER, texts, ear) as probe,
            ):
                yield Street(probe, carrier, network, weather, book, shopped)
        network.hang_up_all()
