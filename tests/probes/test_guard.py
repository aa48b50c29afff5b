"""The gate before every effect. One test for each refusal, by the rule's name."""

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from probes.guard import Budget, Caps, Carrier, Effect, Guard, Refused, Span, Spend, never_dialled
from results.calendar import LONDON
from results.schema import Consent, Contacts, Limits, Line, Organisation, Refusal

MONDAY = dt.datetime(2026, 11, 23, 10, tzinfo=LONDON)
LINE = "+441134960001"
REAL_LINE = "+441629533190"


@dataclass
class Clock:
    """A clock that moves only when somebody sleeps."""

    moment: dt.datetime = MONDAY
    slept: list[float] = field(default_factory=list)

    def now(self) -> dt.datetime:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += dt.timedelta(seconds=seconds)
        await asyncio.sleep(0)

    def stopwatch(self) -> float:
        return self.moment.timestamp()


@dataclass
class Ledger:
    """The guard's memory, in memory."""

    paused: dict[str, str] = field(default_factory=dict)
    counted: list[tuple[dt.date, str, str]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    async def pauses(self) -> Mapping[str, str]:
        return self.paused

    async def reserve(self, effect: Effect, at: dt.datetime, day: dt.date, most: int, gap: float) -> float | None:
        key = (day, effect.organisation, effect.kind)
        if self.counted.count(key) >= most:
            return None
        self.counted.append(key)
        return 0.0

    async def occupy(self, effect: Effect, holder: str) -> bool:
        return True

    async def release(self, effect: Effect, holder: str) -> None:
        pass

    async def record(self, refusal: Refusal) -> None:
        self.refused.append(refusal)


def council(lines: tuple[str, ...] = (LINE,), **consent: Any) -> Organisation:
    agreed: dict[str, Any] = {
        "agreed_by": "Head of Customer Services",
        "valid_from": dt.date(2026, 11, 1),
        "until": dt.date(2026, 12, 31),
        "channels": ("phone", "email", "web"),
        "lines": lines,
        "addresses": ("hello@amber.example",),
        "hosts": ("www.amber.example",),
        "limits": Limits(seconds_between_mails=0, seconds_between_calls=0, seconds_between_pages=0),
    } | consent
    contacts = Contacts(lines=tuple(Line(number=number, label="Switchboard") for number in lines))
    return Organisation(id="amber", name="Amber Council", contacts=contacts, consent=Consent(**agreed))


def guard(
    organisation: Organisation | None = None,
    carrier: Carrier = "practice",
    clock: Clock | None = None,
    ledger: Ledger | None = None,
) -> Guard:
    organisation = organisation or council()
    return Guard({"amber": organisation}, ledger or Ledger(), clock or Clock(), carrier)


MAIL = Effect("mail", "amber", "hello@amber.example")
CALL = Effect("call", "amber", LINE)
PAGE = Effect("page", "amber", "https://www.amber.example/bins?week=2")


async def rule(gate: Guard, effect: Effect) -> str:
    """The rule by which the effect is refused; nothing when it is let through."""
    try:
        async with gate.permit(effect):
            return ""
    except Refused as refused:
        return refused.refusal.rule


@pytest.mark.parametrize("effect", [MAIL, CALL, PAGE])
async def test_what_consent_covers_is_let_through(effect: Effect) -> None:
    assert await rule(guard(), effect) == ""


async def test_an_organisation_that_is_not_in_the_register_is_refused() -> None:
    assert await rule(guard(), Effect("mail", "nobody", "hello@amber.example")) == "register.unknown"


async def test_without_a_consent_entry_nothing_happens() -> None:
    silent = council().model_copy(update={"consent": None})

    assert [await rule(guard(silent), effect) for effect in (MAIL, CALL, PAGE)] == ["consent.absent"] * 3


async def test_consent_that_has_ended_refuses() -> None:
    assert await rule(guard(council(until=dt.date(2026, 11, 22))), MAIL) == "consent.expired"


async def test_consent_holds_to_the_end_of_its_last_day() -> None:
    assert await rule(guard(council(until=dt.date(2026, 11, 23))), MAIL) == ""


async def test_consent_that_has_not_begun_refuses() -> None:
    assert await rule(guard(council(valid_from=dt.date(2026, 11, 24))), MAIL) == "consent.not_yet"


async def test_a_channel_that_was_not_agreed_is_refused() -> None:
    assert await rule(guard(council(channels=("web",))), MAIL) == "consent.channel"


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        (Effect("mail", "amber", "chief@amber.example"), "consent.address"),
        (Effect("mail", "amber", "HELLO@amber.example"), "consent.address"),
        (Effect("call", "amber", "+441134960002"), "consent.line"),
        (Effect("page", "amber", "https://amber.example/"), "consent.host"),
        (Effect("page", "amber", "https://www.amber.example.evil.example/"), "consent.host"),
        (Effect("page", "amber", "https://www.amber.example:8443/"), "consent.host"),
        (Effect("page", "amber", "https://x@www.amber.example/"), "consent.host"),
        (Effect("page", "amber", "file:///etc/passwd"), "consent.host"),
    ],
)
async def test_only_the_exact_address_line_or_host_is_covered(effect: Effect, expected: str) -> None:
    assert await rule(guard(), effect) == expected


