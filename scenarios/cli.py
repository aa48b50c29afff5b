"""The command `doorstep`. What is wrong is told in one line on standard error, with exit code 2."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from probes.clock import PracticeClock
from probes.email.imap import MailboxUnreachable
from probes.http import Unreachable
from probes.phone import Unfinished
from results.calendar import LONDON
from results.store import FrozenWave, ShopRow
from scenarios import demo as practice_demo
from scenarios import plan as planning
from scenarios import show
from scenarios.bench import AtWork, Bench, opened
from scenarios.collect import Collection, every_wave
from scenarios.credentials import MissingSecret
from scenarios.programme import load
from scenarios.reading import Invalid
from scenarios.run import Run

STARTER = Path(__file__).parent / "starter"

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Mystery shopping of an organisation's front doors: e-mail, telephone, website.",
    epilog="Begin with: doorstep demo",
)

Folder = Annotated[
    Path, typer.Option("--folder", "-f", envvar="DOORSTEP_PROGRAMME", help="The programme folder.", show_default="here")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
WaveId = Annotated[str, typer.Argument(help="The wave's id: its file's name in waves/.")]
OneOrganisation = Annotated[str | None, typer.Option("--organisation", "-o", help="Only this organisation.")]
OneScenario = Annotated[str | None, typer.Option("--scenario", "-s", help="Only this scenario.")]

_ONE_LINE = (Invalid, AtWork, MissingSecret, Unreachable, MailboxUnreachable, Unfinished, practice_demo.PracticeDown)


class Wrong(Exception):
    """Something the user asked for is not there. The message says what is."""


def main() -> None:
    """The console script."""
    try:
        app()
    except (*_ONE_LINE, Wrong) as error:
        show.err.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(2)
    except ExceptionGroup as group:
        expected, unexpected = group.split((*_ONE_LINE, Wrong))
        if unexpected is not None or expected is None:
            raise
        for leaf in _leaves(expected):
            show.err.print(str(leaf), style="red", markup=False, soft_wrap=True)
        sys.exit(2)


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    return [
        leaf
        for each in group.exceptions
        for leaf in (_leaves(each) if isinstance(each, BaseExceptionGroup) else [each])
    ]


def _do(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


# ------------------------------------------------------------------------------------------------ practice


@app.command(epilog="Example: doorstep demo --folder /tmp/demo")
def demo(
    folder: Annotated[Path, typer.Option("--folder", "-f", help="Where the practice programme is written.")] = Path(
        "demo"
    ),
    councils: Annotated[Path | None, typer.Option(help="Your own folder of practice councils.")] = None,
) -> None:
    """Shop a partnership of eleven practice councils for real, and write the wave report. About two minutes."""
    _do(_demo(folder, councils))


async def _demo(folder: Path, councils: Path | None) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / "programme.toml").exists():
        raise Wrong(f"{folder} is not empty and is not a programme folder; name another with --folder")
    if (folder / "programme.toml").exists() and load(folder).programme.practice is None:
        raise Wrong(f"{folder} holds a real programme; name another folder with --folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    show.err.print("Starting the practice partnership: mail servers, a telephone exchange, websites, a fast clock ...")
    async with practice_demo.practice(["--councils", str(councils)] if councils else []) as partnership:
        clock = await PracticeClock.at(partnership["house"])
        practice_demo.write_programme(folder, partnership, clock.now().astimezone(LONDON).date())
        show.err.print(f"{len(partnership['councils'])} councils are up. Their programme is in {folder}/.")
        await _run(folder, practice_demo.WAVE, None, None, as_json=False)
        await _collect(folder, until_closed=True, as_json=False)
        await _report(folder, practice_demo.WAVE, None, as_json=False)


@app.command(epilog="Example: doorstep practice --councils my-councils")
def practice(
    councils: Annotated[Path | None, typer.Option(help="Your own folder of practice councils.")] = None,
    speed: Annotated[float, typer.Option(help="Practice seconds in one real second.")] = 1,
    folder: Annotated[Path | None, typer.Option("--folder", "-f", help="Also write a programme that shops it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Start the practice partnership alone, print its addresses, and keep it up until Ctrl-C."""
    arguments = ["--speed", str(speed), *(["--councils", str(councils)] if councils else [])]
    _do(_practice(arguments, folder, as_json))


