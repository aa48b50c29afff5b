"""A browser, started when it is first needed: it types a search as a person would, takes pictures, examines pages.

Chromium itself has no network: it is told that no host exists, and each of its requests is answered by `tab.Visit`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from playwright.async_api import Browser, BrowserContext, Error, Playwright, ViewportSize, async_playwright

from probes.web import examine, tabs
from probes.web.examine import Examined
from probes.web.results_page import Typed
from probes.web.tab import ANSWER, Gate, Home, NoSearch, SearchForbidden, Visit
from probes.web.tabs import Tab
from probes.web.together import together

__all__ = ["Chromium", "Drawing", "Gate", "Home", "NoSearch", "SearchForbidden"]

_T = TypeVar("_T")

LAUNCH = (
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",  # a process less that pictures pass through
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    # A page is examined with much that is soon forgotten, and by scripts that run for a moment: to compile these for
    # speed takes longer than it saves, so only what is called tens of thousands of times is.
    "--js-flags=--max-semi-space-size=64 --max-opt=2 --invocation-count-for-maglev=30000",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
RECYCLED = 100  # pages that are opened in one context; its memory grows
WINDOW: ViewportSize = {"width": 1280, "height": 800}
LONGEST = 15.0  # real seconds for a page to be drawn
LARGEST = 2_000_000  # characters of a page that was drawn
TABS = 4
"""Pages of a site that are examined at once; the guard's pace decides how soon one is opened after another."""
PATIENCE = 30.0  # real seconds for one visit to the home page, for one search, or for one page to be examined


