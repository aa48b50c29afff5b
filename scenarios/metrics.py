"""The figures as Prometheus reads them. Pure: what is counted is `results.figures`', who asks is `scenarios.seeing`'s.

Names begin with doorstep_; units are seconds, pence and Unix time. Labels have few values: no contact, no wave, no
address and no organisation is one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import TypeVar

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from results.beats import AT_WORK, SCHEDULES, SWEEP, mailbox
from results.figures import Due, Figures
from results.schema import PROBED
from scenarios import schedules
from scenarios.phone_account import Cap
from scenarios.programme import Folder

CONTENT_TYPE = CONTENT_TYPE_LATEST
_Keys = TypeVar("_Keys", tuple[str, str], tuple[str, str, str])
_PARTS = (SCHEDULES, SWEEP, AT_WORK)


def page(figures: Figures | None, folder: Folder, now: dt.datetime) -> bytes:
    """What is answered to a scrape. `figures`: None where the store could not be read, which `doorstep_up` says."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Told([*_always(figures is not None), *(_told(figures, folder, now) if figures else ())]))
    return generate_latest(registry)


class _Told:
    """A collector for one scrape: nothing is kept between two, so a restart loses no figure."""

    def __init__(self, told: list[Metric]) -> None:
        self._told = told

    def collect(self) -> Iterable[Metric]:
        return self._told


def _always(up: bool) -> Iterator[Metric]:
    yield GaugeMetricFamily("doorstep_up", "Whether the store could be read for this scrape.", value=float(up))
    info = GaugeMetricFamily("doorstep_build_info", "The version that serves.", labels=["version"])
    info.add_metric([version("doorstep")], 1)
    yield info


def _told(figures: Figures, folder: Folder, now: dt.datetime) -> Iterator[Metric]:
    yield _one("doorstep_served", "Whether a server holds the lease that one alone may hold.", figures.served)
    yield from _work(figures, now)
    yield from _wrong(figures)
    yield from _nights(figures, folder, now)
    yield from _spending(figures, folder)
    yield from _beats(figures, folder)


def _work(figures: Figures, now: dt.datetime) -> Iterator[Metric]:
    yield _by(
        "doorstep_contacts",
        "Contacts of all waves by who makes them, channel and state.",
        ("shopper", "channel", "state"),
        figures.contacts,
    )
    yield _gauge(
        "doorstep_contacts_due", "Contacts to be made now, of fieldwork that is not over.", _numbers(figures.due)
    )
    yield _gauge("doorstep_contacts_due_oldest_seconds", "How long the oldest has been due.", _ages(figures.due, now))
    yield _gauge("doorstep_enquiries_waiting", "Enquiries whose answer is awaited.", _zeroes() | dict(figures.waiting))
    yield _gauge("doorstep_windows_overdue", "Windows that are over and not closed yet.", _numbers(figures.overdue))
    yield _gauge(
        "doorstep_windows_overdue_oldest_seconds", "How long the oldest has been over.", _ages(figures.overdue, now)
    )
    yield _gauge(
        "doorstep_jobs", "Jobs handed out to workers.", {"waiting": 0, "running": 0} | dict(figures.jobs), "state"
    )
    yield _one("doorstep_paused", "Whether everything is paused.", "*" in figures.paused)
    paused = len(set(figures.paused) - {"*"})
    yield _one("doorstep_organisations_paused", "Organisations that are paused.", paused)


def _wrong(figures: Figures) -> Iterator[Metric]:
    yield _gauge("doorstep_refusals_24h", "Refusals of the guard in the last 24 hours.", figures.refusals, "rule")
    yield _by(
        "doorstep_failures_24h",
        "Contacts closed in the last 24 hours in which the organisation failed the resident.",
        ("channel", "failure"),
        figures.failures,
    )
    yield _gauge(
        "doorstep_faults_24h",
        "Contacts closed in the last 24 hours in which our own probe could not measure.",
        _zeroes() | dict(figures.faults),
    )
    yield _gauge(
        "doorstep_troubles_strikes", "How often in a row a part of the work has failed.", figures.troubles, "part"
    )
    yield _gauge(
        "doorstep_alerts_open", "Alerts that are open.", {"ours": 0, "theirs": 0} | dict(figures.alerts), "whose"
    )


