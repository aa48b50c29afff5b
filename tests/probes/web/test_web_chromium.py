from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from probes.web import chromium


def program(path: Path) -> str:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_the_browser_that_the_environment_names_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = program(tmp_path / "named")
    program(tmp_path / "chromium")
    monkeypatch.setenv("DOORSTEP_CHROMIUM", named)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert chromium.find() == named


def test_a_named_browser_that_is_not_there_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = program(tmp_path / "chromium")
    monkeypatch.setenv("DOORSTEP_CHROMIUM", str(tmp_path / "gone"))
    monkeypatch.setenv("PATH", str(tmp_path))

    assert chromium.find() == installed


async def test_a_browser_can_be_looked_for_while_an_event_loop_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DOORSTEP_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.setattr(chromium, "_PLACES", ())

    assert chromium.find() is None


def test_the_command_says_in_one_line_where_the_browser_is(tmp_path: Path) -> None:
    named = program(tmp_path / "named")

    said = subprocess.run(
        [sys.executable, "-W", "error", "-m", "probes.web.chromium"],
        env={"DOORSTEP_CHROMIUM": named, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout == f"Browser: {named}\n"
