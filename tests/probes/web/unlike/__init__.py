"""Small council sites, as unlike each other as real ones, each with the truth beside it.

A site is what it serves and what a visit must say of it. What they have in common is here: the same few pages, the same
enquiry ("council tax", in everyday words "rates"), and what an honest search of them finds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from results.schema import Enquiry, Fact
from tests.probes.web.house import enquiry

Asked = Mapping[str, str]
"""What came with a request: of its address and of its form."""

ENQUIRY: Enquiry = enquiry("Council tax", r"council[-_]?tax(?:$|[/?])", "rates")

BLURBS = {
    "Council tax": "How to pay your council tax, and what to do when you cannot.",
    "Council tax bands": "Which band your home is in, and how to appeal against it.",
    "Council tax rises by two per cent": "The council has set its budget for the coming year.",
    "Bins and recycling": "When your bins are emptied and what goes into them.",
    "Jobs and careers": "Vacancies at the council, and how to apply for them.",
}
CONTACT = (
    "<p>Telephone 0113 496 0012, Monday to Friday 9am to 5pm. E-mail help@council.test.</p>"
    "<p>Our offices: Town Hall, High Street, Ambleford AM1 1AA</p>"
)
FOUND = {
    "council tax": ("Council tax rises by two per cent", "Council tax", "Council tax bands"),
    "councill tax": ("Council tax rises by two per cent", "Council tax", "Council tax bands"),
    "rates": ("Council tax", "Council tax bands"),
}
"""What a search finds that is good on the whole: the right page second, everyday words and a slip understood."""

GOOD: dict[str, Fact] = {
    "web.reached": True,
    "web.broken_links": 0.0,
    "web.contact.link_home": True,
    "web.contact.details": 100.0,
    "web.hours_published": True,
    "web.task.jobs_clicks": 1,
    "web.search.home": True,
    "web.search.works": True,
    "web.search.best_rank": 2,
    "web.search.results_count": 3,
    "web.search.first_five": 100.0,
    "web.search.common_words": 100.0,
    "web.search.misspelling": True,
    "web.search.structured": True,
    "web.search.pdf_first": False,
    "web.cookie_block": False,
    "web.by_script": False,
}


@dataclass(frozen=True, eq=False)
class Unlike:
    """One site. `facts`: the truth. `unknown`: for facts that nobody can know, a part of the sentence that says why."""

    name: str
    answers: Callable[[str, Asked], Response | str | Awaitable[str] | None]
    """Path and what was asked -> the page; None: there is none."""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """Parts of sentences that must be told."""

    def __str__(self) -> str:
        return self.name


def served(site: Unlike) -> Starlette:
    """The site, to be served."""

    async def answer(request: Request) -> Response:
        asked = {**request.query_params, **{k: str(v) for k, v in (await request.form()).items()}}
        given = site.answers(request.url.path, asked)
        if given is None or isinstance(given, str):
            return PlainTextResponse("There is no such page", 404) if given is None else HTMLResponse(given)
        return given if isinstance(given, Response) else HTMLResponse(await given)

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])


def found(words: str) -> tuple[str, ...]:
    """The titles that a search finds, best first."""
    return FOUND.get(" ".join(words.lower().split()), ())
