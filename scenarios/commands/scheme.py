"""The scoring scheme: `doorstep scheme show` and `diff`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.markup import escape
from rich.table import Table

from results import scheme as schemes
from results.channels import ABOUT
from results.difference import Difference, difference, promise
from results.findings import suggestions
from results.schema import CHANNELS, Criterion, Scheme
from results.scheme_tables import answer_words, markdown
from results.scoring import standard_words
from scenarios import show
from scenarios.bench import opened
from scenarios.commands.common import AsJson, Folder, WaveId, Wrong, app, do, planned_wave

DEFAULT = "south-derbyshire-2006"

scheme = typer.Typer(
    no_args_is_help=True,
    help="What is asked, how it is marked and by whose standards; and what differs between two schemes.",
    epilog="Example: doorstep scheme show --channel phone",
)
app.add_typer(scheme, name="scheme")

Which = Annotated[
    str, typer.Argument(help="A wave's id, WAVE@EDITION, a standards profile's id, or a scheme's JSON file.")
]


@scheme.command(
    "show", epilog="Examples: doorstep scheme show --channel visit · doorstep scheme show --criterion vm.returned"
)
def show_scheme(
    profile: Annotated[str | None, typer.Option(help="With this standards profile.")] = None,
    channel: Annotated[str | None, typer.Option(help="Only this channel; any: what is asked on every one.")] = None,
    wave: Annotated[str | None, typer.Option(help="As it was frozen for this wave.")] = None,
    criterion: Annotated[str | None, typer.Option(help="One criterion, in full.")] = None,
    folder: Folder = Path(),
    as_json: AsJson = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print tables in Markdown, as docs/criteria.md.")
    ] = False,
) -> None:
    """Show the criteria: who answers, the weight and the standard of each; or one in full."""
    if profile and wave:
        raise Wrong("name a --profile or a --wave; a wave has the profile that it was planned with")
    do(_show(folder, wave or profile or DEFAULT, wave is not None, channel, criterion, as_json, as_markdown))


async def _show(
    folder: Path,
    which: str,
    is_wave: bool,
    channel: str | None,
    criterion: str | None,
    as_json: bool,
    as_markdown: bool,
) -> None:
    found = await (_of_wave(folder, which) if is_wave else _of_profile(folder, which))
    channels = (*CHANNELS, "any")
    if channel is not None and channel not in channels:
        raise Wrong(f"there is no channel {channel!r}; there are: {', '.join(channels)}")
    chosen = tuple(each for each in found.criteria if criterion in (None, each.id) and channel in (None, each.channel))
    if criterion is not None and not chosen:
        raise Wrong(f"there is no criterion {criterion!r}; `doorstep scheme show` lists them")
    shown = found.model_copy(update={"criteria": chosen})
    if as_json:
        show.json_out(shown.model_dump(mode="json"))
    elif as_markdown:
        every = [schemes.load(id).profile for id in schemes.profiles()]
        show.out.print(markdown(shown, every), markup=False, soft_wrap=True, end="")
    elif criterion is not None:
        _in_full(chosen[0], found)
    else:
        _listed(shown)


@scheme.command(epilog="Examples: doorstep scheme diff spring-2026 autumn-2026 · doorstep scheme diff thanet preston")
def diff(one: Which, other: Which, folder: Folder = Path(), as_json: AsJson = False) -> None:
    """Tell in plain words what differs between two schemes, and how much is compared from wave to wave."""
    do(_diff(folder, one, other, as_json))


async def _diff(folder: Path, one: str, other: str, as_json: bool) -> None:
    before, now = await _named(folder, one), await _named(folder, other)
    found = difference(before, now)
    if as_json:
        show.json_out(found.model_dump(mode="json"))
    else:
        for line in _told(found, one, other, now):
            show.out.print(line, markup=False, soft_wrap=True)


# ------------------------------------------------------------------------------------------------ which scheme


async def _named(folder: Path, which: str) -> Scheme:
    """A scheme by what the user calls it. Raises `Wrong`."""
    if which.endswith(".json"):
        return _of_file(Path(which))
    wave, at, edition = which.partition("@")
    if at and not edition.isdecimal():
        raise Wrong(f"{which}: after the @ stands the number of an edition, such as {wave}@1")
    if not at and which in schemes.profiles():
        return schemes.load(which)
    if not (folder / "programme.toml").is_file():
        known = ", ".join(schemes.profiles())
        raise Wrong(f"there is no standards profile {which!r} (there are: {known}), and {folder} has no waves")
    return await (_of_wave(folder, wave, int(edition)) if at else _of_wave_or_profile(folder, which))


async def _of_wave_or_profile(folder: Path, which: str) -> Scheme:
    async with opened(folder, to_work=False) as bench:
        if which in bench.folder.profiles:
            return bench.folder.scheme(which)
        return (await planned_wave(bench, which)).scheme


async def _of_wave(folder: Path, wave: WaveId, edition: int | None = None) -> Scheme:
    async with opened(folder, to_work=False) as bench:
        return (await planned_wave(bench, wave, edition)).scheme


async def _of_profile(folder: Path, profile: str) -> Scheme:
    if profile in schemes.profiles():
        return schemes.load(profile)
    own: dict[str, Any] = {}
    if (folder / "programme.toml").is_file():
        async with opened(folder, to_work=False) as bench:
            own = dict(bench.folder.profiles)
            if profile in own:
                return bench.folder.scheme(profile)
    raise Wrong(f"there is no standards profile {profile!r}; there are: {', '.join([*schemes.profiles(), *own])}")


def _of_file(path: Path) -> Scheme:
    try:
        return Scheme.model_validate(json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise Wrong(f"{path}: {error.strerror or error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise Wrong(f"{path}: {where}: {first['msg']}; `doorstep scheme show --json` writes such a file") from None
    except ValueError as error:
        raise Wrong(f"{path} is not JSON: {error}") from None


# ------------------------------------------------------------------------------------------------ told to people


def _listed(shown: Scheme) -> None:
    for channel in (*CHANNELS, "any"):
        own = [each for each in shown.criteria if each.channel == channel]
        if not own:
            continue
        name = next((ABOUT[one].name for one in CHANNELS if one == channel), "On every channel")
        table = Table(title=f"{name}: {len(own)} criteria", title_justify="left")
        table.add_column("Criterion", no_wrap=True)
        table.add_column("Question, and the standard", overflow="fold")
        table.add_column("Who")
        table.add_column("Weight", justify="right")
        for each in own:
            asked = f"{escape(each.question)}\n[dim]{escape(standard_words(each, shown))}[/dim]"
            table.add_row(each.id, asked, each.who, str(each.weight))
        show.out.print(table)
    show.out.print(
        f"{len(shown.criteria)} criteria, {sum(1 for each in shown.criteria if each.weight)} of them scored; "
        f"version {shown.version}, {shown.profile.title}, digest {shown.digest[:12]}.",
        markup=False,
        soft_wrap=True,
    )
    for key, figure in shown.profile.figures.items():
        show.out.print(f"- {promise(key, figure)}", markup=False, soft_wrap=True)


def _in_full(one: Criterion, found: Scheme) -> None:
    rows = {
        one.id: one.question,
        "Who answers": {"either": "a probe or a person", "person": "a person", "probe": "a probe, never a person"}[
            one.who
        ],
        "Stage": f"{one.stage}, weight {one.weight}",
        "Answer": answer_words(one),
        "Standard": standard_words(one, found),
        "A probe reads": one.fact or " to ".join(one.between or ()),
        "How to judge": one.guidance,
        "Not applicable": one.na_when,
        "Praise": one.praise,
        "However": one.however,
    }
    for label, text in rows.items():
        if text:
            show.out.print(f"{label}: {text}", markup=False, soft_wrap=True)
    for row in suggestions(one):
        who = f" ({row.who})" if row.who else ""
        show.out.print(f"Suggested, {row.horizon}: {row.details}{who}", markup=False, soft_wrap=True)


def _told(found: Difference, one: str, other: str, now: Scheme) -> list[str]:
    """The differences, a line each."""
    if found.nothing:
        lines = [f"{one} and {other} are the same."]
    else:
        questions = {each.id: each.question for each in now.criteria}
        lines = [f"From {one} to {other}:"]
        lines += [f"added    {id}: {questions[id]}" for id in found.added]
        lines += [f"removed  {id}" for id in found.removed]
        for change in found.changed:
            marks = "" if change.breaks or change.field in ("weight", "stage") else " (words only)"
            lines.append(f"changed  {change.criterion}: {change.field} from {change.was} to {change.now}{marks}")
        lines += [
            f"weight   {stage}: from {_figure(was)} to {_figure(is_now)}"
            for stage, (was, is_now) in found.stage_weights.items()
        ]
        for key, (was, is_now) in found.figures.items():
            if is_now is None:
                lines.append(f"standard {key}: no longer promised; it was {_figure(was)}")
            else:
                before = "not promised before" if was is None else f"before {_figure(was)}"
                lines.append(f"standard {key}: {promise(key, is_now)}; {before}")
    return [*lines, f"Compared from wave to wave: {found.alike} of {found.asked} criteria."]


def _figure(value: float | None) -> str:
    return "nothing" if value is None else f"{value:g}"
