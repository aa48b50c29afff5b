"""Status callbacks: at each change of a call the exchange posts what Twilio would, signed as Twilio does.

To addresses of this machine's loopback alone. Sources: https://www.twilio.com/docs/voice/api/call-resource
(StatusCallback), https://www.twilio.com/docs/usage/security (X-Twilio-Signature).
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import ipaddress
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.utils import format_datetime
from urllib.parse import urlsplit

from probes.http import httpx, tls
from scenarios.practice.call import FINAL, SIP, Call, Change

_EVENTS = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}  # all others: completed
_PATIENCE = 5.0  # seconds until a listener that does not answer is given up


class BadCallback(ValueError):
    """Where or of what the caller wants to be told cannot be."""


@dataclass(frozen=True)
class StatusCallback:
    """Where to tell of which events: initiated, ringing, answered, completed."""

    url: str
    events: frozenset[str]


def read_callback(url: str, events: Sequence[str], method: str) -> StatusCallback | None:
    """What the caller wants to be told; None: nothing. Without a word about events, the end. Raises `BadCallback`."""
    if not url:
        return None
    if not _is_here(url):
        raise BadCallback(f"the exchange posts to this machine's loopback alone, not to {url[:60]!r}")
    if method not in ("", "POST"):
        raise BadCallback("the exchange tells by POST alone")
    if unknown := set(events) - {*_EVENTS.values(), "completed"}:
        raise BadCallback(f"there is no event {sorted(unknown)[0][:40]!r}")
    return StatusCallback(url, frozenset(events or ("completed",)))


def signature(url: str, form: Mapping[str, str], token: str) -> str:
    """Base64 of the HMAC-SHA1 of the address with every key and value behind it, sorted by key."""
    signed = url + "".join(key + form[key] for key in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), "sha1")).decode()


async def tell(call: Call, callback: StatusCallback, account: str, token: str) -> None:
    """Post each change that was asked for, in turn, until the call is over. A listener may be away."""
    told = 0
    async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False, verify=tls()) as client:
        while True:
            change = await call.changes.get()
            if _EVENTS.get(change.status, "completed") in callback.events:
                form = status_form(call, change, account, told)
                headers = {"X-Twilio-Signature": signature(callback.url, form, token)}
                with suppress(httpx.HTTPError):
                    await client.post(callback.url, data=form, headers=headers)
                told += 1
            if change.status in FINAL:
                return


def status_form(call: Call, change: Change, account: str, number: int) -> dict[str, str]:
    """The form that tells of a change, the so-manieth of the call."""
    form = {
        "CallSid": call.sid,
        "AccountSid": account,
        "ApiVersion": "2010-04-01",
        "From": call.caller,
        "Caller": call.caller,
        "FromCountry": "GB",
        "CallerCountry": "GB",
        "To": call.to,
        "Called": call.to,
        "ToCountry": "GB",
        "CalledCountry": "GB",
        "Direction": call.direction,
        "CallStatus": change.status,
        "Timestamp": _rfc2822(call.at(change.at)),
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(number),
    }
    if change.status in FINAL:
        seconds = round(call.lasted)
        form |= {"CallDuration": str(seconds), "Duration": str(math.ceil(seconds / 60))}
        form["SipResponseCode"] = str(SIP[change.status])
    return form


def _is_here(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = ipaddress.ip_address(parts.hostname or "")
        httpx.URL(url)
        port = parts.port
    except (ValueError, httpx.InvalidURL):
        return False
    return parts.scheme in ("http", "https") and host.is_loopback and parts.username is None and port != 0


def _rfc2822(moment: dt.datetime | None) -> str:
    return "" if moment is None else format_datetime(moment.astimezone(dt.UTC))
