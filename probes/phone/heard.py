"""From what is proposed about an answer to facts, or to questions for a listener. Pure.

What a question is asked of, and when it is not, is decided here; who or what answered is told in `answered`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from probes.phone.greeting import Heard, Part, Proposal
from probes.phone.opening import as_text, same_hours
from probes.phone.phrases import Kind
from results.schema import Fact, Organisation, Why

THRESHOLD = 0.6
"""The least confidence of a fact. Measured by `benchmarks.hearing`; below it a person listens."""

FACTS: Mapping[str, str] = {
    "phone.salutation": "the person used a salutation",
    "phone.org_name": "the person gave the organisation's name, told from all partners' names",
    "phone.own_name": "the person gave a name; whose is not kept",
    "phone.dept_name": "the person named a department or service; not asked of a switchboard or contact centre",
    "phone.offer_of_help": "the person offered to help",
    "phone.ivr_present": "an automated menu answered",
    "phone.ivr_layers": "menus heard one after another",
    "phone.ivr_options": "most options in one menu",
    "phone.ivr_time": "seconds of recorded messages and menus",
    "phone.queue_time": "seconds from the first word of the queue to a person, or to the end of the call",
    "phone.hold_time": "seconds from being asked to hold by a person to the next person, or to the end of the call",
    "phone.queue_info": "the queue told the caller's place or the expected wait",
    "phone.callback_offered": "the queue offered to call back",
    "phone.website_mentioned": "a recorded voice offered the website",
    "vm.reached": "in office hours a voicemail or an answering machine took the call",
    "vm.greet_org": "its greeting named the organisation",
    "vm.greet_alternative": "it gave another contact, or said that the call would be returned",
    "vm.accepts": "it gave a beep and was not full",
    "ooh.emergency_contact": "the message told whom to contact in an emergency",
    "ooh.opening_hours": "the message stated opening hours",
    "ooh.hours_given": "the hours stated, by day",
    "ooh.hours_match": "the hours stated are those of the register, which are the published ones",
    "ooh.website_referred": "the message referred callers to the website",
    "ooh.org_name": "the message named the organisation",
    "ooh.message_length": "seconds of the message, from its first word to its last",
}

_RECORDED: frozenset[Kind] = frozenset({"ivr", "recorded", "out_of_hours"})
_MACHINE: frozenset[Kind] = frozenset({"ivr", "queue", "recorded", "out_of_hours", "voicemail"})
_ASKS_TO_HOLD = re.compile(
    r"\b(?:hold|put(?:ting)? you (?:through|on)|transfer|connect(?:ing)? you|one moment)\b", re.I
)
_CUT = "the call ended before that voice had done, so it may have come later"
_IN_HOURS = "the call was made in office hours"
_OUTSIDE = "the call was made outside office hours"
_NOT_CLEAR = "not heard clearly; it needs a listener"

Reasons = Mapping[str, tuple[Why, str]]


@dataclass(frozen=True)
class Setting:
    """What was called, and when. `lasted`: seconds recorded. `cut`: we hung up while somebody or something spoke."""

    organisation: Organisation
    line: Literal["switchboard", "contact_centre", "direct_dial"] = "direct_dial"
    in_hours: bool = True
    lasted: float = 0.0
    cut: bool = False


@dataclass(frozen=True)
class Facts:
    """What is sure enough, and why the rest is not a fact."""

    facts: Mapping[str, Fact]
    unknown: Reasons


@dataclass(frozen=True)
class _Asked:
    """A question: why it cannot be asked, where it cannot; what is proposed; whether a No may only be cut off."""

    otherwise: str | None
    proposal: Proposal[bool] | Proposal[int] | None
    cut: bool = False


def facts(heard: Heard, setting: Setting, threshold: float = THRESHOLD) -> Facts:
    """Every fact of `FACTS`.

    A question that cannot be asked of such an answer is not applicable; one that was not surely heard needs review. A
    No that may only be the end of our call is not applicable: nobody can find out any more.
    """
    asked = {**_of_the_person(heard, setting), **_of_machines(heard, setting), **_of_a_message(heard, setting)}
    found: dict[str, Fact] = {}
    unknown: dict[str, tuple[Why, str]] = {}
    for name, one in asked.items():
        found[name] = None
        if one.otherwise in (_IN_HOURS, _OUTSIDE):  # the clock says so, whoever answered
            unknown[name] = (Why.NOT_APPLICABLE, one.otherwise)
        elif heard.answer.confidence < threshold:
            unknown[name] = (Why.NEEDS_REVIEW, "what answered was not clear; it needs a listener")
        elif one.otherwise is not None:
            unknown[name] = (Why.NOT_APPLICABLE, one.otherwise)
        elif one.proposal is None or one.proposal.confidence < threshold:
            unknown[name] = (Why.NEEDS_REVIEW, _NOT_CLEAR)
        elif one.cut and one.proposal.value is not True:
            unknown[name] = (Why.NOT_APPLICABLE, _CUT)
        else:
            found[name] = one.proposal.value
    stated = found["ooh.opening_hours"] is True and bool(heard.hours)
    found["ooh.hours_given"] = as_text(heard.hours) if stated else None
    if not stated:
        unknown["ooh.hours_given"] = (Why.NOT_APPLICABLE, "no opening hours with their days were understood")
    return Facts(found, unknown)


def unheard(why: Why, reason: str) -> Facts:
    """Every fact unknown, for one reason."""
    return Facts(dict.fromkeys(FACTS), dict.fromkeys(FACTS, (why, reason)))


def _of_the_person(heard: Heard, setting: Setting) -> dict[str, _Asked]:
    people = [part for part in heard.parts if part.kind == "person"]
    nobody = None if people else "no person was reached"
    desk = setting.line != "direct_dial"
    cut = setting.cut and people[:1] == list(heard.parts[-1:])
    department = None if heard.department is None else _has(heard.department)
    hold = _hold_time(heard.parts, setting.lasted)
    return {
        "phone.salutation": _Asked(nobody, heard.salutation, cut),
        "phone.org_name": _Asked(nobody, _names(heard.organisation, setting.organisation), cut),
        "phone.own_name": _Asked(nobody, heard.own_name, cut),
        "phone.dept_name": _Asked(nobody or ("the line is everybody's first" if desk else None), department, cut),
        "phone.offer_of_help": _Asked(nobody, heard.offer_of_help, cut),
        "phone.hold_time": _Asked(nobody or (None if hold else "nobody asked the caller to hold"), hold),
    }


def _of_machines(heard: Heard, setting: Setting) -> dict[str, _Asked]:
    kinds = {part.kind for part in heard.parts}
    sure = heard.answer.confidence
    cut = _machine_cut(heard, setting)
    no_menu = None if "ivr" in kinds else "there was no menu"
    no_queue = None if "queue" in kinds else "there was no queue"
    no_machine = None if kinds & _MACHINE else "nothing recorded was played"
    no_mailbox = None if "voicemail" in kinds else "no voicemail answered"
    nothing_played = None if kinds & _RECORDED else "nothing recorded was played"
    closed = None if setting.in_hours else _OUTSIDE
    recorded = Proposal(round(heard.seconds(*_RECORDED)), sure)
    named = _names(heard.organisation, setting.organisation)
    return {
        "phone.ivr_present": _Asked(None, Proposal("ivr" in kinds, sure)),
        "phone.ivr_layers": _Asked(no_menu, heard.menu_layers, cut),
        "phone.ivr_options": _Asked(no_menu, heard.menu_options, cut),
        "phone.ivr_time": _Asked(nothing_played, recorded, cut),
        "phone.queue_time": _Asked(no_queue, _queue_time(heard.parts, setting.lasted)),
        "phone.queue_info": _Asked(no_queue, heard.queue_info, cut),
        "phone.callback_offered": _Asked(no_queue, heard.call_back_offered, cut),
        "phone.website_mentioned": _Asked(no_machine, heard.website_offered, cut),
        "vm.reached": _Asked(closed, Proposal("voicemail" in kinds, sure)),
        "vm.greet_org": _Asked(no_mailbox, named, cut),
        "vm.greet_alternative": _Asked(no_mailbox, heard.another_way, cut),
        "vm.accepts": _Asked(no_mailbox, heard.message_accepted),
    }


def _of_a_message(heard: Heard, setting: Setting) -> dict[str, _Asked]:
    """What an out-of-hours message should say, asked of whatever recorded voice answered then."""
    played = [part for part in heard.parts if part.kind in _MACHINE]
    cut = _machine_cut(heard, setting)
    otherwise = _IN_HOURS if setting.in_hours else None if played else "no recorded message answered"
    published = setting.organisation.hours
    match = Proposal(same_hours(heard.hours, published), 0.8) if heard.hours else None
    stated = bool(heard.hours or heard.hours_given is None or heard.hours_given.value)
    no_hours = otherwise or (None if stated else "no opening hours were stated")
    length = Proposal(round(played[-1].end - played[0].start), heard.answer.confidence) if played else None
    return {
        "ooh.emergency_contact": _Asked(otherwise, heard.emergency_contact, cut),
        "ooh.opening_hours": _Asked(otherwise, heard.hours_given, cut),
        "ooh.hours_match": _Asked(no_hours, match, cut),
        "ooh.website_referred": _Asked(otherwise, heard.website_offered, cut),
        "ooh.org_name": _Asked(otherwise, _names(heard.organisation, setting.organisation), cut),
        "ooh.message_length": _Asked(otherwise, length, cut),
    }


def _machine_cut(heard: Heard, setting: Setting) -> bool:
    return setting.cut and bool(heard.parts) and heard.parts[-1].kind != "person"


def _queue_time(parts: tuple[Part, ...], lasted: float) -> Proposal[int] | None:
    first = next((part for part in parts if part.kind == "queue"), None)
    if first is None:
        return None
    person = next((part for part in parts if part.kind == "person" and part.start > first.start), None)
    sure = min(first.confidence, person.confidence) if person else first.confidence
    return Proposal(round((person.start if person else lasted) - first.start), sure)


def _hold_time(parts: tuple[Part, ...], lasted: float) -> Proposal[int] | None:
    """From a person's request to hold, or their word of putting the caller through; None where there was none."""
    for number, part in enumerate(parts):
        if part.kind == "person" and _ASKS_TO_HOLD.search(part.text):
            following = next((later for later in parts[number + 1 :] if later.kind == "person"), None)
            sure = min(part.confidence, following.confidence) if following else part.confidence
            return Proposal(round((following.start if following else lasted) - part.end), sure)
    return None


def _names(heard: Proposal[str | None] | None, organisation: Organisation) -> Proposal[bool] | None:
    """Whether it was this organisation that was named. Another partner's name is for a listener to confirm."""
    if heard is None or heard.value not in (None, organisation.id):
        return None
    return Proposal(heard.value is not None, heard.confidence)


def _has(heard: Proposal[str | None]) -> Proposal[bool]:
    return Proposal(heard.value is not None, heard.confidence)
