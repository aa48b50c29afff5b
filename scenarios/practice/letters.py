"""What a council writes when a mail has come: every letter, with the moment at which it is due. Pure.

Sending is `mail`'s. What came in is hostile: it is read up to a limit, and what is repeated is stripped of controls.
"""

from __future__ import annotations

import datetime as dt
import email.policy
import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import BytesParser
from email.utils import format_datetime, parseaddr
from html import escape

from results.calendar import LONDON
from scenarios.practice import catalogue
from scenarios.practice.council import Automatic, Bounce, Council, MailManner, Person, Reply
from scenarios.practice.turns import after_working_hours

LARGEST = 1_000_000  # bytes of a mail
_QUOTED = 2_000  # characters
# compat32 reads hostile headers in linear time; the modern policy needs seconds for some of them.
_PARSER = BytesParser(policy=email.policy.compat32)
_ONE_LINE = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")


@dataclass(frozen=True)
class Received:
    """What a council reads of a mail that came. `asks_a_machine_to_stay_silent`: RFC 3834, section 2."""

    address: str
    mail_from: str
    message_id: str
    references: str
    name: str
    answer_to: str
    subject: str
    text: str
    at: dt.datetime
    asks_a_machine_to_stay_silent: bool


@dataclass(frozen=True)
class Letter:
    """One mail on its way to the shopper. `kind` is in the tally's words; `text` names the template."""

    kind: str
    due: dt.datetime
    text: str
    to: str
    return_path: str
    folder: str
    content: bytes


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


def letters(council: Council, manner: MailManner, mail: Received) -> tuple[Letter, ...]:
    """Everything that the council will write about one mail."""
    return tuple(sorted(_letters(council, manner, mail), key=lambda letter: letter.due))


def stamped(letter: Letter, domain: str) -> bytes:
    """The letter as the shopper's own server files it: with Return-Path, Delivered-To and Received on top."""
    top = (
        f"Return-Path: <{letter.return_path}>\r\nDelivered-To: {letter.to}\r\n"
        f"Received: from mail.{domain} ([127.0.0.1]) by mx.doorstep-practice.example with ESMTP;\r\n"
        f" {_date(letter.due)}\r\n"
    )
    return top.encode() + letter.content


def _letters(council: Council, manner: MailManner, mail: Received) -> Iterator[Letter]:
    if manner.bounce and manner.bounce.kind == "returned":
        yield _delivery_report(council, manner.bounce, mail)
    if manner.acknowledgement and _may_answer(manner.acknowledgement, mail):
        yield _automatic(
            council, manner.acknowledgement, mail, "automatic acknowledgement", f"noreply@{council.domain}"
        )
    if manner.out_of_office and _may_answer(manner.out_of_office, mail):
        yield _automatic(council, manner.out_of_office, mail, "out of office", mail.address)
    if manner.interim:
        yield _reply(council, manner.interim, mail)
    if manner.reply:
        yield _reply(council, manner.reply, mail)


def _may_answer(answer: Automatic, mail: Received) -> bool:
    """A responder that follows RFC 3834 does not answer machines; the others answer whatever comes."""
    return answer.headers == "none" or not mail.asks_a_machine_to_stay_silent


def _automatic(council: Council, answer: Automatic, mail: Received, kind: str, sender: str) -> Letter:
    reference = _reference(council, mail)
    due = mail.at + dt.timedelta(minutes=answer.after_minutes)
    message = EmailMessage()
    if answer.thread == "new":
        message["Subject"] = f"Your enquiry has been received ({reference})"
    else:
        prefix = "Automatic reply" if answer.headers == "rfc3834" else "RE"
        message["Subject"] = f"{prefix}: {mail.subject}"
        _thread(message, mail)
    _address(message, council.name, sender, mail, due, kind)
    if answer.headers == "rfc3834":
        message["Auto-Submitted"] = "auto-replied"
        message["X-Auto-Response-Suppress"] = "All"
    message.set_content(_fill(catalogue.TEXTS.automatic[answer.text], council, mail, None))
    return_path = "" if answer.headers == "rfc3834" else sender
    return Letter(kind, due, answer.text, mail.answer_to, return_path, "INBOX", _bytes(message))


def _reply(council: Council, reply: Reply, mail: Received) -> Letter:
    due = after_working_hours(council.hours, mail.at, reply.after_working_hours)
    sender = f"{catalogue.slug(reply.sender.name).replace('-', '.')}@{council.domain}"
    message = EmailMessage()
    if reply.thread == "new":
        message["Subject"] = f"Case {_reference(council, mail)}: our reply"
    else:
        message["Subject"] = f"RE: {mail.subject}"
        _thread(message, mail)
    _address(message, reply.sender.name, sender, mail, due, f"human reply {reply.text}")
    text = _fill(catalogue.TEXTS.replies[reply.text], council, mail, reply.sender)
    if reply.quotes:
        text += f"\n{_quoted(mail)}"
    if reply.form == "html":
        message.set_content(_html(text), subtype="html")
    else:
        message.set_content(text)
    if reply.form == "both":
        message.add_alternative(_html(text), subtype="html")
    return Letter("human reply", due, reply.text, mail.answer_to, sender, reply.folder, _bytes(message))


