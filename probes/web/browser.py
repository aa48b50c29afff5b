"""A browser, started when it is first needed: it types a search as a person would, takes pictures, examines pages.

Chromium itself has no network: it is told that no host exists, and each of its requests is answered by `tab.Visit`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from playwright.async_api import Browser, BrowserContext, Error, Playwright, async_playwright

from probes.web import examine
from probes.web.examine import Examined
from probes.web.results_page import Typed
from probes.web.tab import Gate, Home, NoSearch, SearchForbidden, Visit

__all__ = ["Chromium", "Gate", "Home", "NoSearch", "SearchForbidden"]

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

    async def search(self, gate: Gate, url: str, words: str, sheets: int = 1) -> Typed:
        """Open the home page, type the words into its search box, press Enter, and wait until the page has settled.

        `sheets`: how many pages of results to look at, where there is a link to the next one. Raises `NoSearch`,
        `SearchForbidden`, and `Refused` by the guard.
        """
        return await self._visit(gate, lambda visit: visit.search(url, words, sheets))

    async def examine(self, gate: Gate, urls: Sequence[str]) -> tuple[Examined, ...]:
        """Examine pages one after another in one tab; a page that breaks it is told and left, the rest goes on.

        The first is opened three times, since it is the one whose speed is told.

        Raises `Refused` by the guard.
        """
        found: list[Examined] = []

        async def one_by_one(visit: Visit) -> None:
            page = None
            while len(found) < len(urls):
                async with asyncio.timeout(examine.LONGEST + gate.pace):
                    seen, page = await examine.examine(visit, page, urls[len(found)], 1 if found else 3)
                found.append(seen)

        while len(found) < len(urls):
            try:
                await self._visit(gate, one_by_one, len(urls) * (examine.LONGEST + gate.pace))
            except NoSearch as why:
                found.append(Examined(urls[len(found)], problem=str(why)))
        return tuple(found)

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

    async def _visit(self, gate: Gate, errand: Callable[[Visit], Awaitable[_T]], patience: float = PATIENCE) -> _T:
        """Do something in a context of its own. When the browser dies of it, once more in another browser."""
        try:
            return await self._once(gate, errand, patience)
        except _Died:
            try:
                return await self._once(gate, errand, patience)
            except _Died as died:
                raise NoSearch(f"the browser died of the page, twice: {died}") from None

    async def _once(self, gate: Gate, errand: Callable[[Visit], Awaitable[_T]], patience: float) -> _T:
        patience += 6 * gate.pace
        browser = await self._running()
        visit = None
        try:
            async with asyncio.timeout(patience):
                context = await browser.new_context(
                    user_agent=self._user_agent, service_workers="block", accept_downloads=False, locale="en-GB"
                )
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


class _Died(Exception):
    """The browser, or the page's process, is gone."""


async def _close(context: BrowserContext) -> None:
    """Throw a context away, however badly its page behaves."""
    with suppress(Error, TimeoutError):
        async with asyncio.timeout(5):
            await context.unroute_all(behavior="ignoreErrors")
            await context.close()
