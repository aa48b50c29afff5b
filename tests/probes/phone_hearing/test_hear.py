"""Words out of sound: the model itself listens, to a synthetic voice over a telephone line."""

from __future__ import annotations

import pytest

from probes.phone.greeting import read
from probes.phone.hear import Listener, Transcript, channels
from probes.phone.listening import listen
from probes.phone.tones import tones
from results.schema import Organisation
from tests.probes.phone_hearing import audio

PARTNERS = tuple(
    Organisation(id=name.split()[0].lower(), name=name)
    for name in ("South Derbyshire District Council", "Derbyshire Dales District Council", "Bolsover District Council")
)
NAMES = tuple(one.name for one in PARTNERS)


@pytest.fixture(scope="module")
def listener() -> Listener:
    if not Listener.available():
        pytest.skip("the extra `hear` is not installed, so nothing can listen")
    return Listener.open()


def test_a_greeting_is_heard_with_its_times(listener: Listener) -> None:
    voice = audio.voice("Good morning, South Derbyshire District Council, how can I help you?")
    sound = audio.line(audio.silence(2), voice, audio.silence(1))
    transcript = listener.transcribe(sound, audio.RATE, NAMES)
    heard = read(transcript, tones(sound, audio.RATE), PARTNERS[0], PARTNERS)
    assert heard.answer.value == "person"
    assert heard.organisation is not None
    assert heard.organisation.value == "south"
    assert heard.salutation is not None
    assert heard.salutation.value
    assert heard.first_person == pytest.approx(2.0, abs=0.5)


def test_a_voicemail_from_a_recording_of_two_channels(listener: Listener) -> None:
    voice = audio.voice("I am not available to take your call. Please leave a message after the tone.")
    theirs = audio.line(audio.silence(1), voice, audio.silence(0.6), audio.tone(0.4, 1000), audio.silence(1))
    (_, heard_channel), rate = channels(audio.as_wav(audio.silence(len(theirs) / audio.RATE), theirs))
    heard = read(listener.transcribe(heard_channel, rate, NAMES), tones(heard_channel, rate), PARTNERS[0], PARTNERS)
    assert heard.answer.value == "voicemail"
    assert heard.message_accepted is not None
    assert heard.message_accepted.value


async def test_a_channel_is_listened_to_and_only_what_may_be_kept_is_kept(listener: Listener) -> None:
    voice = audio.voice("Good morning, Bolsover District Council, my name is Thomas, how can I help?")
    sound = audio.line(audio.ringback(1), voice, audio.silence(1))
    found = await listen(listener, sound, audio.RATE, PARTNERS[2], PARTNERS)
    assert [signal.kind for signal in found.signals] == ["ringback"]
    assert found.first_speech == pytest.approx(3.0, abs=0.1)
    assert found.heard.own_name is not None
    assert found.heard.own_name.value
    assert "Thomas" not in found.text
    assert "Bolsover District Council" in found.text


@pytest.mark.parametrize("sound", [audio.silence(3), audio.ringback(2), audio.engaged()])
def test_nothing_is_heard_where_nobody_speaks(listener: Listener, sound: audio.Sound) -> None:
    assert listener.transcribe(audio.mu_law(sound), audio.RATE, NAMES) == Transcript(())


def test_what_is_no_recording_is_refused() -> None:
    with pytest.raises(ValueError, match="not a WAV recording"):
        channels(b"RIFF")
