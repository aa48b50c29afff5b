"""One request at a time past the guard: at its pace, as robots.txt says, never more of an answer than is wanted.

Which addresses are asked for is `crawl`'s; unpacking bodies is `body`'s; what is kept between visits is `shelf`'s.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import Request

from protego import Protego

from probes.clock import Clock
from probes.guard import Effect, Guard
from probes.http import httpx, tls
from probes.web.body import (
    LARGEST,
    LARGEST_DOCUMENT,
    Unreadable,
    kind_of,
    may_be_html,
    read_body,
    text_of,
    unpacked_file,
)
from probes.web.health import INCOMPLETE_CHAIN, Way
from probes.web.pages import joined
from probes.web.turned_away import ASKED_AGAIN, turned_away
from probes.web.wire import transport

if TYPE_CHECKING:
    from probes.web.shelf import Shelf

MOST_HOPS = 10
LONGEST_DELAY = 30.0  # seconds; a longer Crawl-delay or Retry-After is cut to this
ROBOT = "Doorstep"  # the name that robots.txt may address
FRESH = dt.timedelta(hours=24)  # a visit that goes on later than this begins anew

_REFUSAL = 60_000  # bytes of an error page that are looked at
_PASSES_BY = 1.0  # real seconds for the body of an error or a redirect, which is not looked at
_MOST_COOKIES, _LONGEST_COOKIE = 50, 4096
_BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
_AS_BROWSERS_DO = {
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "accept-language": "en-GB,en;q=0.9",
    "upgrade-insecure-requests": "1",
    "sec-fetch-dest": "document",
    "sec-fetch-mode": "navigate",
    "sec-fetch-site": "same-origin",
}
_PLAIN_WORDS = {
    "certificate has expired": "its certificate has expired",
    "certificate is not valid for": "its certificate is for another name",
    "self-signed certificate in certificate chain": INCOMPLETE_CHAIN,
    "self-signed certificate": "its certificate is signed by nobody but itself",
    "unable to get local issuer certificate": INCOMPLETE_CHAIN,
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not valid",
    "Name or service not known": "there is no such name",
    "nodename nor servname": "there is no such name",
    "getaddrinfo failed": "there is no such name",
    "No address associated": "there is no such name",
    "Connect call failed": "nobody answers there",
}


class NotWelcome(Exception):
    """The site turned the probe away, or its robots.txt could not be read: nothing can be said about it."""


@dataclass(frozen=True)
class Answer:
    """What came back from one address. `status` 0: nothing did, and `problem` says why.

    `html`: its text, None unless it answered 200 with a page. `away`: how the site kept the probe out. `etag` and
    `modified`: what to ask with the next time. `retry_after`: seconds that the server wants to be left alone.
    """

    status: int
    location: str | None = None
    html: str | None = None
    cut: bool = False
    problem: str = ""
    away: str = ""
    etag: str = ""
    modified: str = ""
    retry_after: float = 0.0

    @property
    def failed(self) -> bool:
        return self.status == 0 or self.status >= 400


class Asker:
    """Asks one organisation's hosts in one visit. `shelf`: pages of earlier visits, and of this one before a kill."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        guard: Guard,
        clock: Clock,
        organisation: str,
        shop: str | None,
        hosts: Iterable[str],
        patience: float,
        shelf: Shelf | None,
    ) -> None:
        self._client, self._guard, self._clock, self._shelf = client, guard, clock, shelf
        self._organisation, self._shop, self._hosts = organisation, shop, frozenset(hosts)
        self._patience = patience
        self._robots: dict[str, Protego | NotWelcome] = {}
        self._reading_robots: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._turn: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def answer(self, url: str, *, text: bool = False) -> Answer:
        """What an address answers. `text`: the text of any answer, not of pages alone. Raises `Refused`.

        When nothing came, or an error, it is asked for once more, as a browser would: one slip, or a server that minds
        unusual headers, is no broken link. A site that turned the probe away is not asked twice.
        """
        name = f"{url} as text" if text else url  # a sitemap that is linked to is no page, and still a sitemap
        kept = await self._shelf.get(name) if self._shelf is not None else None
        if kept is not None and kept.shop == self._shop is not None and self._clock.now() - kept.at < FRESH:
            return kept.answer
        answer = await self._ask(url, text=text, known=kept.answer if kept is not None else None)
        settled = answer.away or answer.status == 401 or (text and 400 <= answer.status < 500)
        if answer.status == 429 or (answer.failed and not settled):
            if answer.retry_after:
                await self._clock.sleep(min(answer.retry_after, LONGEST_DELAY))
            answer = await self._ask(url, text=text, as_browser=answer.status != 429)
        if self._shelf is not None and 0 < answer.status < 500 and not answer.away:
            await self._shelf.put(name, self._organisation, self._shop or "", self._clock.now(), answer)
        return answer

    async def way(self, url: str) -> Way:
        """What becomes of an address as a resident may type it. Raises `Refused`, but not for a host not agreed to."""
        days: int | None = None
        for _ in range(MOST_HOPS):
            if urlsplit(url).netloc not in self._hosts:
                return Way(asked=False)
            async with self._permitted(url):
                try:
                    async with asyncio.timeout(self._patience), self._client.stream("GET", url) as response:
                        status, location = response.status_code, _location(response)
                        days = self._days_left(response) or days
                except TimeoutError:
                    return Way(None, self._too_slow())
                except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError) as error:
                    return Way(None, _in_plain_words(error))
            if location is None:
                problem = f"it answers {status}" if status >= 400 else ""
                return Way(None if problem else url, problem, certificate_days=days)
            url = joined(url, location) or ""
        return Way(None, "redirects without end")

    async def document(self, url: str) -> bytes | None:
        """The bytes of a PDF; None for anything else, and for one that is larger than `LARGEST_DOCUMENT`."""
        for _ in range(MOST_HOPS):
            if urlsplit(url).netloc not in self._hosts or not await self.may_read(url):
                return None
            async with self._permitted(url):
                try:
                    async with asyncio.timeout(self._patience), self._client.stream("GET", url) as response:
                        location = _location(response)
                        if location is None:
                            body = await read_body(response, LARGEST_DOCUMENT)
                            whole = response.status_code == 200 and not body.cut
                            return body.content if whole and b"%PDF-" in body.content[:1024] else None
                except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError, Unreadable):
                    return None
            url = joined(url, location) or ""
        return None

    async def may_read(self, url: str) -> bool:
        """Whether robots.txt of the address's host lets this robot read it. Raises `NotWelcome`, `Refused`."""
        return (await self.rules(url)).can_fetch(url, ROBOT)

    async def rules(self, url: str) -> Protego:
        """The rules of a host. RFC 9309: a missing robots.txt (4xx) allows everything, a broken one nothing."""
        origin = _origin(url)
        async with self._reading_robots[origin]:
            if origin not in self._robots:
                try:
                    self._robots[origin] = Protego.parse(await self._robots_txt(f"{origin}/robots.txt"))
                except NotWelcome as why:
                    self._robots[origin] = why
        known = self._robots[origin]
        if isinstance(known, NotWelcome):
            raise known
        return known

    async def _robots_txt(self, url: str) -> str:
        for _ in range(5):  # RFC 9309: at least five redirects
            answer = await self.answer(url, text=True)
            if answer.location is None:
                break
            url = joined(url, answer.location) or url
            if urlsplit(url).netloc not in self._hosts:
                return ""
        if answer.status == 0 or answer.status >= 500:
            why = answer.away or answer.problem or answer.status
            raise NotWelcome(f"robots.txt could not be read ({why}), so nothing else was")
        return answer.html or ""

    # ------------------------------------------------------------------------------------------------ one request

    async def _ask(self, url: str, *, text: bool, known: Answer | None = None, as_browser: bool = False) -> Answer:
        unless_changed = _unless_changed(known)
        headers = self._as_a_browser() if as_browser else unless_changed
        async with self._permitted(url):
            try:
                async with (
                    asyncio.timeout(self._patience),
                    self._client.stream("GET", url, headers=headers) as response,
                ):
                    if response.status_code == 304 and known is not None and unless_changed:
                        return known
                    return await _answer(response, text)
            except TimeoutError:
                return Answer(0, problem=self._too_slow())
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError) as error:
                return Answer(0, problem=_in_plain_words(error))  # a host name may not even encode

    @asynccontextmanager
    async def _permitted(self, url: str) -> AsyncIterator[None]:
        """Hold while an address is asked for. Waits for the guard's pace and the host's own; raises `Refused`."""
        async with self._guard.permit(Effect("page", self._organisation, url, self._shop)):
            await self._crawl_delay(url)
            yield

    async def _crawl_delay(self, url: str) -> None:
        """Wait as long as robots.txt wants between two requests to a host, one request after the other."""
        robots = self._robots.get(_origin(url))
        if isinstance(robots, Protego) and (delay := robots.crawl_delay(ROBOT)):
            async with self._turn[_origin(url)]:
                await self._clock.sleep(min(float(delay), LONGEST_DELAY))

    def _too_slow(self) -> str:
        return f"no whole answer within {self._patience:g} seconds"

    def _as_a_browser(self) -> dict[str, str]:
        """What a browser sends, with our own name at the end: nobody is deceived about who asks."""
        return {**_AS_BROWSERS_DO, "user-agent": f"{_BROWSER} {self._client.headers['user-agent']}"}

    def _days_left(self, response: httpx.Response) -> int | None:
        """Whole days until the server's certificate ends."""
        stream = response.extensions.get("network_stream")
        tls = stream.get_extra_info("ssl_object") if stream is not None else None
        told = tls.getpeercert() if tls is not None else None
        if not told or "notAfter" not in told:
            return None
        ends = dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(told["notAfter"]), dt.UTC)
        return (ends - self._clock.now()).days


