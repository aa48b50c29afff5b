"""One mailbox of ours: its servers, how we sign in to them, and the address that each contact writes from.

Where passwords and tokens come from does not live here (`scenarios.credentials`, `scenarios.sign_in`).

    SignInNeeded
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

Addresses = Literal["plus", "catch-all", "one"]
"""How each contact gets an address of its own: user+tag@domain; tag@domain, where every address of the domain arrives
in the mailbox; or none: all contacts share the mailbox's."""

_TAG = re.compile(r"[A-Za-z0-9._-]{1,48}")


class SignInNeeded(Exception):
    """There is no access token and none can be had until a person signs in. The message says how, on one line."""


@dataclass(frozen=True)
class Account:
    """A mailbox of ours, used for nothing else, and the servers it is on.

    `token`: gives an OAuth 2 access token that is good now, to sign in with instead of a password. It raises
    `SignInNeeded`, or `OSError` when the identity service cannot be reached. `persona`: the full name that writes from
    this account; without it each contact has a name of its own. Without `tls` only servers on this machine are
    accepted, so that no password crosses a network in the clear.
    """

    name: str
    mailbox: str
    smtp_host: str
    smtp_port: int
    imap_host: str
    imap_port: int
    username: str
    password: str = field(repr=False, default="")
    token: Callable[[], Awaitable[str]] | None = field(repr=False, compare=False, default=None)
    tls: bool = True
    addresses: Addresses = "plus"
    persona: str | None = None

    def __post_init__(self) -> None:
        if self.mailbox.count("@") != 1 or "+" in self.mailbox or re.search(r"[\s<>,;\"]", self.mailbox):
            raise ValueError(
                f"account {self.name}: mailbox {self.mailbox!r} must be a plain address such as a@b.example"
            )
        if self.addresses == "one" and self.persona is None:
            raise ValueError(f"account {self.name}: its one address is one person's, so persona must name somebody")
        for host in (self.smtp_host, self.imap_host):
            if not self.tls and not _is_here(host):
                raise ValueError(f"account {self.name}: {host} is not this machine, so tls must be true")

    def address(self, tag: str) -> str:
        """The address that one contact writes from. Raises `ValueError` for a tag that is no part of an address."""
        if not _TAG.fullmatch(tag):
            raise ValueError(f"{tag!r} cannot stand in an address: use up to 48 letters, digits, dots and hyphens")
        user, _, domain = self.mailbox.partition("@")
        return {"plus": f"{user}+{tag}@{domain}", "catch-all": f"{tag}@{domain}", "one": self.mailbox}[self.addresses]

    def tag(self, address: str) -> str | None:
        """The tag in an address of this account, in small letters as mail servers compare it; None where there is none.

        Where every address of the domain arrives, every one but the mailbox's own is a tag.
        """
        local, _, domain = address.casefold().partition("@")
        user = self.mailbox.casefold().partition("@")[0]
        if domain != self.domain.casefold() or local == user:
            return None
        if self.addresses == "catch-all":
            return local or None
        return local.removeprefix(f"{user}+") if self.addresses == "plus" and local.startswith(f"{user}+") else None

    def owns(self, address: str) -> bool:
        """Whether mail to this address comes to this account: the mailbox itself, or one contact's address."""
        return address.casefold() == self.mailbox.casefold() or bool(self.tag(address))

    @property
    def domain(self) -> str:
        """What follows the @."""
        return self.mailbox.partition("@")[2]


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
