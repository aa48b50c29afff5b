"""A person signs in once; from then on there is a token whenever one is wanted, until somebody ends it."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from keyring.backends.fail import Keyring as NoKeyring

from probes.email.account import SignInNeeded
from scenarios.credentials import MissingSecret, keep_sign_in, kept_sign_in
from scenarios.sign_in import Google, Microsoft, Service, sign_in, tokens
from tests.certificate import self_signed
from tests.scenarios.identity import CODE, Identity, identity
from tests.scenarios.keyrings import Memory, using

MAILBOX = "shopper@host.example"


@pytest.fixture
def ring() -> Iterator[Memory]:
    with using(Memory()) as ring:
        yield ring


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = self_signed(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


@pytest.fixture
async def server(certificate: Path) -> AsyncIterator[Identity]:
    async with identity(certificate) as server:
        yield server


@pytest.fixture(params=["microsoft", "google"])
def service(request: pytest.FixtureRequest, server: Identity, browser: None) -> Service:
    if request.param == "microsoft":
        return microsoft(server)
    here = server.address
    return Google("main", MAILBOX, "client-1", "client-secret-1", f"{here}/authorise", f"{here}/token")


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A person's browser, which opens an address and goes where it is sent."""
    opened: list[threading.Thread] = []

    class Browser:
        def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
            opened.append(threading.Thread(target=lambda: urllib.request.urlopen(url, timeout=20).close()))
            opened[-1].start()
            return True

    monkeypatch.setattr("webbrowser.get", lambda using=None: Browser())
    yield
    for thread in opened:
        thread.join(20)


def microsoft(server: Identity) -> Microsoft:
    return Microsoft("main", MAILBOX, "client-1", "council.example", server.address)


async def signed_in(service: Service, tell: Callable[[str], None] = lambda _: None) -> None:
    await asyncio.to_thread(sign_in, service, tell)


# ------------------------------------------------------------------------------------------------ signing in


async def test_a_person_is_told_which_code_to_enter_where(server: Identity, ring: Memory) -> None:
    told: list[str] = []

    await signed_in(microsoft(server), told.append)

    assert told == [f"Open https://identity.example/device in a browser, enter {CODE} and sign in as {MAILBOX}."]
    wanted = server.asked[0]["scope"].split()
    assert "https://outlook.office.com/IMAP.AccessAsUser.All" in wanted
    assert "https://outlook.office.com/SMTP.Send" in wanted
    assert "offline_access" in wanted


async def test_google_is_asked_for_mail_and_for_a_sign_in_that_lasts(
    server: Identity, ring: Memory, browser: None
) -> None:
    here = server.address
    await signed_in(Google("main", MAILBOX, "client-1", "client-secret-1", f"{here}/authorise", f"{here}/token"))

    asked = server.asked[0]
    assert asked["scope"] == "https://mail.google.com/"
    assert asked["access_type"] == "offline"
    assert asked["login_hint"] == MAILBOX
    assert asked["redirect_uri"].startswith("http://127.0.0.1:")
    assert asked["code_challenge"]


async def test_whoever_has_signed_in_has_a_token(service: Service, server: Identity, ring: Memory) -> None:
    await signed_in(service)

    assert await tokens(service)() == server.given[0]


async def test_what_is_kept_fits_any_keyring_and_is_all_there(service: Service, ring: Memory) -> None:
    await signed_in(service)

    assert len(ring.items) > 1
    assert {name for name, _ in ring.items} == {"doorstep"}
    assert all(user.startswith(f"{MAILBOX} token") for _, user in ring.items)
    assert json.loads(kept_sign_in(MAILBOX) or "")
    assert "client-secret-1" not in str(ring.items)


async def test_a_person_who_declines_is_not_signed_in(service: Service, server: Identity, ring: Memory) -> None:
    server.declined = True

    with pytest.raises(SignInNeeded, match=r"^nobody signed in: .*; run: doorstep mail login main$"):
        await signed_in(service)

    assert not ring.items


async def test_a_sign_in_that_would_not_last_is_none(server: Identity, ring: Memory, browser: None) -> None:
    server.lasting = False
    here = server.address

    with pytest.raises(SignInNeeded, match="Google gave no lasting sign-in"):
        await signed_in(Google("main", MAILBOX, "client-1", "client-secret-1", f"{here}/authorise", f"{here}/token"))


async def test_an_unknown_tenant_is_named(server: Identity, ring: Memory) -> None:
    with pytest.raises(
        SignInNeeded, match=r"knows no tenant 'nobody\.example'; put the tenant of shopper@host\.example"
    ):
        await signed_in(replace(microsoft(server), tenant="nobody.example"))


