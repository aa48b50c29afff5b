"""The store: waves, shops and what became of them. Every change is on disk before the call returns.

A shop goes planned -> intent -> open -> closed; or it is void (nobody knows whether it happened; another may replace
it) or refused (the guard said no). What the guard remembers is in `results.ledger`, received mail in `results.mailbag`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from results.database import Database
from results.schema import (
    Answer,
    Channel,
    Enquiry,
    Noun,
    Observation,
    Organisation,
    Points,
    Scenario,
    Scheme,
    Shop,
    Shopper,
    Wave,
)
from results.shops import Scored, of_wave, write
from results.tables import editions, observations, shops, waves

Kind = TypeVar("Kind", bound=Noun)


@dataclass(frozen=True)
class FrozenWave:
    """A wave as it was planned: nothing that changes in the programme folder later changes this.

    Or a later edition of it: the same contacts judged by other calendars or another scheme, for the reason `why`.
    """

    wave: Wave
    scheme: Scheme
    organisations: Mapping[str, Organisation]
    scenarios: Mapping[str, Scenario]
    enquiries: Mapping[str, Enquiry]
    planned_at: dt.datetime
    edition: int = 0
    edition_at: dt.datetime | None = None
    why: str = ""

    @property
    def basis(self) -> str:
        """The digest under which the scores of this edition are kept."""
        if self.edition == 0:
            return self.scheme.digest
        return basis(self.scheme, self.organisations)


def basis(scheme: Scheme, organisations: Mapping[str, Organisation]) -> str:
    """SHA-256 over what scores depend on besides what was seen: the scheme and everybody's calendar."""
    hours = {id: organisation.hours.model_dump(mode="json") for id, organisation in organisations.items()}
    return hashlib.sha256(json.dumps([scheme.digest, hours], sort_keys=True).encode()).hexdigest()


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
    account: str | None = None
    persona: str | None = None
    shopper: Shopper = "probe"


_ALIKE = 64
"""Nights of a schedule are alike: what so many waves were frozen with is read once, and once in memory."""


@lru_cache(maxsize=_ALIKE)
def _scheme(text: str) -> Scheme:
    return Scheme.model_validate_json(text)


@lru_cache(maxsize=_ALIKE)
def _nouns(kind: type[Kind], text: str) -> Mapping[str, Kind]:
    return {key: kind.model_validate(value) for key, value in json.loads(text).items()}


