"""What every practice council has in common: its services (services.yaml) and the words of its letters (texts.yaml).

Read once, on import. How they become pages and letters is written in `site` and `letters`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

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


class Answer(Noun):
    """The answer to an enquiry whose subject holds one of `words`. `part` leaves out what matters."""

    words: tuple[Name, ...]
    full: str
    part: str


class Texts(Noun):
    """texts.yaml: letters by name, with gaps in braces to be filled from the enquiry and the sender."""

    automatic: Mapping[str, str]
    replies: Mapping[str, str]
    answers: tuple[Answer, ...]
    general: Answer


CATEGORIES: tuple[Category, ...] = read_yaml(_HERE / "services.yaml", Services).categories
SERVICES: tuple[Service, ...] = tuple(service for category in CATEGORIES for service in category.services)
TEXTS: Texts = read_yaml(_HERE / "texts.yaml", Texts)


def answer_for(subject: str) -> Answer:
    """The answer to an enquiry, recognised by the words of its subject; else the general one."""
    asked = subject.casefold()
    for answer in TEXTS.answers:
        if any(re.search(rf"\b{re.escape(word)}", asked) for word in answer.words):
            return answer
    return TEXTS.general


def slug(text: str) -> str:
    """A title as part of an address: "Missed bin collections" as missed-bin-collections."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
