"""One visit to one site by the browser: typing, waiting, looking, with every request answered by one handler.

The handler asks the guard before a page and refuses every host that the organisation did not agree to. Redirects,
sockets, workers and downloads cannot slip past it. What the pages mean is read elsewhere.
"""

from __future__ import annotations

import asyncio
import html
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote, quote_plus, urljoin, urlsplit

from playwright.async_api import BrowserContext, Error, Page, Request, Route

from probes.guard import Refused
from probes.web.results_page import Typed

ANSWER = 10_000.0
"""Milliseconds for one answer of a server."""

_GLANCE = 0.1  # seconds between two looks at a page that may still be changing
UNCHANGED = 2
"""Looks in a row without change that make a page settled."""

_NO_REACTION = 30  # looks after which a page that did not react to Enter is taken not to
_MOST_LOOKS = 60  # some pages never stand still

_BOX = """() => {
  const about = /search|find|looking for/i;
  const other = new RegExp('newsletter|subscri|e-?mail|post ?code|address|log ?in|password|councillor|planning app|' +
    'vacanc|uprn|comment', 'i');
  const named = /^(q|qt|query|s|st|k|keys?|keywords?|terms?|search.*|find|.*sb_q)$/i;
  let best = null;
  for (const field of document.querySelectorAll('input')) {
    const kind = field.type || 'text';
    if (kind !== 'text' && kind !== 'search') continue;
    const form = field.form;
    const near = [field.name, field.id, field.placeholder, field.title, field.getAttribute('aria-label'),
      ...(field.labels ? [...field.labels].map(label => label.textContent) : [])].join(' ');
    const names = ['id', 'class', 'role', 'action', 'aria-label'];
    const context = form ? names.map(name => form.getAttribute(name)).join(' ') : '';
    let points = kind === 'search' ? 3 : 0;
    if (form && form.getAttribute('role') === 'search') points += 3;
    if (named.test(field.name || '')) points += 2;
    if (about.test(near)) points += 2;
    if (/search/i.test(context)) points += 1;
    if (other.test(near + ' ' + context)) points -= 4;
    if (points >= 3 && (!best || points > best[0])) best = [points, field];
  }
  if (!best) return false;
  best[1].setAttribute('data-search-box', '');
  return true;
}"""
_NEXT = "a[rel=next], a[aria-label^=next i], a:text-matches('^\\\\W*next( page)?\\\\W*$', 'i')"
_TOGGLES = "button[aria-label*=search i], button[class*=search i], a[class*=search i], button:has-text('Search')"


@dataclass(frozen=True)
class Home:
    """The home page as the browser shows it."""

    html: str
    has_box: bool
    picture: bytes
    """A screenshot, PNG."""


class NoSearch(Exception):
    """The search could not be run; the text says why in plain words."""


class SearchForbidden(Exception):
    """robots.txt forbids the address of the results and nobody has agreed to it."""


@dataclass(frozen=True)
class Gate:
    """What a visit may do.

    `permit` waits for the guard and raises `Refused`; `may_search` knows robots.txt and what was agreed. `pace`: the
    seconds that the guard puts between two pages, given to the visit on top of its time.
    """

    hosts: frozenset[str]
    permit: Callable[[str], Awaitable[None]]
    may_search: Callable[[str], Awaitable[bool]]
    pace: float = 0.0


