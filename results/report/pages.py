"""A large wave report as pages that a browser can open: a front page, and a page for each organisation beside it.

On an organisation's page every contact is a row with all its answers, where the single page of a small wave has a list
for each question. The rest is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from results.report.html import environment_for, mean_words, tidy
from results.report.model import (
    ChannelPart,
    OrganisationChannel,
    OrganisationPart,
    WaveReport,
)

if TYPE_CHECKING:
    from results.report.contacts import Contacts
    from results.report.drawings import Drawn

SPLIT_FROM = 3000
"""Contacts from which a report is split. A page of so many is some ten megabytes, which browsers open slowly."""

FOLDER = "organisations"


def is_large(report: WaveReport) -> bool:
    """Whether a report is split into pages. That of one organisation is not: it holds no other's contacts."""
    contacts = sum(own.contacts for one in report.organisations for own in one.channels)
    return report.own is None and contacts >= SPLIT_FROM


def front(report: WaveReport, charts: Sequence[Drawn]) -> str:
    """The front page: everything but the organisations' own sections, to which it leads."""
    ids = {one.id for one in report.organisations}
    page = environment_for(report, charts, _from_front(ids), written=[]).get_template("wave.html.j2")
    return tidy(page.render())


def organisation_page(report: WaveReport, rows: Contacts) -> Callable[[OrganisationPart], str]:
    """What makes the page of an organisation of the report. `rows`: its contacts are among them."""
    current = [""]

    def address(anchor: str) -> str:
        own = f"o-{current[0]}"
        return f"#{anchor}" if anchor == own or anchor.startswith(f"{own}-") else f"../wave-report.html#{anchor}"

    parts = {part.channel: part for part in report.channels}
    environment = environment_for(report, [], address, written=[])
    environment.globals["compact"] = lambda council, own: (
        f"<thead>{_head(parts[own.channel], council)}</thead><tbody>{_means(parts[own.channel], own)}"
        f"{rows.page(council.id, own.channel)}</tbody>"
    )
    template = environment.get_template("organisation.html.j2")

    def page(part: OrganisationPart) -> str:
        current[0] = part.id
        return tidy(template.render(council=part))

    return page


def _from_front(ids: set[str]) -> Callable[[str], str]:
    """Anchors that begin with an organisation are on its page; the questions' table is in the workbook alone."""

    def address(anchor: str) -> str:
        if anchor.startswith("c-"):
            return ""
        if not anchor.startswith("o-"):
            return f"#{anchor}"
        rest = anchor[2:]
        owner = rest if rest in ids else next((id for id in _heads(rest) if id in ids), "")
        return f"{FOLDER}/{owner}.html#{anchor}" if owner else ""

    return address


def _heads(rest: str) -> Iterator[str]:
    """What stands before each hyphen, the longest first: an id may hold hyphens itself."""
    while "-" in rest:
        rest = rest.rpartition("-")[0]
        yield rest


# ------------------------------------------------------------------------------------------------ the table of contacts


def _head(part: ChannelPart, council: OrganisationPart) -> str:
    at = f"o-{council.id}"
    asked = "".join(f'<th scope="col" id="{at}-{one.id}">{escape(one.short)}</th>' for one in part.criteria)
    return (
        f'<tr><th scope="col">Date and time</th><th scope="col">Contact</th><th scope="col">What happened</th>'
        f'<th scope="col" id="{at}-{part.channel}-access">Access points</th>'
        f'<th scope="col" id="{at}-{part.channel}-quality">Quality points</th>{asked}'
        '<th scope="col">Notes and evidence</th></tr>'
    )


def _means(part: ChannelPart, own: OrganisationChannel) -> str:
    marks = {one.criterion: one for one in own.marks}
    said = [
        "not scored" if not one.weight else mean_words(own.channel, marks[one.id]) if one.id in marks else "—"
        for one in part.criteria
    ]
    cells = "".join(f"<td>{one}</td>" for one in said)
    return f'<tr><th scope="row" colspan="5">Marks on average</th>{cells}<td></td></tr>'
