"""The channels by which people get in touch, as data: what each is called and how its contacts are counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from results import words
from results.schema import CHANNELS, Channel


class About(NamedTuple):
    """One channel in words. `least`: contacts that every member needs before it is ranked.

    `sampled`: whether its contacts are a sample, and so bear an interval; a website visit looks at the whole site.
    """

    name: str
    within: str
    opening: str
    one: str
    many: str
    sampled: bool = True
    least: int = 20


ABOUT: Mapping[Channel, About] = {
    "phone": About("Telephone", "telephone", "By telephone", "call", "calls"),
    "email": About("E-mail", "e-mail", "By e-mail", "e-mail", "e-mails"),
    "web": About("Website", "website", "On the web", "site visit", "site visits", sampled=False, least=1),
    "visit": About("Visit", "visit", "In person", "visit", "visits"),
    "letter": About("Letter", "letter", "By letter", "letter", "letters"),
    "form": About("Web form", "web form", "By web form", "form sent", "forms sent"),
    "chat": About("Chat", "chat", "By chat", "chat", "chats"),
}

SAMPLED: tuple[Channel, ...] = tuple(channel for channel in CHANNELS if ABOUT[channel].sampled)


def contacts(channel: Channel, base: int) -> str:
    """'20 calls'."""
    return words.count(base, ABOUT[channel].one, ABOUT[channel].many)
