"""The partnership as a whole: starts every server on a port of its own, keeps the clock, tells what was counted.

`partnership()` for Python, `serve()` for a command. What the servers do is in `mail`, `exchange` and `sites`.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import os
import signal
import socket
import stat
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError, model_validator
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from scenarios.practice import mail
from scenarios.practice.call import Call
from scenarios.practice.clock import START, HouseClock, Speed
from scenarios.practice.council import Council
from scenarios.practice.exchange import ACCOUNT_SID, AUTH_TOKEN, CALLER, CALLERS, Exchange
from scenarios.practice.network import Network
from scenarios.practice.site import Site
from scenarios.practice.sites import Website

_HOST = "127.0.0.1"
_PATIENCE = 20.0  # real seconds for the mail servers to start or stop
_LONGEST_LINE = 64_000_000  # bytes of a tally


class NewTime(BaseModel):
    """What POST /clock takes: another speed, a moment to leap to, or both. Nobody goes back in time."""

    model_config = ConfigDict(extra="forbid")

    speed: Speed | None = None
    leap_to: AwareDatetime | None = None

    @model_validator(mode="after")
    def _asks_for_something(self) -> NewTime:
        if self.speed is None and self.leap_to is None:
            raise ValueError("asks for nothing")
        return self


class MailProcess:
    """The mail servers' process. Speaks with it in lines of JSON; ends it by closing its standard input."""

    def __init__(self, process: asyncio.subprocess.Process, ports: dict[str, int]) -> None:
        self._process = process
        self._asking = asyncio.Lock()
        self.ports = ports

    @classmethod
    @asynccontextmanager
    async def started(
        cls, councils: Sequence[Council], clock: HouseClock, sites: Sequence[str]
    ) -> AsyncIterator[MailProcess]:
        """Start it, and end it afterwards whatever happens. `sites`: the addresses of the councils' websites."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", mail.__name__),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
        )
        try:
            named = {council.id: site for council, site in zip(councils, sites, strict=True)}
            orders = mail.Orders(councils=tuple(councils), sites=named, clock=clock.reading())
            async with asyncio.timeout(_PATIENCE):
                started = cls(process, {})
                started.ports = await started._ask(orders.model_dump_json())
            clock.on_change.append(lambda: started._tell(clock.reading().model_dump_json()))
            yield started
        finally:
            await _ended(process)

    async def tally(self) -> list[dict[str, Any]]:
        """Every mail that came to a council, and what was to follow."""
        counted: list[dict[str, Any]] = await self._ask('"tally"')
        return counted

    async def watch(self) -> None:
        """Wait until it has ended. Raises `RuntimeError`, since it ought not to before the house does."""
        code = await self._process.wait()
        raise RuntimeError(f"the practice mail servers ended with code {code}")

    def _tell(self, line: str) -> None:
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(line.encode() + b"\n")

    async def _ask(self, line: str) -> Any:  # noqa: ANN401 - whatever the question brings
        async with self._asking:
            self._tell(line)
            answer = await self._process.stdout.readline() if self._process.stdout else b""
        if not answer:
            raise RuntimeError("the practice mail servers have ended")
        return json.loads(answer)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Close its input, wait, and end it by force only if it does not go."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_PATIENCE):
            await process.communicate()
    except TimeoutError:
        process.kill()
        await process.communicate()


class House:
    """What the house's own address answers: clock, partnership, tally and truth."""

    def __init__(self, clock: HouseClock, post: MailProcess, network: Network, websites: dict[str, Website]) -> None:
        self._clock = clock
        self._post = post
        self._network = network
        self._websites = websites
        self.document: dict[str, Any] = {}
        self.app = Starlette(
            routes=[
                Route("/clock", self._read_clock, methods=["GET"]),
                Route("/clock", self._set_clock, methods=["POST"]),
                Route("/partnership", self._partnership),
                Route("/tally", self._tally),
                Route("/truth", self._truth),
            ]
        )

    async def _read_clock(self, request: Request) -> Response:
        return JSONResponse(_reading(self._clock))

    async def _set_clock(self, request: Request) -> Response:
        try:
            wanted = NewTime.model_validate_json(await request.body())
        except ValidationError:
            how = 'send {"speed": s}, s above 0 and at most 1,000,000, or {"leap_to": "2026-11-23T10:00:00+00:00"}'
            return JSONResponse({"error": how}, 422)
        self._clock.go_on(wanted.speed, wanted.leap_to)
        return JSONResponse(_reading(self._clock))

    async def _partnership(self, request: Request) -> Response:
        return JSONResponse(self.document)

    async def _tally(self, request: Request) -> Response:
        pages = {name: dict(website.fetched) for name, website in self._websites.items()}
        calls = await asyncio.to_thread(_counted, tuple(self._network.calls.values()))
        days = {name: dict(website.days) for name, website in self._websites.items()}
        return JSONResponse({"mails": await self._post.tally(), "calls": calls, "pages": pages, "page_days": days})

    async def _truth(self, request: Request) -> Response:
        return JSONResponse(
            {
                name: website.site.council.model_dump(mode="json") | {"site": website.site.truth()}
                for name, website in self._websites.items()
            }
        )


