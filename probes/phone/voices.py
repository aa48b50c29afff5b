"""Whose turn it was to speak: the voices of an answer, each of one kind. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from probes.phone import phrases
from probes.phone.phrases import Kind
from probes.phone.spoken import Spoken, lay_out, trust

if TYPE_CHECKING:
    from probes.phone.hear import Transcript, Word
    from probes.phone.tones import Tone

MACHINES: frozenset[Kind] = frozenset({"ivr", "queue", "voicemail", "recorded", "out_of_hours", "not_in_use"})
_PAUSE = 1.2  # seconds between words that part one voice from the next
_BRIEF, _SHORT = 6, 16  # words; what a person says on answering


def voices(transcript: Transcript, tones: Sequence[Tone]) -> list[tuple[Spoken, Kind, float]]:
    """The turns in order. What a machine begins it goes on with, until somebody speaks as only a person does."""
    turns: list[list[Word]] = []
    for word in transcript.words:
        tone_between = turns and any(turns[-1][-1].end - 0.3 < tone.start < word.start + 0.3 for tone in tones)
        if not turns or tone_between or word.start - turns[-1][-1].end > _PAUSE:
            turns.append([])
        turns[-1].append(word)
    out: list[tuple[Spoken, Kind, float]] = []
    for turn in turns:
        voice = lay_out(turn)
        if not voice.words:
            continue
        kind, sure = _kind(voice)
        if out and out[-1][1] in MACHINES and not (kind == "person" and _speaks_as_a_person(voice)):
            before, kind_before, _ = out[-1]
            if kind in ("unknown", "person", "recorded", kind_before) or kind_before == "recorded":
                joined = lay_out((*before.source, *turn))
                joined_kind, joined_sure = _kind(joined)
                out[-1] = (joined, joined_kind, joined_sure)
                continue
        out.append((voice, kind, sure))
    return out


def _kind(voice: Spoken) -> tuple[Kind, float]:
    """The kind of voice and the confidence in it. A machine's words weigh more than a person's: both say hello."""
    text = voice.text
    best: dict[Kind, float] = {}
    for phrase in phrases.MACHINES:
        if match := phrase.pattern.search(text):
            weight = phrase.weight * trust(voice.sure(match))
            # A second sign of the same kind leaves half the doubt.
            best[phrase.kind] = weight if phrase.kind not in best else 1 - (1 - best[phrase.kind]) * (1 - weight / 2)
    as_person = _speaks_as_a_person(voice)
    if "recorded" in best and len(best) == 1 and as_person:
        best = {}  # people thank for the call too
    if as_person and set(best) <= {"queue", "recorded"} and len(voice.words) <= 2 * _SHORT:
        best = {}  # "please hold", says the switchboard
    # A single key, as for emergencies, makes no menu of a message that the office is closed.
    menu: tuple[Kind, Kind] = ("ivr", "out_of_hours") if len(keys(voice)) > 1 else ("out_of_hours", "ivr")
    for kind in ("not_in_use", "voicemail", *menu, "queue", "recorded"):
        if best.get(kind, 0.0) >= 0.5:
            return kind, best[kind]
    if best:
        weakest = max(best, key=lambda kind: best[kind])
        return weakest, best[weakest]
    if as_person:
        return "person", 0.95 * trust(voice.sure())
    if len(voice.words) <= _SHORT and (phrases.SALUTATION.search(text) or phrases.PERSON.search(text)):
        return "person", 0.85 * trust(voice.sure())
    if len(voice.words) <= _BRIEF:
        return "person", 0.7 * trust(voice.sure())
    return "unknown", 0.0


def _speaks_as_a_person(voice: Spoken) -> bool:
    text = voice.text
    return bool(phrases.HELP.search(text)) or bool(re.search(r"\bspeaking\b", text) and len(voice.words) <= _SHORT)


_KEY = re.compile(rf"\b(?:press|dial|select|choose|option)(?: option| the)? ({phrases.NUMBER})\b|\b(\d) for\b")
_DIGITS = {word: str(number) for number, word in enumerate(phrases.DIGITS)}


def keys(menu: Spoken) -> frozenset[str]:
    said = (match[1] or match[2] for match in _KEY.finditer(menu.text))
    return frozenset(_DIGITS.get(key, key) for key in said)
