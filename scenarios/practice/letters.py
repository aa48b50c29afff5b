"""What a council's people and responders write when a mail has come: every letter, with the moment it is due. Pure.

Sending is `mail`'s. What mail systems return is in `bounces`; what a mail and a letter are made of, in `envelopes`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from html import escape
from typing import Literal

from results.calendar import LONDON, Calendar
from scenarios.practice import bounces, catalogue
from scenarios.practice.council import Council
from scenarios.practice.enclosure import pdf
from scenarios.practice.envelopes import (
    MOST_QUOTED,
    Letter,
    Received,
    Truth,
    as_bytes,
    date,
    message_id,
    reference,
)
from scenarios.practice.manners import Automatic, Challenge, MailManner, Person, Promise, Reply, Survey
from scenarios.practice.turns import after_working_hours

_THIS_WEEK = dt.timedelta(days=6)
_ADDRESS = re.compile(r"https?://[^\s<>]+[^\s<>.,]")
Gives = Literal["name", "job title", "department", "phone"]


@dataclass(frozen=True)
class Pages:
    """Addresses of a council's website that its letters may name: the home page and the page of each service, by id."""

    home: str
    services: Mapping[str, str]


def letters(council: Council, manner: MailManner, mail: Received, pages: Pages) -> tuple[Letter, ...]:
    """Everything that the council will write about one mail."""
    return tuple(sorted(_letters(council, manner, mail, pages), key=lambda letter: letter.due))


def after_closing(council: Council, mail: Received) -> tuple[Letter, ...]:
    """What answers a last word of thanks or withdrawal: nobody, unless a machine acknowledges whatever comes."""
    answer = council.mail.acknowledges_everything
    return (_acknowledgement(council, answer, mail),) if answer and _may_answer(answer, mail) else ()


def _letters(council: Council, manner: MailManner, mail: Received, pages: Pages) -> Iterator[Letter]:
    if manner.bounce and manner.bounce.kind == "returned":
        yield bounces.returned(council.domain, manner.bounce, mail)
    if manner.challenge:
        yield _challenge(council, manner.challenge, mail)
    if manner.acknowledgement and _may_answer(manner.acknowledgement, mail):
        yield _acknowledgement(council, manner.acknowledgement, mail)
    if manner.out_of_office and _may_answer(manner.out_of_office, mail):
        yield _automatic(council, manner.out_of_office, mail, "out of office", mail.address)
    if manner.delay:
        yield bounces.delayed(council.domain, manner.delay, mail)
    final = _due(council, manner.reply, mail)
    if manner.interim:
        yield _reply(council, manner.interim, mail, pages, "interim reply", final)
    if manner.reply:
        yield _reply(council, manner.reply, mail, pages, "final reply", final)
    if manner.survey:
        yield _survey(council, manner, manner.survey, mail)


def _due(council: Council, reply: Reply | None, mail: Received) -> dt.datetime | None:
    return after_working_hours(council.hours, mail.at, reply.after_working_hours) if reply else None


# ------------------------------------------------------------------------------------------------ machines


def _may_answer(answer: Automatic, mail: Received) -> bool:
    """A responder that follows RFC 3834 does not answer machines; the others answer whatever comes."""
    return answer.headers == "none" or not mail.asks_a_machine_to_stay_silent


def _acknowledgement(council: Council, answer: Automatic, mail: Received) -> Letter:
    return _automatic(council, answer, mail, "automatic acknowledgement", f"noreply@{council.domain}")


def _automatic(council: Council, answer: Automatic, mail: Received, kind: str, sender: str) -> Letter:
    text = catalogue.TEXTS.automatic[answer.text]
    due = mail.at + dt.timedelta(minutes=answer.after_minutes)
    name = answer.sender.name if answer.sender else council.name
    sender = _own_address(council, answer.sender) if answer.sender else sender
    message = EmailMessage()
    if answer.thread == "new":
        message["Subject"] = f"Your enquiry has been received ({reference(council.id, mail)})"
    else:
        prefix = "Automatic reply" if answer.headers == "rfc3834" else "RE"
        message["Subject"] = f"{prefix}: {mail.subject}"
        _thread(message, mail)
    _address(message, name, sender, mail, due, kind)
    if answer.headers == "rfc3834":
        message["Auto-Submitted"] = "auto-replied"
        message["X-Auto-Response-Suppress"] = "All"
    message.set_content(_fill(text.words, council, mail, sender=name))
    return_path = "" if answer.headers == "rfc3834" else sender
    truth = Truth(says=text.says)
    return Letter(kind, due, answer.text, mail.answer_to, return_path, "INBOX", as_bytes(message), truth)


