"""The store: waves, shops and what became of them. Every change is on disk before the call returns.

A shop goes planned -> intent -> open -> closed; or it is void (nobody knows whether it happened; another may replace
it) or refused (the guard said no). What the guard remembers is in `results.ledger`, received mail in `results.mailbag`.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from results.database import Database
from results.schema import (
    Answer,
    Channel,
    Enquiry,
    Observation,
    Organisation,
    Points,
    Scenario,
    Scheme,
    Shop,
    Wave,
)
from results.tables import observations, scores, shops, waves


@dataclass(frozen=True)
class FrozenWave:
    """A wave as it was planned: nothing that changes in the programme folder later changes this."""

    wave: Wave
    scheme: Scheme
    organisations: Mapping[str, Organisation]
    scenarios: Mapping[str, Scenario]
    enquiries: Mapping[str, Enquiry]
    planned_at: dt.datetime


@dataclass(frozen=True)
class ShopRow:
    """A shop's row: where it stands, for those who do the work. The noun for reports is `Shop`."""

    id: str
    wave: str
    organisation: str
    scenario: str
    enquiry: str
    channel: Channel
    target: str
    number: int
    attempt: int
    reference: str
    state: str
    due_at: dt.datetime
    intent_at: dt.datetime | None = None
    made_at: dt.datetime | None = None
    known_as: str | None = None
    closes_at: dt.datetime | None = None
    closed_at: dt.datetime | None = None
    why: str = ""


_COLUMNS = [shops.c[name] for name in ShopRow.__dataclass_fields__]


def planned(
    wave: str,
    organisation: str,
    scenario: Scenario,
    enquiry: str,
    target: str,
    number: int,
    due_at: dt.datetime,
    attempt: int = 0,
) -> ShopRow:
    """A new shop to be made. Its id can be read aloud; its reference cannot be guessed."""
    suffix = f".r{attempt}" if attempt else ""
    return ShopRow(
        id=f"{wave}.{organisation}.{scenario.id}.{number:03d}{suffix}",
        wave=wave,
        organisation=organisation,
        scenario=scenario.id,
        enquiry=enquiry,
        channel=scenario.channel,
        target=target,
        number=number,
        attempt=attempt,
        reference=secrets.token_hex(5),
        state="planned",
        due_at=due_at,
    )


