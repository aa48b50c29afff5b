"""The small pieces that stand in a page by the thousand: links, answers, what was found, rows of the action plan.

What a page has few of stands in its template.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from markupsafe import Markup, escape

from results import words
from results.channels import ABOUT
from results.findings import Action, Finding
from results.report.model import Cell, ShopRow

Given = Sequence[tuple[ShopRow, Cell]]
"""The answers to one question: each with its shop."""

Link = Callable[[str, str], Markup]
"""Words that lead to an anchor; words alone, where it is nowhere."""

_known = lru_cache(maxsize=4096)(escape)
"""Words of the scheme, which are the same on every page."""


def linker(address: Callable[[str], str]) -> Link:
    """`address`: where an anchor leads, '' for nowhere."""

    def link(anchor: str, said: str) -> Markup:
        where = address(anchor)
        return Markup(f'<a href="{escape(where)}">{escape(said)}</a>') if where else escape(said)  # noqa: S704

    return link


def answers_list(given: Given, link: Link) -> Markup:
    """Each answer, leading to its shop, with its marks and why it is as it is."""
    return Markup(f'<ul class="given">{"".join([_answer(shop, cell, link) for shop, cell in given])}</ul>')  # noqa: S704


def _answer(shop: ShopRow, cell: Cell, link: Link) -> str:
    kind = "q" if cell.marks is None else "y" if cell.marks else "n"
    marks = "" if cell.marks is None else f" <i>({words.number(cell.marks, 2)})</i>"
    why = f'<span class="small">{escape(cell.why)}</span>' if cell.why else ""
    out = "" if shop.counted else ' class="out"'
    return f'<li{out}>{link(shop.anchor, shop.made)} <span class="{kind}">{escape(cell.words)}</span>{marks}{why}</li>'


def found_list(items: Sequence[Finding], anchors: str, link: Link, named: bool) -> Markup:
    """What was found, each leading to its question. `anchors`: whose questions; `named`: with the channel's name."""
    return Markup("".join([_found(one, anchors, link, named) for one in items]))  # noqa: S704


def _found(one: Finding, anchors: str, link: Link, named: bool) -> str:
    channel = f"{_known(ABOUT[one.channel].name)}: " if named else ""
    marks = " of the marks" if one.channel == "web" else ""
    beside = "" if one.partnership is None else f"; partnership {words.percent(one.partnership)}{marks}"
    caution = f"; {_known(one.caution)}" if one.caution else ""
    figure = link(f"{anchors}-{one.criterion}", one.figure)
    return (
        f'<li><strong>{_known(one.text)}</strong>\n<span class="small">{channel}{figure}{beside}{caution}</span></li>'
    )


def plan_rows(rows: Sequence[Action], anchors: str, link: Link) -> Markup:
    """Rows of an organisation's action plan, each leading to its question. `anchors`: whose questions."""
    return Markup("".join([_planned(row, anchors, link) for row in rows]))  # noqa: S704


def _planned(row: Action, anchors: str, link: Link) -> str:
    figure = link(f"{anchors}-{row.criterion}", row.figure)
    cells = (row.details, row.who, row.date, row.result, row.future)
    return (
        f'<tr><th scope="row">{_known(row.issue)}<span class="small">{_known(ABOUT[row.channel].name)}: {figure}</span>'
        f"</th>{''.join([f'<td>{_known(one)}</td>' for one in cells])}</tr>\n"
    )
