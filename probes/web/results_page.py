"""Reading the HTML of a search: the box on a page, the results on the page that answers. Pure.

Results are not known by any site's markup: they are the largest group of links of one shape that was not there before
the words were typed. What they are worth is in `search`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from probes.web.pages import Absolute, base_of, block_text, nested_too_deeply, plain, spoken, tidy

_BOX_NAME = re.compile(r"(?:q|qt|query|s|st|k|keys?|keywords?|terms?|search.{0,20}|find|.{0,40}sb_q)", re.IGNORECASE)
_SEARCH_WORDS = re.compile(r"\bsearch\b|\bfind\b|looking for", re.IGNORECASE)
_OTHER_FORM = re.compile(
    r"newsletter|subscri|e-?mail|post ?code|address|log ?in|password|councillor|planning app|vacanc|uprn|comment",
    re.IGNORECASE,
)
_NUMBER = r"(\d{1,3}(?:,\d{3}){1,2}|\d{1,7})"
_COUNTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b\d{{1,5}} ?(?:-|–|to) ?\d{{1,5}} of (?:about |around |over )?{_NUMBER}\b",
        rf"(?:about|around|found|returned|there (?:are|were|is)|showing(?: all)?) {_NUMBER} (?:\w{{1,20}} ){{0,2}}"
        r"(?:results?|match(?:es)?|pages?|documents?|items?|hits)\b",
        rf"\b{_NUMBER} (?:search )?(?:results?|match(?:es)?|matching|documents?|pages?|items?|hits)\b",
        rf"\b(?:total(?: results)?|results(?: found)?) ?: ?{_NUMBER}\b",
    )
)
_NOTHING = re.compile(
    r"\b(?:no|0|zero) (?:search |matching )?(?:results?|match(?:es)?|pages?|documents?)\b|\bdid not match\b"
    r"|\bnothing (?:was )?found\b|\b(?:could not|couldn.t|did not|didn.t) find any",
    re.IGNORECASE,
)
_PAGER = re.compile(
    r"\d{1,4}|next.{0,12}|prev.{0,12}|more|last|first|[»«›‹<>]{1,2}|read more|page \d{1,4}", re.IGNORECASE
)
_RESULTISH = re.compile(r"result|search|hit", re.IGNORECASE)
_ONWARD = frozenset({"url", "u", "q", "target", "redirect", "dest", "click"})
_MOST = 300  # results that are read from one page


@dataclass(frozen=True)
class Result:
    """One result, best first."""

    url: str
    title: str
    summary: str


@dataclass(frozen=True)
class Typed:
    """What a browser showed after words were typed. `pages`: the page and its frames, each (address, HTML)."""

    before: str
    pages: tuple[tuple[str, str], ...]
    status: int
    """Of the page that answered; 0 when none did."""
    further: tuple[tuple[str, str], ...] = ()
    """The next pages of results, each (address, HTML)."""
    elsewhere: frozenset[str] = frozenset()
    """Hosts that the page wanted scripts, data or frames from and that nobody has agreed to."""


def has_box(html: str) -> bool:
    """Whether a page has a search box: a text field that says so by its type, its name, its label or its form."""
    if nested_too_deeply(html):
        return False
    tree = LexborHTMLParser(html)
    labels = {node.attributes.get("for"): node.text() for node in tree.css("label[for]")}
    return any(_is_box(field, labels) for field in tree.css("input"))


def results(before: str, after: str, url: str) -> tuple[Result, ...]:
    """The results on a page. `before`: the page the words were typed into. `url`: the address of `after`."""
    old = {key for key, _ in _candidates(before, url)}
    groups: dict[str, list[tuple[Result, float]]] = {}
    for key, (result, shape, weight) in _candidates(after, url):
        if key not in old:
            groups.setdefault(shape, []).append((result, weight))
    best = max(groups.values(), key=_looks_like_results, default=[])
    unique: dict[str, Result] = {}
    for result, _ in best:
        unique.setdefault(result.url, result)
    return tuple(unique.values())[:_MOST]


def count(before: str, after: str, shown: int) -> int:
    """How many results the page says there are; without a word about it, how many it shows."""
    old, new = _text(before), _text(after)
    for pattern in _COUNTS:
        for match in pattern.finditer(new):
            if match[0] not in old:
                return int(match[1].replace(",", ""))
    return shown


def says_nothing_found(before: str, after: str) -> bool:
    """Whether the page says, and did not say before, that nothing was found."""
    old = _text(before)
    return any(match[0] not in old for match in _NOTHING.finditer(_text(after)))


def _text(html: str) -> str:
    return "" if nested_too_deeply(html) else block_text(_without_furniture(html))[:20_000].replace("\n", " ")


def unwrap(url: str) -> str:
    """Where an address that counts clicks really leads: /redirect?url=… gives what follows."""
    for key, values in parse_qs(urlsplit(url).query).items():
        if key.lower() in _ONWARD and values[0].startswith(("http://", "https://", "/")):
            return plain(urljoin(url, values[0])) or url
    return url


def _is_box(field: LexborNode, labels: Mapping[str | None, str]) -> bool:
    own = field.attributes
    kind = (own.get("type") or "text").lower()
    if kind not in ("text", "search"):
        return False
    form = _ancestor(field, "form")
    about = form.attributes if form is not None else {}
    near = " ".join(own.get(name) or "" for name in ("name", "id", "placeholder", "title", "aria-label"))
    near += " " + labels.get(own.get("id"), "")
    context = " ".join(about.get(name) or "" for name in ("id", "class", "role", "action", "aria-label"))
    points = 3 * (kind == "search") + 3 * (about.get("role") == "search")
    points += 2 * bool(_BOX_NAME.fullmatch(own.get("name") or "")) + 2 * bool(_SEARCH_WORDS.search(near))
    points += bool(re.search("search", context, re.IGNORECASE)) - 4 * bool(_OTHER_FORM.search(f"{near} {context}"))
    return points >= 3


def _ancestor(node: LexborNode, tag: str) -> LexborNode | None:
    for _ in range(40):
        if node.parent is None:
            return None
        node = node.parent
        if node.tag == tag:
            return node
    return None


def _without_furniture(html: str) -> LexborHTMLParser:
    tree = LexborHTMLParser(html)
    tree.strip_tags(["nav", "footer", "aside", "script", "style", "noscript", "template", "select"])
    for node in tree.css('[hidden],[style*="display:none"],[style*="display: none"]'):
        node.decompose()
    return tree


def _candidates(html: str, url: str) -> list[tuple[tuple[str, str, str], tuple[Result, str, float]]]:
    """The links of a page that might be results: ((address, title, shape), (result, shape, weight))."""
    if nested_too_deeply(html):
        return []
    tree = _without_furniture(html)
    absolute, found = Absolute(base_of(tree, url)), []
    for anchor in tree.css("a[href]")[:3000]:
        href, title = anchor.attributes.get("href") or "", spoken(anchor)
        target = absolute(href)
        if target is None or len(title) < 3 or _PAGER.fullmatch(title):
            continue
        shape, weight = _shape(anchor)
        result = Result(unwrap(target), title, _summary(anchor, title))
        found.append(((target, title, shape), (result, shape, weight)))
    return found


def _shape(anchor: LexborNode) -> tuple[str, float]:
    """The names of the elements around a link, and how much they speak of results."""
    names, weight, node = ["a"], 1.0, anchor
    for _ in range(8):
        if node.parent is None or node.parent.tag in ("body", "html"):
            break
        node = node.parent
        if len(names) < 5:
            names.append(node.tag or "")
        marked = " ".join(node.attributes.get(name) or "" for name in ("class", "id", "role"))
        if node.tag != "form" and _RESULTISH.search(marked):
            weight = 3.0
    return "<".join(names), weight


def _looks_like_results(group: list[tuple[Result, float]]) -> float:
    """Many links, long titles, summaries and a telling class speak for a group."""
    size = min(len(group), 30)
    words = sum(len(result.title) for result, _ in group) / len(group)
    summaries = sum(1 for result, _ in group if len(result.summary) >= 20) / len(group)
    return size * (1 + min(words, 40) / 40) * (1 + summaries) * max(weight for _, weight in group)


def _summary(anchor: LexborNode, title: str) -> str:
    """The text that goes with a link and no other: of the largest element around it that holds no second link."""
    node, kin = anchor, anchor
    for _ in range(5):
        if node.parent is None or node.parent.tag in ("body", "main", "html", "ol", "ul"):
            break
        node = node.parent
        hrefs = {one.attributes.get("href") for one in node.css("a[href]")[:4]}
        if len(hrefs) > 1:
            break
        kin = node
    text = tidy(kin.text(separator=" "))
    if kin.tag == "dt" and kin.next is not None:
        text += " " + _definition(kin)
    return tidy(text.replace(title, "", 1))


def _definition(term: LexborNode) -> str:
    """The text of the dd after a dt."""
    node = term.next
    while node is not None and node.tag not in ("dd", "dt"):
        node = node.next
    return tidy(node.text(separator=" ")) if node is not None and node.tag == "dd" else ""
