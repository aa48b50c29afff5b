"""Evidence: files under their own digest in a folder, so that what an answer leads to is not swapped unnoticed.

How long each kind is kept is said in `results.retention`, which also removes it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from results import whole
from results.schema import Evidence

LARGEST = 30_000_000  # bytes: a call of a quarter of an hour, both sides


class Keeps(Protocol):
    """How long evidence of a kind is kept."""

    def days(self, kind: str) -> dt.timedelta: ...


class EvidenceFolder:
    """A folder of evidence. `today` says from when its retention runs, `keeps` for how long."""

    def __init__(self, folder: Path, today: Callable[[], dt.date], keeps: Keeps) -> None:
        self._folder = folder
        self._today = today
        self._keeps = keeps

    async def keep(
        self, kind: str, name: str, media_type: str, content: bytes, since: dt.date | None = None
    ) -> Evidence:
        """Store the bytes (at most 30 MB; the rest is cut off and the name says so) and describe them.

        `since`: the day when it came, where that is not today.
        """
        if len(content) > LARGEST:
            content, name = content[:LARGEST], f"{name} (first {LARGEST:,} bytes)"
        digest = hashlib.sha256(content).hexdigest()
        await asyncio.to_thread(self._write, digest, content)
        return Evidence(
            kind=kind,
            name=name[:200],
            media_type=media_type,
            sha256=digest,
            size=len(content),
            keep_until=(since or self._today()) + self._keeps.days(kind),
        )

    def path(self, digest: str) -> Path:
        """Where the evidence with that digest lies."""
        return self._folder / digest[:2] / digest

    def _write(self, digest: str, content: bytes) -> None:
        if not (path := self.path(digest)).exists():
            whole.content(path, content)
