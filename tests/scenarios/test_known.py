"""Files of a programme that were read before are known by their bytes; what was changed is always read anew."""

import json
import os
from pathlib import Path

import pytest

from results.schema import Consent, Organisation
from scenarios.known import KNOWN, Known
from scenarios.programme import load
from scenarios.reading import Invalid
from tests.scenarios.typed import programme


def _load(folder: Path) -> object:
    known = Known(folder)
    found = load(folder, known.read)
    known.keep()
    return found


def test_a_folder_that_is_known_is_what_its_files_say(tmp_path: Path) -> None:
    folder = programme(tmp_path / "mine")
    first = _load(folder)
    kept = (folder / KNOWN).read_text()

    assert _load(folder) == first == load(folder)
    assert (folder / KNOWN).read_text() == kept


def test_a_known_file_is_not_parsed_again(tmp_path: Path) -> None:
    folder = programme(tmp_path / "mine")
    _load(folder)
    kept = (folder / KNOWN).read_text()
    (folder / KNOWN).write_text(kept.replace("Example District Council", "Kept Council"))

    assert Known(folder).read(folder / "register" / "example-council.yaml", Organisation).name == "Kept Council"


def test_a_file_that_was_changed_counts_at_once_though_its_length_and_time_are_the_same(tmp_path: Path) -> None:
    folder = programme(tmp_path / "mine")
    _load(folder)
    council = folder / "register" / "example-council.yaml"
    before = council.stat()
    council.write_text(council.read_text().replace("until: 2027-12-31", "until: 2026-12-31"))
    os.utime(council, ns=(before.st_atime_ns, before.st_mtime_ns))

    found = Known(folder).read(council, Organisation)

    assert council.stat().st_size == before.st_size
    assert found.consent is not None
    assert found.consent.until.year == 2026


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"a": 1}'])
def test_what_is_kept_may_be_damaged_or_gone(tmp_path: Path, damage: str) -> None:
    folder = programme(tmp_path / "mine")
    (folder / KNOWN).write_text(damage)

    assert _load(folder) == load(folder)
    assert len((folder / KNOWN).read_text()) > 1000


def test_a_mistake_is_told_each_time_and_never_kept(tmp_path: Path) -> None:
    folder = programme(tmp_path / "mine")
    _load(folder)
    council = folder / "register" / "example-council.yaml"
    council.write_text(council.read_text() + "nonsense: 1\n")

    for _ in range(2):
        with pytest.raises(Invalid, match="nonsense"):
            _load(folder)


def test_what_a_file_leaves_to_the_defaults_is_not_kept_so_that_a_newer_version_may_change_them(tmp_path: Path) -> None:
    folder = programme(tmp_path / "mine")
    council = folder / "register" / "example-council.yaml"
    known = Known(folder)
    found = known.read(council, Organisation)
    known.keep()

    (told,) = json.loads((folder / KNOWN).read_text()).values()

    assert found.consent is not None
    assert json.loads(told)["consent"].keys() == found.consent.model_fields_set < Consent.model_fields.keys()
