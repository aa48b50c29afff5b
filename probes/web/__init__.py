"""The web probe: reads an organisation's site as a resident would, tries its search, and says what it saw.

`visit` puts a visit together, `crawl` fetches pages, `browser` types and looks; the other modules read pages and
are pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from probes import USER_AGENT, Archive, Errand
from probes.clock import Clock
from probes.guard import Guard
from probes.web.ask import client
from probes.web.browser import Chromium
from probes.web.shelf import Shelf
from probes.web.visit import FACTS, Tools, visit
from results.schema import Channel, Observation

__all__ = ["FACTS", "WebProbe"]


class WebProbe:
    """Knocks on websites; an async context manager, which holds the HTTP client and the browser.

    `contact`: where an organisation reaches whoever runs this. `chromium`: the browser's path, None without one.
    `pages`: the file in which pages are kept, so that a visit that was killed goes on; None: none are.
    """

    channel: Channel = "web"
    facts: Mapping[str, str] = FACTS

    def __init__(
        self,
        guard: Guard,
        archive: Archive,
        clock: Clock,
        contact: str,
        chromium: str | None,
        pages: Path | None = None,
    ) -> None:
        user_agent = USER_AGENT.format(contact=contact)
        self._client = client(user_agent)
        self._chromium = Chromium(chromium, user_agent) if chromium else None
        self._shelf = Shelf(pages) if pages is not None else None
        self._tools = Tools(guard, archive, clock, self._client, self._chromium, self._shelf)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._chromium is not None:
                await self._chromium.close()
        finally:
            if self._shelf is not None:
                await self._shelf.close()
            await self._client.aclose()

    async def knock(self, errand: Errand) -> Observation:
        """Visit the site once: read its pages, try its search with the words of every enquiry, keep the evidence.

        `errand.target` is the address of the home page. A site that is down is an observation with `failure`; one that
        turns the probe away is one with `error`. Raises `probes.guard.Refused`.
        """
        return await visit(self._tools, errand)
