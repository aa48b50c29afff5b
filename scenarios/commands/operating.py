"""Seeing and keeping: `status`, `refusals`, `backup` and `restore`."""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer
from filelock import FileLock, Timeout
from rich.markup import escape
from rich.table import Table

from probes.clock import RealClock
from probes.http import Unreachable
from results import standing
from results.alerts import Alerts
from results.calendar import LONDON
from results.moving import NotEmpty
from results.nights import Handled, Lease, Leases, Nights, Trouble, Troubles
from results.schema import Refusal
from results.standing import ForPeople, WaveStanding
from scenarios import backup as backups
from scenarios import consents, show
from scenarios import serve as serving
from scenarios.answers import UNSETTLED
from scenarios.bench import database_url, opened
from scenarios.commands.common import AsJson, Folder, OneOrganisation, Wrong, app, do
from scenarios.lease import SERVING
from scenarios.programme import load

_NIGHTS = 5
_REFUSED_DAYS = 7
_STATES = {
    "planned": "planned",
    "intent": "begun",
    "open": "awaiting a reply",
    "closed": "closed",
    "void": "void",
    "refused": "refused",
}


@app.command(epilog="Example: doorstep status")
def status(folder: Folder = Path(), as_json: AsJson = False) -> None:
    """What runs, waits, is due, failed or was refused, and why; and what waits for a person."""
    do(_status(folder, as_json))


