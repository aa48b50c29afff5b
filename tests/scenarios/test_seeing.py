"""What a server tells monitoring: figures that Prometheus reads, and whether it does its work."""

import asyncio
import datetime as dt
import io
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from probes.http import httpx
from results.beats import AT_WORK, SCHEDULES, SWEEP, Beats
from results.database import Database
from results.ledger import DatabaseLedger
from results.nights import Nights
from scenarios import health, logs
from scenarios.bench import database_url, opened
from scenarios.lease import SERVING
from scenarios.operators import host_and_port
from scenarios.programme import load
from scenarios.reading import Invalid
from scenarios.seeing import offer
from scenarios.serve import serve
from scenarios.sight import Sight
from tests.scenarios.typed import ORGANISATION, doorstep, programme, shopped

NIGHTLY = 'nightly: {cron: "0 3 * * *", scenario: website-visit}\n'
NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
LONG_AGO = NOW - dt.timedelta(days=3)

Answers = tuple[int, str]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def ask(port: int, page: str) -> Answers:
    """A page of a server that is coming up."""
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        for _ in range(200):
            try:
                answer = await client.get(f"http://127.0.0.1:{port}{page}")
            except httpx.ConnectError:
                await asyncio.sleep(0.1)
            else:
                return answer.status_code, answer.text
    raise AssertionError("nobody listens")


