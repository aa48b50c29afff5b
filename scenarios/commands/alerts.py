"""What fails, as the operator is told of it: `doorstep alerts`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from probes.email.notice import NotTaken
from probes.guard import Refused
from probes.http import Unreachable
from results.alerts import Alerts
from results.calendar import LONDON
from scenarios import alerting, show
from scenarios.alerting import Message
from scenarios.bench import Bench, opened
from scenarios.commands.common import AsJson, Folder, Wrong, app, do

_MOST = 20


@app.command(epilog="Examples: doorstep alerts · doorstep alerts --try")
def alerts(
    folder: Folder = Path(),
    trial: Annotated[
        bool, typer.Option("--try", help="Tell everybody who is told of alerts that this is a test.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """What has failed three times in a row, whose fault it is, and since when; those that are over too."""
    do(_alerts(folder, trial, as_json))


async def _alerts(folder: Path, trial: bool, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        if trial:
            await _try(bench)
            return
        found = await Alerts(bench.database).last(_MOST)
    if as_json:
        show.json_out([alerting.as_json(one) for one in found])
        return
    for one in found:
        until = f"until {one.over_at.astimezone(LONDON):%d/%m/%Y at %H:%M}" if one.over_at else "open"
        line = f"{one.id}, since {one.begun_at.astimezone(LONDON):%d/%m/%Y at %H:%M}, {until}: {one.words}"
        show.out.print(line, style=None if one.over_at else "red", markup=False, soft_wrap=True)
    if not found:
        show.out.print("There have been no alerts.")


async def _try(bench: Bench) -> None:
    try:
        routes = alerting.routes(bench.folder)
    except ValueError as error:
        raise Wrong(str(error)) from None
    if not routes:
        raise Wrong("nobody is told of alerts: add an [alerts] table to programme.toml; docs/seeing.md shows one")
    partnership = bench.folder.programme.partnership
    subject, at = f"Doorstep, {partnership}: a test", bench.clock.now()
    line = "This is a test. Alerts of this programme come this way."
    document = {"programme": partnership, "text": f"{subject}\n{line}", "alerts": []}
    told = Message(f"alert.test.{at:%Y%m%d%H%M%S%f}", subject, (line,), document)
    failed = False
    for route in routes:
        try:
            await alerting.tell(route, bench.folder, bench.database, bench.clock, told)
            show.out.print(f"{route}: told", markup=False)
        except (NotTaken, Unreachable, Refused) as problem:
            failed = True
            show.out.print(f"{route}: {problem}", style="red", markup=False, soft_wrap=True)
    if failed:
        raise typer.Exit(1)
