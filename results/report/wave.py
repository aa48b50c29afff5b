"""Puts a wave report together from what was found. Pure: no clock, no file, no network.

What the parts mean stands in `results.report.model`; how they look, in `results.report.html`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Concatenate, ParamSpec

from results import words
from results.agreement import Agreements
from results.benchmark import Benchmark, Score, benchmarks, score
from results.change import Earlier, changes
from results.channels import ABOUT
from results.findings import (
    Findings,
    Means,
    channel_findings,
    findings,
    means_of,
    partnership_findings,
    partnership_means,
)
from results.kpis import Figure, LineKind, Read, by_line, figures, line_kind, partnership
from results.measures import MEASURES, Reading
from results.plans import Promise, promised
from results.report.happened import why_not_counted
from results.report.in_order import InOrder, in_order
from results.report.model import (
    ChannelPart,
    CriterionHead,
    CriterionMarks,
    Disputed,
    OrganisationChannel,
    OrganisationPart,
    ReferenceFigure,
    RefusalCount,
    WaveReport,
    in_full,
)
from results.report.reference import told_of
from results.report.standards import MINUTES_A_REPLY, services, staff_time, standards_met
from results.report.told import InWords, cut_short
from results.schema import (
    STAGES,
    Channel,
    Criterion,
    Enquiry,
    Organisation,
    Refusal,
    Scheme,
    Shop,
    Shopper,
    Wave,
)
from results.scoring import standard_of, standard_words
from results.tally import UNSETTLED, Tally
from results.times import Replies, Times, days_told, last_arrival, replies, reply_times, together

_P = ParamSpec("_P")
_Readings = list[tuple[Shop, Reading]]
_TIMED: Mapping[Channel, str] = {"phone": "phone.access.answer_time", "email": "email.reply_time"}


def assembled(
    contacts: InOrder,
    refusals: Sequence[Refusal] = (),
    edition: str = "",
    earlier: Earlier | None = None,
    enquiries: Mapping[str, Enquiry] = MappingProxyType({}),
    references: Sequence[ReferenceFigure] = (),
    minutes_a_reply: float = MINUTES_A_REPLY,
    agreement: Sequence[Agreements] = (),
    promise: Promise | None = None,
) -> WaveReport:
    """The report of one wave, its sections without their contacts. Refusals of anybody but its members are left out.

    `edition`: what is said of it where the wave has been judged anew. `earlier`: the wave that changes are told from.
    `enquiries`: what was asked, by id. `references`: others' figures to stand beside. `minutes_a_reply`: the estimate
    of what a reply by e-mail costs. `agreement`: of those who judged the same contacts. `promise`: the frozen plan.
    """
    wave, scheme, own = contacts.wave, contacts.scheme, contacts.shops
    names = {key: one.name for key, one in contacts.members.items()}
    parts = _Parts(contacts, names, earlier, enquiries, minutes_a_reply)
    channels = tuple(parts.channel(benchmark) for benchmark in parts.benchmarks)
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
        channels=channels,
        organisations=tuple(parts.organisation(one) for one in contacts.members.values()),
        not_counted=_not_counted(own),
        set_aside=_set_aside(scheme, contacts.all_counted),
        refusals=_refusals(names, refusals),
        services=services(scheme, enquiries, own, headlines=True),
        staff=staff_time(own, minutes_a_reply),
        references=told_of(references, [wide.pooled.measure for part in channels for wide in part.figures]),
        disputed=tuple(
            Disputed(anchor=contacts.anchors[shop.id], shop=shop.id, organisation=names[shop.organisation], appeal=one)
            for shop in own
            for one in shop.appeals
        ),
        agreement=tuple(agreement),
        promised=promised(promise, contacts.given) if promise else None,
    )


def _whole(
    made: Callable[Concatenate[InOrder, _P], WaveReport],
) -> Callable[Concatenate[Wave, Scheme, Mapping[str, Organisation], Sequence[Shop], _P], WaveReport]:
    def whole(
        wave: Wave,
        scheme: Scheme,
        organisations: Mapping[str, Organisation],
        shops: Sequence[Shop],
        /,
        *more: _P.args,
        **named: _P.kwargs,
    ) -> WaveReport:
        contacts = in_order(wave, scheme, organisations, shops)
        return in_full(made(contacts, *more, **named), InWords(contacts).of)

    return whole


assemble = _whole(assembled)
"""The same of a wave, its scheme, organisations and shops, as one report with every contact."""


class _Parts:
    """What several parts of the report need: every organisation's shops, means and figures, worked out once."""

    def __init__(
        self,
        contacts: InOrder,
        names: Mapping[str, str],
        earlier: Earlier | None,
        enquiries: Mapping[str, Enquiry],
        minutes_a_reply: float,
    ) -> None:
        self.scheme = scheme = contacts.scheme
        self.earlier = earlier
        self.enquiries = enquiries
        self.minutes_a_reply = minutes_a_reply
        self.criteria = {criterion.id: criterion for criterion in scheme.criteria}
        self.shops = shops = contacts.shops
        self.by_organisation = contacts.by_organisation
        self.counted = contacts.counted
        self.all_counted = contacts.all_counted
        self.asked = contacts.asked
        members = contacts.members
        self.benchmarks = benchmarks(scheme, names, shops)
        self.means: dict[str, Means] = {key: means_of(scheme, self._of_all_channels(key)) for key in names}
        self.average = partnership_means(self.means)
        self.read, read = _read(shops, names)
        self.figures: dict[tuple[str, Channel], tuple[Figure, ...]] = {
            (key, benchmark.channel): figures(scheme, benchmark.channel, self.by_organisation[key], read[key])
            for benchmark in self.benchmarks
            for key in benchmark.scores
        }
        self.calls = {key: _by_kind(members[key], own) for key, own in self.by_organisation.items()}
        read_until = last_arrival(shops)
        self.times: dict[tuple[str, Channel], Times] = {
            (key, "email"): reply_times(own, members[key].hours, read_until)
            for key, own in self.by_organisation.items()
        } | {(key, "phone"): _answer_times(read[key]["phone.answer_median"]) for key in names}

    def _of_all_channels(self, organisation: str) -> dict[str, Tally]:
        every = (self.counted.get((organisation, channel), {}) for channel in ABOUT)
        return {criterion: one for own in every for criterion, one in own.items()}

    # -------------------------------------------------------------------------------------------- a channel

    def channel(self, benchmark: Benchmark) -> ChannelPart:
        channel = benchmark.channel
        own = [self.figures[key, channel] for key in benchmark.scores]
        pooled = figures(self.scheme, channel, self.shops, self.read)
        timed = self._timed(channel)
        return ChannelPart(
            channel=channel,
            name=ABOUT[channel].name,
            benchmark=benchmark,
            figures=tuple(
                partnership([figure[place] for figure in own], all_of_it) for place, all_of_it in enumerate(pooled)
            ),
            lines=by_line(self.scheme, self._all_calls()) if channel == "phone" else (),
            findings=partnership_findings(self.scheme, channel, self.means),
            criteria=heads(self.asked)[channel],
            not_assessed=self._not_assessed(benchmark),
            replies=self._replies(together([self.times[key, channel] for key in benchmark.scores]))
            if channel == "email"
            else None,
            answer_standard=standard_of(timed, self.scheme) if timed else None,
            standard_words=standard_words(timed, self.scheme) if timed else "",
            standards=standards_met(self.scheme, channel, self.all_counted[channel]),
        )

    def _criteria(self, channel: Channel) -> Sequence[Criterion]:
        return self.asked[channel]

    def _timed(self, channel: Channel) -> Criterion | None:
        """The criterion behind the channel's times, where the scheme has it."""
        return self.criteria.get(_TIMED.get(channel, ""))

    def _all_calls(self) -> dict[LineKind, list[Shop]]:
        together: dict[LineKind, list[Shop]] = {}
        for own in self.calls.values():
            for kind, calls in own.items():
                together.setdefault(kind, []).extend(calls)
        return together

    def _replies(self, times: Times) -> Replies | None:
        timed = self._timed("email")
        return replies(times, days_told(standard_of(timed, self.scheme))) if timed else None

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
            services=services(self.scheme, self.enquiries, self.by_organisation[organisation.id]),
            staff=staff_time(self.by_organisation[organisation.id], self.minutes_a_reply),
        )

    def _findings(self, organisation: str) -> Findings:
        return findings(self.scheme, self.means[organisation], self.average)

    def _organisation_channel(self, organisation: str, benchmark: Benchmark) -> OrganisationChannel:
        own = [shop for shop in self.by_organisation[organisation] if shop.channel == benchmark.channel]
        counted = self.counted[organisation, benchmark.channel]
        times = self.times[organisation, benchmark.channel] if self._timed(benchmark.channel) else None
        return OrganisationChannel(
            channel=benchmark.channel,
            score=benchmark.scores[organisation],
            rank=benchmark.ranks.get(organisation),
            figures=self.figures[organisation, benchmark.channel],
            findings=channel_findings(self.scheme, benchmark.channel, self.means[organisation], self.average),
            lines=by_line(self.scheme, self.calls[organisation]) if benchmark.channel == "phone" else (),
            changes=changes(self.scheme, organisation, benchmark.channel, own, self.earlier) if self.earlier else (),
            times=times,
            replies=self._replies(times) if times and benchmark.channel == "email" else None,
            standards=standards_met(self.scheme, benchmark.channel, counted),
            marks=_marks(counted),
            not_counted=_not_counted(own),
            set_aside=_states(counted),
            by_shopper=self._apart(organisation, benchmark.channel, own),
            shops=(),
        )

    def _apart(self, organisation: str, channel: Channel, own: Sequence[Shop]) -> dict[Shopper, Score]:
        kinds: tuple[Shopper, ...] = ("probe", "person")
        if any(not any(shop.counted and shop.shopper == kind for shop in own) for kind in kinds):
            return {}
        return {
            kind: score(self.scheme, organisation, channel, [shop for shop in own if shop.shopper == kind])
            for kind in kinds
        }


