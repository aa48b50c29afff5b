"""A standards profile as an organisation's own words propose it: figures, and the sentence each was read from. Pure.

It is a proposal: a person reads the sentences, corrects the figures and approves them before a wave is scored by them.
The names of the figures are those of the profiles in results/scheme/profiles; `letter.reply_working_days` is beside
them. Where a promise is in days without a word on working days, the figure is taken as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from probes.web.pages import Page

_UP_TO_FIFTEEN = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split()  # noqa: SIM905
)
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "sixty": 60}
_WORDS = {word: number for number, word in enumerate(_UP_TO_FIFTEEN, 1)} | _TENS
NUMBER = rf"(?:(?<=within )an?|\b(?:\d{{1,3}}|{'|'.join(_WORDS)}))"
"""A number in figures or words, and "a" in "within a week" but not in "twice a week"."""
_TIME = re.compile(
    rf"({NUMBER})(?: ?\([\w -]{{1,12}}\))?[ -](?:full )?(?:(?:working|business|clear|office|calendar) )?"
    r"(seconds?|secs?|minutes?|mins?|rings?|hours?|days?|weeks?|fortnights?)\b(?! (?:a|per|each|every) )",
    re.IGNORECASE,
)
_ACKNOWLEDGE = re.compile(r"\backnowledg|\breceipt\b|\binitial (?:response|reply)\b", re.IGNORECASE)
_DAYS = {"hour": 1 / 24, "day": 1.0, "week": 5.0, "fortnight": 10.0}
_SECONDS = {"second": 1.0, "sec": 1.0, "minute": 60.0, "min": 60.0}
_SENTENCE = re.compile(r"(?<=[.;!?])\s")
_LONGEST = 1500  # characters of one line that are read
_KINDS: dict[str, re.Pattern[str]] = {
    "voicemail": re.compile(r"\bvoice ?mails?\b|\banswer(?:ing)? ?(?:phone|machine)|\bcall (?:you )?back\b", re.I),
    "complaint": re.compile(r"\bcomplain", re.I),
    "email": re.compile(r"\be-?mails?\b", re.I),
    "letter": re.compile(
        r"\bletters?\b|\bin writing\b|\bwrite to us\b|\bcorrespondence\b|\bby post\b|\bwritten\b", re.I
    ),
    "visit": re.compile(r"\bvisit|\bin person\b|\breception\b|\bqueue|\bcounter\b|\bseen\b", re.I),
    "phone": re.compile(r"\b(?:tele)?phones?\b|\btelephone|\bcalls?\b|\brings?\b", re.I),
}


@dataclass(frozen=True)
class Promise:
    """One figure of a profile and the words it was read from."""

    figure: str
    value: float
    sentence: str


def read(page: Page) -> tuple[Promise, ...]:
    """The figures that a page of service standards promises, each once, as first given."""
    found: dict[str, Promise] = {}
    for line in page.text.split("\n"):
        for sentence in _SENTENCE.split(line[:_LONGEST]):
            for figure, value in _figures(sentence):
                found.setdefault(figure, Promise(figure, value, sentence.strip()[:300]))
    return tuple(found.values())


def proposal(page: Page, promises: tuple[Promise, ...], organisation: str) -> dict[str, object]:
    """A standards profile for a person to approve, with the sentence of each figure."""
    return {
        "title": f"{organisation}: customer service standards",
        "source": page.url,
        "figures": {one.figure: one.value for one in promises},
        "read from": {one.figure: one.sentence for one in promises},
    }


def _figures(sentence: str) -> Iterator[tuple[str, float]]:
    """Each time in a sentence with what it is promised for. A clause without a subject goes on about the last one."""
    kinds: list[str] = []
    start = 0
    times = list(_TIME.finditer(sentence))
    for number, time in enumerate(times):
        following = times[number + 1].start() if number + 1 < len(times) else len(sentence)
        clause = sentence[start : time.start()]
        kinds = _about(clause) or kinds or _about(sentence[time.end() : following])
        start = time.end()
        value, unit = _value(time[1]), time[2].lower().rstrip("s")
        for kind in kinds:
            if (figure := _figure(kind, unit, value, bool(_ACKNOWLEDGE.search(clause)))) is not None:
                yield figure


def _about(clause: str) -> list[str]:
    """What a clause is about. A complaint by letter is a complaint; a message on a machine is no call."""
    kinds = [kind for kind, pattern in _KINDS.items() if pattern.search(clause)]
    first = [kind for kind in kinds if kind in ("voicemail", "complaint")]
    return first or kinds


def _figure(kind: str, unit: str, value: float, acknowledged: bool) -> tuple[str, float] | None:
    days = round(_DAYS[unit] * value, 2) if unit in _DAYS else None
    if kind == "phone":
        if unit == "ring":
            return "phone.answer_rings", value
        return ("phone.answer_seconds", _SECONDS[unit] * value) if unit in _SECONDS else None
    if kind == "visit":
        return ("visit.wait_minutes", value) if unit in ("minute", "min") else None
    if days is None:
        return None
    if kind == "email" and acknowledged:
        return "email.acknowledge_hours", round(value if unit == "hour" else days * 24, 2)
    if kind == "complaint":
        return f"complaint.{'acknowledge' if acknowledged else 'answer'}_working_days", days
    if acknowledged:
        return None  # no profile has a figure for it
    by_kind = {"email": "email.reply", "letter": "letter.reply", "voicemail": "voicemail.return"}
    return f"{by_kind[kind]}_working_days", max(days, 1.0)


def _value(text: str) -> float:
    return float(text) if text.isdecimal() else float(_WORDS.get(text.lower(), 1))
