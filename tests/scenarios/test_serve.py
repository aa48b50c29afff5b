"""A programme that runs by itself: its nights, what is due, other commands beside it, and how it stops."""

import asyncio
import datetime as dt
import io
import itertools
import json
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from filelock import FileLock

from probes.clock import PracticeClock
from results.beats import SCHEDULES, SWEEP, Beats, mailbox
from results.calendar import LONDON, Calendar
from results.nights import Nights, Troubles
from results.schema import Contacts, Organisation, Scenario, Wave
from results.store import FrozenWave
from scenarios import logs, plan, spread
from scenarios.bench import AtWork, opened
from scenarios.serve import Round, one_round, tell
from tests.results.test_store import ENQUIRY, NOW, SCHEME
from tests.scenarios.shopping import programme as practice_programme
from tests.scenarios.typed import doorstep, machine
from tests.scenarios.typed import programme as starter

NIGHT = "nightly-mails-2026-11-23"
NIGHTLY = 'nightly-mails: {cron: "0 10 * * *", scenario: email, jitter_minutes: 0}\n'


async def pass_minutes(folder: Path, minutes: float) -> None:
    """Let so much practice time go by."""
    async with opened(folder, to_work=False) as bench:
        assert isinstance(bench.clock, PracticeClock)
        await bench.clock.set_speed(6000)
        await bench.clock.sleep(minutes * 60)
        await bench.clock.set_speed(1)


def _after_so_many_questions(most: int) -> Callable[[], bool]:
    """A server that is told to stop when a round has asked so often whether it is to."""
    asked = itertools.count()
    return lambda: next(asked) >= most


async def test_a_night_is_made_once_and_what_fails_is_told_until_it_works(tmp_path: Path) -> None:
    async with practice_programme(tmp_path, "email", start="2026-11-23T09:50", seconds_between_mails=0) as folder:
        (folder / "schedules.yaml").write_text(NIGHTLY)
        settings = (folder / "programme.toml").read_text()
        first = await one_round(folder)
        await pass_minutes(folder, 15)
        (folder / "programme.toml").write_text(re.sub(r"imap_port = \d+", "imap_port = 1", settings))
        failed = await one_round(folder)
        told = await asyncio.to_thread(machine, folder, "status")
        (folder / "programme.toml").write_text(settings)
        stopped = await one_round(folder, _after_so_many_questions(3))
        rounds = [await one_round(folder) for _ in range(2)]
        async with opened(folder, to_work=False) as bench:
            nights = await Nights(bench.database).last()
            troubles = await Troubles(bench.database).all()
            beats = await Beats(bench.database).all()

    assert (first.nights, first.made) == ([], Counter())
    assert [night.state for night in failed.nights] == ["planned"]
    assert set(failed.troubles) == {f"wave {NIGHT}"}
    assert [one["what"] for one in told["troubles"]] == ["mailbox main", f"wave {NIGHT}"]
    assert 0 < stopped.made["email"] < 5
    assert [each.made["email"] for each in (stopped, *rounds)] == [stopped.made["email"], 5 - stopped.made["email"], 0]
    assert [each.nights for each in rounds] == [[], []]
    assert [(night.day, night.wave) for night in nights] == [(dt.date(2026, 11, 23), NIGHT)]
    assert troubles == ()
    assert set(beats) == {SCHEDULES, SWEEP, mailbox("main")}


# ------------------------------------------------------------------------------------------------ the process


async def _serve(folder: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "scenarios.cli", "serve", "--log", "json", "--poll", "1", "--folder", str(folder)),
        stderr=asyncio.subprocess.PIPE,
    )


