"""Installs the real mail server that some tests meet, where that can be done without asking: python -m tests.mailstack

Needs root and apt. Where either is lacking it says so and ends well: those tests are then skipped, with the reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.mailstack.stack import PACKAGES, lacking

_POLICY = Path("/usr/sbin/policy-rc.d")


def main() -> None:
    """Install what is lacking; print one line if that cannot be."""
    if not lacking():
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(f"No real mail server for the tests: {lacking()}", file=sys.stderr)
        return
    refuses = not _POLICY.exists()
    try:
        if refuses:  # the packages would start services on this machine; the tests start their own
            _POLICY.write_text("#!/bin/sh\nexit 101\n")
            _POLICY.chmod(0o755)
        _quietly("debconf-set-selections", said="postfix postfix/main_mailer_type select No configuration\n")
        install = ("apt-get", "install", "-y", "-q", "--no-install-recommends", *PACKAGES)
        if not _quietly(*install):
            _quietly("apt-get", "update", "-q")
            _quietly(*install)
    finally:
        if refuses:
            _POLICY.unlink(missing_ok=True)
    if why := lacking():
        print(f"No real mail server for the tests: {why}", file=sys.stderr)


def _quietly(*command: str, said: str = "") -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        return not subprocess.run(
            command, input=said.encode(), env=environment, capture_output=True, check=False
        ).returncode
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    main()