REFUSED_NUMBERS = {
    "+44999": "number.emergency",
    "0044999": "number.not_e164",
    "+44112": "number.emergency",
    "999": "number.not_e164",
    "112": "number.not_e164",
    "+44101": "number.short_code",
    "+44105": "number.short_code",
    "+44111": "number.short_code",
    "+44118118": "number.short_code",
    "+44119": "number.short_code",
    "+44123": "number.short_code",
    "+44159": "number.short_code",
    "+44116123": "number.short_code",
    "+4418000": "number.short_code",
    "+4418001": "number.short_code",
    "+44100": "number.short_code",
    "+441471": "number.short_code",
    "+44116000": "number.short_code",
    "+44118500": "number.short_code",
    "+448001111": "number.short_code",
    "9-9-9": "number.not_e164",
    "+44999\n": "number.not_e164",
    "+44９９９": "number.not_e164",
    "0999": "number.not_e164",
    "+44999999999": "number.emergency",
    "0044112": "number.not_e164",
    "+440999": "number.not_e164",
    "+440800985391": "number.not_e164",
    "+440113243000": "number.not_e164",
    "+445512345678": "number.range_denied",
    "+445612345678": "number.range_denied",
    "+447012345678": "number.mobile_or_personal",
    "+447612345678": "number.mobile_or_personal",
    "+447911123456": "number.mobile_or_personal",
    "+447781123456": "number.mobile_or_personal",
    "+448431234567": "number.charged",
    "+448441234567": "number.charged",
    "+448451234567": "number.charged",
    "+448454647": "number.charged",
    "+448701234567": "number.charged",
    "+448711234567": "number.charged",
    "+448721234567": "number.charged",
    "+448731234567": "number.charged",
    "+449012345678": "number.charged",
    "+441534740740": "number.region",
    "+441481717200": "number.region",
    "+441624675663": "number.region",
    "+33142685300": "number.not_e164",
    "+44162953319": "number.invalid",
    "+44 1629 533190": "number.not_e164",
    "+4401629533190": "number.not_e164",
    "tel:+441629533190": "number.not_e164",
}
DRAMA = {
    "+441134960123": "Leeds",
    "+441144960123": "Sheffield",
    "+441154960123": "Nottingham",
    "+441164960123": "Leicester",
    "+441174960123": "Bristol",
    "+441184960123": "Reading",
    "+441214960123": "Birmingham",
    "+441314960123": "Edinburgh",
    "+441414960123": "Glasgow",
    "+441514960123": "Liverpool",
    "+441614960123": "Manchester",
    "+441914980123": "Tyneside",
    "+442079460123": "London",
    "+442896496123": "Northern Ireland",
    "+442920180123": "Cardiff",
    "+441632960123": "no area",
    "+448081570123": "freephone",
    "+443069990123": "UK-wide",
}


def any_line(number: str) -> Organisation:
    """A register that says yes to a number whatever it is, as if somebody had slipped it in."""
    consent = Consent.model_construct(**{**council().consent.__dict__, "lines": (number,)})
    return council().model_copy(update={"consent": consent})


@pytest.mark.parametrize(("number", "expected"), REFUSED_NUMBERS.items())
async def test_a_number_that_must_never_ring_is_refused_even_when_the_register_has_it(
    number: str, expected: str
) -> None:
    assert await rule(guard(any_line(number), "real"), Effect("call", "amber", number)) == expected


