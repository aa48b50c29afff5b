"""The register as a working document: `doorstep register` checks it, shows it, and writes what staff are told."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from results import whole
from results.calendar import LONDON
from results.consents import Change, ConsentLog, differences
from results.schema import Organisation
from scenarios import consents, show
from scenarios.bench import Bench, opened
from scenarios.commands.common import AsJson, Folder, Wrong, app, do

register = typer.Typer(
    no_args_is_help=True,
    help="Who agreed to what, until when, and what staff are told.",
    epilog="Example: doorstep register check",
)
app.add_typer(register, name="register")

ThisOrganisation = Annotated[str, typer.Argument(help="The organisation's id.")]
_COLOURS = {"ended": "red", "ends soon": "yellow", "in force": "green", "not yet": "yellow", "none": "dim"}


@register.callback()
def _register() -> None:
    """The register of organisations and their consent."""


@register.command(epilog="Example: doorstep register check")
def check(folder: Folder = Path(), as_json: AsJson = False) -> None:
    """Tell each consent that has ended, ends within 30 days or does not fit its waves. Exit code 1: one stops us."""
    do(_check(folder, as_json))


async def _check(folder: Path, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        found = _entries(bench)
    if as_json:
        show.json_out([_document(one) for one in found])
    else:
        for one in found:
            for what, colour in ((one.wrong, "red"), (one.warnings, "yellow")):
                for line in what:
                    show.out.print(f"{one.organisation.name}: {line}", style=colour, markup=False, soft_wrap=True)
        in_force = sum(one.standing in ("in force", "ends soon") for one in found)
        none = sum(one.standing == "none" for one in found)
        show.out.print(
            f"{len(found)} {'organisation' if len(found) == 1 else 'organisations'}: "
            f"consent in force for {in_force}, none for {none}."
        )
    if any(one.wrong for one in found):
        raise typer.Exit(1)


@register.command("show", epilog="Examples: doorstep register show · doorstep register show example-council")
def show_register(
    organisation: Annotated[str | None, typer.Argument(help="One organisation, with each change of its entry.")] = None,
    folder: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """List what each organisation agreed to; or one in full, with the log of changes."""
    do(_show(folder, organisation, as_json))


async def _show(folder: Path, organisation: str | None, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        found = _entries(bench)
        changes = await ConsentLog(bench.database).changes(organisation)
        if organisation is not None:
            known = {one.organisation.id for one in found} | {one.organisation for one in changes}
            if organisation not in known:
                raise Wrong(f"there is no organisation {organisation!r}; there are: {', '.join(sorted(known))}")
            found = tuple(one for one in found if one.organisation.id == organisation)
    if as_json:
        log = [
            {"organisation": one.organisation, "at": one.at, "what": differences(one.before, one.after)}
            for one in changes
        ]
        show.json_out({"organisations": [_document(one) for one in found], "changes": log})
    elif organisation is None:
        _list(found)
    else:
        _in_full(found, changes)


def _list(found: tuple[consents.Entry, ...]) -> None:
    table = Table()
    for heading in ("Organisation", "Consent", "Until", "Channels", "Recorded", "Staff told"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("Consent", "Until", "Recorded", "Staff told"))
    for one in found:
        consent = one.organisation.consent
        standing = f"[{_COLOURS[one.standing]}]{one.standing}[/]"
        cells = [""] * 4
        if consent is not None:
            cells = [
                f"{consent.until:%d/%m/%Y}",
                ", ".join(consent.channels),
                "yes" if consent.recording else "no",
                f"{consent.staff_briefed:%d/%m/%Y}" if consent.staff_briefed else "not noted",
            ]
        table.add_row(escape(one.organisation.name), standing, *cells)
    show.out.print(table)


def _in_full(found: tuple[consents.Entry, ...], changes: tuple[Change, ...]) -> None:
    for one in found:
        show.out.print(f"{one.organisation.name}: {one.standing}", markup=False)
        consent = one.organisation.consent
        if consent is not None:
            for key, value in consent.model_dump().items():
                inner = value if isinstance(value, dict) else {}
                told = ", ".join(f"{name} {each:g}" for name, each in inner.items()) if inner else _words(value)
                show.out.print(f"  {key:<16} {told}", markup=False, soft_wrap=True)
        for line in (*one.wrong, *one.warnings):
            show.out.print(f"  {line}", style="yellow", markup=False, soft_wrap=True)
    show.out.print("Changes, as they were first seen:")
    for change in changes:
        for line in differences(change.before, change.after):
            show.out.print(f"  {change.at.astimezone(LONDON):%d/%m/%Y %H:%M}  {line}", markup=False, soft_wrap=True)
    if not changes:
        show.out.print("  none")


@register.command(epilog="Example: doorstep register notice example-council")
def notice(
    organisation: ThisOrganisation,
    folder: Folder = Path(),
    to: Annotated[Path | None, typer.Option(help="The folder to write to; else notices/ORGANISATION.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the notice that staff get beforehand and a draft impact assessment (DPIA), as Markdown and Word."""
    do(_notice(folder, organisation, to, as_json))


async def _notice(folder: Path, organisation: str, to: Path | None, as_json: bool) -> None:
    from scenarios import notices  # here, because Word's library takes long to load

    async with opened(folder, to_work=False) as bench:
        found = _one(bench, organisation)
        programme, today = bench.folder.programme, bench.clock.now().astimezone(LONDON).date()
    if found.consent is None:
        raise Wrong(
            f"{found.name} has no consent entry, so there is nothing to tell its staff yet; write the entry first"
        )
    place = to or folder / "notices" / organisation
    place.mkdir(parents=True, exist_ok=True)
    written = []
    for name in notices.NOTICES:
        text = notices.markdown(name, found, programme, today)
        for path, content in ((place / f"{name}.md", text.encode()), (place / f"{name}.docx", notices.word(text))):
            written.append(str(whole.content(path, content)))
    if as_json:
        show.json_out(written)
        return
    for each in written:
        show.out.print(each, markup=False, soft_wrap=True)
    show.out.print(
        "Read both before you send them, fill in what stands in [brackets], then note staff_briefed.", markup=False
    )


def _one(bench: Bench, organisation: str) -> Organisation:
    if organisation not in bench.folder.register:
        known = ", ".join(sorted(bench.folder.register)) or "none"
        raise Wrong(f"there is no organisation {organisation!r}; there are: {known}")
    return bench.folder.register[organisation]


def _entries(bench: Bench) -> tuple[consents.Entry, ...]:
    today = bench.clock.now().astimezone(LONDON).date()
    return consents.entries(bench.folder.register, today, bench.folder.waves.values())


def _document(one: consents.Entry) -> dict[str, object]:
    consent = one.organisation.consent
    return {
        "organisation": one.organisation.id,
        "standing": one.standing,
        "days": one.days,
        "wrong": one.wrong,
        "warnings": one.warnings,
        "consent": consent.model_dump(mode="json") if consent else None,
    }


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value or "not noted").replace("_", " ")
