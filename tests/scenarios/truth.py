"""What the e-mail probe's facts must be, worked out from what a practice council says that it really did.

A fact's truth is a set of values: one, or None beside it where nobody but a person can tell from the mail alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from results.schema import Fact, Moment, Observation

Mail = Mapping[str, Any]
"""One e-mail in the councils' tally, with the letters that it led to."""
Truth = dict[str, set[Fact]]

PEOPLE = ("interim reply", "final reply")
SETTLED = ("automatic acknowledgement", "out of office", *PEOPLE)
UNDECIDED = ("unclear", "human reply")
"""What a letter may be taken for whose writer, or whose purpose, a machine cannot be sure of."""
_NOT_KNOWN: set[Fact] = {None}
_DOUBTFUL = ("poor", "attached", "looking-into", "logged-as-foi", "logged-as-complaint")


def in_time(mail: Mail, closes_at: dt.datetime | None) -> list[dict[str, Any]]:
    """The letters that came before the window closed."""
    events: list[dict[str, Any]] = mail["events"]
    return [one for one in events if closes_at is None or dt.datetime.fromisoformat(one["due"]) <= closes_at]


def was_returned(mail: Mail) -> bool:
    """Whether the mail was refused or came back for good, by a fault of the council's side."""
    returned = [one for one in mail["events"] if one["kind"] == "bounce" and one["final"] and one["text"] != "policy"]
    return mail["manner"].startswith("bounce refused") or bool(returned)


def may_be_doubted(event: Mapping[str, Any]) -> bool:
    """Whether a person's letter tells so little of the matter itself that a template could have been sent for it."""
    if event["kind"] not in PEOPLE:
        return False
    tells_nothing = event["points"] == "not" or event["referral"] in ("unhelpful", "forwards")
    signed_by_nobody = "name" not in event["gives"] and event["points"] == "partly"
    return event["text"] in _DOUBTFUL or tells_nothing or signed_by_nobody


def differences(seen: Observation, mail: Mail, closes_at: dt.datetime | None = None) -> list[str]:
    """Each fact and moment that is not as it was, with both."""
    expected = facts(mail, closes_at)
    found = [
        f"{name}: found {seen.facts[name]!r} where the truth is {sorted(map(repr, allowed))}"
        for name, allowed in expected.items()
        if seen.facts[name] not in allowed
    ]
    return found + _moments_astray(seen, mail, closes_at)


def facts(mail: Mail, closes_at: dt.datetime | None = None) -> Truth:
    """The truth of every fact that follows from the tally."""
    if was_returned(mail):
        return {"email.delivered": {False}, "email.replied": {False}, "email.auto_ack": _NOT_KNOWN}
    events = in_time(mail, closes_at)
    kinds = [one["kind"] for one in events]
    if "challenge" in kinds or any(one["text"] == "policy" for one in events):
        return dict.fromkeys(("email.delivered", "email.replied"), _NOT_KNOWN)
    settled = [one for one in events if one["kind"] in SETTLED]
    acknowledgements = [one for one in events if one["kind"] == "automatic acknowledgement"]
    people = [one for one in events if one["kind"] in PEOPLE]
    truth: Truth = {
        "email.delivered": {True},
        "email.auto_ack": {bool(acknowledgements)},
        "email.auto_ack_quality": {str(len(acknowledgements[0]["says"]))} if acknowledgements else _NOT_KNOWN,
        "email.out_of_office": {"out of office" in kinds},
        "email.survey": {"survey" in kinds},
        "email.acknowledged": {bool(settled)},
        "email.replied": {"final reply" in kinds},
        "email.spam_folder": {any(one["folder"] != "INBOX" for one in settled)} if settled else _NOT_KNOWN,
        "email.replies_count": {len(people)} if people else _NOT_KNOWN,
        "email.reply_channel": {"email"} if people else _NOT_KNOWN,
        "email.promise_kept": {_promise_kept(people, closes_at)},
    }
    if people:
        truth |= _quality(people) | _referral(people[-1])
    if any(map(may_be_doubted, people)):
        truth = {name: values | _NOT_KNOWN for name, values in truth.items()}
    return truth


