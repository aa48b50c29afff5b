"""What a server tells while it works: one line an event, for people or as JSON. No secrets and no personal data.

Events are named in plain words, with counts, ids and reasons beside them. Whatever looks like an e-mail address, a
telephone number or a long token is taken out of every value, wherever it came from.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

Event = MutableMapping[str, Any]

_SECRETS = re.compile(r"pass(?:word|wd)?|secret|token|authorization|credential|api_?key", re.IGNORECASE)
_TAKEN_OUT = (
    (re.compile(r"(?<=://)[^\s/@]{1,200}@"), ""),
    (re.compile(r"[^\s@<>(),;:\"']{1,64}@[^\s@<>(),;:\"']{1,190}"), "[address]"),
    (re.compile(r"(?<![\w.-])\+?\d[\d ()-]{7,18}\d(?![\w.-])"), "[number]"),
    (re.compile(r"(?i)\b(?:bearer|basic) [a-z0-9._~+/=-]{8,}"), "[secret]"),
    (re.compile(r"\b[A-Za-z0-9_-]{40,}\b"), "[token]"),
)
_LONGEST = 1000
_KEPT = ("timestamp", "level")


def configure(as_json: bool, to: TextIO | None = None) -> None:
    """Set up logging for this process. Goes to standard error, unless `to` says otherwise."""
    import structlog  # here, because it takes long to load and only a server logs

    render = structlog.processors.JSONRenderer(default=str) if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            without_secrets,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(to or sys.stderr),
        cache_logger_on_first_use=False,
    )


def without_secrets(_logger: object, _method: str, event: Event) -> Event:
    """The event with secrets and personal data taken out of its values."""
    return {key: value if key in _KEPT else _clean(key, value) for key, value in event.items()}


def _clean(key: str, value: object) -> object:
    if _SECRETS.search(key):
        return "[secret]"
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {str(inner): _clean(str(inner), each) for inner, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(key, each) for each in value]
    return value


def plain(text: str) -> str:
    """A text without addresses, telephone numbers and tokens, at most a thousand characters of it."""
    for pattern, instead in _TAKEN_OUT:
        text = pattern.sub(instead, text)
    return text[:_LONGEST]


def in_words(error: BaseException) -> str:
    """What an error says, on one line without addresses and numbers; of a group its first."""
    first = _first(error)
    told = " ".join(plain(str(getattr(first, "orig", first))).split())  # a database's own words, without the statement
    return told if is_expected(first) else f"{type(first).__name__}: {told}"


def is_expected(error: BaseException) -> bool:
    """Whether its message was written for people: an exception of ours."""
    return type(_first(error)).__module__.partition(".")[0] in ("probes", "scenarios", "results")


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
