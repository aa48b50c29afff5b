"""Telling the operator what fails and what works again: by e-mail from the programme's own mailbox, and to a webhook.

What is an alert is decided in `scenarios.strikes`, and kept as rows: each is told to each route when it begins and when
it is over. A route that fails is tried again, less and less often.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog

from probes import http
from probes.clock import Clock, RealClock
from probes.email import Account
from probes.email.notice import NotTaken, send_notice
from probes.guard import Guard, Refused
from results.alerts import STRIKES, Alert, Alerts, Contact, Notice, newest_closing, recent_contacts
from results.calendar import LONDON
from results.database import Database
from results.ledger import DatabaseLedger
from results.nights import Handled, Leases, Nights, Troubles
from results.store import Store
from scenarios import strikes
from scenarios.bench import clock_of, mail_accounts
from scenarios.credentials import MissingSecret
from scenarios.logs import in_words, is_expected
from scenarios.programme import Folder
from scenarios.reading import Invalid
from scenarios.sight import Sight
from scenarios.strikes import Verdict

WEBHOOK = "webhook"
"""The route that is no e-mail address. Its own address may be a secret and is kept nowhere."""

LEAST_FREE = 500_000_000
"""Bytes on the disk of the programme folder below which it counts as full."""

_LOOKED_AT = dt.timedelta(days=14)  # contacts closed before then say nothing about today
_NIGHTS = dt.timedelta(days=60)
_LONGEST_WAIT = 3600.0
_NOT_TOLD = (NotTaken, http.Unreachable, Refused, MissingSecret, Invalid, ValueError)


@dataclass(frozen=True)
class Message:
    """What one route is told at one time."""

    identity: str
    subject: str
    lines: tuple[str, ...]
    document: dict[str, Any]


def message(partnership: str, route: str, notices: Sequence[Notice]) -> Message:
    """Everything that a route has not been told, as one message; the same again has the same identity."""
    begun = [one for one in notices if one.turn == "begins"]
    over = [one for one in notices if one.turn == "over"]
    counts = [f"{len(begun)} alert{'s' * (len(begun) > 1)}"] * bool(begun) + [f"{len(over)} over"] * bool(over)
    subject = f"Doorstep, {partnership}: {', '.join(counts)}"
    lines = (
        *(f"{one.alert.words} (alert {one.alert.id}, {_when(one.alert.begun_at)})" for one in begun),
        *(f"Over: alert {one.alert.id} of {_when(one.alert.begun_at)}. {one.alert.words}" for one in over),
    )
    key = " ".join([route, *(f"{one.alert.id}{one.turn}" for one in notices)])
    document = {
        "programme": partnership,
        "text": "\n".join((subject, *lines)),
        "alerts": [{"turn": one.turn, **as_json(one.alert)} for one in notices],
    }
    return Message(f"alert.{hashlib.sha256(key.encode()).hexdigest()[:24]}", subject, lines, document)


def as_json(alert: Alert) -> dict[str, Any]:
    """An alert for other programs."""
    at = {"begun_at": alert.begun_at, "over_at": alert.over_at}
    return {**vars(alert), **{key: value.isoformat() if value else None for key, value in at.items()}}


def routes(folder: Folder) -> list[str]:
    """Whom the programme tells: "email ADDRESS" and "webhook". Raises `ValueError` for a webhook that is no address."""
    told = folder.programme.alerts
    return [*(f"email {address}" for address in told.email), *([WEBHOOK] if told.webhook_address() else [])]


async def tell(route: str, folder: Folder, database: Database, clock: Clock, told: Message) -> None:
    """Tell one route. Raises `NotTaken`, `Unreachable`, `Refused`, `MissingSecret` or `Invalid`."""
    if route == WEBHOOK:
        await http.tell(folder.programme.alerts.webhook_address() or "", told.document)
        return
    guard = Guard(folder.register, DatabaseLedger(database), clock, folder.programme.carrier)
    text = "\n\n".join((*told.lines, "`doorstep alerts` and `doorstep status` say how it stands.", ""))
    why: NotTaken | None = None
    for account in await _working_first(mail_accounts(folder.programme), database):
        try:
            await send_notice(
                account,
                clock,
                guard,
                route.removeprefix("email "),
                folder.programme.alerts.email,
                told.subject,
                text,
                told.identity,
            )
        except NotTaken as problem:
            why = problem
        else:
            return
    if why is not None:
        raise why


async def _working_first(accounts: dict[str, Account], database: Database) -> list[Account]:
    """What is to be told may be that a mailbox fails; then another carries it."""
    troubled = {one.what.rpartition(" ")[2] for one in await Troubles(database).all()}
    return sorted(accounts.values(), key=lambda account: account.name in troubled)


class Lookout:
    """Looks from time to time at how things stand, and tells what is new."""

    def __init__(self, database: Database, log: structlog.typing.FilteringBoundLogger) -> None:
        self._db = database
        self._log = log
        self._contacts: tuple[Contact, ...] = ()
        self._newest: dt.datetime | None = None
        self._waits: dict[str, tuple[float, float]] = {}  # route: seconds, and until when by the stopwatch

    async def look(self, folder: Folder) -> None:
        """Judge, keep what is new, and tell it. What one route does not take is told it later."""
        clock = await clock_of(folder, to_work=False)
        await self._disk(folder, clock.now())
        await self._bury(folder, clock.now())
        alerts = Alerts(self._db)
        verdict = await self._judge(folder, clock.now(), [one.what for one in await alerts.open()])
        await alerts.settle(verdict.failing, verdict.working, clock.now())
        await self._tell(folder, clock, alerts)

    async def _judge(self, folder: Folder, now: dt.datetime, there: Sequence[str]) -> Verdict:
        verdict = strikes.of_contacts(await self._recent(now), folder.register)
        verdict.add(strikes.of_troubles(await Troubles(self._db).all(), there))
        nights: dict[str, list[Handled]] = {name: [] for name in folder.schedules}
        for night in await Nights(self._db).last(10_000, since=now - _NIGHTS):
            nights.get(night.schedule, []).append(night)
        for name, handled in nights.items():
            verdict.add(strikes.of_nights(name, handled))
        verdict.working.update(what for what in there if strikes.gone(what, folder.register, folder.schedules))
        return verdict

    async def _recent(self, now: dt.datetime) -> tuple[Contact, ...]:
        """Read anew only when a contact has been closed since: the register may be large."""
        newest = await newest_closing(self._db)
        if newest != self._newest:
            self._contacts, self._newest = await recent_contacts(self._db, now - _LOOKED_AT), newest
        return self._contacts

    async def _disk(self, folder: Folder, now: dt.datetime) -> None:
        free = shutil.disk_usage(folder.path).free
        if free < LEAST_FREE:
            why = f"{free / 1e6:.0f} MB are left on the disk of the programme folder; make room"
            await Troubles(self._db).note("disk", why, now)
        else:
            await Troubles(self._db).over("disk")

    async def _bury(self, folder: Folder, now: dt.datetime) -> None:
        """Troubles of what the programme has no more, or of fieldwork that is over: they would never end."""
        troubles = Troubles(self._db)
        for one in await troubles.all():
            kind, _, name = one.what.partition(" ")
            if kind == "wave":
                frozen = await Store(self._db).wave(name)
                over = frozen is None or frozen.wave.fieldwork_until < now.astimezone(LONDON).date()
            else:
                over = kind in ("mailbox", "sending") and name.removeprefix("from ") not in folder.programme.mail
            if over:
                await troubles.over(one.what)

    async def _tell(self, folder: Folder, clock: Clock, alerts: Alerts) -> None:
        try:
            there = routes(folder)
        except ValueError as error:
            self._log.warning("alerts cannot be told", why=in_words(error))
            return
        for route in there:
            _, until = self._waits.get(route, (0.0, 0.0))
            notices = await alerts.untold(route)
            if not notices or clock.stopwatch() < until:
                continue
            if "*" in await DatabaseLedger(self._db).pauses():
                return  # nothing goes out; told when work is resumed
            try:
                await tell(route, folder, self._db, clock, message(folder.programme.partnership, route, notices))
            except _NOT_TOLD as error:
                self._failed(route, clock, error)
            else:
                await alerts.told(route, notices, clock.now())
                self._waits.pop(route, None)
                self._log.info("alert told", by=route.partition(" ")[0], alerts=[one.alert.id for one in notices])

    def _failed(self, route: str, clock: Clock, error: Exception) -> None:
        """Wait twice as long as before: a wrong password that is tried often locks the account."""
        seconds = min(_LONGEST_WAIT, 2 * self._waits.get(route, (30.0, 0.0))[0])
        self._waits[route] = seconds, clock.stopwatch() + seconds
        self._log.warning("alert not told", by=route.partition(" ")[0], why=in_words(error), again_in=seconds)

    async def tell_of_the_database(self, folder: Folder, words: str) -> None:
        """What no row can be written about, to the webhook alone: the guard of e-mails is in the database too."""
        subject = f"Doorstep, {folder.programme.partnership}: {words}"
        now = RealClock().now().isoformat()
        try:
            if address := folder.programme.alerts.webhook_address():
                document = {"programme": folder.programme.partnership, "text": subject, "at": now, "alerts": []}
                await http.tell(address, document)
        except (http.Unreachable, ValueError) as error:
            self._log.warning("alert not told", by=WEBHOOK, why=in_words(error))


async def look_out(sight: Sight, serves: Callable[[], bool], log: structlog.typing.FilteringBoundLogger) -> None:
    """Tell the operator what fails, while this process `serves`, until it is cancelled.

    A database that does not answer is told of in another way, after three times.
    """
    lookout, lost = Lookout(sight.database, log), 0
    while True:
        await asyncio.sleep(sight.poll)
        try:
            if serves():
                await lookout.look(sight.folder)
            else:
                await Leases(sight.database).held(sight.serving, RealClock().now())
        except sa.exc.SQLAlchemyError as error:
            lost += 1
            log.error("the database does not answer", why=in_words(error), times=lost)
            if lost == STRIKES:
                await lookout.tell_of_the_database(sight.folder, f"the database has failed {lost} times in a row")
        except Exception as error:  # an alert that cannot be told stops no contact
            log.error("alerts not looked at", why=in_words(error), exc_info=not is_expected(error))
        else:
            if lost >= STRIKES:
                await lookout.tell_of_the_database(sight.folder, "the database answers again")
            lost = 0


def _when(at: dt.datetime) -> str:
    return f"{at.astimezone(LONDON):%d/%m/%Y at %H:%M}"
