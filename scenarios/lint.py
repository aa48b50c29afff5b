"""What an enquiry may never ask, because asking it sets something off: data, each with the reason. Pure.

Sources: the MRS code of conduct; West Berkshire 2012, where a test set officers looking for missing people; 3Fox 2015,
where a plain e-mail was handled as a request for information.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from results.schema import Enquiry

_FORBIDDEN: dict[str, str] = {
    r"\b(?:information|data|records?) (?:that )?you (?:hold|have|keep)\b"
    r"|\bunder the (?:[\w’']+ ){0,6}(?:act|regulations)\b"
    r"|freedom of information|environmental information regulations|\bFOIA?\b|\bEIRs?\b|subject access"
    r"|\bGDPR\b|\bdata protection\b": ("reads like a request under an Act; ask it as a resident would"),
    r"\bsuicid|self[- ]harm|\babus(?:e|ed|ing|ive)\b|\bmissing (?:person|child|people|son|daughter|mother|father)\b"
    r"|\bhomeless (?:tonight|now|today)|sleeping rough|nowhere to (?:sleep|stay|go)|no roof|\brisk to life"
    r"|safeguarding|domestic violence|\bneglected?\b|\bat risk of (?:harm|eviction|violence)|\bin danger\b"
    r"|\bgas leak|\bcollapsed\b|\bunconscious|\bemergency\b": (
        "touches people in danger; a test must never set off that service"
    ),
    r"\b(?:burgl\w+|assault\w*|rap(?:e|ed|ist)|stabb\w+|knife|drug (?:deal\w*|tak\w*)|fraud\w*|stolen|theft|vandal\w*"
    r"|fly-?tipp\w*|anti-?social behaviour|hate crime|crimes?|criminal)\b": (
        "reports a crime or a nuisance, which others have to look into; ask about the service instead"
    ),
    r"\bcomplaints?\b|\bI (?:want|wish|need|would like|have) to complain\b|\bcomplain(?:ing)? about\b": (
        "is a complaint; complaints are only for people who have one"
    ),
    r"\bplease (?:send|book|order|arrange|come)\b|\b(?:send|get) (?:somebody|someone"
    r"|an? (?:officer|inspector|engineer|crew|surveyor|van)) (?:out|round|over)\b"
    r"|\bI(?: want|.d like| would like) to (?:book|order|buy|pay|apply)\b": (
        "asks for a visit or a service that somebody would provide or pay for; ask how it is done instead"
    ),
}


def forbidden(enquiry: Enquiry) -> Iterator[tuple[Literal["subject", "words"], str]]:
    """The first forbidden thing in the subject and in the words: the key, and what is wrong in plain words."""
    for key, text in (("subject", enquiry.subject), ("words", enquiry.words)):
        line = " ".join(text.split())
        found = ((re.search(pattern, line, re.IGNORECASE), why) for pattern, why in _FORBIDDEN.items())
        if first := next(((match, why) for match, why in found if match), None):
            yield key, f"{first[0][0]!r} {first[1]}"  # type: ignore[misc]
