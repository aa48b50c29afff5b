"""The practice partnership as a process of its own, and a programme that shops it."""

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probes import http
from scenarios.demo import practice, write_programme

MONDAY = dt.date(2026, 11, 23)


@dataclass(frozen=True)
class World:
    """A practice partnership that is up, and the programme folder that shops it."""

    house: str
    folder: Path

    async def truth(self) -> dict[str, Any]:
        """Each council's file, and what its website plants."""
        return await http.get_json(f"{self.house}/truth")

    async def tally(self) -> dict[str, Any]:
        """What the councils counted."""
        return await http.get_json(f"{self.house}/tally")

    async def speed(self, speed: float) -> None:
        """Let the shared clock run faster."""
        await http.post_json(f"{self.house}/clock", {"speed": speed})


@asynccontextmanager
async def world(folder: Path, councils: Sequence[str], calls: int, mails: int) -> AsyncIterator[World]:
    """Start the named practice councils and write a programme for them."""
    async with practice(["--only", ",".join(councils)]) as partnership:
        write_programme(folder, partnership, MONDAY, calls, mails, elsewhere=0)
        yield World(partnership["house"], folder)
