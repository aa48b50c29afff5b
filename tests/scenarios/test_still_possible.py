"""What can still be done before fieldwork ends: as much as a run would do, day by day and call by call."""

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from probes.guard import Caps, Spend
from probes.phone.hours import next_allowed
from results import scheme
from results.calendar import LONDON
from results.ledger import Spent
from results.schema import Channel, Consent, Contacts, Line, Organisation, Refusal, Scenario, Wave
from results.store import FrozenWave, planned
from scenarios.plan import Foreseen
from scenarios.programme import MailAccount, library
from scenarios.still_possible import Possible, calls_within, possible

MONDAY = dt.date(2027, 1, 11)
MORNING = dt.datetime(2027, 1, 11, 6, tzinfo=dt.UTC)
NUMBER = "+441134960001"


def council(**changed: Any) -> Organisation:
    consent = {
        "agreed_by": "Head",
        "valid_from": dt.date(2027, 1, 1),
        "until": dt.date(2027, 12, 31),
        "channels": ("phone", "email", "web"),
        "lines": (NUMBER,),
        "addresses": ("a@amber.example",),
        **changed,
    }
    contacts = Contacts(lines=(Line(number=NUMBER, label="Main", out_of_hours=True),), addresses=("a@amber.example",))
    return Organisation(id="amber", name="Amber", contacts=contacts, consent=Consent.model_validate(consent))


def scenario(channel: Channel, **changed: Any) -> Scenario:
    return Scenario(id=changed.pop("id", channel), channel=channel, enquiries=("missed-bin",), **changed)


def wave(scenarios: Sequence[Scenario], last: dt.date) -> FrozenWave:
    noun = Wave(
        id="w1",
        title="First",
        partnership="P",
        fieldwork_from=MONDAY,
        fieldwork_until=last,
        scenarios=tuple(one.id for one in scenarios),
    )
    made_of = {one.id: one for one in scenarios}
    return FrozenWave(noun, scheme.load(noun.profile), {"amber": council()}, made_of, library(), MORNING)


def left(
    organisation: Organisation,
    contacts: Sequence[tuple[Scenario, int]],
    last: dt.date,
    now: dt.datetime = MORNING,
    refusal: Refusal | None = None,
    used: dict[tuple[str, str], int] | None = None,
    mailboxes: dict[str, MailAccount] | None = None,
) -> Possible:
    frozen = wave([one for one, _ in contacts], last)
    rows = [
        Foreseen(planned("w1", "amber", one, "missed-bin", NUMBER, number, MORNING), refusal)
        for one, count in contacts
        for number in range(count)
    ]
    found = possible(frozen, rows, {"amber": organisation}, now, used or {}, mailboxes or {"main": mailbox("plus")})
    return found["amber", contacts[0][0].channel]


def mailbox(addresses: str) -> MailAccount:
    return MailAccount.model_validate(
        {
            "mailbox": "s@shop.example",
            "username": "s",
            "smtp_host": "h",
            "imap_host": "h",
            "addresses": addresses,
            "persona": "Ann Bell" if addresses == "one" else None,
        }
    )


def limits(**changed: float) -> Organisation:
    return council(limits=changed)


def test_so_many_calls_fit_as_were_agreed_for_each_working_day_that_is_left() -> None:
    found = left(limits(calls_per_day=4), [(scenario("phone"), 36)], last=dt.date(2027, 1, 18))

    assert found == Possible(
        36, 24, ("12: no room in the 8 days left, at 4 calls a day, in the hours and at the pace agreed",)
    )  # Monday to Friday, and Monday: six working days


def test_calls_of_today_are_counted_and_the_pace_is_kept_until_closing_time() -> None:
    near_closing = dt.datetime(2027, 1, 11, 16, 50, tzinfo=dt.UTC)

    used = left(limits(calls_per_day=4), [(scenario("phone"), 9)], MONDAY, used={("amber", "call"): 3})
    paced = left(limits(seconds_between_calls=300), [(scenario("phone"), 9)], MONDAY, now=near_closing)

    assert (used.fit, paced.fit) == (1, 2)


def test_evenings_and_weekends_are_for_calls_out_of_hours_and_share_the_days_limit() -> None:
    office, evening = scenario("phone"), scenario("phone", id="evening", in_hours=False)
    both = [(office, 10), (evening, 10)]

    assert left(limits(calls_per_day=2), both, last=dt.date(2027, 1, 16)).fit == 12  # five working days and a Saturday
    assert left(limits(calls_per_day=2), [(office, 20)], last=dt.date(2027, 1, 16)).fit == 10


def test_over_easter_offices_are_closed_and_evenings_are_not() -> None:
    thursday = dt.datetime(2027, 3, 25, 6, tzinfo=dt.UTC)
    office, evening = scenario("phone"), scenario("phone", id="evening", in_hours=False)

    found = [
        left(limits(calls_per_day=2), [(one, 30)], dt.date(2027, 3, 30), now=thursday).fit for one in (office, evening)
    ]

    assert found == [4, 12]  # the Thursday and the Tuesday; all six days


