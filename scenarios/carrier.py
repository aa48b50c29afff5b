"""The carrier of a programme's calls, with its secret: the practice exchange, a real one, or a trunk of one's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from probes.clock import Clock
from probes.phone.carriers import Carrier, Pace
from probes.phone.speech import explanation, texts
from scenarios.credentials import PHONE_SECRET, MissingSecret, secret
from scenarios.phone_account import SipTrunk, TwilioAccount
from scenarios.programme import Programme
from scenarios.reading import Invalid, Problem

if TYPE_CHECKING:
    from probes.phone.carriers.sip import Trunk


def carrier(programme: Programme, clock: Clock, pace: Pace) -> AbstractAsyncContextManager[Carrier]:
    """To be opened with `async with`. `pace`: whose turn it is, where an account has a limit of calls a second.

    Raises `MissingSecret`; `Invalid` where the programme has no telephone.
    """
    phone = programme.phone
    if phone is None:
        raise Invalid([Problem("programme.toml", 0, "phone", "is missing; add a [phone] table with the carrier")])
    if isinstance(phone, SipTrunk):
        from probes.phone.carriers.sip import Sip  # here, as below: each provider's libraries take long to load

        return Sip(_trunk(programme, phone), clock, explanation(programme.partnership, texts(phone.texts)))
    return _twilio(programme, phone, clock, pace)


@asynccontextmanager
async def _twilio(programme: Programme, phone: TwilioAccount, clock: Clock, pace: Pace) -> AsyncIterator[Carrier]:
    from probes.phone.carriers.callbacks import Callbacks
    from probes.phone.carriers.twilio import Twilio

    token = secret(programme, PHONE_SECRET, phone.account)
    async with AsyncExitStack() as stack:
        callbacks = None
        if phone.callbacks is not None and phone.callbacks_port is not None:
            listening = Callbacks(phone.callbacks, phone.account, token, clock, phone.callbacks_port)
            callbacks = await stack.enter_async_context(listening)
        base_url = programme.practice.carrier if programme.practice else None
        yield await stack.enter_async_context(
            Twilio(
                phone.account,
                token,
                phone.caller,
                pace,
                base_url,
                phone.calls_per_second,
                region=phone.region,
                more=phone.numbers,
                callbacks=callbacks,
            )
        )


def _trunk(programme: Programme, phone: SipTrunk) -> Trunk:
    """A trunk that one signs in to has a password; one that knows its customers by address may have none."""
    from probes.phone.carriers.sip import Trunk

    try:
        password = secret(programme, PHONE_SECRET, phone.account)
    except MissingSecret:
        if phone.registers:
            raise
        password = ""
    return Trunk(
        phone.host,
        phone.user,
        phone.caller,
        password,
        phone.transport,
        phone.registers,
        phone.authority,
        phone.interface,
        phone.channels,
        phone.numbers,
    )
