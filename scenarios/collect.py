"""Reading the mailbox: each new mail is matched, classified and added to its shop; windows that are over are closed.

Every step can be repeated after a kill: what a mail is follows from its bytes, and what a shop is from its mails.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace

from probes import email
from probes.clock import PracticeClock
from results.mailbag import StoredMail
from results.schema import Evidence, Moment, Observation
from results.store import FrozenWave, ShopRow, planned
from scenarios import finish
from scenarios.bench import Bench

OWN_COPY = "own copy"
GRACE = dt.timedelta(minutes=15)
"""How long our own copy of a mail may take before we say that nobody knows whether the mail was sent."""

_SWEEP_SECONDS = 300.0
_PRACTICE_SPEED = 120_000.0
_PRACTICE_SWEEP = 0.3  # real seconds

Tell = Callable[[str, int, int], None]


class Collection:
    """Collects for all planned waves of a programme. `waves`: the frozen waves, by id."""

    def __init__(self, bench: Bench, waves: Mapping[str, FrozenWave]) -> None:
        self._bench = bench
        self._waves = waves
        self._collector = email.Collector(bench.mail_account(), bench.mailbag, bench.clock)
        self._reading = asyncio.Lock()

    async def once(self) -> int:
        """Fetch and read what has come, then close the windows that were over before. Returns how many mails came."""
        began = self._bench.clock.now()
        fetched = await self._collector.collect()
        await self.read()
        await self._close_windows(began)
        return fetched

    async def until_closed(self, tell: Tell) -> None:
        """Watch the mailbox until every window is closed. A practice clock is let run fast meanwhile.

        New mail is told by the server (IDLE) and read at once; a sweep polls besides, and closes what is over.
        """
        clock = self._bench.clock
        fast = clock if isinstance(clock, PracticeClock) else None
        total = len(await self._open())
        if fast:
            await fast.set_speed(_PRACTICE_SPEED)
        try:
            async with asyncio.TaskGroup() as group:
                watching = group.create_task(self._collector.watch(self.read), name="watching the mailbox")
                while waiting := await self._open():
                    tell("windows closed", total - len(waiting), total)
                    await self.once()
                    if fast:
                        await asyncio.sleep(_PRACTICE_SWEEP)
                        await fast.refresh()
                    else:
                        await clock.sleep(_SWEEP_SECONDS)
                watching.cancel()
            tell("windows closed", total, total)
        finally:
            if fast:
                await fast.set_speed(1)

    async def read(self) -> None:
        """Match and classify every mail in the bag that nobody has read yet."""
        async with self._reading:
            await self._read()

    async def _read(self) -> None:
        bench = self._bench
        rows = {row.id: row for row in await bench.store.rows(channel="email") if row.wave in self._waves}
        probes = [_sent(row) for row in rows.values()]
        touched: set[str] = set()
        for stored in await bench.mailbag.unread():
            mail = email.read(stored.raw)
            found = email.match(mail, probes)
            if found is None:
                verdict = email.classify(mail, None)
                await bench.mailbag.settle(stored.id, None, None, verdict.kind)
                continue
            row = rows[found.shop]
            if found.own_copy:
                await self._proven(row, stored)
                await bench.mailbag.settle(stored.id, row.id, found.by, OWN_COPY)
                continue
            verdict = self._verdict(row, stored)
            await bench.mailbag.settle(stored.id, row.id, found.by, verdict.kind)
            touched.add(row.id)
        for row in await bench.store.rows(states=["open"], channel="email"):
            if row.id in touched:
                await bench.store.observe(row.id, await self.observe(row, closed=False), bench.clock.now())

    async def observe(self, row: ShopRow, *, closed: bool) -> Observation:
        """What a shop has met with so far, from its stored mails."""
        bench, frozen = self._bench, self._waves[row.wave]
        answers = []
        evidence: list[Evidence] = []
        for stored in await bench.mailbag.of(row.id):
            if stored.kind == OWN_COPY:
                continue
            mail = self._mail(row, stored)
            answers.append((mail, self._verdict(row, stored), stored.received, stored.folder))
            kept = await bench.evidence.keep("mail", f"{row.id}.{stored.id}.eml", "message/rfc822", stored.raw)
            evidence.append(kept)
        seen = email.observe(
            _sent_moment(row),
            answers,
            persona=email.persona(row.reference),
            organisation=frozen.organisations[row.organisation],
            enquiry=frozen.enquiries[row.enquiry],
            closed=closed,
        )
        return seen.model_copy(update={"evidence": tuple(evidence)})

    async def settle_stale(self) -> dt.datetime | None:
        """Void what was intended before a crash and is not proven sent in time, and plan a new probe in its place.

        Returns when to look again, if some are too young to tell. Call `once` before: it brings the proofs.
        """
        bench, again = self._bench, None
        for row in await bench.store.rows(states=["intent"], channel="email"):
            if row.wave not in self._waves or row.intent_at is None:
                continue
            known_at = row.intent_at + GRACE
            if bench.clock.now() < known_at:
                again = max(again or known_at, known_at)
                continue
            scenario = self._waves[row.wave].scenarios[row.scenario]
            new = planned(
                row.wave,
                row.organisation,
                scenario,
                row.enquiry,
                row.target,
                row.number,
                bench.clock.now(),
                row.attempt + 1,
            )
            await bench.store.void(row, "nobody can know whether this mail was sent; a new one takes its place", new)
        return again

    async def _open(self) -> tuple[ShopRow, ...]:
        rows = await self._bench.store.rows(states=["open"], channel="email")
        return tuple(row for row in rows if row.wave in self._waves)

    async def _close_windows(self, began: dt.datetime) -> None:
        for row in await self._open():
            closes_at = row.closes_at
            if closes_at is None:  # killed before it was written
                closes_at = finish.closing_time(row, self._waves[row.wave])
                await self._bench.store.await_until(row.id, closes_at)
            if closes_at <= began:
                await finish.close(self._bench, self._waves[row.wave], row, await self.observe(row, closed=True))

    async def _proven(self, row: ShopRow, stored: StoredMail) -> None:
        """Our own copy is here, so the mail was sent. INTERNALDATE has whole seconds."""
        if row.state == "intent" and row.known_as is not None and row.intent_at is not None:
            at = max(row.intent_at, stored.received + dt.timedelta(seconds=1))
            await self._bench.store.done(row.id, row.known_as, at)
            made = replace(row, made_at=at)
            await self._bench.store.await_until(row.id, finish.closing_time(made, self._waves[row.wave]))

    def _verdict(self, row: ShopRow, stored: StoredMail) -> email.Verdict:
        points = self._waves[row.wave].enquiries[row.enquiry].answer_key.points
        return email.classify(self._mail(row, stored), _elapsed(row, stored.received), points)

    def _mail(self, row: ShopRow, stored: StoredMail) -> email.Mail:
        return email.read(stored.raw, ours=self._waves[row.wave].enquiries[row.enquiry].words)


def _sent(row: ShopRow) -> email.Sent:
    at = row.made_at or row.intent_at or row.due_at
    return email.Sent(row.id, row.reference, row.known_as or "", row.target, at)


def _sent_moment(row: ShopRow) -> Moment:
    if row.made_at is None:
        raise ValueError(f"shop {row.id} has not been made")
    lower = min(row.intent_at or row.made_at, row.made_at)
    return Moment(lower=lower, upper=row.made_at, source="our clock, when the mail server accepted it")


def _elapsed(row: ShopRow, received: dt.datetime) -> float | None:
    return max(0.0, (received - row.made_at).total_seconds()) if row.made_at else None


async def every_wave(bench: Bench) -> dict[str, FrozenWave]:
    """All planned waves: one mailbox serves them all, and a reply to any of them may come at any time."""
    waves = [await bench.store.wave(id) for id in await bench.store.wave_ids()]
    return {each.wave.id: each for each in waves if each is not None}
