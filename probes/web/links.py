"""Whether the site could be read, how many of its links are broken, and what stood in the way. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from probes.web.pages import Site
from probes.web.reading import Reading, not_known, percent
from probes.web.turned_away import asks_to_sign_in
from results.schema import Why

FACTS = {
    "web.reached": "Yes/no: the home page opened within two tries",
    "web.pages_read": "Count: pages read in the visit",
    "web.broken_links": "Percent of the site's own links that were followed and are dead, after a second look",
}

_FEW = 3


def read(site: Site) -> Reading:
    """The facts about the visit itself. A link counts once, however many pages have it."""
    reading = Reading(
        {"web.reached": True, "web.pages_read": len(site.readable)},
        notes=tuple(_in_the_way(site)),
        where={
            "pages": [page.url for page in site.readable],
            "left alone for robots.txt": sorted(site.forbidden),
            "turned away": {page.url: page.away for page in site.pages.values() if page.away},
            "hosts given up": dict(site.stopped),
            "the same page at another address": dict(list(site.copies.items())[:500]),
            "many of a kind, left unread": dict(site.alike),
            "in the sitemap and linked from nowhere": list(site.unlinked),
        },
    )
    linked = _followed(site)
    if not linked:
        return reading | not_known(
            ["web.broken_links"], Why.NOT_APPLICABLE, "no link to a page of its own was followed"
        )
    dead = {url: source for url, source in linked.items() if site.failed(url)}
    return reading | Reading(
        {"web.broken_links": percent(len(dead), len(linked))},
        notes=_sentences(site, dead),
        where={
            "broken links": [{"link": url, "on": source, "why": _why(site, url)} for url, source in dead.items()],
        },
    )


def _followed(site: Site) -> dict[str, str]:
    """The site's own links that were followed, each with the page it is on. What was turned away is neither."""
    linked: dict[str, str] = {}
    for page in site.readable:
        for link in page.links:
            if link.url in linked or not site.own(link.url):
                continue
            target = site.page(link.url)
            if site.failed(link.url) or (target is not None and not target.away):
                linked[link.url] = page.url
    return linked


def _sentences(site: Site, dead: dict[str, str]) -> tuple[str, ...]:
    """The first few; the evidence has them all."""
    few = tuple(
        f"{source} links to {url}, which is dead ({_why(site, url)})" for url, source in list(dead.items())[:_FEW]
    )
    more = len(dead) - len(few)
    return (*few, f"and {more} more dead link{_s(more)}") if more else few


def _why(site: Site, url: str) -> str:
    page = site.page(url)
    if page is not None:
        return f"it says {page.missing!r}" if page.missing else f"it answers {page.status}"
    return site.errors.get(url) or site.errors.get(site.resolve(url)) or "nothing came"


def _in_the_way(site: Site) -> Iterator[str]:
    """What a reader should know about how far these findings go."""
    away = [page for page in site.pages.values() if page.away]
    if away:
        yield (
            f"the site turned the probe away from {len(away)} address{_es(len(away))}, such as {away[0].url}: "
            f"{away[0].away}; whether residents get in is not known"
        )
    for host, why in site.stopped.items():
        yield f"nothing more was asked of {host} ({why})"
    walls = [page for page in site.readable if asks_to_sign_in(page.title, page.h1, page.html)]
    private = [page for page in site.pages.values() if page.status == 401]
    if walls or private:
        yield f"one must sign in to see {[*walls, *private][0].url}, and nobody did"
    others = {urlsplit(link.url).netloc for page in site.readable for link in page.links} - site.hosts
    if others:
        yield f"links to {len(others)} other host{_s(len(others))} were not tried: nobody there has agreed to a visit"
    if site.idle:
        names = ", ".join(sorted(site.idle))
        yield f"addresses carry {names[:200]}, which says nothing, so that the same page has ever new addresses"
    elif site.copies:
        url, first = next(iter(site.copies.items()))
        yield f"{len(site.copies)} address{_es(len(site.copies))} lead to a page that has another: {url} is {first}"
    if site.alike:
        kind, left = max(site.alike.items(), key=lambda one: one[1])
        yield f"{left} more address{_es(left)} like {kind}, as of a calendar or a list without end, were left unread"
    if site.unlinked:
        many = len(site.unlinked)
        yield f"{many} page{_s(many)} of the sitemap, such as {site.unlinked[0]}, can be reached by no link"


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _es(count: int) -> str:
    return "" if count == 1 else "es"
