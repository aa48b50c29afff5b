"""How a council deals with its e-mails: the model of `mail` in councils/*.yaml. The truth that a probe is to find.

Each manner says what becomes of one e-mail. What is then written, and when, is `letters`' and `bounces`'; telephones
and the website are `council`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, model_validator

from results.schema import Address, Name, Noun
from scenarios.practice import catalogue

Value = TypeVar("Value")
Minutes = Annotated[float, Field(ge=0, le=60 * 24 * 30)]
WorkingHours = Annotated[float, Field(ge=0, le=400)]
Share = Annotated[int, Field(ge=1, le=100)]


def known(name: str, names: Iterable[str]) -> str:
    """The name, if it is one of the names. Raises `ValueError` that lists them."""
    if name not in (these := sorted(names)):
        raise ValueError(f"is {name!r}; it must be one of {', '.join(these)}")
    return name


def not_empty(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """The values, if there are any. Raises `ValueError`."""
    if not values:
        raise ValueError("is empty; give at least one")
    return values


AutomaticText = Annotated[str, AfterValidator(lambda name: known(name, catalogue.TEXTS.automatic))]
ReplyText = Annotated[str, AfterValidator(lambda name: known(name, catalogue.TEXTS.replies))]

# ------------------------------------------------------------------------------------------------ who and what


class Person(Noun):
    """Somebody who writes replies. What is left out does not stand below the reply."""

    name: Name
    team: bool = Field(default=False, description="the name is a team's and no person's")
    job_title: Name | None = None
    department: Name | None = None
    phone: Name | None = Field(default=None, description="as written below the reply: 0113 496 0012")


class Promise(Noun):
    """Until when somebody will write again, counted in working days from the letter, and how the letter puts it."""

    working_days: int = Field(ge=1, le=30)
    said: Literal["weekday", "date", "working days"] = Field(
        default="working days", description="by Friday; by Friday 4 December; within 5 working days"
    )


class Automatic(Noun):
    """An answer by a machine, so many minutes after the mail, by day and by night."""

    after_minutes: Minutes = 1
    text: AutomaticText = "standard"
    headers: Literal["rfc3834", "none"] = Field(default="rfc3834", description="whether it says that it is automatic")
    thread: Literal["same", "new"] = Field(
        default="same", description="new: as a ticket system writes, with a case number"
    )
    sender: Person | None = Field(default=None, description="whose mailbox answers; left out: the council's own")


class Reply(Noun):
    """A reply by a person, so many hours of that council's working time after the mail."""

    after_working_hours: WorkingHours
    text: ReplyText
    sender: Person
    address: Address | None = Field(
        default=None, description="of the council's domain; left out: the sender's own, made from the name"
    )
    thread: Literal["same", "new", "fresh"] = Field(
        default="same", description="new: a thread with a case number; fresh: a mail of its own, with neither"
    )
    folder: Literal["INBOX", "Junk"] = Field(default="INBOX", description="where the shopper's own server puts it")
    form: Literal["plain", "both", "html"] = "plain"
    quotes: bool = Field(default=True, description="whether the shopper's mail is quoted below")
    links: tuple[Literal["works", "broken"], ...] = Field(
        default=(), description="addresses of the council's website in the text, and whether they lead anywhere"
    )
    promise: Promise | None = None

    @model_validator(mode="after")
    def _the_text_has_room(self) -> Reply:
        words = catalogue.TEXTS.replies[self.text].words
        if self.links and "{links}" not in words:
            raise ValueError(f"gives links, but the text {self.text!r} has no room for them; take `links` out")
        if (self.promise is not None) != ("{promise}" in words):
            remedy = "give a `promise`" if self.promise is None else "take `promise` out"
            raise ValueError(f"and the text {self.text!r} do not agree on whether anything is promised; {remedy}")
        return self


class Bounce(Noun):
    """The mail does not arrive: refused at RCPT, or returned later, as a report (RFC 3464) or in plain text."""

    kind: Literal["refused", "returned"]
    reason: Literal["unknown", "full", "policy"] = Field(
        default="unknown", description="nobody of that name, the mailbox is full, or the sender is not wanted (5.7.1)"
    )
    form: Literal["report", "text"] = "report"
    after_minutes: Minutes = 5


class Delay(Noun):
    """A warning that the mail has not been delivered yet. It is, later."""

    after_minutes: Minutes = 240


class Challenge(Noun):
    """A question back by a machine: confirm that you are a person. The mail is held meanwhile."""

    after_minutes: Minutes = 1


class Survey(Noun):
    """A question how the council did, so many hours after its last letter."""

    after_hours: float = Field(default=24, ge=0, le=24 * 30)
    headers: Literal["rfc3834", "none"] = "none"


# ------------------------------------------------------------------------------------------------ put together


class MailManner(Noun):
    """What becomes of a mail. Either `silent: true`, or a bounce, or a challenge, or at least one answer."""

    share: Share = 1
    acknowledgement: Automatic | None = None
    out_of_office: Automatic | None = None
    delay: Delay | None = None
    interim: Reply | None = None
    reply: Reply | None = None
    survey: Survey | None = None
    bounce: Bounce | None = None
    challenge: Challenge | None = None
    silent: bool = False

    @model_validator(mode="after")
    def _is_one_thing(self) -> MailManner:
        answers = [self.acknowledgement, self.out_of_office, self.delay, self.interim, self.reply, self.survey]
        told = [self.silent, self.bounce is not None, self.challenge is not None]
        if sum([*told, any(answer is not None for answer in answers)]) != 1:
            raise ValueError(
                "says more or less than one thing; give either `silent: true`, or `bounce`, or `challenge`, or any of "
                "`acknowledgement`, `out_of_office`, `delay`, `interim`, `reply` and `survey`"
            )
        return self

    @property
    def name(self) -> str:
        """In a few words: "acknowledgement, reply good"."""
        if self.bounce:
            return f"bounce {self.bounce.kind}{' by policy' if self.bounce.reason == 'policy' else ''}"
        told = ["challenge"] if self.challenge else []
        told += ["acknowledgement"] if self.acknowledgement else []
        told += ["out of office"] if self.out_of_office else []
        told += ["delay"] if self.delay else []
        told += [f"interim {self.interim.text}"] if self.interim else []
        told += [f"reply {self.reply.text}"] if self.reply else []
        told += ["survey"] if self.survey else []
        return ", ".join(told) or "silent"


class Mail(Noun):
    """The addresses of a council and what becomes of the mails that come there."""

    addresses: Annotated[tuple[Address, ...], AfterValidator(not_empty)]
    wrong_authority: catalogue.Referral = Field(
        default="right", description="what it says to enquiries that are another authority's"
    )
    manners: Annotated[tuple[MailManner, ...], AfterValidator(not_empty)]

    @model_validator(mode="after")
    def _writes_from_its_own_domain(self) -> Mail:
        for manner in self.manners:
            for letter in (manner.interim, manner.reply):
                if letter and letter.address and not letter.address.endswith(f"@{self.domain}"):
                    raise ValueError(f"writes from {letter.address}, which is not of its own domain {self.domain}")
        return self

    @property
    def domain(self) -> str:
        """The domain of its first address."""
        return self.addresses[0].rpartition("@")[2]

    @property
    def acknowledges_everything(self) -> Automatic | None:
        """The acknowledgement that whatever comes is answered with; None where only some mails are."""
        acknowledgements = [manner.acknowledgement for manner in self.manners]
        return acknowledgements[0] if all(acknowledgements) else None
