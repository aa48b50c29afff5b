"""What was not found may be on a page that the site would not let the probe see: then it is not known. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probes.web.pages import Site
from probes.web.reading import Reading, not_known
from results.schema import Why

_A_TO_Z = r"\ba[ -]?(?:to|-)[ -]?z\b|\baz\b"
_HOURS = r"\bhours\b|\bcontact|\bopening"
_TOPICS = {
    "web.az.present": _A_TO_Z,
    "web.az.state": _A_TO_Z,
    "web.contact.found": r"\bcontact",
    "web.hours_published": _HOURS,
    "web.ooh_published": rf"{_HOURS}|\bemergenc|\bout[ -]of[ -]hours",
    "web.task.jobs_found": r"\bjobs?\b|\bvacanc|\bcareers?\b|\brecruit",
    "web.task.leisure_found": r"\bleisure|\bsports?\b|\bswim",
    "a11y.statement_present": r"\baccessib",
    "a11y.level_declared": r"\baccessib",
    "std.published_web": r"\bstandards?\b|\bcharter|\bpromise|\bcustomer[ -]care",
    "complaint.how_to": r"\bcomplain",
}


def read(site: Site, found: Reading) -> Reading:
    """The facts that say no, or none of it, where a link names the thing and the probe was turned away from there."""
    kept_out = dict(_kept_out(site))
    reading = Reading()
    for name, topic in _TOPICS.items():
        if name in found.facts and found.facts[name] in (False, 0, "none", "dead"):
            url = next((url for url, words in kept_out.items() if re.search(topic, words, re.IGNORECASE)), None)
            if url is not None:
                reading |= not_known([name], Why.PROBE_FAULT, f"it may be at {url}, which the probe was not let into")
    return reading


def _kept_out(site: Site) -> Iterator[tuple[str, str]]:
    """The pages that the probe was turned away from, with their address's path and all names of links to them."""
    away = {page.url: [page.url.partition("://")[2].partition("/")[2]] for page in site.pages.values() if page.away}
    if not away:
        return
    for page in site.readable:
        for link in page.links:
            target = site.resolve(link.url)
            if target in away and link.text not in away[target]:
                away[target].append(link.text)
    for url, words in away.items():
        yield url, " ".join(words).replace("_", "-")
