"""Addresses in a sitemap, as text: no parser of XML reads what a stranger sent. Pure."""

from __future__ import annotations

import re
from html import unescape

from probes.web.pages import LONGEST_ADDRESS, joined

MOST_FILES = 10  # of an index of sitemaps
MOST_ADDRESSES = 5000

_LOC = re.compile(
    rf"<(?:\w{{1,20}}:)?loc\b[^>]{{0,100}}>\s*(?:<!\[CDATA\[)?\s*([^<\]]{{1,{LONGEST_ADDRESS}}})", re.IGNORECASE
)
_IS_INDEX = re.compile(r"<(?:\w{1,20}:)?sitemapindex\b", re.IGNORECASE)


def addresses(text: str, url: str) -> tuple[str, ...]:
    """The addresses that a sitemap, or an index of sitemaps, at this address names; a plain list of lines too."""
    told = _LOC.findall(text)
    if not told and "<" not in text[:1000]:
        told = text.split("\n")[:MOST_ADDRESSES]
    found = (joined(url, unescape(one.strip())) for one in told[:MOST_ADDRESSES] if one.strip())
    return tuple(dict.fromkeys(filter(None, found)))


def is_index(text: str) -> bool:
    """Whether the addresses are those of further sitemaps."""
    return bool(_IS_INDEX.search(text[:5000]))
