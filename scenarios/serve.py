"""One process that runs a programme by itself: the nights of its schedules, whatever falls due, the mailboxes.

It works in rounds. In each it opens the programme folder anew, so that what was changed there counts; decides which
nights have come; makes the contacts of scheduled waves that are due; reads the mailboxes and closes windows. Then it
lets go of the folder, so that any other command may be typed beside it. What waits between rounds is a row.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog

from probes.clock import RealClock
from probes.guard import Budget
from results.beats import AT_WORK, SCHEDULES, SWEEP, Beats
from results.calendar import LONDON
from results.database import Database
from results.nights import Handled, Leases, Night, Nights, Troubles, night_id
from results.schema import Organisation, Wave
from results.store import FrozenWave, ShopRow
from scenarios import closing, due_calls, plan, schedules, spread
from scenarios.alerting import look_out
from scenarios.answers import awaited_waves
from scenarios.bench import AtWork, Bench, clock_of, database_url, opened
from scenarios.collect import Collection
from scenarios.commands import calls
from scenarios.lease import RENEW_SECONDS, SERVING, keep_lease
from scenarios.logs import in_words, is_expected
from scenarios.programme import Folder, load
from scenarios.run import Run
from scenarios.schedules import Schedule
from scenarios.sight import Sight

_PROGRESS_SECONDS = 60.0
_LAST_MAILS = dt.timedelta(days=60)
_LATER_DAYS = 1  # a night's contacts may be made until the end of the next day


@dataclass
class Round:
    """What one round did."""

    nights: list[Handled] = field(default_factory=list)
    made: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    mails: int = 0
    troubles: dict[str, str] = field(default_factory=dict)
    next_at: dt.datetime | None = None
    folder: Folder | None = None  # as it was found


class ContactsFailed(Exception):
    """Contacts of a wave failed for a fault of ours. `doorstep status` lists them, and the next round tries again."""


async def serve(
    folder: Path,
    poll: float,
    grace: float,
    stop: asyncio.Event,
    log: structlog.typing.FilteringBoundLogger,
    listen: str | None = None,
) -> None:
    """Work until `stop` is set; then finish what is under way within `grace` seconds, and leave the rest as rows.

    Where another server holds the lease it stands by, and takes over when that one is gone. `listen`: where metrics and
    health are told, in place of what the programme says.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}"
    read = load(folder)
    database = await Database.open(database_url(read), waited_for=0)  # it tells at once what is wrong
    try:
        log.info("serving", holder=holder, poll=poll)
        sight = Sight(database, read, poll, RealClock().now(), SERVING)
        async with asyncio.TaskGroup() as group:
            held, over = asyncio.Event(), asyncio.Event()
            keeper = group.create_task(keep_lease(folder, Leases(database), holder, held, log))
            lookout = group.create_task(look_out(sight, held.is_set, log))
            if listen := listen or read.programme.seeing.listen:
                from scenarios.seeing import offer  # here, because it takes long to load and few listen

                group.create_task(offer(listen, sight, over, log))
            while not stop.is_set():
                if held.is_set():
                    await _one_round(folder, sight, stop, grace, log)
                await _wait(stop, poll if held.is_set() else min(poll, RENEW_SECONDS))
            over.set()
            lookout.cancel()
            keeper.cancel()
        await Leases(database).drop(SERVING, holder)
        log.info("stopped")
    finally:
        await asyncio.shield(database.close())


