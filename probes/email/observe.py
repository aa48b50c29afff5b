"""From an e-mail's answers to an observation: the last pure step. Verdicts come from `classify`, or from a person who
has corrected one; our own copies are left out before. Scoring does not live here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from probes.email.classify import Verdict
from probes.email.facts import FACTS, QUALITY, VERSIONS
from probes.email.parse import Mail
from probes.email.persona import Persona
from probes.email.reading import fully_answered, read_reply
from results.calendar import LONDON
from results.schema import Enquiry, Fact, Failure, Moment, Observation, Organisation, Why

SOURCE = "mail server (INTERNALDATE)"
RESOLUTION = dt.timedelta(seconds=1)  # of INTERNALDATE, RFC 3501 section 2.3.3

Answer = tuple[Mail, Verdict, dt.datetime, str]
"""A message, what it is, when the mail server received it, and the folder it lay in."""

_Unknown = dict[str, tuple[Why, str]]
_AUTOMATIC = ("automatic acknowledgement", "out of office")
_UNSETTLED = ("unclear", "unreadable")
_INBOX = "inbox"


@dataclass(frozen=True)
class _Answers:
    """The answers sorted by what they are, each in the order of arrival."""

    acknowledgements: tuple[Answer, ...]
    away: tuple[Answer, ...]
    people: tuple[Answer, ...]
    bounces: tuple[Answer, ...]
    refusals: tuple[Answer, ...]
    unsettled: tuple[Answer, ...]

    @property
    def settled(self) -> tuple[Answer, ...]:
        """Everything that is an answer beyond doubt."""
        return _in_order((*self.acknowledgements, *self.away, *self.people))


def observe(
    sent: Moment,
    mails: Sequence[Answer],
    *,
    persona: Persona,
    organisation: Organisation,
    enquiry: Enquiry,
    closed: bool,
) -> Observation:
    """What one e-mail has met with so far. `closed`: the window for a reply is over, so silence is now a finding."""
    answers = _sort(mails)
    if answers.bounces and not (answers.settled or answers.unsettled or answers.refusals):
        return bounced({"sent": sent}, _notes(answers, mails))
    facts: dict[str, Fact] = {}
    unknown: _Unknown = {}
    for name, value in (_seen(answers) | _quality(answers, persona, organisation, enquiry)).items():
        if isinstance(value, tuple):
            facts[name], unknown[name] = None, value
        else:
            facts[name] = value
    _settle_what_is_not_seen(facts, unknown, answers, closed)
    silent = closed and not answers.people and not answers.unsettled and not answers.refusals
    return Observation(
        facts=facts,
        unknown=unknown,
        moments=_moments(sent, answers),
        notes=_notes(answers, mails),
        failure=Failure.SILENT if silent else None,
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


# ------------------------------------------------------------------------------------------------ sorting


def _in_order(mails: Sequence[Answer]) -> tuple[Answer, ...]:
    return tuple(sorted(mails, key=lambda answer: answer[2]))


def _sort(mails: Sequence[Answer]) -> _Answers:
    def of(*kinds: str) -> list[Answer]:
        return [answer for answer in _in_order(mails) if answer[1].kind in kinds]

    failed = [answer for answer in of("bounce") if answer[1].final]
    refusals = [answer for answer in failed if _is_policy(answer[0])]
    return _Answers(
        acknowledgements=tuple(of("automatic acknowledgement")),
        away=tuple(of("out of office")),
        people=tuple(of("human reply")),
        bounces=tuple(answer for answer in failed if answer not in refusals),
        refusals=tuple(refusals),
        unsettled=tuple(of(*_UNSETTLED)),
    )


def _is_policy(mail: Mail) -> bool:
    """Refused by policy (RFC 3463, 5.7.x): the fault may lie with our own sending, so a person looks."""
    return bool(mail.report and mail.report.status.startswith("5.7."))


# ------------------------------------------------------------------------------------------------ facts


def _seen(answers: _Answers) -> dict[str, Fact | tuple[Why, str]]:
    """The facts that answers have established. What is merely not there yet is settled elsewhere."""
    seen: dict[str, Fact | tuple[Why, str]] = {}
    if answers.settled:
        seen |= {"email.delivered": True, "email.acknowledged": True}
        seen["email.spam_folder"] = any(folder.casefold() != _INBOX for *_, folder in answers.settled)
    if answers.acknowledgements:
        seen["email.auto_ack"] = True
    if answers.away:
        seen["email.out_of_office"] = True
    if answers.people:
        seen["email.replied"] = True
        seen["email.replies_count"] = (
            (Why.NEEDS_REVIEW, "one more message may be from a person") if answers.unsettled else len(answers.people)
        )
    if answers.refusals and not answers.settled:
        seen["email.delivered"] = (Why.NEEDS_REVIEW, "refused by a policy, theirs or that of our own sending")
    return seen


def _quality(
    answers: _Answers, persona: Persona, organisation: Organisation, enquiry: Enquiry
) -> dict[str, Fact | tuple[Why, str]]:
    """The quality of the final reply; whether the question was answered is read from all replies together."""
    if not answers.people:
        return {}
    replies = [mail for mail, *_ in answers.people]
    facts: dict[str, Fact | tuple[Why, str]] = {**read_reply(replies[-1], persona, organisation, enquiry)}
    facts["email.treated_as_foi"] = any(
        read_reply(reply, persona, organisation, enquiry)["email.treated_as_foi"] for reply in replies
    )
    if facts["email.fully_answered"] is not None:
        facts["email.fully_answered"] = fully_answered(replies, enquiry)
    if facts["email.name_correct"] is None:
        facts["email.name_correct"] = (Why.NOT_APPLICABLE, "the reply used no name")
    if facts["email.sender_department"] is None:
        facts["email.sender_department"] = (Why.NEEDS_REVIEW, "a line of the signature may name a department")
    if facts["email.fully_answered"] is None:
        facts["email.fully_answered"] = (Why.NEEDS_REVIEW, "a person must read the answer")
    return facts


def _settle_what_is_not_seen(facts: dict[str, Fact], unknown: _Unknown, answers: _Answers, closed: bool) -> None:
    """Each fact not established: for review, still open, a finding of absence, or not applicable."""
    for name in FACTS:
        if name in facts:
            continue
        facts[name] = None
        if answers.unsettled and name != "email.delivered":
            unknown[name] = (Why.NEEDS_REVIEW, "a person must say what one of the answers is")
        elif answers.refusals:
            unknown[name] = (Why.NEEDS_REVIEW, "a person must say whose policy refused the e-mail")
        elif not closed:
            unknown[name] = (Why.WINDOW_OPEN, "an answer may still come")
        elif name == "email.delivered":
            facts[name] = True
        elif name in QUALITY or name in ("email.replies_count", "email.spam_folder"):
            unknown[name] = (
                Why.NOT_APPLICABLE,
                "no person replied" if name != "email.spam_folder" else "no answer came",
            )
        else:
            facts[name] = False


# ------------------------------------------------------------------------------------------------ moments and notes


def _moments(sent: Moment, answers: _Answers) -> dict[str, Moment]:
    moments = {"sent": sent}
    for name, received in (
        ("auto_ack", answers.acknowledgements[:1]),
        ("first_response", answers.settled[:1]),
        ("first_human", answers.people[:1]),
        ("final_reply", answers.people[-1:]),
    ):
        if received:
            moments[name] = _moment(received[0][2], sent)
    return moments


def _moment(received: dt.datetime, sent: Moment) -> Moment:
    """The mail server cuts seconds off, so that an answer can seem to come before its question."""
    received = received.astimezone(dt.UTC)
    lower = max(received, sent.lower)
    return Moment(lower=lower, upper=max(received + RESOLUTION, lower), source=SOURCE)


def _notes(answers: _Answers, mails: Sequence[Answer]) -> tuple[str, ...]:
    notes = []
    for _, verdict, received, folder in _in_order(mails):
        at = received.astimezone(LONDON)
        where = "" if folder.casefold() == _INBOX else " (in the junk folder)"
        reasons = "; ".join(verdict.reasons) or "no sign spoke against it"
        notes.append(f"{at:%d/%m/%Y at %H:%M}{where}: {verdict.kind}: {reasons}.")
    if answers.bounces and answers.settled:
        notes.append("One copy came back, yet the e-mail was answered: one of several recipients could not be reached.")
    if answers.unsettled and answers.people:
        notes.append("Besides the reply from a person there is a message whose kind a person must settle.")
    return tuple(notes)
