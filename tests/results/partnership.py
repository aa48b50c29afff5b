"""A made-up wave for tests: councils with manners of their own, from a seeded generator, scored by a small scheme.

Nothing here is a real council, number or address: numbers are Ofcom's for drama, hosts end in .example.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from dataclasses import dataclass
from pathlib import Path

from results.calendar import Calendar
from results.schema import (
    Channel,
    Evidence,
    Fact,
    Failure,
    Moment,
    Observation,
    Organisation,
    Refusal,
    Scheme,
    Shop,
    Wave,
    Why,
)
from results.scheme import digest
from results.scoring import answer_all, points

NAMES = (
    "Ashbourne Vale",
    "Brackenfield",
    "Calder Moor",
    "Derwent Edge",
    "Elmsworth",
    "Foxhollow",
    "Great Hucklow Forest",
    "Harrowdale",
    "Ironbrook",
    "Kinderside",
    "Langley Marsh",
)
DEAD = "+441134960012"  # the second council's third line
START = dt.datetime(2026, 11, 2, 9, 30, tzinfo=dt.UTC)
CALENDAR = Calendar()


@dataclass(frozen=True)
class Fieldwork:
    """What `assemble` takes."""

    wave: Wave
    scheme: Scheme
    organisations: dict[str, Organisation]
    shops: list[Shop]
    refusals: list[Refusal]


@dataclass(frozen=True)
class Manners:
    """How a council behaves: chances 0..1, and mean times in seconds and hours."""

    answers: float
    rings: float
    replies: float
    hours: float
    courtesy: float


def small_scheme() -> Scheme:
    """Twenty-two criteria over three channels."""
    read = Scheme.model_validate_json((Path(__file__).parent / "small_scheme.json").read_text("utf-8"))
    return read.model_copy(update={"digest": digest(read)})


def fieldwork(councils: int = 11, calls: int = 20, mails: int = 20, seed: int = 2006) -> Fieldwork:
    """A whole wave; the same arguments give the same wave."""
    chance = random.Random(seed)
    names = NAMES[:councils]
    scheme = small_scheme()
    organisations = {_id(name): Organisation(id=_id(name), name=f"{name} Council") for name in names}
    shops: list[Shop] = []
    for place, key in enumerate(organisations):
        manners = Manners(
            answers=chance.uniform(0.7, 1),
            rings=chance.uniform(5, 13),
            replies=chance.uniform(0.6, 1),
            hours=chance.uniform(3, 60),
            courtesy=chance.uniform(0.4, 1),
        )
        lines = [f"+441134960{place:02d}{line}" for line in range(3)]
        shops += [_call(chance, manners, scheme, key, lines[one % 3], one) for one in range(calls)]
        shops += [_mail(chance, manners, scheme, key, one) for one in range(mails)]
        shops.append(_visit(chance, manners, scheme, key))
    return Fieldwork(_wave(), scheme, organisations, shops, _refusals(list(organisations)))


def shop(
    scheme: Scheme, channel: Channel, organisation: str, number: int, seen: Observation, target: str, enquiry: str
) -> Shop:
    """A closed and counted shop, scored."""
    answers = answer_all(seen, channel, scheme, CALENDAR)
    return Shop(
        id=f"{organisation}-{channel}-{number:02d}",
        wave="autumn",
        organisation=organisation,
        scenario=f"{channel}-plain",
        enquiry=enquiry,
        channel=channel,
        target=target,
        made_at=START + dt.timedelta(days=number // 4, minutes=37 * (number % 4)),
        state="closed",
        observation=seen,
        answers=answers,
        access=points(answers, scheme, "access"),
        quality=points(answers, scheme, "quality"),
        scheme=scheme.digest,
        counted=True,
    )


# ------------------------------------------------------------------------------------------------ one contact each


def _wave() -> Wave:
    return Wave(
        id="autumn",
        title="Autumn wave 2026",
        partnership="Millstone Edge Partnership",
        fieldwork_from=dt.date(2026, 11, 2),
        fieldwork_until=dt.date(2026, 11, 27),
        scenarios=("phone-plain", "email-plain", "web-plain"),
    )


def _call(chance: random.Random, manners: Manners, scheme: Scheme, key: str, target: str, number: int) -> Shop:
    facts: dict[str, Fact] = {"phone.number_works": True, "phone.low_cost": True}
    start = START + dt.timedelta(days=number // 4)
    moments = {"ringing": _moment(start)}
    failure = None
    if target != DEAD and chance.random() < manners.answers:
        facts |= {"phone.answered": True, "phone.contactable": True}
        moments["answered"] = _moment(start + dt.timedelta(seconds=max(1.5, chance.gauss(manners.rings, 3))))
    else:
        failure = Failure.NUMBER_NOT_IN_USE if target == DEAD else chance.choice((Failure.ENGAGED, Failure.NO_REPLY))
        facts |= {"phone.answered": False, "phone.contactable": False}
        facts["phone.number_works"] = failure is not Failure.NUMBER_NOT_IN_USE
    seen = Observation(facts=facts, moments=moments, failure=failure, evidence=(_evidence(key, "call log", number),))
    return shop(scheme, "phone", key, number, seen, target, "missed-bin")


def _mail(chance: random.Random, manners: Manners, scheme: Scheme, key: str, number: int) -> Shop:
    sent = START + dt.timedelta(days=number // 4, minutes=37 * (number % 4))
    moments = {"sent": _moment(sent)}
    automatic, replied = chance.random() < manners.courtesy / 2, chance.random() < manners.replies
    facts: dict[str, Fact] = {"email.auto_ack": automatic, "email.replied": replied}
    facts["email.acknowledged"] = automatic or replied
    unknown: dict[str, tuple[Why, str]] = {}
    first = sent + dt.timedelta(minutes=2) if automatic else None
    if replied:
        last = sent + dt.timedelta(hours=1 + chance.expovariate(1 / manners.hours))
        moments["final_reply"] = _moment(last)
        first = first or last
    if first:
        moments["first_response"] = _moment(first)
    for fact in ("email.used_name", "email.sender_name", "email.sender_phone", "email.sender_job_title"):
        facts[fact] = chance.random() < manners.courtesy if replied else None
    facts["email.fully_answered"] = "fully" if replied else None
    unknown |= {fact: (Why.NOT_APPLICABLE, "no reply") for fact, value in facts.items() if value is None}
    seen = Observation(
        facts=facts,
        unknown=unknown,
        moments=moments,
        failure=None if replied else Failure.SILENT,
        evidence=(_evidence(key, "mail", number),),
    )
    return shop(scheme, "email", key, number, seen, f"enquiries@{key}.example", "blue-badge")


def _visit(chance: random.Random, manners: Manners, scheme: Scheme, key: str) -> Shop:
    def likely() -> bool:
        return chance.random() < manners.courtesy + 0.2

    facts: dict[str, Fact] = {
        "web.contact.link_home": likely(),
        "web.contact.found": True,
        "web.contact.details": chance.choice((50, 75, 100)),
        "web.phone.found": True,
        "web.phone.valid": chance.choice((80, 95, 100)),
        "web.az.present": likely(),
        "web.az.letters": chance.choice((88, 96, 100)),
        "web.search.home": likely(),
        "web.search.found": likely(),
        "web.search.best_rank": chance.choice((1, 1, 3, 7)),
        "web.search.first_five": chance.choice((60, 80, 100)),
        "web.task.jobs_found": True,
        "web.task.jobs_clicks": chance.choice((1, 2, 3)),
    }
    seen = Observation(facts=facts, notes=("118 pages were returned for “Council Tax”.",))
    return shop(scheme, "web", key, 1, seen, f"https://www.{key}.example/", "council-tax")


def _refusals(keys: list[str]) -> list[Refusal]:
    return [
        Refusal(
            at=START,
            effect="call",
            organisation=keys[0],
            target="+441134960000",
            rule="hours.closed",
            reason="calls are made on working days from 08:00 to 18:00",
        )
    ] * 2


def _moment(at: dt.datetime) -> Moment:
    return Moment(lower=at, upper=at + dt.timedelta(milliseconds=100), source="practice")


def _evidence(key: str, kind: str, number: int) -> Evidence:
    return Evidence(
        kind=kind,
        name=f"{kind.replace(' ', '-')}-{number:02d}",
        media_type="text/plain",
        sha256=hashlib.sha256(f"{key} {kind} {number}".encode()).hexdigest(),
        size=1200 + number,
        keep_until=dt.date(2027, 5, 31),
    )


def _id(name: str) -> str:
    return name.lower().replace(" ", "-")
