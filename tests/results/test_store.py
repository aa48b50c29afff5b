"""The store on SQLite and on PostgreSQL: nothing is lost, nothing happens twice, moments stay what they were."""

import asyncio
import datetime as dt
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from results import scheme
from results.database import Database
from results.ledger import DatabaseLedger
from results.mailbag import Mailbag
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
from results.tables import effects, shops

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

    (found,) = await store.shops("w1", SCHEME.digest)
    assert (found.state, found.counted, found.made_at) == ("closed", True, NOW)
    assert (found.observation, found.answers) == (seen, answers)
    assert (found.access.share, found.quality.share) == (1, None)


async def test_a_shop_that_could_not_be_measured_is_closed_and_not_counted(database: Database) -> None:
    shop = row()
    store = await store_with(database, shop)

    await store.close(shop.id, Observation(facts={}, error="no line"), (), Points(), Points(), SCHEME.digest, NOW)

    (found,) = await store.shops("w1", SCHEME.digest)
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

    (found,) = await store.shops("w1", SCHEME.digest)
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

    allowed = await asyncio.gather(*(ledger.reserve(Counted(), NOW, NOW.date(), 7) for _ in range(20)))

    assert sum(allowed) == 7
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
        await bag.keep(Letter(1))

    (found,) = await bag.unread()
    assert found.raw == b"\x00\xff raw"


async def test_a_mail_that_matches_nothing_stays_in_the_tray(database: Database) -> None:
    bag = Mailbag(database)
    await bag.keep(Letter(1))
    (found,) = await bag.unread()

    await bag.settle(found.id, None, None, "human reply")

    assert await bag.unread() == ()
    assert [each.kind for each in await bag.unmatched()] == ["human reply"]


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
