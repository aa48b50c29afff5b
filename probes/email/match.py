"""Which of our e-mails a message belongs to. Pure.

The ladder, surest rung first: the address of ours that it was delivered to, where only one e-mail was ever sent from
there; In-Reply-To and References; the original Message-ID inside a delivery report. Below these a ticket system may
have begun a thread of its own, or somebody else may have answered. Then it must come from the organisation's own
domain, and only one e-mail of ours may fit: by the case number that an earlier answer carried, by our subject, by our
words quoted. What is left with one open e-mail to that domain is suggested to a person; nothing is ever guessed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from probes.email.parse import Mail

Rung = Literal["address", "thread", "delivery report", "case number", "subject", "our words", "sender"]

_PREFIXES = re.compile(r"^(?:\s*(?:re|fwd?|aw|ateb|ymateb|auto(?:matic)? ?re(?:ply|sponse))\s*:)+", re.IGNORECASE)
_DIGITS = r"(?:\d[ ./-]?){4,17}\d"
# A case number: digits after a mark such as "Ref", "#" or "CAS-", or seven and more that stand alone.
_CASE = re.compile(
    r"(?:\b(?:ref(?:erence)?|case|ticket|enquiry|request|job|incident|sr|crm)\b"
    r"[\s:.#№-]*(?:no\.?|number|id)?[\s:.#-]*|#\s?|\b[A-Z]{2,8}[-/_ ]?)"
    rf"(?P<marked>{_DIGITS})(?:[-/][A-Z0-9]{{2,12}})?(?!\w)|(?<!\w)(?P<bare>\d{{7,17}})(?!\w)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s<>\"(),;:@]{1,64}@([A-Za-z0-9.-]{1,190})")
_SHORTEST_SUBJECT = 6  # characters; a shorter subject of ours might stand in anybody's
_QUOTED_WORDS = 12  # consecutive words of ours that must be quoted


@dataclass(frozen=True)
class Sent:
    """An e-mail of ours that answers may belong to.

    `ours`: the address it was sent from; `shared`: others were sent from there too. `account`: the mailbox that answers
    come to. `to`: the organisation's address. `domains`: the organisation's mail domains. `until`: when its window
    closes; answers may still come later, but nothing is suggested then.
    """

    shop: str
    account: str
    ours: str
    message_id: str
    to: str
    subject: str
    words: str
    sent_at: dt.datetime
    until: dt.datetime | None = None
    domains: frozenset[str] = frozenset()
    shared: bool = False
    copy_to: str = ""
    closing_id: str = ""


@dataclass(frozen=True)
class Match:
    """The shop that a message belongs to, by which rung, and whether it is our own copy of what we sent.

    `sure`: False for a suggestion that a person has to confirm.
    """

    shop: str
    by: Rung
    own_copy: bool = False
    sure: bool = True


def case_numbers(subject: str, ours: str = "") -> tuple[str, ...]:
    """The case numbers in a subject, digits alone, without those that stand in our own subject."""
    found = [match["marked"] or match["bare"] for match in _CASE.finditer(subject[:400])]
    digits = [re.sub(r"\D", "", each) for each in found]
    own = re.sub(r"[ ./-]", "", ours)
    return tuple(dict.fromkeys(each for each in digits if len(each) > 4 and each not in own))


class Ladder:
    """All e-mails that answers may belong to, ready to be asked. `cases`: shop and case number of earlier answers."""

    def __init__(self, sent: Iterable[Sent], cases: Iterable[tuple[str, str]] = ()) -> None:
        self._all = {each.shop: each for each in sent}
        self._by_address = {each.ours.lower(): each for each in self._all.values() if not each.shared}
        self._by_id = {id: each for each in self._all.values() for id in (each.message_id, each.closing_id) if id}
        self._copies = frozenset(each.copy_to.lower() for each in self._all.values() if each.copy_to)
        self._by_domain: defaultdict[tuple[str, str], list[Sent]] = defaultdict(list)
        for each in self._all.values():
            for domain in each.domains:
                self._by_domain[each.account, domain.lower()].append(each)
        self._by_case: defaultdict[str, set[str]] = defaultdict(set)
        for shop, case in cases:
            self._by_case[case].add(shop)

    def learn(self, shop: str, mail: Mail) -> tuple[str, ...]:
        """The case numbers that an answer carries, remembered for those that follow it."""
        found = case_numbers(mail.subject, self._all[shop].subject)
        for case in found:
            self._by_case[case].add(shop)
        return found

    def match(self, mail: Mail, account: str, received: dt.datetime) -> Match | None:
        """The one e-mail of ours that this message, in that mailbox of ours, belongs to, or None.

        A report that our own copy could not be delivered says nothing about an organisation, so it matches nothing.
        """
        if mail.report and mail.report.recipients and self._copies.issuperset(map(str.lower, mail.report.recipients)):
            return None
        sent = self._by_id.get(mail.message_id)
        if sent and (sent.copy_to.lower() in mail.recipients or sent.ours.lower() in mail.header("from").lower()):
            return Match(sent.shop, "address", own_copy=True)
        return self._surely(mail) or self._by_what_it_says(mail, account, received)

    def _surely(self, mail: Mail) -> Match | None:
        for address in mail.recipients:
            if sent := self._by_address.get(address):
                return Match(sent.shop, "address")
        for reference in mail.references:
            if sent := self._by_id.get(reference):
                return Match(sent.shop, "thread")
        if mail.report and (sent := self._by_id.get(mail.report.original_id)):
            return Match(sent.shop, "delivery report")
        return None

    def _by_what_it_says(self, mail: Mail, account: str, received: dt.datetime) -> Match | None:
        theirs = [each for each in self._of_the_sender(mail, account) if each.sent_at <= received]
        if not theirs:
            return None
        cases = {shop for case in case_numbers(mail.subject) for shop in self._by_case.get(case, ())}
        by_case = [each for each in theirs if each.shop in cases]
        if len(by_case) == 1:
            return Match(by_case[0].shop, "case number")
        subject = _plain(mail.subject)
        by_subject = [
            each for each in theirs if len(each.subject) >= _SHORTEST_SUBJECT and _plain(each.subject) in subject
        ]
        if len(by_subject) == 1:
            return Match(by_subject[0].shop, "subject")
        text = _plain(mail.text)
        quoted = [each for each in by_subject or theirs if _quotes(text, each.words)]
        if len(quoted) == 1:
            return Match(quoted[0].shop, "our words")
        waiting = [each for each in by_subject or theirs if each.until is None or received <= each.until]
        return Match(waiting[0].shop, "sender", sure=False) if len(waiting) == 1 else None

    def _of_the_sender(self, mail: Mail, account: str) -> Sequence[Sent]:
        """What was sent to the organisation whose domain, or a part of it, the message comes from."""
        found = _ADDRESS.search(mail.header("from"))
        parts = found[1].lower().strip(".").split(".") if found else []
        for at in range(len(parts) - 1):
            if theirs := self._by_domain.get((account, ".".join(parts[at:]))):
                return theirs
        return ()


def _plain(text: str) -> str:
    """Lower case, on one line, without marks of quotation and without the prefixes of replies."""
    return " ".join(re.findall(r"\w+", _PREFIXES.sub("", text).casefold()))


def _quotes(text: str, ours: str) -> bool:
    """Whether the first or the last words of ours stand in a text, however they have been wrapped and marked."""
    words = _plain(ours).split()
    if len(words) < _QUOTED_WORDS:
        return bool(words) and " ".join(words) in text
    return any(" ".join(part) in text for part in (words[:_QUOTED_WORDS], words[-_QUOTED_WORDS:]))
