"""Who or what answered, as far as it was heard, and what that says of the call. Pure.

What the voices said is told in `heard`; the moments at which they spoke, in `timeline`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from probes.phone.greeting import Heard
from probes.phone.heard import THRESHOLD, Facts
from results.schema import Fact, Organisation, Why

FACTS: Mapping[str, str] = {
    "phone.answered_by": "person, ivr, queue, queue_then_person, voicemail, recorded_message_ends, fax_or_data or "
    "number_not_in_use, said by a voice; wrong_organisation is only ever proposed",
    "ooh.answered": "outside office hours a person or a message answered",
}

_NOBODY = frozenset({"voicemail", "recorded_message_ends", "fax_or_data"})
_IN_WORDS: Mapping[str, str] = {
    "person": "A person answered",
    "ivr": "A menu answered",
    "queue": "A queue answered, and no person came",
    "queue_then_person": "A queue answered, and then a person",
    "voicemail": "A voicemail answered",
    "recorded_message_ends": "A recorded message answered",
    "fax_or_data": "A fax or a modem answered",
    "number_not_in_use": "A recorded voice said that the number is not in use",
}
_OUTSIDE = "the call was made outside office hours"
_UNCLEAR = "what answered was not clear; it needs a listener"

Found = tuple[Fact, Why, str]


@dataclass(frozen=True)
class Answered:
    """`note`: one sentence with its confidence."""

    facts: Facts
    note: str


def answered(
    heard: Heard, organisation: Organisation, in_hours: bool, stayed: bool, threshold: float = THRESHOLD
) -> Answered:
    """What was heard, as `FACTS` and as outcome, contactability and giving up; and where a voice denied it, that the
    number works.

    `stayed`: the scenario stays on the line until a person comes, up to its limit. No key is ever pressed: whether a
    menu leads to a person is not known.
    """
    sure = heard.answer.confidence
    by = "recorded_message_ends" if heard.answer.value == "out_of_hours" else heard.answer.value
    other = _another(heard, organisation, threshold)
    if sure < threshold or by == "unknown":
        note = f"What answered was not clear (best guess: {by.replace('_', ' ')}, confidence {sure:.2f})."
        return Answered(_unsure(_UNCLEAR, in_hours), note)
    if other is not None:
        reason = f"proposed: wrong organisation, for {other} was named; a person has to confirm it"
        note = f"{_IN_WORDS[by]}, and gave the name of another organisation of the partnership: {other}."
        return Answered(_unsure(reason, in_hours), note)
    reached = any(part.kind == "person" and part.confidence >= threshold for part in heard.parts)
    told: dict[str, Found] = {
        "phone.outcome": (by, Why.NEEDS_REVIEW, ""),
        "phone.answered_by": (by, Why.NEEDS_REVIEW, ""),
        "phone.contactable": _contactable(by, reached, stayed) if in_hours else (None, Why.NOT_APPLICABLE, _OUTSIDE),
        "phone.gave_up": _gave_up(by, reached, stayed),
        "ooh.answered": _out_of_hours(by != "fax_or_data", in_hours),
    }
    if by == "number_not_in_use":
        told["phone.number_works"] = (None, Why.NEEDS_REVIEW, "a recorded voice says that the number is not in use")
        told["ooh.answered"] = _out_of_hours(False, in_hours)
    return Answered(_facts(told), f"{_IN_WORDS[by]} (confidence {sure:.2f}).")


def unheard(why: Why, reason: str, in_hours: bool) -> Facts:
    """An answered call that nobody listened to: an answer counts."""
    return _facts(
        {
            "phone.outcome": ("answered", why, ""),
            "phone.answered_by": (None, why, reason),
            "phone.contactable": (True if in_hours else None, Why.NOT_APPLICABLE, _OUTSIDE),
            "phone.gave_up": (False, why, ""),
            "ooh.answered": _out_of_hours(True, in_hours),
        }
    )


def unanswered(in_hours: bool) -> Facts:
    """What a call that nobody answered says besides its outcome."""
    told = {
        "phone.answered_by": (None, Why.NOT_APPLICABLE, "the call was not answered"),
        "ooh.answered": _out_of_hours(False, in_hours),
    }
    return _facts(told if in_hours else told | {"phone.contactable": (None, Why.NOT_APPLICABLE, _OUTSIDE)})


def _contactable(by: str, reached: bool, stayed: bool) -> Found:
    if reached:
        return True, Why.NEEDS_REVIEW, ""
    if by in _NOBODY or (by == "queue" and stayed):
        return False, Why.NEEDS_REVIEW, ""
    if by == "ivr" and stayed:
        reason = "a menu answered, and no key was pressed; whether it leads to a person is for a person to find out"
        return None, Why.NEEDS_REVIEW, reason
    if by in ("ivr", "queue"):
        reason = "a menu or a queue answered, and the scenario does not stay until a person comes"
        return None, Why.NOT_APPLICABLE, reason
    return None, Why.NEEDS_REVIEW, _UNCLEAR


def _gave_up(by: str, reached: bool, stayed: bool) -> Found:
    if reached or by not in ("ivr", "queue"):
        return False, Why.NEEDS_REVIEW, ""
    if not stayed:
        return None, Why.NOT_APPLICABLE, "the scenario does not stay until a person comes"
    if by == "ivr":
        return None, Why.NEEDS_REVIEW, "no person came within the scenario's limit, but no key of the menu was pressed"
    return True, Why.NEEDS_REVIEW, ""


def _out_of_hours(answered: bool, in_hours: bool) -> Found:
    return (None if in_hours else answered), Why.NOT_APPLICABLE, "the call was made in office hours"


def _another(heard: Heard, organisation: Organisation, threshold: float) -> str | None:
    """Another partner that was named instead, by its id."""
    named = heard.organisation
    if named is None or named.value in (None, organisation.id) or named.confidence < threshold:
        return None
    return named.value


def _unsure(reason: str, in_hours: bool) -> Facts:
    """The call was answered; by whom, and so what else, waits for a listener."""
    review: Found = (None, Why.NEEDS_REVIEW, reason)
    return _facts(
        {
            "phone.outcome": review,
            "phone.answered_by": review,
            "phone.contactable": review if in_hours else (None, Why.NOT_APPLICABLE, _OUTSIDE),
            "phone.gave_up": review,
            "ooh.answered": _out_of_hours(True, in_hours),
        }
    )


def _facts(told: Mapping[str, Found]) -> Facts:
    return Facts(
        {name: value for name, (value, _, _) in told.items()},
        {name: (why, reason) for name, (value, why, reason) in told.items() if value is None},
    )
