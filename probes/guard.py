"""The one gate before every effect: a mail, a call, a page.

`Guard.permit(effect)` either lets it through, counted against the day's limits, or raises `Refused`, recorded with the
rule's name and never scored. Rules, in this order: pause, consent, target, telephone number, hours; then it waits until
the line is free and the pace allows; then the day's limit, and for calls the caps on what they cost. All of that is
kept in the ledger, so it holds over every process that works on the programme; the locks here only keep the order
within one. Sources of the rules: Ofcom's persistent-misuse policy and General Condition C6, the MRS code, RFC 9309
practice.

    Refused
"""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import math
import re
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal, NoReturn, Protocol
from urllib.parse import urlsplit

import phonenumbers
from phonenumbers import PhoneNumberType

from probes.clock import Clock
from results.calendar import LONDON
from results.schema import Channel, Consent, Organisation, Refusal

Kind = Literal["mail", "call", "page"]
Carrier = Literal["practice", "real"]

CALLS_FROM, CALLS_UNTIL = dt.time(8, 0), dt.time(18, 0)
NIGHT_FROM, NIGHT_UNTIL = dt.time(22, 0), dt.time(7, 0)
SHORTEST_NUMBER = 9  # digits after +44; below that are 999, 101, 0800 1111 and their like, and nobody's office
SHORTEST_RING = 15.0  # Ofcom: let it ring at least 15 seconds before giving up
_LOOK_EVERY = (
    1.0  # real seconds between looks, while waiting, at whether everything has been paused or the line is free
)

_CHANNEL: dict[Kind, Channel] = {"mail": "email", "call": "phone", "page": "web"}
_ALLOWED_TYPES = {PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE, PhoneNumberType.UAN}
_DENIED_PREFIXES = {
    "999": "number.emergency",
    "112": "number.emergency",
    "101": "number.short_code",
    "105": "number.short_code",
    "111": "number.short_code",
    "116": "number.short_code",
    "118": "number.short_code",
    "119": "number.short_code",
    "123": "number.short_code",
    "159": "number.short_code",
    "18000": "number.short_code",
    "55": "number.range_denied",
    "56": "number.range_denied",
    "7": "number.mobile_or_personal",
    "84": "number.charged",
    "87": "number.charged",
    "9": "number.charged",
}
# Ofcom, "Telephone numbers for use in TV and radio drama", without the leading 0.
_DRAMA = re.compile(
    r"^(?:11[345678]4960\d{3}|1[2-6]14960\d{3}|1914980\d{3}|2079460\d{3}|2896496\d{3}|2920180\d{3}|1632960\d{3}"
    r"|8081570\d{3}|3069990\d{3}|7700900\d{3}|9098790\d{3})$"
)


@dataclass(frozen=True)
class Effect:
    """One mail, call or page about to happen. `target`: the address, the E.164 number, or the page's whole address.

    `longest`: real seconds for which a call holds its line at most, should whoever placed it never say that it is over.
    """

    kind: Kind
    organisation: str
    target: str
    shop: str | None = None
    in_hours: bool = True
    ring_for: float = 60.0
    leaves_message: bool = False
    longest: float = 300.0


Span = Literal["run", "day", "wave", "account"]


@dataclass(frozen=True)
class Spend:
    """Calls, begun minutes and pence: what one call costs, or the most that may be spent; inf where nothing caps."""

    calls: float = math.inf
    minutes: float = math.inf
    pence: float = math.inf


@dataclass(frozen=True)
class Caps:
    """The most that all calls together may cost, and what one is reckoned at before it is made: the dearest it can be.

    A cap is on one carrier account: on a run of it, a day of it, on a wave's calls, or on everything it ever placed
    for us.
    """

    one_call: Spend
    most: Mapping[Span, Spend]


@dataclass(frozen=True)
class Budget:
    """What the calls of one run are counted under: `run`, for ever its own.

    `goes_on`: when what the run may not make any more may be made by the next; None: as soon as somebody starts one.
    """

    run: str
    goes_on: dt.datetime | None = None


class Purse(Protocol):
    """What calls have cost so far, shared by all who call through the same carrier account."""

    async def spend(
        self,
        effect: Effect,
        at: dt.datetime,
        day: dt.date,
        cost: Spend,
        most: Mapping[Span, Spend],
        run: str | None = None,
    ) -> str:
        """Count the cost of one call, all or nothing.

        Returns "" or, with nothing counted, what would be passed: a span and a unit, such as "day pence". The wave is
        that of `effect.shop`; what is no run's passes no cap on runs.
        """


