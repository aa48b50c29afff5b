"""Reads a website politely: breadth first, every request past the guard, at its pace, robots.txt honoured.

Asking for one address is in `ask`, what comes next in `frontier`, reading a page in `pages`; what pages mean is for the
readers. A site is read level by level, the hosts of a level at once, and what a level leads to is put in the order of
its links: the same budget reads the same pages on every run, whoever answers first.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from probes.clock import Clock
from probes.guard import Effect, Guard, Refused
from probes.http import httpx
from probes.web import sitemap
from probes.web.ask import MOST_HOPS, Answer, Asker, NotWelcome, client
from probes.web.body import LARGEST
from probes.web.copies import Copies
from probes.web.frontier import Frontier, by_host
from probes.web.health import INCOMPLETE_CHAIN, Way
from probes.web.pages import Page, Site, joined, plain, read
from probes.web.shelf import Shelf
from probes.web.together import together
from probes.web.turned_away import asks_to_sign_in

__all__ = ["LARGEST", "Crawler", "NotWelcome", "SiteUnreachable", "client"]

BUDGET = 150  # requests for pages in one visit, robots.txt, sitemaps and redirects apart
FURTHER = 120  # and so many more that a reader asks for by name: letters of an A to Z, results, the way to a task
AT_ONCE = 4  # pages of a host under way; the guard's pace decides how soon one follows another
PATIENCE = 20.0  # real seconds for one whole answer
MOST_HELD = 256_000_000  # bytes of all pages of a site together
IN_A_ROW = 8  # answers of a host that tell that it wants, or is able, no more
_FEWEST_REFUSALS, _REFUSED_SHARE = 3, 0.2  # from here on a site has turned the probe away as a whole

_LARGE = 200_000  # characters; reading so many takes some milliseconds
_A_LINK = 250  # bytes that a link takes beside its own characters


class SiteUnreachable(Exception):
    """The home page could not be had, on two tries."""


class Crawler:
    """One visit to one site. `hosts`: those the organisation agreed to; nothing else is asked for.

    `shelf`: where pages are kept, so that a visit that was killed goes on, and unchanged pages are not sent again.
    """

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
        shelf: Shelf | None = None,
    ) -> None:
        self._guard, self._organisation, self._shop, self._hosts = guard, organisation, shop, frozenset(hosts)
        self._asker = Asker(client, guard, clock, organisation, shop, self._hosts, patience, shelf)
        self._shelf = shelf
        self._left, self._further, self._held = budget, FURTHER, 0
        self._frontier = Frontier("", self._hosts, budget)
        self._copies = Copies()
        self._pages: dict[str, Page] = {}
        self._redirects: dict[str, str] = {}
        self._errors: dict[str, str] = {}
        self._copied: dict[str, str] = {}
        self._forbidden: set[str] = set()
        self._in_a_row = Counter[str]()
        self._stopped: dict[str, str] = {}
        self._had: dict[str, str] = {}
        self._draw: Callable[[str, str], Awaitable[str]] | None = None

    async def crawl(self, home: str) -> Site:
        """Read the site from its home page. Raises `SiteUnreachable`, `NotWelcome`, and `Refused` by the guard."""
        home = plain(home) or home
        if self._shelf is not None:
            await self._shelf.clear(self._organisation, self._shop or "")
        first = await self._enter(home)
        self._frontier = Frontier(home, self._hosts, self._left)
        self._left -= 1
        self._copies.original(first)
        self._frontier.found((link.url for link in first.links), 1)
        mapped = False
        while self._left > 0:
            if not mapped and not self._frontier.linked_left:
                mapped = True
                self._frontier.listed(await self._sitemaps(home))
            level = self._frontier.next(self._left)
            if not level:
                break
            await self._read_level(level)
        site = self._site(home)
        _not_turned_away(site)
        return site

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
        self._held, self._copies = 0, Copies()
        self._redirects.clear()
        self._copied.clear()
        return await self.crawl(site.home)

    async def way(self, url: str) -> Way:
        """What becomes of an address as a resident may type it. Raises `Refused`, but not for a host not agreed to."""
        return await self._asker.way(url)

    async def document(self, url: str) -> bytes | None:
        """The bytes of a PDF; None for anything else, and for one that is too large. Raises `Refused`."""
        try:
            return await self._asker.document(url)
        except NotWelcome:
            return None

    async def may_read(self, url: str) -> bool:
        """Whether robots.txt of the address's host lets this robot read it. Raises `NotWelcome`, `Refused`."""
        return await self._asker.may_read(url)

    # ------------------------------------------------------------------------------------------------ the home page

    async def _enter(self, home: str) -> Page:
        """Read the home page, or say why it cannot be read."""
        try:
            page = await self._page(home, 0)
        except NotWelcome:
            # A site that is down answers nothing, its robots.txt included; a resident would meet the same.
            await self._reached(home)
            raise
        if home in self._forbidden:
            raise NotWelcome("robots.txt forbids the home page")
        final = self._redirects.get(home, home)
        if page is not None and page.readable:
            if asks_to_sign_in(page.title, page.h1, page.html):
                raise NotWelcome(f"{page.url} asks its visitors to sign in")
            return page
        if page is not None and (page.away or page.status == 401):
            raise NotWelcome(f"the site turned the probe away: {final} answers {page.status}{_why(page)}")
        if page is not None and page.status == 200:
            raise NotWelcome(f"{final} is not a page of HTML")
        if urlsplit(final).netloc not in self._hosts:
            raise NotWelcome(f"the home page leads to {urlsplit(final).netloc}, a host that nobody has agreed to")
        problem = self._errors.get(home) or f"{final} answers {page.status if page else 'nothing'}"
        raise NotWelcome(problem) if problem == INCOMPLETE_CHAIN else SiteUnreachable(problem)

    async def _reached(self, home: str) -> None:
        """Whether anybody is at home at all. Raises `SiteUnreachable`."""
        answer = await self._asker.answer(home)
        if not answer.away and answer.problem != INCOMPLETE_CHAIN and (answer.status == 0 or answer.status >= 500):
            raise SiteUnreachable(answer.problem or f"{home} answers {answer.status}")

    # ------------------------------------------------------------------------------------------------ many pages

    async def _read_level(self, level: Sequence[tuple[str, int]]) -> None:
        """Read the addresses, each host's in their order, and take up what they lead to in the order of all."""
        read = dict[str, Page]()
        await together([self._read_in_turn(run, read) for run in by_host(level)])
        for url, depth in level:
            if url in read:
                self._frontier.found((link.url for link in read[url].links), depth + 1)

    async def _read_in_turn(self, run: Sequence[tuple[str, int]], read: dict[str, Page]) -> None:
        """Read one host's addresses, a few under way at a time. `read`: what is new and leads onward is put there."""
        waiting, under_way = deque(run), deque[tuple[str, asyncio.Task[Page | None]]]()
        try:
            while waiting or under_way:
                while waiting and len(under_way) < AT_ONCE:
                    url, depth = waiting.popleft()
                    if self._frontier.is_new(url) and urlsplit(url).netloc not in self._stopped:
                        self._left -= 1
                        under_way.append((url, asyncio.create_task(self._page(url, depth))))
                if under_way:
                    url, task = under_way[0]
                    page = await task
                    under_way.popleft()
                    if self._is_new(url, page) and page is not None:
                        read[url] = page
        finally:
            for _, task in under_way:
                task.cancel()
            await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)

    def _is_new(self, url: str, page: Page | None) -> bool:
        """Whether a page is one that leads onward; and what its answer tells about its host."""
        host = urlsplit(url).netloc
        trouble = page.away if page is not None else self._errors.get(url, "")
        self._in_a_row[host] = self._in_a_row[host] + 1 if trouble else 0
        if self._in_a_row[host] >= IN_A_ROW:
            self._stopped[host] = f"{IN_A_ROW} addresses, one after the other: {trouble}"
        if page is None or not page.readable:
            return False
        original = self._copies.original(page)
        if original is None:
            return True
        self._pages.pop(page.url, None)
        self._redirects[page.url] = self._copied[page.url] = original.url
        self._frontier.same(page.url, original.url)
        return False

    async def _sitemaps(self, home: str) -> list[str]:
        """Addresses that the sitemaps name which robots.txt names, or the one at the usual place."""
        start = self._redirects.get(home, home)
        named = list((await self._asker.rules(start)).sitemaps)[: sitemap.MOST_FILES]
        waiting = deque(dict.fromkeys(filter(None, (joined(start, url) for url in named or ["/sitemap.xml"]))))
        found, seen = list[str](), set[str]()
        while waiting and len(seen) < sitemap.MOST_FILES and len(found) < sitemap.MOST_ADDRESSES:
            url = waiting.popleft()
            if url in seen or urlsplit(url).netloc not in self._hosts or not await self._allowed(url):
                continue
            seen.add(url)
            answer = await self._asker.answer(url, text=True)
            if answer.location is not None and (onward := joined(url, answer.location)):
                waiting.appendleft(onward)
            elif answer.html:
                named_here = sitemap.addresses(answer.html, url)
                (waiting if sitemap.is_index(answer.html) else found).extend(named_here)
        return found[: sitemap.MOST_ADDRESSES]

    # ------------------------------------------------------------------------------------------------ one page

    async def _page(self, url: str, depth: int) -> Page | None:
        """Read an address, following its redirects by hand. None: not to be read, or it never answered."""
        hop = url
        for _ in range(MOST_HOPS):
            if self._known(hop) or not await self._allowed(hop):
                return self._pages.get(hop)
            try:
                had = self._had.pop(hop, None)
                answer = Answer(200, html=had) if had else await self._asker.answer(hop)
            except Refused as no:
                if not no.refusal.rule.startswith("consent.host"):
                    raise
                return None
            if answer.status == 0:
                self._errors[hop] = answer.problem
                return None
            if self._draw is not None and answer.html is not None and not answer.away and not answer.cut:
                answer = replace(answer, html=await self._draw(hop, answer.html))
            page = None if answer.location is not None else await _read(hop, depth, answer)
            if page is not None and page.onward is None:
                return self._keep(page)
            location = answer.location or (page.onward if page else None) or ""
            onward = joined(hop, location)
            if onward is None:
                self._errors[url] = f"redirects to {location[:200]!r}, which is no web address"
                return None
            if onward == hop or self._leads_back(onward, url):
                break
            self._redirects[hop] = hop = onward
        self._errors[url] = "redirects without end"
        return None

    def _keep(self, page: Page) -> Page:
        size = 2 * sys.getsizeof(page.html) + _A_LINK * len(page.links)  # names of links are in the HTML already
        if self._held + size > MOST_HELD:
            page, size = replace(page, html=" " if page.html else "", links=(), cut=True), 0
        self._held += size
        self._pages[page.url] = page
        return page

    def _known(self, url: str) -> bool:
        return url in self._pages or url in self._errors or url in self._redirects

    def _leads_back(self, onward: str, start: str) -> bool:
        hop = start
        while hop in self._redirects and hop != onward:
            hop = self._redirects[hop]
        return hop == onward and onward in {start, *self._redirects.values()}

    async def _allowed(self, url: str) -> bool:
        host = urlsplit(url).netloc
        if host not in self._hosts:
            await self._refused(url)
            return False
        try:
            if await self._asker.may_read(url):
                return True
        except NotWelcome as why:
            if not self._pages:  # it is the home page's
                raise
            self._stopped[host] = str(why)
            return False
        self._forbidden.add(url)
        return False

    async def _refused(self, url: str) -> None:
        """Let the guard put on record that a redirect led to a host nobody has agreed to."""
        try:
            async with self._guard.permit(Effect("page", self._organisation, url, self._shop)):
                raise NotWelcome(f"{url} is allowed by the guard and not by the register")
        except Refused as no:
            if not no.refusal.rule.startswith("consent.host"):
                raise

    def _site(self, home: str) -> Site:
        known = {url: first for url, first in self._frontier.aliases.items() if not self._known(url)}
        return Site(
            home=home,
            hosts=self._hosts,
            pages=dict(self._pages),
            redirects={**known, **self._redirects},
            errors=dict(self._errors),
            forbidden=frozenset(self._forbidden),
            copies={**known, **self._copied},
            idle=self._frontier.idle,
            alike=self._frontier.kinds_left(),
            stopped=dict(self._stopped),
            listed=self._frontier.unlinked,
            followed=not self._frontier.left and not self._stopped,
        )


async def _read(url: str, depth: int, answer: Answer) -> Page:
    if answer.html is None or answer.away:
        return Page(url=url, status=answer.status, depth=depth, away=answer.away)
    if len(answer.html) > _LARGE:
        return await asyncio.to_thread(read, url, depth, answer.html, answer.cut)  # a call may be in progress
    return read(url, depth, answer.html, answer.cut)


def _not_turned_away(site: Site) -> None:
    """Raises `NotWelcome` where so much was refused that what is missing may well be there."""
    away = [page for page in site.pages.values() if page.away]
    asked = len(site.pages) + len(site.errors)
    if len(away) >= _FEWEST_REFUSALS and len(away) >= _REFUSED_SHARE * asked:
        first = f"{away[0].url}: {away[0].away}"
        raise NotWelcome(f"the site turned the probe away from {len(away)} of {asked} addresses, such as {first}")


def _why(page: Page) -> str:
    return f" ({page.away})" if page.away else ""
