"""Before the first real call: whom may the account call, which number does it show, what will it cost?

Pure: a carrier tells about the account, or a trunk of one's own was opened; here that is judged. Nothing here dials.
Sources of the rules: the carrier's voice dialling permissions, which exist against toll fraud; Ofcom's General
Condition C6 on the number shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from probes.guard import Carrier, never_dialled

MINUTES_EXPECTED = 1
"""Begun minutes of an ordinary call: it ends with our message, which lasts a quarter of a minute."""
MINUTES_AT_MOST = 2
ATTEMPTS_AT_MOST = 3

_MOBILE = re.compile(r"\+447[1-57-9][0-9]{8}")
_NAMED = 5  # countries named in a refusal before "and n more"


@dataclass(frozen=True)
class Country:
    """What an account may call in one country. `special` and `tollfraud`: the carrier's high-risk ranges."""

    name: str
    ordinary: bool
    special: bool
    tollfraud: bool

    @property
    def anything(self) -> bool:
        """Whether any call there is allowed."""
        return self.ordinary or self.special or self.tollfraud


@dataclass(frozen=True)
class Account:
    """What a carrier tells about an account.

    `countries`: by ISO code. `owned` and `verified`: whether the number shown to those called is rented from the
    carrier, or proven to be ours. `answers`: whether anything answers who rings it back; None where it is not told.
    `prices`: per begun minute to each number; None where it is not told.
    """

    active: bool
    trial: bool
    countries: Mapping[str, Country]
    caller: str
    owned: bool
    verified: bool
    answers: bool | None
    balance: float
    currency: str
    prices: Mapping[str, float | None]


@dataclass(frozen=True)
class Line:
    """What shows of a trunk of one's own without dialling.

    `opens`: why it does not open, as the registrar's refusal; None where it did. `speaks`: why there is no voice to
    speak with; None where there is one. `pence_per_minute`: as the programme says; None: it does not.
    """

    host: str
    caller: str
    registers: bool
    channels: int
    opens: str | None
    speaks: str | None
    pence_per_minute: float | None


@dataclass(frozen=True)
class Preflight:
    """The judgement. With any refusal nothing may be dialled. Costs in `currency`; None: not told.

    `about`: what was found, one sentence or figure each.
    """

    about: tuple[str, ...]
    calls: int
    refusals: tuple[str, ...]
    warnings: tuple[str, ...]
    expected: float | None
    at_most: float | None
    currency: str


def preflight(account: Account, calls: Mapping[str, int], carrier: Carrier) -> Preflight:
    """Judge an account before calls to these numbers, so many to each; `carrier`: practice or real."""
    expected = _cost(account, calls, MINUTES_EXPECTED)
    at_most = _cost(account, calls, MINUTES_AT_MOST * ATTEMPTS_AT_MOST)
    refusals = [*_state(account), *_countries(account), *_caller(account, carrier)]
    refusals += [reason for number in calls if (reason := never_dialled(number, carrier))]
    warnings = []
    if expected is not None and account.balance < expected:
        needed = f"{expected:.2f} {account.currency} are expected to be needed"
        refusals.append(f"the balance is {account.balance:.2f} {account.currency}; {needed}")
    elif at_most is not None and account.balance < at_most:
        warnings.append("the balance may not last if many calls have to be tried again")
    if expected is None:
        warnings.append("the carrier does not tell the price of every number; set caps in pence before you begin")
    if account.answers is False:
        warnings.append(f"nothing answers whoever rings {account.caller} back; let it say what these calls were")
    return Preflight(
        _about(account), sum(calls.values()), tuple(refusals), tuple(warnings), expected, at_most, account.currency
    )


