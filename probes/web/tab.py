"""One visit to one site by the browser: typing, waiting, looking, with every request answered by one handler.

The handler asks the guard before a page and refuses every host that the organisation did not agree to. Redirects,
sockets, workers and downloads cannot slip past it. What the pages mean is read elsewhere.
"""

from __future__ import annotations

import asyncio
import html
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import quote, quote_plus, urljoin, urlsplit

from playwright.async_api import Error, Locator, Page, Request, Route

from probes.guard import Refused
from probes.web import box as search_box
from probes.web import picture, results_page
from probes.web.banner import Banner, refuse, told
from probes.web.pages import described
from probes.web.picture import Picture
from probes.web.results_page import Typed
from probes.web.tabs import Tab

ANSWER = 10_000.0
"""Milliseconds for one answer of a server."""

_GLANCE = 0.1  # seconds between two looks at a page that may still be changing
UNCHANGED = 2
"""Looks in a row without change that make a page settled."""

_NO_REACTION = 30  # looks after which a page that did not react to Enter is taken not to
_MOST_LOOKS = 60  # some pages never stand still
_COVERED = "a cookie banner that cannot be refused lies over the page, and the search box behind it could not be opened"

_NEXT = "a[rel=next], a[aria-label^=next i], a:text-matches('^\\\\W*next( page)?\\\\W*$', 'i')"


@dataclass(frozen=True)
class Home:
    """The home page as the browser shows it."""

    html: str
    """Frames included."""
    has_box: bool
    pictures: tuple[Picture, ...] = ()
    banner: Banner | None = None
    elsewhere: frozenset[str] = frozenset()
    """Hosts that the page wanted scripts, data or frames from and that nobody has agreed to."""


class NoSearch(Exception):
    """The search could not be run; the text says why in plain words."""


class SearchForbidden(Exception):
    """robots.txt forbids the address of the results and nobody has agreed to it."""


@dataclass(frozen=True)
class Gate:
    """What a visit may do.

    `permit` waits for the guard and raises `Refused`; `may_search` knows robots.txt and what was agreed. `pace`: the
    seconds that the guard puts between two pages, given to the visit on top of its time. `stopwatch`: real seconds.
    """

    hosts: frozenset[str]
    permit: Callable[[str], Awaitable[None]]
    may_search: Callable[[str], Awaitable[bool]]
    pace: float = 0.0
    stopwatch: Callable[[], float] = float


