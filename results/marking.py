"""From a person's form to answers, and from a person's review to a settled answer. Pure.

A person's answer earns what a probe's same answer earns: marks come from `results.scoring`. Not applicable, cannot tell
and left empty earn nothing of nothing, as ever.

Worked example. On a form about a call the shopper writes "Reached a person: no" and leaves the greeting empty. Getting
through earns 0 of 3; the greeting applies only where a person was reached, so it is not applicable, whatever stands
there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from results import scoring
from results.calendar import Calendar
from results.filled import Filled, Given
from results.schema import (
    Answer,
    Criterion,
    Enquiry,
    Fact,
    Moment,
    Observation,
    Review,
    Scenario,
    Scheme,
    State,
)

LEFT_EMPTY = "left empty on the form"
COULD_NOT_TELL = "the shopper could not tell"
STALE = "the contact has changed since it was reviewed; look again"


def asked(scheme: Scheme, scenario: Scenario, enquiry: Enquiry) -> tuple[Criterion, ...]:
    """What a person is asked about one contact: the channel's questions and those of every channel, in the scheme's
    order, without those that only a probe can answer.

    Questions about enquiries for another authority, and about hours when the offices are closed, are asked where the
    enquiry or the scenario is of that kind.
    """
    elsewhere, closed = enquiry.answer_key.responsible is not None, not scenario.in_hours
    return tuple(
        criterion
        for criterion in scheme.criteria
        if criterion.channel in (scenario.channel, "any")
        and criterion.who != "probe"
        and (elsewhere or "wrong" not in criterion.id.split("."))
        and (closed or not criterion.id.startswith("ooh."))
    )


def is_moment(criterion: Criterion) -> bool:
    """Whether a person writes the day and time at which it came, from which the time is worked out, not a number."""
    return criterion.answer in ("elapsed_h", "working_days") or (
        criterion.answer in scoring.DURATIONS and criterion.between is not None and criterion.between[0] == "sent"
    )


def answers(filled: Filled, questions: Sequence[Criterion], scheme: Scheme, calendar: Calendar) -> tuple[Answer, ...]:
    """Every question answered for one form. `calendar`: the organisation's, in which working days are counted."""
    facts = _facts(filled, questions)
    empty = Given()
    return tuple(
        _answer(criterion, filled.answers.get(criterion.id, empty), facts, filled.made_at, scheme, calendar)
        for criterion in questions
    )


def _facts(filled: Filled, questions: Iterable[Criterion]) -> dict[str, bool]:
    """What the person's own Yes and No say of the facts on which other questions hang."""
    return {
        criterion.fact: given.value
        for criterion in questions
        if criterion.fact
        and (given := filled.answers.get(criterion.id)) is not None
        and given.said == "value"
        and isinstance(given.value, bool)
    }


def _answer(
    criterion: Criterion,
    given: Given,
    facts: Mapping[str, bool],
    made_at: dt.datetime | None,
    scheme: Scheme,
    calendar: Calendar,
) -> Answer:
    if not scoring.has_standard(criterion, scheme):
        return _state(criterion, State.NOT_APPLICABLE, scoring.NO_STANDARD)
    if criterion.applies_if is not None and facts.get(criterion.applies_if) is False:
        return _state(criterion, State.NOT_APPLICABLE, "follows from another answer")
    if criterion.fails_if_not is not None and facts.get(criterion.fails_if_not) is False:
        return _nought(criterion)
    match given.said:
        case None:
            return _state(criterion, State.NEEDS_REVIEW, LEFT_EMPTY)
        case "wrong":
            why = f"the form says “{given.written}”, which is no answer to it"
            return _state(criterion, State.NEEDS_REVIEW, why)
        case "cannot tell":
            return _state(criterion, State.PROBE_FAULT, COULD_NOT_TELL)
        case "not applicable":
            return _state(criterion, State.NOT_APPLICABLE, "")
        case "never":
            return _nought(criterion) if criterion.fails_if_not else _state(criterion, State.NOT_APPLICABLE, "")
    return valued(criterion, given.value, made_at, scheme, calendar)


