"""Who does which task: fair, the same each time, nobody where they are known, and nowhere without consent."""

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from results.schema import Channel, Consent, Contacts, Line, Organisation, Scenario
from results.store import ShopRow, planned
from scenarios.commands.people import reminder
from scenarios.handing_out import HandedOut, hand_out
from scenarios.shoppers import People, Shopper

NOW = dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)
LAST = dt.date(2026, 12, 18)
NUMBER = "+441629533190"


def council(id: str, **changed: Any) -> Organisation:
    consent = {
        "agreed_by": "Head",
        "valid_from": dt.date(2026, 1, 1),
        "until": dt.date(2026, 12, 31),
        "channels": ("phone", "visit"),
        "lines": (NUMBER,),
        **changed,
    }
    contacts = Contacts(lines=(Line(number=NUMBER, label="Main"),), offices=("Town Hall",))
    return Organisation(id=id, name=id.title(), contacts=contacts, consent=Consent.model_validate(consent))


def contacts(organisations: int, each: int, channel: Channel = "phone") -> list[ShopRow]:
    scenario = Scenario(id="calls", channel=channel, shopper="person", enquiries=("bins", "badge"))
    return [
        planned("w1", f"c{place}", scenario, scenario.enquiries[number % 2], NUMBER, number, NOW)
        for place in range(organisations)
        for number in range(each)
    ]


def handed(
    people: People, to_make: list[ShopRow], register: dict[str, Organisation] | None = None, **changed: Any
) -> HandedOut:
    given: dict[str, Any] = {
        "people": people,
        "planned": to_make,
        "judged": (),
        "already": (),
        "rows": {row.id: row for row in to_make},
        "register": register or {row.organisation: council(row.organisation) for row in to_make},
        "pauses": {},
        "last": LAST,
        "now": NOW,
        **changed,
    }
    return hand_out(**given)


def shoppers(count: int, **changed: Any) -> tuple[Shopper, ...]:
    return tuple(Shopper(id=f"s{place}", **changed) for place in range(count))


def test_tasks_are_spread_over_shoppers_organisations_and_enquiries() -> None:
    rows = contacts(organisations=4, each=4)

    done = handed(People(shoppers=shoppers(4)), rows)

    place = {row.id: row for row in rows}
    assert done.left == ()
    assert set(Counter(task.shopper for task in done.tasks).values()) == {4}
    at_one_council = Counter((task.shopper, place[task.shop].organisation) for task in done.tasks)
    assert max(at_one_council.values()) <= 2
    assert {task.due for task in done.tasks} == {dt.date(2026, 12, 7)}  # five weeks on


def test_the_same_wave_is_handed_out_the_same_way_and_once() -> None:
    rows = contacts(3, 3)
    people = People(shoppers=shoppers(4))

    first = handed(people, rows)
    second = handed(people, list(reversed(rows)))
    later = handed(people, rows, already=first.tasks)

    assert sorted(map(repr, first.tasks)) == sorted(map(repr, second.tasks))
    assert later == HandedOut((), ())


def test_nobody_gets_more_than_the_most_and_what_is_left_is_told() -> None:
    done = handed(People(shoppers=shoppers(2), most_tasks=3), contacts(2, 4))

    assert set(Counter(task.shopper for task in done.tasks).values()) == {3}
    assert [why for _, why in done.left] == ["everybody who could has 3 tasks already"] * 2


def test_nobody_shops_where_they_are_known_or_a_channel_they_do_not_take() -> None:
    people = People(shoppers=(Shopper(id="a", not_at=("c0",)), Shopper(id="b", channels=("visit",)), Shopper(id="c")))

    done = handed(people, contacts(2, 2))

    assert {(task.shopper, task.shop.split(".")[1]) for task in done.tasks} <= {("a", "c1"), ("c", "c0"), ("c", "c1")}


