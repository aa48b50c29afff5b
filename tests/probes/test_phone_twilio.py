"""Where and how the Twilio provider asks: its region's hosts, and how long it waits when told to come back later."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from probes.phone.carriers import Speech
from probes.phone.carriers.twilio import Twilio, _retry_after
from scenarios.practice.exchange import ACCOUNT_SID
from tests.probes.street import CALLER, ENGAGED, Book, Weather, opened, served

SID = "AC" + "0" * 32


def provider(region: str | None) -> Twilio:
    return Twilio(SID, "secret", "+441629533199", Book(), region=region)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        (None, "api.twilio.com"),
        ("ie1", "api.dublin.ie1.twilio.com"),
        ("us1", "api.ashburn.us1.twilio.com"),
        ("au1", "api.sydney.au1.twilio.com"),
    ],
)
async def test_calls_and_recordings_stay_in_the_region_that_was_chosen(region: str | None, host: str) -> None:
    async with provider(region) as twilio:
        assert twilio.address("/2010-04-01/x") == f"https://{host}/2010-04-01/x"


async def test_a_region_that_there_is_not_is_told_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="us1, ie1, au1"):
        provider("eu1")


@pytest.mark.parametrize(
    ("header", "attempt", "seconds"),
    [("3", 0, 3), ("0.5", 4, 0.5), ("3600", 0, 60), (None, 0, 0.5), (None, 3, 4), ("Wed, 21 Oct 2026", 1, 1)],
)
def test_it_waits_as_long_as_the_carrier_says_or_twice_as_long_each_time(
    header: str | None, attempt: int, seconds: float
) -> None:
    assert _retry_after(header, attempt) == seconds


async def test_a_call_is_placed_when_it_is_its_turn_among_all_who_share_the_account(tmp_path: Path) -> None:
    async with opened(tmp_path) as street, served(street.weather) as address:
        pace = Turns(street.weather, waits=[0.02, 0.01, 0.0])
        async with Twilio(ACCOUNT_SID, "practice", CALLER, pace, address, 4) as twilio:
            await twilio.place(ENGAGED, Speech("Hello."), 15)

    assert pace.asked == [(ACCOUNT_SID, 0.25, 0)] * 3
    assert street.weather.placed == 1


@dataclass
class Turns:
    """A pace that makes one wait, and notes how often it was asked, and what had been placed by then."""

    weather: Weather
    waits: list[float]
    asked: list[tuple[str, float, int]] = field(default_factory=list)

    async def next_call(self, account: str, gap: float) -> float:
        """As the list says."""
        self.asked.append((account, gap, self.weather.placed))
        return self.waits.pop(0)
