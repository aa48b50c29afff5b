"""Whether the links in a reply work. Only pages of organisations that agreed to be read are asked for, past the guard.

A link is followed as a careful person would: not when the address alone might do something. Robots.txt is honoured, of
a page the beginning alone is read, for its titles, and what cannot be told is "not checked". Which links a reply holds
is found in `parse`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urldefrag, urljoin, urlsplit

from protego import Protego

from probes import USER_AGENT
from probes.guard import Effect, Guard, Refused
from probes.http import httpx, tls
from results.schema import Organisation

State = Literal["works", "broken", "not checked"]

MOST_LINKS = 20
"""Links of one reply that are followed; a person reads no more than that."""

_MOST_HOPS = 5
_PATIENCE = 20.0  # real seconds for one answer
_ROBOT = "Doorstep"  # the name that robots.txt may address
_LARGEST_ROBOTS = 512 * 1024  # bytes; RFC 9309 section 2.5 asks for 500 KiB at least
_HEAD = 32 * 1024  # bytes of a page in which its title and heading are looked for
_TITLES = re.compile(r"<(?:title|h1)\b[^>]{0,200}>([^<]{0,300})", re.IGNORECASE)
_NOT_THERE = re.compile(
    r"^\W*(?:error )?404\b|\b404 (?:error|not found|page)|\berror 404\b|\bnot found\b|\bcan(?:no|')t be found"
    r"|\bno longer (?:exists|available|here)",
    re.IGNORECASE,
)
_REDIRECTS = (301, 302, 303, 307, 308)
# A key in the address: whoever asks for the page may thereby confirm, unsubscribe or close something.
_KEY = re.compile(
    r"[?&](?:token|key|code|sig|signature|hash|auth|uid|guid|otp|confirm|verify|unsubscribe)="
    r"|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-"
    r"|(?<![A-Za-z0-9])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{20,}"
    r"|\b(?:unsubscribe|opt-?out)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class LinkSeen:
    """What became of a link. `why`: in plain words, for whatever is not simply working."""

    url: str
    state: State
    why: str = ""


def hosts_of(register: Iterable[Organisation]) -> dict[str, str]:
    """Which organisation agreed to its pages being read, by host. What the guard says beside that is asked of it."""
    return {
        host: organisation.id
        for organisation in register
        if organisation.consent
        for host in organisation.consent.hosts
    }


Client = httpx.AsyncClient


def client(contact: str) -> Client:
    """An HTTP client for `check`, with no proxy from the environment; `contact`: where a webmaster may ask."""
    headers = {"User-Agent": USER_AGENT.format(contact=contact)}
    return httpx.AsyncClient(headers=headers, timeout=_PATIENCE, follow_redirects=False, trust_env=False, verify=tls())


async def check(
    links: Iterable[str], hosts: Mapping[str, str], guard: Guard, client: Client, shop: str | None = None
) -> tuple[LinkSeen, ...]:
    """Follow each link, one after the other. `hosts`: as `hosts_of` says; `client`: one that follows no redirects.

    Broken: the page is not there (404, 410, or a title that says so), or twice the server failed or nobody answered at
    its door. Not checked: a host that nobody agreed to, what the guard or robots.txt forbids, a page that turned the
    probe away, a time-out.
    """
    visit = _Visit(hosts, guard, client, shop)
    return tuple([await visit.follow(url) for url in list(dict.fromkeys(links))[:MOST_LINKS]])


@dataclass(frozen=True)
class _Answer:
    """What came back. `status` 0: nobody answered at the door; None: nothing can be said, and `why` says the reason."""

    status: int | None
    location: str = ""
    body: str = ""
    why: str = ""


class _NotAsked(Exception):
    """The page was not to be asked for. The message says why."""


class _Visit:
    """The links of one reply, followed."""

    def __init__(self, hosts: Mapping[str, str], guard: Guard, client: Client, shop: str | None) -> None:
        self._hosts, self._guard, self._client, self._shop = hosts, guard, client, shop
        self._robots: dict[str, Protego] = {}

    async def follow(self, url: str) -> LinkSeen:
        """Ask for the page, wherever it leads within the hosts that agreed."""
        try:
            return await self._follow(url)
        except (_NotAsked, Refused) as no:
            return LinkSeen(url, "not checked", str(no))

    async def _follow(self, url: str) -> LinkSeen:
        hop = url
        for _ in range(_MOST_HOPS):
            hop = urldefrag(hop).url
            self._may_be_asked(hop)
            if not (await self._rules(hop)).can_fetch(hop, _ROBOT):
                raise _NotAsked("robots.txt forbids the page to robots")
            answer = await self._twice(hop)
            if not answer.location:
                return _judged(url, answer)
            hop = urljoin(hop, answer.location)
        return LinkSeen(url, "broken", "it leads on without end")

    def _may_be_asked(self, url: str) -> None:
        host = _host(url)
        if host is None:
            raise _NotAsked("it is not a plain web address")
        if host not in self._hosts:
            raise _NotAsked(f"{host} is not a host that anybody agreed to")
        if _KEY.search(url):
            raise _NotAsked("asking for it might do something: the address holds a key")

    async def _rules(self, url: str) -> Protego:
        """A host's robots.txt. RFC 9309: one that is missing (4xx) allows everything, one that fails nothing."""
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        if origin not in self._robots:
            self._robots[origin] = Protego.parse(await self._robots_txt(f"{origin}/robots.txt"))
        return self._robots[origin]

    async def _robots_txt(self, url: str) -> str:
        for _ in range(_MOST_HOPS):
            answer = await self._twice(url, read=True)
            if not answer.location:
                break
            url = urljoin(url, answer.location)
            if _host(url) not in self._hosts:
                return ""
        if answer.status is None or answer.status >= 500:
            raise _NotAsked(f"robots.txt could not be read: {answer.why or answer.status}")
        return answer.body

    async def _twice(self, url: str, *, read: bool = False) -> _Answer:
        """Ask, and once more when the server failed or nobody answered: one slip is not a broken link."""
        answer = await self._ask(url, read)
        failed = answer.status == 0 or (answer.status or 0) >= 500
        return await self._ask(url, read) if failed else answer

    async def _ask(self, url: str, read: bool) -> _Answer:
        effect = Effect("page", self._hosts[urlsplit(url).netloc.lower()], url, self._shop)
        async with self._guard.permit(effect):
            try:
                async with asyncio.timeout(_PATIENCE), self._client.stream("GET", url) as response:
                    location = response.headers.get("location", "") if response.status_code in _REDIRECTS else ""
                    most = _LARGEST_ROBOTS if read else _HEAD
                    html = "html" in response.headers.get("content-type", "")
                    body = await _text(response, most) if response.status_code == 200 and (read or html) else ""
                    return _Answer(response.status_code, location, body)
            except TimeoutError:
                return _Answer(None, why="no answer in time")
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
                if _nobody_there(error):
                    return _Answer(0)
                return _Answer(None, why=type(error).__name__)