def test_a_full_shopper_passes_a_task_on_to_make_room_for_one_that_only_they_can_do() -> None:
    people = People(most_tasks=2, shoppers=(Shopper(id="a"), Shopper(id="b", not_at=("c0",))))

    done = handed(people, contacts(2, 2))

    assert done.left == ()
    assert Counter(task.shopper for task in done.tasks) == {"a": 2, "b": 2}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"valid_from": dt.date(2026, 11, 3)}, "consent begins on 03/11/2026"),
        ({"until": dt.date(2026, 11, 1)}, "consent ended on 01/11/2026"),
        ({"channels": ("email",)}, "consent does not cover phone"),
        ({"lines": ()}, f"consent does not name {NUMBER}"),
    ],
)
def test_no_task_goes_where_consent_does_not(changed: dict[str, Any], told: str) -> None:
    done = handed(People(shoppers=shoppers(2)), contacts(1, 1), {"c0": council("c0", **changed)})

    assert (done.tasks, [why for _, why in done.left]) == ((), [told])


def test_no_task_goes_to_an_organisation_without_consent_or_under_a_pause() -> None:
    rows, people = contacts(1, 1), People(shoppers=shoppers(2))

    for register, pauses, told in (
        ({"c0": Organisation(id="c0", name="C0")}, {}, "C0 has no consent entry"),
        ({"x": council("x")}, {}, "c0 is not in the register"),
        (None, {"c0": "flood"}, "C0 is paused: flood"),
        (None, {"*": "election"}, "everything is paused: election"),
    ):
        assert [why for _, why in handed(people, rows, register, pauses=pauses).left] == [told]


def test_nobody_has_longer_than_consent_or_fieldwork_lasts() -> None:
    people, rows = People(shoppers=shoppers(1)), contacts(1, 1)
    short = {"c0": council("c0", until=dt.date(2026, 11, 10))}

    assert handed(people, rows, short).tasks[0].due == dt.date(2026, 11, 10)
    assert handed(people, rows, last=dt.date(2026, 11, 5)).tasks[0].due == dt.date(2026, 11, 5)
    assert handed(people, rows, last=dt.date(2026, 11, 1)).left[0][1] == "fieldwork ended on 01/11/2026"


def test_a_share_of_the_contacts_is_judged_by_a_second_shopper() -> None:
    rows = contacts(2, 5)
    probes = [planned("w1", "c0", Scenario(id="m", channel="phone", enquiries=("bins",)), "bins", NUMBER, 0, NOW)]
    people = People(shoppers=shoppers(4), judged_twice=0.25, probes_judged=1)

    done = handed(people, rows, judged=probes, rows={row.id: row for row in (*rows, *probes)})

    makes = {task.shop: task.shopper for task in done.tasks if task.role == "shop"}
    judges = [task for task in done.tasks if task.role == "judge"]
    assert len(judges) == 3 + 1  # a quarter of ten, rounded up, and the probe's
    assert all(makes.get(task.shop) != task.shopper for task in judges)
    assert handed(people, rows, judged=probes, rows={r.id: r for r in (*rows, *probes)}, already=done.tasks).tasks == ()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.integers(1, 5), st.integers(1, 6), st.integers(1, 6), st.data())
def test_whatever_the_programme_nobody_is_overloaded_and_nothing_is_lost(
    organisations: int, each: int, people: int, most: int, data: st.DataObject
) -> None:
    rows = contacts(organisations, each)
    ids = [f"c{place}" for place in range(organisations)]
    known = data.draw(st.lists(st.lists(st.sampled_from(ids), max_size=3), min_size=people, max_size=people))
    who = People(most_tasks=most, shoppers=tuple(Shopper(id=f"s{n}", not_at=tuple(at)) for n, at in enumerate(known)))

    done = handed(who, rows)

    assert max(Counter(task.shopper for task in done.tasks).values(), default=0) <= most
    assert sorted([task.shop for task in done.tasks] + [row.id for row, _ in done.left]) == sorted(r.id for r in rows)
    barred = {one.id: one.not_at for one in who.shoppers}
    assert not [task for task in done.tasks if task.shop.split(".")[1] in barred[task.shopper]]


def test_people_are_reminded_a_week_before_on_the_day_and_after() -> None:
    due = dt.date(2026, 12, 7)

    told = [reminder(due, due - dt.timedelta(days=days)) for days in (8, 7, 0, -1)]

    assert told == [None, "to be done by 07/12/2026", "to be done today", "late since 07/12/2026"]