async def _one_round(
    folder: Path, sight: Sight, stop: asyncio.Event, grace: float, log: structlog.typing.FilteringBoundLogger
) -> None:
    """One round, which ends early when it is to stop. Whatever goes wrong is told, and tried again in the next."""
    working = asyncio.ensure_future(one_round(folder, stop.is_set))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            log.info("finishing what is under way", seconds=grace)
            await asyncio.wait({working}, timeout=grace)
        if not working.done():
            log.warning("not finished in time: the rest is settled by the next start")
            working.cancel()
        done = await working
        sight.folder = done.folder or sight.folder
        tell(done, log)
        await Troubles(sight.database).over("round")
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
    except AtWork:
        log.info("waiting: another command is at work")
        await _note(sight, lambda: Beats(sight.database).began(AT_WORK, RealClock().now()))
    except Exception as error:  # a server outlives whatever one round meets with
        why = in_words(error)
        log.error("round failed", why=why, exc_info=not is_expected(error))
        await _note(sight, lambda: _note_round(sight, why))
    finally:
        stopping.cancel()
        with suppress(asyncio.CancelledError):
            await stopping


async def _note(sight: Sight, note: Callable[[], Awaitable[None]]) -> None:
    """Write something down where that is possible: the database may be what fails, and `look_out` tells that."""
    with suppress(sa.exc.SQLAlchemyError, OSError):
        await note()


async def _note_round(sight: Sight, why: str) -> None:
    clock = await clock_of(sight.folder, to_work=False)
    await Troubles(sight.database).note("round", why, clock.now())
    await Beats(sight.database).note([], RealClock().now(), ended=AT_WORK)


def tell(done: Round, log: structlog.typing.FilteringBoundLogger) -> None:
    """What a round did, as events. A round that did nothing says nothing."""
    for night in done.nights:
        log.info(
            f"night {night.state}", schedule=night.schedule, day=night.day.isoformat(), wave=night.wave, why=night.why
        )
    if done.made or done.refused:
        log.info("contacts made", **done.made, refused=dict(done.refused))
    if done.mails:
        log.info("mail collected", mails=done.mails)
    for what, why in done.troubles.items():
        log.warning("trouble", what=what, why=why)


async def one_round(folder: Path, stopping: Callable[[], bool] = lambda: False) -> Round:
    """Decide nights, make what is due, collect. Raises `AtWork` where another command works on the folder."""
    done = Round()
    async with opened(folder, to_work=True) as bench, AsyncExitStack() as stack:
        done.folder = bench.folder
        span = stack.enter_context(bench.traces.span("round"))
        troubles, beats, real = Troubles(bench.database), Beats(bench.database), RealClock()
        for name in bench.folder.schedules:
            done.nights += await decide_nights(bench, name)
        await beats.note([SCHEDULES, AT_WORK], real.now())
        for frozen, picked, budget in await open_waves(bench):
            if not stopping():
                making = _make_due(bench, frozen, picked, budget, stopping, done)
                await _try(f"wave {frozen.wave.id}", making, bench, troubles, done)
        swept = not stopping() and await _try("collecting", _collect(bench, done), bench, troubles, done)
        await beats.note([SWEEP] if swept else [], real.now(), ended=AT_WORK)
        done.next_at = await next_moment(bench)
        span.tell(nights=len(done.nights), made=done.made.total(), mails=done.mails, troubles=len(done.troubles))
    return done


async def _try(what: str, work: object, bench: Bench, troubles: Troubles, done: Round) -> bool:
    """Do a part of the work; whether it was done. Where it fails that is noted, and the other parts go on."""
    try:
        await work  # type: ignore[misc] # a coroutine
    except Exception as error:  # noted, shown by `doorstep status`, and tried again in the next round
        done.troubles[what] = in_words(error)
        await troubles.note(what, done.troubles[what], bench.clock.now())
        return False
    await troubles.over(what)
    return True


# ------------------------------------------------------------------------------------------------ nights


