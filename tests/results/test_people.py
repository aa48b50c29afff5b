"""Tasks, forms, reviews and appeals in the database: nothing twice, nothing lost, older forms kept."""

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from results.database import Database
from results.filled import Filled, Given
from results.people import People, Task
from results.reviews import Reviews
from results.schema import Answer, Appeal, Observation, Points, Review, Scenario, Shop, State
from results.shops import Scored, scored
from results.store import Store, planned
from tests.results.test_store import ENQUIRY, FROZEN, NOW, SCHEME

PEOPLES = Scenario(id="people", channel="email", shopper="person", enquiries=("bins",))
WAVE = replace(FROZEN, scenarios={"people": PEOPLES})
ROW = planned("w1", "amber", PEOPLES, ENQUIRY.id, "hello@amber.example", 0, NOW)
MADE = NOW - dt.timedelta(hours=3)
TASK = Task(ROW.id, "s1", "shop", NOW, NOW.date())


def filled(replied: bool = True, made: bool = True) -> Filled:
    given = {"email.replied": Given(said="value", value=replied)} if made else {}
    return Filled(shop=ROW.id, shopper="s1", scheme=SCHEME.digest, made=made, made_at=MADE, answers=given)


def score_of(replied: bool = True) -> Scored:
    answers = (Answer(criterion="email.replied", value=replied, marks=float(replied), state=State.ANSWERED),)
    return scored(answers, SCHEME, SCHEME.digest, ("Fine.",))


async def planned_in(database: Database) -> tuple[Store, People]:
    store = Store(database)
    await store.freeze(WAVE, [ROW])
    return store, People(database)


async def the_shop(store: Store) -> Shop:
    (found,) = await store.shops(WAVE)
    return found


async def test_a_task_is_handed_to_the_same_shopper_once(database: Database) -> None:
    _, people = await planned_in(database)
    await people.hand_out([TASK])

    with pytest.raises(sa.exc.IntegrityError):
        await people.hand_out([replace(TASK, shopper="s2"), TASK])

    assert await people.tasks("w1") == await people.tasks_of(ROW.id) == (TASK,)


async def test_a_form_closes_its_shop_which_counts_without_an_observation(database: Database) -> None:
    store, people = await planned_in(database)

    entered = await people.enter(filled(), "s1.xlsx", NOW, score_of())

    shop = await the_shop(store)
    assert entered
    assert (shop.state, shop.counted, shop.made_at, shop.by) == ("closed", True, MADE, "s1")
    assert (shop.observation, shop.comments, shop.access.earned) == (None, ("Fine.",), 3)


async def test_peoples_own_words_are_forgotten_and_their_answers_stay(database: Database) -> None:
    store, people = await planned_in(database)
    own_words = filled().model_copy(
        update={
            "comment": "Jo was kind.",
            "answers": {
                "email.replied": Given(said="value", value=True, comment="signed Jo Smith"),
                "run.comment": Given(said="value", value="Jo Smith again"),
            },
        }
    )
    await people.enter(own_words, "s1.xlsx", NOW, score_of())
    before = await the_shop(store)

    assert (await people.words_about("amber"), await people.words_about("bryn")) == (1, 0)
    await people.forget_words_about("bryn")
    assert await the_shop(store) == before
    await people.forget_words_about("amber")

    (form,) = await people.forms("w1")
    after = await the_shop(store)
    assert "Jo" not in form.filled.model_dump_json()
    assert form.filled.answers["email.replied"].value is True
    assert (after.comments, after.answers, after.access) == ((), before.answers, before.access)
    assert await people.words_about("amber") == 0


async def test_a_form_imported_twice_adds_nothing_and_a_newer_one_supersedes(database: Database) -> None:
    store, people = await planned_in(database)

    first = await people.enter(filled(), "s1.xlsx", NOW, score_of())
    again = await people.enter(filled(), "copy.xlsx", NOW, score_of())
    newer = await people.enter(filled(replied=False), "s1-new.xlsx", NOW, score_of(replied=False))
    older = await people.enter(filled(), "s1.xlsx", NOW, score_of())

    assert (first, again, newer, older) == (True, False, True, False)
    assert [form.source for form in await people.forms("w1")] == ["s1.xlsx", "s1-new.xlsx"]
    assert await people.newest(ROW.id, "s1") == filled(replied=False)
    assert (await the_shop(store)).access.earned == 0


async def test_a_contact_that_could_not_be_made_is_void_until_it_is_made_after_all(database: Database) -> None:
    store, people = await planned_in(database)

    await people.enter(filled(made=False), "s1.xlsx", NOW, None, "shopper S1 could not make it: ill")
    void = await store.row(ROW.id)
    await people.enter(filled(), "s1.xlsx", NOW, score_of())
    await people.enter(filled(made=False).model_copy(update={"comment": "again"}), "s1.xlsx", NOW, None, "no")

    assert (void.state, void.why) == ("void", "shopper S1 could not make it: ill")
    assert ((await store.row(ROW.id)).state, (await store.row(ROW.id)).why) == ("closed", "")
    assert await people.newest(ROW.id, "s1") == filled()


async def test_a_review_is_kept_with_the_scores_that_follow_from_it(database: Database) -> None:
    store, people = await planned_in(database)
    reviews = Reviews(database)
    await people.enter(filled(), "s1.xlsx", NOW, score_of())
    said = Review(
        shop=ROW.id,
        criterion="email.replied",
        verdict="corrected",
        value=False,
        proposal=True,
        proposed_state=State.ANSWERED,
        by="QO",
        at=NOW,
    )

    await reviews.record(ROW.id, [said], score_of(replied=False), NOW)

    assert await reviews.of(ROW.id) == (said,)
    assert await reviews.of_wave("w1") == {ROW.id: (said,)}
    assert (await the_shop(store)).access.earned == 0


async def test_a_review_of_a_probes_shop_leaves_what_was_seen(database: Database) -> None:
    store = Store(database)
    row = planned("w1", "amber", Scenario(id="mails", channel="email", enquiries=("bins",)), "bins", "a@b", 0, NOW)
    await store.freeze(FROZEN, [row])
    seen = Observation(facts={"email.replied": True})
    await store.close(row.id, seen, (), Points(), Points(), SCHEME.digest, NOW)
    await store.observe(row.id, Observation(facts={"email.replied": False}), NOW)

    await Reviews(database).record(row.id, [], score_of(), NOW)

    (found,) = await store.shops(FROZEN)
    assert (found.observation, found.access.earned, found.counted) == (seen, 3, True)


async def test_an_upheld_appeal_sets_a_contact_aside_and_keeps_it(database: Database) -> None:
    store, people = await planned_in(database)
    reviews = Reviews(database)
    await people.enter(filled(), "s1.xlsx", NOW, score_of())
    made = Appeal(shop=ROW.id, by="Contact centre", at=NOW, why="The line was being repaired.")

    number = await reviews.appeal(made)
    standing = await the_shop(store)
    upheld = made.model_copy(
        update={"outcome": "upheld", "decided_by": "Panel", "decided_at": NOW, "reason": "It was."}
    )
    await reviews.decide(number, upheld, None, None, NOW)

    shop = await the_shop(store)
    assert (standing.counted, standing.appeals) == (True, (made,))
    assert (shop.counted, shop.disputed, shop.state) == (False, True, "closed")
    assert (shop.appeals, shop.access.earned) == ((upheld,), 3)
    assert await reviews.appeals("w1") == await reviews.appeals() == {number: upheld}
