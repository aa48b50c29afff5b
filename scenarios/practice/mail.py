"""The mail servers: SMTP for everybody, IMAP for the shopper. A process of its own, started by the house.

It is told what to do in lines of JSON on its standard input: first `Orders`, then a `Reading` whenever the clock
changes, and `"tally"` when it is to write what it counted. It ends when its standard input does, so it never
outlives the house. When a letter is due and what it says is written in `letters` and `bounces`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import heapq
import json
import logging
import re
import signal
import socket
import sys
from argparse import Namespace
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from email.utils import format_datetime
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPService
from pymap.parsing.message import AppendMessage

from results.calendar import LONDON
from results.schema import Id, Noun
from scenarios.practice import catalogue
from scenarios.practice.bounces import refusal
from scenarios.practice.clock import HouseClock, Reading
from scenarios.practice.council import Council
from scenarios.practice.envelopes import LARGEST, Letter, Received, read, stamped
from scenarios.practice.letters import Pages, after_closing, letters
from scenarios.practice.manners import MailManner
from scenarios.practice.site import Site
from scenarios.practice.turns import evenly

USER = PASSWORD = "practice"  # noqa: S105 - of a mailbox that exists only on this machine, only in practice
SHOPPER, SHOPPERS_DOMAIN = "shopper", "doorstep-practice.example"
# The shopper may write as shopper-two as well: all of it comes to the one mailbox.
_SHOPPERS = re.compile(rf"{SHOPPER}(?:-two)?(?:\+[a-z0-9._-]{{1,64}})?@{re.escape(SHOPPERS_DOMAIN)}")
CLOSING = "closing"
"""The manner, in the tally, of a mail by which the shopper ends what an earlier mail began."""


class Orders(Noun):
    """What the mail servers are for. `sites`: the address of each council's website."""

    councils: tuple[Council, ...]
    sites: Mapping[Id, str]
    clock: Reading


class Mailbox:
    """The shopper's mailbox, served by IMAP. Letters are put into it with the moment of their arrival."""

    def __init__(self, mailboxes: Any) -> None:  # noqa: ANN401 - pymap's mailbox set
        self._mailboxes = mailboxes

    @classmethod
    async def open(cls, stack: AsyncExitStack, port: int) -> Mailbox:
        """Start IMAP on the port; it closes with the stack."""
        backend, config = await DictBackend.init(_pymap_settings(port))
        config.apply_context()
        await backend.start(stack)
        await IMAPService(backend, config).start(stack)
        identity = await backend.login.authorize(backend.login.demo_user_identity, USER)
        session = await stack.enter_async_context(identity.new_session())
        await session.mailbox_set.add_mailbox("Junk")
        return cls(session.mailbox_set)

    async def append(self, folder: str, content: bytes, when: dt.datetime) -> None:
        """Put a message into a folder with that INTERNALDATE; a waiting IDLE hears of it."""
        box = await self._mailboxes.get_mailbox(folder)
        await box.append(AppendMessage(content, when, frozenset()), recent=True)


def _pymap_settings(port: int) -> Namespace:
    return Namespace(
        host="127.0.0.1",
        port=port,
        inherited_sockets=None,
        tls=False,
        cert=None,
        key=None,
        proxy_protocol=None,
        demo_data=False,
        demo_user=USER,
        demo_password=PASSWORD,
        debug=False,
        passlib_cfg=None,
    )


