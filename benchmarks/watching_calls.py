"""How closely an answer is timed, and at what cost: one task looking at the carrier's list, against fetching each call.

    python -m benchmarks.watching_calls [--json]

Both watch the same calls through the practice exchange in one run. Ours is what `probes.phone` does: one look at the
list every quarter of a second. The usual way fetches each call by itself every half second. Figures are ratios: the
width of the bounds on the moment of answering (median), and requests to the carrier.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
from collections.abc import Sequence

from probes.clock import PracticeClock
from probes.phone.carriers import FINAL, CallNow, Speech
from probes.phone.carriers.twilio import Twilio
from scenarios.demo import practice
from tests.probes.street import Book

CALLS = 60
RING_FOR = 25.0
OURS, USUAL = 0.25, 0.5  # seconds between looks


class Watched:
    """The bounds on one call's answer, tightened by every look."""

    def __init__(self, began: float) -> None:
        self.lower = began
        self.upper: float | None = None
        self.over = False

    def look(self, call: CallNow, asked: float, told: float) -> None:
        """One look at the call, asked for and told at those seconds."""
        if call.status in ("queued", "ringing"):
            self.lower = asked
        elif call.status in ("in-progress", "completed") and self.upper is None:
            self.upper = told
        self.over = call.status in FINAL

    @property
    def width(self) -> float | None:
        """Seconds between the bounds; None when nobody answered."""
        return None if self.upper is None else self.upper - self.lower


async def main() -> dict[str, float]:
    """Place the calls, watch them both ways at once, and compare."""
    async with practice() as partnership:
        clock = await PracticeClock.at(partnership["house"])
        numbers = [line["number"] for council in partnership["councils"] for line in council["lines"]][:CALLS]
        async with Twilio(
            partnership["account_sid"], "practice", partnership["caller"], Book(), partnership["carrier"], 100
        ) as carrier:
            calls = [
                await carrier.place(number, Speech("This is a test of this telephone line."), RING_FOR)
                for number in numbers
            ]
            ours = {call: Watched(clock.stopwatch()) for call in calls}
            usual = {call: Watched(clock.stopwatch()) for call in calls}
            requests = {"ours": 0, "usual": 0}
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_by_list(carrier, clock, ours, requests))
                for call in calls:
                    tasks.create_task(_each(carrier, clock, call, usual[call], requests))
    return {
        "calls": len(calls),
        "ours_width_s": _median(list(ours.values())),
        "usual_width_s": _median(list(usual.values())),
        "width_ratio": _median(list(usual.values())) / _median(list(ours.values())),
        "ours_requests": requests["ours"],
        "usual_requests": requests["usual"],
        "requests_ratio": requests["usual"] / requests["ours"],
    }


async def _by_list(
    carrier: Twilio, clock: PracticeClock, watched: dict[str, Watched], requests: dict[str, int]
) -> None:
    while not all(each.over for each in watched.values()):
        asked = clock.stopwatch()
        listed = await carrier.newest(len(watched))
        told = clock.stopwatch()
        requests["ours"] += 1
        for call in listed:
            if call.id in watched:
                watched[call.id].look(call, asked, told)
        await asyncio.sleep(OURS)


async def _each(carrier: Twilio, clock: PracticeClock, call: str, watched: Watched, requests: dict[str, int]) -> None:
    while not watched.over:
        asked = clock.stopwatch()
        now = await carrier.one(call)
        watched.look(now, asked, clock.stopwatch())
        requests["usual"] += 1
        await asyncio.sleep(USUAL)


def _median(watched: Sequence[Watched]) -> float:
    return statistics.median(each.width for each in watched if each.width is not None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = asyncio.run(main())
    if arguments.json:
        print(json.dumps({key: round(value, 3) for key, value in found.items()}))
    else:
        print(
            f"{found['calls']:.0f} calls. Bounds on the answer, median: ours {found['ours_width_s'] * 1000:.0f} ms, "
            f"fetching each call {found['usual_width_s'] * 1000:.0f} ms ({found['width_ratio']:.1f} times as wide). "
            f"Requests: {found['ours_requests']:.0f} against {found['usual_requests']:.0f} "
            f"({found['requests_ratio']:.0f} times as many)."
        )
