"""Evidence: files under their own digest in a folder, so that what an answer leads to is not swapped unnoticed."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from results.schema import Evidence

KEPT_FOR = dt.timedelta(days=365)
LARGEST = 30_000_000  # bytes: a call of a quarter of an hour, both sides


class EvidenceFolder:
    """A folder of evidence. `today` says from when the year of retention runs."""

    def __init__(self, folder: Path, today: Callable[[], dt.date]) -> None:
        self._folder = folder
        self._today = today

    async def keep(self, kind: str, name: str, media_type: str, content: bytes) -> Evidence:
        """Store the bytes (at most 30 MB; the rest is cut off and the name says so) and describe them."""
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
            keep_until=self._today() + KEPT_FOR,
        )

    def path(self, digest: str) -> Path:
        """Where the evidence with that digest lies."""
        return self._folder / digest[:2] / digest

    def _write(self, digest: str, content: bytes) -> None:
        path = self.path(digest)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".{digest}.{os.getpid()}")
        half.write_bytes(content)
        half.replace(path)  # whole or not at all, whenever the power fails
