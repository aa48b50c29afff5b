"""The action plans: `doorstep actions` hands them out, takes them back, and tells what is overdue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from results.actions import ActionPlans, PlanRow, measured, planned_rows
from results.calendar import LONDON
from results.channels import ABOUT
from results.findings import Means, findings, means, partnership_means
from results.store import FrozenWave
from scenarios import show
from scenarios.bench import Bench, opened
from scenarios.commands.common import AsJson, Folder, WaveId, Wrong, app, do, planned_wave
from scenarios.reading import Invalid, Problem

actions = typer.Typer(
    no_args_is_help=True,
    help="The action plans that follow from a wave: handed out, filled in by managers, measured by the next wave.",
    epilog="Example: doorstep actions export first-wave",
)
app.add_typer(actions, name="actions")

OnlyFor = Annotated[str | None, typer.Option("--for", help="Only this organisation.")]


@actions.command("export", epilog="Example: doorstep actions export first-wave --for example-council")
def hand_out(
    wave: WaveId,
    folder: Folder = Path(),
    own: OnlyFor = None,
    to: Annotated[Path | None, typer.Option(help="Where to write; else reports/WAVE in the programme folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write each organisation's plan as a workbook for its managers. Due back in two weeks."""
    do(_export(folder, wave, own, to, as_json))


async def _export(folder: Path, wave: str, own: str | None, to: Path | None, as_json: bool) -> None:
    from results.action_sheets import write_plan
    from results.whole import whole

    async with opened(folder, to_work=False) as bench:  # plans may change while a wave is being run
        frozen = await planned_wave(bench, wave)
        _known(frozen, own)
        plans = ActionPlans(bench.database)
        every = await _means(bench, frozen)
        await _measure(bench, plans, frozen, every)
        today = _today(bench)
        members, average = [own] if own else list(every), partnership_means(every)
        new = [
            row
            for key in members
            for row in planned_rows(wave, key, findings(frozen.scheme, every[key], average), every[key], today)
        ]
        await plans.add(new)
        kept = {key: await plans.rows(wave=wave, organisation=key) for key in members}
    place = to or folder / "reports" / wave
    place.mkdir(parents=True, exist_ok=True)
    written = {}
    for key, rows in kept.items():
        if rows:
            write = partial(write_plan, title=frozen.wave.title, name=frozen.organisations[key].name, rows=rows)
            written[key] = whole(place / f"actions-{key}.xlsx", write)
    if as_json:
        show.json_out({key: str(path) for key, path in written.items()})
        return
    for key, path in written.items():
        due = min(row.due for row in kept[key])
        show.out.print(f"{path}: due back by {due:%d/%m/%Y}", markup=False, soft_wrap=True)
    if not written:
        show.out.print("There is nothing to plan: no finding asks for anything.")


@actions.command("import", epilog="Example: doorstep actions import actions-example-council.xlsx")
def take_back(
    files: Annotated[list[Path], typer.Argument(help="Workbooks that managers returned.")],
    folder: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Read what managers filled in. What is right is kept; every mistake is told."""
    do(_import(folder, files, as_json))


async def _import(folder: Path, files: Sequence[Path], as_json: bool) -> None:
    from results.action_sheets import read_plan

    problems: list[Problem] = []
    changed = 0
    async with opened(folder, to_work=False) as bench:  # plans may change while a wave is being run
        plans = ActionPlans(bench.database)
        for path in files:
            if not path.is_file():
                raise Wrong(f"there is no file {path}")
            returned = read_plan(path, {row.key: row for row in await plans.rows()}, _today(bench))
            changed += await plans.save(returned.rows)
            for one in returned.mistakes:
                where = ", ".join([path.name, *([f"sheet {one.sheet}"] if one.sheet else [])])
                problems.append(Problem(where, one.row, one.column, one.why))
    if as_json:
        show.json_out({"changed": changed, "mistakes": [str(one) for one in problems]})
    else:
        show.out.print(f"{changed} rows changed.")
    if problems:
        raise Invalid(problems)


@actions.command("list", epilog="Example: doorstep actions list --overdue")
def list_actions(
    folder: Folder = Path(),
    own: OnlyFor = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is open after the day it was due.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the actions of all waves: who, due when, done or overdue, and what was measured since."""
    do(_list(folder, own, overdue, as_json))


async def _list(folder: Path, own: str | None, overdue: bool, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        today = _today(bench)
        rows = [
            row
            for row in await ActionPlans(bench.database).rows(organisation=own)
            if row.part != "praise" and (row.overdue(today) or not overdue)
        ]
    if as_json:
        show.json_out([{**row.model_dump(mode="json"), "overdue": row.overdue(today)} for row in rows])
        return
    table = Table()
    for title in ("Organisation", "Channel", "Issue", "Who", "Due", "Status", "Measured since"):
        table.add_column(title)
    for row in rows:
        state = "overdue" if row.overdue(today) else row.status
        cells = (row.organisation, ABOUT[row.channel].name, row.issue, row.who, f"{row.due:%d/%m/%Y}", state)
        table.add_row(*map(escape, (*cells, row.measured)))
    show.out.print(table if rows else "No action is " + ("overdue." if overdue else "planned."))


@actions.command(epilog="Example: doorstep actions measure second-wave")
def measure(wave: WaveId, folder: Folder = Path(), as_json: AsJson = False) -> None:
    """Add to the plans of earlier waves what this wave measured. `actions export` does it too."""
    do(_measure_wave(folder, wave, as_json))


async def _measure_wave(folder: Path, wave: str, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:  # plans may change while a wave is being run
        frozen = await planned_wave(bench, wave)
        rows = await _measure(bench, ActionPlans(bench.database), frozen, await _means(bench, frozen))
    if as_json:
        show.json_out([row.model_dump(mode="json") for row in rows])
        return
    for row in rows:
        show.out.print(f"{row.organisation}: {row.issue}: {row.measured}", markup=False, soft_wrap=True)
    if not rows:
        show.out.print("No earlier plan has a row that this wave measured.")


# ------------------------------------------------------------------------------------------------ small parts


def _known(frozen: FrozenWave, own: str | None) -> None:
    if own is not None and own not in frozen.organisations:
        raise Wrong(f"{own!r} is not in {frozen.wave.id}; its organisations are {', '.join(frozen.organisations)}")


def _today(bench: Bench) -> dt.date:
    return bench.clock.now().astimezone(LONDON).date()


async def _means(bench: Bench, frozen: FrozenWave) -> dict[str, Means]:
    shops = await bench.store.shops(frozen)
    return {
        key: means(frozen.scheme, [shop for shop in shops if shop.organisation == key])
        for key in frozen.wave.organisations or tuple(frozen.organisations)
    }


async def _measure(
    bench: Bench, plans: ActionPlans, frozen: FrozenWave, every: dict[str, Means]
) -> tuple[PlanRow, ...]:
    """Add what this wave measured to the plans of waves whose fieldwork was over before it began."""
    rows = [row for row in await plans.rows() if row.wave != frozen.wave.id and row.part != "praise"]
    waves = {id: await planned_wave(bench, id) for id in {row.wave for row in rows}}
    earlier = {id: one.scheme for id, one in waves.items() if one.wave.fieldwork_until < frozen.wave.fieldwork_from}
    found = [
        row
        for key, own in every.items()
        for row in measured(
            [row for row in rows if row.organisation == key and row.wave in earlier],
            frozen.wave.id,
            frozen.wave.title,
            frozen.scheme,
            earlier,
            own,
        )
    ]
    await plans.save(found)
    return tuple(found)
