"""A mail house, a guard and a journal for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from probes.clock import RealClock
from probes.email.send import EmailProbe
from probes.guard import Guard
from tests.mailstack.stack import MailStack, lacking, mail_stack
from tests.probes.email.house import MailHouse, mail_house
from tests.probes.email.people import COUNCIL, Journal, Ledger, Tray


@pytest.fixture
async def house() -> AsyncIterator[MailHouse]:
    async with mail_house() as house:
        yield house


@pytest.fixture(scope="session")
def stack() -> Iterator[MailStack]:
    """Postfix and Dovecot on loopback, one for all tests of a process; each test takes mailboxes of its own."""
    if why := lacking():
        pytest.skip(why)
    with mail_stack() as up:
        yield up


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def tray() -> Tray:
    return Tray()


@pytest.fixture
async def probe(house: MailHouse, journal: Journal, ledger: Ledger) -> AsyncIterator[EmailProbe]:
    guard = Guard({COUNCIL.id: COUNCIL}, ledger, RealClock(), "practice")
    async with EmailProbe(house.account, guard, journal, RealClock()) as probe:
        yield probe
