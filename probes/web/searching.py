"""The search of one site tried with the words of its enquiries, in the browser. What it is worth is `search`'s."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from probes.web import results_page, search
from probes.web.browser import Chromium, Gate, Home, NoSearch, SearchForbidden
from probes.web.pages import Site
from probes.web.reading import Reading, not_known
from probes.web.results_page import Typed
from probes.web.search import NotSearched, Searched
from results.schema import Enquiry, Why

_SHEETS = 3  # pages of results that are looked at for the principal enquiry; for the other words, the first


@dataclass(frozen=True)
class Tried:
    """What became of the search. `home` is what the browser showed of the home page, if it could."""

    reading: Reading | None = None
    searches: dict[str, Searched | NotSearched] | None = None
    home: Home | None = None
    answer: Typed | None = None
    """What the principal enquiry's words brought, for the evidence."""
    wrong: Typed | None = None
    """What they brought when misspelt."""
    nothing: Typed | None = None
    """What a word brought that no page has."""


async def open_home(chromium: Chromium | None, gate: Gate, site: Site) -> Home | str:
    """The home page as the browser shows it, or why it does not."""
    if chromium is None:
        return search.NO_BROWSER
    try:
        return await chromium.home(gate, site.home)
    except NoSearch as why:
        return str(why)
    except SearchForbidden:
        return search.FORBIDDEN


async def try_search(
    chromium: Chromium | None, enquiries: tuple[Enquiry, ...], site: Site, gate: Gate, home: Home | str
) -> Tried:
    """Search for the words of every enquiry, for one of them misspelt, and for a word that no page has.

    Raises `probes.guard.Refused`.
    """
    page = site.page(site.home)
    raw_box = page is not None and await asyncio.to_thread(results_page.has_box, page.html)
    if chromium is None or isinstance(home, str):
        return Tried(_unsearched(raw_box, str(home)))
    if not (home.has_box or raw_box):
        if home.elsewhere and results_page.speaks_of_search(home.html):
            hosts = ", ".join(sorted(home.elsewhere)[:3])
            sentence = f"the search may be drawn by scripts from {hosts}, which nobody has agreed to"
            return Tried(not_known(search.FACTS, Why.NEEDS_REVIEW, sentence), home=home)
        none = not_known(search.BY_SEARCHING, Why.NOT_APPLICABLE, "the home page has no search box")
        return Tried(none | Reading({"web.search.home": False}), home=home)
    principal = enquiries[0]
    searches, answer, patient = dict[str, Searched | NotSearched](), None, True
    for words in dict.fromkeys(words for one in enquiries for words in (one.search, *one.everyday_words)):
        try:
            right = principal.answer_key.page if words == principal.search else ""
            typed = await _type(chromium, gate, site.home, words, 1 if answer else _SHEETS, patient, right)
        except SearchForbidden:
            forbidden = not_known(search.BY_SEARCHING, Why.PROBE_FAULT, search.FORBIDDEN)
            return Tried(forbidden | Reading({"web.search.home": True}), home=home)
        except NoSearch as why:
            searches[words], patient = NotSearched(words, str(why)), False
        else:
            answer = answer or typed
            patient = patient and _came(typed)
            searches[words] = await asyncio.to_thread(search.searched, words, typed)
    wrong, nothing = None, None
    if answer is not None and answer.reacted and _came(answer):
        wrong = await _once(chromium, gate, site.home, search.misspelt(enquiries[0].search))
        nothing = await _once(chromium, gate, site.home, search.NONSENSE)
    return Tried(searches=searches, home=home, answer=answer, wrong=wrong, nothing=nothing)


async def _once(chromium: Chromium, gate: Gate, home: str, words: str) -> Typed | None:
    try:
        return await chromium.search(gate, home, words, 1)
    except (NoSearch, SearchForbidden):
        return None


async def _type(chromium: Chromium, gate: Gate, home: str, words: str, sheets: int, patient: bool, right: str) -> Typed:
    """Search; `patient`: and once more when it goes wrong, for one slip says nothing."""
    try:
        typed = await chromium.search(gate, home, words, sheets, right)
    except NoSearch:
        if not patient:
            raise
    else:
        if _came(typed) or not patient:
            return typed
    return await chromium.search(gate, home, words, sheets, right)


def _came(typed: Typed) -> bool:
    return 0 < typed.status < 400


def _unsearched(raw_box: bool, reason: str) -> Reading:
    """No search was possible. Without a box in the HTML, a script may draw one: only a browser can tell."""
    if raw_box:
        return not_known(search.BY_SEARCHING, Why.PROBE_FAULT, reason) | Reading({"web.search.home": True})
    return not_known(search.FACTS, Why.PROBE_FAULT, reason)
