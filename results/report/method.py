"""The plain words around the figures: the opening sentences, the notes under the table, method and limits. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from results import words
from results.benchmark import BANDS
from results.change import SCORE
from results.channels import ABOUT, contacts
from results.measures import CONTACTABILITY
from results.plans import Promised, Standing
from results.report.happened import appealed
from results.report.model import ChannelPart, StaffTime, WaveReport

_OUTCOMES: Mapping[str, str] = {
    "open": "not decided yet",
    "upheld": "upheld",
    "amended": "amended",
    "rejected": "rejected",
}
_SET_ASIDE: Mapping[str, str] = {
    "needs review": "waiting for a person's review",
    "window open": "with the window still open",
    "probe fault": "not measured",
}


def brief(report: WaveReport) -> tuple[str, ...]:
    """A sentence or two for each channel."""
    names = {one.id: one.name for one in report.organisations}
    found = tuple(_brief(part, names) for part in report.channels) or ("No contact was made in this wave.",)
    return (*found, _since(report, names)) if report.since else found


def notes(report: WaveReport) -> tuple[str, ...]:
    """What a reader of the table has to know: what was not assessed or ranked, and what contactability is."""
    found: list[str] = []
    for part in report.channels:
        found += part.not_assessed
        if part.benchmark.not_ranked:
            found.append(f"{part.name}: {part.benchmark.not_ranked}.")
        found += [
            f"Contactability: {wide.pooled.note}." for wide in part.figures if wide.pooled.measure == CONTACTABILITY
        ]
    return tuple(found)


def method(report: WaveReport) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(heading, sentences) for the end of the report."""
    return (
        ("How it was done", _how(report)),
        *((("What was planned", _planned(report.promised)),) if report.promised else ()),
        ("How it is scored", _scored(report)),
        ("How places are given", _places()),
        *((("How change is told", _compared()),) if report.since else ()),
        ("What is never a No", _never_a_no(report)),
        ("What was not counted", _not_counted(report)),
        *((("What was disputed", _disputed(report)),) if report.disputed else ()),
        *((("People and probes side by side", beside),) if (beside := _side_by_side(report)) else ()),
        *((("How far those who judged agree", _agreement(report)),) if report.agreement else ()),
    )


def _planned(promised: Promised) -> tuple[str, ...]:
    """What the frozen plan promised and what became of it, a channel a sentence."""
    why = f": {promised.why}" if promised.why else ""
    again = f" It is the {words.ordinal(promised.number)} plan{why}." if promised.number > 1 else ""
    return (
        f"The plan was frozen on {words.day(promised.on)}.{again}",
        *(
            f"{ABOUT[channel].name}: {one.promised:,} planned; {_became(one)}."
            for channel, one in promised.channels.items()
        ),
    )


def _became(one: Standing) -> str:
    told = {
        "awaiting an answer": one.awaited,
        "refused": one.refused,
        "not measured or set aside": one.failed,
        "not made yet": one.waiting,
        "not in the wave": one.missing - one.waiting - one.refused - one.failed,
    }
    return words.listed([f"{one.done:,} made and counted", *(f"{n:,} {what}" for what, n in told.items() if n > 0)])


def _disputed(report: WaveReport) -> tuple[str, ...]:
    """Every appeal, decided or not: none is hidden."""
    counts = Counter(one.appeal.outcome for one in report.disputed)
    told = words.listed([f"{count} {_OUTCOMES[outcome]}" for outcome, count in counts.items()])
    return (
        f"{words.count(len(report.disputed), 'appeal')}: {told}. A contact or an answer that is set aside is kept and "
        "shown, and in no figure.",
        *(f"{one.organisation}, {one.shop}: {appealed(one.appeal)}" for one in report.disputed),
    )


def _side_by_side(report: WaveReport) -> tuple[str, ...]:
    """The probes' and the people's scores apart, wherever an organisation was shopped by both."""
    who = {"probe": "probes", "person": "people"}
    lines = []
    for organisation in report.organisations:
        for own in organisation.channels:
            apart = [
                f"{who[kind]} {words.percent(one.score) if one.reportable else 'counts only'} "
                f"({contacts(own.channel, one.contacts)})"
                for kind, one in own.by_shopper.items()
                if one.score is not None
            ]
            if apart:
                together = f"{contacts(own.channel, own.score.contacts)} together"
                lines.append(f"{organisation.name}, {ABOUT[own.channel].within}: {words.listed(apart)}; {together}.")
    opening = "Both answer the same questions, but not all of them: people judge what a probe cannot, and the reverse."
    return (opening, *lines) if lines else ()


