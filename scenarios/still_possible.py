"""What can still be done before fieldwork ends, by the days and hours left, what was agreed for a day, and the caps.

Pure. What is not a question of time, such as a number that consent does not name, is the guard's word.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from probes.guard import CALLS_FROM, CALLS_UNTIL, Caps, Span
from probes.phone.hours import closed_spells
from results import words
from results.calendar import LONDON
from results.channels import ABOUT
from results.ledger import PENCE_FRACTION, Spent
from results.plans import Place
from results.schema import Organisation, Wave
from results.store import FrozenWave
from scenarios.plan import Foreseen
from scenarios.programme import MailAccount
from scenarios.senders import REST

_NOT_YET = "consent.not_yet"
Used = Mapping[tuple[str, str], int]
"""Effects of today by organisation and kind (mail, call, page)."""


@dataclass(frozen=True)
class Possible:
    """Of `waiting` contacts with one organisation in one channel, how many `fit`; and why the others cannot be made."""

    waiting: int
    fit: int
    why: tuple[str, ...] = ()


def possible(
    frozen: FrozenWave,
    waiting: Sequence[Foreseen],
    register: Mapping[str, Organisation],
    now: dt.datetime,
    used: Used,
    mailboxes: Mapping[str, MailAccount],
) -> dict[Place, Possible]:
    """What of the waiting contacts can still be made, for each organisation and channel, at one attempt each.

    `register`: as it is today, which is what the guard goes by. People make theirs on any day that is left.
    """
    groups: dict[Place, list[Foreseen]] = {}
    for one in waiting:
        groups.setdefault((one.row.organisation, one.row.channel), []).append(one)
    return {
        (organisation, channel): _of_one(frozen, register.get(organisation), group, now, used, list(mailboxes.values()))
        for (organisation, channel), group in groups.items()
    }


def days_left(organisation: Organisation, wave: Wave, now: dt.datetime) -> tuple[dt.date, ...]:
    """The days of fieldwork still to come, today among them, on which the organisation's consent holds."""
    first, last = max(now.astimezone(LONDON).date(), wave.fieldwork_from), wave.fieldwork_until
    if organisation.consent is None:
        return ()
    first, last = max(first, organisation.consent.valid_from), min(last, organisation.consent.until)
    return tuple(first + dt.timedelta(days=past) for past in range((last - first).days + 1))


def calls_within(caps: Caps | None, spent: Mapping[Span, Spent], days: int) -> float:
    """How many more calls the caps allow in so many days, today among them; inf where nothing caps."""
    if caps is None:
        return math.inf
    room = math.inf
    for span, most in caps.most.items():
        if span == "run":  # another run may follow at once
            continue
        for unit in ("calls", "minutes", "pence"):
            cap, one = getattr(most, unit), getattr(caps.one_call, unit)
            if math.isfinite(cap) and one > 0:
                left = math.floor((cap - getattr(spent[span], unit) + PENCE_FRACTION) / one)
                later = (days - 1) * math.floor((cap + PENCE_FRACTION) / one) if span == "day" else 0
                room = min(room, max(0, left) + max(0, later))
    return room


# ------------------------------------------------------------------------------------------------ one organisation


def _of_one(
    frozen: FrozenWave,
    organisation: Organisation | None,
    group: Sequence[Foreseen],
    now: dt.datetime,
    used: Used,
    mailboxes: Sequence[MailAccount],
) -> Possible:
    wave, count = frozen.wave, len(group)
    if now.astimezone(LONDON).date() > wave.fieldwork_until:
        return Possible(count, 0, (f"{count}: fieldwork ended on {wave.fieldwork_until:%d/%m/%Y}",))
    people = sum(one.row.shopper == "person" for one in group)
    probes = [one for one in group if one.row.shopper == "probe"]
    refused = Counter(one.refusal.reason for one in probes if one.refusal is not None and _for_good(one))
    able = [one for one in probes if not _for_good(one)]
    why = [f"{number}: {reason}" for reason, number in refused.items()]
    fit = 0
    if able and organisation is not None and organisation.consent is not None:
        days = days_left(organisation, wave, now)
        fit = _fit(frozen, organisation, able, days, now, used, mailboxes)
        late = sum(_due(one) > days[-1] for one in able) if days else 0
        if late:
            why.append(f"{late}: due after consent ends on {organisation.consent.until:%d/%m/%Y}")
        if fit + late < len(able):
            why.append(f"{len(able) - fit - late}: {_too_many(organisation, able[0], days, wave)}")
    return Possible(count, people + fit, tuple(why))


def _for_good(one: Foreseen) -> bool:
    """Whether the guard's no does not end by itself while fieldwork lasts."""
    return one.refusal is not None and one.refusal.retry_at is None and one.refusal.rule != _NOT_YET


