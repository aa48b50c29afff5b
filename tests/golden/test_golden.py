"""The golden reports are today's reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.__main__ import FOLDER, KEPT, write_golden


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("golden")
    write_golden(folder)
    return folder


@pytest.mark.parametrize("name", KEPT)
def test_the_golden_report_is_what_todays_code_writes(name: str, written: Path) -> None:
    # Not `==` on the whole: pytest would spend minutes on the difference of two long texts.
    now, kept = (written / name).read_text("utf-8").splitlines(), (FOLDER / name).read_text("utf-8").splitlines()
    differing = [number for number, (one, other) in enumerate(zip(now, kept, strict=False), 1) if one != other]
    assert (len(now), differing[:5]) == (len(kept), []), "run `make golden` and read the difference"
