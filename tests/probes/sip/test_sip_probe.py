"""The telephone probe over SIP: the guard before, the facts after, and moments from the wire between."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from probes.guard import Guard
from probes.phone import PhoneProbe
from probes.phone.carriers.sip import Sip, Trunk
from probes.phone.moments import seconds_to_answer
from results.schema import Failure, Observation
from tests.probes.street import CALLER, Book, MondayMorning, errand, organisation
from tests.sipp.council import Council, council, lacking, number

pytestmark = pytest.mark.skipif(bool(lacking()), reason=lacking())


@pytest.fixture(scope="module")
def called() -> Iterator[Council]:
    with council() as telephones:
        yield telephones


async def ring(called: Council, line: str) -> Observation:
    clock, book, shopped = MondayMorning(), Book(), organisation((line,))
    guard = Guard({shopped.id: shopped}, book, clock, "practice")
    async with (
        Sip(Trunk(called.host, CALLER, CALLER, interface="127.0.0.1"), clock, "A test.") as carrier,
        PhoneProbe(carrier, guard, book, book, clock, CALLER) as probe,
    ):
        return await probe.knock(errand(line, shopped))


async def test_the_seconds_of_ringing_come_from_the_wire(called: Council) -> None:
    seen = await ring(called, number(0, 10))
    least, most = seconds_to_answer(dict(seen.moments))
    assert seen.facts["phone.outcome"] == "answered"
    assert seen.facts["phone.rings"] == 1
    assert most - least <= 0.05
    assert least >= 0.9


@pytest.mark.parametrize(
    ("manner", "failure"), [(1, Failure.ENGAGED), (2, Failure.NO_REPLY), (3, Failure.NUMBER_NOT_IN_USE)]
)
async def test_what_the_network_says_is_the_councils_failure(called: Council, manner: int, failure: Failure) -> None:
    assert (await ring(called, number(manner, 2))).failure is failure


async def test_a_call_that_is_declined_is_no_failure_of_the_council(called: Council) -> None:
    seen = await ring(called, number(8, 2))
    assert seen.failure is None
    assert seen.error is not None
    assert "603" in seen.error
