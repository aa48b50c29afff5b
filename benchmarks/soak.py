"""An hour of practice waves: whether the memory, the open files and the threads of a server stay what they were.

    python -m benchmarks.soak [--json] [--minutes 60] [--councils 6]

`doorstep serve` runs a programme on the fast clock, a practice day a minute: each day a wave of e-mails, one of calls,
another of e-mails and a website (with a browser where there is one); it reads the mailbox and closes windows in every
round. What the process holds is read from /proc every two seconds.

The first third, at most ten minutes, is for warming up. Of the rest a straight line is laid through the means of whole
practice days, so that what comes and goes within a day is neither growth nor noise; its slope is told with its 95 %
interval, by Student's t. The size of the database's write-ahead file is told too. Ends with 1 where the server has
ended, or where memory surely grows by more than 10 MB an hour, or open files or threads by more than one.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import math
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from ruamel.yaml import YAML
from scipy.stats import linregress, t

from benchmarks.backlog import cpu_seconds, resident_mb
from benchmarks.scale import councils
from probes import http
from scenarios.demo import Partnership, practice, write_programme
from tests.scenarios.killing import shops_where, start

SPEED = 1440.0
"""Practice seconds in a real one: a day in a minute."""

DAY = 86_400 / SPEED
"""Real seconds of a practice day, after which everything comes again."""

FEWEST = 5  # days
_WARM_AT_MOST = 600.0  # seconds
_LOOK_EVERY = 2.0  # seconds
_TOLD_EVERY = 150  # looks, that is five minutes
_GROWS = {"memory_mb": 10.0, "files": 1.0, "threads": 1.0}  # an hour; the browser comes and goes
_BEGINS = dt.date(2027, 1, 4)
_SCHEDULES = """\
mornings: {cron: "0 3 * * *", scenario: email, jitter_minutes: 0, bank_holidays: run}
calls: {cron: "5 10 * * 1-5", scenario: telephone, jitter_minutes: 0}
afternoons: {cron: "0 15 * * *", scenario: email, jitter_minutes: 0, bank_holidays: run}
websites: {cron: "0 19 * * *", scenario: website, jitter_minutes: 0, bank_holidays: run, organisations: [c0]}
"""


@dataclass(frozen=True)
class Sample:
    """What the server held at a moment, in seconds after its start; the write-ahead file in megabytes."""

    at: float
    memory_mb: float
    files: int
    threads: int
    wal_mb: float


@dataclass(frozen=True)
class Line:
    """The mean, and by how much it grows an hour: the slope and half its 95 % interval."""

    mean: float
    slope: float
    within: float

    @property
    def surely(self) -> float:
        """The least by which it grows an hour, or shrinks, if anything: 0 where the interval holds 0."""
        return math.copysign(max(0.0, abs(self.slope) - self.within), self.slope)


def line(samples: Sequence[tuple[float, float]]) -> Line:
    """The least-squares line through the daily means of (seconds, value), in order of time, but the last day's."""
    days: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    for at, value in samples:
        days[int((at - samples[0][0]) / DAY)].append((at, value))
    whole = list(days.values())[:-1]
    if len(whole) < FEWEST:
        raise ValueError(f"{len(whole)} whole practice days; at least {FEWEST} are needed")
    hours = [fmean(at for at, _ in day) / 3600 for day in whole]
    values = [fmean(value for _, value in day) for day in whole]
    if len(set(values)) == 1:
        return Line(values[0], 0.0, 0.0)
    fit = linregress(hours, values)
    return Line(fmean(values), float(fit.slope), float(t.ppf(0.975, len(whole) - 2) * fit.stderr))


