"""Before the first call: what the account may do, whose number is shown, what it will cost. Asked over sockets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from probes.phone.carriers import CarrierDown
from probes.phone.preflight import Account, Country, Line, Preflight, lines, preflight, preflight_of_a_trunk
from scenarios.practice.exchange_account import AccountManner
from tests.probes.street import ANSWERS, CALLER, COUNCIL, ENGAGED, opened

CALLS = {ANSWERS: 10, ENGAGED: 30}


async def checked(folder: Path, account: AccountManner) -> Preflight:
    async with opened(folder, COUNCIL, account=account) as street:
        told = await street.carrier.account(list(CALLS))
        assert street.weather.placed == 0
        assert {method for method, _ in street.weather.asked} == {"GET"}
        assert street.network.calls == {}
    return preflight(told, CALLS, "practice")


async def test_an_account_as_it_ought_to_be_is_let_through_with_its_costs(tmp_path: Path) -> None:
    result = await checked(tmp_path, AccountManner())

    assert result.refusals == result.warnings == ()
    assert result.calls == 40
    assert result.expected == pytest.approx(40 * 0.0158)
    assert result.at_most == pytest.approx(40 * 0.0158 * 3 * 2)
    told = "\n".join(lines(result))
    assert "Expected cost of 40 calls: 0.63 USD" in told
    assert "Countries that may be called: GB" in told
    assert told.endswith("All is well. Nothing was dialled.")


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        (AccountManner(special=("GB",)), "high-risk special numbers in the United Kingdom are switched on"),
        (AccountManner(tollfraud=("GB",)), "prone to toll fraud in the United Kingdom"),
        (AccountManner(countries=()), "may not call ordinary numbers in the United Kingdom"),
        (AccountManner(countries=("GB", "US", "IE")), "switch off Ireland, United States"),
        (AccountManner(tollfraud=("LV",)), "switch off Latvia"),
        (AccountManner(special=("JE",)), "switch off Jersey"),
        (AccountManner(owned=False), "neither rented from the carrier nor verified"),
        (AccountManner(status="suspended"), "suspended or closed"),
        (AccountManner(kind="Trial"), "trial account"),
        (AccountManner(balance=0.5), "the balance is 0.50 USD"),
    ],
)
async def test_an_account_that_could_do_harm_is_refused(tmp_path: Path, account: AccountManner, reason: str) -> None:
    result = await checked(tmp_path, account)

    assert len(result.refusals) == 1
    assert reason in result.refusals[0]
    assert lines(result)[-1] == "Nothing may be dialled."


@pytest.mark.parametrize(
    ("account", "warning"),
    [
        (AccountManner(price=None), "does not tell the price"),
        (AccountManner(balance=1), "may not last"),
        (AccountManner(answers=False), "nothing answers whoever rings"),
    ],
)
async def test_what_is_only_unwise_is_a_warning(tmp_path: Path, account: AccountManner, warning: str) -> None:
    result = await checked(tmp_path, account)

    assert result.refusals == ()
    assert len(result.warnings) == 1
    assert warning in result.warnings[0]


async def test_a_verified_number_may_be_shown_too(tmp_path: Path) -> None:
    assert (await checked(tmp_path, AccountManner(owned=False, verified=True))).refusals == ()


async def test_a_carrier_that_does_not_tell_is_not_taken_for_one_that_allows(tmp_path: Path) -> None:
    async with opened(tmp_path) as street:
        street.weather.on_look = ["down"]
        with pytest.raises(CarrierDown):
            await street.carrier.account([ANSWERS])


def an_account(caller: str) -> Account:
    home = {"GB": Country("United Kingdom", ordinary=True, special=False, tollfraud=False)}
    return Account(True, False, home, caller, True, False, True, 20.0, "GBP", {"+441629533190": 0.01})


@pytest.mark.parametrize("caller", ["+449012345678", "+448451234567", "+447012345678", "+33142685300", CALLER])
def test_a_number_that_is_dear_or_impossible_to_ring_back_may_not_be_shown(caller: str) -> None:
    (refusal,) = preflight(an_account(caller), {"+441629533190": 1}, "real").refusals

    assert "cannot be rung back" in refusal


@pytest.mark.parametrize("caller", ["+441629533199", "+447911123456", "+443001234567"])
def test_an_ordinary_number_or_a_mobile_may_be_shown(caller: str) -> None:
    assert preflight(an_account(caller), {"+441629533190": 1}, "real").refusals == ()


def test_a_number_that_is_never_dialled_is_found_before_the_wave() -> None:
    (refusal,) = preflight(an_account("+441629533199"), {"+44999": 1}, "real").refusals

    assert "never dialled" in refusal


# ------------------------------------------------------------------------------------------------ a trunk of one's own


def a_line(**told: object) -> Line:
    line = Line("trunk.example", "+441629533199", True, 2, opens=None, speaks=None, pence_per_minute=1.2)
    return replace(line, **told)  # type: ignore[arg-type]


def test_a_trunk_that_opens_and_speaks_is_let_through_with_its_costs() -> None:
    result = preflight_of_a_trunk(a_line(), {"+441629533190": 10}, "real")

    assert result.refusals == result.warnings == ()
    assert result.expected == pytest.approx(0.12)
    assert lines(result) == (
        "Number shown: +441629533199",
        "Trunk: trunk.example (signs in), 2 calls at once",
        "Voice: there",
        "Expected cost of 10 calls: 0.12 GBP",
        "At most, with 3 attempts of 2 minutes at each: 0.72 GBP",
        "All is well. Nothing was dialled.",
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (a_line(opens="the registrar refuses: 403 Forbidden"), "403 Forbidden"),
        (a_line(speaks="no voice to speak with"), "no voice"),
        (a_line(caller="+449012345678"), "cannot be rung back"),
    ],
)
def test_a_trunk_that_would_not_do_is_refused(line: Line, reason: str) -> None:
    (refusal,) = preflight_of_a_trunk(line, {"+441629533190": 1}, "real").refusals

    assert reason in refusal


def test_a_number_that_is_never_dialled_is_found_on_a_trunk_too() -> None:
    (refusal,) = preflight_of_a_trunk(a_line(), {ANSWERS: 1}, "real").refusals

    assert "numbers for drama" in refusal


def test_what_a_trunk_does_not_tell_is_a_warning() -> None:
    result = preflight_of_a_trunk(a_line(registers=False, pence_per_minute=None), {"+441629533190": 1}, "real")

    assert result.expected is None
    assert "Expected cost of 1 calls: not known" in lines(result)
    assert [warning.partition(",")[0] for warning in result.warnings] == [
        "what a minute costs is not known; say it as pence_per_minute",
        "it does not sign in",
        "nothing here answers whoever rings +441629533199 back; see that something does",
    ]
