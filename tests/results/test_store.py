"""The store on SQLite and on PostgreSQL: nothing is lost, nothing happens twice, moments stay what they were."""

import asyncio
import datetime as dt
import hashlib
import math
from collections import Counter
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from results import scheme
from results.calendar import Calendar
from results.closings import Closings
from results.database import Database
from results.ledger import DatabaseLedger, Spent
from results.mailbag import HandEntry, Mailbag, Settled
from results.schema import (
    Answer,
    AnswerKey,
    Enquiry,
    Observation,
    Organisation,
    Points,
    Refusal,
    Scenario,
    State,
    Wave,
)
from results.store import FrozenWave, ShopRow, Store, planned
from results.tables import Utc, effects, observations, shops

NOW = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
SCENARIO = Scenario(id="mails", channel="email", enquiries=("bins",), contacts=2)
ENQUIRY = Enquiry(
    id="bins",
    service=524,
    title="Bins",
    subject="My bin",
    words="Our bin was not emptied this week.",
    search="bins",
    answer_key=AnswerKey(dated=NOW.date(), source="test", page="bins"),
)
SCHEME = scheme.load("south-derbyshire-2006")
WAVE = Wave(
    id="w1",
    title="First",
    partnership="P",
    fieldwork_from=NOW.date(),
    fieldwork_until=NOW.date(),
    scenarios=("mails",),
)
FROZEN = FrozenWave(
    WAVE, SCHEME, {"amber": Organisation(id="amber", name="Amber")}, {"mails": SCENARIO}, {"bins": ENQUIRY}, NOW
)


def row(number: int = 0) -> ShopRow:
    return planned("w1", "amber", SCENARIO, "bins", "hello@amber.example", number, NOW)


async def store_with(database: Database, *rows: ShopRow) -> Store:
    store = Store(database)
    await store.freeze(FROZEN, rows)
    return store


async def test_a_wave_is_planned_once_and_comes_back_as_it_was(database: Database) -> None:
    store = await store_with(database, row())

    again = await store.freeze(FROZEN, [row(1)])

    assert again is False
    assert await store.wave("w1") == FROZEN
    assert [each.number for each in await store.rows(wave="w1")] == [0]


async def test_a_moment_in_another_zone_comes_back_as_the_same_moment(database: Database) -> None:
    summer = dt.datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Europe/London"))
    store = await store_with(database, replace(row(), due_at=summer))

    (found,) = await store.rows()

    assert found.due_at == summer
    assert found.due_at.utcoffset() == dt.timedelta()


async def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises((ValueError, sa.exc.StatementError), match="has no time zone"):
        await store_with(database, replace(row(), due_at=dt.datetime(2026, 7, 1, 12)))


async def test_what_was_intended_cannot_be_intended_again(database: Database) -> None:
    shop = row()
    store = await store_with(database, shop)

    await store.about_to(shop.id, "<a@b>", NOW)

    with pytest.raises(RuntimeError, match="is intent"):
        await store.about_to(shop.id, "<a@b>", NOW)


async def test_a_shop_closes_once_with_its_answers_and_scores(database: Database) -> None:
    shop = row()
    store = await store_with(database, shop)
    seen = Observation(facts={"email.replied": True, "email.replies_count": 1})
    answers = (Answer(criterion="email.replied", value=True, marks=1, state=State.ANSWERED),)
    await store.about_to(shop.id, "<a@b>", NOW)
    await store.done(shop.id, "<a@b>", NOW)

    for _ in range(2):
        await store.close(shop.id, seen, answers, Points(earned=3, possible=3), Points(), SCHEME.digest, NOW)

    (found,) = await store.shops(FROZEN)
    assert (found.state, found.counted, found.made_at) == ("closed", True, NOW)
    assert (found.observation, found.answers) == (seen, answers)
    assert (found.access.share, found.quality.share) == (1, None)


