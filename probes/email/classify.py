"""What an e-mail is: a bounce, an automatic acknowledgement, an out of office, a challenge, or a person's reply. Pure.

The signs are weighed against each other. Where headers, words and timing disagree the answer is "unclear", and a person
looks: a machine's message is never taken for a person's. The signs themselves live in `signs`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from probes.email.parse import Mail
from probes.email.signs import BULK_BY_HABIT, GREETING, HEADERS, NO_NAME, PERSON_NAME, SIGN_OFF, WORDS, Points

Kind = Literal[
    "automatic acknowledgement", "out of office", "human reply", "bounce", "challenge", "unreadable", "unclear"
]

_TOO_QUICK = 120.0  # seconds: nobody reads, thinks and answers in less
_UNHURRIED = 4 * 3600.0  # seconds: machines answer sooner
_ENOUGH_OF_A_MACHINE = 4
_ENOUGH_OF_A_PERSON = 3
_CLEAR_LEAD = 3
_BOUNCE, _CHALLENGE = 5, 5


@dataclass(frozen=True)
class Verdict:
    """What an e-mail is held to be. `confidence`: 0..1. `reasons`: plain sentences, without anybody's name.

    `final`: False for a warning that delivery is delayed; nothing has failed yet.
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


def classify(mail: Mail, elapsed_seconds: float | None) -> Verdict:
    """Judge one e-mail. `elapsed_seconds`: from our sending to its arrival; None where that is not known.

    Source of the header signs: RFC 3834 and RFC 3464.
    """
    if mail.unreadable:
        return Verdict("unreadable", 1.0, ("its parts are nested beyond reading",))
    evidence = list(_evidence(mail, elapsed_seconds))
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
    person = total["person"]
    lead = machine - person
    confidence = round(0.5 + min(abs(lead), 10) / 20, 2)
    if machine >= _ENOUGH_OF_A_MACHINE and lead >= _CLEAR_LEAD:
        if not total["away"] and not total["acknowledgement"]:
            return _unclear("a machine wrote it, yet it neither acknowledges nor says that anybody is away", evidence)
        away = total["away"] > 3 and total["away"] >= total["acknowledgement"] - 5
        kind: Kind = "out of office" if away else "automatic acknowledgement"
        return _verdict(kind, confidence, evidence, "away", "acknowledgement", "machine")
    if person >= _ENOUGH_OF_A_PERSON and -lead >= _CLEAR_LEAD and machine < _ENOUGH_OF_A_MACHINE:
        return _verdict("human reply", confidence, evidence, "person")
    return _unclear("the signs disagree or are too few", evidence)


def _bounce(mail: Mail, evidence: list[_Evidence]) -> Verdict:
    delayed = "delayed" in mail.report.action if mail.report else "delay" in mail.subject.casefold()
    verdict = _verdict("bounce", 0.95, evidence, "bounce")
    if not delayed:
        return verdict
    reasons = (*verdict.reasons, "it only warns of a delay")
    return Verdict("bounce", verdict.confidence, reasons, final=False)


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
    if elapsed is not None and elapsed >= _UNHURRIED:
        yield _Evidence("person", 1, "it came hours later, when machines have long answered")


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


def signed_by_a_person(text: str) -> bool:
    """Whether one of the two lines below the sign-off looks like a person's name and not like a team's."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    for at, line in enumerate(lines):
        if SIGN_OFF.match(line):
            return any(PERSON_NAME.match(name) and not NO_NAME.search(name) for name in lines[at + 1 : at + 3])
    return False
