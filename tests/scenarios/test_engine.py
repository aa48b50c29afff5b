"""One contract for every engine: the local one on SQLite, and Procrastinate on PostgreSQL."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from results.database import Database
from scenarios.engine import EVERYTHING, TAKEN_OVER_WITHIN, Engine, Job
from tests.databases import new_postgres, postgres
from tests.scenarios.engine_worker import make

__all__ = ["postgres"]

AT_ONCE = {"phone": 20, "email": 20, "web": 2}
HANGS = 60.0


@dataclass
class Bench:
    """An engine, and a handler that notes what is going on."""

    kind: str
    url: str
    engine: Engine
    began: list[str] = field(default_factory=list)
    now: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)

    async def note(self, job: Job) -> dict[str, str]:
        """Note that it is being done, with how many others of its turn and channel."""
        self.began.append(job.id)
        for key in (job.turn, job.channel):
            self.now[key] += 1
            self.most[key] = max(self.most[key], self.now[key])
        if job.about.get("raises"):
            raise ValueError("it went wrong")
        await asyncio.sleep(job.about.get("seconds", 0.0))
        self.now.subtract([job.turn, job.channel])
        return {"did": job.id}

    async def note_quickly(self, job: Job) -> None:
        """Note that it is being done, and be done with it."""
        self.began.append(job.id)

    async def work(self) -> None:
        """Do everything that may be done."""
        async with asyncio.timeout(HANGS):
            await self.engine.work({"note": self.note}, asyncio.Event(), until_idle=True)


@pytest.fixture(params=["local", "procrastinate"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """Each engine on the database it is for."""
    url = f"sqlite:///{tmp_path / 'doorstep.db'}"
    if request.param == "procrastinate":
        url = new_postgres(request)
    database = await Database.open(url)
    async with make(request.param, database, url, AT_ONCE) as engine:
        yield Bench(request.param, url, engine)
    await database.close()


def job(id: str, turn: str = "", channel: str = "phone", organisation: str = "amber", **more: Any) -> Job:
    """A job, by default with a turn of its own."""
    delay = more.pop("delay", 0.0)
    return Job(id, more.pop("task", "note"), channel, organisation, turn or id, more, delay)


async def test_a_job_submitted_twice_is_done_once_also_when_it_has_been_done_already(bench: Bench) -> None:
    counts = await asyncio.gather(*(bench.engine.submit([job("a"), job("b")]) for _ in range(3)))
    await bench.work()
    again = await bench.engine.submit([job("a")])
    await bench.work()

    assert (sum(counts), again) == (2, 0)
    assert Counter(bench.began) == {"a": 1, "b": 1}


async def test_a_night_that_two_servers_schedule_is_done_once(bench: Bench) -> None:
    other = await Database.open(bench.url)
    async with make(bench.kind, other, bench.url, AT_ONCE) as second:
        nights = [job("nightly/2026-10-25")]
        await asyncio.gather(bench.engine.submit(nights), second.submit(nights))
        await asyncio.gather(bench.work(), second.work({"note": bench.note}, asyncio.Event(), until_idle=True))
    await other.close()

    assert bench.began == ["nightly/2026-10-25"]


async def test_of_one_turn_one_job_is_done_at_a_time_in_order_and_turns_overlap(bench: Bench) -> None:
    jobs = [job(f"{org}{n}", turn=org, organisation=org, seconds=0.05) for n in range(4) for org in ("amber", "birch")]
    await bench.engine.submit(jobs)
    await bench.work()

    assert (bench.most["amber"], bench.most["birch"], bench.most["phone"]) == (1, 1, 2)
    assert [id for id in bench.began if id.startswith("amber")] == [f"amber{n}" for n in range(4)]


async def test_of_one_channel_no_more_are_done_at_once_than_was_said(bench: Bench) -> None:
    await bench.engine.submit([job(f"{n}", channel="web", seconds=0.3) for n in range(6)])
    await bench.engine.submit([job(f"p{n}", seconds=0.3) for n in range(6)])
    await bench.work()

    assert len(bench.began) == 12
    assert bench.most["web"] == AT_ONCE["web"]
    assert bench.most["phone"] > AT_ONCE["web"]


async def test_a_job_with_a_delay_begins_after_those_without(bench: Bench) -> None:
    await bench.engine.submit([job("later", turn="t", delay=0.8), job("now", turn="t")])
    await bench.work()

    assert bench.began == ["now", "later"]


async def test_a_job_that_was_cancelled_is_never_begun(bench: Bench) -> None:
    await bench.engine.submit([job("a"), job("b")])

    assert await bench.engine.cancel(["a", "unknown"]) == 1
    await bench.work()

    assert bench.began == ["b"]
    assert await bench.engine.cancel(["b"]) == 0
    assert {id: each.state for id, each in (await bench.engine.standing(["a", "b", "unknown"])).items()} == {
        "a": "cancelled",
        "b": "done",
    }


@pytest.mark.parametrize(("scope", "left"), [("amber", ["b"]), ("phone", ["c"]), (EVERYTHING, [])])
async def test_what_is_paused_waits_until_it_is_resumed(bench: Bench, scope: str, left: list[str]) -> None:
    await bench.engine.pause(scope)
    await bench.engine.submit([job("a"), job("b", organisation="birch"), job("c", channel="email")])
    await bench.work()
    held = [id for id in left if id not in bench.began]
    began = set(bench.began)

    await bench.engine.resume(scope)
    await bench.work()

    assert held == []
    assert "a" not in began
    assert Counter(bench.began) == {"a": 1, "b": 1, "c": 1}


async def test_what_a_job_says_and_why_it_failed_can_be_read_and_the_others_go_on(bench: Bench) -> None:
    await bench.engine.submit([job("bad", turn="t", raises=True), job("good", turn="t")])
    await bench.work()

    found = await bench.engine.standing(["bad", "good"])
    assert (found["good"].state, found["good"].outcome) == ("done", {"did": "good"})
    assert (found["bad"].state, found["bad"].error) == ("failed", "ValueError: it went wrong")


async def worker(bench: Bench) -> asyncio.subprocess.Process:
    """Another process at work on the same jobs."""
    command = (sys.executable, "-m", "tests.scenarios.engine_worker", bench.kind, bench.url, json.dumps(AT_ONCE))
    return await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)


async def until(process: asyncio.subprocess.Process, wanted: Callable[[str], bool]) -> None:
    """Read what a process prints up to a line that is wanted."""
    assert process.stdout is not None
    async with asyncio.timeout(HANGS):
        while not wanted((await process.stdout.readline()).decode()):
            pass


async def test_the_jobs_of_a_process_killed_with_minus_9_are_taken_over(bench: Bench) -> None:
    other = await worker(bench)
    await until(other, lambda line: line.startswith("works"))
    await bench.engine.submit([job("first", turn="t", task="last", seconds=60), job("second", turn="t", task="last")])
    await until(other, lambda line: line == "begins first\n")
    other.kill()
    await other.wait()

    async with asyncio.timeout(TAKEN_OVER_WITHIN):
        await bench.engine.work({"last": bench.note_quickly}, asyncio.Event(), until_idle=True)

    assert bench.began == ["first", "second"]


async def test_a_process_told_to_stop_finishes_what_it_is_at_and_leaves_the_rest(bench: Bench) -> None:
    other = await worker(bench)
    await until(other, lambda line: line.startswith("works"))
    await bench.engine.submit([job("first", turn="t", task="last", seconds=0.5), job("second", turn="t", task="last")])
    await until(other, lambda line: line == "begins first\n")
    other.terminate()
    async with asyncio.timeout(HANGS):
        printed, _ = await other.communicate()

    found = await bench.engine.standing(["first", "second"])
    assert (other.returncode, printed.decode().splitlines()[:1]) == (0, ["ends first"])
    assert (found["first"].state, found["second"].state) == ("done", "waiting")
