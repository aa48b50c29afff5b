"""The golden report is today's report."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.__main__ import FOLDER, write_golden


@pytest.mark.parametrize("name", ["wave-report.html", "wave-report.json"])
def test_the_golden_report_is_what_todays_code_writes(name: str, tmp_path: Path) -> None:
    write_golden(tmp_path)

    # Not `==` on the whole: pytest would spend minutes on the difference of two long texts.
    now, kept = (tmp_path / name).read_text("utf-8").splitlines(), (FOLDER / name).read_text("utf-8").splitlines()
    differing = [number for number, (one, other) in enumerate(zip(now, kept, strict=False), 1) if one != other]
    assert (len(now), differing[:5]) == (len(kept), []), "run `make golden` and read the difference"
