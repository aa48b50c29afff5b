"""Which shopper does which task: spread fairly, the same every time, and nowhere without consent. Pure.

Nobody gets more than the programme's most, nobody shops where they are known, and of those who may, the one with the
fewest tasks goes first, then the one who has been least with that organisation and least with that enquiry.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from results.calendar import LONDON
from results.people import Role, Task
from results.schema import Organisation
from results.store import ShopRow
from scenarios.shoppers import People, Shopper


@dataclass(frozen=True)
class HandedOut:
    """The new tasks, and the contacts that nobody could be given, each with why."""

    tasks: tuple[Task, ...]
    left: tuple[tuple[ShopRow, str], ...]


def hand_out(
    people: People,
    planned: Sequence[ShopRow],
    judged: Sequence[ShopRow],
    already: Sequence[Task],
    rows: Mapping[str, ShopRow],
    register: Mapping[str, Organisation],
    pauses: Mapping[str, str],
    last: dt.date,
    now: dt.datetime,
) -> HandedOut:
    """New tasks for a wave.

    `planned`: people's contacts that are still to be made. `judged`: probes' contacts that have been made. `already`:
    the wave's tasks so far, of the shops in `rows`. `last`: the end of fieldwork.
    """
    hands = _Hands(people, already, rows)
    given = {task.shop for task in already if task.role == "shop"}
    left: list[tuple[ShopRow, str]] = []
    today = now.astimezone(LONDON).date()
    for row in _hardest_first(people, [row for row in planned if row.id not in given]):
        due = min(today + dt.timedelta(weeks=people.weeks), last)
        why = why_not(register.get(row.organisation), row, today, pauses)
        if why is None and due < today:
            why = f"fieldwork ended on {last:%d/%m/%Y}"
        if why is None and not hands.give(row, "shop", now, _within_consent(register[row.organisation], due)):
            why = hands.why_nobody(row)
        if why is not None:
            left.append((row, why))
    second = [rows[task.shop] for task in (*already, *hands.new) if task.role == "shop"]
    for share, those in ((people.judged_twice, second), (people.probes_judged, judged)):
        for row in _some(those, share):
            if not hands.has_judge(row):
                due = today + dt.timedelta(weeks=people.weeks)
                if not hands.give(row, "judge", now, due):
                    left.append((row, f"to be judged too: {hands.why_nobody(row)}"))
    return HandedOut(tuple(hands.new), tuple(left))


def why_not(organisation: Organisation | None, row: ShopRow, today: dt.date, pauses: Mapping[str, str]) -> str | None:
    """Why nobody may make this contact, in plain words; None when somebody may. The guard's rules, for people."""
    if organisation is None:
        return f"{row.organisation} is not in the register"
    for scope, who in (("*", "everything"), (organisation.id, organisation.name)):
        if scope in pauses:
            return f"{who} is paused: {pauses[scope]}"
    consent = organisation.consent
    if consent is None:
        return f"{organisation.name} has no consent entry"
    if today < consent.valid_from:
        return f"consent begins on {consent.valid_from:%d/%m/%Y}"
    if today > consent.until:
        return f"consent ended on {consent.until:%d/%m/%Y}"
    if row.channel not in consent.channels:
        return f"consent does not cover {row.channel}"
    named: Mapping[str, tuple[str, Sequence[str]]] = {
        "phone": (row.target, consent.lines),
        "email": (row.target, consent.addresses),
        **dict.fromkeys(("web", "form", "chat"), (urlsplit(row.target).netloc.lower(), consent.hosts)),
    }
    target, agreed = named.get(row.channel, ("", ("",)))
    return None if target in agreed else f"consent does not name {target}"


def _within_consent(organisation: Organisation, due: dt.date) -> dt.date:
    return min(due, organisation.consent.until) if organisation.consent else due


def _hardest_first(people: People, rows: Iterable[ShopRow]) -> list[ShopRow]:
    """Contacts that few may make first; among equals one of each organisation in turn, so that a short list of shoppers
    is spread over all of them.
    """
    return sorted(rows, key=lambda row: (sum(_may(one, row) for one in people.shoppers), row.number, _drawn(row.id)))


def _some(rows: Sequence[ShopRow], share: float) -> list[ShopRow]:
    """That share of the contacts, rounded up, the same each time: those whose names draw lowest."""
    return sorted(rows, key=lambda row: _drawn(row.id))[: math.ceil(share * len(rows) - 1e-9)]


def _may(shopper: Shopper, row: ShopRow) -> bool:
    return row.channel in shopper.channels and row.organisation not in shopper.not_at


def _drawn(*names: str) -> str:
    """A lot drawn from names: arbitrary, and the same every time."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


@dataclass
class _Hands:
    """Who has what so far."""

    people: People
    already: Sequence[Task]
    rows: Mapping[str, ShopRow]
    new: list[Task] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.load: Counter[str] = Counter()
        self.places: Counter[tuple[str, str]] = Counter()
        self.enquiries: Counter[tuple[str, str]] = Counter()
        for task in self.already:
            self._count(task, self.rows[task.shop], 1)

    def give(self, row: ShopRow, role: Role, now: dt.datetime, due: dt.date) -> bool:
        """Give it to whoever should have it; where all who may are full, one of them passes a task on first."""
        if (shopper := self._best(row)) is None and (shopper := self._make_room(row)) is None:
            return False
        task = Task(row.id, shopper.id, role, now, due)
        self.new.append(task)
        self._count(task, row, 1)
        return True

    def has_judge(self, row: ShopRow) -> bool:
        return any(task.shop == row.id and task.role == "judge" for task in (*self.already, *self.new))

    def why_nobody(self, row: ShopRow) -> str:
        able = [one for one in self.people.shoppers if self._free_of(one, row)]
        if not able:
            return f"no shopper takes {row.channel} at {row.organisation}"
        return f"everybody who could has {self.people.most_tasks} tasks already"

    def _free_of(self, shopper: Shopper, row: ShopRow) -> bool:
        """Whether the shopper may take it, room or not: nobody has the same contact twice."""
        has = any(task.shop == row.id and task.shopper == shopper.id for task in (*self.already, *self.new))
        return _may(shopper, row) and not has

    def _best(self, row: ShopRow) -> Shopper | None:
        able = [
            one
            for one in self.people.shoppers
            if self.load[one.id] < self.people.most_tasks and self._free_of(one, row)
        ]
        return min(able, key=lambda one: self._order(one, row), default=None)

    def _order(self, shopper: Shopper, row: ShopRow) -> tuple[int, int, int, str]:
        id = shopper.id
        return (
            self.load[id],
            self.places[id, row.organisation],
            self.enquiries[id, row.enquiry],
            _drawn(row.id, id),
        )

    def _make_room(self, row: ShopRow) -> Shopper | None:
        """One who may take it and is full, after somebody with room has taken over one of their new tasks."""
        for shopper in self.people.shoppers:
            if not self._free_of(shopper, row):
                continue
            for place, task in enumerate(self.new):
                other = self._best(self.rows[task.shop]) if task.shopper == shopper.id else None
                if other is not None:
                    moved = Task(task.shop, other.id, task.role, task.handed_out_at, task.due)
                    self.new[place] = moved
                    self._count(task, self.rows[task.shop], -1)
                    self._count(moved, self.rows[task.shop], 1)
                    return shopper
        return None

    def _count(self, task: Task, row: ShopRow, by: int) -> None:
        self.load[task.shopper] += by
        self.places[task.shopper, row.organisation] += by
        self.enquiries[task.shopper, row.enquiry] += by
