"""The wave of January and February 2006, from raw shops to what `assemble` takes, by the ordinary path.

The shops are in tests/data/derbyshire_2006, whose files say what is known and what is made up. They were people's, and
a person's answer needs nobody's confirmation.
"""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

from results import scheme as schemes
from results.report import WaveReport, assemble
from results.schema import (
    Channel,
    Contacts,
    Fact,
    Failure,
    Line,
    Moment,
    Observation,
    Organisation,
    Scheme,
    Shop,
    Wave,
    Why,
)
from results.scoring import answer_all, points
from tests.results.partnership import Fieldwork

FOLDER = Path(__file__).parent.parent / "data" / "derbyshire_2006"
SOUTH_DERBYSHIRE = "south-derbyshire"

ASKED = (
    *("phone.access.contactable", "phone.access.answer_time", "phone.access.number_works"),
    *("phone.greet.salutation", "phone.greet.org_name", "phone.greet.own_name"),
    *("phone.handle.courteous", "phone.handle.listened", "phone.handle.owned", "phone.handle.rapport"),
    *("phone.handle.fully_answered", "phone.close.further_help"),
    *("phone.transfer.count", "phone.transfer.told_where", "phone.transfer.briefed"),
    *("phone.wrong.accepted", "phone.wrong.correct_number"),
    *("vm.reached", "vm.returned"),
    *("email.auto_ack", "email.ack_24h", "email.replied", "email.reply_time", "email.fully_answered"),
    *("email.used_name", "email.sender_name", "email.sender_phone", "email.sender_job_title"),
    *("email.sender_department", "email.layout"),
    *("email.courtesy", "email.clarity", "email.professional_language", "email.efficiency"),
    *("web.az.present", "web.az.quality", "web.az.common_words", "web.search.home", "web.search.best_rank"),
    *("web.search.results_count", "web.search.common_words", "web.search.structured", "web.task.jobs"),
    *("web.task.leisure", "web.phone.valid", "a11y.enhanced_contrast", "a11y.large_text", "std.published_web"),
)
"""The questions of today's scheme that the report of 2006 has an answer to."""

Row = dict[str, str]


def scheme() -> Scheme:
    """Those questions of today's scheme, with South Derbyshire's standards, as people answer them: a person's answer is
    a fact that bears the question's own name, where no probe has one.
    """
    today = schemes.load("south-derbyshire-2006")
    asked = tuple(
        one.model_copy(update={"proposed": False, "fact": one.fact or (None if one.between else one.id)})
        for one in today.criteria
        if one.id in ASKED
    )
    assert len(asked) == len(ASKED)
    own = today.model_copy(update={"criteria": asked, "digest": ""})
    return own.model_copy(update={"digest": schemes.digest(own)})


def fieldwork() -> Fieldwork:
    """The whole wave."""
    asked, members = scheme(), _rows("members")
    calls, mails, sites = (_rows(name) for name in ("calls", "e-mails", "websites"))
    organisations = {row["organisation"]: _member(row, calls) for row in members}
    shops = [_shop(asked, organisations, "phone", row, row["number"], _call(row)) for row in calls]
    shops += [
        _shop(asked, organisations, "email", row, f"enquiries@{row['organisation']}.example", _mail(row))
        for row in mails
    ]
    shops += [
        _shop(asked, organisations, "web", row, f"https://www.{row['organisation']}.example/", _visit(row))
        for row in sites
    ]
    return Fieldwork(_wave(), asked, organisations, [_numbered(one, place) for place, one in enumerate(shops, 1)], [])


def report() -> WaveReport:
    """The wave report of 2006."""
    work = fieldwork()
    return assemble(work.wave, work.scheme, work.organisations, work.shops)


def _wave() -> Wave:
    return Wave(
        id="wave-1",
        title="Mystery shopping wave 1, January and February 2006",
        partnership="Derbyshire Partnership: South Derbyshire as published, the ten others invented",
        fieldwork_from=dt.date(2006, 1, 16),
        fieldwork_until=dt.date(2006, 2, 28),
        scenarios=("phone-people", "email-people", "web-people"),
    )


def _member(row: Row, calls: list[Row]) -> Organisation:
    numbers = sorted({call["number"] for call in calls if call["organisation"] == row["organisation"]})
    lines = tuple(
        Line(number=number, label="Switchboard", kind="switchboard")
        if number == row["switchboard"]
        else Line(number=number, label="Department")
        for number in numbers
    )
    return Organisation(id=row["organisation"], name=row["name"], contacts=Contacts(lines=lines))


def _shop(
    asked: Scheme, members: dict[str, Organisation], channel: Channel, row: Row, target: str, seen: Observation
) -> Shop:
    answers = answer_all(seen, channel, asked, members[row["organisation"]].hours)
    return Shop(
        id=f"{row['organisation']}.{channel}",
        wave="wave-1",
        organisation=row["organisation"],
        scenario=f"{channel}-people",
        enquiry=row.get("enquiry", "council-tax"),
        channel=channel,
        shopper="person",
        target=target,
        made_at=_at(row.get("at") or row["sent"]),
        state="closed",
        observation=seen,
        answers=answers,
        access=points(answers, asked, "access"),
        quality=points(answers, asked, "quality"),
        scheme=asked.digest,
        counted=True,
    )