def preflight_of_a_trunk(line: Line, calls: Mapping[str, int], carrier: Carrier) -> Preflight:
    """Judge a trunk of one's own before so many calls to these numbers; `carrier`: practice or real.

    Whom it may call, and whether it lets us show our number, is the provider's to say; nothing asks it.
    """
    pounds = None if line.pence_per_minute is None else sum(calls.values()) * line.pence_per_minute / 100
    refusals = [reason for reason in (line.opens, line.speaks) if reason is not None]
    refusals += _rung_back(line.caller, carrier)
    refusals += [reason for number in calls if (reason := never_dialled(number, carrier))]
    warnings = []
    if pounds is None:
        warnings.append("what a minute costs is not known; say it as pence_per_minute, and set caps before you begin")
    if not line.registers:
        warnings.append("it does not sign in, so nothing shows before the first call whether the trunk takes our calls")
        warnings.append(f"nothing here answers whoever rings {line.caller} back; see that something does")
    signs_in = "signs in" if line.registers else "knows us by our address"
    about = (
        f"Number shown: {line.caller}",
        f"Trunk: {line.host} ({signs_in}), {line.channels} calls at once",
        f"Voice: {'there' if line.speaks is None else 'missing'}",
    )
    return Preflight(
        about,
        sum(calls.values()),
        tuple(refusals),
        tuple(warnings),
        None if pounds is None else pounds * MINUTES_EXPECTED,
        None if pounds is None else pounds * MINUTES_AT_MOST * ATTEMPTS_AT_MOST,
        "GBP",
    )


def lines(result: Preflight) -> tuple[str, ...]:
    """The judgement for a reader, one sentence or figure a line."""
    told = [*result.about]
    if result.expected is None or result.at_most is None:
        told.append(f"Expected cost of {result.calls} calls: not known")
    else:
        told.append(f"Expected cost of {result.calls} calls: {result.expected:.2f} {result.currency}")
        most = f"{ATTEMPTS_AT_MOST} attempts of {MINUTES_AT_MOST} minutes at each"
        told.append(f"At most, with {most}: {result.at_most:.2f} {result.currency}")
    told += [f"Warning: {warning}" for warning in result.warnings]
    told += [f"Refused: {refusal}" for refusal in result.refusals]
    told.append("Nothing may be dialled." if result.refusals else "All is well. Nothing was dialled.")
    return tuple(told)


def _about(account: Account) -> tuple[str, ...]:
    shown = (
        "rented from the carrier" if account.owned else "verified" if account.verified else "neither owned nor verified"
    )
    allowed = ", ".join(code for code, country in sorted(account.countries.items()) if country.anything) or "none"
    return (
        f"Number shown: {account.caller} ({shown})",
        f"Countries that may be called: {allowed}",
        f"Balance: {account.balance:.2f} {account.currency}",
        *(
            f"Price to {number}: {'not told' if price is None else f'{price:.4f} {account.currency} a minute'}"
            for number, price in sorted(account.prices.items())
        ),
    )


def _cost(account: Account, calls: Mapping[str, int], minutes: int) -> float | None:
    total = 0.0
    for number, count in calls.items():
        price = account.prices.get(number)
        if price is None:
            return None
        total += price * count * minutes
    return total


def _state(account: Account) -> list[str]:
    refusals = []
    if not account.active:
        refusals.append("the account is suspended or closed")
    if account.trial:
        refusals.append("it is a trial account: its calls begin with the carrier's own message and not with ours")
    return refusals


def _countries(account: Account) -> list[str]:
    """Great Britain's ordinary numbers must be on, its high-risk ones off, and every other country off."""
    refusals = []
    home = account.countries.get("GB")
    if home is None or not home.ordinary:
        refusals.append("the account may not call ordinary numbers in the United Kingdom; switch that on")
    if home is not None and home.special:
        refusals.append("high-risk special numbers in the United Kingdom are switched on; switch them off")
    if home is not None and home.tollfraud:
        refusals.append("numbers prone to toll fraud in the United Kingdom are switched on; switch them off")
    others = sorted(country.name for code, country in account.countries.items() if code != "GB" and country.anything)
    if others:
        more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        refusals.append(f"calls to other countries are switched on; switch off {', '.join(others[:_NAMED])}{more}")
    return refusals


def _caller(account: Account, carrier: Carrier) -> list[str]:
    """A number of our own that costs nobody much to ring back. A mobile is one, though it is never called."""
    refusals = []
    if not account.owned and not account.verified:
        refusals.append(f"{account.caller} is neither rented from the carrier nor verified; it may not be shown")
    return refusals + _rung_back(account.caller, carrier)


def _rung_back(caller: str, carrier: Carrier) -> list[str]:
    problem = None if _MOBILE.fullmatch(caller) else never_dialled(caller, carrier)
    return [f"the number shown cannot be rung back at an ordinary price: {problem}"] if problem else []
