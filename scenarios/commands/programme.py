"""A programme from its folder to its contacts: `init`, `check`, `run` and `collect`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from probes.clock import RealClock
from results.calendar import LONDON
from results.schema import Wave
from results.store import FrozenWave, ShopRow
from scenarios import closing, consents, due_calls, show
from scenarios import plan as planning
from scenarios.answers import UNSETTLED, awaited_waves
from scenarios.bench import Bench, opened
from scenarios.collect import Collection
from scenarios.commands import calls
from scenarios.commands.common import FAULT, AsJson, Folder, OneOrganisation, OneScenario, Wrong, app, do
from scenarios.programme import load
from scenarios.reading import Invalid
from scenarios.run import Run

STARTER = Path(__file__).parent.parent / "starter"


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
    today = RealClock().now().astimezone(LONDON).date()
    for line in consents.ending(found.register, today) if found.programme.practice is None else ():
        show.out.print(line, style="yellow", markup=False, soft_wrap=True)
    for name in silent:
        show.out.print(f"{name} has no consent entry: nobody there will be contacted.", markup=False)


@app.command(epilog="Examples: doorstep run first-wave · doorstep run --scenario email-enquiries -o example-council")
def run(
    wave: Annotated[str | None, typer.Argument(help="The wave's id; without one, --scenario on demand.")] = None,
    folder: Folder = Path(),
    organisation: OneOrganisation = None,
    scenario: OneScenario = None,
    yes: Annotated[bool, typer.Option("--yes", help="Place the calls that are due through a real carrier.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make every contact that is due: a wave, one organisation of it, or one scenario. Safe to repeat at any time.

    Exits with 3 where contacts failed for a fault on our side: the next run makes them.
    Where real calls are due it says which and what they may cost, and stops before anything unless told --yes.
    """
    do(run_wave(folder, wave, organisation, scenario, as_json, calls_agreed=yes))


async def run_wave(
    folder: Path,
    wave: str | None,
    organisation: str | None,
    scenario: str | None,
    as_json: bool,
    calls_agreed: bool = False,
) -> None:
    """Make what is due, and say what was made; or, where real calls are due and nobody has agreed, only say which."""
    async with opened(folder, to_work=True) as bench:
        frozen = await _planned_or_new(bench, wave, organisation, scenario)
        for given, known, what in (
            (organisation, frozen.organisations, "organisation"),
            (scenario, frozen.scenarios, "scenario"),
        ):
            if given is not None and given not in known:
                raise Wrong(f"there is no {what} {given!r} in this wave; there are: {', '.join(sorted(known))}")

        may_ring = calls_agreed or not due_calls.may_dial_for_real(bench, frozen)

        def picked(row: ShopRow) -> bool:
            return organisation in (None, row.organisation) and scenario in (None, row.scenario)

        def agreed(row: ShopRow) -> bool:
            # A call may fall due, or its number be found, while the run lasts.
            return picked(row) and (row.channel != "phone" or may_ring)

        for line in _consents_ending(bench, frozen):
            show.err.print(line, style="yellow", markup=False, soft_wrap=True)
        if not may_ring and (due := await due_calls.due_calls(bench, frozen, picked)):
            _only_with_yes(frozen, due, as_json)
        frozen = await wave_to_run(bench, wave, organisation, scenario)
        with show.progress() as bars:
            outcome = await Run(bench, frozen, agreed, show.Bars(bars)).go()
        if not may_ring and (due := await due_calls.due_calls(bench, frozen, picked)):
            outcome.notes.append(f"real calls that have fallen due: {due.numbers.total()}; run again with --yes")
    if as_json:
        show.json_out({"wave": frozen.wave.id, **vars(outcome)})
    else:
        show.outcome(outcome)
    if outcome.failed:
        raise typer.Exit(FAULT)


