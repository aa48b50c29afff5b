"""The wave report as data: what `wave-report.json` holds and what every other form of the report is rendered from.

Shares and scores are 0..1, times are in the unit their field names, and every figure carries its base and the ids of
the shops behind it. How the report is put together lives in `results.report.wave`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field

from results.agreement import Agreements
from results.benchmark import Benchmark, Interval, Rank, Rounded, Score
from results.change import Change
from results.findings import Findings
from results.kpis import Figure, LineFigures, PartnershipFigure
from results.plans import Promised
from results.schema import Appeal, Channel, Id, Noun, Points, Shopper, Stage, State, Tier
from results.times import Replies, Times


class Cell(Noun):
    """One criterion answered for one shop, in words."""

    criterion: str
    words: str
    marks: Rounded | None
    state: State
    why: str


class EvidenceRow(Noun):
    """A file of the evidence folder, named by its digest."""

    kind: str
    name: str
    sha256: str
    size: int
    keep_until: dt.date


class ShopRow(Noun):
    """One contact. `anchor`: its place in the page. `happened`: plain sentences. Texts from outside are cut short."""

    anchor: str
    id: str
    shopper: Literal["probe", "person"]
    made_at: AwareDatetime | None
    made: str
    contact: str
    enquiry: str
    state: str
    counted: bool
    happened: tuple[str, ...]
    cells: tuple[Cell, ...]
    access: Points
    quality: Points
    notes: tuple[str, ...]
    evidence: tuple[EvidenceRow, ...]


def in_columns(shop: ShopRow, told: list[str], places: Mapping[str, int], nothing: str) -> list[str]:
    """What is `told` of each of a shop's cells, in the columns of its channel. `places`: {criterion: its column}.

    `nothing`: what stands in the columns of questions that the shop has no cell for.
    """
    if len(told) == len(places):  # cells stand in the order of the columns
        return told
    found = [nothing] * len(places)
    for cell, one in zip(shop.cells, told, strict=True):
        found[places[cell.criterion]] = one
    return found


class StandardMet(Noun):
    """How often a standard of the profile was met: full marks on the criterion that measures it.

    `base`: contacts to which it applied and could be measured; `words`: counts alone under a base of ten.
    """

    criterion: str
    channel: Channel
    short: str
    standard: str
    met: int
    base: int
    words: str
    caution: str = ""
    interval: Interval | None = None


class CriterionMarks(Noun):
    """One organisation's marks on one criterion: their mean 0..1 over `base` counted contacts."""

    criterion: str
    mean: Rounded
    base: int


class Service(Noun):
    """One service in one channel. `service`: its LGSL id, None where the wave's enquiries do not tell.

    `score`: over all the contacts together; `headline`: the channel's first figure, for the partnership only.
    """

    service: int | None
    title: str
    channel: Channel
    score: Score
    headline: Figure | None = None


class StaffTime(Noun):
    """Staff time that the wave used: an estimate. `call_minutes`: from the answer to the end of calls that somebody
    answered; `minutes`: those and `minutes_a_reply` for each reply that a person wrote."""

    calls: int
    call_minutes: Rounded
    replies: int
    minutes_a_reply: float
    minutes: Rounded


class ReferenceFigure(Noun):
    """A published figure, or one the user supplied, beside a measure of this report. None of them is a target.

    `value`: in the measure's unit; `base`: what it rests on, in words, as far as the source says.
    """

    group: str
    year: str
    source: str
    measure: str
    channel: Channel
    label: str
    value: Rounded
    words: str
    base: str = ""
    note: str = ""


class OrganisationChannel(Noun):
    """One organisation in one channel. `not_counted`: {why: contacts}; `set_aside`: {state: answers}."""

    channel: Channel
    score: Score
    rank: Rank | None
    figures: tuple[Figure, ...]
    lines: tuple[LineFigures, ...] = Field(default=(), description="by kind of line, where there are several")
    findings: Findings = Field(description="of this channel, good first, then However")
    changes: tuple[Change, ...] = Field(default=(), description="since the earlier wave, where there is one")
    times: Times | None
    replies: Replies | None = Field(default=None, description="how soon e-mails are replied to")
    standards: tuple[StandardMet, ...] = ()
    marks: tuple[CriterionMarks, ...] = ()
    not_counted: Mapping[str, int]
    set_aside: Mapping[str, int]
    by_shopper: Mapping[Shopper, Score] = Field(
        default={}, description="the probes' contacts and the people's apart, where there are both"
    )
    shops: tuple[ShopRow, ...]

    @property
    def contacts(self) -> int:
        """All contacts, counted or not."""
        return self.score.contacts + sum(self.not_counted.values())


