"""Tells that a page is one that was read already, at another address. Pure."""

from __future__ import annotations

import re
from operator import attrgetter
from urllib.parse import urlsplit

from probes.web.pages import Page

_INDEX = re.compile(r"/(?:index|default|home)\.(?:html?|php|aspx?|jsp|cfm)$|/$", re.IGNORECASE)
_NAME = attrgetter("text")
_SESSION = re.compile(r";[^/?]{0,200}|/\([SX]\([^)/]{0,100}\)\)")


class Copies:
    """The pages read so far, by what makes two of them likely to be one."""

    def __init__(self) -> None:
        self._first: dict[object, Page] = {}

    def original(self, page: Page) -> Page | None:
        """The page that this one is a copy of; None where it is new, and then it is remembered.

        They are the same when they read the same. Two that name one address as theirs (link rel=canonical) may differ
        in the words, as by the hour of the day, as long as their links have the same names. A site that gives all its
        pages the home page's address is not believed.
        """
        names = tuple(map(_NAME, page.links))
        alike, named = (_place(page.url), page.title, page.h1, hash(names)), page.canonical or page.url
        for key in (alike, named):
            first = self._first.get(key)
            if first is not None and first.url != page.url and _same(first, page, named, names):
                return first
        self._first.setdefault(alike, page)
        self._first.setdefault(named, page)
        return None


def _same(first: Page, page: Page, named: str, names: tuple[str, ...]) -> bool:
    if (first.title, first.h1) != (page.title, page.h1):
        return False
    if (first.canonical or first.url) == named and tuple(map(_NAME, first.links)) == names and len(names) > 1:
        return True
    return first.text == page.text


def _place(url: str) -> str:
    """Host and path, in the spellings that servers mostly take for one."""
    parts = urlsplit(url)
    path = _SESSION.sub("", parts.path)
    return parts.netloc.removeprefix("www.") + _INDEX.sub("", path).lower()
