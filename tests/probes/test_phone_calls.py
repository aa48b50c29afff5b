"""The telephone probe against the practice exchange, in good and bad weather: real sockets, real SDK, real ringing."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from probes.guard import Guard, Refused
from probes.phone import PhoneProbe, Unfinished
from probes.phone.carriers import Speech
from probes.phone.carriers.twilio import Twilio
from probes.phone.moments import seconds_to_ring
from results.schema import Failure
from scenarios.practice.exchange import ACCOUNT_SID
from tests.probes.street import (
    ANSWERS,
    CALLER,
    COUNCIL,
    ENGAGED,
    MONDAY,
    NO_REPLY,
    NOT_IN_USE,
    PATIENCE,
    Book,
    MondayMorning,
    Street,
    opened,
    served,
)

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    """The probe and a council of four lines."""
    async with opened(tmp_path) as street:
        yield street


async def test_an_answered_call_is_timed_within_bounds_that_hold_the_truth(street: Street) -> None:
    seen = await street.ring(ANSWERS)

    (call,) = street.network.calls.values()
    told = call.tally()
    ringing, answered = seen.moments["ringing"], seen.moments["answered"]
    assert seen.facts["phone.outcome"] == "answered"
    assert (answered.lower - ringing.upper).total_seconds() <= float(str(told["ring_s"]))
    assert float(str(told["ring_s"])) <= (answered.upper - ringing.lower).total_seconds()
    assert told["silent"] is False


async def test_the_delay_from_dialling_to_ringing_is_told_with_its_bounds(street: Street) -> None:
    seen = await street.ring(ANSWERS)

    (call,) = street.network.calls.values()
    assert call.rang is not None
    least, most = seconds_to_ring(seen.moments) or (0, 0)
    assert least <= call.rang <= most
    assert seen.facts["phone.post_dial_delay"] == pytest.approx((least + most) / 2, abs=0.01)


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


NOT_PLACED, PLACED = ("down",), ("answer lost", "cut off", "slow", "nonsense", "nameless")


@pytest.mark.parametrize("fate", [*NOT_PLACED, *PLACED])
async def test_a_request_whose_answer_did_not_come_is_never_repeated(street: Street, fate: str) -> None:
    street.weather.on_place = [fate]

    with pytest.raises(Unfinished):
        await street.ring(ENGAGED)

    assert street.weather.placed == 1
    assert street.book.written == [("about to", "reference")]


@pytest.mark.parametrize("fate", [*NOT_PLACED, *PLACED])
async def test_the_carriers_list_tells_whether_it_was_placed(street: Street, fate: str) -> None:
    street.weather.on_place = [fate]
    with pytest.raises(Unfinished):
        await street.ring(ENGAGED)

    listed = await street.probe.placed_since(LONG_AGO)

    assert [call.id for call in listed] == list(street.network.calls)
    assert len(listed) == (fate in PLACED)


@pytest.mark.parametrize("fate", ["down", "nonsense", "cut off", "slow"])
async def test_a_list_that_cannot_be_read_does_not_say_that_nothing_was_placed(street: Street, fate: str) -> None:
    street.weather.on_look = [fate]

    with pytest.raises(Unfinished, match="cannot be read"):
        await street.probe.placed_since(LONG_AGO)


async def test_a_call_whose_answer_was_lost_is_found_on_the_carriers_list_and_followed(street: Street) -> None:
    street.weather.on_place = ["answer lost"]
    with pytest.raises(Unfinished):
        await street.ring(ANSWERS)

    (placed,) = await street.probe.placed_since(LONG_AGO)
    seen = await street.probe.adopt(street.errand(ANSWERS), placed.id, MONDAY)

    assert seen.facts["phone.outcome"] == "answered"
    assert len(street.network.calls) == 1


async def test_looks_that_fail_while_a_call_is_followed_widen_its_bounds_and_nothing_else(street: Street) -> None:
    street.weather.on_look = ["down", "cut off", "nonsense", "slow", "answer lost"]

    seen = await street.ring(ANSWERS)

    assert seen.facts["phone.outcome"] == "answered"
    assert seen.moments["answered"].uncertainty > PATIENCE


async def test_a_wrong_secret_is_the_probes_fault_and_places_nothing(street: Street) -> None:
    clock, book = MondayMorning(), Book()
    guard = Guard({"ringing": street.organisation}, book, clock, "practice")
    async with (
        served(street.weather) as address,
        Twilio(ACCOUNT_SID, "wrong", CALLER, book, address, 50) as carrier,
        PhoneProbe(carrier, guard, book, book, clock, CALLER) as probe,
    ):
        seen = await probe.knock(street.errand(ENGAGED))

    assert seen.error is not None
    assert "wrong" not in seen.error
    assert street.network.calls == {}


async def test_a_pause_reaches_a_call_that_waits_to_be_dialled(street: Street) -> None:
    street.book.paused_after = "about to"

    with pytest.raises(Refused, match="a major incident"):
        await street.ring(ANSWERS)

    assert street.weather.placed == 0


async def test_a_call_is_found_in_one_look_although_others_place_many_on_the_same_account(tmp_path: Path) -> None:
    async with opened(tmp_path, COUNCIL.replace("after: 0.6", "after: 2")) as street:
        calling = asyncio.create_task(street.ring(ANSWERS))
        while not street.weather.placed:  # noqa: ASYNC110 - it is the exchange that is waited for
            await asyncio.sleep(0.01)
        await asyncio.gather(*(street.carrier.place(NOT_IN_USE, Speech("Hello."), 15) for _ in range(50)))
        await calling

    assert street.weather.placed == 51
    assert not [path for method, path in street.weather.asked if method == "GET" and "/Calls/CA" in path]


async def test_a_call_that_waits_for_its_turn_is_not_yet_noted_as_about_to_be_placed(street: Street) -> None:
    class Queue:
        async def next_call(self, account: str, gap: float) -> float:
            return 100.0

    async with Twilio(ACCOUNT_SID, "practice", CALLER, Queue(), "http://127.0.0.1:9") as slow:
        probe = PhoneProbe(slow, street.probe._guard, street.book, street.book, street.probe._clock, CALLER)
        with suppress(TimeoutError):
            async with asyncio.timeout(0.3):
                await probe.knock(street.errand(ENGAGED))

    assert street.book.written == []


async def test_calls_that_an_earlier_process_placed_are_found_however_deep_they_lie_in_the_list(street: Street) -> None:
    words = Speech("This is a test.")
    first = await street.carrier.place(ANSWERS, words, 15)
    for _ in range(30):
        await street.carrier.place(ENGAGED, words, 15)
    street.weather.asked.clear()

    seen = await street.probe.adopt(street.errand(ANSWERS), first, MONDAY)

    assert seen.facts["phone.outcome"] == "answered"
    assert not [path for _, path in street.weather.asked if path.endswith(f"Calls/{first}.json")]
