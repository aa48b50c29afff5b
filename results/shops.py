"""Shops as reports take them: how their scores are written, and how each is put together again from its rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from results import scoring
from results.schema import Answer, Appeal, Observation, Points, Scheme, Shop
from results.tables import appeals, observations, scores, shops


@dataclass(frozen=True)
class Scored:
    """What a shop's scores under one edition are made of. `basis`: the edition's digest. `comments`: a person's."""

    basis: str
    answers: tuple[Answer, ...]
    access: Points
    quality: Points
    comments: tuple[str, ...] = ()


def scored(answers: tuple[Answer, ...], scheme: Scheme, basis: str, comments: tuple[str, ...] = ()) -> Scored:
    """Answers with the points that they earn."""
    access, quality = (scoring.points(answers, scheme, stage) for stage in ("access", "quality"))
    return Scored(basis, answers, access, quality, comments)


async def write(connection: AsyncConnection, shop: str, own: Scored, at: dt.datetime, seen: int | None = None) -> None:
    """Put a shop's scores in the place of those of the same edition. `seen`: the observation that was scored."""
    document = {
        "answers": [given.model_dump(mode="json") for given in own.answers],
        "access": own.access.model_dump(mode="json"),
        "quality": own.quality.model_dump(mode="json"),
        **({"comments": list(own.comments)} if own.comments else {}),
    }
    same = (scores.c.shop == shop, scores.c.scheme == own.basis)
    if seen is None:
        seen = await connection.scalar(sa.select(scores.c.observation).where(*same))
    await connection.execute(scores.delete().where(*same))
    await connection.execute(
        scores.insert().values(shop=shop, scheme=own.basis, at=at, observation=seen, document=document)
    )


async def of_wave(connection: AsyncConnection, wave: str, basis: str) -> tuple[Shop, ...]:
    """Every shop of a wave, with what was seen, how the edition of that digest scored it, and its appeals."""
    newest = sa.select(sa.func.max(observations.c.id)).group_by(observations.c.shop)
    seen = observations.alias("seen")
    query = (
        sa.select(
            shops,
            sa.func.coalesce(seen.c.document, observations.c.document).label("seen"),
            scores.c.document.label("scored"),
        )
        .outerjoin(observations, sa.and_(observations.c.shop == shops.c.id, observations.c.id.in_(newest)))
        .outerjoin(scores, sa.and_(scores.c.shop == shops.c.id, scores.c.scheme == basis))
        .outerjoin(seen, seen.c.id == scores.c.observation)
        .where(shops.c.wave == wave)
        .order_by(shops.c.organisation, shops.c.channel, shops.c.scenario, shops.c.number, shops.c.attempt)
    )
    objections = sa.select(appeals).join(shops, shops.c.id == appeals.c.shop).where(shops.c.wave == wave)
    made: dict[str, list[Appeal]] = {}
    for row in await connection.execute(objections.order_by(appeals.c.id)):
        made.setdefault(row.shop, []).append(Appeal.model_validate(row.document))
    return tuple(_shop(row, basis, made) for row in await connection.execute(query))


def _shop(row: sa.Row[tuple[object, ...]], basis: str, made: Mapping[str, Sequence[Appeal]]) -> Shop:
    own = row.scored or {"answers": (), "access": {}, "quality": {}}
    observation = Observation.model_validate(row.seen) if row.seen else None
    shop = Shop(
        id=row.id,
        wave=row.wave,
        organisation=row.organisation,
        scenario=row.scenario,
        enquiry=row.enquiry,
        channel=row.channel,
        shopper=row.shopper,
        target=row.target,
        made_at=row.made_at,
        state="closed" if row.scored else row.state,
        observation=observation,
        answers=tuple(Answer.model_validate(given) for given in own["answers"]),
        access=Points.model_validate(own["access"]),
        quality=Points.model_validate(own["quality"]),
        scheme=basis if row.scored else "",
        by=(row.account or "") if row.shopper == "person" else "",
        comments=tuple(own.get("comments", ())),
        appeals=tuple(made.get(row.id, ())),
    )
    return shop.model_copy(update={"counted": _valid(shop) and not shop.disputed})


def _valid(shop: Shop) -> bool:
    """A probe's shop needs something seen without error; a person's needs a form that was marked."""
    if shop.shopper == "person":
        return bool(shop.scheme)
    return shop.state == "closed" and shop.observation is not None and shop.observation.error is None
