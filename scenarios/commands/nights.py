"""What the nights of schedules show: `doorstep nights`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from results.calendar import LONDON
from scenarios import show
from scenarios.bench import opened
from scenarios.commands.common import AsJson, Folder, OneOrganisation, Wrong, app, do

_DAYS = ["%d/%m/%Y"]
_SHOWN = dt.timedelta(days=90)


@app.command(epilog="Example: doorstep nights nightly-websites --from 01/04/2026 --until 30/06/2026")
def nights(
    schedule: Annotated[str | None, typer.Argument(help="The schedule; without one, all of them.")] = None,
    folder: Folder = Path(),
    organisation: OneOrganisation = None,
    first: Annotated[dt.datetime | None, typer.Option("--from", formats=_DAYS, help="Else the last 90 days.")] = None,
    last: Annotated[dt.datetime | None, typer.Option("--until", formats=_DAYS, help="Else today.")] = None,
    to: Annotated[Path | None, typer.Option(help="Where to write; else reports in the programme folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Draw control charts of nightly contacts: which nights were more than chance."""
    do(_nights(folder, schedule, organisation, first and first.date(), last and last.date(), to, as_json))


async def _nights(
    folder: Path,
    schedule: str | None,
    organisation: str | None,
    first: dt.date | None,
    last: dt.date | None,
    to: Path | None,
    as_json: bool,
) -> None:
    from results.report.nights import page, watched
    from results.whole import text
    from scenarios import reporting

    async with opened(folder, to_work=False) as bench:
        last = last or bench.clock.now().astimezone(LONDON).date()
        first = first or last - _SHOWN
        if last < first:
            raise Wrong(f"the period ends {last:%d/%m/%Y}, before it begins {first:%d/%m/%Y}")
        known = sorted(bench.folder.schedules)
        if schedule is not None and schedule not in known:
            raise Wrong(f"there is no schedule {schedule!r}; there are: {', '.join(known) or 'none'}")
        names, made = await reporting.nightly(bench, first, last, schedule)
    found = watched({key: name for key, name in names.items() if organisation in (None, key)}, made)
    place = to or folder / "reports"
    place.mkdir(parents=True, exist_ok=True)
    path = text(place / f"nights-{schedule or 'all'}.html", page(schedule or "All schedules", first, last, found))
    if as_json:
        show.json_out({"html": str(path), "figures": [one.model_dump(mode="json") for one in found]})
        return
    for one in found:
        for signal in one.chart.signals:
            show.out.print(f"{one.organisation}, {one.label}: {signal.words}", markup=False, soft_wrap=True)
    if not any(one.chart.signals for one in found):
        show.out.print("No night is more than chance." if found else "No figure has two nights yet.")
    show.out.print(f"The charts are in {path}", markup=False, soft_wrap=True)