def test_consent_that_ends_before_fieldwork_ends_it_there() -> None:
    found = left(
        council(until=dt.date(2027, 1, 12), limits={"mails_per_day": 3}),
        [(scenario("email"), 20)],
        dt.date(2027, 1, 29),
    )

    assert found.fit == 6
    assert found.why == (
        "14: no room in the 2 days left, at 3 e-mails a day, in the hours and at the pace agreed; "
        "consent ends on 12/01/2027",
    )


def test_what_falls_due_after_consent_has_ended_does_not_fit_however_much_room_there_was_before() -> None:
    frozen, organisation = wave([scenario("email")], dt.date(2027, 1, 29)), council(until=dt.date(2027, 1, 12))
    due = [MORNING, MORNING + dt.timedelta(days=1), MORNING + dt.timedelta(days=2)]
    rows = [
        Foreseen(planned("w1", "amber", scenario("email"), "missed-bin", "a@amber.example", number, at), None)
        for number, at in enumerate(due)
    ]

    found = possible(frozen, rows, {"amber": organisation}, MORNING, {}, {"main": mailbox("plus")})

    assert found["amber", "email"].fit == 2


def test_a_mailbox_that_shows_one_address_writes_once_in_seven_days() -> None:
    found = left(council(), [(scenario("email"), 20)], dt.date(2027, 1, 24), mailboxes={"main": mailbox("one")})

    assert found.fit == 2


def test_what_the_guard_refuses_for_good_does_not_fit_and_the_reason_is_told() -> None:
    def said(rule: str, retry_at: dt.datetime | None = None) -> Refusal:
        return Refusal(
            at=MORNING, effect="call", organisation="amber", target=NUMBER, rule=rule, reason="so", retry_at=retry_at
        )

    calls = [(scenario("phone"), 3)]
    assert left(council(), calls, MONDAY, refusal=said("consent.line")) == Possible(3, 0, ("3: so",))
    assert left(council(), calls, MONDAY, refusal=said("hours.closed", MORNING)) == Possible(3, 3)
    assert left(council(), calls, MONDAY, refusal=said("consent.not_yet")).fit == 3


def test_after_fieldwork_nothing_fits() -> None:
    found = left(council(), [(scenario("email"), 2)], MONDAY, now=MORNING + dt.timedelta(days=1))

    assert found == Possible(2, 0, ("2: fieldwork ended on 11/01/2027",))


@settings(max_examples=60)
@given(
    per_day=st.integers(0, 12),
    gap=st.sampled_from((0, 60, 1800, 7200)),
    days=st.integers(0, 12),
    minutes=st.integers(0, 3000),
    inside=st.booleans(),
)
def test_as_many_calls_fit_as_a_run_would_place_one_after_another(
    per_day: int, gap: int, days: int, minutes: int, inside: bool
) -> None:
    organisation, last = limits(calls_per_day=per_day, seconds_between_calls=gap), MONDAY + dt.timedelta(days=days)
    now = MORNING + dt.timedelta(minutes=minutes)

    found = left(organisation, [(scenario("phone", in_hours=inside), 200)], last, now=now)

    assert found.fit == min(200, placed(organisation, now, last, per_day, gap, inside))


def placed(organisation: Organisation, now: dt.datetime, last: dt.date, most: int, gap: int, inside: bool) -> int:
    """How many calls go out when each is placed as soon as the hours, the pace and the day's limit allow."""
    made: dict[dt.date, int] = {}
    at = now
    while True:
        at = next_allowed(at, organisation.hours, in_hours=inside)
        day = at.astimezone(LONDON).date()
        if day > last:
            return sum(made.values())
        if made.get(day, 0) < most:
            made[day] = made.get(day, 0) + 1
            at += dt.timedelta(seconds=gap)
        else:
            at = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=LONDON).astimezone(dt.UTC)


def test_caps_leave_what_is_not_spent_at_the_dearest() -> None:
    one = Spend(calls=1, minutes=2, pence=2.4)
    spent: dict[Any, Spent] = {"day": Spent(3, 6, 7.2), "wave": Spent(10, 20, 24), "account": Spent(10, 20, 24)}

    assert calls_within(None, spent, 5) == math.inf
    assert calls_within(Caps(one, {"wave": Spend(pence=48)}), spent, 5) == 10
    assert calls_within(Caps(one, {"day": Spend(calls=5)}), spent, 3) == 2 + 2 * 5
    assert calls_within(Caps(one, {"day": Spend(calls=5), "account": Spend(minutes=23)}), spent, 3) == 1
    assert calls_within(Caps(one, {"wave": Spend(calls=4)}), spent, 3) == 0
    assert calls_within(Caps(one, {"run": Spend(calls=1)}), spent, 3) == math.inf
