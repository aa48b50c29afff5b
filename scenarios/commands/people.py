"""People who shop: `doorstep tasks` hands out and lists, `doorstep forms` writes forms and brings them in."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from results import whole
from results.calendar import LONDON
from results.forms.sheet import shopper_form
from results.forms.table import table
from results.forms.workbook import workbook
from results.people import Form, Task
from results.schema import Shop
from results.store import FrozenWave, ShopRow
from scenarios import handing_out, show
from scenarios import plan as planning
from scenarios.bench import Bench, opened
from scenarios.commands.common import AsJson, Folder, WaveId, Wrong, app, do, planned_wave
from scenarios.forms_in import Import, Imported
from scenarios.shoppers import FILE

tasks = typer.Typer(
    no_args_is_help=True,
    help="Hand out contacts to the people of people.yaml, and see who has what.",
    epilog="Examples: doorstep tasks hand-out first-wave · doorstep tasks list first-wave",
)
forms = typer.Typer(
    no_args_is_help=True,
    help="Write the forms that people fill in, and bring them in again.",
    epilog="Examples: doorstep forms export first-wave · doorstep forms import forms/first-wave/*.xlsx",
)
app.add_typer(tasks, name="tasks")
app.add_typer(forms, name="forms")


# ------------------------------------------------------------------------------------------------ tasks


@tasks.command("hand-out", epilog="Example: doorstep tasks hand-out first-wave")
def hand_out(wave: WaveId, folder: Folder = Path(), as_json: AsJson = False) -> None:
    """Give each contact that people are to make to one of them. Safe to repeat: what is handed out stays."""
    do(_hand_out(folder, wave, as_json))


async def _hand_out(folder: Path, wave: str, as_json: bool) -> None:
    async with opened(folder, to_work=True) as bench:
        if not bench.folder.people.shoppers:
            raise Wrong(f"{FILE} lists no shoppers; add `shoppers:` and one `- id: …` for each person")
        frozen = await _planned(bench, wave)
        rows = {row.id: row for row in await bench.store.rows(wave=wave, shopper="person")}
        made = await bench.store.rows(wave=wave, states=["closed"])
        done = handing_out.hand_out(
            bench.folder.people,
            [row for row in rows.values() if row.state == "planned"],
            made,
            await bench.people.tasks(wave),
            {**rows, **{row.id: row for row in await bench.store.rows(wave=wave)}},
            bench.folder.register,
            await bench.ledger.pauses(),
            frozen.wave.fieldwork_until,
            bench.clock.now(),
        )
        await bench.people.hand_out(done.tasks)
    if as_json:
        show.json_out(
            {
                "handed_out": [_task_json(task) for task in done.tasks],
                "left": [{"shop": row.id, "why": why} for row, why in done.left],
            }
        )
        return
    each: defaultdict[str, int] = defaultdict(int)
    for task in done.tasks:
        each[task.shopper] += 1
    for shopper, count in sorted(each.items()):
        show.out.print(f"{shopper.upper()}: {count} {'task' if count == 1 else 'tasks'}")
    why_left: defaultdict[str, int] = defaultdict(int)
    for _, why in done.left:
        why_left[why] += 1
    for why, count in sorted(why_left.items()):
        told = f"{count} {'contact was' if count == 1 else 'contacts were'} not handed out: {why}."
        show.out.print(told, markup=False, soft_wrap=True)
    if not rows and not done.tasks:
        show.out.print("The wave has no contacts for people: give a scenario of it `shopper: person`.")
    elif done.tasks:
        show.out.print(f"Next: doorstep forms export {wave}", markup=False)
    elif not done.left:
        show.out.print("Every contact has been handed out already.")


async def _planned(bench: Bench, wave: str) -> FrozenWave:
    """The wave as planned; planned now, which freezes it, if it was not."""
    if (frozen := await bench.store.wave(wave)) is not None:
        return frozen
    if wave not in bench.folder.waves:
        raise Wrong(f"there is no wave {wave!r}; there are: {', '.join(bench.folder.waves) or 'none'}")
    frozen = planning.freeze(bench.folder, bench.folder.waves[wave], bench.clock.now())
    await bench.store.freeze(frozen, planning.rows(frozen))
    return frozen


def _task_json(task: Task) -> dict[str, str]:
    return {"shop": task.shop, "shopper": task.shopper, "role": task.role, "due": task.due.isoformat()}


@tasks.command("list", epilog="Example: doorstep tasks list first-wave")
def list_tasks(wave: WaveId, folder: Folder = Path(), as_json: AsJson = False) -> None:
    """List who has which contact, what is in and what is late, and who is to be reminded."""
    do(_list(folder, wave, as_json))


async def _list(folder: Path, wave: str, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        await planned_wave(bench, wave)
        handed = await bench.people.tasks(wave)
        rows = await _rows(bench, wave)
        newest = _newest(await bench.people.forms(wave))
        today = bench.clock.now().astimezone(LONDON).date()
    found = [(task, _standing(newest.get((task.shop, task.shopper))), reminder(task.due, today)) for task in handed]
    if as_json:
        show.json_out(
            [
                {**_task_json(task), "state": state, "reminder": None if state != "waiting" else remind}
                for task, state, remind in found
            ]
        )
        return
    if not found:
        show.out.print(f"Nothing has been handed out yet: doorstep tasks hand-out {wave}", markup=False)
        return
    listed = Table()
    for heading in ("Shopper", "Contact", "To do", "Until", "State"):
        listed.add_column(heading, overflow="fold")
    for task, state, _ in found:
        row = rows[task.shop]
        to_do = escape(f"{'judge: ' if task.role == 'judge' else ''}{row.channel} to {row.target}")
        listed.add_row(task.shopper.upper(), task.shop, to_do, f"{task.due:%d/%m/%Y}", state)
    show.out.print(listed)
    waiting = [(task, remind) for task, state, remind in found if state == "waiting"]
    show.out.print(f"{len(found) - len(waiting)} of {len(found)} are in.")
    reminders: defaultdict[tuple[str, str], int] = defaultdict(int)
    for task, remind in waiting:
        if remind:
            reminders[task.shopper, remind] += 1
    for (shopper, remind), count in sorted(reminders.items()):
        show.out.print(f"Remind {shopper.upper()}: {count} {'task' if count == 1 else 'tasks'}, {remind}.")


def reminder(due: dt.date, today: dt.date) -> str | None:
    """What to remind of: in the last week, on the last day, and afterwards; None before."""
    left = (due - today).days
    if left < 0:
        return f"late since {due:%d/%m/%Y}"
    if left == 0:
        return "to be done today"
    return f"to be done by {due:%d/%m/%Y}" if left <= 7 else None


def _standing(form: Form | None) -> str:
    if form is None:
        return "waiting"
    return "in" if form.filled.made else "could not be made"


def _newest(every: Sequence[Form]) -> dict[tuple[str, str], Form]:
    return {(form.filled.shop, form.filled.shopper): form for form in every}


async def _rows(bench: Bench, wave: str) -> Mapping[str, ShopRow]:
    every = (*await bench.store.rows(wave=wave), *await bench.store.rows(wave=wave, shopper="person"))
    return {row.id: row for row in every}


# ------------------------------------------------------------------------------------------------ forms


@forms.command(
    epilog="Examples: doorstep forms export first-wave · doorstep forms export first-wave --shopper s1 --csv"
)
def export(
    wave: WaveId,
    folder: Folder = Path(),
    shopper: Annotated[str | None, typer.Option(help="Only this shopper.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV, for those without a spreadsheet program.")] = False,
    to: Annotated[Path | None, typer.Option(help="Where to write; else forms/WAVE in the programme folder.")] = None,
) -> None:
    """Write a form for each shopper: what to read first, and a sheet for each task that is not in yet."""
    do(_export(folder, wave, shopper.lower() if shopper else None, as_csv, to))


async def _export(folder: Path, wave: str, shopper: str | None, as_csv: bool, to: Path | None) -> None:
    async with opened(folder, to_work=False) as bench:
        frozen = await planned_wave(bench, wave)
        handed = await bench.people.tasks(wave)
        rows = await _rows(bench, wave)
        newest = _newest(await bench.people.forms(wave))
        evidence = {shop.id: _evidence(shop) for shop in await bench.store.shops(frozen) if shop.observation}
        now, personas = bench.clock.now(), bench.folder.programme.personas
    own: defaultdict[str, list[tuple[Task, ShopRow]]] = defaultdict(list)
    for task in handed:
        if (task.shop, task.shopper) not in newest:
            own[task.shopper].append((task, rows[task.shop]))
    if shopper is not None and shopper not in {task.shopper for task in handed}:
        known = ", ".join(sorted({task.shopper for task in handed})) or "nobody"
        raise Wrong(f"{shopper!r} has no tasks in {wave}; those who have: {known}")
    if not handed:
        raise Wrong(f"nothing has been handed out in {wave} yet; doorstep tasks hand-out {wave}")
    place = to or folder / "forms" / wave
    place.mkdir(parents=True, exist_ok=True)
    written = 0
    for id, theirs in sorted(own.items()):
        if shopper not in (None, id):
            continue
        form = shopper_form(id, theirs, frozen, personas, evidence)
        path = place / f"{wave}-{id}.{'csv' if as_csv else 'xlsx'}"
        content = table(form) if as_csv else workbook(form, now)
        if path.exists():
            told = "is there already and may be filled in; move it away, or name another folder with --to"
            show.err.print(f"{path} {told}", style="red", markup=False, soft_wrap=True)
            continue
        whole.content(path, content)
        written += 1
        show.out.print(f"{path}: {len(theirs)} {'task' if len(theirs) == 1 else 'tasks'}", markup=False, soft_wrap=True)
    if not written and not own:
        show.out.print("Every form is in.")


def _evidence(shop: Shop) -> list[str]:
    kept = shop.observation.evidence if shop.observation else ()
    return [f"{one.kind} {one.name}: evidence/{one.sha256[:2]}/{one.sha256}" for one in kept]


@forms.command("import", epilog="Example: doorstep forms import forms/first-wave/first-wave-s1.xlsx")
def bring_in(
    files: Annotated[list[Path], typer.Argument(help="Forms as XLSX or CSV.", show_default=False)],
    folder: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Bring in forms that were filled in. What is wrong is told with its place; everything else is kept."""
    do(_import(folder, files, as_json))


