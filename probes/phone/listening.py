"""From one channel of a recording to all that was heard on it: signals, speech and words, put together and kept."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.phone.greeting import Heard, read
from probes.phone.names import without_names
from results.schema import Organisation

if TYPE_CHECKING:
    from probes.phone.hear import Listener
    from probes.phone.tones import Samples, Tone


@dataclass(frozen=True)
class Listened:
    """What one channel held. Times are seconds from its start; `text` holds nobody's name and may be kept.

    `sounds`: beginning and end of each stretch of sound that is no signal. `lasted`: its length.
    """

    heard: Heard
    signals: tuple[Tone, ...]
    sounds: tuple[tuple[float, float], ...]
    text: str
    lasted: float

    @property
    def first_speech(self) -> float | None:
        """When the first sound began that is no signal; music counts."""
        return self.sounds[0][0] if self.sounds else None


class Ear:
    """Listens to recorded calls, one at a time, with a model that is loaded when it is first needed."""

    def __init__(self, partners: Iterable[Organisation]) -> None:
        self._partners = tuple(partners)
        self._listener: Listener | None = None
        self._turn = asyncio.Lock()

    @classmethod
    def open(cls, partners: Iterable[Organisation]) -> Ear | None:
        """`partners`: all organisations of the partnership. None without the extra `hear`."""
        from probes.phone.hear import Listener  # here, because numpy takes long to load

        return cls(partners) if Listener.available() else None

    async def hear(self, wav: bytes, organisation: Organisation) -> Listened:
        """What the called party let us hear. Raises `ValueError` for a recording that cannot be listened to."""
        from probes.phone.hear import Listener, channels  # here, because numpy takes long to load

        sides, rate = channels(wav)
        if len(sides) < 2:
            raise ValueError("the recording has one channel, and our own voice is on it")
        async with self._turn:  # waited for here, so that no thread does
            if self._listener is None:
                self._listener = await asyncio.to_thread(Listener.open)
            return await listen(self._listener, sides[0], rate, organisation, self._partners)


async def listen(
    listener: Listener, samples: Samples, rate: int, organisation: Organisation, partners: Sequence[Organisation]
) -> Listened:
    """Listen to what the organisation's side said, in a thread. `samples`: its channel alone, without our own voice.

    One recording after another: the model is busy with one at a time.
    """
    return await asyncio.to_thread(_listen, listener, samples, rate, organisation, partners)


def transcript(found: Listened) -> bytes:
    """For a reviewer: each voice with its kind and seconds, and each signal; nobody's name."""
    lines = [(part.start, part.end, f"{part.kind.replace('_', ' ')}: {part.text}") for part in found.heard.parts]
    lines += [(tone.start, tone.end, f"[{tone.kind}]") for tone in found.signals]
    return "".join(f"{start:6.1f} - {end:5.1f} s  {what}\n" for start, end, what in sorted(lines)).encode()


def proposals(found: Listened) -> bytes:
    """All that is proposed, with its confidence, as JSON; nobody's name."""
    told = {
        "heard": dataclasses.asdict(found.heard),
        "signals": [dataclasses.asdict(tone) for tone in found.signals],
        "sounds": found.sounds,
        "lasted": found.lasted,
    }
    return json.dumps(told, indent=1, default=_as_json).encode()


def _as_json(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    raise TypeError(f"{type(value).__name__} is not kept")


def _listen(
    listener: Listener, samples: Samples, rate: int, organisation: Organisation, partners: Sequence[Organisation]
) -> Listened:
    from probes.phone.tones import speech, tones  # here, because numpy takes long to load

    names = tuple(name for partner in partners for name in (partner.name, *partner.aliases))
    signals = tones(samples, rate)
    transcript = listener.transcribe(samples, rate, names)
    return Listened(
        heard=read(transcript, signals, organisation, partners),
        signals=signals,
        sounds=speech(samples, rate),
        text=without_names(transcript, partners),
        lasted=len(samples) / rate,
    )
