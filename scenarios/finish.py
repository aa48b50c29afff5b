"""From an observation to a closed shop: answered, scored under the wave's frozen scheme, and stored in one step."""

from __future__ import annotations

import datetime as dt
from importlib.metadata import version

from probes import Errand
from results import scoring
from results.schema import Observation
from results.store import FrozenWave, ShopRow
from scenarios.bench import Bench

_VERSION = version("doorstep")


def errand(row: ShopRow, frozen: FrozenWave) -> Errand:
    """What a probe is told to do for a shop."""
    scenario = frozen.scenarios[row.scenario]
    ids = scenario.enquiries if row.channel == "web" else (row.enquiry,)
    return Errand(
        shop=row.id,
        organisation=frozen.organisations[row.organisation],
        scenario=scenario,
        enquiries=tuple(frozen.enquiries[id] for id in ids),
        target=row.target,
        reference=row.reference,
        partnership=frozen.wave.partnership,
        persona=row.persona,
    )


def closing_time(row: ShopRow, frozen: FrozenWave) -> dt.datetime:
    """When an e-mail's window closes: the standard for a reply and the grace, in the organisation's working days."""
    figures = frozen.scheme.profile.figures
    days = int(figures["email.reply_working_days"] + figures["email.grace_working_days"])
    if row.made_at is None:
        raise ValueError(f"shop {row.id} has not been made")
    return frozen.organisations[row.organisation].hours.add_working_days(row.made_at, days)


def stamped(seen: Observation) -> Observation:
    """The observation with the version of this software beside those of the probe's own tools."""
    return seen.model_copy(update={"versions": {**seen.versions, "doorstep": _VERSION}})


async def close(bench: Bench, frozen: FrozenWave, row: ShopRow, seen: Observation) -> None:
    """Answer every criterion, score, store, close."""
    calendar = frozen.organisations[row.organisation].hours
    seen = seen if "doorstep" in seen.versions else stamped(seen)
    answers = scoring.answer_all(seen, row.channel, frozen.scheme, calendar)
    await bench.store.close(
        row.id,
        seen,
        answers,
        scoring.points(answers, frozen.scheme, "access"),
        scoring.points(answers, frozen.scheme, "quality"),
        frozen.basis,
        bench.clock.now(),
    )
