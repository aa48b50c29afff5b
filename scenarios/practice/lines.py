"""The telephone lines of a practice council and what callers meet there: the model of `lines` in councils/*.yaml.

The truth that a probe is to find. What then happens on a call is `network`'s; what was really heard is `truth`'s.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from results.schema import E164, Line, Name, Noun
from scenarios.practice.manners import Share, WorkingHours, not_empty

DRAMA = re.compile(r"\+44(?:1134960\d{3}|2079460\d{3}|8081570\d{3}|3069990\d{3})")
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
By = Literal["person", "ivr", "queue", "hold", "voicemail", "recording", "fax"]
AnsweredBy = Literal["person", "ivr", "queue_then_person", "voicemail", "recorded_message_ends", "fax_or_data"]
_FIRST: dict[AnsweredBy, By] = {
    "person": "person",
    "ivr": "ivr",
    "queue_then_person": "queue",
    "voicemail": "voicemail",
    "recorded_message_ends": "recording",
    "fax_or_data": "fax",
}


def for_drama(number: str) -> str:
    """The number, if Ofcom keeps it for drama and it is a landline's. Raises `ValueError`."""
    if not DRAMA.fullmatch(number):
        raise ValueError(
            f"is {number}, which may be somebody's; use Ofcom's numbers for drama: +441134960xxx, +442079460xxx, "
            "+448081570xxx or +443069990xxx"
        )
    return number


class Part(Noun):
    """One thing that a caller hears: words, so many seconds of silence, or a tone.

    `by`: who or what lets it be heard, and all that follows until another does; unsaid, as before it.
    """

    say: Words | None = None
    silence: float | None = Field(default=None, gt=0, le=60)
    tone: Literal["beep", "ringback", "fax", "music"] | None = None
    seconds: float | None = Field(default=None, gt=0, le=600, description="how long music or ringback lasts")
    by: By | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Part:
        if sum(one is not None for one in (self.say, self.silence, self.tone)) != 1:
            raise ValueError("is not one thing; give exactly one of `say`, `silence` and `tone`")
        if self.seconds is not None and self.tone not in ("music", "ringback"):
            raise ValueError("has `seconds`, which only music and ringback have; take it out")
        return self


class CallManner(Noun):
    """What a caller meets. Times are real seconds at any speed of the clock, but for when somebody rings back."""

    share: Share = 1
    when: Literal["open", "closed", "always"] = Field(
        default="always", description="only while the council's offices are open, or closed"
    )
    outcome: Literal["answered", "engaged", "no reply", "not in use"] = "answered"
    after: float | None = Field(default=None, ge=0.1, le=120, description="seconds of ringing before it is answered")
    greeting: Words | None = Field(default=None, description="what is said on answering")
    answered_by: AnsweredBy = Field(
        default="person", description="who or what it is that answers; the truth a listener is to find"
    )
    then: tuple[Part, ...] = Field(default=(), description="what is heard after the greeting, in turn")
    accepts: bool = Field(default=True, description="whether a voicemail takes messages; a full one gives no beep")
    calls_back_after: float | None = Field(
        default=None, ge=1, description="seconds of practice time after the call until somebody rings back"
    )
    calls_back_after_working_hours: WorkingHours | None = Field(
        default=None, description="the same in hours during which the offices are open"
    )
    calls_back_to: Literal["callers", "messages"] = Field(
        default="callers", description="who is rung back: whoever called, or who left a whole message"
    )
    calls_back_from: Literal["withheld"] | Annotated[E164, AfterValidator(for_drama)] | None = Field(
        default=None, description="the number that the call-back shows; unsaid, the line that was rung"
    )
    hangs_up_after: float = Field(default=10, ge=1, le=900, description="seconds after answering, at the latest")

    @model_validator(mode="after")
    def _only_the_answered_greet(self) -> CallManner:
        answered = self.outcome == "answered"
        if answered and (self.after is None or self.greeting is None):
            raise ValueError("is answered but lacks `after` or `greeting`; add both")
        if not answered and (self.after is not None or self.greeting is not None):
            raise ValueError(f"is {self.outcome}, so nobody answers; take out `after` and `greeting`")
        if not answered and (self.then or self.calls_back):
            raise ValueError(f"is {self.outcome}, so nothing is heard; take out `then` and `calls_back_after`")
        return self

    @model_validator(mode="after")
    def _messages_are_left_after_a_beep(self) -> CallManner:
        voicemail, beeps = self.answered_by == "voicemail", any(part.tone == "beep" for part in self.then)
        if not self.accepts and (beeps or not voicemail):
            raise ValueError("takes no messages, which only a voicemail without a beep can say; take out the beep")
        if voicemail and self.accepts and not beeps:
            raise ValueError("is a voicemail without a beep; add {tone: beep} to `then`, or accepts: false")
        return self

    @model_validator(mode="after")
    def _calls_back_at_one_time(self) -> CallManner:
        if self.calls_back_after is not None and self.calls_back_after_working_hours is not None:
            raise ValueError("calls back at two times; give `calls_back_after` or `calls_back_after_working_hours`")
        if not self.calls_back and (self.calls_back_from is not None or self.calls_back_to == "messages"):
            raise ValueError("says how it calls back but not when; add `calls_back_after`")
        return self

    @property
    def calls_back(self) -> bool:
        """Whether somebody may ring back."""
        return self.calls_back_after is not None or self.calls_back_after_working_hours is not None

    @property
    def heard(self) -> tuple[tuple[By, Part], ...]:
        """Who or what lets what be heard, from the answer on. The last words of a queue are a person's if none are."""
        if self.greeting is None:
            return ()
        by = _FIRST[self.answered_by]
        parts = [(by, Part(say=self.greeting))]
        for part in self.then:
            by = part.by or by
            parts.append((by, part))
        if self.answered_by == "queue_then_person" and all(each != "person" for each, _ in parts):
            said = [n for n, (_, part) in enumerate(parts) if n and part.say is not None]
            last = said[-1] if said else len(parts)
            parts[last:] = [("person", part) for _, part in parts[last:]]
        return tuple(parts)


class PracticeLine(Noun):
    """A telephone number and what callers meet there in turn."""

    number: Annotated[E164, AfterValidator(for_drama)]
    label: Name
    kind: Literal["switchboard", "contact_centre", "direct_dial"] = "direct_dial"
    out_of_hours: bool = Field(default=False, description="may be rung outside office hours")
    calls: Annotated[tuple[CallManner, ...], AfterValidator(not_empty)]

    @field_validator("calls")
    @classmethod
    def _meets_callers_at_any_time(cls, calls: tuple[CallManner, ...]) -> tuple[CallManner, ...]:
        for state in ("open", "closed"):
            if all(manner.when not in (state, "always") for manner in calls):
                raise ValueError(f"has no manner for callers while the offices are {state}; add one")
        return calls

    def manners(self, is_open: bool) -> tuple[CallManner, ...]:
        """What callers meet while the offices are open, or closed."""
        return tuple(manner for manner in self.calls if manner.when in ("open" if is_open else "closed", "always"))

    @property
    def published(self) -> Line:
        """The line as a register holds it."""
        return Line(number=self.number, label=self.label, kind=self.kind, out_of_hours=self.out_of_hours)
