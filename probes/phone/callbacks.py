"""Call-backs: which message a call to one of our numbers answers, and what that makes of a contact. Pure.

How such calls are found and kept does not live here. A number that is not the organisation's own is never written into
a note: it may be somebody's mobile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberType

from results.calendar import LONDON
from results.schema import Fact, Moment, Observation, Why

FACTS: Mapping[str, str] = {
    "vm.returned": "somebody rang back before the window closed",
    "vm.return_attempts": "calls that came back to us before the window closed",
    "vm.return_cli": "a call that came back showed a number that can be rung at an ordinary charge",
}
"""Moment `returned`: the first call that came back."""

RESOLUTION = dt.timedelta(seconds=1)
"""The carrier's list says in which second a call began, not when in it."""

_PREFIX = "Call-back: "
_SOURCE = "carrier's list of calls"
_DURING = "some time during the call, since somebody rang back"
_BLOCK = 6  # national digits; Ofcom allots geographic numbers in blocks of 10,000 or 1,000
_DEARER = {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.PERSONAL_NUMBER}


@dataclass(frozen=True)
class Message:
    """A contact that asked to be called back.

    `own`: our number that was shown and said. `line`: theirs that was rung; `lines`: all of theirs. `left`: the
    earliest moment at which somebody can ring back. `until`: when the window closes.
    """

    shop: str
    organisation: str
    own: str
    line: str
    lines: Collection[str]
    left: dt.datetime
    until: dt.datetime


@dataclass(frozen=True)
class Came:
    """A call to one of our numbers that began in the second from `at`. `caller`: None where it was withheld."""

    own: str
    caller: str | None
    at: dt.datetime


@dataclass(frozen=True)
class Match:
    """The contact that a call answers, and how that is known. Where it is not `sure`, a person says so."""

    shop: str
    by: str
    sure: bool = True


def match(came: Came, messages: Sequence[Message]) -> Match | None:
    """The message that a call answers.

    Sure where it came to the number that message gave, from a line of that organisation, and no other message fits; or
    with its number withheld, and that number was given in one message alone that is still open. A call before the
    message cannot answer it; one after the window closed answers it late, unless another is still open.
    """
    given = [one for one in messages if one.own == came.own and one.left < came.at + RESOLUTION]
    still = [one for one in given if came.at <= one.until]
    if came.caller is None:
        return _only(still, "the only open message that gave this number") or _only(given, "", sure=False)
    for candidates in (still, given):
        theirs = [one for one in candidates if came.caller == one.line]
        if found := _only(theirs, "the line that was rung"):
            return found
        theirs = theirs or [one for one in candidates if came.caller in one.lines]
        if found := _only(theirs, "another line of that organisation"):
            return found
        if theirs:
            return Match(_latest(theirs).shop, "", sure=False)
    near = [one for one in still or given if any(_block(came.caller) == _block(line) for line in one.lines)]
    return Match(_latest(near).shop, "", sure=False) if len({one.organisation for one in near}) == 1 else None


def awaits(call: Observation) -> bool:
    """Whether a call-back may follow a call that was to leave a message: it was answered, and nobody says none was
    left.
    """
    return (
        call.error is None
        and call.facts.get("phone.answered") is True
        and call.facts.get("vm.message_left") is not False
    )


def seen_with(
    call: Observation, came: Sequence[Came], lines: Collection[str], closes_at: dt.datetime, *, closed: bool
) -> Observation:
    """What a contact has met with so far: the call itself, and the calls that came back, in order of time.

    `call` may hold what was told of earlier call-backs; that is replaced. `lines`: the organisation's. Calls after
    `closes_at` are told and do not count.
    """
    came = sorted(came, key=lambda one: one.at)
    counted = [one for one in came if one.at <= closes_at]
    notes = [f"{_PREFIX}{_told(one, lines)}." for one in counted]
    notes += [
        f"{_PREFIX}{_told(one, lines)}, after the window had closed; it does not count." for one in came[len(counted) :]
    ]
    facts, unknown = _facts(call, counted, closed=closed)
    if closed and not counted:
        notes.append(f"{_PREFIX}nobody rang back by {_at(closes_at)}.")
    seen = _with(call, facts, unknown, notes)
    return seen.model_copy(update={"moments": _moments(call, counted), "complete": closed})