async def test_answers_are_read_as_they_were_written_whatever_stands_in_them(database: Database) -> None:
    rows = [row(number) for number in range(4)]
    store = await store_with(database, *rows)
    said = [
        "",
        "}, {",
        'a"}], "access": {"earned": 0}',
        '{"answers": [{"criterion": "email.replied"}, {',
        "\\",
        "“ä”\n",
    ]
    values = [True, 1, 1.0, False, 0, None, "1", "}, {"]
    every = [
        Answer(criterion="email.replied", value=value, state=State.NEEDS_REVIEW, why=why)
        for why in said
        for value in values
    ]
    written = [(), *(tuple(every[at : at + 24]) for at in (0, 24)), tuple(every)]  # the last are all met before

    for shop, answers in zip(rows, written, strict=True):
        points = Points(earned=0.5, possible=3)
        await store.close(shop.id, Observation(facts={}), answers, points, Points(), SCHEME.digest, NOW)

    found = await store.shops(FROZEN)
    assert [[repr(one) for one in shop.answers] for shop in found] == [[repr(one) for one in own] for own in written]
    assert {shop.access for shop in found} == {Points(earned=0.5, possible=3)}


async def test_a_shop_that_could_not_be_measured_is_closed_and_not_counted(database: Database) -> None:
    shop = row()
    store = await store_with(database, shop)

    await store.close(shop.id, Observation(facts={}, error="no line"), (), Points(), Points(), SCHEME.digest, NOW)

    (found,) = await store.shops(FROZEN)
    assert (found.state, found.counted) == ("closed", False)


async def test_a_voided_shop_is_replaced_by_one_with_another_reference(database: Database) -> None:
    shop = row()
    store = await store_with(database, shop)
    await store.about_to(shop.id, "<a@b>", NOW)
    new = planned("w1", "amber", SCENARIO, "bins", shop.target, 0, NOW, attempt=1)

    for _ in range(2):
        await store.void(shop, "unknown", new)

    assert [(each.state, each.attempt) for each in await store.rows()] == [("void", 0), ("planned", 1)]
    assert new.reference != shop.reference


async def test_the_newest_observation_is_shown_and_the_older_are_kept(database: Database) -> None:
    shop = row()
    store = await store_with(database, shop)
    first, second = Observation(facts={"a": 1}, complete=False), Observation(facts={"a": 2}, complete=False)

    for seen in (first, first, second):
        await store.observe(shop.id, seen, NOW)

    (found,) = await store.shops(FROZEN)
    assert found.observation == second
    async with database.read() as connection:
        assert await connection.scalar(sa.text("select count(*) from observations")) == 2


@dataclass(frozen=True)
class Counted:
    kind: str = "mail"
    organisation: str = "amber"
    target: str = "hello@amber.example"
    shop: str | None = None


async def test_twenty_at_once_cannot_exceed_the_days_limit(database: Database) -> None:
    ledger = DatabaseLedger(database)

    allowed = await asyncio.gather(*(ledger.reserve(Counted(), NOW, NOW.date(), 7, 0) for _ in range(20)))

    assert Counter(allowed) == {0.0: 7, None: 13}
    async with database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(effects)) == 7


async def test_a_pause_is_seen_by_everybody_until_it_is_lifted(database: Database) -> None:
    ledger = DatabaseLedger(database)

    await ledger.pause("amber", "storm", NOW)
    await ledger.pause("amber", "flood", NOW)
    assert await DatabaseLedger(database).pauses() == {"amber": "flood"}
    assert [await ledger.resume("amber"), await ledger.resume("amber")] == [True, False]
    assert await ledger.pauses() == {}


async def test_refusals_of_one_wave_are_told_apart_from_anothers(database: Database) -> None:
    ledger = DatabaseLedger(database)
    for shop in ("w1.amber.mails.000", "w10.amber.mails.000"):
        refusal = Refusal(at=NOW, effect="mail", organisation="amber", target="x", shop=shop, rule="r", reason="s")
        await ledger.record(refusal)

    assert [each.shop for each in await ledger.refusals("w1")] == ["w1.amber.mails.000"]
    assert len(await ledger.refusals()) == 2


