"""Messages left by telephone are followed until they are returned: calls to our own numbers are asked for, kept,
matched and added to their contacts, and windows that are over are closed.

Every step can be repeated after a kill: what a contact is follows from its call and from the calls that are kept.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from probes.phone import callbacks
from probes.phone.carriers import Carrier
from results.callbacks import CallBack
from results.schema import Observation
from results.store import FrozenWave, ShopRow
from scenarios import finish
from scenarios.bench import Bench
from scenarios.programme import Programme

LATE = dt.timedelta(days=28)
"""How long after its window a message is still looked after. A call that comes so late is told, and does not count."""

_LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_TILL_THE_LIST_SHOWS = dt.timedelta(minutes=1)


class OwnNumbers:
    """Our numbers, and to how many contacts each was given, {(number, organisation): contacts} to begin with.

    A message gets the number given least.

    Ordinary calls show the first of them, and may be rung back too; so messages get it last. A number given to one
    organisation already is given to it again only when all are.
    """

    def __init__(self, numbers: Sequence[str], given: Mapping[tuple[str, str], int]) -> None:
        self._numbers = (*numbers[1:], *numbers[:1])
        self._given: Counter[str] = Counter()
        self._to: Counter[tuple[str, str]] = Counter()
        for (number, organisation), many in given.items():
            self._give(number, organisation, many)

    def next(self, organisation: str) -> str:
        """The number for a message that is about to be left with an organisation."""
        number = min(self._numbers, key=lambda one: (self._to[one, organisation], self._given[one]))
        self._give(number, organisation)
        return number

    def _give(self, number: str, organisation: str, many: int = 1) -> None:
        self._given[number] += many
        self._to[number, organisation] += many


class FollowedUp:
    """The messages of these waves, by id, and the calls that answer them."""

    def __init__(self, bench: Bench, waves: Mapping[str, FrozenWave]) -> None:
        self._bench = bench
        self._waves = waves

    async def begun(self, row: ShopRow, call: Observation) -> None:
        """A message was left, perhaps: the contact waits until its window closes."""
        made = await self._bench.store.row(row.id)
        closes_at = finish.closing_time(made, self._waves[row.wave])
        seen = callbacks.seen_with(call, (), self._lines(row), closes_at, closed=False)
        await self._bench.store.observe(row.id, finish.stamped(seen), self._bench.clock.now(), closes_at)

    async def open(self) -> tuple[ShopRow, ...]:
        """The contacts that still wait to be rung back."""
        return await self._rows(["open"])

    async def since(self) -> dt.datetime | None:
        """From when on calls to us may answer a message that is still looked after; None where there is none."""
        looked_after = await self._rows(later_than=self._bench.clock.now() - LATE)
        return min((row.made_at for row in looked_after if row.made_at), default=None)

    async def once(self, carrier: Carrier) -> int:
        """Ask for the calls that came, keep and match them, then close the windows that were over before.

        Returns how many were new. Raises `CarrierDown`; then every window stays open.
        """
        since = await self.since()
        if since is None:
            return 0
        began = self._bench.clock.now()
        new = await self._bench.callbacks.keep(await carrier.inbound(since))
        await self._read()
        for row in await self.open():
            if row.closes_at is not None and row.closes_at + _TILL_THE_LIST_SHOWS <= began:
                await self._look_again(row, closed=True)
        return new

    async def assign(self, id: int, row: ShopRow, by: str) -> None:
        """Somebody says which contact a call answers."""
        await self._bench.callbacks.settle(id, row.id, by)
        await self.look_again(row)

    async def observe(self, row: ShopRow, *, closed: bool) -> Observation:
        """What a contact has met with so far."""
        if row.closes_at is None:
            raise RuntimeError(f"shop {row.id} waits for no call-back")
        call = await self._seen(row)
        came = [_came(one) for one in await self._bench.callbacks.of(row.id)]
        return callbacks.seen_with(call, came, self._lines(row), row.closes_at, closed=closed)

    async def look_again(self, row: ShopRow) -> None:
        """More has become known of a contact: observe it anew, and where it is closed, score it anew."""
        await self._look_again(row, closed=row.state == "closed")

    # ------------------------------------------------------------------------------------------------ reading

    async def _read(self) -> None:
        """Match the calls that nobody has matched. One counts as read when its contact has been looked at again."""
        unread = await self._bench.callbacks.unread()
        if not unread:
            return
        messages = [await self._message(row) for row in await self._rows()]
        matched: set[str] = set()
        for call in unread:
            found = callbacks.match(_came(call), messages)
            if found is None or not found.sure:
                await self._bench.callbacks.settle(call.id, None, None, found.shop if found else None)
            else:
                await self._bench.callbacks.settle(call.id, found.shop, found.by)
                matched.add(found.shop)
        for shop in sorted(matched):
            await self.look_again(await self._bench.store.row(shop))
        await self._bench.callbacks.mark_read([call.id for call in unread])

    async def _look_again(self, row: ShopRow, *, closed: bool) -> None:
        seen = await self.observe(row, closed=closed)
        if closed:
            await finish.close(self._bench, self._waves[row.wave], row, seen)
        else:
            await self._bench.store.observe(row.id, seen, self._bench.clock.now())

    async def _seen(self, row: ShopRow) -> Observation:
        return (await self._bench.store.observations(row.id))[-1]

    async def _message(self, row: ShopRow) -> callbacks.Message:
        ended = (await self._seen(row)).moments["ended"]
        if row.closes_at is None or row.account is None:
            raise RuntimeError(f"shop {row.id} waits for no call-back")
        return callbacks.Message(
            row.id, row.organisation, row.account, row.target, self._lines(row), ended.lower, row.closes_at
        )

    async def _rows(
        self, states: Collection[str] = ("open", "closed"), later_than: dt.datetime = _LONG_AGO
    ) -> tuple[ShopRow, ...]:
        """The contacts that have waited to be rung back, or still do, and whose window closes later than that."""
        waves = self._waves.keys()
        return await self._bench.store.rows(waves=waves, channel="phone", states=states, closing_after=later_than)

    def _lines(self, row: ShopRow) -> frozenset[str]:
        organisation = self._waves[row.wave].organisations[row.organisation]
        return frozenset({row.target, *(line.number for line in organisation.contacts.lines)})


def own_numbers(programme: Programme) -> tuple[str, ...]:
    """Our own numbers, the one that ordinary calls show first."""
    return (programme.phone.caller, *programme.phone.numbers) if programme.phone else ()


def _came(call: CallBack) -> callbacks.Came:
    return callbacks.Came(call.own, call.caller, call.at)
