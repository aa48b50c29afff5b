"""Words laid out for patterns: lower case, one space between, no punctuation; and how surely each was heard. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probes.phone.hear import Word


@dataclass(frozen=True)
class Spoken:
    """`sureness`: of each word, 0 to 1; `start`, `end`: seconds from the start of the samples; `source`: as heard."""

    words: tuple[str, ...]
    sureness: tuple[float, ...]
    start: float = 0.0
    end: float = 0.0
    source: tuple[Word, ...] = field(default=(), repr=False)

    @property
    def text(self) -> str:
        """The words as one line, for patterns to search."""
        return " ".join(self.words)

    def sure(self, match: re.Match[str] | None = None) -> float:
        """How surely the words of a match, or all of them, were heard."""
        if not self.words:
            return 0.0
        first = match.string.count(" ", 0, match.start()) if match else 0
        last = match.string.count(" ", 0, max(match.end() - 1, 0)) if match else len(self.words) - 1
        return mean(self.sureness[first : last + 1])


def lay_out(words: Sequence[Word]) -> Spoken:
    """Words as heard, for patterns; one of them may become several ("p.m.": "p", "m")."""
    pieces = [(piece, word.probability) for word in words for piece in plain(word.text)]
    return Spoken(
        tuple(piece for piece, _ in pieces),
        tuple(sure for _, sure in pieces),
        words[0].start if words else 0.0,
        words[-1].end if words else 0.0,
        tuple(words),
    )


def trust(sure: float) -> float:
    """How far words count that were heard so surely: badly heard ones still count for something."""
    return 0.4 + 0.6 * sure


def mean(values: Sequence[float]) -> float:
    """The mean; 0 of nothing."""
    return sum(values) / len(values) if values else 0.0


def plain(text: str) -> list[str]:
    """The bare words of a text, in lower case."""
    return re.sub(r"[^a-z0-9']", " ", text.lower().replace("’", "'")).split()