@dataclass(frozen=True)
class Letter:
    uid: int
    account: str = "main"
    folder: str = "INBOX"
    uidvalidity: int = 4_000_000_000
    received: dt.datetime = NOW
    truncated: bool = False
    raw: bytes = b"\x00\xff raw"


async def test_the_same_mail_twice_is_kept_once_byte_for_byte(database: Database) -> None:
    bag = Mailbag(database)

    for _ in range(2):
        await bag.keep([Letter(1), Letter(1)])

    (found,) = await bag.unread(9)
    assert found.raw == b"\x00\xff raw"


async def test_a_mail_that_matches_nothing_stays_in_the_tray(database: Database) -> None:
    bag = Mailbag(database)
    await bag.keep([Letter(1)])
    (found,) = await bag.unread(9)

    await bag.settle([Settled(found.id, None, None, "final reply")])
    assert await bag.unread(9) != ()
    await bag.mark_read([found.id])

    assert await bag.unread(9) == ()
    assert [each.kind for each in await bag.unmatched()] == ["final reply"]


async def test_mails_are_read_a_few_at_a_time_in_the_order_of_their_receipt(database: Database) -> None:
    bag = Mailbag(database)
    await bag.keep([Letter(uid, received=NOW - dt.timedelta(hours=uid)) for uid in range(1, 6)])

    first = await bag.unread(2)

    assert [each.received for each in first] == [NOW - dt.timedelta(hours=5), NOW - dt.timedelta(hours=4)]


async def test_the_same_bytes_under_a_new_uidvalidity_are_known_again(database: Database) -> None:
    bag = Mailbag(database)
    await bag.keep([Letter(1, raw=b"reply")])
    (first,) = await bag.unread(9)
    await bag.settle([Settled(first.id, "shop-1", "address", "final reply")])
    await bag.mark_read([first.id])
    await bag.keep([Letter(1, raw=b"reply", uidvalidity=7)])
    await bag.keep([Letter(1, raw=b"reply", account="other")])

    again = await bag.unread(9)

    assert len(again) == 2
    assert await bag.already_read(again) == {first.digest: "shop-1"}


async def test_what_a_person_says_of_a_mail_stays(database: Database) -> None:
    bag = Mailbag(database)
    await bag.keep([Letter(1)])
    (found,) = await bag.unread(9)
    await bag.settle([Settled(found.id, None, None, "unclear", suggested="shop-1")])
    await bag.mark_read([found.id])

    await bag.assign(found.id, "shop-1", "unclear")
    await bag.judge(found.id, "final reply")

    (kept,) = await bag.of("shop-1")
    assert (kept.matched_by, kept.kind, kept.judged, kept.suggested) == ("a person", "final reply", True, None)
    assert await bag.unmatched() == await bag.of_kinds(["final reply"]) == ()


async def test_a_reply_entered_by_hand_twice_is_kept_once(database: Database) -> None:
    await store_with(database, shop := row())
    bag, entry = Mailbag(database), HandEntry("telephone", NOW, answers=True)

    assert [await bag.enter(shop.id, entry, NOW) for _ in range(2)] == [True, False]
    assert await bag.by_hand(shop.id) == (entry,)


async def test_case_numbers_lead_to_the_shop_whose_answer_carried_them(database: Database) -> None:
    bag = Mailbag(database)
    await bag.keep([Letter(1), Letter(2)])
    one, two = await bag.unread(9)

    await bag.settle(
        [
            Settled(one.id, "s1", "address", "automatic acknowledgement", ["CAS-1", "77001"]),
            Settled(two.id, None, None, "unclear", ["X-9"]),
        ]
    )

    assert await bag.case_numbers() == (("s1", "CAS-1"), ("s1", "77001"))


async def test_a_link_is_noted_once(database: Database) -> None:
    bag = Mailbag(database)
    await bag.keep([Letter(1)])
    (mail,) = await bag.unread(9)

    await bag.note_links(mail.id, [("https://a.example/", "works", "")], NOW)
    await bag.note_links(mail.id, [("https://a.example/", "broken", "404")], NOW)

    assert await bag.links_of(mail.id) == {"https://a.example/": "works"}