async def _answer(response: httpx.Response, text: bool) -> Answer:
    """What a response says, reading no more of its body than is wanted."""
    status, headers = response.status_code, response.headers
    if (location := _location(response)) is not None:
        await _pass_over(response)
        return Answer(status, location=location)
    try:
        if status in ASKED_AGAIN:
            refusal = text_of(response, await read_body(response, _REFUSAL), page=False) or ""
            return Answer(status, away=turned_away(status, headers, refusal), retry_after=_retry_after(headers))
        away = turned_away(status, headers, "")
        if status != 200 or away or not (text or may_be_html(kind_of(response))):
            if status != 200:
                await _pass_over(response)
            return Answer(status, away=away)
        body = await read_body(response)
        if text:
            body = body._replace(content=unpacked_file(body.content, LARGEST))
        html = text_of(response, body, page=not text)
    except Unreadable as why:
        return Answer(status, problem=str(why))
    etag, modified = _sent_back(headers.get("etag", "")), _sent_back(headers.get("last-modified", ""))
    return Answer(200, html=html if html is None else html or " ", cut=body.cut, etag=etag, modified=modified)


async def _pass_over(response: httpx.Response) -> None:
    """Let a small body go by unread: the next request can then use the connection, which spares both sides one."""
    went_by = 0
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(_PASSES_BY):
            async for piece in response.aiter_raw():
                went_by += len(piece)
                if went_by > _REFUSAL:
                    return


