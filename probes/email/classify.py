"""What an e-mail is: a bounce, an automatic acknowledgement, an out of office, a challenge, or a person's reply. Pure.

The signs are weighed against each other. Where headers, words and timing disagree the answer is "unclear", and a person
looks: a machine's message is never taken for a person's. The signs themselves live in `signs`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from probes.email.parse import Mail
from probes.email.signs import (
    BULK_BY_HABIT,
    GREETING,
    HEADERS,
    NO_NAME,
    NOT_THE_MATTER,
    PERSON_NAME,
    SIGN_OFF,
    WORDS,
    Points,
)

Kind = Literal[
    "automatic acknowledgement", "out of office", "human reply", "bounce", "challenge", "unreadable", "unclear"
]

_TOO_QUICK = 120.0  # seconds: nobody reads, thinks and answers in less
_ENOUGH_OF_A_MACHINE = 4
_CLEAR_LEAD = 3
_CLEAR_LEAD_OF_A_PERSON = 4  # one more where anything at all points to a machine
_BOUNCE, _CHALLENGE = 5, 5


@dataclass(frozen=True)
class Verdict:
    """What an e-mail is held to be. `confidence`: 0..1. `reasons`: plain sentences, without anybody's name.

    `final`: False for a delivery report that tells of no failure, such as a warning of delay.
    """

    kind: Kind
    confidence: float
    reasons: tuple[str, ...]
    final: bool = True


@dataclass(frozen=True)
class _Evidence:
    points_to: Points
    weight: int
    says: str


def classify(mail: Mail, elapsed_seconds: float | None, points: Sequence[str] = ()) -> Verdict:
    """Judge one e-mail. `elapsed_seconds`: from our sending to its arrival; None where that is not known.

    `points`: the answer key's, as regular expressions; a message that makes one of them answers the question.

    Source of the header signs: RFC 3834 and RFC 3464.
    """
    if mail.unreadable:
        return Verdict("unreadable", 1.0, ("its parts are nested beyond reading",))
    evidence = [*_evidence(mail, elapsed_seconds), *_substance(mail, points)]
    total: defaultdict[Points, int] = defaultdict(int)
    for item in evidence:
        total[item.points_to] += item.weight
    machine = total["away"] + total["acknowledgement"] + total["machine"]
    if total["bounce"] >= _BOUNCE and total["bounce"] - total["person"] >= _CLEAR_LEAD and not total["away"]:
        return _bounce(mail, evidence)
    if total["challenge"] >= _CHALLENGE:
        return _verdict("challenge", 1.0, evidence, "challenge")
    return _machine_or_person(total, machine, evidence)


def _machine_or_person(total: dict[Points, int], machine: int, evidence: list[_Evidence]) -> Verdict:
    person = total["person"] + total["substance"]
    lead = machine - person
    confidence = round(0.5 + min(abs(lead), 10) / 20, 2)
    if machine >= _ENOUGH_OF_A_MACHINE and lead >= _CLEAR_LEAD:
        if not total["away"] and not total["acknowledgement"]:
            return _unclear("a machine wrote it, yet it neither acknowledges nor says that anybody is away", evidence)
        away = total["away"] > 3 and total["away"] >= total["acknowledgement"] - 5
        kind: Kind = "out of office" if away else "automatic acknowledgement"
        return _verdict(kind, confidence, evidence, "away", "acknowledgement", "machine")
    if total["substance"] and machine < _ENOUGH_OF_A_MACHINE and -lead >= _CLEAR_LEAD_OF_A_PERSON + (machine > 0):
        return _verdict("human reply", confidence, evidence, "person", "substance")
    return _unclear("the signs disagree or are too few", evidence)


def _bounce(mail: Mail, evidence: list[_Evidence]) -> Verdict:
    """A delivery report may also say "delayed", "relayed" or "delivered" (RFC 3464 section 2.3.3)."""
    verdict = _verdict("bounce", 0.95, evidence, "bounce")
    action = mail.report.action if mail.report else "delayed" if "delay" in mail.subject.casefold() else ""
    if "failed" in action or not action:
        return verdict
    return Verdict("bounce", verdict.confidence, (*verdict.reasons, "it reports no failure as yet"), final=False)


def _verdict(kind: Kind, confidence: float, evidence: list[_Evidence], *points: Points) -> Verdict:
    return Verdict(kind, confidence, tuple(dict.fromkeys(item.says for item in evidence if item.points_to in points)))


def _unclear(why: str, evidence: list[_Evidence]) -> Verdict:
    return Verdict("unclear", 0.0, (why, *dict.fromkeys(item.says for item in evidence)))


# ------------------------------------------------------------------------------------------------ the evidence


def _evidence(mail: Mail, elapsed: float | None) -> Iterator[_Evidence]:
    yield from _structure(mail)
    yield from _headers(mail)
    yield from _words(mail)
    yield from _form(mail)
    if elapsed is not None and elapsed < _TOO_QUICK:
        yield _Evidence(
            "machine", _ENOUGH_OF_A_MACHINE, "it came within two minutes, sooner than a person could have answered"
        )


def _structure(mail: Mail) -> Iterator[_Evidence]:
    if mail.report is not None or "message/delivery-status" in mail.types:
        yield _Evidence("bounce", 5, "it is a delivery report (RFC 3464)")
    if "report-type=disposition-notification" in mail.header("content-type").replace('"', "").lower():
        yield _Evidence("machine", 5, "it is a read receipt")


def _headers(mail: Mail) -> Iterator[_Evidence]:
    bulk_by_habit = any(name in mail.headers for name in BULK_BY_HABIT)
    for sign in HEADERS:
        value = mail.header(sign.header)
        if sign.header == "precedence" and sign.weight < _ENOUGH_OF_A_MACHINE and bulk_by_habit:
            continue
        if value and sign.pattern.search(value):
            yield _Evidence(sign.points_to, sign.weight, sign.says)


def _words(mail: Mail) -> Iterator[_Evidence]:
    text = re.sub(r" {2,}", " ", mail.text_top)
    places = {"subject": mail.subject, "sender": mail.header("from"), "opening": text[:600], "text": text}
    for sign in WORDS:
        if sign.pattern.search(places[sign.where]):
            yield _Evidence(sign.points_to, sign.weight, sign.says)


def _form(mail: Mail) -> Iterator[_Evidence]:
    """A letter's form. A merged name in the greeting costs a machine nothing, so a greeting weighs little."""
    if GREETING.search(mail.text_top[:400]):
        yield _Evidence("person", 1, "it greets the enquirer")
    if signed_by_a_person(mail.text_top):
        yield _Evidence("person", 2, "it is signed with a person's name")


def _substance(mail: Mail, points: Sequence[str]) -> Iterator[_Evidence]:
    """Whether it speaks of the matter. Our subject repeated whole, as machines do, does not count."""
    text = " ".join(mail.text_top.split())
    if any(re.search(point, text, re.IGNORECASE) for point in points):
        yield _Evidence("substance", 3, "it answers a point of the question")
    subject = re.sub(r"^(?:\s*\w{2,5}:)+\s*", "", mail.subject).casefold()
    matter = set(re.findall(r"[^\W\d_]{4,}", subject)) - NOT_THE_MATTER
    spoken = text.casefold().replace(subject, " ") if subject else ""
    if any(re.search(rf"\b{word}", spoken) for word in matter):
        yield _Evidence("substance", 2, "it speaks of the matter asked about")


def signed_by_a_person(text: str) -> bool:
    """Whether one of the two lines below the sign-off looks like a person's name and not like a team's."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    for at, line in enumerate(lines):
        if SIGN_OFF.match(line):
            return any(PERSON_NAME.match(name) and not NO_NAME.search(name) for name in lines[at + 1 : at + 3])
    return False
