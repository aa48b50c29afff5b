"""Whether a reply sends the enquirer elsewhere, and, for an enquiry that is another authority's, to the right place.

Pure. Which answers are read, and what is left to a person, does not live here (`quality`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from probes.email.letter import sentences
from results.schema import Enquiry, Organisation, Responsible

PHONE = re.compile(r"(?<![\d/])(?:\+44|\(?0)[\d ()\-.]{8,16}\d(?!\d)")

_DECLINES = re.compile(
    r"\b(?:not|isn.t|aren.t) (?:something|a (?:matter|service|function))?(?: that| which)? ?"
    r"(?:we|the council|this council|the authority|(?:district|borough|county|city) councils?)\b[^.\n]{0,20}"
    r"(?:deal|provide|handle|administer|offer|run|responsible|help)"
    r"|\b(?:we|the council|this council|i)(?: are| am| is|.re|.m)?(?: do(?:es)?)?"
    r"(?: not|n.t| unable to| no longer)(?: able to)? "
    r"(?:deal with|provide|handle|administer|offer|run|issue|responsible|help (?:you )?with|involved|assist)\b"
    r"|\b(?:not|isn.t) (?:the |our |a )?(?:\w+ )?(?:council.s |council )?(?:responsib|function|service)\w*"
    r"|\b(?:is|are|be) (?:dealt with|run|administered|handled|provided|issued|managed|operated) by "
    r"(?!the (?:team|service)\b|our\b|us\b)"
    r"|\b(?:is|are|lies with|falls to|falls under)(?: the)? responsib(?:le|ility) (?:for|of) ",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"\byou (?:will |would |should |may |must |can )*(?:need|have|like|want)?(?: to)? ?"
    r"(?:contact|ring|call|speak to|write to|apply to|get in touch with|ask) (?!me\b|us\b|our\b)"
    r"|\bplease (?:contact|ring|call|speak to|write to|apply to|ask|get in touch with) (?!me\b|us\b|our\b|you\b)"
    r"|\b(?:on|at|from|via|through|using|visit|see|check|to|our) (?:our|the|their|council.s|this)? ?"
    r"(?:council )?(?:website|web ?site|web ?page|web pages|link|page)\b",
    re.IGNORECASE,
)
_OWN = re.compile(r"\b(?:me|us|my|our|mine)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Referral:
    """How an enquiry that is another authority's was met. `accepted`: None where only a person can tell.

    `contact_right`: a number, address or link of that authority was given, and no wrong number in its place.
    """

    accepted: bool | None
    told_who: bool
    contact_right: bool
    notes: tuple[str, ...] = ()


def sends_elsewhere(text: str) -> bool:
    """Whether a reply declines the matter, or sends the enquirer to somebody else or to a website for it."""
    return declines(text) or any(_ELSEWHERE.search(sentence) for sentence in sentences(text))


def declines(text: str) -> bool:
    """Whether a reply says that the matter is not the organisation's."""
    return any(_DECLINES.search(sentence) for sentence in sentences(text))


def responsible(enquiry: Enquiry, organisation: Organisation) -> Responsible | None:
    """The other authority that the enquiry is for; None where it is this organisation's own matter."""
    named = enquiry.answer_key.responsible
    if named is None:
        return None
    theirs = {name.casefold() for name in (named.name, *named.aliases)}
    ours = {name.casefold() for name in (organisation.name, *organisation.aliases)}
    return None if theirs & ours else named


def read_referral(bodies: Sequence[str], authority: Responsible, organisation: Organisation) -> Referral:
    """What the replies' bodies say of who is responsible. Where a number is given, it is the number that is judged.

    Numbers of the organisation's own, and any that a sentence offers as "my" or "our" number, are left out.
    """
    text = "\n\n".join(bodies)
    told = any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns_of_names(authority))
    numbers = {number for sentence in sentences(text) if not _OWN.search(sentence) for number in _numbers(sentence)}
    numbers -= {line.number for line in organisation.contacts.lines}
    right_numbers = numbers & set(authority.numbers)
    right_place = any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns_of_places(authority))
    others = [host for host in _hosts(text) if not _is_own(host, organisation)]
    right = bool(right_numbers) if numbers else right_place
    notes = []
    if numbers - right_numbers:
        which = "Besides the right number another was given." if right_numbers else "The number given is not among"
        notes.append(which if right_numbers else f"{which} those of the answer key.")
    elif not right and others:
        notes.append("The link or address given is not among those of the answer key.")
    accepted = True if told or right else False if declines(text) else None
    return Referral(accepted, told, right, tuple(notes))


def patterns_of_names(authority: Responsible) -> tuple[str, ...]:
    """Regular expressions for the authority's name and aliases."""
    names = (authority.name, *authority.aliases)
    spaced = (r"\s+".join(map(re.escape, name.split())) for name in names)
    return tuple(rf"(?<!\w){name}(?!\w)" for name in spaced)


def patterns_of_places(authority: Responsible) -> tuple[str, ...]:
    """Regular expressions for its e-mail addresses and for links to its hosts or their subdomains."""
    addresses = [rf"(?<![\w.+-]){re.escape(address)}(?![\w-])" for address in authority.addresses]
    hosts = [
        rf"(?<![\w@-])(?:[a-z0-9-]{{1,63}}\.){{0,4}}{re.escape(host)}(?![\w-]|\.\w)"
        if not host.startswith("www.")
        else rf"(?<![\w.@-])(?:www\.)?{re.escape(host.removeprefix('www.'))}(?![\w-]|\.\w)"
        for host in authority.hosts
    ]
    return (*addresses, *hosts)


def patterns_of_numbers(authority: Responsible) -> tuple[str, ...]:
    """Regular expressions for its numbers, however they are spaced."""
    return tuple(
        r"(?<!\d)(?:\+44|0)[\s()0-]{0,5}?" + r"[\s().-]{0,2}".join(number.removeprefix("+44")) + r"(?!\d)"
        for number in authority.numbers
        if number.startswith("+44")
    )


def _numbers(text: str) -> set[str]:
    found = set()
    for match in PHONE.finditer(text):
        digits = re.sub(r"\D", "", match[0].replace("(0)", ""))
        found.add("+44" + (digits.removeprefix("44") if match[0].lstrip("(").startswith("+") else digits.lstrip("0")))
    return found


def _hosts(text: str) -> list[str]:
    return [
        (urlsplit(f"//{found}").hostname or "").casefold()
        for found in re.findall(r"(?:https?://|(?=www\.))([a-z0-9.-]{3,200})", text, re.IGNORECASE)
    ] + [found.casefold() for found in re.findall(r"@([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4})", text, re.IGNORECASE)]


def _is_own(host: str, organisation: Organisation) -> bool:
    own = {urlsplit(site).hostname or "" for site in organisation.contacts.sites}
    own |= {address.rpartition("@")[2] for address in organisation.contacts.addresses}
    own |= {given.partition(":")[0] for given in (organisation.consent.hosts if organisation.consent else ())}
    bare = host.removeprefix("www.")
    return any(bare == each.casefold().removeprefix("www.") for each in own if each)
