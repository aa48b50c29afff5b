"""A year of nights on the fast clock, checked by what the practice councils' own servers logged.

    python -m benchmarks.year [--json] [--nights 365] [--begins 2027-01-01] [--kill-every 9]

Six practice councils of four nations are up over sockets: two whose consent covers all the year, two whose consent
ends or begins in it, one that agreed to e-mails alone, one that never agreed. A programme with five schedules runs in
rounds, as `doorstep serve` does: e-mails at half past one (on the nights when the clocks change too), calls in office
hours, calls that fall due around ten in the evening, more e-mails than one council's limit allows, a website once a
week. Between rounds the practice clock leaps. At every ninth moment or so, and oftener around Easter, Christmas and
both clock changes, a real `doorstep serve` is started first and killed with -9.

Every night must have been once, and nothing outside consent, pauses, quiet hours, offices' hours or limits: by the
councils' logs with the practice clock's times, against published bank holidays (`year_log`). Ends with 1 where not.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from benchmarks.year_log import LONDON, YEAR, Agreed, Checked, check
from probes import http
from probes.clock import PracticeClock
from scenarios.bench import opened
from scenarios.demo import Partnership, practice, write_programme
from scenarios.serve import one_round
from tests.scenarios.killing import kill_after, start

CALLS_A_DAY = 8
"""The programme's own cap. It binds on some evenings, when calls of the evening before have been made up for."""

SPEED = 20.0
"""Practice seconds in a real one while a round is made."""

_STARTED_AGAIN_AFTER = dt.timedelta(minutes=20)
_KILLED_AFTER = 0.7, 3.0  # real seconds; starting takes about one
_SEED = 20270101


def _span(first: tuple[int, int], last: tuple[int, int]) -> frozenset[dt.date]:
    begins, ends = dt.date(YEAR, *first), dt.date(YEAR, *last)
    return frozenset(begins + dt.timedelta(days=past) for past in range((ends - begins).days + 1))


COUNCILS = (
    Agreed(
        "england",
        channels=("phone", "email", "web"),
        closed=_span((12, 29), (12, 31)),
        paused=_span((8, 9), (8, 15)),
    ),
    Agreed("wales", "Wales", until=dt.date(YEAR, 6, 30)),
    Agreed("scotland", "Scotland", since=dt.date(YEAR, 3, 1)),
    Agreed("northern-ireland", "Northern Ireland", channels=("email",)),
    Agreed("capped", mails_a_day=1, calls_a_day=1, exact=False),
    Agreed("unasked", agreed=False),
)
OFFICE_LINES = frozenset(f"+44113496{n:04}" for n in range(len(COUNCILS)))
_OFTEN_KILLED = _span((3, 25), (3, 30)) | _span((10, 30), (11, 1)) | _span((12, 23), (12, 30))

_SCHEDULES = """\
small-hours: {cron: "30 1 * * *", scenario: mails, jitter_minutes: 0}
office-hours: {cron: "5 9 * * 1-5", scenario: office-calls, jitter_minutes: 0}
evenings: {cron: "58 21 * * *", scenario: evening-calls, jitter_minutes: 40}
more-mails: {cron: "5 9 * * *", scenario: more-mails, jitter_minutes: 0, organisations: [capped]}
websites: {cron: "0 11 * * 3", scenario: websites, jitter_minutes: 0}
"""
_SCENARIOS: dict[str, dict[str, Any]] = {
    "mails": {"channel": "email", "enquiries": ["missed-bin", "garden-waste"]},
    "more-mails": {"channel": "email", "enquiries": ["parking-permit"]},
    "office-calls": {"channel": "phone", "enquiries": ["missed-bin"], "ring_for": 15, "attempts": 1},
    "evening-calls": {
        "channel": "phone",
        "enquiries": ["pest-control"],
        "ring_for": 15,
        "attempts": 1,
        "in_hours": False,
    },
    "websites": {"channel": "web", "enquiries": ["recycling-centre"]},
}


Danger = Callable[[dt.datetime], float]
"""How likely a server is killed at a moment, from 0 to 1."""


