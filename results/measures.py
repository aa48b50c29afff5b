"""How each of the field's figures is read from one shop: the list of them, as data, and its few readers. Pure.

How readings are put together over many shops lives in `results.kpis`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from results.schema import CHANNELS, Answer, Channel, Shop, State
from results.scoring import NO_STANDARD

Kind = Literal["share", "mean", "median", "tally"]
Unit = Literal["yes", "seconds", "working days", "percent", "place", "number"]

CONTACTABILITY = "phone.contactability"
CONTACTABILITY_NOTE = (
    "answered by a person or an unrecognised voice at the first attempt; until calls are listened to, "
    "a recorded voice counts as an answer"
)
CONTACTABILITY_BY_PEOPLE = "a person who can deal with callers was reached at the first attempt"


class Reading(NamedTuple):
    """One shop's value for a measure (a share reads 0 or 1), or None and the reason in a word or two."""

    value: float | None
    aside: str = ""


@dataclass(frozen=True)
class Measure:
    """How one figure is read from a shop and put together. `criterion`: whose answers show it, shop by shop.

    `base`: what it counts where that is not simply every contact, as (one, many).
    """

    id: str
    label: str
    kind: Kind
    unit: Unit
    read: Callable[[Shop], Reading]
    criterion: str
    base: tuple[str, str] | None = None
    note: str = ""

    @cached_property
    def channel(self) -> Channel:
        return next(channel for channel in CHANNELS if channel == self.id.split(".", 1)[0])


# ------------------------------------------------------------------------------------------------ reading one shop


_places: dict[str, int] = {}
"""Where a question's answer stood last: contacts are asked in the same order, and nearly all have it there too."""


def _given(shop: Shop, criterion: str) -> Answer | None:
    answers, place = shop.answers, _places.get(criterion, 0)
    if place < len(answers) and answers[place].criterion == criterion:
        return answers[place]
    for place, given in enumerate(answers):
        if given.criterion == criterion:
            _places[criterion] = place
            return given
    return None


def _answer(shop: Shop, criterion: str) -> Reading:
    """The value of an answer as a number; a mark of nought without a value is a No."""
    given = _given(shop, criterion)
    if given is None:
        return Reading(None, "not asked")
    if given.state is not State.ANSWERED:
        return Reading(None, given.state.value)
    if isinstance(given.value, bool | int | float):
        return Reading(float(given.value))
    return Reading(None, "not found")


def _marks(shop: Shop, criterion: str) -> Reading:
    given = _given(shop, criterion)
    if given is None:
        return Reading(None, "not asked")
    if given.state is not State.ANSWERED or given.marks is None:
        return Reading(None, given.state.value)
    return Reading(float(given.marks >= 1))


def _value_of(criterion: str) -> Callable[[Shop], Reading]:
    return lambda shop: _answer(shop, criterion)


def _met(criterion: str) -> Callable[[Shop], Reading]:
    return lambda shop: _marks(shop, criterion)


def _seconds_to_answer(shop: Shop) -> Reading:
    """Ringing to answered, between the midpoints of the two moments, or as a person timed it; answered calls only."""
    seen = shop.observation
    if shop.shopper == "person":
        found = _answer(shop, "phone.access.answer_time")
        return Reading(None, "not answered") if found.aside == State.NOT_APPLICABLE.value else found
    if seen is None or seen.error is not None:
        return Reading(None, State.PROBE_FAULT.value)
    ringing, answered = seen.moments.get("ringing"), seen.moments.get("answered")
    if answered is None or ringing is None:
        unanswered = seen.failure is not None or seen.facts.get("phone.answered") is False
        return Reading(None, "not answered" if unanswered else State.PROBE_FAULT.value)
    return Reading(max(0.0, (answered.middle - ringing.middle).total_seconds()))


def _out_of_use(shop: Shop) -> Reading:
    """Not in use is said of a number only when a second day has confirmed it, or by a person."""
    if shop.shopper == "person":
        found = _answer(shop, "phone.access.number_works")
        return found if found.value is None else Reading(1 - found.value)
    if shop.observation is None or shop.observation.error is not None:
        return Reading(None, State.PROBE_FAULT.value)
    works = shop.observation.facts.get("phone.number_works")
    return Reading(None, State.NEEDS_REVIEW.value) if works is None else Reading(float(works is False))


