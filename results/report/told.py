"""Contacts put into words: each as a reader of the report sees it, with its answers, notes and evidence. Pure.

What becomes of them in pages and workbooks lives in `results.report.contacts`.
"""

from __future__ import annotations

from operator import itemgetter
from typing import NamedTuple

from results import words
from results.findings import said
from results.marking import COULD_NOT_TELL
from results.report.happened import happened, why_not_counted
from results.report.in_order import InOrder
from results.report.model import Cell, EvidenceRow, ShopRow
from results.schema import Answer, Channel, Criterion, Shop, State

_OF_SHOPS = set(ShopRow.model_fields)
"""A large wave has contacts by the ten thousand: they are made of what has been checked, and share this set."""
_LONGEST_NOTE = 400
_MOST_NOTES = 12


class InWords:
    """The contacts of a wave in words. An answer that many contacts share is put into words once."""

    def __init__(self, contacts: InOrder) -> None:
        self._contacts = contacts
        self._criteria = {one.id: one for one in contacts.scheme.criteria}
        self._places = {
            channel: {one.id: place for place, one in enumerate(asked)} for channel, asked in contacts.asked.items()
        }
        self._told: dict[Channel, dict[int, _Told]] = {channel: {} for channel in contacts.asked}

    def of(self, organisation: str) -> dict[Channel, tuple[ShopRow, ...]]:
        """An organisation's contacts by channel, in the order in which they were made."""
        found: dict[Channel, list[ShopRow]] = {}
        for shop in self._contacts.by_organisation[organisation]:
            found.setdefault(shop.channel, []).append(self._shop(shop))
        return {channel: tuple(own) for channel, own in found.items()}

    def _new(self, channel: Channel, given: Answer) -> _Told:
        """An answer for the first time. Where equal ones are the same object it need not be put into words again."""
        places = self._places[channel]
        criterion = self._criteria.get(given.criterion)
        if criterion is None or criterion.id not in places:
            found = _Told(-1, None, "")
        else:
            found = _Told(places[criterion.id], _cell(criterion, given), _corrected(criterion, given))
        self._told[channel][id(given)] = found
        return found

    def _shop(self, shop: Shop) -> ShopRow:
        seen = shop.observation
        known = map(self._told[shop.channel].get, map(id, shop.answers))
        told = [one or self._new(shop.channel, given) for one, given in zip(known, shop.answers, strict=True)]
        corrected = tuple([one.corrected for one in told if one.corrected])
        told.sort(key=_place)
        return ShopRow.model_construct(
            _OF_SHOPS,
            anchor=self._contacts.anchors[shop.id],
            id=shop.id,
            shopper=shop.shopper,
            made_at=shop.made_at,
            made=words.moment(shop.made_at) if shop.made_at else "not made",
            contact=shop.target,
            enquiry=shop.enquiry.replace("-", " ").capitalize(),
            state=shop.state if shop.counted else why_not_counted(shop),
            counted=shop.counted,
            happened=tuple(cut_short(sentence) for sentence in happened(shop)),
            cells=tuple([one.cell for one in told if one.cell is not None]),
            access=shop.access,
            quality=shop.quality,
            notes=tuple(cut_short(note) for note in ((seen.notes if seen else ()) + corrected)[:_MOST_NOTES]),
            evidence=tuple(
                EvidenceRow(
                    kind=one.kind,
                    name=one.name,
                    sha256=one.sha256,
                    size=one.size,
                    keep_until=one.keep_until,
                )
                for one in (seen.evidence if seen else ())
            ),
        )


class _Told(NamedTuple):
    """An answer in words: its place among the questions of its channel, and what a person settled otherwise."""

    place: int
    cell: Cell | None
    corrected: str


_place = itemgetter(0)


def _corrected(criterion: Criterion, given: Answer) -> str:
    """What a person has settled otherwise than was proposed, with the proposal."""
    if given.reviewed not in ("corrected", "cannot tell"):
        return ""
    return f"{criterion.short}: {given.reviewed} by a person; before that: {said(criterion, given.proposal)}."


def _cell(criterion: Criterion, given: Answer) -> Cell:
    if given.state is State.ANSWERED:
        text = said(criterion, given.value, given.marks)
    elif given.state is State.NOT_APPLICABLE:
        text = "N/A"
    elif given.reviewed == "cannot tell" or given.why == COULD_NOT_TELL:
        text = "Cannot tell"
    elif given.value is not None:
        text = f"{given.state.value.capitalize()} ({said(criterion, given.value)}?)"
    else:
        text = given.state.value.capitalize()
    return Cell(
        criterion=criterion.id, words=cut_short(text), marks=given.marks, state=given.state, why=cut_short(given.why)
    )


def cut_short(text: str) -> str:
    """Texts may come from outside: no control characters, and no longer than a reader would read."""
    clean = text
    if not text.isprintable():
        clean = "".join(character if character.isprintable() else " " for character in text)
    return clean if len(clean) <= _LONGEST_NOTE else f"{clean[:_LONGEST_NOTE].rstrip()}…"
