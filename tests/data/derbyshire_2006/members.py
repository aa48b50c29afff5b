"""The eleven members of the wave of 2006 and how they fared. South Derbyshire's figures are those that were published.

The other ten are invented, with codes that no council has. What they did is chosen so that South Derbyshire comes 9th
by telephone, 6th by e-mail and 5th on the web, and that 93% of the partnership's replies answer the query in full.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Calls:
    """Calls to the switchboard and to other numbers: so many each got a person, voicemail, an engaged tone, no answer.

    `seconds`: the mean time to answer of each. Of the people, so many gave a salutation, named the council and
    themselves; of the messages left, so many were returned. `care`: the share that took ownership, near which listening
    and courtesy lie too; `skill`: the share of transferred callers told where to, near which the rest of the call lies.
    """

    switchboard: tuple[int, int, int, int]
    others: tuple[int, int, int, int]
    seconds: tuple[float, float]
    salutation: int
    named: int
    own_name: int
    care: float
    skill: float
    returned: int = 0


@dataclass(frozen=True)
class Mails:
    """E-mails sent, automatic answers, replies, and of these fully and partly answered; `days`: mean time to reply.

    `signed`: how many replies used the enquirer's name, and gave the sender's name, telephone, title and department.
    """

    sent: int
    automatic: int
    replied: int
    fully: int
    partly: int
    days: float
    signed: tuple[int, int, int, int, int]
    layout: tuple[int, ...] = (3, 4, 5)
    efficiency: tuple[int, ...] = (3, 4, 5)


@dataclass(frozen=True)
class Site:
    """What a visit found. Shares in per cent; `clicks`: to job vacancies and to a leisure centre's details."""

    az_right: int
    az_words: int
    best_rank: int
    results: int
    search_words: int
    structured: bool
    clicks: tuple[int, int]
    numbers: int
    contrast: bool
    large_text: bool
    standards: bool


@dataclass(frozen=True)
class Member:
    """One member of the partnership. `code`: the Office for National Statistics', or an invented one."""

    name: str
    code: str
    calls: Calls
    mails: Mails
    site: Site


SOUTH_DERBYSHIRE = "south-derbyshire"

MEMBERS: Mapping[str, Member] = {
    SOUTH_DERBYSHIRE: Member(
        "South Derbyshire District Council",
        "E07000039",
        Calls((19, 0, 1, 0), (23, 4, 1, 2), (9.6, 6.2), 24, 27, 33, 0.95, 0.5, returned=1),
        Mails(35, 5, 30, 25, 4, 1.5, (18, 21, 14, 12, 15), layout=(2, 3, 4), efficiency=(2, 3, 4)),
        Site(75, 60, 4, 118, 50, False, (1, 2), 80, False, False, False),
    ),
    "ashcombe-vale": Member(
        "Ashcombe Vale (invented)",
        "ZZ9900001",
        Calls((8, 0, 0, 0), (11, 1, 0, 0), (7.1, 5.8), 17, 18, 18, 0.99, 0.9, returned=1),
        Mails(20, 4, 19, 18, 1, 1.1, (15, 18, 14, 13, 13)),
        Site(95, 90, 1, 34, 90, True, (1, 1), 95, True, True, True),
    ),
    "calderwick": Member(
        "Calderwick (invented)",
        "ZZ9900002",
        Calls((8, 0, 0, 0), (11, 0, 1, 0), (6.9, 5.1), 15, 17, 17, 0.98, 0.85),
        Mails(20, 2, 18, 18, 0, 1.3, (14, 16, 12, 11, 12)),
        Site(90, 85, 1, 52, 80, True, (1, 2), 90, False, True, True),
    ),
    "dunsmere": Member(
        "Dunsmere (invented)",
        "ZZ9900003",
        Calls((8, 0, 0, 0), (10, 1, 0, 1), (8.0, 6.6), 15, 16, 16, 0.97, 0.85, returned=1),
        Mails(20, 3, 19, 18, 0, 1.2, (14, 17, 12, 12, 13)),
        Site(85, 70, 2, 61, 70, True, (2, 2), 85, False, True, True),
    ),
    "eastmarch": Member(
        "Eastmarch (invented)",
        "ZZ9900004",
        Calls((8, 0, 0, 0), (10, 1, 1, 0), (7.7, 6.0), 14, 15, 16, 0.97, 0.75),
        Mails(20, 1, 17, 15, 2, 1.6, (8, 8, 5, 5, 6)),
        Site(80, 65, 3, 77, 60, True, (1, 2), 85, False, True, False),
    ),
    "ellingford": Member(
        "Ellingford (invented)",
        "ZZ9900005",
        Calls((7, 0, 1, 0), (11, 0, 0, 1), (8.4, 6.9), 14, 15, 15, 0.96, 0.75),
        Mails(20, 2, 16, 15, 0, 1.9, (9, 11, 6, 5, 7)),
        Site(70, 50, 6, 140, 40, False, (2, 3), 75, False, False, False),
    ),
    "garrowdale": Member(
        "Garrowdale (invented)",
        "ZZ9900006",
        Calls((8, 0, 0, 0), (10, 1, 0, 1), (8.8, 7.2), 13, 14, 15, 0.96, 0.7),
        Mails(20, 4, 18, 17, 1, 1.4, (13, 15, 11, 10, 11)),
        Site(60, 45, 7, 96, 40, False, (2, 2), 70, False, True, False),
    ),
    "hollinbrook": Member(
        "Hollinbrook (invented)",
        "ZZ9900007",
        Calls((7, 0, 0, 1), (10, 1, 1, 0), (9.1, 7.0), 13, 14, 14, 0.95, 0.7, returned=1),
        Mails(20, 2, 15, 14, 0, 2.3, (8, 9, 5, 4, 6)),
        Site(65, 40, 5, 203, 30, False, (3, 2), 70, False, False, False),
    ),
    "kesterton": Member(
        "Kesterton (invented)",
        "ZZ9900008",
        Calls((8, 0, 0, 0), (9, 2, 1, 0), (9.0, 7.5), 12, 13, 14, 0.95, 0.7, returned=1),
        Mails(20, 5, 18, 18, 0, 0.9, (15, 17, 13, 13, 14)),
        Site(50, 30, 9, 88, 30, False, (2, 3), 65, False, False, False),
    ),
    "penderfold": Member(
        "Penderfold (invented)",
        "ZZ9900009",
        Calls((7, 0, 1, 0), (8, 3, 0, 1), (11.0, 8.2), 7, 8, 9, 0.88, 0.4),
        Mails(20, 1, 16, 14, 1, 2.1, (9, 10, 6, 6, 7)),
        Site(55, 35, 8, 171, 20, False, (3, 3), 60, False, False, False),
    ),
    "selmarsh": Member(
        "Selmarsh (invented)",
        "ZZ9900010",
        Calls((6, 1, 1, 0), (8, 2, 1, 1), (12.1, 9.4), 6, 7, 8, 0.85, 0.35),
        Mails(20, 0, 14, 13, 0, 2.8, (6, 8, 4, 3, 5)),
        Site(45, 20, 14, 260, 10, False, (3, 3), 55, False, False, False),
    ),
}
