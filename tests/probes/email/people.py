"""The nouns that the e-mail tests share: one council, one enquiry, and memories in place of a database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from probes import Errand
from probes.email.watch import Incoming
from probes.guard import Effect
from results.schema import AnswerKey, Consent, Contacts, Enquiry, Limits, Organisation, Refusal, Scenario

ADDRESS = "customer.services@acorn.example"
SENT_AT = dt.datetime(2026, 11, 17, 10, 0, tzinfo=dt.UTC)

COUNCIL = Organisation(
    id="acorn",
    name="Acorn Borough Council",
    aliases=("Acorn Council",),
    contacts=Contacts(addresses=(ADDRESS,)),
    consent=Consent(
        agreed_by="Head of Customer Services",
        valid_from=dt.date(2020, 1, 1),
        until=dt.date(2090, 1, 1),
        channels=("email",),
        addresses=(ADDRESS,),
        limits=Limits(seconds_between_mails=0),
    ),
)
ENQUIRY = Enquiry(
    id="bulky-waste",
    service=573,
    title="Bulky waste collection",
    subject="Old sofa",
    words="Hello, I have an old sofa to get rid of – could you tell me how to book a collection and what it costs?",
    search="bulky waste",
    answer_key=AnswerKey(dated=dt.date(2026, 9, 1), source="website", points=(r"book online", r"£\s?25"), page="bulky"),
)
SCENARIO = Scenario(id="email-bulky", channel="email", enquiries=("bulky-waste",))


def errand(reference: str = "k7f2q", shop: str = "w1-acorn-1") -> Errand:
    return Errand(shop, COUNCIL, SCENARIO, (ENQUIRY,), ADDRESS, reference, "The partnership")


@dataclass
class Journal:
    """A journal in memory, which also remembers the order of things."""

    entries: list[tuple[str, str, str]] = field(default_factory=list)

    async def about_to(self, shop: str, reference: str, at: dt.datetime) -> None:
        self.entries.append(("about to", shop, reference))

    async def done(self, shop: str, reference: str, at: dt.datetime) -> None:
        self.entries.append(("done", shop, reference))


@dataclass
class Ledger:
    """A guard's ledger in memory."""

    paused: dict[str, str] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)

    async def pauses(self) -> Mapping[str, str]:
        return self.paused

    async def reserve(self, effect: Effect, at: dt.datetime, day: dt.date, most: int, gap: float) -> float | None:
        return 0.0

    async def occupy(self, effect: Effect, holder: str) -> bool:
        return True

    async def release(self, effect: Effect, holder: str) -> None:
        pass

    async def record(self, refusal: Refusal) -> None:
        self.refusals.append(refusal)


@dataclass
class Tray:
    """A tray in memory. `order` shows what was kept (how many) and advanced (up to which UID), in order."""

    marks: dict[tuple[str, str, int], int] = field(default_factory=dict)
    mails: dict[tuple[str, str, int, int], Incoming] = field(default_factory=dict)
    order: list[tuple[str, int]] = field(default_factory=list)

    async def watermark(self, account: str, folder: str, uidvalidity: int) -> int:
        return self.marks.get((account, folder, uidvalidity), 0)

    async def kept_above(self, account: str, folder: str, uidvalidity: int, uid: int) -> set[int]:
        return {each for *key, each in self.mails if tuple(key) == (account, folder, uidvalidity) and each > uid}

    async def keep(self, mails: Sequence[Incoming]) -> None:
        for mail in mails:
            self.mails[mail.account, mail.folder, mail.uidvalidity, mail.uid] = mail
        self.order.append(("keep", len(mails)))

    async def advance(self, account: str, folder: str, uidvalidity: int, uid: int) -> None:
        self.marks[account, folder, uidvalidity] = uid
        self.order.append(("advance", uid))
