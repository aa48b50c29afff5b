"""Which partner's name was said, out of all of them. Pure.

One name looked for alone is found where it was not said: with the expected name only, 13 of 32 other councils were
heard as it. So every partner's name is compared, the best must lead the second, and "unclear" is an answer.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from results.schema import Organisation

_LIKE = 0.74  # share of letters in common from which a name counts as said
_PERHAPS = 0.64  # from here on something like a name was said
_MARGIN = 0.03  # by which the best must lead the second
_CLEAR = 0.1  # a lead from which the second is no rival; a smaller one lowers the likeness by what it lacks
_SHORTEST_FUZZY = 9  # letters; a shorter name or alias must be said to the letter


@dataclass(frozen=True)
class Said:
    """The partner named: its id, where in the words, and how alike 0 to 1. Without id: unclear which."""

    organisation: str | None
    start: int
    end: int
    likeness: float


def named(words: Sequence[str], partners: Sequence[Organisation]) -> Said | None:
    """The partner whose name or alias is among the words (lower case, no punctuation), if any is."""
    best: list[tuple[float, int, str, Said]] = []
    for partner in partners:
        candidates = [(name, _best_window(words, _words(name))) for name in (partner.name, *partner.aliases)]
        name, (likeness, start, end) = max(candidates, key=lambda one: (one[1][0], len(one[0])))
        best.append((likeness, len(name), " ".join(_words(name)), Said(partner.id, start, end, likeness)))
    if not best:
        return None
    # A name that holds another ("North East Derbyshire" holds "Derbyshire") wins where it is as like.
    best.sort(key=lambda one: (round(one[0], 2), one[1]), reverse=True)
    likeness, _, name, first = best[0]
    if likeness < _PERHAPS:
        return None
    lead = likeness - max((one[0] for one in best[1:] if one[2] not in name), default=0.0)
    if likeness < _LIKE or lead < _MARGIN:
        return Said(None, first.start, first.end, likeness)
    return replace(first, likeness=likeness - max(0.0, _CLEAR - lead))


def _words(name: str) -> list[str]:
    return re.sub(r"[^a-z0-9' ]", " ", name.lower()).split()


def _best_window(words: Sequence[str], name: Sequence[str]) -> tuple[float, int, int]:
    """How like the name the most like run of words is, and where it lies."""
    wanted = "".join(name)
    best = (0.0, 0, 0)
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    for length in range(max(1, len(name) - 1), len(name) + 3):
        for start in range(max(0, len(words) - length) + 1):
            window = words[start : start + length]
            said = "".join(window)
            if len(wanted) < _SHORTEST_FUZZY:
                ratio = 1.0 if said == wanted else 0.0
            else:
                matcher.set_seq1(said)
                if matcher.real_quick_ratio() <= best[0] or matcher.quick_ratio() <= best[0]:
                    continue
                ratio = matcher.ratio()
            if ratio > best[0]:
                best = (ratio, start, start + len(window))
    return best
