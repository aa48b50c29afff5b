"""How closely the ringing of a call is timed: by looking at Twilio's list, and by being the telephone oneself.

    python -m benchmarks.phone_timing [--json] [--calls 200] [--sip-calls 60]

Twilio: overlapping calls through `PhoneProbe` on the practice exchange, which runs in a process of its own; the truth
is what the exchange counted. Told are the error of the middle between the bounds on the seconds of ringing, the
requests that only looked, and the share of calls whose truth lay inside the bounds.

SIP: overlapping calls to a council that SIPp plays on loopback; the truth is the wire: tcpdump's moments of the 180 and
the 200, or those of SIPp's own log of messages where tcpdump may not listen. Left out where SIPp is missing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from starlette.types import Receive, Scope, Send

from probes.clock import RealClock
from probes.guard import Guard
from probes.phone import PhoneProbe
from probes.phone.carriers import FINAL, Speech
from probes.phone.carriers.sip import Sip, Trunk
from probes.phone.carriers.twilio import Twilio
from probes.phone.moments import seconds_to_answer
from scenarios.practice.clock import HouseClock
from scenarios.practice.council import read_councils
from scenarios.practice.exchange import ACCOUNT_SID, Exchange
from scenarios.practice.network import Network
from tests.probes.street import CALLER, Book, MondayMorning, errand, organisation, served
from tests.sipp.council import Council, council, lacking, number

WORDS = "This is an automated test of this telephone line."
LINE = '  - {{number: "{number}", label: A, calls: [{{after: {after:.2f}, greeting: Hello, hangs_up_after: 2}}]}}\n'
COUNCIL = """
id: ringing
name: Ringing Council
about: Many lines.
mail: {addresses: [x@ringing.example], manners: [{silent: true}]}
lines:
"""
FINDINGS = ("twilio_median_ms", "twilio_p95_ms", "requests", "truth_inside_bounds", "sip_median_ms")


# ---------------------------------------------------------------------------------------------------------- Twilio


def lines(calls: int) -> tuple[str, ...]:
    """So many numbers for drama."""
    return tuple(f"+441134960{each:03d}" for each in range(calls))


async def exchange(calls: int) -> None:
    """A process of its own: says where it listens; told to stop, says what it counted."""
    dice = random.Random(4)
    looked = 0
    with tempfile.TemporaryDirectory() as folder:
        manners = "".join(LINE.format(number=each, after=dice.uniform(1, 12)) for each in lines(calls))
        (Path(folder) / "ringing.yaml").write_text(COUNCIL + manners)
        councils = read_councils(Path(folder))
    async with asyncio.TaskGroup() as tasks:
        network = Network(councils, HouseClock(), tasks)
        app = Exchange(network, rate=1000).app

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal looked
            looked += scope.get("method") == "GET"
            await app(scope, receive, send)

        async with served(counted) as address:
            print(address, flush=True)
            await asyncio.to_thread(sys.stdin.read)
        network.hang_up_all()
    rang = {
        call.to: call.answered - call.rang
        for call in network.calls.values()
        if call.rang is not None and call.answered is not None
    }
    print(json.dumps({"rang": rang, "looked": looked}))


async def by_polling(calls: int) -> dict[str, float]:
    """Ring every line at once through the probe, and compare with what the exchange counted."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.phone_timing", "--exchange", "--calls", str(calls)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    address = (await process.stdout.readline()).decode().strip()
    clock, book, council = MondayMorning(), Book(), organisation(lines(calls))
    guard = Guard({council.id: council}, book, clock, "practice")
    async with (
        Twilio(ACCOUNT_SID, "practice", CALLER, book, address, 50) as carrier,
        PhoneProbe(carrier, guard, book, book, clock, CALLER) as probe,
    ):
        seen = await asyncio.gather(*(probe.knock(errand(each, council)) for each in lines(calls)))
    process.stdin.close()
    told = json.loads(await process.stdout.read())
    await process.wait()
    bounds = {each: seconds_to_answer(dict(one.moments)) for each, one in zip(lines(calls), seen, strict=True)}
    errors = [abs(sum(bounds[each]) / 2 - truth) * 1000 for each, truth in told["rang"].items()]
    inside = sum(bounds[each][0] <= truth <= bounds[each][1] for each, truth in told["rang"].items())
    return {
        "calls": len(errors),
        "twilio_median_ms": statistics.median(errors),
        "twilio_p95_ms": statistics.quantiles(errors, n=20)[-1],
        "requests": told["looked"],
        "truth_inside_bounds": inside / calls,
    }


# ------------------------------------------------------------------------------------------------------------- SIP


