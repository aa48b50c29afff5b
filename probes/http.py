"""The one module that knows httpx2, the maintained continuation of httpx (no release since December 2024).

Everything else that speaks HTTP imports `httpx` from here. Which page may be fetched is the guard's matter.
"""

from __future__ import annotations

import ssl
from functools import cache
from typing import Any, cast

import httpx2 as httpx

__all__ = ["Unreachable", "get_json", "httpx", "post_json", "tell", "tls"]

_PATIENCE = 10.0


class Unreachable(Exception):
    """Nobody answers at an address that ought to be there."""


@cache
def tls() -> ssl.SSLContext:
    """The authorities whose certificates are trusted. Read once: it takes a tenth of a second for every client."""
    return httpx.create_ssl_context(trust_env=False)


async def get_json(address: str) -> dict[str, Any]:
    """GET a small JSON object from a service of our own. Raises `Unreachable`."""
    return await _json("GET", address, None)


async def post_json(address: str, body: dict[str, Any]) -> dict[str, Any]:
    """POST a small JSON object to a service of our own. Raises `Unreachable`."""
    return await _json("POST", address, body)


async def tell(address: str, body: dict[str, Any]) -> None:
    """POST JSON to a webhook, whatever it answers with. Follows no redirect: the address is where it is meant for.

    Raises `Unreachable` without the address, which may hold a token.
    """
    try:
        async with (
            httpx.AsyncClient(timeout=_PATIENCE, trust_env=False, verify=tls()) as client,
            client.stream("POST", address, json=body) as answer,
        ):
            status = answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreachable(f"the webhook does not answer: {type(error).__name__}") from None
    if not 200 <= status < 300:
        raise Unreachable(f"the webhook answers with status {status}")


async def _json(method: str, address: str, body: dict[str, Any] | None) -> dict[str, Any]:
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False, verify=tls()) as client:
            answer = await client.request(method, address, json=body)
            answer.raise_for_status()
            return cast(dict[str, Any], answer.json())
    except (httpx.HTTPError, ValueError) as error:
        raise Unreachable(f"{address} does not answer: {error or type(error).__name__}") from None
