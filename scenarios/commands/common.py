"""What all commands share: the program they belong to, common options, and how a mistake of the user's is told."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from results.store import FrozenWave
from scenarios.bench import Bench

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Mystery shopping of an organisation's front doors: e-mail, telephone, website.",
    epilog="Begin with: doorstep demo",
)


@app.callback()
def _doorstep() -> None:  # without it, a program of one command would take no command's name
    pass


Folder = Annotated[
    Path, typer.Option("--folder", "-f", envvar="DOORSTEP_PROGRAMME", help="The programme folder.", show_default="here")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
WaveId = Annotated[str, typer.Argument(help="The wave's id: its file's name in waves/.")]
OneOrganisation = Annotated[str | None, typer.Option("--organisation", "-o", help="Only this organisation.")]
OneScenario = Annotated[str | None, typer.Option("--scenario", "-s", help="Only this scenario.")]


FAULT = 3
"""The exit status of a command that could not do all of its work, for a fault on our side; again, it does the rest."""


class Wrong(Exception):
    """Something the user asked for is not there. The message says what is."""


def do(work: Coroutine[Any, Any, None]) -> None:
    """Run a command's work to its end."""
    asyncio.run(work)


async def planned_wave(bench: Bench, wave: str, edition: int | None = None) -> FrozenWave:
    """A wave that has been run, in its newest edition or the one asked for. Raises `Wrong`."""
    if (frozen := await bench.store.wave(wave, edition)) is not None:
        return frozen
    if (newest := await bench.store.wave(wave)) is not None:
        raise Wrong(f"there is no edition {edition} of {wave}; its editions are 0 to {newest.edition}")
    known = ", ".join(await bench.store.wave_ids()) or "none"
    raise Wrong(f"no wave {wave!r} has been run yet; run so far: {known}")