def _answered_in_standard(shop: Shop) -> Reading:
    return _unless_beside(shop, "phone.access.answer_time", _marks(shop, "phone.access.answer_time"), "not answered")


def _days_to_reply(shop: Shop) -> Reading:
    return _unless_beside(shop, "email.reply_time", _answer(shop, "email.reply_time"), "no reply")


def _unless_beside(shop: Shop, criterion: str, found: Reading, beside: str) -> Reading:
    """What not applicable means here: `beside`, unless the profile promises nothing."""
    if found.aside != State.NOT_APPLICABLE.value:
        return found
    promised = all(given.why != NO_STANDARD for given in shop.answers if given.criterion == criterion)
    return Reading(None, beside if promised else "without a standard")


_ANSWERED = ("answered call", "answered calls")
_REPLIES = ("reply", "replies")

MEASURES: tuple[Measure, ...] = (
    Measure(
        CONTACTABILITY,
        "Contactability",
        "share",
        "yes",
        _value_of("phone.access.contactable"),
        "phone.access.contactable",
        note=CONTACTABILITY_NOTE,
    ),
    Measure(
        "phone.answer_median",
        "Time to answer, median",
        "median",
        "seconds",
        _seconds_to_answer,
        "phone.access.answer_time",
        _ANSWERED,
    ),
    Measure(
        "phone.answer_mean",
        "Time to answer, mean",
        "mean",
        "seconds",
        _seconds_to_answer,
        "phone.access.answer_time",
        _ANSWERED,
    ),
    Measure(
        "phone.answered_in_standard",
        "Answered within the standard",
        "share",
        "yes",
        _answered_in_standard,
        "phone.access.answer_time",
        _ANSWERED,
    ),
    Measure(
        "phone.numbers_out_of_use",
        "Numbers not in use",
        "tally",
        "number",
        _out_of_use,
        "phone.access.number_works",
        ("number called", "numbers called"),
    ),
    Measure(
        "email.response_rate",
        "Response rate",
        "share",
        "yes",
        _value_of("email.replied"),
        "email.replied",
        note="a reply by a person before the window closed; an out-of-office message is none",
    ),
    Measure(
        "email.automatic_acknowledgement",
        "Automatic acknowledgement",
        "share",
        "yes",
        _value_of("email.auto_ack"),
        "email.auto_ack",
    ),
    Measure(
        "email.acknowledged_in_standard",
        "Acknowledged within the standard",
        "share",
        "yes",
        _met("email.ack_24h"),
        "email.ack_24h",
    ),
    Measure(
        "email.reply_median",
        "Speed of final reply, median",
        "median",
        "working days",
        _days_to_reply,
        "email.reply_time",
        _REPLIES,
        note="working time of the organisation's own office hours, bank holidays left out",
    ),
    Measure(
        "email.reply_mean",
        "Speed of final reply, mean",
        "mean",
        "working days",
        _days_to_reply,
        "email.reply_time",
        _REPLIES,
    ),
    Measure(
        "email.fully_answered",
        "Fully answered",
        "share",
        "yes",
        _met("email.fully_answered"),
        "email.fully_answered",
        ("reply read by a person", "replies read by a person"),
        note="only where a person has confirmed it",
    ),
    Measure("web.a_to_z", "A to Z", "share", "yes", _value_of("web.az.present"), "web.az.present"),
    Measure("web.letters", "Letters that work", "mean", "percent", _value_of("web.az.letters"), "web.az.letters"),
    Measure(
        "web.search_home",
        "Search on the home page",
        "share",
        "yes",
        _value_of("web.search.home"),
        "web.search.home",
    ),
    Measure(
        "web.best_rank",
        "Place of the right page in search results",
        "median",
        "place",
        _value_of("web.search.best_rank"),
        "web.search.best_rank",
        note="1 is the top of the list",
    ),
    Measure(
        "web.first_five",
        "Right page in the first five",
        "mean",
        "percent",
        _value_of("web.search.first_five"),
        "web.search.first_five",
    ),
    Measure("web.numbers_valid", "Valid numbers", "mean", "percent", _value_of("web.phone.valid"), "web.phone.valid"),
    Measure(
        "web.contact_details",
        "Contact details complete",
        "mean",
        "percent",
        _value_of("web.contact.details"),
        "web.contact.details",
        note="telephone, e-mail, address and opening hours, a quarter each",
    ),
)
