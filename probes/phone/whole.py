"""What one call showed, whole: its times, who answered, what was heard, and the message it left. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from probes import Errand
from probes.phone import answered, callbacks, heard, messages, moments, timeline
from probes.phone.carriers import Speech
from probes.phone.heard import Facts, Setting
from probes.phone.listening import Listened
from results.schema import Fact, Observation, Why

FACTS: Mapping[str, str] = {
    **answered.FACTS,
    **moments.FACTS,
    **timeline.FACTS,
    **heard.FACTS,
    **messages.FACTS,
    **callbacks.FACTS,
}

NOT_RECORDED = (Why.NOT_APPLICABLE, "the call was not recorded, so nobody can tell any more")
NO_LISTENER = (Why.NEEDS_REVIEW, "needs a listener: the recording is kept, and nothing here listens (extra `hear`)")

_TOUCHES = 0.4  # seconds before the end of a recording within which a voice that still spoke was cut off
_OF_ITS_LIMIT = 2.0  # seconds by which a call that lasted its whole time may be shorter: carriers count in whole ones


@dataclass(frozen=True)
class Unheard:
    """Nobody and nothing listened."""

    why: Why
    reason: str


def whole(timed: Observation, errand: Errand, said: Speech, found: Listened | Unheard | None) -> Observation:
    """An observation with every fact of `FACTS`. `timed`: the call as it was watched. `found`: None where nobody
    answered.
    """
    if timed.error is not None:
        return timed
    if found is None:
        return _with(timed, _unanswered(errand))
    if isinstance(found, Unheard):
        return _with(timed, _unheard(errand, found), note=f"Who or what answered is not known: {found.reason}.")
    told = timed.moments
    added = timeline.moments(found, told["answered"], told["ended"])
    message = messages.not_left()
    if errand.scenario.leave_message:
        message = messages.message_left(found, said)
        if message.facts["vm.message_left"]:
            added["message_left"] = messages.moment(found, told["answered"], told["ended"])
    by = answered.answered(
        found.heard, errand.organisation, errand.scenario.in_hours, stayed=errand.scenario.stay_for > 0
    )
    seen = timed.model_copy(update={"moments": {**told, **added}})
    parts = (
        by.facts,
        heard.facts(found.heard, _setting(errand, said, found)),
        timeline.time_to_person(seen.moments, found.heard),
        message,
        _call_back(message),
    )
    return _with(seen, parts, by.note)


def _setting(errand: Errand, said: Speech, found: Listened) -> Setting:
    lines = {line.number: line.kind for line in errand.organisation.contacts.lines}
    ends = found.sounds[-1][1] if found.sounds else 0.0
    # A call to be ended at its limit that was shorter was ended by them, as a message that has been said ends it.
    ours = not said.until or found.lasted >= said.until - _OF_ITS_LIMIT
    return Setting(
        organisation=errand.organisation,
        line=lines.get(errand.target, "direct_dial"),
        in_hours=errand.scenario.in_hours,
        lasted=found.lasted,
        cut=ours and ends > found.lasted - _TOUCHES,
    )


def _unanswered(errand: Errand) -> tuple[Facts, ...]:
    why, reason = Why.NOT_APPLICABLE, "the call was not answered"
    return (
        answered.unanswered(errand.scenario.in_hours),
        heard.unheard(why, reason),
        Facts(dict.fromkeys(timeline.FACTS), dict.fromkeys(timeline.FACTS, (why, reason))),
        messages.not_left(),
        _call_back(messages.not_left()),
    )


def _unheard(errand: Errand, found: Unheard) -> tuple[Facts, ...]:
    why, reason = found.why, found.reason
    message = messages.not_left()
    if errand.scenario.leave_message:
        message = messages.unheard(why, reason)
    return (
        answered.unheard(why, reason, errand.scenario.in_hours),
        heard.unheard(why, reason),
        Facts(dict.fromkeys(timeline.FACTS), dict.fromkeys(timeline.FACTS, (why, reason))),
        message,
        _call_back(message),
    )


def _call_back(message: Facts) -> Facts:
    """Until somebody looks for it: there is none without a message, and otherwise it may still come."""
    why = (Why.WINDOW_OPEN, "they may still ring back")
    if message.facts["vm.message_left"] is False:
        why = (Why.NOT_APPLICABLE, "no message was left")
    return Facts(dict.fromkeys(callbacks.FACTS), dict.fromkeys(callbacks.FACTS, why))


def _with(seen: Observation, parts: tuple[Facts, ...], note: str | None = None) -> Observation:
    """The observation with these facts in the place of its own of the same name, and their reasons."""
    facts: dict[str, Fact] = dict(seen.facts)
    unknown = dict(seen.unknown)
    for part in parts:
        facts |= part.facts
        unknown = {name: why for name, why in unknown.items() if name not in part.facts} | dict(part.unknown)
    notes = seen.notes if note is None else (*seen.notes, note)
    told = seen.model_dump() | {"facts": facts, "unknown": unknown, "notes": notes}
    return Observation.model_validate(told)