# ------------------------------------------------------------------------------------------------ what calls cost


@dataclass(frozen=True)
class Cost:
    calls: float = math.inf
    minutes: float = math.inf
    pence: float = math.inf


@dataclass(frozen=True)
class Ring:
    shop: str
    kind: str = "call"
    organisation: str = "amber"
    target: str = "+441134960001"


async def test_what_was_used_of_a_day_and_spent_is_told_for_plans(database: Database) -> None:
    store, ledger = await store_with(database, row()), DatabaseLedger(database)
    (made,) = await store.rows()
    tomorrow, cost = NOW.date() + dt.timedelta(days=1), Cost(1, 2, 2.5)
    for kind, day in (("mail", NOW.date()), ("mail", NOW.date()), ("call", NOW.date()), ("mail", tomorrow)):
        await ledger.reserve(Counted(kind), NOW, day, 10, 0)
    for shop, day in ((made.id, NOW.date()), (made.id, tomorrow), ("another wave's", tomorrow)):
        await ledger.spend(Ring(shop), NOW, day, cost, {})

    used, spent = await ledger.used(NOW.date()), await ledger.spent("w1", tomorrow)

    assert used == {("amber", "mail"): 2, ("amber", "call"): 1}
    assert spent == {"day": Spent(2, 4, 5), "wave": Spent(2, 4, 5), "account": Spent(3, 6, 7.5)}
    assert await ledger.spent("unheard-of", NOW.date() - dt.timedelta(days=1)) == {
        "day": Spent(0, 0, 0),
        "wave": Spent(0, 0, 0),
        "account": Spent(3, 6, 7.5),
    }


async def test_a_cap_holds_over_a_day_a_wave_and_the_whole_account(database: Database) -> None:
    await store_with(database, one := row(0))
    ledger, cost, tomorrow = DatabaseLedger(database), Cost(1, 2, 2.6), NOW.date() + dt.timedelta(days=1)
    ring = Ring(one.id)

    said = [await ledger.spend(ring, NOW, NOW.date(), cost, {"day": Cost(minutes=5)}) for _ in range(3)]
    next_day = await ledger.spend(ring, NOW, tomorrow, cost, {"day": Cost(minutes=5), "wave": Cost(calls=3)})
    wave_full = await ledger.spend(ring, NOW, tomorrow, cost, {"day": Cost(minutes=5), "wave": Cost(calls=3)})
    elsewhere = await ledger.spend(Ring("other"), NOW, tomorrow, cost, {"wave": Cost(calls=3)})
    broke = await ledger.spend(Ring("other"), NOW, tomorrow, cost, {"account": Cost(pence=10.4)})

    assert said == ["", "", "day minutes"]
    assert (next_day, wave_full, elsewhere, broke) == ("", "wave calls", "", "account pence")


async def test_a_cap_on_a_run_begins_anew_with_each_and_holds_nothing_outside_runs(database: Database) -> None:
    await store_with(database, one := row(0))
    ledger, most = DatabaseLedger(database), {"run": Cost(calls=2)}

    said = [
        await ledger.spend(Ring(one.id), NOW, NOW.date(), Cost(1, 2, 2.6), most, run)  # type: ignore[arg-type]
        for run in ("first", "first", "first", "second", None)
    ]

    assert said == ["", "", "run calls", "", ""]


async def test_forty_calls_at_once_never_pass_a_cap(database: Database) -> None:
    ledger = DatabaseLedger(database)

    said = await asyncio.gather(
        *(ledger.spend(Ring("s"), NOW, NOW.date(), Cost(1, 2, 2.6), {"account": Cost(calls=7)}) for _ in range(40))
    )

    assert said.count("") == 7


# ------------------------------------------------------------------------------------------------ editions


