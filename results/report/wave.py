"""Puts a wave report together from what was found. Pure: no clock, no file, no network.

What the parts mean stands in `results.report.model`; how they look, in `results.report.html`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from results import words
from results.agreement import Agreements
from results.benchmark import Benchmark, Score, benchmarks, score
from results.change import Earlier, changes
from results.channels import ABOUT
from results.findings import Findings, Means, findings, means, partnership_findings, said
from results.kpis import Figure, figures, partnership
from results.marking import COULD_NOT_TELL
from results.measures import MEASURES
from results.report.happened import happened, why_not_counted
from results.report.model import (
    Cell,
    ChannelPart,
    CriterionHead,
    Disputed,
    EvidenceRow,
    OrganisationChannel,
    OrganisationPart,
    RefusalCount,
    ShopRow,
    Times,
    WaveReport,
)
from results.schema import (
    STAGES,
    Answer,
    Channel,
    Criterion,
    Organisation,
    Refusal,
    Scheme,
    Shop,
    Shopper,
    State,
    Wave,
)
from results.scoring import standard_of

_TIMED: Mapping[Channel, str] = {"phone": "phone.answer_median", "email": "email.reply_median"}
_NOT_A_TIME = {"not answered", "no reply"}
_LONGEST_NOTE = 400
_MOST_NOTES = 12


def assemble(
    wave: Wave,
    scheme: Scheme,
    organisations: Mapping[str, Organisation],
    shops: Sequence[Shop],
    refusals: Sequence[Refusal] = (),
    edition: str = "",
    earlier: Earlier | None = None,
    agreement: Sequence[Agreements] = (),
) -> WaveReport:
    """The report of one wave. `edition`: what is said of it where the wave has been judged anew. `earlier`: the wave
    that changes are told from. `agreement`: of those who judged the same contacts.

    Its members are the wave's organisations (all of `organisations` where it names none); shops and refusals of anybody
    else, and shops of other waves, are left out.
    """
    ids = wave.organisations or tuple(organisations)
    names = {key: organisations[key].name for key in sorted(ids, key=lambda key: organisations[key].name.casefold())}
    own = sorted(
        (shop for shop in shops if shop.wave == wave.id and shop.organisation in names),
        key=lambda shop: (shop.made_at is None, shop.made_at.timestamp() if shop.made_at else 0.0, shop.id),
    )
    parts = _Parts(scheme, names, own, earlier)
    return WaveReport(
        wave=wave.id,
        title=wave.title,
        partnership=wave.partnership,
        fieldwork_from=wave.fieldwork_from,
        fieldwork_until=wave.fieldwork_until,
        fieldwork=words.days(wave.fieldwork_from, wave.fieldwork_until),
        scheme_version=scheme.version,
        scheme_digest=scheme.digest,
        edition=edition,
        since=earlier.title if earlier else "",
        profile=scheme.profile.title,
        profile_source=scheme.profile.source,
        stage_weights=scheme.stage_weights,
        contacts=sum(shop.counted for shop in own),
        channels=tuple(parts.channel(benchmark) for benchmark in parts.benchmarks),
        organisations=tuple(parts.organisation(organisations[key]) for key in names),
        not_counted=_not_counted(own),
        set_aside=_set_aside(scheme, own),
        refusals=_refusals(names, refusals),
        disputed=tuple(
            Disputed(anchor=parts.anchors[shop.id], shop=shop.id, organisation=names[shop.organisation], appeal=one)
            for shop in own
            for one in shop.appeals
        ),
        agreement=tuple(agreement),
    )


class _Parts:
    """What several parts of the report need: every organisation's shops, means and figures, worked out once."""

    def __init__(
        self, scheme: Scheme, names: Mapping[str, str], shops: Sequence[Shop], earlier: Earlier | None
    ) -> None:
        self.scheme = scheme
        self.earlier = earlier
        self.criteria = {criterion.id: criterion for criterion in scheme.criteria}
        self.shops = shops
        self.anchors = {shop.id: f"s{number}" for number, shop in enumerate(shops, 1)}
        self.benchmarks = benchmarks(scheme, names, shops)
        self.asked = {channel: _asked(scheme, channel, shops) for channel in ABOUT}
        self.by_organisation = {key: [shop for shop in shops if shop.organisation == key] for key in names}
        self.means: dict[str, Means] = {key: means(scheme, own) for key, own in self.by_organisation.items()}
        self.figures: dict[tuple[str, Channel], tuple[Figure, ...]] = {
            (key, benchmark.channel): figures(scheme, benchmark.channel, self.by_organisation[key])
            for benchmark in self.benchmarks
            for key in benchmark.scores
        }

    # -------------------------------------------------------------------------------------------- a channel

    def channel(self, benchmark: Benchmark) -> ChannelPart:
        channel = benchmark.channel
        own = [self.figures[key, channel] for key in benchmark.scores]
        pooled = figures(self.scheme, channel, self.shops)
        timed = self._timed(channel)
        return ChannelPart(
            channel=channel,
            name=ABOUT[channel].name,
            benchmark=benchmark,
            figures=tuple(
                partnership([figure[place] for figure in own], together) for place, together in enumerate(pooled)
            ),
            findings=partnership_findings(self.scheme, channel, self.means),
            criteria=tuple(_head(criterion) for criterion in self._criteria(channel)),
            not_assessed=self._not_assessed(benchmark),
            answer_standard=standard_of(timed, self.scheme) if timed else None,
            standard_words=timed.standard if timed else "",
        )

    def _criteria(self, channel: Channel) -> list[Criterion]:
        return self.asked[channel]

    def _timed(self, channel: Channel) -> Criterion | None:
        """The criterion behind the channel's times, where the scheme has it."""
        measure = next((one for one in MEASURES if one.id == _TIMED.get(channel)), None)
        return self.criteria.get(measure.criterion) if measure else None

    def _not_assessed(self, benchmark: Benchmark) -> tuple[str, ...]:
        """Stages that no organisation has a score in, with the reason."""
        found = []
        for stage in STAGES:
            if stage in benchmark.pooled.stages:
                continue
            scored = [one for one in self._criteria(benchmark.channel) if one.stage == stage and one.weight]
            if benchmark.channel == "phone" and stage == "quality":
                reason = "it needs calls that were recorded and heard, or a person to listen"
            elif not scored:
                reason = "the scheme has no scored criterion for it"
            else:
                reason = "none of its criteria could be answered"
            found.append(f"{ABOUT[benchmark.channel].name} {stage.capitalize()} was not assessed: {reason}.")
        return tuple(found)

    # -------------------------------------------------------------------------------------------- an organisation

    def organisation(self, organisation: Organisation) -> OrganisationPart:
        return OrganisationPart(
            id=organisation.id,
            name=organisation.name,
            tier=organisation.tier,
            channels=tuple(
                self._organisation_channel(organisation.id, benchmark)
                for benchmark in self.benchmarks
                if organisation.id in benchmark.scores
            ),
            findings=self._findings(organisation.id),
        )

    def _findings(self, organisation: str) -> Findings:
        return findings(self.scheme, self.means[organisation], self.means)

    def _organisation_channel(self, organisation: str, benchmark: Benchmark) -> OrganisationChannel:
        own = [shop for shop in self.by_organisation[organisation] if shop.channel == benchmark.channel]
        return OrganisationChannel(
            channel=benchmark.channel,
            score=benchmark.scores[organisation],
            rank=benchmark.ranks.get(organisation),
            figures=self.figures[organisation, benchmark.channel],
            changes=changes(self.scheme, organisation, benchmark.channel, own, self.earlier) if self.earlier else (),
            times=_times(benchmark.channel, own) if self._timed(benchmark.channel) else None,
            not_counted=_not_counted(own),
            set_aside=_states(own),
            by_shopper=self._apart(organisation, benchmark.channel, own),
            shops=tuple(self._shop(shop) for shop in own),
        )

    def _apart(self, organisation: str, channel: Channel, own: Sequence[Shop]) -> dict[Shopper, Score]:
        kinds: tuple[Shopper, ...] = ("probe", "person")
        if any(not any(shop.counted and shop.shopper == kind for shop in own) for kind in kinds):
            return {}
        return {
            kind: score(self.scheme, organisation, channel, [shop for shop in own if shop.shopper == kind])
            for kind in kinds
        }

    def _shop(self, shop: Shop) -> ShopRow:
        seen = shop.observation
        given = {answer.criterion: answer for answer in shop.answers}
        return ShopRow(
            anchor=self.anchors[shop.id],
            id=shop.id,
            shopper=shop.shopper,
            made_at=shop.made_at,
            made=words.moment(shop.made_at) if shop.made_at else "not made",
            contact=shop.target,
            enquiry=shop.enquiry.replace("-", " ").capitalize(),
            state=shop.state if shop.counted else why_not_counted(shop),
            counted=shop.counted,
            happened=tuple(_cut(sentence) for sentence in happened(shop)),
            cells=tuple(
                _cell(criterion, given[criterion.id])
                for criterion in self._criteria(shop.channel)
                if criterion.id in given
            ),
            access=shop.access,
            quality=shop.quality,
            notes=tuple(_cut(note) for note in ((seen.notes if seen else ()) + self._corrected(shop))[:_MOST_NOTES]),
            evidence=tuple(
                EvidenceRow(kind=one.kind, name=one.name, sha256=one.sha256, size=one.size, keep_until=one.keep_until)
                for one in (seen.evidence if seen else ())
            ),
        )

    def _corrected(self, shop: Shop) -> tuple[str, ...]:
        """What people have settled otherwise than was proposed, each with the proposal."""
        return tuple(
            f"{criterion.short}: {given.reviewed} by a person; before that: {said(criterion, given.proposal)}."
            for given in shop.answers
            if given.reviewed in ("corrected", "cannot tell") and (criterion := self.criteria.get(given.criterion))
        )


