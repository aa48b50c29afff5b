"""Sending over a few connections that stay open, against a connection for each message, over a line with latency.

    python -m benchmarks.send [--json] [--messages 120] [--connections 4] [--round-trip-ms 30]

Both send the same enquiries, each with our own copy, through Postfix with STARTTLS and AUTH, over a line that delays
every byte by half the round trip each way, and the opening of a connection by a whole one. Ours is `EmailProbe` with
its guard (no pace) and its journal (in memory). The other opens a connection, signs in, sends and leaves, for one
message: one after another, as a loop over `send_message` does, and also as many at once as we have connections. The
ratio is against the first; that against the second stands beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from probes import Errand
from probes.clock import RealClock
from probes.email.account import Account
from probes.email.compose import compose, own_copy
from probes.email.send import EmailProbe, connect
from probes.guard import Guard
from results.schema import Consent, Limits
from tests.mailstack.stack import THEIRS, mail_stack
from tests.probes.email.people import COUNCIL, ENQUIRY, SCENARIO, Journal, Ledger

CHUNK = 64 * 1024
TARGET = f"council@{THEIRS}"
CONSENT = Consent(
    agreed_by="Head of Customer Services",
    valid_from=dt.date(2020, 1, 1),
    until=dt.date(2090, 1, 1),
    channels=("email",),
    addresses=(TARGET,),
    limits=Limits(seconds_between_mails=0),
)
COUNCILS = COUNCIL.model_copy(update={"consent": CONSENT})


@asynccontextmanager
async def slow_line(port: int, round_trip: float) -> AsyncIterator[int]:
    """A line to a port of this machine with latency; the port at its near end."""
    tasks: set[asyncio.Task[None]] = set()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def arrive() -> None:
            while True:
                due, data = await under_way.get()
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                if not data:
                    writer.close()
                    return
                writer.write(data)

        async with asyncio.TaskGroup() as group:
            group.create_task(arrive())
            while data := await reader.read(CHUNK):
                under_way.put_nowait((time.monotonic() + round_trip / 2, data))
            under_way.put_nowait((time.monotonic() + round_trip / 2, b""))

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await asyncio.sleep(round_trip)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.wait(tasks, timeout=5)


def _errands(kind: str, count: int) -> list[Errand]:
    return [
        Errand(f"{kind}-{n}", COUNCILS, SCENARIO, (ENQUIRY,), TARGET, f"{kind}{n}", "The partnership")
        for n in range(count)
    ]


async def pooled(account: Account, errands: Sequence[Errand], connections: int) -> None:
    """Ours."""
    clock = RealClock()
    guard = Guard({COUNCILS.id: COUNCILS}, Ledger(), clock, "practice")
    async with EmailProbe(account, guard, Journal(), clock, connections) as probe, asyncio.TaskGroup() as group:
        knocks = [group.create_task(probe.knock(errand)) for errand in errands]
    problems = [problem for knock in knocks if (problem := knock.result().error)]
    if problems:
        raise SystemExit(problems[0])


async def one_each(account: Account, errands: Sequence[Errand], at_once: int) -> None:
    """A connection for each message."""
    turn = asyncio.Semaphore(at_once)

    async def send(errand: Errand) -> None:
        async with turn, connect(account) as connection:
            mail = compose(account, errand, RealClock().now())
            recipients = [errand.target, own_copy(account, errand.reference)]
            await connection.send_message(mail, sender=account.address(errand.reference), recipients=recipients)

    async with asyncio.TaskGroup() as group:
        for errand in errands:
            group.create_task(send(errand))


async def main(messages: int, connections: int, round_trip: float) -> dict[str, float]:
    """Send the enquiries all three ways and compare."""
    with mail_stack() as stack:
        os.environ["SSL_CERT_FILE"] = str(stack.authority)
        stack.add("shopper")
        stack.add(TARGET)
        async with slow_line(stack.ports.smtp, round_trip) as port:
            account = replace(stack.account("shopper", tls=True), smtp_port=port)
            ours = await _rate(lambda errands: pooled(account, errands, connections), "ours", messages)
            at_once = await _rate(lambda errands: one_each(account, errands, connections), "atonce", messages)
            loop = await _rate(lambda errands: one_each(account, errands, 1), "loop", max(10, messages // 4))
    return {
        "messages": messages,
        "connections": connections,
        "round_trip_ms": round_trip * 1000,
        "ours_per_second": ours,
        "per_message_per_second": loop,
        "per_message_at_once_per_second": at_once,
        "ratio_per_message": ours / loop,
        "ratio_per_message_at_once": ours / at_once,
    }


async def _rate(send: Callable[[list[Errand]], Awaitable[None]], kind: str, count: int) -> float:
    errands = _errands(kind, count)
    began = time.perf_counter()
    await send(errands)
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--messages", type=int, default=120)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--round-trip-ms", type=float, default=30)
    arguments = parser.parse_args()
    found = asyncio.run(main(arguments.messages, arguments.connections, arguments.round_trip_ms / 1000))
    if arguments.json:
        print(json.dumps({key: round(value, 3) for key, value in found.items()}))
    else:
        print(
            f"{found['messages']:.0f} messages, {found['connections']:.0f} connections, "
            f"{found['round_trip_ms']:.0f} ms there and back\n"
            f"over connections that stay open               {found['ours_per_second']:6.1f} a second\n"
            f"one connection a message, one after another   {found['per_message_per_second']:6.1f} a second "
            f"(ours {found['ratio_per_message']:.1f} times as fast)\n"
            f"one connection a message, as many at once     {found['per_message_at_once_per_second']:6.1f} a second "
            f"(ours {found['ratio_per_message_at_once']:.1f} times as fast)"
        )