# ------------------------------------------------------------------------------------------------ small parts


def heads(asked: Mapping[Channel, Sequence[Criterion]]) -> dict[Channel, tuple[CriterionHead, ...]]:
    """The columns of each channel's table of shops. `asked`: its questions."""
    return {channel: tuple(_head(one) for one in each) for channel, each in asked.items()}


def _head(criterion: Criterion) -> CriterionHead:
    return CriterionHead(
        id=criterion.id,
        short=criterion.short,
        question=criterion.question,
        stage=criterion.stage,
        weight=criterion.weight,
        standard=criterion.standard,
    )


def _by_kind(organisation: Organisation, shops: Sequence[Shop]) -> dict[LineKind, list[Shop]]:
    """Its calls by the kind of line."""
    found: dict[LineKind, list[Shop]] = {}
    for shop in shops:
        if shop.channel == "phone":
            found.setdefault(line_kind(organisation, shop.target), []).append(shop)
    return found


def _read(shops: Sequence[Shop], names: Iterable[str]) -> tuple[dict[str, _Readings], dict[str, dict[str, _Readings]]]:
    """What every measure reads: {measure: its readings}, and {organisation: {measure: its own}}."""
    every: dict[str, _Readings] = {measure.id: [] for measure in MEASURES}
    apart: dict[str, dict[str, _Readings]] = {key: {measure: [] for measure in every} for key in names}
    measures = {channel: [one for one in MEASURES if one.channel == channel] for channel in ABOUT}
    for shop in shops:  # each once, since a large wave's are spread over all of the memory
        if shop.counted:
            own = apart[shop.organisation]
            for measure in measures[shop.channel]:
                found = (shop, measure.read(shop))
                every[measure.id].append(found)
                own[measure.id].append(found)
    return every, apart


