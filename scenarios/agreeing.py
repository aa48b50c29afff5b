"""How far those agree who judged the same contacts: two people, or a person and a probe."""

from __future__ import annotations

from collections.abc import Sequence

from results.agreement import Agreements, agreements
from results.schema import Answer
from results.store import FrozenWave
from scenarios import settling
from scenarios.bench import Bench

TWO_PEOPLE = "two people"
WITH_A_PROBE = "a person and the probe"


async def of_wave(bench: Bench, frozen: FrozenWave) -> tuple[Agreements, ...]:
    """Each kind of pair that there is. Compared is what each said alone, before anybody reviewed it."""
    judges = [task for task in await bench.people.tasks(frozen.wave.id) if task.role == "judge"]
    if not judges:
        return ()
    shops = {shop.id: shop for shop in await bench.store.shops(frozen) if shop.scheme}
    pairs: dict[str, list[tuple[Sequence[Answer], Sequence[Answer]]]] = {}
    for task in judges:
        shop, form = shops.get(task.shop), await bench.people.newest(task.shop, task.shopper)
        if shop is None or form is None:
            continue
        first = await settling.unreviewed(bench, frozen, shop)
        kind = TWO_PEOPLE if shop.shopper == "person" else WITH_A_PROBE
        pairs.setdefault(kind, []).append((first, settling.of_form(frozen, shop, form)))
    return tuple(agreements(kind, judged, frozen.scheme) for kind, judged in sorted(pairs.items()))