@dataclass
class Lived:
    """What was lived through, as the software tells it."""

    rounds: int = 0
    kills: int = 0
    states: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)


def write_councils(folder: Path) -> None:
    """The files of the practice councils: mails are seldom answered, and most calls find the line engaged."""
    folder.mkdir()
    calls = [
        {"share": 24, "outcome": "engaged"},
        {"share": 1, "after": 0.2, "greeting": "Good day.", "hangs_up_after": 1},
    ]
    sender = {"name": "Iris Calloway", "job_title": "Adviser", "department": "Customer Services"}
    reply = {"after_working_hours": 1, "text": "adequate", "sender": sender}
    for n, one in enumerate(COUNCILS):
        council = {
            "id": one.id,
            "name": f"{one.id.title()} Council",
            "about": "One of a year.",
            "nation": one.nation,
            "hours": {"opens": "09:00", "closes": "17:00", "closures": sorted(one.closed)},
            "mail": {
                "addresses": [f"desk@{one.id}.example"],
                "manners": [{"share": 9, "silent": True}, {"share": 1, "reply": reply}],
            },
            "lines": [
                {"number": f"+44113496{n:04}", "label": "Switchboard", "calls": calls},
                {"number": f"+44207946{n:04}", "label": "Evenings", "out_of_hours": True, "calls": calls},
            ],
        }
        _write(folder / f"{one.id}.yaml", council)


def write(folder: Path, partnership: Partnership) -> None:
    """The programme: what each council agreed to, five schedules, and a cap on each day's calls."""
    write_programme(folder, partnership, dt.date(YEAR, 1, 1), 1, 1, elsewhere=0)
    yaml = YAML()
    for one in COUNCILS:
        path = folder / "register" / f"{one.id}.yaml"
        organisation = yaml.load(path)
        consent = organisation["consent"]
        consent |= {"valid_from": one.since, "until": one.until, "channels": list(one.channels)}
        limits = {"mails_per_day": one.mails_a_day, "calls_per_day": one.calls_a_day, "pages_per_day": one.pages_a_day}
        consent["limits"] |= limits
        if not one.agreed:
            del organisation["consent"]
        _write(path, organisation)
    for old in (folder / "scenarios").glob("*.yaml"):
        old.unlink()
    for id, scenario in _SCENARIOS.items():
        _write(folder / "scenarios" / f"{id}.yaml", {"id": id, **scenario})
    for old in (folder / "waves").glob("*.yaml"):
        old.unlink()
    (folder / "schedules.yaml").write_text(_SCHEDULES)
    settings = folder / "programme.toml"
    cap = f"calls_per_second = 50\ncaps = {{ day = {{ calls = {CALLS_A_DAY} }} }}"
    settings.write_text(settings.read_text().replace("calls_per_second = 50", cap))


