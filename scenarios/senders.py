"""Which mailbox of ours writes to an organisation next, and as whom. Pure.

A vacation responder answers each sender once in a while (RFC 5230: seven days unless it is told otherwise), and an
acknowledgement that was not sent for that reason is not the organisation's failing. So the mailboxes take turns, and
one whose contacts all share its address writes to an organisation at most once in seven days.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence

from scenarios.programme import MailAccount

REST = dt.timedelta(days=7)
"""RFC 5230 section 4.1: the usual period in which a responder does not answer the same sender again."""


class Senders:
    """The mailboxes of a programme, with what each has written to whom."""

    def __init__(self, accounts: Mapping[str, MailAccount], personas: Sequence[str]) -> None:
        self._accounts = accounts
        self._personas = personas
        self._last: dict[tuple[str, str], dt.datetime] = {}

    def wrote(self, account: str, organisation: str, at: dt.datetime) -> None:
        """A mailbox wrote to an organisation then, in this process or in another."""
        key = account, organisation
        self._last[key] = max(at, self._last.get(key, at))

    def choose(self, organisation: str, now: dt.datetime) -> str | dt.datetime:
        """The mailbox that wrote to this organisation longest ago and may write now; else the moment when one may."""
        free = {name: self._free_at(name, organisation) for name in self._accounts}
        ready = [name for name, at in free.items() if at is None or at <= now]
        if ready:
            long_ago = dt.datetime.min.replace(tzinfo=dt.UTC)
            return min(ready, key=lambda name: self._last.get((name, organisation), long_ago))
        return min(at for at in free.values() if at is not None)

    def persona(self, account: str, reference: str) -> str | None:
        """Who writes: the mailbox's own name, one of the programme's, or None for one of Doorstep's."""
        if name := self._accounts[account].persona:
            return name
        if not self._personas:
            return None
        digest = int.from_bytes(hashlib.sha256(reference.encode()).digest()[:8], "big")
        return self._personas[digest % len(self._personas)]

    def _free_at(self, account: str, organisation: str) -> dt.datetime | None:
        last = self._last.get((account, organisation))
        return last + REST if last is not None and self._accounts[account].addresses == "one" else None
