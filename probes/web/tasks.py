"""Whether two things that residents come for are easy to find: jobs and leisure centres. Pure."""

from __future__ import annotations

import re

from probes.web.pages import Page, Site
from probes.web.reading import Reading, not_known
from results.schema import Tier, Why

FACTS = {
    "web.task.jobs_found": "Yes/no: job vacancies can be found by following links",
    "web.task.jobs_clicks": "Count: fewest clicks from the home page to job vacancies",
    "web.task.leisure_found": "Yes/no: details of leisure centres can be found by following links",
    "web.task.leisure_clicks": "Count: fewest clicks from the home page to details of leisure centres",
}

_JOBS = re.compile(
    r"\b(?:jobs?|vacanc(?:y|ies)|careers?|recruitment|work(?:ing)? (?:for|with) (?:us|the)|join our team)\b",
    re.IGNORECASE,
)
_LEISURE = re.compile(  # not "leisure" alone: "Leisure and culture" is a part of the site, not the centres
    r"\b(?:leisure (?:centres?|facilit|services)|sports? (?:centres?|facilit)|swimming|gyms?\b|fitness centres?)",
    re.IGNORECASE,
)
_LONGEST = 7  # words of a heading or link: a longer one is a piece of news, not the name of a page
_WITHOUT_LEISURE: tuple[Tier, ...] = ("county", "housing association", "other")


def read(site: Site, tier: Tier) -> Reading:
    """The facts about top tasks. Leisure centres are not asked of an organisation whose tier runs none."""
    jobs = _task(site, "jobs", "job vacancies", _JOBS)
    if tier in _WITHOUT_LEISURE:
        names = ("web.task.leisure_found", "web.task.leisure_clicks")
        return jobs | not_known(names, Why.NOT_APPLICABLE, "an organisation of this kind runs no leisure centres")
    return jobs | _task(site, "leisure", "leisure centres", _LEISURE)


def _task(site: Site, name: str, thing: str, pattern: re.Pattern[str]) -> Reading:
    ways = [
        *((clicks, page.url) for page in site.readable if _is_about(page, pattern) and (clicks := _to(site, page))),
        *_ways_out(site, pattern),
    ]
    found = min(ways, default=None)
    where: dict[str, object] = {thing: {"page": found[1], "clicks": found[0]} if found else None}
    if found is None:
        return Reading({f"web.task.{name}_found": False}, where=where) | not_known(
            [f"web.task.{name}_clicks"], Why.NOT_APPLICABLE, f"no page about {thing} was found"
        )
    return Reading({f"web.task.{name}_found": True, f"web.task.{name}_clicks": found[0]}, where=where)


def _is_about(page: Page, pattern: re.Pattern[str]) -> bool:
    return any(_names(text, pattern) for text in (page.h1, re.split(r" [-–—|:] ", page.title)[0]))


def _to(site: Site, page: Page) -> int:
    """Clicks to a page; 0, which no page but home has, when nothing leads there."""
    return site.clicks.get(page.url, 0)


def _ways_out(site: Site, pattern: re.Pattern[str]) -> list[tuple[int, str]]:
    """Links to somebody else's site that runs the vacancies or the leisure centre. They count, and are not followed."""
    return [
        (site.clicks[page.url] + 1, link.url)
        for page in site.readable
        if page.url in site.clicks
        for link in page.links
        if not site.own(link.url) and _names(link.text, pattern)
    ]


def _names(text: str, pattern: re.Pattern[str]) -> bool:
    return len(text.split()) <= _LONGEST and bool(pattern.search(text))
