"""Cookie banners: refused as a person would, never accepted. Whether one is in the way is judged in `accessibility`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Error, Page

from probes.web.questions import asking

_GLANCE, _LOOKS = 0.2, 5  # seconds between two looks whether it has gone, and how many
_LOADING = 5000.0  # milliseconds


@dataclass(frozen=True)
class Banner:
    """A cookie banner: its words, the button that refuses, what part of the window it covers, and if it went away."""

    words: str
    refuse: str
    covers: int
    over: bool
    gone: bool


async def refuse(page: Page) -> Banner | None:
    """Refuse cookies as a person would, and see whether the banner goes. Where there is no way to refuse, leave it."""
    found = await page.evaluate(asking("banner()"))
    if found is None:
        return None
    gone = False
    if found["refuse"]:
        try:
            await page.locator("[data-refuse]").first.click(timeout=3000, no_wait_after=True)
        except Error:
            return _banner(found, gone=False)  # something lies over it, or it moves
        gone = await _went(page, str(found["words"]))
    return _banner(found, gone)


async def _went(page: Page, words: str) -> bool:
    """Whether a banner with these words goes, at once or with the page that the button leads to."""
    for _ in range(_LOOKS):
        await asyncio.sleep(_GLANCE)
        with suppress(Error):  # between two pages
            again = await page.evaluate(asking("banner()"))
            if again is None or again["words"] != words:
                await page.wait_for_load_state(timeout=_LOADING)
                return True
    return False


def _banner(found: Mapping[str, Any], gone: bool) -> Banner:
    return Banner(str(found["words"]), str(found["refuse"]), int(found["covers"]), bool(found["over"]), gone)


def told(banner: Banner) -> str:
    """A sentence about a banner."""
    how = f"was sent away with “{banner.refuse}”" if banner.gone else "could not be refused"
    return f"a cookie banner covers {banner.covers} % of the window; it {how}"
