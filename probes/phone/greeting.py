"""What an answer was and what it said, from its transcript and the signals around it. Pure.

Everything is a proposal with a confidence: how telling the words are, times how surely they were heard. Below a
threshold it is no fact but a question for a listener (`facts` in `heard`). Nothing here keeps whose name was given:
only that one was. The words themselves are data in `phrases`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from probes.phone import opening, phrases
from probes.phone.names import NAME_GIVEN, names, redacted
from probes.phone.partners import named
from probes.phone.phrases import Kind
from probes.phone.spoken import Spoken, lay_out, mean, trust
from probes.phone.voices import MACHINES, keys, voices
from results.schema import Organisation

if TYPE_CHECKING:
    from probes.phone.hear import Transcript
    from probes.phone.tones import Tone

Answer = Literal[
    "person",
    "ivr",
    "queue",
    "queue_then_person",
    "voicemail",
    "recorded_message_ends",
    "out_of_hours",
    "number_not_in_use",
    "fax_or_data",
    "unknown",
]
Value = TypeVar("Value")

# What an answer of several parts is called after.
_FIRST: tuple[Kind, ...] = ("voicemail", "ivr", "out_of_hours", "not_in_use", "queue", "person", "recorded")
_PRESS_WHAT = re.compile(rf"\bpress (?!(?:(?:option|the|key) )*{phrases.NUMBER}\b)")
_DENIAL = 0.8  # how much less a No is worth than the words it was missed in: any one may have been misheard
_ANSWERS: dict[Kind, Answer] = {
    "recorded": "recorded_message_ends",
    "not_in_use": "number_not_in_use",
    "person": "person",
    "ivr": "ivr",
    "queue": "queue",
    "voicemail": "voicemail",
    "out_of_hours": "out_of_hours",
}


@dataclass(frozen=True)
class Proposal(Generic[Value]):
    """What is proposed, and how sure that is, 0 to 1."""

    value: Value
    confidence: float


@dataclass(frozen=True)
class Part:
    """One voice's turn, in seconds; its words without names."""

    kind: Kind
    start: float
    end: float
    text: str
    confidence: float


@dataclass(frozen=True)
class Heard:
    """All that is proposed about an answer. None: that could not be heard, or cannot be asked of such an answer."""

    answer: Proposal[Answer]
    parts: tuple[Part, ...] = ()
    salutation: Proposal[bool] | None = None
    organisation: Proposal[str | None] | None = None
    """The id of the partner named; None in it: nobody's name was given. No proposal: unclear which."""
    own_name: Proposal[bool] | None = None
    department: Proposal[str | None] | None = None
    offer_of_help: Proposal[bool] | None = None
    menu_layers: Proposal[int] | None = None
    menu_options: Proposal[int] | None = None
    queue_info: Proposal[bool] | None = None
    call_back_offered: Proposal[bool] | None = None
    website_offered: Proposal[bool] | None = None
    emergency_contact: Proposal[bool] | None = None
    hours_given: Proposal[bool] | None = None
    hours: tuple[opening.Open, ...] = ()
    message_accepted: Proposal[bool] | None = None
    another_way: Proposal[bool] | None = None

    @property
    def first_person(self) -> float | None:
        """When a person was first heard, in seconds from the start of the samples; None when none was."""
        return next((part.start for part in self.parts if part.kind == "person"), None)

    def seconds(self, *kinds: Kind) -> float:
        """How long the parts of those kinds lasted together."""
        return sum(part.end - part.start for part in self.parts if part.kind in kinds)


def read(
    transcript: Transcript, tones: Sequence[Tone], organisation: Organisation, partners: Sequence[Organisation]
) -> Heard:
    """What answered and what it said. `partners`: all of the partnership, the organisation called among them."""
    everyone = (*partners, *(() if organisation in partners else (organisation,)))
    turns = voices(transcript, tones)
    parts = tuple(_part(voice, kind, sure, everyone) for voice, kind, sure in turns)
    if any(tone.kind == "fax" for tone in tones):
        return Heard(Proposal("fax_or_data", 0.95), parts)
    if any(tone.kind == "sit" for tone in tones) and not any(part.kind == "person" for part in parts):
        told = any(part.kind == "not_in_use" for part in parts)
        return Heard(Proposal("number_not_in_use", 0.97 if told else 0.65), parts)
    if not parts:
        return Heard(Proposal("unknown", 0.0))
    person = next((voice for voice, kind, _ in turns if kind == "person"), None)
    machine = _together([voice for voice, kind, _ in turns if kind in MACHINES])
    greeting = person or machine
    queue = _together([voice for voice, kind, _ in turns if kind == "queue"])
    menus = [voice for voice, kind, _ in turns if kind == "ivr"]
    mailbox = _together([voice for voice, kind, _ in turns if kind == "voicemail"])
    return Heard(
        answer=_answer(parts),
        parts=parts,
        salutation=_said(person, phrases.SALUTATION),
        organisation=_organisation(greeting, everyone),
        own_name=_own_name(person, everyone),
        department=_department(greeting),
        offer_of_help=_help(person),
        menu_layers=_layers(menus),
        menu_options=_options(menus),
        queue_info=_said(queue, phrases.QUEUE_INFO),
        call_back_offered=_said(queue, phrases.CALL_BACK),
        website_offered=_said(machine, phrases.WEBSITE),
        emergency_contact=_emergency(machine),
        hours_given=_hours_given(machine),
        hours=opening.opening_hours(machine.text) if machine else (),
        message_accepted=_accepts(mailbox, tones),
        another_way=_said(mailbox, phrases.ANOTHER_WAY),
    )


