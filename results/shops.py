"""Shops as reports take them: how their scores are written, and how each is put together again from its rows."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from results import scoring
from results.schema import Answer, Appeal, Observation, Points, Scheme, Shop, Standing
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
    last = (
        sa.select(observations.c.shop, sa.func.max(observations.c.id).label("id"))
        .join(shops, shops.c.id == observations.c.shop)
        .where(shops.c.wave == wave)
        .group_by(observations.c.shop)
        .subquery()
    )
    query = (
        sa.select(
            shops,
            sa.cast(observations.c.document, sa.Text).label("seen"),
            sa.cast(scores.c.document, sa.Text).label("scored"),
        )
        .outerjoin(scores, sa.and_(scores.c.shop == shops.c.id, scores.c.scheme == basis))
        .outerjoin(last, last.c.shop == shops.c.id)
        .outerjoin(observations, observations.c.id == sa.func.coalesce(scores.c.observation, last.c.id))
        .where(shops.c.wave == wave)
    )
    objections = sa.select(appeals).join(shops, shops.c.id == appeals.c.shop).where(shops.c.wave == wave)
    made: dict[str, list[Appeal]] = {}
    for row in await connection.execute(objections.order_by(appeals.c.id)):
        made.setdefault(row.shop, []).append(Appeal.model_validate(row.document))
    scored_as = _Scores(basis)
    rows = await connection.execute(query)
    # Sorted here: a database would carry every document through its sort.
    found = [((row.scenario, row.number, row.attempt), _shop(row, made, scored_as)) for row in rows]
    found.sort(key=lambda one: (one[1].organisation, one[1].channel, one[0]))
    return tuple([shop for _, shop in found])


_OF_SHOPS, _OF_ANSWERS = set(Shop.model_fields), set(Answer.model_fields)
"""The fields that are set: all of them, and one set says so for all shops, and for all answers, of a large wave."""


class _Sums(BaseModel):
    """What stands in a document of scores beside the answers."""

    access: Points
    quality: Points
    comments: tuple[str, ...] = ()


class _Answers(dict[str, Answer]):
    """{an answer as it stands in a document, without its braces: the answer}. It is checked when it is met first."""

    def __missing__(self, piece: str) -> Answer:
        known = self[piece] = Answer.model_validate_json(f"{{{piece}}}")
        object.__setattr__(known, "__pydantic_fields_set__", _OF_ANSWERS)
        return known


class _Scores:
    """Documents of scores read. Equal answers are the same object: of a million, few are unlike all the others.

    An answer that was met before is known by its text, before anything is parsed. A document is cut where one answer
    ends and the next begins; where what looks like that stands within a text, the piece before it is no whole answer,
    nothing knows it, and the document is read as a whole.
    """

    _OPENING, _BETWEEN, _CLOSING = '{"answers": [{', "}, {", '}], "access": '

    def __init__(self, basis: str) -> None:
        self._basis = basis
        self._known = _Answers()

    def read(self, document: str) -> Scored:
        """A shop's scores."""
        answers, closing, rest = document.partition(self._CLOSING)
        if not closing or not answers.startswith(self._OPENING):
            return self._whole(document)
        pieces = answers[len(self._OPENING) :].split(self._BETWEEN)
        try:
            given = tuple(map(self._known.__getitem__, pieces))
            return self._scored(given, _Sums.model_validate_json(f'{{"access": {rest}'))
        except ValueError:  # pydantic's is of this kind
            return self._whole(document)

    def _whole(self, document: str) -> Scored:
        read = json.loads(document)
        answers = tuple([Answer.model_validate(one) for one in read.pop("answers")])
        return self._scored(answers, _Sums.model_validate(read))

    def _scored(self, answers: tuple[Answer, ...], sums: _Sums) -> Scored:
        return Scored(self._basis, answers, sums.access, sums.quality, sums.comments)


def _shop(row: sa.Row[tuple[object, ...]], made: Mapping[str, Sequence[Appeal]], scores: _Scores) -> Shop:
    """A shop. A probe's counts where something was seen without error; a person's, where a form was marked."""
    own = scores.read(row.scored) if row.scored else Scored("", (), Points(), Points())
    observation = Observation.model_validate_json(row.seen) if row.seen else None
    person = row.shopper == "person"
    state: Standing = "closed" if row.scored else row.state
    objections = made.get(row.id, ())
    valid = bool(row.scored) if person else state == "closed" and observation is not None and observation.error is None
    # What the store holds was checked when it was written, and its parts as they were read: once is enough.
    return Shop.model_construct(
        _OF_SHOPS,
        id=row.id,
        wave=row.wave,
        organisation=row.organisation,
        scenario=row.scenario,
        enquiry=row.enquiry,
        channel=row.channel,
        shopper=row.shopper,
        target=row.target,
        made_at=row.made_at,
        state=state,
        observation=observation,
        answers=own.answers,
        access=own.access,
        quality=own.quality,
        scheme=own.basis,
        counted=valid and not any(one.sets_aside for one in objections),
        by=(row.account or "") if person else "",
        comments=own.comments,
        appeals=tuple(objections),
    )
