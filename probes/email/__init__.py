"""The e-mail channel: `send` an enquiry once, `watch` the mailbox, and four pure steps from bytes to an observation:
`parse`, `match`, `classify`, `observe` (which reads a person's reply with `reading`).
"""

from __future__ import annotations

from probes.email.account import Account, SignInNeeded
from probes.email.classify import HUMAN, Kind, Verdict, classify
from probes.email.closing import Closing, closing_id
from probes.email.compose import message_id, own_copy
from probes.email.facts import FACTS
from probes.email.match import Ladder, Match, Sent, case_numbers
from probes.email.observe import Answer, ByHand, observe
from probes.email.parse import Mail, read
from probes.email.persona import Persona, persona
from probes.email.reading import points_of, read_reply
from probes.email.send import EmailProbe, Uncertain
from probes.email.unnamed import Shown, shown
from probes.email.watch import Collector, Incoming, Tray

__all__ = [
    "FACTS",
    "HUMAN",
    "Account",
    "Answer",
    "ByHand",
    "Closing",
    "Collector",
    "EmailProbe",
    "Incoming",
    "Kind",
    "Ladder",
    "Mail",
    "Match",
    "Persona",
    "Sent",
    "Shown",
    "SignInNeeded",
    "Tray",
    "Uncertain",
    "Verdict",
    "case_numbers",
    "classify",
    "closing_id",
    "message_id",
    "observe",
    "own_copy",
    "persona",
    "points_of",
    "read",
    "read_reply",
    "shown",
]