class Visit:
    """One visit to one site by the browser, in a tab as good as new. Dialogs are dismissed by Playwright."""

    def __init__(self, tab: Tab, gate: Gate) -> None:
        self._tab, self._context, self._gate = tab, tab.context, gate
        self._routed = False
        self._origins = set[str]()
        self._pending = 0
        self._words: str | None = None
        self._refused: Refused | None = None
        self._forbidden = False
        self._status = 0
        self._elsewhere: set[str] = set()
        self._away = ""
        self._moved = False
        self._waited = 0.0
        self._given: tuple[str, str] | None = None

    @property
    def page(self) -> Page:
        """What the tab shows."""
        return self._tab.page

    async def home(self, url: str) -> Home:
        """See `Chromium.home`."""
        page = await self.open(url)
        await self.settled(page, "", UNCHANGED)
        self.complain()
        whole = await picture.take(page, "the home page")
        banner = await refuse(page)
        box = await search_box.find(page)
        boxed = await _pictured(page, box, "the search box") if box is not None and await box.is_visible() else ()
        if banner is not None:
            whole = tuple(replace(one, shows=told(banner)) for one in whole)
        pictures = (*whole, *boxed) if banner is not None or not boxed else boxed
        content = await _contents(page)
        return Home(content, box is not None, pictures, banner, frozenset(self._elsewhere))

    async def search(self, url: str, words: str, sheets: int, right: str = "") -> Typed:
        """See `Chromium.search`."""
        page = await self.open(url)
        box, start = await self._box(page), page.url
        shown, before, tabs, self._words = await _shown(page), await _contents(page), len(self._context.pages), words
        await box.fill(words)
        began = self._now()
        await box.press("Enter", no_wait_after=True)
        ended = await self.settled(page, shown or "", _NO_REACTION, tabs)
        page = self._newest(page, tabs)
        reacted = True
        if not (self._moved or page.url != start or await _answers(page, before, words)):
            shown, began = await _shown(page), self._now()
            reacted = await search_box.press_button(box)
            ended = await self.settled(page, shown or "", _NO_REACTION, tabs) if reacted else None
            reacted = ended is not None
            page = self._newest(page, tabs)
        self.complain()
        frames = [(frame.url, await frame.content()) for frame in page.frames if frame is not page.main_frame]
        pages = ((page.url, await page.content()), *frames)
        pictures = await _of_results(page, before, pages, right) if right else ()
        further = [sheet async for sheet in self._turn(page, sheets - 1)]
        return Typed(
            before=before,
            pages=pages,
            status=self._status,
            further=tuple(further),
            elsewhere=frozenset(self._elsewhere),
            reacted=reacted,
            took=(max(0.0, ended[0] - began), max(0.0, ended[1] - began)) if ended else None,
            pictures=pictures,
        )

    async def draw(self, url: str, content: str) -> str:
        """The HTML of a page after its scripts have run, from the HTML that came, which is not asked for again."""
        self._given = (url, content)
        page = await self.open(url)
        await self.settled(page, "", UNCHANGED)
        self.complain()
        return await page.content()

    async def leave(self) -> str | None:
        """Put an empty page, which the site is not asked for, in the place of the last one; its scripts end with it.

        The origin of all that the visit has seen; None where it saw several, and may have left something in each.
        """
        if len(self._origins) != 1:
            return None
        (origin,) = self._origins
        self._given = (f"{origin}/", "")
        await self.open(self._given[0])
        return origin

    async def _box(self, page: Page) -> Locator:
        """The search box, open to be typed into. Raises `NoSearch`."""
        banner = await refuse(page)
        box = await search_box.find(page)
        if box is None:
            await self.settled(page, "", UNCHANGED)  # a script may draw it
            box = await search_box.find(page)
        if box is None:
            raise NoSearch("the home page has no search box")
        if not await search_box.uncover(page, box):
            covered = banner is not None and banner.over and not banner.gone
            raise NoSearch(_COVERED if covered else "the search box cannot be seen and nothing opens it")
        return box

    def _now(self) -> float:
        """Seconds on the stopwatch, those left out that the guard made the visit wait."""
        return self._gate.stopwatch() - self._waited

    def complain(self) -> None:
        """Raise what the handler could not: it answers the browser, which knows nothing of guards and robots."""
        if self._refused is not None:
            raise self._refused
        if self._forbidden:
            raise SearchForbidden
        if self._away:
            raise NoSearch(f"the search is run by {self._away}, a host that nobody has agreed to")

    # ------------------------------------------------------------------------------------------------ pages

    async def open(self, url: str) -> Page:
        """Go to an address in the visit's tab. The whole visit has its time."""
        if not self._routed:
            self._routed = True
            await self._context.route("**/*", self._handle)
        self._tab.opened += 1
        await self._tab.page.goto(url, wait_until="load", timeout=0)
        return self._tab.page

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

    async def settled(self, page: Page, before: str, quiet: int, tabs: int | None = None) -> tuple[float, float] | None:
        """Wait until nothing is under way and the page has stopped changing. `quiet`: looks to allow it to react.

        Between which two readings of the stopwatch the page came to look as it does; None: it looks as it did before.
        """
        last, still, looks = None, 0, 0
        earlier = now = self._now()
        came = (earlier, now)
        while looks < _MOST_LOOKS:
            if looks or self._pending:
                await asyncio.sleep(_GLANCE)
            earlier, now = now, self._now()
            if self._pending:
                still = 0
                continue
            looks += 1
            seen = await _shown(self._newest(page, tabs))
            if seen is None or seen != last:
                came, still = (earlier, now), 0
            else:
                still += 1
            last = seen
            if still >= (UNCHANGED if seen != before else quiet):
                return came if seen != before else None
        return came

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
        if request.is_navigation_request():
            self._origins.add("{0.scheme}://{0.netloc}".format(urlsplit(request.url)))
        if is_page and self._given is not None and request.url == self._given[0]:
            await route.fulfill(status=200, content_type="text/html; charset=utf-8", body=self._given[1])
        elif not self._agreed(request, request.url):
            await _abort(route)
        elif self._is_search(request) and not await self._gate.may_search(request.url):
            self._forbidden = True
            await _abort(route)
        else:
            if request.is_navigation_request():
                self._moved = self._words is not None
                asked = self._gate.stopwatch()
                await self._gate.permit(request.url)
                self._waited += self._gate.stopwatch() - asked
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


async def _contents(page: Page) -> str:
    """The HTML of the page and its frames in one; the page itself last, for after a frameset nothing else is read."""
    return "".join(reversed([await frame.content() for frame in page.frames]))


async def _answers(page: Page, before: str, words: str) -> bool:
    """Whether a page shows results, or says that there are none."""
    for frame in page.frames:
        html = await frame.content()
        if results_page.results(before, html, frame.url) or results_page.says_nothing_found(before, html):
            return True
    return False


async def _pictured(page: Page, thing: Locator, shows: str) -> tuple[Picture, ...]:
    return await picture.take(page, shows, await thing.element_handle())


async def _of_results(page: Page, before: str, pages: tuple[tuple[str, str], ...], right: str) -> tuple[Picture, ...]:
    """The results, the first outlined that the answer key seems to describe."""
    for url, content in pages:
        for result in results_page.results(before, content, url):
            if described(right, result.url, result.title):
                outlined = await picture.link(page, url, result.title, urlsplit(result.url).path)
                return await picture.take(page, picture.RIGHT, outlined)
    return await picture.take(page, "what the search brought")


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
