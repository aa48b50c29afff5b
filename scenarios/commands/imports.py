"""Public lists in, results out: `doorstep import` and `doorstep export-results`."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated

import typer
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from results import exports, whole
from scenarios import imports, show
from scenarios.bench import opened
from scenarios.commands.common import AsJson, Folder, WaveId, Wrong, app, do, planned_wave
from scenarios.programme import load
from scenarios.reading import Invalid

taking = typer.Typer(
    no_args_is_help=True,
    help="Take organisations and their numbers from public lists. Never a consent entry.",
    epilog="Example: doorstep import organisations local-authorities.csv --only amber-valley",
)
app.add_typer(taking, name="import")

AllOrNothing = Annotated[
    list[str] | None, typer.Option("--only", help="Only this one, by its slug; may be given more than once.")
]
_WRITERS = {".csv": exports.to_csv, ".jsonl": exports.to_json_lines, ".parquet": exports.to_parquet}


@taking.callback()
def _taking() -> None:
    """Public lists, into the register."""


@taking.command(epilog="Example: doorstep import organisations local-authorities.csv --only amber-valley")
def organisations(
    file: Annotated[Path, typer.Argument(help="A CSV file in the layout of local-links-manager's.")],
    folder: Folder = Path(),
    only: AllOrNothing = None,
    as_json: AsJson = False,
) -> None:
    """Make a register file for each council of the public list of local authorities. What is there is left as it is."""
    load(folder)
    found, problems = imports.councils(file, only or ())
    made, there = [], []
    for one in found:
        path = folder / "register" / f"{one.organisation.id}.yaml"
        if path.exists() or path.with_suffix(".yml").exists():
            there.append(one.organisation.id)
            continue
        whole.text(path, _entry(one))
        made.append(one.organisation.id)
    if as_json:
        show.json_out({"made": made, "there": there, "problems": [vars(each) for each in problems]})
    else:
        for each in problems:
            show.err.print(str(each), style="red", markup=False, soft_wrap=True)
        show.out.print(
            f"{len(made)} organisations added to the register, {len(there)} were there already. None has a consent "
            "entry: nobody will be contacted until you write one.",
            soft_wrap=True,
        )
    if problems:
        raise typer.Exit(1)


def _entry(one: imports.Council) -> str:
    """A register file."""
    noun = one.organisation
    document = CommentedMap(
        id=noun.id,
        name=noun.name,
        nation=noun.nation,
        tier=noun.tier,
        contacts=CommentedMap(sites=list(noun.contacts.sites)),
    )
    remark = f"From the public list of local authorities{': ' if one.remark else ''}{one.remark}."
    document.yaml_set_start_comment(
        f"{' '.join(remark.split())}\nOpening hours are Monday to Friday, 9 to 5, unless you say so."
    )
    return _as_yaml(document)


@taking.command(epilog="Example: doorstep import services services.json --organisation example-council")
def services(
    file: Annotated[Path, typer.Argument(help="Open Referral UK (HSDS 3.0): a JSON file, or a folder of CSV tables.")],
    organisation: Annotated[str, typer.Option("--organisation", "-o", help="Whose numbers they are.")],
    folder: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Add the numbers of services to an organisation's lines. None is rung before its consent names it."""
    programme = load(folder)
    if organisation not in programme.register:
        known = ", ".join(sorted(programme.register)) or "none"
        raise Wrong(f"there is no organisation {organisation!r}; there are: {known}")
    found = imports.numbers(file, programme.programme.carrier)
    there = {line.number for line in programme.register[organisation].contacts.lines}
    new = [(number, label) for number, label in found.lines if number not in there]
    if new:
        path = folder / "register" / f"{organisation}.yaml"
        _add_lines(path if path.exists() else path.with_suffix(".yml"), new)
    if as_json:
        show.json_out({"added": [{"number": number, "label": label} for number, label in new], "left": found.left})
        return
    for number, label in new:
        show.out.print(f"  {number}  {label}", markup=False, soft_wrap=True)
    for why in found.left:
        show.out.print(f"  left out: {why}", style="yellow", markup=False, soft_wrap=True)
    show.out.print(
        f"{len(new)} numbers added, {len(found.lines) - len(new)} were there already, {len(found.left)} left out. "
        "None is rung before the consent entry names it.",
        soft_wrap=True,
    )


def _add_lines(path: Path, new: list[tuple[str, str]]) -> None:
    """Add lines to a register file; its comments and order stay."""
    document = _yaml().load(path.read_text("utf-8"))
    contacts = document.setdefault("contacts", CommentedMap())
    lines = contacts.setdefault("lines", [])
    lines.extend(CommentedMap(number=number, label=label, kind="direct_dial") for number, label in new)
    before = path.read_text("utf-8")
    whole.text(path, _as_yaml(document))
    try:
        load(path.parent.parent)
    except Invalid:
        whole.text(path, before)
        raise


@app.command("export-results", epilog="Example: doorstep export-results first-wave --to first-wave.csv")
def export_results(
    wave: WaveId,
    to: Annotated[
        Path, typer.Option(help="The file to write: .csv or .parquet, a row an answer; .jsonl, an object a contact.")
    ],
    folder: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Write a wave's contacts and answers for other programs."""
    if to.suffix not in _WRITERS:
        raise Wrong(f"{to} is neither .csv nor .jsonl nor .parquet; its ending says what to write")
    do(_export(folder, wave, to, as_json))


async def _export(folder: Path, wave: str, to: Path, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        frozen = await planned_wave(bench, wave)
        shops = await bench.store.shops(frozen)
    written = io.BytesIO()
    try:
        count = _WRITERS[to.suffix](frozen, shops, written)
    except exports.NoParquet as error:
        raise Wrong(str(error)) from None
    whole.content(to, written.getvalue())
    if as_json:
        show.json_out({"file": str(to), "rows": count})
    else:
        what = "contacts" if to.suffix == ".jsonl" else "answers"
        show.out.print(f"{count} {what} are in {to}", markup=False, soft_wrap=True)


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _as_yaml(document: CommentedMap) -> str:
    text = io.StringIO()
    _yaml().dump(document, text)
    return text.getvalue()
