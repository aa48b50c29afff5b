"""What the tests of the web probe share: a ledger, a clock, an archive."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from probes import USER_AGENT
from probes.web.browser import Chromium
from probes.web.chromium import find
from tests.probes.web.house import Clock, Ledger, Shelf


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Chromium]:
    """One browser for all tests of a process: to start one costs as much as a visit. They run in its event loop."""
    found = find()
    assert found is not None, "tests that need a browser are marked so"
    one = Chromium(found, USER_AGENT.format(contact="shopper@doorstep.test"))
    yield one
    await one.close()
