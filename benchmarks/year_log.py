"""What the councils' own logs must hold after a year of nights, and what in them must not be. Pure.

Reckoned from what was agreed and from the published dates of bank holidays (https://www.gov.uk/bank-holidays), not from
the calendar or the store of the software that is looked at.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

YEAR = 2027
LONDON = ZoneInfo("Europe/London")
OPENS, CLOSES = dt.time(9), dt.time(17)
WAKES, SLEEPS = dt.time(7), dt.time(22)
"""Nobody is rung outside these, on any line."""


def _days(*month_days: tuple[int, int]) -> frozenset[dt.date]:
    return frozenset(dt.date(YEAR, month, day) for month, day in month_days)


_EVERYWHERE = _days((1, 1), (3, 26), (5, 3), (5, 31), (12, 27), (12, 28), (12, 25), (12, 26))
"""With Christmas and Boxing Day themselves, a Saturday and a Sunday this year."""

HOLIDAYS: Mapping[str, frozenset[dt.date]] = {
    "England": _EVERYWHERE | _days((3, 29), (8, 30)),
    "Wales": _EVERYWHERE | _days((3, 29), (8, 30)),
    "Scotland": _EVERYWHERE | _days((1, 2), (1, 4), (8, 2), (11, 30)),
    "Northern Ireland": _EVERYWHERE | _days((3, 17), (3, 29), (7, 12), (8, 30)),
}


@dataclass(frozen=True)
class Agreed:
    """What one council agreed to. `paused`: days on which nobody may contact it. `exact`: its limits never bind."""

    id: str
    nation: str = "England"
    agreed: bool = True
    channels: tuple[str, ...] = ("phone", "email")
    since: dt.date = dt.date(YEAR, 1, 1)
    until: dt.date = dt.date(YEAR, 12, 31)
    mails_a_day: int = 5
    calls_a_day: int = 5
    pages_a_day: int = 30
    closed: frozenset[dt.date] = frozenset()
    paused: frozenset[dt.date] = frozenset()
    exact: bool = True

    def may(self, channel: str, day: dt.date) -> bool:
        """Whether it may be contacted at all that way on that day."""
        return self.agreed and channel in self.channels and self.since <= day <= self.until and day not in self.paused

    def has_night(self, day: dt.date) -> bool:
        """Whether a night of that date is for it: not on its nation's bank holidays."""
        return day not in HOLIDAYS[self.nation]

    def works(self, day: dt.date) -> bool:
        """Whether its offices open on that day."""
        return day.weekday() < 5 and day not in HOLIDAYS[self.nation] and day not in self.closed


@dataclass
class Checked:
    """What was found. `faults`: sentences; none is how it ought to be."""

    mails: int = 0
    calls: int = 0
    pages: int = 0
    nights: int = 0
    faults: list[str] = field(default_factory=list)


def check(
    log: Mapping[str, Any],
    councils: Sequence[Agreed],
    days: Collection[dt.date],
    office_lines: Collection[str],
    calls_a_day: int,
) -> Checked:
    """Hold a log (the practice partnership's tally) against what was agreed. `days`: those that were lived through.

    `nights`: of one schedule, one date and one council, that had to be once and were looked for.
    """
    mails = [(one["council"], _local(one["at"])) for one in log["mails"]]
    calls = [(one["council"], _local(one["at"]), one["to"] in office_lines) for one in log["calls"]]
    pages = {(id, dt.date.fromisoformat(day)): many for id, by in log["page_days"].items() for day, many in by.items()}
    found = Checked(len(mails), len(calls), sum(pages.values()))
    known = {council.id: council for council in councils}
    found.faults += _unasked(known, [(id, "email", at.date()) for id, at in mails])
    found.faults += _unasked(known, [(id, "phone", at.date()) for id, at, _ in calls])
    found.faults += _unasked(known, [(id, "web", day) for id, day in pages])
    found.faults += [fault for one in calls for fault in _quiet(known[one[0]], one[1], at_office=one[2])]
    found.faults += _too_many(known, mails, calls, pages, calls_a_day)
    found.faults += _twice(log)
    for council in councils:
        found.faults += _nights(council, days, mails, calls, found)
    return found