def write(folder: Path, partnership: Partnership) -> None:
    """The programme: its councils agreed to a year, and four schedules shop them."""
    write_programme(folder, partnership, _BEGINS, calls=2, mails=4, elsewhere=0)
    for old in (folder / "waves").glob("*.yaml"):
        old.unlink()
    (folder / "schedules.yaml").write_text(_SCHEDULES)
    yaml = YAML()
    path = folder / "scenarios" / "website.yaml"
    scenario = yaml.load(path)
    scenario["enquiries"] = scenario["enquiries"][:1]
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(scenario, file)


def look(pid: int, folder: Path, at: float) -> Sample:
    """What a process holds now."""
    status = Path(f"/proc/{pid}/status").read_text()
    wal = folder / "doorstep.db-wal"
    return Sample(
        at,
        resident_mb(pid),
        len(os.listdir(f"/proc/{pid}/fd")),
        int(status.partition("Threads:")[2].split()[0]),
        wal.stat().st_size / 1e6 if wal.exists() else 0.0,
    )


async def soak(minutes: float, many: int) -> tuple[list[Sample], dict[str, float]]:
    """So long a soak: the samples, and what was made meanwhile. Fewer samples where the server ended by itself."""
    with tempfile.TemporaryDirectory() as temporary:
        files, folder = Path(temporary) / "councils", Path(temporary) / "programme"
        councils(files, many)
        begins = f"{_BEGINS}T00:00"
        async with practice(["--councils", str(files), "--start", begins, "--speed", str(SPEED)]) as partnership:
            write(folder, partnership)
            server = await start("serve", "--poll", "1", "--folder", str(folder))
            began, samples = time.monotonic(), list[Sample]()
            try:
                while (at := time.monotonic() - began) < 60 * minutes and server.returncode is None:
                    samples.append(look(server.pid, folder, at))
                    if len(samples) % _TOLD_EVERY == 0:
                        print(f"{at / 60:.0f} minutes: {samples[-1].memory_mb:.0f} MB", file=sys.stderr)
                    await asyncio.sleep(_LOOK_EVERY)
                cpu = cpu_seconds(server.pid) if server.returncode is None else math.nan
            finally:
                if server.returncode is None:
                    server.terminate()
                await server.wait()
            tally = await http.get_json(f"{partnership['house']}/tally")
        made = {
            "mails": len(tally["mails"]),
            "calls": len(tally["calls"]),
            "pages": sum(sum(days.values()) for days in tally["page_days"].values()),
            "closed": len(shops_where(folder, "state = 'closed'")),
            "cpu_s": cpu,
        }
    return samples, made


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--councils", type=int, default=6)
    asked = parser.parse_args()
    samples, made = asyncio.run(soak(asked.minutes, asked.councils))
    ended = math.isnan(made["cpu_s"])
    warm = min(_WARM_AT_MOST, 20 * asked.minutes)
    later = [one for one in samples if one.at >= warm]
    try:
        lines = {name: line([(one.at, getattr(one, name)) for one in later]) for name in _GROWS}
    except ValueError as error:
        print(f"{'the server ended' if ended else 'too short'}: {error}", file=sys.stderr)
        return 1
    wal = max(one.wal_mb for one in samples)
    if asked.json:
        told: dict[str, object] = {"minutes": round(samples[-1].at / 60, 1), "samples": len(later), "wal_mb": wal}
        for name, one in lines.items():
            told |= {name: one.mean, f"{name}_an_hour": one.slope, f"{name}_within": one.within}
        print(json.dumps(told | made))
    else:
        print(f"{samples[-1].at / 60:.0f} minutes, {len(later)} samples after the first {warm / 60:.0f} minutes")
        print(", ".join(f"{name} {value:,.0f}" for name, value in made.items()))
        for name, one in lines.items():
            print(f"{name:10} {one.mean:8.1f}, an hour {one.slope:+.2f} ± {one.within:.2f}")
        print(f"write-ahead file at most {wal:.1f} MB")
    return 1 if ended or any(lines[name].surely > most for name, most in _GROWS.items()) else 0


if __name__ == "__main__":
    sys.exit(_main())
