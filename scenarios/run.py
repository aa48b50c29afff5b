"""One run: everything of a wave that is due now, knocked on. What was begun before a crash is settled first.

Calls go to all lines at once, one at a time on each; mails one after another for each organisation; websites three at a
time. What is not due stays a row.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace

from probes import Probe
from probes.email import EmailProbe, Uncertain
from probes.email import persona as email_persona
from probes.guard import Refused
from probes.phone import PhoneProbe, Unfinished, callbacks, retries
from probes.phone.carriers import Carrier
from probes.phone.hours import next_allowed
from probes.phone.listening import Ear
from probes.phone.speech import texts
from probes.web import WebProbe, chromium
from results.calendar import LONDON
from results.schema import CHANNELS, Channel, Observation
from results.store import FrozenWave, ShopRow
from scenarios import closing, finish, in_doubt, plan, published
from scenarios.answers import every_wave
from scenarios.bench import Bench
from scenarios.callbacks import FollowedUp, OwnNumbers, own_numbers
from scenarios.carrier import carrier
from scenarios.collect import GRACE, Collection
from scenarios.senders import Senders

Tell = Callable[[str, int, int], None]

_WITHOUT_BROWSER = (
    "There is no browser on this machine: what a website's search finds is not assessed. "
    "`python -m probes.web.chromium` installs one; DOORSTEP_CHROMIUM names one that is elsewhere."
)
_SITES_AT_ONCE = 3
_LONGEST_VISIT = 1800.0  # seconds for a whole website, at one page a second


@dataclass
class Outcome:
    """What a run did, and what it left."""

    made: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    waiting_until: dt.datetime | None = None
    notes: list[str] = field(default_factory=list)

    def wait(self, until: dt.datetime) -> None:
        """Something cannot be done before then."""
        self.waiting_until = min(self.waiting_until or until, until)


class Run:
    """A run of one frozen wave. `picked` says which rows it may make."""

    def __init__(self, bench: Bench, frozen: FrozenWave, picked: Callable[[ShopRow], bool], tell: Tell) -> None:
        self._bench = bench
        self._frozen = frozen
        self._picked = picked
        self._tell = tell
        self._sites = asyncio.Semaphore(_SITES_AT_ONCE)
        self._outcome = Outcome()
        self._done: Counter[Channel] = Counter()
        self._total: Counter[Channel] = Counter()
        self._carrier: Carrier | None = None
        self._phone: PhoneProbe | None = None
        self._own_numbers: OwnNumbers | None = None
        self._ringing: Counter[str] = Counter()
        self._mail: Collection | None = None
        self._mailboxes: dict[str, EmailProbe] = {}
        self._senders: Senders | None = None
        self._probes: dict[Channel, Probe] = {}

    async def go(self) -> Outcome:
        """Settle, knock, settle. Returns when nothing more is due."""
        channels = {scenario.channel for scenario in self._frozen.scenarios.values()}
        async with AsyncExitStack() as stack:
            await self._open_probes(stack, channels)
            await self._settle_calls()
            await self._reinstate()
            tried: set[str] = set()
            while True:
                again = await self._settle_mails()  # it may put new contacts in the place of those in doubt
                await published.add_contacts(self._bench, self._frozen)
                if rows := [row for row in await self._due() if row.id not in tried]:
                    tried.update(row.id for row in rows)
                    await self._make_all(rows)
                elif again:
                    self._tell("waiting for proof", 0, 1)
                    await self._bench.clock.sleep((again - self._bench.clock.now()).total_seconds())
                    self._tell("waiting for proof", 1, 1)
                else:
                    break
            await published.join(self._bench, self._frozen)
        said = await closing.say_what_is_due(self._bench, [self._frozen], self._picked)
        if said.sent:
            self._outcome.made["closing"] = said.sent
        self._outcome.refused.update(said.refused)
        self._outcome.notes.extend(said.notes)
        if said.waiting_until is not None:
            self._outcome.wait(said.waiting_until)
        return self._outcome

    # ------------------------------------------------------------------------------------------------ making

    async def _open_probes(self, stack: AsyncExitStack, channels: Iterable[Channel]) -> None:
        bench, programme = self._bench, self._bench.folder.programme
        if "phone" in channels and programme.phone is not None:
            line = await stack.enter_async_context(carrier(programme, bench.clock))
            self._carrier = line
            phone = await stack.enter_async_context(
                PhoneProbe(
                    line,
                    bench.guard,
                    bench.store,
                    bench.evidence,
                    bench.clock,
                    programme.phone.caller,
                    texts(programme.phone.texts),
                    Ear.open(self._frozen.organisations.values()),
                )
            )
            self._probes["phone"] = self._phone = phone
            self._own_numbers = OwnNumbers(own_numbers(programme), await bench.store.rows(channel="phone"))
        if "email" in channels:
            for name, account in bench.mail_accounts().items():
                probe = EmailProbe(account, bench.guard, bench.store, bench.clock)
                self._mailboxes[name] = await stack.enter_async_context(probe)
            rows = await bench.store.rows(channel="email")
            self._senders = Senders(programme.mail, programme.personas, rows)
            self._mail = Collection(bench, await every_wave(bench))
        if "web" in channels:
            found = chromium.find()
            if found is None:
                self._note(_WITHOUT_BROWSER)
            pages = bench.folder.path / "pages.db"
            web = WebProbe(bench.guard, bench.evidence, bench.clock, programme.contact, found, pages)
            self._probes["web"] = await stack.enter_async_context(web)

    async def _due(self) -> list[ShopRow]:
        now = self._bench.clock.now()
        planned = await self._bench.store.rows(wave=self._frozen.wave.id, states=["planned"])
        rows = list(filter(self._picked, planned))
        last_day = self._frozen.wave.fieldwork_until
        if rows and now.astimezone(LONDON).date() > last_day:
            left = [row for row in rows if not await self._close_with_what_there_is(row)]
            if left:
                self._note(f"fieldwork ended on {last_day:%d/%m/%Y}; contacts not made by then: {len(left)}")
            return []
        due = []
        for row in rows:
            if row.due_at <= now:
                due.append(row)
            else:
                self._outcome.wait(row.due_at)
        return due

    async def _make_all(self, rows: Sequence[ShopRow]) -> None:
        self._total.update(row.channel for row in rows)
        for channel in CHANNELS:
            if self._total[channel]:
                self._tell(channel, self._done[channel], self._total[channel])
        queues: defaultdict[tuple[str, str], list[ShopRow]] = defaultdict(list)
        for row in rows:
            queues[row.channel, row.target if row.channel != "email" else row.organisation].append(row)
        async with asyncio.TaskGroup() as group:
            for queue in queues.values():
                group.create_task(self._make_in_turn(queue))

    async def _make_in_turn(self, queue: Sequence[ShopRow]) -> None:
        for row in queue:
            if row.channel == "web":
                async with self._sites:
                    await self._make(row)
            else:
                await self._make(row)
            self._done[row.channel] += 1
            self._tell(row.channel, self._done[row.channel], self._total[row.channel])

    async def _make(self, row: ShopRow) -> None:
        if row.channel == "email":
            chosen = await self._sender(row)
            if chosen is None:
                return
            probe, row = chosen
        elif row.channel in self._probes:
            probe = self._probes[row.channel]
        else:
            return
        if row.channel == "phone":
            if await self._must_wait(row):
                return
            row = await self._with_own_number(row)
        self._ringing[row.organisation] += row.channel == "phone"
        try:
            async with asyncio.timeout(_LONGEST_VISIT if row.channel == "web" else None):
                seen = await probe.knock(finish.errand(row, self._frozen))
        except Refused as refused:
            await self._refused(row, refused)
            return
        except (Unfinished, Uncertain) as unsure:
            self._note(f"{row.id}: {unsure}; the next run settles it")
        except TimeoutError:
            minutes = int(_LONGEST_VISIT / 60)
            await self._seen(row, Observation(facts={}, error=f"the visit was not over after {minutes} minutes"))
        else:
            await self._seen(row, seen)
        finally:
            self._ringing[row.organisation] -= row.channel == "phone"
        if self._senders is not None and row.channel == "email" and row.account is not None:
            self._senders.wrote(row.account, row.organisation, self._bench.clock.now())

    async def _sender(self, row: ShopRow) -> tuple[Probe, ShopRow] | None:
        """The mailbox whose turn it is, and the row with who writes; None where all must rest, until later."""
        if self._senders is None:
            return None
        bench, now = self._bench, self._bench.clock.now()
        chosen = self._senders.choose(row.organisation, now)
        if isinstance(chosen, dt.datetime):
            await bench.store.postpone(row.id, chosen, "every mailbox has written to them within seven days")
            self._outcome.wait(chosen)
            return None
        persona = self._senders.persona(chosen, row.reference) or email_persona(row.reference).name
        await bench.store.assign(row.id, chosen, persona)
        return self._mailboxes[chosen], replace(row, account=chosen, persona=persona)

    async def _must_wait(self, row: ShopRow) -> bool:
        """Whether a call would not mean what its scenario asks by the time it is made; then it is put off.

        The organisation's own hours count, where the guard knows only when anybody may be rung; and calls to its other
        lines come first, each at its distance.
        """
        organisation, now = self._frozen.organisations[row.organisation], self._bench.clock.now()
        gap = organisation.consent.limits.seconds_between_calls if organisation.consent else 0.0
        turn = now + dt.timedelta(seconds=self._ringing[row.organisation] * gap)
        in_hours = self._frozen.scenarios[row.scenario].in_hours
        later = next_allowed(turn, organisation.hours, in_hours=in_hours)
        if later <= turn:
            return False
        await self._bench.store.postpone(row.id, later, "their offices are " + ("closed" if in_hours else "open"))
        self._outcome.wait(later)
        return True

    async def _with_own_number(self, row: ShopRow) -> ShopRow:
        """A message gets one of our numbers to be rung back on, and keeps it when the line is tried again."""
        scenario = self._frozen.scenarios[row.scenario]
        if not scenario.leave_message or self._own_numbers is None or row.account is not None:
            return row
        number = self._own_numbers.next(row.organisation)
        await self._bench.store.assign(row.id, number)
        return replace(row, account=number)

    async def _seen(self, row: ShopRow, seen: Observation) -> None:
        bench = self._bench
        if row.channel == "email" and seen.error is not None:
            later = bench.clock.now() + GRACE
            await bench.store.back_to_plan(row.id)
            await bench.store.postpone(row.id, later, seen.error)
            self._note(f"{seen.error}; it will be tried again")
            self._outcome.wait(later)
            return
        self._outcome.made[row.channel] += 1
        if row.channel == "phone":
            await self._after_a_call(row, seen)
            return
        if seen.complete:
            await finish.close(bench, self._frozen, row, seen)
            return
        await bench.store.observe(row.id, seen, bench.clock.now())
        made = await bench.store.row(row.id)
        await bench.store.await_until(row.id, finish.closing_time(made, self._frozen))

    async def _after_a_call(self, row: ShopRow, seen: Observation) -> None:
        """Try again later, while fieldwork lasts; or wait for a call-back; or close the shop with all its attempts."""
        bench, frozen = self._bench, self._frozen
        attempts = (*await bench.store.observations(row.id), seen)
        now, hours = bench.clock.now(), frozen.organisations[row.organisation].hours
        later = retries.again(attempts, frozen.scenarios[row.scenario], now, hours)
        if later is not None and later.astimezone(LONDON).date() <= frozen.wave.fieldwork_until:
            await bench.store.try_again(row.id, finish.stamped(seen), now, later)
            self._outcome.wait(later)
            return
        call = retries.combine(attempts)
        if frozen.scenarios[row.scenario].leave_message and callbacks.awaits(call):
            await FollowedUp(bench, {frozen.wave.id: frozen}).begun(row, call)
        else:
            await finish.close(bench, frozen, row, call)

    async def _close_with_what_there_is(self, row: ShopRow) -> bool:
        """Close a shop that was to be tried again and cannot be; False where there was no attempt at all."""
        attempts = await self._bench.store.observations(row.id) if row.channel == "phone" else ()
        if attempts:
            await finish.close(self._bench, self._frozen, row, retries.combine(attempts))
        return bool(attempts)

    async def _refused(self, row: ShopRow, refused: Refused) -> None:
        refusal = refused.refusal
        self._outcome.refused[refusal.rule] += 1
        if refusal.retry_at is not None:
            await self._bench.store.postpone(row.id, refusal.retry_at, refusal.reason)
            self._outcome.wait(refusal.retry_at)
        elif not refusal.rule.startswith("pause.") and not await self._close_with_what_there_is(row):
            await self._bench.store.refuse(row.id, f"{refusal.rule}: {refusal.reason}")

    async def _reinstate(self) -> None:
        """What the guard refused and would let through now, since the register was put right, is planned again."""
        for row in await self._bench.store.rows(wave=self._frozen.wave.id, states=["refused"]):
            if self._picked(row) and await self._bench.guard.foresee(plan.effect(row, self._frozen.scenarios)) is None:
                await self._bench.store.reinstate(row.id)

    def _note(self, sentence: str) -> None:
        """Something the user should know, told once however often it happens."""
        if sentence not in self._outcome.notes:
            self._outcome.notes.append(sentence)

    # ------------------------------------------------------------------------------------------------ settling

    async def _settle_mails(self) -> dt.datetime | None:
        """Bring in proofs of what was sent; void and replace what stays unproven. Returns when to look again."""
        if self._mail is None:
            return None
        await self._mail.once()
        return await self._mail.settle_stale()

    async def _settle_calls(self) -> None:
        """Before any call is placed again, what became of those begun before a crash; those under way are followed."""
        if self._phone is None or self._carrier is None:
            return
        await in_doubt.settle(self._bench, self._frozen, self._carrier, self._phone)
        rows = await self._bench.store.rows(wave=self._frozen.wave.id, channel="phone", states=["open"])
        async with asyncio.TaskGroup() as group:
            for row in rows:
                group.create_task(self._adopt(self._phone, row))

    async def _adopt(self, phone: PhoneProbe, row: ShopRow) -> None:
        if row.known_as is None or row.made_at is None:
            raise RuntimeError(f"shop {row.id} is open and has no call")
        if row.closes_at is not None:  # the call is over; a call-back is waited for
            return
        try:
            seen = await phone.adopt(finish.errand(row, self._frozen), row.known_as, row.made_at)
        except Unfinished as unsure:
            self._note(f"{row.id}: {unsure}; the next run settles it")
            return
        await self._bench.ledger.vacate(row.id)
        await self._seen(row, seen)
