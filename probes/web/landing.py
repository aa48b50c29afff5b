"""How the tasks' pages look from outside and how they read: title, description, reading ease. Pure.

No search engine is asked: what an outside search shows of a page is its title and its description.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from statistics import median

from selectolax.lexbor import LexborHTMLParser

from probes.web.pages import Page, Site, stems, tidy
from probes.web.reading import Reading, not_known, percent
from probes.web.top_tasks import Task, Ways
from results.schema import Why

FACTS = {
    "web.task.google_like": "Percent of the tasks' pages with a title that names them and a description of their own",
    "a11y.readability": "Flesch reading ease of the tasks' pages, the middle one: 60 and above is plain English",
}

VERSION = "Flesch 1948, syllables counted by groups of vowels, version 1"
_FEW = 5
_DESCRIBES = 25  # characters of a description that says anything
_SENTENCES = 5  # of running text, at least, for a page to be measured
_WORDS = 6  # in a line, at least, for it to be running text rather than a label
_VOWELS = re.compile(r"[aeiouy]+")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_END = re.compile(r"[.!?:;]+(?:\s|$)")


def read(site: Site, ways: Sequence[Ways]) -> Reading:
    """The facts about the pages to which the ways lead."""
    pages = {page.url: (way.task, page) for way in ways if way.page and (page := site.page(way.page)) and page.readable}
    if not pages:
        return not_known(FACTS, Why.NOT_APPLICABLE, "no page of a top task was read")
    said = Counter(description(page) for _, page in pages.values())
    faults = {url: why for url, (task, page) in pages.items() if (why := _fault(task, page, said))}
    outside = Reading(
        {"web.task.google_like": percent(len(pages) - len(faults), len(pages))},
        notes=tuple(f"{url} {why}" for url, why in list(faults.items())[:_FEW]),
        where={"titles and descriptions": faults},
    )
    eases = {url: ease for url, (_, page) in pages.items() if (ease := reading_ease(page.text)) is not None}
    if not eases:
        return outside | not_known(["a11y.readability"], Why.NOT_APPLICABLE, "no page has running text to measure")
    measured = {"by": VERSION, "pages": eases}
    return outside | Reading({"a11y.readability": median(eases.values())}, where={"reading ease": measured})


def description(page: Page) -> str:
    """What the page tells a search engine of itself."""
    tree = LexborHTMLParser(page.html)
    node = tree.css_first('meta[name="description" i]') or tree.css_first('meta[property="og:description" i]')
    return tidy(node.attributes.get("content") or "") if node is not None else ""


def reading_ease(text: str) -> float | None:
    """Flesch's reading ease of the running text; None where there is too little. Source: Flesch, 1948.

    206.835 - 1.015 * words / sentences - 84.6 * syllables / words.
    """
    lines = [line.lower() for line in text.split("\n") if len(line.split()) >= _WORDS]
    sentences = sum(max(1, len(_END.findall(line))) for line in lines)
    words = [word for line in lines for word in _WORD.findall(line)]
    if sentences < _SENTENCES or not words:
        return None
    syllables = sum(map(_syllables, words))
    return round(206.835 - 1.015 * len(words) / sentences - 84.6 * syllables / len(words), 1)


def _fault(task: Task, page: Page, said: Counter[str]) -> str | None:
    words = description(page)
    if not (task.named(page.title) or (stems(page.h1) and stems(page.h1) <= stems(page.title))):
        return f"has a title that does not name it: {page.title or 'none'}"
    if len(words) < _DESCRIBES:
        return "has no description"
    return "shares its description with another page" if said[words] > 1 else None


def _syllables(word: str) -> int:
    groups = len(_VOWELS.findall(word))
    silent = word.endswith("e") and not word.endswith(("le", "ee")) and groups > 1
    return max(1, groups - silent)