def valued(
    criterion: Criterion, value: Fact, made_at: dt.datetime | None, scheme: Scheme, calendar: Calendar
) -> Answer:
    """An answer with a value, marked. Times are taken as the person wrote them, without bounds."""
    if criterion.answer not in scoring.DURATIONS:
        return Answer(criterion=criterion.id, value=value, marks=scoring.marks(criterion, value), state=State.ANSWERED)
    if is_moment(criterion):
        if made_at is None:
            return _state(criterion, State.NEEDS_REVIEW, "the form does not say when the contact was made")
        began, ended = made_at, dt.datetime.fromisoformat(str(value))
    else:
        began = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # any moment will do: only what lies between counts
        unit = 60 if criterion.answer == "duration_min" else 1
        ended = began + dt.timedelta(seconds=float(value or 0) * unit)
    return _timed(criterion, began, ended, scheme, calendar)


def _timed(criterion: Criterion, began: dt.datetime, ended: dt.datetime, scheme: Scheme, calendar: Calendar) -> Answer:
    if criterion.profile_key is None:
        return _without_standard(criterion, began, ended, calendar)
    names = criterion.between or ("began", "ended")
    moments = {
        name: Moment(lower=at, upper=at, source="shopper") for name, at in zip(names, (began, ended), strict=True)
    }
    seen = Observation(facts={}, moments=moments)
    return scoring.timed(criterion.model_copy(update={"between": names}), seen, scheme, calendar)


def _without_standard(criterion: Criterion, began: dt.datetime, ended: dt.datetime, calendar: Calendar) -> Answer:
    """A time that no figure of the profile is held against: by its bands, else as information alone."""
    seconds = (ended - began).total_seconds()
    match criterion.answer:
        case "working_days":
            value = calendar.working_days(began, ended)
        case "elapsed_h":
            value = seconds / 3600
        case "duration_min":
            value = seconds / 60
        case _:
            value = seconds
    value = round(value, 2)
    return Answer(criterion=criterion.id, value=value, marks=scoring.marks(criterion, value), state=State.ANSWERED)


# ------------------------------------------------------------------------------------------------ reviews


def reviewed(given: Sequence[Answer], reviews: Sequence[Review], scheme: Scheme) -> tuple[Answer, ...]:
    """The answers with what people said of them. Of several reviews of one question the last holds.

    `given`: as the probe or the form has it, before any review. A review holds for the answer that it was of. Where
    that has changed since, because more came in or a newer form did, the question waits for a person again: an old word
    is not put on a new answer.
    """
    last = {review.criterion: review for review in reviews}
    criteria = {criterion.id: criterion for criterion in scheme.criteria}
    return tuple(
        _settled(answer, last[answer.criterion], criteria[answer.criterion], scheme)
        if answer.criterion in last
        else answer
        for answer in given
    )


def _settled(answer: Answer, review: Review, criterion: Criterion, scheme: Scheme) -> Answer:
    if (answer.value, answer.state) != (review.proposal, review.proposed_state):
        if answer.state not in (State.ANSWERED, State.NEEDS_REVIEW):
            return answer
        return Answer(criterion=answer.criterion, value=answer.value, state=State.NEEDS_REVIEW, why=STALE)

    def said(state: State, value: Fact = None, marks: float | None = None, why: str = "") -> Answer:
        return Answer(
            criterion=answer.criterion,
            value=value,
            marks=marks,
            state=state,
            why=review.why or why,
            reviewed=review.verdict,
            proposal=answer.value,
        )

    if review.verdict == "cannot tell":
        return said(State.PROBE_FAULT, why="a person could not tell")
    if review.verdict == "confirmed":
        marks = answer.marks if answer.marks is not None else by_hand(criterion, answer.value, scheme)
        return said(State.ANSWERED, answer.value, marks)
    if review.value is None:
        return said(State.NOT_APPLICABLE)
    return said(State.ANSWERED, review.value, by_hand(criterion, review.value, scheme))


def by_hand(criterion: Criterion, value: Fact, scheme: Scheme) -> float | None:
    """What a value earns that a person has settled: times are in the question's own unit, as the report shows them."""
    standard = scoring.standard_of(criterion, scheme)
    if criterion.answer in scoring.DURATIONS and standard is not None and isinstance(value, int | float):
        # Four rings last until the fifth begins, so that is too late; "within ten seconds" includes ten.
        by_rings = standard > scheme.profile.figures.get(criterion.profile_key or "", 0.0)
        return float(value < standard if by_rings else value <= standard)
    return scoring.marks(criterion, value)


def _nought(criterion: Criterion) -> Answer:
    return Answer(criterion=criterion.id, marks=0.0, state=State.ANSWERED, why="not found or never came")


def _state(criterion: Criterion, state: State, why: str) -> Answer:
    return Answer(criterion=criterion.id, state=state, why=why)
