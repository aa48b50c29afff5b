"""The practice councils' websites as ASGI applications, and the count of what was fetched from each.

What the pages hold is `site`'s.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from xml.sax.saxutils import escape

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from results.calendar import LONDON
from scenarios.practice import documents
from scenarios.practice.catalogue import CATEGORIES, slug
from scenarios.practice.clock import HouseClock
from scenarios.practice.search import Hit, results
from scenarios.practice.site import Page, Site

_TEMPLATES = Environment(
    loader=PackageLoader("scenarios.practice"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_A_PAGE_OF_RESULTS = 20
_MOST_COUNTED = 5_000  # different addresses
_SORTED = re.compile(r"(?:sort-(?:newest|oldest)/)+$")
_MISSING = Page("", "Page not found", "missing.html")


class Website:
    """One council's website. `fetched` counts requests: {"GET /path": times}; `days` too: {"2026-11-23": times}."""

    def __init__(self, site: Site, clock: HouseClock) -> None:
        self.site = site
        self.fetched: Counter[str] = Counter()
        self.days: Counter[str] = Counter()
        self._clock = clock
        self._drawn: dict[str, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        key = f"{request.method} {request.url.path[:200]}"
        if key in self.fetched or len(self.fetched) < _MOST_COUNTED:
            self.fetched[key] += 1
        self.days[self._clock.now().astimezone(LONDON).date().isoformat()] += 1
        response = self._answer(request) if request.method in ("GET", "HEAD") else PlainTextResponse("", 405)
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        path, search = request.url.path, self.site.council.website.search
        if path in self.site.pages:
            if path not in self._drawn:
                self._drawn[path] = self.draw(self.site.pages[path])
            return _html(self._drawn[path])
        if self.site.council.website.sorts and (listing := self.site.pages.get(_SORTED.sub("", path))):
            return _html(self.draw(replace(listing, path=path[:500])))
        if path == "/robots.txt":
            return PlainTextResponse(self._robots(str(request.base_url)))
        if path == "/sitemap.xml":
            return Response(self._sitemap(str(request.base_url)), media_type="application/xml")
        if path in ("/style.css", "/site.js"):
            website = self.site.council.website
            text = _TEMPLATES.get_template(path[1:]).render(
                look=website.look, barriers=website.barriers, cookie_banner=website.cookie_banner
            )
            return Response(text, media_type="text/css" if path.endswith("css") else "text/javascript")
        if path in documents.PATHS and self.site.council.website.documents != "none":
            accessible = self.site.council.website.documents == "accessible"
            return Response(documents.pdf(documents.PATHS[path], accessible=accessible), media_type="application/pdf")
        if path == "/search" and search.kind == "page":
            return self._results_page(request)
        if path == "/search.json" and search.kind == "script":
            return self._results_json(request)
        return _html(self.draw(_MISSING), 200 if self.site.council.website.soft_404 else 404)

    def draw(self, page: Page, **more: object) -> str:
        """A page as HTML."""
        website = self.site.council.website
        return _TEMPLATES.get_template(page.template).render(
            page=page,
            site=self.site,
            council=self.site.council,
            website=website,
            look=f"look-{website.look}.html",
            categories=[(category.title, f"/{slug(category.title)}/") for category in CATEGORIES],
            **page.content,
            **more,
        )

    def _found(self, request: Request) -> tuple[str, tuple[Hit, ...]]:
        query = request.query_params.get("q", "")[:100]
        return query, results(self.site.council.website.search, self.site.entries, query)

    def _results_page(self, request: Request) -> Response:
        query, hits = self._found(request)
        number = request.query_params.get("page", "1")
        start = (min(int(number), 100) - 1) * _A_PAGE_OF_RESULTS if number.isdecimal() and number[:4] != "0" else 0
        page = Page("/search", "Search results", "results.html")
        shown = hits[start : start + _A_PAGE_OF_RESULTS]
        more = start // _A_PAGE_OF_RESULTS + 2 if start + len(shown) < len(hits) else None
        return _html(self.draw(page, query=query, hits=shown, total=len(hits), start=start, more=more))

    def _results_json(self, request: Request) -> Response:
        query, hits = self._found(request)
        summaries = self.site.council.website.search.summaries
        rows = [{"title": h.title, "url": h.path, "summary": h.summary if summaries else ""} for h in hits]
        return JSONResponse({"query": query, "total": len(hits), "results": rows[:_A_PAGE_OF_RESULTS]})

    def _robots(self, base: str) -> str:
        lines = [f"Disallow: {path}" for path in self.site.council.website.robots_disallow] or ["Disallow:"]
        return "\n".join(["User-agent: *", *lines, f"Sitemap: {base}sitemap.xml", ""])

    def _sitemap(self, base: str) -> str:
        paths = (path for path in self.site.pages if not path.startswith("/meetings/"))
        urls = "".join(f"<url><loc>{escape(base.rstrip('/') + path)}</loc></url>" for path in paths)
        head = '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        return f"{head}{urls}</urlset>"


def _html(text: str, status: int = 200) -> Response:
    return Response(text, status, media_type="text/html")