def _delivery_report(council: Council, bounce: Bounce, mail: Received) -> Letter:
    """A delivery status notification: RFC 3462 for the form, RFC 3464 for the fields."""
    due = mail.at + dt.timedelta(minutes=bounce.after_minutes)
    report = MIMEMultipart("report")
    report.set_param("report-type", "delivery-status")
    report["From"] = f"Mail Delivery System <MAILER-DAEMON@{council.domain}>"
    report["To"] = mail.mail_from
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report["Date"] = _date(due)
    report["Message-ID"] = _message_id(council.domain, mail, "bounce")
    report["Auto-Submitted"] = "auto-replied"
    report["MIME-Version"] = "1.0"
    words = (
        f"This is the mail system at mail.{council.domain}.\n\nYour message could not be delivered to {mail.address}: "
    )
    report.attach(MIMEText(f"{words}the mailbox is full.\n"))
    server, recipient = Message(), Message()
    server["Reporting-MTA"] = f"dns; mail.{council.domain}"
    server["Arrival-Date"] = _date(mail.at)
    recipient["Final-Recipient"] = f"rfc822; {mail.address}"
    recipient["Action"] = "failed"
    recipient["Status"] = "5.2.2"
    recipient["Diagnostic-Code"] = "smtp; 552 5.2.2 mailbox full"
    status = Message()
    status["Content-Type"] = "message/delivery-status"
    status.set_payload([server, recipient])
    report.attach(status)
    original = Message()
    original["Message-ID"] = mail.message_id
    original["Subject"] = mail.subject
    original.set_payload("")
    report.attach(MIMEMessage(original))
    content = report.as_bytes(policy=email.policy.compat32.clone(linesep="\r\n"))
    return Letter("bounce", due, "mailbox full", mail.mail_from, "", "INBOX", content)


def _fill(template: str, council: Council, mail: Received, sender: Person | None) -> str:
    """The template with its gaps filled. Values are put in as they are and never read as templates."""
    answer = catalogue.answer_for(mail.subject)
    return template.format(
        name=mail.name,
        organisation=council.name,
        subject=mail.subject,
        answer=answer.full,
        part=answer.part,
        reference=_reference(council, mail),
        telephone=uk_spaced(council.lines[0].number) if council.lines else "our switchboard",
        sender=council.name,
        signature=_signature(council, sender) if sender else "",
    )


def _signature(council: Council, sender: Person) -> str:
    phone = f"Telephone: {sender.phone}" if sender.phone else None
    organisation = council.name if sender.department or sender.job_title else None
    return "\n".join(line for line in (sender.name, sender.job_title, sender.department, organisation, phone) if line)


def uk_spaced(number: str) -> str:
    """A drama number as the public reads it: +441134960012 as 0113 496 0012."""
    national = "0" + number.removeprefix("+44")
    cut = {"011": (4, 7), "020": (3, 7), "080": (4, 7), "030": (5, 8)}[national[:3]]
    return f"{national[: cut[0]]} {national[cut[0] : cut[1]]} {national[cut[1] :]}"


def _address(message: EmailMessage, name: str, sender: str, mail: Received, due: dt.datetime, kind: str) -> None:
    message["From"] = Address(display_name=name, addr_spec=sender)
    message["To"] = mail.answer_to
    message["Date"] = _date(due)
    message["Message-ID"] = _message_id(sender.partition("@")[2], mail, kind)


def _thread(message: EmailMessage, mail: Received) -> None:
    if mail.message_id:
        message["In-Reply-To"] = mail.message_id
        message["References"] = f"{mail.references} {mail.message_id}".strip()[-900:]


def _message_id(domain: str, mail: Received, kind: str) -> str:
    digest = hashlib.sha256(f"{mail.message_id} {mail.address} {kind}".encode()).hexdigest()[:24]
    return f"<{digest}@{domain}>"


def _reference(council: Council, mail: Received) -> str:
    digest = hashlib.sha256(f"{council.id} {mail.message_id} {mail.at}".encode()).hexdigest()
    return f"CAS-{int(digest[:8], 16) % 1_000_000:06d}"


def _quoted(mail: Received) -> str:
    when = mail.at.astimezone(LONDON)
    head = f"On {when.day} {when:%B %Y} at {when:%H:%M}, {mail.name} wrote:"
    return "\n".join([head, *(f"> {line}" for line in mail.text[:_QUOTED].splitlines())]) + "\n"


def _html(text: str) -> str:
    paragraphs = (escape(part).replace("\n", "<br>\n") for part in text.strip().split("\n\n"))
    return "<html><body>\n" + "\n".join(f"<p>{part}</p>" for part in paragraphs) + "\n</body></html>\n"


def _date(moment: dt.datetime) -> str:
    return format_datetime(moment.astimezone(LONDON))


def _bytes(message: EmailMessage) -> bytes:
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
            return content.decode("utf-8", "replace")[: _QUOTED * 2]
    return ""
