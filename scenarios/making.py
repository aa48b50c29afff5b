"""Making one contact: knocking, and what follows from what was seen or refused. Which contacts, and when, is `run`'s.

Everything that is decided here follows from what is stored, so any process may make any contact.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from probes import Probe
from probes.email import EmailProbe, Uncertain
from probes.email import persona as email_persona
from probes.guard import Refused
from probes.phone import PhoneProbe, Unfinished, callbacks, retries
from probes.phone.hours import next_allowed
from probes.phone.listening import Ear
from probes.phone.speech import texts
from results.calendar import LONDON
from results.nights import Troubles
from results.schema import Channel, Observation
from results.store import FrozenWave, ShopRow
from scenarios import finish
from scenarios.bench import Bench
from scenarios.callbacks import FollowedUp, OwnNumbers, own_numbers
from scenarios.carrier import carrier
from scenarios.collect import GRACE
from scenarios.engine import Job
from scenarios.in_doubt import Doubts
from scenarios.logs import in_words, plain
from scenarios.senders import Senders

Ahead = Callable[[ShopRow], Awaitable[int]]
"""How many calls to the organisation's other lines are to be made before this one."""

_WITHOUT_BROWSER = (
    "There is no browser on this machine: what a website's search finds is not assessed. "
    "`python -m probes.web.chromium` installs one; DOORSTEP_CHROMIUM names one that is elsewhere."
)
_LEFT_IN_THE_PLAN = ("pause.", "cap.run")
"""Rules because of which another run may make what this one may not."""

MAKE, SETTLE = "make", "settle"
"""The tasks of a job: to make a contact, and what was begun of it; or only to settle what was begun."""

_LONGEST_VISIT = 1800.0  # seconds for a whole website, at one page a second


@dataclass
class Outcome:
    """What was done, and what was left. `failed`: why a contact could not be made, where that was a fault of ours."""

    made: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    waiting_until: dt.datetime | None = None
    notes: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    def wait(self, until: dt.datetime) -> None:
        """Something cannot be done before then."""
        self.waiting_until = min(self.waiting_until or until, until)

    def note(self, sentence: str) -> None:
        """Something the user should know, told once however often it happens."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def add(self, other: Outcome) -> None:
        """What was done besides."""
        self.made.update(other.made)
        self.refused.update(other.refused)
        self.failed.update(other.failed)
        if other.waiting_until is not None:
            self.wait(other.waiting_until)
        for sentence in other.notes:
            self.note(sentence)

    @property
    def in_a_word(self) -> str:
        """What became of one contact: made, refused, put off, in doubt, or nothing, as there was nothing to do."""
        for word, is_so in (("refused", self.refused), ("made", self.made), ("put off", self.waiting_until)):
            if is_so:
                return word
        return "in doubt" if self.notes else "nothing"

    def as_json(self) -> dict[str, Any]:
        """As a job's row keeps it."""
        return {**vars(self), "waiting_until": self.waiting_until.isoformat() if self.waiting_until else None}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Outcome:
        """What `as_json` wrote."""
        until = dt.datetime.fromisoformat(told["waiting_until"]) if told["waiting_until"] else None
        made, refused = Counter(told["made"]), Counter(told["refused"])
        return cls(made, refused, until, list(told["notes"]), dict(told.get("failed", {})))