def _agreement(report: WaveReport) -> tuple[str, ...]:
    return (
        "Some contacts were judged twice. Beside the share answered alike stands Cohen's kappa, which is 0 for what "
        "chance alone would bring and 1 for complete agreement, with its 95% interval; 0.6 and more is usually called "
        "substantial (Landis and Koch, 1977).",
        *(
            f"{one.between.capitalize()}, {words.count(one.contacts, 'contact')}: over all questions "
            f"{one.overall.said}."
            for one in report.agreement
        ),
    )


def staff_words(staff: StaffTime) -> str:
    """How much of staff's time was used, how that was reckoned, and that it is an estimate."""
    parts = []
    if staff.calls:
        parts.append(
            f"{words.count(staff.calls, 'answered call')} of {words.number(staff.call_minutes)} minutes together"
        )
    if staff.replies:
        each = words.count(round(staff.minutes_a_reply), "minute")
        parts.append(f"{words.count(staff.replies, 'reply', 'replies')} by e-mail at {each} each, which is assumed")
    told = f": {words.listed(parts)}" if parts else ""
    return f"Staff time used, an estimate: {words.count(round(staff.minutes), 'minute')}{told}."


def _brief(part: ChannelPart, names: Mapping[str, str]) -> str:
    benchmark = part.benchmark
    able = [one for one in benchmark.scores.values() if one.reportable]
    if benchmark.average is None:
        return f"{ABOUT[part.channel].opening} there are too few contacts for a score; the counts are below."
    opening = f"{ABOUT[part.channel].opening} the organisations score {words.percent(benchmark.average)} on average"
    best = max(one.score or 0.0 for one in able)
    first = [names[one.organisation] for one in able if one.score == best]
    lead = f", {words.listed(first)} highest with {words.percent(best)}" if len(able) > 1 and len(first) <= 3 else ""
    headline = next((wide for wide in part.figures if wide.average_words and wide.pooled.base), None)
    if headline is None or part.channel == "web":
        return f"{opening}{lead}."
    subject = "Contactability" if part.channel == "phone" else f"The {headline.pooled.label.lower()}"
    return f"{opening}{lead}. {subject} is {headline.average_words} over {headline.pooled.base_words}."


def _since(report: WaveReport, names: Mapping[str, str]) -> str:
    """Whose score in which channel has changed by more than chance since the earlier wave."""
    told: dict[str, list[str]] = {"better": [], "worse": []}
    compared = False
    for organisation in report.organisations:
        for own in organisation.channels:
            for one in own.changes:
                compared = compared or one.verdict != "not compared"
                if one.measure == SCORE and one.clear:
                    told[one.verdict].append(f"{names[organisation.id]} ({ABOUT[own.channel].within})")
    if not compared:
        return f"Nothing could be compared with {report.since}: the tables say why."
    parts = [f"{verdict}: {words.listed(who)}" for verdict, who in told.items() if who]
    if not parts:
        return f"Since {report.since} no organisation's score has changed by more than chance would."
    return f"Since {report.since}, scores that changed by more than chance would: {'; '.join(parts)}."


def _how(report: WaveReport) -> tuple[str, ...]:
    made = words.listed([contacts(part.channel, part.benchmark.pooled.contacts) for part in report.channels])
    return (
        f"Fieldwork ran from {words.day(report.fieldwork_from)} to {words.day(report.fieldwork_until)}. "
        f"Counted: {made or 'nothing'}.",
        "Each contact asks what a resident would ask, through the published number, address or website. Every figure "
        "leads to the contacts it rests on, which can be looked up one by one.",
        f"The standards are those of {report.profile} ({report.profile_source}).",
        *((staff_words(report.staff),) if report.staff and report.staff.minutes else ()),
        "Office hours, bank holidays and closures are each organisation's own; working days are counted in them.",
    )