async def _status(folder: Path, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        now = bench.clock.now()
        lease = await Leases(bench.database).held(SERVING, RealClock().now())
        waves = await standing.of_waves(bench.database, now)
        people = await standing.for_people(bench.database, UNSETTLED)
        refused = await standing.refused_since(bench.database, now - dt.timedelta(days=_REFUSED_DAYS))
        troubles = await Troubles(bench.database).all()
        failed = await standing.failed(bench.database)
        nights = await Nights(bench.database).last(_NIGHTS)
        coming = serving.coming(bench, dt.timedelta(days=31))[:_NIGHTS]
        pauses = await bench.ledger.pauses()
        alerts = await Alerts(bench.database).open()
        ending = consents.ending(bench.folder.register, now.astimezone(LONDON).date())
    at_work = _at_work(folder)
    if as_json:
        show.json_out(
            {
                "at": now,
                "serving": vars(lease) if lease else None,
                "at_work": at_work,
                "waves": [vars(one) for one in waves],
                "for_a_person": vars(people),
                "refused_in_seven_days": refused,
                "failed": [vars(one) for one in failed],
                "troubles": [vars(one) for one in troubles],
                "alerts": [vars(one) for one in alerts],
                "last_nights": [vars(one) for one in nights],
                "next_nights": [vars(one) for one in coming],
                "paused": pauses,
                "consents": ending,
            }
        )
        return
    _running(lease, at_work)
    for scope, why in pauses.items():
        show.out.print(f"Paused: {'everything' if scope == '*' else scope}: {why}", style="yellow", markup=False)
    _troubles(troubles)
    show.failed({one.shop: one.why for one in failed}, show.out)
    for alert in alerts:
        told = f"Alert {alert.id} since {_when(alert.begun_at)}: {alert.words}"
        show.out.print(told, style="red", markup=False, soft_wrap=True)
    for wave in waves:
        _wave(wave)
    _nights(nights, [(one.schedule, one.at) for one in coming])
    _people(people)
    for rule, count in refused.items():
        show.out.print(f"Refused in the last {_REFUSED_DAYS} days: {count} x {rule}; `doorstep refusals` says why")
    for line in ending:
        show.out.print(line, style="yellow", markup=False, soft_wrap=True)


def _at_work(folder: Path) -> bool:
    """Whether a command is at work in the folder at this moment."""
    lock = FileLock(folder / ".doorstep.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return True
    lock.release()
    return False


def _running(lease: Lease | None, at_work: bool) -> None:
    if lease is None:
        show.out.print("Nothing serves this programme: `doorstep serve` runs its schedules.")
    else:
        show.out.print(f"Served by {lease.holder} since {_when(lease.since)}.", markup=False)
    if at_work:
        show.out.print("A command is at work in this folder.")


def _troubles(troubles: tuple[Trouble, ...]) -> None:
    for one in troubles:
        times = "once" if one.count == 1 else f"{one.count} times since {_when(one.since)}"
        show.out.print(f"Fails: {one.what}, {times}: {one.message}", style="red", markup=False, soft_wrap=True)


def _wave(wave: WaveStanding) -> None:
    states = ", ".join(f"{wave.states[state]} {words}" for state, words in _STATES.items() if wave.states.get(state))
    show.out.print(f"{wave.wave}: {states}", markup=False, soft_wrap=True)
    if wave.due:
        show.out.print(f"  {wave.due} due now; fieldwork ends on {wave.fieldwork_until:%d/%m/%Y}", markup=False)
    if wave.next_due:
        show.out.print(f"  the next falls due on {_when(wave.next_due)}", markup=False)
    for why, count in wave.waiting_for.items():
        show.out.print(f"  {count} put off: {why}", markup=False, soft_wrap=True)
    if wave.next_closing:
        show.out.print(f"  the next window closes on {_when(wave.next_closing)}", markup=False)


def _nights(last: tuple[Handled, ...], coming: list[tuple[str, dt.datetime]]) -> None:
    for one in last:
        why = f": {one.why}" if one.why else ""
        show.out.print(f"Night of {one.day:%d/%m/%Y}, {one.schedule}: {one.state}{why}", markup=False, soft_wrap=True)
    for name, at in coming[:1]:
        show.out.print(f"The next night begins on {_when(at)}: {name}", markup=False)


def _people(people: ForPeople) -> None:
    if people.unmatched:
        show.out.print(f"{people.unmatched} mails belong to no enquiry: doorstep mail unmatched")
    if people.unclear:
        show.out.print(f"{people.unclear} answers wait for a person: doorstep mail unclear")


@app.command(epilog="Examples: doorstep refusals · doorstep refusals --wave first-wave -o example-council")
def refusals(
    folder: Folder = Path(),
    wave: Annotated[str | None, typer.Option(help="Only this wave's contacts.")] = None,
    organisation: OneOrganisation = None,
    days: Annotated[int | None, typer.Option(min=1, help="Only those of so many days.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every contact that the guard refused: when, what, by which rule and why. Refusals are never scored."""
    do(_refusals(folder, wave, organisation, days, as_json))


async def _refusals(folder: Path, wave: str | None, organisation: str | None, days: int | None, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        since = bench.clock.now() - dt.timedelta(days=days) if days else None
        found = [
            one
            for one in await bench.ledger.refusals(wave)
            if organisation in (None, one.organisation) and (since is None or one.at >= since)
        ]
    if as_json:
        show.json_out([one.model_dump(mode="json") for one in found])
        return
    if not found:
        show.out.print("Nothing was refused.")
        return
    table = Table()
    for heading in ("Times", "Last", "Organisation", "Contact", "Rule", "Why"):
        table.add_column(heading, overflow="fold")
    last: dict[tuple[str, ...], Refusal] = {_kind(one): one for one in found}
    for key, count in Counter(map(_kind, found)).most_common():
        one = last[key]
        table.add_row(str(count), _when(one.at), *map(escape, (one.organisation, one.target, one.rule, one.reason)))
    show.out.print(table)
    show.out.print(f"{len(found)} refusals in all; --json lists each.")


def _kind(one: Refusal) -> tuple[str, ...]:
    return one.organisation, one.effect, one.target, one.rule, one.reason


@app.command(epilog="Example: doorstep backup /var/backups/doorstep.tar.gz")
def backup(
    to: Annotated[Path, typer.Argument(help="The file to write; must not exist.")],
    folder: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Copy the whole programme, its results and evidence to one file, while it runs. Passwords are not in it."""
    if to.exists():
        raise Wrong(f"{to} exists already; name a file that does not")
    do(_backup(folder, to, as_json))


async def _backup(folder: Path, to: Path, as_json: bool) -> None:
    done = await backups.backup(folder, to, database_url(load(folder)), RealClock().now())
    if as_json:
        show.json_out(vars(done))
        return
    size = f"{done.size / 1_000_000:.1f} MB"
    show.out.print(f"{done.files} files ({size}) are in {to}", markup=False, soft_wrap=True)


@app.command(epilog="Example: doorstep restore /var/backups/doorstep.tar.gz my-programme")
def restore(
    backup_file: Annotated[Path, typer.Argument(metavar="BACKUP", help="A file that `doorstep backup` wrote.")],
    folder: Annotated[Path, typer.Argument(help="The folder to make; must be empty or not exist.")],
    as_json: AsJson = False,
) -> None:
    """Unpack a backup into a new folder, hold every file against its digest, and pause everything until you resume."""
    do(_restore(backup_file, folder, as_json))


async def _restore(backup_file: Path, folder: Path, as_json: bool) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise Wrong(f"{folder} is not empty; name a folder that does not exist yet")
    try:
        made = backups.restore(backup_file, folder)
    except backups.Damaged as error:
        raise Wrong(str(error)) from None
    url = database_url(load(folder))
    try:
        await backups.into_its_own(folder, url)
    except Unreachable:
        shutil.rmtree(folder)  # it was made just now
        raise
    except NotEmpty:
        shutil.rmtree(folder)
        where = sa.make_url(url).render_as_string(hide_password=True)
        raise Wrong(f"the database {where} is not empty; make an empty one, or name it in DOORSTEP_DATABASE") from None
    async with opened(folder, to_work=False) as bench:  # brings the database's tables up to date
        why = f"restored from a backup of {_when(made.at)}; what was sent or rung since is not known here"
        await bench.ledger.pause("*", why, bench.clock.now())
    if as_json:
        show.json_out(vars(made))
        return
    show.out.print(
        f"{folder} is as it was on {_when(made.at)}: {made.files} files, each as it was written. Everything is paused, "
        "since what was sent or rung since is not known here; when you have looked: doorstep resume --all",
        markup=False,
        soft_wrap=True,
    )


def _when(at: dt.datetime) -> str:
    return f"{at.astimezone(LONDON):%d/%m/%Y at %H:%M}"
