"""How far two who judged the same contacts agree: observed agreement, and Cohen's kappa with its interval. Pure.

Kappa is the agreement beyond what two would reach by chance, of all that chance leaves to be reached (Cohen, 1960). Its
interval is from the standard error of Fleiss, Cohen and Everitt (1969). Where both gave everything the same one answer,
chance explains it all and kappa is not defined; with complete agreement on more than one answer it is 1, and has no
interval, since the formula would give one of no width.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence

from results import scoring, words
from results.schema import Answer, Criterion, Noun, Scheme, State

_Z95 = 1.959963984540054
_RATED = {"yes_no", "choice", "scale5"}

Pair = tuple[Hashable, Hashable]
"""What each of the two answered to one question about one contact."""


class Agreement(Noun):
    """`base`: questions that both answered. `same`: those that both answered alike. `kappa`: -1..1, None: not defined.

    `low`, `high`: the 95 % interval, None where there is none.
    """

    base: int
    same: int
    kappa: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def observed(self) -> float | None:
        """The share answered alike, 0..1; None without a base."""
        return self.same / self.base if self.base else None

    @property
    def said(self) -> str:
        """'18 of 20 alike; kappa 0.78 (0.50 to 1.00)'; on a base under 10 the counts alone."""
        alike = f"{self.same} of {self.base} alike"
        if not self.base:
            return "nothing that both answered"
        if self.base < words.COUNTS_ONLY:
            return alike
        if self.kappa is None:
            return f"{alike}; kappa not defined, as every answer is the same"
        if self.low is None or self.high is None:
            return f"{alike}; kappa {self.kappa:.2f}"
        interval = f"{self.kappa:.2f} ({self.low:.2f} to {self.high:.2f})"
        caution = f"; {words.caution(self.base)}" if words.caution(self.base) else ""
        return f"{alike}; kappa {interval}{caution}"


class Agreements(Noun):
    """Whose agreement, over all questions and by criterion. `contacts`: judged by both."""

    between: str
    contacts: int
    overall: Agreement
    by_criterion: Mapping[str, Agreement]


def agreement(pairs: Iterable[Pair]) -> Agreement:
    """Cohen's kappa, unweighted, over pairs of answers."""
    table = Counter(pairs)
    base = sum(table.values())
    same = sum(count for (first, second), count in table.items() if first == second)
    if not base:
        return Agreement(base=0, same=0)
    rows: Counter[Hashable] = Counter()
    columns: Counter[Hashable] = Counter()
    for (first, second), count in table.items():
        rows[first] += count
        columns[second] += count
    observed = same / base
    chance = sum(rows[key] * columns[key] for key in rows) / base**2
    if math.isclose(chance, 1.0):
        return Agreement(base=base, same=same)
    kappa = (observed - chance) / (1 - chance)
    if same == base:
        return Agreement(base=base, same=same, kappa=1.0)
    error = _standard_error(table, rows, columns, base, chance, kappa)
    low, high = max(-1.0, kappa - _Z95 * error), min(1.0, kappa + _Z95 * error)
    return Agreement(base=base, same=same, kappa=round(kappa, 6), low=round(low, 6), high=round(high, 6))


def _standard_error(
    table: Mapping[Pair, int],
    rows: Mapping[Hashable, int],
    columns: Mapping[Hashable, int],
    base: int,
    chance: float,
    kappa: float,
) -> float:
    """Fleiss, Cohen and Everitt (1969), formula 13: for an interval, not for the test against no agreement."""
    on = off = 0.0
    for (first, second), count in table.items():
        share = count / base
        if first == second:
            on += share * (1 - (rows[first] + columns[first]) / base * (1 - kappa)) ** 2
        else:
            # The column's total of the row's answer, and the row's total of the column's.
            off += share * ((columns.get(first, 0) + rows.get(second, 0)) / base) ** 2
    variance = on + (1 - kappa) ** 2 * off - (kappa - chance * (1 - kappa)) ** 2
    return math.sqrt(max(0.0, variance) / base) / (1 - chance)


def agreements(between: str, judged: Sequence[tuple[Sequence[Answer], Sequence[Answer]]], scheme: Scheme) -> Agreements:
    """Of contacts that were judged twice: [(the one's answers, the other's)], on questions that both answered.

    Yes and No, choices and ratings agree when they are the same; counts, shares and times, when both are met, partly
    met or missed. So are answers to different questions where they are put together.
    """
    criteria = {criterion.id: criterion for criterion in scheme.criteria}
    by_criterion: dict[str, list[Pair]] = {}
    earned: list[Pair] = []
    for first, second in judged:
        other = {answer.criterion: answer for answer in second}
        for mine in first:
            criterion, theirs = criteria.get(mine.criterion), other.get(mine.criterion)
            if criterion is None or theirs is None or not (_given(criterion, mine) and _given(criterion, theirs)):
                continue
            pair = (_category(criterion, mine), _category(criterion, theirs))
            if None not in pair:
                by_criterion.setdefault(criterion.id, []).append(pair)
            marks = (_earned(criterion, mine), _earned(criterion, theirs))
            if None not in marks:
                earned.append(marks)
    return Agreements(
        between=between,
        contacts=len(judged),
        overall=agreement(earned),
        by_criterion={id: agreement(pairs) for id, pairs in by_criterion.items()},
    )


def _given(criterion: Criterion, answer: Answer) -> bool:
    """Whether it is an answer. A probe's proposal counts as one: it is what is to be held against a person's word."""
    proposed = answer.state is State.NEEDS_REVIEW and criterion.proposed and answer.value is not None
    return answer.state is State.ANSWERED or proposed


def _category(criterion: Criterion, answer: Answer) -> Hashable | None:
    """What an answer is compared by; None where it can be neither right nor wrong."""
    if criterion.answer in _RATED and answer.value is not None:
        return answer.value
    return _earned(criterion, answer)


def _earned(criterion: Criterion, answer: Answer) -> str | None:
    """Met, partly or missed, by which answers to different questions can be put together."""
    marks = answer.marks if answer.marks is not None else scoring.marks(criterion, answer.value)
    if marks is None:
        return None
    return "met" if marks >= 1 else "partly" if marks > 0 else "missed"
