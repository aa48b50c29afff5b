"""Recordings, call-backs and waiting in line, on the practice exchange; and that nobody hears silence."""

from __future__ import annotations

import array
import asyncio
import io
import itertools
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from probes.phone.carriers import Speech
from scenarios.practice import sound
from scenarios.practice.network import Call
from tests.probes.street import CALLER, MONDAY, Street, opened

T = TypeVar("T")
PERSON, VOICEMAIL, MENU, QUEUE, MESSAGE, FAX, ENGAGED, SHORT = (f"+44113496070{n}" for n in range(8))
COUNCIL = f"""
id: ringing
name: Ringing Council
about: One line for each voice.
mail: {{addresses: [x@ringing.example], manners: [{{silent: true}}]}}
lines:
  - number: "{PERSON}"
    label: Person
    calls: [{{after: 0.3, greeting: "Good morning, Ringing Council, how may I help?", hangs_up_after: 2}}]
  - number: "{VOICEMAIL}"
    label: Voicemail
    calls:
      - after: 0.3
        greeting: "Please leave a message after the tone."
        answered_by: voicemail
        then: [{{tone: beep}}, {{silence: 2}}]
        calls_back_after: 1
        hangs_up_after: 2
  - number: "{MENU}"
    label: Menu
    calls: [{{after: 0.3, greeting: Welcome., then: [{{say: "For bins press one."}}], hangs_up_after: 2}}]
  - number: "{QUEUE}"
    label: Queue
    calls:
      - after: 0.3
        greeting: "You are number two in the queue."
        then: [{{tone: music}}, {{tone: ringback}}, {{say: "Hello, Priya here."}}]
        hangs_up_after: 2
  - {{number: "{MESSAGE}", label: Closed, calls: [{{after: 0.3, greeting: "We are closed.", hangs_up_after: 2}}]}}
  - {{number: "{FAX}", label: Fax, calls: [{{after: 0.3, greeting: ".", then: [{{tone: fax}}], hangs_up_after: 2}}]}}
  - {{number: "{ENGAGED}", label: Engaged, calls: [{{outcome: engaged}}]}}
  - {{number: "{SHORT}", label: Short, calls: [{{after: 0.3, greeting: "Hello?", hangs_up_after: 1}}]}}
"""


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    """A council that consents to recording."""
    async with opened(tmp_path, COUNCIL, recording=True) as street:
        yield street


def channels(wav: bytes) -> tuple[array.array[int], array.array[int]]:
    """What the called side let us hear, and what we said."""
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 2)
        samples = array.array("h", file.readframes(file.getnframes()))
    return samples[0::2], samples[1::2]


def loud(samples: Sequence[int]) -> bool:
    return max(map(abs, samples), default=0) > 500


def onset(samples: Sequence[int]) -> float:
    """Seconds until something can be heard, to a fiftieth; inf where nothing ever can."""
    step = 160
    return next((at / 8000 for at in range(0, len(samples), step) if loud(samples[at : at + step])), float("inf"))


async def until(asked: Callable[[], Awaitable[T]]) -> T:
    """What is answered as soon as it is more than nothing."""
    while True:
        if found := await asked():
            return found
        await asyncio.sleep(0.1)


async def over(calls: Sequence[Call]) -> bool:
    return all(call.ended is not None for call in calls)


@pytest.mark.parametrize("number", [PERSON, VOICEMAIL, MENU, QUEUE, MESSAGE, FAX, SHORT])
async def test_whoever_answers_hears_us_within_a_second(street: Street, number: str) -> None:
    await street.ring(number)

    theirs, ours = channels(street.book.kept["recording"])
    assert onset(ours) < 1.0
    assert onset(theirs) < 1.0


async def test_a_recorded_call_says_that_it_is_recorded(street: Street) -> None:
    await street.ring(PERSON)

    (call,) = street.network.calls.values()
    said = str(call.tally()["said"])
    assert said.startswith("This is an automated service-quality test for The Partnership")
    assert "The call is recorded." in said


async def test_a_recording_is_kept_here_and_deleted_at_the_carrier(street: Street) -> None:
    seen = await street.ring(PERSON)

    (call,) = street.network.calls.values()
    assert [kept.kind for kept in seen.evidence] == ["call log", "recording"]
    assert (call.tally()["recorded"], call.tally()["recording_kept"]) == (True, False)
    assert await street.carrier.recordings(call.sid) == []


async def test_a_recording_that_does_not_come_at_once_is_asked_for_again(street: Street) -> None:
    street.weather.on_sound = ["down", "cut off"]

    seen = await street.ring(PERSON)

    assert [kept.kind for kept in seen.evidence] == ["call log", "recording"]


