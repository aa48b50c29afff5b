"""What is shipped: a wheel that holds the three packages with their data, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The files of a freshly built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_holds_exactly_the_three_names(names: list[str]) -> None:
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"probes", "scenarios", "results"}


@pytest.mark.parametrize(
    "data",
    [
        "results/scheme/email.yaml",
        "results/scheme/profiles/south-derbyshire-2006.yaml",
        "results/migrations/env.py",
        "results/migrations/versions/0001_the_first_tables.py",
        "results/report/templates/wave.html.j2",
        "scenarios/library/missed-bin.yaml",
        "scenarios/starter/programme.toml",
        "scenarios/practice/councils/dunsmere.yaml",
        "scenarios/practice/texts.yaml",
    ],
)
def test_the_data_travels_with_the_code(names: list[str], data: str) -> None:
    assert data in names
