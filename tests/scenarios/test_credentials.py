"""Where secrets are looked for, and what is said when they are nowhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keyring.backends.fail import Keyring as NoKeyring

from scenarios.credentials import MissingSecret, google_secret, keep_sign_in, kept_sign_in, mail_password
from tests.scenarios.keyrings import Memory, using

MAILBOX = "shopper@host.example"


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[Memory]:
    for variable in ("DOORSTEP_MAIL_PASSWORD", "DOORSTEP_MAIL_PASSWORD_NORTH_EAST", "DOORSTEP_GOOGLE_CLIENT_SECRET"):
        monkeypatch.delenv(variable, raising=False)
    with using(Memory()) as ring:
        yield ring


def test_an_accounts_own_variable_comes_before_everything(ring: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    ring.set_password("doorstep", MAILBOX, "from the keyring")
    monkeypatch.setenv("DOORSTEP_MAIL_PASSWORD", "for the only account")
    monkeypatch.setenv("DOORSTEP_MAIL_PASSWORD_NORTH_EAST", "its own")

    assert mail_password("north-east", MAILBOX, alone=True, practice=False) == "its own"


def test_the_only_account_has_the_plain_variable_too(ring: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTEP_MAIL_PASSWORD", "for the only account")

    assert mail_password("north-east", MAILBOX, alone=True, practice=False) == "for the only account"


def test_one_of_several_accounts_never_gets_anothers_password(ring: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTEP_MAIL_PASSWORD", "whose?")

    with pytest.raises(MissingSecret, match="DOORSTEP_MAIL_PASSWORD_NORTH_EAST, or run: keyring set doorstep shopper@"):
        mail_password("north-east", MAILBOX, alone=False, practice=False)


def test_the_keyring_has_what_the_environment_has_not(ring: Memory) -> None:
    ring.set_password("doorstep", MAILBOX, "from the keyring")

    assert mail_password("north-east", MAILBOX, alone=False, practice=False) == "from the keyring"


def test_practice_needs_no_secret(ring: Memory) -> None:
    assert mail_password("main", MAILBOX, alone=True, practice=True) == "practice"


def test_googles_client_secret_is_found_by_its_client_id(ring: Memory) -> None:
    ring.set_password("doorstep", "client-1", "installed")

    assert google_secret("client-1") == "installed"
    with pytest.raises(MissingSecret, match="DOORSTEP_GOOGLE_CLIENT_SECRET"):
        google_secret("client-2")


def test_a_machine_without_a_keyring_says_where_to_put_a_password(ring: Memory) -> None:
    none = NoKeyring()  # type: ignore[no-untyped-call]

    with using(none), pytest.raises(MissingSecret, match="set the environment variable DOORSTEP_MAIL_PASSWORD_MAIN"):
        mail_password("main", MAILBOX, alone=True, practice=False)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5_000), min_size=1, max_size=3))
def test_a_sign_in_of_any_length_is_kept_whole_whatever_was_there_before(ring: Memory, texts: list[str]) -> None:
    for text in texts:
        keep_sign_in(MAILBOX, text)

    assert (kept_sign_in(MAILBOX) or "") == texts[-1]
