"""The wave report as data: what `wave-report.json` holds and what every other form of the report is rendered from.

Shares and scores are 0..1, times are in the unit their field names, and every figure carries its base and the ids of
the shops behind it. How the report is put together lives in `results.report.wave`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Literal

from pydantic import AwareDatetime, Field

from results.agreement import Agreements
from results.benchmark import Benchmark, Rank, Rounded, Score
from results.change import Change
from results.findings import Findings
from results.kpis import Figure, PartnershipFigure
from results.schema import Appeal, Channel, Id, Noun, Points, Shopper, Stage, State, Tier


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


class Times(Noun):
    """The times behind a chart: seconds to answer, or working days to the final reply, and contacts that have none."""

    values: tuple[Rounded, ...]
    without: int = Field(description="calls that nobody answered, e-mails that nobody replied to")


class OrganisationChannel(Noun):
    """One organisation in one channel. `not_counted`: {why: contacts}; `set_aside`: {state: answers}."""

    channel: Channel
    score: Score
    rank: Rank | None
    figures: tuple[Figure, ...]
    changes: tuple[Change, ...] = Field(default=(), description="since the earlier wave, where there is one")
    times: Times | None
    not_counted: Mapping[str, int]
    set_aside: Mapping[str, int]
    by_shopper: Mapping[Shopper, Score] = Field(
        default={}, description="the probes' contacts and the people's apart, where there are both"
    )
    shops: tuple[ShopRow, ...]


class OrganisationPart(Noun):
    """One organisation's section."""

    id: Id
    name: str
    tier: Tier
    channels: tuple[OrganisationChannel, ...]
    findings: Findings


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
    findings: Findings
    criteria: tuple[CriterionHead, ...]
    not_assessed: tuple[str, ...]
    answer_standard: float | None
    standard_words: str


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
    disputed: tuple[Disputed, ...] = Field(default=(), description="every appeal, decided or not")
    agreement: tuple[Agreements, ...] = Field(default=(), description="of those who judged the same contacts")
