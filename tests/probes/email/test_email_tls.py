"""Over a network everything is encrypted, and a server that cannot prove its name gets neither password nor mail."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from probes.clock import RealClock
from probes.email import Collector, EmailProbe
from probes.email.imap import MailboxUnreachable
from probes.guard import Guard
from tests.certificate import self_signed
from tests.probes.email.house import USER, mail_house
from tests.probes.email.people import COUNCIL, SENT_AT, Journal, Ledger, Tray, errand


@pytest.fixture
def guard(ledger: Ledger) -> Guard:
    return Guard({COUNCIL.id: COUNCIL}, ledger, RealClock(), "practice")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return self_signed(tmp_path)


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def test_a_server_that_proves_its_name_is_used(
    tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch, tray: Tray, guard: Guard, journal: Journal
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    async with mail_house(tls) as house:
        async with EmailProbe(house.account, guard, journal, RealClock()) as probe:
            seen = await probe.knock(errand())
        await house.deliver(b"Subject: hello\r\n\r\nhello\r\n", SENT_AT)
        collected = await Collector(house.account, tray, RealClock()).collect()

    assert seen.error is None
    assert house.logins == [USER]
    assert collected == 1


async def test_a_server_that_cannot_prove_its_name_gets_nothing(
    tls: ssl.SSLContext, tray: Tray, guard: Guard, journal: Journal
) -> None:
    async with mail_house(tls) as house:
        async with EmailProbe(house.account, guard, journal, RealClock()) as probe:
            seen = await probe.knock(errand())
        with pytest.raises(MailboxUnreachable):
            await Collector(house.account, tray, RealClock()).collect()

    assert seen.error is not None
    assert not house.logins
    assert not house.transactions
