"""What monitoring asks for: counted rightly in the store, on SQLite and on PostgreSQL."""

import datetime as dt
from dataclasses import replace

from results import figures
from results.alerts import Alerts, Failing, recent_contacts
from results.beats import AT_WORK, SCHEDULES, SWEEP, Beats
from results.database import Database
from results.figures import Due
from results.ledger import DatabaseLedger
from results.nights import Handled, Leases, Nights, Troubles
from results.schema import Failure, Observation, Points, Refusal
from results.store import FrozenWave, ShopRow, Store
from tests.results.test_store import FROZEN, NOW, WAVE, first_version, row, store_with

HOUR = dt.timedelta(hours=1)
OVER = WAVE.model_copy(update={"id": "w0", "fieldwork_until": NOW.date() - dt.timedelta(days=1)})


async def _closed(store: Store, one: ShopRow, seen: Observation, at: dt.datetime) -> None:
    await store.assign(one.id, "main")
    await store.about_to(one.id, f"<{one.id}>", at)
    await store.done(one.id, f"<{one.id}>", at)
    await store.observe(one.id, Observation(facts={}, complete=False), at)
    await store.close(one.id, seen, (), Points(), Points(), "d", at)


SILENT = Observation(facts={}, failure=Failure.SILENT)
FAULTY = Observation(facts={}, error="the mail server took none")
WELL = Observation(facts={})


async def _shopped(database: Database) -> Store:
    """Contacts: silent, faulty, answered, silent two days ago, awaited, overdue, due; and one of old fieldwork."""
    rows = [row(number) for number in range(7)]
    store = await store_with(database, *rows)
    for one, seen, ago in ((0, SILENT, 1), (1, FAULTY, 2), (2, WELL, 3), (3, SILENT, 48)):
        await _closed(store, rows[one], seen, NOW - ago * HOUR)
    for one, closes in ((4, NOW + HOUR), (5, NOW - 2 * HOUR)):
        await store.assign(rows[one].id, "main")
        await store.about_to(rows[one].id, f"<{one}>", NOW - 9 * HOUR)
        await store.done(rows[one].id, f"<{one}>", NOW - 9 * HOUR)
        await store.await_until(rows[one].id, closes)
    old = replace(row(7), id="w0.amber.mails.007", wave="w0", due_at=NOW - 100 * HOUR)
    await store.freeze(FrozenWave(OVER, *list(vars(FROZEN).values())[1:6]), [old])
    return store


async def test_contacts_are_counted_as_they_stand(database: Database) -> None:
    await _shopped(database)

    found = await figures.count(database, NOW + HOUR / 2, NOW, "serve")

    assert found.contacts == {
        ("probe", "email", "closed"): 4,
        ("probe", "email", "open"): 2,
        ("probe", "email", "planned"): 2,
    }
    assert found.due == {"email": Due(1, NOW)}
    assert found.waiting == {"email": 2}
    assert found.overdue == {"email": Due(1, NOW - 2 * HOUR)}
    assert found.failures == {("email", "silent"): 1}
    assert found.faults == {"email": 1}
    assert await figures.awaited_mailboxes(database) == ("main",)


