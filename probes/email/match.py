"""Which of our e-mails a message belongs to. Pure.

The ladder, surest rung first: the tag in the address it was delivered to; In-Reply-To and References; the original
Message-ID inside a delivery report. What none of them settles is nobody's: it stays in the tray for a person, and is
never guessed from a subject or a sender.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from probes.email.parse import Mail

OWN_COPY = ".sent"
"""Ends the tag of the address to which our own copy of each e-mail goes."""

Rung = Literal["address", "thread", "delivery report"]


@dataclass(frozen=True)
class Sent:
    """An e-mail of ours that answers may belong to. `tag`: its reference, as in our address after the plus."""

    shop: str
    tag: str
    message_id: str
    address: str
    sent_at: dt.datetime


@dataclass(frozen=True)
class Match:
    """The shop that a message belongs to, by which rung, and whether it is our own copy of what we sent."""

    shop: str
    by: Rung
    own_copy: bool = False


def match(mail: Mail, probes: Sequence[Sent]) -> Match | None:
    """The one e-mail of ours that this message belongs to, or None. Tags are compared as mail servers do: any case.

    A report that our own copy could not be delivered says nothing about an organisation, so it matches nothing.
    """
    by_tag = {sent.tag.casefold(): sent for sent in probes}
    tags = [_tag(address) for address in mail.recipients]
    if mail.report and mail.report.recipients and all(_is_own(_tag(address)) for address in mail.report.recipients):
        return None
    for tag in tags:
        if _is_own(tag) and (sent := by_tag.get(tag.removesuffix(OWN_COPY))) and mail.message_id == sent.message_id:
            return Match(sent.shop, "address", own_copy=True)
    for tag in tags:
        if sent := by_tag.get(tag):
            return Match(sent.shop, "address")
    by_id = {sent.message_id: sent for sent in probes}
    for reference in mail.references:
        if sent := by_id.get(reference):
            return Match(sent.shop, "thread")
    if mail.report and (sent := by_id.get(mail.report.original_id)):
        return Match(sent.shop, "delivery report")
    return None


def _tag(address: str) -> str:
    return address.partition("@")[0].partition("+")[2].casefold()


def _is_own(tag: str) -> bool:
    return tag.endswith(OWN_COPY)