def _answer(parts: Sequence[Part]) -> Proposal[Answer]:
    kinds = [part.kind for part in parts]
    person = next((part for part in parts if part.kind == "person"), None)
    queue = next((part for part in parts if part.kind == "queue"), None)
    if person and queue and queue.start < person.start:
        return Proposal("queue_then_person", min(person.confidence, queue.confidence))
    for kind in _FIRST:
        if kind in kinds:
            part = parts[kinds.index(kind)]
            return Proposal(_ANSWERS[part.kind], part.confidence)
    return Proposal("unknown", 0.0)


def _part(voice: Spoken, kind: Kind, sure: float, partners: Sequence[Organisation]) -> Part:
    return Part(kind, voice.start, voice.end, redacted(voice.source, partners), round(sure, 3))


# ------------------------------------------------------------------------------------------------ single proposals


def _together(voices: Sequence[Spoken]) -> Spoken | None:
    return lay_out([word for voice in voices for word in voice.source]) if voices else None


def _said(voice: Spoken | None, pattern: re.Pattern[str]) -> Proposal[bool] | None:
    """Yes where the words were heard; No as surely as all of it was heard."""
    if voice is None:
        return None
    if match := pattern.search(voice.text):
        return Proposal(True, 0.95 * trust(voice.sure(match)))
    return Proposal(False, _DENIAL * voice.sure())


def _help(person: Spoken | None) -> Proposal[bool] | None:
    offered = _said(person, phrases.HELP)
    if offered and not offered.value and person and re.search(r"\b(?:help|assist)\b", person.text):
        return None  # something like an offer was heard
    return offered


def _organisation(voice: Spoken | None, partners: Sequence[Organisation]) -> Proposal[str | None] | None:
    if voice is None:
        return None
    said = named(voice.words, partners)
    if said is None:
        return Proposal(None, _DENIAL * voice.sure())
    if said.organisation is None:
        return None
    return Proposal(said.organisation, said.likeness * trust(mean(voice.sureness[said.start : said.end])))


def _own_name(voice: Spoken | None, partners: Sequence[Organisation]) -> Proposal[bool] | None:
    if voice is None:
        return None
    if given := names(voice.words, named(voice.words, partners)):
        # How surely the words beside it were heard counts, not the name itself: a name is never a likely word.
        beside = range(min(given) - 2, max(given) + 3)
        near = [sure for index, sure in enumerate(voice.sureness) if index in beside and index not in given]
        return Proposal(True, 0.9 * trust(mean(near)))
    if re.search(r"\bspeaking\b|\bmy name\b", voice.text) or NAME_GIVEN in redacted(voice.source, partners):
        return None  # something like a name was said, and not understood
    return Proposal(False, _DENIAL * voice.sure())


def _department(voice: Spoken | None) -> Proposal[str | None] | None:
    if voice is None:
        return None
    found = [(name, match) for name, pattern in phrases.DEPARTMENTS.items() if (match := pattern.search(voice.text))]
    if len(found) > 1:
        return None  # several were named, as a menu does
    if found:
        name, match = found[0]
        return Proposal(name, 0.9 * trust(voice.sure(match)))
    return Proposal(None, _DENIAL * voice.sure())


def _layers(menus: Sequence[Spoken]) -> Proposal[int] | None:
    """Menus heard one after another; the same keys again are the same menu, said again."""
    menus = [menu for menu in menus if keys(menu)]
    if not menus:
        return None
    different = {(keys(menu), menu.words[:4]) for menu in menus} if len(menus) > 1 else {()}
    return Proposal(len(different), 0.8 * trust(mean([menu.sure() for menu in menus])))


def _options(menus: Sequence[Spoken]) -> Proposal[int] | None:
    most = max(menus, key=lambda menu: len(keys(menu)), default=None)
    if most is None or not keys(most):
        return None
    offered = keys(most)
    digits = sorted(int(key) for key in offered if key.isdigit() and key != "0")
    # A key in between was not understood, or the word after one more "press" was none.
    gap = (bool(digits) and digits != list(range(1, len(digits) + 1))) or _PRESS_WHAT.search(most.text) is not None
    return Proposal(len(offered), (0.55 if gap else 0.85) * trust(most.sure()))


def _emergency(voice: Spoken | None) -> Proposal[bool] | None:
    """Told whom to contact in an emergency: the word itself, and near it a way, surest with a number or a key."""
    if voice is None:
        return None
    text = voice.text
    for match in phrases.EMERGENCY.finditer(text):
        near = text[max(0, match.start() - 80) : match.end() + 160]
        if phrases.TELLS_WHO.search(near):
            numbered = re.search(
                rf"(?:\b\d+\b ?){{2,}}|\b\d{{3,}}\b|press {phrases.NUMBER}|hold|stay on the line", near
            )
            return Proposal(True, (0.95 if numbered else 0.75) * trust(voice.sure(match)))
    return Proposal(False, _DENIAL * voice.sure())


def _hours_given(voice: Spoken | None) -> Proposal[bool] | None:
    if voice is None:
        return None
    if opening.times_stated(voice.text):
        return Proposal(True, 0.9 * trust(voice.sure()))
    return Proposal(False, _DENIAL * voice.sure())


def _accepts(voice: Spoken | None, tones: Sequence[Tone]) -> Proposal[bool] | None:
    """Whether a message could be left: a beep after the greeting, and no word of a full mailbox."""
    if voice is None:
        return None
    if match := phrases.MAILBOX_FULL.search(voice.text):
        return Proposal(False, 0.95 * trust(voice.sure(match)))
    if any(tone.kind == "beep" and tone.start > voice.start for tone in tones):
        return Proposal(True, 0.95)
    return None  # the call may have ended before the beep