async def test_what_else_the_store_knows_is_counted(database: Database) -> None:
    ledger, nights, alerts = DatabaseLedger(database), Nights(database), Alerts(database)
    for rule, ago in (("limit.day", 1), ("limit.day", 2), ("pause.all", 3), ("pause.all", 30)):
        refusal = Refusal(at=NOW - ago * HOUR, effect="mail", organisation="amber", target="a@b", rule=rule, reason="r")
        await ledger.record(refusal)
    await ledger.pause("*", "flood", NOW)
    await ledger.pause("amber", "flood", NOW)
    for wave in ("wave a", "wave b"):
        await Troubles(database).note(wave, "no", NOW)
    await Troubles(database).note("wave b", "no", NOW)
    mark = await nights.mark("nightly", NOW - 50 * HOUR)
    missed = Handled("nightly", NOW.date(), NOW, NOW, "missed", None, "off")
    await nights.handle("nightly", mark, NOW, [missed])
    await Leases(database).take("serve", "me", NOW, NOW + HOUR)
    await Beats(database).note([SCHEDULES, AT_WORK], NOW - HOUR)
    await Beats(database).note([SCHEDULES, SWEEP], NOW, ended=AT_WORK)
    await alerts.settle({"a": Failing("ours", "w"), "b": Failing("theirs", "w")}, (), NOW)
    await alerts.settle({}, ("b",), NOW)

    found = await figures.count(database, NOW, NOW, "serve")
    later = await figures.count(database, NOW, NOW + 2 * HOUR, "serve")

    assert found.refusals == {"limit.day": 2, "pause.all": 1}
    assert sorted(found.paused) == ["*", "amber"]
    assert found.troubles == {"wave": 2}
    assert (found.nights, found.marks) == ({("nightly", "missed"): 1}, {"nightly": NOW})
    assert (found.served, later.served) == (True, False)
    assert found.beats == {SCHEDULES: NOW, SWEEP: NOW}
    assert found.alerts == {"ours": 1}
    assert (found.calls, found.minutes, found.pence) == (0, 0, 0)


async def test_an_old_database_is_counted_and_alerted_upon(database_url: str) -> None:
    await first_version(database_url)
    opened = await Database.open(database_url)
    try:
        await Alerts(opened).settle({"a": Failing("ours", "w")}, (), NOW)
        await Beats(opened).note([SWEEP], NOW)
        found = await figures.count(opened, NOW, NOW, "serve")
    finally:
        await opened.close()

    assert (found.contacts, found.alerts) == ({("probe", "email", "closed"): 1}, {"ours": 1})
    assert found.beats == {SWEEP: NOW}


async def test_a_part_that_goes_on_goes_on_since_it_was_first_said(database: Database) -> None:
    beats = Beats(database)

    await beats.began(AT_WORK, NOW)
    await beats.began(AT_WORK, NOW + HOUR)

    assert await beats.all() == {AT_WORK: NOW}


# ------------------------------------------------------------------------------------------------ alerts


async def test_the_last_three_contacts_are_told_in_order_by_what_was_last_seen(database: Database) -> None:
    rows = [row(number) for number in range(4)]
    store = await store_with(database, *rows)
    for number, seen in enumerate((WELL, SILENT, FAULTY, WELL)):
        await _closed(store, rows[number], seen, NOW + number * HOUR)

    found = await recent_contacts(database, NOW - HOUR)

    assert [(one.failure, one.faulty) for one in found] == [("silent", False), (None, True), (None, False)]
    assert {(one.organisation, one.channel, one.route) for one in found} == {("amber", "email", "main")}
    assert [one.closed_at for one in found] == [NOW + number * HOUR for number in (1, 2, 3)]
    assert await recent_contacts(database, NOW + 9 * HOUR) == ()


async def test_an_alert_begins_once_and_is_over_once_and_each_is_told_once(database: Database) -> None:
    alerts, fails = Alerts(database), {"line": Failing("theirs", "It fails.")}
    await alerts.settle(fails, (), NOW)
    await alerts.settle(fails, (), NOW + HOUR)
    await alerts.settle({}, (), NOW + HOUR)  # nobody knows: it stays
    (begun,) = await alerts.untold("webhook")
    await alerts.told("webhook", [begun], NOW)
    nothing = await alerts.untold("webhook")
    await alerts.settle({}, ("line",), NOW + 2 * HOUR)
    (over,) = await alerts.untold("webhook")
    await alerts.told("webhook", [over], NOW)
    await alerts.settle(fails, (), NOW + 3 * HOUR)

    assert (begun.turn, begun.alert.begun_at, begun.alert.words) == ("begins", NOW, "It fails.")
    assert nothing == ()
    assert (over.turn, over.alert.over_at) == ("over", NOW + 2 * HOUR)
    assert [(one.id != begun.alert.id, one.over_at) for one in await alerts.last(5)] == [
        (True, None),
        (False, NOW + 2 * HOUR),
    ]
    assert [one.alert.id for one in await alerts.untold("email a@b.example")] == [begun.alert.id + 1]
