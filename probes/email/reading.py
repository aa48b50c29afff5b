"""What a person's reply gave the enquirer: name, telephone number, job title, further help, an answer. Pure.

Flags only: a member of staff's name is looked for and never kept. Judging courtesy or plain English does not live here;
a person does that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from probes.email.letter import Letter, sentences, take_apart
from probes.email.parse import Mail
from probes.email.persona import Persona
from probes.email.presentation import layout
from probes.email.promises import without_promises
from probes.email.quoting import without_subject
from probes.email.referral import PHONE, patterns_of_names, patterns_of_numbers, patterns_of_places
from probes.email.signs import NO_NAME, PERSON_NAME
from results.schema import Enquiry, Fact, Organisation

_ALIKE = 0.75  # how much of a name must agree before it is taken for ours, misspelt
_SHORTEST_ANSWER = 60  # characters of text beside an attachment, below which the attachment is the answer

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
    r"|(?:if (?:you|there is anything|we|i)\b[^.\n]{0,80}|do(?:n.t| not) hesitate to\s)"
    r"(?:contact|call|ring|e-?mail|get in touch|let (?:me|us) know|help|reply)"
    r"|please\s(?:contact|call|ring|e-?mail|write to)\s(?:me|us|our|the team|this office)\b"
    r"|please\s(?:get in touch|let (?:me|us) know|reply)\b"
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
    r"(?:logged|recorded|registered|treat(?:ed|ing)?|dealt with|deal(?:ing)? with|handl(?:ed|ing)|process(?:ed|ing)|"
    r"passed|forwarded|sent|consider(?:ed|ing)?|responding)\b[^.\n]{0,80}"
    r"(?:freedom of information|\bFOIA?\b|environmental information|\bEIRs?\b|"
    r"information (?:request|governance|rights))"
    r"|\byour (?:freedom of information|FOIA?|EIR|environmental information)(?: act)? (?:request|enquiry|reference)"
    r"|\bsubmit (?:a|an|your)[^.\n]{0,40}(?:freedom of information|\bFOI\b)[^.\n]{0,20}request"
    r"|\b(?:FOI|EIR)(?: request)? (?:ref(?:erence)?|number|no)\b"
    r"|(?:logged|recorded|registered|treat(?:ed|ing)?|dealt with|passed|forwarded)\b[^.\n]{0,60}"
    r"\b(?:as a|to (?:our|the))(?: formal| corporate| stage (?:one|two|1|2))* complaints?\b"
    r"|\byour (?:formal |stage (?:one|1) )?complaint (?:has been|is being|will be|was|reference)\b",
    re.IGNORECASE,
)
_DISCLAIMS = re.compile(
    r"\bdisclos(?:e|ed|ure)\b|\bmay be (?:subject|monitored|recorded)\b|\bsubject to the\b", re.IGNORECASE
)
_ATTACHED = re.compile(r"\b(?:attached|attachment|enclosed|see the (?:letter|document))\b", re.IGNORECASE)


def read_reply(mail: Mail, persona: Persona, organisation: Organisation, enquiry: Enquiry) -> dict[str, Fact]:
    """The form of one person's reply. Whether it answers is read from all replies together (`quality`).

    None means, for `name_correct`, that no name was used; for `sender_department`, that a line may be one.
    """
    letter = take_reply_apart(mail, persona, enquiry)
    greeted = _greeted_as(letter.greeting, persona)
    return {
        "email.used_name": greeted is not None,
        "email.name_correct": greeted,
        "email.salutation": bool(letter.greeting) and letter.sign_off,
        "email.sender_name": _has_name(letter, persona),
        "email.sender_phone": any(PHONE.search(line) and not _FAX.match(line) for line in letter.signature),
        "email.sender_job_title": _job_title(letter) is not None,
        "email.sender_department": _has_department(letter, organisation),
        "email.org_name": _names(organisation, letter.words),
        "email.accessible": _is_readable(letter, mail),
        "email.further_help": bool(_FURTHER_HELP.search(letter.words)),
        "email.alt_formats": bool(_ALTERNATIVE_FORMATS.search(letter.words)),
        "email.layout": layout(letter),
    }


def take_reply_apart(mail: Mail, persona: Persona, enquiry: Enquiry) -> Letter:
    """A reply as a letter, without our own words."""
    return take_apart(mail.text_top, enquiry.words, (persona.first, persona.last))


def diverted(letter: Letter) -> bool:
    """Whether a reply turns the enquiry into a request under the information laws or into a complaint.

    The usual warning that e-mails may have to be disclosed under those laws diverts nothing.
    """
    return any(_DIVERTED.search(sentence) and not _DISCLAIMS.search(sentence) for sentence in sentences(letter.words))


def points_of(enquiry: Enquiry) -> tuple[str, ...]:
    """What a reply may say to answer, as regular expressions: the answer key's points.

    Where another authority is responsible, naming it or how to reach it is one point more.
    """
    authority = enquiry.answer_key.responsible
    if authority is None:
        return enquiry.answer_key.points
    ways = (*patterns_of_names(authority), *patterns_of_places(authority), *patterns_of_numbers(authority))
    return (*enquiry.answer_key.points, "|".join(ways))


def points_met(letters: Sequence[Letter], enquiry: Enquiry) -> tuple[bool, ...]:
    """For each point of the answer key, whether the replies' bodies make it between them.

    Our own subject said back makes no point, nor does the time in which an answer is promised.
    """
    said = " ".join(without_promises("\n\n".join((*letter.paragraphs, *tail(letter)))) for letter in letters)
    said = without_subject(said, enquiry.subject)
    return tuple(bool(re.search(point, said, re.IGNORECASE)) for point in enquiry.answer_key.points)


def tail(letter: Letter) -> tuple[str, ...]:
    """The last short lines of a letter that nobody signed off: they may be its signature or belong to its text."""
    return () if letter.sign_off else letter.signature


# ------------------------------------------------------------------------------------------------ the enquirer's name


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


def _has_name(letter: Letter, persona: Persona) -> bool:
    return any(
        PERSON_NAME.match(line) and not NO_NAME.search(line) and line.strip(" ,").casefold() != persona.name.casefold()
        for line in letter.signature[:3]
    )


def _job_title(letter: Letter) -> str | None:
    return next((line for line in letter.signature[:6] if len(line) < 80 and _JOB_TITLE.search(line)), None)


def _has_department(letter: Letter, organisation: Organisation) -> bool | None:
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


def _is_readable(letter: Letter, mail: Mail) -> bool:
    """Whether the text itself says something, beyond pointing at an attachment."""
    body = letter.paragraphs or tail(letter)
    if not mail.attachments:
        return bool(body)
    said = " ".join(sentence for sentence in sentences("\n\n".join(body)) if not _ATTACHED.search(sentence))
    return len(said) >= _SHORTEST_ANSWER
