"""What an automatic acknowledgement gives the enquirer: a reference, a time to expect, another way to get help. Pure.

One third each; after Jeff Toister, "auto-reply" standards for customer service.
"""

from __future__ import annotations

import re

from probes.email.letter import sentences
from probes.email.parse import Mail
from probes.email.referral import PHONE

_REFERENCE = re.compile(
    r"\b(?:ref(?:erence)?|case|ticket|enquiry|request|incident|job|log|tracking|cyfeirnod)\b"
    r"(?: (?:reference|number|no|id|code))*\b\W{0,3}(?:(?:for this \w+ )?(?:is|yw)\b)?\W{0,4}"
    r"(?-i:[A-Z]{0,6})[-/ ]?\d[\w/-]{2,}"
    r"|[\[(#][^\])\n]{0,20}\d{4,}[\])]",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|fifteen|twenty)"
    r"(?: \(\d+\))?[ -](?:(?:full |clear )?(?:working |business |calendar )?)"
    r"(?:hours?|days?|weeks?)\b(?! a (?:day|week)|,? 7 days| per )"
    r"|\bnext (?:working |business )?day\b|\b(?:same|the end of the) (?:working )?day\b"
    r"|\bo fewn \w+ (?:o )?(?:ddiwrnod|awr|wythnos)",
    re.IGNORECASE,
)
_ONLINE = re.compile(
    r"\b(?:web ?site|online|www\.|web ?pages?|gwefan|web ?chat|live chat|in person)|https?://", re.IGNORECASE
)

_BESIDE_THE_MATTER = re.compile(r"\b(?:survey|feedback|privacy|cookies)\b", re.IGNORECASE)


def what_it_gives(mail: Mail) -> tuple[str, ...]:
    """Which of the three it gives, in plain words."""
    text = " ".join(sentence for sentence in sentences(mail.text_top) if not _BESIDE_THE_MATTER.search(sentence))
    given = []
    if _REFERENCE.search(text) or _REFERENCE.search(mail.subject):
        given.append("a reference")
    if _TIME.search(text):
        given.append("a time to expect")
    if PHONE.search(text) or _ONLINE.search(text):
        given.append("another way to get help")
    return tuple(given)
