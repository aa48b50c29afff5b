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
_WAIT_FOR_CALL_BACK = 5
_GRACE = 10
"""Working days, where the profile does not say how long a reply is waited for after its standard."""
"""Working days for which a call-back is waited, where the standards profile has no `voicemail.wait_working_days`. How
soon it should have come is another figure: `voicemail.return_working_days`."""


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
        caller=row.account if row.channel == "phone" else None,
    )


def closing_time(row: ShopRow, frozen: FrozenWave) -> dt.datetime:
    """When the window of an e-mail, or of a message left by telephone, closes, in the organisation's working days.

    For an e-mail they are the standard for a reply and the grace.
    """
    figures = frozen.scheme.profile.figures
    if row.channel == "phone":
        days = int(figures.get("voicemail.wait_working_days", _WAIT_FOR_CALL_BACK))
    else:
        days = int(figures["email.reply_working_days"] + figures.get("email.grace_working_days", _GRACE))
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
