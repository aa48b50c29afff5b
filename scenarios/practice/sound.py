"""What the two ends of a practice call sound like: words, silences and tones as 8 kHz samples, made into a WAV file.

Words are spoken by espeak-ng where the machine has it. Where it has not they are murmured: as long, as loud, and with
pauses between them, so that whoever only times speech measures the same.
"""

from __future__ import annotations

import array
import io
import math
import shutil
import subprocess
import wave
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import TypeAlias

from scenarios.practice.lines import CallManner, Part

RATE = 8000
SECONDS_A_WORD = 0.38  # of a voice reading English at an ordinary pace
_LOUD = 9000  # of 32767: what a telephone voice peaks at
_RINGBACK = ((0.4, True), (0.2, False), (0.4, True), (2.0, False))  # BT SIN 350
Samples: TypeAlias = "array.array[int]"


def speaks() -> bool:
    """Whether words are spoken on this machine, and not murmured."""
    return shutil.which("espeak-ng") is not None


def heard(manner: CallManner) -> Samples:
    """All that the called side lets the caller hear, from the answer on."""
    sound = array.array("h")
    for _, each in manner.heard:
        sound.extend(part(each))
    return sound


def seconds(text: str) -> float:
    """How long these words last, whether or not anybody ever hears them."""
    if not text or not speaks():
        return len(words(text)) / RATE
    rate, voice = _voice(text.lstrip("- "))
    return int(len(voice) // 2 / (rate / RATE)) / RATE


@lru_cache(maxsize=256)
def _voice(text: str) -> tuple[int, bytes]:
    """Samples a second, and samples, as espeak-ng makes them."""
    command = ["espeak-ng", "-v", "en-gb", "-s", "160", "--stdout", text]  # text never begins with a dash: see `words`
    spoken = subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=30).stdout  # noqa: S603 - a fixed program
    with wave.open(io.BytesIO(spoken)) as file:
        return file.getframerate(), file.readframes(1 << 30)


@lru_cache(maxsize=256)
def _spoken(text: str) -> bytes:
    rate, voice = _voice(text)
    return _resampled(array.array("h", voice), rate).tobytes()


def words(text: str) -> Samples:
    """Words said at once, without silence before them."""
    if not text:
        return array.array("h")
    if speaks():
        return array.array("h", _spoken(text.lstrip("- ")))
    murmur = array.array("h")
    for _ in text.split():
        murmur += _tone(0.8 * SECONDS_A_WORD, 150, 450, 1100) + silence(0.2 * SECONDS_A_WORD)
    return murmur


def silence(seconds: float) -> Samples:
    """Nothing, for so long."""
    return array.array("h", bytes(2 * round(seconds * RATE)))


def two_sided(theirs: Samples, ours: Samples, seconds: float, channels: int) -> bytes:
    """A WAV file of a call that lasted so long: the called side first and ours second, or both in one channel."""
    length = round(seconds * RATE)
    left, right = _fitted(theirs, length), _fitted(ours, length)
    if channels == 1:
        frames = array.array("h", (max(-32768, min(32767, a + b)) for a, b in zip(left, right, strict=True)))
    else:
        frames = array.array("h", bytes(4 * length))
        frames[0::2], frames[1::2] = left, right
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(channels)
        written.setsampwidth(2)
        written.setframerate(RATE)
        written.writeframes(frames.tobytes())
    return file.getvalue()


def joined(pieces: Sequence[tuple[float, Samples]]) -> Samples:
    """Pieces of sound, each from its second on; one that is still going on is cut off by the next."""
    sound = array.array("h")
    for begins, piece in pieces:
        at = round(begins * RATE)
        del sound[at:]
        sound.frombytes(bytes(2 * (at - len(sound))))
        sound.extend(piece)
    return sound


def part(one: Part) -> Samples:
    """One thing heard."""
    if one.say is not None:
        return words(one.say)
    if one.silence is not None:
        return silence(one.silence)
    tone = _TONES[one.tone or "beep"]()
    if one.seconds is None:
        return tone
    length = round(one.seconds * RATE)
    return (tone * math.ceil(length / len(tone)))[:length]


def _ringback() -> Samples:
    sound = array.array("h")
    for _ in range(2):
        for seconds, on in _RINGBACK:
            sound += _tone(seconds, 400, 450) if on else silence(seconds)
    return sound


def _music() -> Samples:
    """Four notes of nothing in particular, as a queue plays them."""
    return _tone(1.0, 262, 524) + _tone(1.0, 330, 660) + _tone(1.0, 392, 784) + _tone(1.0, 330, 660)


_TONES: dict[str, Callable[[], Samples]] = {
    "beep": lambda: _tone(0.5, 1000),
    "fax": lambda: _tone(3.0, 2100),
    "ringback": _ringback,
    "music": _music,
}


def _tone(seconds: float, *hertz: float) -> Samples:
    loud = _LOUD / len(hertz)
    count = round(seconds * RATE)
    turns = [2 * math.pi * f / RATE for f in hertz]
    return array.array("h", (round(loud * sum(math.sin(turn * n) for turn in turns)) for n in range(count)))


def _fitted(sound: Samples, length: int) -> Samples:
    """Cut off, or filled up with silence, to so many samples."""
    return sound[:length] + array.array("h", bytes(2 * max(0, length - len(sound))))


def _resampled(voice: Samples, rate: int) -> Samples:
    """At 8 kHz, each sample the mean of those it stands for: enough for a telephone."""
    step = rate / RATE
    width = max(1, round(step))
    voice.extend([0] * width)
    sums = [0, *accumulate(voice)]
    starts = (int(n * step) for n in range(int((len(voice) - width) / step)))
    return array.array("h", ((sums[at + width] - sums[at]) // width for at in starts))
