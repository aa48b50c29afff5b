"""Judging a wave anew by today's calendars and today's standards profile. The earlier edition stays as it was.

What was seen does not change; when windows closed and what met the standard may. Who consented to what, which enquiries
were asked and what was kept of them are those of the wave.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from results.schema import Observation
from results.store import FrozenWave, ShopRow, basis
from scenarios import finish
from scenarios.answers import Answers
from scenarios.bench import Bench
from scenarios.callbacks import FollowedUp
from scenarios.programme import Folder
from scenarios.settling import settled

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Rescored:
    """What came of it. `edition`: None where today's calendars and standards are those that judged it already."""

    wave: str
    edition: int | None
    shops: int = 0
    changed: int = 0


def edition(folder: Folder, frozen: FrozenWave, why: str) -> FrozenWave:
    """The wave's next edition: its organisations with today's hours, and today's scheme and profile."""
    organisations = {
        id: organisation.model_copy(update={"hours": folder.register[id].hours})
        if id in folder.register
        else organisation
        for id, organisation in frozen.organisations.items()
    }
    profile = folder.waves[frozen.wave.id].profile if frozen.wave.id in folder.waves else frozen.wave.profile
    return replace(
        frozen, scheme=folder.scheme(profile), organisations=organisations, edition=frozen.edition + 1, why=why
    )


async def rescore(bench: Bench, frozen: FrozenWave, why: str, tell: Tell) -> Rescored:
    """Score every closed shop of a wave under its next edition, and move the windows of those that are open.

    Killed half way, the same call goes on: an edition is kept first, and each shop is scored in one step.
    """
    judged = {shop.id: shop for shop in await bench.store.shops(frozen)}
    rows = list(await bench.store.rows(wave=frozen.wave.id, states=["open", "closed"]))
    rows += await bench.store.rows(wave=frozen.wave.id, states=["closed"], shopper="person")
    new = edition(bench.folder, frozen, why)
    unfinished = [row for row in rows if row.state == "closed" and not judged[row.id].scheme]
    if basis(new.scheme, new.organisations) == basis(frozen.scheme, frozen.organisations):
        if not unfinished:
            return Rescored(frozen.wave.id, None)
        new, rows = frozen, unfinished
    else:
        await bench.store.add_edition(new, bench.clock.now())
    answers, followed_up = Answers(bench, {frozen.wave.id: new}), FollowedUp(bench, {frozen.wave.id: new})
    for done, row in enumerate(rows):
        tell("rescoring", done, len(rows))
        if row.shopper == "person":
            await bench.people.score(row.id, await settled(bench, new, judged[row.id]), bench.clock.now())
            continue
        await _again(bench, new, answers if row.channel == "email" else followed_up, row, judged[row.id].observation)
    tell("rescoring", len(rows), len(rows))
    before = {id: (shop.access, shop.quality) for id, shop in judged.items()}
    after = await bench.store.shops(new)
    closed = [shop for shop in after if shop.state == "closed"]
    changed = sum((shop.access, shop.quality) != before[shop.id] for shop in closed)
    return Rescored(frozen.wave.id, new.edition, len(closed), changed)


async def _again(
    bench: Bench, new: FrozenWave, answers: Answers | FollowedUp, row: ShopRow, seen: Observation | None
) -> None:
    if row.closes_at is not None:
        row = replace(row, closes_at=finish.closing_time(row, new))
        over = row.closes_at is not None and row.closes_at <= bench.clock.now()
        observed = await answers.observe(row, closed=over)
        if row.closes_at is not None:
            await bench.store.await_until(row.id, row.closes_at)
        if row.state == "closed" and over:
            await finish.close(bench, new, row, observed)
        elif row.state == "closed":  # its window has grown and is open again
            await bench.store.reopen(row.id, observed, bench.clock.now())
    elif row.state == "closed" and seen is not None:
        await finish.close(bench, new, row, seen)
