"""Sending one e-mail exactly once. What it says lives in `compose` and `closing`, what comes back in `watch`.

The order is what makes it once: the guard is asked, the journal has it on disk that this Message-ID is about to go, and
only then begins the one transaction. A transaction that broke off after DATA is never repeated: `Uncertain` is raised,
and our own copy, addressed to ourselves, later proves whether it went.

    Uncertain
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email.message import EmailMessage
from types import TracebackType

import aiosmtplib

from probes import Errand, Journal
from probes.clock import Clock
from probes.email.account import Account, SignInNeeded
from probes.email.closing import Closing, closing_id, compose_closing
from probes.email.compose import compose, message_id, own_copy
from probes.email.facts import FACTS, VERSIONS
from probes.email.observe import bounced
from probes.guard import Effect, Guard
from results.schema import Channel, Moment, Observation, Why

__all__ = ["Account", "EmailProbe", "Uncertain", "compose", "connect", "message_id"]

_IMPLICIT_TLS_PORT = 465
_PATIENCE = 60.0  # seconds for each answer of the mail server
# Enhanced status codes (RFC 3463) of a refusal that is about us and not about the recipient.
_ABOUT_US = re.compile(r"\b5\.(?:1\.[78]|5\.\d{1,3}|7\.\d{1,3})\b")
_CODES_ABOUT_US = (503, 530, 535)
_LONG_WORD = re.compile(r"(?!https?://)\S{40,}")
_NO_MAIL = (aiosmtplib.SMTPException, OSError, SignInNeeded)
"""What keeps a mail from being sent, and is no fault of the organisation."""


class Uncertain(Exception):
    """The connection was lost after DATA: whether the e-mail went, our own copy will tell. Never send it again."""


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
        identity = message_id(self._account, errand)
        async with self._guard.permit(_effect(errand)):
            await self._journal.about_to(errand.shop, identity, self._clock.now())
            try:
                outcome = await self._send(errand, compose(self._account, errand, self._clock.now()))
            except _NO_MAIL as problem:
                return _not_sent(self._took_none(problem))
            if isinstance(outcome, aiosmtplib.SMTPRecipientRefused):
                return self._refused(outcome)
            await self._journal.done(errand.shop, identity, outcome.upper)
            return _sent(outcome)

    async def close(self, errand: Errand, kind: Closing, journal: Journal) -> str | None:
        """Send the errand's last e-mail, once; None when it went, or why it was not sent.

        `journal`: where last e-mails are written down, apart from enquiries. Raises `Refused` and `Uncertain` as
        `knock` does.
        """
        identity = closing_id(self._account, errand)
        async with self._guard.permit(_effect(errand)):
            await journal.about_to(errand.shop, identity, self._clock.now())
            try:
                outcome = await self._send(errand, compose_closing(self._account, errand, kind, self._clock.now()))
            except _NO_MAIL as problem:
                return self._took_none(problem)
            if isinstance(outcome, aiosmtplib.SMTPRecipientRefused):
                return f"the address was refused: {plain(outcome)}"
            await journal.done(errand.shop, identity, outcome.upper)
            return None

    async def _send(self, errand: Errand, mail: EmailMessage) -> Moment | aiosmtplib.SMTPRecipientRefused:
        """One transaction: when the mail server accepted the e-mail, or its refusal of the recipient."""
        async with self._pool.connection() as connection:
            await self._guard.still(_effect(errand))  # many may have waited for one of a few connections
            await connection.mail(self._account.address(errand.reference))
            try:
                await connection.rcpt(errand.target)
            except aiosmtplib.SMTPRecipientRefused as refused:
                await connection.rset()
                return refused
            await connection.rcpt(own_copy(self._account, errand.reference))
            before = self._clock.now()
            try:
                await connection.data(mail.as_bytes())
            except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError) as lost:
                raise Uncertain(f"connection lost while {mail['Message-ID']} was handed over") from lost
            return Moment(lower=before, upper=self._clock.now(), source="our clock, when the mail server accepted it")

    def _refused(self, refused: aiosmtplib.SMTPRecipientRefused) -> Observation:
        if refused.code < 500 or refused.code in _CODES_ABOUT_US or _ABOUT_US.search(refused.message):
            return _not_sent(f"the mail server of {self._account.name} refused for now or refused us: {plain(refused)}")
        now = self._clock.now()
        moment = Moment(lower=now, upper=now, source="our clock, when the mail server refused the recipient")
        return bounced({"sent": moment}, (f"The address was refused: {plain(refused)}.",))

    def _took_none(self, problem: BaseException) -> str:
        if isinstance(problem, SignInNeeded):
            return str(problem)
        return f"the mail server of {self._account.name} took no mail: {plain(problem)}"


def _effect(errand: Errand) -> Effect:
    return Effect("mail", errand.organisation.id, errand.target, errand.shop)


class _Pool:
    """A few connections, each opened when first wanted and kept until one of its answers is in doubt.

    A login that was refused for good is not tried again: no wrong password mends itself, and many lock the account.
    """

    def __init__(self, account: Account, size: int) -> None:
        self._account = account
        self._all = [_client(account) for _ in range(size)]
        self._free: asyncio.LifoQueue[aiosmtplib.SMTP] = asyncio.LifoQueue()
        self._locked_out: aiosmtplib.SMTPAuthenticationError | None = None
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
            _drop(client)
            raise
        finally:
            self._free.put_nowait(client)

    async def _ready(self, client: aiosmtplib.SMTP) -> None:
        if self._locked_out:
            raise aiosmtplib.SMTPAuthenticationError(self._locked_out.code, self._locked_out.message)
        if client.is_connected:
            try:
                await client.rset()  # an idle connection may have been closed by the server
                return
            except (aiosmtplib.SMTPException, OSError):
                _drop(client)
        try:
            await _open(client, self._account)
        except aiosmtplib.SMTPAuthenticationError as refused:
            if refused.code >= 500:
                self._locked_out = refused
            raise

    async def close(self) -> None:
        """Say goodbye on every open connection."""
        for client in self._all:
            await _leave(client)


@asynccontextmanager
async def connect(account: Account) -> AsyncIterator[aiosmtplib.SMTP]:
    """One connection to the account's mail server, signed in.

    Raises `SMTPAuthenticationError` when the login is refused, another `SMTPException` or `OSError` when the server
    cannot be talked to, and `SignInNeeded`.
    """
    client = _client(account)
    try:
        await _open(client, account)
        yield client
    finally:
        await _leave(client)


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


async def _open(client: aiosmtplib.SMTP, account: Account) -> None:
    await client.connect()
    if client.is_ehlo_or_helo_needed:
        await client.ehlo()
    if account.token is None and not client.supports_extension("auth"):
        return  # a server that asks nobody who they are, such as a relay on our own machine
    secret = account.password if account.token is None else await account.token()
    try:
        if account.token is None:
            await client.login(account.username, secret)
        else:
            await client.auth_xoauth2(account.username, secret)
    except aiosmtplib.SMTPResponseException as refused:
        # Some servers repeat what they were sent, and no secret may reach a screen or a log.
        raise aiosmtplib.SMTPAuthenticationError(refused.code, without(secret, refused.message)) from None


async def _leave(client: aiosmtplib.SMTP) -> None:
    transport = client.transport
    try:
        if client.is_connected:
            await client.quit(timeout=5)
    except (aiosmtplib.SMTPException, OSError):
        pass  # it is gone, which is what was wanted
    finally:
        _drop(client, transport)
    await asyncio.sleep(0)  # the event loop closes the socket in its next turn, and may have no other after this


def _drop(client: aiosmtplib.SMTP, transport: asyncio.BaseTransport | None = None) -> None:
    """Close now: TLS would wait for the server's own goodbye, which may never come."""
    transport = transport or client.transport
    client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


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


def without(secret: str, text: str) -> str:
    """A server's words without the secret that it was told, also where it repeats it encoded or in part."""
    return _LONG_WORD.sub("…", text.replace(secret, "…") if secret else text)


def plain(problem: BaseException) -> str:
    """A server's words on one line, kept short: they are a stranger's."""
    if isinstance(problem, aiosmtplib.SMTPResponseException):
        text = f"{problem.code} {problem.message}"
    else:
        text = str(problem) or type(problem).__name__
    return re.sub(r"[^\x20-\x7e\xa0-\uffff]+", " ", text)[:200].strip(" .")
