"""Passwords and tokens: from the environment or the keyring, never from a file in the programme folder.

Practice programmes use the practice partnership's own, which open nothing else.
"""

from __future__ import annotations

import os

import keyring
from keyring.errors import KeyringError

from scenarios.programme import Programme

PRACTICE = "practice"
MAIL_PASSWORD = "DOORSTEP_MAIL_PASSWORD"  # noqa: S105 - the variable's name
PHONE_SECRET = "DOORSTEP_PHONE_SECRET"  # noqa: S105 - the variable's name


class MissingSecret(Exception):
    """A password is needed and was found nowhere. The message says where to put it."""


def secret(programme: Programme, variable: str, account: str) -> str:
    """The password of an account. Raises `MissingSecret`."""
    if programme.practice:
        return PRACTICE
    if found := os.environ.get(variable):
        return found
    try:
        found = keyring.get_password("doorstep", account)
    except KeyringError:
        found = None
    if not found:
        how = f"set the environment variable {variable}, or run: keyring set doorstep {account}"
        raise MissingSecret(f"there is no password for {account}; {how}")
    return found
