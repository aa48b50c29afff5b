"""A wave gathered from its folder and store for a report: what is compared with, who may see what, whose letters.

What a report says is worked out in `results.report`.
"""

from __future__ import annotations

import datetime as dt
import gc
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from results.agreement import Agreements
from results.calendar import LONDON
from results.change import Earlier, same_scenarios
from results.nights import Nights
from results.plans import Plans, Promise
from results.report import pages
from results.report.formats import Apart
from results.report.in_order import InOrder, in_order
from results.report.large import rows_beside
from results.report.model import ReferenceFigure, WaveReport, in_full
from results.report.reference import published, read
from results.report.told import InWords
from results.report.views import Level, at_reporting_levels, contacts_at_reporting_levels, for_one
from results.report.wave import assembled, heads
from results.schema import CHANNELS, Organisation, Refusal, Shop
from results.store import FrozenWave
from scenarios import agreeing
from scenarios.bench import Bench
from scenarios.commands.common import Wrong, planned_wave
from scenarios.reading import Invalid, Problem

_STRICTEST: tuple[Level, ...] = ("organisation", "department", "service")
_LARGEST = 1_000_000  # bytes of a file of reference figures


class Gathered(NamedTuple):
    """A wave as it was read, with all that its report takes. Nothing more is read from the store.

    `shown`: the levels that the members have agreed to; `secret`: what deals the letters of a report for one of them.
    """

    frozen: FrozenWave
    shops: Sequence[Shop]
    refusals: Sequence[Refusal]
    earlier: Earlier | None
    references: Sequence[ReferenceFigure]
    agreement: Sequence[Agreements]
    promise: Promise | None
    shown: Mapping[str, Level]
    secret: str
    evidence: Callable[[str], Path]


class Reported(NamedTuple):
    """A wave's report as it may be read, and the maps of websites in it. A large one comes without its contacts."""

    report: WaveReport
    maps: Mapping[str, bytes] = MappingProxyType({})
    apart: Apart | None = None


async def gathered(bench: Bench, frozen: FrozenWave, *, since: str | None = None, own: str | None = None) -> Gathered:
    """What a wave's report is made of, for all members or for `own` alone. Raises `Wrong` and `Invalid`."""
    if own is not None and own not in frozen.organisations:
        raise Wrong(f"{own!r} is not in {frozen.wave.id}; its organisations are {', '.join(frozen.organisations)}")
    with _no_collector():
        return Gathered(
            frozen,
            await bench.store.shops(frozen),
            await bench.ledger.refusals(frozen.wave.id),
            await earlier(bench, frozen, since),
            references(bench.folder.path),
            await agreeing.of_wave(bench, frozen),
            await Plans(bench.database).newest(frozen.wave.id),
            levels(frozen.organisations, bench.folder.register),
            await _secret(bench, frozen.wave.id) if own is not None else "",
            bench.evidence.path,
        )


@contextmanager
def reported(found: Gathered, *, own: str | None = None, minutes_a_reply: float) -> Iterator[Reported]:
    """A wave's report as it may be read: by all members, or by `own` alone.

    The contacts of a large one are put into rows meanwhile, for as long as the block lasts.
    """
    with _no_collector():
        contacts = _in_order(found)
        shown = found.shown if len(contacts.members) > 1 else {}
        if own is None and len(contacts.shops) >= pages.SPLIT_FROM:
            of = contacts_at_reporting_levels(InWords(contacts).of, shown)
            names = {key: one.name for key, one in contacts.members.items()}
            with rows_beside(heads(contacts.asked), names, of) as rows:
                report = at_reporting_levels(_report(found, contacts, minutes_a_reply), shown)
                yield Reported(report, apart=Apart(of, rows))
            return
        report = in_full(_report(found, contacts, minutes_a_reply), InWords(contacts).of)
    report = for_one(report, own, found.secret) if own is not None else at_reporting_levels(report, shown)
    yield Reported(report, _maps(report, found))


def whole_report(found: Gathered, *, minutes_a_reply: float) -> WaveReport:
    """A wave's report with everything but its contacts, for pages that show sums alone."""
    with _no_collector():
        return _report(found, _in_order(found), minutes_a_reply)


def _in_order(found: Gathered) -> InOrder:
    return in_order(found.frozen.wave, found.frozen.scheme, found.frozen.organisations, found.shops)


def _report(found: Gathered, contacts: InOrder, minutes_a_reply: float) -> WaveReport:
    return assembled(
        contacts,
        found.refusals,
        edition_words(found.frozen),
        found.earlier,
        found.frozen.enquiries,
        found.references,
        minutes_a_reply,
        found.agreement,
        found.promise,
    )


