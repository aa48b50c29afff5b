"""What is said on a call, and for how long. The texts are data, `texts.toml`; a programme may have its own. Pure.

BadText
"""

from __future__ import annotations

import hashlib
import string
import tomllib
from collections.abc import Mapping
from importlib.resources import files

from probes import Errand
from probes.phone.carriers import Speech

TEXTS: Mapping[str, str] = tomllib.loads(files("probes.phone").joinpath("texts.toml").read_text("utf-8"))
"""The texts by name: identification, recorded, staying, message, explanation."""

MESSAGE_SECONDS = 75.0
"""How long a call that leaves a message lasts: a greeting of half a minute, and two copies, of which one is whole."""

LONGEST = 400  # characters of one text
_FILLED_IN = frozenset({"partnership", "organisation", "number", "reference", "recorded"})
_FILLED_IN_FOR_ANYBODY = frozenset({"partnership"})  # who rings us back has not said who they are
_MUST_NAME = {"identification": {"organisation", "number", "recorded"}, "message": {"organisation", "number"}}


class BadText(ValueError):
    """A text of a programme that cannot be said, and why."""


def texts(own: Mapping[str, str]) -> Mapping[str, str]:
    """The texts with a programme's own in their place. Raises `BadText`."""
    for name, text in own.items():
        if name not in TEXTS:
            raise BadText(f"there is no text {name!r}; there are: {', '.join(TEXTS)}")
        try:
            named = {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}
        except ValueError as error:
            raise BadText(f"{name} has a bracket too many or too few: {error}") from None
        filled = _FILLED_IN_FOR_ANYBODY if name == "explanation" else _FILLED_IN
        if unknown := sorted(named - filled):
            raise BadText(f"{name} names {{{unknown[0]}}}, which is not filled in; use {', '.join(sorted(filled))}")
        if missing := sorted(_MUST_NAME.get(name, set()) - named):
            raise BadText(f"{name} does not name {{{missing[0]}}}; whoever answers must hear it")
        if not text.strip() or len(text) > LONGEST:
            raise BadText(f"{name} is empty or longer than {LONGEST} characters")
    return {**TEXTS, **own}


def speech(errand: Errand, caller: str, recorded: bool, said: Mapping[str, str] = TEXTS) -> Speech:
    """What is said on this call, with `caller` shown as its number. Nobody hears a silent call.

    A scenario that stays, or leaves a message, speaks on without a pause until its time is over.
    """
    scenario = errand.scenario
    filled = {
        "partnership": errand.partnership,
        "organisation": errand.organisation.name,
        "number": _digits("0" + caller.removeprefix("+44")),
        "reference": _digits(spoken_reference(errand.reference)),
    }
    first = said["identification"].format(**filled, recorded=said["recorded"] if recorded else "")
    if scenario.leave_message:
        again = said["message"].format(**filled, recorded="")
        return Speech(first, again, scenario.stay_for or MESSAGE_SECONDS)
    if scenario.stay_for:
        return Speech(first, said["staying"].format(**filled, recorded=""), scenario.stay_for)
    return Speech(first)


def explanation(partnership: str, said: Mapping[str, str] = TEXTS) -> str:
    """What whoever rings one of our numbers hears, where our own telephone answers it."""
    return said["explanation"].format(partnership=partnership)


def spoken_reference(reference: str) -> str:
    """Six digits that a person can write down, from a contact's own mark; always the same."""
    return f"{int(hashlib.sha256(reference.encode()).hexdigest(), 16) % 1_000_000:06}"


def _digits(number: str) -> str:
    return " ".join(number)
