"""From one channel of a recording to all that was heard on it: signals, speech and words, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probes.phone.greeting import Heard, read
from probes.phone.hear import Listener
from probes.phone.names import without_names
from probes.phone.tones import Samples, Tone, speech, tones
from results.schema import Organisation


@dataclass(frozen=True)
class Listened:
    """What one channel held. Times are seconds from its start; `text` holds nobody's name and may be kept."""

    heard: Heard
    signals: tuple[Tone, ...]
    first_speech: float | None
    text: str


async def listen(
    listener: Listener, samples: Samples, rate: int, organisation: Organisation, partners: Sequence[Organisation]
) -> Listened:
    """Listen to what the organisation's side said, in a thread. `samples`: its channel alone, without our own voice.

    One recording after another: the model is busy with one at a time.
    """
    return await asyncio.to_thread(_listen, listener, samples, rate, organisation, partners)


def _listen(
    listener: Listener, samples: Samples, rate: int, organisation: Organisation, partners: Sequence[Organisation]
) -> Listened:
    names = tuple(name for partner in partners for name in (partner.name, *partner.aliases))
    signals = tones(samples, rate)
    transcript = listener.transcribe(samples, rate, names)
    said = speech(samples, rate)
    return Listened(
        heard=read(transcript, signals, organisation, partners),
        signals=signals,
        first_speech=said[0][0] if said else None,
        text=without_names(transcript, partners),
    )
