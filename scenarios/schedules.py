"""Schedules: which scenario or wave runs on which nights. Nouns, reading and the planner, which is pure.

A night is named by its schedule and local date, and by nothing else: so it is one night although the clocks go back,
the server is started again, or two servers look at once. What becomes of nights is kept in `results.nights`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import Field, RootModel, StringConstraints, field_validator, model_validator

from results.calendar import bank_holidays
from results.nights import Night, State
from results.schema import Id, Noun, Organisation, Wave
from scenarios.reading import Invalid, Problem, line_of, read_yaml

FILE = "schedules.yaml"
ON_TIME = dt.timedelta(minutes=15)
"""A night that is looked at within so long of its moment is on time; later it is caught up, if at all."""

ScheduleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,49}$")]


class Schedule(Noun):
    """When a scenario is run anew, or a day of a wave's fieldwork begins.

    `cron`: minute, hour, day of month, month, day of week, on the clocks of `zone`; at most once on any date.
    """

    cron: str
    zone: str = "Europe/London"
    scenario: Id | None = Field(default=None, description="each night is a small wave of its own")
    wave: Id | None = Field(default=None, description="each night is a day of this wave's fieldwork")
    organisations: tuple[Id, ...] = Field(default=(), description="for a scenario; empty: the whole register")
    profile: Id = "south-derbyshire-2006"
    jitter_minutes: int = Field(
        default=30,
        ge=0,
        le=720,
        description="each organisation's contacts begin up to so much later, drawn anew nightly",
    )
    bank_holidays: Literal["skip", "run"] = Field(
        default="skip", description="skip: organisations of a nation that has one are left out that night"
    )
    catch_up_hours: int = Field(default=12, ge=0, le=72, description="how late a missed night may still run; 0: never")
    place_calls: bool = Field(default=False, description="true: calls through a real carrier are placed unasked")
    begins: dt.date | None = None
    until: dt.date | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Schedule:
        if (self.scenario is None) == (self.wave is None):
            raise ValueError("names neither or both of scenario and wave; name one of them")
        if self.wave is not None and self.organisations:
            raise ValueError("organisations are those of the wave; take them out here")
        return self

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"is {zone!r}, which is no time zone; write it as Europe/London") from None
        return zone

    @field_validator("cron")
    @classmethod
    def _fires_once_a_date(cls, cron: str) -> str:
        try:
            fires = CronSim(cron, dt.datetime(2026, 1, 1))  # noqa: DTZ001 - wall time
        except CronSimError as error:
            wrong = str(error)[:1].lower() + str(error)[1:]
            raise ValueError(f"is {cron!r}: {wrong}; write minute hour day month weekday, as 0 3 * * 1-5") from None
        if len(fires.hours) * len(fires.minutes) * len(fires.seconds) > 1:
            raise ValueError(f"is {cron!r}, which fires more than once on one date; make a schedule for each hour")
        if next(fires, None) is None:
            raise ValueError(f"is {cron!r}, which never fires")
        return cron


class Schedules(RootModel[dict[ScheduleId, Schedule]]):
    """schedules.yaml: name to schedule."""


def read(folder: Path, problems: list[Problem]) -> Mapping[str, Schedule]:
    """The folder's schedules; none where there is no file. Mistakes are added to `problems`."""
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        return read_yaml(path, Schedules).root
    except Invalid as error:
        problems.extend(error.problems)
        return {}


def problems(
    folder: Path,
    schedules: Mapping[str, Schedule],
    scenarios: Collection[str],
    waves: Collection[str],
    register: Collection[str],
    profiles: Collection[str],
) -> list[Problem]:
    """What schedules name and is not there."""
    found = []
    for id, schedule in schedules.items():
        for key, named, known in (
            ("scenario", (schedule.scenario,), scenarios),
            ("wave", (schedule.wave,), waves),
            ("organisations", schedule.organisations, register),
            ("profile", (schedule.profile,), profiles),
        ):
            for one in named:
                if one is not None and one not in known:
                    what = key.removesuffix("s") if key != "profile" else "standards profile"
                    why = f"there is no {what} {one!r}; there are: {', '.join(sorted(known)) or 'none'}"
                    found.append(Problem(FILE, line_of(folder / FILE, [id, key]), f"{id}.{key}", why))
    return found


