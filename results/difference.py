"""What differs between two schemes, for a reader who wonders whether two waves can be compared. Pure.

Whether a change of a figure is more than chance is said in `results.change`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from results import words
from results.schema import STAGES, Criterion, Noun, Scheme
from results.scheme import marked_alike, promises
from results.scoring import standards

_LONGEST = 160


class Changed(Noun):
    """One field of one criterion, in words. `breaks`: it decides the marks, so that waves are not compared on it."""

    criterion: str
    field: str
    was: str
    now: str
    breaks: bool


class Difference(Noun):
    """From one scheme to another. `figures`: {key: (was, now)}, None where there is none. `alike` of `asked`: how many
    of the second scheme's criteria are compared from wave to wave."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[Changed, ...]
    stage_weights: Mapping[str, tuple[float | None, float | None]]
    figures: Mapping[str, tuple[float | None, float | None]]
    alike: int
    asked: int

    @property
    def nothing(self) -> bool:
        """Whether the two are the same, but for their names."""
        return not (self.added or self.removed or self.changed or self.stage_weights or self.figures)


def difference(before: Scheme, now: Scheme) -> Difference:
    """What has to be changed in `before` to make it `now`."""
    old, new = ({each.id: each for each in scheme.criteria} for scheme in (before, now))
    both = [(old[id], new[id]) for id in new if id in old]
    return Difference(
        added=tuple(id for id in new if id not in old),
        removed=tuple(id for id in old if id not in new),
        changed=tuple(change for one, other in both for change in _changes(one, other)),
        stage_weights=_unlike(_by_name(before), _by_name(now), STAGES),
        figures=_unlike(before.profile.figures, now.profile.figures, (*promises(), *before.profile.figures)),
        alike=sum(marked_alike(one, other) and standards(one, before) == standards(other, now) for one, other in both),
        asked=len(new),
    )


def in_words(value: object) -> str:
    """A field's value as a reader would say it; long texts are cut."""
    match value:
        case None | "" | ():
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return words.number(float(value), 4)
        case BaseModel():
            return ", ".join(f"{key.replace('_', ' ')} {in_words(part)}" for key, part in value)
        case Mapping():
            return ", ".join(f"{key} {in_words(part)}" for key, part in value.items()) or "nothing"
        case tuple():
            return "; ".join(in_words(part) for part in value)
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"


def promise(key: str, figure: float) -> str:
    """What a figure of a profile says: 'an e-mail is answered within 10 working days'."""
    said = promises().get(key, f"{key}: {{}}").replace("{}", words.number(figure, 2))
    return said.replace("within 1 working days", "within one working day")


def _changes(one: Criterion, other: Criterion) -> list[Changed]:
    pairs = [(field, getattr(one, field), getattr(other, field)) for field in Criterion.model_fields]
    return [
        Changed(
            criterion=one.id,
            field=field,
            was=in_words(was),
            now=in_words(now),
            breaks=not marked_alike(one, one.model_copy(update={field: now})),
        )
        for field, was, now in pairs
        if was != now
    ]


def _by_name(scheme: Scheme) -> dict[str, float]:
    return {str(stage): weight for stage, weight in scheme.stage_weights.items()}


def _unlike(
    before: Mapping[str, float], now: Mapping[str, float], order: tuple[str, ...]
) -> dict[str, tuple[float | None, float | None]]:
    return {
        key: (before.get(key), now.get(key))
        for key in dict.fromkeys((*order, *before, *now))
        if before.get(key) != now.get(key)
    }