async def _practice(arguments: list[str], folder: Path | None, as_json: bool) -> None:
    async with practice_demo.practice(arguments) as partnership:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            clock = await PracticeClock.at(partnership["house"])
            practice_demo.write_programme(folder, partnership, clock.now().astimezone(LONDON).date())
        if as_json:
            show.json_out(partnership)
        else:
            show.partnership(partnership, folder)
        await asyncio.Event().wait()


# ------------------------------------------------------------------------------------------------ a programme


@app.command(epilog="Example: doorstep init my-programme")
def init(folder: Annotated[Path, typer.Argument(help="The folder to make.")]) -> None:
    """Make a programme folder to start from: accounts, a register entry, scenarios, a wave."""
    if folder.exists() and any(folder.iterdir()):
        raise Wrong(f"{folder} is not empty; name a folder that does not exist yet")
    shutil.copytree(STARTER, folder, dirs_exist_ok=True)
    show.out.print(f"Made {folder}/. Change programme.toml and register/, then: doorstep check --folder {folder}")


@app.command(epilog="Example: doorstep check --folder my-programme")
def check(folder: Folder = Path(), as_json: AsJson = False) -> None:
    """Read the whole programme folder and tell every mistake: file, line, key, what is wrong, what would be right."""
    try:
        found = load(folder)
    except Invalid as invalid:
        if as_json:
            show.json_out({"problems": [vars(problem) for problem in invalid.problems]})
        else:
            for problem in invalid.problems:
                show.err.print(str(problem), style="red", markup=False, soft_wrap=True)
            count = len(invalid.problems)
            show.err.print(f"{count} mistake{'s' if count > 1 else ''} found.")
        raise typer.Exit(2) from None
    silent = [each.name for each in found.register.values() if each.consent is None]
    counts = {room: len(getattr(found, room)) for room in ("register", "scenarios", "enquiries", "waves")}
    if as_json:
        show.json_out({"problems": [], "counts": counts, "without_consent": silent})
        return
    show.out.print(
        f"All right: {counts['register']} organisations, {counts['scenarios']} scenarios, "
        f"{counts['enquiries']} enquiries, {counts['waves']} waves."
    )
    for name in silent:
        show.out.print(f"{name} has no consent entry: nobody there will be contacted.", markup=False)


@app.command(epilog="Example: doorstep plan first-wave --folder my-programme")
def plan(wave: WaveId, folder: Folder = Path(), as_json: AsJson = False) -> None:
    """Dry run: every address, number and host that would be contacted, and what the guard refuses. Sends nothing."""
    _do(_plan(folder, wave, as_json))


