"""What the browser finds on one page: axe-core's rules, and what no rule engine tests. Facts are `accessibility`'s.

axe-core is Deque's (MPL-2.0), an unchanged copy in the folder `axe`, run on the page as it is after a cookie banner was
refused. Beside it: whether the page reflows at 320 CSS pixels and at twice the size, whether text alone can
be enlarged, whether each stop of the Tab key
can be seen, and whether the keyboard is ever caught. The questions put to the page are in `examine.js`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from playwright.async_api import CDPSession, Page

from probes.web.banner import Banner, refuse
from probes.web.box import find
from probes.web.picture import Picture, first, take
from probes.web.questions import asking, asking_each
from probes.web.tab import ANSWER, UNCHANGED, Visit

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
HEADINGS = ("page-has-heading-one", "heading-order")
"""Which rules of axe-core are run: WCAG 2.2 levels A and AA, and of best practice those on headings."""

STRIP, CONTRAST, UNSEEN, WIDE = (
    "the letters of the A to Z",
    "text of too little contrast",
    "a stop of the Tab key at which the focus cannot be seen",
    "what is too wide for a window of 320 pixels",
)
"""What pictures show."""

STOPS = 25
"""Presses of the Tab key on each page."""

_WIDE, _REFLOW, _TWICE, _HANDHELD = (1280, 800), (320, 512), (640, 512), (360, 740)
_TAB = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
_CAUGHT = 4  # presses in a row after which the focus is where it was


@dataclass(frozen=True)
class Rule:
    """What one rule of axe-core said of a page. `nodes`: the first few places, of `count`."""

    id: str
    impact: str
    help: str
    url: str
    count: int
    nodes: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Overflow:
    """By how many CSS pixels a page is wider than the window, and what sticks out."""

    beyond: int
    what: tuple[str, ...]


@dataclass(frozen=True)
class Stop:
    """One stop of the Tab key, and whether anything shows that the focus is there."""

    name: str
    seen: bool


@dataclass(frozen=True)
class Examined:
    """One page as the browser found it. `problem`: why it could not be examined; then nothing else counts.

    `caught`: what the keyboard did not get away from. `drawn`: seconds until the largest thing was drawn, from the
    first byte of the answer, each time it was looked at; those left out where the browser does not tell.
    """

    url: str
    problem: str = ""
    axe: str = ""
    violations: tuple[Rule, ...] = ()
    incomplete: tuple[Rule, ...] = ()
    passes: tuple[str, ...] = ()
    """Rules that looked at something and found nothing wrong."""
    reflow: Overflow = Overflow(0, ())
    twice: Overflow = Overflow(0, ())
    handheld: Overflow = Overflow(0, ())
    cut: tuple[str, ...] = ()
    """What is cut off when text alone is twice as large."""
    shortened: tuple[str, ...] = ()
    """What the page means to shorten, and shortens then."""
    stops: tuple[Stop, ...] = ()
    caught: str = ""
    banner: Banner | None = None
    contrast_options: tuple[str, ...] = ()
    size_options: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    title: str = ""
    images: int = 0
    fields: int = 0
    viewport: bool = False
    drawn: tuple[float, ...] = ()
    box: tuple[int, int] | None = None
    """Where the search box is, left and top in CSS pixels at 1280 by 800; None: none can be seen."""
    pictures: tuple[Picture, ...] = ()

    def fails(self, *rules: str) -> bool:
        """Whether any of these rules found a fault."""
        return any(rule.id in rules for rule in self.violations)


async def opened(visit: Visit, url: str, times: int) -> tuple[float, ...]:
    """Open a page in the visit's tab, at most so many times; in how many seconds it was drawn, each time.

    Where the browser does not tell when a page was drawn, it is not opened for that again. Raises playwright's `Error`,
    and `Refused` by the guard.
    """
    drawn = list[float]()
    for _ in range(times):
        page = await visit.open(url)
        await visit.settled(page, "", UNCHANGED)
        visit.complain()
        milliseconds = await page.evaluate(asking("drawn()"))
        if milliseconds is None:
            break
        drawn.append(round(float(milliseconds) / 1000, 3))
    return tuple(drawn)


async def examine(visit: Visit, url: str, drawn: tuple[float, ...] = ()) -> Examined:
    """Examine the page that was opened in the visit's tab. Raises playwright's `Error`, and `Refused` by the guard."""
    page = visit.page
    banner = await refuse(page)
    session = await page.context.new_cdp_session(page)  # without playwright's own words around long scripts and keys
    await session.send("Runtime.evaluate", {"expression": _axe()})
    options, parts, found, focusable, strip = await page.evaluate(
        asking_each("options()", "parts()", f"axe({list(TAGS)!r}, {list(HEADINGS)!r})", "watch_focus()", "mark_strip()")
    )
    contrast = next((one for one in found["violations"] if one["id"] == "color-contrast"), None)
    stops, caught, enlarged = await _walk(page, session, int(focusable))
    await session.detach()
    place = await page.evaluate(asking("place()", "box.js")) if await find(page) else None
    pictures = list[Picture]()
    if strip:
        pictures += await take(page, STRIP, await first(page, "[data-doorstep=strip]"))
    if contrast and (element := await first(page, contrast["nodes"][0]["target"])):
        pictures += await take(page, CONTRAST, element)
    if element := await first(page, "[data-doorstep=unseen]"):
        pictures += await take(page, UNSEEN, element)
    sizes = [await _at(page, size) for size in (_TWICE, _HANDHELD, _REFLOW)]
    if sizes[-1].beyond and await page.evaluate(asking("mark_widest()")):
        pictures += await take(page, WIDE, await first(page, "[data-doorstep=wide]"))
    await _resize(page, _WIDE)
    return Examined(
        url=url,
        axe=str(found["version"])[:20],
        violations=tuple(map(_rule, found["violations"][:200])),
        incomplete=tuple(map(_rule, found["incomplete"][:200])),
        passes=tuple(str(rule)[:60] for rule in found["passes"][:300]),
        reflow=sizes[2],
        twice=sizes[0],
        handheld=sizes[1],
        cut=tuple(map(str, enlarged["cut"])),
        shortened=tuple(map(str, enlarged["meant"])),
        stops=stops,
        caught=caught,
        banner=banner,
        contrast_options=tuple(map(str, options["contrast"])),
        size_options=tuple(map(str, options["size"])),
        media=tuple(map(str, options["media"])),
        title=str(parts["title"]),
        images=int(parts["images"]),
        fields=int(parts["fields"]),
        viewport=bool(parts["viewport"]),
        drawn=drawn,
        box=(int(place[0]), int(place[1])) if place else None,
        pictures=tuple(pictures),
    )


def pictured_once(pages: Sequence[Examined]) -> tuple[Examined, ...]:
    """The pages with one picture of each kind among them, on the first page that has it: a second shows no more."""
    shown = set[str]()
    kept = []
    for one in pages:
        new = tuple(picture for picture in one.pictures if picture.shows not in shown)
        shown |= {picture.shows for picture in new}
        kept.append(replace(one, pictures=new))
    return tuple(kept)


@cache
def _axe() -> str:
    """Its script, other than ASCII characters as JavaScript's escapes: the browser reads it in half the time."""
    script = files("probes.web").joinpath("axe", "axe.min.js").read_text("utf-8")
    return re.sub(r"[^\x00-\x7f]", lambda one: f"\\u{ord(one[0]):04x}", script)


