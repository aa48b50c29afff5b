"""What an e-mail is: a bounce, an automatic acknowledgement, an out of office, a challenge, a survey, or a person's
reply, and of that whether it answers. Pure.

The signs are weighed against each other. Where headers, words and timing disagree the answer is "unclear", and a person
looks: a machine's message is never taken for a person's. The signs themselves live in `signs`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from probes.email.letter import take_apart
from probes.email.parse import Mail
from probes.email.promises import defers, without_promises
from probes.email.quoting import without_subject
from probes.email.referral import declines, sends_elsewhere
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
    "automatic acknowledgement",
    "out of office",
    "interim reply",
    "final reply",
    "human reply",
    "bounce",
    "challenge",
    "survey",
    "unreadable",
    "unclear",
]
HUMAN: tuple[Kind, ...] = ("interim reply", "final reply", "human reply")
"""A person's replies: one that defers without answering, one that answers, and one of which a person must say."""

_TOO_QUICK = 120.0  # seconds: nobody reads, thinks and answers in less
_ENOUGH_OF_A_MACHINE = 4
_CLEAR_LEAD = 3
_CLEAR_LEAD_OF_A_PERSON = 4  # one more beside any sign of a machine, two where it tells of nothing done
_BOUNCE, _CHALLENGE, _SURVEY = 5, 5, 5
_LEAD_OF_A_SURVEY = 2
_HANDED_OVER = re.compile(r"\b(?:attached|attachment|enclosed)\b", re.IGNORECASE)
_DOCUMENT = re.compile(r"\.(?:pdf|docx?|odt|rtf)$", re.IGNORECASE)
_STILL_TRYING = re.compile(
    r"\bdelayed\b|^\W{0,5}warning\b|warning message only|will (?:continue|keep|be retried)|still trying|"
    r"not need to re-?send|no action is (?:required|necessary)|not (?:yet )?been delivered",
    re.IGNORECASE | re.MULTILINE,
)


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
    machine = total["away"] + total["acknowledgement"] + total["machine"] + total["survey"]
    if total["bounce"] >= _BOUNCE and total["bounce"] - total["person"] >= _CLEAR_LEAD and not total["away"]:
        return _bounce(mail, evidence)
    if total["challenge"] >= _CHALLENGE:
        return _verdict("challenge", 1.0, evidence, "challenge")
    if _asks_for_a_rating(total):
        return _verdict("survey", 0.9, evidence, "survey", "machine")
    verdict = _machine_or_person(total, machine, evidence)
    if verdict.kind == "human reply":
        return _how_far_it_answers(mail, verdict, points)
    if verdict.kind == "unclear" and machine < _ENOUGH_OF_A_MACHINE:
        return _unreadable(mail) or verdict
    return verdict


def _asks_for_a_rating(total: dict[Points, int]) -> bool:
    """A reply or an acknowledgement with a survey at its end is not merely a survey."""
    lead = total["survey"] - total["person"] - total["substance"] - total["matter"]
    return total["survey"] >= _SURVEY and lead >= _LEAD_OF_A_SURVEY and total["acknowledgement"] < _ENOUGH_OF_A_MACHINE


def _unreadable(mail: Mail) -> Verdict | None:
    if mail.encrypted:
        return Verdict("unreadable", 1.0, ("its text is encrypted",))
    if not mail.text:
        beside = "only an attachment" if mail.attachments else "only pictures or nothing"
        return Verdict("unreadable", 1.0, (f"it has no text, {beside}",))
    return None


def _how_far_it_answers(mail: Mail, verdict: Verdict, points: Sequence[str]) -> Verdict:
    """Split a person's reply: final where it answers or sends elsewhere for good, interim where it only defers.

    One that does both, or neither, is left to a person.
    """
    letter = take_apart(mail.text_top)
    text = "\n\n".join((*letter.paragraphs, *(() if letter.sign_off else letter.signature)))
    said = without_subject(without_promises(text), mail.subject)
    met = [bool(re.search(point, said, re.IGNORECASE)) for point in points]
    later = defers(text)
    if met and (all(met) or (any(met) and not later)):
        return _settled(verdict, "final reply", f"it answers {sum(met)} of {len(met)} points of the question")
    if later and not any(met) and not declines(text):
        return _settled(verdict, "interim reply", "it leaves the answer for later")
    if not later and sends_elsewhere(text):
        return _settled(verdict, "final reply", "it declines the matter or sends the enquirer elsewhere")
    return replace(verdict, reasons=(*verdict.reasons, "whether it answers is for a person to say"))


