"""Telephone numbers as a site shows them: valid or not, how they are spaced, and whether their links agree. Pure.

A number that is wrong is the finding, so libphonenumber is asked about each candidate and does not choose them: it
would pass over what it thinks no number. Nothing here dials, and nothing found here is ever dialled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from urllib.parse import unquote

import phonenumbers
from selectolax.lexbor import LexborHTMLParser

from probes.web import given, marked_up, whose
from probes.web.marked_up import Thing
from probes.web.mention import Mention
from probes.web.pages import Site, block_text, label
from probes.web.reading import Reading, not_known, percent
from results.schema import Why

FACTS = {
    "web.phone.found": "Yes/no: a telephone number is on some page",
    "web.phone.count": "Count: different valid numbers on the site",
    "web.phone.valid": "Percent of the numbers shown, each once a page, that are valid and whole UK numbers",
    "web.phone.spaced": "Percent of the valid numbers shown that are grouped as on GOV.UK: 0113 496 0000",
    "web.phone.linked": "Percent of the valid numbers shown that have a telephone link with the same digits",
    "web.phone.low_cost": "Yes/no: no number of the organisation's own begins with 084, 087 or 09",
    "web.phone.cost_shown": "Yes/no: beside each such number stands what a call costs",
    "web.phone.consistent": "Yes/no: no two pages give different numbers for the same service",
    **given.FACTS,
    "web.phone.agree": "Percent of the telephone links that show a number which dial that number",
    "web.contactpoint_markup": "Yes/no: a telephone number is marked up for machines, as schema.org has it",
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
_COST = re.compile(
    r"\bcalls? (?:to [^\n]{0,60}|will )?costs?\b|\b\d{1,3}(?:\.\d)? ?(?:p|pence) (?:per|a) (?:minute|min|call)"
    r"|\bp/min\b|\baccess charge\b|\bservice charge\b",
    re.IGNORECASE,
)
"""Ofcom, General Condition C2 (2015): "Calls cost Xp per minute plus your phone company's access charge"."""
_BESIDE = 1000  # characters from a number within which its cost must stand
_RELAY = re.compile(r"^\W{0,3}(?:\+?44 ?)?1800[12] ?")
_EXTENSION = re.compile(r"(?<=\d) ?(?:;ext=|ext(?:ension|n)?[.:]? ?|x ?|,+|;)\d{1,6}\b.{0,20}$", re.IGNORECASE)
_RUN_ON = re.compile(r"(?<=\d)(?=(?:ext|x)\.? ?\d{2,6}\b)", re.IGNORECASE)
_MARKED_UP = re.compile(r"\"(?:telephone|contactPoint)\"\s{0,3}:|itemprop=[\"']?telephone\b")
_AROUND = 60  # characters before a number that may tell what it is
_LINK = re.compile("\ue000(\\d+)\ue001([^\ue002]*)\ue002")
_PRIVATE = re.compile("[\ue000-\ue006]")


def mentions(url: str, html: str, names: Sequence[str] = ()) -> tuple[Mention, ...]:
    """The telephone numbers of a page, each spelling once. Fax numbers and people's own are left out.

    `names`: what the organisation is called, by which other councils' numbers are known.
    """
    return tuple(mention for mention in all_of(url, html, names) if mention.whose != "personal")


def all_of(url: str, html: str, names: Sequence[str] = ()) -> tuple[Mention, ...]:
    """The same with people's own numbers among them, which may be counted and never told."""
    tree = LexborHTMLParser(_PRIVATE.sub("", html))
    things = marked_up.things(tree)
    h1 = label(tree.css_first("h1"))
    _put_marks(tree)
    hrefs: list[str] = []
    for anchor in tree.css("a[href]"):
        href = (anchor.attributes.get("href") or "").strip()
        if href.lower().startswith(("tel:", "callto:")):
            anchor.replace_with(f"\ue000{len(hrefs)}\ue001{whose.plain(label(anchor))}\ue002")
            hrefs.append(unquote(href).partition(":")[2])
    text = _RUN_ON.sub(" ", block_text(tree))
    places = [
        (link.start(), mention)
        for link in _LINK.finditer(text)
        if not _FAX.search(text[max(0, link.start() - _AROUND) : link.start()])
        for mention in _of_link(url, link[2], hrefs[int(link[1])])
    ]
    found = {_placed(mention, text, start, h1, names): None for start, mention in places}
    unlinked = _LINK.sub(" ; ", text)
    found |= {_placed(mention, unlinked, start, h1, names): None for start, mention in _of_text(url, unlinked)}
    seen = {mention.number or mention.shown for mention in found}
    return (*found, *(one for one in _marked_up(url, things, names) if (one.number or one.shown) not in seen))