def _challenge(council: Council, challenge: Challenge, mail: Received) -> Letter:
    due = mail.at + dt.timedelta(minutes=challenge.after_minutes)
    message = EmailMessage()
    message["Subject"] = f"Please confirm your message: {mail.subject}"
    _thread(message, mail)
    _address(message, council.name, mail.address, mail, due, "challenge")
    message["Auto-Submitted"] = "auto-replied"
    message.set_content(_fill(catalogue.TEXTS.challenge, council, mail))
    return Letter("challenge", due, "challenge", mail.answer_to, "", "INBOX", as_bytes(message), Truth())


def _survey(council: Council, manner: MailManner, survey: Survey, mail: Received) -> Letter:
    """A survey after the last letter, in a thread of its own; a ticket system gives the case number."""
    written = [_due(council, reply, mail) for reply in (manner.interim, manner.reply)]
    due = max((moment for moment in written if moment), default=mail.at) + dt.timedelta(hours=survey.after_hours)
    with_case = any(reply and reply.thread == "new" for reply in (manner.interim, manner.reply))
    sender = f"feedback@{council.domain}"
    message = EmailMessage()
    message["Subject"] = f"How did we do?{f' Case {reference(council.id, mail)}' if with_case else ''}"
    _address(message, council.name, sender, mail, due, "survey")
    if survey.headers == "rfc3834":
        message["Auto-Submitted"] = "auto-generated"
    message.set_content(_fill(catalogue.TEXTS.survey, council, mail))
    return Letter("survey", due, "survey", mail.answer_to, sender, "INBOX", as_bytes(message), Truth())


# ------------------------------------------------------------------------------------------------ people


def _reply(
    council: Council, reply: Reply, mail: Received, pages: Pages, kind: str, final: dt.datetime | None
) -> Letter:
    """A person's letter. `final`: when the final reply is due, by which a promise is kept or broken."""
    due = after_working_hours(council.hours, mail.at, reply.after_working_hours)
    sender = reply.address or _own_address(council, reply.sender)
    message = EmailMessage()
    if reply.thread == "new":
        message["Subject"] = f"Case {reference(council.id, mail)}: our reply"
    elif reply.thread == "fresh":
        message["Subject"] = f"Your e-mail to {council.name}"
    else:
        message["Subject"] = f"RE: {mail.subject}"
        _thread(message, mail)
    _address(message, reply.sender.name, sender, mail, due, f"{kind} {reply.text}")
    template, links = catalogue.TEXTS.replies[reply.text], _links(reply, mail, pages)
    promised = _promised_day(council.hours, due, reply.promise)
    gaps = {
        "links": _links_in_words(links),
        "promise": _promise_in_words(due, reply.promise, promised),
        "sender": reply.sender.name,
    }
    text = _fill(template.words, council, mail, **gaps, signature=_signature(council, reply.sender))
    _write(message, reply, text + (f"\n{_quoted(mail)}" if reply.quotes else ""))
    if template.encloses:
        answer = _fill("Dear {name}\n\n{answer}\n\n{sender}\n{organisation}", council, mail, sender=reply.sender.name)
        message.add_attachment(pdf(answer), maintype="application", subtype="pdf", filename="letter.pdf")
    truth = Truth(
        points=_points(template, council, mail) if kind == "final reply" else None,
        referral=council.mail.wrong_authority if _refers(template, mail) else None,
        answer_enclosed=template.encloses,
        name=template.name,
        gives=tuple(_gives(reply.sender)),
        greets_and_signs_off=template.greets_and_signs_off,
        names_organisation=council.name in text,
        further_help=template.further_help,
        other_formats=template.other_formats,
        diverts_to=template.diverts_to,
        links=links,
        promised=promised,
        kept=(final is not None and final.astimezone(LONDON).date() <= promised) if promised else None,
        words=len(_fill(template.words, council, mail, **gaps).split()),
    )
    return Letter(kind, due, reply.text, mail.answer_to, sender, reply.folder, as_bytes(message), truth)


def _write(message: EmailMessage, reply: Reply, text: str) -> None:
    if reply.form == "html":
        message.set_content(_html(text), subtype="html")
    else:
        message.set_content(text)
    if reply.form == "both":
        message.add_alternative(_html(text), subtype="html")


def _refers(template: catalogue.ReplyText, mail: Received) -> bool:
    """Whether the letter holds the council's answer to what another authority is responsible for."""
    return catalogue.elsewhere_for(mail.subject) is not None and bool(re.search(r"\{(?:answer|part)\}", template.words))


def _points(template: catalogue.ReplyText, council: Council, mail: Received) -> catalogue.Points | None:
    """How far a letter answers; a referral answers fully where it says who and gives a right number."""
    if _refers(template, mail):
        return _REFERRED[council.mail.wrong_authority]
    if catalogue.elsewhere_for(mail.subject) or not mail.subject:
        return None
    answer = catalogue.answer_for(mail.subject)
    if answer is catalogue.TEXTS.general:
        return None
    return "fully" if "{answer}" in template.words else answer.part_is if "{part}" in template.words else None


