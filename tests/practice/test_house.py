"""The partnership as a whole: one line of JSON, one clock, and nothing left behind."""

from __future__ import annotations

import datetime as dt
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from probes.clock import PracticeClock
from results.calendar import LONDON
from scenarios.practice.clock import HouseClock
from scenarios.practice.council import read_councils
from scenarios.practice.house import partnership as open_partnership
from scenarios.practice.site import Site
from scenarios.practice.sites import Website
from tests.practice import world
from tests.practice.conftest import House

COMMAND = [sys.executable, "-m", "scenarios.practice"]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [*COMMAND, "--councils", str(world.write(tmp_path)), "--only", "away"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def document(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    read: dict[str, Any] = json.loads(process.stdout.readline())
    return read


def visitor(address: dict[str, Any]) -> socket.socket:
    """A connection to a mail server, greeted and held open."""
    connection = socket.create_connection((address["host"], address["port"]), timeout=30)
    assert connection.recv(1000)
    return connection


def said_before_it_closed(connection: socket.socket) -> bytes:
    """What a server still says; returns when it has gone. Nothing arrives after a bare reset either."""
    said = b""
    try:
        while part := connection.recv(1000):
            said += part
    except ConnectionResetError:
        pass
    return said


def test_the_document_names_every_door_of_every_council(partnership: dict[str, Any]) -> None:
    assert {key for key in partnership if key != "councils"} == {
        *("house", "mailbox", "smtp", "imap", "username", "password"),
        *("carrier", "account_sid", "auth_token", "caller", "callers"),
    }
    assert [one["id"] for one in partnership["councils"]] == sorted(world.MANNERS)
    assert set(partnership["councils"][0]) == {
        *("id", "name", "nation", "tier", "aliases", "addresses", "lines", "site", "host", "hours"),
    }


def test_the_house_repeats_the_document(house: House) -> None:
    assert house.get("/partnership") == house.partnership


async def test_the_practice_clock_of_the_probes_reads_the_houses(partnership: dict[str, Any], house: House) -> None:
    clock = await PracticeClock.at(partnership["house"])

    before = dt.datetime.fromisoformat(house.get("/clock")["now"])
    shown = clock.now()
    after = dt.datetime.fromisoformat(house.get("/clock")["now"])

    assert before <= shown <= after


async def test_it_is_ten_on_monday_23_november_2026_unless_told_otherwise() -> None:
    async with open_partnership(read_councils(only=["calderwick"])) as document:
        clock = await PracticeClock.at(document["house"])

        assert clock.now().astimezone(LONDON).strftime("%A %d/%m/%Y %H") == "Monday 23/11/2026 10"


async def test_a_change_of_speed_is_everybodys_and_loses_no_time() -> None:
    async with open_partnership(read_councils(only=["calderwick"]), speed=1000) as document:
        clock = await PracticeClock.at(document["house"])
        before = clock.now()

        await clock.set_speed(2.5)

        again = await PracticeClock.at(document["house"])
        assert before <= clock.now() <= again.now() < before + dt.timedelta(days=1)


async def test_a_leap_is_everybodys_and_never_back() -> None:
    async with open_partnership(read_councils(only=["calderwick"])) as document:
        clock = await PracticeClock.at(document["house"])
        there = clock.now() + dt.timedelta(days=40)

        await clock.leap(there)
        await clock.leap(there - dt.timedelta(days=1))

        again = await PracticeClock.at(document["house"])
        assert there <= clock.now() <= again.now() < there + dt.timedelta(minutes=1)


@pytest.mark.parametrize("body", ["{}", '{"speed": 0}', '{"speed": -1}', '{"speed": 1e9}', "fast", '{"speed": "NaN"}'])
def test_a_speed_that_makes_no_sense_is_refused(body: str, house: House) -> None:
    answer = house.post("/clock", body)

    assert answer.status_code == 422
    assert house.get("/clock")["speed"] == 1


def test_the_truth_is_each_councils_file_and_what_its_website_holds(house: House) -> None:
    truth = house.get("/truth")

    assert truth["junked"]["website"]["search"]["rank"] == 31
    assert truth["junked"]["site"]["search"]["ranks"]["Bulky waste collections"]["rank"] == 31
    assert truth["replying"]["lines"][1]["calls"][0]["outcome"] == "engaged"


def test_pages_are_counted_for_the_council_whose_they_are(house: House) -> None:
    house.fetch("alternating", "/privacy/")
    house.fetch("alternating", "/privacy/")

    pages = house.get("/tally")["pages"]

    assert pages["alternating"] == {"GET /privacy/": 2}


def test_it_ends_with_its_standard_input_and_so_do_its_mail_servers(running: subprocess.Popen[str]) -> None:
    with visitor(document(running)["smtp"]) as held:
        assert running.stdin is not None
        running.stdin.close()

        assert running.wait(timeout=30) == 0
        said_before_it_closed(held)


def test_its_mail_servers_do_not_outlive_it_when_it_is_killed(running: subprocess.Popen[str]) -> None:
    with visitor(document(running)["imap"]) as held:
        running.send_signal(signal.SIGKILL)

        said_before_it_closed(held)  # returns because the other process has gone


def test_it_ends_on_a_request_to_terminate(running: subprocess.Popen[str]) -> None:
    document(running)

    running.send_signal(signal.SIGTERM)

    assert running.wait(timeout=30) == 0


def test_files_that_cannot_be_used_are_told_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("id: bad\n")

    ended = subprocess.run([*COMMAND, "--councils", str(tmp_path)], capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert ended.stderr.splitlines()[0] == "bad.yaml:1: about: is missing; add it"
    assert "Traceback" not in ended.stderr


def test_every_page_of_every_shipped_council_can_be_drawn() -> None:
    for council in read_councils():
        website = Website(Site(council), HouseClock())
        for page in website.site.pages.values():
            assert council.name in website.draw(page)
