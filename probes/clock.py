"""The only module that reads the time: now() and sleep(), and seconds on a stopwatch.

`RealClock` is the clock on the wall. `PracticeClock` is the fast one of a practice partnership, shared with it over
HTTP. Telephone calls last as long as they last, so `stopwatch()` counts real seconds on both.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from typing import Protocol

from probes import http


class Clock(Protocol):
    """Where every moment comes from."""

    def now(self) -> dt.datetime:
        """The present moment, aware, in UTC."""

    async def sleep(self, seconds: float) -> None:
        """Wait for that many seconds of this clock."""

    def stopwatch(self) -> float:
        """Real seconds since an arbitrary start; never goes backwards."""


class RealClock:
    """The clock on the wall."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))

    def stopwatch(self) -> float:
        return time.monotonic()


class PracticeClock:
    """A practice partnership's clock: `speed` practice seconds pass in one real second.

    The house that keeps it is asked again at least every quarter of a real second of sleep, so that a change of speed
    reaches everybody. Open with `await PracticeClock.at(address)`.
    """

    _LONGEST_NAP = 0.25

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")
        self._anchor = dt.datetime.now(dt.UTC)
        self._real = time.time()
        self._speed = 1.0

    @classmethod
    async def at(cls, address: str) -> PracticeClock:
        """The clock kept at `address`, e.g. http://127.0.0.1:8100. Raises `http.Unreachable` when nobody is there."""
        clock = cls(address)
        await clock.refresh()
        return clock

    def now(self) -> dt.datetime:
        return self._anchor + dt.timedelta(seconds=(time.time() - self._real) * self._speed)

    async def sleep(self, seconds: float) -> None:
        until = self.now() + dt.timedelta(seconds=seconds)
        while (left := (until - self.now()).total_seconds()) > 0:
            await asyncio.sleep(min(left / self._speed, self._LONGEST_NAP))
            await self.refresh()

    def stopwatch(self) -> float:
        return time.monotonic()

    async def refresh(self) -> None:
        """Ask the house what time it is there."""
        self._set(await http.get_json(f"{self._address}/clock"))

    async def set_speed(self, speed: float) -> None:
        """Let time pass faster or slower, for everybody who shares the clock."""
        self._set(await http.post_json(f"{self._address}/clock", {"speed": speed}))

    async def leap(self, moment: dt.datetime) -> None:
        """Let it be that moment now, for everybody who shares the clock; it never goes back."""
        self._set(await http.post_json(f"{self._address}/clock", {"leap_to": moment.isoformat()}))

    def _set(self, reading: dict[str, object]) -> None:
        self._anchor = dt.datetime.fromisoformat(str(reading["now"]))
        self._real = float(str(reading["real"]))
        self._speed = float(str(reading["speed"]))
