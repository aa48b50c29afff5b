"""The nouns of Doorstep. Every other module speaks in these; nothing here acts, reads or writes.

All are frozen and refuse unknown keys. Moments are aware datetimes in UTC; durations are seconds unless they say so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from results.calendar import Calendar

Channel = Literal["phone", "email", "web", "visit", "letter", "form", "chat"]
CHANNELS: tuple[Channel, ...] = ("phone", "email", "web", "visit", "letter", "form", "chat")
PROBED: tuple[Channel, ...] = ("phone", "email", "web")
"""The channels that a probe can take; the others are for people alone."""

Shopper = Literal["probe", "person"]
Stage = Literal["access", "quality"]
STAGES: tuple[Stage, ...] = ("access", "quality")
Tier = Literal["county", "district", "unitary", "housing association", "other"]
Fact = bool | int | float | str | None

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
E164 = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
Address = Annotated[str, StringConstraints(pattern=r"^[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,190}$", max_length=254)]
Host = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+(:[0-9]{1,5})?$", max_length=260)]


class Noun(BaseModel):
    """Frozen; unknown keys are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# ------------------------------------------------------------------------------------------------ who is shopped


class Line(Noun):
    """A telephone number that the organisation publishes."""

    number: E164
    label: Name
    kind: Literal["switchboard", "contact_centre", "direct_dial"] = "direct_dial"
    out_of_hours: bool = Field(default=False, description="may be rung outside office hours")


