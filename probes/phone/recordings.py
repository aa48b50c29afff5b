"""A call's recording: waited for, kept as evidence, and only then deleted at the carrier.

Made only where the register consents to recording. What is heard on it is told in `listening`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from probes import Archive
from probes.phone.carriers import Carrier, CarrierDown, Recording
from results.schema import Evidence

_READY_WITHIN = 30.0  # real seconds after the end of the call
_LOOK_EVERY = 0.5
_TRIES = 3


@dataclass(frozen=True)
class Brought:
    """What came of a call's recordings: as evidence, as sound (WAV), and a sentence about each thing that went wrong.

    `left_behind`: some are still at the carrier, where a person may fetch them.
    """

    kept: tuple[Evidence, ...]
    sounds: tuple[bytes, ...]
    notes: tuple[str, ...]
    left_behind: bool


async def bring_home(carrier: Carrier, archive: Archive, call: str, name: str) -> Brought:
    """Every recording of a finished call.

    A recording that was not kept is not deleted; one that could not be deleted is named, for a person to delete.
    """
    kept: list[Evidence] = []
    sounds: list[bytes] = []
    notes: list[str] = []
    recordings = await _ready(carrier, call)
    if not recordings:
        notes.append(f"There is no recording: the carrier had none within {_READY_WITHIN:g} seconds of the call's end.")
    for number, recording in enumerate(recordings, 1):
        try:
            sound = await _fetched(carrier, recording)
        except CarrierDown as error:
            notes.append(f"There is no recording here: {error}; it is still at the carrier.")
            continue
        sounds.append(sound)
        kept.append(await archive.keep("recording", f"{name}.{number}.wav", "audio/wav", sound))
        try:
            await carrier.forget(recording)
        except CarrierDown as error:
            notes.append(f"The recording is kept here, but {error}; delete it there by hand.")
    return Brought(tuple(kept), tuple(sounds), tuple(notes), len(sounds) < len(recordings))


async def _ready(carrier: Carrier, call: str) -> tuple[Recording, ...]:
    """The recordings as soon as there are any; none when the carrier has none in time."""
    found: tuple[Recording, ...] = ()
    try:
        async with asyncio.timeout(_READY_WITHIN):
            while not found:
                try:
                    found = tuple(await carrier.recordings(call))
                except CarrierDown:  # asked again until the time is over
                    found = ()
                if not found:
                    await asyncio.sleep(_LOOK_EVERY)
    except TimeoutError:
        return ()
    return found


async def _fetched(carrier: Carrier, recording: Recording) -> bytes:
    """The sound, asked for again when it does not come. Raises `CarrierDown`."""
    for _ in range(_TRIES - 1):
        try:
            return await carrier.audio(recording)
        except CarrierDown:
            await asyncio.sleep(_LOOK_EVERY)
    return await carrier.audio(recording)
