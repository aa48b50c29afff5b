"""The accessibility statement: is there one, has it the parts that the law asks for, and is it of this year. Pure.

Source: The Public Sector Bodies (Websites and Mobile Applications) (No. 2) Accessibility Regulations 2018 (SI
2018/952), regulation 8, and the model statement published with them.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

from probes.web.pages import Page, Site
from probes.web.reading import Reading, not_known, percent
from results.schema import Why

FACTS = {
    "a11y.statement_present": "Yes/no: an accessibility statement is published and linked from the home page",
    "a11y.statement_complete": "Percent in sixths: what is not accessible, why, other ways, contact, enforcement, date",
    "a11y.statement_fresh": "Yes/no: it was prepared or reviewed within twelve months",
    "a11y.level_declared": "Percent: WCAG 2.2 level AA stated 100, another level or version 50, none 0",
    "a11y.alt_formats": "Yes/no: some page says how to get Braille, large print or other languages",
}

PARTS: dict[str, re.Pattern[str]] = {
    "what is not accessible": re.compile(
        r"non[- ]?accessible content|not (?:fully )?accessible|non[- ]?complian|how accessible this website is"
        r"|fully (?:compliant|accessible)",
        re.IGNORECASE,
    ),
    "why": re.compile(
        r"disproportionate burden|not within the scope|non[- ]?compliance with|success criteri(?:on|a)|fails? wcag"
        r"|fully compliant",
        re.IGNORECASE,
    ),
    "alternatives": re.compile(
        r"alternative (?:format|version)|accessible (?:pdf|format)|different format|large print|easy[- ]read|braille"
        r"|audio recording",
        re.IGNORECASE,
    ),
    "contact": re.compile(
        r"report(?:ing)? (?:an? )?(?:accessibility )?(?:problem|issue)|contact us|feedback"
        r"|(?:e-?mail|call|telephone)\b",
        re.IGNORECASE,
    ),
    "enforcement": re.compile(
        r"enforcement procedure|equality and human rights commission|\behrc\b|equality advisory|\beass\b"
        r"|equality commission for northern ireland",
        re.IGNORECASE,
    ),
    "date": re.compile(
        r"(?:prepared|reviewed|updated|tested|published) on\b|last (?:reviewed|updated|tested)", re.IGNORECASE
    ),
}
"""The six parts and the words by which each is known."""

_NAMED = re.compile(r"\baccessibility\b", re.IGNORECASE)
_LEVEL = re.compile(r"(?:wcag|web content accessibility guidelines)\D{0,20}(\d\.\d)?", re.IGNORECASE)
_AA = re.compile(r"\b(?:level )?(?:double[- ])?A{2}\b")
_FORMATS = re.compile(
    r"\bbraille\b|\blarge print\b|\beasy[- ]read\b|\baudio (?:tape|cd|format|version)\b"
    r"|\b(?:another|other|different|alternative) (?:languages?|formats?)\b|\btranslat(?:ed|ion|ions)\b",
    re.IGNORECASE,
)
_MONTHS = [name.lower() for name in calendar.month_name[1:]]
_DATE = re.compile(rf"\b(?:(\d{{1,2}})(?:st|nd|rd|th)? )?({'|'.join(_MONTHS)})[ ,]+(20\d\d)\b", re.IGNORECASE)
_NUMERIC = re.compile(r"\b(\d{1,2})[/.](\d{1,2})[/.](20\d\d)\b")
_FRESH = dt.timedelta(days=366)


def find(site: Site) -> Page | None:
    """The statement: a page named so, those linked from the home page first, the fullest of them."""
    pages = [page for page in site.readable if _NAMED.search(page.h1 or page.title) and len(page.text) > 200]
    return max(pages, key=lambda page: (_linked_from_home(site, page), _parts(page)), default=None)


def read(site: Site, today: dt.date) -> Reading:
    """The facts about the statement, as of a day."""
    formats = next((page.url for page in site.readable if _FORMATS.search(page.text)), None)
    reading = Reading({"a11y.alt_formats": formats is not None}, where={"other formats": formats})
    page = find(site)
    if page is None:
        names = ["a11y.statement_complete", "a11y.statement_fresh"]
        return (
            reading
            | Reading({"a11y.statement_present": False, "a11y.level_declared": 0.0})
            | not_known(names, Why.NOT_APPLICABLE, "no accessibility statement was found")
        )
    there = {name: bool(pattern.search(page.text)) for name, pattern in PARTS.items()}
    missing = [name for name, found in there.items() if not found]
    linked = _linked_from_home(site, page)
    newest = max((date for date in dates(page.text) if date <= today), default=None)
    reading |= Reading(
        {
            "a11y.statement_present": linked,
            "a11y.statement_complete": percent(len(there) - len(missing), len(there)),
            "a11y.level_declared": _level(page.text),
        },
        notes=(
            *(() if linked else (f"the home page does not link to the accessibility statement, {page.url}",)),
            *((f"the accessibility statement does not say: {', '.join(missing)}",) if missing else ()),
        ),
        where={"accessibility statement": {"page": page.url, **there, "newest date": str(newest) if newest else None}},
    )
    if newest is None:
        return reading | not_known(["a11y.statement_fresh"], Why.NOT_APPLICABLE, "the statement shows no date")
    return reading | Reading({"a11y.statement_fresh": today - newest <= _FRESH})


def dates(text: str) -> list[dt.date]:
    """Every date in a text, in British order; a month without a day counts from its first."""
    found = [(int(match[3]), _MONTHS.index(match[2].lower()) + 1, int(match[1] or 1)) for match in _DATE.finditer(text)]
    found += [(int(match[3]), int(match[2]), int(match[1])) for match in _NUMERIC.finditer(text)]
    return [date for parts in found if (date := _date(*parts)) is not None]


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _linked_from_home(site: Site, page: Page) -> bool:
    home = site.page(site.home)
    return home is not None and any(site.page(link.url) == page for link in home.links)


def _parts(page: Page) -> int:
    return sum(bool(pattern.search(page.text)) for pattern in PARTS.values())


def _level(text: str) -> float:
    named = [match[1] for match in _LEVEL.finditer(text)]
    if not named and not _AA.search(text):
        return 0.0
    return 100.0 if "2.2" in named and _AA.search(text) else 50.0
