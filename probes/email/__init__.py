"""The e-mail channel: `send` an enquiry once, `watch` the mailbox, and four pure steps from bytes to an observation:
`parse`, `match`, `classify`, `observe` (which reads a person's reply with `reading`).
"""

from __future__ import annotations

from probes.email.classify import Kind, Verdict, classify
from probes.email.facts import FACTS
from probes.email.match import Match, Sent, match
from probes.email.observe import observe
from probes.email.parse import Mail, read
from probes.email.persona import Persona, persona
from probes.email.reading import read_reply
from probes.email.send import Account, EmailProbe, Uncertain, message_id
from probes.email.watch import Collector, Incoming, Tray

__all__ = [
    "FACTS",
    "Account",
    "Collector",
    "EmailProbe",
    "Incoming",
    "Kind",
    "Mail",
    "Match",
    "Persona",
    "Sent",
    "Tray",
    "Uncertain",
    "Verdict",
    "classify",
    "match",
    "message_id",
    "observe",
    "persona",
    "read",
    "read_reply",
]
