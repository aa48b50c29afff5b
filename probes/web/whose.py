"""What a telephone number on a page is for, whose it is, and of which kind. Pure.

A person's own number, such as a councillor's at home or a tenant's, is nobody's business here: it is told apart so that
it can be left out of everything. Another body's number (the police, a helpline, the next council) is not the
organisation's to answer for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from probes.web.pages import stems

Whose = Literal["own", "another body", "personal"]
Kind = Literal["landline", "03", "freephone", "mobile", "charged", "premium", "other"]

HEADING, ROW, TERM, END = "\ue003", "\ue004", "\ue005", "\ue006"
"""Marks at the beginning of a line of text: a heading, the first cell of a row, a term of a list, the end of either."""

_MARKS = re.compile("[\ue000-\ue006]")
_ABOVE = 1500  # characters above a number in which its heading may stand
_LONGEST = 90  # characters of a label
_TAIL = re.compile(
    r"(?:[\s:;,.–—(*-]|\b(?:tele?phone|phone|tel|t|call|calling|ring|ringing|dial|contact|us|them|on|at|or|and|number|no|is"
    r"|free|text|by|please|to|the|our|direct|line|also|you can|can|via|calls?|using|with)\b)$",
    re.IGNORECASE,
)
_SAYS_NOTHING = frozenset(
    stems(
        "contact us telephone phone tel call number e mail email address online get touch detail further information"
        " more help write post visit person letter opening time freephone helpline direct line enquiry enquire"
        " general if need find here welcome home link related page next happen question any useful name text speak"
        " someone main service department team"
    )
)
_NO_SERVICE = frozenset({"out", "hour", "emergency", "office", "officer", "reception", "manager", "assistant", "staff"})
_PARTS = re.compile(r" ; |[|•·>]|(?<=[.;?!]) ")

_BODIES = re.compile(
    r"\b(?:NHS|police|fire (?:and rescue|service|brigade)|ambulance|Crimestoppers|ChildLine|NSPCC|Samaritans|RSPCA|HMRC"
    r"|DVLA|DWP|DEFRA|HSE|RNIB|RNID"
    r"|Citizens'? Advice|Age UK|Shelter(?= helpline| England| Cymru)|Victim Support|Refuge(?= helpline)|Women'?s Aid"
    r"|National (?:Domestic|Grid|Gas|Highways|Debtline|Rail)|Highways England|Environment Agency|Natural Resources"
    r"|Ombudsman|Jobcentre|Job Centre|Universal Credit helpline|Pension Service|Valuation Office|Land Registry"
    r"|Passport Office|Electoral Commission|Planning (?:Inspectorate|Portal)|Information Commissioner|Ofsted"
    r"|Care Quality Commission|Companies House|Equality (?:and Human Rights|Advisory)|EASS|EHRC|ACAS"
    r"|Royal Mail|TV Licensing|StepChange|Trussell|Salvation Army|British Gas|UK Power Networks|Western Power"
    r"|Northern Powergrid|Electricity North West|SP Energy|(?:Severn Trent|Thames|Anglian|Yorkshire|South West|Wessex"
    r"|Southern|South East|Affinity|Northumbrian|Bristol|Scottish|Welsh) Water|United Utilities|Dwr Cymru|hospital"
    r"|(?:GP|doctor'?s) surgery|coroner|magistrates|county court|crown court|HM Courts|Home Office|Food Standards"
    r"|Consumer(?:s')? (?:advice|helpline|Direct)|Traveline|National Careers|Forestry|Canal (?:and|&) River)\b",
    re.IGNORECASE,
)
_COUNCIL = re.compile(
    r"\b((?:[A-Z][\w'-]{1,30} (?:(?:and|&|of|upon|on|the) )?){1,4})"
    r"(?:County|District|Borough|City|Metropolitan|Parish|Town|Community) (?:Borough )?Council\b"
)
_KNOWN = {
    "+44800111999": "gas emergencies",
    "+44800555111": "Crimestoppers",
    "+448088000082": "Equality Advisory and Support Service",
    "+443000610614": "Local Government and Social Care Ombudsman",
    "+443001113000": "Housing Ombudsman",
    "+443031231113": "Information Commissioner",
    "+443459881188": "Floodline",
    "+44800807060": "Environment Agency incidents",
    "+448082000247": "National Domestic Abuse Helpline",
}
_MEMBERS = re.compile(r"councillor|\bcllr\b|mguserinfo|ward[ -]member|elected[ -]member", re.IGNORECASE)
_PERSON = re.compile(
    r"\b(?:cllr|councillor|mr|mrs|ms|miss|dr|rev|sir|lady|lord)\b\.?|\bhome\b[^\n]{0,12}$|\b(?:tenant|landlord|owner)s?\b"
    r"|\bmy (?:number|mobile|phone)\b|\(h(?:ome)?\)|\bpersonal\b",
    re.IGNORECASE,
)
_SERVES = re.compile(
    r"\b(?:text|sms|whatsapp|duty|emergenc|out of hours|hours|office|officer|team|service|warden|ranger|helpline|centre"
    r"|hall|market|council|manager|co-?ordinator|worker|caretaker|museum|library|pool|park|report|surgery|unit)",
    re.IGNORECASE,
)
_TEXTPHONE = re.compile(
    r"\btext ?phone\b|\bmini ?com\b|\btext ?relay\b|\brelay ?uk\b|\btype ?talk\b|\bngt\b|\b18001\b"
    r"|\bnext generation text\b|\bdeaf\b|\bhard of hearing\b|\bspeech impair",
    re.IGNORECASE,
)


def label(text: str, start: int, h1: str) -> str:
    """What a number at a place of a marked text is for: the words before it, its row, its term or its heading."""
    line = text.rfind("\n", 0, start) + 1
    if own := _telling(_PARTS.split(text[max(line, start - 300) : start])[-1]):
        return own
    in_list = True
    for above in reversed(text[max(0, line - _ABOVE) : line].split("\n")):
        in_list = in_list and END not in above
        its_row = in_list and above.startswith((ROW, TERM))
        in_list = in_list and not its_row  # rows above its own are other numbers'
        names = its_row or above.startswith(HEADING) or above.endswith(":")
        if names and len(above.split()) <= 12 and (name := _telling(_PARTS.split(above)[0])):
            return name
    return _telling(h1)


def whose(label: str, around: str, number: str | None, address: str, names: Iterable[str]) -> Whose:
    """Whose number it is, as far as its label, the words around it and the page's address tell.

    `names`: what the organisation is called. Where nothing speaks against it a number is the organisation's own.
    """
    mobile = kind(number) == "mobile"
    if _PERSON.search(label) and (mobile or _MEMBERS.search(label) or _MEMBERS.search(address)):
        return "personal"
    if mobile and (_MEMBERS.search(address) or not _SERVES.search(f"{label} {around}")):
        return "personal"
    if _MEMBERS.search(address) and re.search(r"\b(?:home|mobile|private|tel(?:ephone)?|phone)\W{0,4}$", around, re.I):
        return "personal"
    if number in _KNOWN or _BODIES.search(label):
        return "another body"
    own = frozenset().union(*(stems(name) for name in names))
    councils = [match[1] for match in _COUNCIL.finditer(label)]
    return "another body" if own and councils and not any(stems(one) & own for one in councils) else "own"


def of_members(address: str) -> bool:
    """Whether a page, by its address and heading, is about councillors, whose own numbers are rightly there."""
    return bool(_MEMBERS.search(address))


def kind(number: str | None) -> Kind:
    """Of which kind an E.164 number is. Source: Ofcom, the National Telephone Numbering Plan."""
    digits = (number or "").removeprefix("+44")
    if digits.startswith(("84", "87")):
        return "charged"
    by_first: dict[str, Kind] = {"1": "landline", "2": "landline", "3": "03", "8": "freephone", "9": "premium"}
    if digits.startswith("7"):
        return "other" if digits.startswith(("70", "76")) else "mobile"  # personal numbering and pagers
    return by_first.get(digits[:1], "other")


def is_textphone(label: str, around: str) -> bool:
    """Whether a number is for textphones or Relay UK, which are dialled with 18001 before it."""
    return bool(_TEXTPHONE.search(label) or _TEXTPHONE.search(around))


def plain(text: str) -> str:
    """Text without the marks."""
    return _MARKS.sub("", text)


def service(label: str) -> frozenset[str]:
    """The telling words of a label, by which two pages speak of the same service; empty where it is none."""
    return stems(label) - _SAYS_NOTHING - _NO_SERVICE if len(label.split()) <= 6 else frozenset()


def _telling(text: str) -> str:
    """A label without the words that every number has before it; "" where nothing is left."""
    text = plain(text).strip()[-_LONGEST:]
    while (tail := _TAIL.search(text)) is not None:
        text = text[: tail.start()].rstrip()
    return text if stems(text) - _SAYS_NOTHING else ""
