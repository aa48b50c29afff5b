"""Action plans: one row for each finding that asks for something, kept from wave to wave until it is done.

Rows come from a wave's findings; managers fill in who, when and what came of it; the next wave measures the criterion
and adds what it found. The workbook that managers fill in lives in `results.action_sheets`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, get_args

import sqlalchemy as sa

from results import words
from results.database import Database
from results.findings import FUTURE_ACTION, Findings, Means, figure
from results.schema import Channel, Id, Noun, Scheme
from results.tables import actions

Part = Literal["quick win", "longer term", "praise"]
PARTS: tuple[Part, ...] = get_args(Part)
Status = Literal["open", "done"]
STATUSES: tuple[Status, ...] = get_args(Status)

RETURNED_IN = dt.timedelta(days=14)
"""Managers have two weeks to return their plan (South Essex Homes' rule)."""


class PlanRow(Noun):
    """One row of an organisation's plan. `level`: mean marks 0..1 when it was planned; `due`: when it is owed back.

    `result` is the manager's own word, `measured` what later waves found.
    """

    key: str
    wave: Id
    organisation: Id
    criterion: str | None
    channel: Channel
    part: Part
    place: int
    issue: str
    details: str
    figure: str
    level: float | None
    who: str = ""
    date: dt.date | None = None
    due: dt.date
    status: Status = "open"
    result: str = ""
    measured: str = ""
    future: str = FUTURE_ACTION

    def overdue(self, today: dt.date) -> bool:
        """Whether it is still open after the day it was due."""
        return self.part != "praise" and self.status == "open" and self.due < today


def planned_rows(wave: str, organisation: str, found: Findings, own: Means, today: dt.date) -> tuple[PlanRow, ...]:
    """The rows of one organisation's plan, from the findings of a wave."""
    rows = []
    for place, one in enumerate(found.actions):
        rows.append(_row(wave, organisation, one.criterion, one.channel, one.horizon, place, one.issue, today))
        rows[-1] = rows[-1].model_copy(
            update={"details": one.details, "figure": one.figure, "level": own[one.criterion].mean}
        )
    for place, good in enumerate(found.praise):
        row = _row(wave, organisation, good.criterion, good.channel, "praise", place, good.text, today)
        rows.append(
            row.model_copy(
                update={
                    "figure": good.figure,
                    "level": good.own,
                    "details": "Tell those whose work it is",
                    "future": "",
                }
            )
        )
    return tuple(rows)


def added_row(wave: str, organisation: str, channel: Channel, part: Part, issue: str, today: dt.date) -> PlanRow:
    """A row that a manager wrote in: no criterion measures it. The same issue is the same row."""
    own = hashlib.sha256(f"{channel}\0{issue}".encode()).hexdigest()[:12]
    row = _row(wave, organisation, None, channel, part, 1000, issue, today)
    return row.model_copy(update={"key": f"{wave}/{organisation}/own-{own}", "future": ""})


def measured(
    rows: Iterable[PlanRow], wave: str, title: str, scheme: Scheme, before: Mapping[str, Scheme], means: Means
) -> tuple[PlanRow, ...]:
    """The rows of earlier waves to which this wave has something to add, with it added.

    `before`: the scheme of each earlier wave: where the question has changed since, the old figure is not given.
    `means`: this wave's, of the organisation whose rows they are. A wave adds its line once.
    """
    criteria = {one.id: one for one in scheme.criteria}
    found = []
    for row in rows:
        mean = means.get(row.criterion or "")
        if mean is None or row.criterion is None or row.wave == wave or f"Measured in {title}:" in row.measured:
            continue
        then = next((one for one in before[row.wave].criteria if one.id == row.criterion), None)
        was = f", {words.percent(row.level)} before" if row.level is not None else ""
        if then != criteria[row.criterion]:
            was = "; it was asked otherwise before"
        line = f"Measured in {title}: {figure(criteria[row.criterion], mean)}{was}"
        found.append(row.model_copy(update={"measured": f"{row.measured}. {line}".removeprefix(". ")}))
    return tuple(found)


def _row(
    wave: str,
    organisation: str,
    criterion: str | None,
    channel: Channel,
    part: Part,
    place: int,
    issue: str,
    today: dt.date,
) -> PlanRow:
    return PlanRow(
        key=f"{wave}/{organisation}/{criterion}",
        wave=wave,
        organisation=organisation,
        criterion=criterion,
        channel=channel,
        part=part,
        place=place,
        issue=issue,
        details="",
        figure="",
        level=None,
        due=today + RETURNED_IN,
    )


class ActionPlans:
    """The table of action plans."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def rows(self, *, wave: str | None = None, organisation: str | None = None) -> tuple[PlanRow, ...]:
        """The plans' rows by wave, organisation, channel, part and place."""
        query = sa.select(actions).order_by(actions.c.wave, actions.c.organisation, actions.c.channel, actions.c.place)
        if wave is not None:
            query = query.where(actions.c.wave == wave)
        if organisation is not None:
            query = query.where(actions.c.organisation == organisation)
        async with self._db.read() as connection:
            found = [PlanRow.model_validate(dict(row._mapping)) for row in await connection.execute(query)]
        order = {(row.wave, row.organisation): place for place, row in enumerate(found)}
        return tuple(
            sorted(
                found,
                key=lambda row: (order[row.wave, row.organisation], row.channel, PARTS.index(row.part), row.place),
            )
        )

    async def add(self, rows: Sequence[PlanRow]) -> int:
        """Rows that are not there yet, all in one step; those that are stay as they are. How many were new."""
        async with self._db.write() as connection:
            known = set(
                await connection.scalars(sa.select(actions.c.key).where(actions.c.key.in_([row.key for row in rows])))
            )
            new = {row.key: row.model_dump() for row in rows if row.key not in known}
            if new:
                await connection.execute(actions.insert(), list(new.values()))
        return len(new)

    async def save(self, rows: Sequence[PlanRow]) -> int:
        """Rows as they now stand, new ones too, all in one step. How many are other than they were."""
        known = {row.key: row for row in await self.rows()}
        changed = [row for row in rows if known.get(row.key) != row]
        async with self._db.write() as connection:
            for row in changed:
                await connection.execute(actions.delete().where(actions.c.key == row.key))
                await connection.execute(actions.insert().values(**row.model_dump()))
        return len(changed)
