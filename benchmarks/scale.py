"""A night of a large programme on one, two and four workers, and what it takes while it waits and to come back.

    python -m benchmarks.scale [--json] [--organisations 400] [--calls 10] [--mails 20] [--sites 400] [--idle 60]

So many practice councils are up over sockets, each with three lines that answer after two seconds; a PostgreSQL is
started too. `--calls` and `--mails` are for each council; the first `--sites` websites are visited by a browser.

- a night: `doorstep run` handing out to 1, 2 and 4 of `doorstep worker`, from start to end; every contact must have
  been made once, by the councils' own count. Processor seconds are told apart: of the workers together, of the run
  that hands out, of the councils and of PostgreSQL; the largest memory is one worker's.
- waiting: `doorstep serve` and `doorstep collect --until-closed` (SQLite, the clock on the wall) with 10,000 enquiries
  open: the memory of each and its share of a processor.
- coming back: `doorstep run` killed with -9 half-way through its calls. `recover_s`: seconds from starting it again
  until each call that was under way has been looked at again, by the logs that it keeps, and the next one is placed.
  A call that was being asked for in the very moment of the kill is in doubt: it is found on the carrier's list, or,
  when that is certainly complete (three seconds), known not to have been placed; only its line waits (`settled_s`).

Workers, councils and PostgreSQL share this machine's processors: where their seconds together are near its processors
times the night's length, more workers can show no more speed.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from benchmarks.backlog import cpu_seconds, resident_mb
from probes import http
from results.store import ShopRow
from results.tables import shops
from scenarios.bench import opened
from scenarios.credentials import PRACTICE
from scenarios.demo import WAVE, Partnership, practice, write_programme
from scenarios.finish import closing_time
from scenarios.plan import freeze, rows
from tests.databases import postgres_server
from tests.scenarios.killing import shops_where, start

WORKERS = (1, 2, 4)
TOLD = ("s", "cpu_s", "run_cpu_s", "councils_cpu_s", "database_cpu_s", "largest_mb")
WAITING = 10_000
SPEED = 10.0
"""Practice seconds in a real one: letters are answered fast, and a night is over before the offices close.

Calls last as long as they last.
"""

_MONDAY = dt.date(2026, 11, 23)
_FOR_DRAMA = ("113496", "207946", "306999")  # each followed by 0000 to 0999
_SETTLES = 30.0  # seconds until it has looked once at everything


def councils(folder: Path, many: int) -> None:
    """Write so many council files, each with lines and an address of its own."""
    folder.mkdir()
    for n in range(many):
        answered = {"after": 2, "greeting": f"Council {n}, good morning.", "hangs_up_after": 2}
        council: dict[str, Any] = {
            "id": f"c{n}",
            "name": f"Council {n}",
            "about": "One of many.",
            "mail": {
                "addresses": [f"desk@c{n}.example"],
                "wrong_authority": "unhelpful",
                "manners": [{"share": 1, "reply": {"after_working_hours": 1, "text": "adequate", "sender": _SENDER}}],
            },
            "lines": [
                {"number": _number(3 * n + line), "label": label, "calls": [answered]}
                for line, label in enumerate(("Switchboard", "Council tax", "Waste"))
            ],
        }
        _write(folder / f"c{n}.yaml", council)


_SENDER = {"name": "Iris Calloway", "job_title": "Adviser", "department": "Customer Services"}


def _number(n: int) -> str:
    """The n-th of those of Ofcom's numbers for drama that practice councils may have."""
    return f"+44{_FOR_DRAMA[n // 1000]}0{n % 1000:03}"


