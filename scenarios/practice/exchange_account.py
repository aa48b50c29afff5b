"""What the exchange tells about the caller's account: whom it may call, which number it shows, money and prices.

Source of the forms: Twilio's resources Account, Balance, IncomingPhoneNumber, OutgoingCallerId, DialingPermissions
(voice, v1) and Number (pricing, v2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_NAMES = {"GB": "United Kingdom", "IE": "Ireland", "JE": "Jersey", "LV": "Latvia", "US": "United States"}
_CODES = {"GB": "+44", "IE": "+353", "JE": "+44", "LV": "+371", "US": "+1"}
Form = Callable[[Mapping[str, str]], dict[str, Any]]


@dataclass(frozen=True)
class AccountManner:
    """An account as it ought to be, unless said otherwise. `countries`: where ordinary numbers may be called.

    `price`: of a begun minute, in `currency`; None: the exchange does not tell it.
    """

    status: str = "active"
    kind: str = "Full"
    countries: tuple[str, ...] = ("GB",)
    special: tuple[str, ...] = ()
    tollfraud: tuple[str, ...] = ()
    owned: bool = True
    verified: bool = False
    answers: bool = True
    balance: float = 20.0
    currency: str = "USD"
    price: float | None = 0.0158


def account_forms(account: AccountManner, callers: Sequence[str], sid: str) -> dict[str, Form]:
    """What is answered at each path, and under "price" at that of a number's price. `callers`: its numbers."""
    here = f"/2010-04-01/Accounts/{sid}"
    owned = [_owned(account, number, sid, n) for n, number in enumerate(callers)] if account.owned else []
    verified = [_verified(number, sid, n) for n, number in enumerate(callers)] if account.verified else []
    return {
        f"{here}.json": lambda query: _itself(account, sid),
        f"{here}/Balance.json": lambda query: {
            "account_sid": sid,
            "balance": f"{account.balance:.2f}",
            "currency": account.currency,
        },
        f"{here}/IncomingPhoneNumbers.json": lambda query: _numbers("incoming_phone_numbers", owned, query, here),
        f"{here}/OutgoingCallerIds.json": lambda query: _numbers("outgoing_caller_ids", verified, query, here),
        "/v1/DialingPermissions/Countries": lambda query: _countries(account),
        "price": lambda query: _price(account, query["To"]),
    }


def _itself(account: AccountManner, sid: str) -> dict[str, Any]:
    return {
        "sid": sid,
        "owner_account_sid": sid,
        "friendly_name": "Practice",
        "status": account.status,
        "type": account.kind,
        "auth_token": None,
        "date_created": None,
        "date_updated": None,
        "subresource_uris": {},
        "uri": f"/2010-04-01/Accounts/{sid}.json",
    }


def _numbers(key: str, rows: list[dict[str, Any]], query: Mapping[str, str], here: str) -> dict[str, Any]:
    wanted = query.get("PhoneNumber")
    found = [row for row in rows if wanted in (None, row["phone_number"])]
    return {
        key: found,
        "page": 0,
        "page_size": 50,
        "start": 0,
        "end": max(len(found) - 1, 0),
        "uri": here,
        "first_page_uri": here,
        "next_page_uri": None,
        "previous_page_uri": None,
    }


def _owned(account: AccountManner, caller: str, sid: str, n: int) -> dict[str, Any]:
    return {
        "sid": f"PN{n:032x}",
        "account_sid": sid,
        "phone_number": caller,
        "friendly_name": caller,
        "capabilities": {"voice": True, "sms": False, "mms": False, "fax": False},
        "voice_url": "https://example.com/who-called" if account.answers else "",
        "voice_application_sid": "",
        "trunk_sid": None,
        "status": "in-use",
        "date_created": None,
        "date_updated": None,
    }


def _verified(caller: str, sid: str, n: int) -> dict[str, Any]:
    return {
        "sid": f"PN{n:032x}",
        "account_sid": sid,
        "phone_number": caller,
        "friendly_name": caller,
        "date_created": None,
        "date_updated": None,
        "uri": "",
    }


def _countries(account: AccountManner) -> dict[str, Any]:
    """Every country the exchange has heard of, most of them switched off, on one page."""
    address = "https://voice.twilio.com/v1/DialingPermissions/Countries"
    rows = [
        {
            "iso_code": code,
            "name": name,
            "continent": "NORTH_AMERICA" if code == "US" else "EUROPE",
            "country_codes": [_CODES[code]],
            "low_risk_numbers_enabled": code in account.countries,
            "high_risk_special_numbers_enabled": code in account.special,
            "high_risk_tollfraud_numbers_enabled": code in account.tollfraud,
            "url": f"{address}/{code}",
            "links": {"highrisk_special_prefixes": f"{address}/{code}/HighRiskSpecialPrefixes"},
        }
        for code, name in _NAMES.items()
    ]
    meta = {"key": "content", "page": 0, "page_size": 50, "url": address, "first_page_url": address}
    return {"content": rows, "meta": meta | {"next_page_url": None, "previous_page_url": None}}


def _price(account: AccountManner, number: str) -> dict[str, Any]:
    prices = []
    if account.price is not None:
        price = f"{account.price:.4f}"
        prices = [{"origination_prefixes": ["ALL"], "base_price": price, "current_price": price}]
    return {
        "destination_number": number,
        "origination_number": None,
        "country": "United Kingdom",
        "iso_country": "GB",
        "outbound_call_prices": prices,
        "inbound_call_price": None,
        "price_unit": account.currency,
        "url": f"https://pricing.twilio.com/v2/Voice/Numbers/{number}",
    }
