"""An enquiry's last e-mail, in the same thread: thanks to whoever replied, or word that nothing more is needed.

How it is sent lives in `send`.
"""

from __future__ import annotations

import datetime as dt
import re
from email.message import EmailMessage
from typing import Literal

from probes import Errand
from probes.email.account import Account
from probes.email.compose import letter, message_id, writer

Closing = Literal["thanks", "withdrawal"]

_WORDS: dict[Closing, str] = {
    "thanks": "Hello\n\nThank you for your reply. I have what I need now, so there is nothing more for you to do.",
    "withdrawal": (
        "Hello\n\nMy question has been settled in the meantime, so please take no further action on it.\n"
        "Thank you, and I am sorry for any trouble."
    ),
}


def closing_id(account: Account, errand: Errand) -> str:
    """The Message-ID of the last e-mail, fixed by the errand like the enquiry's and different from it."""
    return f"<{errand.reference}.2@{account.domain}>"


def compose_closing(account: Account, errand: Errand, kind: Closing, at: dt.datetime) -> EmailMessage:
    """The last e-mail as a resident would send it: an answer in the enquiry's own thread that asks for none."""
    enquiry = " ".join(errand.enquiry.subject.split())
    mail = letter(
        account,
        errand,
        subject=enquiry if re.match(r"re:", enquiry, re.IGNORECASE) else f"Re: {enquiry}",
        words=f"{_WORDS[kind]}\n\nKind regards\n\n{writer(account, errand).name}\n",
        identity=closing_id(account, errand),
        at=at,
    )
    mail["In-Reply-To"] = mail["References"] = message_id(account, errand)
    return mail