def _nights(figures: Figures, folder: Folder, now: dt.datetime) -> Iterator[Metric]:
    handled = CounterMetricFamily("doorstep_nights", "Nights by what became of them.", labels=["schedule", "state"])
    for (schedule, state), number in sorted(figures.nights.items()):
        if schedule in folder.schedules:
            handled.add_metric([schedule, state], number)
    yield handled
    yield _gauge(
        "doorstep_nights_overdue",
        "Nights that should have begun and that nothing has decided on.",
        {name: overdue(name, figures, folder, now) for name in sorted(folder.schedules)},
        "schedule",
    )


def overdue(name: str, figures: Figures, folder: Folder, now: dt.datetime) -> int:
    """How many nights of a schedule should have begun, by more than is on time, and have not been decided."""
    schedule, mark = folder.schedules[name], figures.marks.get(name)
    if mark is None:  # seen for the first time: it begins with its next night
        return 0
    wave = folder.waves[schedule.wave] if schedule.wave else None
    return sum(1 for _ in schedules.nights(name, schedule, mark, now - schedules.ON_TIME, wave))


def _spending(figures: Figures, folder: Folder) -> Iterator[Metric]:
    """What calls have cost today and may cost at most; a cap that is not set is not told."""
    caps = folder.programme.phone.caps if folder.programme.phone else {}
    cap = caps.get("day", Cap())
    for name, what, spent, most in (
        ("calls", "Calls", figures.calls, cap.calls),
        (
            "call_seconds",
            "Seconds of calls, reckoned in begun minutes at the most,",
            figures.minutes * 60,
            None if cap.minutes is None else cap.minutes * 60,
        ),
        ("call_pence", "Pence that calls may have cost, at the most,", figures.pence, cap.pence),
    ):
        yield _one(f"doorstep_{name}_today", f"{what} counted against today's cap.", spent)
        if most is not None:
            yield _one(f"doorstep_{name}_today_cap", f"{what} that the cap on a day allows.", most)


def _beats(figures: Figures, folder: Folder) -> Iterator[Metric]:
    yield _gauge(
        "doorstep_last_tick_timestamp_seconds",
        "When each part of the server last did its work.",
        {part.replace(" ", "_"): figures.beats[part].timestamp() for part in _PARTS if part in figures.beats},
        "part",
    )
    read = {name: figures.beats.get(mailbox(name)) for name in sorted(folder.programme.mail)}
    yield _gauge(
        "doorstep_mailbox_last_read_timestamp_seconds",
        "When each mailbox was last read; 0 for never.",
        {name: at.timestamp() if at else 0 for name, at in read.items()},
        "mailbox",
    )


# ------------------------------------------------------------------------------------------------ families


def _one(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=float(value))


def _gauge(name: str, what: str, values: Mapping[str, float], label: str = "channel") -> Metric:
    family = GaugeMetricFamily(name, what, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _by(name: str, what: str, labels: tuple[str, ...], values: Mapping[_Keys, int]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=labels)
    for keys, value in sorted(values.items()):
        family.add_metric(keys, value)
    return family


def _zeroes() -> dict[str, float]:
    """Every channel that is probed: a series that comes and goes cannot be alerted upon."""
    return dict.fromkeys(sorted(PROBED), 0.0)


def _numbers(due: Mapping[str, Due]) -> dict[str, float]:
    return _zeroes() | {channel: one.number for channel, one in due.items()}


def _ages(due: Mapping[str, Due], now: dt.datetime) -> dict[str, float]:
    return _zeroes() | {channel: max(0.0, (now - one.since).total_seconds()) for channel, one in due.items()}
