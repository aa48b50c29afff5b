"""What the writer of a reply wrote anew: quotations of earlier mail taken away. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

QUOTE_MARK = "----- Original Message -----"
"""Put where an HTML mail begins to quote."""

_SHORTEST_OF_OURS = 20  # characters; a shorter line of ours ("Thank you,") might be theirs as well
_WROTE = re.compile(r"^\W{0,3}(?:on|ar)\b.{5,200}\b(?:wrote|ysgrifennodd)\s*:?\s*$", re.IGNORECASE)
_WROTE_BEGINS = re.compile(r"^\W{0,3}on\b.{5,200}$", re.IGNORECASE)
_ORIGINAL = re.compile(r"^\W{0,10}(?:original message|forwarded message|neges wreiddiol)\W{0,10}$", re.IGNORECASE)
_RULE = re.compile(r"^_{10,}$")
_FROM = re.compile(r"^\W{0,3}(?:from|oddi wrth)\s?:", re.IGNORECASE)
_SENT_OR_TO = re.compile(r"^\W{0,3}(?:sent|to|date|subject|anfonwyd)\s?:", re.IGNORECASE)


def new_text(text: str, ours: str = "") -> str:
    """The text without what it quotes: by quotation marks, by the usual headings, and by our own words `ours`.

    Answers written between quoted lines are kept, and so is an answer below the quotation.
    """
    lines = [line.strip() for line in text.split("\n")]
    at = _first_heading(lines)
    if at is not None and not any(line.startswith(">") for line in lines[at:]):
        lines = lines[:at] if any(lines[:at]) else lines[at + 1 :]
    kept = [line for line in lines if not line.startswith(">") and not _is_heading_alone(line)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(without(kept, ours))).strip()


def without(lines: Sequence[str], ours: str) -> list[str]:
    """The lines that do not merely repeat ours, however a mail program has wrapped them."""
    known = " ".join(ours.split()).casefold()
    return [line for line in lines if len(line) < _SHORTEST_OF_OURS or " ".join(line.split()).casefold() not in known]


def without_subject(text: str, subject: str) -> str:
    """The text without our subject, which machines and people say back: "thank you for your e-mail about ..."."""
    bare = " ".join(re.sub(r"^(?:\s*\w{2,5}:)+\s*", "", subject).split())
    return re.sub(re.escape(bare), " ", text, flags=re.IGNORECASE) if bare else text


def _is_heading_alone(line: str) -> bool:
    return bool(_WROTE.match(line[:250]) or _ORIGINAL.match(line[:250]))


def _first_heading(lines: Sequence[str]) -> int | None:
    return next((at for at in range(len(lines)) if _starts_quotation(lines, at)), None)


def _starts_quotation(lines: Sequence[str], at: int) -> bool:
    line = lines[at][:250]
    following = [other[:250] for other in lines[at + 1 : at + 4]]
    if _is_heading_alone(line):
        return True
    if _FROM.match(line):
        return any(_SENT_OR_TO.match(other) for other in following)
    if _RULE.match(line):
        return any(_FROM.match(other) for other in following)
    return bool(following and _WROTE_BEGINS.match(line) and _WROTE.match(f"{line} {following[0]}"[:400]))
