"""The words of an e-mail of ours, as a resident would send them. How it is sent lives in `send`."""

from __future__ import annotations

import datetime as dt
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, formataddr

from probes import Errand
from probes.email.account import Account
from probes.email.persona import Persona, persona
from results.calendar import LONDON

OWN_COPY = ".sent"
"""Ends the tag of the address to which our own copy of each e-mail goes."""

_LONGEST_LINE = 78  # RFC 5322 section 2.1.1; a longer line is sent as quoted-printable


def message_id(account: Account, errand: Errand) -> str:
    """The Message-ID, fixed by the errand: the same on every machine and after every restart.

    It says no more than the address does, so that nobody who looks learns that this is a test.
    """
    return f"<{errand.reference}@{account.domain}>"


def own_copy(account: Account, tag: str) -> str:
    """Where our own copy of a contact's e-mail goes: an address beside the contact's, or the one mailbox there is."""
    return account.address(tag + OWN_COPY)


def writer(account: Account, errand: Errand) -> Persona:
    """Who writes: as the errand or the account says, or the person that the contact's reference stands for."""
    name = errand.persona or account.persona
    return Persona.named(name) if name else persona(errand.reference)


def compose(account: Account, errand: Errand, at: dt.datetime) -> EmailMessage:
    """The enquiry's e-mail: no header by which an automatic responder would stay silent."""
    return letter(
        account,
        errand,
        subject=" ".join(errand.enquiry.subject.split()),
        words=f"{errand.enquiry.words.strip()}\n\nKind regards\n\n{writer(account, errand).name}\n",
        identity=message_id(account, errand),
        at=at,
    )


def letter(
    account: Account, errand: Errand, *, subject: str, words: str, identity: str, at: dt.datetime
) -> EmailMessage:
    """An e-mail from one contact's person and address to whom the contact is with."""
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = formataddr((writer(account, errand).name, account.address(errand.reference)))
    mail["To"] = errand.target
    mail["Subject"] = subject
    mail["Date"] = format_datetime(at.astimezone(LONDON))
    mail["Message-ID"] = identity
    simple = words.isascii() and max(map(len, words.splitlines())) <= _LONGEST_LINE
    mail.set_content(words, cte="7bit" if simple else "quoted-printable")
    return mail
