"""An identity service on loopback, with TLS: what Microsoft's and Google's ask of a client, and no more."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CODE = "FJC3-QMXZ"


@dataclass
class Identity:
    """The service. Each refresh token is good for one refresh, the newest one only.

    `unanswered`: how often a person's answer is still awaited. `lasts`: seconds that an access token is good.
    `out_of_order`: the status that every question for a token gets, when set.
    """

    address: str = ""
    unanswered: int = 1
    declined: bool = False
    lasts: int = 3600
    out_of_order: int | None = None
    lasting: bool = True
    refresh_token: str | None = None
    scope: str = ""
    given: list[str] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)

    def revoke(self) -> None:
        """Somebody ended the sign-in, as an administrator may."""
        self.refresh_token = None

    # Microsoft

    async def discovery(self, request: Request) -> Response:
        tenant = request.path_params["tenant"]
        if tenant == "nobody.example":
            return JSONResponse({"error": "invalid_tenant"}, 400)
        here = f"{self.address}/{tenant}"
        return JSONResponse(
            {
                "issuer": f"{here}/v2.0",
                "authorization_endpoint": f"{here}/authorize",
                "token_endpoint": f"{here}/token",
                "device_authorization_endpoint": f"{here}/devicecode",
            }
        )

    async def device_code(self, request: Request) -> Response:
        self.asked.append(await _form(request))
        self.scope = self.asked[-1]["scope"]
        page = "https://identity.example/device"
        answer = {"device_code": "device-1", "user_code": CODE, "verification_uri": page, "expires_in": 900}
        return JSONResponse(answer | {"interval": 0, "message": "open the page"})

    # Google

    async def authorise(self, request: Request) -> Response:
        asked = request.query_params
        self.asked.append(dict(asked))
        self.scope = asked["scope"]
        answer = "error=access_denied" if self.declined else "code=code-1"
        return RedirectResponse(f"{asked['redirect_uri']}?{answer}&state={asked['state']}", 302)

    # both

    async def token(self, request: Request) -> Response:
        asked = await _form(request)
        self.asked.append(asked)
        if self.out_of_order:
            return Response("out of order", self.out_of_order)
        if asked["grant_type"] == "refresh_token":
            if self.refresh_token is None or asked["refresh_token"] != self.refresh_token:
                return _refusal("invalid_grant", "the refresh token has expired or was revoked")
            return self._tokens(asked.get("client_id", "client-1"))
        if asked["grant_type"].endswith("device_code") and self.declined:
            return _refusal("authorization_declined", "the person declined")
        if asked["grant_type"].endswith("device_code") and self.unanswered:
            self.unanswered -= 1
            return _refusal("authorization_pending", "nobody has signed in yet")
        return self._tokens(asked.get("client_id", "client-1"))

    def _tokens(self, client: str) -> Response:
        number = len(self.given) + 1
        access = f"access-{number}-" + "a" * 1500
        self.given.append(access)
        self.refresh_token = f"refresh-{number}-" + "r" * 1500 if self.lasting else None
        answer: dict[str, Any] = {
            "token_type": "Bearer",
            "access_token": access,
            "expires_in": self.lasts,
            "scope": self.scope,
            "id_token": f"{_packed({'alg': 'none'})}.{_packed(_claims(client, self.address))}.",
            "client_info": _packed({"uid": "user-1", "utid": "tenant-1"}),
        }
        return JSONResponse(answer | ({"refresh_token": self.refresh_token} if self.refresh_token else {}))


def _claims(client: str, issuer: str) -> dict[str, Any]:
    name = {"preferred_username": "shopper@host.example", "oid": "user-1", "tid": "tenant-1", "sub": "s"}
    return name | {"aud": client, "iss": issuer, "iat": 1_700_000_000, "exp": 4_000_000_000}


def _packed(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def _refusal(error: str, why: str) -> Response:
    return JSONResponse({"error": error, "error_description": why}, 400)


async def _form(request: Request) -> dict[str, str]:
    return {key: str(value) for key, value in (await request.form()).items()}


@asynccontextmanager
async def identity(certificate: Path) -> AsyncIterator[Identity]:
    """The service on a free port of 127.0.0.1."""
    service = Identity()
    routes = [
        Route("/{tenant}/v2.0/.well-known/openid-configuration", service.discovery),
        Route("/{tenant}/devicecode", service.device_code, methods=["POST"]),
        Route("/{tenant}/token", service.token, methods=["POST"]),
        Route("/authorise", service.authorise),
        Route("/token", service.token, methods=["POST"]),
    ]
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        service.address = f"https://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            Starlette(routes=routes),
            lifespan="off",
            ws="none",
            log_level="critical",
            timeout_graceful_shutdown=1,
            headers=[("connection", "close")],
            ssl_certfile=certificate,
            ssl_keyfile=certificate,
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield service
        finally:
            server.should_exit = True
            await task
