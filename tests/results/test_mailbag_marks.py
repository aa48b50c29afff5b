"""How far a folder has been kept: a mark that never goes back, and what lies above it already."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from results.database import Database
from results.mailbag import Mailbag

KEY = ("main", "INBOX", 7)


@dataclass(frozen=True)
class Letter:
    uid: int
    account: str = KEY[0]
    folder: str = KEY[1]
    uidvalidity: int = KEY[2]
    received: dt.datetime = dt.datetime(2026, 11, 17, 10, 0, tzinfo=dt.UTC)
    truncated: bool = False
    raw: bytes = b"raw"


async def test_the_mark_never_goes_back(database: Database) -> None:
    bag = Mailbag(database)

    for uid in (5, 9, 7):
        await bag.advance(*KEY, uid)

    assert await bag.watermark(*KEY) == 9
    assert await bag.watermark("main", "INBOX", 8) == 0


async def test_what_is_kept_above_the_mark_is_known(database: Database) -> None:
    bag = Mailbag(database)
    await bag.keep([Letter(uid) for uid in (3, 5, 6)])
    await bag.keep([Letter(8, folder="Junk"), Letter(9, folder="Junk")])

    assert await bag.kept_above(*KEY, 3) == {5, 6}
