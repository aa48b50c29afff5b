"""What of a whole wave report who may see: its consent's reporting level kept, or one organisation's own view. Pure.

A report for one organisation holds its own results in full and every other's scores and figures under a letter. The
letters are dealt by a secret, so that nobody who knows the members can work out who is who; the same secret deals
them alike each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Literal, TypeVar

from pydantic import BaseModel

from results.benchmark import Benchmark
from results.findings import Findings
from results.report.model import ChannelPart, ContactsOf, OrganisationPart, RefusalCount, ShopRow, WaveReport
from results.schema import Channel

Part = TypeVar("Part", bound=BaseModel)
Level = Literal["organisation", "department", "service"]

WITHHELD: Mapping[Level, str] = {
    "organisation": "This organisation agreed to be reported as a whole: which line, address or enquiry each contact "
    "was, with its notes and evidence, is kept from the other members.",
    "department": "This organisation agreed to be reported by department: what each contact asked, with its notes and "
    "evidence, is kept from the other members.",
}
NOT_SHOWN = "not shown"


def at_reporting_levels(report: WaveReport, levels: Mapping[str, Level]) -> WaveReport:
    """The report as all members may read it. `levels`: {organisation: the reporting level of its consent}.

    service: everything; department: the line or address of each contact, not what it asked; organisation: neither.
    """
    held = _not_all(levels)
    names = {one.name for one in report.organisations if one.id in held}
    return report.model_copy(
        update={
            "organisations": tuple(_held(one, held[one.id]) if one.id in held else one for one in report.organisations),
            "refusals": tuple(
                one.model_copy(update={"reason": NOT_SHOWN}) if one.organisation in names else one
                for one in report.refusals
            ),
        }
    )


def contacts_at_reporting_levels(contacts: ContactsOf, levels: Mapping[str, Level]) -> ContactsOf:
    """The contacts as all members may read them."""
    held = _not_all(levels)

    def shown(organisation: str) -> Mapping[Channel, tuple[ShopRow, ...]]:
        own = contacts(organisation)
        if organisation not in held:
            return own
        return {key: tuple(_shop_held(one, held[organisation]) for one in each) for key, each in own.items()}

    return shown


def for_one(report: WaveReport, own: str, secret: str) -> WaveReport:
    """The report for one organisation: its own results, and the others' scores and figures without names.

    Raises `KeyError` when `own` is not in the report.
    """
    if own not in {one.id for one in report.organisations}:
        raise KeyError(own)
    dealt = _dealt([one.id for one in report.organisations if one.id != own], secret)
    parts = {one.id: one for one in report.organisations}
    new = {own: own} | {key: f"organisation-{letters.lower()}" for key, letters in dealt.items()}
    names = {own: parts[own].name} | {new[key]: f"Organisation {letters}" for key, letters in dealt.items()}
    kept = frozenset(shop.id for channel in parts[own].channels for shop in channel.shops)
    others = tuple(
        _anonymous(parts[key], new[key], names[new[key]]) for key in sorted(dealt, key=lambda key: _order(dealt[key]))
    )
    return report.model_copy(
        update={
            "own": own,
            "channels": tuple(_channel(part, new, names, kept) for part in report.channels),
            "organisations": (parts[own], *others),
            "refusals": tuple(one for one in report.refusals if one.organisation == parts[own].name)
            + _uncounted(report.refusals, parts[own].name),
            "services": (),
            # why a plan was frozen again may tell of another organisation
            "promised": report.promised.model_copy(update={"why": ""}) if report.promised else None,
        }
    )


# ------------------------------------------------------------------------------------------------ reporting levels


def _not_all(levels: Mapping[str, Level]) -> dict[str, Level]:
    return {key: level for key, level in levels.items() if level != "service"}


def _held(part: OrganisationPart, level: Level) -> OrganisationPart:
    return part.model_copy(
        update={
            "withheld": WITHHELD[level],
            "services": (),
            "channels": tuple(
                one.model_copy(update={"shops": tuple(_shop_held(shop, level) for shop in one.shops)})
                for one in part.channels
            ),
        }
    )


def _shop_held(shop: ShopRow, level: Level) -> ShopRow:
    shown = {} if level == "department" else {"contact": NOT_SHOWN}
    cells = tuple(cell.model_copy(update={"why": ""}) if cell.why else cell for cell in shop.cells)
    return shop.model_copy(update={"enquiry": "", "notes": (), "evidence": (), "cells": cells, **shown})


# ------------------------------------------------------------------------------------------------ without names


def _dealt(others: Iterable[str], secret: str) -> dict[str, str]:
    """{organisation: letter}, in an order that only the secret tells."""
    shuffled = sorted(others, key=lambda key: hashlib.sha256(f"{secret}\0{key}".encode()).digest())
    return {key: _letters(place) for place, key in enumerate(shuffled)}


def _letters(place: int) -> str:
    """A to Z, then AA, AB …"""
    more, last = divmod(place, 26)
    return (_letters(more - 1) if more else "") + chr(ord("A") + last)


def _order(letters: str) -> tuple[int, str]:
    return len(letters), letters


def _anonymous(part: OrganisationPart, id: str, name: str) -> OrganisationPart:
    """Scores and figures alone: no shop, no time of day, nothing that was found or said."""
    return OrganisationPart(
        id=id,
        name=name,
        tier="other",
        channels=tuple(
            _without_ids(
                one.model_copy(
                    update={
                        "shops": (),
                        "not_counted": {},
                        "set_aside": {},
                        "changes": (),
                        "score": one.score.model_copy(update={"organisation": id}),
                    }
                ),
                frozenset(),
            )
            for one in part.channels
        ),
        findings=Findings(praise=(), however=()),
    )


def _channel(part: ChannelPart, new: Mapping[str, str], names: Mapping[str, str], kept: frozenset[str]) -> ChannelPart:
    benchmark = part.benchmark
    order = [key for id in names for key in benchmark.scores if new.get(key) == id]
    anonymous = benchmark.model_copy(
        update={
            "scores": {new[key]: benchmark.scores[key].model_copy(update={"organisation": new[key]}) for key in order},
            "ranks": {new[key]: benchmark.ranks[key] for key in order if key in benchmark.ranks},
            "not_ranked": _unnamed(benchmark, new, names),
        }
    )
    return _without_ids(part.model_copy(update={"benchmark": anonymous}), kept)


def _unnamed(benchmark: Benchmark, new: Mapping[str, str], names: Mapping[str, str]) -> str:
    """Why there are no ranks, in words that name nobody."""
    if not benchmark.not_ranked or len(benchmark.scores) < 2:
        return benchmark.not_ranked
    return "not ranked: not every member has contacts enough that could be scored"


def _uncounted(refusals: Iterable[RefusalCount], own: str) -> tuple[RefusalCount, ...]:
    others = sum(one.count for one in refusals if one.organisation != own)
    if not others:
        return ()
    return (RefusalCount(organisation="The other organisations together", rule="any", reason=NOT_SHOWN, count=others),)


def _without_ids(part: Part, kept: frozenset[str]) -> Part:
    """The same with no id of a shop but those of `kept`: an id of a shop tells whose it is."""
    changed: dict[str, object] = {}
    for name in type(part).model_fields:
        value = getattr(part, name)
        found = _ids_kept(value, kept) if name == "shops" else _walked(value, kept)
        if found is not value:
            changed[name] = found
    return part.model_copy(update=changed) if changed else part


def _ids_kept(shops: tuple[object, ...], kept: frozenset[str]) -> tuple[object, ...]:
    return tuple(one for one in shops if one in kept)


def _walked(value: object, kept: frozenset[str]) -> object:
    if isinstance(value, BaseModel):
        return _without_ids(value, kept)
    if isinstance(value, tuple):
        return tuple(_walked(one, kept) for one in value)
    if isinstance(value, dict):
        return {key: _walked(one, kept) for key, one in value.items()}
    return value
