"""A telephone at a practice exchange of one council: what is said on a call, and what the exchange counted of it."""

from __future__ import annotations

import array
import asyncio
import datetime as dt
import io
import wave
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from probes.http import httpx
from results.calendar import LONDON
from scenarios.practice.call import FINAL
from scenarios.practice.clock import HouseClock
from scenarios.practice.council import Council
from scenarios.practice.exchange import ACCOUNT_SID, AUTH_TOKEN, CALLER, Exchange
from scenarios.practice.exchange_forms import recording_form
from scenarios.practice.network import Network
from tests.practice import world
from tests.probes.street import served

MONDAY = dt.datetime(2026, 11, 23, 10, tzinfo=LONDON)
HELLO = "<Response><Say>Hello there.</Say></Response>"
ON_AND_ON = '<Response><Say>Hello there.</Say><Say loop="0">Call us.</Say></Response>'
_ROOT = f"/2010-04-01/Accounts/{ACCOUNT_SID}"


@dataclass
class Telephone:
    """Rings the lines of a council through the exchange's API, over real sockets."""

    address: str
    network: Network
    _client: httpx.AsyncClient

    async def place(self, to: str, twiml: str = HELLO, **form: Any) -> httpx.Response:
        """The exchange's answer to being asked for a call."""
        asked = {"To": to, "From": CALLER, "Twiml": twiml, "Timeout": "15", **form}
        return await self._client.post(f"{_ROOT}/Calls.json", data=asked)

    async def ring(self, to: str, twiml: str = HELLO, **form: Any) -> dict[str, Any]:
        """Place a call and wait until it is over: what the exchange counted."""
        placed = await self.place(to, twiml, **form)
        call = self.network.calls[placed.raise_for_status().json()["sid"]]
        await until(lambda: call.status in FINAL)
        return await asyncio.to_thread(call.tally)

    async def called_back(self, call: dict[str, Any]) -> dict[str, Any]:
        """Wait until somebody has rung back: what the exchange tells of their call."""
        await until(lambda: any(one.answers == call["sid"] for one in self.network.calls.values()))
        back = next(one.sid for one in self.network.calls.values() if one.answers == call["sid"])
        return next(one for one in await self.calls() if one["sid"] == back)

    async def calls(self, **wanted: str) -> list[dict[str, Any]]:
        """The exchange's list of calls."""
        answer = await self._client.get(f"{_ROOT}/Calls.json", params=wanted)
        listed: list[dict[str, Any]] = answer.raise_for_status().json()["calls"]
        return listed

    async def sound(self, sid: str) -> tuple[array.array[int], array.array[int]]:
        """The two sides of a recorded call that is over: theirs and ours."""
        call = self.network.calls[sid]
        await until(lambda: recording_form(call)["status"] == "completed")
        name = f"{_ROOT}/Recordings/{call.recording_sid}.wav"
        answer = await self._client.get(name, params={"RequestedChannels": "2"})
        with wave.open(io.BytesIO(answer.raise_for_status().content)) as file:
            samples = array.array("h", file.readframes(file.getnframes()))
        return samples[0::2], samples[1::2]


async def until(so: Callable[[], bool]) -> None:
    """Wait until it is so. The network has no bell for what it does: a caller has to look again."""
    while not so():  # noqa: ASYNC110
        await asyncio.sleep(0.02)


@asynccontextmanager
async def exchange(
    *lines: dict[str, Any], start: dt.datetime = MONDAY, speed: float = 1.0, **council: Any
) -> AsyncIterator[Telephone]:
    """An exchange with a council that has these lines."""
    ringing = Council.model_validate(world.council("ringing", lines=list(lines), **council))
    async with asyncio.TaskGroup() as tasks:
        network = Network([ringing], HouseClock(start, speed), tasks)
        async with (
            served(Exchange(network, rate=1000).app) as address,
            httpx.AsyncClient(base_url=address, auth=(ACCOUNT_SID, AUTH_TOKEN), trust_env=False, timeout=20) as client,
        ):
            yield Telephone(address, network, client)
        network.hang_up_all()


def line(n: int, *calls: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The n-th line, and what callers meet there in turn."""
    return {"number": number(n), "label": f"Line {n}", "calls": list(calls), **more}


def number(n: int) -> str:
    return f"+44113496070{n}"


def answered(greeting: str = "Hello.", **more: Any) -> dict[str, Any]:
    """A manner that answers after a short ring."""
    return {"after": 0.2, "greeting": greeting, **more}


def voicemail(*then: dict[str, Any], **more: Any) -> dict[str, Any]:
    return answered("Speak.", answered_by="voicemail", then=[{"tone": "beep"}, *then], **more)


def longest_pause(samples: Sequence[int], rate: int = 8000) -> float:
    """Seconds of the longest time in which nothing can be heard, the beginning and the end included."""
    step = rate // 50
    longest = quiet = 0
    for at in range(0, len(samples), step):
        quiet = 0 if max(map(abs, samples[at : at + step])) > 500 else quiet + 1
        longest = max(longest, quiet)
    return longest / 50
