"""What a reader of pages hands back: facts, why some are not known, sentences, and where each was seen. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from results.schema import Fact, Why


@dataclass(frozen=True)
class Reading:
    """Facts with their grounds. `where` goes into the evidence: for each subject, the addresses and values seen."""

    facts: Mapping[str, Fact] = field(default_factory=dict)
    unknown: Mapping[str, tuple[Why, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    where: Mapping[str, object] = field(default_factory=dict)

    def __or__(self, other: Reading) -> Reading:
        """Both together; where both tell a fact, the other's word is taken."""
        return Reading(
            {**self.facts, **other.facts},
            {**{name: why for name, why in self.unknown.items() if name not in other.facts}, **other.unknown},
            self.notes + other.notes,
            {**self.where, **other.where},
        )


def not_known(names: Iterable[str], why: Why, sentence: str) -> Reading:
    """These facts are None, for one reason."""
    names = tuple(names)
    return Reading(dict.fromkeys(names), dict.fromkeys(names, (why, sentence)))


def percent(part: float, whole: float) -> float:
    """Part of whole, 0..100, to one decimal place. `whole` must not be 0: nothing possible is not a percentage."""
    return round(100 * part / whole, 1)
