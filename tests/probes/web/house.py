"""A small website on loopback and the surroundings of a visit, for the tests of the web probe."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from probes import Errand
from probes.guard import Effect
from probes.web.pages import Page, Site, read
from results.schema import (
    AnswerKey,
    Consent,
    Contacts,
    Enquiry,
    Evidence,
    Limits,
    Organisation,
    Refusal,
    Scenario,
    Tier,
)

TODAY = dt.date(2026, 11, 23)
HOME = "http://council.test/"


class Ledger:
    """A ledger in memory: everything that the guard let through, and everything that it refused."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.refusals: list[Refusal] = []
        self.paused: dict[str, str] = {}

    async def pauses(self) -> Mapping[str, str]:
        return self.paused

    async def reserve(self, effect: Effect, at: dt.datetime, day: dt.date, most: int, gap: float) -> float | None:
        if len(self.made) >= most:
            return None
        self.made.append(effect.target)
        return 0.0

    async def occupy(self, effect: Effect, holder: str) -> bool:
        return True

    async def release(self, effect: Effect, holder: str) -> None:
        pass

    async def record(self, refusal: Refusal) -> None:
        self.refusals.append(refusal)


class Shelf:
    """An archive in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def keep(self, kind: str, name: str, media_type: str, content: bytes) -> Evidence:
        self.kept[kind] = content
        digest = hashlib.sha256(content).hexdigest()
        return Evidence(kind=kind, name=name, media_type=media_type, sha256=digest, size=len(content), keep_until=TODAY)


class Clock:
    """Time that passes only when somebody sleeps, so that politeness costs a test nothing."""

    def __init__(self) -> None:
        self._now = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
        self.slept: list[float] = []

    def now(self) -> dt.datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += dt.timedelta(seconds=max(0.0, seconds))

    def stopwatch(self) -> float:
        return 0.0


@dataclass
class Served:
    """A running site: its address, and the path of every request that came."""

    address: str
    host: str
    asked: list[str] = field(default_factory=list)


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[Served]:
    """The app on a free port of 127.0.0.1. Its socket listens before anybody is told, so nobody comes too early."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    host = f"127.0.0.1:{listener.getsockname()[1]}"
    served = Served(f"http://{host}/", host)
    config = uvicorn.Config(
        _noting(app, served), lifespan="off", ws="none", log_level="critical", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield served
    finally:
        server.should_exit = True
        await task
        listener.close()


def _noting(app: ASGIApp, served: Served) -> ASGIApp:
    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"].decode()
        served.asked.append(scope["path"] + (f"?{query}" if query else ""))
        await app(scope, receive, send)

    return note


def organisation(*hosts: str, site_search: bool = False, tier: Tier = "district", pages: int = 500) -> Organisation:
    """An organisation that agreed to have its website visited on these hosts."""
    consent = Consent(
        agreed_by="Head of Customer Services",
        valid_from=dt.date(2026, 1, 1),
        until=dt.date(2027, 12, 31),
        channels=("web",),
        hosts=hosts,
        site_search=site_search,
        limits=Limits(pages_per_day=pages, seconds_between_pages=1),
    )
    contacts = Contacts(sites=tuple(f"http://{host}/" for host in hosts))
    return Organisation(id="ambleford", name="Ambleford Council", tier=tier, contacts=contacts, consent=consent)


def enquiry(title: str, page: str, *everyday: str) -> Enquiry:
    """An enquiry whose right page is described by the pattern `page`."""
    return Enquiry(
        id=title.lower().replace(" ", "-"),
        service=57,
        title=title,
        subject=title,
        words=f"Good morning, I should like to know about {title}.",
        search=title.lower(),
        everyday_words=everyday,
        answer_key=AnswerKey(dated=TODAY, source="the council's website", page=page),
    )


def errand(council: Organisation, home: str, *enquiries: Enquiry) -> Errand:
    """A visit to the site with these enquiries."""
    scenario = Scenario(id="website", channel="web", enquiries=tuple(one.id for one in enquiries))
    return Errand("shop-1", council, scenario, enquiries, home, "r1", "Test partnership")


def page(path: str, html: str, depth: int = 1) -> Page:
    """A page of the site council.test."""
    return read(f"http://council.test{path}", depth, html)


def site(home: str, *others: Page, **redirects: str) -> Site:
    """A site as if it had been read: its home page and others."""
    pages = [page("/", home, 0), *others]
    return Site(HOME, frozenset({"council.test"}), {one.url: one for one in pages}, redirects, {})


def missing(path: str) -> Page:
    """A page that is not there."""
    return Page(f"http://council.test{path}", 404, 2)
