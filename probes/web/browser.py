"""A browser, started when it is first needed: it types a search as a person would, takes pictures, examines pages.

Chromium itself has no network: it is told that no host exists, and each of its requests is answered by `tab.Visit`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from playwright.async_api import Browser, BrowserContext, Error, Page, Playwright, async_playwright

from probes.web import examine
from probes.web.examine import Examined
from probes.web.results_page import Typed
from probes.web.tab import Gate, Home, NoSearch, SearchForbidden, Visit
from probes.web.together import together

__all__ = ["Chromium", "Drawing", "Gate", "Home", "NoSearch", "SearchForbidden"]

_T = TypeVar("_T")

LAUNCH = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
RECYCLED = 100  # pages that are drawn in one context; its memory grows
LONGEST = 15.0  # real seconds for a page to be drawn
LARGEST = 2_000_000  # characters of a page that was drawn
TABS = 3
"""Pages of a site that are examined at once; the guard's pace decides how soon one is opened after another."""
PATIENCE = 30.0  # real seconds for one visit to the home page, for one search, or for one page to be examined


class Chromium:
    """One Chromium, started when it is first needed and again when it has died. Close it with `close`."""

    def __init__(self, executable: str, user_agent: str) -> None:
        self._executable, self._user_agent = executable, user_agent
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._starting = asyncio.Lock()
        self.version = ""
        """The browser's version; empty before it is first needed."""

    async def home(self, gate: Gate, url: str) -> Home:
        """Open the home page. Raises `NoSearch` when the browser cannot show it, `Refused` by the guard."""
        return await self._visit(gate, lambda visit: visit.home(url))

    async def search(self, gate: Gate, url: str, words: str, sheets: int = 1, right: str = "") -> Typed:
        """Open the home page, type the words into its search box, press Enter, and wait until the page has settled.

        Where Enter does nothing, the button beside the box is pressed. `sheets`: how many pages of results to look at,
        where there is a link to the next one. `right`: the pattern of the right page, for which a picture of the
        results is taken. Raises `NoSearch`, `SearchForbidden`, and `Refused` by the guard.
        """
        return await self._visit(gate, lambda visit: visit.search(url, words, sheets, right))

    async def examine(self, gate: Gate, urls: Sequence[str]) -> tuple[Examined, ...]:
        """Examine pages, a few at once; a page that breaks its tab is told and left, the rest goes on.

        The first is opened three times, and before any other: it is the one whose speed is told.

        Raises `Refused` by the guard.
        """
        found: dict[str, Examined] = {}
        await self._in_a_tab(gate, deque(urls[:1]), found, times=3)
        others = deque(dict.fromkeys(urls[1:]))
        await together([self._in_a_tab(gate, others, found, times=1) for _ in range(TABS)])
        return examine.pictured_once([found[url] for url in urls])

    async def _in_a_tab(self, gate: Gate, waiting: deque[str], found: dict[str, Examined], times: int) -> None:
        """Examine pages one after another in one tab, for as long as any are waiting."""

        def following() -> str:
            return waiting.popleft() if waiting else ""

        at = following()

        async def one_by_one(visit: Visit) -> None:
            nonlocal at
            page = None
            while at:
                async with asyncio.timeout(examine.LONGEST + gate.pace):
                    found[at], page = await examine.examine(visit, page, at, times)
                at = following()

        while at:
            try:
                await self._visit(gate, one_by_one, (1 + len(waiting)) * (examine.LONGEST + TABS * gate.pace))
            except NoSearch as why:
                found[at] = Examined(at, problem=str(why))
                at = following()

    @asynccontextmanager
    async def drawing(self, gate: Gate) -> AsyncIterator[Drawing]:
        """A tab for drawing the pages of one visit, opened when it is first needed."""
        drawing = Drawing(self, gate)
        try:
            yield drawing
        finally:
            await drawing.close()

    async def context(self) -> BrowserContext:
        """A context of its own for one visit, in a browser that lives. Raises playwright's `Error`."""
        browser = await self._running()
        return await browser.new_context(
            user_agent=self._user_agent, service_workers="block", accept_downloads=False, locale="en-GB"
        )

    async def close(self) -> None:
        """End the browser and its driver."""
        browser, playwright, self._browser, self._playwright = self._browser, self._playwright, None, None
        try:
            if browser is not None:
                with suppress(Error):  # it has died already
                    await browser.close()
        finally:
            if playwright is not None:
                await playwright.stop()

    async def _visit(self, gate: Gate, errand: Callable[[Visit], Awaitable[_T]], patience: float = 0.0) -> _T:
        """Do something in a context of its own. When the browser dies of it, once more in another browser.

        `patience`: real seconds, `PATIENCE` where none are named.
        """
        try:
            return await self._once(gate, errand, patience or PATIENCE)
        except _Died:
            try:
                return await self._once(gate, errand, patience or PATIENCE)
            except _Died as died:
                raise NoSearch(f"the browser died of the page, twice: {died}") from None

    async def _once(self, gate: Gate, errand: Callable[[Visit], Awaitable[_T]], patience: float) -> _T:
        patience += 6 * gate.pace
        browser = await self._running()
        visit = None
        try:
            async with asyncio.timeout(patience):
                context = await self.context()
                try:
                    visit = Visit(context, gate)
                    return await errand(visit)
                finally:
                    await _close(context)
        except TimeoutError:
            raise NoSearch(f"no settled page within {patience:g} seconds") from None
        except Error as error:
            if visit is not None:
                visit.complain()
            message = (error.message.splitlines() or [type(error).__name__])[0][:200]
            if not browser.is_connected() or "crash" in message.lower():
                raise _Died(message) from None
            raise NoSearch(f"the browser could not show the page: {message}") from None

    async def _running(self) -> Browser:
        async with self._starting:
            if self._playwright is None:
                self._playwright = await async_playwright().start()
            if self._browser is None or not self._browser.is_connected():
                self._browser = await self._playwright.chromium.launch(
                    executable_path=self._executable, args=list(LAUNCH)
                )
                self.version = self._browser.version
            return self._browser


