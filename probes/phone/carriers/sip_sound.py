"""The sound of one call, in two channels. Pure: samples and moments in, a WAV out."""

from __future__ import annotations

import array
import io
import math
import sys
import wave
from dataclasses import dataclass

from probes.phone.voice import RATE

_BYTES = 2  # of a sample
_JITTER = 0.1  # seconds that sound may come late before silence is put in its place


@dataclass(frozen=True)
class Utterance:
    """What is said on a call, as samples: the first `first` bytes in any case, the rest for as long as it takes.

    `until`: seconds after the answer at which the call ends; 0: when all has been said.
    """

    sound: bytes
    first: int
    until: float


def utterance(first: bytes, again: bytes = b"", until: float = 0.0) -> Utterance:
    """`first`, and after it `again` over and over without a gap, for longer than `until` seconds."""
    times = math.ceil(until * RATE * _BYTES / len(again)) if again else 0
    return Utterance(first + again * times, len(first), until)


class Tape:
    """What was said and heard from the answer on. Moments are readings of one stopwatch, in seconds.

    Of what comes in, the end is known to the packet: it was heard up to the moment of reading. Where packets were lost
    there is silence.
    """

    def __init__(self, began: float) -> None:
        self.began = began
        self._ours = bytearray()
        self._theirs = bytearray()
        self._samples: int | None = None

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self._length() / RATE

    def we_speak(self, samples: bytes, at: float) -> None:
        """These samples begin to be sent at that moment, in place of what was still to be sent."""
        position = _BYTES * round((at - self.began) * RATE)
        self._ours = self._ours[:position].ljust(position, b"\0") + samples

    def they_speak(self, samples: bytes, until: float) -> None:
        """These samples have come in, the last of them at that moment."""
        if samples:
            missing = _BYTES * round((until - self.began) * RATE) - len(self._theirs) - len(samples)
            self._theirs += bytes(missing if missing > _BYTES * _JITTER * RATE else 0) + samples

    def ends(self, at: float) -> None:
        """The call is over: what would have been sent after that moment was not."""
        self._samples = round((at - self.began) * RATE)

    def wav(self) -> bytes:
        """16 bits, 8 kHz, two channels: theirs, ours."""
        both = array.array("h", bytes(2 * _BYTES * self._length()))
        for channel, sound in enumerate((self._theirs, self._ours)):
            samples = array.array("h", bytes(sound[: _BYTES * self._length()]))
            both[channel : 2 * len(samples) : 2] = samples
        if sys.byteorder == "big":
            both.byteswap()
        made = io.BytesIO()
        with wave.open(made, "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(_BYTES)
            file.setframerate(RATE)
            file.writeframes(both.tobytes())
        return made.getvalue()

    def _length(self) -> int:
        longest = max(len(self._ours), len(self._theirs)) // _BYTES
        return longest if self._samples is None else min(longest, self._samples)
