"""Pages made of frames: what a resident sees in one window is several addresses. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from selectolax.lexbor import LexborHTMLParser

from probes.web.pages import Absolute, Page, Site, base_of

_FRAMESET = re.compile(r"<frameset\b", re.IGNORECASE)


def joined(site: Site) -> Site:
    """The site with every frameset holding what its frames show: a click in a frame is a click in the window."""
    return replace(site, pages={url: _whole(site, page) for url, page in site.pages.items()})


def _whole(site: Site, page: Page) -> Page:
    if not _FRAMESET.search(page.html):
        return page
    tree = LexborHTMLParser(page.html)
    absolute = Absolute(base_of(tree, page.url))
    addresses = (absolute(frame.attributes.get("src") or "") for frame in tree.css("frame[src]")[:20])
    inside = [one for url in addresses if url and (one := site.page(url)) and one.readable and one.url != page.url]
    if not inside:
        return page
    return replace(
        page,
        h1=page.h1 or next((one.h1 for one in inside if one.h1), ""),
        links=tuple(dict.fromkeys(link for one in (page, *inside) for link in one.links)),
        html="\n".join(one.html for one in inside),
    )
