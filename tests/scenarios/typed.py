"""Commands typed within the test's own process, on a folder that `init` made with a wave that is partly over."""

import asyncio
import datetime as dt
import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from results.evidence import EvidenceFolder
from results.mailbag import Settled
from results.retention import Retention
from results.schema import Observation
from scenarios import finish, plan
from scenarios.bench import opened
from scenarios.cli import main, program

ORGANISATION = "example-council"
LONG_AGO = dt.datetime(2025, 3, 3, 10, tzinfo=dt.UTC)
REPLY = b"""From: Alison Bennett <alison.bennett@example-council.example>
To: shopper@example.org
Subject: Your discount
Message-ID: <r1@example-council.example>
Date: Mon, 03 Mar 2025 15:00:00 +0000

Dear Ms Clarke,

Alison Bennett of our team has looked into it. You may call Alison on 0113 496 0000.

Kind regards,
Alison Bennett
Council Tax Officer
"""


def doorstep(folder: Path, *arguments: str, code: int = 0) -> str:
    """What a command prints. It must end with that exit code."""
    return _typed(folder, arguments, code).output


def machine(folder: Path, *arguments: str, code: int = 0) -> Any:
    """The same as JSON, from standard output alone."""
    return json.loads(_typed(folder, (*arguments, "--json"), code).stdout)


def _typed(folder: Path, arguments: Sequence[str], code: int) -> Result:
    done = CliRunner().invoke(program(), [*arguments, "--folder", str(folder)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done


def console(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The whole console script in the test's own process, since starting one takes long; apart from its event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _console(arguments)
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(_console, arguments).result()


def _console(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    with CliRunner().isolation() as (out, err, _), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["doorstep", *arguments])
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        return subprocess.CompletedProcess(arguments, code, out.getvalue().decode(), err.getvalue().decode())


def programme(folder: Path, until: str = "2027-12-31") -> Path:
    """What `init` makes, with a consent entry from 2025."""
    done = CliRunner().invoke(program(), ["init", str(folder)])
    assert done.exit_code == 0, done.output
    council = folder / "register" / f"{ORGANISATION}.yaml"
    text = council.read_text().replace("# consent:", "consent:").replace("\n#   ", "\n  ")
    text = text.replace("valid_from: 2027-01-04", "valid_from: 2025-01-04").replace(
        "until: 2027-12-31", f"until: {until}"
    )
    council.write_text(text)
    return folder


def shopped(folder: Path) -> Path:
    """The same after a wave of 2025: the first contact closed with a reply and a recording, the others planned."""
    asyncio.run(_shop(programme(folder)))
    return folder


async def _shop(folder: Path) -> None:
    async with opened(folder, to_work=True) as bench:
        frozen = plan.freeze(bench.folder, bench.folder.waves["first-wave"], LONG_AGO)
        rows = plan.rows(frozen)
        first = next(row for row in rows if row.channel == "email")
        await bench.store.freeze(frozen, rows)
        await bench.store.about_to(first.id, "<a@example.org>", LONG_AGO)
        await bench.store.done(first.id, "<a@example.org>", LONG_AGO)
        await bench.store.await_until(first.id, LONG_AGO + dt.timedelta(days=14))
        files = EvidenceFolder(folder / "evidence", LONG_AGO.date, Retention())
        recording = await files.keep("recording", "call.wav", "audio/wav", b"Hello")
        mail = await files.keep("mail", "reply.eml", "message/rfc822", REPLY)
        seen = Observation(facts={"email.replied": True}, evidence=(recording, mail))
        await finish.close(bench, frozen, await bench.store.row(first.id), seen)
        await bench.mailbag.keep([_Letter(1, REPLY), _Letter(2, REPLY.replace(b"<r1@", b"<r2@"))])
        await bench.mailbag.settle(
            [Settled(1, first.id, "its address", "final reply"), Settled(2, None, None, "unclear")]
        )
        await bench.mailbag.mark_read([1, 2])


class _Letter:
    def __init__(self, uid: int, raw: bytes) -> None:
        self.account, self.folder, self.uidvalidity, self.truncated = "main", "INBOX", 1, False
        self.uid, self.raw, self.received = uid, raw, LONG_AGO
