"""A made-up wave put into a store at once, as a run would have left it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from results.database import Database
from results.schema import Enquiry, Scenario, Shop
from results.store import FrozenWave, ShopRow, Store
from results.tables import observations, scores, shops
from tests.results.partnership import Fieldwork


async def keep(
    database: Database,
    work: Fieldwork,
    scenarios: Mapping[str, Scenario] | None = None,
    enquiries: Mapping[str, Enquiry] | None = None,
) -> FrozenWave:
    """Freeze the wave and close all its shops."""
    frozen = FrozenWave(
        wave=work.wave,
        scheme=work.scheme,
        organisations=work.organisations,
        scenarios=scenarios or {},
        enquiries=enquiries or {},
        planned_at=dt.datetime.combine(work.wave.fieldwork_from, dt.time(), dt.UTC),
    )
    await Store(database).freeze(frozen, ())
    await keep_shops(database, work.shops, frozen.basis)
    return frozen


async def keep_shops(database: Database, closed: Sequence[Shop], basis: str) -> None:
    """Closed shops with what was seen of them and how they were scored."""
    at = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)
    async with database.write() as connection:
        await connection.execute(shops.insert(), [vars(_row(shop, number)) for number, shop in enumerate(closed)])
        await connection.execute(
            observations.insert(),
            [
                {"shop": shop.id, "at": at, "document": shop.observation.model_dump(mode="json")}
                for shop in closed
                if shop.observation
            ],
        )
        await connection.execute(
            scores.insert(),
            [{"shop": shop.id, "scheme": basis, "at": at, "document": _scored(shop)} for shop in closed],
        )


def _scored(shop: Shop) -> dict[str, object]:
    return {
        "answers": [given.model_dump(mode="json") for given in shop.answers],
        "access": shop.access.model_dump(mode="json"),
        "quality": shop.quality.model_dump(mode="json"),
    }


def _row(shop: Shop, number: int) -> ShopRow:
    made = shop.made_at or dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    return ShopRow(
        id=shop.id,
        wave=shop.wave,
        organisation=shop.organisation,
        scenario=shop.scenario,
        enquiry=shop.enquiry,
        channel=shop.channel,
        target=shop.target,
        number=number,
        attempt=0,
        reference=f"{shop.wave}-{number}",
        state="closed",
        due_at=made,
        made_at=made,
        closed_at=made,
        shopper=shop.shopper,
    )
