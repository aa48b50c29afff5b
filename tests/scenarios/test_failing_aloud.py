"""Where a contact fails for a fault of ours the command says so, and the next run makes good without repeating."""

import asyncio
import datetime as dt
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from probes import http
from results.nights import Nights
from scenarios import crew
from scenarios.bench import opened
from tests.scenarios.shopping import WAVE, programme
from tests.scenarios.typed import console, doorstep, machine

BEFORE, AFTER = (f"{WAVE}.hollinbrook.email.{number:03d}" for number in (2, 4))
TRIGGERS = {
    "before": f"before update on shops when new.id = '{BEFORE}' and new.state = 'intent'",
    "after": f"before insert on observations when new.shop = '{AFTER}'",
}


def _database(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "doorstep.db")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def _break(folder: Path) -> None:
    """One mail fails before it is sent, another when it has been."""
    _database(
        folder, *(f"create trigger {n} {when} begin select raise(abort, 'bad'); end" for n, when in TRIGGERS.items())
    )


def _mend(folder: Path) -> None:
    _database(folder, *(f"drop trigger {name}" for name in TRIGGERS))


async def _mails(folder: Path) -> Counter[str]:
    async with opened(folder, to_work=False) as bench:
        assert bench.folder.programme.practice is not None
        tally = await http.get_json(f"{bench.folder.programme.practice.house}/tally")
    return Counter(mail["mail_from"] for mail in tally["mails"])


async def test_a_run_says_which_contacts_failed_and_the_next_makes_them_and_repeats_none(tmp_path: Path) -> None:
    async with programme(tmp_path, "email", seconds_between_mails=0) as folder:
        await asyncio.to_thread(doorstep, folder, "plan", WAVE)
        async with opened(folder, to_work=True):
            pass
        _break(folder)
        first = console("run", WAVE, "--folder", str(folder))
        left = await asyncio.to_thread(machine, folder, "status")
        said = await asyncio.to_thread(doorstep, folder, "status")
        _mend(folder)
        second = console("run", WAVE, "--folder", str(folder))
        after = await asyncio.to_thread(machine, folder, "status")
        mails = await _mails(folder)

    assert first.returncode == 3
    assert "Traceback" not in first.stderr
    told = " ".join(first.stderr.split())
    assert "2 contacts failed for a fault on our side" in told
    assert f"IntegrityError: bad: {BEFORE}, {AFTER}" in told
    assert left["failed"] == [{"shop": BEFORE, "why": "IntegrityError: bad"}]
    assert BEFORE in said
    assert (second.returncode, after["failed"]) == (0, [])
    assert sorted(mails.values()) == [1] * 5


async def test_a_server_tells_of_it_as_trouble_and_begins_nothing_more_after_some_in_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "_FAULTS_IN_A_ROW", 2)
    async with programme(tmp_path, "email", seconds_between_mails=0) as folder:
        (folder / "schedules.yaml").write_text('nightly: {cron: "0 10 * * *", scenario: email, jitter_minutes: 0}\n')
        async with opened(folder, to_work=True) as bench:
            await Nights(bench.database).mark("nightly", bench.clock.now() - dt.timedelta(hours=1))
        _database(
            folder, "create trigger all_ before update of intent_at on shops begin select raise(abort, 'bad'); end"
        )
        await asyncio.to_thread(doorstep, folder, "serve", "--once", code=3)
        told = await asyncio.to_thread(machine, folder, "status")
        _database(folder, "drop trigger all_")
        await asyncio.to_thread(doorstep, folder, "serve", "--once")
        after = await asyncio.to_thread(machine, folder, "status")
        mails = await _mails(folder)

    words = "2 contacts failed for a fault on our side; the first: IntegrityError: bad"
    assert [one["message"] for one in told["troubles"]] == [words]
    assert len(told["failed"]) == 2
    assert (after["troubles"], after["failed"]) == ([], [])
    assert sorted(mails.values()) == [1] * 5
