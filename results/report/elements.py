"""The small pieces that stand in a page by the thousand: links, and lists of answers.

What a page has few of stands in its template.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup, escape

from results import words
from results.report.model import Cell, ShopRow

Given = Sequence[tuple[ShopRow, Cell]]
"""The answers to one question: each with its shop."""

Link = Callable[[str, str], Markup]
"""Words that lead to an anchor; words alone, where it is nowhere."""


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
