"""Schedules: each night once, whatever clocks, restarts and servers do; holidays; and what is wrong in the file."""

import datetime as dt
import random
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from results.calendar import LONDON, Calendar, bank_holidays
from results.schema import Organisation, Wave
from scenarios import schedules
from scenarios.reading import Problem
from scenarios.schedules import Schedule

NATIONS = ("England", "Wales", "Scotland", "Northern Ireland")
REGISTER = {nation: Organisation(id=nation.lower().replace(" ", "-"), name=nation, nation=nation) for nation in NATIONS}
HOUR = dt.timedelta(hours=1)


def utc(*when: int) -> dt.datetime:
    return dt.datetime(*when, tzinfo=dt.UTC)  # type: ignore[arg-type,misc]


def nightly(cron: str = "30 1 * * *", **more: object) -> Schedule:
    return Schedule.model_validate({"cron": cron, "scenario": "s", **more})


@pytest.mark.parametrize(
    ("nation", "cron"), list(zip(NATIONS, ["30 1 * * *", "0 3 * * *", "15 0 * * *", "55 23 * * *"], strict=True))
)
def test_in_a_whole_year_every_night_comes_once_and_bank_holidays_are_left_out(nation: str, cron: str) -> None:
    """Looked at after anything from ten minutes to five hours, as a server does that is busy and started anew."""
    schedule, register, chance = nightly(cron), {nation: REGISTER[nation]}, random.Random(nation)
    mark = now = utc(2026, 1, 1)
    days: Counter[dt.date] = Counter()
    left_out = set()
    while (now := now + dt.timedelta(minutes=chance.randint(10, 300))) < utc(2027, 1, 1, 12):
        for one in schedules.decide("n", schedule, mark, now, register):
            assert one.state != "missed"
            days[one.night.day] += 1
            left_out |= {one.night.day} if one.state == "left out" else set()
        mark = now

    days = Counter({day: times for day, times in days.items() if day.year == 2026})
    assert days == Counter(dt.date(2026, 1, 1) + dt.timedelta(days=past) for past in range(365))
    feasts = {day for day in days if day in bank_holidays(REGISTER[nation].nation, day.year)}
    assert len(feasts) >= 8
    assert feasts <= left_out


@pytest.mark.parametrize(
    ("day", "begins"),
    [
        (dt.date(2026, 3, 28), utc(2026, 3, 28, 1, 30)),
        (dt.date(2026, 3, 29), utc(2026, 3, 29, 1, 30)),  # there is no 01:30; it is 02:30 summer time
        (dt.date(2026, 10, 25), utc(2026, 10, 25, 0, 30)),  # the first of two
        (dt.date(2026, 10, 26), utc(2026, 10, 26, 1, 30)),
    ],
)
def test_half_past_one_is_once_on_the_days_on_which_the_clocks_change(day: dt.date, begins: dt.datetime) -> None:
    midnight = dt.datetime.combine(day, dt.time(), tzinfo=LONDON)

    found = list(schedules.nights("n", nightly(), midnight, midnight + dt.timedelta(hours=23)))

    assert [(one.day, one.at) for one in found] == [(day, begins)]


def test_a_night_in_another_zone_is_named_by_the_date_there() -> None:
    schedule = nightly("30 0 * * *", zone="Europe/Athens")

    (found,) = schedules.nights("n", schedule, utc(2026, 6, 1, 12), utc(2026, 6, 2, 12))

    assert (found.day, found.at) == (dt.date(2026, 6, 2), utc(2026, 6, 1, 21, 30))


def test_of_nights_that_were_missed_the_newest_is_caught_up_once() -> None:
    decided = schedules.decide("n", nightly("0 3 * * *"), utc(2026, 6, 1, 12), utc(2026, 6, 5, 9), REGISTER)

    assert [(one.night.day.day, one.state) for one in decided] == [
        (2, "missed"),
        (3, "missed"),
        (4, "missed"),
        (5, "caught up"),
    ]
    assert decided[0].why == "nothing was running, and another night had come"


def test_a_night_that_is_too_late_is_missed_and_says_how_late() -> None:
    (night,) = schedules.decide(
        "n", nightly("0 3 * * *", catch_up_hours=4), utc(2026, 6, 1, 12), utc(2026, 6, 2, 9), REGISTER
    )

    assert (night.state, night.why) == ("missed", "nothing was running until 7 hours later")


def test_a_clock_that_goes_back_decides_nothing_twice() -> None:
    assert schedules.decide("n", nightly(), utc(2026, 6, 2, 12), utc(2026, 6, 1), REGISTER) == ()


def test_a_bank_holiday_of_one_nation_leaves_out_that_nation_alone() -> None:
    (night,) = schedules.decide("n", nightly("0 3 * * *"), utc(2026, 11, 29, 12), utc(2026, 11, 30, 3), REGISTER)

    assert night.organisations == ("England", "Wales", "Northern Ireland")
    assert night.why == "left out, bank holiday: Saint Andrew's Day (Scotland)"


def test_a_schedule_may_run_on_bank_holidays() -> None:
    decided = schedules.decide(
        "n", nightly("0 3 * * *", bank_holidays="run"), utc(2026, 12, 24, 12), utc(2026, 12, 25, 3), REGISTER
    )

    assert [(one.state, len(one.organisations)) for one in decided] == [("planned", 4)]


def test_nights_of_a_wave_are_the_days_of_its_fieldwork() -> None:
    wave = Wave(
        id="w",
        title="W",
        partnership="P",
        fieldwork_from=dt.date(2026, 6, 3),
        fieldwork_until=dt.date(2026, 6, 5),
        scenarios=("s",),
    )
    schedule = Schedule(cron="0 6 * * *", wave="w")

    found = schedules.nights("n", schedule, utc(2026, 6, 1), utc(2026, 6, 30), wave)

    assert [one.day.day for one in found] == [3, 4, 5]


# ------------------------------------------------------------------------------------------------ what is wrong


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('a: {cron: "0 3 * *", scenario: s}', "schedules.yaml:1: a.cron: is '0 3 * *': wrong number of fields"),
        ('a: {cron: "0 */6 * * *", scenario: s}', "which fires more than once on one date; make a schedule for each"),
        ('a: {cron: "0 3 * * *"}', "names neither or both of scenario and wave; name one of them"),
        ('a: {cron: "0 3 * * *", scenario: s, zone: Mars/Base}', "is 'Mars/Base', which is no time zone"),
        ('a: {cron: "0 3 * * *", scenario: s, jitter: 3}', "a.jitter: is not a key that is known here"),
        ("- a", "holds a list"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_remedy(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "schedules.yaml").write_text(text + "\n")
    problems: list[Problem] = []

    schedules.read(tmp_path, problems)

    assert told in "\n".join(map(str, problems))


def test_what_a_schedule_names_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "schedules.yaml").write_text('a: {cron: "0 3 * * *", scenario: s, organisations: [x]}\n')
    found = schedules.read(tmp_path, [])

    told = schedules.problems(tmp_path, found, {"email"}, set(), {"amber"}, {"south-derbyshire-2006"})

    assert list(map(str, told)) == [
        "schedules.yaml:1: a.scenario: there is no scenario 's'; there are: email",
        "schedules.yaml:1: a.organisations: there is no organisation 'x'; there are: amber",
    ]


def test_a_folder_without_schedules_has_none(tmp_path: Path) -> None:
    assert schedules.read(tmp_path, []) == {}


def test_the_zone_of_a_calendar_and_a_schedule_agree() -> None:
    assert ZoneInfo(nightly().zone) == LONDON
    assert Calendar().nation == "England"