class Store:
    """Waves and shops in one database. Also the probes' journal: `about_to` and `done`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # ------------------------------------------------------------------------------------------------ waves

    async def freeze(self, frozen: FrozenWave, rows: Sequence[ShopRow]) -> bool:
        """Plan a wave, once. False when it was planned before; then nothing changes."""
        async with self._db.write() as connection:
            if await connection.scalar(sa.select(waves.c.id).where(waves.c.id == frozen.wave.id)):
                return False
            await connection.execute(
                waves.insert().values(
                    id=frozen.wave.id,
                    planned_at=frozen.planned_at,
                    document=frozen.wave.model_dump(mode="json"),
                    scheme=frozen.scheme.model_dump(mode="json"),
                    organisations={key: value.model_dump(mode="json") for key, value in frozen.organisations.items()},
                    scenarios={key: value.model_dump(mode="json") for key, value in frozen.scenarios.items()},
                    enquiries={key: value.model_dump(mode="json") for key, value in frozen.enquiries.items()},
                )
            )
            if rows:
                await connection.execute(shops.insert(), [{**vars(row), "shopper": "probe"} for row in rows])
            return True

    async def wave(self, wave: str) -> FrozenWave | None:
        """A planned wave, or None."""
        async with self._db.read() as connection:
            row = (await connection.execute(sa.select(waves).where(waves.c.id == wave))).one_or_none()
        if row is None:
            return None
        return FrozenWave(
            wave=Wave.model_validate(row.document),
            scheme=Scheme.model_validate(row.scheme),
            organisations={key: Organisation.model_validate(value) for key, value in row.organisations.items()},
            scenarios={key: Scenario.model_validate(value) for key, value in row.scenarios.items()},
            enquiries={key: Enquiry.model_validate(value) for key, value in row.enquiries.items()},
            planned_at=row.planned_at,
        )

    async def wave_ids(self) -> tuple[str, ...]:
        """The planned waves, oldest first."""
        async with self._db.read() as connection:
            return tuple(await connection.scalars(sa.select(waves.c.id).order_by(waves.c.planned_at, waves.c.id)))

    # ------------------------------------------------------------------------------------------------ shops

    async def rows(
        self, *, wave: str | None = None, states: Collection[str] = (), channel: Channel | None = None
    ) -> tuple[ShopRow, ...]:
        """Shops by wave, state and channel, in order of plan."""
        query = sa.select(*_COLUMNS).order_by(shops.c.due_at, shops.c.number, shops.c.id)
        if wave is not None:
            query = query.where(shops.c.wave == wave)
        if states:
            query = query.where(shops.c.state.in_(states))
        if channel is not None:
            query = query.where(shops.c.channel == channel)
        async with self._db.read() as connection:
            return tuple(ShopRow(**row._mapping) for row in await connection.execute(query))

    async def row(self, shop: str) -> ShopRow:
        """One shop's row. Raises `KeyError` when there is no such shop."""
        async with self._db.read() as connection:
            found = (await connection.execute(sa.select(*_COLUMNS).where(shops.c.id == shop))).one_or_none()
        if found is None:
            raise KeyError(shop)
        return ShopRow(**found._mapping)

    async def about_to(self, shop: str, reference: str, at: dt.datetime) -> None:
        """The intent to send or dial, on disk before it is done. Raises `RuntimeError` if the shop is not planned."""
        await self._move(shop, {"planned"}, state="intent", intent_at=at, known_as=reference)

    async def done(self, shop: str, reference: str, at: dt.datetime) -> None:
        """It happened: the other side knows it by `reference`."""
        await self._move(shop, {"planned", "intent", "open"}, state="open", made_at=at, known_as=reference)

    async def await_until(self, shop: str, closes_at: dt.datetime) -> None:
        """When the window of an open shop closes."""
        await self._move(shop, {"open"}, closes_at=closes_at)

    async def observe(self, shop: str, observation: Observation, at: dt.datetime) -> None:
        """Add an observation, unless it says the same as the last."""
        document = observation.model_dump(mode="json")
        last = sa.select(observations.c.document).where(observations.c.shop == shop).order_by(observations.c.id.desc())
        async with self._db.write() as connection:
            if await connection.scalar(last.limit(1)) != document:
                await connection.execute(observations.insert().values(shop=shop, at=at, document=document))

    async def close(
        self,
        shop: str,
        observation: Observation,
        answers: tuple[Answer, ...],
        access: Points,
        quality: Points,
        scheme: str,
        at: dt.datetime,
    ) -> None:
        """The last observation, its answers and scores, and the state closed: all of it or nothing."""
        row = sa.select(shops.c.state, shops.c.made_at).where(shops.c.id == shop)
        async with self._db.write() as connection:
            state, made_at = (await connection.execute(row)).one()
            if state == "closed":
                return
            document = observation.model_dump(mode="json")
            await connection.execute(observations.insert().values(shop=shop, at=at, document=document))
            scored = {
                "answers": [given.model_dump(mode="json") for given in answers],
                "access": access.model_dump(mode="json"),
                "quality": quality.model_dump(mode="json"),
            }
            await connection.execute(scores.insert().values(shop=shop, scheme=scheme, at=at, document=scored))
            change = shops.update().where(shops.c.id == shop)
            await connection.execute(change.values(state="closed", closed_at=at, made_at=made_at or at))

    async def refuse(self, shop: str, why: str) -> None:
        """The guard refused it for good."""
        await self._move(shop, {"planned"}, state="refused", why=why)

    async def reinstate(self, shop: str) -> None:
        """What the guard refused may be asked of it again: the register has changed."""
        await self._move(shop, {"refused"}, state="planned", why="")

    async def postpone(self, shop: str, until: dt.datetime, why: str) -> None:
        """The guard said not now: try again at that moment."""
        await self._move(shop, {"planned"}, due_at=until, why=why)

    async def back_to_plan(self, shop: str) -> None:
        """It is certain that an intended contact never happened: it may be made after all."""
        await self._move(shop, {"intent"}, state="planned", known_as=None, intent_at=None)

    async def void(self, row: ShopRow, why: str, replacement: ShopRow | None) -> None:
        """Nobody can know whether it happened: never counted, and replaced by a new one with a new reference."""
        async with self._db.write() as connection:
            change = shops.update().where(shops.c.id == row.id, shops.c.state.in_(["intent", "open"]))
            if (await connection.execute(change.values(state="void", why=why))).rowcount and replacement:
                await connection.execute(shops.insert().values(**vars(replacement), shopper="probe"))

    async def shops(self, wave: str, scheme: str) -> tuple[Shop, ...]:
        """Every shop of a wave as the noun, with its newest observation and its scores under that scheme."""
        newest = sa.select(sa.func.max(observations.c.id)).group_by(observations.c.shop)
        query = (
            sa.select(shops, observations.c.document.label("seen"), scores.c.document.label("scored"))
            .outerjoin(observations, sa.and_(observations.c.shop == shops.c.id, observations.c.id.in_(newest)))
            .outerjoin(scores, sa.and_(scores.c.shop == shops.c.id, scores.c.scheme == scheme))
            .where(shops.c.wave == wave)
            .order_by(shops.c.organisation, shops.c.channel, shops.c.scenario, shops.c.number, shops.c.attempt)
        )
        async with self._db.read() as connection:
            return tuple(_shop(row, scheme) for row in await connection.execute(query))

    async def _move(self, shop: str, allowed: Collection[str], **values: object) -> None:
        async with self._db.write() as connection:
            change = shops.update().where(shops.c.id == shop, shops.c.state.in_(allowed)).values(**values)
            if not (await connection.execute(change)).rowcount:
                state = await connection.scalar(sa.select(shops.c.state).where(shops.c.id == shop))
                raise RuntimeError(f"shop {shop} is {state}, which does not allow this step: {values}")


def _shop(row: sa.Row[tuple[object, ...]], scheme: str) -> Shop:
    scored = row.scored or {"answers": (), "access": {}, "quality": {}}
    observation = Observation.model_validate(row.seen) if row.seen else None
    return Shop(
        id=row.id,
        wave=row.wave,
        organisation=row.organisation,
        scenario=row.scenario,
        enquiry=row.enquiry,
        channel=row.channel,
        shopper=row.shopper,
        target=row.target,
        made_at=row.made_at,
        state=row.state,
        observation=observation,
        answers=tuple(Answer.model_validate(given) for given in scored["answers"]),
        access=Points.model_validate(scored["access"]),
        quality=Points.model_validate(scored["quality"]),
        scheme=scheme if row.scored else "",
        counted=row.state == "closed" and observation is not None and observation.error is None,
    )
