"""Whether a site's pages are drawn by scripts, so that they must be read as the browser shows them. Pure.

An HTTP client reads a page in a millisecond and a browser in sixty, so a sample of pages is read by both, and the rest
by the browser only where that shows many more links.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from probes.web.pages import Page, Site, links, nested_too_deeply
from probes.web.reading import Reading, not_known
from results.schema import Why

FACTS = {
    "web.by_script": "Yes/no: on a sample of pages, a third or more of the links come only when scripts have run",
}
SAMPLE = 3
"""Pages that are read both ways."""
NO_BROWSER = "not assessed: the site is drawn by scripts and there is no browser"

_TIMES = 1.5  # as many links with scripts as without
_FEWEST = 3  # links more: of two or three, one more says nothing
_BARE = 2  # links of a home page that has no more than a shell
_WORDLESS = 400  # characters


def sample(site: Site) -> tuple[Page, ...]:
    """The pages to be read both ways: the home page and the nearest."""
    home = site.page(site.home)
    others = (page for page in site.readable if not page.cut and page is not home)
    return tuple(page for page in (home, *others) if page is not None)[:SAMPLE]


def drawn(site: Site, rendered: Sequence[tuple[Page, str]]) -> bool:
    """Whether scripts draw the site. `rendered`: each page of the sample with its HTML after scripts have run."""
    without = sum(len(_own(site, page.html, page.url)) for page, _ in rendered)
    with_scripts = sum(len(_own(site, html, page.url)) for page, html in rendered)
    return with_scripts > _TIMES * without and with_scripts - without >= _FEWEST


def looks_bare(site: Site) -> bool:
    """Whether the home page without scripts is next to nothing."""
    home = site.page(site.home)
    if home is None or "<script" not in home.html.lower():
        return False
    return len(_own(site, home.html, home.url)) <= _BARE and len(home.text) < _WORDLESS


def read(by_script: bool) -> Reading:
    """The fact of a visit with a browser."""
    told = ("pages are drawn by scripts; they were read as the browser shows them",) if by_script else ()
    return Reading({"web.by_script": by_script}, notes=told)


def without_browser(site: Site, facts: Iterable[str], reason: str) -> Reading:
    """What can be said without a browser: of a site that looks bare nothing that must be read on its pages."""
    if looks_bare(site):
        return not_known([*facts, *FACTS], Why.PROBE_FAULT, NO_BROWSER)
    return not_known(FACTS, Why.PROBE_FAULT, reason)


def _own(site: Site, html: str, url: str) -> set[str]:
    if nested_too_deeply(html):
        return set()
    host = urlsplit(url).netloc
    found = {link.url for link in links(LexborHTMLParser(html), url)}
    return {one for one in found if site.own(one) or urlsplit(one).netloc == host}
