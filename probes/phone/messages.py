"""Whether a message was left whole: a beep, and after it one whole copy of what we say over and over. Pure.

Who rings back is found in `callbacks`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from probes.phone.carriers import Speech
from probes.phone.heard import THRESHOLD, Facts
from probes.phone.listening import Listened
from results.schema import Moment, Why

FACTS: Mapping[str, str] = {
    "vm.message_left": "after a voicemail's beep there was time for two copies of our message, of which one is whole"
}

SLOWEST = 0.5
"""Seconds a word takes at most, so that a copy is over. Measured with espeak-ng at 150 words a minute: 0.34 to 0.42,
single digits among the words. So no voice of ours has to be known, nor its channel of the recording read."""

_FASTEST = 0.25  # seconds a word takes at least; in less time than that no copy can have been whole
_WORD = 0.5  # seconds; the model tells when a word ended to within that
_NAME = "vm.message_left"


def message_left(found: Listened, said: Speech, threshold: float = THRESHOLD) -> Facts:
    """`FACTS` for a call that was to leave a message and was heard."""
    heard, mailbox = found.heard, _greeting_ends(found)
    if heard.answer.confidence < threshold:
        return _unknown(Why.NEEDS_REVIEW, "what answered was not clear; it needs a listener")
    if mailbox is None:
        return Facts({_NAME: False}, {})
    accepted = heard.message_accepted
    if accepted is not None and not accepted.value and accepted.confidence >= threshold:
        return Facts({_NAME: False}, {})
    beep = _beep(found, mailbox)
    if beep is None:
        return Facts({_NAME: False}, {})
    # The first text is said once, and may go on after the beep; copies follow one another from its end.
    left = found.lasted - max(beep, _words(said.first) * SLOWEST)
    if left >= 2 * _words(said.again) * SLOWEST:
        return Facts({_NAME: True}, {})
    if found.lasted - beep < _words(said.again) * _FASTEST:
        return Facts({_NAME: False}, {})
    return _unknown(
        Why.NEEDS_REVIEW, "there may have been time for a whole message after the beep; it needs a listener"
    )


def moment(found: Listened, answered: Moment, ended: Moment) -> Moment:
    """Moment `message_left`, where one was: between the end of the beep and the end of the call."""
    mailbox = _greeting_ends(found)
    beep = None if mailbox is None else _beep(found, mailbox)
    lower = answered.lower + dt.timedelta(seconds=beep or 0.0)
    source = "between the end of the beep on the recording and the call's end"
    return Moment(lower=min(lower, ended.upper), upper=ended.upper, source=source)


def not_left() -> Facts:
    """Of a call that says no message, or was not answered."""
    return Facts({_NAME: False}, {})


def unheard(why: Why, reason: str) -> Facts:
    """Of a call that said a message into something nobody listened to."""
    return _unknown(why, reason)


def _unknown(why: Why, reason: str) -> Facts:
    return Facts({_NAME: None}, {_NAME: (why, reason)})


def _greeting_ends(found: Listened) -> float | None:
    """When the voicemail's voice was last heard, in seconds of the recording; None where there was none."""
    return max((part.end for part in found.heard.parts if part.kind == "voicemail"), default=None)


def _beep(found: Listened, greeting_ends: float) -> float | None:
    """The end of the first beep after the greeting, or of the last in it where voices were taken for one."""
    begins = min(part.start for part in found.heard.parts if part.kind == "voicemail")
    beeps = [tone for tone in found.signals if tone.kind == "beep" and tone.start > begins]
    after = [tone for tone in beeps if tone.start > greeting_ends - _WORD]
    return after[0].end if after else beeps[-1].end if beeps else None


def _words(text: str) -> int:
    return len(text.split())