async def _plan(folder: Path, wave: str, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        frozen = await bench.store.wave(wave) or planning.freeze(bench.folder, _wave(bench, wave), bench.clock.now())
        rows = [row for row in await bench.store.rows(wave=wave) if row.state == "planned"]
        if await bench.store.wave(wave) is None:
            rows = list(planning.rows(frozen))
        foreseen = await planning.foresee(rows, frozen, bench.guard)
    if as_json:
        show.json_out(
            [
                {
                    "shop": each.row.id,
                    "organisation": each.row.organisation,
                    "channel": each.row.channel,
                    "target": each.row.target,
                    "due": each.row.due_at.isoformat(),
                    "refusal": each.refusal.model_dump(mode="json") if each.refusal else None,
                }
                for each in foreseen
            ]
        )
    else:
        show.plan(frozen, foreseen)


@app.command(epilog="Examples: doorstep run first-wave · doorstep run --scenario email-enquiries -o example-council")
def run(
    wave: Annotated[str | None, typer.Argument(help="The wave's id; without one, --scenario on demand.")] = None,
    folder: Folder = Path(),
    organisation: OneOrganisation = None,
    scenario: OneScenario = None,
    as_json: AsJson = False,
) -> None:
    """Make every contact that is due: a wave, one organisation of it, or one scenario. Safe to repeat at any time."""
    _do(_run(folder, wave, organisation, scenario, as_json))


async def _run(folder: Path, wave: str | None, organisation: str | None, scenario: str | None, as_json: bool) -> None:
    async with opened(folder, to_work=True) as bench:
        frozen = await _frozen(bench, wave, organisation, scenario)
        for given, known, what in (
            (organisation, frozen.organisations, "organisation"),
            (scenario, frozen.scenarios, "scenario"),
        ):
            if given is not None and given not in known:
                raise Wrong(f"there is no {what} {given!r} in this wave; there are: {', '.join(sorted(known))}")

        def picked(row: ShopRow) -> bool:
            return organisation in (None, row.organisation) and scenario in (None, row.scenario)

        with show.progress() as bars:
            outcome = await Run(bench, frozen, picked, show.Bars(bars)).go()
    if as_json:
        show.json_out({"wave": frozen.wave.id, **vars(outcome)})
    else:
        show.outcome(outcome)


async def _frozen(bench: Bench, wave: str | None, organisation: str | None, scenario: str | None) -> FrozenWave:
    """The wave as planned; planned now if it was not."""
    if wave is not None:
        if (found := await bench.store.wave(wave)) is not None:
            return found
        noun = _wave(bench, wave)
    else:
        if scenario is None:
            raise Wrong(f"name a wave or a --scenario; the waves are: {', '.join(bench.folder.waves) or 'none'}")
        if scenario not in bench.folder.scenarios:
            raise Wrong(f"there is no scenario {scenario!r}; there are: {', '.join(bench.folder.scenarios) or 'none'}")
        today = bench.clock.now().astimezone(LONDON).date()
        noun = planning.on_demand(bench.folder, scenario, [organisation] if organisation else [], today)
        if (found := await bench.store.wave(noun.id)) is not None:
            return found
    frozen = planning.freeze(bench.folder, noun, bench.clock.now())
    await bench.store.freeze(frozen, planning.rows(frozen))
    return frozen


def _wave(bench: Bench, wave: str) -> Any:  # noqa: ANN401
    if wave not in bench.folder.waves:
        raise Wrong(f"there is no wave {wave!r}; there are: {', '.join(bench.folder.waves) or 'none'}")
    return bench.folder.waves[wave]


@app.command(epilog="Example: doorstep collect --until-closed")
def collect(
    folder: Folder = Path(),
    until_closed: Annotated[bool, typer.Option("--until-closed", help="Go on until every window is closed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read the mailbox now: match replies to enquiries, and close the windows that are over."""
    _do(_collect(folder, until_closed, as_json))


async def _collect(folder: Path, until_closed: bool, as_json: bool) -> None:
    async with opened(folder, to_work=True) as bench:
        collection = Collection(bench, await every_wave(bench))
        fetched = await collection.once()
        if until_closed:
            with show.progress() as bars:
                await collection.until_closed(show.Bars(bars))
        waiting = await bench.store.rows(states=["open"], channel="email")
        unmatched = await bench.mailbag.unmatched()
    closing = min((row.closes_at for row in waiting if row.closes_at), default=None)
    if as_json:
        show.json_out(
            {"fetched": fetched, "waiting": len(waiting), "unmatched": len(unmatched), "next_closing": closing}
        )
        return
    show.out.print(f"{len(waiting)} enquiries await replies; {len(unmatched)} mails belong to none.")
    if closing is not None:
        show.out.print(f"The next window closes on {closing.astimezone(LONDON):%A %d %B %Y at %H:%M}.")


@app.command(epilog="Examples: doorstep shops first-wave · doorstep shops first-wave --shop SHOP")
def shops(
    wave: WaveId,
    folder: Folder = Path(),
    shop: Annotated[str | None, typer.Option(help="One shop, in full, with its evidence.")] = None,
    organisation: OneOrganisation = None,
    channel: Annotated[str | None, typer.Option(help="phone, email or web.")] = None,
    as_json: AsJson = False,
) -> None:
    """List a wave's shops, or show one in full."""
    _do(_shops(folder, wave, shop, organisation, channel, as_json))


async def _shops(
    folder: Path, wave: str, shop: str | None, organisation: str | None, channel: str | None, as_json: bool
) -> None:
    async with opened(folder, to_work=False) as bench:
        frozen = await _planned(bench, wave)
        found = [
            each
            for each in await bench.store.shops(wave, frozen.scheme.digest)
            if shop in (None, each.id) and organisation in (None, each.organisation) and channel in (None, each.channel)
        ]
    if shop is not None and not found:
        raise Wrong(f"there is no shop {shop!r} in {wave}; `doorstep shops {wave}` lists them")
    if as_json:
        show.json_out([each.model_dump(mode="json") for each in found])
    elif shop is not None:
        show.one_shop(found[0], {criterion.id: criterion.question for criterion in frozen.scheme.criteria})
    else:
        show.shop_list(found)


@app.command(epilog="Example: doorstep report first-wave")
def report(
    wave: WaveId,
    folder: Folder = Path(),
    to: Annotated[Path | None, typer.Option(help="Where to write; else reports/WAVE in the programme folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the wave report: one page for people (HTML), one file for machines (JSON)."""
    _do(_report(folder, wave, to, as_json))


async def _report(folder: Path, wave: str, to: Path | None, as_json: bool) -> None:
    from results import report as wave_report  # here, because drawing takes long to load and only this command draws

    async with opened(folder, to_work=False) as bench:
        frozen = await _planned(bench, wave)
        found = await bench.store.shops(wave, frozen.scheme.digest)
        refusals = await bench.ledger.refusals(wave)
    assembled = wave_report.assemble(frozen.wave, frozen.scheme, frozen.organisations, found, refusals)
    page, data = wave_report.write(assembled, to or folder / "reports" / wave)
    if as_json:
        show.json_out({"html": str(page), "json": str(data)})
        return
    show.ranks(assembled)
    show.out.print(f"The wave report is in {page}", markup=False, soft_wrap=True)


async def _planned(bench: Bench, wave: str) -> FrozenWave:
    if (frozen := await bench.store.wave(wave)) is None:
        known = ", ".join(await bench.store.wave_ids()) or "none"
        raise Wrong(f"no wave {wave!r} has been run yet; run so far: {known}")
    return frozen


# ------------------------------------------------------------------------------------------------ stopping


@app.command(epilog="Examples: doorstep pause example-council --why 'election day' · doorstep pause --all")
def pause(
    organisation: Annotated[str | None, typer.Argument(help="The organisation's id.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Stop all contacts with everybody.")] = False,
    why: Annotated[str, typer.Option(help="The reason, shown wherever a contact is refused.")] = "no reason given",
    folder: Folder = Path(),
) -> None:
    """Stop contacting one organisation, or all, at once: severe weather, a major incident, election day."""
    _do(_pause(folder, organisation, everything, why, stop=True))


@app.command(epilog="Example: doorstep resume example-council")
def resume(
    organisation: Annotated[str | None, typer.Argument(help="The organisation's id.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Lift the pause of everything.")] = False,
    folder: Folder = Path(),
) -> None:
    """Lift a pause."""
    _do(_pause(folder, organisation, everything, "", stop=False))


async def _pause(folder: Path, organisation: str | None, everything: bool, why: str, *, stop: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        if everything == (organisation is not None):
            raise Wrong("name one organisation, or --all")
        if organisation is not None and organisation not in bench.folder.register:
            raise Wrong(f"there is no organisation {organisation!r}; there are: {', '.join(bench.folder.register)}")
        scope = organisation or "*"
        name = bench.folder.register[organisation].name if organisation else "Everything"
        if stop:
            await bench.ledger.pause(scope, why, bench.clock.now())
            show.out.print(f"{name} is paused: {why}.", markup=False)
        elif await bench.ledger.resume(scope):
            show.out.print(f"{name} is no longer paused.", markup=False)
        else:
            show.out.print(f"{name} was not paused.", markup=False)


if __name__ == "__main__":
    main()
