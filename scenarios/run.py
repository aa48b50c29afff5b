"""One run: everything of a wave that is due now, made by the engine. What was begun before a crash is settled first.

Calls go to all lines at once, one at a time on each; mails one after another for each organisation; websites three at a
time in each process. What is not due stays a row.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from probes.guard import Budget
from results.calendar import LONDON
from results.schema import CHANNELS, Channel
from results.store import FrozenWave, ShopRow
from scenarios import closing, plan, published
from scenarios.answers import awaited_waves
from scenarios.bench import Bench
from scenarios.collect import Collection
from scenarios.crew import Crew, crew
from scenarios.making import Outcome, close_with_attempts

__all__ = ["Outcome", "Run"]

Tell = Callable[[str, int, int], None]


@asynccontextmanager
async def _beside(work: Coroutine[object, object, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Work that goes on beside the block. The block ends after it; where the block fails it is broken off."""
    task = asyncio.create_task(work)
    try:
        yield task
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Run:
    """A run of one frozen wave. `picked` says which rows it may make, `stopping` when to begin nothing more.

    `budget`: what its calls are counted under, where it is part of something larger, such as a night.
    """

    def __init__(
        self,
        bench: Bench,
        frozen: FrozenWave,
        picked: Callable[[ShopRow], bool],
        tell: Tell,
        stopping: Callable[[], bool] = lambda: False,
        budget: Budget | None = None,
    ) -> None:
        self._id = secrets.token_hex(6)
        self._bench = replace(bench, guard=bench.guard.during(budget or Budget(f"run-{self._id}")))
        self._frozen = frozen
        self._picked = picked
        self._tell = tell
        self._stopping = stopping
        self._outcome = Outcome()
        self._done: Counter[Channel] = Counter()
        self._total: Counter[Channel] = Counter()
        self._mail: Collection | None = None

    async def go(self) -> Outcome:
        """Settle, knock, settle. Returns when nothing more is due, or it is to stop."""
        with self._bench.traces.span("run", run=self._id, wave=self._frozen.wave.id) as span:
            outcome = await self._go()
            span.tell(made=outcome.made.total(), refused=outcome.refused.total(), notes=len(outcome.notes))
            return outcome

    async def _go(self) -> Outcome:
        bench, frozen = self._bench, self._frozen
        if any(scenario.channel == "email" for scenario in frozen.scenarios.values()):
            self._mail = Collection(bench, await awaited_waves(bench))
        async with AsyncExitStack() as stack:
            at_work = await stack.enter_async_context(crew(bench, frozen, self._id, self._anew, self._tell))
            begun = await at_work.begun()  # they go on as we speak: the mails below may take a minute
            following = await stack.enter_async_context(_beside(self._make_all(at_work, begun)))
            await self._reinstate()
            tried = {row.id for row in begun}
            while not self._stopping():
                again = await self._settle_mails()  # it may put new contacts in the place of those in doubt
                await published.add_contacts(bench, frozen)
                if rows := [row for row in await self._due() if row.id not in tried]:
                    tried.update(row.id for row in rows)
                    await self._make_all(at_work, rows)
                elif not following.done():
                    await asyncio.wait({following})
                elif again:
                    self._tell("waiting for proof", 0, 1)
                    await bench.clock.sleep((again - bench.clock.now()).total_seconds())
                    self._tell("waiting for proof", 1, 1)
                else:
                    break
                if self._stopping():
                    return self._outcome
            await published.join(bench, frozen)
        said = await closing.say_what_is_due(bench, [frozen], self._picked)
        if said.sent:
            self._outcome.made["closing"] = said.sent
        self._outcome.refused.update(said.refused)
        self._outcome.notes.extend(said.notes)
        if said.waiting_until is not None:
            self._outcome.wait(said.waiting_until)
        return self._outcome

    # ------------------------------------------------------------------------------------------------ making

    async def _due(self) -> list[ShopRow]:
        now = self._bench.clock.now()
        planned = await self._bench.store.rows(wave=self._frozen.wave.id, states=["planned"])
        rows = list(filter(self._picked, planned))
        last_day = self._frozen.wave.fieldwork_until
        if rows and now.astimezone(LONDON).date() > last_day:
            left = [row for row in rows if not await close_with_attempts(self._bench, self._frozen, row)]
            if left:
                self._outcome.note(f"fieldwork ended on {last_day:%d/%m/%Y}; contacts not made by then: {len(left)}")
            return []
        due = []
        for row in rows:
            if row.due_at <= now:
                due.append(row)
            else:
                self._outcome.wait(row.due_at)
        return due

    def _anew(self, row: ShopRow) -> bool:
        today = self._bench.clock.now().astimezone(LONDON).date()
        return self._picked(row) and today <= self._frozen.wave.fieldwork_until

    async def _make_all(self, at_work: Crew, rows: Sequence[ShopRow]) -> None:
        if not rows:
            return
        self._total.update(row.channel for row in rows)
        for channel in CHANNELS:
            if self._total[channel]:
                self._tell(channel, self._done[channel], self._total[channel])
        self._outcome.add(await at_work.make(rows, self._over, self._stopping))

    def _over(self, channel: Channel) -> None:
        self._done[channel] += 1
        self._tell(channel, self._done[channel], self._total[channel])

    async def _reinstate(self) -> None:
        """What the guard refused and would let through now, since the register was put right, is planned again."""
        for row in await self._bench.store.rows(wave=self._frozen.wave.id, states=["refused"]):
            if self._picked(row) and await self._bench.guard.foresee(plan.effect(row, self._frozen.scenarios)) is None:
                await self._bench.store.reinstate(row.id)

    # ------------------------------------------------------------------------------------------------ settling

    async def _settle_mails(self) -> dt.datetime | None:
        """Bring in proofs of what was sent; void and replace what stays unproven. Returns when to look again."""
        if self._mail is None:
            return None
        await self._mail.once()
        return await self._mail.settle_stale()
