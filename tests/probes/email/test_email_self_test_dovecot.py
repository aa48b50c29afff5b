"""A mailbox's test of itself against a real mail server, Postfix and Dovecot, by password and by token."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probes.clock import RealClock
from probes.email.account import Account
from probes.email.self_test import SelfTest, lines, self_test
from probes.guard import Guard
from tests.mailstack.stack import MailStack
from tests.probes.email.people import Ledger


@pytest.fixture
def trusted(stack: MailStack, monkeypatch: pytest.MonkeyPatch) -> MailStack:
    """The mail server, whose certificate is vouched for."""
    monkeypatch.setenv("SSL_CERT_FILE", str(stack.authority))
    return stack


def mailbox(stack: MailStack, sieve: str = "") -> Account:
    """A mailbox of the test's own, over TLS."""
    user = f"tester-{len(list((stack.root / 'users').iterdir()))}"
    stack.add(user, sieve)
    return stack.account(user, tls=True)


def with_token(account: Account, token: str) -> Account:
    async def give() -> str:
        return token

    return replace(account, password="", token=give)


async def outcome(account: Account) -> SelfTest:
    clock = RealClock()
    return await self_test(account, clock, Guard({}, Ledger(), clock, "practice"), 60.0)


async def test_a_real_mailbox_is_well_and_its_tagged_addresses_survive(trusted: MailStack) -> None:
    seen = await outcome(mailbox(trusted))

    assert seen.trouble is None, lines(seen)
    assert seen.tagged_survives is True
    assert seen.announces
    assert seen.skew is not None
    assert seen.skew[0] <= 0 <= seen.skew[1]


async def test_a_real_junk_folder_is_found_and_what_lands_there_is_told(trusted: MailStack) -> None:
    seen = await outcome(mailbox(trusted, 'require ["fileinto"];\nfileinto "Junk";\n'))

    assert seen.junk_folders == ("Junk",)
    assert "our own e-mail landed in Junk" in seen.remedy


async def test_a_wrong_password_is_refused_by_both_servers(trusted: MailStack) -> None:
    seen = await outcome(replace(mailbox(trusted), password="wrong"))

    assert "refused the login" in (seen.smtp or "")
    assert "refused the login" in (seen.imap or "")
    assert seen.remedy.startswith("Put user name and password for sending right")


async def test_a_token_opens_both_servers(trusted: MailStack) -> None:
    account = mailbox(trusted)
    trusted.tokens["good-token"] = account.username

    seen = await outcome(with_token(account, "good-token"))

    assert seen.trouble is None, lines(seen)


async def test_a_token_that_is_no_good_is_refused_at_once_and_not_shown(trusted: MailStack) -> None:
    seen = await outcome(with_token(mailbox(trusted), "expired-token"))

    assert "refused the login" in (seen.smtp or "")
    assert "refused the login" in (seen.imap or "")
    assert "expired-token" not in str(lines(seen))
