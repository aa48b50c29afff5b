"""A programme that runs by itself: `doorstep schedule` shows its nights, `doorstep serve` runs them."""

from __future__ import annotations

import asyncio
import datetime as dt
import signal
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import structlog
import typer
from rich.markup import escape
from rich.table import Table

from results.calendar import LONDON
from results.nights import Night, Nights
from scenarios import logs, schedules, show
from scenarios import serve as serving
from scenarios.alerting import Lookout
from scenarios.bench import Bench, opened
from scenarios.commands.common import FAULT, AsJson, Folder, Wrong, app, do
from scenarios.operators import Seeing

schedule = typer.Typer(
    no_args_is_help=True,
    help="The nights on which the programme runs by itself.",
    epilog="Example: doorstep schedule show",
)
app.add_typer(schedule, name="schedule")


@schedule.callback()
def _schedule() -> None:
    """The nights on which the programme runs by itself."""


@schedule.command("show", epilog="Example: doorstep schedule show --nights 30")
def show_schedule(
    folder: Folder = Path(),
    nights: Annotated[int, typer.Option(min=1, max=400, help="How many nights to come.")] = 10,
    as_json: AsJson = False,
) -> None:
    """The next nights, who is left out for a bank holiday, and what became of the last ones."""
    do(_show(folder, nights, as_json))


async def _show(folder: Path, most: int, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        coming = serving.coming(bench, dt.timedelta(days=max(31, 2 * most)))[:most]
        nexts = [(night, *_whom(bench, night)) for night in coming]
        last = await Nights(bench.database).last(most)
        there = bench.folder.schedules
    if as_json:
        show.json_out(
            {
                "next": [
                    {"schedule": one.schedule, "day": one.day, "at": one.at, "organisations": number, "left_out": off}
                    for one, number, off in nexts
                ],
                "last": [vars(one) for one in last],
            }
        )
        return
    if not there:
        show.out.print("There is no schedules.yaml; docs/operating.md shows one.")
        return
    table = Table(title="Next nights", title_justify="left")
    for heading in ("Schedule", "Night", "Begins", "Organisations", "Left out"):
        table.add_column(heading, overflow="fold")
    for one, number, off in nexts:
        begins = one.at.astimezone(ZoneInfo(there[one.schedule].zone))
        table.add_row(one.schedule, f"{one.day:%a %d/%m/%Y}", f"{begins:%H:%M %Z}", str(number), escape(off))
    show.out.print(table)
    if last:
        table = Table(title="Last nights", title_justify="left")
        for heading in ("Schedule", "Night", "What became of it", "Wave", "Why"):
            table.add_column(heading, overflow="fold")
        for done in last:
            table.add_row(done.schedule, f"{done.day:%a %d/%m/%Y}", done.state, done.wave or "", escape(done.why))
        show.out.print(table)


def _whom(bench: Bench, night: Night) -> tuple[int, str]:
    """How many organisations a night contacts, and the bank holidays for which others are left out."""
    found = bench.folder.schedules[night.schedule]
    there, holidays = schedules.working(found, serving.whom(bench, found), {night.day})
    return len(there), holidays


@app.command(epilog="Example: doorstep serve --log json")
def serve(
    folder: Folder = Path(),
    poll: Annotated[float, typer.Option(min=1, help="Seconds between two rounds.")] = 60,
    grace: Annotated[float, typer.Option(min=0, help="Seconds in which to finish when told to stop.")] = 120,
    log: Annotated[Literal["text", "json"], typer.Option(help="How to tell what happens.")] = "text",
    once: Annotated[bool, typer.Option("--once", help="One round, and no more: for a timer.")] = False,
    listen: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Tell metrics and health there, as 127.0.0.1:9871. Nowhere without it."),
    ] = None,
) -> None:
    """Run the schedules, make what is due and read the mailboxes, until stopped. Other commands are safe beside it.

    SIGTERM lets calls and visits under way finish, begins nothing more, and leaves the rest for the next start.
    """
    logs.configure(as_json=log == "json")
    do(_serve(folder, poll, grace, once, _address(listen)))


def _address(listen: str | None) -> str | None:
    if listen is None:
        return None
    try:
        return str(Seeing(listen=listen).listen)
    except ValueError:
        raise Wrong(f"--listen is {listen!r}; write address and port, as 127.0.0.1:9871") from None


async def _serve(folder: Path, poll: float, grace: float, once: bool, listen: str | None) -> None:
    told = structlog.get_logger()
    async with opened(folder, to_work=False) as bench:  # tells every mistake in the folder before anything begins
        if not bench.folder.schedules and not once:
            raise Wrong("there is no schedules.yaml, so nothing would run; docs/operating.md shows one")
        following = await serving.next_moment(bench)
    if once:
        done = await serving.one_round(folder)
        serving.tell(done, told)
        async with opened(folder, to_work=False) as bench:
            await Lookout(bench.database, told).look(bench.folder)
        if done.troubles:
            raise typer.Exit(FAULT)
        return
    if following is not None:
        begins = f"{following.astimezone(LONDON):%A %d %B at %H:%M}"
        show.err.print(f"Serving {folder}. The next night begins on {begins}.", markup=False, soft_wrap=True)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    await serving.serve(folder, poll, grace, stop, told, listen)
