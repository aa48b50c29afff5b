"""How usefully telephone numbers are given, and whether each fits the service that it is shown against. Pure.

Whether a number fits is only proposed, from what the site itself says on its other pages: a person has to confirm it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from probes.web import whose
from probes.web.mention import Mention
from probes.web.reading import Reading, not_known
from results.schema import Why

FACTS = {
    "web.phone.quality": "Percent, a quarter each: numbers have a dialling code, are spaced, are linked, say what for",
    "web.phone.appropriate": "Yes/no, proposed: each number fits the service that it is shown against",
}
_FEW = 5  # sentences; the evidence has them all
_SHARED = 3  # services that name a number as theirs: it is a switchboard's, whatever it is called
_FOR_ALL = re.compile(
    r"\bswitchboard\b|\b(?:contact|call) centre\b|\bcustomer (?:services?|care)\b|\b(?:main|general)\b|\bcouncil\W*$"
    r"|\breception\b|\bhelp ?desk\b|\bemergenc|\bout of\b|\bhours\b",
    re.IGNORECASE,
)


def read(shown: Sequence[Mention], astray: Sequence[str]) -> Reading:
    """The facts. `astray`: pages that are not about councillors and show what seems to be a person's own number."""
    own = [mention for mention in shown if mention.whose == "own"]
    return _quality([mention for mention in own if not mention.marked_up]) | _appropriate(shown, own, astray)


def _quality(own: Sequence[Mention]) -> Reading:
    """A quarter for each manner, by the share of numbers that have it. Textphones are not tapped to call."""
    if not own:
        return not_known(
            ["web.phone.quality"], Why.NOT_APPLICABLE, "no telephone number of the organisation's was found"
        )
    quarters = {
        "have a dialling code": [mention.coded for mention in own],
        "are spaced": [_spaced(mention) for mention in own if mention.spaced is not None],
        "are linked": [mention.linked for mention in own if not mention.textphone],
        "say what they are for": [bool(mention.label) for mention in own],
    }
    shares = {what: sum(each) / len(each) for what, each in quarters.items() if each}
    told = ", ".join(f"{round(100 * share)} % {what}" for what, share in shares.items())
    return Reading(
        {"web.phone.quality": round(100 * sum(shares.values()) / len(shares), 1)},
        notes=(f"of the telephone numbers shown {told}",),
        where={"how telephone numbers are given": shares},
    )


def _spaced(mention: Mention) -> bool:
    """Whether it is grouped as on GOV.UK; one that is no whole number, whether it is grouped at all."""
    return bool(mention.spaced) if mention.number else " " in mention.shown


def _appropriate(shown: Sequence[Mention], own: Sequence[Mention], astray: Sequence[str]) -> Reading:
    if not own and not astray:
        return not_known(
            ["web.phone.appropriate"], Why.NOT_APPLICABLE, "no telephone number of the organisation's was found"
        )
    doubts = [f"{page} shows what seems to be a person's own number" for page in astray]
    doubts += [*_premium(own), *_anothers(shown, own), *_another_services(own)]
    doubts = list(dict.fromkeys(doubts))
    return Reading(
        {"web.phone.appropriate": not doubts},
        notes=tuple(doubts[:_FEW]),
        where={"numbers that may not fit": doubts[:100]},
    )


def _premium(own: Sequence[Mention]) -> Iterator[str]:
    for mention in own:
        if mention.kind == "premium":
            yield f"'{mention.shown}' on {mention.page} is charged at a premium rate"


def _anothers(shown: Sequence[Mention], own: Sequence[Mention]) -> Iterator[str]:
    """Numbers that one page gives for a service, and another page as another body's."""
    theirs = {mention.number: mention for mention in shown if mention.whose == "another body" and mention.number}
    for mention in own:
        other = theirs.get(mention.number or "")
        if other is not None and whose.service(mention.label):
            yield _two_uses(mention, other)


def _another_services(own: Sequence[Mention]) -> Iterator[str]:
    """Numbers shown against a service that has another one, while elsewhere this one is another service's."""
    services: dict[frozenset[str], dict[str, Mention]] = {}
    users: dict[str, dict[frozenset[str], Mention]] = {}
    for mention in own:
        words = whose.service(mention.label)
        if words and mention.number and not mention.textphone and not _FOR_ALL.search(mention.label):
            services.setdefault(words, {}).setdefault(mention.number, mention)
            users.setdefault(mention.number, {}).setdefault(words, mention)
    for words, numbers in services.items():
        for number, mention in numbers.items():
            elsewhere = _elsewhere(words, mention, users[number])
            if len(numbers) > 1 and elsewhere is not None and number != _usual(own, words):
                yield _two_uses(mention, elsewhere)


def _two_uses(one: Mention, other: Mention) -> str:
    return f"'{one.shown}' on {one.page} is given for {one.label}, and on {other.page} for {other.label}"


def _elsewhere(words: frozenset[str], mention: Mention, users: Mapping[frozenset[str], Mention]) -> Mention | None:
    """Where a number is named as another service's, on another page; None for one that many share."""
    others = [other for theirs, other in users.items() if not theirs & words and other.page != mention.page]
    return others[0] if others and len(users) < _SHARED else None


def _usual(own: Sequence[Mention], words: frozenset[str]) -> str | None:
    """The number that most pages give for a service; None where none is given more often than the others."""
    pages: dict[str, set[str]] = {}
    for mention in own:
        if mention.number and whose.service(mention.label) == words:
            pages.setdefault(mention.number, set()).add(mention.page)
    counts = sorted(((len(where), number) for number, where in pages.items()), reverse=True)
    return counts[0][1] if len(counts) < 2 or counts[0][0] > counts[1][0] else None