class Drawing:
    """Draws the pages of one visit, one at a time, in a context that is thrown away after a hundred of them."""

    def __init__(self, chromium: Chromium, gate: Gate) -> None:
        self._chromium, self._gate = chromium, gate
        self._turn = asyncio.Lock()
        self._context: BrowserContext | None = None
        self._visit: Visit | None = None
        self._page: Page | None = None
        self._drawn = 0

    async def __call__(self, url: str, content: str) -> str:
        """The HTML of a page after its scripts have run; as it came, where the browser cannot show it.

        Raises `Refused` by the guard.
        """
        async with self._turn:
            if self._drawn >= RECYCLED:
                await self.close()
            try:
                if self._visit is None:
                    self._context = await self._chromium.context()
                    self._visit, self._drawn = Visit(self._context, self._gate), 0
                self._drawn += 1
                async with asyncio.timeout(LONGEST + self._gate.pace):
                    drawn, self._page = await self._visit.draw(self._page, url, content)
                    return drawn[:LARGEST]
            except (Error, TimeoutError, NoSearch, SearchForbidden):
                await self.close()  # the next page gets a new one, in a new browser if this one has died
                return content

    async def close(self) -> None:
        """Throw the context away."""
        context, self._context, self._visit, self._page = self._context, None, None, None
        if context is not None:
            await _close(context)


class _Died(Exception):
    """The browser, or the page's process, is gone."""


async def _close(context: BrowserContext) -> None:
    """Throw a context away, however badly its page behaves."""
    with suppress(Error, TimeoutError):
        async with asyncio.timeout(5):
            await context.unroute_all(behavior="ignoreErrors")
            await context.close()
