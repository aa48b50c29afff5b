"""One visit to one site, step by step: read the pages, follow the A to Z, try the search, keep the evidence.

Only the order of things is decided here; each step is in a module of its own.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from urllib.parse import urlsplit

from probes import Archive, Errand
from probes.clock import Clock
from probes.guard import Effect, Guard
from probes.http import httpx
from probes.web import (
    accessibility,
    atoz,
    contact,
    documents,
    doubt,
    health,
    landing,
    links,
    numbers,
    results_page,
    scent,
    search,
    standards,
    statement,
    task_map,
    tasks,
    top_tasks,
)
from probes.web.atoz import AToZ
from probes.web.browser import Chromium, Gate, Home, NoSearch, SearchForbidden
from probes.web.crawl import Crawler, NotWelcome, SiteUnreachable
from probes.web.pages import Site
from probes.web.reading import Reading, not_known
from probes.web.results_page import Typed
from probes.web.search import NotSearched, Searched
from probes.web.shelf import Shelf
from probes.web.top_tasks import Task
from results.calendar import LONDON
from results.schema import Consent, Enquiry, Evidence, Failure, Moment, Observation, Why

_SHEETS = 3  # pages of results that are looked at for the principal enquiry; for the other words, the first

FACTS: dict[str, str] = {
    **links.FACTS,
    **contact.FACTS,
    **numbers.FACTS,
    **atoz.FACTS,
    **search.FACTS,
    **tasks.FACTS,
    **landing.FACTS,
    **health.FACTS,
    **standards.FACTS,
    **statement.FACTS,
    **documents.FACTS,
    **accessibility.FACTS,
}
"""Every fact that a visit writes, with its meaning."""


@dataclass(frozen=True)
class Tools:
    """What a visit works with. `chromium` None: this machine has no browser. `shelf` None: no page is kept."""

    guard: Guard
    archive: Archive
    clock: Clock
    client: httpx.AsyncClient
    chromium: Chromium | None
    shelf: Shelf | None = None


@dataclass(frozen=True)
class _Tried:
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


async def visit(tools: Tools, errand: Errand) -> Observation:
    """Make the visit. Raises `probes.guard.Refused`."""
    began = tools.clock.now()
    consent = errand.organisation.consent
    hosts = consent.hosts if consent else (urlsplit(errand.target).netloc.lower(),)  # the guard refuses without
    who = (errand.organisation.id, errand.shop, hosts)
    crawler = Crawler(tools.client, tools.guard, tools.clock, *who, shelf=tools.shelf)
    try:
        site = await crawler.crawl(errand.target)
    except SiteUnreachable as why:
        return await _unreachable(tools, errand, began, str(why))
    except NotWelcome as why:
        return await _not_measured(tools, errand, began, str(why))
    az, site = await _follow_a_to_z(crawler, site, errand.enquiries)
    gate = _gate(tools, errand, crawler, consent, frozenset(hosts))
    tried = await _search(tools, errand, crawler, site, gate)
    if tried.searches is not None:
        site = await crawler.also(site, _first_results(tried.searches.values()))
    site = await _follow_the_words(crawler, site, top_tasks.of_tier(errand.organisation.tier))
    today = tools.clock.now().astimezone(LONDON).date()
    ways = await asyncio.to_thread(top_tasks.find, site, top_tasks.of_tier(errand.organisation.tier))
    reading = await asyncio.to_thread(_read, site, az, tried, errand)  # a telephone call may be in progress
    reading |= await asyncio.to_thread(tasks.read, site, errand.organisation.tier, ways, today)
    reading |= await asyncio.to_thread(landing.read, site, ways)
    reading |= health.read(site, {url: await crawler.way(url) for url in health.variants(errand.target)})
    reading |= await asyncio.to_thread(statement.read, site, today)
    reading |= doubt.read(site, reading)
    reading |= await _documents(crawler, site)
    reading |= await _examine(tools, errand, site, gate, tried)
    picture = task_map.draw(site.home, ways, today)
    return await _observation(tools, errand, began, reading, site, tried, picture)


# ------------------------------------------------------------------------------------------------ the steps


async def _follow_a_to_z(crawler: Crawler, site: Site, enquiries: tuple[Enquiry, ...]) -> tuple[AToZ | None, Site]:
    """The A to Z, and the site with the pages of its letters and of the entries that the enquiries lead to."""
    az = await asyncio.to_thread(atoz.find, site)
    if az is None:
        return None, site
    site = await crawler.also(site, atoz.letter_pages(az))
    listed = await asyncio.to_thread(atoz.entries, site, az)
    return az, await crawler.also(site, [entry.url for entry in atoz.wanted(listed, enquiries)])


async def _follow_the_words(crawler: Crawler, site: Site, wanted: Sequence[Task]) -> Site:
    """The site with the pages read on which somebody comes who follows the words to each task."""
    for _ in range(scent.PATIENCE):
        unread = await asyncio.to_thread(top_tasks.unread, site, wanted)
        known = len(site.pages)
        site = await crawler.also(site, unread)
        if len(site.pages) == known:
            break
    return site


def _gate(tools: Tools, errand: Errand, crawler: Crawler, consent: Consent | None, hosts: frozenset[str]) -> Gate:
    async def permit(url: str) -> None:
        async with tools.guard.permit(Effect("page", errand.organisation.id, url, errand.shop)):
            pass  # pages may overlap, so there is nothing to hold

    async def may_search(url: str) -> bool:
        if consent is not None and consent.site_search:
            return True
        try:
            return await crawler.may_read(url)
        except NotWelcome:
            return False

    return Gate(hosts, permit, may_search, consent.limits.seconds_between_pages if consent else 0.0)


async def _search(tools: Tools, errand: Errand, crawler: Crawler, site: Site, gate: Gate) -> _Tried:
    page = site.page(site.home)
    raw_box = page is not None and await asyncio.to_thread(results_page.has_box, page.html)
    if tools.chromium is None:
        return _Tried(_unsearched(raw_box, search.NO_BROWSER))
    try:
        home = await tools.chromium.home(gate, site.home)
    except NoSearch as why:
        return _Tried(_unsearched(raw_box, str(why)))
    except SearchForbidden:
        return _Tried(_unsearched(raw_box, search.FORBIDDEN))
    if not (home.has_box or raw_box):
        none = not_known(search.BY_SEARCHING, Why.NOT_APPLICABLE, "the home page has no search box")
        return _Tried(none | Reading({"web.search.home": False}), home=home)
    searches, answer, patient = dict[str, Searched | NotSearched](), None, True
    for words in dict.fromkeys(words for one in errand.enquiries for words in (one.search, *one.everyday_words)):
        try:
            typed = await _type(tools.chromium, gate, site.home, words, 1 if answer else _SHEETS, patient)
        except SearchForbidden:
            forbidden = not_known(search.BY_SEARCHING, Why.PROBE_FAULT, search.FORBIDDEN)
            return _Tried(forbidden | Reading({"web.search.home": True}), home=home)
        except NoSearch as why:
            searches[words], patient = NotSearched(words, str(why)), False
        else:
            answer = answer or typed
            patient = patient and _came(typed)
            searches[words] = await asyncio.to_thread(search.searched, words, typed)
    wrong, nothing = None, None
    if answer is not None and _came(answer):
        wrong = await _once(tools.chromium, gate, site.home, search.misspelt(errand.enquiry.search))
        nothing = await _once(tools.chromium, gate, site.home, search.NONSENSE)
    return _Tried(searches=searches, home=home, answer=answer, wrong=wrong, nothing=nothing)


async def _once(chromium: Chromium, gate: Gate, home: str, words: str) -> Typed | None:
    try:
        return await chromium.search(gate, home, words, 1)
    except (NoSearch, SearchForbidden):
        return None


async def _type(chromium: Chromium, gate: Gate, home: str, words: str, sheets: int, patient: bool) -> Typed:
    """Search; `patient`: and once more when it goes wrong, for one slip says nothing."""
    try:
        typed = await chromium.search(gate, home, words, sheets)
    except NoSearch:
        if not patient:
            raise
    else:
        if _came(typed) or not patient:
            return typed
    return await chromium.search(gate, home, words, sheets)


def _came(typed: Typed) -> bool:
    return 0 < typed.status < 400


async def _documents(crawler: Crawler, site: Site) -> Reading:
    """The site's PDFs, and what a few of them say of themselves."""
    linked = await asyncio.to_thread(documents.links, site)
    looked = dict[str, documents.Pdf | None]()
    for url in documents.sample(site, linked):
        content = await crawler.document(url)
        looked[url] = await documents.look_into(content) if content is not None else None
    return documents.read(linked, looked)


