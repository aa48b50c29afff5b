"""What a person's reply gave the enquirer: name, telephone number, job title, further help, an answer. Pure.

Flags only: a member of staff's name is looked for and never kept. Judging courtesy or plain English does not live here;
a person does that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from probes.email.parse import Mail
from probes.email.persona import Persona
from probes.email.quoting import without
from probes.email.signs import GREETING, NO_NAME, PERSON_NAME, SIGN_OFF
from results.schema import Enquiry, Fact, Organisation

_ALIKE = 0.75  # how much of a name must agree before it is taken for ours, misspelt
_SHORTEST_ANSWER = 60  # characters of text beside an attachment, below which the attachment is the answer
_SIGNATURE_LINES = 14

_PHONE = re.compile(r"(?<![\d/])(?:\+44|\(?0)[\d ()\-.]{8,16}\d(?!\d)")
_FAX = re.compile(r"^\W*(?:fax|facsimile|f)\b", re.IGNORECASE)
_JOB_TITLE = re.compile(
    r"\b(?:officer|manager|assistant|director|advis[eo]r|co-?ordinator|head of|leader|supervisor|administrator|"
    r"executive|clerk|surveyor|engineer|inspector|analyst|secretary|specialist|consultant|representative|apprentice|"
    r"technician|solicitor|registrar|warden|planner|librarian|agent|receptionist)\b",
    re.IGNORECASE,
)
_DEPARTMENT = re.compile(
    r"\b(?:department|services?|team|unit|centre|directorate|division|section|housing|planning|revenues|benefits|"
    r"environment(?:al)?|highways|licensing|electoral|elections|finance|parks|waste|recycling|council tax)\b",
    re.IGNORECASE,
)
_SHORT_NAME = re.compile(r"[A-Z][^\W\d_'’]+(?:['’]s)?(?: (?:and|of|the|&|[^\W\d_]+(?:['’]s)?)){0,5}")
_FURTHER_HELP = re.compile(
    r"any (?:further|other|more) (?:questions?|quer(?:y|ies)|enquir(?:y|ies)|help|assistance|information)"
    r"|(?:if (?:you|there is anything|we|i)\b[^.\n]{0,80}|please\s|do(?:n.t| not) hesitate to\s)"
    r"(?:contact|call|ring|e-?mail|get in touch|let (?:me|us) know|help|reply)"
    r"|(?:further|more) (?:help|assistance|information)\b|get back (?:in touch|to (?:me|us))|cysylltwch",
    re.IGNORECASE,
)
_ALTERNATIVE_FORMATS = re.compile(
    r"(?:large|larger|big) (?:print|text)|braille|audio (?:tape|format|version|cd)|easy[- ]read"
    r"|(?:alternative|other|another|different) (?:formats?|languages?)|sign language|\bBSL\b"
    r"|translat(?:ed|ion)|mewn fformat",
    re.IGNORECASE,
)
_DIVERTED = re.compile(
    r"freedom of information|\bFOIA?\b|environmental information regulations|\bEIRs?\b|information request"
    r"|(?:logged|recorded|registered|treated|dealt with|passed|forwarded)\b[^.\n]{0,60}\b(?:as a|to (?:our|the))"
    r"(?: formal| corporate| stage (?:one|1))? complaints?\b",
    re.IGNORECASE,
)
_ATTACHED = re.compile(r"\b(?:attached|attachment|enclosed|see the (?:letter|document))\b", re.IGNORECASE)


@dataclass(frozen=True)
class _Letter:
    """A reply taken apart."""

    lines: tuple[str, ...]
    greeting: str
    sign_off: bool
    signature: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


def read_reply(mail: Mail, persona: Persona, organisation: Organisation, enquiry: Enquiry) -> dict[str, Fact]:
    """The quality facts of one person's reply.

    None means, for `name_correct`, that no name was used; for `sender_department`, that a line may be one; for
    `fully_answered`, that a person must read the attachment or that the enquiry has no answer key.
    """
    letter = _take_apart(mail, persona, enquiry)
    greeted = _greeted_as(letter.greeting, persona)
    readable = _is_readable(letter, mail)
    return {
        "email.used_name": greeted is not None,
        "email.name_correct": greeted,
        "email.salutation": bool(letter.greeting) and letter.sign_off,
        "email.sender_name": _has_name(letter, persona),
        "email.sender_phone": any(_PHONE.search(line) and not _FAX.match(line) for line in letter.signature),
        "email.sender_job_title": _job_title(letter) is not None,
        "email.sender_department": _has_department(letter, organisation),
        "email.org_name": _names(organisation, letter.words),
        "email.accessible": readable,
        "email.further_help": bool(_FURTHER_HELP.search(letter.words)),
        "email.alt_formats": bool(_ALTERNATIVE_FORMATS.search(letter.words)),
        "email.treated_as_foi": bool(_DIVERTED.search(letter.words)),
        "email.fully_answered": fully_answered([mail], enquiry) if readable else None,
    }


def fully_answered(replies: Sequence[Mail], enquiry: Enquiry) -> str | None:
    """How many of the answer key's points the replies make between them: fully, partly or not. None without points."""
    points = enquiry.answer_key.points
    if not points:
        return None
    text = " ".join(" ".join(without(reply.text_top.split("\n"), enquiry.words)) for reply in replies)
    text = " ".join(text.split())
    made = sum(bool(re.search(point, text, re.IGNORECASE)) for point in points)
    return "fully" if made == len(points) else "partly" if made else "not"


