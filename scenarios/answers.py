"""What a contact by e-mail has met with, from everything that is kept of it: mails, a person's word on them, replies
entered by hand. Nothing here touches a network; what a shop is follows from what is stored, every time anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from probes import email
from results.calendar import LONDON
from results.mailbag import StoredMail
from results.schema import Evidence, Moment, Observation
from results.store import FrozenWave, ShopRow
from scenarios import finish
from scenarios.bench import Bench

OWN_COPY = "own copy"
"""The kind of a mail that is our own copy of what we sent."""

ANSWERS_COME_WITHIN = dt.timedelta(days=90)
"""After the last day of a wave's fieldwork; longer where a window is open. So long are mails kept, too, unless told."""

UNSETTLED: tuple[email.Kind, ...] = ("unclear", "unreadable", "human reply")
"""The kinds of an answer that a person must look at: what it is, or whether it answers."""


class Answers:
    """The answers to the contacts of these waves, by id."""

    def __init__(self, bench: Bench, waves: Mapping[str, FrozenWave]) -> None:
        self._bench = bench
        self._waves = waves
        self._read: dict[int, tuple[str, email.Mail, email.Verdict]] = {}

    def forget(self) -> None:
        """Let go of the mails that have been read and not yet observed."""
        self._read.clear()

    async def observe(self, row: ShopRow, *, closed: bool) -> Observation:
        """What a shop has met with so far. Where a mail's text has been forgotten since, what was seen last stands."""
        bench, frozen = self._bench, self._waves[row.wave]
        came = [stored for stored in await bench.mailbag.of(row.id) if stored.kind != OWN_COPY]
        if any(stored.forgotten_at for stored in came):
            return (await bench.store.observations(row.id))[-1]
        answers: list[email.Answer] = []
        evidence: list[Evidence] = []
        for stored in came:
            mail, verdict = self.read(row, stored)
            self._read.pop(stored.id, None)
            links = await bench.mailbag.links_of(stored.id) if verdict.kind in email.HUMAN else {}
            answers.append(email.Answer(mail, verdict, stored.received, stored.folder, links))
            name, since = f"{row.id}.{stored.id}.eml", stored.received.astimezone(LONDON).date()
            kept = await bench.evidence.keep("mail", name, "message/rfc822", stored.raw, since)
            evidence.append(kept)
        seen = email.observe(
            _sent_moment(row),
            answers,
            persona=email.Persona.named(row.persona) if row.persona else email.persona(row.reference),
            organisation=frozen.organisations[row.organisation],
            enquiry=frozen.enquiries[row.enquiry],
            closes_at=row.closes_at or finish.closing_time(row, frozen),
            closed=closed,
            by_hand=[
                email.ByHand(entry.way, entry.at, entry.answers)  # type: ignore[arg-type] # checked when entered
                for entry in await bench.mailbag.by_hand(row.id)
            ],
        )
        return seen.model_copy(update={"evidence": tuple(evidence)})

    async def look_again(self, row: ShopRow) -> None:
        """More has become known of a shop: observe it anew, and where it is closed, score what it had in its window.

        A shop that never had a window, because its e-mail was refused at once, stays as it is.
        """
        if row.state == "open":
            seen = await self.observe(row, closed=False)
            await self._bench.store.observe(row.id, finish.stamped(seen), self._bench.clock.now())
        elif row.state == "closed" and row.closes_at is not None:
            seen = await self.observe(row, closed=True)
            await finish.close(self._bench, self._waves[row.wave], row, seen)

    def read(self, row: ShopRow, stored: StoredMail) -> tuple[email.Mail, email.Verdict]:
        """A mail as it can be looked at, without our own words, and what it is: as a person or its signs say."""
        kept = self._read.get(stored.id)
        if kept is not None and kept[0] == row.id and not stored.judged:
            return kept[1], kept[2]
        enquiry = self._waves[row.wave].enquiries[row.enquiry]
        mail = email.read(stored.raw, ours=enquiry.words)
        if stored.judged and stored.kind is not None:
            verdict = email.Verdict(stored.kind, 1.0, ("a person said so",))  # type: ignore[arg-type] # checked when said
        else:
            verdict = email.classify(mail, _elapsed(row, stored.received), email.points_of(enquiry))
        self._read[stored.id] = row.id, mail, verdict
        return mail, verdict


def _sent_moment(row: ShopRow) -> Moment:
    if row.made_at is None:
        raise ValueError(f"shop {row.id} has not been made")
    lower = min(row.intent_at or row.made_at, row.made_at)
    return Moment(lower=lower, upper=row.made_at, source="our clock, when the mail server accepted it")


def _elapsed(row: ShopRow, received: dt.datetime) -> float | None:
    return max(0.0, (received - row.made_at).total_seconds()) if row.made_at else None


async def every_wave(bench: Bench) -> dict[str, FrozenWave]:
    """All planned waves: one mailbox serves them all, and a reply to any of them may come at any time."""
    return await _waves(bench, await bench.store.wave_ids())


async def awaited_waves(bench: Bench) -> dict[str, FrozenWave]:
    """Those of them to which answers are still looked for: a night of a year ago would cost every round its reading.

    Whatever comes later is kept as mail that belongs to nothing, until a person says to what.
    """
    since = bench.clock.now().astimezone(LONDON).date() - ANSWERS_COME_WITHIN
    return await _waves(bench, await bench.store.wave_ids(awaited_since=since))


async def _waves(bench: Bench, ids: Sequence[str]) -> dict[str, FrozenWave]:
    waves = [await bench.store.wave(id) for id in ids]
    return {each.wave.id: each for each in waves if each is not None}