# ------------------------------------------------------------------------------------------------ small parts


def _asked(scheme: Scheme, channel: Channel, shops: Sequence[Shop]) -> list[Criterion]:
    """The channel's criteria, and of those that people are asked on every channel, the ones answered on this one."""
    given = {
        answer.criterion
        for shop in shops
        if shop.channel == channel and shop.shopper == "person"
        for answer in shop.answers
    }
    return [one for one in scheme.criteria if one.channel == channel or (one.channel == "any" and one.id in given)]


def _head(criterion: Criterion) -> CriterionHead:
    return CriterionHead(
        id=criterion.id,
        short=criterion.short,
        question=criterion.question,
        stage=criterion.stage,
        weight=criterion.weight,
        standard=criterion.standard,
    )


def _cell(criterion: Criterion, given: Answer) -> Cell:
    if given.state is State.ANSWERED:
        text = said(criterion, given.value, given.marks)
    elif given.state is State.NOT_APPLICABLE:
        text = "N/A"
    elif given.reviewed == "cannot tell" or given.why == COULD_NOT_TELL:
        text = "Cannot tell"
    elif given.value is not None:
        text = f"{given.state.value.capitalize()} ({said(criterion, given.value)}?)"
    else:
        text = given.state.value.capitalize()
    return Cell(criterion=criterion.id, words=_cut(text), marks=given.marks, state=given.state, why=_cut(given.why))