class Visit:
    """One visit to one site by the browser, with cookies of its own. Dialogs are dismissed by Playwright."""

    def __init__(self, context: BrowserContext, gate: Gate) -> None:
        self._context, self._gate = context, gate
        self._pending = 0
        self._words: str | None = None
        self._refused: Refused | None = None
        self._forbidden = False
        self._status = 0
        self._elsewhere: set[str] = set()
        self._away = ""

    async def home(self, url: str) -> Home:
        """See `Chromium.home`."""
        page = await self.open(url)
        await self.settled(page, "", UNCHANGED)
        box = bool(await page.evaluate(_BOX))
        self.complain()
        try:
            picture = await page.screenshot(timeout=ANSWER)
        except Error:
            picture = b""  # a page that cannot be pictured has been read all the same
        return Home(await page.content(), box, picture)

    async def search(self, url: str, words: str, sheets: int) -> Typed:
        """See `Chromium.search`."""
        page = await self.open(url)
        if not await page.evaluate(_BOX):
            await self.settled(page, "", UNCHANGED)  # a script may draw it
            if not await page.evaluate(_BOX):
                raise NoSearch("the home page has no search box")
        await self._uncover(page)
        box = page.locator("[data-search-box]").first
        await box.fill(words)
        before, tabs, self._words = await page.content(), len(self._context.pages), words
        await box.press("Enter", no_wait_after=True)
        await self.settled(page, before, _NO_REACTION, tabs)
        self.complain()
        page = self._newest(page, tabs)
        frames = [(frame.url, await frame.content()) for frame in page.frames if frame is not page.main_frame]
        pages = ((page.url, await page.content()), *frames)
        further = [sheet async for sheet in self._turn(page, sheets - 1)]
        return Typed(before, pages, self._status, tuple(further), frozenset(self._elsewhere))

    def complain(self) -> None:
        """Raise what the handler could not: it answers the browser, which knows nothing of guards and robots."""
        if self._refused is not None:
            raise self._refused
        if self._forbidden:
            raise SearchForbidden
        if self._away:
            raise NoSearch(f"the search is run by {self._away}, a host that nobody has agreed to")

    # ------------------------------------------------------------------------------------------------ pages

    async def open(self, url: str, page: Page | None = None) -> Page:
        """Go to an address, in a tab that is there already or a new one. The whole visit has its time."""
        if page is None:
            await self._context.route("**/*", self._handle)
            page = await self._context.new_page()
            page.set_default_timeout(ANSWER)
        await page.goto(url, wait_until="load", timeout=0)
        return page

    async def _turn(self, page: Page, times: int) -> AsyncIterator[tuple[str, str]]:
        """The next pages of results, as far as a link leads to them."""
        for _ in range(times if self._status < 400 else 0):
            onward = page.locator(_NEXT).first
            if not await onward.count() or not await onward.is_visible():
                return
            before = await page.content()
            await onward.click(no_wait_after=True)
            await self.settled(page, before, _NO_REACTION)
            self.complain()
            yield page.url, await page.content()

    async def _uncover(self, page: Page) -> None:
        """Press what looks like the search icon when the box is not to be seen."""
        if not await page.locator("[data-search-box]").first.is_visible():
            toggle = page.locator(_TOGGLES).first
            if not await toggle.count():
                raise NoSearch("the search box cannot be seen and nothing opens it")
            await toggle.click()

    async def settled(self, page: Page, before: str, quiet: int, tabs: int | None = None) -> None:
        """Wait until nothing is under way and the page has stopped changing. `quiet`: looks to allow it to react."""
        last, still, looks = None, 0, 0
        while looks < _MOST_LOOKS:
            await asyncio.sleep(_GLANCE)
            if self._pending:
                still = 0
                continue
            looks += 1
            now = await _shown(self._newest(page, tabs))
            still = still + 1 if now is not None and now == last else 0
            last = now
            if still >= (UNCHANGED if now != before else quiet):
                return

    def _newest(self, page: Page, tabs: int | None) -> Page:
        """The page, or the tab that was opened since there were so many: some forms show their results in one."""
        pages = self._context.pages
        return pages[-1] if tabs is not None and len(pages) > tabs else page

    # ------------------------------------------------------------------------------------------------ requests

    async def _handle(self, route: Route) -> None:
        """Answer one request of the browser, or refuse it."""
        self._pending += 1
        try:
            await self._answer(route, route.request)
        except Refused as no:
            self._refused = no
            await _abort(route)
        except Error:  # the server failed, or the page is gone
            if route.request.is_navigation_request():
                self._status = 0
            await _abort(route)
        finally:
            self._pending -= 1

    async def _answer(self, route: Route, request: Request) -> None:
        is_page = request.is_navigation_request() and request.frame.parent_frame is None
        if not self._agreed(request, request.url):
            await _abort(route)
        elif self._is_search(request) and not await self._gate.may_search(request.url):
            self._forbidden = True
            await _abort(route)
        else:
            if request.is_navigation_request():
                await self._gate.permit(request.url)
            await self._fetch(route, request, is_page)

    async def _fetch(self, route: Route, request: Request, is_page: bool) -> None:
        url = request.url
        for _ in range(5):
            response = await route.fetch(url=url, max_redirects=0, timeout=ANSWER)
            location = response.headers.get("location")
            if not (300 <= response.status < 400 and location):
                if is_page:
                    self._status = response.status
                await route.fulfill(response=response)
                return
            url = urljoin(url, location)
            if not self._agreed(request, url):
                break
            if request.is_navigation_request():  # the browser goes there by itself, and comes by here again
                target = html.escape(url, quote=True)
                body = f'<!doctype html><meta http-equiv="refresh" content="0;url={target}">'
                await route.fulfill(status=200, content_type="text/html; charset=utf-8", body=body)
                return
        await _abort(route)

    def _agreed(self, request: Request, url: str) -> bool:
        """Whether the organisation agreed to an address's host. What was refused and may matter is remembered."""
        host = urlsplit(url).netloc.lower()
        if host in self._gate.hosts:
            return True
        if self._is_search(request):
            self._away = host
        elif request.resource_type in ("script", "xhr", "fetch", "document"):
            self._elsewhere.add(host)
        return False

    def _is_search(self, request: Request) -> bool:
        """Whether a request carries the search: a page that follows Enter, or a script's request with the words."""
        if self._words is None:
            return False
        if request.is_navigation_request() and request.frame.parent_frame is None:
            return True
        spelt = {quote(self._words).lower(), quote_plus(self._words).lower()}
        return request.resource_type in ("xhr", "fetch") and any(words in request.url.lower() for words in spelt)


async def _shown(page: Page) -> str | None:
    """The HTML in a tab, frames included; None between two pages."""
    try:
        return "".join([await frame.content() for frame in page.frames])
    except Error as error:
        if page.is_closed() or "crash" in error.message.lower():
            raise
        return None


async def _abort(route: Route) -> None:
    with suppress(Error):  # answered already, or the page is gone
        await route.abort("blockedbyclient")
