"""A mail house on loopback: a real SMTP server (aiosmtpd) and a real IMAP server (pymap), told to misbehave at will."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage

from probes.email.send import Account

USER, PASSWORD = "shopper@host.example", 'pass "word"'


@dataclass(frozen=True)
class Transaction:
    """One e-mail as the SMTP server took it."""

    mail_from: str
    recipients: tuple[str, ...]
    content: bytes


@dataclass
class MailHouse:
    """Both servers of one mailbox. `refusals`: recipient to the reply that refuses it; `refuse`: the same, asked.

    `token`: the access token that XOAUTH2 is offered for; None where it is not. `post`: what carries e-mail onward.
    """

    smtp_port: int = 0
    imap_port: int = 0
    transactions: list[Transaction] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    refuse: Callable[[str], str | None] = lambda _: None
    data_reply: str = "250 2.0.0 accepted"
    drop_at_data: bool = False
    at_data: asyncio.Event = field(default_factory=asyncio.Event)
    answer_data: asyncio.Event | None = None
    logins: list[str] = field(default_factory=list)
    token: str | None = None
    post: Callable[[Transaction], Awaitable[None]] | None = None
    connections: int = 0
    idling: asyncio.Event = field(default_factory=asyncio.Event)
    tls: ssl.SSLContext | None = None
    cut_after_bytes: int | None = None
    _backend: Any = None
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def account(self) -> Account:
        return Account(
            *("main", USER, "127.0.0.1", self.smtp_port, "127.0.0.1", self.imap_port, USER, PASSWORD),
            tls=self.tls is not None,
        )

    # aiosmtpd's hooks

    async def handle_EHLO(
        self, server: SMTP, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:
        if reply := self.refusals.get(address) or self.refuse(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        if self.data_reply.startswith("250"):
            taken = Transaction(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.original_content)
            self.transactions.append(taken)
            if self.post:
                await self.post(taken)
        self.at_data.set()
        if self.answer_data:
            await self.answer_data.wait()
        if self.drop_at_data:
            abort(server.transport)
        return self.data_reply

    def authenticate(self, server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.logins.append(data.login.decode())
        return AuthResult(success=data.password.decode() == PASSWORD, handled=False)

    async def auth_XOAUTH2(self, server: SMTP, words: list[str]) -> Any:
        """As Gmail and Microsoft do it: an error is a challenge first, to be answered with an empty line."""
        user, bearer = b64decode(words[1]).decode().strip("\1").split("\1")
        self.logins.append(user.removeprefix("user="))
        if bearer == f"auth=Bearer {self.token}":
            return AuthResult(success=True)
        await server.challenge_auth('{"status":"401"}')
        return AuthResult(success=False, handled=False, message=f"535 5.7.8 {bearer} in {words[1]} is no good")

    # the mailbox

    async def mailboxes(self) -> Any:
        """The folders, as pymap holds them."""
        async with self._backend.login.demo_user_identity.new_session() as session:
            return session.mailbox_set

    async def deliver(self, raw: bytes, received: dt.datetime, folder: str = "INBOX") -> None:
        """Put a message into the mailbox, as a mail server does on arrival."""
        mailbox = await (await self.mailboxes()).get_mailbox(folder)
        await mailbox.append(AppendMessage(raw, received), recent=True)

    async def change_uidvalidity(self) -> None:
        mailbox = await (await self.mailboxes()).get_mailbox("INBOX")
        mailbox._uid_validity += 1

    def cut(self) -> None:
        """Break every IMAP connection off, as a falling cable does."""
        for writer in self._writers:
            abort(writer.transport)
        self._writers.clear()

    async def run(self, stack: AsyncExitStack) -> None:
        loop = asyncio.get_running_loop()
        smtp = await loop.create_server(
            lambda: SMTP(
                self,
                hostname="mail.host.example",
                authenticator=self.authenticate,
                auth_require_tls=self.tls is not None,
                auth_exclude_mechanism=("XOAUTH2",) if self.token is None else ("LOGIN", "PLAIN"),
                tls_context=self.tls,
            ),
            "127.0.0.1",
        )
        stack.callback(smtp.close)
        self.smtp_port = smtp.sockets[0].getsockname()[1]
        arguments = argparse.Namespace(
            **dict.fromkeys(("inherited_sockets", "cert", "key", "passlib_cfg", "proxy_protocol")),
            **dict.fromkeys(("tls", "demo_data", "debug", "reject_insecure_auth"), False),
            host="127.0.0.1",
            port=0,
            demo_user=USER,
            demo_password=PASSWORD,
        )
        self._backend, config = await DictBackend.init(arguments)
        config.apply_context()
        await self._notice_idling()
        serve = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(self._backend.login, config))

        async def imap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._writers.append(writer)
            self._cut_off(writer)
            await serve(reader, writer)

        server = await asyncio.start_server(imap, "127.0.0.1", 0, ssl=self.tls)
        stack.callback(server.close)
        self.imap_port = server.sockets[0].getsockname()[1]

    async def _notice_idling(self) -> None:
        """Set `idling` once a client waits for news of INBOX: what is delivered from then on is announced to it."""
        inbox = await (await self.mailboxes()).get_mailbox("INBOX")
        update = inbox.update_selected

        async def noticed(selected: Any, *, wait_on: Any = None) -> Any:
            if wait_on is not None:
                self.idling.set()
            return await update(selected, wait_on=wait_on)

        inbox.update_selected = noticed

    def _cut_off(self, writer: asyncio.StreamWriter) -> None:
        """Break off after `cut_after_bytes`, once."""
        write = writer.write
        sent = 0

        def heard(data: bytes) -> None:
            nonlocal sent
            sent += len(data)
            if self.cut_after_bytes is not None and sent > self.cut_after_bytes:
                self.cut_after_bytes = None
                abort(writer.transport)
            write(data)

        writer.write = heard  # type: ignore[method-assign, assignment]


def abort(transport: asyncio.BaseTransport | None) -> None:
    """Break a connection off without a goodbye."""
    assert isinstance(transport, asyncio.Transport)
    transport.abort()


@asynccontextmanager
async def mail_house(tls: ssl.SSLContext | None = None, token: str | None = None) -> AsyncIterator[MailHouse]:
    house = MailHouse(tls=tls, token=token)
    async with AsyncExitStack() as stack:
        await house.run(stack)
        try:
            yield house
        finally:
            house.cut()
            await asyncio.sleep(0)