@asynccontextmanager
async def partnership(
    councils: Sequence[Council], speed: float = 1.0, start: dt.datetime = START
) -> AsyncIterator[dict[str, Any]]:
    """The councils open for business: yields the partnership document once every port answers."""
    clock = HouseClock(start, speed)
    websites = {council.id: Website(Site(council), clock) for council in councils}
    with _sockets(len(councils) + 2) as sockets:
        addresses = [f"http://{_HOST}:{one.getsockname()[1]}" for one in sockets]
        async with asyncio.TaskGroup() as tasks, MailProcess.started(councils, clock, addresses[2:]) as post:
            network = Network(councils, clock, tasks)
            house = House(clock, post, network, websites)
            house.document = _document(councils, addresses, post.ports)
            apps: list[ASGIApp] = [house.app, Exchange(network).app, *websites.values()]
            server = _Server(apps, sockets)
            serving = tasks.create_task(server.serve(sockets))
            watching = tasks.create_task(post.watch())
            try:
                await server.ready.wait()
                yield house.document
            finally:
                network.hang_up_all()
                server.should_exit = True
                watching.cancel()
                await serving


async def serve(
    councils: Sequence[Council],
    speed: float = 1.0,
    start: dt.datetime = START,
    ready: Callable[[dict[str, Any]], None] = lambda document: print(json.dumps(document), flush=True),
) -> None:
    """Open the partnership, hand its document to `ready`, stay until SIGINT, SIGTERM or the end of standard input.

    Standard input is watched only where another process holds it (a pipe): nothing outlives a starter that was killed.
    """
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    try:
        async with partnership(councils, speed, start) as document, _input_watched(over):
            ready(document)
            await over.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


class _Server(uvicorn.Server):
    """One uvicorn for all sockets: the port says whose visitor it is. Signals are the command's matter."""

    def __init__(self, apps: Sequence[ASGIApp], sockets: Sequence[socket.socket]) -> None:
        by_port = {one.getsockname()[1]: app for one, app in zip(sockets, apps, strict=True)}

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await by_port[scope["server"][1]](scope, receive, send)

        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextmanager
def _sockets(count: int) -> Iterator[list[socket.socket]]:
    """So many sockets on free ports of the loopback.

    They name their protocol, as `socket.create_server` does not: asyncio sends without delay only on sockets that do,
    and each page would take 40 ms longer.
    """
    with contextlib.ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP))
            for _ in range(count)
        ]
        for one in sockets:
            one.bind((_HOST, 0))
        yield sockets


@asynccontextmanager
async def _input_watched(over: asyncio.Event) -> AsyncIterator[None]:
    """Set `over` when standard input ends, if it is a pipe."""
    try:
        mode = os.fstat(0).st_mode
    except OSError:  # there is no standard input
        mode = 0
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        yield
        return
    loop = asyncio.get_running_loop()

    def readable() -> None:
        if not os.read(0, 65536):
            loop.remove_reader(0)
            over.set()

    loop.add_reader(0, readable)
    try:
        yield
    finally:
        loop.remove_reader(0)


def _counted(calls: Sequence[Call]) -> list[dict[str, object]]:
    """In a thread of its own, since what was heard may have to be spoken first."""
    return [call.tally() for call in calls]


def _reading(clock: HouseClock) -> dict[str, object]:
    reading = clock.reading()
    return {"now": reading.now.isoformat(timespec="microseconds"), "real": reading.real, "speed": reading.speed}


def _document(councils: Sequence[Council], addresses: Sequence[str], mail_ports: dict[str, int]) -> dict[str, Any]:
    house, carrier, *sites = addresses
    return {
        "house": house,
        "mailbox": f"{mail.SHOPPER}@{mail.SHOPPERS_DOMAIN}",
        "smtp": {"host": _HOST, "port": mail_ports["smtp"]},
        "imap": {"host": _HOST, "port": mail_ports["imap"]},
        "username": mail.USER,
        "password": mail.PASSWORD,
        "carrier": carrier,
        "account_sid": ACCOUNT_SID,
        "auth_token": AUTH_TOKEN,
        "caller": CALLER,
        "callers": list(CALLERS),
        "councils": [_listed(council, site) for council, site in zip(councils, sites, strict=True)],
    }


def _listed(council: Council, site: str) -> dict[str, Any]:
    hours = council.hours.model_dump(mode="json")
    return {
        "id": council.id,
        "name": council.name,
        "nation": council.nation,
        "tier": council.tier,
        "aliases": list(council.aliases),
        "addresses": list(council.mail.addresses),
        "lines": [line.published.model_dump() for line in council.lines],
        "site": f"{site}/",
        "host": site.removeprefix("http://"),
        "hours": {key: hours[key] for key in ("opens", "closes", "days", "closures")},
    }
