"""The last e-mail of a contact, where its scenario asks for one: thanks to whoever replied, or word to everybody that
nothing more needs to be done. What it says lives with the probe; that it goes once, in `results.closings`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from probes.email import Closing, EmailProbe, Uncertain
from probes.guard import Refused
from results.closings import Closings
from results.schema import Failure, Scenario, Shop
from results.store import FrozenWave, ShopRow
from scenarios import finish
from scenarios.bench import Bench


@dataclass
class Said:
    """What became of the last e-mails that were due."""

    sent: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    waiting_until: dt.datetime | None = None
    notes: list[str] = field(default_factory=list)


def due(frozen: FrozenWave, shops: Sequence[Shop], had: Container[str]) -> dict[str, Closing]:
    """The closed shops of a wave whose last e-mail has not been begun, and its kind."""
    return {
        shop.id: kind
        for shop in shops
        if shop.channel == "email" and shop.id not in had and (kind := _kind(frozen.scenarios[shop.scenario], shop))
    }


def _kind(scenario: Scenario, shop: Shop) -> Closing | None:
    """Nobody is written to who had nothing from us: the e-mail came back, or was never sent."""
    seen = shop.observation
    if shop.state != "closed" or seen is None or seen.error is not None or seen.failure is Failure.BOUNCED:
        return None
    if scenario.closure == "thanks":
        return "thanks" if "first_human" in seen.moments else None
    return scenario.closure


async def say_what_is_due(
    bench: Bench, waves: Iterable[FrozenWave], picked: Callable[[ShopRow], bool] = lambda row: True
) -> Said:
    """Send the last e-mails that are due; one after another for each organisation, past the guard, each once."""
    queues: defaultdict[str, list[tuple[FrozenWave, ShopRow, Closing]]] = defaultdict(list)
    had = await bench.closings.all()
    for frozen in waves:
        if any(scenario.closure for scenario in frozen.scenarios.values()):
            owed = due(frozen, await bench.store.shops(frozen), had)
            for row in await bench.store.rows(wave=frozen.wave.id, channel="email"):
                if row.id in owed and row.state == "closed" and picked(row):
                    queues[row.organisation].append((frozen, row, owed[row.id]))
    said = Said()
    if not queues:
        return said
    async with AsyncExitStack() as stack:
        mailboxes = {
            name: await stack.enter_async_context(EmailProbe(account, bench.guard, bench.store, bench.clock))
            for name, account in bench.mail_accounts().items()
        }
        async with asyncio.TaskGroup() as group:
            for queue in queues.values():
                group.create_task(_in_turn(bench, mailboxes, queue, said))
    return said


async def _in_turn(
    bench: Bench,
    mailboxes: dict[str, EmailProbe],
    queue: Sequence[tuple[FrozenWave, ShopRow, Closing]],
    said: Said,
) -> None:
    for frozen, row, kind in queue:
        mailbox = mailboxes.get(row.account or "")
        if mailbox is None:
            said.notes.append(f"{row.id}: mailbox {row.account} is not in programme.toml; no last e-mail is sent")
            continue
        try:
            why_not = await mailbox.close(finish.errand(row, frozen), kind, _Journal(bench.closings, kind))
        except Refused as refused:
            said.refused[refused.refusal.rule] += 1
            await bench.closings.take_back(row.id)
            if refused.refusal.retry_at is not None:
                said.waiting_until = min(said.waiting_until or refused.refusal.retry_at, refused.refusal.retry_at)
                return
        except Uncertain as unsure:
            said.notes.append(f"{row.id}: {unsure}; it is not sent again")
        else:
            if why_not is None:
                said.sent += 1
            else:
                await bench.closings.not_sent(row.id, kind, why_not)
                said.notes.append(f"{row.id}: no last e-mail: {why_not}")


class _Journal:
    """Writes down that a last e-mail of this kind is about to go, and that it went."""

    def __init__(self, closings: Closings, kind: Closing) -> None:
        self._closings = closings
        self._kind = kind

    async def about_to(self, shop: str, reference: str, at: dt.datetime) -> None:
        await self._closings.begin(shop, self._kind, reference, at)

    async def done(self, shop: str, reference: str, at: dt.datetime) -> None:
        await self._closings.sent(shop, at)