class Refused(Exception):
    """The guard said no. `refusal` says which rule and why; it is on record already."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.rule}: {refusal.reason}")
        self.refusal = refusal


class Ledger(Protocol):
    """What the guard remembers, shared by all who work on the programme."""

    async def pauses(self) -> Mapping[str, str]:
        """What is paused and why: organisation ids, and '*' for everything."""

    async def reserve(self, effect: Effect, at: dt.datetime, day: dt.date, most: int, gap: float) -> float | None:
        """Count the effect against its organisation's limit for that day, `gap` seconds after the last of its kind.

        0.0: it is counted. Else it is not: None when the limit is used up, or the seconds to wait for the pace.
        """

    async def occupy(self, effect: Effect, holder: str) -> bool:
        """Hold the line of a call for `holder`, at most `effect.longest` real seconds; False while another holds it.

        A shop whose call holds the line already may have it again: whoever placed that call is gone.
        """

    async def release(self, effect: Effect, holder: str) -> None:
        """The call is over. Nothing happens when `holder` does not hold the line."""

    async def record(self, refusal: Refusal) -> None:
        """Keep a refusal."""


@dataclass(frozen=True)
class _No:
    rule: str
    reason: str
    retry_at: dt.datetime | None = None


class Guard:
    """The gate. One for a whole run; `carrier` says whether telephones are real or the practice exchange.

    Calls are held to `caps`, counted in `purse`; without them nothing but the organisations' limits holds them.
    `budget`: whose run it is; None outside runs.
    """

    budget: Budget | None = None

    def __init__(
        self,
        register: Mapping[str, Organisation],
        ledger: Ledger,
        clock: Clock,
        carrier: Carrier,
        caps: Caps | None = None,
        purse: Purse | None = None,
    ) -> None:
        if (caps is None) is not (purse is None):
            raise ValueError("caps need a purse to count in, and a purse needs caps")
        self._register = register
        self._ledger = ledger
        self._clock = clock
        self._carrier: Carrier = carrier
        self._caps = caps
        self._purse = purse
        self._line: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._pace: defaultdict[tuple[str, Kind], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._last: dict[tuple[str, Kind], dt.datetime] = {}

    def during(self, budget: Budget) -> Guard:
        """The same gate for what is done in a run."""
        gate = copy.copy(self)
        gate.budget = budget
        return gate

    async def foresee(self, effect: Effect) -> Refusal | None:
        """What `permit` would say now, counting, recording and waiting for nothing. For a dry run."""
        no = await self._rules(effect)
        return self._refusal(effect, no) if no else None

    @asynccontextmanager
    async def permit(self, effect: Effect) -> AsyncIterator[None]:
        """Hold while the effect lasts. Waits for pace and for the line to be free; raises `Refused`.

        While it waits it looks each second whether it would still be allowed.
        """
        await self._check(effect)
        async with self._line_is_free(effect):
            async with self._pace[effect.organisation, effect.kind]:
                left = self._until_pace(effect)
                while True:
                    await self._wait(effect, left)
                    await self._check(effect)  # again: a pause or nightfall may have come while it waited
                    if not (left := await self._reserve(effect)):
                        break
                self._last[effect.organisation, effect.kind] = self._clock.now()
            yield

    async def still(self, effect: Effect) -> None:
        """Once more, for what was permitted and had to wait since. Raises `Refused`."""
        await self._check(effect)

    async def permit_own(self, target: str, owns: Callable[[str], bool]) -> None:
        """Let a mail to ourselves through, such as a mailbox's self-test; raises `Refused`.

        `owns`: whether an address is the sending account's own. A mail to one's own address needs nobody's consent.
        """
        effect = Effect("mail", "", target)
        if no := _paused(await self._ledger.pauses(), effect):
            await self._refuse(effect, no)
        if not owns(target):
            await self._refuse(effect, _No("own.address", f"{target} is not an address of our own"))

    @asynccontextmanager
    async def _line_is_free(self, effect: Effect) -> AsyncIterator[None]:
        """One call at a time on a line; mails and pages may overlap."""
        if effect.kind != "call":
            yield
            return
        holder = secrets.token_hex(8)
        async with self._line[effect.target]:
            try:
                while not await self._ledger.occupy(effect, holder):
                    await asyncio.sleep(_LOOK_EVERY)
                    await self._check(effect)
                yield
            finally:
                await self._ledger.release(effect, holder)

    # ------------------------------------------------------------------------------------------------ the rules

    async def _rules(self, effect: Effect) -> _No | None:
        organisation = self._register.get(effect.organisation)
        now = self._clock.now()
        return (
            _paused(await self._ledger.pauses(), effect)
            or _consent(organisation, effect, now)
            or (_number(effect.target, self._carrier) if effect.kind == "call" else None)
            or (_hours(organisation, effect, now) if effect.kind == "call" and organisation else None)
        )

    async def _check(self, effect: Effect) -> None:
        if no := await self._rules(effect):
            await self._refuse(effect, no)

    async def _reserve(self, effect: Effect) -> float:
        """Count the effect; 0.0, or the seconds to wait because another process was there first. Raises `Refused`."""
        limits = self._consent_of(effect).limits
        now = self._clock.now()
        most = {"mail": limits.mails_per_day, "call": limits.calls_per_day, "page": limits.pages_per_day}[effect.kind]
        day = now.astimezone(LONDON).date()
        tomorrow = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=LONDON).astimezone(dt.UTC)
        left = await self._ledger.reserve(effect, now, day, most, self._gap(effect))
        if left is None:
            await self._refuse(effect, _No("limit.day", f"the day's {most} {effect.kind}s are used up", tomorrow))
        if left:
            return left
        if effect.kind == "call" and self._caps is not None and self._purse is not None:
            run = self.budget.run if self.budget else None
            passed = await self._purse.spend(effect, now, day, self._caps.one_call, self._caps.most, run)
            if passed:
                span, unit = passed.split()
                reason = f"one more call would pass the cap on {unit} of the {span}"
                again = {"day": tomorrow, "run": self.budget.goes_on if self.budget else None}
                await self._refuse(effect, _No(f"cap.{span}", reason, again.get(span)))
        return 0.0

    async def _wait(self, effect: Effect, seconds: float) -> None:
        """Wait for the pace. Raises `Refused` within a second of a pause."""
        if not seconds:
            return
        waiting = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            while not (await asyncio.wait({waiting}, timeout=_LOOK_EVERY))[0]:
                await self._check(effect)
            await waiting
        finally:
            waiting.cancel()

    def _until_pace(self, effect: Effect) -> float:
        last = self._last.get((effect.organisation, effect.kind))
        return 0.0 if last is None else max(0.0, self._gap(effect) - (self._clock.now() - last).total_seconds())

    def _gap(self, effect: Effect) -> float:
        limits = self._consent_of(effect).limits
        return {
            "mail": limits.seconds_between_mails,
            "call": limits.seconds_between_calls,
            "page": limits.seconds_between_pages,
        }[effect.kind]

    def _consent_of(self, effect: Effect) -> Consent:
        consent = self._register[effect.organisation].consent
        if consent is None:  # `_check` has refused it already
            raise RuntimeError(f"{effect.organisation} has no consent entry")
        return consent

    async def _refuse(self, effect: Effect, no: _No) -> NoReturn:
        refusal = self._refusal(effect, no)
        await self._ledger.record(refusal)
        raise Refused(refusal)

    def _refusal(self, effect: Effect, no: _No) -> Refusal:
        return Refusal(
            at=self._clock.now(),
            effect=effect.kind,
            organisation=effect.organisation,
            target=effect.target,
            shop=effect.shop,
            rule=no.rule,
            reason=no.reason,
            retry_at=no.retry_at,
        )


def _paused(pauses: Mapping[str, str], effect: Effect) -> _No | None:
    if "*" in pauses:
        return _No("pause.all", f"everything is paused: {pauses['*']}")
    if effect.organisation in pauses:
        return _No("pause.organisation", f"{effect.organisation} is paused: {pauses[effect.organisation]}")
    return None


def _consent(organisation: Organisation | None, effect: Effect, now: dt.datetime) -> _No | None:
    if organisation is None:
        return _No("register.unknown", f"{effect.organisation} is not in the register")
    consent = organisation.consent
    if consent is None:
        return _No("consent.absent", f"{organisation.name} has no consent entry")
    today = now.astimezone(LONDON).date()
    if today < consent.valid_from:
        return _No("consent.not_yet", f"consent begins on {consent.valid_from:%d/%m/%Y}")
    if today > consent.until:
        return _No("consent.expired", f"consent ended on {consent.until:%d/%m/%Y}")
    channel = _CHANNEL[effect.kind]
    if channel not in consent.channels:
        return _No("consent.channel", f"consent does not cover {channel}")
    return _target(consent, effect)


def _target(consent: Consent, effect: Effect) -> _No | None:
    if effect.kind == "mail" and effect.target not in consent.addresses:
        return _No("consent.address", f"consent does not name the address {effect.target}")
    if effect.kind == "call" and effect.target not in consent.lines:
        return _No("consent.line", f"consent does not name the number {effect.target}")
    if effect.leaves_message and not consent.messages:
        return _No("consent.messages", "consent does not cover leaving messages")
    if effect.kind == "page":
        parts = urlsplit(effect.target)
        if parts.scheme not in ("http", "https") or parts.username is not None:
            return _No("consent.host", f"{effect.target[:200]} is not a plain web address")
        if parts.netloc.lower() not in consent.hosts:
            return _No("consent.host", f"consent does not name the host {parts.netloc}")
    return None


def never_dialled(number: str, carrier: Carrier) -> str | None:
    """Why a number may not be dialled whatever the register says, in plain words; None when it may be."""
    no = _number(number, carrier)
    return no.reason if no else None


def _number(number: str, carrier: Carrier) -> _No | None:
    """Whether a number may be dialled at all. An exact E.164 number in Great Britain's plan, of a permitted kind."""
    if not re.fullmatch(r"\+44[1-9][0-9]{2,9}", number):  # libphonenumber would let +44 0800 … pass, for 0800 …
        return _No("number.not_e164", f"{number!r} is not a UK number written +44…")
    national = number.removeprefix("+44")
    for prefix in sorted(_DENIED_PREFIXES, key=len, reverse=True):
        if national.startswith(prefix) and not _is_geographic_despite(prefix, national):
            return _No(_DENIED_PREFIXES[prefix], f"{number} is in a range that is never dialled ({prefix})")
    if len(national) < SHORTEST_NUMBER:  # libphonenumber holds 0800 1111, a children's helpline, for a valid number
        return _No("number.short_code", f"{number} is shorter than any ordinary number")
    drama = bool(_DRAMA.match(national))
    if carrier == "real" and drama:
        return _No("number.drama", f"{number} is one of Ofcom's numbers for drama; no real carrier is asked for it")
    if carrier == "practice":
        return None if drama else _No("number.not_practice", f"{number} is not one of Ofcom's numbers for drama")
    parsed = phonenumbers.parse(number)
    if not phonenumbers.is_valid_number(parsed):
        return _No("number.invalid", f"{number} is not a valid number")
    if (region := phonenumbers.region_code_for_number(parsed)) != "GB":
        return _No("number.region", f"{number} belongs to {region}, not to Great Britain")
    if phonenumbers.number_type(parsed) not in _ALLOWED_TYPES:
        return _No("number.type", f"{number} is neither a landline, an 03 nor a freephone number")
    return None


