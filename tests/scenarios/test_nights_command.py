"""`doorstep nights`: charts of what schedules met, and clear words where there are none."""

from pathlib import Path

import pytest

from scenarios.commands.common import Wrong
from tests.scenarios.typed import doorstep, programme


def test_without_nights_the_page_says_so(tmp_path: Path) -> None:
    folder = programme(tmp_path / "mine")

    told = doorstep(folder, "nights")

    assert "No figure has two nights yet." in told
    assert "No figure has two nights yet." in (folder / "reports" / "nights-all.html").read_text("utf-8")


def test_a_schedule_that_is_not_there_and_a_period_that_ends_before_it_begins_are_told(tmp_path: Path) -> None:
    folder = programme(tmp_path / "mine")

    with pytest.raises(Wrong, match="there is no schedule 'nightly'; there are: none"):
        doorstep(folder, "nights", "nightly")
    with pytest.raises(Wrong, match="the period ends 01/04/2026, before it begins 02/04/2026"):
        doorstep(folder, "nights", "--from", "02/04/2026", "--until", "01/04/2026")
