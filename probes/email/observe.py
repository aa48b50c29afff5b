"""From an e-mail's answers to an observation: the last pure step. Verdicts come from `classify`, or from a person who
has corrected one; our own copies are left out before. How a reply reads lives in `quality`; scoring does not live here.

A challenge ("confirm that you are a person") is never answered, so nobody may have seen the enquiry: where nothing else
comes, a person must say what it means. A survey answers nothing at all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from probes.email.acknowledgement import what_it_gives
from probes.email.answers import Answer, Answers, ByHand, is_final, sort, when
from probes.email.facts import FACTS, QUALITY, READ_FROM_ALL_REPLIES, VERSIONS, WRONG_AUTHORITY
from probes.email.letter import take_apart
from probes.email.persona import Persona
from probes.email.quality import OWN_MATTER, Value, end_of_day, first_promise, promise_kept, quality
from probes.email.reading import diverted
from probes.email.referral import responsible
from results.calendar import LONDON
from results.schema import Enquiry, Fact, Failure, Moment, Observation, Organisation, Why

__all__ = ["RESOLUTION", "SOURCE", "Answer", "ByHand", "bounced", "observe"]

SOURCE = "mail server (INTERNALDATE)"
BY_HAND = "entered by a person"
RESOLUTION = dt.timedelta(seconds=1)  # of INTERNALDATE, RFC 3501 section 2.3.3

_PROMISED = "read from the reply"
_ONLY_WITH_A_REPLY = (*QUALITY, "email.replies_count", "email.reply_channel", "email.promise_kept")
_UNSETTLED = (Why.NEEDS_REVIEW, "a person must say what one of the answers is")
_CHALLENGED = (Why.NEEDS_REVIEW, "a challenge came that nobody answered: a person must say what it means")


def observe(
    sent: Moment,
    answers: Sequence[Answer],
    *,
    persona: Persona,
    organisation: Organisation,
    enquiry: Enquiry,
    closes_at: dt.datetime | None,
    closed: bool,
    by_hand: Sequence[ByHand] = (),
) -> Observation:
    """What one e-mail has met with so far. `closed`: the window for a reply is over, so silence is now a finding.

    What came after `closes_at` is told in a note and changes no fact. `by_hand`: replies by telephone or letter.
    """
    sorted_ = sort(answers, by_hand, closes_at)
    notes = _notes(sorted_, closes_at)
    if sorted_.bounces and not (sorted_.settled or sorted_.by_hand or sorted_.unsettled or sorted_.refusals):
        return bounced({"sent": sent}, notes)
    read, more_notes = quality(sorted_, persona, organisation, enquiry)
    promised = first_promise(sorted_, persona, organisation, enquiry)
    if sorted_.from_people:
        read["email.promise_kept"] = promise_kept(promised, sorted_, closes_at, closed=closed)
    facts: dict[str, Fact] = {}
    unknown: dict[str, tuple[Why, str]] = {}
    known = read | _seen(sorted_, closed=closed) | _still_open(read, sorted_, closed=closed)
    if responsible(enquiry, organisation) is None:
        known |= dict.fromkeys(WRONG_AUTHORITY, OWN_MATTER)
    for name in FACTS:
        value = known[name] if name in known else _not_seen(name, sorted_, closed=closed)
        facts[name] = None
        if isinstance(value, tuple):
            unknown[name] = value
        else:
            facts[name] = value
    moments = _moments(sent, sorted_)
    if promised and promised[1].day and promised[1].sure:
        by = end_of_day(promised[1].day)
        moments["promised_by"] = Moment(lower=by, upper=by, source=_PROMISED)
    return Observation(
        facts=facts,
        unknown=unknown,
        moments=moments,
        notes=(*notes, *more_notes),
        failure=Failure.SILENT if closed and _is_silent(sorted_) else None,
        complete=closed,
        versions=VERSIONS,
    )


def bounced(moments: dict[str, Moment], notes: tuple[str, ...]) -> Observation:
    """The organisation's side refused the e-mail or returned it: nobody there can have read it."""
    known: dict[str, Fact] = {"email.delivered": False, "email.replied": False}
    return Observation(
        facts={name: known.get(name) for name in FACTS},
        unknown={name: (Why.NOT_APPLICABLE, "the e-mail was not delivered") for name in FACTS if name not in known},
        moments=moments,
        notes=notes,
        failure=Failure.BOUNCED,
        versions=VERSIONS,
    )


def _is_silent(answers: Answers) -> bool:
    """Nobody replied, and nothing came of which a person has yet to say what it is."""
    return not (answers.from_people or answers.unsettled or answers.refusals or answers.challenges)


# ------------------------------------------------------------------------------------------------ facts


def _seen(answers: Answers, *, closed: bool) -> dict[str, Value]:
    """The facts that answers have established. What is merely not there yet is settled elsewhere."""
    seen: dict[str, Value] = {}
    if answers.settled or answers.by_hand:
        seen |= {"email.delivered": True, "email.acknowledged": True}
    if answers.settled:
        seen["email.spam_folder"] = any(answer.in_junk for answer in answers.settled)
    if answers.acknowledgements:
        seen["email.auto_ack"] = True
        seen["email.auto_ack_quality"] = str(len(what_it_gives(answers.acknowledgements[0].mail)))
    if any(diverted(take_apart(answer.mail.text_top)) for answer in (*answers.acknowledgements, *answers.unsettled)):
        seen["email.treated_as_foi"] = True
    if answers.away:
        seen["email.out_of_office"] = True
    if answers.surveys:
        seen["email.survey"] = True
    if answers.from_people:
        seen |= _replies(answers, closed=closed)
    if answers.refusals and not answers.settled:
        seen["email.delivered"] = (Why.NEEDS_REVIEW, "refused by a policy, theirs or that of our own sending")
    return seen


