"""The clock that the partnership keeps and its visitors read: practice time, `speed` times as fast as real time.

The one place besides probes/clock.py that reads the real time, because somebody has to keep the practice one.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Annotated

from pydantic import AwareDatetime, Field

from results.calendar import LONDON
from results.schema import Noun

START = dt.datetime(2026, 11, 23, 10, 0, tzinfo=LONDON)
Speed = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]


class Reading(Noun):
    """What the clock showed at a real moment (seconds since 1970), and how fast it goes."""

    now: AwareDatetime
    real: float
    speed: Speed


class HouseClock:
    """Practice time. Setting it tells everybody in `on_change`."""

    def __init__(self, start: dt.datetime = START, speed: float = 1.0) -> None:
        self._anchor = Reading(now=start.astimezone(dt.UTC), real=time.time(), speed=speed)
        self.on_change: list[Callable[[], None]] = []

    @property
    def speed(self) -> float:
        """Practice seconds in one real second."""
        return self._anchor.speed

    def now(self) -> dt.datetime:
        """Practice time, aware, in UTC."""
        return self.reading().now

    def reading(self) -> Reading:
        """Practice time with the real moment at which it was read."""
        real = time.time()
        now = self._anchor.now + dt.timedelta(seconds=(real - self._anchor.real) * self.speed)
        return Reading(now=now, real=real, speed=self.speed)

    def go_on(self, speed: float | None = None, leap_to: dt.datetime | None = None) -> None:
        """Go on from now, at another speed if one is given; or from a later moment. A moment that is past is now."""
        here = self.reading()
        now = here.now if leap_to is None else max(here.now, leap_to)
        self.set(Reading(now=now, real=here.real, speed=speed or here.speed))

    def set(self, reading: Reading) -> None:
        """Take over a reading of the same clock."""
        self._anchor = reading
        for tell in self.on_change:
            tell()

    def real_seconds_until(self, moment: dt.datetime) -> float:
        """Real seconds from now until that practice moment; below 0 when it has passed."""
        return (moment - self.now()).total_seconds() / self.speed
