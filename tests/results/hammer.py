"""A process that contacts one organisation as fast as the guard lets it, and prints what it did, a JSON line each.

    python -m tests.results.hammer DATABASE ORDERS

ORDERS, as JSON: `kind` and `times` of the effects, how long each `lasts` in seconds, the organisation's `limits`, the
most `calls` of the account, and by how many seconds the clock is `ahead` of the one on the wall.
"""

import asyncio
import datetime as dt
import json
import sys
from typing import Any

from probes.clock import RealClock
from probes.guard import Caps, Effect, Guard, Refused, Spend
from results.database import Database
from results.ledger import DatabaseLedger
from results.schema import Consent, Contacts, Limits, Line, Organisation

NUMBER = "+441134960001"
TARGETS = {"mail": "hello@amber.example", "call": NUMBER}


class Ahead(RealClock):
    """The clock on the wall, put forward."""

    def __init__(self, seconds: float) -> None:
        self._ahead = dt.timedelta(seconds=seconds)

    def now(self) -> dt.datetime:
        return super().now() + self._ahead


def amber(limits: dict[str, float]) -> Organisation:
    """An organisation that agreed to mails and calls."""
    consent = Consent(
        agreed_by="Head of Customer Services",
        valid_from=dt.date(2026, 11, 1),
        until=dt.date(2026, 12, 31),
        channels=("phone", "email"),
        lines=(NUMBER,),
        addresses=(TARGETS["mail"],),
        limits=Limits.model_validate(limits),
    )
    contacts = Contacts(lines=(Line(number=NUMBER, label="Switchboard"),))
    return Organisation(id="amber", name="Amber Council", contacts=contacts, consent=consent)


async def hammer(url: str, orders: dict[str, Any]) -> None:
    """All the effects at once, each printed when it begins and when it is over."""
    database, clock = await Database.open(url), Ahead(orders["ahead"])
    ledger = DatabaseLedger(database)
    caps = Caps(Spend(calls=1, minutes=1, pence=1), {"account": Spend(calls=orders["calls"])})
    guard = Guard({"amber": amber(orders["limits"])}, ledger, clock, "practice", caps, ledger)

    async def one(number: int) -> None:
        kind = orders["kind"]
        effect = Effect(kind, "amber", TARGETS[kind], f"{orders['name']}.{number}", longest=orders["longest"])
        try:
            async with guard.permit(effect):
                began = clock.now()
                say(began=began.isoformat())
                await asyncio.sleep(orders["lasts"])
                say(over=[began.isoformat(), clock.now().isoformat()])
        except Refused as refused:
            say(refused=refused.refusal.rule)

    async with asyncio.TaskGroup() as group:
        for number in range(orders["times"]):
            group.create_task(one(number))
    await database.close()


def say(**what: object) -> None:
    """One line, at once."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(hammer(sys.argv[1], json.loads(sys.argv[2])))
