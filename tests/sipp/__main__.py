"""Installs what plays the called council in the tests of SIP, where that can be done: python -m tests.sipp

Needs root and apt. Where either is lacking it says so and ends well: those tests are then skipped, with the reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tests.sipp.council import PACKAGES, lacking


def main() -> None:
    """Install what is lacking; print one line if that cannot be."""
    if lacking() and os.geteuid() == 0 and shutil.which("apt-get"):
        install = ("apt-get", "install", "-y", "-q", "--no-install-recommends", *PACKAGES)
        if not _quietly(*install):
            _quietly("apt-get", "update", "-q")
            _quietly(*install)
    if why := lacking():
        print(f"No telephone to call in the tests: {why}", file=sys.stderr)


def _quietly(*command: str) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return not subprocess.run(command, env=environment, capture_output=True, check=False).returncode


if __name__ == "__main__":
    main()
