"""Reading the mailboxes: each new mail is matched, classified and added to its shop; windows that are over are closed.
Messages left by telephone are swept with them; what that does is `callbacks`'.

Every step can be repeated after a kill: what a mail is follows from its bytes, and what a shop is from its mails.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from urllib.parse import urlsplit

from probes import email
from probes.clock import PracticeClock, RealClock
from probes.email import links, self_test
from probes.email.imap import MailboxUnreachable
from probes.phone.carriers import Carrier, CarrierDown
from results import beats
from results.mailbag import COPY, SELF_TEST, Settled, StoredMail
from results.nights import Troubles
from results.schema import Organisation
from results.store import FrozenWave, ShopRow, planned
from scenarios import finish
from scenarios.answers import OWN_COPY, Answers
from scenarios.bench import Bench
from scenarios.callbacks import FollowedUp
from scenarios.logs import in_words

GRACE = dt.timedelta(minutes=15)
"""How long our own copy of a mail may take before we say that nobody knows whether the mail was sent."""

_AT_ONCE = 200  # mails read between two commits; each may hold 320 kB
_SWEEP_SECONDS = 300.0
_PRACTICE_SPEED = 120_000.0
_PRACTICE_SWEEP = 0.3  # real seconds

Tell = Callable[[str, int, int], None]


class Collection:
    """Collects for all planned waves of a programme.

    `waves`: the frozen waves, by id. `carrier`: whom to ask for calls to us; without one nobody is asked.
    """

    def __init__(self, bench: Bench, waves: Mapping[str, FrozenWave], carrier: Carrier | None = None) -> None:
        self._bench = bench
        self._waves = waves
        self._carrier = carrier
        self._followed_up = FollowedUp(bench, waves)
        self._answers = Answers(bench, waves)
        programme = bench.folder.programme
        self._accounts = bench.mail_accounts() if programme.mail or programme.phone is None else {}
        self._collectors = {
            name: email.Collector(account, bench.mailbag, bench.clock) for name, account in self._accounts.items()
        }
        self._reading = asyncio.Lock()

    async def once(self) -> int:
        """Fetch and read what has come, then close the windows that were over before. Returns how many mails came.

        Where a mailbox cannot be reached the others are read all the same, and the windows of its own enquiries stay
        open, since replies may lie in it; so with the carrier and messages left by telephone. Then raises
        `MailboxUnreachable` or `CarrierDown`.
        """
        began = self._bench.clock.now()
        fetched = await asyncio.gather(*map(self._collect, self._collectors.values()))
        problems: list[Exception] = [each for each in fetched if isinstance(each, MailboxUnreachable)]
        reached = {
            name for name, each in zip(self._collectors, fetched, strict=True) if not isinstance(each, Exception)
        }
        await self._note_looks(dict(zip(self._collectors, fetched, strict=True)))
        await self.read()
        await self._follow_links()
        await self._close_windows(began, reached)
        try:
            if self._carrier is not None:
                await self._followed_up.once(self._carrier)
        except CarrierDown as problem:
            problems.append(problem)
        if problems:
            raise problems[0]
        return sum(each for each in fetched if isinstance(each, int))

    async def _collect(self, collector: email.Collector) -> int | MailboxUnreachable:
        try:
            return await collector.collect()
        except MailboxUnreachable as problem:
            return problem

    async def _note_looks(self, looked: Mapping[str, int | MailboxUnreachable]) -> None:
        """Which mailboxes could be read, and how often in a row each could not: for whoever watches over us."""
        database, now = self._bench.database, self._bench.clock.now()
        troubles = Troubles(database)
        for name, each in looked.items():
            if isinstance(each, MailboxUnreachable):
                await troubles.note(beats.mailbox(name), in_words(each), now)
            else:
                await troubles.over(beats.mailbox(name))
        read = [beats.mailbox(name) for name, each in looked.items() if isinstance(each, int)]
        if read:
            await beats.Beats(database).note(read, RealClock().now())

    async def until_closed(self, tell: Tell) -> None:
        """Watch the mailboxes until every window is closed. A practice clock is let run fast meanwhile.

        New mail is told by the server (IDLE) and read at once; a sweep polls besides, and closes what is over.
        """
        clock = self._bench.clock
        fast = clock if isinstance(clock, PracticeClock) else None
        total = await self._waiting()
        if fast:
            await fast.set_speed(_PRACTICE_SPEED)
        try:
            async with asyncio.TaskGroup() as group:
                watching = [
                    group.create_task(collector.watch(self.read), name=f"watching {name}")
                    for name, collector in self._collectors.items()
                ]
                while waiting := await self._waiting():
                    tell("windows closed", total - waiting, total)
                    await self.once()
                    if fast:
                        await asyncio.sleep(_PRACTICE_SWEEP)
                        await fast.refresh()
                    else:
                        await clock.sleep(_SWEEP_SECONDS)
                for each in watching:
                    each.cancel()
            tell("windows closed", total, total)
        finally:
            if fast:
                await fast.set_speed(1)

    # ------------------------------------------------------------------------------------------------ reading

    async def read(self) -> None:
        """Match and classify every mail in the bag that nobody has read yet."""
        async with self._reading:
            batch = await self._bench.mailbag.unread(_AT_ONCE)
            if not batch:
                return
            awaited = await self._bench.store.rows(channel="email", waves=self._waves.keys())
            rows = {row.id: row for row in awaited}
            ladder = await self._ladder(rows)
            while batch:
                await self._read(batch, rows, ladder)
                batch = await self._bench.mailbag.unread(_AT_ONCE)

    async def _read(self, batch: Sequence[StoredMail], rows: dict[str, ShopRow], ladder: email.Ladder) -> None:
        """A mail counts as read only when its shop has been looked at again, so a kill on the way loses nothing."""
        bag = self._bench.mailbag
        known = dict(await bag.already_read(batch))
        settled: list[Settled] = []
        for stored in batch:
            if stored.digest in known:
                settled.append(Settled(stored.id, known[stored.digest], "its bytes", COPY))
                continue
            settled.append(await self._settled(stored, rows, ladder))
            known[stored.digest] = settled[-1].shop
        await bag.settle(settled)
        for shop in {each.shop for each in settled if each.shop and each.kind not in (OWN_COPY, COPY)}:
            await self._answers.look_again(await self._bench.store.row(shop))
        await bag.mark_read([stored.id for stored in batch])
        self._answers.forget()

    async def _settled(self, stored: StoredMail, rows: dict[str, ShopRow], ladder: email.Ladder) -> Settled:
        mail = email.read(stored.raw)
        if self_test.is_of_self_test(mail):
            return Settled(stored.id, None, None, SELF_TEST)
        found = ladder.match(mail, stored.account, stored.received)
        if found is None or not found.sure:
            verdict = email.classify(mail, None)
            return Settled(stored.id, None, None, verdict.kind, suggested=found.shop if found else None)
        row = rows[found.shop]
        if found.own_copy:
            await self._proven(row, stored, mail)
            rows[row.id] = await self._bench.store.row(row.id)  # when it was sent counts for what follows
            return Settled(stored.id, row.id, found.by, OWN_COPY)
        _, verdict = self._answers.read(row, stored)
        return Settled(stored.id, row.id, found.by, verdict.kind, ladder.learn(row.id, mail))

    async def _follow_links(self) -> None:
        """Whether the links in people's replies work: each reply once, one organisation beside the other."""
        waiting: defaultdict[str, list[tuple[ShopRow, StoredMail]]] = defaultdict(list)
        for stored in await self._bench.mailbag.without_links_noted(email.HUMAN):
            row = await self._bench.store.row(stored.shop or "")
            if row.wave in self._waves:
                waiting[row.organisation].append((row, stored))
        async with links.client(self._bench.folder.programme.contact) as client, asyncio.TaskGroup() as group:
            for replies in waiting.values():
                group.create_task(self._links_in_turn(replies, client))

    async def _links_in_turn(self, replies: Sequence[tuple[ShopRow, StoredMail]], client: links.Client) -> None:
        bench = self._bench
        hosts = links.hosts_of(bench.folder.register.values())
        for row, stored in replies:
            found = self._answers.read(row, stored)[0].links
            seen = await links.check(found, hosts, bench.guard, client, row.id)
            noted = [(each.url, each.state, each.why) for each in seen]
            await bench.mailbag.note_links(stored.id, noted, bench.clock.now())
            if found:
                await self._answers.look_again(row)
            self._answers.forget()

    async def _ladder(self, rows: Mapping[str, ShopRow]) -> email.Ladder:
        closings = await self._bench.closings.all()
        sent = (
            self._sent(row, closings[row.id].message_id or "" if row.id in closings else "") for row in rows.values()
        )
        return email.Ladder(sent, [each for each in await self._bench.mailbag.case_numbers() if each[0] in rows])

    def _sent(self, row: ShopRow, closing_id: str) -> email.Sent:
        frozen = self._waves[row.wave]
        enquiry, account = frozen.enquiries[row.enquiry], self._accounts.get(row.account or "")
        return email.Sent(
            shop=row.id,
            account=row.account or "",
            ours=account.address(row.reference) if account else "",
            shared=account is None or account.addresses == "one",
            copy_to=email.own_copy(account, row.reference) if account else "",
            message_id=row.known_as or "",
            closing_id=closing_id,
            to=row.target,
            subject=enquiry.subject,
            words=enquiry.words,
            sent_at=row.intent_at or row.due_at,
            until=row.closes_at,
            domains=_domains(frozen.organisations[row.organisation], row.target),
        )

    async def _proven(self, row: ShopRow, stored: StoredMail, mail: email.Mail) -> None:
        """Our own copy is here, so the mail was sent. INTERNALDATE has whole seconds."""
        at = stored.received + dt.timedelta(seconds=1)
        if row.state == "intent" and mail.message_id == row.known_as and row.intent_at is not None:
            at = max(row.intent_at, at)
            await self._bench.store.done(row.id, row.known_as, at)
            made = replace(row, made_at=at)
            await self._bench.store.await_until(row.id, finish.closing_time(made, self._waves[row.wave]))
        elif mail.message_id != row.known_as:
            await self._bench.closings.sent(row.id, at)

    # ------------------------------------------------------------------------------------------------ windows

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

    async def _waiting(self) -> int:
        """How many windows are open and can be closed here. Thousands may be: they are counted, not read."""
        calls = len(await self._followed_up.open()) if self._carrier is not None else 0
        return await self._bench.store.how_many(["open"], "email") + calls

    async def _close_windows(self, began: dt.datetime, reached: set[str]) -> None:
        rows = await self._bench.store.rows(states=["open"], channel="email", closing_by=began)
        for row in rows:
            if row.wave not in self._waves:
                continue
            closes_at = row.closes_at
            if closes_at is None:  # killed before it was written
                closes_at = finish.closing_time(row, self._waves[row.wave])
                await self._bench.store.await_until(row.id, closes_at)
            if closes_at <= began and row.account in reached:
                seen = await self._answers.observe(replace(row, closes_at=closes_at), closed=True)
                await finish.close(self._bench, self._waves[row.wave], row, seen)


def _domains(organisation: Organisation, target: str) -> frozenset[str]:
    """Where an organisation's mail comes from: the domains of its addresses and of its websites."""
    addresses = {address.rpartition("@")[2].lower() for address in (*organisation.contacts.addresses, target)}
    hosts = {(urlsplit(site).hostname or "").removeprefix("www.") for site in organisation.contacts.sites}
    return frozenset(addresses | {host for host in hosts if "." in host and not _is_number(host)})


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
