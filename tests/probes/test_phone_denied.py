"""What must never ring: refused with the whole probe in place, and before anything so much as opens a socket."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from probes import Errand
from probes.guard import Carrier, Guard, Refused
from probes.phone import PhoneProbe
from probes.phone.carriers.twilio import Twilio
from results.schema import AnswerKey, Consent, Contacts, Enquiry, Evidence, Limits, Line, Organisation, Scenario
from tests.probes.street import Book
from tests.probes.test_guard import DRAMA, REAL_LINE, REFUSED_NUMBERS, Clock, Ledger, any_line

MONDAY = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)


@dataclass
class Desk:
    """A journal that notes what it was told, and an archive that nothing ought to reach."""

    intents: list[str] = field(default_factory=list)

    async def about_to(self, shop: str, reference: str, at: dt.datetime) -> None:
        self.intents.append(reference)

    async def done(self, shop: str, reference: str, at: dt.datetime) -> None:
        raise AssertionError("a call was placed")

    async def keep(self, kind: str, name: str, media_type: str, content: bytes) -> Evidence:
        raise AssertionError("a call was made")


@dataclass
class Doorbell:
    """A port that counts who comes to it and hangs up on them."""

    address: str = ""
    visitors: int = 0

    async def visited(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visitors += 1
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def doorbell() -> AsyncIterator[Doorbell]:
    bell = Doorbell()
    async with await asyncio.start_server(bell.visited, "127.0.0.1", 0) as server:
        bell.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield bell


async def refused(doorbell: Doorbell, number: str, organisation: Organisation, carrier: Carrier = "real") -> str:
    """The rule by which a call is refused; the intent must not be written, nor the carrier be asked."""
    clock, ledger, desk = Clock(), Ledger(), Desk()
    key = AnswerKey(dated=MONDAY.date(), source="test", page="x")
    words = "A question that nobody asks aloud."
    enquiry = Enquiry(id="x", service=1, title="x", subject="x", words=words, search="x", answer_key=key)
    scenario = Scenario(id="calls", channel="phone", enquiries=("x",))
    errand = Errand("shop", organisation, scenario, (enquiry,), number, "reference", "The Partnership")
    guard = Guard({organisation.id: organisation}, ledger, clock, carrier)
    async with (
        Twilio("AC" + "0" * 32, "secret", "+441629533199", Book(), doorbell.address) as twilio,
        PhoneProbe(twilio, guard, desk, desk, clock, "+441629533199") as probe,
    ):
        with pytest.raises(Refused) as no:
            await probe.knock(errand)
    assert desk.intents == []
    assert [one.rule for one in ledger.refused] == [no.value.refusal.rule]
    return no.value.refusal.rule


@pytest.mark.parametrize(("number", "rule"), REFUSED_NUMBERS.items())
async def test_a_number_that_must_never_ring_is_refused_before_a_socket_opens(
    number: str, rule: str, doorbell: Doorbell
) -> None:
    assert await refused(doorbell, number, any_line(number)) == rule
    assert doorbell.visitors == 0


@pytest.mark.parametrize("number", DRAMA, ids=list(DRAMA.values()))
async def test_a_real_carrier_is_never_asked_for_a_drama_number(number: str, doorbell: Doorbell) -> None:
    assert await refused(doorbell, number, any_line(number)) == "number.drama"
    assert doorbell.visitors == 0


async def test_the_practice_carrier_is_never_asked_for_a_real_number(doorbell: Doorbell) -> None:
    assert await refused(doorbell, REAL_LINE, any_line(REAL_LINE), "practice") == "number.not_practice"
    assert doorbell.visitors == 0


def consenting(**changes: object) -> Organisation:
    agreed: dict[str, object] = {
        "agreed_by": "Head",
        "valid_from": MONDAY.date(),
        "until": MONDAY.date(),
        "channels": ("phone",),
        "lines": (REAL_LINE,),
        "limits": Limits(),
    } | changes
    contacts = Contacts(lines=(Line(number=REAL_LINE, label="Switchboard"),))
    return Organisation(id="amber", name="Amber", contacts=contacts, consent=Consent.model_validate(agreed))


@pytest.mark.parametrize(
    ("organisation", "rule"),
    [
        (consenting().model_copy(update={"consent": None}), "consent.absent"),
        (consenting(valid_from=dt.date(2026, 1, 1), until=dt.date(2026, 11, 22)), "consent.expired"),
        (consenting(channels=("email", "web")), "consent.channel"),
        (consenting(lines=()), "consent.line"),
        (consenting(limits=Limits(calls_per_day=0)), "limit.day"),
    ],
)
async def test_without_consent_for_the_line_no_socket_opens(
    organisation: Organisation, rule: str, doorbell: Doorbell
) -> None:
    assert await refused(doorbell, REAL_LINE, organisation) == rule
    assert doorbell.visitors == 0


async def test_the_doorbell_would_hear_of_a_call_that_is_let_through(doorbell: Doorbell) -> None:
    async with Twilio("AC" + "0" * 32, "secret", "+441629533199", Book(), doorbell.address) as twilio:
        assert await twilio.sip_code("CA" + "0" * 32) is None

    assert doorbell.visitors == 1
