"""The answers to one enquiry, sorted by what they are. Pure. What follows lives in `observe` and `quality`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from probes.email.classify import HUMAN, Verdict
from probes.email.parse import Mail

INBOX = "inbox"

_SAYS_NOTHING = ("", "5.0.0", "5.5.0", "4.0.0")
_POLICY = re.compile(
    r"\b5\.7\.\d{1,3}\b|\b(?:blocked|blacklist\w*|block ?list\w*|spam\w*|dmarc|spf)\b|\bpolicy\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Answer:
    """A message that belongs to the enquiry.

    `received`: when the mail server received it. `folder`: where it lay. `links`: what became of the addresses in it
    that were tried, "works", "broken" or "not checked".
    """

    mail: Mail
    verdict: Verdict
    received: dt.datetime
    folder: str
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What it is held to be."""
        return self.verdict.kind

    @property
    def in_junk(self) -> bool:
        """Whether it lay anywhere but in the inbox."""
        return self.folder.casefold() != INBOX


@dataclass(frozen=True)
class ByHand:
    """A person's reply by another way than e-mail, entered by hand. `answers`: False where it only defers."""

    way: Literal["telephone", "letter", "visit", "portal"]
    at: dt.datetime
    answers: bool


@dataclass(frozen=True)
class Answers:
    """The answers that came while the window was open, each kind in the order of arrival, and those that came late.

    `refusals`: bounces by policy (RFC 3463, 5.7.x), whose cause may be our own sending. `delays`: reports that the
    e-mail has not been delivered as yet.
    """

    acknowledgements: tuple[Answer, ...]
    away: tuple[Answer, ...]
    people: tuple[Answer, ...]
    by_hand: tuple[ByHand, ...]
    bounces: tuple[Answer, ...]
    refusals: tuple[Answer, ...]
    delays: tuple[Answer, ...]
    challenges: tuple[Answer, ...]
    surveys: tuple[Answer, ...]
    unsettled: tuple[Answer, ...]
    late: tuple[Answer | ByHand, ...]

    @property
    def settled(self) -> tuple[Answer, ...]:
        """Every e-mail that is an answer beyond doubt. A survey or a challenge answers nothing."""
        return tuple(sorted((*self.acknowledgements, *self.away, *self.people), key=when))

    @property
    def in_time(self) -> tuple[Answer, ...]:
        """Every e-mail of them that came in time."""
        reports = (*self.bounces, *self.refusals, *self.delays)
        others = (*reports, *self.challenges, *self.surveys, *self.unsettled)
        return tuple(sorted((*self.settled, *others), key=when))

    @property
    def from_people(self) -> tuple[Answer | ByHand, ...]:
        """Every reply by a person, by whatever way."""
        return tuple(sorted((*self.people, *self.by_hand), key=when))

    @property
    def final(self) -> tuple[Answer | ByHand, ...]:
        """Every reply by a person that answers."""
        return tuple(reply for reply in self.from_people if is_final(reply))

    @property
    def interim(self) -> tuple[Answer | ByHand, ...]:
        """Every reply by a person that defers or refers without answering."""
        return tuple(reply for reply in self.from_people if is_interim(reply))

    @property
    def undecided(self) -> tuple[Answer, ...]:
        """Every e-mail surely by a person of which a person must say whether it answers."""
        return tuple(answer for answer in self.people if answer.kind == "human reply")


def when(answer: Answer | ByHand) -> dt.datetime:
    """When an answer came."""
    return answer.received if isinstance(answer, Answer) else answer.at


def is_final(reply: Answer | ByHand) -> bool:
    """Whether a reply answers."""
    return reply.kind == "final reply" if isinstance(reply, Answer) else reply.answers


def is_interim(reply: Answer | ByHand) -> bool:
    """Whether a reply defers or refers without answering."""
    return reply.kind == "interim reply" if isinstance(reply, Answer) else not reply.answers


def sort(mails: Sequence[Answer], by_hand: Sequence[ByHand], closes_at: dt.datetime | None) -> Answers:
    """Sort answers by kind and time. What came after `closes_at` is late, whatever it is."""
    every: list[Answer | ByHand] = sorted((*mails, *by_hand), key=when)
    late = tuple(answer for answer in every if closes_at is not None and when(answer) > closes_at)
    in_time = [answer for answer in every if answer not in late]

    def of(*kinds: str) -> tuple[Answer, ...]:
        return tuple(answer for answer in in_time if isinstance(answer, Answer) and answer.kind in kinds)

    failed = [answer for answer in of("bounce") if answer.verdict.final]
    return Answers(
        acknowledgements=of("automatic acknowledgement"),
        away=of("out of office"),
        people=of(*HUMAN),
        by_hand=tuple(answer for answer in in_time if isinstance(answer, ByHand)),
        bounces=tuple(answer for answer in failed if not _by_policy(answer.mail)),
        refusals=tuple(answer for answer in failed if _by_policy(answer.mail)),
        delays=tuple(answer for answer in of("bounce") if not answer.verdict.final),
        challenges=of("challenge"),
        surveys=of("survey"),
        unsettled=of("unclear", "unreadable"),
        late=late,
    )


def _by_policy(mail: Mail) -> bool:
    """Refused by a policy, as the report's status says; where it says nothing precise, as its words do."""
    status = mail.report.status if mail.report else ""
    if status not in _SAYS_NOTHING:
        return status.startswith("5.7.")
    return bool(_POLICY.search(mail.text[:4_000]))