class Chromium:
    """One Chromium, started when it is first needed and again when it has died. Close it with `close`."""

    def __init__(self, executable: str, user_agent: str) -> None:
        self._executable, self._user_agent = executable, user_agent
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._starting = asyncio.Lock()
        self._wiped: list[Tab] = []
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

        The first is opened three times while nothing else is open: it is the one whose speed is told.

        Raises `Refused` by the guard.
        """
        found: dict[str, Examined] = {}
        waiting, timed = deque(dict.fromkeys(urls)), asyncio.Event()
        await together([self._in_a_tab(gate, urls[0], waiting, found, timed, first=tab == 0) for tab in range(TABS)])
        return examine.pictured_once([found[url] for url in urls])

    async def _in_a_tab(
        self, gate: Gate, home: str, waiting: deque[str], found: dict[str, Examined], timed: asyncio.Event, first: bool
    ) -> None:
        """Examine pages one after another in one tab, for as long as any are waiting; `first`: the first page too."""
        if not first:
            await timed.wait()

        def following() -> str:
            return waiting.popleft() if waiting else ""

        at = following()

        async def one_by_one(visit: Visit) -> None:
            nonlocal at
            while at:
                async with asyncio.timeout(examine.LONGEST + gate.pace):
                    drawn = await examine.opened(visit, at, 3 if at == home else 1)
                    timed.set()
                    found[at] = await examine.examine(visit, at, drawn)
                at = following()

        while at:
            try:
                await self._visit(
                    gate, one_by_one, (1 + len(waiting)) * (examine.LONGEST + TABS * gate.pace), anew=True
                )
            except NoSearch as why:
                timed.set()
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

    async def tab(self) -> Tab:
        """A tab that knows nothing, in a browser that lives: wiped, or new. Raises playwright's `Error`."""
        browser = await self._running()
        while self._wiped:
            tab = self._wiped.pop()
            if tab.context.browser is browser:  # the others died with theirs
                return tab
        return await self.new_tab()

    async def new_tab(self) -> Tab:
        """A tab in which nothing was ever opened. Raises playwright's `Error`."""
        context = await self.context()
        page = await context.new_page()
        page.set_default_timeout(ANSWER)
        return Tab(context, page)

    async def give_back(self, tab: Tab, visit: Visit) -> None:
        """Keep a tab for another visit, wiped; throw it away where something may be left in it."""
        fit = len(tab.context.pages) == 1 and tab.opened < RECYCLED and len(self._wiped) < TABS
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(tabs.LONGEST):
                if fit and (origin := await visit.leave()):
                    await tabs.wipe(tab, origin)
                    self._wiped.append(tab)
                    return
        await tabs.close(tab.context)

    async def context(self) -> BrowserContext:
        """A context of its own, in a browser that lives. Raises playwright's `Error`."""
        browser = await self._running()
        return await browser.new_context(
            user_agent=self._user_agent,
            service_workers="block",
            accept_downloads=False,
            locale="en-GB",
            viewport=WINDOW,
        )

    async def close(self) -> None:
        """End the browser and its driver."""
        browser, playwright, self._browser, self._playwright = self._browser, self._playwright, None, None
        self._wiped.clear()
        try:
            if browser is not None:
                with suppress(Error):  # it has died already
                    await browser.close()
        finally:
            if playwright is not None:
                await playwright.stop()

    async def _visit(
        self, gate: Gate, errand: Callable[[Visit], Awaitable[_T]], patience: float = 0.0, *, anew: bool = False
    ) -> _T:
        """Do something in a tab that knows nothing. When the browser dies of it, once more in another browser.

        `patience`: real seconds, `PATIENCE` where none are named. `anew`: in a tab in which nothing was ever opened.
        """
        try:
            return await self._once(gate, errand, patience or PATIENCE, anew)
        except _Died:
            try:
                return await self._once(gate, errand, patience or PATIENCE, anew)
            except _Died as died:
                raise NoSearch(f"the browser died of the page, twice: {died}") from None

    async def _once(self, gate: Gate, errand: Callable[[Visit], Awaitable[_T]], patience: float, anew: bool) -> _T:
        patience += 6 * gate.pace
        browser = await self._running()
        visit = None
        try:
            async with asyncio.timeout(patience):
                tab = await (self.new_tab() if anew else self.tab())
                try:
                    visit = Visit(tab, gate)
                    found = await errand(visit)
                except BaseException:
                    await tabs.close(tab.context)
                    raise
        except TimeoutError:
            raise NoSearch(f"no settled page within {patience:g} seconds") from None
        except Error as error:
            if visit is not None:
                visit.complain()
            message = (error.message.splitlines() or [type(error).__name__])[0][:200]
            if not browser.is_connected() or "crash" in message.lower():
                raise _Died(message) from None
            raise NoSearch(f"the browser could not show the page: {message}") from None
        await self.give_back(tab, visit)
        return found

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
    """Draws the pages of one visit, one at a time, in a tab that is given back after a hundred of them."""

    def __init__(self, chromium: Chromium, gate: Gate) -> None:
        self._chromium, self._gate = chromium, gate
        self._turn = asyncio.Lock()
        self._in: tuple[Tab, Visit] | None = None

    async def __call__(self, url: str, content: str) -> str:
        """The HTML of a page after its scripts have run; as it came, where the browser cannot show it.

        Raises `Refused` by the guard.
        """
        async with self._turn:
            if self._in is not None and self._in[0].opened >= RECYCLED:
                await self.close()
            try:
                if self._in is None:
                    tab = await self._chromium.tab()
                    self._in = tab, Visit(tab, self._gate)
                async with asyncio.timeout(LONGEST + self._gate.pace):
                    return (await self._in[1].draw(url, content))[:LARGEST]
            except (Error, TimeoutError, NoSearch, SearchForbidden):
                if self._in is not None:  # the next page gets a new one, in a new browser if this one has died
                    await tabs.close(self._in[0].context)
                self._in = None
                return content

    async def close(self) -> None:
        """Let the tab go."""
        tab_and_visit, self._in = self._in, None
        if tab_and_visit is not None:
            await self._chromium.give_back(*tab_and_visit)


class _Died(Exception):
    """The browser, or the page's process, is gone."""