def _marked_up(url: str, things: Sequence[Thing], names: Sequence[str]) -> Iterator[Mention]:
    for thing in things:
        for shown in thing.telephones:
            one = _mention(url, shown, None)
            owner = "personal" if thing.kind == "person" else whose.whose(thing.label, "", one.number, url, names)
            yield replace(one, spaced=None, marked_up=True, label=thing.name, kind=whose.kind(one.number), whose=owner)


def _put_marks(tree: LexborHTMLParser) -> None:
    """Mark what names the numbers below it, and show the numbers that stand in pictures."""
    for image in tree.css("img[alt]"):
        if _WHOLE.search(alt := image.attributes.get("alt") or ""):
            image.replace_with(f" {alt[:200]} ")
    for mark, selector in ((whose.HEADING, "h1,h2,h3,h4,h5,h6,caption,legend,summary"), (whose.TERM, "dt")):
        for node in tree.css(selector):
            if node.child is not None:
                node.child.insert_before(mark)
    for row in tree.css("tr"):
        cell = row.css_first("th,td")
        if cell is not None and cell.child is not None:
            cell.child.insert_before(whose.ROW)
    for block in tree.css("table,dl"):
        block.insert_after(whose.END)


def _placed(mention: Mention, text: str, start: int, h1: str, names: Sequence[str]) -> Mention:
    """The number with what its place on the page tells of it."""
    name = whose.label(text, start, h1)
    around = whose.plain(text[max(text.rfind("\n", 0, start), start - _AROUND, 0) : start])
    cost = bool(_COST.search(text[max(0, start - _BESIDE) : start + _BESIDE])) if mention.charged else None
    return replace(
        mention,
        label=name,
        kind=whose.kind(mention.number),
        whose=whose.whose(name, around, mention.number, f"{mention.page} {h1}", names),
        textphone=whose.is_textphone(name, around),
        cost_shown=cost,
    )


def in_text(text: str) -> Iterator[tuple[int, str]]:
    """Where valid numbers stand in a text: (position, E.164)."""
    for match in _WHOLE.finditer(text):
        if number := valid(match[0]):
            yield match.start(), number


@lru_cache(maxsize=4096)  # a site shows few numbers many times, and libphonenumber is slow
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
    digits = re.sub(r"[^\d+]", "", _EXTENSION.sub("", _RELAY.sub("", shown)).replace("(0)", ""))
    digits = re.sub(r"^(?:\+44|0044)0?", "0", digits)
    return digits if re.fullmatch(r"0\d{6,11}", digits) else None


@lru_cache(maxsize=4096)
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


def read(site: Site, names: Sequence[str] = ()) -> tuple[Reading, tuple[Mention, ...]]:
    """The facts about the telephone numbers of a site, and the numbers. `names`: what the organisation is called."""
    found = [(page, mention) for page in site.readable for mention in all_of(page.url, page.html, names)]
    shown = tuple(mention for _, mention in found if mention.whose != "personal")
    private = (page for page, mention in found if mention.whose == "personal")
    astray = list(dict.fromkeys(page.url for page in private if not whose.of_members(f"{page.url} {page.h1}")))
    marked = next((page.url for page in site.readable if _MARKED_UP.search(page.html)), None)
    markup = Reading({"web.contactpoint_markup": marked is not None}, where={"telephone marked up": marked})
    where = {NUMBERS_SEEN: [asdict(mention) for mention in shown[:500]]}
    if not shown:
        rest = [name for name in FACTS if name not in ("web.phone.found", "web.contactpoint_markup")]
        blank = not_known(rest, Why.NOT_APPLICABLE, "no telephone number was found") | given.read(shown, astray)
        return markup | blank | Reading({"web.phone.found": False}, where=where), shown
    good = [mention for mention in shown if mention.number]
    charged = sorted({mention.shown for mention in shown if mention.charged and mention.whose == "own"})
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
    facts |= given.read(shown, astray)
    return facts | markup | _manner([mention for mention in good if not mention.marked_up]) | _cost(shown) | _agree(
        good
    ) | _consistent(good) | uncalled, shown


