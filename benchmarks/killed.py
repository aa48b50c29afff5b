"""kill -9 at random moments while mails are sent: is any sent twice, is any lost, and what becomes of those in doubt?

    python -m benchmarks.killed [--json] [--kills 100] [--mails 500] [--seed 20061123]

The real command sends a wave of enquiries to practice councils over SMTP, on a line with latency so that a transaction
takes its time, is killed at a random moment, and is started again; so many times. A last run finishes the wave, at
sixty times the speed, so that the quarter of an hour's grace passes in fifteen seconds. What the councils counted is
then held against the shops:

- twice: mails that a council got more than once from one of our addresses;
- lost: planned contacts that no council got and that nothing has replaced;
- in doubt: mails whose intent was on disk when a kill fell, and not yet that they had gone. Each must end in one of two
  ways: proven sent, by our own copy in our own mailbox; or void, nobody can know, and a new one sent in its place. Of
  the void ones it is said how many had reached a council after all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from benchmarks.send import slow_line
from results.store import ShopRow
from scenarios.bench import opened
from scenarios.demo import WAVE
from tests.scenarios.conftest import World, world
from tests.scenarios.killing import doorstep, kill_after, shops_where, start

COUNCILS = ("ashcombe-vale", "kesterton", "penderfold", "selmarsh")
PACE = 2  # practice seconds between two mails to one council, so that there is something to kill
BEGINS, LASTS = 1.0, 4.5  # real seconds between which each kill falls; starting takes about one
FASTER = 60
ROUND_TRIP = 0.06  # seconds; a transaction takes six


async def main(kills: int, mails: int, seed: int) -> dict[str, int]:
    """Kill, finish, count."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "programme"
        async with world(folder, COUNCILS, 1, mails // len(COUNCILS)) as up, _slow_smtp(folder):
            _only_mails(folder)
            hit, in_doubt = 0, set[str]()
            for _ in range(kills):
                hit += await _hit(folder, chance.uniform(BEGINS, LASTS))
                in_doubt |= shops_where(folder, "state = 'intent'")  # neither planned any more nor known to be sent
            await up.speed(FASTER)
            for arguments in (("run", WAVE), ("collect", "--until-closed")):
                if status := await doorstep(*arguments, "--folder", str(folder)):
                    raise SystemExit(f"`doorstep {arguments[0]}` ended with {status}")
            return {"kills": kills, "kills_at_work": hit, **await _counted(up, in_doubt)}


async def _hit(folder: Path, seconds: float) -> bool:
    """Start a run and kill it after so long. Whether mails were left to send."""
    killed = await kill_after(await start("run", WAVE, "--folder", str(folder)), seconds)
    return killed and bool(shops_where(folder, "state = 'planned'"))


async def _counted(up: World, in_doubt: set[str]) -> dict[str, int]:
    tally = await up.tally()
    async with opened(up.folder, to_work=False) as bench:
        rows: dict[str, ShopRow] = {row.id: row for row in await bench.store.rows(channel="email")}
    arrived = Counter(_tag(mail) for mail in tally["mails"])
    closed = [row for row in rows.values() if row.state == "closed"]
    void = [row for row in rows.values() if row.state == "void"]
    planned = {(row.organisation, row.number) for row in rows.values()}
    return {
        "planned": len(planned),
        "closed": len(closed),
        "twice": sum(count - 1 for count in arrived.values()),
        "lost": len(planned - {(row.organisation, row.number) for row in closed if arrived[row.reference]}),
        "in_doubt": len(in_doubt),
        "in_doubt_proven_sent": sum(rows[shop].state == "closed" for shop in in_doubt),
        "in_doubt_void_and_replaced": sum(rows[shop].state == "void" for shop in in_doubt),
        "void_that_had_arrived": sum(arrived[row.reference] for row in void),
        "void_not_in_doubt": len({row.id for row in void} - in_doubt),
    }


def _tag(mail: dict[str, Any]) -> str:
    return str(mail["mail_from"]).partition("+")[2].partition("@")[0]


@asynccontextmanager
async def _slow_smtp(folder: Path) -> AsyncIterator[None]:
    """Lead the programme's outgoing mail over a slow line."""
    path = folder / "programme.toml"
    text = path.read_text("utf-8")
    found = re.search(r"(?m)^smtp_port = (\d+)$", text)
    assert found
    async with slow_line(int(found[1]), ROUND_TRIP) as port:
        path.write_text(text.replace(found[0], f"smtp_port = {port}"), "utf-8")
        yield


def _only_mails(folder: Path) -> None:
    yaml = YAML()
    wave = folder / "waves" / f"{WAVE}.yaml"
    document = yaml.load(wave)
    document["scenarios"] = ["email"]
    yaml.dump(document, wave)
    for path in (folder / "register").glob("*.yaml"):
        document = yaml.load(path)
        document["consent"]["limits"] |= {"seconds_between_mails": PACE, "mails_per_day": 500}
        yaml.dump(document, path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--mails", type=int, default=500)
    parser.add_argument("--seed", type=int, default=20061123)
    arguments = parser.parse_args()
    found = asyncio.run(main(arguments.kills, arguments.mails, arguments.seed))
    if arguments.json:
        print(json.dumps(found))
    else:
        print(
            f"{found['kills']} kills, {found['kills_at_work']} while mails were left to send; "
            f"{found['planned']} contacts planned, {found['closed']} closed\n"
            f"sent twice: {found['twice']}; lost: {found['lost']}\n"
            f"in doubt after a kill: {found['in_doubt']}, of which our own copy proved {found['in_doubt_proven_sent']} "
            f"sent; {found['in_doubt_void_and_replaced']} nobody can know, and were replaced\n"
            f"void mails that had reached a council after all: {found['void_that_had_arrived']}"
        )