class Contacts(Noun):
    """Where the organisation can be reached."""

    lines: tuple[Line, ...] = ()
    addresses: tuple[Address, ...] = ()
    sites: tuple[Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+/?\S*$")], ...] = ()
    offices: tuple[Name, ...] = Field(default=(), description="where people visit and write to, as one line each")


class Limits(Noun):
    """The most that one organisation agreed to in a day, and how closely contacts may follow each other."""

    mails_per_day: int = Field(default=10, ge=0, le=500)
    calls_per_day: int = Field(default=10, ge=0, le=500)
    pages_per_day: int = Field(default=500, ge=0, le=20_000)
    seconds_between_mails: float = Field(default=60, ge=0)
    seconds_between_calls: float = Field(default=60, ge=0)
    seconds_between_pages: float = Field(default=1, ge=0)


class Consent(Noun):
    """Who agreed to what, from when until when. Absent or out of date: nobody is contacted at all."""

    agreed_by: Name = Field(description="role or name of the person who agreed for the organisation")
    basis: Literal["own_organisation", "partnership_agreement", "regulator"] = "partnership_agreement"
    valid_from: dt.date
    until: dt.date
    channels: tuple[Channel, ...]
    lines: tuple[E164, ...] = ()
    addresses: tuple[Address, ...] = ()
    hosts: tuple[Host, ...] = ()
    recording: bool = False
    messages: bool = False
    forms: bool = False
    site_search: bool = Field(
        default=False, description="the site's own search may be used even where robots.txt forbids"
    )
    reporting_level: Literal["organisation", "department", "service"] = "service"
    staff_briefed: dt.date | None = None
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _from_before_until(self) -> Consent:
        if self.until < self.valid_from:
            raise ValueError(f"until {self.until:%d/%m/%Y} is before valid_from {self.valid_from:%d/%m/%Y}")
        return self


class Organisation(Noun):
    """One organisation of the partnership, from its register file."""

    id: Id
    name: Name
    nation: Literal["England", "Wales", "Scotland", "Northern Ireland"] = "England"
    tier: Tier = "district"
    aliases: tuple[Name, ...] = ()
    benchmark_groups: tuple[Name, ...] = ()
    contacts: Contacts = Contacts()
    hours: Calendar = Calendar()
    consent: Consent | None = None

    @model_validator(mode="after")
    def _hours_follow_the_nation(self) -> Organisation:
        if self.hours.nation != self.nation:
            object.__setattr__(self, "hours", self.hours.model_copy(update={"nation": self.nation}))
        return self


# ------------------------------------------------------------------------------------------------ what is asked


class Responsible(Noun):
    """Who is responsible for what an enquiry asks about, where that is not the organisation asked.

    An organisation that is named here itself, by name or alias, is asked an ordinary enquiry.
    """

    name: Name
    aliases: tuple[Name, ...] = ()
    numbers: tuple[E164, ...] = ()
    addresses: tuple[Address, ...] = ()
    hosts: tuple[Host, ...] = Field(default=(), description="of its website; subdomains count too")


class AnswerKey(Noun):
    """What a right answer holds. Each point is a regular expression to be found in a reply, ignoring case."""

    dated: dt.date
    source: Name
    points: tuple[str, ...] = ()
    page: Annotated[str, StringConstraints(min_length=1)] = Field(
        description="regular expression found in the address, title or heading of the right page, ignoring case"
    )
    responsible: Responsible | None = Field(
        default=None, description="another authority: the reply is judged on sending the enquirer there"
    )

    @field_validator("points", "page")
    @classmethod
    def _compiles(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for pattern in (value,) if isinstance(value, str) else value:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
        return value


class Enquiry(Noun):
    """What a resident asks, in a resident's words."""

    id: Id
    service: int = Field(description="LGSL service id")
    title: Name
    subject: Name
    words: Annotated[str, StringConstraints(strip_whitespace=True, min_length=20, max_length=4000)]
    search: Name = Field(description="what would be typed into the website's search box")
    everyday_words: tuple[Name, ...] = Field(default=(), description="common words for the same thing: tip, dustbin")
    answer_key: AnswerKey


class Scenario(Noun):
    """Enquiries put through one channel, and how often to each organisation in a wave."""

    id: Id
    channel: Channel
    shopper: Shopper = Field(default="probe", description="person: handed out as tasks to people, who fill in forms")
    enquiries: tuple[Id, ...] = Field(min_length=1)
    contacts: int = Field(default=1, ge=1, le=400, description="contacts to each organisation in a wave")
    numbers: Literal["register", "published"] = Field(
        default="register",
        description="published: each number that the last visit to the organisation's website found and the register "
        "permits, once, instead of its lines (phone)",
    )
    in_hours: bool = True
    closure: Literal["thanks", "withdrawal"] | None = Field(
        default=None,
        description="one last e-mail when the window has closed: thanks to whoever replied, or to everybody that "
        "nothing more needs to be done",
    )
    ring_for: float = Field(default=60, ge=15, le=600, description="seconds to let it ring (phone)")
    stay_for: float = Field(
        default=0,
        ge=0,
        le=900,
        description="seconds after the answer to stay on the line, speaking, where a menu or queue comes first (phone)",
    )
    leave_message: bool = Field(
        default=False, description="ask to be called back, where the register allows messages; once a line (phone)"
    )
    attempts: int = Field(
        default=3, ge=1, le=3, description="how often a line that is engaged or not answered is rung (phone)"
    )

    @model_validator(mode="after")
    def _no_probe_goes_where_only_people_can(self) -> Scenario:
        if self.shopper == "probe" and self.channel not in PROBED:
            raise ValueError(f'channel is "{self.channel}", which no probe can take; add: shopper: person')
        return self

    @model_validator(mode="after")
    def _published_numbers_are_rung_in_office_hours(self) -> Scenario:
        if self.numbers == "published" and (self.channel != "phone" or not self.in_hours or self.leave_message):
            raise ValueError(
                'numbers is "published": those are rung by telephone, in office hours and without a message; '
                "change channel, in_hours or leave_message"
            )
        return self


class Wave(Noun):
    """One round of fieldwork, with the scheme that scores it."""

    id: Id
    title: Name
    partnership: Name
    fieldwork_from: dt.date
    fieldwork_until: dt.date
    scenarios: tuple[Id, ...] = Field(min_length=1)
    organisations: tuple[Id, ...] = Field(default=(), description="empty: every organisation of the register")
    profile: Id = "south-derbyshire-2006"

    @model_validator(mode="after")
    def _from_before_until(self) -> Wave:
        if self.fieldwork_until < self.fieldwork_from:
            first, last = f"{self.fieldwork_from:%d/%m/%Y}", f"{self.fieldwork_until:%d/%m/%Y}"
            raise ValueError(f"fieldwork_until {last} is before fieldwork_from {first}")
        return self


# ------------------------------------------------------------------------------------------------ what was seen


class Why(StrEnum):
    """Why a fact is None. None of these ever counts against an organisation."""

    NOT_APPLICABLE = "not applicable"
    NEEDS_REVIEW = "needs review"
    WINDOW_OPEN = "window open"
    PROBE_FAULT = "probe fault"


class Failure(StrEnum):
    """How an organisation failed the resident. A closed list: a new one is added here with its meaning."""

    ENGAGED = "engaged"  # the line was busy
    NO_REPLY = "no_reply"  # it rang for the scenario's whole time and nobody answered
    NUMBER_NOT_IN_USE = "number_not_in_use"  # the network says that there is no such number
    BOUNCED = "bounced"  # the mail was refused or returned by the organisation's side
    SILENT = "silent"  # no reply from a person by the time the window closed
    SITE_UNREACHABLE = "site_unreachable"  # the home page could not be had, on two tries


class Moment(Noun):
    """A point in time known only to lie between two others, and who says so."""

    lower: AwareDatetime
    upper: AwareDatetime
    source: Name

    @model_validator(mode="after")
    def _ordered(self) -> Moment:
        if self.upper < self.lower:
            raise ValueError("upper bound before lower bound")
        return self

    @property
    def middle(self) -> dt.datetime:
        """The midpoint of the bounds."""
        return self.lower + (self.upper - self.lower) / 2

    @property
    def uncertainty(self) -> float:
        """Seconds between the bounds."""
        return (self.upper - self.lower).total_seconds()


class Evidence(Noun):
    """A file kept in the evidence folder under its digest."""

    kind: Name = Field(description="e.g. mail, page, screenshot, call log, search results")
    name: Name
    media_type: str
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    size: int
    keep_until: dt.date


class Observation(Noun):
    """What one probe saw: facts and moments, never a verdict.

    `unknown` names each fact that is None, with the reason and a plain sentence. `failure`: the organisation failed the
    resident. `error`: the probe could not measure; then no fact counts.
    """

    facts: Mapping[str, Fact]
    unknown: Mapping[str, tuple[Why, str]] = Field(default_factory=dict)
    moments: Mapping[str, Moment] = Field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    notes: tuple[str, ...] = Field(
        default=(), description="plain sentences for a reader: reasons, confidence, oddities"
    )
    failure: Failure | None = None
    error: str | None = None
    complete: bool = Field(default=True, description="False while a reply may still come")
    versions: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _none_has_a_reason(self) -> Observation:
        if not self.unknown and None not in self.facts.values():  # as of nearly all contacts of a large wave
            return self
        for name, value in self.facts.items():
            if (value is None) != (name in self.unknown):
                raise ValueError(
                    f"fact {name} is {value!r} but {'has' if value is not None else 'lacks'} a reason in `unknown`"
                )
        return self


# ------------------------------------------------------------------------------------------------ how it is scored

AnswerType = Literal[
    "yes_no", "choice", "count", "percent", "duration_s", "duration_min", "elapsed_h", "working_days", "scale5", "text"
]


class Band(Noun):
    """Marks for a count up to and including `up_to`."""

    up_to: float
    marks: float = Field(ge=0, le=1)


FUTURE_ACTION = "Measure in next wave"


class Suggestion(Noun):
    """A row that a criterion suggests for the action plan, in the columns of Derbyshire's Appendix A (2006)."""

    horizon: Literal["quick win", "longer term"]
    channel: Channel | None = Field(
        default=None, description="whose part of the plan it stands in; else the criterion's"
    )
    issue: str = Field(default="", max_length=200, description="empty: what the criterion says after However")
    details: Name
    who: str = Field(default="", max_length=200)
    result: str = Field(default="", max_length=200, description="what it is to bring about")
    future: str = Field(default=FUTURE_ACTION, max_length=200)


class Criterion(Noun):
    """One question of the scheme, in the field's words."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(\.[a-z0-9_]+)+$")]
    asked_on: Channel | Literal["any"] | None = Field(
        default=None, description="the channel, where the id does not begin with it; any: on every channel"
    )
    who: Literal["probe", "either", "person"] = Field(
        default="either", description="who answers it; probe: never asked of people, machines or the record tell"
    )
    question: Name
    guidance: str = Field(default="", max_length=600, description="for people: how to judge, beyond the standard")
    na_when: str = Field(default="", max_length=200, description="when a person ticks N/A: 'no person reached'")
    stage: Stage
    answer: AnswerType
    weight: int = Field(ge=0, le=3, description="3 key, 2 important, 1 minor, 0 diagnostic")
    standard: Name = Field(description="the standard in plain words")
    fact: str | None = Field(default=None, description="the fact it reads; None: a person answers")
    between: tuple[str, str] | None = Field(default=None, description="for durations: the two moments it lies between")
    profile_key: str | None = Field(default=None, description="the standard's figure in the profile, for durations")
    good: bool = True
    marks: Mapping[str, float] = {}
    bands: tuple[Band, ...] = ()
    applies_if: str | None = Field(default=None, description="a fact; where it is False this is not applicable")
    fails_if_not: str | None = Field(default=None, description="a fact; where it is False the answer earns nothing")
    source: Literal["S", "S*", "M"] = "M"
    proposed: bool = Field(default=False, description="the probe only proposes; a person confirms")
    short: Name = Field(description="a heading of two or three words")
    praise: Name
    however: Name
    action: Name
    horizon: Literal["quick win", "longer term"]
    suggested: tuple[Suggestion, ...] = Field(
        default=(), description="rows for the action plan, where `action` and `horizon` cannot say all; in their place"
    )

    @cached_property
    def channel(self) -> str:
        """What `asked_on` says, else the first part of the id."""
        return self.asked_on or self.id.split(".", 1)[0]


class Profile(Noun):
    """A standards profile: the figures that an organisation or partnership promises, with their source."""

    id: Id
    title: Name
    source: Name
    figures: Mapping[str, float]


class Scheme(Noun):
    """Criteria, weights and profile as frozen for a wave. Its digest names it for ever."""

    version: Name
    stage_weights: Mapping[Stage, float]
    criteria: tuple[Criterion, ...]
    profile: Profile
    digest: str = ""


class State(StrEnum):
    """The state of an answer. Only `answered` carries marks."""

    ANSWERED = "answered"
    NOT_APPLICABLE = Why.NOT_APPLICABLE.value
    NEEDS_REVIEW = Why.NEEDS_REVIEW.value
    WINDOW_OPEN = Why.WINDOW_OPEN.value
    PROBE_FAULT = Why.PROBE_FAULT.value


Verdict = Literal["confirmed", "corrected", "cannot tell"]
"""What a person says of a proposed answer."""


class Answer(Noun):
    """One criterion answered for one shop. `proposal`: the probe's answer, where a person has `reviewed` it."""

    criterion: str
    value: Fact = None
    marks: float | None = Field(default=None, ge=0, le=1)
    state: State
    why: str = ""
    reviewed: Verdict | None = None
    proposal: Fact = None

    @model_validator(mode="after")
    def _marks_only_when_answered(self) -> Answer:
        if self.marks is not None and self.state is not State.ANSWERED:
            raise ValueError(f"{self.criterion}: marks given in state {self.state}")
        return self


class Points(Noun):
    """Points earned of points possible. Nothing possible is not a hundred per cent: the share is None."""

    earned: float = 0
    possible: float = 0

    @property
    def share(self) -> float | None:
        """Earned over possible, 0..1; None when nothing was possible."""
        return self.earned / self.possible if self.possible else None

    def __add__(self, other: Points) -> Points:
        return Points(earned=self.earned + other.earned, possible=self.possible + other.possible)


class Appeal(Noun):
    """An organisation's objection to a shop or to one of its answers, and what was decided: beside the score.

    upheld: the contact (or answer) is set aside; amended: the answer is corrected; rejected: it stands.
    """

    shop: str
    criterion: str | None = None
    by: Name
    at: AwareDatetime
    why: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
    outcome: Literal["open", "upheld", "amended", "rejected"] = "open"
    decided_by: str = ""
    decided_at: AwareDatetime | None = None
    reason: str = Field(default="", max_length=4000)

    @property
    def sets_aside(self) -> bool:
        """Whether the whole contact is set aside."""
        return self.criterion is None and self.outcome == "upheld"


Standing = Literal["planned", "intent", "open", "closed", "void", "refused"]
"""Where a contact stands."""


class Shop(Noun):
    """One contact by one shopper, with its answers. The unit that every figure counts."""

    id: str
    wave: Id
    organisation: Id
    scenario: Id
    enquiry: Id
    channel: Channel
    shopper: Shopper = "probe"
    target: str
    made_at: AwareDatetime | None = None
    state: Standing
    observation: Observation | None = None
    answers: tuple[Answer, ...] = ()
    access: Points = Points()
    quality: Points = Points()
    scheme: str = Field(default="", description="digest of the scheme that scored it")
    counted: bool = Field(default=False, description="closed, valid and so part of the figures")
    by: str = Field(default="", description="which person, for a person's shop: the id handed out, never a name")
    comments: tuple[str, ...] = Field(default=(), description="what the person wrote beside the answers")
    appeals: tuple[Appeal, ...] = ()

    @property
    def disputed(self) -> bool:
        """Whether an appeal has set the whole contact aside: kept, shown, in no figure."""
        return any(appeal.sets_aside for appeal in self.appeals)


class Review(Noun):
    """A person's word on one answer. What it was before is kept: `proposal`, with its state."""

    shop: str
    criterion: str
    verdict: Verdict
    value: Fact = Field(default=None, description="the right answer, where the verdict is corrected")
    proposal: Fact = None
    proposed_state: State
    by: Name
    at: AwareDatetime
    why: str = Field(default="", max_length=2000)


class Refusal(Noun):
    """The guard said no. Recorded, shown, never scored."""

    at: AwareDatetime
    effect: Literal["mail", "call", "page"]
    organisation: str
    target: str
    shop: str | None = None
    rule: str
    reason: str
    retry_at: AwareDatetime | None = None