async def test_a_later_edition_keeps_its_scores_beside_the_first(database: Database) -> None:
    shop = row()
    store = await store_with(database, shop)
    first, second = Observation(facts={"a": 1}), Observation(facts={"a": 2})
    longer = FROZEN.organisations["amber"].model_copy(update={"hours": Calendar(closes=dt.time(20))})
    later = replace(FROZEN, organisations={"amber": longer}, edition=1, why="open until eight")
    await store.about_to(shop.id, "<a@b>", NOW)
    await store.done(shop.id, "<a@b>", NOW)

    await store.close(shop.id, first, (), Points(earned=1, possible=3), Points(), FROZEN.basis, NOW)
    await store.add_edition(later, NOW)
    await store.close(shop.id, second, (), Points(earned=3, possible=3), Points(), later.basis, NOW)

    assert await store.wave("w1") == replace(later, edition_at=NOW)
    assert await store.wave("w1", 0) == FROZEN
    assert await store.wave("w1", 2) is None
    for edition, seen, earned in ((FROZEN, first, 1), (later, second, 3)):
        (found,) = await store.shops(edition)
        assert (found.observation, found.access.earned) == (seen, earned)


async def test_closing_again_adds_an_observation_and_replaces_the_scores_of_the_same_edition(
    database: Database,
) -> None:
    shop = row()
    store = await store_with(database, shop)

    for value in (1, 2):
        seen = Observation(facts={"a": value})
        later = NOW + dt.timedelta(days=value)
        await store.close(shop.id, seen, (), Points(earned=value, possible=3), Points(), FROZEN.basis, later)

    (found,) = await store.shops(FROZEN)
    assert (found.access.earned, found.observation) == (2, Observation(facts={"a": 2}))
    assert (await store.row(shop.id)).closed_at == NOW + dt.timedelta(days=1)
    async with database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(observations)) == 2


# ------------------------------------------------------------------------------------------------ the last e-mail


async def test_a_shop_has_one_closing_mail_for_ever(database: Database) -> None:
    await store_with(database, one := row(0), two := row(1))
    closings = Closings(database)

    await closings.begin(one.id, "thanks", "<c@d>", NOW)
    await closings.sent(one.id, NOW)
    await closings.not_sent(two.id, "thanks", "consent.expired")

    assert {id: each.state for id, each in (await closings.all()).items()} == {one.id: "sent", two.id: "not sent"}
    with pytest.raises(sa.exc.IntegrityError):
        await closings.begin(one.id, "thanks", "<e@f>", NOW)


async def test_a_new_uidvalidity_begins_again_at_nought(database: Database) -> None:
    bag = Mailbag(database)

    await bag.advance("main", "INBOX", 1, 10)
    await bag.advance("main", "INBOX", 1, 12)

    assert await bag.watermark("main", "INBOX", 1) == 12
    assert await bag.watermark("main", "INBOX", 2) == 0


async def test_forty_writers_at_once_all_get_through(database: Database) -> None:
    rows = [row(number) for number in range(40)]
    store = await store_with(database, *rows)

    await asyncio.gather(*(store.about_to(each.id, f"<{each.number}>", NOW) for each in rows))

    assert {each.state for each in await store.rows()} == {"intent"}


