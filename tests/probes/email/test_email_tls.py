"""Over a network everything is encrypted, and a server that cannot prove its name gets neither password nor mail."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

import pytest

from probes.clock import RealClock
from probes.email import Collector, EmailProbe
from probes.email.imap import MailboxUnreachable
from probes.guard import Guard
from tests.probes.email.house import USER, mail_house
from tests.probes.email.people import COUNCIL, SENT_AT, Journal, Ledger, Tray, errand

x509 = pytest.importorskip("cryptography.x509")


@pytest.fixture
def guard(ledger: Ledger) -> Guard:
    return Guard({COUNCIL.id: COUNCIL}, ledger, RealClock(), "practice")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that has signed itself, with its key."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail house")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "certificate.pem"
    path.write_bytes(made.public_bytes(pem) + secret)
    return path


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
