"""Calls over SIP to a council that SIPp plays on loopback: every outcome, every moment, and what the called hear."""

from __future__ import annotations

import array
import asyncio
import datetime as dt
import io
import itertools
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from probes.clock import RealClock
from probes.phone.carriers import FINAL, CallNow, CarrierDown, CarrierRefused, Speech, Status
from probes.phone.carriers.sip import Sip, Trunk
from probes.phone.voice import NoVoice, spoken
from tests.sipp.council import Council, council, lacking, number

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
pytestmark = pytest.mark.skipif(bool(lacking()), reason=lacking())

CALLER = "+441134960999"
OTHER = "+441134960998"
WORDS = Speech("This is an automated test of this telephone line.")
ANSWERS, ENGAGED, UNAVAILABLE, NO_SUCH, NEVER, SHORT, STRAIGHT, ELSEWHERE, DECLINES, EVERYWHERE = range(10)


@pytest.fixture(scope="module")
def called() -> Iterator[Council]:
    with council() as telephones:
        yield telephones


@asynccontextmanager
async def caller(host: str, *, channels: int = 10) -> AsyncIterator[Sip]:
    trunk = Trunk(host, CALLER, CALLER, interface="127.0.0.1", channels=channels)
    async with Sip(trunk, RealClock(), "This number makes test calls.") as sip:
        yield sip


async def ended(sip: Sip, call: str) -> CallNow:
    async with asyncio.timeout(30):
        while (now := await sip.one(call)).status not in FINAL:  # noqa: ASYNC110 - as the probe looks
            await asyncio.sleep(0.02)
    return now


@pytest.mark.parametrize(
    ("manner", "status", "code"),
    [
        (ANSWERS, "completed", None),
        (ENGAGED, "busy", 486),
        (UNAVAILABLE, "no-answer", 480),
        (NO_SUCH, "failed", 404),
        (NEVER, "no-answer", None),
        (SHORT, "completed", None),
        (STRAIGHT, "completed", None),
        (DECLINES, "failed", 603),
        (EVERYWHERE, "busy", 600),
    ],
)
async def test_every_outcome_is_told_as_it_was(called: Council, manner: int, status: Status, code: int | None) -> None:
    async with caller(called.host) as sip:
        call = await sip.place(number(manner, 3), WORDS, ring_for=1.0)
        now = await ended(sip, call)
        assert (now.status, await sip.sip_code(call)) == (status, code)


async def test_a_call_carries_the_moments_of_the_wire_in_their_order(called: Council) -> None:
    async with caller(called.host) as sip:
        now = await ended(sip, await sip.place(number(ANSWERS, 5), WORDS, ring_for=5.0))
    moments = [now.exact[status] for status in ("queued", "ringing", "in-progress", "completed")]
    assert moments == sorted(moments)
    assert (now.exact["in-progress"] - now.exact["ringing"]).total_seconds() >= 0.45


async def test_a_call_that_is_sent_on_to_another_number_is_not_followed_there(called: Council) -> None:
    async with caller(called.host) as sip:
        call = await sip.place(number(ELSEWHERE), WORDS, ring_for=2.0)
        now = await ended(sip, call)
    assert (now.status, await sip.sip_code(call)) == ("failed", 302)
    assert len([each for each in called.heard("INVITE") if each.header("Call-ID") == call]) == 1
    assert not [each for each in called.heard("INVITE") if number(ANSWERS) in each.first]


async def test_our_number_is_shown_and_each_call_is_dialled_once(called: Council) -> None:
    async with caller(called.host) as sip:
        call = await sip.place(number(ENGAGED, 11), WORDS, ring_for=5.0)
        await ended(sip, call)
    dialled = [each for each in called.heard("INVITE") if number(ENGAGED, 11) in each.first]
    assert [each.header("Call-ID") for each in dialled] == [call]
    assert CALLER in dialled[0].header("From")
    assert CALLER in dialled[0].header("P-Preferred-Identity")


async def test_whoever_answers_hears_who_is_calling_within_a_second_and_all_of_it(called: Council) -> None:
    async with caller(called.host) as sip:
        call = await sip.place(number(ANSWERS, 2), WORDS, ring_for=5.0, record=True)
        await ended(sip, call)
        (recording,) = await sip.recordings(call)
        theirs, ours = channels(await sip.audio(recording))
    first, last = loud(theirs)  # the council's side sends back what it heard
    assert first < 1.0
    assert last - first == pytest.approx(loud(ours)[1] - loud(ours)[0], abs=0.2)
    assert last - first > 2.0


async def test_whoever_comes_to_the_telephone_late_hears_words_within_a_second_until_the_time_is_over(
    called: Council,
) -> None:
    speech = Speech("This is a test.", "You may hang up.", until=6.0)
    async with caller(called.host) as sip:
        call = await sip.place(number(ANSWERS, 2), speech, ring_for=5.0, record=True)
        now = await ended(sip, call)
        (recording,) = await sip.recordings(call)
        theirs, _ = channels(await sip.audio(recording))
    assert (now.exact["completed"] - now.exact["in-progress"]).total_seconds() == pytest.approx(6.0, abs=0.5)
    assert longest_silence(theirs) < 1.0