def _fit(
    frozen: FrozenWave,
    organisation: Organisation,
    able: Sequence[Foreseen],
    days: Sequence[dt.date],
    now: dt.datetime,
    used: Used,
    mailboxes: Sequence[MailAccount],
) -> int:
    match able[0].row.channel:
        case "phone":
            return _calls(frozen, organisation, able, days, now, used)
        case "email":
            return _mails(organisation, able, days, now, used, mailboxes)
    limits = organisation.consent.limits if organisation.consent else None
    return sum(_due(one) <= days[-1] for one in able) if days and limits and limits.pages_per_day else 0


def _calls(
    frozen: FrozenWave,
    organisation: Organisation,
    able: Sequence[Foreseen],
    days: Sequence[dt.date],
    now: dt.datetime,
    used: Used,
) -> int:
    """How many calls fit, filling each day from the first on with what has fallen due by then.

    Those in hours go first: they have fewer days, so no other order makes more.
    """
    if organisation.consent is None:
        return 0
    limits = organisation.consent.limits
    due = {
        inside: [_due(one) for one in able if frozen.scenarios[one.row.scenario].in_hours is inside]
        for inside in (True, False)
    }
    made = {True: 0, False: 0}
    for day in days:
        left = limits.calls_per_day - _used(organisation, "call", day, now, used)
        for inside in (True, False):
            spells = _open_spell(organisation, day) if inside else closed_spells(day, organisation.hours)
            gap = limits.seconds_between_calls
            room = sum(_one_after_another(begins, ends, now, gap, left) for begins, ends in spells)
            waiting = sum(one <= day for one in due[inside]) - made[inside]
            more = max(0, min(waiting, left, room))
            made[inside] += more
            left -= more
    return sum(made.values())


def _mails(
    organisation: Organisation,
    able: Sequence[Foreseen],
    days: Sequence[dt.date],
    now: dt.datetime,
    used: Used,
    mailboxes: Sequence[MailAccount],
) -> int:
    """At most so many: a mailbox whose contacts all share its address writes to an organisation once in seven days."""
    if organisation.consent is None or not days:
        return 0
    limits, due, made = organisation.consent.limits, [_due(one) for one in able], 0
    for day in days:
        begins = dt.datetime.combine(day, dt.time(), tzinfo=LONDON)
        ends = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=LONDON)
        left = limits.mails_per_day - _used(organisation, "mail", day, now, used)
        room = _one_after_another(begins, ends, now, limits.seconds_between_mails, left)
        made += max(0, min(sum(one <= day for one in due) - made, room))
    if all(one.addresses == "one" for one in mailboxes):
        span = (days[-1] - days[0]).days
        made = min(made, len(mailboxes) * (span // REST.days + 1))
    return made


def _due(one: Foreseen) -> dt.date:
    return one.row.due_at.astimezone(LONDON).date()


def _used(organisation: Organisation, kind: str, day: dt.date, now: dt.datetime, used: Used) -> int:
    return used.get((organisation.id, kind), 0) if day == now.astimezone(LONDON).date() else 0


def _open_spell(organisation: Organisation, day: dt.date) -> Iterable[tuple[dt.datetime, dt.datetime]]:
    """When on a day calls in office hours may be made: the organisation's hours within the guard's."""
    hours = organisation.hours
    opens, closes = max(hours.opens, CALLS_FROM), min(hours.closes, CALLS_UNTIL)
    if hours.is_working_day(day) and opens < closes:
        yield (dt.datetime.combine(day, opens, tzinfo=LONDON), dt.datetime.combine(day, closes, tzinfo=LONDON))


def _one_after_another(begins: dt.datetime, ends: dt.datetime, now: dt.datetime, gap: float, most: int) -> int:
    """How many effects, `gap` seconds apart, begin in what is left of a spell; at most `most`."""
    left = (ends.astimezone(dt.UTC) - max(begins.astimezone(dt.UTC), now)).total_seconds()
    if left <= 0 or most <= 0:
        return 0
    return most if gap <= 0 else min(most, math.ceil(left / gap))


def _too_many(organisation: Organisation, one: Foreseen, days: Sequence[dt.date], wave: Wave) -> str:
    """Why not all fit, for a reader."""
    consent, channel = organisation.consent, one.row.channel
    if consent is None or not days:
        return "consent does not hold on any day of fieldwork that is left"
    ends = f"; consent ends on {consent.until:%d/%m/%Y}" if consent.until < wave.fieldwork_until else ""
    daily = {"phone": consent.limits.calls_per_day, "email": consent.limits.mails_per_day}.get(channel)
    if daily is None:
        return f"no page may be read any more{ends}"
    about = ABOUT[channel]
    most = f"at {words.count(daily, about.one, about.many)} a day, in the hours and at the pace agreed"
    return f"no room in the {words.count(len(days), 'day')} left, {most}{ends}"