def _still_open(read: dict[str, Value], answers: Answers, *, closed: bool) -> dict[str, Value]:
    """While replies only defer, what they answer is not judged: another may come, or may be here undecided."""
    if not answers.people or answers.final or answers.undecided:
        return {}
    if answers.unsettled:
        return {name: _UNSETTLED for name in QUALITY if not _does_not_apply(read[name])}
    later: Value = (Why.WINDOW_OPEN, "an answer may still come")
    return {name: later for name in READ_FROM_ALL_REPLIES if not (closed or _does_not_apply(read[name]))}


def _does_not_apply(value: Value) -> bool:
    return isinstance(value, tuple) and value[0] is Why.NOT_APPLICABLE


def _replies(answers: Answers, *, closed: bool) -> dict[str, Value]:
    """What follows from a person having replied. Only a reply that answers settles that the enquiry was answered."""
    unclear: Value = (Why.NEEDS_REVIEW, "one more message may be from a person")
    seen: dict[str, Value] = {"email.replies_count": unclear if answers.unsettled else len(answers.from_people)}
    if answers.final:
        seen["email.replied"] = True
    elif answers.undecided:
        seen["email.replied"] = (Why.NEEDS_REVIEW, "a person must say whether the reply answers")
    elif answers.unsettled:
        seen["email.replied"] = _UNSETTLED
    elif closed:
        seen["email.replied"] = False
    last = (answers.final or answers.from_people)[-1]
    seen["email.reply_channel"] = "email" if isinstance(last, Answer) else last.way
    return seen


def _not_seen(name: str, answers: Answers, *, closed: bool) -> Value:
    """A fact not established: for review, still open, a finding of absence, or not applicable."""
    if name == "email.auto_ack_quality" and closed and not answers.unsettled:
        return (Why.NOT_APPLICABLE, "no automatic acknowledgement came")
    if answers.unsettled and name != "email.delivered":
        return _UNSETTLED
    if answers.refusals:
        return (Why.NEEDS_REVIEW, "a person must say whose policy refused the e-mail")
    if answers.challenges and name in ("email.delivered", "email.replied", "email.acknowledged"):
        return _CHALLENGED
    if not closed:
        return (Why.WINDOW_OPEN, "an answer may still come")
    if name == "email.delivered":
        return True
    if name in _ONLY_WITH_A_REPLY:
        return (Why.NOT_APPLICABLE, "no person replied")
    if name == "email.spam_folder":
        return (Why.NOT_APPLICABLE, "no answer came by e-mail")
    return False


# ------------------------------------------------------------------------------------------------ moments and notes


def _moments(sent: Moment, answers: Answers) -> dict[str, Moment]:
    moments = {"sent": sent}
    responses: Sequence[Answer | ByHand] = sorted((*answers.settled, *answers.by_hand), key=when)
    for name, came in (
        ("auto_ack", answers.acknowledgements[:1]),
        ("first_response", responses[:1]),
        ("first_human", answers.from_people[:1]),
        ("interim", answers.interim[:1]),
        ("final_reply", answers.final[-1:]),
    ):
        if came:
            moments[name] = _moment(came[0], sent)
    return moments


def _moment(came: Answer | ByHand, sent: Moment) -> Moment:
    """The mail server cuts seconds off, so that an answer can seem to come before its question."""
    at = when(came).astimezone(dt.UTC)
    if isinstance(came, ByHand):
        lower = max(at.replace(second=0, microsecond=0), sent.lower)
        upper = max(at.replace(second=0, microsecond=0) + dt.timedelta(minutes=1), lower)
        return Moment(lower=lower, upper=upper, source=BY_HAND)
    lower = max(at, sent.lower)
    return Moment(lower=lower, upper=max(at + RESOLUTION, lower), source=SOURCE)


def _notes(answers: Answers, closes_at: dt.datetime | None) -> tuple[str, ...]:
    came: list[Answer | ByHand] = sorted((*answers.in_time, *answers.by_hand), key=when)
    notes = [_note(answer) for answer in came]
    if answers.bounces and (answers.settled or answers.by_hand):
        notes.append("One copy came back, yet the e-mail was answered: one of several recipients could not be reached.")
    if answers.unsettled and answers.from_people:
        notes.append("Besides the reply from a person there is a message whose kind a person must settle.")
    if answers.interim and not answers.final and not answers.undecided:
        notes.append("A person replied and left the answer for later.")
    for answer in answers.late:
        if closes_at is not None:
            closed = f"after the window had closed on {_day(closes_at)}"
            notes.append(f"A {_what(answer)} came on {_at(when(answer))}, {closed}.")
    return tuple(notes)


def _note(answer: Answer | ByHand) -> str:
    if isinstance(answer, ByHand):
        return f"{_at(answer.at)}: a person replied by {answer.way}{'' if answer.answers else ', without answering'}."
    where = " (in the junk folder)" if answer.in_junk else ""
    reasons = "; ".join(answer.verdict.reasons) or "no sign spoke against it"
    return f"{_at(answer.received)}{where}: {answer.kind}: {reasons}."


def _what(answer: Answer | ByHand) -> str:
    if isinstance(answer, ByHand) or is_final(answer):
        return "reply"
    return f"message ({answer.kind})"


def _at(moment: dt.datetime) -> str:
    return f"{moment.astimezone(LONDON):%d/%m/%Y at %H:%M}"


def _day(moment: dt.datetime) -> str:
    return f"{moment.astimezone(LONDON):%d/%m/%Y}"