async def test_a_server_stands_by_for_another_says_what_it_does_and_stops_when_told(tmp_path: Path) -> None:
    folder = starter(tmp_path / "mine")
    (folder / "schedules.yaml").write_text('nightly: {cron: "0 3 * * *", scenario: website-visit}\n')
    first = await _serve(folder)
    assert first.stderr is not None
    lines = [await first.stderr.readline() for _ in range(2)]
    await asyncio.sleep(1)
    second = await _serve(folder)
    assert second.stderr is not None
    standing = [await second.stderr.readline() for _ in range(3)]
    beside = await asyncio.to_thread(doorstep, folder, "pause", "example-council")
    status = await asyncio.to_thread(machine, folder, "status")
    for each in (second, first):
        each.send_signal(signal.SIGTERM)
    left = [await each.stderr.read() for each in (first, second) if each.stderr]
    codes = [await each.wait() for each in (first, second)]

    assert b"The next night begins on" in lines[0]
    assert json.loads(lines[1])["event"] == "serving"
    assert json.loads(standing[2])["event"] == "standing by"
    assert "is paused" in beside
    assert status["serving"]["holder"].endswith(f":{first.pid}")
    assert codes == [0, 0]
    assert json.loads(left[0].splitlines()[-1])["event"] == "stopped"


async def test_a_round_waits_while_another_command_is_at_work(tmp_path: Path) -> None:
    folder = starter(tmp_path / "mine")

    with FileLock(folder / ".doorstep.lock"), pytest.raises(AtWork):
        await one_round(folder)


# ------------------------------------------------------------------------------------------------ laid over fieldwork


def test_a_wave_is_laid_over_its_working_days_and_the_hours_of_the_day() -> None:
    scenario = Scenario(id="mails", channel="email", enquiries=("bins",), contacts=60)
    council = Organisation(
        id="amber", name="Amber", contacts=Contacts(addresses=("hello@amber.example",)), hours=Calendar()
    )
    wave = Wave(
        id="w",
        title="W",
        partnership="P",
        fieldwork_from=dt.date(2026, 12, 7),
        fieldwork_until=dt.date(2027, 1, 8),
        scenarios=("mails",),
    )
    frozen = FrozenWave(wave, SCHEME, {"amber": council}, {"mails": scenario}, {"bins": ENQUIRY}, NOW)

    rows = spread.over_fieldwork(frozen, plan.rows(frozen))

    due = [row.due_at.astimezone(LONDON) for row in rows]
    weekdays, hours = Counter(f"{at:%A}" for at in due), Counter(at.hour for at in due)
    assert all(council.hours.is_open(at) for at in due)
    assert [at.date() for at in due] == sorted(at.date() for at in due)
    assert not [at for at in due if at.date() in (dt.date(2026, 12, 25), dt.date(2026, 12, 28), dt.date(2027, 1, 1))]
    assert max(weekdays.values()) - min(weekdays.values()) <= 6
    assert set(hours) == set(range(9, 17))
    assert max(hours.values()) - min(hours.values()) <= 5
    assert [row.due_at for row in spread.over_fieldwork(frozen, plan.rows(frozen))] == [row.due_at for row in rows]


# ------------------------------------------------------------------------------------------------ what is told


def test_a_log_holds_no_secret_and_nobody() -> None:
    out = io.StringIO()
    logs.configure(as_json=True, to=out)

    structlog.get_logger().info(
        "mail refused",
        why="jane.smith@amber.example said no; ring +44 113 496 0000 or 0113 4960000",
        password="hunter2",
        headers={"Authorization": "x", "note": "Bearer abcdefgh12345678"},
        url="https://user:secret@host.example/x",
        count=12,
        wave="nightly-2026-11-23",
    )

    told = json.loads(out.getvalue())
    assert told["why"] == "[address] said no; ring [number] or [number]"
    assert told["password"] == "[secret]"
    assert told["headers"] == {"Authorization": "[secret]", "note": "[secret]"}
    assert told["url"] == "https://host.example/x"
    assert (told["count"], told["wave"], told["event"]) == (12, "nightly-2026-11-23", "mail refused")


def test_a_round_that_did_nothing_says_nothing() -> None:
    out = io.StringIO()
    logs.configure(as_json=True, to=out)

    tell(Round(), structlog.get_logger())

    assert out.getvalue() == ""