async def test_two_shops_cannot_share_a_reference(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        await store_with(database, row(0), replace(row(1), reference="same"), replace(row(2), reference="same"))


def test_sqlite_is_told_to_lose_nothing(tmp_path: object) -> None:
    async def pragmas() -> tuple[object, ...]:
        opened = await Database.open(f"sqlite:///{tmp_path}/x.db")
        try:
            async with opened.read() as connection:
                names = ("journal_mode", "synchronous", "foreign_keys")
                return tuple([await connection.scalar(sa.text(f"pragma {name}")) for name in names])
        finally:
            await opened.close()

    assert asyncio.run(pragmas()) == ("wal", 2, 1)


async def test_the_migrations_make_the_tables_that_the_code_expects(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from results.tables import metadata

    async with database.read() as connection:
        difference = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )

    assert difference == []
    assert shops.name in metadata.tables


async def test_an_empty_database_may_be_opened_by_several_at_once(database_url: str) -> None:
    opened = await asyncio.gather(*(Database.open(database_url) for _ in range(4)))

    for one in opened:
        assert await Store(one).rows() == ()
        await one.close()


async def test_an_old_database_is_brought_forward_with_all_it_holds(database_url: str) -> None:
    await first_version(database_url)

    opened = await Database.open(database_url)
    try:
        store, bag = Store(opened), Mailbag(opened)
        (found,) = await store.shops(FROZEN)
        (mail,) = await bag.of(found.id)
        kept = await store.wave("w1")
    finally:
        await opened.close()

    assert kept == FROZEN
    assert (found.observation, found.access.earned) == (Observation(facts={"a": 2}), 3)
    assert (mail.raw, mail.digest, mail.judged) == (b"reply", hashlib.sha256(b"reply").hexdigest(), False)


async def first_version(url: str) -> None:
    """A database as the first version left it: one wave, one closed shop, its observations, scores and a mail."""
    opened = await Database.open(url, "0001")
    moment, seen = sa.literal(NOW, Utc()), sa.JSON()
    scored = {"answers": [], "access": {"earned": 3, "possible": 3}, "quality": {}}
    old = {
        "waves": {
            "id": "w1",
            "planned_at": moment,
            "document": sa.literal(WAVE.model_dump(mode="json"), seen),
            "scheme": sa.literal(SCHEME.model_dump(mode="json"), seen),
            "organisations": sa.literal({"amber": FROZEN.organisations["amber"].model_dump(mode="json")}, seen),
            "scenarios": sa.literal({"mails": SCENARIO.model_dump(mode="json")}, seen),
            "enquiries": sa.literal({"bins": ENQUIRY.model_dump(mode="json")}, seen),
        },
        "shops": {
            **{name: value for name, value in vars(row()).items() if value is not None},
            "id": "s1",
            "shopper": "probe",
            "state": "closed",
            "due_at": moment,
            "intent_at": moment,
            "made_at": moment,
        },
        "observations": {"shop": "s1", "at": moment, "document": sa.literal({"facts": {"a": 1}}, seen)},
        "observations again": {"shop": "s1", "at": moment, "document": sa.literal({"facts": {"a": 2}}, seen)},
        "scores": {"shop": "s1", "scheme": SCHEME.digest, "at": moment, "document": sa.literal(scored, seen)},
        "mails": {
            "account": "main",
            "folder": "INBOX",
            "uidvalidity": 1,
            "uid": 1,
            "received": moment,
            "truncated": False,
            "raw": b"reply",
            "read": True,
            "shop": "s1",
            "kind": "human reply",
        },
    }
    try:
        async with opened.write() as connection:
            for name, values in old.items():
                table = sa.table(name.split()[0], *(sa.column(column) for column in values))
                await connection.execute(table.insert().values(values))
    finally:
        await opened.close()


# ------------------------------------------------------------------------------------------------ a year of waves


async def test_waves_that_are_long_over_are_not_awaited_unless_a_window_is_open(database: Database) -> None:
    store = Store(database)
    for name, until in (("old", dt.date(2026, 1, 9)), ("waiting", dt.date(2026, 1, 9)), ("new", dt.date(2026, 12, 4))):
        wave = WAVE.model_copy(update={"id": name, "fieldwork_from": until, "fieldwork_until": until})
        shop = planned(name, "amber", SCENARIO, "bins", "hello@amber.example", 0, NOW)
        await store.freeze(replace(FROZEN, wave=wave), [shop])
        if name == "waiting":
            await store.about_to(shop.id, "<m@x>", NOW)

    assert set(await store.wave_ids()) == {"old", "waiting", "new"}
    assert set(await store.wave_ids(awaited_since=dt.date(2026, 9, 1))) == {"waiting", "new"}


async def test_what_nights_are_frozen_with_is_once_in_memory(database: Database) -> None:
    store = Store(database)
    for name in ("first", "second"):
        await store.freeze(replace(FROZEN, wave=WAVE.model_copy(update={"id": name})), [])

    first, second = [await store.wave(name) for name in ("first", "second")]

    assert first is not None
    assert second is not None
    assert first.organisations == FROZEN.organisations
    assert first.organisations is second.organisations
