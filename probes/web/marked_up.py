"""Contact details that a page gives to machines, as schema.org has them: in JSON-LD or as microdata. Pure.

Read are telephone numbers with what they are for, opening hours, e-mail and postal addresses. Nobody sees them on the
page, but search engines and assistants tell them to residents.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from probes.web.pages import tidy

_SCRIPTS, _LONGEST, _THINGS = 20, 200_000, 2000  # scripts of a page, characters of one, things in one
_TYPED = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True)
class Thing:
    """What a page says of one thing. `kind`: its type in words ("government office"); `name`: what it is called."""

    kind: str
    name: str
    telephones: tuple[str, ...] = ()
    hours: bool = False
    email: bool = False
    postcode: str = ""

    @property
    def label(self) -> str:
        """What a number of this thing is for."""
        return self.name or self.kind


def things(tree: LexborHTMLParser) -> tuple[Thing, ...]:
    """The things that a page marks up with any contact detail. Markup that is broken is passed over."""
    found = [
        _thing(each) for script in tree.css('script[type="application/ld+json"]')[:_SCRIPTS] for each in _in(script)
    ]
    found += [_thing(each) for each in _microdata(tree)]
    return tuple(one for one in found if one.telephones or one.hours or one.email or one.postcode)


def _in(script: LexborNode) -> Iterator[Mapping[str, Any]]:
    """Every object in a script of JSON-LD, outer ones first."""
    try:
        waiting = [json.loads(script.text()[:_LONGEST])]
    except (ValueError, RecursionError):
        return
    for _ in range(_THINGS):
        if not waiting:
            return
        one = waiting.pop(0)
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            yield one
            waiting += [value for value in one.values() if isinstance(value, dict | list)]


def _microdata(tree: LexborHTMLParser) -> Iterator[Mapping[str, Any]]:
    """The objects of microdata, each with its own properties."""
    items: dict[int, dict[str, Any]] = {}
    for node in tree.css("[itemprop]")[:_THINGS]:
        scope = node.parent
        while scope is not None and "itemscope" not in scope.attributes:
            scope = scope.parent
        own = node.attributes
        value = own.get("content") or own.get("datetime") or (own.get("href") or "").partition(":")[2] or node.text()
        kind = (scope.attributes.get("itemtype") or "" if scope is not None else "").rpartition("/")[2]
        item = items.setdefault(scope.mem_id if scope is not None else 0, {"@type": kind})
        for name in (own.get("itemprop") or "").split():
            if "itemscope" not in own:
                item.setdefault(name, []).append(tidy(value[:300]))
    yield from items.values()


def _thing(told: Mapping[str, Any]) -> Thing:
    kind = " ".join(_texts(told.get("@type")))
    return Thing(
        kind=_TYPED.sub(" ", kind).lower()[:60],
        name=next((text for key in ("contactType", "name") for text in _texts(told.get(key))), "")[:90],
        telephones=tuple(text[:40] for text in _texts(told.get("telephone"))),
        hours=any(told.get(key) for key in ("openingHours", "openingHoursSpecification", "hoursAvailable")),
        email=any("@" in text for text in _texts(told.get("email"))),
        postcode=next(iter(_texts(told.get("postalCode"))), "")[:10],
    )


def _texts(value: object) -> tuple[str, ...]:
    """A value's texts: it may be one, or a list of them."""
    several = value if isinstance(value, list) else [value]
    return tuple(tidy(one[:300]) for one in several[:20] if isinstance(one, str) and one.strip())