def _rule(told: Mapping[str, Any]) -> Rule:
    nodes = tuple({key: str(node[key]) for key in ("target", "html")} for node in told["nodes"])
    return Rule(str(told["id"])[:60], str(told["impact"])[:20], told["help"], told["url"], int(told["count"]), nodes)


async def _walk(page: Page, session: CDPSession, focusable: int) -> tuple[tuple[Stop, ...], str, Mapping[str, Any]]:
    """Press Tab through the page as somebody without a mouse does; and then, what text is cut off when enlarged."""
    presses = min(STOPS, focusable + 1)
    pressed = [
        session.send("Input.dispatchKeyEvent", {"type": how, **_TAB}) for how in presses * ("rawKeyDown", "keyUp")
    ]
    await asyncio.gather(*pressed)  # they arrive in their order; playwright would wait for each
    told, enlarged, moved = await page.evaluate(asking_each("stops()", "enlarged()", "moved()"))
    stops = tuple(Stop(str(one["name"]), bool(one["seen"])) for one in told[:STOPS] if one["known"])
    stuck = presses > len(told) + 1 and focusable > len(told)
    caught = await _caught(page) if stuck or moved else ""
    return stops, caught, enlarged


async def _caught(page: Page) -> str:
    """What keeps the focus however often Tab is pressed, or takes it back; "" when nothing does."""
    before = ""
    for _ in range(_CAUGHT):
        await page.keyboard.press("Tab")
        now = str(await page.evaluate(asking("holder()")))
        if not now or (before and now != before):
            return ""
        before = now
    return before


async def _at(page: Page, size: tuple[int, int]) -> Overflow:
    await _resize(page, size)
    told = await page.evaluate(asking("overflow()"))
    return Overflow(int(told["beyond"]), tuple(map(str, told["what"])))


async def _resize(page: Page, size: tuple[int, int]) -> None:
    await page.set_viewport_size({"width": size[0], "height": size[1]})


LONGEST = ANSWER / 1000 * 3
"""Real seconds for one page, the guard's pace apart."""