def _cost(shown: tuple[Mention, ...]) -> Reading:
    charged = [mention for mention in shown if mention.cost_shown is not None]
    if not charged:
        sentence = "no number begins with 084, 087 or 09"
        return not_known(["web.phone.cost_shown"], Why.NOT_APPLICABLE, sentence)
    silent = {mention.shown: mention.page for mention in charged if not mention.cost_shown}
    notes = tuple(
        f"'{number}' on {page} does not say what a call costs" for number, page in list(silent.items())[:_FEW]
    )
    return Reading({"web.phone.cost_shown": not silent}, notes=notes)


def _agree(good: list[Mention]) -> Reading:
    """Whether links dial what they show. A number without a link is another matter: `web.phone.linked`."""
    with_link = [mention for mention in good if mention.linked or mention.dials]
    if not with_link:
        return not_known(["web.phone.agree"], Why.NOT_APPLICABLE, "no telephone link shows its number")
    wrong = [mention for mention in with_link if mention.dials]
    notes = tuple(f"'{one.shown}' on {one.page} dials {national(one.dials or '')}" for one in wrong[:_FEW])
    return Reading({"web.phone.agree": percent(len(with_link) - len(wrong), len(with_link))}, notes=notes)


def _consistent(good: list[Mention]) -> Reading:
    """Whether pages agree on a service's number: two that share none for the same label do not."""
    services: dict[frozenset[str], dict[str, set[str]]] = {}
    names: dict[frozenset[str], str] = {}
    for mention in good:
        words = whose.service(mention.label)
        if words and mention.whose == "own" and not mention.textphone:
            names.setdefault(words, mention.label)
            services.setdefault(words, {}).setdefault(mention.page, set()).add(mention.number or "")
    twice = {words: pages for words, pages in services.items() if len(pages) > 1}
    if not twice:
        return not_known(["web.phone.consistent"], Why.NOT_APPLICABLE, "no service's number is on two pages")
    apart = [(names[words], two) for words, pages in twice.items() if (two := _apart(pages)) is not None]
    notes = tuple(f"{name}: {one[1]} on {one[0]}, and {other[1]} on {other[0]}" for name, (one, other) in apart[:_FEW])
    return Reading({"web.phone.consistent": not apart}, notes=notes)


def _apart(pages: Mapping[str, set[str]]) -> tuple[tuple[str, str], tuple[str, str]] | None:
    """Two pages that share no number, each with one of its own."""
    (first, numbers), *others = pages.items()
    for url, theirs in others:
        if not numbers & theirs:
            return (first, national(min(numbers)) or ""), (url, national(min(theirs)) or "")
    return None


def _manner(good: list[Mention]) -> Reading:
    names = ("web.phone.spaced", "web.phone.linked")
    if not good:
        return not_known(names, Why.NOT_APPLICABLE, "no valid telephone number was found")
    ordinary = [m for m in good if not m.textphone] or good
    linked = Reading({"web.phone.linked": percent(sum(m.linked for m in ordinary), len(ordinary))})
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


def _of_text(url: str, text: str) -> Iterator[tuple[int, Mention]]:
    """Numbers that stand in plain text, with their places."""
    for match in _WHOLE.finditer(text):
        before = text[max(0, match.start() - 60) : match.start()]
        if _FAX.search(before) or (_OTHER_NUMBER.search(before) and not _PHONE_WORDS.search(before[-12:])):
            continue
        if valid(match[0]) or _SHAPED.fullmatch(match[0]) or _PHONE_WORDS.search(before):
            yield match.start(), _mention(url, match[0], None)
    text = _WHOLE.sub(_blank, text)
    for pattern in (_LETTERED, _AMERICAN, _NO_CODE):
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - _COLUMN) : match.start()]
            if _PHONE_WORDS.search(before) and not _FAX.search(before):
                yield match.start(), _mention(url, match[0], None)
        text = pattern.sub(_blank, text)
    for match in _NO_CODE_RUN.finditer(text):
        yield match.start(1), _mention(url, match[1], None)


def _blank(match: re.Match[str]) -> str:
    """What stands for a number that has been read: as long, so that places stay as they are."""
    return ";".center(len(match[0]))


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
        coded=digits is not None,
        dials=dials if number is not None and dials is not None and dials != number else None,
    )
