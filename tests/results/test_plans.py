"""Frozen plans: kept as they were promised, and what was made counted beside them."""

import datetime as dt

import pytest
import sqlalchemy as sa

from results.database import Database
from results.plans import Cell, Plan, Plans, Promise, Standing, by_kind, by_place, promised
from results.report import assemble
from results.report.method import method
from results.report.views import for_one
from results.schema import Channel, Shop
from tests.results.partnership import fieldwork

NOW = dt.datetime(2027, 1, 4, 10, tzinfo=dt.UTC)


def cell(organisation: str, contacts: int, channel: Channel = "phone", **changed: object) -> Cell:
    told = {
        "organisation": organisation,
        "channel": channel,
        "shopper": "probe",
        "scenario": f"{channel}-wave",
        "enquiry": "missed-bin",
        "title": "Missed bin",
        "service": 524,
        "in_hours": True,
        "hour": 10,
        "contacts": contacts,
    }
    return Cell.model_validate({**told, **changed})


def plan(*cells: Cell) -> Plan:
    return Plan(
        wave="w1",
        title="First",
        fieldwork_from=NOW.date(),
        fieldwork_until=NOW.date(),
        organisations={"amber": "Amber", "bede": "Bede"},
        cells=cells,
    )


def shop(number: int, state: str, organisation: str = "amber", *, counted: bool = False, **changed: object) -> Shop:
    told = {
        "id": f"w1.{organisation}.{number}",
        "wave": "w1",
        "organisation": organisation,
        "scenario": "phone-wave",
        "enquiry": "missed-bin",
        "channel": "phone",
        "target": "+441134960001",
        "state": state,
        "counted": counted,
    }
    return Shop.model_validate({**told, **changed})


async def test_a_frozen_plan_comes_back_as_it_was_and_the_newest_holds(database: Database) -> None:
    plans = Plans(database)
    first, second = plan(cell("amber", 20), cell("bede", 20)), plan(cell("amber", 20))

    assert await plans.newest("w1") is None
    await plans.freeze(first, 1, NOW)
    kept = await plans.newest("w1")
    await plans.freeze(second, 2, NOW + dt.timedelta(days=1), "Bede withdrew")
    holds = await plans.newest("w1")

    assert kept is not None
    assert (kept.plan, kept.number, kept.at, kept.why) == (first, 1, NOW, "")
    assert holds is not None
    assert (holds.plan, holds.number, holds.why) == (second, 2, "Bede withdrew")


async def test_two_who_freeze_at_once_do_not_both_promise(database: Database) -> None:
    plans = Plans(database)
    await plans.freeze(plan(cell("amber", 20)), 1, NOW)

    with pytest.raises(sa.exc.IntegrityError):
        await plans.freeze(plan(cell("amber", 36)), 1, NOW)

    kept = await plans.newest("w1")
    assert kept is not None
    assert kept.plan.contacts == 20


def test_every_contact_stands_where_it_belongs() -> None:
    promised = plan(cell("amber", 8), cell("bede", 2))
    shops = [
        *(shop(number, "closed", counted=True) for number in range(2)),
        shop(2, "closed"),  # the probe could not measure, or an appeal has set it aside
        shop(3, "open"),
        shop(4, "void"),
        shop(5, "refused"),
        shop(6, "planned"),
        shop(7, "intent"),
    ]

    found = by_place(promised, shops)

    assert found["amber", "phone"] == Standing(promised=8, done=2, awaited=1, failed=2, refused=1, waiting=2)
    assert found["amber", "phone"].missing == 5
    assert found["bede", "phone"] == Standing(promised=2)


def test_more_than_was_promised_is_nothing_missing() -> None:
    found = by_place(plan(cell("amber", 1)), [shop(number, "closed", counted=True) for number in range(3)])

    assert found["amber", "phone"].missing == 0


def test_a_void_contact_counts_until_another_takes_its_place() -> None:
    alone = [shop(0, "void", id="w1.amber.phone-wave.000")]
    replaced = [*alone, shop(0, "planned", id="w1.amber.phone-wave.000.r1")]

    assert by_place(plan(cell("amber", 1)), alone)["amber", "phone"] == Standing(promised=1, failed=1)
    assert by_place(plan(cell("amber", 1)), replaced)["amber", "phone"] == Standing(promised=1, waiting=1)


def test_what_was_not_promised_is_counted_beside_the_plan() -> None:
    promised = plan(cell("amber", 2))
    shops = [shop(0, "closed", counted=True), shop(1, "closed", "carn", counted=True, channel="email", enquiry="tip")]

    assert by_place(promised, shops)["carn", "email"] == Standing(promised=0, done=1)
    assert by_kind(promised, shops)["email", "tip", True] == Standing(promised=0, done=1)


def test_kinds_are_by_what_is_asked_and_by_office_hours_over_all_organisations() -> None:
    promised = plan(cell("amber", 3), cell("bede", 4, hour=11), cell("amber", 1, scenario="evening", in_hours=False))
    shops = [shop(0, "closed", counted=True), shop(1, "planned", "bede"), shop(2, "planned", scenario="evening")]

    assert by_kind(promised, shops) == {
        ("phone", "Missed bin", True): Standing(promised=7, done=1, waiting=1),
        ("phone", "Missed bin", False): Standing(promised=1, waiting=1),
    }


def test_a_report_tells_by_channel_what_was_planned_and_what_became_of_it() -> None:
    frozen = Promise(plan(cell("amber", 3), cell("bede", 2)), 2, NOW, "Bede agreed to more")
    shops = [shop(0, "closed", counted=True), shop(1, "refused"), shop(2, "closed", "bede", counted=True)]
    work = fieldwork(councils=2, calls=2, mails=2)

    told = promised(frozen, shops)
    report = assemble(work.wave, work.scheme, work.organisations, work.shops).model_copy(update={"promised": told})

    assert told.channels == {"phone": Standing(promised=5, done=2, refused=1)}
    assert dict(method(report))["What was planned"] == (
        "The plan was frozen on 4 January 2027. It is the 2nd plan: Bede agreed to more.",
        "Telephone: 5 planned; 2 made and counted, 1 refused and 2 not in the wave.",
    )
    assert for_one(report, report.organisations[0].id, "secret").promised == told.model_copy(update={"why": ""})
