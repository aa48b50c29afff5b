"""What is an alert, and whose fault it is. Pure: from what contacts met with, troubles and nights.

A thing counts as failing after three strikes: three contacts in a row that failed. Whose fault that is takes a second
route to say: until something of ours that would have failed too is seen to work, it is first assumed to be ours. That
is how telephone test services go about it (TestCall: "second call from a different carrier/CLI before failing; alert
after 3 strikes").
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from results.alerts import STRIKES, Contact, Failing
from results.calendar import LONDON
from results.nights import Handled, Trouble
from results.schema import Failure, Organisation

Contacts = list[Contact]

AT_LEAST = dt.timedelta(minutes=1)
"""How long a part of our own work must have failed, besides three times: several tries in one breath are one."""

MOST = 0.75
"""The share of organisations, by the newest contact with each in a day, that must have failed before it is ours."""

_A_DAY = dt.timedelta(hours=24)
_CHANNEL = {"email": "e-mail", "phone": "telephone", "web": "website"}
_FAILED = {
    Failure.ENGAGED: "engaged",
    Failure.NO_REPLY: "not answered",
    Failure.NUMBER_NOT_IN_USE: "number not in use",
    Failure.BOUNCED: "e-mail returned",
    Failure.SILENT: "no reply",
    Failure.SITE_UNREACHABLE: "site not reached",
}


@dataclass
class Verdict:
    """What fails, and what is known to work; what is in neither is not known."""

    failing: dict[str, Failing] = field(default_factory=dict)
    working: set[str] = field(default_factory=set)

    def add(self, other: Verdict) -> None:
        """What was judged besides."""
        self.failing.update(other.failing)
        self.working.update(other.working)


def gone(what: str, register: Collection[str], schedules: Collection[str]) -> bool:
    """Whether an alert is about an organisation or a schedule that the programme no longer has."""
    kind, *rest = what.split(" ")
    if kind == "theirs":
        return rest[1] not in register
    return kind == "night" and rest[0] not in schedules


# ------------------------------------------------------------------------------------------------ contacts


def of_contacts(contacts: Iterable[Contact], register: Mapping[str, Organisation]) -> Verdict:
    """Which lines, addresses and sites fail, and which of our mailboxes and numbers do.

    `contacts`: those closed lately, in order. Of calls only those in an organisation's own hours count: that nobody
    answers at night is no failing line.
    """
    counted = [one for one in contacts if one.organisation in register and _in_hours(one, register)]
    verdict, theirs = Verdict(), set[tuple[str, ...]]()
    places = _grouped(counted, lambda one: (one.organisation, one.channel, one.target))
    for place, there in places.items():
        what = f"theirs {place[1]} {place[0]} {place[2]}"
        measured = [one for one in there if not one.faulty]
        strikes = measured[-STRIKES:]
        if measured and measured[-1].failure is None:
            verdict.working.add(what)
        elif len(strikes) == STRIKES and all(one.failure for one in strikes) and (why := _second(strikes, counted)):
            theirs.add(place)
            verdict.failing[what] = Failing("theirs", f"{_struck(register, strikes)} {why}", place[0])
    known = [one for one in counted if (one.organisation, one.channel, one.target) not in theirs]
    for (channel, route), sent in _grouped(known, lambda one: (one.channel, one.route)).items():
        what, last = f"route {channel} {route}".strip(), sent[-STRIKES:]
        if not last[-1].faulty and last[-1].failure is None:
            verdict.working.add(what)
        elif len(last) == STRIKES and _is_ours(last, sent):
            verdict.failing[what] = Failing("ours", _ours(channel, route, last))
    return verdict


def _second(strikes: Sequence[Contact], contacts: Sequence[Contact]) -> str | None:
    """By which second route it is known that the failure is not ours; None where none has shown it.

    The newest contact by the same routes with each other organisation, since the first strike, decides: where at least
    half of them were answered, our side works. Where there were none, it must have failed from two mailboxes or numbers
    of ours.
    """
    first, routes = strikes[0], {one.route for one in strikes}
    others: dict[str, Contact] = {}
    for one in contacts:
        elsewhere = one.organisation != first.organisation and one.channel == first.channel
        if elsewhere and one.route in routes and one.made_at >= first.made_at:
            others[one.organisation] = one
    reached = sum(one.failure is None and not one.faulty for one in others.values())
    if reached and 2 * reached >= len(others):
        return "Other organisations were reached the same way meanwhile, so it is not our side that fails."
    if not others and len(routes) > 1:
        own = ", ".join(sorted(route or "the usual one" for route in routes))
        return f"It failed from {len(routes)} of our own ({own}), so it is not one of them."
    return None


def _is_ours(last: Sequence[Contact], sent: Sequence[Contact]) -> bool:
    """Every one of the last failed: at two organisations at least, or because we could not measure.

    And so did most of the day: among many calls three in a row fail by chance. `sent`: all by that route, in order.
    """
    if any(one.failure is None and not one.faulty for one in last):
        return False
    if len({one.organisation for one in last}) == 1 and not all(one.faulty for one in last):
        return False
    since = max(one.made_at for one in sent) - _A_DAY
    newest = {one.organisation: one for one in sent if one.made_at >= since}
    failed = sum(one.faulty or one.failure is not None for one in newest.values())
    return failed >= MOST * len(newest)


def _struck(register: Mapping[str, Organisation], strikes: Sequence[Contact]) -> str:
    first = strikes[0]
    why = ", ".join(dict.fromkeys(_FAILED.get(Failure(one.failure), "") for one in strikes if one.failure))
    return (
        f"{register[first.organisation].name}, {_CHANNEL.get(first.channel, first.channel)} {first.target[:200]}: "
        f"the last {STRIKES} contacts failed ({why}), the first of them made on {_day(first.made_at)}."
    )


def _ours(channel: str, route: str, last: Sequence[Contact]) -> str:
    by = f"{_CHANNEL.get(channel, channel)}{f' through {route}' if route else ''}"
    where = len({one.organisation for one in last})
    told = "could not be measured" if all(one.faulty for one in last) else "failed"
    look = {"email": "doorstep mail test", "phone": "doorstep phone test WAVE"}.get(
        channel, "this machine's connection"
    )
    return (
        f"Ours: by {by} the last {STRIKES} contacts, with {where} organisation{'s' if where > 1 else ''}, {told}, and "
        f"none has been answered since {_day(last[0].made_at)}. That is first to be taken for our own fault: {look}."
    )


def _in_hours(one: Contact, register: Mapping[str, Organisation]) -> bool:
    return one.channel != "phone" or register[one.organisation].hours.is_open(one.made_at)


def _grouped(contacts: Iterable[Contact], key: Callable[[Contact], tuple[str, ...]]) -> dict[tuple[str, ...], Contacts]:
    found: defaultdict[tuple[str, ...], list[Contact]] = defaultdict(list)
    for one in contacts:
        found[key(one)].append(one)
    return dict(found)


# ------------------------------------------------------------------------------------------------ ourselves


def of_troubles(troubles: Sequence[Trouble], open_alerts: Collection[str]) -> Verdict:
    """Which parts of our own work fail: three times in a row, over a minute at least; and which work again.

    What fails only because a mailbox cannot be read says the same as that mailbox and is told once; waves that cannot
    be made are told together.
    """
    struck = [one for one in troubles if one.count >= STRIKES and one.last - one.since >= AT_LEAST]
    mailboxes = {one.message for one in troubles if one.what.startswith("mailbox ")}
    verdict = Verdict()
    for one in struck:
        if one.what.startswith("mailbox ") or one.message not in mailboxes:
            what, words = (
                _part(one),
                f"Ours: {one.what} has failed {one.count} times in a row since {_day(one.since)}: {one.message}",
            )
            before = verdict.failing.get(what)
            verdict.failing[what] = Failing("ours", f"{before.words} {words}"[:2000] if before else words)
    verdict.working = {what for what in open_alerts if what.startswith("ours ")} - {_part(one) for one in troubles}
    return verdict


def _part(trouble: Trouble) -> str:
    return "ours waves" if trouble.what.startswith("wave ") else f"ours {trouble.what}"


def of_nights(schedule: str, newest_first: Sequence[Handled]) -> Verdict:
    """Whether a schedule missed nights, and no night has begun in time since."""
    what, missed = f"night {schedule}", []
    for night in newest_first:
        if night.state in ("planned", "left out"):
            break
        if night.state == "missed":
            missed.append(night)
    if not missed:
        return Verdict(working={what})
    days = ", ".join(f"{night.day:%d/%m/%Y}" for night in reversed(missed[:10]))
    words = f"Ours: schedule {schedule} missed the night of {days}: {missed[0].why}."
    return Verdict({what: Failing("ours", words)})


def _day(at: dt.datetime) -> str:
    return f"{at.astimezone(LONDON):%d/%m/%Y at %H:%M}"
