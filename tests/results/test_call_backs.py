"""Calls to us are kept once each, by the carrier's id, and what became of each is kept with it."""

import datetime as dt
from dataclasses import dataclass

from results.callbacks import CallBack, CallBacks
from results.database import Database

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Call:
    id: str
    created: dt.datetime
    to: str = "+441134960999"
    caller: str | None = "+441134960001"


FIRST, SECOND = Call("CA1", NOON), Call("CA2", NOON + dt.timedelta(hours=1), caller=None)


def ids(found: tuple[CallBack, ...]) -> list[str]:
    return [one.call for one in found]


async def test_a_call_that_is_listed_again_is_kept_once(database: Database) -> None:
    calls = CallBacks(database)

    assert await calls.keep([SECOND, FIRST]) == 2
    assert await calls.keep([SECOND, FIRST, SECOND]) == 0

    unread = await calls.unread()
    assert ids(unread) == ["CA1", "CA2"]
    assert [(one.own, one.caller, one.at) for one in unread] == [
        (one.to, one.caller, one.created) for one in (FIRST, SECOND)
    ]


async def test_nothing_listed_is_nothing_kept(database: Database) -> None:
    assert await CallBacks(database).keep([]) == 0


async def test_a_call_stays_unread_until_its_contact_has_been_looked_at(database: Database) -> None:
    calls = CallBacks(database)
    await calls.keep([FIRST])
    (kept,) = await calls.unread()

    await calls.settle(kept.id, "shop", "the line that was rung")
    assert ids(await calls.unread()) == ids(await calls.of("shop")) == ["CA1"]

    await calls.mark_read([kept.id])
    assert await calls.unread() == ()
    assert [one.matched_by for one in await calls.of("shop")] == ["the line that was rung"]


async def test_what_answers_no_contact_lies_in_the_tray_with_the_one_it_may_answer(database: Database) -> None:
    calls = CallBacks(database)
    await calls.keep([FIRST, SECOND])
    one, other = await calls.unread()
    await calls.settle(one.id, None, None, "shop")
    await calls.settle(other.id, "shop", "the line that was rung")
    await calls.mark_read([one.id, other.id])

    (waiting,) = await calls.unmatched()

    assert (waiting.call, waiting.suggested) == ("CA1", "shop")
