"""Answers counted, question by question: what means, standards and everything that was set aside are made from. Pure.

A wave may hold a million answers of which few are unlike all others, and equal ones from the store are one object. So
each object is looked at once, and the rest is counting numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from results.schema import Answer, Shop, State

Group = TypeVar("Group", bound=Hashable)

UNSETTLED = (State.NEEDS_REVIEW, State.PROBE_FAULT, State.WINDOW_OPEN)
"""The states that are neither marked nor not applicable."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The answers to one question in the counted contacts of a group.

    `base`: those with marks, whose sum is `total`; `full` of them have full marks. `unsettled`: {state: answers}.
    `first`: the first that has marks. `shops`: the shops of the base, in their order.
    """

    base: int
    total: float
    full: int
    unsettled: Mapping[State, int]
    first: Answer | None
    shops: tuple[str, ...]


def tallies(shops: Sequence[Shop], group: Callable[[Shop], Group]) -> dict[Group, dict[str, Tally]]:
    """{group: {criterion: its tally}}, in the order in which groups, and in them marked answers, come.

    A question that was asked in contacts alone that do not count has a tally of nothing.
    """
    import numpy as np  # here, because it takes long to load

    groups: dict[Group, int] = {}
    of_shop = [groups.setdefault(group(shop), len(groups)) for shop in shops]
    answers = [given for shop in shops for given in shop.answers]
    _, first, code = np.unique(
        np.fromiter(map(id, answers), np.int64, len(answers)), return_index=True, return_inverse=True
    )
    distinct = [answers[at] for at in first.tolist()]
    questions: dict[str, int] = {}
    question = np.array([questions.setdefault(one.criterion, len(questions)) for one in distinct], np.int32)[code]
    marks = np.array([np.nan if one.marks is None else one.marks for one in distinct], np.float64)[code]
    state = np.array([UNSETTLED.index(one.state) if one.state in UNSETTLED else -1 for one in distinct], np.int8)[code]
    shop_of = np.repeat(np.arange(len(shops), dtype=np.int32), [len(shop.answers) for shop in shops])
    counted = np.array([shop.counted for shop in shops], bool)[shop_of]
    cell = np.array(of_shop, np.int32)[shop_of] * len(questions) + question
    size = len(groups) * len(questions)

    marked = np.flatnonzero(counted & ~np.isnan(marks))
    marked = marked[np.argsort(cell[marked], kind="stable")]
    base = np.bincount(cell[marked], minlength=size)
    total = np.bincount(cell[marked], marks[marked], minlength=size)
    full = np.bincount(cell[marked[marks[marked] == 1]], minlength=size)
    waiting = [np.bincount(cell[counted & (state == kind)], minlength=size) for kind in range(len(UNSETTLED))]
    ends = np.cumsum(base)
    ids = [shop.id for shop in shops]
    behind = [ids[at] for at in shop_of[marked].tolist()]
    begins = np.full(size, len(answers))
    begins[base > 0] = marked[(ends - base)[base > 0]]

    found: dict[Group, dict[str, Tally]] = {one: {} for one in groups}
    names, keys = [*questions], [*groups]
    asked = np.flatnonzero(np.bincount(cell, minlength=size))
    for at in asked[np.lexsort((begins[asked], asked // max(1, len(questions))))].tolist():
        end, many = int(ends[at]), int(base[at])
        found[keys[at // len(names)]][names[at % len(names)]] = Tally(
            many,
            float(total[at]),
            int(full[at]),
            {kind: int(counts[at]) for kind, counts in zip(UNSETTLED, waiting, strict=True) if counts[at]},
            answers[begins[at]] if many else None,
            tuple(behind[end - many : end]),
        )
    return found


def together(every: Iterable[Mapping[str, Tally]]) -> dict[str, Tally]:
    """The tallies of several groups as one, without the shops behind them."""
    found: dict[str, list[Tally]] = {}
    for own in every:
        for criterion, one in own.items():
            found.setdefault(criterion, []).append(one)
    return {
        criterion: Tally(
            sum([one.base for one in all_of_it]),
            sum([one.total for one in all_of_it]),
            sum([one.full for one in all_of_it]),
            {state: count for state in UNSETTLED if (count := sum([one.unsettled.get(state, 0) for one in all_of_it]))},
            next((one.first for one in all_of_it if one.first), None),
            (),
        )
        for criterion, all_of_it in found.items()
    }
