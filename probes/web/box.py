"""The search box in the browser: finding it in any frame of a page, opening it, and the button beside it."""

from __future__ import annotations

from contextlib import suppress

from playwright.async_api import Error, Frame, Locator, Page

from probes.web.questions import asking

_FRAMES = 20
_QUICK = 2000.0  # milliseconds for a press: longer, and something lies over the button
_OPENING = 1500.0  # and for what it opens to be drawn


async def find(page: Page) -> Locator | None:
    """The likeliest search box of the page or one of its frames, marked; None without one."""
    best: tuple[int, Frame] | None = None
    for frame in page.frames[:_FRAMES]:
        with suppress(Error):  # a frame may go while it is asked
            points = int(await frame.evaluate(_asking("box()")))
            if points and (best is None or points > best[0]):
                best = (points, frame)
    return best[1].locator("[data-search-box]").first if best else None


async def uncover(page: Page, box: Locator) -> bool:
    """Press what looks like the search icon, one after another, until the box can be seen. False: it never could."""
    if await box.is_visible():
        return True
    for number in range(int(await page.evaluate(_asking("toggles()")))):
        with suppress(Error):  # it is covered, or has gone, or opens nothing
            await page.locator(f'[data-search-toggle="{number}"]').first.click(timeout=_QUICK, no_wait_after=True)
            await box.wait_for(state="visible", timeout=_OPENING)
            return True
    return False


async def press_button(box: Locator) -> bool:
    """Press the button that belongs to the box. False where there is none that can be pressed."""
    try:
        button = (await box.evaluate_handle(f"box => {_asking('button_of(box)')}", timeout=_QUICK)).as_element()
        if button is None:
            return False
        await button.click(timeout=_QUICK, no_wait_after=True)
    except Error:
        return False
    return True


def _asking(question: str) -> str:
    return asking(question, "box.js")