@pytest.mark.parametrize("number", list(REFUSED_NUMBERS))
async def test_the_practice_carrier_refuses_it_too(number: str) -> None:
    assert (await rule(guard(any_line(number), "practice"), Effect("call", "amber", number))).startswith("number.")


@pytest.mark.parametrize("number", DRAMA, ids=list(DRAMA.values()))
async def test_a_drama_number_rings_at_the_practice_carrier_and_never_at_a_real_one(number: str) -> None:
    assert await rule(guard(any_line(number), "practice"), Effect("call", "amber", number)) == ""
    assert await rule(guard(any_line(number), "real"), Effect("call", "amber", number)) == "number.drama"


@pytest.mark.parametrize("number", ["+447700900123", "+449098790123"])
async def test_drama_mobiles_and_premium_numbers_ring_nowhere(number: str) -> None:
    assert (await rule(guard(any_line(number), "practice"), Effect("call", "amber", number))).startswith("number.")
    assert (await rule(guard(any_line(number), "real"), Effect("call", "amber", number))).startswith("number.")


@pytest.mark.parametrize("number", [REAL_LINE, "+443001234567", "+448001111234", "+442072194272", "+441189373787"])
def test_landlines_03_and_freephone_numbers_may_be_dialled_by_a_real_carrier(number: str) -> None:
    assert never_dialled(number, "real") is None


def test_a_real_number_is_never_dialled_by_the_practice_carrier() -> None:
    assert never_dialled(REAL_LINE, "practice") is not None


@given(st.from_regex(r"\A\+44[0-9]{3,10}\Z"))
@example("+440800985391")
@example("+448001111")
def test_nothing_shorter_than_a_full_number_is_ever_dialled(number: str) -> None:
    if never_dialled(number, "real") is None:
        assert len(number) >= len("+44") + 9
        assert number[3] in "1238"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23T07:59", "hours.closed"),
        ("2026-11-23T08:00", ""),
        ("2026-11-23T17:59", ""),
        ("2026-11-23T18:00", "hours.closed"),
        ("2026-11-22T10:00", "hours.closed"),
        ("2026-12-25T10:00", "hours.closed"),
    ],
)
async def test_calls_in_hours_are_made_on_working_days_from_eight_to_six(moment: str, expected: str) -> None:
    clock = Clock(dt.datetime.fromisoformat(moment).replace(tzinfo=LONDON))

    assert await rule(guard(clock=clock), CALL) == expected


async def test_a_refusal_out_of_hours_says_when_it_would_be_allowed() -> None:
    clock = Clock(dt.datetime(2026, 11, 21, 12, tzinfo=LONDON))

    refusal = await guard(clock=clock).foresee(CALL)

    assert refusal is not None
    assert refusal.retry_at == dt.datetime(2026, 11, 23, 8, tzinfo=LONDON)


OUT_OF_HOURS = Effect("call", "amber", LINE, in_hours=False)


async def test_a_line_is_rung_out_of_hours_only_where_the_register_says_so() -> None:
    assert await rule(guard(clock=Clock(MONDAY.replace(hour=20))), OUT_OF_HOURS) == "hours.line"


@pytest.mark.parametrize(("hour", "expected"), [(20, ""), (22, "hours.night"), (3, "hours.night"), (7, "")])
async def test_nobody_is_rung_at_night(hour: int, expected: str) -> None:
    duty = Line(number=LINE, label="Duty officer", out_of_hours=True)
    organisation = council().model_copy(update={"contacts": Contacts(lines=(duty,))})

    assert await rule(guard(organisation, clock=Clock(MONDAY.replace(hour=hour))), OUT_OF_HOURS) == expected


async def test_a_ring_too_short_to_be_answered_is_refused() -> None:
    assert await rule(guard(), Effect("call", "amber", LINE, ring_for=10)) == "ring.too_short"


async def test_the_days_limit_holds_and_is_a_new_one_tomorrow() -> None:
    clock, limits = Clock(), Limits(mails_per_day=2, seconds_between_mails=0)
    gate = guard(council(limits=limits), clock=clock)

    assert [await rule(gate, MAIL) for _ in range(3)] == ["", "", "limit.day"]
    clock.moment += dt.timedelta(days=1)
    assert await rule(gate, MAIL) == ""