async def _examine(tools: Tools, errand: Errand, site: Site, gate: Gate, tried: _Tried) -> Reading:
    """What the browser finds on a sample of the pages that were read."""
    if tools.chromium is None:
        return not_known(accessibility.FACTS, Why.PROBE_FAULT, search.NO_BROWSER)
    if tried.home is None:
        return not_known(accessibility.FACTS, Why.PROBE_FAULT, "not assessed: the browser could not show the home page")
    urls = accessibility.sample(site, errand.enquiries)
    return accessibility.read(urls[0], await tools.chromium.examine(gate, urls))


def _unsearched(raw_box: bool, reason: str) -> Reading:
    """No search was possible. Without a box in the HTML, a script may draw one: only a browser can tell."""
    if raw_box:
        return not_known(search.BY_SEARCHING, Why.PROBE_FAULT, reason) | Reading({"web.search.home": True})
    return not_known(search.FACTS, Why.PROBE_FAULT, reason)


def _first_results(searches: Iterable[Searched | NotSearched]) -> list[str]:
    return [result.url for got in searches if isinstance(got, Searched) for result in got.results[:3]]


def _read(site: Site, az: AToZ | None, tried: _Tried, errand: Errand) -> Reading:
    """What the pages tell of themselves. Pure."""
    phones, shown = numbers.read(site, (errand.organisation.name, *errand.organisation.aliases))
    searching = tried.reading
    if searching is None:
        found = search.read(site, tried.searches or {}, errand.enquiries)
        beyond = search.beyond(site, tried.wrong, tried.nothing, errand.enquiry)
        searching = found | beyond | Reading({"web.search.home": True})
    return (
        links.read(site)
        | contact.read(site, shown)
        | phones
        | atoz.read(site, az, errand.enquiries, top_tasks.of_tier(errand.organisation.tier))
        | searching
        | search.everywhere(site)
        | standards.read(site, errand.organisation.name)
    )