class OrganisationPart(Noun):
    """One organisation's section."""

    id: Id
    name: str
    tier: Tier
    channels: tuple[OrganisationChannel, ...]
    findings: Findings
    services: tuple[Service, ...] = ()
    staff: StaffTime | None = None
    withheld: str = Field(default="", description="what its reporting level keeps from other members, in a sentence")


ContactsOf = Callable[[str], Mapping[Channel, tuple[ShopRow, ...]]]
"""The contacts of an organisation by channel: of a large wave they are never all held at once."""


class CriterionHead(Noun):
    """A column of the tables of shops."""

    id: str
    short: str
    question: str
    stage: Stage
    weight: int
    standard: str


class ChannelPart(Noun):
    """One channel across the partnership. `answer_standard`: seconds or working days, for the chart of times."""

    channel: Channel
    name: str
    benchmark: Benchmark
    figures: tuple[PartnershipFigure, ...]
    lines: tuple[LineFigures, ...] = Field(default=(), description="all calls together, by kind of line")
    findings: Findings
    criteria: tuple[CriterionHead, ...]
    not_assessed: tuple[str, ...]
    replies: Replies | None = Field(default=None, description="how soon e-mails are replied to, all together")
    answer_standard: float | None
    standard_words: str
    standards: tuple[StandardMet, ...] = ()


class RefusalCount(Noun):
    """Contacts that the guard refused, by rule. They are never scored."""

    organisation: str
    rule: str
    reason: str
    count: int


class Disputed(Noun):
    """An appeal, beside the score. `shop`: the contact's place in the page."""

    anchor: str
    shop: str
    organisation: str
    appeal: Appeal


class WaveReport(Noun):
    """A whole wave, frozen. The same wave, scheme, register, shops and refusals give the same report."""

    format: Literal["doorstep.wave-report/1"] = "doorstep.wave-report/1"
    wave: Id
    title: str
    partnership: str
    fieldwork_from: dt.date
    fieldwork_until: dt.date
    fieldwork: str
    scheme_version: str
    scheme_digest: str
    edition: str
    since: str = Field(default="", description="title of the earlier wave that changes are told from")
    profile: str
    profile_source: str
    stage_weights: Mapping[Stage, float]
    contacts: int = Field(description="counted shops")
    channels: tuple[ChannelPart, ...]
    organisations: tuple[OrganisationPart, ...]
    not_counted: Mapping[str, int]
    set_aside: Mapping[str, Mapping[str, int]] = Field(description="{criterion's heading: {state: answers}}")
    refusals: tuple[RefusalCount, ...]
    services: tuple[Service, ...] = ()
    staff: StaffTime | None = None
    references: tuple[ReferenceFigure, ...] = ()
    disputed: tuple[Disputed, ...] = Field(default=(), description="every appeal, decided or not")
    agreement: tuple[Agreements, ...] = Field(default=(), description="of those who judged the same contacts")
    promised: Promised | None = Field(default=None, description="the wave's frozen plan, and how much of it was made")
    own: Id | None = Field(
        default=None, description="the organisation that the report is for; the others are then without names"
    )


def in_full(report: WaveReport, contacts: ContactsOf) -> WaveReport:
    """The report with every contact in it."""

    def full(part: OrganisationPart) -> OrganisationPart:
        own = contacts(part.id)
        channels = tuple(one.model_copy(update={"shops": own.get(one.channel, ())}) for one in part.channels)
        return part.model_copy(update={"channels": channels})

    return report.model_copy(update={"organisations": tuple(full(one) for one in report.organisations)})


def main() -> None:
    """Write the JSON Schema of `wave-report.json` into docs/, from the nouns above."""
    path = Path(__file__).parents[2] / "docs" / "wave-report.schema.json"
    schema = WaveReport.model_json_schema(mode="serialization")
    path.write_text(json.dumps(schema, indent=1, ensure_ascii=False) + "\n", "utf-8", newline="\n")
    print(path.name)


if __name__ == "__main__":
    main()
