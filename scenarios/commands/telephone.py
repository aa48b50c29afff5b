"""The carrier's account, or one's own trunk: `doorstep phone` looks at it before anybody is rung."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from probes.phone import preflight
from probes.phone.carriers import CarrierDown, CarrierRefused
from scenarios import plan as planning
from scenarios import show
from scenarios.bench import Bench, opened
from scenarios.carrier import carrier
from scenarios.commands.common import AsJson, Folder, Wrong, app, do
from scenarios.phone_account import SipTrunk

phone = typer.Typer(
    no_args_is_help=True,
    help="The carrier's account that calls are placed through.",
    epilog="Example: doorstep phone test first-wave",
)
app.add_typer(phone, name="phone")


@phone.callback()
def _phone() -> None:
    """The carrier's account, and the calls that came back."""


@phone.command("test", epilog="Example: doorstep phone test first-wave")
def try_account(
    wave: Annotated[str | None, typer.Argument(help="The wave whose calls are reckoned; else one a line.")] = None,
    folder: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Look at the carrier: whom it may ring, which number it shows, what the calls will cost. Never dials."""
    do(_try_account(folder, wave, as_json))


async def _try_account(folder: Path, wave: str | None, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        result = await _preflight(bench, await _calls(bench, wave))
    if as_json:
        show.json_out(
            {
                "calls": result.calls,
                "refusals": result.refusals,
                "warnings": result.warnings,
                "expected_cost": result.expected,
                "cost_at_most": result.at_most,
                "currency": result.currency,
            }
        )
    else:
        for line in preflight.lines(result):
            show.out.print(line, markup=False, soft_wrap=True)
    if result.refusals:
        raise typer.Exit(1)


async def _preflight(bench: Bench, calls: Counter[str]) -> preflight.Preflight:
    """What the carrier, or one's own trunk, tells without a call. Raises `CarrierDown` where an account is not told."""
    from probes.phone.carriers.twilio import Twilio  # here, because its library takes long to load

    programme, opens = bench.folder.programme, None
    try:
        async with carrier(programme, bench.clock, bench.ledger) as found:
            if isinstance(found, Twilio):
                account = await found.account(list(calls))
                return preflight.preflight(account, calls, programme.carrier)
    except (CarrierDown, CarrierRefused) as error:
        if not isinstance(programme.phone, SipTrunk):
            raise
        opens = str(error)
    assert isinstance(programme.phone, SipTrunk)
    return preflight.preflight_of_a_trunk(await _line(programme.phone, opens), calls, programme.carrier)


async def _line(phone: SipTrunk, opens: str | None) -> preflight.Line:
    from probes.phone.voice import NoVoice, spoken  # here, because its library takes long to load

    speaks = None
    try:
        await spoken("One, two, three.")
    except NoVoice as error:
        speaks = str(error)
    return preflight.Line(
        phone.host, phone.caller, phone.registers, phone.channels, opens, speaks, phone.pence_per_minute
    )


async def _calls(bench: Bench, wave: str | None) -> Counter[str]:
    """How often each number will be rung: as planned for the wave, or once for every line that agreed."""
    if wave is None:
        agreed = (one.consent.lines for one in bench.folder.register.values() if one.consent is not None)
        return Counter(number for lines in agreed for number in lines)
    if wave not in bench.folder.waves:
        raise Wrong(f"there is no wave {wave!r}; there are: {', '.join(bench.folder.waves) or 'none'}")
    frozen = planning.freeze(bench.folder, bench.folder.waves[wave], bench.clock.now())
    return Counter(row.target for row in planning.rows(frozen) if row.channel == "phone" and row.shopper == "probe")
