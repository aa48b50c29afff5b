"""A keyring in memory, as narrow as the narrowest that there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError, PasswordSetError

MOST = 1280
"""Characters that Windows' keyring takes in one item."""

Ring = TypeVar("Ring", bound=KeyringBackend)


class Memory(KeyringBackend):
    """A keyring in memory, as narrow as the narrowest."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.items: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.items.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password) > MOST:
            raise PasswordSetError("too long")
        self.items[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.items.pop((service, username), None) is None:
            raise PasswordDeleteError("there is none")


@contextmanager
def using(ring: Ring) -> Iterator[Ring]:
    """Let everybody in this process keep secrets there."""
    before = keyring.get_keyring()
    keyring.set_keyring(ring)
    try:
        yield ring
    finally:
        keyring.set_keyring(before)