def _scored(report: WaveReport) -> tuple[str, ...]:
    weights = words.listed([f"{stage} {words.percent(one)}" for stage, one in report.stage_weights.items()])
    bands = words.listed(
        [f"{name} {f'from {least}%' if least else 'below that'}" for least, name in BANDS],
    )
    return (
        f"The scheme is version {report.scheme_version}, digest {report.scheme_digest or 'none'}, "
        f"{'fixed for the wave' if not report.edition else report.edition}.",
        "Each question earns marks from 0 to 1, times its weight. Access is getting through or being replied to; "
        "Quality is what is met once through. A contact's share is points earned of points possible.",
        "An organisation's Access or Quality is the mean over its contacts. Its score in a channel weighs the two "
        f"({weights}); where one was not assessed, the score is the other alone.",
        f"Bands: {bands}.",
        *(sentence for part in report.channels for sentence in part.not_assessed),
    )


def _places() -> tuple[str, ...]:
    return (
        "Places are standard competition places: equal scores share a place (=3rd), and the next is left out.",
        f"A channel is ranked only when every member has at least {ABOUT['phone'].least} counted calls or e-mails. "
        "A website visit looks at the whole site, so one visit is enough and there is no sampling interval.",
        "The places that a place lies between come from drawing each organisation's contacts afresh a thousand times: "
        "95 of 100 draws lie there. Places whose ranges overlap should be read as a group.",
        "Where every contact of an organisation earned the same, such draws cannot differ, and its range looks "
        "narrower than it is.",
        "Quartile: four times the place, divided by the number of organisations, rounded up. The 1st is the top.",
        "The average counts each organisation once; beside it stands the figure over all contacts together.",
        "Small bases: under 10, counts only; 10 to 29, very small base, indicative; 30 to 49, small base.",
        "For times the median is given with its 95% interval (the bootstrap's) and with the mean, and calls or e-mails "
        "without an answer are counted beside them. A share's interval is Wilson's.",
        "How soon e-mails are replied to is a share of all of them. Where a window is still open, an e-mail counts for "
        "as long as it is known to have waited (Kaplan and Meier), and no mean of the replies that have come is given.",
    )


def _compared() -> tuple[str, ...]:
    return (
        "Only what was asked alike is compared: the same scenarios, the same question, the same standard. What was not "
        "says so.",
        "A change is called clear when chance alone would bring one so large in fewer than one of twenty waves, "
        "allowing for all the figures that are told of an organisation in the channel (Holm). Shares are tested by "
        "Fisher's exact test or by Agresti and Caffo's, times and scores by Mann and Whitney's U. "
        "With twenty contacts only very large changes are clear.",
        "A website is looked at whole and not sampled: there, any difference is told.",
    )


def _never_a_no(report: WaveReport) -> tuple[str, ...]:
    alike: dict[tuple[str, str], list[str]] = {}  # criteria of one channel with the same counts share a line
    for heading, states in report.set_aside.items():
        channel, _, criterion = heading.partition(": ")
        told = words.listed([f"{count:,} {_SET_ASIDE[state]}" for state, count in states.items()])
        alike.setdefault((channel, told), []).append(criterion)
    waiting = tuple(
        f"{channel}: {words.listed(criteria)}: {'each ' if len(criteria) > 1 else ''}{told}."
        for (channel, told), criteria in alike.items()
    )
    return (
        "An answer that is not applicable, needs review by a person, whose window is still open, or that the probe "
        "could not measure, earns nothing of nothing. It is never counted as a No.",
        *(waiting or ("In this wave every answer was settled.",)),
    )


def _not_counted(report: WaveReport) -> tuple[str, ...]:
    contacts = tuple(f"{words.count(count, 'contact')}: {why}." for why, count in report.not_counted.items())
    refusals = tuple(
        f"{one.organisation}: refused {words.count(one.count, 'time')}, {one.reason} (rule {one.rule})."
        for one in report.refusals
    )
    return (
        *(contacts or ("Every contact that was made is counted.",)),
        *(refusals or ("No contact was refused by the rules that protect organisations and residents.",)),
    )