# ------------------------------------------------------------------------------------------------ what is handed back


async def _observation(
    tools: Tools, errand: Errand, began: dt.datetime, reading: Reading, site: Site, tried: _Tried, picture: str
) -> Observation:
    evidence = [await _seen(tools, errand, reading)]
    evidence.append(await tools.archive.keep("map", "map.svg", "image/svg+xml", picture.encode()))
    page = site.page(site.home)
    if page is not None:
        evidence.append(await tools.archive.keep("page", "home.html", "text/html", page.html.encode()))
    if tried.home is not None and tried.home.picture:
        evidence.append(await tools.archive.keep("screenshot", "home.png", "image/png", tried.home.picture))
    if tried.answer is not None:
        html = tried.answer.pages[0][1].encode()
        evidence.append(await tools.archive.keep("search results", "search.html", "text/html", html))
    return Observation(
        facts={name: reading.facts[name] for name in FACTS},
        unknown=reading.unknown,
        moments={"visit": _moment(tools, began)},
        evidence=tuple(evidence),
        notes=reading.notes,
        versions=_versions(tools),
    )


async def _unreachable(tools: Tools, errand: Errand, began: dt.datetime, why: str) -> Observation:
    """The home page could not be had: a failure of the organisation, and nothing else can be said."""
    sentence = "the home page could not be had, on two tries"
    rest = not_known([name for name in FACTS if name != "web.reached"], Why.NOT_APPLICABLE, sentence)
    reading = rest | Reading({"web.reached": False}, notes=(f"{sentence}: {why}",), where={"problem": why})
    if "certificate" in why:  # which is what a browser tells the resident, at length
        reading |= Reading({"web.https_valid": False})
    return Observation(
        facts={name: reading.facts[name] for name in FACTS},
        unknown=reading.unknown,
        moments={"visit": _moment(tools, began)},
        evidence=(await _seen(tools, errand, reading),),
        notes=reading.notes,
        failure=Failure.SITE_UNREACHABLE,
        versions=_versions(tools),
    )


async def _not_measured(tools: Tools, errand: Errand, began: dt.datetime, why: str) -> Observation:
    reading = not_known(FACTS, Why.PROBE_FAULT, why) | Reading(where={"problem": why})
    return Observation(
        facts=reading.facts,
        unknown=reading.unknown,
        moments={"visit": _moment(tools, began)},
        evidence=(await _seen(tools, errand, reading),),
        error=why,
        versions=_versions(tools),
    )


async def _seen(tools: Tools, errand: Errand, reading: Reading) -> Evidence:
    """What was read and where, as JSON: the grounds of every fact."""
    seen = {
        "site": errand.target,
        "date": f"{tools.clock.now():%d/%m/%Y}",
        "facts": reading.facts,
        "not known": {name: {"why": why, "sentence": text} for name, (why, text) in reading.unknown.items()},
        "seen": reading.where,
        "notes": reading.notes,
    }
    content = json.dumps(seen, indent=1, ensure_ascii=False).encode("utf-8", errors="replace")
    return await tools.archive.keep("web reading", "read.json", "application/json", content)


def _moment(tools: Tools, began: dt.datetime) -> Moment:
    return Moment(lower=began, upper=tools.clock.now(), source="our own clock")


def _versions(tools: Tools) -> dict[str, str]:
    versions = {
        name: version(name) for name in ("httpx2", "phonenumbers", "playwright", "protego", "pypdf", "selectolax")
    }
    if tools.chromium is not None and tools.chromium.version:
        versions["chromium"] = tools.chromium.version
    return versions