def read(text: str) -> dict[str, float]:
    """The samples by name and labels, as Prometheus' own parser reads them."""
    return {
        sample.name + "".join(f" {value}" for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@asynccontextmanager
async def offered(folder: Path, started: dt.datetime = LONG_AGO) -> AsyncIterator[tuple[int, Database]]:
    """What a server tells, without a server."""
    read_folder, port, over = load(folder), free_port(), asyncio.Event()
    database = await Database.open(database_url(read_folder))
    sight = Sight(database, read_folder, 60, started, SERVING)
    task = asyncio.create_task(offer(f"127.0.0.1:{port}", sight, over, structlog.get_logger()))
    try:
        yield port, database
    finally:
        over.set()
        await task
        await database.close()


@pytest.fixture
def told() -> io.StringIO:
    out = io.StringIO()
    logs.configure(as_json=True, to=out)
    return out


# ------------------------------------------------------------------------------------------------ the whole


async def test_a_server_that_runs_is_healthy_and_tells_its_figures(tmp_path: Path, told: io.StringIO) -> None:
    folder = await asyncio.to_thread(shopped, tmp_path / "mine")
    (folder / "schedules.yaml").write_text(NIGHTLY)
    port, stop = free_port(), asyncio.Event()
    settings = (folder / "programme.toml").read_text()
    (folder / "programme.toml").write_text(f'{settings}\n[seeing]\nlisten = "127.0.0.1:{port}"\n')

    serving = asyncio.create_task(serve(folder, 1, 5, stop, structlog.get_logger()))
    first = ""
    while '"sweep"' not in first:
        _, first = await ask(port, "/health")
    health_code, health_text = await ask(port, "/health")
    code, text = await ask(port, "/metrics")
    stop.set()
    await serving

    figures, document = read(text), json.loads(health_text)
    assert (code, health_code, document["healthy"], document["served"]) == (200, 200, True, True)
    assert (figures["doorstep_up"], figures["doorstep_served"]) == (1, 1)
    assert figures["doorstep_contacts email probe closed"] == 1
    assert figures["doorstep_contacts email probe planned"] == 19
    assert figures["doorstep_paused"] == figures["doorstep_nights_overdue nightly"] == 0
    assert figures["doorstep_last_tick_timestamp_seconds schedules"] > 1_700_000_000
    assert figures["doorstep_mailbox_last_read_timestamp_seconds main"] == 0
    for secret in ("alison", "example-council", "0113", "@"):
        assert secret not in text.lower()
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get(f"http://127.0.0.1:{port}/health")


# ------------------------------------------------------------------------------------------------ figures


async def test_what_changes_in_the_store_is_in_the_next_scrape(tmp_path: Path, told: io.StringIO) -> None:
    folder = await asyncio.to_thread(programme, tmp_path / "mine")
    (folder / "schedules.yaml").write_text(NIGHTLY)
    settings = (folder / "programme.toml").read_text()
    (folder / "programme.toml").write_text(
        f'{settings}\n[phone]\naccount = "AC{"0" * 32}"\ncaller = "+441332640000"\n[phone.caps.day]\nminutes = 5\n'
    )
    async with offered(folder) as (port, database):
        before = read((await ask(port, "/metrics"))[1])
        await DatabaseLedger(database).pause("*", "flood", NOW)
        await DatabaseLedger(database).pause(ORGANISATION, "flood", NOW)
        await Nights(database).mark("nightly", dt.datetime.now(dt.UTC) - dt.timedelta(hours=49))
        after = read((await ask(port, "/metrics"))[1])

    assert (before["doorstep_paused"], after["doorstep_paused"]) == (0, 1)
    assert (before["doorstep_organisations_paused"], after["doorstep_organisations_paused"]) == (0, 1)
    assert (before["doorstep_nights_overdue nightly"], after["doorstep_nights_overdue nightly"]) == (0, 2)
    assert (after["doorstep_call_seconds_today"], after["doorstep_call_seconds_today_cap"]) == (0, 300)
    assert "doorstep_calls_today_cap" not in after


async def test_a_store_that_cannot_be_read_is_told_and_answering_goes_on(tmp_path: Path, told: io.StringIO) -> None:
    folder = await asyncio.to_thread(programme, tmp_path / "mine")
    async with offered(folder) as (port, database):
        async with database.write() as connection:
            await connection.exec_driver_sql("ALTER TABLE beats RENAME TO lost")
        answers = [await ask(port, page) for page in ("/metrics", "/health", "/metrics")]
        async with database.write() as connection:
            await connection.exec_driver_sql("ALTER TABLE lost RENAME TO beats")
        again = await ask(port, "/metrics")

    assert [code for code, _ in answers] == [200, 503, 200]
    assert read(answers[0][1])["doorstep_up"] == 0
    assert json.loads(answers[1][1])["wrong"] == ["the store cannot be read: OperationalError: no such table: beats"]
    assert read(again[1])["doorstep_up"] == 1
    assert told.getvalue().count("no such table") == 1


async def test_a_port_that_is_taken_stops_nothing(tmp_path: Path, told: io.StringIO) -> None:
    folder = await asyncio.to_thread(programme, tmp_path / "mine")
    async with offered(folder) as (port, database):
        await ask(port, "/health")
        over, sight = asyncio.Event(), Sight(database, load(folder), 60, LONG_AGO, SERVING)
        second = asyncio.create_task(offer(f"127.0.0.1:{port}", sight, over, structlog.get_logger()))
        for _ in range(1000):
            if "cannot be told there" in told.getvalue():
                break
            await asyncio.sleep(0.01)
        over.set()
        await second
        code, _ = await ask(port, "/metrics")

    assert "cannot be told there" in told.getvalue()
    assert code == 200


# ------------------------------------------------------------------------------------------------ health


async def test_a_server_that_has_stopped_working_is_ill(tmp_path: Path, told: io.StringIO) -> None:
    folder = await asyncio.to_thread(programme, tmp_path / "mine")
    async with offered(folder) as (port, database):
        await Beats(database).note([SCHEDULES], dt.datetime.now(dt.UTC) - dt.timedelta(minutes=50))
        code, text = await ask(port, "/health")

    assert code == 503
    assert json.loads(text)["wrong"] == [
        "nobody serves: no server holds the lease",
        "the schedules were last looked at 50 minutes ago",
        "windows were last swept: never",
    ]


def _wrong(
    minutes: dict[str, float], awaited: tuple[str, ...] = (), started: dt.datetime = LONG_AGO
) -> tuple[str, ...]:
    beats = {part: NOW - dt.timedelta(minutes=ago) for part, ago in minutes.items()}
    return health.wrong(NOW, started, 60, True, beats, awaited)


def test_a_mailbox_must_be_read_only_while_an_answer_may_come_to_it() -> None:
    beats: dict[str, float] = {SCHEDULES: 1, SWEEP: 1, "mailbox main": 30}

    assert _wrong(beats) == ()
    assert _wrong(beats, ("main",)) == ("mailbox main was last read 30 minutes ago",)
    assert _wrong(beats, ("other",)) == ("mailbox other was last read: never",)


def test_a_long_night_is_well_while_it_gets_on() -> None:
    assert _wrong({SCHEDULES: 300, SWEEP: 300, AT_WORK: 100}, ("main",)) == ()
    assert _wrong({SCHEDULES: 300, SWEEP: 300, AT_WORK: 180})[0] == (
        "a round, or another command, has been at work for 3 hours without getting on"
    )


def test_a_server_that_has_just_begun_is_given_time() -> None:
    assert _wrong({}, ("main",), started=NOW - dt.timedelta(minutes=2)) == ()
    assert len(_wrong({}, ("main",), started=NOW - dt.timedelta(minutes=4))) == 3


def test_how_lately_depends_on_how_often_it_looks() -> None:
    beats: dict[str, float] = {SCHEDULES: 20, SWEEP: 20}
    seen = {part: NOW - dt.timedelta(minutes=ago) for part, ago in beats.items()}

    assert health.wrong(NOW, LONG_AGO, 600, True, seen, ()) == ()
    assert len(health.wrong(NOW, LONG_AGO, 60, True, seen, ())) == 2


# ------------------------------------------------------------------------------------------------ settings


def test_an_address_to_listen_on_that_is_none_is_told(tmp_path: Path) -> None:
    folder = programme(tmp_path / "mine")
    (folder / "schedules.yaml").write_text(NIGHTLY)

    with pytest.raises(Exception, match=r"--listen is 'nine'; write address and port, as 127\.0\.0\.1:9871"):
        doorstep(folder, "serve", "--listen", "nine")


@pytest.mark.parametrize(
    ("listen", "why"),
    [("nine", "write address and port, as 127.0.0.1:9871"), ("127.0.0.1:99999", "ports go up to 65535")],
)
def test_the_same_in_the_settings_is_told_with_its_line(tmp_path: Path, listen: str, why: str) -> None:
    folder = programme(tmp_path / "mine")
    settings = (folder / "programme.toml").read_text()
    (folder / "programme.toml").write_text(f'{settings}\n[seeing]\nlisten = "{listen}"\n')

    with pytest.raises(Invalid, match=r"programme\.toml:.*seeing\.listen") as told:
        load(folder)

    assert why in str(told.value)


def test_loopback_of_either_kind_can_be_listened_on() -> None:
    assert host_and_port("127.0.0.1:9871") == ("127.0.0.1", 9871)
    assert host_and_port("[::1]:9871") == ("::1", 9871)


async def test_a_round_leaves_what_health_asks_for(tmp_path: Path) -> None:
    from scenarios.serve import one_round

    folder = await asyncio.to_thread(programme, tmp_path / "mine")
    done = await one_round(folder)
    async with opened(folder, to_work=False) as bench:
        beats = await Beats(bench.database).all()

    assert set(beats) == {SCHEDULES, SWEEP}
    assert done.folder is not None
    assert replace(done, folder=None).made == {}
