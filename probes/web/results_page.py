"""Reading the HTML of a search: the box on a page, the results on the page that answers. Pure.

Results are not known by any site's markup: they are the largest group of links of one shape that was not there before
the words were typed. What they are worth is in `search`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from probes.web.pages import Absolute, base_of, block_text, label, nested_too_deeply, plain, spoken, tidy
from probes.web.picture import Picture

_BOX_NAME = re.compile(
    r"(?:^(?:q|qt|query|s|st|k|keys?|keywords?|terms?|words|find|.{0,40}sb_q)$)|search", re.IGNORECASE
)
_SEARCH_WORDS = re.compile(r"search|find|looking for", re.IGNORECASE)
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
_NAMED_SEARCH = re.compile(
    r"<(?:div|span|section|form|script|gcse|input|button|[a-z]{1,20}-)[^>]{0,500}?\b(?:search|gcse|cse\.js)",
    re.IGNORECASE,
)
_FAILED = re.compile(
    r"\b(?:(?:some|any)thing (?:has )?(?:went|gone|go) wrong|(?:server|runtime|internal|unexpected|application) error"
    r"|an? (?:\w{1,12} )?error (?:has )?(?:occurred|happened)|page (?:was )?(?:not|cannot be|could not be) found"
    r"|(?:service|search|page|site) (?:is )?(?:currently |temporarily )?(?:unavailable|not available|down)"
    r"|error (?:404|50\d)|there (?:is|was|has been) a problem)\b",
    re.IGNORECASE,
)
_PDF = re.compile(r"[\[(] ?pdf\b|\bpdf ?[\])]|\bpdf,? \d|^pdf\b|\.pdf\b", re.IGNORECASE)
_ONWARD_WORDS = re.compile(r"\b(?:read|find out|view|learn|see) more\b|\bcontinue reading\b", re.IGNORECASE)
_PAGER = re.compile(
    r"\d{1,4}|next.{0,12}|prev.{0,12}|more|last|first|[»«›‹<>]{1,2}|read more|page \d{1,4}", re.IGNORECASE
)
_RESULTISH = re.compile(r"result|search|hit", re.IGNORECASE)
_ONWARD = frozenset({"url", "u", "q", "target", "redirect", "dest", "click"})
_MOST = 300  # results that are read from one page


_Key = tuple[str, str, str, str]  # address, title, shape, summary


@dataclass(frozen=True)
class Result:
    """One result, best first."""

    url: str
    title: str
    summary: str


_Candidate = tuple[Result, str, float]  # with its shape, and how much that speaks of results


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
    reacted: bool = True
    """Whether anything happened when Enter, or then the button, was pressed."""
    took: tuple[float, float] | None = None
    """Real seconds from the press until the page looked as it does, at least and at most; None: not measured."""
    pictures: tuple[Picture, ...] = ()


def has_box(html: str) -> bool:
    """Whether a page has a search box: a text field that says so by its type, its name, its label or its form."""
    if nested_too_deeply(html):
        return False
    tree = LexborHTMLParser(html)
    labels = {node.attributes.get("for"): node.text() for node in tree.css("label[for]")}
    return any(_is_box(field, labels) for field in tree.css("input"))


def speaks_of_search(html: str) -> bool:
    """Whether an element of the page is named for a search, such as the place where a hosted one is drawn."""
    return bool(_NAMED_SEARCH.search(html[:1_000_000]))


def results(before: str, after: str, url: str) -> tuple[Result, ...]:
    """The results on a page. `before`: the page the words were typed into. `url`: the address of `after`."""
    old, new = _candidates(before, url), _candidates(after, url)
    best = _new_ones(old, new, lambda key: key[:3])
    if count(before, after, 0) > len(best):  # a result may stand in a card as before, where it had no summary
        closer = _new_ones(old, new, lambda key: key)
        if len(closer) > len(best) and {one.url for one in best} <= {one.url for one in closer}:
            best = closer
    unique: dict[str, Result] = {}
    for result in best:
        unique.setdefault(result.url, result)
    return tuple(unique.values())[:_MOST]


def _new_ones(
    old: list[tuple[_Key, _Candidate]], new: list[tuple[_Key, _Candidate]], known_by: Callable[[_Key], object]
) -> list[Result]:
    """The likeliest group of links that were not there before."""
    before, groups = {known_by(key) for key, _ in old}, dict[str, list[tuple[Result, float]]]()
    for key, (result, shape, weight) in new:
        if known_by(key) not in before:
            groups.setdefault(shape, []).append((result, weight))
    return [result for result, _ in max(groups.values(), key=_looks_like_results, default=[])]


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


def says_it_failed(before: str, after: str) -> str:
    """The title or heading of a page that says, and did not say before, that something went wrong; "" for others."""
    if nested_too_deeply(after):
        return ""
    heads = [label(node) for node in LexborHTMLParser(after).css("title,h1")[:10]]
    return next((head[:120] for head in heads if _FAILED.search(head) and head not in before), "")


def is_pdf(result: Result) -> bool:
    """Whether a result is a PDF, by its address or by what is said beside it."""
    path = urlsplit(result.url).path.lower()
    return path.endswith(".pdf") or bool(_PDF.search(f"{result.title} {result.summary[:80]}"))


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
    points += 2 * any(_BOX_NAME.search(own.get(name) or "") for name in ("name", "id")) + 2 * bool(
        _SEARCH_WORDS.search(near)
    )
    points += bool(re.search("search", context, re.IGNORECASE)) - 6 * bool(_OTHER_FORM.search(f"{near} {context}"))
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


def _candidates(html: str, url: str) -> list[tuple[_Key, _Candidate]]:
    """The links of a page that might be results."""
    if nested_too_deeply(html):
        return []
    tree = _without_furniture(html)
    absolute, found = Absolute(base_of(tree, url)), []
    for anchor in tree.css("a[href]")[:3000]:
        href, title = anchor.attributes.get("href") or "", _title(anchor)
        target = absolute(href)
        if target is None or len(title) < 3 or _PAGER.fullmatch(title):
            continue
        shape, weight = _shape(anchor)
        result = Result(unwrap(target), title, _summary(anchor, title))
        found.append(((target, title, shape, result.summary), (result, shape, weight)))
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


def _title(anchor: LexborNode) -> str:
    """The name of a link; of a whole card that is a link, its heading."""
    whole = spoken(anchor)
    for heading in anchor.css("h1,h2,h3,h4,h5,h6,strong,b,[class*=title]")[:3]:
        head = label(heading)
        if len(head) >= 3 and len(head) < len(whole):
            return head
    return whole


def _summary(anchor: LexborNode, title: str) -> str:
    """The text that goes with a link and no other: of the largest element around it that holds no second link.

    Where that says nothing, as in a heading or a row of a table, what follows until the next link.
    """
    node, kin = anchor, anchor
    for _ in range(5):
        if node.parent is None or node.parent.tag in ("body", "main", "html", "ol", "ul"):
            break
        node = node.parent
        hrefs = {one.attributes.get("href") for one in node.css("a[href]")[:4]}
        if len(hrefs) > 1:
            break
        kin = node
    own = _without(tidy(kin.text(separator=" ")), title)
    return own if len(own) >= 20 else tidy(f"{own} {_following(kin)}")


def _without(text: str, title: str) -> str:
    return tidy(_ONWARD_WORDS.sub("", text.replace(title, "", 1)))


def _following(kin: LexborNode) -> str:
    """The text of the few elements after one, as long as they hold no link."""
    told, node = "", kin.next
    for _ in range(6):
        if node is None or node.tag in ("dt", "h1", "h2", "h3", "h4") or node.css_first("a[href]") is not None:
            break
        if node.tag not in _UNTOLD:
            told += " " + node.text(separator=" ")
        node = node.next
    return tidy(told)


_UNTOLD = frozenset({"-text", "script", "style", "_comment", "-comment", "hr", "br"})
