"""Every letter that the practice councils can write to every enquiry of the library, read as it was meant.

Without sockets: some thousand letters are written, read, classified and observed in memory.
"""

from __future__ import annotations

import datetime as dt
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cache
from typing import Any

import pytest

from probes import email as probe
from results.calendar import LONDON
from results.schema import Contacts, Enquiry, Moment, Organisation
from scenarios.practice.council import Council, read_councils
from scenarios.practice.envelopes import Letter, read, stamped
from scenarios.practice.letters import Pages, letters
from scenarios.practice.manners import MailManner
from scenarios.programme import library
from tests.scenarios.truth import UNDECIDED, differences, may_be_doubted

SENT = dt.datetime(2026, 11, 24, 11, 20, tzinfo=LONDON).astimezone(dt.UTC)
COUNCILS = read_councils()
ENQUIRIES = library()
PERSONA = probe.persona("r3f3r3nc3")
ADDRESS = "shopper+r3f3r3nc3@doorstep-practice.example"
PAGES = Pages("http://127.0.0.1:49152/", {})


def _enquiry_mail(enquiry: Enquiry, to: str) -> bytes:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = f"{PERSONA.name} <{ADDRESS}>"
    message["To"] = to
    message["Subject"] = enquiry.subject
    message["Message-ID"] = "<r3f3r3nc3@doorstep-practice.example>"
    message.set_content(f"{enquiry.words}\n\nKind regards\n\n{PERSONA.name}\n")
    return message.as_bytes()


def _organisation(council: Council) -> Organisation:
    contacts = Contacts(lines=tuple(line.published for line in council.lines), addresses=council.mail.addresses)
    return Organisation(
        id=council.id,
        name=council.name,
        nation=council.nation,
        aliases=council.aliases,
        hours=council.hours,
        contacts=contacts,
    )


def _tallied(letter: Letter) -> dict[str, Any]:
    """A letter as the tally tells of it."""
    told = {"kind": letter.kind, "due": letter.due.isoformat(), "text": letter.text, "folder": letter.folder}
    return told | letter.truth.model_dump(mode="json")


@dataclass(frozen=True)
class Read:
    """What one mail met with, and what was read of it. `kinds`: what each letter was and what it was taken for."""

    manner: MailManner
    kinds: tuple[tuple[dict[str, Any], str], ...]
    different: tuple[str, ...]


@cache
def _every_reading(council: Council) -> tuple[Read, ...]:
    manners = [one for one in council.mail.manners if one.bounce is None or one.bounce.kind != "refused"]
    return tuple(_reading(council, manner, enquiry) for manner in manners for enquiry in ENQUIRIES.values())


def _reading(council: Council, manner: MailManner, enquiry: Enquiry) -> Read:
    to = council.mail.addresses[0]
    written = letters(council, manner, read(_enquiry_mail(enquiry, to), to, ADDRESS, SENT), PAGES)
    answers = [_answer(letter, council, enquiry) for letter in written]
    closes_at = council.hours.add_working_days(SENT, 20)
    observation = probe.observe(
        Moment(lower=SENT, upper=SENT, source="test"),
        answers,
        persona=PERSONA,
        organisation=_organisation(council),
        enquiry=enquiry,
        closes_at=closes_at,
        closed=True,
    )
    events = [_tallied(letter) for letter in written]
    different = differences(observation, {"manner": manner.name, "events": events}, closes_at)
    kinds = tuple(zip(events, (answer.verdict.kind for answer in answers), strict=True))
    return Read(manner, kinds, tuple(f"{enquiry.id}: {each}" for each in different))


def _answer(letter: Letter, council: Council, enquiry: Enquiry) -> probe.Answer:
    mail = probe.read(stamped(letter, council.domain), ours=enquiry.words)
    verdict = probe.classify(mail, (letter.due - SENT).total_seconds(), probe.points_of(enquiry))
    links = {link: state for link, state in letter.truth.links.items() if link in mail.links}
    return probe.Answer(mail, verdict, letter.due, letter.folder, links)


@pytest.mark.parametrize("council", COUNCILS, ids=lambda council: council.id)
def test_every_letter_is_taken_for_what_it_is_or_left_to_a_person(council: Council) -> None:
    wrong = [
        (event["kind"], event["text"], kind)
        for each in _every_reading(council)
        for event, kind in each.kinds
        if kind != event["kind"] and not (may_be_doubted(event) and kind in UNDECIDED)
    ]

    assert wrong == []


@pytest.mark.parametrize("council", COUNCILS, ids=lambda council: council.id)
def test_every_fact_is_read_as_it_was_meant(council: Council) -> None:
    assert [(each.manner.name, one) for each in _every_reading(council) for one in each.different] == []


def test_few_letters_are_left_to_a_person() -> None:
    kinds = [kind for council in COUNCILS for each in _every_reading(council) for _, kind in each.kinds]

    assert sum(kind in UNDECIDED for kind in kinds) < len(kinds) / 8
