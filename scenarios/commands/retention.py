"""What is kept, and for how long: `forget` and `export-organisation`."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from results.calendar import LONDON
from results.retention import Due, Forgetting
from scenarios import show, subject_access
from scenarios.answers import every_wave
from scenarios.bench import Bench, opened
from scenarios.commands.common import AsJson, Folder, OneOrganisation, Wrong, app, do


@app.command(
    epilog="Examples: doorstep forget · doorstep forget --yes · doorstep forget -o example-council --all --yes"
)
def forget(
    folder: Folder = Path(),
    organisation: OneOrganisation = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All that may name a person at one organisation, however new.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Remove it; without this nothing is removed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove evidence, e-mails and pages that have been kept for long enough. Their hashes and the facts stay."""
    do(_forget(folder, organisation, everything, yes, as_json))


async def _forget(folder: Path, organisation: str | None, everything: bool, yes: bool, as_json: bool) -> None:
    if everything and organisation is None:
        raise Wrong("say whose: doorstep forget --organisation ORGANISATION --all")
    async with opened(folder, to_work=yes) as bench:
        if organisation is not None:
            await _known(bench, organisation)
        now, kept = bench.clock.now(), bench.folder.programme.retention
        forgetting = Forgetting(bench.database, bench.evidence, kept)
        if everything and organisation is not None:
            due, before, why = await forgetting.everything(organisation), now, f"all of {organisation}, as asked"
        else:
            due, before, why = await forgetting.due(now, organisation), now - kept.days("page"), "kept for long enough"
        told = await bench.people.words_about(organisation) if everything and organisation is not None else 0
        from probes.web import shelf  # here, because the libraries of websites take long to load

        pages = shelf.forget(folder / "pages.db", before, organisation, count_only=not yes)
        if yes:
            await forgetting.forget(due, now, why)
            if everything and organisation is not None:
                await bench.people.forget_words_about(organisation)
    if as_json:
        show.json_out(
            {
                "removed": yes,
                "evidence": [one.model_dump(mode="json") for one in due.evidence],
                "mails": [one.id for one in due.letters],
                "pages": pages,
                "callers": len(due.callers),
                "told_by_people": told,
                "left": due.left,
                "bytes": due.size,
            }
        )
        return
    _tell(due, pages, told, yes)


def _tell(due: Due, pages: int, told: int, yes: bool) -> None:
    for kind, count in sorted(Counter(one.kind for one in due.evidence).items()):
        of_it = [one for one in due.evidence if one.kind == kind]
        oldest = min(one.keep_until for one in of_it)
        show.out.print(f"  {count} {kind} ({_megabytes(sum(one.size for one in of_it))}); the oldest was kept until "
                       f"{oldest:%d/%m/%Y}", markup=False)  # fmt: skip
    if due.letters:
        oldest_mail = min(one.received for one in due.letters).astimezone(LONDON)
        size = _megabytes(sum(one.size for one in due.letters))
        show.out.print(f"  the text of {len(due.letters)} e-mails ({size}); the oldest came on {oldest_mail:%d/%m/%Y}")
    if pages:
        show.out.print(f"  {pages} pages of websites")
    if due.callers:
        show.out.print(f"  {len(due.callers)} telephone numbers that rang back")
    if told:
        show.out.print(f"  what shoppers wrote in their own words about {told} contacts")
    if due.left:
        show.out.print(f"  {due.left} e-mails are left, because their contacts are still under way")
    if not (due.evidence or due.letters or pages or due.callers or told):
        show.out.print("Nothing is to be forgotten.")
    elif yes:
        show.out.print(
            "Removed. Hashes and facts are kept. What mailboxes, backups and older reports hold is not touched."
        )
    else:
        show.out.print("Nothing was removed. To remove it: the same command with --yes.")


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 50_000 else f"{max(1, round(size / 1000))} kB"


@app.command("export-organisation", epilog="Example: doorstep export-organisation example-council")
def export_organisation(
    organisation: Annotated[str, typer.Argument(help="The organisation's id.")],
    folder: Folder = Path(),
    to: Annotated[Path | None, typer.Option(help="The ZIP file to write; else in exports/.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write all that is kept of one organisation to a ZIP file, with evidence and a README."""
    do(_export(folder, organisation, to, as_json))


async def _export(folder: Path, organisation: str, to: Path | None, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        await _known(bench, organisation)
        place = to or folder / "exports" / f"{organisation}-{_day(bench.clock.now())}.zip"
        place.parent.mkdir(parents=True, exist_ok=True)
        done = await subject_access.export(bench, organisation, place)
    if as_json:
        show.json_out(vars(done))
        return
    show.out.print(
        f"{done.shops} contacts, {done.mails} e-mails and {done.evidence} files of evidence are in {done.path}",
        markup=False,
        soft_wrap=True,
    )


async def _known(bench: Bench, organisation: str) -> None:
    """Raises `Wrong` where no register entry and no wave knows it."""
    known = set(bench.folder.register)
    for frozen in (await every_wave(bench)).values():
        known |= set(frozen.organisations)
    if organisation not in known:
        raise Wrong(f"there is no organisation {organisation!r}; there are: {', '.join(sorted(known)) or 'none'}")


def _day(now: dt.datetime) -> str:
    return f"{now.astimezone(LONDON):%Y-%m-%d}"
