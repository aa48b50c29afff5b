"""Tabs of the browser that are used again: what one search left behind is wiped away before the next one sees it.

A new context costs a process of the browser's; a tab that was cleaned costs neither that nor a search its fairness.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from playwright.async_api import BrowserContext, Error, Page

_WIPE = "() => { sessionStorage.clear(); window.name = '' }"
LONGEST = 5.0  # real seconds for a tab to be wiped, or closed


@dataclass
class Tab:
    """A tab in a context of its own. `opened`: pages that were opened in it; its memory grows."""

    context: BrowserContext
    page: Page
    opened: int = 0


async def wipe(tab: Tab, origin: str) -> None:
    """Forget cookies and everything stored, in a tab that shows an empty page of `origin`.

    Raises playwright's `Error`.
    """
    await tab.page.evaluate(_WIPE)
    session = await tab.context.new_cdp_session(tab.page)
    await session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
    await session.detach()
    await tab.context.clear_cookies()
    await tab.context.unroute_all(behavior="ignoreErrors")


async def close(context: BrowserContext) -> None:
    """Throw a context away, however badly its page behaves: one that never ends would go on for ever."""
    for ending in (partial(context.unroute_all, behavior="ignoreErrors"), context.close):
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(LONGEST / 2):
                await ending()