async def _import(folder: Path, files: list[Path], as_json: bool) -> None:
    async with opened(folder, to_work=True) as bench:
        outcome = await Import(bench).files(files)
    if as_json:
        show.json_out({**vars(outcome), "mistakes": [vars(mistake) for mistake in outcome.mistakes]})
    else:
        _tell(outcome)
    if outcome.mistakes or outcome.refused:
        raise typer.Exit(1)


def _tell(outcome: Imported) -> None:
    for line in (*outcome.refused, *map(str, outcome.mistakes)):
        show.err.print(line, style="red", markup=False, soft_wrap=True)
    told = [f"{outcome.entered} {'task' if outcome.entered == 1 else 'tasks'} brought in"]
    for count, what in (
        (outcome.superseded, "of them in place of an earlier form, which is kept"),
        (outcome.not_made, "of them could not be made"),
        (outcome.known, "there already"),
        (outcome.empty, "not filled in yet"),
    ):
        if count:
            told.append(f"{count} {what}")
    show.out.print(f"{'; '.join(told)}.")
    if outcome.mistakes:
        count = len(outcome.mistakes)
        told_of = "mistake was found: that answer is" if count == 1 else "mistakes were found: those answers are"
        show.out.print(f"{count} {told_of} in no score until somebody settles it (doorstep review list WAVE).")
