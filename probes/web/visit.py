"""One visit to one site, step by step: read the pages, follow the A to Z, try the search, keep the evidence.

Only the order of things is decided here; each step is in a module of its own.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
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
    by_script,
    contact,
    documents,
    doubt,
    frames,
    health,
    landing,
    links,
    numbers,
    personal,
    scent,
    search,
    standards,
    statement,
    task_map,
    tasks,
    top_tasks,
)
from probes.web.atoz import AToZ
from probes.web.browser import Chromium, Drawing, Gate, Home
from probes.web.crawl import Crawler, NotWelcome, SiteUnreachable
from probes.web.pages import Site
from probes.web.picture import Picture
from probes.web.reading import Reading, not_known
from probes.web.search import NotSearched, Searched
from probes.web.searching import Tried, open_home, try_search
from probes.web.shelf import Shelf
from probes.web.top_tasks import Task
from results.calendar import LONDON
from results.schema import Consent, Enquiry, Evidence, Failure, Moment, Observation, Why

_PICTURES = 8  # of one visit, at most

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
    **by_script.FACTS,
}
"""Every fact that a visit writes, with its meaning."""


_ON_PAGES = tuple(
    name
    for name in FACTS
    if name not in {"web.reached", "web.pages_read", *search.BY_SEARCHING, *accessibility.FACTS, *health.FACTS}
)
"""The facts that are read on pages: of a site that scripts draw, nobody knows them without a browser."""


@dataclass(frozen=True)
class Tools:
    """What a visit works with. `chromium` None: this machine has no browser. `shelf` None: no page is kept."""

    guard: Guard
    archive: Archive
    clock: Clock
    client: httpx.AsyncClient
    chromium: Chromium | None
    shelf: Shelf | None = None


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
    gate = _gate(tools, errand, crawler, consent, frozenset(hosts))
    wanted = top_tasks.of_tier(errand.organisation.tier)
    home = await open_home(tools.chromium, gate, site)
    async with tools.chromium.drawing(gate) if tools.chromium else nullcontext() as drawing:
        site, scripted = await _drawn(crawler, site, home, drawing)
        az, site = await _follow_a_to_z(crawler, site, errand.enquiries, wanted)
        tried = await try_search(tools.chromium, errand.enquiries, site, gate, home)
        if tried.searches is not None:
            site = await crawler.also(site, _first_results(tried.searches.values()))
        site = await _follow_the_words(crawler, site, wanted)
    site = frames.joined(site)
    today = tools.clock.now().astimezone(LONDON).date()
    ways = await asyncio.to_thread(top_tasks.find, site, wanted)
    reading = await asyncio.to_thread(_read, site, az, tried, errand)  # a telephone call may be in progress
    reading |= await asyncio.to_thread(tasks.read, site, errand.organisation.tier, ways, today)
    reading |= await asyncio.to_thread(landing.read, site, ways)
    reading |= await asyncio.to_thread(statement.read, site, today)
    reading |= await _documents(crawler, site)
    reading |= scripted
    reading |= health.read(site, {url: await crawler.way(url) for url in health.variants(errand.target)})
    reading |= doubt.read(site, reading)
    examined, pictures = await _examine(tools, errand, site, gate, home)
    shown = _captions(tools, errand, site, tried, pictures)
    ways_drawn = task_map.draw(site.home, ways, today)
    return await _observation(tools, errand, began, reading | examined, site, tried, shown, ways_drawn)


# ------------------------------------------------------------------------------------------------ the steps


async def _follow_a_to_z(
    crawler: Crawler, site: Site, enquiries: tuple[Enquiry, ...], wanted: Sequence[Task]
) -> tuple[AToZ | None, Site]:
    """The A to Z, and the site with the pages of its letters and of the entries that somebody would try."""
    az = await asyncio.to_thread(atoz.find, site)
    if az is None:
        return None, site
    site = await crawler.also(site, atoz.letter_pages(az))
    listed = await asyncio.to_thread(atoz.entries, site, az)
    return az, await crawler.also(site, [entry.url for entry in atoz.wanted(listed, enquiries, wanted)])


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

    pace = consent.limits.seconds_between_pages if consent else 0.0
    return Gate(hosts, permit, may_search, pace, tools.clock.stopwatch)


async def _drawn(crawler: Crawler, site: Site, home: Home | str, drawing: Drawing | None) -> tuple[Site, Reading]:
    """The site, read through the browser where scripts draw its pages, and what is to be said of that."""
    if drawing is None or isinstance(home, str):
        return site, by_script.without_browser(site, _ON_PAGES, str(home))
    pages = by_script.sample(site)
    rendered = [(page, await drawing(page.url, page.html)) for page in pages]
    scripted = await asyncio.to_thread(by_script.drawn, site, rendered)
    if scripted:
        site = await crawler.drawn(site, drawing)
    return site, by_script.read(scripted)


async def _examine(
    tools: Tools, errand: Errand, site: Site, gate: Gate, home: Home | str
) -> tuple[Reading, tuple[Picture, ...]]:
    """What the browser finds on a sample of the pages that were read, and pictures of the worst."""
    if tools.chromium is None:
        return not_known(accessibility.FACTS, Why.PROBE_FAULT, search.NO_BROWSER), ()
    if isinstance(home, str):
        sentence = "not assessed: the browser could not show the home page"
        return not_known(accessibility.FACTS, Why.PROBE_FAULT, sentence), ()
    sample = accessibility.sample(site, errand.enquiries)
    first, *others = sample
    examined = await tools.chromium.examine(gate, [first, *others])
    reading = accessibility.read(first, examined, sample)
    if home.has_box:
        reading |= search.same_place({one.url: one.box for one in examined if one.url in others and not one.problem})
    return reading, tuple(picture for one in examined for picture in one.pictures)


async def _documents(crawler: Crawler, site: Site) -> Reading:
    """The site's PDFs, and what a few of them say of themselves."""
    linked = await asyncio.to_thread(documents.links, site)
    looked = dict[str, documents.Pdf | None]()
    for url in documents.sample(site, linked):
        content = await crawler.document(url)
        looked[url] = await documents.look_into(content) if content is not None else None
    return documents.read(linked, looked)


