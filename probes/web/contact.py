"""How easily a resident learns how to reach the organisation: contact page, hours, out-of-hours number. Pure."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from probes.web import marked_up, numbers
from probes.web.mention import Mention
from probes.web.pages import Page, Site
from probes.web.reading import Reading, not_known
from results.schema import Why

FACTS = {
    "web.contact.link_home": "Yes/no: a 'Contact us' link on the home page",
    "web.contact.found": "Yes/no: there is a contact page",
    "web.contact.details": "Percent in quarters: telephone, e-mail or form, postal address, hours on the contact page",
    "web.contact.clicks": "Count: fewest clicks from the home page to a page with a valid telephone number",
    "web.hours_published": "Yes/no: opening hours are on some page",
    "web.ooh_published": "Yes/no: an out-of-hours or emergency number within two clicks of the home page",
}

_CONTACT = re.compile(r"\bcontact(?:s|ing)?\b(?! (?:lens|trac|centre jobs))|\bget in touch\b", re.IGNORECASE)
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")
_E_MAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}\b")
_FORM = re.compile(
    r"\b(?:contact|online|enquiry|web|e-?mail) ?form\b|\b(?:contact|tell|ask|message) us online\b", re.IGNORECASE
)
_DAY = (
    r"\b(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?|week ?days?|daily|every day)s?\b"
)
_TIME = r"\b\d{1,2}(?:[.:]\d{2})? ?(?:am|pm|noon|midday)?"
_SPAN = rf"{_TIME} ?(?:to|until|till|and|-|–|—) ?{_TIME}"
_HOURS = re.compile(rf"{_DAY}[^\n]{{0,80}}?{_SPAN}|{_SPAN}[^\n]{{0,80}}?{_DAY}|\b24 hours a day\b", re.IGNORECASE)
_HOURS_BY_LINE = re.compile(rf"{_DAY}[^\n]{{0,40}}\n{_SPAN}", re.IGNORECASE)
_ABOUT_OPENING = re.compile(
    r"\bopen|\bhours\b|\boffices?\b|\blines?\b|\btele?phone\b|\bcall\b|\breception\b", re.IGNORECASE
)
_OFFICES = re.compile(
    r"\boffices?\b|\b(?:tele)?phone lines?\b|\b(?:our|the) lines\b|\blines (?:are|open)|\breception\b"
    r"|\b(?:contact|call) centre\b"
    r"|\bcustomer services?\b|\btown hall\b|\bcivic centre\b|\bcouncil house\b|\bopening (?:hours|times)\n",
    re.IGNORECASE,
)
_OFFICE = re.compile(r"\b(?:organi[sz]ation|office|city hall|contact point|local business|place)\b")
"""Types of schema.org, in words, whose hours are the organisation's own."""
_OPEN = re.compile(r"\bopen\b|\bopening\b", re.IGNORECASE)
_OUT_OF_HOURS = re.compile(
    r"\bout[ -]of[ -](?:office[ -])?hours\b|\bafter[ -]hours\b|\bemergenc(?:y|ies)\b"
    r"|\boutside (?:of )?(?:our |these |normal )?(?:office |opening |working )?hours\b"
    r"|\bwhen (?:we are|our offices are) closed\b",
    re.IGNORECASE,
)
_NEAR = 200  # characters between the words and the number


def read(site: Site, shown: tuple[Mention, ...]) -> Reading:
    """The facts about contact details. `shown`: the site's telephone numbers."""
    home = site.page(site.home)
    linked = _contact_links(home)
    return (
        Reading({"web.contact.link_home": bool(linked)}, where={"contact links": list(linked)})
        | _contact_page(site, linked)
        | _clicks(site, shown)
        | _hours(site)
        | _out_of_hours(site)
    )


def details(page: Page) -> dict[str, bool]:
    """Which of the four details a contact page gives."""
    tree = LexborHTMLParser(page.html)
    form = tree.css_first("form textarea") is not None or bool(_FORM.search(page.text))
    told = marked_up.things(tree)
    return {
        "telephone": bool(numbers.mentions(page.url, page.html)),  # how well it is written is judged elsewhere
        "e-mail or form": form
        or bool(_E_MAIL.search(page.text))
        or tree.css_first('a[href^="mailto:"]') is not None
        or any(thing.email for thing in told),
        "postal address": bool(_POSTCODE.search(page.text)) or any(_POSTCODE.search(thing.postcode) for thing in told),
        "opening hours": says_hours(page),
    }


