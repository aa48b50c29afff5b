"""The practice partnership: `doorstep demo` and `doorstep practice`."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Annotated

import typer

from probes.clock import PracticeClock
from results.calendar import LONDON
from scenarios import demo as practice_demo
from scenarios import show
from scenarios.commands.common import AsJson, Wrong, app, do
from scenarios.commands.programme import collect_mail, run_wave
from scenarios.commands.results import write_report
from scenarios.programme import load


@app.command(epilog="Example: doorstep demo --folder /tmp/demo")
def demo(
    folder: Annotated[Path, typer.Option("--folder", "-f", help="Where the practice programme is written.")] = Path(
        "demo"
    ),
    councils: Annotated[Path | None, typer.Option(help="Your own folder of practice councils.")] = None,
) -> None:
    """Shop a partnership of eleven practice councils for real, and write the wave report. About two minutes."""
    do(_demo(folder, councils))


async def _demo(folder: Path, councils: Path | None) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / "programme.toml").exists():
        raise Wrong(f"{folder} is not empty and is not a programme folder; name another with --folder")
    if (folder / "programme.toml").exists() and load(folder).programme.practice is None:
        raise Wrong(f"{folder} holds a real programme; name another folder with --folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    show.err.print("Starting the practice partnership: mail servers, a telephone exchange, websites, a fast clock ...")
    async with practice_demo.practice(["--councils", str(councils)] if councils else []) as partnership:
        clock = await PracticeClock.at(partnership["house"])
        practice_demo.write_programme(folder, partnership, clock.now().astimezone(LONDON).date())
        show.err.print(f"{len(partnership['councils'])} councils are up. Their programme is in {folder}/.")
        await run_wave(folder, practice_demo.WAVE, None, None, as_json=False)
        await collect_mail(folder, until_closed=True, as_json=False)
        await write_report(folder, practice_demo.WAVE, None, None, as_json=False)


@app.command(epilog="Example: doorstep practice --councils my-councils")
def practice(
    councils: Annotated[Path | None, typer.Option(help="Your own folder of practice councils.")] = None,
    speed: Annotated[float, typer.Option(help="Practice seconds in one real second.")] = 1,
    folder: Annotated[Path | None, typer.Option("--folder", "-f", help="Also write a programme that shops it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Start the practice partnership alone, print its addresses, and keep it up until Ctrl-C."""
    arguments = ["--speed", str(speed), *(["--councils", str(councils)] if councils else [])]
    do(_practice(arguments, folder, as_json))


async def _practice(arguments: list[str], folder: Path | None, as_json: bool) -> None:
    async with practice_demo.practice(arguments) as partnership:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            clock = await PracticeClock.at(partnership["house"])
            practice_demo.write_programme(folder, partnership, clock.now().astimezone(LONDON).date())
        if as_json:
            show.json_out(partnership)
        else:
            show.partnership(partnership, folder)
        await asyncio.Event().wait()
