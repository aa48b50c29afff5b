"""What each hostile mail costs, from the mail server to the verdict: seconds, and megabytes at the worst moment.

    python -m benchmarks.hostile [--json]

Each is in a mailbox by itself. It is fetched over IMAP, and then read, matched, classified and observed as a person's
reply, which reads most of it. Memory is what Python takes at the most while that is done, measured in a second reading
(counting it takes time), without the program itself and without the server's copy of the mail.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
import tracemalloc
from dataclasses import dataclass

from probes.clock import RealClock
from probes.email.watch import Collector
from tests.probes.email.hostile import HOSTILE
from tests.probes.email.liar import liar
from tests.probes.email.people import Tray
from tests.probes.email.read_hostile import judge


@dataclass(frozen=True)
class Cost:
    """Of one mail. `size`: bytes on the server; `kept`: bytes in the bag."""

    size: int
    kept: int
    fetch_s: float
    read_s: float
    read_mb: float
    kind: str


async def cost(raw: bytes) -> Cost:
    """Fetch and read one mail."""
    async with liar() as server:
        server.messages = {1: raw}
        tray = Tray()
        began = time.perf_counter()
        await Collector(server.account, tray, RealClock()).collect()
        fetched = time.perf_counter()
    (mail,) = tray.mails.values()
    reading = time.perf_counter()
    _, _, verdict = judge(mail.raw)
    read = time.perf_counter()
    tracemalloc.start()
    judge(mail.raw)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Cost(len(raw), len(mail.raw), fetched - began, read - reading, most / 1024 / 1024, verdict.kind)


def main() -> dict[str, Cost]:
    """Every one of them, by name."""
    asyncio.run(cost(b"Subject: hello\r\n\r\nhello\r\n"))  # whatever is loaded at first use
    return {name: asyncio.run(cost(make())) for name, make in HOSTILE.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    costs = main()
    worst = {
        "mails": len(costs),
        "worst_seconds": max(each.fetch_s + each.read_s for each in costs.values()),
        "worst_megabytes": max(each.read_mb for each in costs.values()),
        "most_bytes_kept": max(each.kept for each in costs.values()),
    }
    if arguments.json:
        print(json.dumps({key: round(value, 3) for key, value in worst.items()}))
    else:
        print(f"{'':32} {'bytes':>11} {'kept':>8} {'fetch s':>8} {'read s':>8} {'MB':>6}")
        for name, each in costs.items():
            print(
                f"{name:32} {each.size:11,} {each.kept:8,} {each.fetch_s:8.3f} {each.read_s:8.3f} {each.read_mb:6.1f}"
                f"  {each.kind}"
            )
        print(f"At worst {worst['worst_seconds']:.2f} seconds and {worst['worst_megabytes']:.0f} MB.")