def _promise_kept(people: list[dict[str, Any]], closes_at: dt.datetime | None) -> bool | None:
    promises = [one for one in people if one["promised"]]
    if not promises:
        return None
    day = dt.date.fromisoformat(promises[0]["promised"])
    answered = [one for one in people if one["kind"] == "final reply"]
    if not answered and closes_at is not None and day >= closes_at.date():
        return None
    kept: bool = promises[0]["kept"]
    return kept


def _quality(people: list[dict[str, Any]]) -> Truth:
    """What is read from the last reply, and from all of them together."""
    last = people[-1]
    in_words: set[Fact] = _NOT_KNOWN if last["answer_enclosed"] else set()
    points: Fact = last["points"] if last["kind"] == "final reply" else "not"
    promised = any(one["promised"] for one in people)
    truth: Truth = {
        "email.used_name": {last["name"] == "right"},
        "email.name_correct": {True} if last["name"] == "right" else _NOT_KNOWN,
        "email.salutation": {last["greets_and_signs_off"]},
        "email.org_name": {last["names_organisation"]},
        "email.sender_name": {"name" in last["gives"]},
        "email.sender_phone": {"phone" in last["gives"]},
        "email.sender_job_title": {"job title" in last["gives"]},
        "email.sender_department": {True, None} if "department" in last["gives"] else {False},
        "email.accessible": {not last["answer_enclosed"]},
        "email.further_help": in_words or {last["further_help"]},
        "email.alt_formats": in_words or {last["other_formats"]},
        "email.treated_as_foi": {any(one["diverts_to"] for one in people)} | in_words,
        "email.links_work": {_links_work(people)},
    }
    if points is not None or last["answer_enclosed"]:
        truth["email.fully_answered"] = in_words or {points}
        truth["email.next_steps"] = {None, promised} if in_words else {None if points == "fully" else promised}
    return truth


def _links_work(people: list[dict[str, Any]]) -> bool | None:
    states = [state for one in people for state in one["links"].values()]
    return "broken" not in states if states else None


def _referral(last: dict[str, Any]) -> Truth:
    """Another authority's matter. Only a reply that deals with it tells anything."""
    if last["referral"] is None:
        return {}
    told, right = last["referral"] != "unhelpful", last["referral"] == "right"
    return {
        "wrong.accepted": {told},
        "wrong.told_right_org": {told},
        "wrong.correct_number": {right},
        "wrong.signpost_email": {told},
    }


def _moments_astray(seen: Observation, mail: Mail, closes_at: dt.datetime | None) -> list[str]:
    """Moments that the times of the letters do not bear out. Where one may be doubted, any of its kind will do."""
    if was_returned(mail) or seen.facts["email.replied"] is None:
        return []
    events, astray = in_time(mail, closes_at), []
    doubtful = any(map(may_be_doubted, events))
    for name, kinds, which in (
        ("auto_ack", ("automatic acknowledgement",), 0),
        ("first_response", SETTLED, 0),
        ("first_human", PEOPLE, 0),
        ("interim", ("interim reply",), 0),
        ("final_reply", ("final reply",), -1),
    ):
        due = [dt.datetime.fromisoformat(one["due"]) for one in events if one["kind"] in kinds]
        told = seen.moments.get(name)
        right = [told is not None and _lies_in(told, at) for at in due]
        fine = (told is None or any(right)) if doubtful else (right[which] if due else told is None)
        if not fine:
            astray.append(f"{name}: found {told} where the truth is {due}")
    return astray


def _lies_in(moment: Moment, at: dt.datetime) -> bool:
    second = dt.timedelta(seconds=1)
    return moment.lower - second <= at <= moment.upper + second
