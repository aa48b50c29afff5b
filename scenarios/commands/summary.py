"""The board's page: `doorstep summary`, for any period."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from results.actions import ActionPlans
from results.calendar import LONDON
from results.nights import Nights
from scenarios import show
from scenarios.bench import opened
from scenarios.commands.common import AsJson, Folder, Wrong, app, do, planned_wave

_DAYS = ["%d/%m/%Y"]


@app.command(epilog="Example: doorstep summary --from 01/04/2026 --until 30/09/2026")
def summary(
    first: Annotated[dt.datetime, typer.Option("--from", formats=_DAYS, help="The period's first day.")],
    last: Annotated[dt.datetime, typer.Option("--until", formats=_DAYS, help="Its last day.")],
    folder: Folder = Path(),
    own: Annotated[str | None, typer.Option("--for", help="The page of this organisation alone.")] = None,
    to: Annotated[Path | None, typer.Option(help="Where to write; else reports in the programme folder.")] = None,
    minutes_a_reply: Annotated[
        float, typer.Option(min=0, max=480, help="Staff minutes that a reply by e-mail is taken to cost.")
    ] = 10,
    as_json: AsJson = False,
) -> None:
    """Write one A4 page for a board, from the waves whose fieldwork ended in a period."""
    do(write_summary(folder, first.date(), last.date(), own, to, minutes_a_reply, as_json))


async def write_summary(
    folder: Path,
    first: dt.date,
    last: dt.date,
    own: str | None,
    to: Path | None,
    minutes_a_reply: float,
    as_json: bool,
) -> None:
    """Write the page (HTML, and PDF where there is a browser), and say where it is."""
    from probes.web import chromium
    from results.report.formats import printed
    from results.report.nights import watched
    from results.report.summary import page, summarise
    from results.whole import text
    from scenarios import reporting

    if last < first:
        raise Wrong(f"the period ends {last:%d/%m/%Y}, before it begins {first:%d/%m/%Y}")
    async with opened(folder, to_work=False) as bench:
        nights = await Nights(bench.database).waves()
        waves = [await planned_wave(bench, id) for id in await bench.store.wave_ids() if id not in nights]
        inside = [one for one in waves if first <= one.wave.fieldwork_until <= last]
        if not inside:
            known = ", ".join(f"{one.wave.id} ended {one.wave.fieldwork_until:%d/%m/%Y}" for one in waves) or "none"
            raise Wrong(f"no wave's fieldwork ended from {first:%d/%m/%Y} to {last:%d/%m/%Y}; waves: {known}")
        if own is not None and not any(own in one.organisations for one in inside):
            raise Wrong(f"{own!r} is in no wave of the period; they have {', '.join(sorted(inside[-1].organisations))}")
        reports = [
            reporting.whole_report(await reporting.gathered(bench, one), minutes_a_reply=minutes_a_reply)
            for one in inside
        ]
        names, made = await reporting.nightly(bench, first, last)
        plans = await ActionPlans(bench.database).rows()
        today = bench.clock.now().astimezone(LONDON).date()
    watching = watched({key: name for key, name in names.items() if own in (None, key)}, made)
    found = summarise(reports, plans, first, last, today, own, watching)
    place = to or folder / "reports"
    place.mkdir(parents=True, exist_ok=True)
    name = f"summary-{first:%Y-%m-%d}-{last:%Y-%m-%d}{f'-{own}' if own else ''}"
    content = page(found)
    files = {"html": text(place / f"{name}.html", content)}
    browser = chromium.find()
    if browser is not None:
        files["pdf"] = await printed(content, place / f"{name}.pdf", f"{found.whose}, {found.period}", browser)
    if as_json:
        show.json_out({form: str(path) for form, path in files.items()})
        return
    for path in files.values():
        show.out.print(f"The board summary is in {path}", markup=False, soft_wrap=True)
    if browser is None:
        show.out.print("There is no PDF, because no Chromium was found; set DOORSTEP_CHROMIUM to the path of one.")
