"""From what is proposed about an answer to facts, or to questions for a listener. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from probes.phone.greeting import Heard, Proposal
from probes.phone.opening import as_text, same_hours
from probes.phone.phrases import Kind
from results.calendar import Calendar
from results.schema import Fact, Organisation, Why

THRESHOLD = 0.6
"""The least confidence of a fact. Measured by `benchmarks.hearing`; below it a person listens."""

FACTS: Mapping[str, str] = {
    "phone.salutation": "the person used a salutation",
    "phone.org_name": "the person gave the organisation's name, told from all partners' names",
    "phone.own_name": "the person gave a name; whose is not kept",
    "phone.dept_name": "the person named a department or service",
    "phone.offer_of_help": "the person offered to help",
    "phone.ivr_present": "an automated menu answered",
    "phone.ivr_layers": "menus heard one after another",
    "phone.ivr_options": "most options in one menu",
    "phone.ivr_time": "seconds of recorded messages and menus",
    "phone.queue_info": "the queue told the caller's place or the expected wait",
    "phone.callback_offered": "the queue offered to call back",
    "phone.website_mentioned": "the website was offered",
    "vm.reached": "a voicemail or an answering machine took the call",
    "vm.greet_org": "its greeting named the organisation",
    "vm.greet_alternative": "it gave another contact, or said that the call would be returned",
    "vm.accepts": "it gave a beep and was not full",
    "ooh.emergency_contact": "the message told whom to contact in an emergency",
    "ooh.opening_hours": "the message stated opening hours",
    "ooh.hours_given": "the hours stated, by day",
    "ooh.hours_match": "the hours stated are the published ones",
    "ooh.website_referred": "the message referred callers to the website",
    "ooh.org_name": "the message named the organisation",
}

_RECORDED: tuple[Kind, ...] = ("ivr", "queue", "recorded", "out_of_hours")


@dataclass(frozen=True)
class Facts:
    """What is sure enough, and why the rest is not a fact."""

    facts: Mapping[str, Fact]
    unknown: Mapping[str, tuple[Why, str]]


def facts(
    heard: Heard, organisation: Organisation, published: Calendar | None = None, threshold: float = THRESHOLD
) -> Facts:
    """Every fact of `FACTS`. `published`: the hours on the website, to compare the stated ones with.

    A question that cannot be asked of such an answer is not applicable; one that was not surely heard needs review.
    """
    kinds = {part.kind for part in heard.parts}
    sure = heard.answer.confidence >= threshold
    person, queue, menu = "person" in kinds, "queue" in kinds, "ivr" in kinds
    mailbox, closed = "voicemail" in kinds, "out_of_hours" in kinds
    named = _names(heard.organisation, organisation)
    department = None if heard.department is None else _has(heard.department)
    hours = Proposal(bool(heard.hours and published and same_hours(heard.hours, published)), 0.8)
    asked: dict[str, tuple[bool, str, Proposal[bool] | Proposal[int] | None]] = {
        "phone.salutation": (person, "no person was reached", heard.salutation),
        "phone.org_name": (person, "no person was reached", named),
        "phone.own_name": (person, "no person was reached", heard.own_name),
        "phone.dept_name": (person, "no person was reached", department),
        "phone.offer_of_help": (person, "no person was reached", heard.offer_of_help),
        "phone.ivr_present": (True, "", Proposal(menu, heard.answer.confidence)),
        "phone.ivr_layers": (menu, "there was no menu", heard.menu_layers),
        "phone.ivr_options": (menu, "there was no menu", heard.menu_options),
        "phone.ivr_time": (
            bool(kinds & set(_RECORDED)),
            "nothing recorded was played",
            Proposal(round(heard.seconds(*_RECORDED)), heard.answer.confidence),
        ),
        "phone.queue_info": (queue, "there was no queue", heard.queue_info),
        "phone.callback_offered": (queue, "there was no queue", heard.call_back_offered),
        "phone.website_mentioned": (True, "", heard.website_offered),
        "vm.reached": (True, "", Proposal(mailbox, heard.answer.confidence)),
        "vm.greet_org": (mailbox, "no voicemail answered", named),
        "vm.greet_alternative": (mailbox, "no voicemail answered", heard.another_way),
        "vm.accepts": (mailbox, "no voicemail answered", heard.message_accepted),
        "ooh.emergency_contact": (closed, "nothing said that the office was closed", heard.emergency_contact),
        "ooh.opening_hours": (closed, "nothing said that the office was closed", heard.hours_given),
        "ooh.hours_match": (
            bool(heard.hours and published),
            "no opening hours were understood, or none are published to compare them with",
            hours,
        ),
        "ooh.website_referred": (closed, "nothing said that the office was closed", heard.website_offered),
        "ooh.org_name": (closed, "nothing said that the office was closed", named),
    }
    found: dict[str, Fact] = {}
    unknown: dict[str, tuple[Why, str]] = {}
    for name, (applies, otherwise, proposal) in asked.items():
        found[name] = None
        if not sure:
            unknown[name] = (Why.NEEDS_REVIEW, "what answered was not clear; it needs a listener")
        elif not applies:
            unknown[name] = (Why.NOT_APPLICABLE, otherwise)
        elif proposal is None or proposal.confidence < threshold:
            unknown[name] = (Why.NEEDS_REVIEW, "not heard clearly; it needs a listener")
        else:
            found[name] = proposal.value
    found["ooh.hours_given"] = as_text(heard.hours) if sure and heard.hours else None
    if not heard.hours:
        unknown["ooh.hours_given"] = (Why.NOT_APPLICABLE, "no opening hours with their days were understood")
    elif not sure:
        unknown["ooh.hours_given"] = (Why.NEEDS_REVIEW, "what answered was not clear; it needs a listener")
    return Facts(found, unknown)


def unheard(why: str) -> Facts:
    """Every fact unknown, where nobody and nothing could listen: no recording, or no listener."""
    return Facts(dict.fromkeys(FACTS), dict.fromkeys(FACTS, (Why.NEEDS_REVIEW, why)))


def _names(heard: Proposal[str | None] | None, organisation: Organisation) -> Proposal[bool] | None:
    """Whether it was this organisation that was named. Another partner's name is for a listener to confirm."""
    if heard is None or heard.value not in (None, organisation.id):
        return None
    return Proposal(heard.value is not None, heard.confidence)


def _has(heard: Proposal[str | None]) -> Proposal[bool]:
    return Proposal(heard.value is not None, heard.confidence)