def _answer_times(read: Read) -> Times:
    """The times of the counted calls; those set aside (needs review, probe fault) are neither a time nor a miss."""
    return Times(
        values=tuple(sorted([reading.value for _, reading in read if reading.value is not None])),
        without=sum([reading.aside == "not answered" for _, reading in read]),
    )


def _marks(counted: Mapping[str, Tally]) -> tuple[CriterionMarks, ...]:
    """Mean marks on each criterion."""
    return tuple(
        CriterionMarks(criterion=key, mean=one.total / one.base, base=one.base)
        for key, one in counted.items()
        if one.base
    )


def _not_counted(shops: Sequence[Shop]) -> dict[str, int]:
    return dict(sorted(Counter(why_not_counted(shop) for shop in shops if not shop.counted).items()))


def _states(counted: Mapping[str, Tally]) -> dict[str, int]:
    """Answers that are neither marked nor not applicable, by state."""
    found = {state: sum(one.unsettled.get(state, 0) for one in counted.values()) for state in UNSETTLED}
    return {state.value: count for state, count in found.items() if count}


def _set_aside(scheme: Scheme, counted: Mapping[Channel, Mapping[str, Tally]]) -> dict[str, dict[str, int]]:
    """The same, by criterion."""
    return {
        f"{about.name}: {criterion.short}": {state.value: count for state, count in waiting.items()}
        for channel, about in ABOUT.items()
        for criterion in scheme.criteria
        if criterion.id in counted[channel] and (waiting := counted[channel][criterion.id].unsettled)
    }


def _refusals(names: Mapping[str, str], refusals: Sequence[Refusal]) -> tuple[RefusalCount, ...]:
    counted = Counter((one.organisation, one.rule) for one in refusals if one.organisation in names)
    reasons = {(one.organisation, one.rule): one.reason for one in refusals}
    return tuple(
        RefusalCount(organisation=names[key], rule=rule, reason=cut_short(reasons[key, rule]), count=count)
        for (key, rule), count in sorted(counted.items())
    )
