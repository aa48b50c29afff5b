"""Planning a wave: `doorstep plan`. Nothing is sent, dialled or fetched by any of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from sqlalchemy.exc import IntegrityError
from typer.core import TyperGroup

from results import words
from results.calendar import LONDON
from results.channels import ABOUT
from results.plans import Plans, Promise, by_kind, by_place
from results.schema import Channel, Shop
from results.store import FrozenWave, ShopRow
from scenarios import plan as planning
from scenarios import promising, show, show_plan, show_progress, sizing
from scenarios.bench import Bench, caps, dearest_call, opened
from scenarios.commands.common import AsJson, Folder, WaveId, Wrong, app, do
from scenarios.commands.programme import wave_of
from scenarios.still_possible import Possible, calls_within, possible

_BEFORE: dict[Channel, str] = {"phone": "phone.contactability", "email": "email.response_rate"}
_WIDEST = 0.5  # a share of one half needs the most contacts, so nobody is promised too much
_DRY_RUN = "contacts"


class _WavesToo(TyperGroup):
    """`doorstep plan WAVE` is the dry run, as `doorstep plan contacts WAVE` says in full."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [_DRY_RUN, *args]
        return super().parse_args(ctx, args)


plan = typer.Typer(
    cls=_WavesToo,
    no_args_is_help=True,
    help="Plan a wave: how many contacts, what they show and cost, what was promised and how that stands.",
    epilog="Examples: doorstep plan first-wave · doorstep plan show first-wave · doorstep plan size --from 70 --to 85",
)
app.add_typer(plan, name="plan")


@plan.callback()
def _plan() -> None:
    """Plan a wave: how many contacts, what they show and cost, what was promised and how that stands."""


# ------------------------------------------------------------------------------------------------ before any wave


