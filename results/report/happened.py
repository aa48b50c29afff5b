"""What happened in one contact, in plain sentences a councillor can read. Pure. Judging it is the scheme's part."""

from __future__ import annotations

from collections.abc import Mapping

from results import words
from results.schema import Appeal, Channel, Failure, Moment, Observation, Shop, Why

_FAILURES: Mapping[Failure, str] = {
    Failure.ENGAGED: "The line was engaged.",
    Failure.NO_REPLY: "It rang and nobody answered.",
    Failure.NUMBER_NOT_IN_USE: "The network said that the number is not in use.",
    Failure.BOUNCED: "The e-mail was refused or returned.",
    Failure.SILENT: "No reply from a person by the time the window closed.",
    Failure.SITE_UNREACHABLE: "The home page could not be reached, on two tries.",
}
_ANSWERED_BY: Mapping[str, str] = {
    "person": "then a person answered",
    "ivr": "then a menu answered",
    "queue": "then a queue answered, and no person came",
    "queue_then_person": "then a queue answered, and after it a person",
    "voicemail": "then a voicemail answered",
    "recorded_message_ends": "then a recorded message answered",
    "fax_or_data": "then a fax or a modem answered",
    "number_not_in_use": "then a recorded voice said that the number is not in use",
}
_DID: Mapping[Channel, str] = {
    "phone": "telephoned",
    "email": "wrote an e-mail",
    "web": "visited the website",
    "visit": "visited",
    "letter": "wrote a letter",
    "form": "sent the web form",
    "chat": "chatted",
}
WHY_NOT_COUNTED: Mapping[str, str] = {
    "planned": "planned but not made",
    "intent": "about to be made",
    "open": "still waiting for a reply",
    "closed": "closed but not valid",
    "void": "void, not measured",
    "refused": "refused by the guard",
}


def why_not_counted(shop: Shop) -> str:
    """Why a contact is in no figure. One that has been tried in vain and is planned still is to be tried again."""
    if shop.disputed:
        return "set aside on appeal"
    if shop.shopper == "person" and shop.state == "void":
        return "could not be made"
    return "it is to be tried again" if shop.state == "planned" and shop.observation else WHY_NOT_COUNTED[shop.state]


def happened(shop: Shop) -> tuple[str, ...]:
    """The story of a contact, first to last, and what became of appeals against it."""
    return (*_happened(shop), *(appealed(one) for one in shop.appeals))


def appealed(appeal: Appeal) -> str:
    """An appeal and its outcome in one sentence."""
    against = appeal.criterion or "the whole contact"
    opening = f"Appeal by {appeal.by} against {against}: “{appeal.why}”"
    if appeal.outcome == "open":
        return f"{opening}. It is not decided yet."
    return f"{opening}. {appeal.outcome.capitalize()} by {appeal.decided_by}: {appeal.reason.rstrip('.')}."


def _happened(shop: Shop) -> tuple[str, ...]:
    if shop.shopper == "person" and shop.scheme:
        return (f"Shopper {shop.by.upper()} {_DID[shop.channel]}.", *(f"“{one}”" for one in shop.comments))
    seen = shop.observation
    if seen is None:
        return (f"{why_not_counted(shop).capitalize()}.",)
    if seen.error is not None:
        return (f"Could not be measured: {seen.error}",)
    return tuple(_story(shop, seen)) or ("Contact made.",)


def _story(shop: Shop, seen: Observation) -> list[str]:
    match shop.channel:
        case "phone":
            story = _call(seen)
        case "email":
            story = _mail(shop, seen)
        case "web":
            story = [] if seen.failure else ["The site was visited."]
    if seen.failure is not None:
        story.append(_FAILURES[seen.failure])
    return story


def _call(seen: Observation) -> list[str]:
    took = _between(seen.moments, "ringing", "answered")
    if took is None:
        return []
    seconds, uncertain = took
    give = f" (give or take {words.number(uncertain / 2)})" if uncertain >= 0.2 else ""
    by = _ANSWERED_BY.get(str(seen.facts.get("phone.answered_by")), "then was answered")
    return [f"Rang for {words.seconds(seconds)}{give}, {by}."]


def _mail(shop: Shop, seen: Observation) -> list[str]:
    story = []
    if seen.facts.get("email.auto_ack"):
        story.append("Acknowledged automatically.")
    elif seen.facts.get("email.auto_ack") is False and seen.complete and seen.failure is not Failure.BOUNCED:
        story.append("No automatic acknowledgement.")
    if seen.facts.get("email.replied"):
        days = next((one.value for one in shop.answers if one.criterion == "email.reply_time"), None)
        after = f" after {words.working_days(days)}" if isinstance(days, int | float) else ""
        story.append(f"A person replied{after}.")
    elif not seen.complete:
        story.append("The window for a reply is still open.")
    elif seen.unknown.get("email.replied", (None,))[0] is Why.NEEDS_REVIEW:
        story.append("Something came that a person has to look at.")
    return story


def _between(moments: Mapping[str, Moment], first: str, last: str) -> tuple[float, float] | None:
    """Seconds between two moments' midpoints and what the bounds leave open, or None."""
    start, end = moments.get(first), moments.get(last)
    if start is None or end is None:
        return None
    return max(0.0, (end.middle - start.middle).total_seconds()), start.uncertainty + end.uncertainty
