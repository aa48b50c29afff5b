"""Telephone numbers as a site shows them: valid or not, how they are spaced, and whether their links agree. Pure.

A number that is wrong is the finding, so libphonenumber is asked about each candidate and does not choose them: it
would pass over what it thinks no number. Nothing here dials, and nothing found here is ever dialled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from urllib.parse import unquote

import phonenumbers
from selectolax.lexbor import LexborHTMLParser

from probes.web.pages import Site, block_text, label
from probes.web.reading import Reading, not_known, percent
from results.schema import Why

FACTS = {
    "web.phone.found": "Yes/no: a telephone number is on some page",
    "web.phone.count": "Count: different valid numbers on the site",
    "web.phone.valid": "Percent of the numbers shown, each once a page, that are valid and whole UK numbers",
    "web.phone.spaced": "Percent of the valid numbers shown that are grouped as on GOV.UK: 0113 496 0000",
    "web.phone.linked": "Percent of the valid numbers shown that have a telephone link with the same digits",
    "web.phone.low_cost": "Yes/no: no number begins with 084, 087 or 09",
    "web.phone.numbers_used": "Percent of the numbers called that are in service; not known from the site alone",
}
NUMBERS_SEEN = "telephone numbers"
"""Under which name the evidence of a visit lists the numbers."""

_SEPARATORS = r"[ \u00a0\u2009\u202f()./\u2010-\u2015-]"
# A dialling code or +44, then up to nine more digits, each with at most two separators before it.
_WHOLE = re.compile(
    rf"(?<![\w/.=£#+-])(?:(?:\+|00) ?44 ?(?:\(0\) ?)?|\(?0)[1-9](?:{_SEPARATORS}{{0,2}}\d){{6,9}}(?![\w/])"
)
# What is written so is meant for a telephone number, with no word about it: a code, then at least five more digits.
_SHAPED = re.compile(r"\(?0[12378]\d{1,4}\)? \d{2,4} ?\d{3,6}")
_FEW = 5  # sentences; the evidence has them all
_COLUMN = 1000  # characters above a number in which the heading of its table may stand
_AMERICAN = re.compile(r"(?<![\w/.=£+-])(?:\([1-9]\d{2}\) ?|[1-9]\d{2}[-.])\d{3}[-.]\d{4}(?![\w/-])")
_NO_CODE = re.compile(r"(?<![\w/.=£+-])(?<!\d )[2-9]\d{2}[ -]\d{4}(?![\w/-]| ?\d)")
_NO_CODE_RUN = re.compile(
    r"(?:phone|tel|call|ring)(?: us| on| number){0,2}[ :.]{1,3}([2-9]\d{5,6})(?![\w/-]| \d)", re.IGNORECASE
)
_LETTERED = re.compile(r"(?<!\w)0\d{2,5}[ -]?(?:[xX]{3,8})(?:[ -]?[xX]{3,8})?(?!\w)")
_PHONE_WORDS = re.compile(
    r"\b(?:tele?phone|tel|phone|call|ring|dial|mobile|helpline|hotline|switchboard|contact|number|line|text|enquir)",
    re.IGNORECASE,
)
_FAX = re.compile(r"\b(?:fax|facsimile)\b[^\n]{0,12}$", re.IGNORECASE)
_OTHER_NUMBER = re.compile(
    r"\b(?:account|sort code|reference|ref|uprn|charity|company|vat|isbn|form)\b[^\n]{0,25}$", re.IGNORECASE
)
_PLACEHOLDER = re.compile(r"^0(?:1234567\d{2,3}|123456789?|(\d)\1{6,}|\d{3,4}(?:0{6,7}|1{6,7}))$")
_CHARGED = re.compile(r"^0(?:84|87|9)")
_LINK = re.compile("\ue000(\\d+)\ue001([^\ue002]*)\ue002")
_PRIVATE = re.compile("[\ue000-\ue002]")


@dataclass(frozen=True)
class Mention:
    """A number as one page shows it. `number`: E.164, None when it is not a valid UK number."""

    page: str
    shown: str
    number: str | None
    spaced: bool | None
    """None: only a link holds it ("Call us"), so nobody sees how it is spaced."""
    linked: bool
    charged: bool


def mentions(url: str, html: str) -> tuple[Mention, ...]:
    """The telephone numbers of a page, each spelling once. Fax numbers are left out."""
    tree = LexborHTMLParser(_PRIVATE.sub("", html))
    hrefs: list[str] = []
    for anchor in tree.css("a[href]"):
        href = (anchor.attributes.get("href") or "").strip()
        if href.lower().startswith(("tel:", "callto:")):
            anchor.replace_with(f"\ue000{len(hrefs)}\ue001{label(anchor)}\ue002")
            hrefs.append(unquote(href).partition(":")[2])
    found: dict[Mention, None] = {}
    text = block_text(tree)
    for link in _LINK.finditer(text):
        found |= dict.fromkeys(_of_link(url, link[2], hrefs[int(link[1])]))
    for mention in _of_text(url, _LINK.sub(" ; ", text)):
        found[mention] = None
    return tuple(found)


def in_text(text: str) -> Iterator[tuple[int, str]]:
    """Where valid numbers stand in a text: (position, E.164)."""
    for match in _WHOLE.finditer(text):
        if number := valid(match[0]):
            yield match.start(), number


def valid(shown: str) -> str | None:
    """The number in E.164 when it is a whole and valid UK number. Ofcom's drama ranges count; placeholders do not."""
    digits = national(shown)
    if digits is None or _PLACEHOLDER.match(digits):
        return None
    try:
        parsed = phonenumbers.parse(digits, "GB")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def national(shown: str) -> str | None:
    """The digits as dialled within the UK, 0 first; None when there is no dialling code."""
    digits = re.sub(r"[^\d+]", "", shown.replace("(0)", ""))
    digits = re.sub(r"^(?:\+44|0044)0?", "0", digits)
    return digits if re.fullmatch(r"0\d{6,11}", digits) else None


