"""Which contacts a wave calls for: evenly over targets and enquiries, once a site, none where nothing is published."""

import datetime as dt
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from results import scheme
from results.schema import Contacts, Line, Organisation, Scenario, Wave
from results.store import FrozenWave, ShopRow
from scenarios import plan
from scenarios.programme import library

DAY = dt.date(2026, 11, 23)
ENQUIRIES = library()
IDS = sorted(ENQUIRIES)


def rows(scenario: Scenario, contacts: Contacts) -> tuple[ShopRow, ...]:
    wave = Wave(id="w", title="W", partnership="P", fieldwork_from=DAY, fieldwork_until=DAY, scenarios=(scenario.id,))
    organisation = Organisation(id="amber", name="Amber", contacts=contacts)
    frozen = FrozenWave(
        wave,
        scheme.load(wave.profile),
        {"amber": organisation},
        {scenario.id: scenario},
        ENQUIRIES,
        dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
    )
    return plan.rows(frozen)


@given(targets=st.integers(1, 12), enquiries=st.integers(1, 12), contacts=st.integers(1, 150))
def test_targets_and_enquiries_come_up_evenly_and_every_pair_in_time(
    targets: int, enquiries: int, contacts: int
) -> None:
    scenario = Scenario(id="s", channel="email", enquiries=tuple(IDS[:enquiries]), contacts=contacts)
    addresses = tuple(f"a{number}@amber.example" for number in range(targets))

    found = rows(scenario, Contacts(addresses=addresses))

    assert len(found) == contacts == len({row.id for row in found}) == len({row.reference for row in found})
    by_target = Counter(row.target for row in found)
    assert max(by_target.values()) - min(by_target[address] for address in addresses) <= 1
    assert len({row.target for row in found}) == min(targets, contacts)
    assert len({row.enquiry for row in found}) == min(enquiries, contacts)
    pairs = Counter((row.target, row.enquiry) for row in found[: targets * enquiries])
    assert max(pairs.values()) == 1


def test_calls_in_hours_go_to_every_line_and_calls_out_of_hours_only_to_lines_that_allow_it() -> None:
    lines = (Line(number="+441134960001", label="A"), Line(number="+441134960002", label="B", out_of_hours=True))
    office, evening = (
        Scenario(id="s", channel="phone", enquiries=("missed-bin",), contacts=4, in_hours=inside)
        for inside in (True, False)
    )

    assert Counter(row.target for row in rows(office, Contacts(lines=lines))) == {
        "+441134960001": 2,
        "+441134960002": 2,
    }
    assert {row.target for row in rows(evening, Contacts(lines=lines))} == {"+441134960002"}


def test_a_site_is_visited_once_for_all_enquiries() -> None:
    scenario = Scenario(id="s", channel="web", enquiries=tuple(IDS[:3]), contacts=9)

    found = rows(scenario, Contacts(sites=("https://www.amber.example/",)))

    assert [(row.target, row.enquiry) for row in found] == [("https://www.amber.example/", IDS[0])]


def test_an_organisation_that_publishes_nothing_on_a_channel_gets_no_contact() -> None:
    assert rows(Scenario(id="s", channel="email", enquiries=("missed-bin",)), Contacts()) == ()


def test_contacts_fall_due_when_fieldwork_begins_in_london() -> None:
    scenario = Scenario(id="s", channel="email", enquiries=("missed-bin",))

    (found,) = rows(scenario, Contacts(addresses=("a@amber.example",)))

    assert found.due_at == dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
