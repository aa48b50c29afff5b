"""What calls to the numbers of a site add to its visit: which of them are in service. Pure; who calls is elsewhere."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from probes.web.mention import Mention
from probes.web.numbers import NUMBERS_SEEN
from probes.web.reading import percent
from results.schema import Observation

READING = "web reading"
"""The kind of a visit's evidence that lists the numbers."""

_FACT = "web.phone.numbers_used"
_PREFIX = "Numbers called: "
_FEW = 8  # sentences; the contacts by telephone have them all


def found(reading: bytes) -> tuple[Mention, ...]:
    """The organisation's valid numbers that a visit found, from its evidence; none where that was cut short."""
    try:
        seen = json.loads(reading)["seen"].get(NUMBERS_SEEN, [])
    except (ValueError, KeyError):
        return ()
    told = (Mention(**one) for one in seen)
    return tuple(one for one in told if one.number is not None and one.whose == "own" and not one.textphone)


def in_service(
    visit: Observation, mentions: Sequence[Mention], works: Mapping[str, bool], permitted: Collection[str]
) -> Observation:
    """The visit with what is known of its numbers. The same calls give the same visit.

    `works`: for each number called whether it is in service, where that is known. `permitted`: the numbers that the
    register names; others are never called.
    """
    pages: dict[str, list[Mention]] = {}
    for mention in mentions:
        pages.setdefault(mention.number or "", []).append(mention)
    called = {number: works[number] for number in pages if number in works}
    if not called:
        return visit
    notes = [f"{_PREFIX}{_where(pages[number])} is not in service." for number, good in called.items() if not good]
    notes = notes[:_FEW] + [f"{_PREFIX}and {len(notes) - _FEW} more are not in service."] * (len(notes) > _FEW)
    notes.append(f"{_PREFIX}{len(called)} of the {len(pages)} on this site{_left_out(pages, permitted)}.")
    facts = {**visit.facts, _FACT: percent(sum(called.values()), len(called))}
    unknown = {name: why for name, why in visit.unknown.items() if name != _FACT}
    own = tuple(note for note in visit.notes if not note.startswith(_PREFIX))
    return visit.model_copy(update={"facts": facts, "unknown": unknown, "notes": (*notes, *own)})


def _where(shown: Sequence[Mention]) -> str:
    places = list(dict.fromkeys(mention.page for mention in shown))
    others = len(places) - 1
    more = f" and {others} other page{'s' if others > 1 else ''}" if others else ""
    return f"the number {shown[0].shown} on {places[0]}{more}"


def _left_out(pages: Mapping[str, Sequence[Mention]], permitted: Collection[str]) -> str:
    barred = [shown[0].shown for number, shown in pages.items() if number not in permitted]
    if not barred:
        return ""
    more = f" and {len(barred) - _FEW} more" if len(barred) > _FEW else ""
    return f"; not permitted by the register, and so not called: {', '.join(barred[:_FEW])}{more}"