@contextmanager
def listening(port: str) -> Iterator[Path | None]:
    """Let tcpdump write down what leaves a port; None where it may not or is missing."""
    with tempfile.TemporaryDirectory() as folder:
        wire = Path(folder) / "wire.txt"
        command = [
            "tcpdump",
            "-i",
            "lo",
            "-l",
            "-n",
            "-tt",
            "-A",
            "--time-stamp-precision=nano",
            f"udp src port {port}",
        ]
        with wire.open("wb") as out, contextlib.ExitStack() as stack:
            try:
                process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE)
            except FileNotFoundError:
                yield None
                return
            stack.callback(process.wait)
            stack.callback(process.send_signal, signal.SIGINT)
            assert process.stderr is not None
            heard = next((each for each in process.stderr if each.startswith((b"listening", b"tcpdump: listen"))), b"")
            yield wire if heard else None


def on_the_wire(captured: str) -> dict[tuple[str, str], float]:
    """When each answer of each call first left: (Call-ID, first line) to seconds."""
    found: dict[tuple[str, str], float] = {}
    for packet in re.split(r"(?m)^(?=\d{9,}\.\d+ IP )", captured):
        answer = re.search(r"SIP/2\.0 (\d{3})[^\n]*\r?\n.*?Call-ID: *(\S+).*?CSeq: *\d+ INVITE", packet, re.DOTALL)
        if answer:
            found.setdefault((answer[2], answer[1]), float(packet.split()[0]))
    return found


def in_the_log(called: Council) -> dict[tuple[str, str], float]:
    """The same by SIPp's own account, to the microsecond."""
    found: dict[tuple[str, str], float] = {}
    for message in called.messages():
        if message.sent and message.first.startswith("SIP/2.0") and message.header("CSeq").endswith("INVITE"):
            found.setdefault((message.header("Call-ID"), message.first.split()[1]), message.at)
    return found


async def by_being_the_telephone(calls: int) -> dict[str, float | str]:
    """Call many numbers over SIP at once, and compare the seconds of ringing with those on the wire."""
    dice = random.Random(4)
    with council() as called, listening(called.host.partition(":")[2]) as wire:
        trunk = Trunk(called.host, CALLER, CALLER, interface="127.0.0.1", channels=calls)
        async with Sip(trunk, RealClock(), WORDS) as sip:
            placed = []
            for _ in range(calls):
                placed.append(await sip.place(number(0, dice.randint(5, 40)), Speech(WORDS), ring_for=10))
                await asyncio.sleep(0.02)
            while any(call.status not in FINAL for call in await sip.newest(calls)):  # noqa: ASYNC110 - as the probe looks
                await asyncio.sleep(0.2)
            ours = {call.id: call.exact for call in await sip.newest(calls)}
        await asyncio.sleep(1)  # tcpdump writes what it has
        captured = on_the_wire(wire.read_text(errors="replace")) if wire else {}
        truth: Mapping[tuple[str, str], float] = captured or in_the_log(called)
    errors = [
        abs(
            (ours[each]["in-progress"] - ours[each]["ringing"]).total_seconds()
            - truth[each, "200"]
            + truth[each, "180"]
        )
        * 1000
        for each in placed
    ]
    return {
        "sip_calls": len(errors),
        "sip_median_ms": statistics.median(errors),
        "sip_max_ms": max(errors),
        "sip_truth": "tcpdump" if captured else "SIPp's log",
    }


async def main(calls: int, sip_calls: int) -> dict[str, float | str]:
    """Both, one after the other."""
    found: dict[str, float | str] = dict(await by_polling(calls))
    return found | (await by_being_the_telephone(sip_calls) if not lacking() else {})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--sip-calls", type=int, default=60)
    parser.add_argument("--exchange", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.exchange:
        asyncio.run(exchange(arguments.calls))
        sys.exit()
    found = asyncio.run(main(arguments.calls, arguments.sip_calls))
    if arguments.json:
        print(
            json.dumps({key: round(value, 3) for key in FINDINGS if isinstance(value := found.get(key), float | int)})
        )
        sys.exit()
    print(
        f"{found['calls']:.0f} overlapping calls by polling: error of the ringing median "
        f"{found['twilio_median_ms']:.0f} ms, p95 {found['twilio_p95_ms']:.0f}; {found['requests']:.0f} requests; "
        f"truth inside the bounds {found['truth_inside_bounds']:.1%}."
    )
    if reason := lacking():
        print(f"SIP was left out: {reason}.")
    else:
        print(
            f"{found['sip_calls']:.0f} SIP calls against {found['sip_truth']}: error median "
            f"{found['sip_median_ms']:.2f} ms, at most {found['sip_max_ms']:.2f}."
        )
