"""Whether the site could be read, how much of it was, and how many of its links are broken. Pure."""

from __future__ import annotations

from probes.web.pages import Site
from probes.web.reading import Reading, not_known, percent
from results.schema import Why

FACTS = {
    "web.reached": "Yes/no: the home page opened within two tries",
    "web.pages_read": "Count: pages read in the visit",
    "web.broken_links": "Percent of the site's own links that were followed and are dead, after one retry",
}

_FEW = 3


def read(site: Site) -> Reading:
    """The facts about the visit itself. A link counts once, however many pages have it."""
    reading = Reading(
        {"web.reached": True, "web.pages_read": len(site.readable)},
        where={"pages": [page.url for page in site.readable], "left alone for robots.txt": sorted(site.forbidden)},
    )
    linked: dict[str, str] = {}
    for page in site.readable:
        for link in page.links:
            if site.own(link.url) and (site.page(link.url) is not None or site.failed(link.url)):
                linked.setdefault(link.url, page.url)
    if not linked:
        return reading | not_known(
            ["web.broken_links"], Why.NOT_APPLICABLE, "no link to a page of its own was followed"
        )
    dead = {url: source for url, source in linked.items() if site.failed(url)}
    return reading | Reading(
        {"web.broken_links": percent(len(dead), len(linked))},
        notes=_sentences(dead),
        where={"broken links": [{"link": url, "on": source} for url, source in dead.items()]},
    )


def _sentences(dead: dict[str, str]) -> tuple[str, ...]:
    """The first few; the evidence has them all."""
    few = tuple(f"{source} links to {url}, which is dead" for url, source in list(dead.items())[:_FEW])
    more = len(dead) - len(few)
    return (*few, f"and {more} more dead link{'s' if more > 1 else ''}") if more else few