def _location(response: httpx.Response) -> str | None:
    return response.headers.get("location") if response.status_code in (301, 302, 303, 307, 308) else None


def _retry_after(headers: Mapping[str, str]) -> float:
    told = headers.get("retry-after", "").strip()
    return float(told) if told.isascii() and told.isdecimal() and len(told) < 10 else 0.0


def _sent_back(told: str) -> str:
    """A header's value if it can be sent back as it is."""
    return told if told.isascii() and told.isprintable() and len(told) <= 300 else ""


def _unless_changed(known: Answer | None) -> dict[str, str]:
    if known is None:
        return {}
    asked = {"if-none-match": known.etag, "if-modified-since": known.modified}
    return {name: value for name, value in asked.items() if value}


def _in_plain_words(error: Exception) -> str:
    told = str(error)
    plain = next((words for sign, words in _PLAIN_WORDS.items() if sign in told), None)
    return plain or f"{type(error).__name__}: {told}"[:300]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class _FewCookies(DefaultCookiePolicy):
    """Takes no more cookies than a browser would send: they are sent with every request that follows."""

    def __init__(self) -> None:
        super().__init__()
        self.jar = CookieJar(self)

    def set_ok(self, cookie: Cookie, request: Request) -> bool:
        """Whether a cookie is kept."""
        small = len(cookie.name) + len(cookie.value or "") <= _LONGEST_COOKIE
        ours = sum(one.domain == cookie.domain for one in self.jar)
        return small and ours < _MOST_COOKIES and super().set_ok(cookie, request)


def client(user_agent: str, trust: ssl.SSLContext | None = None) -> httpx.AsyncClient:
    """The HTTP client of a visit: no proxy from the environment, redirects left to the crawler.

    `trust`: other authorities than the usual ones.
    """
    return httpx.AsyncClient(
        headers={
            "user-agent": user_agent,
            "accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1",
            "accept-encoding": "gzip, deflate",  # those that `body` unpacks
        },
        follow_redirects=False,
        timeout=None,  # the asker's patience holds for the whole answer
        transport=transport(trust or tls(), at_once=64, kept=8),
        cookies=_FewCookies().jar,
        trust_env=False,
    )
