"""Whether a server does its work: from when each part of it last did. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from results.beats import AT_WORK, SCHEDULES, SWEEP, mailbox

NO_PROGRESS = dt.timedelta(hours=2)
"""How long a round may go on without a contact being over. A visit to a website may last half an hour, and the pace
between calls is the organisation's wish."""

_SHORTEST = dt.timedelta(minutes=3)
_PARTS = {SCHEDULES: "the schedules were last looked at", SWEEP: "windows were last swept"}


def lately(poll: float) -> dt.timedelta:
    """How long ago is still lately, for a server that makes a round every `poll` seconds."""
    return max(3 * dt.timedelta(seconds=poll), _SHORTEST)


def wrong(
    now: dt.datetime,
    started: dt.datetime,
    poll: float,
    served: bool,
    beats: Mapping[str, dt.datetime],
    awaited: Iterable[str],
) -> tuple[str, ...]:
    """What is wrong, one sentence each; nothing where all is well. `awaited`: mailboxes that answers may come to.

    A round that is under way and gets on is well, however long it takes: mailboxes are read before and after it. For
    the first moments after `started` nothing is expected yet.
    """
    limit = lately(poll)
    if now - started <= limit:
        return ()
    found = [] if served else ["nobody serves: no server holds the lease"]
    since = beats.get(AT_WORK)
    if since is not None and now - since <= NO_PROGRESS:
        return tuple(found)
    if since is not None:
        found.append(f"a round, or another command, has been at work for {_ago(now - since)} without getting on")
    mailboxes = {mailbox(name): f"mailbox {name} was last read" for name in awaited}
    for part, words in {**_PARTS, **mailboxes}.items():
        if part not in beats:
            found.append(f"{words}: never")
        elif now - beats[part] > limit:
            found.append(f"{words} {_ago(now - beats[part])} ago")
    return tuple(found)


def _ago(time: dt.timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
