"""Where and how the Twilio provider asks: its region's hosts, and how long it waits when told to come back later."""

import pytest

from probes.clock import RealClock
from probes.phone.carriers.twilio import Twilio, _retry_after

SID = "AC" + "0" * 32


def provider(region: str | None) -> Twilio:
    return Twilio(SID, "secret", "+441629533199", RealClock(), region=region)


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
