"""What the tests of the web probe share: a ledger, a clock, an archive."""

from __future__ import annotations

import pytest

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
