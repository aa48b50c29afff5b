"""What a contact by e-mail has met with, from everything that is kept of it: mails, a person's word on them, replies
entered by hand. Nothing here touches a network; what a shop is follows from what is stored, every time anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from probes import email
from results.mailbag import StoredMail
from results.schema import Evidence, Moment, Observation
from results.store import FrozenWave, ShopRow
from scenarios import finish
from scenarios.bench import Bench

OWN_COPY = "own copy"
"""The kind of a mail that is our own copy of what we sent."""

UNSETTLED: tuple[email.Kind, ...] = ("unclear", "unreadable", "human reply")
"""The kinds of an answer that a person must look at: what it is, or whether it answers."""


class Answers:
    """The answers to the contacts of these waves, by id."""

    def __init__(self, bench: Bench, waves: Mapping[str, FrozenWave]) -> None:
        self._bench = bench
        self._waves = waves

    async def observe(self, row: ShopRow, *, closed: bool) -> Observation:
        """What a shop has met with so far."""
        bench, frozen = self._bench, self._waves[row.wave]
        answers: list[email.Answer] = []
        evidence: list[Evidence] = []
        for stored in await bench.mailbag.of(row.id):
            if stored.kind == OWN_COPY:
                continue
            mail, links = self.mail(row, stored), await bench.mailbag.links_of(stored.id)
            verdict = self.verdict(row, stored, mail)
            answers.append(email.Answer(mail, verdict, stored.received, stored.folder, links))
            kept = await bench.evidence.keep("mail", f"{row.id}.{stored.id}.eml", "message/rfc822", stored.raw)
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

    def verdict(self, row: ShopRow, stored: StoredMail, mail: email.Mail) -> email.Verdict:
        """What a mail is: what a person said, or what its signs say."""
        if stored.judged and stored.kind is not None:
            return email.Verdict(stored.kind, 1.0, ("a person said so",))  # type: ignore[arg-type] # checked when said
        points = email.points_of(self._waves[row.wave].enquiries[row.enquiry])
        return email.classify(mail, _elapsed(row, stored.received), points)

    def mail(self, row: ShopRow, stored: StoredMail) -> email.Mail:
        """A mail as it can be looked at, without our own words."""
        return email.read(stored.raw, ours=self._waves[row.wave].enquiries[row.enquiry].words)


def _sent_moment(row: ShopRow) -> Moment:
    if row.made_at is None:
        raise ValueError(f"shop {row.id} has not been made")
    lower = min(row.intent_at or row.made_at, row.made_at)
    return Moment(lower=lower, upper=row.made_at, source="our clock, when the mail server accepted it")


def _elapsed(row: ShopRow, received: dt.datetime) -> float | None:
    return max(0.0, (received - row.made_at).total_seconds()) if row.made_at else None


async def every_wave(bench: Bench) -> dict[str, FrozenWave]:
    """All planned waves: one mailbox serves them all, and a reply to any of them may come at any time."""
    waves = [await bench.store.wave(id) for id in await bench.store.wave_ids()]
    return {each.wave.id: each for each in waves if each is not None}
