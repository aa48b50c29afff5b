"""Pictures of pages for the evidence, with the thing that is meant outlined. What they show is worded elsewhere."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from playwright.async_api import ElementHandle, Error, Page

RIGHT = "the right page among the results"
"""What is shown by a picture of results in which one fits the answer key."""

LARGEST = 600_000
"""Bytes of one picture; a larger one is left out."""
_PATIENCE = 5000.0  # milliseconds
_OUTLINE = """element => {
  element.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
  element.style.setProperty("outline", "4px solid #d4351c", "important");
  element.style.setProperty("outline-offset", "3px", "important");
}"""
_LINK = """([title, path]) => {
  const tidy = text => (text || "").replace(/\\s+/g, " ").trim();
  const named = one => [one, ...one.querySelectorAll("h1, h2, h3, h4, h5, h6, strong, b, [class*=title]")]
    .find(part => tidy(part.innerText) === title);
  const likely = one => {
    let href = one.href;
    try { href = decodeURIComponent(href) } catch (error) { /* as it is */ }
    return 2 * !one.closest("nav, footer, aside") + !one.closest("header") + 2 * href.includes(path);
  };
  const links = [...document.querySelectorAll("a[href]")].slice(0, 3000)
    .filter(one => one.getClientRects().length && named(one));
  links.sort((one, other) => likely(other) - likely(one));
  return links.length ? named(links[0]) : null;
}"""
_PLAIN = 'element => { element.style.removeProperty("outline"); element.style.removeProperty("outline-offset"); }'


@dataclass(frozen=True)
class Picture:
    """What the window showed, PNG. `shows`: what is outlined, or what is seen, in a few words. `url`: the page's."""

    png: bytes
    shows: str
    url: str


async def take(page: Page, shows: str, element: ElementHandle | None = None) -> tuple[Picture, ...]:
    """A picture of the window, the element outlined in red; none when the page cannot be pictured."""
    try:
        if element is not None:
            await element.evaluate(_OUTLINE)
        png = await page.screenshot(timeout=_PATIENCE, caret="initial")
        if element is not None:
            await element.evaluate(_PLAIN)
    except Error:
        return ()  # it has been read all the same
    return (Picture(png, shows, page.url),) if len(png) <= LARGEST else ()


async def link(page: Page, url: str, title: str, path: str) -> ElementHandle | None:
    """The link, or its heading, of this title in the frame at `url`; of several the one likeliest to be a result."""
    for frame in page.frames[:20]:
        if frame.url == url:
            with suppress(Error):  # the frame has gone
                return (await frame.evaluate_handle(_LINK, [title, path])).as_element()
    return None


async def first(page: Page, selector: str) -> ElementHandle | None:
    """The first element that can be seen of those a selector names, in any frame."""
    for frame in page.frames[:20]:
        with suppress(Error):  # no selector, or the frame has gone
            for element in (await frame.query_selector_all(selector))[:10]:
                if await element.is_visible():
                    return element
    return None
