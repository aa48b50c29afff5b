"""A mail that came to a council, a letter that is to go out, and what both have: dates, ids, case numbers. Pure.

What came in is hostile: it is read up to a limit, and what is repeated is stripped of controls. What the letters say is
in `letters` and `bounces`.
"""

from __future__ import annotations

import datetime as dt
import email.policy
import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import format_datetime, parseaddr
from typing import Literal

from results.calendar import LONDON
from results.schema import Noun
from scenarios.practice.catalogue import Points, Referral, Says

LARGEST = 1_000_000  # bytes of a mail
MOST_QUOTED = 2_000  # characters
# compat32 reads hostile headers in linear time; the modern policy needs seconds for some of them.
_PARSER = BytesParser(policy=email.policy.compat32)
_ONE_LINE = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")


@dataclass(frozen=True)
class Received:
    """What a council reads of a mail that came. `asks_a_machine_to_stay_silent`: RFC 3834, section 2."""

    address: str
    mail_from: str
    message_id: str
    in_reply_to: str
    references: str
    name: str
    answer_to: str
    subject: str
    text: str
    at: dt.datetime
    asks_a_machine_to_stay_silent: bool


class Truth(Noun):
    """What is true of a letter beyond its kind, for the tally. What does not apply is None or empty.

    `says`: of an acknowledgement. `points`: how far it answers; None where that is not stated. `answer_enclosed`: the
    answer is in the attachment alone. `words`: in the letter itself, without the signature and what it quotes. `gives`:
    what stands below it of the sender. `promised`: by the end of which day somebody is to write again; `kept`: whether
    a final reply came by then. `final`: of a bounce; False where it only warns of delay.
    """

    says: tuple[Says, ...] = ()
    points: Points | None = None
    referral: Referral | None = None
    answer_enclosed: bool = False
    name: Literal["right", "wrong", "none"] | None = None
    gives: tuple[Literal["name", "job title", "department", "phone"], ...] = ()
    greets_and_signs_off: bool | None = None
    names_organisation: bool | None = None
    further_help: bool = False
    other_formats: bool = False
    diverts_to: Literal["freedom of information", "complaints"] | None = None
    links: Mapping[str, Literal["works", "broken"]] = {}
    promised: dt.date | None = None
    kept: bool | None = None
    words: int | None = None
    final: bool = True


@dataclass(frozen=True)
class Letter:
    """One mail on its way to the shopper. `kind` is in the field's words; `text` names the template."""

    kind: str
    due: dt.datetime
    text: str
    to: str
    return_path: str
    folder: str
    content: bytes
    truth: Truth


def read(raw: bytes, address: str, mail_from: str, at: dt.datetime) -> Received:
    """What a council makes of the bytes that came for `address`."""
    message = _PARSER.parsebytes(raw[:LARGEST])
    name, sender = parseaddr(_header(message, "From"))
    _, answer_to = parseaddr(_header(message, "Reply-To"))
    precedence = _header(message, "Precedence").lower()
    automatic = _header(message, "Auto-Submitted").lower()
    return Received(
        address=address,
        mail_from=mail_from,
        message_id=_header(message, "Message-ID"),
        in_reply_to=_header(message, "In-Reply-To"),
        references=_header(message, "References"),
        name=name or sender.partition("@")[0],
        answer_to=answer_to or sender or mail_from,
        subject=_header(message, "Subject"),
        text=_text(message),
        at=at,
        asks_a_machine_to_stay_silent=(
            not mail_from
            or automatic not in ("", "no")
            or precedence in ("bulk", "list", "junk")
            or "List-Id" in message
            or "X-Auto-Response-Suppress" in message
        ),
    )


def stamped(letter: Letter, domain: str) -> bytes:
    """The letter as the shopper's own server files it: with Return-Path, Delivered-To and Received on top."""
    top = (
        f"Return-Path: <{letter.return_path}>\r\nDelivered-To: {letter.to}\r\n"
        f"Received: from mail.{domain} ([127.0.0.1]) by mx.doorstep-practice.example with ESMTP;\r\n"
        f" {date(letter.due)}\r\n"
    )
    return top.encode() + letter.content


def reference(council: str, mail: Received) -> str:
    """The case number that a council gives to a mail, the same in all that it writes about it."""
    digest = hashlib.sha256(f"{council} {mail.message_id} {mail.at}".encode()).hexdigest()
    return f"CAS-{int(digest[:8], 16) % 1_000_000:06d}"


def message_id(domain: str, mail: Received, kind: str) -> str:
    """The Message-ID of the letter of that kind about a mail."""
    digest = hashlib.sha256(f"{mail.message_id} {mail.address} {kind}".encode()).hexdigest()[:24]
    return f"<{digest}@{domain}>"


def date(moment: dt.datetime) -> str:
    """A moment as a Date header holds it, in London's time."""
    return format_datetime(moment.astimezone(LONDON))


def as_bytes(message: EmailMessage) -> bytes:
    """The message as it travels."""
    return message.as_bytes(policy=email.policy.SMTP)


def _header(message: Message, name: str) -> str:
    """A header on one line, without controls, at most 900 characters."""
    value = str(message.get(name, ""))[:4000]
    with suppress(ValueError, LookupError):  # a header that is not what it says is taken as it stands
        value = str(make_header(decode_header(value)))
    value = value.encode("utf-8", "replace").decode()
    return _ONE_LINE.sub(" ", value).strip()[:900]


def _text(message: Message) -> str:
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            content = payload if isinstance(payload, bytes) else b""
            return content.decode("utf-8", "replace")[: MOST_QUOTED * 2]
    return ""
