"""Stopping and going on: `pause` and `resume`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scenarios import show
from scenarios.bench import opened
from scenarios.commands.common import Folder, Wrong, app, do


@app.command(epilog="Examples: doorstep pause example-council --why 'election day' · doorstep pause --all")
def pause(
    organisation: Annotated[str | None, typer.Argument(help="The organisation's id.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Stop all contacts with everybody.")] = False,
    why: Annotated[str, typer.Option(help="The reason, shown wherever a contact is refused.")] = "no reason given",
    folder: Folder = Path(),
) -> None:
    """Stop contacting one organisation, or all, at once: severe weather, a major incident, election day."""
    do(_pause(folder, organisation, everything, why, stop=True))


@app.command(epilog="Example: doorstep resume example-council")
def resume(
    organisation: Annotated[str | None, typer.Argument(help="The organisation's id.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Lift the pause of everything.")] = False,
    folder: Folder = Path(),
) -> None:
    """Lift a pause."""
    do(_pause(folder, organisation, everything, "", stop=False))


async def _pause(folder: Path, organisation: str | None, everything: bool, why: str, *, stop: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        if everything == (organisation is not None):
            raise Wrong("name one organisation, or --all")
        if organisation is not None and organisation not in bench.folder.register:
            raise Wrong(f"there is no organisation {organisation!r}; there are: {', '.join(bench.folder.register)}")
        scope = organisation or "*"
        name = bench.folder.register[organisation].name if organisation else "Everything"
        if stop:
            await bench.ledger.pause(scope, why, bench.clock.now())
            show.out.print(f"{name} is paused: {why}.", markup=False)
        elif await bench.ledger.resume(scope):
            show.out.print(f"{name} is no longer paused.", markup=False)
        else:
            show.out.print(f"{name} was not paused.", markup=False)