@plan.command(
    "size",
    epilog="Examples: doorstep plan size --from 70 --to 85 · doorstep plan size --from 84 --contacts 36 · "
    "doorstep plan size --what time --from 9.6 --to 6",
)
def size(
    before: Annotated[float, typer.Option("--from", help="The figure now: in a hundred, or a median time.")],
    to: Annotated[float | None, typer.Option(help="The figure one wants to see.")] = None,
    change: Annotated[float | None, typer.Option(help="Instead of --to: how much more, or less with a minus.")] = None,
    contacts: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="Instead of both: what do so many show?")
    ] = None,
    what: Annotated[Literal["share", "time", "score"], typer.Option(help="What kind of figure it is.")] = "share",
    channel: Annotated[Channel, typer.Option(help="Whose contacts are counted.")] = "phone",
    organisations: Annotated[int, typer.Option(min=1, max=10_000, help="How many are shopped.")] = 1,
    spread: Annotated[
        float | None, typer.Option(help="For scores: their standard deviation, in points; 18 where it is not known.")
    ] = None,
    quartiles: Annotated[
        tuple[float, float] | None, typer.Option(help="For times: a quarter are shorter than, a quarter longer than.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """How many contacts with each organisation show a change, or what change so many contacts show."""
    if [to, change, contacts].count(None) != 2:
        raise Wrong("say one of --to, --change and --contacts: what one wants to see, or how many contacts there are")
    if not ABOUT[channel].sampled:
        raise Wrong("a website is looked at whole, once: there is no sample to size; choose another --channel")
    wanted = before + change if change is not None else to
    try:
        question = sizing.Question(what, before, wanted, contacts, channel, organisations, spread, quartiles)
        found = sizing.answer(question)
    except ValueError as error:
        raise Wrong(str(error)) from None
    if as_json:
        show.json_out(found.document)
    else:
        for line in found.lines:
            show.out.print(line, markup=False, soft_wrap=True)


# ------------------------------------------------------------------------------------------------ one wave


@plan.command(_DRY_RUN, epilog="Example: doorstep plan contacts first-wave, or in short: doorstep plan first-wave")
def dry_run(wave: WaveId, folder: Folder = Path(), as_json: AsJson = False) -> None:
    """Dry run: every address, number and host that would be contacted, and what the guard refuses. Sends nothing."""
    do(_dry_run(folder, wave, as_json))


async def _dry_run(folder: Path, wave: str, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        frozen = await _as_it_stands(bench, wave)
        rows = [row for row in await bench.store.rows(wave=wave) if row.state == "planned"]
        for_people = sum(row.shopper == "person" for row in planning.rows(frozen))
        if await bench.store.wave(wave) is None:
            rows = [row for row in planning.rows(frozen) if row.shopper == "probe"]
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
        if for_people:
            count = "1 contact is" if for_people == 1 else f"{for_people} contacts are"
            show.out.print(f"{count} for people to make: doorstep tasks hand-out {wave}", markup=False)


@plan.command("show", epilog="Example: doorstep plan show first-wave --from 70")
def show_one(
    wave: Annotated[str | None, typer.Argument(help="The wave's id; without one, every wave of the folder.")] = None,
    before: Annotated[
        float | None, typer.Option("--from", min=0, max=100, help="What the figures are thought to be, in a hundred.")
    ] = None,
    folder: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """What a wave asks of each organisation, what that many contacts show, what they cost, and what fits."""
    do(_show(folder, wave, before, as_json))


async def _show(folder: Path, wave: str | None, before: float | None, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        waves = [wave] if wave is not None else list(bench.folder.waves)
        if not waves:
            raise Wrong("there is no wave in waves/; write one, and then: doorstep plan show")
        told = [await _overview(bench, one, before) for one in waves]
    if as_json:
        documents = [show_plan.as_json(one) for one in told]
        show.json_out(documents[0] if wave is not None else documents)
        return
    for one in told:
        show_plan.overview(one)


async def _overview(bench: Bench, wave: str, before: float | None) -> show_plan.Overview:
    frozen = await _as_it_stands(bench, wave)
    rows = await promising.contacts(bench, frozen)
    phone = bench.folder.programme.phone
    waiting = [row for row in rows if row.state in ("planned", "intent")]
    return show_plan.Overview(
        plan=promising.promise(frozen, rows),
        frozen=await Plans(bench.database).newest(wave),
        before={channel: _share_before(channel, before) for channel in {row.channel for row in rows}},
        possible=await _possible(bench, frozen, waiting),
        calls_within_caps=await _within_caps(bench, frozen),
        cost=promising.cost(frozen, rows, phone.pence_per_minute if phone else None, dearest_call(bench.folder)),
        staff=promising.staff_minutes(frozen, rows),
        published=any(scenario.numbers == "published" for scenario in frozen.scenarios.values()),
    )


def _share_before(channel: Channel, said: float | None) -> float:
    """What the channel's first figure is thought to be: as said, else as published of 2006, else one half."""
    if said is not None:
        return said / 100
    from results.report.reference import published  # here, because what reports are made with takes long to load

    known = (figure.value for figure in published() if figure.measure == _BEFORE.get(channel))
    return next(known, _WIDEST)


# ------------------------------------------------------------------------------------------------ what was promised


@plan.command("freeze", epilog="Example: doorstep plan freeze first-wave")
def freeze(
    wave: WaveId,
    why: Annotated[str, typer.Option(help="Why it is frozen anew, where a plan was frozen before.")] = "",
    folder: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Keep the wave's plan as what was promised: later changes of the programme do not change it."""
    do(_freeze(folder, wave, why.strip(), as_json))


async def _freeze(folder: Path, wave: str, why: str, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        frozen = await _as_it_stands(bench, wave)
        plans = Plans(bench.database)
        earlier = await plans.newest(wave)
        if earlier is not None and not why:
            raise Wrong(_frozen_already(earlier))
        rows = await promising.contacts(bench, frozen)
        if not rows:
            raise Wrong(f"{wave} calls for no contact, so there is nothing to promise: doorstep plan show {wave}")
        promise = Promise(promising.promise(frozen, rows), earlier.number + 1 if earlier else 1, bench.clock.now(), why)
        try:
            await plans.freeze(promise.plan, promise.number, promise.at, why)
        except IntegrityError:  # somebody else froze it in this very moment
            raise Wrong(f"somebody has just frozen {wave}; see: doorstep plan progress {wave}") from None
    if as_json:
        show.json_out(show_progress.promise_json(promise))
    else:
        show_progress.frozen(promise)


def _frozen_already(earlier: Promise) -> str:
    wave, when = earlier.plan.wave, words.moment(earlier.at)
    how = f"doorstep plan freeze {wave} --why …"
    return f"the plan of {wave} was frozen on {when}; to promise something else say why: {how}"


@plan.command("progress", epilog="Example: doorstep plan progress first-wave")
def progress(wave: WaveId, folder: Folder = Path(), as_json: AsJson = False) -> None:
    """How a wave stands against its frozen plan, what can still be done before fieldwork ends, and what cannot."""
    do(_progress(folder, wave, as_json))


async def _progress(folder: Path, wave: str, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        promise = await Plans(bench.database).newest(wave)
        if promise is None:
            await _as_it_stands(bench, wave)  # tells where there is no such wave at all
            raise Wrong(f"no plan of {wave} has been frozen; freeze one: doorstep plan freeze {wave}")
        planned = await bench.store.wave(wave)
        frozen = planned or await _as_it_stands(bench, wave)
        shops: tuple[Shop, ...] = await bench.store.shops(frozen) if planned else ()
        rows: tuple[ShopRow, ...] = (
            (*await bench.store.rows(wave=wave), *await bench.store.rows(wave=wave, shopper="person"))
            if planned
            else await promising.contacts(bench, frozen)
        )
        waiting = [row for row in rows if row.state in ("planned", "intent")]
        if not planned:
            shops = tuple(_to_be_made(row) for row in waiting)
        told = show_progress.Progress(
            promise=promise,
            places=by_place(promise.plan, shops),
            kinds=by_kind(promise.plan, shops),
            names={id: one.name for id, one in frozen.organisations.items()} | dict(promise.plan.organisations),
            possible=await _possible(bench, frozen, waiting),
            calls_within_caps=await _within_caps(bench, frozen),
            fieldwork_until=frozen.wave.fieldwork_until,
            today=bench.clock.now().astimezone(LONDON).date(),
            begun=planned is not None,
        )
    if as_json:
        show.json_out(show_progress.progress_json(told))
    else:
        show_progress.progress(told)


# ------------------------------------------------------------------------------------------------ what they share


async def _as_it_stands(bench: Bench, wave: str) -> FrozenWave:
    """The wave as it was planned, or as it would be planned now. Raises `Wrong`."""
    return await bench.store.wave(wave) or planning.freeze(bench.folder, wave_of(bench, wave), bench.clock.now())


async def _possible(bench: Bench, frozen: FrozenWave, waiting: list[ShopRow]) -> dict[tuple[str, Channel], Possible]:
    """What of the waiting contacts can still be made; the guard is asked about those that probes make."""
    probes = [row for row in waiting if row.shopper == "probe"]
    foreseen = [
        *await planning.foresee(probes, frozen, bench.guard),
        *(planning.Foreseen(row, None) for row in waiting if row.shopper == "person"),
    ]
    now = bench.clock.now()
    used = await bench.ledger.used(now.astimezone(LONDON).date())
    return possible(frozen, foreseen, bench.folder.register, now, used, bench.folder.programme.mail)


async def _within_caps(bench: Bench, frozen: FrozenWave) -> float:
    today = bench.clock.now().astimezone(LONDON).date()
    first = max(today, frozen.wave.fieldwork_from)
    days = max(0, (frozen.wave.fieldwork_until - first).days + 1)
    return calls_within(caps(bench.folder), await bench.ledger.spent(frozen.wave.id, today), days) if days else 0.0


def _to_be_made(row: ShopRow) -> Shop:
    """A contact of a wave that has not begun, as reports take it."""
    return Shop(
        id=row.id,
        wave=row.wave,
        organisation=row.organisation,
        scenario=row.scenario,
        enquiry=row.enquiry,
        channel=row.channel,
        shopper=row.shopper,
        target=row.target,
        state="planned",
    )
