"""Sounds as they arrive over a telephone line, for tests and benchmarks: signals, voices, G.711 and noise.

8 kHz, floats of full scale 1. Voices are synthetic: hibari's, which comes in its package, and flite's where it is
installed.
"""

from __future__ import annotations

import functools
import io
import shutil
import subprocess
import tempfile
import wave
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

RATE = 8000
Sound = npt.NDArray[np.float64]
OTHER_VOICES = ("slt", "awb") if shutil.which("flite") else ()


def silence(seconds: float) -> Sound:
    """Nothing at all."""
    return np.zeros(round(seconds * RATE))


def tone(seconds: float, *hertz: float, level: float = 0.2) -> Sound:
    """Pure tones together; `level`: the amplitude of their sum."""
    t = np.arange(round(seconds * RATE)) / RATE
    return np.asarray(sum(np.sin(2 * np.pi * f * t) for f in hertz)) * level / len(hertz)


def cadence(pattern: tuple[tuple[float, float], ...], times: int, *hertz: float, level: float = 0.2) -> Sound:
    """Pulses and pauses, in seconds, so many times over."""
    once = [part for on, off in pattern for part in (tone(on, *hertz, level=level), silence(off))]
    return np.concatenate(once * times)


def ringback(rings: int, level: float = 0.2) -> Sound:
    """UK ringing (BT SIN 350)."""
    return cadence(((0.4, 0.2), (0.4, 2.0)), rings, 400, 450, level=level)


def engaged(times: int = 6, level: float = 0.2) -> Sound:
    """UK engaged tone."""
    return cadence(((0.375, 0.375),), times, 400, level=level)


def congestion(times: int = 4, level: float = 0.2) -> Sound:
    """UK path engaged tone."""
    return cadence(((0.4, 0.35), (0.225, 0.525)), times, 400, level=level)


def sit(level: float = 0.2) -> Sound:
    """Special information tones (ITU-T E.180)."""
    return np.concatenate([tone(0.33, f, level=level) for f in (950, 1400, 1800)])


def fax_answer(seconds: float = 3.0, level: float = 0.2) -> Sound:
    """A fax's or modem's answering tone whose phase turns every 450 ms (V.25)."""
    t = np.arange(round(seconds * RATE)) / RATE
    return level * np.sin(2 * np.pi * 2100 * t) * np.where((t // 0.45) % 2 == 0, 1, -1)


def fax_calling(times: int = 2, level: float = 0.2) -> Sound:
    """A fax's calling tone (T.30)."""
    return cadence(((0.5, 3.0),), times, 1100, level=level)


def mu_law(sound: Sound) -> Sound:
    """Through G.711 mu-law and back."""
    squeezed = np.sign(sound) * np.log1p(255 * np.abs(np.clip(sound, -1, 1))) / np.log(256)
    coded = np.round(squeezed * 127) / 127
    return np.asarray(np.sign(coded) * np.expm1(np.abs(coded) * np.log(256)) / 255)


def a_law(sound: Sound) -> Sound:
    """Through G.711 A-law and back."""
    a, size = 87.6, np.abs(np.clip(sound, -1, 1))
    squeezed = np.where(size < 1 / a, a * size, 1 + np.log(np.maximum(a * size, 1))) / (1 + np.log(a))
    coded = np.round(squeezed * 127) / 127
    back = coded * (1 + np.log(a))
    return np.asarray(np.sign(sound) * np.where(coded < 1 / (1 + np.log(a)), back / a, np.exp(back - 1) / a))


def noisy(sound: Sound, decibels: float, seed: int = 1) -> Sound:
    """With white noise so many decibels below the sound's own loudness where it is not silent."""
    power = np.mean(sound[np.abs(sound) > 1e-4] ** 2)
    noise = np.random.default_rng(seed).normal(0, np.sqrt(power / 10 ** (decibels / 10)), len(sound))
    return np.clip(sound + noise, -1, 1)


def telephone(sound: Sound, rate: int) -> Sound:
    """At 8 kHz, with nothing below 300 or above 3400 Hz, at an ordinary loudness, from its first sound to its last."""
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / rate)
    spectrum[(hertz < 300) | (hertz > 3400)] = 0
    length = round(len(sound) * RATE / rate)
    narrow = np.fft.irfft(spectrum[: length // 2 + 1], length) * length / len(sound)
    sounding = np.flatnonzero(np.abs(narrow) > 0.02 * np.abs(narrow).max())
    return np.asarray(narrow[sounding[0] : sounding[-1] + 1] * 0.5 / np.abs(narrow).max())


@functools.cache
def _talker() -> Any:
    from hibari import Hibari

    return Hibari()


@functools.lru_cache(maxsize=512)
def voice(words: str, speaker: str = "heart", pace: float = 1.0, height: float = 1.0) -> Sound:
    """The words as a telephone line carries them. `speaker`: hibari's own, or one of flite's (slt, awb, rms, kal).

    `pace`: times the ordinary speed, hibari's alone; `height`: times the ordinary pitch, and the speed with it.
    """
    if speaker == "heart":
        return telephone(np.asarray(_talker()(words, speed=pace, seed=0), dtype=np.float64), round(24_000 * height))
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said.wav"
        subprocess.run(["flite", "-voice", speaker, "-t", words, "-o", str(said)], check=True, capture_output=True)
        with wave.open(str(said)) as file:
            rate = file.getframerate()
            sound = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return telephone(sound / 32768, round(rate * height))


def line(*parts: Sound, decibels: float | None = 25, seed: int = 1) -> Sound:
    """The parts one after another, with the line's noise and its coding."""
    sound = np.concatenate(parts)
    return mu_law(sound if decibels is None else noisy(sound, decibels, seed))


def as_wav(*channels: npt.NDArray[Any], rate: int = RATE) -> bytes:
    """A WAV file of 16-bit samples."""
    samples = np.stack([np.round(np.clip(channel, -1, 1) * 32767).astype("<i2") for channel in channels], axis=1)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return out.getvalue()
