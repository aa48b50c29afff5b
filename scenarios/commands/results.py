"""What came of a wave: `shops`, `report` and `rescore`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from results import retention
from scenarios import rescore as rescoring
from scenarios import show
from scenarios.bench import opened
from scenarios.commands.common import AsJson, Folder, OneOrganisation, WaveId, Wrong, app, do, planned_wave

FORMATS = ("html", "pdf", "xlsx", "docx", "csv", "json")  # as in results.report, which takes long to load
Edition = Annotated[int | None, typer.Option(help="An earlier edition: 0 is the wave as first scored.")]


@app.command(epilog="Examples: doorstep shops first-wave · doorstep shops first-wave --shop SHOP")
def shops(
    wave: WaveId,
    folder: Folder = Path(),
    shop: Annotated[str | None, typer.Option(help="One shop, in full, with its evidence.")] = None,
    organisation: OneOrganisation = None,
    channel: Annotated[str | None, typer.Option(help="phone, email or web.")] = None,
    edition: Edition = None,
    as_json: AsJson = False,
) -> None:
    """List a wave's shops, or show one in full."""
    do(_shops(folder, wave, edition, shop, organisation, channel, as_json))


async def _shops(
    folder: Path,
    wave: str,
    edition: int | None,
    shop: str | None,
    organisation: str | None,
    channel: str | None,
    as_json: bool,
) -> None:
    async with opened(folder, to_work=False) as bench:
        frozen = await planned_wave(bench, wave, edition)
        found = [
            each
            for each in await bench.store.shops(frozen)
            if shop in (None, each.id) and organisation in (None, each.organisation) and channel in (None, each.channel)
        ]
        gone = {
            digest: at
            for digest, at in (await retention.removed(bench.database)).items()
            if not bench.evidence.path(digest).exists()
        }
    if shop is not None and not found:
        raise Wrong(f"there is no shop {shop!r} in {wave}; `doorstep shops {wave}` lists them")
    if as_json:
        show.json_out([each.model_dump(mode="json") for each in found])
    elif shop is not None:
        questions = {criterion.id: criterion.question for criterion in frozen.scheme.criteria}
        show.one_shop(found[0], questions, frozen.organisations[found[0].organisation].hours, gone)
    else:
        show.shop_list(found)


Formats = Annotated[
    str | None, typer.Option("--format", help="html, pdf, xlsx, docx, csv, json: one or more, with commas; else all.")
]
OnlyFor = Annotated[
    str | None,
    typer.Option("--for", help="The report for this organisation: its own results, the others without names."),
]


@app.command(epilog="Examples: doorstep report first-wave · doorstep report first-wave --for example-council")
def report(
    wave: WaveId,
    folder: Folder = Path(),
    to: Annotated[Path | None, typer.Option(help="Where to write; else reports/WAVE in the programme folder.")] = None,
    edition: Edition = None,
    since: Annotated[str | None, typer.Option(help="The wave to tell changes from; else the one before.")] = None,
    own: OnlyFor = None,
    formats: Formats = None,
    minutes_a_reply: Annotated[
        float, typer.Option(min=0, max=480, help="Staff minutes that a reply by e-mail is taken to cost.")
    ] = 10,
    as_json: AsJson = False,
) -> None:
    """Write the wave report: a page and a PDF, a workbook, a committee's report, and data."""
    do(write_report(folder, wave, to, edition, as_json, since, own, _formats(formats), minutes_a_reply))


def _formats(named: str | None) -> tuple[str, ...]:
    """The forms that are asked for. Raises `Wrong`."""
    asked = tuple(one.strip().casefold() for one in (named or ",".join(FORMATS)).split(",") if one.strip())
    for one in asked:
        if one not in FORMATS:
            raise Wrong(f"--format {one!r} is no form of the report; there are {', '.join(FORMATS)}")
    return asked


async def write_report(
    folder: Path,
    wave: str,
    to: Path | None,
    edition: int | None,
    as_json: bool,
    since: str | None = None,
    own: str | None = None,
    formats: Sequence[str] = ("html", "json"),
    minutes_a_reply: float = 10,
) -> None:
    """Write a wave's report, and say where it is."""
    from results.report import write_as  # here, because drawing takes long to load and only this command draws
    from scenarios import reporting

    async with opened(folder, to_work=False) as bench:
        frozen = await planned_wave(bench, wave, edition)
        found = await reporting.gathered(bench, frozen, since=since, own=own)
    place = "-".join(
        [wave, *(["edition", str(edition)] if edition is not None else []), *(["for", own] if own else [])]
    )
    browser = None
    if "pdf" in formats:
        from probes.web import chromium  # here, because the browser's library takes long to load

        browser = chromium.find()
    to = to or folder / "reports" / place
    with reporting.reported(found, own=own, minutes_a_reply=minutes_a_reply) as made:
        written = await write_as(made.report, to, formats, made.maps, browser, made.apart)
    if as_json:
        show.json_out({form: str(path) for form, path in written.files.items()})
        return
    show.ranks(made.report)
    for line in written.missing:
        show.out.print(line, markup=False, soft_wrap=True)
    first, *others = written.files.values() or [to]
    show.out.print(f"The wave report is in {first}", markup=False, soft_wrap=True)
    if others:
        show.out.print(f"Beside it: {', '.join(path.name for path in others)}", markup=False, soft_wrap=True)


@app.command(epilog="Example: doorstep rescore first-wave --why 'the office closed for a day'")
def rescore(
    wave: WaveId,
    why: Annotated[str, typer.Option(help="The reason, which the report gives.")],
    folder: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Judge a wave anew by today's calendars and standards profile. What it scored before is kept beside it."""
    do(_rescore(folder, wave, why, as_json))


async def _rescore(folder: Path, wave: str, why: str, as_json: bool) -> None:
    async with opened(folder, to_work=True) as bench:
        frozen = await planned_wave(bench, wave)
        with show.progress() as bars:
            done = await rescoring.rescore(bench, frozen, why, show.Bars(bars))
    if as_json:
        show.json_out(vars(done))
    elif done.edition is None:
        show.out.print("Nothing to do: today's calendars and standards are those by which it is judged already.")
    else:
        show.out.print(
            f"Edition {done.edition} of {wave}: {done.shops} contacts scored, {done.changed} of them otherwise than "
            f"before. `doorstep report {wave}` shows it, `doorstep report {wave} --edition {done.edition - 1}` the "
            "one before.",
            markup=False,
        )
