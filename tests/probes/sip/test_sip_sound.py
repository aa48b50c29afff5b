"""The sound of a call in two channels, and words made fit for a telephone line. No telephone is needed."""

from __future__ import annotations

import array
import io
import itertools
import math
import wave
from pathlib import Path

import pytest

from probes.phone.carriers.sip import Trunk
from probes.phone.carriers.sip_line import code_in, number_in
from probes.phone.carriers.sip_sound import Tape, utterance
from probes.phone.voice import NoVoice, spoken, telephone_sound


def samples(*values: int) -> bytes:
    return array.array("h", values).tobytes()


def channels(tape: Tape) -> tuple[list[int], list[int]]:
    """Ours, theirs."""
    with wave.open(io.BytesIO(tape.wav())) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 8000, 2)
        both = array.array("h", file.readframes(file.getnframes()))
    return list(both[1::2]), list(both[0::2])


def test_the_second_channel_is_ours_from_the_moment_at_which_we_speak() -> None:
    tape = Tape(began=100.0)
    tape.we_speak(samples(1, 2, 3), at=100.001)  # eight samples after the answer
    ours, theirs = channels(tape)
    assert ours == [0] * 8 + [1, 2, 3]
    assert theirs == [0] * 11


def test_what_is_said_anew_takes_the_place_of_what_was_not_yet_sent() -> None:
    tape = Tape(began=0.0)
    tape.we_speak(samples(*[1] * 16), at=0.0)
    tape.we_speak(samples(2, 2), at=0.001)
    assert channels(tape)[0] == [1] * 8 + [2, 2]


def test_what_comes_in_follows_on_and_a_gap_is_silence() -> None:
    tape = Tape(began=0.0)
    tape.they_speak(samples(*[1] * 800), until=0.1)
    tape.they_speak(samples(*[2] * 800), until=0.25)  # 50 ms late: a slow look, not a loss
    tape.they_speak(samples(*[3] * 800), until=1.0)
    theirs = channels(tape)[1]
    assert theirs[:1600] == [1] * 800 + [2] * 800
    assert theirs[1600:] == [0] * (8000 - 2400) + [3] * 800


def test_a_call_that_ends_early_ends_our_words_too() -> None:
    tape = Tape(began=0.0)
    tape.we_speak(samples(*[1] * 8000), at=0.0)
    tape.ends(at=0.5)
    assert tape.seconds == 0.5
    assert len(channels(tape)[0]) == 4000


def test_the_first_channel_is_the_called_partys() -> None:
    tape = Tape(began=0.0)
    tape.we_speak(samples(1), at=0.0)
    tape.they_speak(samples(2), until=0.001)
    with wave.open(io.BytesIO(tape.wav())) as file:
        assert file.readframes(1) == samples(2, 1)


def test_what_is_said_again_follows_without_a_gap_for_longer_than_the_call_lasts() -> None:
    said = utterance(samples(1, 1), samples(*[2] * 800), until=0.25)
    assert said.sound == samples(1, 1, *[2] * 2400)
    assert (said.first, said.until) == (4, 0.25)


def test_what_is_said_once_is_said_once() -> None:
    assert utterance(samples(1, 1)).sound == samples(1, 1)


def test_a_recording_of_nothing_is_empty() -> None:
    assert channels(Tape(began=0.0)) == ([], [])


def wav(values: list[int], rate: int) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples(*values))
    return made.getvalue()


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100])
def test_a_tone_keeps_its_pitch_and_its_length_and_loses_the_silence_around_it(rate: int) -> None:
    tone = [round(9000 * math.sin(2 * math.pi * 440 * at / rate)) for at in range(rate)]
    silence = [0] * rate
    sound = array.array("h", telephone_sound(wav([*silence, *tone, *silence], rate)))
    assert len(sound) == pytest.approx(8000, abs=20)
    rises = sum(before < 0 <= after for before, after in itertools.pairwise(sound))
    assert rises == pytest.approx(440, abs=3)


async def test_without_a_programme_that_speaks_there_is_no_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoVoice, match="apt-get install espeak-ng"):
        await spoken("Anybody there?")


def test_silence_is_not_a_voice() -> None:
    assert telephone_sound(wav([0] * 8000, 8000)) == b""


def test_a_trunk_over_tls_must_say_whom_it_trusts() -> None:
    with pytest.raises(ValueError, match="authority"):
        Trunk("trunk.example", "us", "+441134960999", transport="tls")
    with pytest.raises(ValueError, match="space"):
        Trunk("trunk.example", "us", "+441134960999", transport="tls", authority=Path("/etc/our trunk.pem"))


@pytest.mark.parametrize(
    ("reason", "code"),
    [("486 Busy Here", 486), ("Rejected by user", None), ("Connection reset by peer [104]", None), ("", None)],
)
def test_the_networks_answer_is_told_from_the_librarys_own_words(reason: str, code: int | None) -> None:
    assert code_in(reason) == code


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("sip:01134960000@trunk.example", "+441134960000"),
        ("<sip:+441134960000@trunk.example;user=phone>", "+441134960000"),
        ("tel:+441134960000", "+441134960000"),
        ("sip:anonymous@anonymous.invalid", None),
        ("", None),
    ],
)
def test_the_number_of_whoever_calls_is_read_from_the_address(address: str, number: str | None) -> None:
    assert number_in(address) == number