def _local(at: str) -> dt.datetime:
    return dt.datetime.fromisoformat(at).astimezone(LONDON)


def _unasked(known: Mapping[str, Agreed], contacts: Iterable[tuple[str, str, dt.date]]) -> Iterable[str]:
    for id, channel, day in contacts:
        if not known[id].may(channel, day):
            yield f"{id} was contacted by {channel} on {day:%d/%m/%Y}, to which it had not agreed"


def _quiet(council: Agreed, at: dt.datetime, *, at_office: bool) -> Iterable[str]:
    in_office = council.works(at.date()) and OPENS <= at.time() < CLOSES
    if not WAKES <= at.time() < SLEEPS:
        yield f"{council.id} was rung at night, at {at:%d/%m/%Y %H:%M:%S}"
    if at_office and not in_office:
        yield f"{council.id}'s office was rung while it was closed, at {at:%d/%m/%Y %H:%M:%S}"
    if not at_office and in_office:
        yield f"{council.id}'s evening line was rung in office hours, at {at:%d/%m/%Y %H:%M:%S}"


def _too_many(
    known: Mapping[str, Agreed],
    mails: Sequence[tuple[str, dt.datetime]],
    calls: Sequence[tuple[str, dt.datetime, bool]],
    pages: Mapping[tuple[str, dt.date], int],
    calls_a_day: int,
) -> Iterable[str]:
    counted: dict[str, Mapping[tuple[str, dt.date], int]] = {
        "mails": Counter((id, at.date()) for id, at in mails),
        "calls": Counter((id, at.date()) for id, at, _ in calls),
        "pages": pages,
    }
    for what, by_day in counted.items():
        for (id, day), many in by_day.items():
            if many > getattr(known[id], f"{what}_a_day"):
                yield f"{id} had {many} {what} on {day:%d/%m/%Y}"
    for day, many in Counter(at.date() for _, at, _ in calls).items():
        if many > calls_a_day:
            yield f"{many} calls were placed on {day:%d/%m/%Y}, more than the {calls_a_day} of the cap"


def _twice(log: Mapping[str, Any]) -> Iterable[str]:
    for address, times in Counter(one["mail_from"] for one in log["mails"]).items():
        if times > 1:
            yield f"the enquiry of {address} came {times} times"


def _nights(
    council: Agreed,
    days: Collection[dt.date],
    mails: Sequence[tuple[str, dt.datetime]],
    calls: Sequence[tuple[str, dt.datetime, bool]],
    found: Checked,
) -> Iterable[str]:
    """Each night of each schedule once. A call that was due after ten in the evening is made the next morning.

    What was held back on the last day before consent, or on a pause's last, is made on the day after or not at all.
    """
    by_mail = Counter(at.date() for id, at in mails if id == council.id)
    by_office = Counter(at.date() for id, at, at_office in calls if id == council.id and at_office)
    evening = [at for id, at, at_office in calls if id == council.id and not at_office]
    by_evening = Counter(at.date() if at.hour >= 12 else at.date() - dt.timedelta(days=1) for at in evening)
    for day in sorted(days):
        before, after = day - dt.timedelta(days=1), day + dt.timedelta(days=1)
        held = {
            channel: council.has_night(before) and not council.may(channel, before) and council.may(channel, day)
            for channel in ("email", "phone")
        }
        held_evening = council.has_night(day) and not council.may("phone", day) and council.may("phone", after)
        whole = after in days and all(council.may("phone", each) and council.has_night(each) for each in (day, after))
        may_ring = council.may("phone", day)
        wanted = {
            "a mail at half past one": (
                by_mail[day],
                council.may("email", day) and council.has_night(day),
                True,
                held["email"],
            ),
            "a call in office hours": (by_office[day], may_ring and council.works(day), True, held["phone"]),
            "a call in the evening": (by_evening[day], may_ring and council.has_night(day), whole, held_evening),
        }
        for what, (came, due, sure, late) in wanted.items():
            if came > due + late or (council.exact and due and sure and came < 1):
                yield f"{council.id} had {came} times {what}, of the night of {day:%d/%m/%Y}; {int(due)} was due"
            found.nights += council.exact and due and sure
