"""The [seeing] and [alerts] tables of programme.toml: where an operator's tools look, and who is told what fails."""

from __future__ import annotations

import os
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator

from results.schema import Address, Noun

WEBHOOK = "DOORSTEP_ALERT_WEBHOOK"
"""The environment variable that may hold the webhook's address, and must where a token is part of it."""

LISTEN = r"^(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$"
"""A host or address, and a port."""

_HERE = ("127.0.0.1", "localhost", "::1")

Listen = Annotated[str, StringConstraints(pattern=LISTEN)]
WebhookUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+/?\S*$", max_length=2000)]


class Seeing(Noun):
    """Where `doorstep serve` tells monitoring how it does. Nowhere, unless this or --listen says so."""

    listen: Listen | None = Field(default=None, description="127.0.0.1:9871: the address and port to listen on")
    traces: WebhookUrl | None = Field(
        default=None, description="http://127.0.0.1:4318: the OpenTelemetry collector that is sent traces"
    )

    @field_validator("traces")
    @classmethod
    def _holds_no_secret(cls, address: str | None) -> str | None:
        if address is None:
            return None
        parts = urlsplit(address)
        if parts.username is not None or parts.query:
            raise ValueError("holds what may be a secret; take it out and use OTEL_EXPORTER_OTLP_HEADERS")
        if parts.scheme == "http" and parts.hostname not in _HERE:
            raise ValueError("begins with http://, which anybody on the way can read; use https://")
        return address

    @field_validator("listen")
    @classmethod
    def _has_a_port(cls, listen: str | None) -> str | None:
        if listen is not None:
            host_and_port(listen)
        return listen


class AlertRoutes(Noun):
    """Who is told of alerts. `email`: your own addresses, and nobody else's."""

    email: tuple[Address, ...] = ()
    webhook: WebhookUrl | None = Field(default=None, description=f"where there is a token in it, use {WEBHOOK}")

    @field_validator("webhook")
    @classmethod
    def _is_no_secret(cls, address: str | None) -> str | None:
        if address is None:
            return None
        parts = urlsplit(address)
        if parts.username is not None or parts.query:
            raise ValueError(f"holds what may be a secret; take it out and put the whole address in {WEBHOOK}")
        return _carried_safely(address)

    def webhook_address(self) -> str | None:
        """The address to tell, the environment's before the file's. Raises `ValueError` for one that is none."""
        named = os.environ.get(WEBHOOK)
        return _carried_safely(named) if named else self.webhook


def _carried_safely(address: str) -> str:
    """The address, which is never part of a message: it may hold a token."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{WEBHOOK} is no web address; write the whole address, beginning https://")
    if parts.scheme == "http" and parts.hostname not in _HERE:
        raise ValueError("begins with http://, which anybody on the way can read; use https://")
    return address


def host_and_port(listen: str) -> tuple[str, int]:
    """What `LISTEN` describes, taken apart. Raises `ValueError` where no port has that number."""
    host, _, port = listen.rpartition(":")
    if int(port) > 65535:
        raise ValueError(f"is {listen!r}; ports go up to 65535")
    return host.strip("[]"), int(port)
