"""Certificates for 127.0.0.1, good and bad, for servers on loopback that must speak TLS."""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def self_signed(
    folder: Path, *, address: str = "127.0.0.1", ends: dt.datetime = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
) -> Path:
    """Write a certificate that has signed itself, with its key, into the folder, in one PEM file."""
    return _written(folder, address, ends, known=True)


def of_nobody(folder: Path) -> Path:
    """Write a certificate signed by an authority of which nothing is sent, as by a server with half a chain."""
    return _written(folder, "127.0.0.1", dt.datetime(2099, 1, 1, tzinfo=dt.UTC), known=False)


def _written(folder: Path, address: str, ends: dt.datetime, *, known: bool) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    authority = key if known else ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test's own")])
    issuer = name if known else x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "an authority between")])
    made = (
        x509.CertificateBuilder(issuer, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), False)
        .add_extension(x509.BasicConstraints(ca=known, path_length=None), True)
        .sign(authority, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(made.public_bytes(pem) + secret)
    return path
