"""Signing in to Microsoft 365 and Gmail with OAuth 2: a person does it once, after which tokens are kept fresh.

Microsoft: the device code grant (RFC 8628), so that the person's browser may be on any machine. Google: the installed
application's grant (RFC 8252), in a browser on this machine. What must outlast the process is in the keyring, by way of
`credentials`; nothing is ever printed or logged but what the person must see.

A `ConnectionError` says that the identity service cannot be reached, `SignInNeeded` that a person must sign in (again).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import json
import logging
import webbrowser
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msal
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import Request
from google.oauth2.credentials import Credentials
from google_auth_oauthlib.flow import InstalledAppFlow, WSGITimeoutError
from oauthlib.oauth2 import OAuth2Error

from probes.email.account import SignInNeeded
from scenarios.credentials import google_secret, keep_sign_in, kept_sign_in
from scenarios.programme import MailAccount

_PATIENCE = 30.0  # seconds for each answer of an identity service
_PATIENCE_WITH_A_PERSON = 600  # seconds; Microsoft gives its codes fifteen minutes
# msal adds offline_access, which is what makes it last.
_MICROSOFT_SCOPES = ("https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send")
_GOOGLE_SCOPES = ("https://mail.google.com/",)
# Errors of the token endpoint (RFC 6749 section 5.2) that pass by themselves.
_PASSING = {"temporarily_unavailable", "server_error", "slow_down"}

T = TypeVar("T")

for _library in ("oauthlib", "requests_oauthlib", "google_auth_oauthlib", "google", "msal"):
    logging.getLogger(_library).setLevel(logging.CRITICAL + 1)  # at DEBUG some of them write whole tokens down


@dataclass(frozen=True)
class Microsoft:
    """An application registered with Microsoft, and the mail account (its name, its mailbox) that signs in by it."""

    account: str
    mailbox: str
    client_id: str
    tenant: str = "organizations"
    authority: str = "https://login.microsoftonline.com"


@dataclass(frozen=True)
class Google:
    """An installed application registered with Google, and the mail account (its name, its mailbox) that signs in."""

    account: str
    mailbox: str
    client_id: str
    client_secret: str = field(repr=False)
    auth_uri: str = "https://accounts.google.com/o/oauth2/auth"
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address


Service = Microsoft | Google


def service(account: str, mail: MailAccount) -> Service:
    """By what a mail account of programme.toml signs in. Raises `MissingSecret` where Google's is not to be found."""
    if mail.client_id is None or mail.sign_in == "password":
        raise ValueError(f"account {account} signs in with a password")
    if mail.sign_in == "microsoft":
        return Microsoft(account, mail.mailbox, mail.client_id, mail.tenant)
    return Google(account, mail.mailbox, mail.client_id, google_secret(mail.client_id))


def sign_in(service: Service, tell: Callable[[str], None]) -> None:
    """Let a person sign in, and keep what comes of it. Takes as long as the person does, ten minutes at most.

    `tell` is given what the person must do. Raises `SignInNeeded` when nobody did, `ConnectionError`, and
    `MissingSecret` where there is no keyring.
    """
    kept = _microsoft(service, tell) if isinstance(service, Microsoft) else _google(service, tell)
    keep_sign_in(service.mailbox, kept)


def tokens(service: Service) -> Callable[[], Awaitable[str]]:
    """What gives an access token that is good now, for an `Account`. It raises `SignInNeeded` or `ConnectionError`.

    What is kept is read anew each time, so that a sign-in is noticed by a process that has long been running.
    """
    fresh = _microsoft_token(service) if isinstance(service, Microsoft) else functools.partial(_google_token, service)
    turn = asyncio.Lock()  # a refresh token may be good for one refresh only

    async def token() -> str:
        async with turn:
            return await asyncio.to_thread(fresh)

    return token


# ------------------------------------------------------------------------------------------------ Microsoft


def _microsoft(service: Microsoft, tell: Callable[[str], None]) -> str:
    cache = msal.SerializableTokenCache()
    with _reached(service.authority):
        application = _application(service, cache)
        flow = application.initiate_device_flow(list(_MICROSOFT_SCOPES))
        if "user_code" not in flow:
            raise SignInNeeded(f"Microsoft begins no sign-in for {service.account}: {_why(flow)}")
        tell(
            f"Open {flow['verification_uri']} in a browser, enter {flow['user_code']} and sign in as {service.mailbox}."
        )
        answer = application.acquire_token_by_device_flow(flow)
    if "access_token" not in answer:
        raise SignInNeeded(f"nobody signed in: {_why(answer)}; {_again(service)}")
    return str(cache.serialize())


def _microsoft_token(service: Microsoft) -> Callable[[], str]:
    cache = msal.SerializableTokenCache()
    application: list[Any] = []  # made when first wanted: making it asks the identity service for its addresses

    def fresh() -> str:
        _load(service, cache.deserialize)
        with _reached(service.authority):
            application[:] = application or [_application(service, cache)]
            accounts = application[0].get_accounts()
            answer = accounts and application[0].acquire_token_silent_with_error(list(_MICROSOFT_SCOPES), accounts[0])
        if not answer:
            raise SignInNeeded(f"{service.account} is not signed in; {_again(service)}")
        if answer.get("error") in _PASSING:
            raise ConnectionError(f"Microsoft gives no token just now: {_why(answer)}")
        if "access_token" not in answer:
            raise SignInNeeded(f"Microsoft no longer accepts the sign-in: {_why(answer)}; {_again(service)}")
        if cache.has_state_changed:
            keep_sign_in(service.mailbox, cache.serialize())
        return str(answer["access_token"])

    return fresh


