"""The whole HTML and XLSX report of a large wave, from the store: seconds and memory, and how they grow.

    python -m benchmarks.report [--json] [--organisations 400] [--sizes 10000,100000,1000000]

A wave of calls, e-mails and site visits by the scheme that ships is put into a SQLite store: 30 to 71 answers a
contact, three in four of them answered, every time and duration its own. Then `doorstep report` writes the report.
`seconds` is from its start to its end, `cpu_seconds` what it and its children used of the processors, `peak_mb` the
largest sum of what they held, in a second run, since looking slows it.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import hashlib
import json
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from results import scheme
from results.database import Database
from results.schema import Channel, Consent, Criterion, Organisation, Scheme, Wave
from results.store import FrozenWave, Store

DOORSTEP = (sys.executable, "-m", "scenarios.cli")
INSTALLED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""What Python compiled is kept, as where Doorstep is installed."""
PER_ORGANISATION = (("phone", 0.49), ("email", 0.49), ("web", 0.02))
SEED = 2006
_FIRST = dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)


def wave() -> Wave:
    """Four weeks of fieldwork."""
    return Wave(
        id="large",
        title="Large wave",
        partnership="All councils",
        fieldwork_from=dt.date(2026, 11, 2),
        fieldwork_until=dt.date(2026, 11, 27),
        scenarios=("telephone",),
    )


async def fill(path: Path, organisations: int, answers: int) -> int:
    """A store with a wave of about so many answers. How many there are."""
    found = scheme.load("south-derbyshire-2006")
    agreed = Consent(
        agreed_by="Head of Customer Services",
        valid_from=dt.date(2026, 1, 1),
        until=dt.date(2027, 1, 1),
        channels=("phone", "email", "web"),
    )
    members = {
        id: Organisation(id=id, name=id.replace("-", " ").capitalize(), consent=agreed)
        for id in (f"council-{one:03d}" for one in range(organisations))
    }
    database = await Database.open(f"sqlite:///{path}")
    frozen = FrozenWave(wave(), found, members, {}, {}, _FIRST)
    await Store(database).freeze(frozen, ())
    await database.close()
    made = 0
    with sqlite3.connect(path) as connection:
        for number, (shop, observation, score, count) in enumerate(_shops(found, list(members), answers), 1):
            connection.execute(
                f"INSERT INTO shops ({','.join(shop)}) VALUES ({','.join('?' * len(shop))})", list(shop.values())
            )
            at = "2026-11-30 00:00:00.000000"
            connection.execute(
                "INSERT INTO observations (id, shop, at, document) VALUES (?, ?, ?, ?)",
                (number, shop["id"], at, observation),
            )
            connection.execute(
                "INSERT INTO scores (shop, scheme, at, observation, document) VALUES (?, ?, ?, ?, ?)",
                (shop["id"], frozen.basis, at, number, score),
            )
            made += count
    return made


def _shops(found: Scheme, members: list[str], answers: int) -> Iterator[tuple[dict[str, Any], str, str, int]]:
    chance = random.Random(SEED)
    criteria = {channel: [one for one in found.criteria if one.channel == channel] for channel, _ in PER_ORGANISATION}
    for member in members:
        good = chance.uniform(0.5, 0.95)
        for channel, part in PER_ORGANISATION:
            own = criteria[channel]
            count = max(1, round(answers / len(members) * part / len(own)))
            for number in range(count):
                yield _shop(chance, good, member, channel, own, number)  # type: ignore[arg-type]


def _shop(
    chance: random.Random, good: float, member: str, channel: Channel, criteria: list[Criterion], number: int
) -> tuple[dict[str, Any], str, str, int]:
    id = f"large.{member}.{channel}.{number:03d}"
    made = _FIRST + dt.timedelta(hours=chance.uniform(0, 600))
    given = [_answer(chance, good, one) for one in criteria]
    points = {
        stage: {
            "earned": sum(
                (one["marks"] or 0) * c.weight for one, c in zip(given, criteria, strict=True) if c.stage == stage
            ),
            "possible": sum(
                c.weight
                for one, c in zip(given, criteria, strict=True)
                if c.stage == stage and one["marks"] is not None
            ),
        }
        for stage in ("access", "quality")
    }
    rang = made + dt.timedelta(seconds=chance.uniform(2, 30))
    seen = {
        "facts": {one.fact: chance.random() < good for one in criteria if one.fact},
        "moments": {
            name: {"lower": at.isoformat(), "upper": at.isoformat(), "source": "server"}
            for name, at in (("ringing", made), ("answered", rang))
        },
        "evidence": [
            {
                "kind": "mail",
                "name": f"{id}.eml",
                "media_type": "message/rfc822",
                "size": 4000,
                "keep_until": "2027-11-30",
                "sha256": hashlib.sha256(id.encode()).hexdigest(),
            }
        ],
        "notes": [f"Seen at {made:%H:%M:%S}."],
    }
    at = f"{made:%Y-%m-%d %H:%M:%S.%f}"
    row = {
        "id": id,
        "wave": "large",
        "organisation": member,
        "scenario": channel,
        "enquiry": chance.choice(("missed-bin", "blue-badge", "council-tax")),
        "channel": channel,
        "shopper": "probe",
        "target": f"enquiries@{member}.example",
        "number": number,
        "attempt": 0,
        "reference": id,
        "state": "closed",
        "due_at": at,
        "made_at": at,
        "closed_at": at,
        "why": "",
    }
    return row, json.dumps(seen), json.dumps({"answers": given, **points}), len(given)


