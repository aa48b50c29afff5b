"""A reply taken apart as a letter: greeting, body, sign-off, signature; and text into sentences. Pure.

What the parts say does not live here (`reading`, `promises`, `referral`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from probes.email.quoting import without
from probes.email.signs import GREETING, SIGN_OFF

SIGNATURE_LINES = 14

_LONGEST_GREETING = 6  # lines in which a greeting is looked for
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])[\"'”’)]{0,2} +(?=[\"'“‘(]?[A-Z0-9£])")
_NO_END = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Cllr|St|No|no|approx|e\.g|i\.e|a\.m|p\.m)\.$")


@dataclass(frozen=True)
class Letter:
    """A reply taken apart. `lines`: all that are not empty. `paragraphs`: the body's, each on one line.

    `greeting`: the line that greets, or nothing. `sign_off`: whether there is one. `signature`: the lines below it.
    """

    lines: tuple[str, ...] = ()
    paragraphs: tuple[str, ...] = ()
    greeting: str = ""
    sign_off: bool = False
    signature: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """All of it on one line."""
        return " ".join(" ".join(self.lines).split())

    @property
    def body(self) -> str:
        """What stands between greeting and sign-off, on one line. Where nobody signs off, to the end."""
        return " ".join((*self.paragraphs, *(() if self.sign_off else self.signature)))


def take_apart(text: str, ours: str = "", names: Sequence[str] = ()) -> Letter:
    """A letter from its text. `ours`: the words that had been sent, which are no part of it.

    `names`: the enquirer's; a first line that holds little more than one of them is a greeting ("Ms Clarke,").
    """
    kept = [line.strip() for line in without(text.split("\n"), ours)]
    lines = [line for line in kept if line]
    greeting = next((line for line in lines[:_LONGEST_GREETING] if _greets(line, names)), "")
    signs_off = next((line for at, line in enumerate(lines) if at and SIGN_OFF.match(line)), None)
    if signs_off is not None:
        at = lines.index(signs_off, 1)
        signature = tuple(lines[at + 1 :][:SIGNATURE_LINES])
        end = kept.index(signs_off, kept.index(lines[0]) + 1)
    else:
        signature = _last_short_lines(lines)
        end = _start_of_tail(kept, len(signature))
    begin = kept.index(greeting) + 1 if greeting else 0
    return Letter(
        lines=tuple(lines),
        paragraphs=_paragraphs(kept[begin:end] if begin < end else []),
        greeting=greeting,
        sign_off=signs_off is not None,
        signature=signature,
    )


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text whose paragraphs are parted by empty lines or stand on lines of their own."""
    found: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        begun = ""
        for piece in _SENTENCE_ENDS.split(" ".join(paragraph.split())):
            begun = f"{begun} {piece}".strip()
            if not _NO_END.search(begun[-12:]):
                found.append(begun)
                begun = ""
        found.append(begun)
    return tuple(sentence for sentence in found if sentence)


def _greets(line: str, names: Sequence[str]) -> bool:
    if GREETING.match(line):
        return True
    words = [word.casefold() for word in re.findall(r"[^\W\d_]+", line)]
    return 0 < len(words) <= 3 and any(name.casefold() in words for name in names)


def _last_short_lines(lines: Sequence[str]) -> tuple[str, ...]:
    """Where nobody signs off, what stands in short lines at the end is the signature."""
    tail: list[str] = []
    for line in reversed(lines[1:][-SIGNATURE_LINES:]):
        if len(line) > 70 or line.endswith((".", "?", "!")):
            break
        tail.insert(0, line)
    return tuple(tail)


def _start_of_tail(lines: Sequence[str], count: int) -> int:
    """Where the last `count` lines that are not empty begin."""
    at = len(lines)
    while count:
        at -= 1
        count -= bool(lines[at])
    return at


def _paragraphs(lines: Sequence[str]) -> tuple[str, ...]:
    blocks = re.split(r"\n\s*\n", "\n".join(lines))
    return tuple(joined for block in blocks if (joined := " ".join(block.split())))
