"""What came of a wave: `shops`, `report` and `rescore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from results import retention
from results.calendar import LONDON
from results.change import Earlier, same_scenarios
from results.schema import CHANNELS
from results.store import FrozenWave
from scenarios import rescore as rescoring
from scenarios import show
from scenarios.bench import Bench, opened
from scenarios.commands.common import AsJson, Folder, OneOrganisation, WaveId, Wrong, app, do, planned_wave

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


@app.command(epilog="Example: doorstep report first-wave")
def report(
    wave: WaveId,
    folder: Folder = Path(),
    to: Annotated[Path | None, typer.Option(help="Where to write; else reports/WAVE in the programme folder.")] = None,
    edition: Edition = None,
    since: Annotated[str | None, typer.Option(help="The wave to tell changes from; else the one before.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the wave report: one page for people (HTML), one file for machines (JSON)."""
    do(write_report(folder, wave, to, edition, as_json, since))


async def write_report(
    folder: Path, wave: str, to: Path | None, edition: int | None, as_json: bool, since: str | None = None
) -> None:
    """Write a wave's report, and say where it is."""
    from results import report as wave_report  # here, because drawing takes long to load and only this command draws

    async with opened(folder, to_work=False) as bench:
        frozen = await planned_wave(bench, wave, edition)
        found = await bench.store.shops(frozen)
        refusals = await bench.ledger.refusals(wave)
        earlier = await _earlier(bench, frozen, since)
        maps = {
            shop.id: bench.evidence.path(one.sha256).read_bytes()
            for shop in found
            for one in (shop.observation.evidence if shop.observation else ())
            if shop.counted and one.kind == "map" and bench.evidence.path(one.sha256).is_file()
        }
    assembled = wave_report.assemble(
        frozen.wave, frozen.scheme, frozen.organisations, found, refusals, _edition(frozen), earlier
    )
    place = wave if edition is None else f"{wave}-edition-{edition}"
    page, data = wave_report.write(assembled, to or folder / "reports" / place, maps)
    if as_json:
        show.json_out({"html": str(page), "json": str(data)})
        return
    show.ranks(assembled)
    show.out.print(f"The wave report is in {page}", markup=False, soft_wrap=True)


async def _earlier(bench: Bench, frozen: FrozenWave, since: str | None) -> Earlier | None:
    """The wave that changes are told from: the one that is named, or the last whose fieldwork ended before this one's.

    Each as it is judged now: its newest edition.
    """
    if since == frozen.wave.id:
        raise Wrong(f"{since} cannot be compared with itself; name an earlier wave with --since")
    ids = [since] if since else [id for id in await bench.store.wave_ids() if id != frozen.wave.id]
    waves = [await planned_wave(bench, id) for id in ids]
    before = [one for one in waves if since or one.wave.fieldwork_until < frozen.wave.fieldwork_from]
    if not before:
        return None
    last = max(before, key=lambda one: (one.wave.fieldwork_until, one.wave.id))
    unlike = [one for one in CHANNELS if not same_scenarios(frozen.scenarios, last.scenarios, one)]
    shops = await bench.store.shops(last)
    return Earlier(last.wave.title, last.scheme, shops, frozenset(unlike))


def _edition(frozen: FrozenWave) -> str:
    """What a report says of its edition: nothing for the wave as it was planned."""
    if frozen.edition_at is None:
        return ""
    return f"edition {frozen.edition}, judged anew on {frozen.edition_at.astimezone(LONDON):%d/%m/%Y}: {frozen.why}"


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