async def test_a_call_that_stays_for_minutes_ends_when_the_provider_is_closed_but_says_who_we_are(
    called: Council,
) -> None:
    speech = Speech(WORDS.first, "You may hang up.", until=900.0)
    async with caller(called.host) as sip:
        call = await sip.place(number(ANSWERS, 2), speech, ring_for=5.0)
        while (await sip.one(call)).status != "in-progress":  # noqa: ASYNC110 - as the probe looks
            await asyncio.sleep(0.01)
    now = await sip.one(call)
    spoke = now.exact["completed"] - now.exact["in-progress"]
    assert len(await spoken(WORDS.first)) / 16000 < spoke.total_seconds() < 60


async def test_another_number_of_ours_is_shown_where_that_is_asked_for(called: Council) -> None:
    async with caller(called.host) as sip:
        await ended(sip, await sip.place(number(ENGAGED, 12), WORDS, ring_for=5.0, caller=OTHER))
    (dialled,) = [each for each in called.heard("INVITE") if number(ENGAGED, 12) in each.first]
    assert OTHER in dialled.header("P-Preferred-Identity")


async def test_a_recording_is_gone_when_it_is_to_be_forgotten_and_there_is_none_unless_asked(called: Council) -> None:
    async with caller(called.host) as sip:
        unasked = await sip.place(number(SHORT), WORDS, ring_for=5.0)
        asked = await sip.place(number(SHORT), WORDS, ring_for=5.0, record=True)
        await asyncio.gather(ended(sip, unasked), ended(sip, asked))
        (recording,) = await sip.recordings(asked)
        assert recording.seconds > 0.8
        assert await sip.recordings(unasked) == []
        await sip.forget(recording)
        assert await sip.recordings(asked) == []
        with pytest.raises(CarrierDown):
            await sip.audio(recording)


async def test_without_a_voice_nothing_is_dialled(called: Council) -> None:
    async def mute(words: str) -> bytes:
        raise NoVoice("no voice here")

    trunk = Trunk(called.host, CALLER, CALLER, interface="127.0.0.1")
    async with Sip(trunk, RealClock(), "", voice=mute) as sip:
        with pytest.raises(CarrierRefused, match="no voice here"):
            await sip.place(number(ANSWERS, 77), WORDS, ring_for=5.0)
    assert not [each for each in called.heard("INVITE") if number(ANSWERS, 77) in each.first]


async def test_a_call_waits_for_a_free_channel_of_the_trunk(called: Council) -> None:
    async with caller(called.host, channels=1) as sip:
        first, second = await asyncio.gather(
            *(sip.place(number(ENGAGED, tenths), WORDS, ring_for=5.0) for tenths in (5, 4))
        )
        one, other = await ended(sip, first), await ended(sip, second)
    earlier, later = sorted((one, other), key=lambda call: call.exact["queued"])
    assert earlier.exact["busy"] <= later.exact["queued"]


async def test_what_rings_when_the_provider_is_closed_is_given_up(called: Council) -> None:
    async with caller(called.host) as sip:
        call = await sip.place(number(NEVER), WORDS, ring_for=60.0)
        while (await sip.one(call)).status == "queued":  # noqa: ASYNC110 - as the probe looks
            await asyncio.sleep(0.01)
    assert (await sip.one(call)).status == "canceled"
    assert call in [each.header("Call-ID") for each in called.heard("CANCEL")]


async def test_a_call_placed_by_an_earlier_process_is_not_known(called: Council) -> None:
    async with caller(called.host) as sip:
        assert await sip.since(LONG_AGO) == []
        with pytest.raises(CarrierDown, match="not known"):
            await sip.one("an older one")


async def test_the_newest_calls_come_first_and_all_since_a_moment_are_told(called: Council) -> None:
    async with caller(called.host) as sip:
        calls = [await sip.place(number(NO_SUCH, tenths), WORDS, ring_for=5.0) for tenths in (1, 2, 3)]
        assert [now.id for now in await sip.newest(2)] == calls[:0:-1]
        assert [now.id for now in await sip.since(LONG_AGO)] == calls[::-1]


def channels(recorded: bytes) -> tuple[array.array[int], array.array[int]]:
    with wave.open(io.BytesIO(recorded)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 8000, 2)
        both = array.array("h", file.readframes(file.getnframes()))
    return both[0::2], both[1::2]


def loud(samples: array.array[int]) -> tuple[float, float]:
    """When the sound begins and ends, in seconds."""
    heard = [at for at, sample in enumerate(samples) if abs(sample) > 1000]
    return heard[0] / 8000, heard[-1] / 8000


def longest_silence(samples: array.array[int]) -> float:
    """Seconds, from the first sample to the last."""
    heard = [0, *(at for at, sample in enumerate(samples) if abs(sample) > 1000), len(samples)]
    return max(after - before for before, after in itertools.pairwise(heard)) / 8000
