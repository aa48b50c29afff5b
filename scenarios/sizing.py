"""What `doorstep plan size` answers: contacts for a change, or the change for contacts, with the sentences. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from results import planning, words
from results.channels import contacts
from results.planning import HIGH, USUAL, how_often
from results.schema import Channel

What = Literal["share", "time", "score"]
_HOLM = (
    "This is for one figure by itself. A report tells several of one organisation and corrects for that (Holm), so a "
    "change that only one of them shows has to be somewhat larger."
)
_POINTS = 100


@dataclass(frozen=True)
class Question:
    """Shares and scores are in a hundred, times in any unit. `now` or `each` is asked about; the other is None.

    `spread`: of scores, in points. `quartiles`: of times, in the unit of `before`.
    """

    what: What
    before: float
    now: float | None
    each: int | None
    channel: Channel
    organisations: int
    spread: float | None = None
    quartiles: tuple[float, float] | None = None


@dataclass(frozen=True)
class Answer:
    """For people and for machines."""

    lines: tuple[str, ...]
    document: dict[str, Any]


def answer(question: Question) -> Answer:
    """Raises ValueError, in a user's words, where the question has no answer."""
    figures = (question.before, question.now, question.spread, *(question.quartiles or ()))
    if not all(math.isfinite(figure) for figure in figures if figure is not None):
        raise ValueError("figures are plain numbers, as 84 or 9.6")
    if question.what != "time" and not 0 <= question.before <= _POINTS:
        raise ValueError("--from is in a hundred: between 0 and 100")
    if question.now is not None and question.what != "time" and not 0 <= question.now <= _POINTS:
        raise ValueError(f"that would be {words.number(question.now)} in a hundred; it lies between 0 and 100")
    return _how_many(question) if question.each is None else _how_much(question, question.each)


# ------------------------------------------------------------------------------------------------ how many contacts


