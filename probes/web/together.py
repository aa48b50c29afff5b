"""Several things under way at once, as one: it ends when all have ended, and fails as the first that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any


async def together(runs: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do all at once. The first that fails ends the others, and is what is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for run in runs:
                group.create_task(run)
    except ExceptionGroup as several:
        raise several.exceptions[0] from None
