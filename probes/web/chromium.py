"""Where a usable Chromium is on this machine, and how to get one. Driving it is in `browser`.

`python -m probes.web.chromium` looks for one and tries to install one. It never fails: without a browser everything but
the search is still assessed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HEADLESS = "chromium-headless-shell"
"""Debian's Chromium without a window: the same pages for half the processor time."""

_NAMES = (HEADLESS, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PLACES = (
    "/usr/bin/chromium",
    "/usr/lib/chromium/chromium",
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_PATIENCE = 600  # seconds for an installation


def find() -> str | None:
    """The path of a usable Chromium: DOORSTEP_CHROMIUM, then an installed one, then Playwright's own."""
    candidates = [os.environ.get("DOORSTEP_CHROMIUM"), *map(shutil.which, _NAMES), *_PLACES]
    for path in candidates:
        if path and _is_program(path):
            return path
    downloaded = _playwrights_own()
    return downloaded if _is_program(downloaded) else None


def main() -> None:
    """Find a browser or install one, and say in one line what came of it."""
    path = find() or _install()
    if path:
        print(f"Browser: {path}")
    else:
        print(
            "No Chromium could be found or installed: what needs one, above all a site's search, will be reported as "
            '"not assessed". If there is one, set DOORSTEP_CHROMIUM to its path.'
        )


def _install() -> str | None:
    print("No Chromium is installed; trying to get one. This can take some minutes.", flush=True)
    _try([sys.executable, "-m", "playwright", "install", "chromium"])
    if find() is None and hasattr(os, "geteuid") and os.geteuid() == 0 and (apt := shutil.which("apt-get")):
        _try([apt, "update"])
        for package in (HEADLESS, "chromium"):  # the first may not be known to an older Debian
            if find() is None:
                _try([apt, "install", "--yes", "--no-install-recommends", package])
    return find()


def _try(command: list[str]) -> None:
    """Run an installer quietly. Whether it worked is seen by looking for the browser."""
    quiet = subprocess.DEVNULL
    try:
        subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, timeout=_PATIENCE, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return


def _playwrights_own() -> str:
    """Where Playwright's own Chromium would be. Asked in a thread: its driver may not share one with an event loop."""

    def ask() -> str:
        from playwright.sync_api import sync_playwright  # here, because it takes long to load

        with sync_playwright() as playwright:
            return playwright.chromium.executable_path

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ask).result()


def _is_program(path: str) -> bool:
    return Path(path).is_file() and os.access(path, os.X_OK)


if __name__ == "__main__":
    main()
