"""Nobody ever hears silence: the exchange's sound of every kind of call that the product can make.

Ofcom's policy on persistent misuse knows the silent call: words must begin within a second of any answer. Whoever comes
to the telephone later, from a menu, a queue or a transfer, hears words within a second too. The words and the request
are the product's own.
"""

from __future__ import annotations

import array
import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from probes.phone.carriers import FINAL
from probes.phone.carriers.twilio import Twilio
from probes.phone.speech import speech
from scenarios.practice.exchange import ACCOUNT_SID, AUTH_TOKEN, CALLER
from tests.practice.telephone import answered, exchange, line, longest_pause, number, until, voicemail
from tests.probes.street import Book, errand, organisation

LASTS = 24.0  # seconds on the line: the identification, and what follows it at least once
LONG: dict[str, Any] = {"hangs_up_after": LASTS + 5}
KINDS: Mapping[str, dict[str, Any]] = {
    "person": answered("Good morning, Ringing Council.", **LONG),
    "ivr": answered("For bins press one.", answered_by="ivr", then=[{"tone": "music", "seconds": 3}], **LONG),
    "queue_then_person": answered(
        "All our advisers are busy.",
        answered_by="queue_then_person",
        then=[{"tone": "music", "seconds": 12}, {"tone": "ringback"}, {"say": "Hello?", "by": "person"}],
        **LONG,
    ),
    "voicemail": voicemail(**LONG),
    "full voicemail": answered("The mailbox is full.", answered_by="voicemail", accepts=False, **LONG),
    "recorded_message_ends": answered("We are closed.", answered_by="recorded_message_ends", hangs_up_after=6),
    "fax_or_data": answered(".", answered_by="fax_or_data", then=[{"tone": "fax"}], **LONG),
}
MODES: Mapping[str, Mapping[str, object]] = {
    "identifies": {},
    "stays": {"stay_for": LASTS},
    "leaves a message": {"stay_for": LASTS, "leave_message": True},
}
Ours = Mapping[tuple[str, str], "array.array[int]"]


@pytest.fixture(scope="module")
def ours() -> Ours:
    """What we said from the answer to the end, by who answered and mode. All calls go on at once."""
    return asyncio.run(_all_calls())


async def _all_calls() -> Ours:
    wanted = [(kind, mode) for kind in KINDS for mode in MODES]
    numbers = {kind: number(n) for n, kind in enumerate(KINDS)}
    lines = [line(n, manner) for n, manner in enumerate(KINDS.values())]
    async with (
        exchange(*lines) as telephone,
        Twilio(ACCOUNT_SID, AUTH_TOKEN, CALLER, Book(), telephone.address, 50) as carrier,
    ):

        async def call(kind: str, mode: str) -> array.array[int]:
            plain = errand(numbers[kind], organisation(tuple(numbers.values())))
            there = replace(plain, scenario=plain.scenario.model_copy(update=dict(MODES[mode])))
            words = speech(there, CALLER, recorded=True)
            placed = await carrier.place(numbers[kind], words, ring_for=15, record=True)
            await until(lambda: telephone.network.calls[placed].status in FINAL)
            return (await telephone.sound(placed))[1]

        sounds = await asyncio.gather(*(call(kind, mode) for kind, mode in wanted))
    return dict(zip(wanted, sounds, strict=True))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_words_begin_within_a_second_of_the_answer_and_never_pause_for_longer(kind: str, mode: str, ours: Ours) -> None:
    assert longest_pause(ours[kind, mode]) <= 1.0


@pytest.mark.parametrize("mode", ["stays", "leaves a message"])
@pytest.mark.parametrize("kind", [kind for kind, manner in KINDS.items() if manner.get("hangs_up_after", 0) > LASTS])
def test_words_go_on_for_as_long_as_we_stay(kind: str, mode: str, ours: Ours) -> None:
    assert len(ours[kind, mode]) / 8000 >= LASTS


def test_a_pause_is_noticed() -> None:
    loud, nothing = array.array("h", [5000] * 8000), array.array("h", bytes(2 * 9600))

    assert longest_pause(loud + nothing + loud) == pytest.approx(1.2, abs=0.04)
    assert longest_pause(nothing + loud) == pytest.approx(1.2, abs=0.04)
    assert longest_pause(loud + nothing) == pytest.approx(1.2, abs=0.04)