_REFERRED: dict[catalogue.Referral, catalogue.Points] = {
    "right": "fully",
    "wrong number": "partly",
    "forwards": "partly",
    "unhelpful": "not",
}


def _gives(sender: Person) -> Iterator[Gives]:
    if not sender.team:
        yield "name"
    if sender.job_title:
        yield "job title"
    if sender.department or sender.team:
        yield "department"
    if sender.phone:
        yield "phone"


# ------------------------------------------------------------------------------------------------ promises and links


def _promised_day(calendar: Calendar, written: dt.datetime, promise: Promise | None) -> dt.date | None:
    """The last day on which the promise can be kept, counted as councils do: the day of writing is day nought."""
    if promise is None:
        return None
    return calendar.add_working_days(written, promise.working_days).astimezone(LONDON).date()


def _promise_in_words(written: dt.datetime, promise: Promise | None, day: dt.date | None) -> str:
    """ "by Friday", "by Friday 4 December" or "within 5 working days"; a weekday alone only within the week."""
    if promise is None or day is None:
        return ""
    if promise.said == "working days":
        return f"within {promise.working_days} working days"
    near = day - written.astimezone(LONDON).date() <= _THIS_WEEK
    return f"by {day:%A}" if promise.said == "weekday" and near else f"by {day:%A} {day.day} {day:%B}"


def _links(reply: Reply, mail: Received, pages: Pages) -> dict[str, Literal["works", "broken"]]:
    """Addresses for the letter: the page of the service that was asked about, or a document that is gone."""
    service = catalogue.answer_for(mail.subject).service
    works, name = pages.services.get(service or "", pages.home), service or "enquiries"
    addresses = {"works": works, "broken": f"{pages.home}downloads/{name}-leaflet.pdf"}
    return {addresses[state]: state for state in reply.links}


def _links_in_words(links: Mapping[str, str]) -> str:
    return "\n\nMore about this is on our website:\n" + "\n".join(links) if links else ""


# ------------------------------------------------------------------------------------------------ words


def _fill(template: str, council: Council, mail: Received, **more: str) -> str:
    """The template with its gaps filled. Values are put in as they are and never read as templates."""
    answer, elsewhere = catalogue.answer_for(mail.subject), catalogue.elsewhere_for(mail.subject)
    referred = elsewhere.answers[council.mail.wrong_authority] if elsewhere else None
    gaps = {
        "name": mail.name,
        "organisation": council.name,
        "subject": mail.subject,
        "address": mail.address,
        "answer": referred or answer.full,
        "part": referred or answer.part,
        "reference": reference(council.id, mail),
        "telephone": uk_spaced(council.lines[0].number) if council.lines else "our switchboard",
        "sender": council.name,
        "signature": "",
        "links": "",
        "promise": "",
    }
    return template.format_map(gaps | more)


def _signature(council: Council, sender: Person) -> str:
    phone = f"Telephone: {sender.phone}" if sender.phone else None
    organisation = council.name if sender.department or sender.job_title else None
    return "\n".join(line for line in (sender.name, sender.job_title, sender.department, organisation, phone) if line)


def uk_spaced(number: str) -> str:
    """A drama number as the public reads it: +441134960012 as 0113 496 0012."""
    national = "0" + number.removeprefix("+44")
    cut = {"011": (4, 7), "020": (3, 7), "080": (4, 7), "030": (5, 8)}[national[:3]]
    return f"{national[: cut[0]]} {national[cut[0] : cut[1]]} {national[cut[1] :]}"


def _own_address(council: Council, person: Person) -> str:
    return f"{catalogue.slug(person.name).replace('-', '.')}@{council.domain}"


def _address(message: EmailMessage, name: str, sender: str, mail: Received, due: dt.datetime, kind: str) -> None:
    message["From"] = Address(display_name=name, addr_spec=sender)
    message["To"] = mail.answer_to
    message["Date"] = date(due)
    message["Message-ID"] = message_id(sender.partition("@")[2], mail, kind)


def _thread(message: EmailMessage, mail: Received) -> None:
    if mail.message_id:
        message["In-Reply-To"] = mail.message_id
        message["References"] = f"{mail.references} {mail.message_id}".strip()[-900:]


def _quoted(mail: Received) -> str:
    when = mail.at.astimezone(LONDON)
    head = f"On {when.day} {when:%B %Y} at {when:%H:%M}, {mail.name} wrote:"
    return "\n".join([head, *(f"> {line}" for line in mail.text[:MOST_QUOTED].splitlines())]) + "\n"


def _html(text: str) -> str:
    paragraphs = (_linked(escape(part)).replace("\n", "<br>\n") for part in text.strip().split("\n\n"))
    return "<html><body>\n" + "\n".join(f"<p>{part}</p>" for part in paragraphs) + "\n</body></html>\n"


def _linked(escaped: str) -> str:
    return _ADDRESS.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', escaped)