async def decide_nights(bench: Bench, name: str) -> Sequence[Handled]:
    """Decide every night of a schedule that has come since the last time, and plan what it calls for.

    The wave of a night is named by schedule and date and planned before the night is written down: a kill in between
    finds it planned and writes it down, and nothing is planned twice.
    """
    schedule, now, nights = bench.folder.schedules[name], bench.clock.now(), Nights(bench.database)
    mark = await nights.mark(name, now)
    wave = bench.folder.waves[schedule.wave] if schedule.wave else None
    decided = schedules.decide(name, schedule, mark, now, whom(bench, schedule), wave)
    handled = []
    for one in decided:
        planned = one.state in ("planned", "caught up") and not await nights.known(name, one.night.day)
        made = await _plan(bench, name, schedule, one, now) if planned else None
        handled.append(Handled(name, one.night.day, one.night.at, now, one.state, made, one.why))
    return await nights.handle(name, mark, now, handled) if now > mark else ()


def whom(bench: Bench, schedule: Schedule) -> dict[str, Organisation]:
    """Whom a schedule contacts where nobody is left out."""
    register = bench.folder.register
    named = bench.folder.waves[schedule.wave].organisations if schedule.wave else schedule.organisations
    return {id: register[id] for id in named} if named else dict(register)


async def _plan(bench: Bench, name: str, schedule: Schedule, one: schedules.Decided, now: dt.datetime) -> str:
    """The wave that a night goes on with, or the small one that it makes; planned if it was not."""
    if schedule.wave is not None:
        if await bench.store.wave(schedule.wave) is None:
            frozen = plan.freeze(bench.folder, bench.folder.waves[schedule.wave], now)
            await bench.store.freeze(frozen, spread.over_fieldwork(frozen, plan.rows(frozen)))
        return schedule.wave
    noun = night_wave(bench, name, schedule, one)
    frozen = plan.freeze(bench.folder, noun, now)
    begins = max(one.night.at, now) if one.state == "caught up" else one.night.at
    await bench.store.freeze(frozen, spread.over_a_night(plan.rows(frozen), begins, schedule.jitter_minutes))
    return noun.id


def night_wave(bench: Bench, name: str, schedule: Schedule, one: schedules.Decided) -> Wave:
    """The wave of one night: its scenario, whoever is contacted that night, and until the end of the next day."""
    today = bench.clock.now().astimezone(LONDON).date()
    return Wave(
        id=night_id(name, one.night.day),
        title=f"{name}, night of {one.night.day:%d/%m/%Y}",
        partnership=bench.folder.programme.partnership,
        fieldwork_from=one.night.day,
        fieldwork_until=max(one.night.day, today) + dt.timedelta(days=_LATER_DAYS),
        scenarios=(str(schedule.scenario),),
        organisations=one.organisations,
        profile=schedule.profile,
    )


# ------------------------------------------------------------------------------------------------ what is due


async def open_waves(bench: Bench) -> list[tuple[FrozenWave, Callable[[ShopRow], bool], Budget]]:
    """The waves of nights that have begun and are not over, with which of their contacts may be made now.

    A night is a run, however many rounds it takes; what its budget leaves waits for the next.

    A day of a wave's fieldwork is a night of that date; an organisation with a bank holiday today is left out.
    """
    now = bench.clock.now()
    found: dict[str, tuple[FrozenWave, Callable[[ShopRow], bool], Budget]] = {}
    tomorrow = dt.datetime.combine(now.astimezone(LONDON).date() + dt.timedelta(days=1), dt.time(), tzinfo=LONDON)
    for night in await Nights(bench.database).last(since=now - dt.timedelta(days=4), most=1000):
        schedule = bench.folder.schedules.get(night.schedule)
        if schedule is None or night.wave is None or night.wave in found:
            continue
        today = now.astimezone(ZoneInfo(schedule.zone)).date()
        if schedule.wave is not None and night.day != today:
            continue
        frozen = await bench.store.wave(night.wave)
        if frozen is None or now.astimezone(LONDON).date() > frozen.wave.fieldwork_until:
            continue
        there, _ = schedules.working(schedule, frozen.organisations, {today})
        may_ring = schedule.place_calls or not due_calls.may_dial_for_real(bench, frozen)
        budget = Budget(night_id(night.schedule, night.day), tomorrow.astimezone(dt.UTC))
        found[night.wave] = frozen, _picker(frozenset(there), may_ring), budget
    return list(found.values())