def _write(path: Path, document: dict[str, Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(document, file)


def programme(folder: Path, partnership: Partnership, calls: int, mails: int, sites: int, database: str | None) -> None:
    """A programme that shops them, by workers where a database is named."""
    write_programme(folder, partnership, _MONDAY, max(1, calls), max(1, mails), elsewhere=0)
    settings = (folder / "programme.toml").read_text().replace("calls_per_second = 50", "calls_per_second = 100")
    engine = f'engine = {{ kind = "procrastinate", database = "{database}" }}\n' if database else ""
    (folder / "programme.toml").write_text(engine + settings)
    wanted = [name for name, many in (("telephone", calls), ("email", mails), ("website", sites)) if many]
    yaml = YAML()
    wave = yaml.load(folder / "waves" / f"{WAVE}.yaml")
    _write(folder / "waves" / f"{WAVE}.yaml", {**wave, "scenarios": wanted})
    for council in partnership["councils"][sites:]:
        path = folder / "register" / f"{council['id']}.yaml"
        organisation = yaml.load(path)
        organisation["contacts"]["sites"] = []
        _write(path, organisation)


async def night(temporary: Path, workers: int, calls: int, mails: int, sites: int, server: str) -> dict[str, float]:
    """One night on so many workers: its length, and what the workers took. Raises `SystemExit` for a wrong count."""
    folder, database = temporary / f"night-{workers}", _new_database(server, f"night{workers}")
    async with practice(["--councils", str(temporary / "councils")]) as partnership:
        councils_up, postmaster = _children(os.getpid()), _postmaster(server)
        programme(folder, partnership, calls, mails, sites, database)
        await http.post_json(f"{partnership['house']}/clock", {"speed": SPEED})
        crew = [await start("worker", "--folder", str(folder)) for _ in range(workers)]
        try:
            await asyncio.sleep(5)  # starting is not the night
            taking = {"": [one.pid for one in crew], "councils_": councils_up, "database_": [postmaster]}
            before = {whose: sum(map(_whole_cpu_seconds, pids)) for whose, pids in taking.items()}
            run_before = resource.getrusage(resource.RUSAGE_CHILDREN)
            began = time.perf_counter()
            status, said = await _run(folder)
            took = time.perf_counter() - began
            used = {
                f"{whose}cpu_s": sum(map(_whole_cpu_seconds, pids)) - before[whose] for whose, pids in taking.items()
            }
            run_after = resource.getrusage(resource.RUSAGE_CHILDREN)
            used["run_cpu_s"] = sum(run_after[:2]) - sum(run_before[:2])
            largest = max(_largest_mb(one.pid) for one in crew)
        finally:
            for one in crew:
                if one.returncode is None:
                    one.terminate()
            await asyncio.gather(*(one.wait() for one in crew))
        tally = await http.get_json(f"{partnership['house']}/tally")
    if status:
        raise SystemExit(f"`doorstep run` ended with {status}: {said[-1000:]}")
    many = len(partnership["councils"])
    twice = [tag for tag, times in Counter(mail["mail_from"] for mail in tally["mails"]).items() if times > 1]
    if len(tally["calls"]) != calls * many or len(tally["mails"]) != mails * many or twice:
        met = f"{len(tally['calls'])} calls and {len(tally['mails'])} mails, {len(twice)} of them twice"
        raise SystemExit(f"the councils met {met}, not {calls * many} and {mails * many}: {said[-1000:]}")
    return {"s": took, "largest_mb": largest} | used


async def _run(folder: Path) -> tuple[int, str]:
    """The wave run to its end: the exit status, and what was said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scenarios.cli", "run", WAVE, "--folder", str(folder)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def waiting(temporary: Path, idle: float) -> dict[str, float]:
    """What `doorstep serve` and `doorstep collect --until-closed` take with `WAITING` enquiries open."""
    folder = temporary / "waiting"
    async with practice(["--councils", str(temporary / "councils")]) as partnership:
        programme(folder, partnership, 0, -(-WAITING // len(partnership["councils"])), 0, None)
        _on_the_wall_clock(folder)
        await _as_if_sent(folder)
        served = await _idle(folder, idle, "serve")
        collected = await _idle(folder, idle, "collect", "--until-closed")
    found = {f"idle_{key}": value for key, value in served.items()}
    return found | {f"collect_idle_{key}": value for key, value in collected.items()}


def _on_the_wall_clock(folder: Path) -> None:
    """The same mailbox, and nothing else of the practice partnership: a practice clock runs fast while one waits."""
    settings = (folder / "programme.toml").read_text().partition("[phone]")[0]
    (folder / "programme.toml").write_text(settings)
    (folder / "schedules.yaml").write_text('nightly: {cron: "0 3 * * *", scenario: email}\n')
    for path in (folder / "scenarios").glob("*.yaml"):
        if path.stem != "email":
            path.unlink()
    for path in (folder / "register").glob("*.yaml"):
        organisation = YAML().load(path)
        organisation["contacts"]["lines"] = []
        del organisation["consent"]
        _write(path, organisation)
    os.environ["DOORSTEP_MAIL_PASSWORD"] = PRACTICE


async def _idle(folder: Path, seconds: float, *command: str) -> dict[str, float]:
    process = await start(*command, "--folder", str(folder))
    try:
        await asyncio.sleep(_SETTLES)
        before = cpu_seconds(process.pid)
        await asyncio.sleep(seconds)
        if process.returncode is not None:
            raise SystemExit(f"`doorstep {command[0]}` ended with {process.returncode}")
        return {"mb": resident_mb(process.pid), "core": (cpu_seconds(process.pid) - before) / seconds}
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _as_if_sent(folder: Path) -> None:
    """Every enquiry of the wave entered as sent, to be waited for as long as its window is."""
    async with opened(folder, to_work=True) as bench:
        now = bench.clock.now()
        frozen = freeze(bench.folder, bench.folder.waves[WAVE], now)
        planned: list[ShopRow] = list(rows(frozen))
        await bench.store.freeze(frozen, planned)
        sent = {"state": "open", "intent_at": now, "made_at": now, "account": "main"}
        async with bench.database.write() as connection:  # as one step: sending is what the nights measure
            await connection.execute(shops.update().values(**sent))
        first = (await bench.store.rows(wave=WAVE))[0]
        async with bench.database.write() as connection:
            await connection.execute(shops.update().values(closes_at=closing_time(first, frozen)))


async def recovery(temporary: Path, calls: int) -> dict[str, float]:
    """A run killed half-way through its calls and started again: when it knew again of all that was under way."""
    folder = temporary / "killed"
    async with practice(["--councils", str(temporary / "councils")]) as partnership:
        programme(folder, partnership, calls, 0, 0, None)
        total = calls * len(partnership["councils"])
        running = await start("run", WAVE, "--folder", str(folder))
        while len(shops_where(folder, "intent_at is not null")) < total / 2:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        running.kill()
        await running.wait()
        followed, in_doubt = shops_where(folder, "state = 'open'"), shops_where(folder, "state = 'intent'")
        made = shops_where(folder, "intent_at is not null")
        clock = await http.get_json(f"{partnership['house']}/clock")
        at = dt.datetime.fromisoformat(clock["now"]) + dt.timedelta(seconds=time.time() - clock["real"])
        began = time.perf_counter()
        again = await start("run", WAVE, "--folder", str(folder))
        try:
            next_one = settled = 0.0
            while not next_one or not settled or shops_where(folder, "state = 'open'") & followed:
                if again.returncode not in (None, 0):
                    raise SystemExit(f"the run that was started again ended with {again.returncode}")
                now = time.perf_counter() - began
                next_one = next_one or (now if shops_where(folder, "intent_at is not null") - made else 0.0)
                left = shops_where(folder, "state = 'intent'") & in_doubt
                settled = settled or (now if not left else 0.0)
                await asyncio.sleep(0.01)
        finally:
            if again.returncode is None:
                again.terminate()
            await again.wait()
        looked = [(first - at).total_seconds() for first in await _first_looks(folder, followed)]
    if len(looked) != len(followed):
        raise SystemExit(f"{len(followed)} calls were under way, and {len(looked)} of them were followed to their end")
    return {
        "under_way": len(followed),
        "followed_s": max(looked, default=0.0),
        "in_doubt": len(in_doubt),
        "settled_s": settled if in_doubt else 0.0,
        "next_call_s": next_one,
        "recover_s": max([*looked, next_one]),
    }


async def _first_looks(folder: Path, followed: set[str]) -> list[dt.datetime]:
    """When each of these calls was first looked at by whoever followed it to its end, by the logs that are evidence."""
    found = []
    async with opened(folder, to_work=False) as bench:
        for shop in followed:
            for seen in await bench.store.observations(shop):
                logs = [each for each in seen.evidence if each.kind == "call log"]
                found += [json.loads(bench.evidence.path(log.sha256).read_text())["seen"][0] for log in logs]
    return [dt.datetime.fromisoformat(first["first_told"]) for first in found]


def _new_database(server: str, name: str) -> str:
    import psycopg

    with psycopg.connect(f"{server}postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return server + name


def _postmaster(server: str) -> int:
    """The process that all others of PostgreSQL are children of."""
    import psycopg

    with psycopg.connect(f"{server}postgres") as connection:
        backend = connection.info.backend_pid
    return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])


def _children(pid: int) -> list[int]:
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


def _whole_cpu_seconds(pid: int) -> float:
    """Processor seconds of a process and of all that it has started, those too that are over."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK") + sum(map(_whole_cpu_seconds, _children(pid)))
    except OSError:  # it has just ended, and its parent has its seconds
        return 0.0


def _largest_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


async def main(organisations: int, calls: int, mails: int, sites: int, idle: float) -> dict[str, float]:
    """Everything, and what came of it."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode
    found: dict[str, float] = {"organisations": organisations, "calls": calls * organisations}
    found |= {"mails": mails * organisations, "sites": min(sites, organisations)}
    with tempfile.TemporaryDirectory() as temporary, postgres_server() as server:
        if server is None:
            raise SystemExit("PostgreSQL's server is not installed on this machine; `make servers` tells how")
        councils(Path(temporary) / "councils", organisations)
        for workers in WORKERS:
            one = await night(Path(temporary), workers, calls, mails, sites, server)
            found |= {f"{key}_{workers}_workers": value for key, value in one.items()}
        found["speedup_4_workers"] = found["s_1_workers"] / found["s_4_workers"]
        found |= await waiting(Path(temporary), idle)
        found |= await recovery(Path(temporary), calls)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true")
    sizes = (("--organisations", 400), ("--calls", 10), ("--mails", 20), ("--sites", 400), ("--idle", 60))
    for option, size in sizes:
        parser.add_argument(option, type=int, default=size)
    arguments = parser.parse_args()
    told = asyncio.run(main(arguments.organisations, arguments.calls, arguments.mails, arguments.sites, arguments.idle))
    if arguments.json:
        print(json.dumps({key: round(value, 3) for key, value in told.items()}))
    else:
        print(f"{told['calls']:,} calls, {told['mails']:,} mails, {told['sites']:,} sites")
        for number in WORKERS:
            one = {key: told[f"{key}_{number}_workers"] for key in TOLD}
            others = f"the run {one['run_cpu_s']:.0f}, councils {one['councils_cpu_s']:.0f}"
            print(
                f"{number} workers {one['s']:8.1f} s {one['cpu_s']:8.1f} processor seconds ({others}, PostgreSQL "
                f"{one['database_cpu_s']:.0f}) {one['largest_mb']:6.0f} MB at most in one"
            )
        for command, key in (("serve", "idle"), ("collect --until-closed", "collect_idle")):
            waits = f"{told[f'{key}_mb']:.0f} MB, {100 * told[f'{key}_core']:.1f} % of one processor"
            print(f"`doorstep {command}` with {WAITING:,} enquiries open: {waits}")
        print(
            f"after kill -9: {told['under_way']} calls under way were followed again {told['followed_s']:.2f} s after "
            f"the new start, the next was placed after {told['next_call_s']:.2f} s; "
            f"{told['in_doubt']} calls in doubt were settled after {told['settled_s']:.2f} s"
        )
