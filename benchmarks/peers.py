"""Other people's programs to be compared with, installed once into the folder `.peers` of the working copy.

Each comes from wherever pip and npm are set up to get packages. What cannot be had is left out of a comparison, which
says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent.parent / ".peers"


class NotHere(Exception):
    """A peer cannot be installed here, and why."""


def python_with(*packages: str) -> str:
    """A Python that can import these packages. Raises `NotHere`."""
    home = FOLDER / "python"
    python = home / "bin" / "python"
    if not python.exists():
        _run([sys.executable, "-m", "venv", str(home)])
    _run([str(python), "-m", "pip", "install", "-q", *packages])
    return str(python)


def node_with(*packages: str) -> Path:
    """The folder whose node_modules holds these packages. Raises `NotHere`."""
    npm = shutil.which("npm")
    if npm is None:
        raise NotHere("npm is not on this machine")
    home = FOLDER / "node"
    home.mkdir(parents=True, exist_ok=True)
    if not all((home / "node_modules" / package).exists() for package in packages):
        _run([npm, "install", "--silent", "--prefix", str(home), *packages])
    return home


def _run(command: list[str]) -> None:
    # What drives a browser is told to use the one that is here.
    environment = os.environ | {"PUPPETEER_SKIP_DOWNLOAD": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise NotHere(f"{' '.join(command[-2:])} cannot be installed: {done.stderr.strip()[-200:]}")
