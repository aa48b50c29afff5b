"""Where people's names stand in what was said, so that none is kept. Pure.

Rather too much than too little is left out: a place or a mistaken word may go too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from probes.phone import phrases
from probes.phone.partners import Said, named
from probes.phone.spoken import lay_out, plain
from results.schema import Organisation

if TYPE_CHECKING:
    from probes.phone.hear import Transcript, Word

NAME_GIVEN = "[name]"


def without_names(transcript: Transcript, partners: Sequence[Organisation]) -> str:
    """The words of a transcript that may be kept."""
    return redacted(transcript.words, partners)


def names(words: Sequence[str], organisation: Said | None) -> frozenset[int]:
    """Which words are somebody's name, by where they stand; never words of the organisation's name."""
    text = " ".join(words)
    found: set[int] = set()
    for pattern, nearest_last in ((phrases.NAME_BEFORE, True), (phrases.NAME_AFTER, False)):
        for match in pattern.finditer(text):
            first = text.count(" ", 0, match.start(1))
            indices = list(range(first, first + len(match[1].split())))
            for index in reversed(indices) if nearest_last else indices:
                inside = organisation is not None and organisation.start <= index < organisation.end
                if (
                    inside
                    or words[index] in phrases.NOT_NAMES
                    or words[index].isdigit()
                    or _is_department(words[index])
                ):
                    break
                found.add(index)
    return frozenset(found)


def _is_department(word: str) -> bool:
    return any(pattern.search(word) for pattern in phrases.DEPARTMENTS.values())


def redacted(words: Sequence[Word], partners: Sequence[Organisation]) -> str:
    """The words in a line; what stands where names stand, and any capitalised word not known, is "[name]"."""
    known = {piece for one in partners for name in (one.name, *one.aliases) for piece in plain(name)}
    laid_out = lay_out(words)
    whose = {laid_out.words[index] for index in names(laid_out.words, named(laid_out.words, partners))}
    out: list[str] = []
    for word in words:
        pieces = plain(word.text)
        capital = word.text.lstrip("\"'([-")[:1].isupper()
        unknown = capital and any(
            piece not in known and piece not in phrases.KEPT and not _is_department(piece) for piece in pieces
        )
        named_here = bool(whose.intersection(pieces))
        if named_here or unknown:
            if not (out and out[-1] == NAME_GIVEN):
                out.append(NAME_GIVEN)
        else:
            out.append(word.text)
    return " ".join(out)
