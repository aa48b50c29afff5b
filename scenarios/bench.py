"""The workbench: everything that is opened for a programme folder, together, and closed again.

One process at a time works on a programme (a lock that a killed process lets go of by itself); any number may read, and
any number may do the jobs that it hands out.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout

from probes.clock import Clock, PracticeClock, RealClock
from probes.email import Account
from probes.guard import Caps, Guard, Spend
from probes.http import Unreachable
from probes.phone.preflight import MINUTES_AT_MOST
from results.calendar import LONDON
from results.callbacks import CallBacks
from results.closings import Closings
from results.consents import ConsentLog
from results.database import Database
from results.evidence import EvidenceFolder
from results.ledger import DatabaseLedger
from results.mailbag import Mailbag
from results.people import People
from results.reviews import Reviews
from results.store import Store
from scenarios.credentials import mail_password
from scenarios.known import Known
from scenarios.programme import Folder, MailAccount, Programme, load
from scenarios.reading import Invalid, Problem
from scenarios.traces import Traces, traces

DATABASE = "DOORSTEP_DATABASE"
_PATIENCE = 2.0  # seconds for another to be done: a server's round with nothing to do takes less


class AtWork(Exception):
    """Another process is working on the folder."""


@dataclass(frozen=True)
class Bench:
    """What the work needs, opened."""

    folder: Folder
    clock: Clock
    database: Database
    store: Store
    ledger: DatabaseLedger
    mailbag: Mailbag
    callbacks: CallBacks
    closings: Closings
    people: People
    reviews: Reviews
    evidence: EvidenceFolder
    guard: Guard
    traces: Traces

    def mail_accounts(self) -> dict[str, Account]:
        """Every mailbox by name, with how to sign in to it. Raises `MissingSecret`; `Invalid` where there is none."""
        return mail_accounts(self.folder.programme)


def mail_accounts(programme: Programme) -> dict[str, Account]:
    """Every mailbox by name, with how to sign in to it. Raises `MissingSecret`; `Invalid` where there is none."""
    if not programme.mail:
        why = "is missing; add a [mail.main] table with the mailbox"
        raise Invalid([Problem("programme.toml", 0, "mail", why)])
    return {name: _account(programme, name, mail) for name, mail in programme.mail.items()}


def _account(programme: Programme, name: str, mail: MailAccount) -> Account:
    password, token = "", None
    if mail.sign_in == "password" or programme.practice is not None:
        alone, practice = len(programme.mail) == 1, programme.practice is not None
        password = mail_password(name, mail.mailbox, alone=alone, practice=practice)
    else:
        from scenarios import sign_in  # here, because its libraries take long to load and few accounts need them

        token = sign_in.tokens(sign_in.service(name, mail))
    return Account(
        name=name,
        mailbox=mail.mailbox,
        smtp_host=mail.smtp_host,
        smtp_port=mail.smtp_port,
        imap_host=mail.imap_host,
        imap_port=mail.imap_port,
        username=mail.username,
        password=password,
        token=token,
        tls=mail.tls,
        addresses=mail.addresses,
        persona=mail.persona,
    )


def dearest_call(folder: Folder) -> Spend:
    """What one call is reckoned at before it is made: the dearest it can be. Pence are inf where no price is told."""
    longest = max((scenario.stay_for for scenario in folder.scenarios.values()), default=0.0)
    minutes = max(MINUTES_AT_MOST, 1 + math.ceil(longest / 60))  # no call is dearer
    price = folder.programme.phone.pence_per_minute if folder.programme.phone else None
    return Spend(calls=1, minutes=minutes, pence=math.inf if price is None else price * minutes)


def caps(folder: Folder) -> Caps | None:
    """The caps of the carrier's account, where the programme sets any."""
    phone = folder.programme.phone
    if phone is None or not phone.caps:
        return None
    most = {
        span: Spend(**{unit: value for unit, value in cap.model_dump().items() if value is not None})
        for span, cap in phone.caps.items()
    }
    return Caps(dearest_call(folder), most)


def _guard(folder: Folder, ledger: DatabaseLedger, clock: Clock) -> Guard:
    """The one gate, with the caps if there are any."""
    held_to = caps(folder)
    purse = ledger if held_to is not None else None
    return Guard(folder.register, ledger, clock, folder.programme.carrier, held_to, purse)


async def clock_of(folder: Folder, to_work: bool) -> Clock:
    """The practice clock for a practice programme; for reading alone the one on the wall will do when that is gone."""
    practice = folder.programme.practice
    if practice is None:
        return RealClock()
    try:
        return await PracticeClock.at(practice.house)
    except Unreachable:
        if to_work:
            how = "`doorstep demo` or `doorstep practice` starts it"
            raise Unreachable(f"the practice partnership at {practice.house} is not up; {how}") from None
        return RealClock()


def database_url(folder: Folder) -> str:
    """Where the results of a programme are kept."""
    named = os.environ.get(DATABASE) or folder.programme.engine.database
    return named or f"sqlite:///{folder.path / 'doorstep.db'}"


async def open_database(url: str) -> Database:
    """Open and migrate it. Raises `Unreachable`, in one line and without its password."""
    try:
        return await Database.open(url)
    except sa.exc.OperationalError as error:
        where = sa.make_url(url).render_as_string(hide_password=True)
        why = str(error.orig).partition("\n")[0]
        raise Unreachable(f"the database {where} cannot be reached: {why}") from None


@asynccontextmanager
async def _nobody_else(database: Database) -> AsyncIterator[None]:
    """On other machines too, where they share the database."""
    async with database.only_one("doorstep at work") as alone:
        if not alone:
            raise AtWork("another `doorstep` is at work on this database; wait until it has finished")
        yield


@asynccontextmanager
async def opened(path: Path, *, to_work: bool, beside_others: bool = False) -> AsyncIterator[Bench]:
    """Open a programme folder. `to_work`: to contact or change; then nobody else may at the same time.

    `beside_others`: to do jobs that another process hands out; any number may, on any machine.

    Raises `Invalid`, `AtWork`, or `Unreachable` when a practice programme's partnership is not up.
    """
    known = Known(path)
    folder = load(path, known.read)
    known.keep()
    lock = FileLock(path / ".doorstep.lock", timeout=_PATIENCE)
    alone = to_work and not beside_others
    if alone:
        try:
            lock.acquire()
        except Timeout:
            raise AtWork(f"another `doorstep` is at work in {path}; wait until it has finished") from None
    try:
        clock = await clock_of(folder, to_work)
        database = await open_database(database_url(folder))
        try:
            async with _nobody_else(database) if alone else nullcontext():
                ledger = DatabaseLedger(database)
                await ConsentLog(database).note(folder.register, clock.now())
                yield Bench(
                    folder=folder,
                    clock=clock,
                    database=database,
                    store=Store(database),
                    ledger=ledger,
                    mailbag=Mailbag(database),
                    callbacks=CallBacks(database),
                    closings=Closings(database),
                    people=People(database),
                    reviews=Reviews(database),
                    evidence=EvidenceFolder(
                        path / "evidence", lambda: clock.now().astimezone(LONDON).date(), folder.programme.retention
                    ),
                    guard=_guard(folder, ledger, clock),
                    traces=traces(folder.programme.seeing.traces),
                )
        finally:
            await asyncio.shield(database.close())
    finally:
        lock.release()