def _consents_ending(bench: Bench, frozen: FrozenWave) -> tuple[str, ...]:
    """What the register says today of the consent of the wave's organisations, where it ends or has ended."""
    register = {id: one for id, one in bench.folder.register.items() if id in frozen.organisations}
    return consents.ending(register, bench.clock.now().astimezone(LONDON).date())


def _only_with_yes(frozen: FrozenWave, due: due_calls.DueCalls, as_json: bool) -> NoReturn:
    if as_json:
        show.json_out({"wave": frozen.wave.id, "calls_due": vars(due)})
    else:
        for line in due_calls.lines(due):
            show.out.print(line, markup=False, soft_wrap=True)
    raise typer.Exit(1)


async def wave_to_run(bench: Bench, wave: str | None, organisation: str | None, scenario: str | None) -> FrozenWave:
    """The wave as planned; planned now if it was not."""
    frozen = await _planned_or_new(bench, wave, organisation, scenario)
    if await bench.store.wave(frozen.wave.id) is None:
        await bench.store.freeze(frozen, planning.rows(frozen))
    return frozen


async def _planned_or_new(bench: Bench, wave: str | None, organisation: str | None, scenario: str | None) -> FrozenWave:
    """The wave as planned, or as it would be planned now; nothing is written."""
    if wave is not None:
        if (found := await bench.store.wave(wave)) is not None:
            return found
        noun = wave_of(bench, wave)
    else:
        if scenario is None:
            raise Wrong(f"name a wave or a --scenario; the waves are: {', '.join(bench.folder.waves) or 'none'}")
        if scenario not in bench.folder.scenarios:
            raise Wrong(f"there is no scenario {scenario!r}; there are: {', '.join(bench.folder.scenarios) or 'none'}")
        today = bench.clock.now().astimezone(LONDON).date()
        noun = planning.on_demand(bench.folder, scenario, [organisation] if organisation else [], today)
        if (found := await bench.store.wave(noun.id)) is not None:
            return found
    return planning.freeze(bench.folder, noun, bench.clock.now())


def wave_of(bench: Bench, wave: str) -> Wave:
    """A wave of the folder. Raises `Wrong`."""
    if wave not in bench.folder.waves:
        raise Wrong(f"there is no wave {wave!r}; there are: {', '.join(bench.folder.waves) or 'none'}")
    return bench.folder.waves[wave]


@app.command(epilog="Example: doorstep collect --until-closed")
def collect(
    folder: Folder = Path(),
    until_closed: Annotated[bool, typer.Option("--until-closed", help="Go on until every window is closed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read the mailboxes and ask who rang back: match both, close the windows that are over, send the last e-mails."""
    do(collect_mail(folder, until_closed, as_json))


async def collect_mail(folder: Path, until_closed: bool, as_json: bool) -> None:
    """Read the mailboxes, and say what is waited for."""
    async with opened(folder, to_work=True) as bench:
        waves = await awaited_waves(bench)
        async with calls.carrier_for_call_backs(bench, waves) as carrier:
            collection = Collection(bench, waves, carrier)
            fetched = await collection.once()
            if until_closed:
                with show.progress() as bars:
                    await collection.until_closed(show.Bars(bars))
            said = await closing.say_what_is_due(bench, waves.values())
            if said.sent:
                await collection.once()  # our own copies of them
        call_backs = await calls.standing(bench, waves)
        waiting = await bench.store.rows(states=["open"], channel="email")
        unmatched = await bench.mailbag.unmatched()
        unclear = await bench.mailbag.of_kinds(UNSETTLED)
    next_closing = min((row.closes_at for row in waiting if row.closes_at), default=None)
    if as_json:
        show.json_out(
            {
                "fetched": fetched,
                "waiting": len(waiting),
                "unmatched": len(unmatched),
                "unclear": len(unclear),
                "last_mails": said.sent,
                "refused": said.refused,
                "notes": said.notes,
                "next_closing": next_closing,
                **call_backs,
            }
        )
        return
    calls.tell(call_backs)
    show.collected(len(waiting), len(unmatched), len(unclear), said, next_closing)
