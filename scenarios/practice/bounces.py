"""What mail systems write when a mail cannot be delivered, or not yet: reports (RFC 3464) and plain text. Pure.

What people and responders write is in `letters`.
"""

from __future__ import annotations

import datetime as dt
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage, Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from scenarios.practice.envelopes import Letter, Received, Truth, as_bytes, date, message_id
from scenarios.practice.manners import Bounce, Delay

_QUOTED_LINES = 40


@dataclass(frozen=True)
class _Reason:
    """Why a mail is not delivered: the reply of the server (RFC 5321 with the codes of RFC 3463), and in words."""

    reply: str
    words: str

    @property
    def status(self) -> str:
        return self.reply.split()[1]


_REASONS = {
    "unknown": _Reason("550 5.1.1 mailbox unavailable", "there is no mailbox of that name here."),
    "full": _Reason("552 5.2.2 mailbox full", "the mailbox is full."),
    "policy": _Reason("550 5.7.1 message rejected by local policy", "the message was rejected by local policy."),
}
_NOT_YET = _Reason("451 4.4.1 connection timed out", "the connection to the next server timed out.")


def refusal(bounce: Bounce) -> str:
    """What the server says at RCPT: "550 5.1.1 mailbox unavailable"."""
    return _REASONS[bounce.reason].reply


def returned(domain: str, bounce: Bounce, mail: Received) -> Letter:
    """The mail comes back, as a report or as qmail writes it."""
    due = mail.at + dt.timedelta(minutes=bounce.after_minutes)
    reason = _REASONS[bounce.reason]
    if bounce.form == "text":
        content = _as_qmail_writes(domain, reason, mail, due)
    else:
        words = f"Your message could not be delivered to {mail.address}: {reason.words}\n"
        content = _report(domain, "Undelivered Mail Returned to Sender", "failed", reason, words, mail, due)
    return Letter("bounce", due, bounce.reason, mail.mail_from, "", "INBOX", content, Truth())


def delayed(domain: str, delay: Delay, mail: Received) -> Letter:
    """A warning that the mail is still under way."""
    due = mail.at + dt.timedelta(minutes=delay.after_minutes)
    words = (
        f"THIS IS A WARNING ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\nYour message could not be delivered to "
        f"{mail.address} yet: {_NOT_YET.words} It will be tried again until it is 5 days old.\n"
    )
    content = _report(domain, "Delayed Mail (still being retried)", "delayed", _NOT_YET, words, mail, due)
    return Letter("bounce", due, "delayed", mail.mail_from, "", "INBOX", content, Truth(final=False))


def _report(
    domain: str, subject: str, action: str, reason: _Reason, words: str, mail: Received, due: dt.datetime
) -> bytes:
    """A delivery status notification: RFC 3462 for the form, RFC 3464 for the fields."""
    report = MIMEMultipart("report")
    report.set_param("report-type", "delivery-status")
    report["From"] = f"Mail Delivery System <MAILER-DAEMON@{domain}>"
    report["To"] = mail.mail_from
    report["Subject"] = subject
    report["Date"] = date(due)
    report["Message-ID"] = message_id(domain, mail, action)
    report["Auto-Submitted"] = "auto-replied"
    report["MIME-Version"] = "1.0"
    report.attach(MIMEText(f"This is the mail system at mail.{domain}.\n\n{words}"))
    server, recipient = Message(), Message()
    server["Reporting-MTA"] = f"dns; mail.{domain}"
    server["Arrival-Date"] = date(mail.at)
    recipient["Final-Recipient"] = f"rfc822; {mail.address}"
    recipient["Action"] = action
    recipient["Status"] = reason.status
    recipient["Diagnostic-Code"] = f"smtp; {reason.reply}"
    status = Message()
    status["Content-Type"] = "message/delivery-status"
    status.set_payload([server, recipient])
    report.attach(status)
    original = Message()
    original["Message-ID"] = mail.message_id
    original["Subject"] = mail.subject
    original.set_payload("")
    report.attach(MIMEMessage(original))
    return report.as_bytes(policy=email.policy.compat32.clone(linesep="\r\n"))


def _as_qmail_writes(domain: str, reason: _Reason, mail: Received, due: dt.datetime) -> bytes:
    """A bounce in plain text with no header that says so: qmail's QSBMF, the original below a line of dashes."""
    message = EmailMessage()
    message["From"] = f"MAILER-DAEMON@mail.{domain}"
    message["To"] = mail.mail_from
    message["Subject"] = "failure notice"
    message["Date"] = date(due)
    message["Message-ID"] = message_id(domain, mail, "failure notice")
    original = "\n".join(mail.text.splitlines()[:_QUOTED_LINES])
    message.set_content(
        f"Hi. This is the qmail-send program at mail.{domain}.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<{mail.address}>:\n{reason.reply[4:]} (#{reason.status})\n\n"
        "--- Below this line is a copy of the message.\n\n"
        f"Return-Path: <{mail.mail_from}>\nMessage-ID: {mail.message_id}\nTo: {mail.address}\n"
        f"Subject: {mail.subject}\n\n{original}\n"
    )
    return as_bytes(message)