# ------------------------------------------------------------------------------------------------ which nights


def nights(
    id: str, schedule: Schedule, after: dt.datetime, until: dt.datetime, wave: Wave | None = None
) -> Iterator[Night]:
    """The nights whose moment lies after `after` and not after `until`, in order.

    Reckoned on the wall clock: 01:30 is once on the date on which it comes twice (the first of the two); on the date on
    which there is none it is the same moment as 02:30. `wave`: only days of its fieldwork.
    """
    zone = ZoneInfo(schedule.zone)
    start = (after.astimezone(zone) - dt.timedelta(days=1)).replace(tzinfo=None)
    for wall in CronSim(schedule.cron, start):
        at = wall.replace(tzinfo=zone).astimezone(dt.UTC)
        if at > until:
            return
        if at > after and _runs_on(wall.date(), schedule, wave):
            yield Night(id, wall.date(), at)


def _runs_on(day: dt.date, schedule: Schedule, wave: Wave | None) -> bool:
    if wave is not None and not wave.fieldwork_from <= day <= wave.fieldwork_until:
        return False
    return (schedule.begins or day) <= day <= (schedule.until or day)


# ------------------------------------------------------------------------------------------------ what becomes of them


@dataclass(frozen=True)
class Decided:
    """A night and what becomes of it; `organisations`: whom it contacts."""

    night: Night
    state: State
    organisations: tuple[str, ...] = ()
    why: str = ""


def decide(
    id: str,
    schedule: Schedule,
    mark: dt.datetime,
    now: dt.datetime,
    organisations: Mapping[str, Organisation],
    wave: Wave | None = None,
) -> tuple[Decided, ...]:
    """What becomes of every night since `mark`, up to which all have been decided.

    Of several that were missed only the newest is caught up, once, and only within `catch_up_hours`; the others are
    missed and said to be. A clock that went back has no nights: nothing is decided twice.
    """
    found = list(nights(id, schedule, mark, now, wave))
    decided = [Decided(night, "missed", why="nothing was running, and another night had come") for night in found[:-1]]
    if not found:
        return ()
    last = found[-1]
    late = now - last.at
    if late > max(ON_TIME, dt.timedelta(hours=schedule.catch_up_hours)):
        hours = late.total_seconds() / 3600
        return (*decided, Decided(last, "missed", why=f"nothing was running until {hours:.0f} hours later"))
    there, holidays = working(schedule, organisations, {last.day, now.astimezone(ZoneInfo(schedule.zone)).date()})
    if not there:
        return (
            *decided,
            Decided(last, "left out", why=f"bank holiday: {holidays}" if holidays else "nobody to contact"),
        )
    why = f"left out, bank holiday: {holidays}" if holidays else ""
    state: State = "planned" if late <= ON_TIME else "caught up"
    return (*decided, Decided(last, state, there, why))


def working(
    schedule: Schedule, organisations: Mapping[str, Organisation], days: Collection[dt.date]
) -> tuple[tuple[str, ...], str]:
    """Whom a schedule contacts on these days; and the bank holidays because of which others are left out."""
    if schedule.bank_holidays == "run":
        return tuple(organisations), ""
    off: dict[str, str] = {}
    for one in organisations.values():
        for day in sorted(days):
            if name := bank_holidays(one.nation, day.year).get(day):
                off[one.nation] = name
    there = tuple(id for id, one in organisations.items() if one.nation not in off)
    return there, "; ".join(f"{name} ({nation})" for nation, name in sorted(off.items()))
