"""One practice council shopped by one scenario, step by step as the command does it."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from scenarios.answers import every_wave
from scenarios.bench import opened
from scenarios.collect import Collection
from scenarios.commands.programme import wave_to_run
from scenarios.demo import practice, write_programme
from scenarios.run import Outcome, Run

COUNCIL = "hollinbrook"
WAVE = "practice-wave"


@asynccontextmanager
async def programme(folder: Path, scenario: str, start: str = "2026-11-23T10:00", **limits: int) -> AsyncIterator[Path]:
    """One practice council, shopped by one scenario."""
    async with practice(["--only", COUNCIL, "--start", start]) as partnership:
        write_programme(folder, partnership, dt.date.fromisoformat(start[:10]), calls=2, mails=5)
        change(folder / "waves" / f"{WAVE}.yaml", lambda wave: wave.update(scenarios=[scenario]))
        if limits:
            change(folder / "register" / f"{COUNCIL}.yaml", lambda it: it["consent"]["limits"].update(limits))
        yield folder


def change(path: Path, how: Any) -> None:
    """Change one YAML file of a programme."""
    yaml = YAML()
    document = yaml.load(path)
    how(document)
    yaml.dump(document, path)


async def run(folder: Path) -> Outcome:
    """One run of the wave, as the command does it."""
    async with opened(folder, to_work=True) as bench:
        frozen = await wave_to_run(bench, WAVE, None, None)
        return await Run(bench, frozen, lambda row: True, lambda what, done, total: None).go()


async def collect(folder: Path, *, until_closed: bool = False) -> int:
    """Read the mailbox, as the command does it."""
    async with opened(folder, to_work=True) as bench:
        collection = Collection(bench, await every_wave(bench))
        if until_closed:
            await collection.until_closed(lambda what, done, total: None)
        return await collection.once()
