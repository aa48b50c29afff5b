"""Words into sound, before anything is dialled: a call that nobody speaks on is not placed.

espeak-ng speaks (Debian package espeak-ng, https://github.com/espeak-ng/espeak-ng): a programme on this machine, so no
word leaves it. Pure apart from running it.
"""

from __future__ import annotations

import asyncio
import io
import shutil
import wave

import numpy as np

RATE = 8000
"""Samples a second of telephone sound (G.711)."""

_PROGRAMME = "espeak-ng"
_MANNER = ("-v", "en-gb", "-s", "150")  # 150 words a minute: slower than its default, for the telephone
_PATIENCE = 20.0  # seconds
_LOUDEST = 0.7  # of full scale


class NoVoice(Exception):
    """Nothing here can say the words; the message tells what is missing."""


async def spoken(words: str) -> bytes:
    """The words as telephone sound: 16-bit samples, one channel, 8 kHz. Raises `NoVoice`."""
    programme = shutil.which(_PROGRAMME)
    if programme is None:
        raise NoVoice(f"no voice to speak with: install {_PROGRAMME} (Debian: apt-get install {_PROGRAMME})")
    process = await asyncio.create_subprocess_exec(
        *(programme, *_MANNER, "--stdin", "--stdout"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_PATIENCE):
            made, _ = await process.communicate(words.encode())
    except TimeoutError:
        process.kill()
        await process.wait()
        raise NoVoice(f"{_PROGRAMME} did not speak within {_PATIENCE:g} seconds") from None
    sound = telephone_sound(made) if process.returncode == 0 and made else b""
    if not any(sound):
        raise NoVoice(f"{_PROGRAMME} said nothing (exit status {process.returncode})")
    return sound


def telephone_sound(recorded: bytes) -> bytes:
    """A WAV of one channel and 16 bits at 8 kHz or above, as samples at 8 kHz, at an even loudness, silence trimmed.

    Frequencies above 4 kHz are cut off, as a telephone line does: the spectrum is shortened (Fourier resampling).
    """
    with wave.open(io.BytesIO(recorded)) as file:
        rate = file.getframerate()
        # A stream is written with a header that does not know its length, so as many frames are read as there are.
        samples = np.frombuffer(file.readframes(len(recorded)), dtype="<i2").astype(np.float64)
    heard = np.flatnonzero(np.abs(samples) > 300)  # a hundredth of full scale
    if not heard.size:
        return b""
    samples = samples[heard[0] : heard[-1] + 1]
    count = round(samples.size * RATE / rate)
    spectrum = np.fft.rfft(samples)[: count // 2 + 1]
    narrow = np.fft.irfft(spectrum, count)
    return bytes((narrow / np.abs(narrow).max() * _LOUDEST * 32767).astype("<i2").tobytes())