def _is_geographic_despite(prefix: str, national: str) -> bool:
    """Whether a national number that begins like a short code is an ordinary one: 0118 496 0000 is Reading, not 118."""
    return prefix in {"101", "105", "111", "116", "118", "119", "123", "159", "112"} and len(national) >= 9


def _hours(organisation: Organisation, effect: Effect, now: dt.datetime) -> _No | None:
    if effect.ring_for < SHORTEST_RING:
        return _No("ring.too_short", f"it would ring for {effect.ring_for:g} seconds; the least is {SHORTEST_RING:g}")
    calendar = organisation.hours.model_copy(update={"opens": CALLS_FROM, "closes": CALLS_UNTIL})
    if effect.in_hours:
        if calendar.is_open(now):
            return None
        return _No("hours.closed", "calls are made on working days from 08:00 to 18:00", calendar.next_opening(now))
    line = next((line for line in organisation.contacts.lines if line.number == effect.target), None)
    if line is None or not line.out_of_hours:
        return _No("hours.line", f"the register does not allow {effect.target} to be rung out of hours")
    local = now.astimezone(LONDON)
    if local.time() >= NIGHT_FROM or local.time() < NIGHT_UNTIL:
        morning = local.date() + dt.timedelta(days=local.time() >= NIGHT_FROM)
        return _No(
            "hours.night",
            "no call between 22:00 and 07:00",
            dt.datetime.combine(morning, NIGHT_UNTIL, tzinfo=LONDON).astimezone(dt.UTC),
        )
    return None
