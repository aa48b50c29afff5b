"""Calls that came to our own numbers: `doorstep phone unmatched`, and what `doorstep collect` says of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from probes.phone.carriers import Carrier
from results.calendar import LONDON
from results.callbacks import BY_HAND, CallBack
from results.store import FrozenWave, ShopRow
from scenarios import show
from scenarios.answers import every_wave
from scenarios.bench import Bench, opened
from scenarios.callbacks import FollowedUp
from scenarios.carrier import carrier
from scenarios.commands.common import AsJson, Folder, Wrong, do
from scenarios.commands.telephone import phone


@phone.command(epilog="Examples: doorstep phone unmatched · doorstep phone unmatched 17 SHOP")
def unmatched(
    number: Annotated[int | None, typer.Argument(help="One call's number, from the list.")] = None,
    shop: Annotated[str | None, typer.Argument(help="The shop whose message this call answers.")] = None,
    folder: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """List the calls to our numbers that answer no message, or say which message one answers."""
    do(_unmatched(folder, number, shop, as_json))


async def _unmatched(folder: Path, number: int | None, shop: str | None, as_json: bool) -> None:
    async with opened(folder, to_work=shop is not None) as bench:
        waiting = await bench.callbacks.unmatched()
        if number is None:
            _list(waiting, as_json)
            return
        call = next((one for one in waiting if one.id == number), None)
        if call is None:
            raise Wrong(f"no call {number} is unmatched; `doorstep phone unmatched` lists those that are")
        if shop is None:
            _list([call], as_json)
            return
        row = await _message(bench, shop)
        if row.made_at is not None and call.at < row.made_at.replace(microsecond=0):
            raise Wrong(f"call {number} came before {shop} was rung; it cannot answer it")
        await FollowedUp(bench, await every_wave(bench)).assign(call.id, row, BY_HAND)
    show.out.print(f"Call {number} now answers {row.id}.", markup=False)


async def _message(bench: Bench, shop: str) -> ShopRow:
    """A contact that asked to be called back. Raises `Wrong`."""
    try:
        row = await bench.store.row(shop)
    except KeyError:
        raise Wrong(f"there is no shop {shop!r}; `doorstep shops WAVE --channel phone` lists them") from None
    if row.channel != "phone" or row.closes_at is None:
        raise Wrong(f"{shop} did not wait to be called back; name a shop that left a message")
    return row


def _list(found: list[CallBack] | tuple[CallBack, ...], as_json: bool) -> None:
    if as_json:
        show.json_out(
            [
                {
                    "call": one.id,
                    "at": one.at.isoformat(),
                    "to": one.own,
                    "from": one.caller,
                    "suggested": one.suggested,
                }
                for one in found
            ]
        )
        return
    if not found:
        show.out.print("No call is unmatched.")
        return
    table = Table()
    for heading in ("Call", "When", "To", "From", "May answer"):
        table.add_column(heading, overflow="fold")
    for one in found:
        when = f"{one.at.astimezone(LONDON):%d/%m/%Y %H:%M:%S}"
        table.add_row(str(one.id), when, one.own, one.caller or "withheld", escape(one.suggested or ""))
    show.out.print(table)


# ------------------------------------------------------------------------------------------------ for `collect`


@asynccontextmanager
async def carrier_for_call_backs(bench: Bench, waves: Mapping[str, FrozenWave]) -> AsyncIterator[Carrier | None]:
    """The programme's carrier, where a message waits to be returned; else None, and nobody is asked."""
    if bench.folder.programme.phone is None or await FollowedUp(bench, waves).since() is None:
        yield None
        return
    async with carrier(bench.folder.programme, bench.clock, bench.ledger) as opened_carrier:
        yield opened_carrier


async def standing(bench: Bench, waves: Mapping[str, FrozenWave]) -> dict[str, Any]:
    """How many messages wait to be returned, until when the first does, and how many calls answer none."""
    waiting = await FollowedUp(bench, waves).open()
    return {
        "messages_waiting": len(waiting),
        "calls_unmatched": len(await bench.callbacks.unmatched()),
        "next_message_closing": min((row.closes_at for row in waiting if row.closes_at), default=None),
    }


def tell(found: Mapping[str, Any]) -> None:
    """The same in words; nothing where there is nothing to tell."""
    if waiting := found["messages_waiting"]:
        until = f"{found['next_message_closing'].astimezone(LONDON):%A %d %B %Y at %H:%M}"
        words = "message awaits" if waiting == 1 else "messages await"
        show.out.print(f"{waiting} {words} a call-back; the first until {until}.")
    if unmatched := found["calls_unmatched"]:
        words = "call answers" if unmatched == 1 else "calls answer"
        show.out.print(f"{unmatched} {words} no message: doorstep phone unmatched")
