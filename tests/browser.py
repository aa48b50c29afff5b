"""Installs Debian's headless Chromium beside an ordinary one, where that can be done: python -m tests.browser

It shows the same pages for half the processor time, since it draws no window. Needs root and apt; where either is
lacking, or there is no such package, the tests use the browser that is there.
"""

from __future__ import annotations

import os
import shutil
import subprocess

from probes.web.chromium import HEADLESS


def main() -> None:
    """Install it if it is lacking."""
    if shutil.which(HEADLESS) or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    install = ("apt-get", "install", "-y", "-q", "--no-install-recommends", HEADLESS)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (install, ("apt-get", "update", "-q"), install):
        subprocess.run(command, env=environment, capture_output=True, check=False)
        if shutil.which(HEADLESS):
            return


if __name__ == "__main__":
    main()