def _settled(verdict: Verdict, kind: Kind, why: str) -> Verdict:
    return replace(verdict, kind=kind, reasons=(*verdict.reasons, why))


def _machine_or_person(total: dict[Points, int], machine: int, evidence: list[_Evidence]) -> Verdict:
    person = total["person"] + total["substance"] + total["matter"]
    lead = machine - person
    confidence = round(0.5 + min(abs(lead), 10) / 20, 2)
    if machine >= _ENOUGH_OF_A_MACHINE and lead >= _CLEAR_LEAD:
        if not total["away"] and not total["acknowledgement"]:
            return _unclear("a machine wrote it, yet it neither acknowledges nor says that anybody is away", evidence)
        away = total["away"] > 3 and total["away"] >= total["acknowledgement"] - 5
        kind: Kind = "out of office" if away else "automatic acknowledgement"
        return _verdict(kind, confidence, evidence, "away", "acknowledgement", "machine")
    doubt = int(machine > 0) if total["substance"] else 2
    substance = total["substance"] + total["matter"]
    if substance and machine < _ENOUGH_OF_A_MACHINE and -lead >= _CLEAR_LEAD_OF_A_PERSON + doubt:
        return _verdict("human reply", confidence, evidence, "person", "substance", "matter")
    return _unclear("the signs disagree or are too few", evidence)


def _bounce(mail: Mail, evidence: list[_Evidence]) -> Verdict:
    """A delivery report may also say "delayed", "relayed" or "delivered" (RFC 3464 section 2.3.3)."""
    verdict = _verdict("bounce", 0.95, evidence, "bounce")
    action = mail.report.action if mail.report else ""
    trying = not action and _STILL_TRYING.search(f"{mail.subject}\n{mail.text[:2_000]}")
    if not trying and ("failed" in action or not action):
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
    if "message/feedback-report" in mail.types:
        yield _Evidence("machine", 5, "it is a complaint report of a mail provider")


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
    letter = take_apart(text)
    places = {
        "subject": mail.subject,
        "sender": mail.header("from"),
        "opening": text[:600],
        "body": "\n".join(letter.paragraphs) if letter.sign_off else text,
        "text": text,
    }
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
    said = without_subject(without_promises(mail.text_top), mail.subject) if points else ""
    made = sum(bool(re.search(point, said, re.IGNORECASE)) for point in points)
    if made:  # a template may happen upon one
        yield _Evidence("matter", 2 if made == 1 else 5, "it answers a point of the question")
    if _hands_over(mail):
        yield _Evidence("matter", 2, "it hands over a document")
    subject = re.sub(r"^(?:\s*\w{2,5}:)+\s*", "", mail.subject).casefold()
    matter = set(re.findall(r"[^\W\d_]{4,}", subject)) - NOT_THE_MATTER
    spoken = text.casefold().replace(subject, " ") if subject else ""
    if any(re.search(rf"\b{word}", spoken) for word in matter):
        yield _Evidence("matter", 2, "it speaks of the matter asked about")


def _hands_over(mail: Mail) -> bool:
    """Whether the text points to a document that is attached."""
    return bool(_HANDED_OVER.search(mail.text_top)) and any(map(_DOCUMENT.search, mail.attachments))


def signed_by_a_person(text: str) -> bool:
    """Whether one of the two lines below the sign-off looks like a person's name and not like a team's."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    for at, line in enumerate(lines):
        if SIGN_OFF.match(line):
            return any(PERSON_NAME.match(name) and not NO_NAME.search(name) for name in lines[at + 1 : at + 3])
    return False
