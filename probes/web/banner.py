"""Cookie banners: refused as a person would, never accepted. Whether one is in the way is judged in `accessibility`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from playwright.async_api import Error, Page

from probes.web.questions import asking


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
            await asyncio.sleep(0.2)
            again = await page.evaluate(asking("banner()"))
            gone = again is None or again["words"] != found["words"]
        except Error:
            gone = False  # something lies over it, or it moves
    return Banner(str(found["words"]), str(found["refuse"]), int(found["covers"]), bool(found["over"]), gone)


def told(banner: Banner) -> str:
    """A sentence about a banner."""
    how = f"was sent away with “{banner.refuse}”" if banner.gone else "could not be refused"
    return f"a cookie banner covers {banner.covers} % of the window; it {how}"