def _captions(
    tools: Tools, errand: Errand, site: Site, tried: Tried, further: Iterable[Picture]
) -> tuple[tuple[str, Picture], ...]:
    """The pictures of a visit with what each shows, and where, and when."""
    pictures = [
        *(tried.home.pictures if tried.home else ()),
        *(tried.answer.pictures if tried.answer else ()),
        *further,
    ]
    got = (tried.searches or {}).get(errand.enquiry.search)
    at = f"{tools.clock.now().astimezone(LONDON):%d/%m/%Y %H:%M}"
    told = []
    for one in pictures[:_PICTURES]:
        shows = one.shows
        if isinstance(got, Searched) and one in (tried.answer.pictures if tried.answer else ()):
            shows = search.standing(site, got, errand.enquiry)
        told.append((f"{shows[:80]}, {one.url[:90]}, {at}", one))
    return tuple(told)


def _first_results(searches: Iterable[Searched | NotSearched]) -> list[str]:
    return [result.url for got in searches if isinstance(got, Searched) for result in got.results[:3]]


def _read(site: Site, az: AToZ | None, tried: Tried, errand: Errand) -> Reading:
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
        | _a_to_z(site, az, errand)
        | searching
        | search.everywhere(site)
        | standards.read(site, errand.organisation.name)
    )


def _a_to_z(site: Site, az: AToZ | None, errand: Errand) -> Reading:
    its = errand.organisation
    return atoz.read(site, az, errand.enquiries, top_tasks.of_tier(its.tier), in_wales=its.nation == "Wales")


# ------------------------------------------------------------------------------------------------ what is handed back


async def _observation(
    tools: Tools,
    errand: Errand,
    began: dt.datetime,
    reading: Reading,
    site: Site,
    tried: Tried,
    shown: Sequence[tuple[str, Picture]],
    map_of_tasks: str,
) -> Observation:
    listed = Reading(where={"pictures": [{"shows": one.shows, "caption": caption} for caption, one in shown]})
    evidence = [await _seen(tools, errand, reading | listed)]
    evidence.append(await tools.archive.keep("map", "map.svg", "image/svg+xml", map_of_tasks.encode()))
    page, names = site.page(site.home), (errand.organisation.name, *errand.organisation.aliases)
    if page is not None:
        html = await asyncio.to_thread(personal.kept, page.url, page.html, names)
        evidence.append(await tools.archive.keep("page", "home.html", "text/html", html.encode()))
    for caption, one in shown:
        evidence.append(await tools.archive.keep("screenshot", caption, "image/png", one.png))
    if tried.answer is not None:
        html = await asyncio.to_thread(personal.kept, *tried.answer.pages[0], names)
        evidence.append(await tools.archive.keep("search results", "search.html", "text/html", html.encode()))
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
