"""Sending one e-mail exactly once, as a resident would. What comes back lives in `watch` and its neighbours.

The order is what makes it once: the guard is asked, the journal has it on disk that this Message-ID is about to go, and
only then begins the one transaction. A transaction that broke off after DATA is never repeated: `Uncertain` is raised,
and our own copy, addressed to ourselves, later proves whether it went.

    Uncertain
"""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, formataddr
from types import TracebackType

import aiosmtplib

from probes import Errand, Journal
from probes.clock import Clock
from probes.email.facts import FACTS, VERSIONS
from probes.email.match import OWN_COPY
from probes.email.observe import bounced
from probes.email.persona import persona
from probes.guard import Effect, Guard
from results.calendar import LONDON
from results.schema import Channel, Moment, Observation, Why

__all__ = ["Account", "EmailProbe", "Uncertain", "compose", "message_id"]

_IMPLICIT_TLS_PORT = 465
_TAG = re.compile(r"[A-Za-z0-9._-]{1,48}")
_PATIENCE = 60.0  # seconds for each answer of the mail server
_LONGEST_LINE = 78  # RFC 5322 section 2.1.1; a longer line is sent as quoted-printable
# Enhanced status codes (RFC 3463) of a refusal that is about us and not about the recipient.
_ABOUT_US = re.compile(r"\b5\.(?:1\.[78]|5\.\d{1,3}|7\.\d{1,3})\b")
_CODES_ABOUT_US = (503, 530, 535)


class Uncertain(Exception):
    """The connection was lost after DATA: whether the e-mail went, our own copy will tell. Never send it again."""


@dataclass(frozen=True)
class Account:
    """A mailbox of ours with plus-addresses, used for nothing else, and the servers it is on.

    Without `tls` only servers on this machine are accepted, so that no password crosses a network in the clear.
    """

    name: str
    mailbox: str
    smtp_host: str
    smtp_port: int
    imap_host: str
    imap_port: int
    username: str
    password: str = field(repr=False)
    tls: bool = True

    def __post_init__(self) -> None:
        if self.mailbox.count("@") != 1 or "+" in self.mailbox or re.search(r"[\s<>,;\"]", self.mailbox):
            raise ValueError(
                f"account {self.name}: mailbox {self.mailbox!r} must be a plain address such as a@b.example"
            )
        for host in (self.smtp_host, self.imap_host):
            if not self.tls and not _is_here(host):
                raise ValueError(f"account {self.name}: {host} is not this machine, so tls must be true")

    def address(self, tag: str) -> str:
        """The address that is one contact's own. Raises `ValueError` for a tag that is no part of an address."""
        if not _TAG.fullmatch(tag):
            raise ValueError(f"{tag!r} cannot stand in an address: use up to 48 letters, digits, dots and hyphens")
        user, _, domain = self.mailbox.partition("@")
        return f"{user}+{tag}@{domain}"

    @property
    def domain(self) -> str:
        """What follows the @."""
        return self.mailbox.partition("@")[2]


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# ------------------------------------------------------------------------------------------------ what is sent


def message_id(account: Account, errand: Errand) -> str:
    """The Message-ID, fixed by the errand: the same on every machine and after every restart."""
    local = re.sub(r"[^A-Za-z0-9._-]", "-", f"{errand.reference}.{errand.shop}")
    return f"<{local}@{account.domain}>"


def compose(account: Account, errand: Errand, at: dt.datetime) -> EmailMessage:
    """The e-mail as a resident would send it: no header by which an automatic responder would stay silent."""
    who = persona(errand.reference)
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = formataddr((who.name, account.address(errand.reference)))
    mail["To"] = errand.target
    mail["Subject"] = " ".join(errand.enquiry.subject.split())
    mail["Date"] = format_datetime(at.astimezone(LONDON))
    mail["Message-ID"] = message_id(account, errand)
    words = f"{errand.enquiry.words.strip()}\n\nKind regards\n\n{who.name}\n"
    simple = words.isascii() and max(map(len, words.splitlines())) <= _LONGEST_LINE
    mail.set_content(words, cte="7bit" if simple else "quoted-printable")
    return mail


# ------------------------------------------------------------------------------------------------ sending it


