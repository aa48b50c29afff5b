"""How often each standard of the profile was met, and by which services. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from results import words
from results.benchmark import score, wilson
from results.channels import ABOUT
from results.kpis import Figure, headline
from results.report.model import Service, StaffTime, StandardMet
from results.schema import CHANNELS, Channel, Criterion, Enquiry, Scheme, Shop
from results.scoring import standard_words
from results.tally import Tally

MINUTES_A_REPLY = 10.0
"""Ours, and only an estimate: reading an enquiry, finding the answer and writing it."""

_NO_STAFF = {"ivr", "queue", "voicemail", "recorded_message_ends", "fax_or_data", "number_not_in_use"}


def standards_met(scheme: Scheme, channel: Channel, counted: Mapping[str, Tally]) -> tuple[StandardMet, ...]:
    """Every criterion that the profile gives a figure for, with the share of full marks over the channel's answers."""
    return tuple(
        _met(one, channel, counted[one.id].full, counted[one.id].base, scheme)
        for one in scheme.criteria
        if one.profile_key and one.channel == channel and one.id in counted and counted[one.id].base
    )


def _met(criterion: Criterion, channel: Channel, met: int, base: int, scheme: Scheme) -> StandardMet:
    sampled = ABOUT[channel].sampled
    return StandardMet(
        criterion=criterion.id,
        channel=channel,
        short=criterion.short,
        standard=standard_words(criterion, scheme),
        met=met,
        base=base,
        words=words.share(met, base),
        caution=words.caution(base) if sampled else "",
        interval=wilson(met, base) if sampled and base >= words.COUNTS_ONLY else None,
    )


def services(
    scheme: Scheme, enquiries: Mapping[str, Enquiry], shops: Sequence[Shop], *, headlines: bool = False
) -> tuple[Service, ...]:
    """The counted `shops` by what was asked about: LGSL service where `enquiries` tell it, else the enquiry's own name.

    A website visit looks at the whole site and not at one service: it is left out.
    """
    groups: dict[tuple[int, str, Channel], list[Shop]] = {}
    titles: dict[tuple[int, str], list[str]] = {}
    for shop in shops:
        if shop.counted and shop.channel != "web":
            asked = enquiries.get(shop.enquiry)
            key = (asked.service, "") if asked else (0, shop.enquiry)
            title = asked.title if asked else shop.enquiry.replace("-", " ").capitalize()
            groups.setdefault((*key, shop.channel), []).append(shop)
            if title not in titles.setdefault(key, []):
                titles[key].append(title)
    found = []
    for (number, name, channel), own in groups.items():
        scored = score(scheme, "", channel, own)
        stages = {stage: one.model_copy(update={"shops": ()}) for stage, one in scored.stages.items()}
        found.append(
            Service(
                service=number or None,
                title=words.listed(sorted(titles[number, name])),
                channel=channel,
                score=scored.model_copy(update={"stages": stages}),
                headline=_headline(scheme, channel, own) if headlines else None,
            )
        )
    return tuple(sorted(found, key=lambda one: (CHANNELS.index(one.channel), one.title.casefold())))


def _headline(scheme: Scheme, channel: Channel, shops: Sequence[Shop]) -> Figure | None:
    found = headline(scheme, channel, shops)
    return found.model_copy(update={"shops": ()}) if found else None


def staff_time(shops: Sequence[Shop], minutes_a_reply: float = MINUTES_A_REPLY) -> StaffTime:
    """What the wave cost the organisations' staff. A menu, a machine or a ringing telephone costs nobody's time."""
    seconds = [found for shop in shops if shop.channel == "phone" and (found := _spoken(shop)) is not None]
    replies = sum(
        shop.channel == "email" and bool(shop.observation and shop.observation.facts.get("email.replied"))
        for shop in shops
    )
    calls = sum(seconds) / 60
    return StaffTime(
        calls=len(seconds),
        call_minutes=calls,
        replies=replies,
        minutes_a_reply=minutes_a_reply,
        minutes=calls + replies * minutes_a_reply,
    )


def _spoken(shop: Shop) -> float | None:
    """Seconds from the answer to the end of a call; None where nobody answered or the end was not seen."""
    seen = shop.observation
    if seen is None or seen.facts.get("phone.answered_by") in _NO_STAFF:
        return None
    answered, ended = seen.moments.get("answered"), seen.moments.get("ended")
    return max(0.0, (ended.middle - answered.middle).total_seconds()) if answered and ended else None