def govuk(number: str) -> frozenset[str]:
    """How GOV.UK's style guide would write an E.164 number, within the UK and from abroad.

    Source: https://www.gov.uk/guidance/style-guide/a-to-z#telephone-numbers, which gives 01273 800 900, 020 7450 4000
    and 0800 890 567.
    """
    style = phonenumbers.PhoneNumberFormat.NATIONAL
    code, _, rest = phonenumbers.format_number(phonenumbers.parse(number), style).partition(" ")
    digits = rest.replace(" ", "")
    first = {6: 3, 7: 3, 8: 4}.get(len(digits), len(digits))
    spellings = {" ".join(filter(None, (code, digits[:first], digits[first:])))}
    if code == "0306":  # shared by many small users, so it is written as five and three and three
        spellings.add(f"{code}{digits[0]} {digits[1:4]} {digits[4:]}")
    return frozenset(
        spellings | {f"+44 {spelling[1:]}" for spelling in spellings} | {f"+44 (0){s[1:]}" for s in spellings}
    )


def read(site: Site) -> tuple[Reading, tuple[Mention, ...]]:
    """The facts about the telephone numbers of a site, and the numbers."""
    shown = tuple(mention for page in site.readable for mention in mentions(page.url, page.html))
    where = {NUMBERS_SEEN: [asdict(mention) for mention in shown[:500]]}
    if not shown:
        blank = not_known(
            [name for name in FACTS if name != "web.phone.found"], Why.NOT_APPLICABLE, "no telephone number was found"
        )
        return blank | Reading({"web.phone.found": False}, where=where), shown
    good = [mention for mention in shown if mention.number]
    charged = sorted({mention.shown for mention in shown if mention.charged})
    facts = Reading(
        {
            "web.phone.found": True,
            "web.phone.count": len({mention.number for mention in good}),
            "web.phone.valid": percent(len(good), len(shown)),
            "web.phone.low_cost": not charged,
        },
        notes=(*_bad_numbers(shown), *(f"'{number}' costs more than an ordinary call" for number in charged[:5])),
        where=where,
    )
    uncalled = not_known(["web.phone.numbers_used"], Why.NOT_APPLICABLE, "none of the numbers has been called")
    return facts | _manner(good) | uncalled, shown


def _manner(good: list[Mention]) -> Reading:
    names = ("web.phone.spaced", "web.phone.linked")
    if not good:
        return not_known(names, Why.NOT_APPLICABLE, "no valid telephone number was found")
    linked = Reading({"web.phone.linked": percent(sum(m.linked for m in good), len(good))})
    seen = [m.spaced for m in good if m.spaced is not None]
    if not seen:
        return linked | not_known(names[:1], Why.NOT_APPLICABLE, "no page shows a valid telephone number in figures")
    return linked | Reading({"web.phone.spaced": percent(sum(seen), len(seen))})


def _bad_numbers(shown: tuple[Mention, ...]) -> Iterator[str]:
    bad: dict[str, list[str]] = {}
    for mention in shown:
        if mention.number is None:
            bad.setdefault(mention.shown, []).append(mention.page)
    for number, pages in list(bad.items())[:_FEW]:
        others = f" and {len(pages) - 1} other{'s' if len(pages) > 2 else ''}" if len(pages) > 1 else ""
        yield f"'{number}' on {pages[0]}{others} is not a whole and valid telephone number"
    if len(bad) > _FEW:
        yield f"and {len(bad) - _FEW} more such number{'s' if len(bad) > _FEW + 1 else ''}"


def _of_link(url: str, text: str, href: str) -> Iterator[Mention]:
    """What a telephone link shows, or else what it dials."""
    shown = [match[0] for match in _WHOLE.finditer(text)] or [
        match[0] for pattern in (_LETTERED, _AMERICAN, _NO_CODE) for match in pattern.finditer(text)
    ]
    dials = None if href.startswith("//") else valid(href)
    for number in shown:
        yield _mention(url, number, dials)
    if not shown:
        yield replace(_mention(url, href, dials), spaced=None)


def _of_text(url: str, text: str) -> Iterator[Mention]:
    """Numbers that stand in plain text."""
    for match in _WHOLE.finditer(text):
        before = text[max(0, match.start() - 60) : match.start()]
        if _FAX.search(before) or (_OTHER_NUMBER.search(before) and not _PHONE_WORDS.search(before[-12:])):
            continue
        if valid(match[0]) or _SHAPED.fullmatch(match[0]) or _PHONE_WORDS.search(before):
            yield _mention(url, match[0], None)
    text = _WHOLE.sub(" ; ", text)
    for pattern in (_LETTERED, _AMERICAN, _NO_CODE):
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - _COLUMN) : match.start()]
            if _PHONE_WORDS.search(before) and not _FAX.search(before):
                yield _mention(url, match[0], None)
        text = pattern.sub(" ; ", text)
    for match in _NO_CODE_RUN.finditer(text):
        yield _mention(url, match[1], None)


def _mention(url: str, shown: str, dials: str | None) -> Mention:
    shown = re.sub(r"[\u00a0\u2009\u202f]", " ", shown).strip()
    if shown.count("(") > shown.count(")"):
        shown = shown.lstrip("(")
    number = valid(shown)
    digits = national(shown)
    return Mention(
        page=url,
        shown=shown[:40],
        number=number,
        spaced=number is not None and shown in govuk(number),
        linked=number is not None and number == dials,
        charged=digits is not None and bool(_CHARGED.match(digits)),
    )
