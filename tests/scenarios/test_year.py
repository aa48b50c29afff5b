"""Nights lived through on the fast clock, by what the practice councils' servers logged; and that the check can fail.

The whole year is `python -m benchmarks.year`.
"""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.year import CALLS_A_DAY, COUNCILS, OFFICE_LINES, year
from benchmarks.year_log import LONDON, check

CLOCKS_CHANGE = dt.date(2027, 3, 28), dt.date(2027, 10, 31)  # the first is Easter Sunday
OFFICE, EVENING = min(OFFICE_LINES), "+442079460000"
TUESDAY = dt.date(2027, 6, 8)
Log = dict[str, Any]


async def test_on_the_days_on_which_the_clocks_change_every_night_is_once_although_servers_are_killed(
    tmp_path: Path,
) -> None:
    lived, found = await year(
        tmp_path, CLOCKS_CHANGE, lambda moment: moment.hour == 0
    )  # the first half past one of two

    assert found.faults == []
    assert lived.troubles == []
    assert lived.kills == 1
    assert (found.nights, found.mails) == (7, 9)


# ------------------------------------------------------------------------------------------------ the check


def a_day() -> Log:
    """What the councils log on an ordinary Tuesday."""
    log: Log = {"mails": [], "calls": [], "page_days": {}}
    for n, council in enumerate(COUNCILS):
        if council.may("email", TUESDAY):
            mail(log, council.id, 1, 30)
        if council.may("phone", TUESDAY):
            call(log, council.id, f"+44113496{n:04}", 9, 5)
    return log


def mail(log: Log, council: str, hour: int, minute: int, day: dt.date = TUESDAY) -> None:
    at = dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON)
    log["mails"].append({"council": council, "at": at.isoformat(), "mail_from": f"shopper+{len(log['mails'])}@x"})


def call(log: Log, council: str, to: str, hour: int, minute: int, day: dt.date = TUESDAY) -> None:
    at = dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON)
    log["calls"].append({"council": council, "to": to, "at": at.isoformat()})


def told(log: Log) -> list[str]:
    return check(log, COUNCILS, [TUESDAY], OFFICE_LINES, CALLS_A_DAY).faults


def test_an_ordinary_day_has_no_fault() -> None:
    assert told(a_day()) == []


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (lambda log: log["mails"].pop(0), "england had 0 times a mail at half past one"),
        (lambda log: mail(log, "wales", 2, 0), "wales had 2 times a mail at half past one"),
        (lambda log: log["mails"].append(log["mails"][-1]), "came 2 times"),
        (lambda log: log["calls"].pop(0), "england had 0 times a call in office hours"),
        (lambda log: mail(log, "unasked", 9, 0), "unasked was contacted by email on 08/06/2027, to which it had not"),
        (lambda log: mail(log, "wales", 9, 0, dt.date(2027, 7, 1)), "wales was contacted by email on 01/07/2027"),
        (lambda log: mail(log, "england", 9, 0, dt.date(2027, 8, 9)), "england was contacted by email on 09/08/2027"),
        (lambda log: call(log, "northern-ireland", OFFICE, 9, 5), "northern-ireland was contacted by phone"),
        (lambda log: call(log, "england", EVENING, 22, 0), "england was rung at night, at 08/06/2027 22:00"),
        (lambda log: call(log, "england", EVENING, 16, 59), "england's evening line was rung in office hours"),
        (lambda log: call(log, "england", OFFICE, 17, 0), "england's office was rung while it was closed"),
        (lambda log: call(log, "scotland", OFFICE, 9, 5, dt.date(2027, 8, 2)), "scotland's office was rung while"),
        (lambda log: mail(log, "capped", 9, 5), "capped had 2 mails on 08/06/2027"),
        (lambda log: log["calls"].extend(log["calls"][:1] * 5), "9 calls were placed on 08/06/2027"),
        (lambda log: log["page_days"].update({"england": {"2027-06-08": 31}}), "england had 31 pages"),
    ],
)
def test_what_ought_not_to_be_is_told(wrong: Callable[[Log], object], fault: str) -> None:
    log = a_day()
    wrong(log)

    assert fault in "\n".join(told(log))