async def test_a_recording_that_never_comes_is_not_deleted(street: Street) -> None:
    street.weather.on_sound = ["down"] * 3

    seen = await street.ring(PERSON)

    (call,) = street.network.calls.values()
    assert [kept.kind for kept in seen.evidence] == ["call log"]
    assert call.tally()["recording_kept"] is True
    assert any("still at the carrier" in note for note in seen.notes)


async def test_a_recording_that_is_gone_already_is_no_error_to_delete(street: Street) -> None:
    await street.carrier.place(PERSON, Speech("Hello."), 15, record=True)
    (call,) = street.network.calls.values()
    recordings = await until(lambda: street.carrier.recordings(call.sid))

    await street.carrier.forget(recordings[0])
    await street.carrier.forget(recordings[0])

    assert call.tally()["recording_kept"] is False


async def test_a_recording_that_cannot_be_deleted_is_kept_and_named(street: Street) -> None:
    street.weather.on_delete = ["down"]

    seen = await street.ring(PERSON)

    assert [kept.kind for kept in seen.evidence] == ["call log", "recording"]
    assert any("delete it there by hand" in note for note in seen.notes)


async def test_a_call_that_nobody_answers_has_no_recording(street: Street) -> None:
    seen = await street.ring(ENGAGED)

    assert [kept.kind for kept in seen.evidence] == ["call log"]
    assert not any("recording" in note for note in seen.notes)


async def test_without_consent_nothing_is_recorded(tmp_path: Path) -> None:
    async with opened(tmp_path, COUNCIL) as street:
        seen = await street.ring(PERSON)

        (call,) = street.network.calls.values()
        assert call.tally()["recorded"] is False
        assert "recorded" not in str(call.tally()["said"])
        assert [kept.kind for kept in seen.evidence] == ["call log"]


@pytest.mark.parametrize(("number", "truth"), [(VOICEMAIL, "voicemail"), (PERSON, "person"), (ENGAGED, None)])
async def test_the_exchange_counts_who_or_what_answered(street: Street, number: str, truth: str | None) -> None:
    await street.ring(number)

    (call,) = (call for call in street.network.calls.values() if call.to == number)
    assert call.tally()["answered_by"] == truth


async def test_a_call_back_is_found_with_the_number_that_it_came_from(street: Street) -> None:
    await street.ring(VOICEMAIL)

    back = await until(lambda: street.carrier.inbound(MONDAY.replace(year=2020)))

    assert [(call.to, call.caller) for call in back] == [(CALLER, VOICEMAIL)]


async def test_calls_to_others_are_no_call_backs(street: Street) -> None:
    await street.ring(ENGAGED)

    assert await street.carrier.inbound(MONDAY.replace(year=2020)) == []


async def test_calls_placed_faster_than_the_account_may_wait_in_line(tmp_path: Path) -> None:
    async with opened(tmp_path, COUNCIL, calls_per_second=2) as street:
        for _ in range(4):
            await street.carrier.place(ENGAGED, Speech("Hello."), 15)
        calls = list(street.network.calls.values())
        await until(lambda: over(calls))

    waited = [call.queued for call in calls]
    assert waited == sorted(waited)
    assert all(later - before > 0.3 for before, later in itertools.pairwise(waited))


async def test_waiting_in_line_is_not_ringing(tmp_path: Path) -> None:
    async with opened(tmp_path, COUNCIL, calls_per_second=1) as street:
        await street.carrier.place(ENGAGED, Speech("Hello."), 15)
        seen = await street.ring(SHORT)

    call = list(street.network.calls.values())[-1]
    assert call.queued > 0.5
    assert call.rang is not None
    assert call.answered is not None
    ringing, answered = seen.moments["ringing"], seen.moments["answered"]
    assert (answered.lower - ringing.upper).total_seconds() <= call.answered - call.rang
    assert seen.facts["phone.rings"] == 1


@pytest.mark.skipif(not sound.speaks(), reason="espeak-ng is not installed, so practice voices murmur")
def test_practice_voices_speak_words_at_eight_thousand_samples_a_second() -> None:
    spoken = sound.words("Good morning, Ringing Council, how may I help?")

    assert 1.5 < len(spoken) / sound.RATE < 5
    assert onset(spoken) < 0.2


def test_where_there_is_no_voice_words_are_murmured_as_long_and_as_loud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    murmured = sound.words("Good morning, how may I help?")

    assert len(murmured) / sound.RATE == pytest.approx(6 * sound.SECONDS_A_WORD, abs=0.01)
    assert onset(murmured) == 0