def _judged(url: str, answer: _Answer) -> LinkSeen:
    status = answer.status
    if status is None:
        return LinkSeen(url, "not checked", answer.why)
    if status == 0:
        return LinkSeen(url, "broken", "nobody answers at its door")
    if 200 <= status < 300:
        if _says_not_there(answer.body):
            return LinkSeen(url, "broken", "the page's title says that it is not there")
        return LinkSeen(url, "works")
    if status in (404, 410) or status >= 500:
        return LinkSeen(url, "broken", f"the server answers {status}")
    return LinkSeen(url, "not checked", f"the server turned the probe away with {status}")


def _says_not_there(body: str) -> bool:
    """Whether a page that the server gives with success says in its title or heading that it is not there."""
    return any(_NOT_THERE.search(title[1]) for title in _TITLES.finditer(body))


async def _text(response: httpx.Response, most: int) -> str:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > most:
            break
    return bytes(body[:most]).decode("utf-8", "replace")


def _host(url: str) -> str | None:
    """The host, with its port, of a plain web address."""
    try:
        parts = urlsplit(url)
        plain = parts.scheme in ("http", "https") and parts.username is None and parts.hostname
        return parts.netloc.lower() if plain else None
    except ValueError:
        return None


def _nobody_there(error: BaseException | None) -> bool:
    """Whether the host itself refused the connection. A name that is not found may be our own network's fault."""
    while error is not None:
        if isinstance(error, ConnectionRefusedError):
            return True
        if isinstance(error, BaseExceptionGroup):
            return all(_nobody_there(each) for each in error.exceptions)
        error = error.__cause__ or error.__context__
    return False
