"""When a call means what its scenario asks: in office hours while the offices are open, out of hours while they are
closed, and never in the guard's night. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from probes.guard import CALLS_FROM, CALLS_UNTIL, NIGHT_FROM, NIGHT_UNTIL
from results.calendar import LONDON, Calendar


def next_allowed(moment: dt.datetime, calendar: Calendar, *, in_hours: bool) -> dt.datetime:
    """The first moment from then on at which such a call may be made, in UTC. `calendar`: the organisation's hours."""
    if in_hours:
        opens, closes = max(calendar.opens, CALLS_FROM), min(calendar.closes, CALLS_UNTIL)
        return calendar.model_copy(update={"opens": opens, "closes": closes}).next_opening(moment)
    day = moment.astimezone(LONDON).date()
    while True:
        for begins, ends in closed_spells(day, calendar):
            if moment < ends:
                return max(moment, begins).astimezone(dt.UTC)
        day += dt.timedelta(days=1)


def closed_spells(day: dt.date, calendar: Calendar) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """When on a day the offices are closed and it is not night, from and until, in UTC and in order."""
    if not calendar.is_working_day(day):
        yield _at(day, NIGHT_UNTIL), _at(day, NIGHT_FROM)
        return
    if calendar.opens > NIGHT_UNTIL:
        yield _at(day, NIGHT_UNTIL), _at(day, min(calendar.opens, NIGHT_FROM))
    if calendar.closes < NIGHT_FROM:
        yield _at(day, max(calendar.closes, NIGHT_UNTIL)), _at(day, NIGHT_FROM)


def _at(day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, tzinfo=LONDON).astimezone(dt.UTC)