def _answer(chance: random.Random, good: float, criterion: Criterion) -> dict[str, Any]:
    base = {"criterion": criterion.id, "value": None, "marks": None, "why": "", "reviewed": None, "proposal": None}
    kind = chance.random()
    if kind < 0.15:
        return {**base, "state": "not applicable", "why": "no reply"}
    if kind < 0.23:
        return {
            **base,
            "state": "needs review",
            "value": True,
            "why": f"proposed with confidence {chance.random():.2f}",
        }
    if kind < 0.25:
        return {**base, "state": "window open"}
    met = chance.random() < good
    value: Any = met
    if criterion.answer in ("duration_s", "elapsed_h", "working_days", "duration_min"):
        value = round(chance.uniform(0.1, 40), 3)
    elif criterion.answer in ("percent", "count", "scale5"):
        value = chance.randrange(100)
    elif criterion.answer in ("choice", "text"):
        value = chance.choice(list(criterion.marks) or ["fully"])
    return {**base, "state": "answered", "value": value, "marks": float(met)}


# ------------------------------------------------------------------------------------------------ measuring


def measure(programme: Path) -> dict[str, float]:
    """One report, written by a process of its own: seconds, and the largest memory of it and its children.

    It is written twice: to look at the memory of a large process ten times a second holds it up.
    """
    command = [*DOORSTEP, "report", "large", "--format", "html,xlsx", "--folder", str(programme)]
    began, spent = time.monotonic(), _spent()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=INSTALLED)
    seconds, used = time.monotonic() - began, _spent() - spent
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=INSTALLED)
    peak = [0]
    watch = threading.Thread(target=_watch, args=(process, peak), daemon=True)
    watch.start()
    if process.wait():
        raise SystemExit("the report could not be written")
    watch.join()
    return {"seconds": round(seconds, 2), "cpu_seconds": round(used, 2), "peak_mb": round(peak[0] / 1024, 1)}


def _spent() -> float:
    """Processor seconds of all processes that have been waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(process: subprocess.Popen[bytes], peak: list[int]) -> None:
    """The sum of proportional memory (shared pages divided among those who share them), in kB."""
    while process.poll() is None:
        peak[0] = max(peak[0], sum(map(_proportional, _family(process.pid))))
        time.sleep(0.1)


def _family(pid: int) -> list[int]:
    try:
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in below for one in _family(int(child)))]


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--organisations", type=int, default=400)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    asked = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory(prefix="doorstep-report-") as name:
        for size in map(int, asked.sizes.split(",")):
            programme = Path(name) / str(size)
            subprocess.run([*DOORSTEP, "init", str(programme)], check=True, stdout=subprocess.DEVNULL, env=INSTALLED)
            members = max(2, min(asked.organisations, size // 2500))  # a smaller wave has fewer, each as large
            answers = asyncio.run(fill(programme / "doorstep.db", members, size))
            once = measure(programme)
            pages = [path for path in (programme / "reports").rglob("*") if path.is_file()]
            written = sum(path.stat().st_size for path in pages)
            found.append({"answers": answers, **once, "written_mb": round(written / 1e6, 1)})
            shutil.rmtree(programme)
    if asked.json:
        last = found[-1]
        print(json.dumps({"organisations": asked.organisations, **last, "growth": found[:-1]}))
        return
    print(f"{'answers':>10} {'seconds':>8} {'CPU s':>8} {'peak MB':>8} {'written MB':>10}")
    for one in found:
        times = f"{one['seconds']:>8.1f} {one['cpu_seconds']:>8.1f}"
        print(f"{one['answers']:>10,} {times} {one['peak_mb']:>8.0f} {one['written_mb']:>10.0f}")


if __name__ == "__main__":
    main()
