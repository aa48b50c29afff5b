"""Calls out of hours are planned for when the offices are closed, and calls in hours wait until they are open."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.guard import NIGHT_FROM, NIGHT_UNTIL
from probes.phone.hours import next_allowed
from results import scheme
from results.calendar import LONDON, Calendar, bank_holidays
from results.schema import Contacts, Line, Organisation, Scenario, Wave
from results.store import FrozenWave, ShopRow
from scenarios import plan
from scenarios.bench import opened
from scenarios.demo import practice, write_programme
from scenarios.programme import library
from tests.scenarios.shopping import WAVE, change, run

ENQUIRIES = library()
OFFICE = Calendar()
EVENING = Scenario(id="evenings", channel="phone", enquiries=("missed-bin",), contacts=10, in_hours=False)


def rows(
    first: dt.date, days: int, contacts: int, hours: Calendar = OFFICE, organisation: str = "amber"
) -> tuple[ShopRow, ...]:
    """A wave of so many calls out of hours to one organisation."""
    scenario = EVENING.model_copy(update={"contacts": contacts})
    until = first + dt.timedelta(days=days - 1)
    wave = Wave(
        id="w", title="W", partnership="P", fieldwork_from=first, fieldwork_until=until, scenarios=("evenings",)
    )
    line = Line(number="+441134960001", label="A", out_of_hours=True)
    amber = Organisation(
        id=organisation, name="Amber", nation=hours.nation, contacts=Contacts(lines=(line,)), hours=hours
    )
    standards = scheme.load(wave.profile)
    planned_at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return plan.rows(FrozenWave(wave, standards, {organisation: amber}, {"evenings": scenario}, ENQUIRIES, planned_at))


@settings(deadline=None)  # the first example reads the bank holidays
@given(
    first=st.dates(dt.date(2026, 1, 1), dt.date(2027, 12, 31)),
    days=st.integers(1, 40),
    contacts=st.integers(1, 12),
    hours=st.builds(
        Calendar,
        opens=st.times(dt.time(5), dt.time(11)),
        closes=st.times(dt.time(12), dt.time(23)),
        nation=st.sampled_from(["England", "Scotland"]),
    ),
)
def test_every_call_falls_in_fieldwork_outside_office_hours_and_never_at_night(
    first: dt.date, days: int, contacts: int, hours: Calendar
) -> None:
    found = rows(first, days, contacts, hours)

    assert len(found) == contacts
    for row in found:
        local = row.due_at.astimezone(LONDON)
        a_minute = dt.timedelta(minutes=1)  # calls fall on whole minutes
        somewhere = _since(NIGHT_UNTIL, hours.opens) >= a_minute or _since(hours.closes, NIGHT_FROM) >= a_minute
        if not somewhere and all(hours.is_working_day(first + dt.timedelta(days=n)) for n in range(days)):
            continue  # there is no such time
        assert first <= local.date() <= first + dt.timedelta(days=days - 1)
        assert not hours.is_open(row.due_at)
        assert NIGHT_UNTIL <= local.time() < NIGHT_FROM


def _since(earlier: dt.time, later: dt.time) -> dt.timedelta:
    day = dt.date(2026, 11, 2)
    return dt.datetime.combine(day, later) - dt.datetime.combine(day, earlier)


def test_calls_are_spread_over_fieldwork_and_over_the_hours() -> None:
    found = rows(dt.date(2026, 11, 2), 14, 14)

    assert len({row.due_at.astimezone(LONDON).date() for row in found}) == 14
    assert len({row.due_at.astimezone(LONDON).hour for row in found}) > 3
    assert any(row.due_at.astimezone(LONDON).weekday() >= 5 for row in found)


@pytest.mark.parametrize("contacts", [1, 2, 5])
def test_one_call_falls_on_a_bank_holiday_where_fieldwork_has_one(contacts: int) -> None:
    days = {row.due_at.astimezone(LONDON).date() for row in rows(dt.date(2026, 8, 24), 21, contacts)}

    assert days & set(bank_holidays("England", 2026))


def test_a_holiday_of_another_nation_is_none() -> None:
    assert bank_holidays("Scotland", 2026).get(dt.date(2026, 8, 31)) is None

    days = {row.due_at for row in rows(dt.date(2026, 8, 31), 1, 4, Calendar(nation="Scotland"))}

    assert all(not Calendar(nation="Scotland").is_open(day) for day in days)


def test_the_same_wave_is_planned_alike_every_time_and_two_councils_not_for_the_same_minute() -> None:
    once, again = (rows(dt.date(2026, 11, 2), 14, 5) for _ in range(2))
    other = rows(dt.date(2026, 11, 2), 14, 5, organisation="birch")

    assert [row.due_at for row in once] == [row.due_at for row in again]
    assert [row.due_at for row in once] != [row.due_at for row in other]


@settings(deadline=None)  # the first example reads the bank holidays
@given(
    moment=st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 12, 31), timezones=st.just(dt.UTC)),
    in_hours=st.booleans(),
)
def test_the_next_allowed_moment_is_allowed_and_not_before(moment: dt.datetime, in_hours: bool) -> None:
    hours = Calendar(opens=dt.time(7), closes=dt.time(21))

    found = next_allowed(moment, hours, in_hours=in_hours)

    assert found >= moment
    assert hours.is_open(found) is in_hours
    assert next_allowed(found, hours, in_hours=in_hours) == found


# ------------------------------------------------------------------------------------------------ as it runs

COUNCIL = """
id: tryham
name: Tryham Council
about: It answers.
hours: {opens: "09:00", closes: "17:00"}
mail: {addresses: [enquiries@tryham.example], manners: [{silent: true}]}
lines:
  - number: "+441134960001"
    label: Switchboard
    calls: [{after: 1, greeting: "Good morning, Tryham Council.", hangs_up_after: 1}]
