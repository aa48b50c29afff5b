"""Puts a wave report together from what was found. Pure: no clock, no file, no network.

What the parts mean stands in `results.report.model`; how they look, in `results.report.html`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple, ParamSpec

from results import tally, words
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
    said,
)
from results.kpis import Figure, LineKind, Read, by_line, figures, line_kind, partnership
from results.marking import COULD_NOT_TELL
from results.measures import MEASURES, Reading
from results.plans import Promise, promised
from results.report.happened import happened, why_not_counted
from results.report.model import (
    Cell,
    ChannelPart,
    CriterionHead,
    CriterionMarks,
    Disputed,
    EvidenceRow,
    Full,
    OrganisationChannel,
    OrganisationPart,
    ReferenceFigure,
    RefusalCount,
    ShopRow,
    WaveReport,
    in_full,
)
from results.report.reference import told_of
from results.report.standards import MINUTES_A_REPLY, services, staff_time, standards_met
from results.schema import (
    STAGES,
    Answer,
    Channel,
    Criterion,
    Enquiry,
    Organisation,
    Refusal,
    Scheme,
    Shop,
    Shopper,
    State,
    Wave,
)
from results.scoring import standard_of, standard_words
from results.tally import UNSETTLED, Tally, tallies
from results.times import Replies, Times, days_told, last_arrival, replies, reply_times, together

_P = ParamSpec("_P")
_Readings = list[tuple[Shop, Reading]]
_TIMED: Mapping[Channel, str] = {"phone": "phone.access.answer_time", "email": "email.reply_time"}
_OF_SHOPS = set(ShopRow.model_fields)
"""A large wave has contacts by the ten thousand: they are made of what has been checked, and share this set."""
_LONGEST_NOTE = 400
_MOST_NOTES = 12


class Assembled(NamedTuple):
    """A report whose sections are without their contacts, and what puts them in."""

    report: WaveReport
    full: Full

    def whole(self) -> WaveReport:
        """The report with every contact."""
        return in_full(self.report, self.full)


def assembled(
    wave: Wave,
    scheme: Scheme,
    organisations: Mapping[str, Organisation],
    shops: Sequence[Shop],
    refusals: Sequence[Refusal] = (),
    edition: str = "",
    earlier: Earlier | None = None,
    enquiries: Mapping[str, Enquiry] = MappingProxyType({}),
    references: Sequence[ReferenceFigure] = (),
    minutes_a_reply: float = MINUTES_A_REPLY,
    agreement: Sequence[Agreements] = (),
    promise: Promise | None = None,
) -> Assembled:
    """The report of one wave. `edition`: what is said of it where the wave has been judged anew. `earlier`: the wave
    that changes are told from. `enquiries`: what was asked, by id. `references`: others' figures to stand beside.
    `minutes_a_reply`: the estimate of what a reply by e-mail costs. `agreement`: of those who judged the same contacts.
    `promise`: the wave's frozen plan.

    Its members are the wave's organisations (all of `organisations` where it names none); shops and refusals of anybody
    else, and shops of other waves, are left out.
    """
    ids = wave.organisations or tuple(organisations)
    names = {key: organisations[key].name for key in sorted(ids, key=lambda key: organisations[key].name.casefold())}
    own = sorted(
        (shop for shop in shops if shop.wave == wave.id and shop.organisation in names),
        key=lambda shop: (shop.made_at is None, shop.made_at.timestamp() if shop.made_at else 0.0, shop.id),
    )
    parts = _Parts(scheme, {key: organisations[key] for key in names}, own, earlier, enquiries, minutes_a_reply)
    channels = tuple(parts.channel(benchmark) for benchmark in parts.benchmarks)
    report = WaveReport(
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
        organisations=tuple(parts.organisation(organisations[key]) for key in names),
        not_counted=_not_counted(own),
        set_aside=_set_aside(scheme, parts.all_counted),
        refusals=_refusals(names, refusals),
        services=services(scheme, enquiries, own, headlines=True),
        staff=staff_time(own, minutes_a_reply),
        references=told_of(references, [wide.pooled.measure for part in channels for wide in part.figures]),
        disputed=tuple(
            Disputed(anchor=parts.anchors[shop.id], shop=shop.id, organisation=names[shop.organisation], appeal=one)
            for shop in own
            for one in shop.appeals
        ),
        agreement=tuple(agreement),
        promised=promised(promise, shops) if promise else None,
    )
    return Assembled(report, parts.with_contacts)


def _whole(made: Callable[_P, Assembled]) -> Callable[_P, WaveReport]:
    def whole(*given: _P.args, **named: _P.kwargs) -> WaveReport:
        return made(*given, **named).whole()

    return whole


assemble = _whole(assembled)
"""The same, as one report with every contact."""


class _Parts:
    """What several parts of the report need: every organisation's shops, means and figures, worked out once."""

    def __init__(
        self,
        scheme: Scheme,
        members: Mapping[str, Organisation],
        shops: Sequence[Shop],
        earlier: Earlier | None,
        enquiries: Mapping[str, Enquiry],
        minutes_a_reply: float,
    ) -> None:
        names = {key: one.name for key, one in members.items()}
        self.scheme = scheme
        self.earlier = earlier
        self.enquiries = enquiries
        self.minutes_a_reply = minutes_a_reply
        self.criteria = {criterion.id: criterion for criterion in scheme.criteria}
        self.shops = shops
        self.anchors = {shop.id: f"s{number}" for number, shop in enumerate(shops, 1)}
        self.benchmarks = benchmarks(scheme, names, shops)
        self.counted = tallies(shops, lambda shop: (shop.organisation, shop.channel))
        self.all_counted = {
            channel: tally.together([own for (_, on), own in self.counted.items() if on == channel])
            for channel in ABOUT
        }
        self.asked = {
            channel: [one for one in scheme.criteria if one.channel in (channel, "any") and one.id in counted]
            for channel, counted in self.all_counted.items()
        }
        self.places = {
            channel: {one.id: place for place, one in enumerate(asked)} for channel, asked in self.asked.items()
        }
        self.told: dict[Channel, dict[int, _Told]] = {channel: {} for channel in self.asked}
        self.by_organisation: dict[str, list[Shop]] = {key: [] for key in names}
        for shop in shops:
            self.by_organisation[shop.organisation].append(shop)
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
            criteria=tuple(_head(criterion) for criterion in self._criteria(channel)),
            not_assessed=self._not_assessed(benchmark),
            replies=self._replies(together([self.times[key, channel] for key in benchmark.scores]))
            if channel == "email"
            else None,
            answer_standard=standard_of(timed, self.scheme) if timed else None,
            standard_words=standard_words(timed, self.scheme) if timed else "",
            standards=standards_met(self.scheme, channel, self.all_counted[channel]),
        )

    def _criteria(self, channel: Channel) -> list[Criterion]:
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

    def with_contacts(self, part: OrganisationPart) -> OrganisationPart:
        """An organisation's section with its contacts."""
        own: dict[Channel, list[ShopRow]] = {one.channel: [] for one in part.channels}
        for shop in self.by_organisation[part.id]:
            own[shop.channel].append(self._shop(shop))
        channels = [one.model_copy(update={"shops": tuple(own[one.channel])}) for one in part.channels]
        return part.model_copy(update={"channels": tuple(channels)})

    def _apart(self, organisation: str, channel: Channel, own: Sequence[Shop]) -> dict[Shopper, Score]:
        kinds: tuple[Shopper, ...] = ("probe", "person")
        if any(not any(shop.counted and shop.shopper == kind for shop in own) for kind in kinds):
            return {}
        return {
            kind: score(self.scheme, organisation, channel, [shop for shop in own if shop.shopper == kind])
            for kind in kinds
        }

    def _told(self, channel: Channel, given: Answer) -> _Told:
        """An answer for the first time. Where equal ones are the same object it need not be put into words again."""
        places = self.places[channel]
        criterion = self.criteria.get(given.criterion)
        if criterion is None or criterion.id not in places:
            found = _Told(-1, None, "")
        else:
            found = _Told(places[criterion.id], _cell(criterion, given), _corrected(criterion, given))
        self.told[channel][id(given)] = found
        return found

    def _shop(self, shop: Shop) -> ShopRow:
        seen = shop.observation
        known = map(self.told[shop.channel].get, map(id, shop.answers))
        told = [one or self._told(shop.channel, given) for one, given in zip(known, shop.answers, strict=True)]
        corrected = tuple([one.corrected for one in told if one.corrected])
        told.sort(key=_place)
        return ShopRow.model_construct(
            _OF_SHOPS,
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
            cells=tuple([one.cell for one in told if one.cell is not None]),
            access=shop.access,
            quality=shop.quality,
            notes=tuple(_cut(note) for note in ((seen.notes if seen else ()) + corrected)[:_MOST_NOTES]),
            evidence=tuple(
                EvidenceRow(
                    kind=one.kind,
                    name=one.name,
                    sha256=one.sha256,
                    size=one.size,
                    keep_until=one.keep_until,
                )
                for one in (seen.evidence if seen else ())
            ),
        )


# ------------------------------------------------------------------------------------------------ small parts


class _Told(NamedTuple):
    """An answer in words: its place among the questions of its channel, and what a person settled otherwise."""

    place: int
    cell: Cell | None
    corrected: str


_place = itemgetter(0)


def _corrected(criterion: Criterion, given: Answer) -> str:
    """What a person has settled otherwise than was proposed, with the proposal."""
    if given.reviewed not in ("corrected", "cannot tell"):
        return ""
    return f"{criterion.short}: {given.reviewed} by a person; before that: {said(criterion, given.proposal)}."


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
        RefusalCount(organisation=names[key], rule=rule, reason=_cut(reasons[key, rule]), count=count)
        for (key, rule), count in sorted(counted.items())
    )


def _cut(text: str) -> str:
    """Texts may come from outside: no control characters, and no longer than a reader would read."""
    clean = text
    if not text.isprintable():
        clean = "".join(character if character.isprintable() else " " for character in text)
    return clean if len(clean) <= _LONGEST_NOTE else f"{clean[:_LONGEST_NOTE].rstrip()}…"
