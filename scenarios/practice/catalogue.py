"""What every practice council has in common: its services (services.yaml) and the words of its letters (texts.yaml).

Read once, on import. How they become pages and letters is written in `site` and `letters`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from results.schema import Id, Name, Noun
from scenarios.reading import read_yaml

_HERE = Path(__file__).parent


class Service(Noun):
    """One service with its page. `everyday`: what residents call it. `rest`: the paragraphs below the first."""

    id: Id
    title: Name
    everyday: tuple[Name, ...] = ()
    first: Name
    rest: tuple[str, ...] = ()


class Category(Noun):
    """A part of the website."""

    title: Name
    services: tuple[Service, ...]


class Services(Noun):
    """services.yaml."""

    categories: tuple[Category, ...]


Says = Literal["reference", "timescale", "other way"]
Points = Literal["fully", "partly", "not"]
Referral = Literal["right", "wrong number", "unhelpful", "forwards"]
"""How a council deals with what another authority is responsible for."""


class AutomaticText(Noun):
    """A machine's letter. `says`: whether it gives a reference, when to expect a reply and where else to turn."""

    says: tuple[Says, ...] = ()
    words: str


class ReplyText(Noun):
    """A person's letter and what is true of it: whose name it uses, what it offers, whether it encloses the answer."""

    name: Literal["right", "wrong", "none"] = "right"
    greets_and_signs_off: bool = True
    further_help: bool = False
    other_formats: bool = False
    encloses: bool = False
    diverts_to: Literal["freedom of information", "complaints"] | None = None
    words: str


class Answer(Noun):
    """The answer to an enquiry whose subject holds one of `words`. `service`: the page about it.

    `part` leaves out what matters; `part_is` says what a trained coder would make of it.
    """

    words: tuple[Name, ...]
    service: Id | None = None
    full: str
    part: str
    part_is: Literal["partly", "not"] = "not"


class Elsewhere(Noun):
    """What councils say to an enquiry that another authority is responsible for, each in its way."""

    words: tuple[Name, ...]
    answers: Mapping[Referral, str]


class Texts(Noun):
    """texts.yaml: letters by name, with gaps in braces to be filled from the enquiry and the sender."""

    automatic: Mapping[str, AutomaticText]
    challenge: str
    survey: str
    replies: Mapping[str, ReplyText]
    answers: tuple[Answer, ...]
    elsewhere: tuple[Elsewhere, ...]
    general: Answer


CATEGORIES: tuple[Category, ...] = read_yaml(_HERE / "services.yaml", Services).categories
SERVICES: tuple[Service, ...] = tuple(service for category in CATEGORIES for service in category.services)
TEXTS: Texts = read_yaml(_HERE / "texts.yaml", Texts)


def answer_for(subject: str) -> Answer:
    """The answer to an enquiry, recognised by the words of its subject; else the general one."""
    return next((answer for answer in TEXTS.answers if _is_about(subject, answer.words)), TEXTS.general)


def elsewhere_for(subject: str) -> Elsewhere | None:
    """What is said to the enquiry if it is another authority's; None where it is the council's own."""
    return next((each for each in TEXTS.elsewhere if _is_about(subject, each.words)), None)


def _is_about(subject: str, words: tuple[str, ...]) -> bool:
    return any(re.search(rf"\b{re.escape(word)}", subject.casefold()) for word in words)


def slug(text: str) -> str:
    """A title as part of an address: "Missed bin collections" as missed-bin-collections."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
