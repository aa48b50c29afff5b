"""What a site's search is worth: whether it finds the right page, where it stands, and how the results look. Pure.

Typing and pressing Enter is in `browser`; reading the page that answers in `results_page`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

from probes.web import results_page, success
from probes.web.pages import Site, block_text, described
from probes.web.reading import Reading, not_known, percent
from probes.web.results_page import Result, Typed
from results.schema import Enquiry, Why

FACTS = {
    "web.search.home": "Yes/no: a search box on the home page",
    "web.search.found": "Yes/no: the right page is among the results for the principal enquiry",
    "web.search.best_rank": "Count: where the right page stands among the results for the principal enquiry",
    "web.search.results_count": "Count: results for the principal enquiry, as the site says or as they are counted",
    "web.search.first_five": "Percent of the enquiries whose right page is among the first five results",
    "web.search.common_words": "Percent of everyday words that find the right page among the first five results",
    "web.search.structured": "Yes/no: the results have titles and summaries",
    "web.search.every_page": "Yes/no: at least nine in ten of the pages read have a search box, in the same place",
    "web.search.misspelling": "Yes/no: a misspelt word finds the right page in the first five, or its spelling",
    "web.search.zero_help": "Yes/no: where nothing is found, the page says what to do next",
    "web.search.pdf_first": "Yes/no: a PDF stands above the right page for one of the enquiries",
    **success.FACTS,
}
PRINCIPAL = ("web.search.found", "web.search.best_rank", "web.search.results_count", "web.search.structured")
BY_SEARCHING = tuple(name for name in FACTS if name not in ("web.search.home", "web.search.every_page"))
NONSENSE = "qvxzkj"
"""A word that no page has."""
NO_BROWSER = "not assessed: no browser on this machine"
FORBIDDEN = "robots.txt forbids the search and nobody has agreed to it"

_FIRST = 5
_EVERYWHERE = 0.9  # of the pages
_FEWEST_PLACES, _APART = 3, 150  # pages, and CSS pixels: a notice above the header moves it a little
_SUGGESTS = re.compile(
    r"\bdid you mean\b|\bshowing results for\b|\bsearch instead for\b|\bcorrected\b|\bsimilar (?:words|to)\b",
    re.IGNORECASE,
)
_HELPS = re.compile(
    r"\bcheck (?:the |your )?spelling\b|\bA (?:to|-|–) Z\b|\bcontact (?:us|the council)\b|\bbrowse\b|\bdid you mean\b"
    r"|\btry\b[^\n]{0,40}\b(?:words?|terms?|again|searching|different|fewer|another|other)\b|\bsuggest|\bpopular\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Searched:
    """What one search brought. `problem`: a plain sentence when the search failed the resident."""

    words: str
    address: str
    status: int
    results: tuple[Result, ...] = ()
    count: int = 0
    problem: str = ""
    took: tuple[float, float] | None = None
    """Seconds from Enter to the results, at least and at most."""


@dataclass(frozen=True)
class NotSearched:
    """A search that we could not carry out, which says nothing about the site."""

    words: str
    reason: str


def searched(words: str, typed: Typed) -> Searched | NotSearched:
    """What the pages say that a search ended on.

    A page that shows no results and does not say that there are none may be at a loss without the scripts of hosts that
    nobody agreed to, `typed.elsewhere`: it counts as not searched.
    """
    address, status = typed.pages[0][0], typed.status
    if status == 0:
        return Searched(words, address, status, problem="the search brought no answer")
    if status >= 400:
        return Searched(words, address, status, problem=f"the search leads to a page that says {status}")
    for _, html in typed.pages:
        if says := results_page.says_it_failed(typed.before, html):
            return Searched(words, address, status, problem=f"the search leads to a page that says “{says}”")
    lists = [results_page.results(typed.before, html, url) for url, html in typed.pages]
    found = max(lists, key=len)
    html = typed.pages[lists.index(found)][1]
    total = results_page.count(typed.before, html, 0)
    if not found and any(results_page.says_nothing_found(typed.before, html) for _, html in typed.pages):
        return Searched(words, address, status, took=typed.took)
    if not total and results_page.says_nothing_found(typed.before, html):
        return Searched(words, address, status, took=typed.took)
    if not found and typed.elsewhere:
        hosts = ", ".join(sorted(typed.elsewhere)[:3])
        return NotSearched(words, f"the page may need scripts from {hosts}, which nobody has agreed to")
    if not found and not typed.reacted:
        return Searched(words, address, status, problem="nothing happens when Enter or the button is pressed")
    for url, html in typed.further:
        known = {result.url for result in found}
        found += tuple(one for one in results_page.results(typed.before, html, url) if one.url not in known)
    return Searched(words, address, status, found, max(total, len(found)), took=typed.took)


def misspelt(words: str) -> str:
    """The words with the last letter of the first long one written twice, as a hurried hand does: councill tax."""
    first = next((word for word in words.split() if len(word) >= 4), words)
    return words.replace(first, first + first[-1], 1)


def everywhere(site: Site) -> Reading:
    """Whether the search is on every page, as far as the HTML of the pages tells."""
    pages = [page for page in site.readable if not page.cut]
    home = site.page(site.home)
    if home is None or not results_page.has_box(home.html):
        sentence = "the home page's own HTML has no search box; a script may draw one on each page"
        return not_known(["web.search.every_page"], Why.NOT_APPLICABLE, sentence)
    without = [page.url for page in pages if not results_page.has_box(page.html)]
    return Reading(
        {"web.search.every_page": len(without) <= (1 - _EVERYWHERE) * len(pages)},
        where={"pages without a search box": without[:50]},
    )


def same_place(places: Mapping[str, tuple[int, int] | None]) -> Reading:
    """Whether the box stands in one place on the pages that the browser examined, the home page left out.

    `places`: left and top of the box on each page; None where it cannot be seen, which says nothing. Too few pages say
    nothing either.
    """
    seen = {url: place for url, place in places.items() if place is not None}
    where = {"places of the search box": seen}
    if len(seen) < _FEWEST_PLACES:
        return Reading(where=where)
    usual = tuple(sorted(values)[len(seen) // 2] for values in zip(*seen.values(), strict=True))
    away = [url for url, place in seen.items() if max(abs(a - b) for a, b in zip(place, usual, strict=True)) > _APART]
    if not away:
        return Reading(where=where)
    told = (f"the search box is not where it is on other pages: {away[0]}",)
    return Reading({"web.search.every_page": False}, notes=told, where=where)


def beyond(site: Site, wrong: Typed | None, nothing: Typed | None, enquiry: Enquiry) -> Reading:
    """What a misspelt word and a word that no page has brought; None where that was not searched."""
    reading = not_known(["web.search.misspelling", "web.search.zero_help"], Why.PROBE_FAULT, "it was not searched for")
    got: Searched | NotSearched
    if wrong is not None and isinstance(got := searched(misspelt(enquiry.search), wrong), Searched) and not got.problem:
        place = rank(site, got.results, enquiry.answer_key.page)
        forgives = (place is not None and place <= _FIRST) or bool(_SUGGESTS.search(_new_text(wrong)))
        reading |= Reading({"web.search.misspelling": forgives})
    if nothing is not None and isinstance(got := searched(NONSENSE, nothing), Searched) and not got.problem:
        if got.results:
            sentence = f"'{NONSENSE}', a word that no page has, brought results"
            return reading | not_known(["web.search.zero_help"], Why.NOT_APPLICABLE, sentence)
        reading |= Reading({"web.search.zero_help": bool(_HELPS.search(_new_text(nothing)))})
    return reading


def _new_text(typed: Typed) -> str:
    """What the page says that it did not say before the words were typed."""
    before = set(block_text(LexborHTMLParser(typed.before)).split("\n"))
    lines = (line for _, html in typed.pages for line in block_text(LexborHTMLParser(html)).split("\n"))
    return "\n".join(line for line in lines if line not in before)


def _pdf_first(places: list[tuple[Searched, int | None]]) -> Reading:
    listed = [(got, place) for got, place in places if got.results]
    if not listed:
        return not_known(["web.search.pdf_first"], Why.NOT_APPLICABLE, "no search brought results")
    above = [
        got.words for got, place in listed if any(results_page.is_pdf(one) for one in got.results[: (place or 2) - 1])
    ]
    return Reading(
        {"web.search.pdf_first": bool(above)},
        notes=tuple(f"'{words}' shows a PDF above the right page" for words in above),
    )


def standing(site: Site, got: Searched, enquiry: Enquiry) -> str:
    """A caption: where the right page stands among the results, or what went wrong."""
    if got.problem:
        return f"'{got.words}': {got.problem}"
    place = rank(site, got.results, enquiry.answer_key.page)
    if place is None:
        return f"'{got.words}' did not find the right page"
    return f"the right page for '{got.words}' is {_ordinal(place)} of {got.count}"


def rank(site: Site, found: tuple[Result, ...], pattern: str) -> int | None:
    """Where the right page stands, first is 1. A page that was read is judged itself, another by address and title."""
    for place, result in enumerate(found, 1):
        page = site.page(result.url)
        if page.answers(pattern) if page is not None else _may_answer(site, result, pattern):
            return place
    return None


def read(site: Site, searches: Mapping[str, Searched | NotSearched], enquiries: tuple[Enquiry, ...]) -> Reading:
    """The facts about the search, from what each of the words brought. Words that were not searched count nowhere."""
    places: list[tuple[Searched, int | None]] = []
    official, everyday = list[int | None](), list[int | None]()
    for enquiry in enquiries:
        for words in (enquiry.search, *enquiry.everyday_words):
            if isinstance(got := searches[words], Searched):
                place = rank(site, got.results, enquiry.answer_key.page)
                places.append((got, place))
                (official if words == enquiry.search else everyday).append(place)
    missed = [got for got in searches.values() if isinstance(got, NotSearched)]
    reading = Reading(
        notes=(
            *(_sentence(*one) for one in places),
            *(f"'{got.words}' was not searched: {got.reason}" for got in missed),
        ),
        where={"searches": [_listed(*one) for one in places]},
    )
    reason = missed[0].reason if missed else ""
    return (
        reading
        | _principal(site, searches[enquiries[0].search], enquiries[0])
        | _first_five("web.search.first_five", official, reason)
        | _first_five("web.search.common_words", everyday, reason)
        | _pdf_first(places)
        | success.ranked(official, reason)
        | success.works([got.problem for got in searches.values() if isinstance(got, Searched)], reason)
        | success.timed([got.took for got in searches.values() if isinstance(got, Searched) and got.took])
    )


def _principal(site: Site, got: Searched | NotSearched, enquiry: Enquiry) -> Reading:
    if isinstance(got, NotSearched):
        return not_known(PRINCIPAL, Why.PROBE_FAULT, got.reason)
    count = Reading({"web.search.results_count": got.count})
    return count | _best(got, rank(site, got.results, enquiry.answer_key.page)) | _structure(got)


def _first_five(name: str, places: list[int | None], reason: str) -> Reading:
    if places:
        good = sum(1 for place in places if place is not None and place <= _FIRST)
        return Reading({name: percent(good, len(places))})
    if reason:
        return not_known([name], Why.PROBE_FAULT, reason)
    return not_known([name], Why.NOT_APPLICABLE, "the enquiries have no everyday words")


def _best(got: Searched, place: int | None) -> Reading:
    if place is None:
        there = (
            f"the right page was not among the {_looked_at(got)}" if got.results else "the search brought no results"
        )
        return Reading({"web.search.found": False}) | not_known(["web.search.best_rank"], Why.NOT_APPLICABLE, there)
    return Reading({"web.search.found": True, "web.search.best_rank": place})


def _looked_at(got: Searched) -> str:
    return (
        f"first {len(got.results)} of {got.count} results" if len(got.results) < got.count else f"{got.count} results"
    )


def _structure(got: Searched) -> Reading:
    if not got.results:
        return not_known(["web.search.structured"], Why.NOT_APPLICABLE, "the search brought no results")
    good = sum(1 for result in got.results if len(result.summary) >= 20 and not result.title.startswith("http"))
    return Reading({"web.search.structured": 2 * good >= len(got.results)})


def _sentence(got: Searched, place: int | None) -> str:
    if got.problem:
        return f"'{got.words}': {got.problem}"
    if not got.results:
        return f"'{got.words}' brought no results"
    if place is None:
        return f"'{got.words}' did not find the right page among the {_looked_at(got)}"
    return f"'{got.words}' found the right page {_ordinal(place)} of {got.count}"


def _listed(got: Searched, place: int | None) -> dict[str, object]:
    return {
        "words": got.words,
        "address": got.address,
        "status": got.status,
        "count": got.count,
        "rank of the right page": place,
        "results": [(result.title, result.url) for result in got.results[:50]],
        "problem": got.problem,
        "seconds": got.took,
    }


def _ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _may_answer(site: Site, result: Result, pattern: str) -> bool:
    return not site.failed(result.url) and described(pattern, result.url, result.title)
