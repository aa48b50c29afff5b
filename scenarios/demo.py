"""The practice partnership as a programme: starting it, and writing the folder that shops it.

The councils are met only over sockets, so this starts them as a process of their own and reads the addresses it prints.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from scenarios.programme import library

WAVE = "practice-wave"
_UP_WITHIN = 60.0  # seconds
_SITE_ENQUIRIES = ("council-tax-discount", "recycling-centre", "missed-bin")

Partnership = dict[str, Any]
"""What the practice partnership prints about itself."""


class PracticeDown(Exception):
    """The practice partnership did not start, or stopped."""


@asynccontextmanager
async def practice(arguments: Sequence[str] = ()) -> AsyncIterator[Partnership]:
    """The practice partnership, up while the block lasts. It stops by itself if this process dies."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "scenarios.practice",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    if process.stdout is None or process.stdin is None:
        raise RuntimeError("the practice partnership has no pipes")
    try:
        try:
            async with asyncio.timeout(_UP_WITHIN):
                line = await process.stdout.readline()
        except TimeoutError:
            raise PracticeDown(f"the practice partnership was not up within {_UP_WITHIN:g} seconds") from None
        if not line:
            raise PracticeDown("the practice partnership did not start; what it printed above says why")
        yield json.loads(line)
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def write_programme(
    folder: Path, partnership: Partnership, today: dt.date, calls: int = 24, mails: int = 22, elsewhere: int = 2
) -> None:
    """A programme folder that shops the practice partnership.

    `calls`, `mails` and `elsewhere` (mails about what another authority is responsible for): contacts to each council.
    """
    for room in ("register", "scenarios", "waves"):
        shutil.rmtree(folder / room, ignore_errors=True)
        (folder / room).mkdir(parents=True)
    (folder / "programme.toml").write_text(_toml(partnership), "utf-8")
    for council in partnership["councils"]:
        _yaml(folder / "register" / f"{council['id']}.yaml", _organisation(council, today))
    ready = library()
    enquiries = sorted(id for id, enquiry in ready.items() if enquiry.answer_key.responsible is None)
    scenarios: dict[str, dict[str, Any]] = {
        "telephone": {"channel": "phone", "enquiries": enquiries, "contacts": calls, "ring_for": 25, "attempts": 1},
        "email": {"channel": "email", "enquiries": enquiries, "contacts": mails},
        "website": {"channel": "web", "enquiries": list(_SITE_ENQUIRIES)},
    }
    if elsewhere:
        others = sorted(set(ready) - set(enquiries))
        scenarios["other-authority"] = {"channel": "email", "enquiries": others, "contacts": elsewhere}
    for id, scenario in scenarios.items():
        _yaml(folder / "scenarios" / f"{id}.yaml", {"id": id, **scenario})
    wave = {
        "id": WAVE,
        "title": "Practice wave",
        "partnership": "The Practice Partnership",
        "fieldwork_from": today,
        "fieldwork_until": today + dt.timedelta(days=4),
        "scenarios": list(scenarios),
    }
    _yaml(folder / "waves" / f"{WAVE}.yaml", wave)


def _organisation(council: dict[str, Any], today: dt.date) -> dict[str, Any]:
    keys = ("id", "name", "nation", "tier", "aliases")
    return {
        **{key: council[key] for key in keys},
        "benchmark_groups": ["Practice"],
        "contacts": {"lines": council["lines"], "addresses": council["addresses"], "sites": [council["site"]]},
        "hours": council["hours"],
        "consent": {
            "agreed_by": "Practice head of customer services",
            "basis": "partnership_agreement",
            "valid_from": today,
            "until": today + dt.timedelta(days=365),
            "channels": ["phone", "email", "web"],
            "lines": [line["number"] for line in council["lines"]],
            "addresses": council["addresses"],
            "hosts": [council["host"]],
            "site_search": True,
            "staff_briefed": today,
            "limits": {
                "mails_per_day": 100,
                "calls_per_day": 100,
                "pages_per_day": 5000,
                "seconds_between_mails": 0,
                "seconds_between_calls": 0,
                "seconds_between_pages": 0,
            },
        },
    }


def _toml(partnership: Partnership) -> str:
    smtp, imap = partnership["smtp"], partnership["imap"]
    return f"""# Written by `doorstep demo`. Shops the practice partnership while it is up; nothing leaves this machine.
partnership = "The Practice Partnership"
contact = "mailto:{partnership["mailbox"]}"

[mail.main]
mailbox = "{partnership["mailbox"]}"
username = "{partnership["username"]}"
smtp_host = "{smtp["host"]}"
smtp_port = {smtp["port"]}
imap_host = "{imap["host"]}"
imap_port = {imap["port"]}
tls = false

[phone]
provider = "twilio"
account = "{partnership["account_sid"]}"
caller = "{partnership["caller"]}"
calls_per_second = 50

[practice]
house = "{partnership["house"]}"
carrier = "{partnership["carrier"]}"
"""


def _yaml(path: Path, document: dict[str, Any]) -> None:
    yaml = YAML()
    yaml.default_flow_style = False
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(document, file)
