"""Whether the organisation tells its customers what to expect: service standards, complaints, asking for views. Pure.

Sources: the 2006 partnership's action plan (no council published standards); Housing Ombudsman, Complaint Handling Code
(statutory since 1 April 2024): acknowledge in 5 working days, stage 1 in 10, stage 2 in 20, two stages, and whom to go
to next.
"""

from __future__ import annotations

import re
from itertools import islice

from probes.web import contact, promises
from probes.web.pages import Page, Site
from probes.web.reading import Reading, not_known, percent
from results.schema import Why

FACTS = {
    "std.published_web": "Yes/no: customer service standards are published on the website",
    "std.findable": "Yes/no: they are within three clicks of the home page",
    "std.measurable": "Percent in fifths: times for telephone, e-mail, letter, visit and complaint",
    "std.performance_published": "Yes/no: how well they are kept is published beside them or one click away",
    "std.views_sought": "Yes/no: the site asks its customers for their views",
    "std.named_contacts": "Yes/no: the site says how to make a suggestion or pay a compliment",
    "complaint.how_to": "Yes/no: how to complain is within three clicks, with more than one way to do it",
    "complaint.code": "Percent in fifths: acknowledged in 5 days, stage 1 in 10, stage 2 in 20, two stages, Ombudsman",
}

_STANDARDS = re.compile(
    r"\b(?:customer|service)[- ](?:care |service )?(?:standards?|charter|promise|pledge|commitments?)\b"
    r"|\bwhat you can expect from us\b|\bour (?:standards|promise to you|customer promise)\b",
    re.IGNORECASE,
)
_COMPLAIN = re.compile(
    r"\bcomplain(?:ts?|ing)?\b(?! (?:about|against) (?:a )?(?:noise|neighbour|councillor))", re.IGNORECASE
)
_VIEWS = re.compile(
    r"\b(?:have your say|your views|tell us what you think|give (?:us )?(?:your )?feedback|consultations?"
    r"|customer (?:satisfaction )?survey|rate (?:this|our) (?:page|service))\b",
    re.IGNORECASE,
)
_SUGGEST = re.compile(r"\bsuggestions?\b|\bcompliments?\b|\bcomments?,? (?:and|or) complaints?\b", re.IGNORECASE)
_PERFORMANCE = re.compile(
    r"\b(?:how (?:well )?(?:we|are we) (?:are )?(?:doing|performing)|our performance"
    r"|performance (?:against|figures|data)"
    r"|\d{1,3}(?:\.\d)? ?% (?:of (?:calls|e-?mails|letters|complaints|enquiries)|were|was))",
    re.IGNORECASE,
)
_TIME = (
    rf"{promises.NUMBER}(?: ?\([\w -]{{1,12}}\))? "
    r"(?:seconds?|minutes?|rings?|hours?|(?:working |clear |business )?days?|weeks?)(?! (?:a|per|each|every) )"
)
_KINDS: dict[str, str] = {
    "telephone": r"\b(?:tele)?phone|\bcalls?\b|\bringing\b|\brings\b",
    "e-mail": r"\be-?mails?\b",
    "letter": r"\bletters?\b|\bin writing\b|\bwrite to\b|\bcorrespondence\b|\bpost\b",
    "visit": r"\bvisit|\bin person\b|\breception\b|\bappointments?\b|\bseen\b|\bqueue\b",
    "complaint": r"\bcomplain",
}
_IN_5, _IN_10, _IN_20 = (
    rf"(?:\b(?:{days})\b[^.\n]{{0,20}}\bdays|\b(?:{weeks})\b)"
    for days, weeks in (
        ("5|five", "(?:one|a|1) week"),
        ("10|ten|14|fourteen", "(?:two|2) weeks|(?:a|one) fortnight"),
        ("20|twenty|28", "(?:four|4) weeks"),
    )
)
_FIRST = re.compile(r"\bstage (?:1|one)\b|\bfirst stage\b", re.IGNORECASE)
_SECOND = re.compile(r"\bstage (?:2|two)\b|\bsecond stage\b", re.IGNORECASE)
_STAGES = {
    "stage 1 in 10 working days": (_FIRST, _SECOND, re.compile(_IN_10, re.IGNORECASE)),
    "stage 2 in 20 working days": (
        _SECOND,
        re.compile(r"\bombudsman\b", re.IGNORECASE),
        re.compile(_IN_20, re.IGNORECASE),
    ),
}
"""For each limit: where its stage is named, what ends what is said of it, and the limit."""
_SAID = 300  # characters after a stage's name within which its limit must stand
_CODE: dict[str, re.Pattern[str]] = {
    "acknowledged in 5 working days": re.compile(
        rf"acknowledg[^.\n]{{0,80}}{_IN_5}|{_IN_5}[^.\n]{{0,60}}acknowledg", re.IGNORECASE
    ),
    "two stages": re.compile(r"two[- ]stages?\b|stage (?:2|two)\b|second stage", re.IGNORECASE),
    "the Ombudsman": re.compile(r"\bombudsman\b", re.IGNORECASE),
}
_STAGE_THREE = re.compile(r"\bstage (?:3|three)\b|\bthird stage\b", re.IGNORECASE)
_MOST = 60_000  # characters of a page about complaints that are read
_LONGEST = 10  # words of a heading: a longer one is a piece of news
_NEAR_CLICKS = 3