"""


@asynccontextmanager
async def council(folder: Path, start: str, *, in_hours: bool) -> AsyncIterator[Path]:
    (folder / "councils").mkdir()
    (folder / "councils" / "tryham.yaml").write_text(COUNCIL)
    async with practice(["--councils", str(folder / "councils"), "--start", start]) as partnership:
        where = folder / "programme"
        write_programme(where, partnership, dt.date.fromisoformat(start[:10]), calls=1)
        change(where / "waves" / f"{WAVE}.yaml", lambda wave: wave.update(scenarios=["telephone"]))
        change(where / "scenarios" / "telephone.yaml", lambda it: it.update(in_hours=in_hours, ring_for=15))
        change(where / "register" / "tryham.yaml", _may_be_rung_out_of_hours)
        yield where


def _may_be_rung_out_of_hours(register: dict[str, dict[str, list[dict[str, object]]]]) -> None:
    register["contacts"]["lines"][0]["out_of_hours"] = True


async def test_a_call_in_hours_waits_for_the_offices_to_open_though_the_guard_would_allow_it(tmp_path: Path) -> None:
    async with council(tmp_path, "2026-11-23T17:30", in_hours=True) as folder:
        outcome = await run(folder)
        async with opened(folder, to_work=False) as bench:
            (row,) = await bench.store.rows()

    assert outcome.made["phone"] == 0
    assert outcome.refused == {}
    assert outcome.waiting_until == row.due_at == dt.datetime(2026, 11, 24, 9, tzinfo=LONDON)
    assert (row.state, row.why) == ("planned", "their offices are closed")


async def test_a_call_out_of_hours_waits_for_the_offices_to_close_though_it_fell_due_before(tmp_path: Path) -> None:
    async with council(tmp_path, "2026-11-23T10:00", in_hours=False) as folder:
        await run(folder)
        async with opened(folder, to_work=True) as bench:
            (row,) = await bench.store.rows()
            await bench.store.postpone(row.id, bench.clock.now(), "a run came late")
        outcome = await run(folder)

    assert outcome.made["phone"] == 0
    assert outcome.waiting_until == dt.datetime(2026, 11, 23, 17, tzinfo=LONDON)


async def test_a_call_out_of_hours_is_made_in_the_evening(tmp_path: Path) -> None:
    async with council(tmp_path, "2026-11-23T20:00", in_hours=False) as folder:
        await run(folder)
        async with opened(folder, to_work=True) as bench:
            for row in await bench.store.rows(states=["planned"]):
                await bench.store.postpone(row.id, bench.clock.now(), "now")
        outcome = await run(folder)
        async with opened(folder, to_work=False) as bench:
            (row,) = await bench.store.rows()

    assert (outcome.made["phone"], row.state) == (1, "closed")
