"""What a call really met: who or what was heard when, and whether a message was left whole. Pure, but for making sound.

What a listener finds is to be held against it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from scenarios.practice import sound
from scenarios.practice.lines import By, CallManner, Part


class Said(NamedTuple):
    """Words of ours, in seconds after the answer; `ends` when nobody hangs up meanwhile."""

    begins: float
    ends: float
    words: str


class Voice(NamedTuple):
    """One thing that is heard of the called side, in seconds after the answer."""

    begins: float
    ends: float
    by: By
    part: Part


@lru_cache(maxsize=1024)
def voices(manner: CallManner) -> tuple[Voice, ...]:
    """All that the called side lets be heard, one after another. Each lasts as long as its sound."""
    found, at = [], 0.0
    for by, part in manner.heard:
        ends = at + len(sound.part(part)) / sound.RATE
        found.append(Voice(at, ends, by, part))
        at = ends
    return tuple(found)


def met(manner: CallManner | None, said: Sequence[Said], lasted: float) -> dict[str, object]:
    """What is counted of a call that lasted so many seconds after its answer; None for what there was not.

    `manner`: of an answered call to a council; None for any other. `person_after_s`: until a person spoke. `heard_s`:
    seconds with each of person, ivr, queue, hold, voicemail, recording and fax; each goes on until the next begins, the
    last until the end. `said_in_turn`: what we said, when first and how often. `message_left`: whether words of ours
    began after the beep of a voicemail and were said to their end.
    """
    if manner is None:
        return dict.fromkeys(("person_after_s", "heard_s", "said_in_turn", "said_after_beep", "message_left"))
    heard = _heard(manner, lasted)
    return {
        "person_after_s": next((voice.begins for voice in heard if voice.by == "person"), None),
        "heard_s": _seconds_with_each(heard, lasted),
        "said_in_turn": _told(said),
        "said_after_beep": _told(one for one in said if one.begins >= _beep_ends(heard)),
        "message_left": message_left(manner, said, lasted),
    }


def message_left(manner: CallManner, said: Sequence[Said], lasted: float) -> bool | None:
    """Whether one whole copy of something we said is on the voicemail's tape; None where there was no voicemail."""
    heard = _heard(manner, lasted)
    if all(voice.by != "voicemail" for voice in heard):
        return None
    return any(one.begins >= _beep_ends(heard) and one.ends <= lasted for one in said)


def _heard(manner: CallManner, lasted: float) -> list[Voice]:
    """What began before the call was over."""
    return [voice for voice in voices(manner) if voice.begins < lasted]


def _beep_ends(heard: Iterable[Voice]) -> float:
    """When a voicemail begins to record; never, where it does not."""
    beeps = (voice.ends for voice in heard if voice.by == "voicemail" and voice.part.tone == "beep")
    return next(beeps, math.inf)


def _seconds_with_each(heard: Sequence[Voice], lasted: float) -> dict[By, float]:
    found: dict[By, float] = {}
    until = lasted
    for voice in reversed(heard):
        found[voice.by] = found.get(voice.by, 0.0) + until - voice.begins
        until = voice.begins
    return found


def _told(said: Iterable[Said]) -> list[dict[str, object]]:
    """Each thing said with its first moment, and how often it was said without anything else between."""
    told: list[dict[str, object]] = []
    for words, same in groupby(said, lambda one: one.words):
        copies = list(same)
        told.append({"at_s": copies[0].begins, "words": words, "times": len(copies)})
    return told
