"""One partnership of test councils for the whole session, in a process of its own as it runs in earnest."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from probes.http import httpx
from tests.practice import world


class House:
    """The house's own address, and the councils' websites."""

    def __init__(self, partnership: dict[str, Any], browser: httpx.Client) -> None:
        self.partnership = partnership
        self._browser = browser

    def get(self, path: str) -> Any:
        return self._browser.get(self.partnership["house"] + path).raise_for_status().json()

    def post(self, path: str, body: str) -> httpx.Response:
        return self._browser.post(self.partnership["house"] + path, content=body)

    def council(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(one for one in self.partnership["councils"] if one["id"] == name)
        return found

    def fetch(self, name: str, path: str) -> httpx.Response:
        """A page of a council's website."""
        return self._browser.get(self.council(name)["site"].rstrip("/") + path)

    def send(self, name: str, path: str) -> httpx.Response:
        """A form sent to a council's website."""
        return self._browser.post(self.council(name)["site"].rstrip("/") + path, data={"a": "b"})


@pytest.fixture(scope="session")
def partnership(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The partnership document of the test councils."""
    folder = world.write(tmp_path_factory.mktemp("councils"))
    command = [sys.executable, "-m", "scenarios.practice", "--councils", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.stdin.close()
        assert process.wait(timeout=30) == 0


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    """Fetches pages, and follows nothing by itself."""
    with httpx.Client(trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture
def house(partnership: dict[str, Any], browser: httpx.Client) -> House:
    return House(partnership, browser)
