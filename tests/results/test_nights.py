"""The nights of schedules, the lease of who serves, and troubles, on both databases."""

import asyncio
import datetime as dt

from results.database import Database
from results.nights import Handled, Leases, Nights, Troubles

HOUR = dt.timedelta(hours=1)


def utc(*when: int) -> dt.datetime:
    return dt.datetime(*when, tzinfo=dt.UTC)  # type: ignore[arg-type,misc]


async def test_two_servers_that_look_at_once_write_a_night_down_once(database: Database, database_url: str) -> None:
    one, other = database, await Database.open(database_url)
    day, begins = dt.date(2026, 10, 25), utc(2026, 10, 25, 0, 30)
    written = []
    marks = [await Nights(database).mark("n", begins - HOUR) for database in (one, other)]
    for database, mark, now in zip((one, other), marks, (begins, begins + HOUR), strict=True):
        night = Handled("n", day, begins, now, "planned", None, "")
        written.append(await Nights(database).handle("n", mark, now, [night]))
    kept = await Nights(one).last()
    await other.close()

    assert [len(each) for each in written] == [1, 0]
    assert [each.handled_at for each in kept] == [begins]


async def test_a_night_whose_hour_was_moved_after_it_ran_does_not_run_again(database: Database) -> None:
    nights, day = Nights(database), dt.date(2026, 6, 2)
    first = await nights.mark("n", utc(2026, 6, 2))
    await nights.handle(
        "n", first, utc(2026, 6, 2, 4), [Handled("n", day, utc(2026, 6, 2, 3), utc(2026, 6, 2, 4), "planned", "w", "")]
    )

    again = Handled("n", day, utc(2026, 6, 2, 9), utc(2026, 6, 2, 10), "planned", "w", "")
    written = await nights.handle("n", utc(2026, 6, 2, 4), utc(2026, 6, 2, 10), [again])

    assert written == ()


async def test_only_one_serves_and_another_takes_over_when_it_falls_silent(database: Database) -> None:
    leases, now = Leases(database), utc(2026, 6, 1)

    first = await leases.take("serve", "a", now, now + HOUR)
    second = await leases.take("serve", "b", now, now + HOUR)
    renewed = await leases.take("serve", "a", now + HOUR / 2, now + 2 * HOUR)
    later = await leases.take("serve", "b", now + 3 * HOUR, now + 4 * HOUR)
    held = await leases.held("serve", now + 3 * HOUR)

    assert (first, second, renewed, later) == (True, False, True, True)
    assert held is not None
    assert (held.holder, held.since) == ("b", now + 3 * HOUR)


async def test_a_trouble_is_counted_until_it_is_over(database: Database) -> None:
    troubles, now = Troubles(database), utc(2026, 6, 1)

    counts = [
        await troubles.note("collecting", "the mailbox cannot be reached", now + past * HOUR) for past in range(3)
    ]
    (kept,) = await troubles.all()
    await troubles.over("collecting")
    after = await troubles.all()

    assert counts == [1, 2, 3]
    assert (kept.since, kept.last, kept.count) == (now, now + 2 * HOUR, 3)
    assert after == ()


async def test_of_many_that_want_to_serve_at_one_moment_one_does(database: Database, database_url: str) -> None:
    others = [await Database.open(database_url) for _ in range(3)]
    now = utc(2026, 6, 1)

    first = await asyncio.gather(
        *(Leases(each).take("serve", f"{n}", now, now + HOUR) for n, each in enumerate(others))
    )
    later = now + 2 * HOUR
    again = await asyncio.gather(
        *(Leases(each).take("serve", f"{n}", later, later + HOUR) for n, each in enumerate(others))
    )
    for each in others:
        await each.close()

    assert (sum(first), sum(again)) == (1, 1)
