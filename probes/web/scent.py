"""Ways through a site: the shortest, and the one that somebody takes who follows the words of the links. Pure.

The walk by information scent (Pirolli and Card, 1999) is a person without a map: of the links not yet tried they take
the one whose words fit best what they came for, and where nothing fits they go back. It draws no lots, so the same
pages give the same walk.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from probes.web.pages import Link, Page, Site, stems

PATIENCE = 12  # clicks, those back included, after which somebody has given up
_ENOUGH = 0.24  # the least fit that makes anybody click
_NEARBY = 0.6  # how much the words of a part of the site weigh beside those of the thing itself
_GENERAL = 0.25
_SURE = 3.0
_WAYS_IN = re.compile(
    r"(?:all |our |browse |council |the )*(?:a ?(?:-|–|to) ?z(?: of services)?|services?|residents?"
    r"|(?:more|online) services|site ?map|menu|more|find a service|i want to)",
    re.IGNORECASE,
)
_LETTER = 0.3
_FILE = re.compile(r"\.(?:pdf|docx?|xlsx?|csv|zip|rtf|odt)$", re.IGNORECASE)
_SAYS_NOTHING = frozenset({"us", "it", "i", "do", "my", "me", "page", "home", "here", "more", "information"})
BACK = "(back)"


class Step(NamedTuple):
    """One click: the words of the link, or `BACK`, and where it led."""

    words: str
    url: str


@dataclass(frozen=True)
class Walk:
    """How somebody fared. `unread`: the walk stands before a page that has not been read yet."""

    steps: tuple[Step, ...]
    found: bool
    unread: str | None = None

    @property
    def clicks(self) -> int:
        """Clicks, those back included."""
        return len(self.steps)

    def lost_at(self, home: str) -> str:
        """Where they turned round for the first time, for there the words had been most promising."""
        turned = [before.url for before, step in zip(self.steps, self.steps[1:], strict=False) if step.words == BACK]
        return turned[0] if turned else (self.steps[-1].url if self.steps else home)


Arrives = Callable[[Link], bool]
"""Whether a link's own words, or the page that it leads to, are what somebody came for."""


def shortest(site: Site) -> Mapping[str, tuple[Step, ...]]:
    """For each page that can be reached, the links that lead to it from the home page: fewest clicks, first found."""
    start = site.page(site.home)
    if start is None or not start.readable:
        return {}
    ways: dict[str, tuple[Step, ...]] = {start.url: ()}
    queue = deque([start])
    while queue:
        page = queue.popleft()
        for link in page.links:
            target = site.page(link.url)
            if target is not None and target.readable and target.url not in ways:
                ways[target.url] = (*ways[page.url], Step(link.text, target.url))
                queue.append(target)
    return ways


def follow(site: Site, words: tuple[str, ...], near: tuple[str, ...], arrives: Arrives) -> Walk:
    """Walk from the home page to what `words` say, as somebody who does not know the site."""
    here = site.page(site.home)
    if here is None or not here.readable:
        return Walk((), found=False)
    behind: list[Page] = []
    seen, steps = {here.url}, list[Step]()
    while len(steps) < PATIENCE:
        link = _best(site, here, seen, words, near, arrives)
        if link is None:
            if not behind:
                break
            here = behind.pop()
            steps.append(Step(BACK, here.url))
            continue
        target = site.page(link.url)
        url = target.url if target is not None else link.url
        seen |= {link.url, url}
        if arrives(link):
            return Walk((*steps, Step(link.text, url)), found=True)
        if _not_read(site, link.url):
            return Walk(tuple(steps), found=False, unread=link.url)
        steps.append(Step(link.text, url))
        if target is not None and target.readable:
            behind.append(here)
            here = target
        else:
            steps.append(Step(BACK, here.url))  # a dead link, or a file
    return Walk(tuple(steps), found=False)


def fit(text: str, words: tuple[str, ...], near: tuple[str, ...]) -> float:
    """How well the words of a link fit what somebody came for: 0 not at all, 1 quite the same words."""
    there, plain = _stems(text), text.lower()
    if len(plain) == 1:
        return _LETTER if any(plain == one[0].lower() for one in words) else 0.0
    own = max((_alike(_stems(one), there) for one in words), default=0.0)
    around = max((1.0 if plain == one else _alike(_stems(one), there) for one in near), default=0.0)
    general = _GENERAL if _WAYS_IN.fullmatch(plain[:60]) else 0.0
    return max(own, _NEARBY * around, general)


def _best(
    site: Site, page: Page, seen: set[str], words: tuple[str, ...], near: tuple[str, ...], arrives: Arrives
) -> Link | None:
    """The untried link that fits best. Of links alike the page's own go before the template's, then the first."""
    best, most = None, _ENOUGH
    for link, own in _untried(site, page, seen):
        scent = fit(link.text, words, near)
        if scent > 0 and arrives(link):
            scent = _SURE
        scent += 0.01 * own
        if scent > most:
            best, most = link, scent
    return best


def _untried(site: Site, page: Page, seen: set[str]) -> Iterator[tuple[Link, bool]]:
    for link in page.links:
        target = site.page(link.url)
        if link.url not in seen and (target is None or target.url not in seen):
            yield link, link not in site.furniture


def is_file(url: str) -> bool:
    """Whether an address is a document's rather than a page's."""
    return bool(_FILE.search(urlsplit(url).path))


def _not_read(site: Site, url: str) -> bool:
    """Whether a page of the site's own was not read, be it for robots.txt, which keeps no resident out."""
    return site.own(url) and site.page(url) is None and not site.failed(url) and not is_file(url)


def _alike(wanted: frozenset[str], there: frozenset[str]) -> float:
    """Dice's coefficient of the telling words."""
    return 2 * len(wanted & there) / (len(wanted) + len(there)) if wanted and there else 0.0


@lru_cache(maxsize=20_000)
def _stems(text: str) -> frozenset[str]:
    return stems(text) - _SAYS_NOTHING