def _numbered(shop: Shop, place: int) -> Shop:
    return shop.model_copy(update={"id": f"{shop.id}.{place:03d}"})


# ------------------------------------------------------------------------------------------------ one contact each


def _call(row: Row) -> Observation:
    at, outcome = _at(row["at"]), row["outcome"]
    person, voicemail = outcome == "person", outcome == "voicemail"
    moments = {"ringing": _moment(at)}
    if row["seconds"]:
        moments["answered"] = _moment(at + dt.timedelta(seconds=float(row["seconds"])))
    facts: dict[str, Fact] = {
        "phone.number_works": True,
        "phone.answered": person or voicemail,
        "phone.answered_by": outcome if person or voicemail else None,
        "phone.contactable": person,
        "phone.salutation": _yes(row["salutation"]),
        "phone.org_name": _yes(row["organisation named"]),
        "phone.own_name": _yes(row["own name"]),
        "phone.handle.courteous": _count(row["courteous"]),
        "phone.handle.listened": _yes(row["listened"]),
        "phone.handle.owned": _yes(row["ownership"]),
        "phone.handle.rapport": _yes(row["rapport"]),
        "phone.handle.fully_answered": row["fully answered"] or None,
        "phone.close.further_help": _yes(row["further help"]),
        "phone.transfer.count": _count(row["transfers"]),
        "phone.transfer.told_where": _yes(row["told where"]),
        "phone.transfer.briefed": _yes(row["briefed"]),
        "phone.wrong.accepted": _yes(row["elsewhere: accepted"]),
        "phone.wrong.correct_number": _yes(row["elsewhere: right number"]),
        "vm.reached": voicemail,
        "vm.returned": _yes(row["message returned"]),
    }
    failure = {"engaged": Failure.ENGAGED, "no reply": Failure.NO_REPLY}.get(outcome)
    return _seen(facts, moments, "it did not come to that", failure)


def _mail(row: Row) -> Observation:
    moments = {"sent": _moment(_at(row["sent"]))}
    if row["automatic"]:
        moments["auto_ack"] = moments["first_response"] = _moment(_at(row["automatic"]))
    if row["replied"]:
        moments["final_reply"] = _moment(_at(row["replied"]))
        moments.setdefault("first_response", moments["final_reply"])
    facts: dict[str, Fact] = {
        "email.auto_ack": bool(row["automatic"]),
        "email.replied": bool(row["replied"]),
        "email.acknowledged": bool(row["automatic"] or row["replied"]),
        "email.used_name": _yes(row["name used"]),
        "email.sender_name": _yes(row["name"]),
        "email.sender_phone": _yes(row["telephone"]),
        "email.sender_job_title": _yes(row["job title"]),
        "email.sender_department": _yes(row["department"]),
        "email.layout": _count(row["layout"]),
        "email.courtesy": _count(row["courtesy"]),
        "email.clarity": _count(row["clarity"]),
        "email.professional_language": _count(row["language"]),
        "email.efficiency": _count(row["efficiency"]),
        "email.fully_answered": row["fully answered"] or None,
    }
    return _seen(facts, moments, "no person replied", None if row["replied"] else Failure.SILENT)


def _visit(row: Row) -> Observation:
    facts: dict[str, Fact] = {
        "web.az.present": _yes(row["A to Z"]),
        "web.az.quality": int(row["A to Z leads right, per cent"]),
        "web.az.common_words": int(row["A to Z common words, per cent"]),
        "web.search.home": _yes(row["search on home page"]),
        "web.search.found": True,
        "web.search.best_rank": int(row["place of right page"]),
        "web.search.results_count": int(row["pages found"]),
        "web.search.common_words": int(row["search common words, per cent"]),
        "web.search.structured": _yes(row["search structured"]),
        "web.task.jobs_found": True,
        "web.task.jobs_clicks": int(row["clicks to jobs"]),
        "web.task.leisure_found": True,
        "web.task.leisure_clicks": int(row["clicks to leisure centre"]),
        "web.phone.found": True,
        "web.phone.valid": int(row["numbers valid, per cent"]),
        "a11y.enhanced_contrast": _yes(row["contrast option"]),
        "a11y.large_text": _yes(row["large text"]),
        "std.published_web": _yes(row["standards published"]),
    }
    return Observation(facts=facts, notes=(f"A search for “Council Tax” found {row['pages found']} pages.",))


def _seen(facts: dict[str, Fact], moments: dict[str, Moment], why: str, failure: Failure | None) -> Observation:
    unknown = {name: (Why.NOT_APPLICABLE, why) for name, value in facts.items() if value is None}
    return Observation(facts=facts, unknown=unknown, moments=moments, failure=failure)


def _yes(said: str) -> bool | None:
    return {"yes": True, "no": False, "": None}[said]


def _count(said: str) -> int | None:
    return int(said) if said else None


def _at(said: str) -> dt.datetime:
    return dt.datetime.fromisoformat(said)


def _moment(at: dt.datetime) -> Moment:
    return Moment(lower=at, upper=at, source="written down by the shopper")


def _rows(name: str) -> list[Row]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
