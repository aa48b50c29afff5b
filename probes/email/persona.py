"""Who the enquirer is said to be. Unless an account has a person of its own, the name follows from the reference alone,
so that whoever reads a reply weeks later knows which name to look for, without anybody having written it down.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_NAME = re.compile(r"[^\W\d_][\w'’-]*")

# Ordinary names, none of them a common word, so that finding one in a greeting means something.
_FIRST = (
    *(
        "Alison",
        "Andrew",
        "Catherine",
        "Colin",
        "Deborah",
        "Emma",
        "Fiona",
        "Gareth",
        "Helen",
        "Imran",
        "Joanne",
        "Karen",
    ),
    *(
        "Kevin",
        "Lesley",
        "Malcolm",
        "Nadia",
        "Nicola",
        "Paula",
        "Rachel",
        "Rajesh",
        "Sandra",
        "Simon",
        "Stephen",
        "Tracey",
    ),
)
_LAST = (
    *(
        "Ahmed",
        "Bennett",
        "Clarke",
        "Davies",
        "Edwards",
        "Fletcher",
        "Griffiths",
        "Harrison",
        "Hughes",
        "Jenkins",
        "Kaur",
    ),
    *("Lawson", "Mitchell", "Nicholson", "Osborne", "Patel", "Roberts", "Robinson", "Saunders", "Thompson", "Walsh"),
    *("Watkins", "Whitaker"),
)


@dataclass(frozen=True)
class Persona:
    """The enquirer: the name on the e-mail and under it."""

    first: str
    last: str

    @classmethod
    def named(cls, name: str) -> Persona:
        """The person of that full name, such as "Alison Bennett". Raises `ValueError` unless it is two plain words."""
        words = name.split()
        if len(words) != 2 or not all(_NAME.fullmatch(word) for word in words):
            raise ValueError(f"{name!r} must be a first name and a last name, such as Alison Bennett")
        return cls(*words)

    @property
    def name(self) -> str:
        """As it is signed."""
        return f"{self.first} {self.last}"


def persona(reference: str) -> Persona:
    """The enquirer of one contact. The same reference gives the same person, on any machine."""
    digest = int.from_bytes(hashlib.sha256(reference.encode()).digest()[:8], "big")
    which, first = divmod(digest, len(_FIRST))
    return Persona(_FIRST[first], _LAST[which % len(_LAST)])