def _how_many(question: Question) -> Answer:
    needed = {power: _contacts(question, power) for power in (USUAL, HIGH)}
    each, each_high = needed[USUAL], needed[HIGH]
    made = contacts(question.channel, each)
    lines = [
        f"To see {_change(question)} {how_often(USUAL)}: {made} to each organisation in both waves; "
        f"{how_often(HIGH)}: {each_high:,}.",
    ]
    together = question.organisations
    if together > 1:
        fewer = math.ceil(each / together)
        lines.append(
            f"That is {contacts(question.channel, each * together)} to {together} organisations in each wave. "
            f"The same change of all {together} together takes {fewer:,} to each."
        )
    half = max(1, each // 2)
    lines.append(f"With half as many, {half:,}, it would be seen {how_often(_power(question, half))}.")
    lines.append(f"In the report: {planning.standing_in_words(question.channel, each)}.")
    lines += [_HOLM, *_assumed(question)]
    return Answer(
        tuple(lines),
        {
            "what": question.what,
            "from": question.before,
            "to": question.now,
            "contacts": {str(power): number for power, number in needed.items()},
            "organisations": together,
            "all_together": {str(power): math.ceil(number / together) for power, number in needed.items()},
        },
    )


def _contacts(question: Question, power: float) -> int:
    if question.now is None:
        raise ValueError("say what one wants to see")
    if question.what == "share":
        return planning.contacts_for_shares(question.before / _POINTS, question.now / _POINTS, power)
    return planning.contacts_for_ranks(_chance(question, question.now), power)


def _power(question: Question, each: int) -> float:
    if question.now is None:
        raise ValueError("say what one wants to see")
    if question.what == "share":
        return planning.power_of_shares(question.before / _POINTS, question.now / _POINTS, each)
    return planning.power_of_ranks(_chance(question, question.now), each)


def _chance(question: Question, now: float) -> float:
    if question.what == "time":
        return planning.chance_of_times(question.before, now, _spread(question))
    return planning.chance_of_scores((now - question.before) / _POINTS, _spread(question))


def _spread(question: Question) -> float:
    if question.what == "time":
        return planning.spread_of_times(*question.quartiles) if question.quartiles else planning.QUEUE_SPREAD
    return planning.SCORE_SPREAD if question.spread is None else question.spread / _POINTS


def _change(question: Question) -> str:
    before, now = question.before, question.now or 0.0
    if question.what == "time":
        way = "shortened" if now < before else "lengthened"
        return f"a median time {way} from {words.number(before, 2)} to {words.number(now, 2)}"
    way = "rise" if now > before else "fall"
    figure = "in a hundred" if question.what == "share" else "points of the score"
    return f"a {way} from {words.number(before)} to {words.number(now)} {figure}"


# ------------------------------------------------------------------------------------------------ how much change


def _how_much(question: Question, each: int) -> Answer:
    found: dict[str, dict[str, float | None]] = {
        str(power): {side: seen(each, power) for side, seen in _seen(question).items()} for power in (USUAL, HIGH)
    }
    if question.what == "share":
        lines = [planning.shares_in_words(question.channel, each, question.before / _POINTS)]
    else:
        lines = [_said(question, each, found)]
    lines.append(f"In the report: {planning.standing_in_words(question.channel, each)}.")
    if question.organisations > 1:
        total = contacts(question.channel, each * question.organisations)
        lines.append(f"That is {total} to {question.organisations} organisations in each wave.")
    lines += [_HOLM, *_assumed(question)]
    return Answer(tuple(lines), {"what": question.what, "from": question.before, "contacts": each, "seen": found})


def _seen(question: Question) -> dict[str, Callable[[int, float], float | None]]:
    """The nearest figures that would be seen, by side, in the question's unit."""
    before, spread = question.before, _spread(question)

    def share(each: int, power: float, rise: bool) -> float | None:
        seen = planning.share_seen(before / _POINTS, each, power, rise=rise)
        return None if seen is None else round(seen * _POINTS, 1)

    def score(each: int, power: float, sign: int) -> float | None:
        seen = planning.score_seen(each, power, spread)
        now = None if seen is None else before + sign * seen * _POINTS
        return round(now, 1) if now is not None and 0 <= now <= _POINTS else None

    def faster(each: int, power: float) -> float | None:
        if before <= 0:
            raise ValueError("a median time is more than nought")
        return planning.time_seen(before, each, power, spread)

    match question.what:
        case "share":
            return {"rise": lambda n, p: share(n, p, True), "fall": lambda n, p: share(n, p, False)}
        case "score":
            return {"rise": lambda n, p: score(n, p, 1), "fall": lambda n, p: score(n, p, -1)}
    return {"faster": faster}


def _said(question: Question, each: int, found: dict[str, dict[str, float | None]]) -> str:
    opening = f"With {contacts(question.channel, each)} to each organisation in both waves,"
    seen = found[str(USUAL)]
    before = words.number(question.before, 2)
    if question.what == "time":
        faster = seen["faster"]
        if faster is None:
            return f"{opening} no change of a median time would be seen {how_often(USUAL)}."
        return (
            f"{opening} a median time shortened from {before} to {words.number(faster, 2)} would be seen "
            f"{how_often(USUAL)}."
        )
    ways = [f"a {way} from {before} to {words.number(now)} points" for way, now in seen.items() if now is not None]
    if not ways:
        return f"{opening} no change of the score would be seen {how_often(USUAL)}."
    return f"{opening} {' or '.join(ways)} would be seen {how_often(USUAL)}."


def _assumed(question: Question) -> tuple[str, ...]:
    """What a reader should put their own figures in place of."""
    if question.what == "time" and question.quartiles is None:
        return (
            "Assumed: times as spread as waits that end at random, the upper quartile 4.8 times the lower; say your "
            "own with --quartiles.",
        )
    if question.what == "score" and question.spread is None:
        points = words.number(planning.SCORE_SPREAD * _POINTS)
        return (
            f"Assumed: contacts' scores spread by {points} points (standard deviation); say your own with --spread.",
        )
    return ()