def _application(service: Microsoft, cache: msal.SerializableTokenCache) -> msal.PublicClientApplication:
    try:
        return msal.PublicClientApplication(
            service.client_id,
            authority=f"{service.authority}/{service.tenant}",
            token_cache=cache,
            instance_discovery=False,  # the authority is ours to choose, not the programme's
            timeout=_PATIENCE,
        )
    except ValueError:
        raise SignInNeeded(
            f"Microsoft knows no tenant {service.tenant!r}; put the tenant of {service.mailbox} into programme.toml"
        ) from None


# ------------------------------------------------------------------------------------------------ Google


def _google(service: Google, tell: Callable[[str], None]) -> str:
    client = {
        "client_id": service.client_id,
        "client_secret": service.client_secret,
        "auth_uri": service.auth_uri,
        "token_uri": service.token_uri,
    }
    flow = InstalledAppFlow.from_client_config({"installed": client}, list(_GOOGLE_SCOPES))
    tell(f"Sign in as {service.mailbox} in a browser on this machine.")
    with _reached(service.token_uri):
        try:
            credentials = flow.run_local_server(
                host="127.0.0.1",
                port=0,
                authorization_prompt_message="If none has opened, open {url}",
                success_message="You are signed in. You may close this window.",
                open_browser=_has_browser(),
                timeout_seconds=_PATIENCE_WITH_A_PERSON,
                prompt="consent",  # without it Google gives no refresh token the second time
                login_hint=service.mailbox,
            )
        # oauthlib raises a Warning when the person granted less than was asked for.
        except (OAuth2Error, WSGITimeoutError, ValueError, Warning) as problem:
            raise SignInNeeded(f"nobody signed in: {_line(str(problem))}; {_again(service)}") from None
    if not credentials.refresh_token:
        raise SignInNeeded(f"Google gave no lasting sign-in; {_again(service)}")
    return _packed(credentials)


def _google_token(service: Google) -> str:
    credentials = _load(service, functools.partial(_unpacked, service))
    if not credentials.valid:
        with _reached(service.token_uri):
            try:
                credentials.refresh(functools.partial(Request(), timeout=_PATIENCE))  # type: ignore[no-untyped-call]
            except RefreshError as refused:
                answer = refused.args[1] if len(refused.args) > 1 and isinstance(refused.args[1], dict) else {}
                if refused.retryable or "error" not in answer:
                    raise ConnectionError(f"Google gives no token just now: {_line(str(refused.args[0]))}") from None
                why = f"Google no longer accepts the sign-in: {_why(answer)}"
                raise SignInNeeded(f"{why}; {_again(service)}") from None
        keep_sign_in(service.mailbox, _packed(credentials))
    return str(credentials.token)


def _packed(credentials: Credentials) -> str:
    """What must be kept. The client's own secret is not: it has a place of its own."""
    expiry = credentials.expiry.isoformat() if credentials.expiry else None
    return json.dumps({"token": credentials.token, "refresh_token": credentials.refresh_token, "expiry": expiry})


def _unpacked(service: Google, text: str) -> Credentials:
    kept = json.loads(text)
    return Credentials(  # type: ignore[no-untyped-call]
        token=kept["token"],
        refresh_token=kept["refresh_token"],
        expiry=dt.datetime.fromisoformat(kept["expiry"]) if kept["expiry"] else None,
        token_uri=service.token_uri,
        client_id=service.client_id,
        client_secret=service.client_secret,
        scopes=list(_GOOGLE_SCOPES),
    )


def _has_browser() -> bool:
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


# ------------------------------------------------------------------------------------------------ both


def _load(service: Service, read: Callable[[str], T]) -> T:
    kept = kept_sign_in(service.mailbox)
    if kept is None:
        raise SignInNeeded(f"{service.account} is not signed in; {_again(service)}")
    try:
        if not isinstance(json.loads(kept), dict):
            raise TypeError
        return read(kept)
    except (ValueError, KeyError, TypeError):
        raise SignInNeeded(f"what is kept of the sign-in of {service.account} is damaged; {_again(service)}") from None


@contextmanager
def _reached(address: str) -> Iterator[None]:
    """Whatever keeps us from an identity service is one `ConnectionError`, without the library's own long account."""
    try:
        yield
    except (OSError, TransportError) as problem:
        host = urlsplit(address).hostname
        raise ConnectionError(f"{host} cannot be reached to sign in: {type(problem).__name__}") from None
    except (GoogleAuthError, msal.exceptions.MsalError) as problem:
        raise ConnectionError(
            f"{urlsplit(address).hostname} answered what is no token: {type(problem).__name__}"
        ) from None


def _again(service: Service) -> str:
    return f"run: doorstep mail login {service.account}"


def _why(answer: dict[str, Any]) -> str:
    """An error of RFC 6749 section 5.2, in its own words, on one line and short."""
    return _line(str(answer.get("error_description") or answer.get("error") or "no reason given"))


def _line(text: str) -> str:
    return " ".join(text.split())[:160].rstrip(" .")