def _take_apart(mail: Mail, persona: Persona, enquiry: Enquiry) -> _Letter:
    lines = tuple(line.strip() for line in without(mail.text_top.split("\n"), enquiry.words) if line.strip())
    greeting = next((line for line in lines[:6] if GREETING.match(line) or _is_name_alone(line, persona)), "")
    at = next((at for at, line in enumerate(lines) if at and SIGN_OFF.match(line)), None)
    below = lines[at + 1 :] if at is not None else _last_short_lines(lines)
    return _Letter(lines, greeting, at is not None, below[:_SIGNATURE_LINES])


def _last_short_lines(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Where nobody signs off, what stands in short lines at the end is the signature."""
    tail: list[str] = []
    for line in reversed(lines[1:][-_SIGNATURE_LINES:]):
        if len(line) > 70 or line.endswith((".", "?", "!")):
            break
        tail.insert(0, line)
    return tuple(tail)


# ------------------------------------------------------------------------------------------------ the enquirer's name


def _is_name_alone(line: str, persona: Persona) -> bool:
    """A greeting such as "Emma," or "Ms Clarke"."""
    words = [word.casefold() for word in re.findall(r"[^\W\d_]+", line)]
    return 0 < len(words) <= 3 and bool({persona.first.casefold(), persona.last.casefold()} & set(words))


def _greeted_as(greeting: str, persona: Persona) -> bool | None:
    """True: by the right name; False: by nearly the right one; None: by none, or by quite another."""
    words = [word.casefold() for word in re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", greeting)][:8]
    names = (persona.first.casefold(), persona.last.casefold())
    right = {name for name in names if name in words}
    if any(_misspelt(word, name) for name in names if name not in right for word in words if word not in names):
        return False
    return True if right else None


def _misspelt(word: str, name: str) -> bool:
    return len(word) > 2 and SequenceMatcher(None, word, name).ratio() >= _ALIKE


# ------------------------------------------------------------------------------------------------ the signature


def _has_name(letter: _Letter, persona: Persona) -> bool:
    return any(
        PERSON_NAME.match(line) and not NO_NAME.search(line) and line.strip(" ,").casefold() != persona.name.casefold()
        for line in letter.signature[:3]
    )


def _job_title(letter: _Letter) -> str | None:
    return next((line for line in letter.signature[:6] if len(line) < 80 and _JOB_TITLE.search(line)), None)


def _has_department(letter: _Letter, organisation: Organisation) -> bool | None:
    """A line of the signature, other than the job title, that names a department and not only the organisation.

    None where a short line stands there that may be one by a name of its own: only a person can tell.
    """
    title = _job_title(letter)
    own = {name.casefold() for name in (organisation.name, *organisation.aliases)}
    others = [line for line in letter.signature if line != title and line.casefold() not in own and "@" not in line]
    if any(_DEPARTMENT.search(line) and len(line) < 80 for line in others):
        return True
    if title and re.search(r"[,|–-]\s", title) and _DEPARTMENT.search(re.split(r"[,|–-]\s", title)[-1]):
        return True
    below_the_name = [line for line in letter.signature[1:5] if line in others]
    return None if any(_SHORT_NAME.fullmatch(line) for line in below_the_name) else False


def _names(organisation: Organisation, text: str) -> bool:
    return any(
        re.search(rf"(?<!\w){re.escape(' '.join(name.split()))}(?!\w)", text, re.IGNORECASE)
        for name in (organisation.name, *organisation.aliases)
    )


def _is_readable(letter: _Letter, mail: Mail) -> bool:
    """Whether the text itself says something, beyond pointing at an attachment."""
    above = len(letter.lines) - len(letter.signature) - letter.sign_off
    body = [line for line in letter.lines[: max(above, 0)] if line != letter.greeting]
    if not mail.attachments:
        return bool(body)
    said = " ".join(line for line in body if not _ATTACHED.search(line))
    return len(said) >= _SHORTEST_ANSWER