def _write(path: Path, document: dict[str, Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(document, file)


def moments(day: dt.date) -> Iterator[dt.datetime]:
    """When a round is made on that day: at each night's moment (both, where it comes twice) and some time after."""
    first = dt.datetime.combine(day, dt.time(1, 30), tzinfo=LONDON)
    yield first.astimezone(dt.UTC)
    if (again := first.replace(fold=1).astimezone(dt.UTC)) > first.astimezone(dt.UTC):
        yield again
    times = [dt.time(7, 5), dt.time(9, 5), dt.time(21, 58), dt.time(22, 41)]
    if day.weekday() == 2:
        times.insert(2, dt.time(11))
    for each in times:
        yield dt.datetime.combine(day, each, tzinfo=LONDON).astimezone(dt.UTC)


async def live(folder: Path, days: Collection[dt.date], danger: Danger) -> Lived:
    """Live through these days in a programme folder, whose practice partnership is up."""
    lived, chance = Lived(), random.Random(_SEED)
    async with opened(folder, to_work=False) as bench:
        clock = bench.clock
    if not isinstance(clock, PracticeClock):
        raise TypeError("only a practice clock leaps")
    await clock.set_speed(SPEED)
    await one_round(folder)  # schedules begin when they are seen for the first time
    for day in sorted(days):
        if day.day == 1:
            print(f"{day:%d/%m/%Y}, {lived.rounds} rounds so far", file=sys.stderr)
        for moment in moments(day):
            await clock.leap(moment)
            await _pauses(folder, day)
            if chance.random() < danger(moment):
                serving = await start("serve", "--poll", "1", "--folder", str(folder))
                lived.kills += await kill_after(serving, chance.uniform(*_KILLED_AFTER))
                await clock.leap(moment + _STARTED_AGAIN_AFTER)
            done = await one_round(folder)
            lived.rounds += 1
            lived.states.update(night.state for night in done.nights)
            lived.refused.update(done.refused)
            lived.troubles += [f"{moment:%d/%m/%Y %H:%M}: {what}: {why}" for what, why in done.troubles.items()]
    return lived


async def _pauses(folder: Path, day: dt.date) -> None:
    """The kill switch for one organisation, thrown on the first day of its pause and lifted after the last."""
    for one in COUNCILS:
        begins, over = day in one.paused, day - dt.timedelta(days=1) in one.paused
        if begins == over:
            continue
        async with opened(folder, to_work=False) as bench:
            if begins:
                await bench.ledger.pause(one.id, "they asked for a rest", bench.clock.now())
            else:
                await bench.ledger.resume(one.id)


async def year(temporary: Path, days: Collection[dt.date], danger: Danger) -> tuple[Lived, Checked]:
    """These days from their start, and what the councils' logs say of them."""
    write_councils(temporary / "councils")
    begins = f"{min(days):%Y-%m-%d}T00:00"
    async with practice(["--councils", str(temporary / "councils"), "--start", begins]) as partnership:
        folder = temporary / "programme"
        write(folder, partnership)
        lived = await live(folder, days, danger)
        log = await http.get_json(f"{partnership['house']}/tally")
    return lived, check(log, COUNCILS, days, OFFICE_LINES, CALLS_A_DAY)


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--begins", type=dt.date.fromisoformat, default=dt.date(YEAR, 1, 1))
    parser.add_argument("--kill-every", type=int, default=9, help="about every so many rounds; 0: at feasts only")
    asked = parser.parse_args()
    days = [asked.begins + dt.timedelta(days=past) for past in range(asked.nights)]
    if not days or days[0].year != YEAR or days[-1].year != YEAR:
        parser.error(f"the nights must lie in {YEAR}, whose bank holidays are known here")
    os.environ["DOORSTEP_CHROMIUM"] = ""

    def danger(moment: dt.datetime) -> float:
        usual = 1 / asked.kill_every if asked.kill_every else 0.0
        return max(usual, 0.5 * (moment.astimezone(LONDON).date() in _OFTEN_KILLED))

    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        lived, found = asyncio.run(year(Path(temporary), days, danger))
    told = {
        "days": len(days),
        "nights": found.nights,
        "faults": len(found.faults),
        "mails": found.mails,
        "calls": found.calls,
        "pages": found.pages,
        "kills": lived.kills,
        "rounds": lived.rounds,
        "seconds": round(time.perf_counter() - began),
        "handled": dict(lived.states),
        "refused": dict(lived.refused),
        "troubles": lived.troubles,
    }
    if asked.json:
        print(json.dumps(told | {"told": found.faults}))
    else:
        print(f"{told['days']} days in {told['seconds']} s, {told['rounds']} rounds, {told['kills']} times kill -9")
        print(f"by the councils' logs: {found.mails:,} mails, {found.calls:,} calls, {found.pages:,} pages")
        print(f"{found.nights:,} nights of a schedule at a council had to be once; faults: {len(found.faults)}")
        print(f"nights: {dict(lived.states)}; refused: {dict(lived.refused)}")
        for sentence in (*found.faults, *lived.troubles):
            print(sentence)
    return 1 if found.faults or lived.troubles else 0


if __name__ == "__main__":
    sys.exit(_main())
