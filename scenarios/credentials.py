"""Passwords and tokens: from the environment or the keyring, never from a file in the programme folder.

Practice programmes use the practice partnership's own, which open nothing else. How a person signs in and how tokens
are kept fresh lives in `sign_in`.
"""

from __future__ import annotations

import contextlib
import os

from scenarios.programme import Programme

PRACTICE = "practice"
MAIL_PASSWORD = "DOORSTEP_MAIL_PASSWORD"  # noqa: S105 - the variable's name
PHONE_SECRET = "DOORSTEP_PHONE_SECRET"  # noqa: S105 - the variable's name
GOOGLE_SECRET = "DOORSTEP_GOOGLE_CLIENT_SECRET"  # noqa: S105 - the variable's name

_SERVICE = "doorstep"
_PIECE = 1_000
"""Characters kept as one item: Windows' keyring takes 2,560 bytes, and writes two for each character."""


class MissingSecret(Exception):
    """A password is needed and was found nowhere. The message says where to put it."""


def secret(programme: Programme, variable: str, account: str) -> str:
    """The secret of an account, other than a mailbox's. Raises `MissingSecret`."""
    return PRACTICE if programme.practice else _found((variable,), account)


def mail_password(name: str, mailbox: str, *, alone: bool, practice: bool) -> str:
    """The password of the mail account called `name`. Raises `MissingSecret`.

    It is sought in DOORSTEP_MAIL_PASSWORD_<NAME>, in DOORSTEP_MAIL_PASSWORD where the account is the programme's only
    one (`alone`), and in the keyring under the mailbox's address.
    """
    if practice:
        return PRACTICE
    own = f"{MAIL_PASSWORD}_{name.upper().replace('-', '_')}"
    return _found((own, MAIL_PASSWORD) if alone else (own,), mailbox)


def google_secret(client_id: str) -> str:
    """The client secret that Google gives an installed application with its client id. Raises `MissingSecret`."""
    return _found((GOOGLE_SECRET,), client_id)


def _found(variables: tuple[str, ...], user: str) -> str:
    for variable in variables:
        if found := os.environ.get(variable):
            return found
    if found := _read(user):
        return found
    how = f"set the environment variable {variables[0]}, or run: keyring set {_SERVICE} {user}"
    raise MissingSecret(f"there is no password for {user}; {how}")


def _read(user: str) -> str | None:
    import keyring  # here, as below, because it takes long to load and practice needs none
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(_SERVICE, user)
    except KeyringError:
        return None


# ------------------------------------------------------------------------------------------------ sign-ins


def kept_sign_in(mailbox: str) -> str | None:
    """What `keep_sign_in` kept for the mailbox, or None. Without a keyring there is nothing."""
    pieces: list[str] = []
    while piece := _read(_item(mailbox, len(pieces))):
        pieces.append(piece)
    return "".join(pieces) or None


def keep_sign_in(mailbox: str, text: str) -> None:
    """Keep a mailbox's tokens in the keyring, in as many items as they need. Raises `MissingSecret` without a keyring.

    A process killed half way leaves what no longer reads as tokens, so that a person signs in again.
    """
    import keyring
    from keyring.errors import KeyringError

    pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
    try:
        for number, piece in enumerate(pieces):
            keyring.set_password(_SERVICE, _item(mailbox, number), piece)
    except KeyringError as problem:
        why = " ".join(str(problem).split())[:200] or type(problem).__name__
        raise MissingSecret(f"this machine's keyring keeps nothing, so nobody can stay signed in: {why}") from None
    number = len(pieces)
    while _read(_item(mailbox, number)):  # what is left of longer ones
        with contextlib.suppress(KeyringError):
            keyring.delete_password(_SERVICE, _item(mailbox, number))
        number += 1


def _item(mailbox: str, number: int) -> str:
    return f"{mailbox} token" if number == 0 else f"{mailbox} token {number + 1}"
