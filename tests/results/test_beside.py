"""A second process beside the first: what it made is told, and whoever of the two is killed, nothing half is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from results.beside import Ended, beside


def test_what_is_made_beside_is_told_once_it_is_there() -> None:
    with beside(os.getpid, "The number") as made:
        assert made() != os.getpid()


def test_what_goes_wrong_beside_is_raised_where_it_is_waited_for() -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left on device"), beside(full, "The book") as made:
        made()


def test_a_process_beside_that_was_killed_is_told_in_one_line() -> None:
    with pytest.raises(Ended) as error, beside(lambda: os.kill(os.getpid(), signal.SIGKILL), "The book") as made:
        made()

    assert str(error.value) == "The book could not be written: the process for it was ended by signal 9"


def test_whoever_leaves_without_waiting_stops_what_is_done_beside_and_no_half_file_stays(tmp_path: Path) -> None:
    half = tmp_path / "half"
    begun, begins = os.pipe()

    with beside(lambda: _for_ever(half, begins), "The book"):
        os.read(begun, 1)
        assert half.exists()

    assert not half.exists()


def _for_ever(half: Path, begins: int) -> None:
    try:
        half.write_text("half")
        os.write(begins, b"x")
        signal.pause()
    finally:
        half.unlink()


def test_whichever_process_of_a_large_report_is_killed_no_half_of_it_stands_as_a_whole(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "tests.results.reporting_killed", str(tmp_path))
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)

    outcomes = [line.split() for line in done.stdout.splitlines()]
    assert outcomes[0] == ["nobody", "0", "whole"]
    assert {(whom, ended, stands) for whom, ended, stands in outcomes[1:]} <= {
        ("first", "-9", "nothing"),
        ("first", "0", "whole"),  # it had ended before
        ("second", "3", "nothing"),  # told in one line
        ("second", "0", "whole"),
    }
    assert {("first", "-9"), ("second", "3")} <= {(whom, ended) for whom, ended, _ in outcomes}
    assert done.stderr == ""