def can_be_rung(number: str | None) -> bool:
    """Whether a shown number is a valid UK number at an ordinary charge (General Condition C6)."""
    try:
        parsed = phonenumbers.parse(number or "", None)
    except phonenumbers.NumberParseException:
        return False
    if phonenumbers.region_code_for_number(parsed) != "GB":
        return False
    return phonenumbers.is_valid_number(parsed) and phonenumbers.number_type(parsed) not in _DEARER


# ------------------------------------------------------------------------------------------------ small parts


Unknown = Mapping[str, tuple[Why, str]]


def _facts(call: Observation, counted: Sequence[Came], *, closed: bool) -> tuple[dict[str, Fact], Unknown]:
    if counted:
        shown = any(can_be_rung(one.caller) for one in counted)
        return {"vm.returned": True, "vm.return_attempts": len(counted), "vm.return_cli": shown}, {}
    if not closed:
        return dict.fromkeys(FACTS), dict.fromkeys(FACTS, (Why.WINDOW_OPEN, "they may still ring back"))
    not_returned = (Why.NOT_APPLICABLE, "nobody rang back")
    if call.facts.get("vm.message_left") is True:
        return {"vm.returned": False, "vm.return_attempts": 0, "vm.return_cli": None}, {"vm.return_cli": not_returned}
    why, reason = call.unknown.get("vm.message_left", (Why.NEEDS_REVIEW, "nobody knows"))
    nobody_knows = (why, f"nobody rang back; whether a message was left: {reason}")
    return dict.fromkeys(FACTS), {**dict.fromkeys(FACTS, nobody_knows), "vm.return_cli": not_returned}


def _moments(call: Observation, counted: Sequence[Came]) -> dict[str, Moment]:
    moments = {name: one for name, one in call.moments.items() if name != "returned" and one.source != _DURING}
    if counted:
        first = counted[0].at
        moments["returned"] = Moment(lower=first, upper=first + RESOLUTION, source=_SOURCE)
        if "message_left" not in moments:
            lower, upper = moments["answered"].lower, max(moments["answered"].lower, moments["ended"].upper)
            moments["message_left"] = Moment(lower=lower, upper=min(upper, first + RESOLUTION), source=_DURING)
    return moments


def _with(call: Observation, facts: Mapping[str, Fact], unknown: Unknown, notes: Sequence[str]) -> Observation:
    """The call with these facts, and these notes after its own, in the place of earlier ones about call-backs."""
    kept = {name: why for name, why in call.unknown.items() if name not in FACTS}
    own = tuple(note for note in call.notes if not note.startswith(_PREFIX))
    told = {"facts": {**call.facts, **facts}, "unknown": {**kept, **unknown}, "notes": (*own, *notes)}
    return call.model_copy(update=told)


def _told(came: Came, lines: Collection[str]) -> str:
    if came.caller is None:
        shown = "with the number withheld"
    elif came.caller in lines:
        shown = "from a line of theirs"
    else:
        shown = "from another number" + (
            "" if can_be_rung(came.caller) else ", which cannot be rung at an ordinary charge"
        )
    return f"somebody rang back on {_at(came.at)}, {shown}"


def _at(moment: dt.datetime) -> str:
    return f"{moment.astimezone(LONDON):%A %d/%m/%Y at %H:%M}"


def _only(messages: Sequence[Message], by: str, *, sure: bool = True) -> Match | None:
    return Match(messages[0].shop, by, sure) if len(messages) == 1 else None


def _latest(messages: Sequence[Message]) -> Message:
    return max(messages, key=lambda one: one.left)


def _block(number: str) -> str:
    return number.removeprefix("+44")[:_BLOCK]