class Post:
    """Letters on their way, each delivered when practice time reaches its moment."""

    def __init__(self, clock: HouseClock, mailbox: Mailbox) -> None:
        self._clock = clock
        self._mailbox = mailbox
        self._waiting: list[tuple[dt.datetime, int, Letter, str]] = []
        self._order = count()
        self._changed = asyncio.Event()
        clock.on_change.append(self._changed.set)

    def send(self, letter: Letter, domain: str) -> None:
        """Take a letter; it arrives when it is due."""
        heapq.heappush(self._waiting, (letter.due, next(self._order), letter, domain))
        self._changed.set()

    async def run(self) -> None:
        """Deliver for ever."""
        while True:
            await self._deliver_what_is_due()
            self._changed.clear()
            pause = self._clock.real_seconds_until(self._waiting[0][0]) if self._waiting else None
            try:
                async with asyncio.timeout(pause):
                    await self._changed.wait()
            except TimeoutError:
                pass  # the next letter is due

    async def _deliver_what_is_due(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._clock.now():
            _, _, letter, domain = heapq.heappop(self._waiting)
            await self._mailbox.append(letter.folder, stamped(letter, domain), letter.due)


@dataclass
class Desk:
    """One council's mail: whose turn it is among its manners, and who has written about what."""

    council: Council
    site: str
    _turn: int = 0
    _given_back: deque[MailManner] = field(default_factory=deque)
    _mails: set[str] = field(default_factory=set)
    _writers: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._cycle = evenly([manner.share for manner in self.council.mail.manners])
        site = Site(self.council)
        services = {service.id: f"{self.site}{site.path(service.id)}" for service in catalogue.SERVICES}
        self.pages = Pages(f"{self.site}/", services)

    def next_manner(self) -> MailManner:
        """The manner that the next mail meets."""
        if self._given_back:
            return self._given_back.popleft()
        self._turn += 1
        return self.council.mail.manners[self._cycle[(self._turn - 1) % len(self._cycle)]]

    def give_back(self, manner: MailManner) -> None:
        """It was no turn after all: the next mail meets this manner."""
        self._given_back.append(manner)

    def knows(self, mail_from: str) -> bool:
        """Whether an address that is one contact's own has written before: it may be closing what it began.

        Of an address that all contacts share nobody can tell before the mail itself is there.
        """
        return "+" in mail_from and mail_from in self._writers

    def closes(self, mail: Received) -> bool:
        """Whether a mail follows up an earlier one of the shopper's own, as thanks and withdrawals do."""
        return mail.in_reply_to in self._mails

    def had(self, mail: Received) -> None:
        """Remember a mail, so that its closing is known."""
        self._mails.add(mail.message_id or "-")
        self._writers.add(mail.mail_from)


class Servers:
    """What aiosmtpd asks at each step of a mail's way in. One for all councils and the shopper."""

    def __init__(self, orders: Orders, clock: HouseClock, mailbox: Mailbox, post: Post) -> None:
        self._clock = clock
        self._mailbox = mailbox
        self._post = post
        desks = [Desk(council, orders.sites[council.id]) for council in orders.councils]
        self._desks = {address.lower(): desk for desk in desks for address in desk.council.mail.addresses}
        self._settled: WeakKeyDictionary[Envelope, dict[str, MailManner]] = WeakKeyDictionary()
        self.tally: list[dict[str, object]] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A council's manner is settled here, because some refuse at this very step."""
        desk, mail_from = self._desks.get(address.lower()), envelope.mail_from or ""
        if desk is None and not _is_the_shopper(address):
            return "550 5.1.1 nobody here has that address"
        if desk is not None and not desk.knows(mail_from):
            manner = desk.next_manner()
            if refused := self._refused(desk, manner, "", mail_from, address):
                return refused
            self._settled.setdefault(envelope, {})[address] = manner
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Hand the mail to everybody it is for."""
        raw, mail_from = envelope.original_content or b"", envelope.mail_from or ""
        settled = self._settled.pop(envelope, {})
        for address in envelope.rcpt_tos:
            desk = self._desks.get(address.lower())
            if desk is not None and (refused := self._arrived(desk, settled.get(address), raw, address, mail_from)):
                return refused
        now = self._clock.now()
        for address in envelope.rcpt_tos:
            if address.lower() not in self._desks:
                await self._mailbox.append("INBOX", _filed(raw, mail_from, address, now), now)
        return "250 2.0.0 accepted"

    def _arrived(self, desk: Desk, manner: MailManner | None, raw: bytes, address: str, mail_from: str) -> str | None:
        """Settle what becomes of a mail, and send what is to be written; or the words of a refusal."""
        mail = read(raw, address, mail_from, self._clock.now())
        if desk.closes(mail):
            if manner is not None:
                desk.give_back(manner)
            name, out = CLOSING, after_closing(desk.council, mail)
        else:
            if manner is None:
                manner = desk.next_manner()
                if refused := self._refused(desk, manner, mail.message_id, mail_from, address):
                    return refused
            name, out = manner.name, letters(desk.council, manner, mail, desk.pages)
        desk.had(mail)
        # Nobody but the shopper is ever written to, whatever a mail says of where it came from.
        answerable = _is_the_shopper(mail.answer_to) and (not mail_from or _is_the_shopper(mail_from))
        sent = [one for one in out if answerable and _is_the_shopper(one.to)]
        self._count(desk.council, name, mail.message_id, mail_from, address, mail.at, sent)
        for letter in sent:
            self._post.send(letter, desk.council.domain)
        return None

    def _refused(self, desk: Desk, manner: MailManner, message_id: str, mail_from: str, to: str) -> str | None:
        """The words with which a mail is refused and counted, if that is the manner."""
        if manner.bounce is None or manner.bounce.kind != "refused":
            return None
        self._count(desk.council, manner.name, message_id, mail_from, to, self._clock.now(), [])
        return refusal(manner.bounce)

    def _count(
        self,
        council: Council,
        manner: str,
        message_id: str,
        mail_from: str,
        to: str,
        at: dt.datetime,
        out: Sequence[Letter],
    ) -> None:
        self.tally.append(
            {
                "council": council.id,
                "message_id": message_id,
                "mail_from": mail_from,
                "to": to,
                "at": at.isoformat(),
                "manner": manner,
                "events": [
                    {
                        "kind": one.kind,
                        "due": one.due.isoformat(),
                        "text": one.text,
                        "folder": one.folder,
                        **one.truth.model_dump(mode="json"),
                    }
                    for one in out
                ],
            }
        )


def _is_the_shopper(address: str) -> bool:
    """Whether mail for the address lands in the shopper's mailbox: shopper@…, shopper+anything@…"""
    return bool(_SHOPPERS.fullmatch(address.lower()))


def _filed(raw: bytes, mail_from: str, to: str, at: dt.datetime) -> bytes:
    top = (
        f"Return-Path: <{mail_from}>\r\nDelivered-To: {to}\r\n"
        f"Received: from [127.0.0.1] by mx.{SHOPPERS_DOMAIN} with ESMTP; {format_datetime(at.astimezone(LONDON))}\r\n"
    )
    return top.encode("utf-8", "replace") + raw


def _login(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right)


async def _run() -> None:
    orders_from = await _standard_input()
    orders = Orders.model_validate_json(await orders_from.readline())
    clock = HouseClock()
    clock.set(orders.clock)
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        imap_port = _free_port()
        mailbox = await Mailbox.open(stack, imap_port)
        post = Post(clock, mailbox)
        servers = Servers(orders, clock, mailbox, post)
        smtp = await loop.create_server(
            lambda: SMTP(
                servers,
                hostname=f"mx.{SHOPPERS_DOMAIN}",
                ident="practice mail",
                data_size_limit=LARGEST,
                enable_SMTPUTF8=True,
                authenticator=_login,
                auth_require_tls=False,
            ),
            "127.0.0.1",
            0,
        )
        delivering = tasks.create_task(post.run())
        _say({"smtp": smtp.sockets[0].getsockname()[1], "imap": imap_port})
        while line := await orders_from.readline():
            if json.loads(line) == "tally":
                _say(servers.tally)
            else:
                clock.set(Reading.model_validate_json(line))
        smtp.close()
        delivering.cancel()


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=16 * LARGEST)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def _say(what: object) -> None:
    print(json.dumps(what), flush=True)


def _free_port() -> int:
    """A port that was free a moment ago; pymap can only be told a number."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of what is meant here: AUTH without TLS
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the house ends us when it is done
    asyncio.run(_run())