@dataclass
class Purse:
    """What calls have cost, in memory."""

    spent: list[Spend] = field(default_factory=list)

    async def spend(
        self,
        effect: Effect,
        at: dt.datetime,
        day: dt.date,
        cost: Spend,
        most: Mapping[Span, Spend],
        run: str | None = None,
    ) -> str:
        for span, cap in most.items():
            for unit in ("calls", "minutes", "pence"):
                if sum(getattr(one, unit) for one in [*self.spent, cost]) > getattr(cap, unit):
                    return f"{span} {unit}"
        self.spent.append(cost)
        return ""


@pytest.mark.parametrize(
    ("span", "cap", "unit"),
    [
        ("day", Spend(calls=2), "calls"),
        ("wave", Spend(minutes=5), "minutes"),
        ("account", Spend(pence=7.5), "pence"),
    ],
)
async def test_a_call_that_would_pass_a_cap_is_refused_and_costs_nothing(span: Span, cap: Spend, unit: str) -> None:
    purse, ledger = Purse(), Ledger()
    caps = Caps(one_call=Spend(calls=1, minutes=2, pence=3.0), most={span: cap})
    gate = Guard({"amber": council()}, ledger, Clock(), "practice", caps, purse)

    assert [await rule(gate, CALL) for _ in range(3)] == ["", "", f"cap.{span}"]
    assert len(purse.spent) == 2
    assert unit in ledger.refused[0].reason
    assert (ledger.refused[0].retry_at is not None) is (span == "day")


@pytest.mark.parametrize("goes_on", [None, MONDAY + dt.timedelta(days=1)])
async def test_what_a_run_may_not_make_any_more_waits_for_the_next(goes_on: dt.datetime | None) -> None:
    ledger = Ledger()
    caps = Caps(one_call=Spend(calls=1, minutes=2, pence=3.0), most={"run": Spend(calls=1)})
    gate = Guard({"amber": council()}, ledger, Clock(), "practice", caps, Purse()).during(Budget("night", goes_on))

    assert [await rule(gate, CALL) for _ in range(2)] == ["", "cap.run"]
    assert ledger.refused[0].retry_at == goes_on


async def test_mails_and_pages_cost_nothing() -> None:
    caps = Caps(one_call=Spend(calls=1, minutes=1, pence=1), most={"day": Spend(calls=0)})
    gate = Guard({"amber": council()}, Ledger(), Clock(), "practice", caps, Purse())

    assert [await rule(gate, effect) for effect in (MAIL, PAGE, CALL)] == ["", "", "cap.day"]


async def test_contacts_keep_the_agreed_distance() -> None:
    clock = Clock()
    gate = guard(council(limits=Limits(seconds_between_mails=60)), clock=clock)

    await rule(gate, MAIL)
    await rule(gate, MAIL)

    assert clock.slept == [60]


async def test_a_line_is_rung_once_at_a_time() -> None:
    gate, order = guard(), []

    async def ring(name: str) -> None:
        async with gate.permit(CALL):
            order.append(f"{name} begins")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            order.append(f"{name} ends")

    async with asyncio.TaskGroup() as group:
        group.create_task(ring("one"))
        group.create_task(ring("two"))

    assert order == ["one begins", "one ends", "two begins", "two ends"]


async def test_a_pause_of_one_organisation_and_of_all_stops_everything_at_once() -> None:
    ledger = Ledger()
    gate = guard(ledger=ledger)

    ledger.paused = {"amber": "severe weather"}
    assert await rule(gate, MAIL) == "pause.organisation"
    ledger.paused = {"*": "election day"}
    assert [await rule(gate, effect) for effect in (MAIL, CALL, PAGE)] == ["pause.all"] * 3


async def test_a_pause_reaches_those_who_were_waiting_their_turn() -> None:
    ledger, clock = Ledger(), Clock()
    gate = guard(council(limits=Limits(seconds_between_mails=60)), clock=clock, ledger=ledger)
    await rule(gate, MAIL)

    async def stop() -> None:
        ledger.paused = {"*": "major incident"}

    waiting = asyncio.create_task(rule(gate, MAIL))
    await asyncio.sleep(0)
    await stop()

    assert await waiting == "pause.all"


async def test_every_refusal_is_on_record_with_its_reason_and_a_dry_run_records_nothing() -> None:
    ledger = Ledger()
    gate = guard(council().model_copy(update={"consent": None}), ledger=ledger)

    await gate.foresee(MAIL)
    assert ledger.refused == []
    await rule(gate, MAIL)
    assert [(each.rule, each.reason) for each in ledger.refused] == [
        ("consent.absent", "Amber Council has no consent entry")
    ]
