"""The network's signals as a line carries them, and where somebody speaks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.phone.tones import speech, tones
from tests.probes.phone_hearing import audio

SIGNALS = {
    "ringback": audio.ringback(2),
    "engaged": audio.engaged(),
    "congestion": audio.congestion(),
    "unobtainable": audio.tone(4, 400),
    "sit": audio.sit(),
    "fax": audio.fax_answer(),
    "beep": audio.tone(0.3, 1000),
}
GREETINGS = (
    "Good morning, South Derbyshire District Council, Jane speaking, how can I help you?",
    "All our advisers are busy at the moment. Your call is important to us. You are number four in the queue.",
    "Oh no, moo, who knew? Hmm, ooh, aah, room, moon.",
)


def kinds(sound: audio.Sound) -> list[str]:
    return [tone.kind for tone in tones(sound, audio.RATE)]


def around(sound: audio.Sound, before: float = 1.0, after: float = 1.0) -> audio.Sound:
    return np.concatenate([audio.silence(before), sound, audio.silence(after)])


@pytest.mark.parametrize("kind", SIGNALS)
@pytest.mark.parametrize("coding", [audio.mu_law, audio.a_law])
@pytest.mark.parametrize("decibels", [20, 10])
def test_each_signal_is_known_through_either_coding_and_noise(kind: str, coding: object, decibels: float) -> None:
    assert callable(coding)
    assert kinds(coding(audio.noisy(around(SIGNALS[kind]), decibels))) == [kind]


@settings(max_examples=25, deadline=None)
@given(kind=st.sampled_from(sorted(SIGNALS)), level=st.floats(0.05, 4.0), before=st.floats(0.3, 2.0))
def test_a_signal_is_the_same_signal_however_loud_and_whenever_it_comes(kind: str, level: float, before: float) -> None:
    assert kinds(audio.mu_law(around(SIGNALS[kind] * level, before))) == [kind]


@settings(max_examples=25, deadline=None)
@given(at=st.floats(0.3, 3.0), seconds=st.floats(0.15, 1.5), hertz=st.sampled_from([440, 800, 1000, 1400, 2000]))
def test_a_beep_is_placed_within_two_hundredths_of_a_second(at: float, seconds: float, hertz: int) -> None:
    (beep,) = tones(audio.mu_law(around(audio.tone(seconds, hertz), before=at)), audio.RATE)
    assert beep.kind == "beep"
    assert beep.start == pytest.approx(at, abs=0.02)
    assert beep.end == pytest.approx(at + seconds, abs=0.02)


def test_ringing_that_ends_in_a_voice_leaves_both() -> None:
    sound = audio.line(audio.ringback(2), audio.voice(GREETINGS[0]), audio.silence(1))
    assert kinds(sound) == ["ringback"]
    (first, *_) = speech(sound, audio.RATE)
    assert first[0] == pytest.approx(6.0, abs=0.15)


def test_a_fax_that_calls_is_known_by_its_second_tone() -> None:
    assert kinds(audio.mu_law(audio.fax_calling(2))) == ["fax"]


@pytest.mark.parametrize("words", GREETINGS)
@pytest.mark.parametrize(("pace", "height"), [(1.0, 1.0), (1.2, 0.85), (0.8, 1.2)])
def test_a_voice_holds_no_signal(words: str, pace: float, height: float) -> None:
    assert kinds(audio.line(audio.silence(1), audio.voice(words, "heart", pace, height), audio.silence(1))) == []


def test_speech_begins_where_the_voice_does() -> None:
    sound = audio.line(audio.silence(1.5), audio.voice(GREETINGS[0]), audio.silence(1))
    assert speech(sound, audio.RATE)[0][0] == pytest.approx(1.5, abs=0.15)


@pytest.mark.parametrize("kind", SIGNALS)
def test_a_signal_is_no_speech(kind: str) -> None:
    assert speech(audio.mu_law(around(SIGNALS[kind])), audio.RATE) == ()


def test_neither_silence_nor_steady_noise_is_anything() -> None:
    hiss = np.random.default_rng(3).normal(0, 0.02, 3 * audio.RATE)
    for sound in (audio.silence(3), hiss, audio.silence(0)):
        assert tones(sound, audio.RATE) == ()
        assert speech(sound, audio.RATE) == ()


def test_whole_numbers_and_another_rate_are_heard_alike() -> None:
    t = np.arange(2 * 16_000) / 16_000
    sound = np.where((t > 1) & (t < 1.5), 0.2 * np.sin(2 * np.pi * 1000 * t), 0)
    (beep,) = tones(np.round(sound * 32767).astype(np.int16), 16_000)
    assert beep.kind == "beep"
    assert beep.start == pytest.approx(1.0, abs=0.02)


def test_two_channels_at_once_are_refused() -> None:
    with pytest.raises(ValueError, match="one channel"):
        tones(np.zeros((800, 2)), audio.RATE)
