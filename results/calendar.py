"""Working time: when an organisation is open, and how much open time lies between two moments.

Pure. Office hours are local (Europe/London), so a day on which the clocks change is counted as people live it.
Reading a register does not live here.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import holidays
from pydantic import BaseModel, ConfigDict, Field, model_validator

LONDON = ZoneInfo("Europe/London")
Nation = Literal["England", "Wales", "Scotland", "Northern Ireland"]
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

_SUBDIVISION: dict[str, str] = {"England": "ENG", "Wales": "WLS", "Scotland": "SCT", "Northern Ireland": "NIR"}
_LONGEST_CLOSURE = 400  # days; a calendar with no open day in over a year is a mistake, not a closure


@lru_cache(maxsize=256)
def bank_holidays(nation: Nation, year: int) -> dict[dt.date, str]:
    """The bank holidays of one nation in one year: {date: name}. Source: the `holidays` library, offline."""
    return dict(holidays.country_holidays("GB", subdiv=_SUBDIVISION[nation], years=year).items())


class Calendar(BaseModel):
    """Office hours of one organisation: weekly hours, its nation's bank holidays and its own closures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nation: Nation = "England"
    days: tuple[Weekday, ...] = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
    opens: dt.time = dt.time(9, 0)
    closes: dt.time = dt.time(17, 0)
    closures: tuple[dt.date, ...] = Field(default=(), description="whole days closed besides bank holidays")

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Calendar:
        if self.opens >= self.closes:
            raise ValueError(f"opens at {self.opens:%H:%M} but closes at {self.closes:%H:%M}; closing must be later")
        if not self.days:
            raise ValueError("no open day; name at least one weekday")
        return self

    def is_working_day(self, day: dt.date) -> bool:
        """Whether the offices open at all on that day."""
        return day.strftime("%A") in self.days and day not in self.closures and day not in self._holidays(day.year)

    def is_open(self, moment: dt.datetime) -> bool:
        """Whether the offices are open at that moment (an aware datetime)."""
        local = moment.astimezone(LONDON)
        return self.is_working_day(local.date()) and self.opens <= local.time() < self.closes

    def next_opening(self, moment: dt.datetime) -> dt.datetime:
        """The first moment at or after `moment` when the offices are open, in UTC."""
        if self.is_open(moment):
            return moment.astimezone(dt.UTC)
        local = moment.astimezone(LONDON)
        day = local.date() if local.time() < self.opens else local.date() + dt.timedelta(days=1)
        return self._at(self._first_working_day(day), self.opens)

    def working_seconds(self, start: dt.datetime, end: dt.datetime) -> float:
        """Open time between two moments, in seconds; 0 when `end` is not after `start`."""
        if end <= start:
            return 0.0
        total = 0.0
        day = start.astimezone(LONDON).date()
        last = end.astimezone(LONDON).date()
        while day <= last:
            if self.is_working_day(day):
                opening = max(start, self._at(day, self.opens))
                closing = min(end, self._at(day, self.closes))
                total += max(0.0, (closing - opening).total_seconds())
            day += dt.timedelta(days=1)
        return total

    def working_days(self, start: dt.datetime, end: dt.datetime) -> float:
        """`working_seconds` in working days of this organisation's own length."""
        length = dt.datetime.combine(dt.date.min, self.closes) - dt.datetime.combine(dt.date.min, self.opens)
        return self.working_seconds(start, end) / length.total_seconds()

    def add_working_days(self, start: dt.datetime, days: int) -> dt.datetime:
        """The close of business `days` working days after `start`, in UTC.

        The day of `start` is day nought, as councils count; a start outside working days or after closing counts
        from the next working day.
        """
        local = start.astimezone(LONDON)
        day = local.date() if local.time() < self.closes else local.date() + dt.timedelta(days=1)
        day = self._first_working_day(day)
        for _ in range(days):
            day = self._first_working_day(day + dt.timedelta(days=1))
        return self._at(day, self.closes)

    def _holidays(self, year: int) -> dict[dt.date, str]:
        return bank_holidays(self.nation, year)

    def _first_working_day(self, day: dt.date) -> dt.date:
        for _ in range(_LONGEST_CLOSURE):
            if self.is_working_day(day):
                return day
            day += dt.timedelta(days=1)
        raise ValueError(f"no working day within {_LONGEST_CLOSURE} days of {day}")

    @staticmethod
    def _at(day: dt.date, time: dt.time) -> dt.datetime:
        return dt.datetime.combine(day, time, tzinfo=LONDON).astimezone(dt.UTC)
