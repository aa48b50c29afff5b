"""Frozen plans: what was promised of a wave, whatever becomes of the programme; and progress against it, which is pure.

How many contacts a change needs lives in `results.planning`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from pydantic import Field

from results.calendar import LONDON
from results.database import Database
from results.schema import CHANNELS, Channel, Noun, Shop, Shopper
from results.tables import plans


class Cell(Noun):
    """So many contacts with one organisation that are alike: channel, enquiry, in or out of office hours, and hour."""

    organisation: str
    channel: Channel
    shopper: Shopper
    scenario: str
    enquiry: str
    title: str = Field(description="what is asked, in words")
    service: int | None = Field(description="LGSL service; None where the whole website is looked at")
    in_hours: bool
    hour: int | None = Field(description="0 to 23 in London; None: whenever it is run")
    contacts: int


class Plan(Noun):
    """What is promised of a wave. `organisations`: {id: name}; all of them, also those with nothing to contact."""

    wave: str
    title: str
    fieldwork_from: dt.date
    fieldwork_until: dt.date
    organisations: Mapping[str, str]
    cells: tuple[Cell, ...]

    @property
    def contacts(self) -> int:
        """All contacts together."""
        return sum(cell.contacts for cell in self.cells)


@dataclass(frozen=True)
class Promise:
    """A plan as it was frozen. `number`: 1, and more where it was frozen again, for the reason `why`."""

    plan: Plan
    number: int
    at: dt.datetime
    why: str


class Plans:
    """The table of frozen plans. They are only ever added."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def newest(self, wave: str) -> Promise | None:
        """The plan that holds; None where none was frozen."""
        query = sa.select(plans).where(plans.c.wave == wave).order_by(plans.c.number.desc()).limit(1)
        async with self._db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else Promise(Plan.model_validate(row.document), row.number, row.at, row.why)

    async def freeze(self, plan: Plan, number: int, at: dt.datetime, why: str = "") -> None:
        """Keep a plan. Raises `IntegrityError` where one of that number is kept already."""
        async with self._db.write() as connection:
            document = plan.model_dump(mode="json")
            await connection.execute(
                plans.insert().values(wave=plan.wave, number=number, at=at, why=why, document=document)
            )


# ------------------------------------------------------------------------------------------------ progress


class Standing(Noun):
    """How a part of a plan stands, in contacts.

    `done`: made and counted. `awaited`: made, and an answer may still come. `failed`: measured nothing, or set aside.
    `refused`: by the guard, for good. `waiting`: to be made.
    """

    promised: int
    done: int = 0
    awaited: int = 0
    failed: int = 0
    refused: int = 0
    waiting: int = 0

    @property
    def missing(self) -> int:
        """Promised and not made."""
        return max(0, self.promised - self.done - self.awaited)


Key = TypeVar("Key", bound=Hashable)
_ATTEMPT = re.compile(r"\.r[0-9]+$")
_STATES = ("done", "awaited", "failed", "refused", "waiting")

Place = tuple[str, Channel]
"""An organisation's id and a channel."""

Kind = tuple[Channel, str, bool]
"""A channel, what is asked in words, and whether in office hours."""


def by_place(plan: Plan, shops: Sequence[Shop]) -> dict[Place, Standing]:
    """Each organisation and channel of the plan or the wave, by the organisation's name. `shops`: all of the wave's."""
    promised = (((cell.organisation, cell.channel), cell.contacts) for cell in plan.cells)
    found = _standing(promised, shops, lambda shop: (shop.organisation, shop.channel))
    names = plan.organisations
    return dict(
        sorted(
            found.items(),
            key=lambda item: (names.get(item[0][0], item[0][0]).casefold(), CHANNELS.index(item[0][1])),
        )
    )


class Promised(Noun):
    """What a wave's frozen plan promised beside what was made: `{channel: Standing}`, over all organisations.

    `number`: 1, and more where the plan was frozen again, for the reason `why`.
    """

    on: dt.date
    number: int
    why: str
    channels: Mapping[Channel, Standing]


def promised(promise: Promise, shops: Sequence[Shop]) -> Promised:
    """A frozen plan and how it stands. `shops`: all of the wave's."""
    asked = ((cell.channel, cell.contacts) for cell in promise.plan.cells)
    found = _standing(asked, shops, lambda shop: shop.channel)
    return Promised(
        on=promise.at.astimezone(LONDON).date(),
        number=promise.number,
        why=promise.why,
        channels=dict(sorted(found.items(), key=lambda item: CHANNELS.index(item[0]))),
    )


def by_kind(plan: Plan, shops: Sequence[Shop]) -> dict[Kind, Standing]:
    """Each kind of contact, over all organisations. What the plan does not hold goes by the names of its files."""
    kinds = {(cell.scenario, cell.enquiry): kind(cell) for cell in plan.cells}
    inside = {cell.scenario: cell.in_hours for cell in plan.cells}

    def kind_of(shop: Shop) -> Kind:
        beside = (shop.channel, shop.enquiry, inside.get(shop.scenario, True))
        return kinds.get((shop.scenario, shop.enquiry), beside)

    found = _standing(((kind(cell), cell.contacts) for cell in plan.cells), shops, kind_of)
    return dict(sorted(found.items(), key=lambda item: (CHANNELS.index(item[0][0]), not item[0][2], item[0][1])))


def kind(cell: Cell) -> Kind:
    """The kind of contact that a cell holds."""
    return cell.channel, cell.title, cell.in_hours


def _standing(
    promised: Iterable[tuple[Key, int]], shops: Sequence[Shop], key_of: Callable[[Shop], Key]
) -> dict[Key, Standing]:
    asked: Counter[Key] = Counter()
    for key, contacts in promised:
        asked[key] += contacts
    stands = Counter((key_of(shop), _state(shop)) for shop in _not_replaced(shops))
    return {
        key: Standing(promised=asked[key], **{state: stands[key, state] for state in _STATES})
        for key in dict.fromkeys((*asked, *(key for key, _ in stands)))
    }


def _not_replaced(shops: Sequence[Shop]) -> list[Shop]:
    """Without void contacts that another has taken the place of: that one counts."""
    there = {_contact(shop) for shop in shops if shop.state != "void"}
    return [shop for shop in shops if shop.state != "void" or _contact(shop) not in there]


def _contact(shop: Shop) -> str:
    """The id of a contact without which attempt it is, as `results.store.planned` makes it."""
    return _ATTEMPT.sub("", shop.id)


def _state(shop: Shop) -> str:
    match shop.state:
        case "closed":
            return "done" if shop.counted else "failed"
        case "open":
            return "awaited"
        case "void":
            return "failed"
        case "refused":
            return "refused"
    return "waiting"