class Making:
    """Makes the contacts of one frozen wave. Open it with `making`."""

    def __init__(self, bench: Bench, frozen: FrozenWave, ahead: Ahead) -> None:
        self._bench = bench
        self._frozen = frozen
        self._ahead = ahead
        self._phone: PhoneProbe | None = None
        self._doubts: Doubts | None = None
        self._browser = True
        self._choosing = asyncio.Lock()
        self._mailboxes: dict[str, EmailProbe] = {}
        self._senders: Senders | None = None
        self._probes: dict[Channel, Probe] = {}

    async def open(self, stack: AsyncExitStack, channels: Iterable[Channel]) -> None:
        """Open the probes of these channels."""
        bench, programme = self._bench, self._bench.folder.programme
        if "phone" in channels and programme.phone is not None:
            line = await stack.enter_async_context(carrier(programme, bench.clock, bench.ledger))
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
            self._doubts = Doubts(bench, self._frozen, line, phone)
        if "email" in channels:
            for name, account in bench.mail_accounts().items():
                probe = EmailProbe(account, bench.guard, bench.store, bench.clock)
                self._mailboxes[name] = await stack.enter_async_context(probe)
            self._senders = Senders(programme.mail, programme.personas)
        if "web" in channels:
            from probes.web import WebProbe, chromium  # here, because the browser's library takes long to load

            found = chromium.find()
            self._browser = found is not None
            pages = bench.folder.path / "pages.db"
            web = WebProbe(bench.guard, bench.evidence, bench.clock, programme.contact, found, pages)
            self._probes["web"] = await stack.enter_async_context(web)

    # ------------------------------------------------------------------------------------------------ making

    async def do(self, job: Job) -> Outcome:
        """What a job of a run asks for: make its contact, or only settle what somebody began who is gone."""
        within, about = job.about.get("trace", ""), {"organisation": job.organisation, "channel": job.channel}
        with self._bench.traces.span("job", within, job=job.id, **about):
            return await self.make(job.about["shop"], anew=job.task == MAKE)

    async def make(self, shop: str, *, anew: bool = True) -> Outcome:
        """Settle a call that somebody began who is gone; make a contact that is planned, where it may be made `anew`.

        Else there is nothing to do.
        """
        done, row = Outcome(), await self._bench.store.row(shop)
        about = {"organisation": row.organisation, "channel": row.channel, "scenario": row.scenario}
        with self._bench.traces.span("contact", contact=row.id, wave=row.wave, **about) as span:
            if row.channel == "phone" and row.state in ("intent", "open"):
                row = await self._taken_up(row, done)
            if row.state == "planned" and anew:
                await self._make(row, done)
            span.tell(outcome=done.in_a_word, refused=" ".join(done.refused) or None)
            return done

    async def _make(self, row: ShopRow, done: Outcome) -> None:
        if row.channel == "email":
            chosen = await self._sender(row, done)
            if chosen is None:
                return
            probe, row = chosen
        elif row.channel in self._probes:
            probe = self._probes[row.channel]
        else:
            return
        if row.channel == "web" and not self._browser:
            done.note(_WITHOUT_BROWSER)
        if row.channel == "phone":
            if await self._must_wait(row, done):
                return
            row = await self._with_own_number(row)
        try:
            async with asyncio.timeout(_LONGEST_VISIT if row.channel == "web" else None):
                seen = await probe.knock(finish.errand(row, self._frozen))
        except Refused as refused:
            await self._refused(row, refused, done)
            return
        except (Unfinished, Uncertain) as unsure:
            done.note(f"{row.id}: {unsure}; the next run settles it")
            await self._way_out(row, in_words(unsure))
        except TimeoutError:
            minutes = int(_LONGEST_VISIT / 60)
            await self._seen(row, Observation(facts={}, error=f"the visit was not over after {minutes} minutes"), done)
        else:
            await self._seen(row, seen, done)
        if self._senders is not None and row.channel == "email" and row.account is not None:
            self._senders.wrote(row.account, row.organisation, self._bench.clock.now())

    async def _sender(self, row: ShopRow, done: Outcome) -> tuple[Probe, ShopRow] | None:
        """The mailbox whose turn it is, and the row with who writes; None where all must rest, until later."""
        if self._senders is None:
            return None
        bench, now = self._bench, self._bench.clock.now()
        for account, at in (await bench.store.last_written(row.organisation)).items():
            self._senders.wrote(account, row.organisation, at)
        chosen = self._senders.choose(row.organisation, now)
        if isinstance(chosen, dt.datetime):
            await bench.store.postpone(row.id, chosen, "every mailbox has written to them within seven days")
            done.wait(chosen)
            return None
        persona = self._senders.persona(chosen, row.reference) or email_persona(row.reference).name
        await bench.store.assign(row.id, chosen, persona)
        return self._mailboxes[chosen], replace(row, account=chosen, persona=persona)

    async def _must_wait(self, row: ShopRow, done: Outcome) -> bool:
        """Whether a call would not mean what its scenario asks by the time it is made; then it is put off.

        The organisation's own hours count, where the guard knows only when anybody may be rung; and calls to its other
        lines come first, each at its distance.
        """
        organisation, now = self._frozen.organisations[row.organisation], self._bench.clock.now()
        gap = organisation.consent.limits.seconds_between_calls if organisation.consent else 0.0
        turn = now + dt.timedelta(seconds=await self._ahead(row) * gap)
        in_hours = self._frozen.scenarios[row.scenario].in_hours
        later = next_allowed(turn, organisation.hours, in_hours=in_hours)
        if later <= turn:
            return False
        await self._bench.store.postpone(row.id, later, "their offices are " + ("closed" if in_hours else "open"))
        done.wait(later)
        return True

    async def _with_own_number(self, row: ShopRow) -> ShopRow:
        """A message gets one of our numbers to be rung back on, and keeps it when the line is tried again."""
        scenario, bench = self._frozen.scenarios[row.scenario], self._bench
        if not scenario.leave_message or row.account is not None:
            return row
        async with self._choosing, bench.database.one_by_one("own numbers"):
            numbers = OwnNumbers(own_numbers(bench.folder.programme), await bench.store.numbers_given())
            number = numbers.next(row.organisation)
            await bench.store.assign(row.id, number)
        return replace(row, account=number)

    # ------------------------------------------------------------------------------------------------ what follows

    async def _way_out(self, row: ShopRow, why: str | None) -> None:
        """Whether our own mail server or carrier did its part; how often in a row it did not is what alerts ask."""
        if row.channel == "web":
            return
        troubles = Troubles(self._bench.database)
        what = f"sending from {row.account}" if row.channel == "email" else "carrier"
        await (troubles.over(what) if why is None else troubles.note(what, why, self._bench.clock.now()))

    async def _seen(self, row: ShopRow, seen: Observation, done: Outcome) -> None:
        bench = self._bench
        await self._way_out(row, plain(seen.error) if seen.error is not None else None)
        if row.channel == "email" and seen.error is not None:
            later = bench.clock.now() + GRACE
            await bench.store.back_to_plan(row.id)
            await bench.store.postpone(row.id, later, seen.error)
            done.note(f"{seen.error}; it will be tried again")
            done.wait(later)
            return
        done.made[row.channel] += 1
        if row.channel == "phone":
            await self._after_a_call(row, seen, done)
            return
        if seen.complete:
            await finish.close(bench, self._frozen, row, seen)
            return
        await bench.store.observe(row.id, seen, bench.clock.now())
        made = await bench.store.row(row.id)
        await bench.store.await_until(row.id, finish.closing_time(made, self._frozen))

    async def _after_a_call(self, row: ShopRow, seen: Observation, done: Outcome) -> None:
        """Try again later, while fieldwork lasts; or wait for a call-back; or close the shop with all its attempts."""
        bench, frozen = self._bench, self._frozen
        attempts = (*await bench.store.observations(row.id), seen)
        now, hours = bench.clock.now(), frozen.organisations[row.organisation].hours
        later = retries.again(attempts, frozen.scenarios[row.scenario], now, hours)
        if later is not None and later.astimezone(LONDON).date() <= frozen.wave.fieldwork_until:
            await bench.store.try_again(row.id, finish.stamped(seen), now, later)
            done.wait(later)
            return
        call = retries.combine(attempts)
        if frozen.scenarios[row.scenario].leave_message and callbacks.awaits(call):
            await FollowedUp(bench, {frozen.wave.id: frozen}).begun(row, call)
        else:
            await finish.close(bench, frozen, row, call)

    async def _refused(self, row: ShopRow, refused: Refused, done: Outcome) -> None:
        refusal = refused.refusal
        done.refused[refusal.rule] += 1
        await self._bench.store.back_to_plan(row.id)  # it may have been refused while it waited to be dialled or sent
        if refusal.retry_at is not None:
            await self._bench.store.postpone(row.id, refusal.retry_at, refusal.reason)
            done.wait(refusal.retry_at)
        elif not refusal.rule.startswith(_LEFT_IN_THE_PLAN) and not await close_with_attempts(
            self._bench, self._frozen, row
        ):
            await self._bench.store.refuse(row.id, f"{refusal.rule}: {refusal.reason}")

    # ------------------------------------------------------------------------------------------------ settling

    async def _taken_up(self, row: ShopRow, done: Outcome) -> ShopRow:
        """Find out what became of a call that somebody began who is gone, and follow it if it was placed.

        Returns where the contact stood when that was found out: planned, where the call was not placed.
        """
        if row.closes_at is not None or self._phone is None or self._doubts is None:
            return row  # the call is over, and a call-back is waited for; or nobody here can know
        try:
            if await self._doubts.settle(row):
                row = await self._bench.store.row(row.id)
            if row.state != "open":
                return row
            if row.known_as is None or row.made_at is None:
                raise RuntimeError(f"shop {row.id} is open and has no call")
            seen = await self._phone.adopt(finish.errand(row, self._frozen), row.known_as, row.made_at)
        except Unfinished as unsure:
            done.note(f"{row.id}: {unsure}; the next run settles it")
            return row
        await self._bench.ledger.vacate(row.id)
        await self._seen(row, seen, done)
        return row


@asynccontextmanager
async def making(bench: Bench, frozen: FrozenWave, ahead: Ahead) -> AsyncIterator[Making]:
    """What makes the contacts of a wave, with the probes of all its channels open."""
    async with AsyncExitStack() as stack:
        opened = Making(bench, frozen, ahead)
        await opened.open(stack, {scenario.channel for scenario in frozen.scenarios.values()})
        yield opened


async def close_with_attempts(bench: Bench, frozen: FrozenWave, row: ShopRow) -> bool:
    """Close a shop that was to be tried again and cannot be; False where there was no attempt at all."""
    attempts = await bench.store.observations(row.id) if row.channel == "phone" else ()
    if attempts:
        await finish.close(bench, frozen, row, retries.combine(attempts))
    return bool(attempts)