def read(site: Site, organisation: str) -> Reading:
    """The facts about standards, complaints and views. `organisation`: its name."""
    views = next((page.url for page in site.readable if _asks(page)), None)
    asked = Reading({"std.views_sought": views is not None}, where={"asks for views": views})
    suggest = next((page.url for page in site.readable if _takes_suggestions(page)), None)
    asked |= Reading({"std.named_contacts": suggest is not None}, where={"takes suggestions": suggest})
    return _standards(site, organisation) | _complaints(site) | asked


def times_in(page: Page) -> dict[str, str]:
    """For each kind of contact, the sentence of a page that promises a time for it."""
    found: dict[str, str] = {}
    for line in page.text.split("\n"):
        for sentence in re.split(r"(?<=[.;])\s", line[:2000]):
            if not re.search(_TIME, sentence, re.IGNORECASE):
                continue
            for kind, words in _KINDS.items():
                if re.search(words, sentence, re.IGNORECASE):
                    found.setdefault(kind, sentence.strip()[:300])
    return found


def _asks(page: Page) -> bool:
    return bool(_VIEWS.search(page.h1)) or any(_VIEWS.search(link.text) for link in page.links)


def _takes_suggestions(page: Page) -> bool:
    links = (link.text for link in page.links if len(link.text.split()) <= _LONGEST)
    return bool(_SUGGEST.search(page.h1)) or any(_SUGGEST.search(text) for text in links)


def _headed(site: Site, pattern: re.Pattern[str]) -> list[Page]:
    """Pages of that name, nearest first."""
    named = [
        page
        for page in site.readable
        if any(pattern.search(text) and len(text.split()) <= _LONGEST for text in (page.h1, page.title))
    ]
    return sorted(named, key=lambda page: (site.clicks.get(page.url, 99), page.url))


def _standards(site: Site, organisation: str) -> Reading:
    pages = _headed(site, _STANDARDS)
    if not pages:
        names = ["std.findable", "std.measurable", "std.performance_published"]
        return Reading({"std.published_web": False}) | not_known(
            names, Why.NOT_APPLICABLE, "no customer service standards were found"
        )
    page = max(pages, key=lambda one: len(times_in(one)))
    times, promised = times_in(page), promises.read(page)
    proposed = promises.proposal(page, promised, organisation) if promised else None
    missing = [kind for kind in _KINDS if kind not in times]
    beside = [page, *(near for link in page.links if (near := site.page(link.url)) and near.readable)]
    performance = next((one.url for one in beside if _PERFORMANCE.search(one.text)), None)
    return Reading(
        {
            "std.published_web": True,
            "std.findable": site.clicks.get(page.url, 99) <= _NEAR_CLICKS,
            "std.measurable": percent(len(times), len(_KINDS)),
            "std.performance_published": performance is not None,
        },
        notes=(f"the service standards give no time for: {', '.join(missing)}",) if missing else (),
        where={
            "service standards": {"page": page.url, "times": times, "performance": performance},
            "proposed standards profile": proposed,
        },
    )


def _code(text: str) -> dict[str, bool]:
    """What the Code asks for, and whether a text says it."""
    text = text[:_MOST]
    told = {name: bool(pattern.search(text)) for name, pattern in _CODE.items()}
    return told | {name: _stage(text, *patterns) for name, patterns in _STAGES.items()}


def _stage(text: str, named: re.Pattern[str], ends: re.Pattern[str], limit: re.Pattern[str]) -> bool:
    for name in islice(named.finditer(text), 20):
        said = text[name.end() : name.end() + _SAID]
        end = ends.search(said)
        if limit.search(said[: end.start()] if end else said):
            return True
    return False


def _complaints(site: Site) -> Reading:
    pages = [page for page in _headed(site, _COMPLAIN) if site.clicks.get(page.url, 99) < 99]
    if not pages:
        return Reading({"complaint.how_to": False}) | not_known(
            ["complaint.code"], Why.NOT_APPLICABLE, "no page about complaints was found"
        )
    page = max(pages, key=lambda one: sum(_code(one.text).values()))
    told = _code(page.text)
    told["two stages"] = told["two stages"] and not _STAGE_THREE.search(page.text)
    ways = {name for one in pages for name, there in contact.details(one).items() if there} - {"opening hours"}
    near = min(site.clicks[one.url] for one in pages) <= _NEAR_CLICKS
    missing = [name for name, there in told.items() if not there]
    return Reading(
        {
            "complaint.how_to": near and len(ways) > 1,
            "complaint.code": percent(len(told) - len(missing), len(told)),
        },
        notes=(f"the complaints page does not say: {', '.join(missing)}",) if missing else (),
        where={"complaints": {"page": page.url, **told, "ways": sorted(ways)}},
    )
