"""How each channel is knocked on. A probe measures and never judges; every effect passes the guard first.

What a probe needs from outside is named here as protocols, so that probes know the nouns and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from results.schema import Channel, Enquiry, Evidence, Observation, Organisation, Scenario

USER_AGENT = "Doorstep/0.1 (automated service-quality test; {contact})"


@dataclass(frozen=True)
class Errand:
    """One contact to be made.

    `reference` marks it and nobody else's: the tag in an e-mail address. `enquiries`: one for phone and e-mail, all of
    the scenario's for a website. `target`: the number (E.164), the address, or the site's home page. `persona`: the
    full name that an e-mail is signed with; without it the name follows from the reference. `caller`: which of our own
    numbers is shown on a call; None: the programme's first.
    """

    shop: str
    organisation: Organisation
    scenario: Scenario
    enquiries: tuple[Enquiry, ...]
    target: str
    reference: str
    partnership: str
    persona: str | None = None
    caller: str | None = None

    @property
    def enquiry(self) -> Enquiry:
        """The enquiry of a phone or e-mail contact, or a site visit's principal one."""
        return self.enquiries[0]


class Journal(Protocol):
    """Where a probe writes that it is about to do what must not be done twice; on disk when the call returns."""

    async def about_to(self, shop: str, reference: str, at: dt.datetime) -> None:
        """Written before a mail or a call. `reference`: the Message-ID, or for a call a mark of our own."""

    async def done(self, shop: str, reference: str, at: dt.datetime) -> None:
        """Written after: it happened, then; the other side knows it by `reference` (Message-ID, call SID)."""


class Archive(Protocol):
    """Where evidence is kept."""

    async def keep(self, kind: str, name: str, media_type: str, content: bytes) -> Evidence:
        """Store the bytes under their digest and say so."""


class Probe(Protocol):
    """One channel."""

    channel: Channel
    facts: Mapping[str, str]
    """Every fact that this probe can write, with its meaning."""

    async def knock(self, errand: Errand) -> Observation:
        """Make the contact and say what was seen; for e-mail, that it was sent.

        Raises `probes.guard.Refused` when the guard says no. A bad outcome is an observation; one with `error` says
        that nothing could be measured. Deadlines come from outside, by cancellation.
        """
