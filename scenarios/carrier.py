"""The carrier of a programme's calls, with its secret: the practice exchange, or a real one."""

from __future__ import annotations

from probes.clock import Clock
from probes.phone.carriers.twilio import Twilio
from scenarios.credentials import PHONE_SECRET, secret
from scenarios.programme import Programme
from scenarios.reading import Invalid, Problem


def carrier(programme: Programme, clock: Clock) -> Twilio:
    """To be opened with `async with`. Raises `MissingSecret`; `Invalid` where the programme has no telephone."""
    phone = programme.phone
    if phone is None:
        raise Invalid([Problem("programme.toml", 0, "phone", "is missing; add a [phone] table with the carrier")])
    return Twilio(
        phone.account,
        secret(programme, PHONE_SECRET, phone.account),
        phone.caller,
        clock,
        programme.practice.carrier if programme.practice else None,
        phone.calls_per_second,
        region=phone.region,
    )
