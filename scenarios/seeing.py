"""What a server tells monitoring over HTTP: /metrics for Prometheus, /health for whoever restarts what is ill.

It only reads, and nothing that goes wrong here stops the serving.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from probes.clock import RealClock
from results import beats, figures
from scenarios import health, metrics
from scenarios.bench import clock_of
from scenarios.logs import in_words
from scenarios.operators import host_and_port
from scenarios.sight import Sight

Log = structlog.typing.FilteringBoundLogger

_PATIENCE = 10.0  # seconds for the figures; Prometheus' own is ten by default
_TRY_AGAIN = 20.0  # seconds until a port that is taken is tried again
_AT_ONCE = 20  # connections; more are answered 503


class Seen:
    """Answers the two questions, one scrape at a time."""

    def __init__(self, sight: Sight, log: Log) -> None:
        self._sight = sight
        self._log = log
        self._turn = asyncio.Lock()
        self._well = True

    @property
    def app(self) -> Starlette:
        """The two pages."""
        return Starlette(routes=[Route("/metrics", self._metrics), Route("/health", self._health)])

    async def _metrics(self, _request: Request) -> Response:
        now = RealClock().now()
        try:
            async with asyncio.timeout(_PATIENCE), self._turn:
                now = (await clock_of(self._sight.folder, to_work=False)).now()
                found = await self._figures(now)
        except Exception as error:  # told as doorstep_up 0: who asks is no reason to stop
            self._ill("the figures could not be counted", error)
            found = None
        else:
            self._well = True
        return Response(metrics.page(found, self._sight.folder, now), media_type=metrics.CONTENT_TYPE)

    async def _figures(self, now: dt.datetime) -> figures.Figures:
        return await figures.count(self._sight.database, now, RealClock().now(), self._sight.serving)

    async def _health(self, _request: Request) -> Response:
        now, sight = RealClock().now(), self._sight
        try:
            async with asyncio.timeout(_PATIENCE), self._turn:
                ticked = await beats.Beats(sight.database).all()
                served = await figures.is_served(sight.database, now, sight.serving)
                awaited = await figures.awaited_mailboxes(sight.database)
        except Exception as error:
            self._ill("the store could not be read", error)
            why = in_words(error) if not isinstance(error, TimeoutError) else f"no answer within {_PATIENCE:g} seconds"
            return JSONResponse({"healthy": False, "wrong": [f"the store cannot be read: {why}"]}, 503)
        mine = [name for name in awaited if name in sight.folder.programme.mail]
        found = health.wrong(now, sight.started, sight.poll, served, ticked, mine)
        ago = {part: round((now - at).total_seconds(), 1) for part, at in sorted(ticked.items())}
        return JSONResponse(
            {"healthy": not found, "wrong": found, "served": served, "seconds_since": ago}, 503 if found else 200
        )

    def _ill(self, what: str, error: Exception) -> None:
        """Once, until it is well again: scrapes come every few seconds."""
        if self._well:
            self._log.warning(what, why=in_words(error))
        self._well = False


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals stay with whoever runs us."""
        yield


async def offer(listen: str, sight: Sight, over: asyncio.Event, log: Log) -> None:
    """Answer at that address until `over` is set. A port that is taken is tried again: whoever has it may go."""
    host, port = host_and_port(listen)
    app, said = Seen(sight, log).app, False
    while not over.is_set():
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            with socket.create_server((host, port), family=family) as bound:
                log.info("metrics and health are told", host=host, port=bound.getsockname()[1])
                said = False
                await _answer(app, bound, over)
        except Exception as error:  # it is not what the server is for
            if not said:
                log.warning("metrics and health cannot be told there", host=host, port=port, why=in_words(error))
            said = True
        with suppress(TimeoutError):
            async with asyncio.timeout(_TRY_AGAIN):
                await over.wait()


async def _answer(app: Starlette, bound: socket.socket, over: asyncio.Event) -> None:
    server = _Server(
        uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            log_level="critical",
            access_log=False,
            server_header=False,
            limit_concurrency=_AT_ONCE,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=1,
        )
    )
    serving = asyncio.create_task(server.serve([bound]), name="telling monitoring")
    ending = asyncio.create_task(over.wait())
    try:
        await asyncio.wait({serving, ending}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ending.cancel()
        server.should_exit = True
        await serving
