"""An e-mail to whoever runs the programme: that something fails, or works again. Never to an organisation."""

from __future__ import annotations

from collections.abc import Collection
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, formataddr

import aiosmtplib

from probes.clock import Clock
from probes.email.account import Account, SignInNeeded
from probes.email.send import connect, plain
from probes.guard import Guard
from results.calendar import LONDON


class NotTaken(Exception):
    """The account's mail server took no such e-mail. The message says why, on one line."""


async def send_notice(
    account: Account, clock: Clock, guard: Guard, to: str, own: Collection[str], subject: str, text: str, identity: str
) -> None:
    """Send it once. `own`: the programme's own addresses, the only ones that the guard lets it go to.

    `identity`: the Message-ID, the same when the same is told again, so that a reader's program can see that.
    Raises `Refused` and `NotTaken`.
    """
    allowed = {address.casefold() for address in own}
    await guard.permit_own(to, lambda address: address.casefold() in allowed)
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = formataddr(("Doorstep", account.mailbox))
    mail["To"] = to
    mail["Subject"] = " ".join(subject.split())[:200]
    mail["Date"] = format_datetime(clock.now().astimezone(LONDON))
    mail["Message-ID"] = f"<{identity}@{account.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office reply comes to the mailbox
    mail.set_content(text)
    try:
        async with connect(account) as connection:
            await connection.mail(account.mailbox)
            await connection.rcpt(to)
            await connection.data(mail.as_bytes())
    except SignInNeeded as needed:
        raise NotTaken(str(needed)) from None
    except (aiosmtplib.SMTPException, OSError) as problem:
        raise NotTaken(f"the mail server of {account.name} took no notice: {plain(problem)}") from None