def says_hours(page: Page, subject: re.Pattern[str] = _ABOUT_OPENING) -> bool:
    """Whether the page gives days and times at which the subject is open, in words or as schema.org markup."""
    if "openingHours" in page.html or "hoursAvailable" in page.html:
        for thing in marked_up.things(LexborHTMLParser(page.html)):
            if thing.hours and (subject is _ABOUT_OPENING or _OFFICE.search(thing.kind) or subject.search(thing.name)):
                return True
    for pattern in (_HOURS, _HOURS_BY_LINE):
        for match in pattern.finditer(page.text):
            nearby = page.text[max(0, match.start() - _NEAR) : match.end() + 60]
            if subject.search(nearby) and (_is_clock_time(match[0]) or _OPEN.search(nearby)):
                return True
    return False


def out_of_hours_number(page: Page) -> str | None:
    """A valid number that stands near words such as "out of hours" or "emergency"."""
    places = list(numbers.in_text(page.text))
    for words in _OUT_OF_HOURS.finditer(page.text):
        for start, number in places:
            if -_NEAR // 2 <= start - words.end() <= _NEAR:
                return number
    return None


def _is_clock_time(text: str) -> bool:
    """Whether "9 to 5" is meant as times: am, pm, minutes or round the clock."""
    return bool(re.search(r"\d ?(?:am|pm|noon)|\d[.:]\d{2}|24 hours", text, re.IGNORECASE))


def _contact_links(home: Page | None) -> tuple[str, ...]:
    if home is None:
        return ()
    return tuple(link.url for link in home.links if len(link.text) <= 60 and _CONTACT.search(link.text))


def _contact_page(site: Site, linked: tuple[str, ...]) -> Reading:
    """The fullest of the pages that the home page's contact links lead to, else the nearest page headed "Contact"."""
    pages = {page.url: page for url in linked if (page := site.page(url)) and page.readable}
    if not pages:
        headed = (p for p in site.readable if p.url in site.clicks and _CONTACT.search(p.h1 or p.title))
        pages = {page.url: page for page in list(headed)[:1]}
    if not pages:
        return Reading({"web.contact.found": False}) | not_known(
            ["web.contact.details"], Why.NOT_APPLICABLE, "no contact page was found"
        )
    given = {url: details(page) for url, page in pages.items()}
    url = max(given, key=lambda one: sum(given[one].values()))
    missing = [name for name, there in given[url].items() if not there]
    return Reading(
        {"web.contact.found": True, "web.contact.details": 25.0 * (4 - len(missing))},
        notes=(f"the contact page gives no {' and no '.join(missing)}",) if missing else (),
        where={"contact page": {"page": url, **given[url]}},
    )


def _clicks(site: Site, shown: tuple[Mention, ...]) -> Reading:
    pages = filter(None, (site.page(url) for url in {one.page for one in shown if one.number and not one.marked_up}))
    nearest = site.fewest_clicks(pages)
    if nearest is None:
        return not_known(["web.contact.clicks"], Why.NOT_APPLICABLE, "no valid telephone number was found")
    return Reading({"web.contact.clicks": nearest[0]}, where={"nearest telephone number": nearest[1]})


def _hours(site: Site) -> Reading:
    """Hours of the offices or the telephone lines: those of a tip or a swimming pool are not asked for here."""
    page = next((page for page in site.readable if says_hours(page, _OFFICES)), None)
    return Reading({"web.hours_published": page is not None}, where={"opening hours": page.url if page else None})


def _out_of_hours(site: Site) -> Reading:
    near = [page for page in site.readable if site.clicks.get(page.url, 99) <= 2]
    found = next(((page.url, number) for page in near if (number := out_of_hours_number(page))), None)
    return Reading({"web.ooh_published": found is not None}, where={"out-of-hours number": found})
