"""Reads a website politely: breadth first, every request past the guard, at its pace, robots.txt honoured.

Reading a page is in `pages`; what pages mean is for the readers. Pages are taken up in the order in which they were
found, a few under way at a time, and links are followed in that order, so the same budget reads the same pages on every
run.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

from protego import Protego

from probes.clock import Clock
from probes.guard import Effect, Guard, Refused
from probes.http import httpx
from probes.web.health import Way
from probes.web.pages import Page, Site, decode, plain, read

LARGEST = 2_000_000  # bytes of one body
BUDGET = 150  # requests for pages in one visit, robots.txt and redirects apart
FURTHER = 60  # and this many more that a reader asks for by name: letters of an A to Z, results of a search
AT_ONCE = 4  # pages under way; the guard's pace decides how soon one follows another
MOST_HOPS = 10
LONGEST_DELAY = 30.0  # seconds; a longer Crawl-delay is cut to this
PATIENCE = 20.0  # real seconds for one whole answer
ROBOT = "Doorstep"  # the name that robots.txt may address

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([a-z0-9_:.-]{2,40})")
_LARGE = 200_000  # characters; reading so many takes some milliseconds
_FILES = (".pdf", ".doc", ".docx", ".xls", ".xlsx", ".csv", ".zip", ".jpg", ".jpeg", ".png", ".gif", ".mp3", ".mp4")


class SiteUnreachable(Exception):
    """The home page could not be had, on two tries."""


class NotWelcome(Exception):
    """The site turned the probe away, or its robots.txt could not be read: nothing can be said about it."""


@dataclass(frozen=True)
class _Answer:
    """What came back from one address. `status` 0: nothing did, and `problem` says why."""

    status: int
    location: str | None = None
    html: str | None = None
    cut: bool = False
    problem: str = ""

    @property
    def failed(self) -> bool:
        return self.status == 0 or self.status >= 400


class Crawler:
    """One visit to one site. `hosts`: those the organisation agreed to; nothing else is asked for."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        guard: Guard,
        clock: Clock,
        organisation: str,
        shop: str | None,
        hosts: Iterable[str],
        *,
        budget: int = BUDGET,
        patience: float = PATIENCE,
    ) -> None:
        self._client, self._guard, self._clock = client, guard, clock
        self._organisation, self._shop, self._hosts = organisation, shop, frozenset(hosts)
        self._left, self._further, self._patience = budget, FURTHER, patience
        self._robots: dict[str, Protego] = {}
        self._pages: dict[str, Page] = {}
        self._redirects: dict[str, str] = {}
        self._errors: dict[str, str] = {}
        self._forbidden: set[str] = set()
        self._had: dict[str, str] = {}
        self._draw: Callable[[str, str], Awaitable[str]] | None = None

    async def crawl(self, home: str) -> Site:
        """Read the site from its home page. Raises `SiteUnreachable`, `NotWelcome`, and `Refused` by the guard."""
        home = plain(home) or home
        await self._enter(home)
        queue, files, seen = deque([(home, 0)]), deque[tuple[str, int]](), {home}
        under_way = deque[tuple[asyncio.Task[Page | None], int]]()
        try:
            while queue or files or under_way:
                while self._left > 0 and len(under_way) < AT_ONCE and (queue or (files and not under_way)):
                    url, depth = (queue or files).popleft()
                    self._left -= 1
                    under_way.append((asyncio.create_task(self._page(url, depth)), depth))
                if not under_way:
                    break
                task, depth = under_way[0]
                page = await task
                under_way.popleft()
                for url in self._onward(page, seen):
                    (files if urlsplit(url).path.lower().endswith(_FILES) else queue).append((url, depth + 1))
        finally:
            for task, _ in under_way:
                task.cancel()
            await asyncio.gather(*(task for task, _ in under_way), return_exceptions=True)
        return self._site(home)

    def _onward(self, page: Page | None, seen: set[str]) -> Iterator[str]:
        """Where a page leads to on the site, as far as it has not been seen before."""
        for link in page.links if page else ():
            if link.url not in seen:
                seen.add(link.url)
                if urlsplit(link.url).netloc in self._hosts:
                    yield link.url

    async def also(self, site: Site, urls: Iterable[str]) -> Site:
        """The site with these pages of its own read too, as far as the visit's reserve of pages lasts."""
        for url in dict.fromkeys(plain(url) or "" for url in urls):
            if self._further > 0 and url and site.own(url) and not self._known(url):
                self._further -= 1
                await self._page(url, depth=99)
        return self._site(site.home)

    async def drawn(self, site: Site, draw: Callable[[str, str], Awaitable[str]]) -> Site:
        """The site read again, each page as a browser shows it; what was had already is not asked for again.

        `draw`: address and HTML of a page -> its HTML after scripts have run. It is kept for `also`.
        """
        self._draw, self._had = draw, {page.url: page.html for page in site.readable}
        self._pages = {url: page for url, page in self._pages.items() if not page.readable}
        self._left += len(self._had)
        self._redirects.clear()
        return await self.crawl(site.home)

    async def way(self, url: str) -> Way:
        """What becomes of an address as a resident may type it. Raises `Refused`, but not for a host not agreed to."""
        for _ in range(MOST_HOPS):
            if urlsplit(url).netloc not in self._hosts:
                return Way(asked=False)
            answer = await self._ask(url, text=False)
            if answer.location is None:
                return Way(url if 0 < answer.status < 400 else None, answer.problem or f"it answers {answer.status}")
            url = plain(urljoin(url, answer.location)) or ""
        return Way(None, "redirects without end")

    async def may_read(self, url: str) -> bool:
        """Whether robots.txt of the address's host lets this robot read it. Raises `NotWelcome`, `Refused`."""
        return (await self._rules(url)).can_fetch(url, ROBOT)

    # ------------------------------------------------------------------------------------------------ one page

    async def _enter(self, home: str) -> None:
        """Read the home page, or say why it cannot be read."""
        try:
            page = await self._page(home, 0)
        except NotWelcome:
            # A site that is down answers nothing, its robots.txt included; a resident would meet the same.
            await self._reached(home)
            raise
        if home in self._forbidden:
            raise NotWelcome("robots.txt forbids the home page")
        if page is not None and page.readable:
            return
        final = self._redirects.get(home, home)
        if page is not None and page.status in (401, 403, 429):
            raise NotWelcome(f"the site turned the probe away: {final} answers {page.status}")
        if page is not None and page.status == 200:
            raise NotWelcome(f"{final} is not a page of HTML")
        if urlsplit(final).netloc not in self._hosts:
            raise NotWelcome(f"the home page leads to {urlsplit(final).netloc}, a host that nobody has agreed to")
        raise SiteUnreachable(self._errors.get(home) or f"{final} answers {page.status if page else 'nothing'}")

    async def _reached(self, home: str) -> None:
        """Whether anybody is at home at all. Raises `SiteUnreachable`."""
        answer = await self._twice(home)
        if answer.status == 0 or answer.status >= 500:
            raise SiteUnreachable(answer.problem or f"{home} answers {answer.status}")

    async def _page(self, url: str, depth: int) -> Page | None:
        """Read an address, following its redirects by hand. None: not to be read, or it never answered."""
        hop = url
        for _ in range(MOST_HOPS):
            if self._known(hop) or not await self._allowed(hop):
                return self._pages.get(hop)
            try:
                had = self._had.pop(hop, None)
                answer = _Answer(200, html=had) if had else await self._twice(hop)
            except Refused as no:
                if not no.refusal.rule.startswith("consent.host"):
                    raise
                return None
            if answer.location is None:
                return await self._keep(hop, depth, answer)
            onward = plain(urljoin(hop, answer.location))
            if onward is None:
                self._errors[url] = f"redirects to {answer.location[:200]!r}, which is no web address"
                return None
            if onward == hop or self._leads_back(onward, url):
                break
            self._redirects[hop] = hop = onward
        self._errors[url] = "redirects without end"
        return None

    async def _keep(self, url: str, depth: int, answer: _Answer) -> Page | None:
        if answer.status == 0:
            self._errors[url] = answer.problem
            return None
        if answer.html is not None and self._draw is not None and not answer.cut:
            answer = replace(answer, html=await self._draw(url, answer.html))
        if answer.html is None:
            page = Page(url=url, status=answer.status, depth=depth)
        elif len(answer.html) > _LARGE:
            page = await asyncio.to_thread(read, url, depth, answer.html, answer.cut)  # a call may be in progress
        else:
            page = read(url, depth, answer.html, answer.cut)
        self._pages[url] = page
        return page

    def _known(self, url: str) -> bool:
        return url in self._pages or url in self._errors or url in self._redirects

    def _leads_back(self, onward: str, start: str) -> bool:
        hop = start
        while hop in self._redirects and hop != onward:
            hop = self._redirects[hop]
        return hop == onward and onward in {start, *self._redirects.values()}

    def _site(self, home: str) -> Site:
        return Site(
            home=home,
            hosts=self._hosts,
            pages=dict(self._pages),
            redirects=dict(self._redirects),
            errors=dict(self._errors),
            forbidden=frozenset(self._forbidden),
        )

    # ------------------------------------------------------------------------------------------------ robots.txt

    async def _allowed(self, url: str) -> bool:
        if urlsplit(url).netloc not in self._hosts:
            await self._refused(url)
            return False
        if not await self.may_read(url):
            self._forbidden.add(url)
            return False
        return True

    async def _refused(self, url: str) -> None:
        """Let the guard put on record that a redirect led to a host nobody has agreed to."""
        try:
            async with self._guard.permit(Effect("page", self._organisation, url, self._shop)):
                raise NotWelcome(f"{url} is allowed by the guard and not by the register")
        except Refused as no:
            if not no.refusal.rule.startswith("consent.host"):
                raise

    async def _rules(self, url: str) -> Protego:
        """The rules of a host. RFC 9309: a missing robots.txt (4xx) allows everything, a broken one nothing."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            self._robots[origin] = Protego.parse(await self._robots_txt(f"{origin}/robots.txt"))
        return self._robots[origin]

    async def _robots_txt(self, url: str) -> str:
        for _ in range(5):  # RFC 9309: at least five redirects
            answer = await self._twice(url, text=True)
            if answer.location is None:
                break
            url = plain(urljoin(url, answer.location)) or url
            if urlsplit(url).netloc not in self._hosts:
                return ""
        if answer.status == 0 or answer.status >= 500:
            raise NotWelcome(f"robots.txt could not be read ({answer.problem or answer.status}), so nothing else was")
        return answer.html or ""

    # ------------------------------------------------------------------------------------------------ one request

    async def _twice(self, url: str, text: bool = False) -> _Answer:
        """Ask, and once more when nothing came or the server failed: one slip is not a broken link."""
        answer = await self._ask(url, text)
        return await self._ask(url, text) if answer.failed else answer

    async def _ask(self, url: str, text: bool) -> _Answer:
        async with self._guard.permit(Effect("page", self._organisation, url, self._shop)):
            await self._crawl_delay(url)
            try:
                async with asyncio.timeout(self._patience), self._client.stream("GET", url) as response:
                    return await _answer(response, text)
            except TimeoutError:
                return _Answer(0, problem=f"no whole answer within {self._patience:g} seconds")
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:  # a host name may not even encode
                return _Answer(0, problem=f"{type(error).__name__}: {error}"[:300])

    async def _crawl_delay(self, url: str) -> None:
        parts = urlsplit(url)
        robots = self._robots.get(f"{parts.scheme}://{parts.netloc}")
        if robots is not None and (delay := robots.crawl_delay(ROBOT)):
            await self._clock.sleep(min(float(delay), LONGEST_DELAY))


async def _answer(response: httpx.Response, text: bool) -> _Answer:
    """What a response says, reading no more of its body than is wanted."""
    if response.status_code in (301, 302, 303, 307, 308) and (location := response.headers.get("location")):
        return _Answer(response.status_code, location=location)
    content_type = response.headers.get("content-type", "text/html").lower()
    kind = content_type.partition(";")[0].strip()
    if response.status_code != 200 or not (text or kind in ("text/html", "application/xhtml+xml")):
        return _Answer(response.status_code)
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > LARGEST:
            break
    charset = _CHARSET.search(content_type)
    html = decode(bytes(body[:LARGEST]), charset[1] if charset else None)
    return _Answer(200, html=html or " ", cut=len(body) > LARGEST)


def client(user_agent: str) -> httpx.AsyncClient:
    """The HTTP client of a visit: one connection, no proxy from the environment, redirects left to the crawler."""
    return httpx.AsyncClient(
        headers={"user-agent": user_agent, "accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"},
        follow_redirects=False,
        timeout=None,  # the crawler's patience holds for the whole answer
        limits=httpx.Limits(max_connections=8, max_keepalive_connections=4),
        trust_env=False,
    )
