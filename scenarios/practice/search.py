"""A practice website's own search, as good or as poor as its council's file says. Pure.

Drawing the results is the templates'. What is sought is hostile: it is cut to a hundred characters and a dozen words.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from scenarios.practice.council import Search

MINUTES = 300  # pages of minutes, which mention everything and answer nothing
_FIRST_MEETING = dt.date(2020, 1, 7)
_STOP = frozenset(
    "a an and at by do for from how i in is it my of on or our the to what when where which your".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Entry:
    """What the search knows of a page."""

    title: str
    path: str
    everyday: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Hit:
    """One result."""

    title: str
    path: str
    summary: str


def results(settings: Search, entries: Sequence[Entry], query: str) -> tuple[Hit, ...]:
    """All results for a query, in order: the page that fits best stands at the rank that the council's file gives."""
    words = _words(query)
    scores = _scores(settings, entries, words)
    if not scores and settings.forgives_misspelling:
        scores = _scores(settings, entries, _corrected(entries, words))
    if not scores:
        return ()
    best, *others = sorted(scores, key=lambda path: (-scores[path], path))
    by_path = {entry.path: entry for entry in entries}
    minutes = [minutes_page(number, query) for number in range(1, settings.results + 1)]
    found = [Hit(entry.title, entry.path, entry.text) for entry in (by_path[path] for path in others)]
    above, right = minutes[: settings.rank - 1], by_path[best]
    hits = [*above, Hit(right.title, right.path, right.text), *found, *minutes[len(above) :]]
    return tuple(hits[: settings.results])


def rank(hits: Sequence[Hit], path: str) -> int | None:
    """The position of a page among the results, from 1; None when it is not there."""
    return next((position for position, hit in enumerate(hits, 1) if hit.path == path), None)


def minutes_page(number: int, query: str = "") -> Hit:
    """The minutes of the number-th meeting, which mention whatever is sought."""
    day = _FIRST_MEETING + dt.timedelta(weeks=number)
    title = f"Minutes of the meeting of {day.day} {day:%B %Y}"
    return Hit(title, f"/meetings/{number}/", f"Members noted a report which mentioned {query[:100]}.")


def _scores(settings: Search, entries: Sequence[Entry], words: frozenset[str]) -> Mapping[str, int]:
    scores = {}
    for entry in entries:
        everyday = " ".join(entry.everyday) if settings.everyday_words else ""
        title = _words(entry.title)
        in_title = len(words & title)
        score = 8 * in_title + 6 * len(words & _words(everyday)) + len(words & _words(entry.text))
        if score:
            scores[entry.path] = 4 * score - min(3, len(title - words))  # of two that fit alike, the shorter title
    return scores


def _corrected(entries: Sequence[Entry], words: frozenset[str]) -> frozenset[str]:
    vocabulary = sorted({word for entry in entries for word in _words(" ".join((entry.title, *entry.everyday)))})
    close = (difflib.get_close_matches(word, vocabulary, n=1, cutoff=0.8) for word in words if len(word) > 3)
    return frozenset(match for matches in close for match in matches)


@lru_cache(maxsize=8192)
def _words(text: str) -> frozenset[str]:
    """Words without endings that do not matter here; a query's first hundred characters and twelve words."""
    found = re.findall(r"[a-z0-9]+", text[:1000].lower())
    return frozenset(word.removesuffix("s") for word in found if word not in _STOP)