def _as_texts(table: sa.Table) -> sa.Select[Any]:
    """All columns of a table, with JSON as it is written."""
    return sa.select(
        *(sa.cast(each, sa.Text).label(each.name) if isinstance(each.type, sa.JSON) else each for each in table.c)
    )


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
        shopper=scenario.shopper,
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
                await connection.execute(shops.insert(), [vars(row) for row in rows])
            return True

    async def wave(self, wave: str, edition: int | None = None) -> FrozenWave | None:
        """A planned wave in its newest edition or the one asked for (0: as planned); None when there is none such."""
        later = _as_texts(editions).where(editions.c.wave == wave).order_by(editions.c.number.desc()).limit(1)
        if edition is not None:
            later = later.where(editions.c.number == edition)
        async with self._db.read() as connection:
            row = (await connection.execute(_as_texts(waves).where(waves.c.id == wave))).one_or_none()
            newer = (await connection.execute(later)).one_or_none() if edition != 0 else None
        if row is None or (edition and newer is None):
            return None
        judged_by = newer or row
        return FrozenWave(
            wave=Wave.model_validate_json(row.document),
            scheme=_scheme(judged_by.scheme),
            organisations=_nouns(Organisation, judged_by.organisations),
            scenarios=_nouns(Scenario, row.scenarios),
            enquiries=_nouns(Enquiry, row.enquiries),
            planned_at=row.planned_at,
            edition=newer.number if newer else 0,
            edition_at=newer.at if newer else None,
            why=newer.why if newer else "",
        )

    async def add_edition(self, frozen: FrozenWave, at: dt.datetime) -> None:
        """Keep a later edition. What it is scored by is then never changed."""
        async with self._db.write() as connection:
            await connection.execute(
                editions.insert().values(
                    wave=frozen.wave.id,
                    number=frozen.edition,
                    at=at,
                    why=frozen.why,
                    scheme=frozen.scheme.model_dump(mode="json"),
                    organisations={key: value.model_dump(mode="json") for key, value in frozen.organisations.items()},
                )
            )

    async def add(self, rows: Sequence[ShopRow]) -> None:
        """More contacts of a planned wave, all or none."""
        async with self._db.write() as connection:
            if rows:
                await connection.execute(shops.insert(), [vars(row) for row in rows])

    async def wave_ids(self, awaited_since: dt.date | None = None) -> tuple[str, ...]:
        """The planned waves, oldest first.

        `awaited_since`: only those whose fieldwork goes on until then or longer, or that wait for something still.
        """
        query = sa.select(waves.c.id).order_by(waves.c.planned_at, waves.c.id)
        if awaited_since is not None:
            until = waves.c.document["fieldwork_until"].as_string()
            waiting = sa.select(shops.c.wave).where(shops.c.state.in_(["intent", "open"]))
            query = query.where(sa.or_(until >= awaited_since.isoformat(), waves.c.id.in_(waiting)))
        async with self._db.read() as connection:
            return tuple(await connection.scalars(query))

    # ------------------------------------------------------------------------------------------------ shops

    async def rows(
        self,
        *,
        wave: str | None = None,
        waves: Collection[str] | None = None,
        states: Collection[str] = (),
        channel: Channel | None = None,
        organisation: str | None = None,
        shopper: Shopper = "probe",
        closing_by: dt.datetime | None = None,
        closing_after: dt.datetime | None = None,
        due_by: dt.datetime | None = None,
    ) -> tuple[ShopRow, ...]:
        """The probes' (or the people's) shops by wave(s), state, channel and organisation, in order of plan.

        `closing_by`: only those whose window closes by then, or is not known yet. `closing_after`: only those that have
        a window, and it closes later. `due_by`: only those that are due by then.
        """
        query = (
            sa.select(*_COLUMNS).where(shops.c.shopper == shopper).order_by(shops.c.due_at, shops.c.number, shops.c.id)
        )
        if wave is not None:
            query = query.where(shops.c.wave == wave)
        if waves is not None:
            query = query.where(shops.c.wave.in_(waves))
        if states:
            query = query.where(shops.c.state.in_(states))
        if channel is not None:
            query = query.where(shops.c.channel == channel)
        if organisation is not None:
            query = query.where(shops.c.organisation == organisation)
        if closing_by is not None:
            query = query.where(sa.or_(shops.c.closes_at.is_(None), shops.c.closes_at <= closing_by))
        if due_by is not None:
            query = query.where(shops.c.due_at <= due_by)
        if closing_after is not None:
            query = query.where(shops.c.closes_at > closing_after)
        async with self._db.read() as connection:
            return tuple(ShopRow(**row._mapping) for row in await connection.execute(query))

    async def how_many(self, states: Collection[str], channel: Channel | None = None) -> int:
        """How many of the probes' shops are in one of these states."""
        query = sa.select(sa.func.count()).where(shops.c.shopper == "probe", shops.c.state.in_(states))
        if channel is not None:
            query = query.where(shops.c.channel == channel)
        async with self._db.read() as connection:
            return await connection.scalar(query) or 0

    async def row(self, shop: str) -> ShopRow:
        """One shop's row. Raises `KeyError` when there is no such shop."""
        async with self._db.read() as connection:
            found = (await connection.execute(sa.select(*_COLUMNS).where(shops.c.id == shop))).one_or_none()
        if found is None:
            raise KeyError(shop)
        return ShopRow(**found._mapping)

    async def last_written(self, organisation: str) -> Mapping[str, dt.datetime]:
        """When each of our mailboxes last began to write to an organisation."""
        written = shops.c.organisation == organisation, shops.c.channel == "email", shops.c.shopper == "probe"
        last = sa.func.max(shops.c.intent_at)
        query = sa.select(shops.c.account, last).where(*written, shops.c.account.is_not(None)).group_by(shops.c.account)
        async with self._db.read() as connection:
            return {account: at for account, at in await connection.execute(query) if at is not None}

    async def numbers_given(self) -> Mapping[tuple[str, str], int]:
        """To how many contacts that are not over each of our numbers was given: {(number, organisation): contacts}."""
        given = shops.c.account.is_not(None), shops.c.channel == "phone", shops.c.shopper == "probe"
        not_over = shops.c.state.in_(["planned", "intent", "open"])
        of = shops.c.account, shops.c.organisation
        query = sa.select(*of, sa.func.count()).where(*given, not_over).group_by(*of)
        async with self._db.read() as connection:
            return {(number, organisation): many for number, organisation, many in await connection.execute(query)}

    async def known(self, references: Collection[str]) -> set[str]:
        """Those of these references by which the other side knows one of our contacts."""
        query = sa.select(shops.c.known_as).where(
            shops.c.known_as.in_(references), shops.c.state.in_(["open", "closed"])
        )
        async with self._db.read() as connection:
            return set(await connection.scalars(query)) if references else set()

    async def assign(self, shop: str, account: str, persona: str | None = None) -> None:
        """Which mailbox of ours will write, and as whom; or which number of ours will be shown."""
        await self._move(shop, {"planned"}, account=account, persona=persona)

    async def about_to(self, shop: str, reference: str, at: dt.datetime) -> None:
        """The intent to send or dial, on disk before it is done. Raises `RuntimeError` if the shop is not planned."""
        await self._move(shop, {"planned"}, state="intent", intent_at=at, known_as=reference)

    async def done(self, shop: str, reference: str, at: dt.datetime) -> None:
        """It happened: the other side knows it by `reference`."""
        await self._move(shop, {"planned", "intent", "open"}, state="open", made_at=at, known_as=reference)

    async def try_again(self, shop: str, attempt: Observation, at: dt.datetime, due_at: dt.datetime) -> None:
        """An attempt is over and another follows: it is kept, and the shop is planned anew, in one step."""
        async with self._db.write() as connection:
            await _observed(connection, shop, attempt.model_dump(mode="json"), at)
            change = shops.update().where(shops.c.id == shop, shops.c.state == "open")
            await connection.execute(change.values(state="planned", due_at=due_at, intent_at=None, known_as=None))

    async def observations(self, shop: str) -> tuple[Observation, ...]:
        """All that was seen of a shop, in order: for a call that is tried again, its attempts so far."""
        query = sa.select(observations.c.document).where(observations.c.shop == shop).order_by(observations.c.id)
        async with self._db.read() as connection:
            return tuple(Observation.model_validate(document) for document in await connection.scalars(query))

    async def await_until(self, shop: str, closes_at: dt.datetime) -> None:
        """When the window of a shop closes, or closed under the newest edition's calendar."""
        await self._move(shop, {"open", "closed"}, closes_at=closes_at)

    async def observe(
        self, shop: str, observation: Observation, at: dt.datetime, closes_at: dt.datetime | None = None
    ) -> None:
        """Add an observation, unless it says the same as the last; with when the shop's window closes, in one step."""
        async with self._db.write() as connection:
            await _observed(connection, shop, observation.model_dump(mode="json"), at)
            if closes_at is not None:
                change = shops.update().where(shops.c.id == shop, shops.c.state == "open")
                await connection.execute(change.values(closes_at=closes_at))

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
        """The last observation, its answers and scores, and the state closed: all of it or nothing.

        A closed shop may be closed again: by another edition, whose scores stand beside the first, or because more has
        become known, when they take the place of those of the same edition. Observations are only ever added.
        """
        row = sa.select(shops.c.state, shops.c.made_at, shops.c.closed_at).where(shops.c.id == shop)
        async with self._db.write() as connection:
            state, made_at, closed_at = (await connection.execute(row)).one()
            if state not in ("planned", "intent", "open", "closed"):
                return
            seen = await _observed(connection, shop, observation.model_dump(mode="json"), at)
            await write(connection, shop, Scored(scheme, answers, access, quality), at, seen)
            change = shops.update().where(shops.c.id == shop)
            await connection.execute(change.values(state="closed", closed_at=closed_at or at, made_at=made_at or at))

    async def reopen(self, shop: str, observation: Observation, at: dt.datetime) -> None:
        """A later edition's window is still open: the shop waits again. What earlier editions scored stays."""
        async with self._db.write() as connection:
            await _observed(connection, shop, observation.model_dump(mode="json"), at)
            change = shops.update().where(shops.c.id == shop, shops.c.state == "closed")
            await connection.execute(change.values(state="open", closed_at=None))

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
        await self._move(shop, {"planned", "intent"}, state="planned", known_as=None, intent_at=None)

    async def void(self, row: ShopRow, why: str, replacement: ShopRow | None) -> None:
        """Nobody can know whether it happened: never counted, and replaced by a new one with a new reference."""
        async with self._db.write() as connection:
            change = shops.update().where(shops.c.id == row.id, shops.c.state.in_(["intent", "open"]))
            if (await connection.execute(change.values(state="void", why=why))).rowcount and replacement:
                await connection.execute(shops.insert().values(**vars(replacement)))

    async def shops(self, frozen: FrozenWave) -> tuple[Shop, ...]:
        """Every shop of a wave as the noun, with what was seen and how that edition scored it."""
        async with self._db.read() as connection:
            return await of_wave(connection, frozen.wave.id, frozen.basis)

    async def _move(self, shop: str, allowed: Collection[str], **values: object) -> None:
        async with self._db.write() as connection:
            change = shops.update().where(shops.c.id == shop, shops.c.state.in_(allowed)).values(**values)
            if not (await connection.execute(change)).rowcount:
                state = await connection.scalar(sa.select(shops.c.state).where(shops.c.id == shop))
                raise RuntimeError(f"shop {shop} is {state}, which does not allow this step: {values}")


async def _observed(connection: AsyncConnection, shop: str, document: object, at: dt.datetime) -> int:
    """The id of the observation, added unless it says the same as the shop's last."""
    last = (
        sa.select(observations.c.id, observations.c.document)
        .where(observations.c.shop == shop)
        .order_by(observations.c.id.desc())
        .limit(1)
    )
    same = (await connection.execute(last)).one_or_none()
    if same is not None and same.document == document:
        return int(same.id)
    added = await connection.execute(observations.insert().values(shop=shop, at=at, document=document))
    return int((added.inserted_primary_key or (0,))[0])
