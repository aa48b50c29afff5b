"""An e-mail as it is shown by default: without the name of whoever wrote it. Pure. The mail itself is left as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import getaddresses

from probes.email.letter import take_apart
from probes.email.parse import Mail
from probes.email.signs import NO_NAME, PERSON_NAME

NAME = "[name]"

_LINES_OF_A_NAME = 3  # of a signature
_ADDRESS = re.compile(r"[^\s@<>(),;:\"]{1,64}@(?=[^\s@<>(),;:\"]{1,190})")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SHORTEST = 3  # letters of a name that is looked for alone


@dataclass(frozen=True)
class Shown:
    """What a reader sees of a mail. `recipients` are our own addresses."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    attachments: tuple[str, ...]


def shown(mail: Mail, names: bool = False) -> Shown:
    """A mail to be looked at; `names`: as it was written."""
    sender = mail.header("from")
    if names:
        return Shown(sender, mail.recipients, mail.subject, mail.text, mail.attachments)
    known = _names(mail)
    return Shown(
        sender=_without(sender, known),
        recipients=mail.recipients,
        subject=_without(mail.subject, known),
        text=_without(mail.text, known),
        attachments=tuple(_without(one, known) for one in mail.attachments),
    )


def _names(mail: Mail) -> frozenset[str]:
    """The words, in small letters, of the names that the sender gives: in the header and below the sign-off."""
    signature = take_apart(mail.text_top or mail.text).signature[:_LINES_OF_A_NAME]
    given = [display for display, _ in getaddresses([mail.header("from")])]
    turned = [" ".join(reversed(one.split(", "))) for one in given]  # Bennett, Alison
    return frozenset(_words(one.strip(" ,") for one in (*signature, *given, *turned)))


def _words(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        if PERSON_NAME.match(line) and not NO_NAME.search(line):
            yield from (word.casefold() for word in _WORD.findall(line) if len(word) >= _SHORTEST)


def _without(text: str, names: frozenset[str]) -> str:
    """The text with names, and what stands before the @ of an address, taken out."""

    def hide(found: re.Match[str]) -> str:
        return NAME if found[0].casefold() in names and found[0][0].isupper() else found[0]

    hidden = _WORD.sub(hide, _ADDRESS.sub("…@", text))
    return re.sub(rf"{re.escape(NAME)}(?: {re.escape(NAME)})+", NAME, hidden)