def _times(channel: Channel, shops: Sequence[Shop]) -> Times:
    """The times of the counted shops; those set aside (needs review, probe fault) are neither a time nor a miss."""
    measure = next(one for one in MEASURES if one.id == _TIMED[channel])
    readings = [measure.read(shop) for shop in shops if shop.counted]
    return Times(
        values=tuple(sorted(reading.value for reading in readings if reading.value is not None)),
        without=sum(reading.aside in _NOT_A_TIME for reading in readings),
    )


def _not_counted(shops: Sequence[Shop]) -> dict[str, int]:
    return dict(sorted(Counter(why_not_counted(shop) for shop in shops if not shop.counted).items()))


def _states(shops: Sequence[Shop], criterion: str | None = None) -> dict[str, int]:
    """Answers of counted shops that are neither marked nor not applicable, by state."""
    found = Counter(
        given.state.value
        for shop in shops
        if shop.counted
        for given in shop.answers
        if given.state not in (State.ANSWERED, State.NOT_APPLICABLE) and criterion in (None, given.criterion)
    )
    return dict(sorted(found.items()))


def _set_aside(scheme: Scheme, shops: Sequence[Shop]) -> dict[str, dict[str, int]]:
    """The same, by criterion."""
    found: dict[str, dict[str, int]] = {}
    for channel, about in ABOUT.items():
        here = [shop for shop in shops if shop.channel == channel]
        for criterion in scheme.criteria:
            if criterion.channel in (channel, "any") and (states := _states(here, criterion.id)):
                found[f"{about.name}: {criterion.short}"] = states
    return found


def _refusals(names: Mapping[str, str], refusals: Sequence[Refusal]) -> tuple[RefusalCount, ...]:
    counted = Counter((one.organisation, one.rule) for one in refusals if one.organisation in names)
    reasons = {(one.organisation, one.rule): one.reason for one in refusals}
    return tuple(
        RefusalCount(organisation=names[key], rule=rule, reason=_cut(reasons[key, rule]), count=count)
        for (key, rule), count in sorted(counted.items())
    )


def _cut(text: str) -> str:
    """Texts may come from outside: no control characters, and no longer than a reader would read."""
    clean = "".join(character if character.isprintable() else " " for character in text)
    return clean if len(clean) <= _LONGEST_NOTE else f"{clean[:_LONGEST_NOTE].rstrip()}…"