class EmailProbe:
    """Knocks by e-mail. `async with` it: leaving closes its connections."""

    channel: Channel = "email"
    facts: Mapping[str, str] = FACTS

    def __init__(self, account: Account, guard: Guard, journal: Journal, clock: Clock, connections: int = 4) -> None:
        self._account = account
        self._guard = guard
        self._journal = journal
        self._clock = clock
        self._pool = _Pool(account, connections)

    async def __aenter__(self) -> EmailProbe:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.close()

    async def knock(self, errand: Errand) -> Observation:
        """Send the errand's enquiry, once. An observation with `error` says that nothing was sent and why.

        Raises `Refused` when the guard says no, and `Uncertain` when nobody knows whether the e-mail went.
        """
        effect = Effect("mail", errand.organisation.id, errand.target, errand.shop)
        identity = message_id(self._account, errand)
        async with self._guard.permit(effect):
            await self._journal.about_to(errand.shop, identity, self._clock.now())
            try:
                async with self._pool.connection() as connection:
                    outcome = await self._transact(connection, errand)
            except (aiosmtplib.SMTPException, OSError) as problem:
                return _not_sent(f"the mail server of {self._account.name} took no mail: {_plain(problem)}")
            if isinstance(outcome, Observation):
                return outcome
            await self._journal.done(errand.shop, identity, outcome.upper)
            return _sent(outcome)

    async def _transact(self, connection: aiosmtplib.SMTP, errand: Errand) -> Moment | Observation:
        """One transaction: when the mail server accepted the e-mail, or what its refusal of the recipient means."""
        mail = compose(self._account, errand, self._clock.now()).as_bytes()
        await connection.mail(self._account.address(errand.reference))
        try:
            await connection.rcpt(errand.target)
        except aiosmtplib.SMTPRecipientRefused as refused:
            return await self._refused(connection, refused, self._clock.now())
        await connection.rcpt(self._account.address(errand.reference + OWN_COPY))
        before = self._clock.now()
        try:
            await connection.data(mail)
        except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError) as lost:
            raise Uncertain(f"connection lost while {message_id(self._account, errand)} was handed over") from lost
        return Moment(lower=before, upper=self._clock.now(), source="our clock, when the mail server accepted it")

    async def _refused(
        self, connection: aiosmtplib.SMTP, refused: aiosmtplib.SMTPRecipientRefused, at: dt.datetime
    ) -> Observation:
        await connection.rset()
        if refused.code < 500 or refused.code in _CODES_ABOUT_US or _ABOUT_US.search(refused.message):
            return _not_sent(
                f"the mail server of {self._account.name} refused for now or refused us: {_plain(refused)}"
            )
        moment = Moment(lower=at, upper=at, source="our clock, when the mail server refused the recipient")
        return bounced({"sent": moment}, (f"The address was refused: {_plain(refused)}.",))


class _Pool:
    """A few connections, each opened when first wanted and kept until one of its answers is in doubt."""

    def __init__(self, account: Account, size: int) -> None:
        self._account = account
        self._all = [_client(account) for _ in range(size)]
        self._free: asyncio.LifoQueue[aiosmtplib.SMTP] = asyncio.LifoQueue()
        for client in self._all:
            self._free.put_nowait(client)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """A connection that is ready for a transaction; dropped when whoever borrowed it failed or was cancelled."""
        client = await self._free.get()
        try:
            await self._ready(client)
            yield client
        except BaseException:  # whatever it was, cancellation too: what the server would say next is unknown
            client.close()
            raise
        finally:
            self._free.put_nowait(client)

    async def _ready(self, client: aiosmtplib.SMTP) -> None:
        if client.is_connected:
            try:
                await client.rset()  # an idle connection may have been closed by the server
                return
            except (aiosmtplib.SMTPException, OSError):
                client.close()
        await client.connect()
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
        if client.supports_extension("auth"):
            await client.login(self._account.username, self._account.password)

    async def close(self) -> None:
        """Say goodbye on every open connection."""
        for client in self._all:
            try:
                if client.is_connected:
                    await client.quit(timeout=5)
            except (aiosmtplib.SMTPException, OSError):
                pass  # it is gone, which is what was wanted
            finally:
                client.close()


def _client(account: Account) -> aiosmtplib.SMTP:
    implicit = account.tls and account.smtp_port == _IMPLICIT_TLS_PORT
    return aiosmtplib.SMTP(
        hostname=account.smtp_host,
        port=account.smtp_port,
        use_tls=implicit,
        start_tls=account.tls and not implicit,
        tls_context=ssl.create_default_context() if account.tls else None,
        local_hostname=account.domain,
        timeout=_PATIENCE,
    )


# ------------------------------------------------------------------------------------------------ what is said of it


def _sent(moment: Moment) -> Observation:
    return Observation(
        facts=dict.fromkeys(FACTS),
        unknown=dict.fromkeys(FACTS, (Why.WINDOW_OPEN, "an answer may still come")),
        moments={"sent": moment},
        complete=False,
        versions=VERSIONS,
    )


def _not_sent(error: str) -> Observation:
    return Observation(
        facts=dict.fromkeys(FACTS),
        unknown=dict.fromkeys(FACTS, (Why.PROBE_FAULT, "the e-mail was not sent")),
        error=error,
        versions=VERSIONS,
    )


def _plain(problem: BaseException) -> str:
    """A server's words on one line, kept short: they are a stranger's."""
    if isinstance(problem, aiosmtplib.SMTPResponseException):
        text = f"{problem.code} {problem.message}"
    else:
        text = str(problem) or type(problem).__name__
    return re.sub(r"[^\x20-\x7e\xa0-\uffff]+", " ", text)[:200].strip(" .")
