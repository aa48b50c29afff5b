"""From what was seen to answers and scores. Pure: the same observation and scheme give the same answers.

Worked example. One call rang 9.2 to 9.4 seconds and was answered, on an ordinary number. Getting through: yes, 1 x 3
points; time to answer: 9.3 s, standard 12 s (four rings of 3 s, the kinder of "10 seconds or four rings"), 1 x 3;
number in service: 1 x 3; cost: 1 x 2; not engaged before: 1 x 1; did not ring until the caller gave up: 1 x 2. Access:
14 of 14. Quality: nothing is possible without a listener, so there is
no score, neither 0 nor 100 %.

Not applicable, needs review, window open and probe fault are states of their own: they earn nothing of nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from results import words
from results.calendar import Calendar
from results.schema import (
    Answer,
    Criterion,
    Fact,
    Moment,
    Observation,
    Points,
    Scheme,
    Stage,
    State,
    Why,
)

RING_SECONDS = 3.0
"""One UK ring: 0.4 s on, 0.2 off, 0.4 on, 2.0 off (BT SIN 350)."""

_SECONDS = {"duration_min": 60.0, "elapsed_h": 3600.0}
_SAID: Mapping[str, Callable[[float], str]] = {
    "duration_s": words.seconds,
    "duration_min": lambda minutes: words.count(round(minutes), "minute"),
    "elapsed_h": words.hours,
    "working_days": words.working_days,
}
_NUMBERS = {4: "four", 5: "five", 6: "six", 10: "ten"}

NO_STANDARD = "the profile has no standard for this"


def answer_all(observation: Observation, channel: str, scheme: Scheme, calendar: Calendar) -> tuple[Answer, ...]:
    """Every criterion of the channel that a probe can answer, answered for one observation."""
    return tuple(
        answer(criterion, observation, scheme, calendar)
        for criterion in scheme.criteria
        if criterion.channel == channel and (criterion.fact or criterion.between)
    )


def points(answers: tuple[Answer, ...], scheme: Scheme, stage: Stage) -> Points:
    """Points earned and possible in one stage: marks times weight, over answered criteria alone."""
    criteria = {criterion.id: criterion for criterion in scheme.criteria}
    total = Points()
    for given in answers:
        criterion = criteria[given.criterion]
        if given.marks is not None and criterion.stage == stage:
            total += Points(earned=given.marks * criterion.weight, possible=criterion.weight)
    return total


def answer(criterion: Criterion, observation: Observation, scheme: Scheme, calendar: Calendar) -> Answer:
    """One criterion answered for one observation."""
    if observation.error is not None:
        return _state(criterion, State.PROBE_FAULT, observation.error)
    if not has_standard(criterion, scheme):
        return _state(criterion, State.NOT_APPLICABLE, NO_STANDARD)
    if criterion.applies_if is not None:
        applies = observation.facts.get(criterion.applies_if)
        if applies is None:
            return _unknown(criterion, observation, criterion.applies_if)
        if applies is False:
            return _state(criterion, State.NOT_APPLICABLE, "")
    if criterion.fails_if_not is not None:
        holds = observation.facts.get(criterion.fails_if_not)
        if holds is None:
            return _unknown(criterion, observation, criterion.fails_if_not)
        if holds is False:
            return Answer(
                criterion=criterion.id, value=None, marks=0.0, state=State.ANSWERED, why="not found or never came"
            )
    if criterion.between:
        return _duration(criterion, observation, scheme, calendar)
    if criterion.fact is None or observation.facts.get(criterion.fact) is None:
        return _unknown(criterion, observation, criterion.fact or "")
    value = observation.facts[criterion.fact]
    if criterion.proposed:
        return Answer(
            criterion=criterion.id, value=value, state=State.NEEDS_REVIEW, why="proposed; a person has to confirm it"
        )
    return Answer(criterion=criterion.id, value=value, marks=_marks(criterion, value), state=State.ANSWERED)


def standard_of(criterion: Criterion, scheme: Scheme) -> float | None:
    """The profile's figure for a criterion, in the unit of its answer; None where the profile promises nothing.

    "Within 10 seconds or four rings" is met by either, so the longer of the two counts; four rings last until the fifth
    begins, 4 x 3 seconds. A profile that promises rings alone is kept by them.
    """
    figures = scheme.profile.figures
    figure = figures.get(criterion.profile_key or "")
    if criterion.profile_key == "phone.answer_seconds" and "phone.answer_rings" in figures:
        return max(figure or 0.0, figures["phone.answer_rings"] * RING_SECONDS)
    return figure


def standards(criterion: Criterion, scheme: Scheme) -> tuple[float | None, int | None]:
    """All that the profile says of a criterion: the figure in the unit of its answer, and that in working days."""
    return standard_of(criterion, scheme), _in_working_days(criterion, scheme)


def has_standard(criterion: Criterion, scheme: Scheme) -> bool:
    """Whether the profile promises what the criterion asks for, or the criterion has its own standard."""
    return criterion.profile_key is None or standards(criterion, scheme) != (None, None)


def standard_words(criterion: Criterion, scheme: Scheme) -> str:
    """The standard as a reader would say it: the profile's, where it has its figure there, else the criterion's own."""
    if not has_standard(criterion, scheme):
        return NO_STANDARD.capitalize()
    figure, figures = standard_of(criterion, scheme), scheme.profile.figures
    if (days := _in_working_days(criterion, scheme)) is not None and figure is None:
        return _within(words.working_days(days))
    if figure is None or (say := _SAID.get(criterion.answer)) is None:
        return criterion.standard
    if criterion.profile_key == "phone.answer_seconds" and (rings := figures.get("phone.answer_rings")):
        seconds = figures.get("phone.answer_seconds")
        within = f"Within {words.seconds(seconds)} or " if seconds is not None else "Within "
        return f"{within}{_NUMBERS.get(round(rings), words.number(rings))} rings"
    return _within(say(figure))


def _within(time: str) -> str:
    return f"Within one {time[2:]}" if time.startswith("1 ") else f"Within {time}"


def _in_working_days(criterion: Criterion, scheme: Scheme) -> int | None:
    """The promise in working days, of a profile that counts in these what the criterion counts in hours."""
    key = criterion.profile_key or ""
    days = scheme.profile.figures.get(key.removesuffix("_hours") + "_working_days") if key.endswith("_hours") else None
    return None if days is None else int(days)


def _marks(criterion: Criterion, value: Fact) -> float | None:
    """0..1, or None for a diagnostic that cannot be right or wrong. Raises ValueError for a scale outside 1 to 5."""
    if criterion.answer == "yes_no":
        return 1.0 if bool(value) is criterion.good else 0.0
    if criterion.answer == "choice":
        return float(criterion.marks.get(str(value), 0.0))
    if criterion.answer == "scale5":
        if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 5:
            raise ValueError(f"{criterion.id}: {value!r} is not on the scale from 1 to 5")
        return (value - 1) / 4
    if criterion.bands and isinstance(value, int | float):
        return next((band.marks for band in criterion.bands if value <= band.up_to), 0.0)
    if criterion.answer == "percent" and isinstance(value, int | float):
        return min(max(value / 100, 0.0), 1.0)
    return None


def _duration(criterion: Criterion, observation: Observation, scheme: Scheme, calendar: Calendar) -> Answer:
    """Met, missed, or needs review where the standard lies between the bounds of what was measured."""
    first, last = (observation.moments.get(name) for name in criterion.between or ("", ""))
    if first is None or last is None:
        open_still = not observation.complete
        return _state(
            criterion,
            State.WINDOW_OPEN if open_still else State.PROBE_FAULT,
            "still waiting" if open_still else "the moments were not both seen",
        )
    standard = standard_of(criterion, scheme)
    unit = _SECONDS.get(criterion.answer, 1.0)
    shortest = max(0.0, (last.lower - first.upper).total_seconds()) / unit
    longest = max(0.0, (last.upper - first.lower).total_seconds()) / unit
    value = round((shortest + longest) / 2, 2)
    if criterion.answer == "working_days":
        value = round(calendar.working_days(first.middle, last.middle), 2)
    if criterion.answer == "working_days" or standard is None:
        days = standard if standard is not None else _in_working_days(criterion, scheme)
        return _working_days(criterion, value, first, last, int(days or 0), calendar)
    # "Within ten seconds" includes ten; a fifth ring begins at exactly twelve.
    by_rings = criterion.profile_key == "phone.answer_seconds" and standard > scheme.profile.figures.get(
        "phone.answer_seconds", 0.0
    )
    met_longest = longest < standard if by_rings else longest <= standard
    met_shortest = shortest < standard if by_rings else shortest <= standard
    if met_longest != met_shortest:
        why = f"measured between {shortest:.1f} and {longest:.1f}, and the standard lies between"
        return Answer(criterion=criterion.id, value=value, state=State.NEEDS_REVIEW, why=why)
    return Answer(criterion=criterion.id, value=value, marks=float(met_longest), state=State.ANSWERED)


def _working_days(
    criterion: Criterion, value: float, sent: Moment, reply: Moment, days: int, calendar: Calendar
) -> Answer:
    """Met up to the close of business on the last day of the standard, in working days of the organisation."""
    early, late = (
        reply.lower <= calendar.add_working_days(sent.upper, days),
        reply.upper <= calendar.add_working_days(sent.lower, days),
    )
    if early != late:
        return Answer(
            criterion=criterion.id, value=value, state=State.NEEDS_REVIEW, why="within a second of the standard"
        )
    return Answer(criterion=criterion.id, value=value, marks=float(late), state=State.ANSWERED)


def _unknown(criterion: Criterion, observation: Observation, fact: str) -> Answer:
    why, reason = observation.unknown.get(fact, (Why.PROBE_FAULT, "this was not measured"))
    return _state(criterion, State(why.value), reason)


def _state(criterion: Criterion, state: State, why: str) -> Answer:
    return Answer(criterion=criterion.id, state=state, why=why)