def _maps(report: WaveReport, found: Gathered) -> dict[str, bytes]:
    """{contact: the map of the website that it drew}, of those that the report shows."""
    shown = {shop.id for one in report.organisations for each in one.channels for shop in each.shops if shop.evidence}
    return {
        shop.id: found.evidence(one.sha256).read_bytes()
        for shop in found.shops
        if shop.id in shown and shop.counted
        for one in (shop.observation.evidence if shop.observation else ())
        if one.kind == "map" and found.evidence(one.sha256).is_file()
    }


def levels(frozen: Mapping[str, Organisation], register: Mapping[str, Organisation]) -> dict[str, Level]:
    """The reporting level of each organisation: what it agreed to for the wave or since, whichever shows less.

    Where no consent is on record, the least is shown.
    """
    found: dict[str, Level] = {}
    for key, organisation in frozen.items():
        agreed = [one.consent for one in (organisation, register.get(key)) if one is not None and one.consent]
        found[key] = min((one.reporting_level for one in agreed), key=_STRICTEST.index, default="organisation")
    return found


def references(folder: Path) -> tuple[ReferenceFigure, ...]:
    """The figures that ship, and those of the CSV files in the folder's `reference`. Raises `Invalid`."""
    found: list[ReferenceFigure] = []
    wrong: list[Problem] = []
    for path in sorted((folder / "reference").glob("*.csv")):
        figures, mistakes = read(_text(path))
        found += figures
        wrong += [Problem(f"reference/{path.name}", one.row, one.column, one.why) for one in mistakes]
    if wrong:
        raise Invalid(wrong)
    return (*found, *published())


async def nightly(
    bench: Bench, first: dt.date, last: dt.date, schedule: str | None = None
) -> tuple[dict[str, str], tuple[Shop, ...]]:
    """What was met in the nights of a period, of one schedule or all: {organisation: its name}, and the contacts."""
    names: dict[str, str] = {}
    shops: list[Shop] = []
    for wave, (name, day) in (await Nights(bench.database).waves()).items():
        if first <= day <= last and schedule in (None, name):
            frozen = await planned_wave(bench, wave)
            names |= {key: one.name for key, one in frozen.organisations.items()}
            shops += await bench.store.shops(frozen)
    return names, tuple(shops)


async def earlier(bench: Bench, frozen: FrozenWave, since: str | None) -> Earlier | None:
    """The wave that changes are told from: the one that is named, or the last whose fieldwork ended before this one's.

    Each as it is judged now: its newest edition. The nights of a schedule are no waves to compare with.
    """
    if since == frozen.wave.id:
        raise Wrong(f"{since} cannot be compared with itself; name an earlier wave with --since")
    nights = await Nights(bench.database).waves()
    ids = [since] if since else [id for id in await bench.store.wave_ids() if id not in (frozen.wave.id, *nights)]
    waves = [await planned_wave(bench, id) for id in ids]
    before = [one for one in waves if since or one.wave.fieldwork_until < frozen.wave.fieldwork_from]
    if not before:
        return None
    last = max(before, key=lambda one: (one.wave.fieldwork_until, one.wave.id))
    unlike = [one for one in CHANNELS if not same_scenarios(frozen.scenarios, last.scenarios, one)]
    shops = await bench.store.shops(last)
    return Earlier(last.wave.title, last.scheme, shops, frozenset(unlike))


def edition_words(frozen: FrozenWave) -> str:
    """What a report says of its edition: nothing for the wave as it was planned."""
    if frozen.edition_at is None:
        return ""
    return f"edition {frozen.edition}, judged anew on {frozen.edition_at.astimezone(LONDON):%d/%m/%Y}: {frozen.why}"


@contextmanager
def _no_collector() -> Iterator[None]:
    """A report is many objects that live to its end: looking for garbage among them takes long and finds none."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


async def _secret(bench: Bench, wave: str) -> str:
    """What deals the letters: the references of all the wave's contacts, of which each organisation knows its own."""
    rows = [*await bench.store.rows(wave=wave), *await bench.store.rows(wave=wave, shopper="person")]
    planned: Sequence[str] = sorted(row.reference for row in rows if row.attempt == 0)
    return hashlib.sha256("\n".join(planned).encode()).hexdigest()


def _text(path: Path) -> str:
    name = f"reference/{path.name}"
    if path.stat().st_size > _LARGEST:
        raise Invalid([Problem(name, 0, "", f"is larger than {_LARGEST:,} bytes; it cannot be meant")])
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid([Problem(name, 0, "", "is not UTF-8 text; save it as CSV UTF-8")]) from None