def _picker(there: frozenset[str], may_ring: bool) -> Callable[[ShopRow], bool]:
    return lambda row: row.organisation in there and (row.channel != "phone" or may_ring)


async def _make_due(
    bench: Bench,
    frozen: FrozenWave,
    picked: Callable[[ShopRow], bool],
    budget: Budget,
    stopping: Callable[[], bool],
    done: Round,
) -> None:
    if not any(map(picked, await _to_be_done(bench, frozen.wave.id))):
        return
    moved = asyncio.Event()
    noting = asyncio.create_task(_note_progress(Beats(bench.database), moved))
    try:
        outcome = await Run(bench, frozen, picked, lambda what, done, total: moved.set(), stopping, budget).go()
    finally:
        noting.cancel()
    done.made.update(outcome.made)
    done.refused.update(outcome.refused)
    if outcome.failed:
        why = next(iter(outcome.failed.values()))
        raise ContactsFailed(f"{len(outcome.failed)} contacts failed for a fault on our side; the first: {why}")


async def _note_progress(beats: Beats, moved: asyncio.Event) -> None:
    """Note that a run gets on with it, at most once a minute."""
    while True:
        await moved.wait()
        moved.clear()
        with suppress(sa.exc.SQLAlchemyError, OSError):
            await beats.note([AT_WORK], RealClock().now())
        await asyncio.sleep(_PROGRESS_SECONDS)


async def _to_be_done(bench: Bench, wave: str) -> tuple[ShopRow, ...]:
    """What a run would do something for: make it, or settle what was begun before a crash."""
    due = await bench.store.rows(wave=wave, states=["planned"], due_by=bench.clock.now())
    begun = await bench.store.rows(wave=wave, states=["intent"])
    calls = await bench.store.rows(wave=wave, states=["open"], channel="phone")
    return (*due, *begun, *(row for row in calls if row.closes_at is None))


async def _collect(bench: Bench, done: Round) -> None:
    """Read the mailboxes, ask who rang back, close windows, send the last e-mails, where anything is awaited."""
    waves = await awaited_waves(bench)
    if not await bench.store.how_many(["intent", "open"]) and not await _last_mails_due(bench, waves):
        return
    async with calls.carrier_for_call_backs(bench, waves) as carrier:
        collection = Collection(bench, waves, carrier)
        done.mails += await collection.once()
        await collection.settle_stale()
        said = await closing.say_what_is_due(bench, waves.values())
        if said.sent:
            done.made["closing"] += said.sent
            done.mails += await collection.once()


async def _last_mails_due(bench: Bench, waves: dict[str, FrozenWave]) -> bool:
    """Whether a last e-mail may be owed, such as one that the guard put off; not looked for in waves long over."""
    had, today = await bench.closings.all(), bench.clock.now().astimezone(LONDON).date()
    for frozen in waves.values():
        recent = frozen.wave.fieldwork_until + _LAST_MAILS >= today
        closes = any(scenario.closure for scenario in frozen.scenarios.values())
        if recent and closes and closing.due(frozen, await bench.store.shops(frozen), had):
            return True
    return False


async def next_moment(bench: Bench) -> dt.datetime | None:
    """When the next night begins; None where no schedule has one within a month."""
    return min((night.at for night in coming(bench, dt.timedelta(days=31))), default=None)


def coming(bench: Bench, within: dt.timedelta) -> list[Night]:
    """The nights to come of all schedules, in order."""
    now = bench.clock.now()
    found = [
        night
        for name, schedule in bench.folder.schedules.items()
        for night in schedules.nights(
            name, schedule, now, now + within, bench.folder.waves[schedule.wave] if schedule.wave else None
        )
    ]
    return sorted(found, key=lambda night: (night.at, night.schedule))


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