async def test_without_a_keyring_nobody_can_stay_signed_in(service: Service) -> None:
    with using(NoKeyring()), pytest.raises(MissingSecret, match="keyring keeps nothing"):  # type: ignore[no-untyped-call]
        await signed_in(service)


# ------------------------------------------------------------------------------------------------ tokens


async def test_a_token_that_is_still_good_is_not_asked_for_again(
    service: Service, server: Identity, ring: Memory
) -> None:
    await signed_in(service)
    token = tokens(service)

    assert {await token() for _ in range(3)} == {server.given[0]}
    assert len(server.given) == 1


async def test_each_new_refresh_token_outlasts_the_process(service: Service, server: Identity, ring: Memory) -> None:
    server.lasts = 60
    await signed_in(service)

    given = [await tokens(service)() for _ in range(3)]

    assert given == server.given[1:]


async def test_many_who_want_a_token_at_once_do_not_spend_each_others(
    service: Service, server: Identity, ring: Memory
) -> None:
    server.lasts = 60
    await signed_in(service)
    token = tokens(service)

    given = await asyncio.gather(*(token() for _ in range(6)))

    assert given == server.given[1:]


async def test_a_new_sign_in_is_noticed_by_a_process_that_runs(
    service: Service, server: Identity, ring: Memory
) -> None:
    server.lasts = 60
    await signed_in(service)
    token = tokens(service)
    server.revoke()
    with pytest.raises(SignInNeeded):
        await token()

    await signed_in(service)

    assert await token() == server.given[-1]


async def test_who_never_signed_in_is_told_how(service: Service, ring: Memory) -> None:
    with pytest.raises(SignInNeeded, match=r"^main is not signed in; run: doorstep mail login main$"):
        await tokens(service)()


async def test_a_sign_in_that_was_ended_must_be_made_again(service: Service, server: Identity, ring: Memory) -> None:
    server.lasts = 60
    await signed_in(service)
    server.revoke()

    with pytest.raises(
        SignInNeeded, match=r"no longer accepts the sign-in: .*; run: doorstep mail login main$"
    ) as said:
        await tokens(service)()

    assert "\n" not in str(said.value)


@pytest.mark.parametrize("kept", ["{", "[]", '"x"', '{"token": 1}', "null"])
async def test_a_damaged_sign_in_must_be_made_again(service: Service, ring: Memory, kept: str) -> None:
    keep_sign_in(MAILBOX, kept)

    with pytest.raises(SignInNeeded, match="run: doorstep mail login main"):
        await tokens(service)()


async def test_a_service_that_is_out_of_order_ends_no_sign_in(service: Service, server: Identity, ring: Memory) -> None:
    server.lasts = 60
    await signed_in(service)
    server.out_of_order = 503
    with pytest.raises(ConnectionError):
        await tokens(service)()

    server.out_of_order = None

    assert await tokens(service)() == server.given[-1]


async def test_a_service_that_cannot_be_reached_is_named(service: Service, server: Identity, ring: Memory) -> None:
    server.lasts = 60
    await signed_in(service)
    nowhere = "https://127.0.0.1:1"
    gone = (
        replace(service, authority=nowhere)
        if isinstance(service, Microsoft)
        else replace(service, token_uri=f"{nowhere}/token")
    )

    with pytest.raises(ConnectionError, match=r"^127\.0\.0\.1 cannot be reached to sign in: \w+$"):
        await tokens(gone)()


async def test_an_identity_service_that_cannot_prove_its_name_gets_no_token(
    service: Service, server: Identity, ring: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.lasts = 60
    await signed_in(service)
    before = len(server.asked)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.delenv("SSL_CERT_FILE")

    with pytest.raises(ConnectionError):
        await tokens(service)()

    assert len(server.asked) == before


async def test_no_token_is_ever_written_to_a_log_or_a_screen(
    service: Service,
    server: Identity,
    ring: Memory,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    server.lasts = 60
    await signed_in(service)
    await tokens(service)()
    server.revoke()
    with pytest.raises(SignInNeeded) as said:
        await tokens(service)()

    shown = capfd.readouterr()
    told = f"{caplog.text} {shown.out} {shown.err} {said.value} {service!r}"
    for number in range(1, len(server.given) + 1):
        assert f"access-{number}-" not in told
        assert f"refresh-{number}-" not in told
    assert "client-secret-1" not in told
