"""What organisations object to, and what was decided: `doorstep appeal`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from results.schema import Appeal
from scenarios import reviewing, show
from scenarios.bench import opened
from scenarios.commands.common import AsJson, Folder, WaveId, Wrong, app, do, planned_wave
from scenarios.commands.judging import By, ShopId, Why, closed, right_of

appeal = typer.Typer(
    no_args_is_help=True,
    help="Keep what an organisation objects to, and what was decided, beside the score.",
    epilog="Example: doorstep appeal list first-wave",
)
app.add_typer(appeal, name="appeal")


class Outcome(StrEnum):
    """What may be decided of an appeal."""

    UPHELD = "upheld"
    AMENDED = "amended"
    REJECTED = "rejected"


@appeal.command(epilog="Example: doorstep appeal make SHOP --by 'Contact centre' --why 'the line was out of order'")
def make(
    shop: ShopId,
    by: By,
    why: Why,
    criterion: Annotated[str | None, typer.Option(help="One question's id; else the whole contact.")] = None,
    folder: Folder = Path(),
) -> None:
    """Keep an organisation's objection to a contact, or to one of its answers. The score stays until it is decided."""
    do(_make(folder, shop, criterion, by, why))


async def _make(folder: Path, shop: str, criterion: str | None, by: str, why: str) -> None:
    async with opened(folder, to_work=True) as bench:
        _, found = await closed(bench, shop)
        if not found.scheme:
            raise Wrong(f"{shop} is not closed ({found.state}); it can be appealed against when it is")
        if criterion is not None and criterion not in {answer.criterion for answer in found.answers}:
            known = ", ".join(answer.criterion for answer in found.answers)
            raise Wrong(f"{shop} has no answer to {criterion!r}; it has answers to: {known}")
        if not why.strip():
            raise Wrong("an appeal needs its reason; say it with --why")
        made = Appeal(shop=shop, criterion=criterion, by=by, at=bench.clock.now(), why=why)
        number = await bench.reviews.appeal(made)
    show.out.print(f"Appeal {number} against {criterion or 'the whole contact'} of {shop} is kept.", markup=False)


@appeal.command(epilog="Example: doorstep appeal decide 3 amended --value Yes --by 'Panel' --why 'heard again'")
def decide(
    number: Annotated[int, typer.Argument(help="The appeal's number, as `doorstep appeal list` shows it.")],
    outcome: Annotated[Outcome, typer.Argument(help="upheld: set aside; amended: corrected; rejected: it stands.")],
    by: By,
    why: Why,
    value: Annotated[str | None, typer.Option(help="The right answer, where the appeal is amended.")] = None,
    folder: Folder = Path(),
) -> None:
    """Decide an appeal. What was said before, and the appeal, stay and are shown beside the score."""
    do(_decide(folder, number, outcome.value, by, why, value))


async def _decide(folder: Path, number: int, outcome: str, by: str, why: str, value: str | None) -> None:
    async with opened(folder, to_work=True) as bench:
        made = (await bench.reviews.appeals()).get(number)
        if made is None:
            raise Wrong(f"there is no appeal {number}; `doorstep appeal list WAVE` lists them")
        if (outcome == "amended") != (value is not None):
            raise Wrong("an amended appeal, and no other, says the right answer with --value")
        frozen, shop = await closed(bench, made.shop)
        right = right_of(frozen, made.criterion, value) if value is not None and made.criterion else None
        update = {"outcome": outcome, "decided_by": by, "decided_at": bench.clock.now(), "reason": why}
        decided = Appeal.model_validate({**made.model_dump(), **update})
        await reviewing.decide(bench, frozen, number, made, shop, decided, right)
    what = made.criterion or "the whole contact"
    follows = {
        "upheld": f"{what} is set aside and counted as disputed",
        "amended": f"{what} is corrected",
        "rejected": f"{what} stands",
    }
    show.out.print(f"Appeal {number} is {outcome}: {follows[outcome]}.", markup=False)


@appeal.command("list", epilog="Example: doorstep appeal list first-wave")
def list_appeals(wave: WaveId, folder: Folder = Path(), as_json: AsJson = False) -> None:
    """List a wave's appeals and what was decided."""
    do(_list_appeals(folder, wave, as_json))


async def _list_appeals(folder: Path, wave: str, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        await planned_wave(bench, wave)
        found = await bench.reviews.appeals(wave)
    if as_json:
        show.json_out([{"number": number, **one.model_dump(mode="json")} for number, one in found.items()])
        return
    if not found:
        show.out.print("There are no appeals.")
        return
    table = Table()
    for heading in ("Appeal", "Against", "By", "Says", "Outcome", "Because"):
        table.add_column(heading, overflow="fold")
    for number, one in found.items():
        against = f"{one.shop} {one.criterion or ''}".strip()
        table.add_row(str(number), *map(escape, (against, one.by, one.why, one.outcome, one.reason)))
    show.out.print(table)
