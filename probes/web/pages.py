"""A website as it was read: pages, links, and the clicks between them. Pure; fetching lives in `crawl`.

What comes in is hostile: sizes, depths and lengths are bounded before anything is parsed.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin, urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from probes.web.turned_away import says_missing, turned_away

MOST_LINKS = 3000
LONGEST_ADDRESS = 2000
LONGEST_LABEL = 300
_SHORT = 400  # characters of an address
_MOST_TEMPLATE = 50_000  # links that are kept by their HTML
DEEPEST = 1000  # the parser's time grows with the square of the nesting; Chromium itself stops at 512

BLOCKS = (
    "p,li,td,th,dd,dt,div,address,h1,h2,h3,h4,h5,h6,section,tr,table,ul,ol,dl,main,header,footer,nav,article,aside,"
    "figure,figcaption,label,button,option,br,hr,pre,blockquote,form,fieldset"
)
_UNSEEN = "script,style,noscript,template"
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_CLOSES_ITSELF = re.compile(
    "area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr|p|li|dt|dd|tr|td|th|option|thead|tbody|tfoot|"
    "html|head|body|colgroup|optgroup|path|rect|circle|line|use|polygon"
)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s{0,3}=\s{0,3}[\"']?\s{0,3}([a-zA-Z0-9_:-]{2,40})", re.IGNORECASE)
_FROM_ROOT = re.compile(r"/(?!\S*/\.)(?:[\w~-][\w.~/-]*)?(?:\?[\w.~/=&%-]+)?", re.ASCII)
_SPACE = re.compile(r"\s+")
_REFRESH = re.compile(
    r"\s{0,9}(\d{1,4})(?:\.\d{0,4})?\s{0,9}[;,]\s{0,9}(?:url\s{0,9}=\s{0,9})?[\"']?([^\"'>]{1,2000})", re.IGNORECASE
)
_LONGEST_REFRESH = 10  # seconds; a page that changes later than that has been read by then
_STOP = re.compile(
    "the|a|an|of|for|to|and|or|in|on|at|your|our|you|we|how|what|is|are|about|with|from|by|council|borough|district|"
    "city|county"
)


class Link(NamedTuple):
    """A link: the absolute address without its fragment, and its name as a screen reader would say it."""

    url: str
    text: str


@dataclass(frozen=True)
class Page:
    """One address that was asked for. `html` is empty unless it answered 200 with HTML."""

    url: str
    status: int
    depth: int
    title: str = ""
    h1: str = ""
    links: tuple[Link, ...] = ()
    html: str = ""
    cut: bool = False
    """The body was longer than the limit, or nested too deeply to be read."""
    canonical: str | None = None
    """The address that the page itself calls its own, where that is another."""
    onward: str | None = None
    """Where the page sends its readers by itself, as a redirect does (meta refresh)."""
    away: str = ""
    """How the site kept the probe out of this page, in plain words: a resident may well get in."""
    missing: str = ""
    """With which words a page that answers 200 says that there is no such page."""

    @cached_property
    def text(self) -> str:
        """What can be read on the page, a line a block; read from its HTML when it is first asked for."""
        return block_text(LexborHTMLParser(self.html)) if self.html.strip() else ""

    @property
    def readable(self) -> bool:
        """Whether a resident would see a page here."""
        return self.status == 200 and bool(self.html) and not self.away and not self.missing

    @property
    def dead(self) -> bool:
        """Whether a link to it is broken."""
        return bool(self.missing) or (is_dead(self.status) and not self.away)

    def answers(self, pattern: str) -> bool:
        """Whether this is the page an answer key describes: its pattern in the address, title or heading."""
        return self.readable and described(pattern, self.url, self.title, self.h1)


@dataclass(frozen=True)
class Site:
    """What was read of one site. `asked` holds every address tried; `errors` those that never answered."""

    home: str
    hosts: frozenset[str]
    pages: Mapping[str, Page]
    redirects: Mapping[str, str]
    errors: Mapping[str, str]
    forbidden: frozenset[str] = frozenset()
    """Addresses that robots.txt asks to be left alone."""
    copies: Mapping[str, str] = field(default_factory=dict)
    """Addresses of pages that were read at another address already, and that address; they are in `redirects` too."""
    idle: frozenset[str] = frozenset()
    """Parts of addresses that say nothing, such as the name of a session: the same page has ever new addresses."""
    alike: Mapping[str, int] = field(default_factory=dict)
    """Addresses that are many of a kind, such as the months of a calendar, and were left unread: {kind: how many}."""
    stopped: Mapping[str, str] = field(default_factory=dict)
    """Hosts that were asked for nothing more before the end, and why."""
    listed: tuple[str, ...] = ()
    """Addresses that only the sitemap names, read or not."""
    followed: bool = False
    """Whether every link within reach was followed: the visit's budget lasted."""

    def own(self, url: str) -> bool:
        """Whether an address is on one of the hosts that the organisation agreed to."""
        return urlsplit(url).netloc.lower() in self.hosts

    def resolve(self, url: str) -> str:
        """Where an address leads after the redirects that were met."""
        for _ in range(10):
            if url not in self.redirects:
                break
            url = self.redirects[url]
        return url

    def page(self, url: str) -> Page | None:
        """The page at an address, after redirects; None when it was not read."""
        return self.pages.get(self.resolve(urldefrag(url).url))

    def failed(self, url: str) -> bool:
        """Whether an address was asked for and no page came: nothing answered, or the answer was an error."""
        page = self.page(url)
        if page is not None:
            return page.dead
        return url in self.errors or self.resolve(url) in self.errors

    @cached_property
    def readable(self) -> tuple[Page, ...]:
        """The pages that a resident could read, nearest the home page first."""
        return tuple(sorted((p for p in self.pages.values() if p.readable), key=lambda p: (p.depth, p.url)))

    @cached_property
    def furniture(self) -> frozenset[Link]:
        """Links of the site's template: those on at least half of its pages. Empty for fewer than six pages."""
        if len(self.readable) < 6:
            return frozenset()
        seen = Counter(link for page in self.readable for link in set(page.links))
        return frozenset(link for link, times in seen.items() if 2 * times >= len(self.readable))

    @cached_property
    def clicks(self) -> Mapping[str, int]:
        """Fewest clicks from the home page to each readable page, by its address."""
        start = self.page(self.home)
        if start is None or not start.readable:
            return {}
        clicks, queue = {start.url: 0}, deque([start])
        while queue:
            page = queue.popleft()
            for link in page.links:
                target = self.page(link.url)
                if target is not None and target.readable and target.url not in clicks:
                    clicks[target.url] = clicks[page.url] + 1
                    queue.append(target)
        return clicks

    @cached_property
    def unlinked(self) -> tuple[str, ...]:
        """Pages that the sitemap names and no link leads to; nothing can be said where not every link was followed."""
        if not self.followed:
            return ()
        pages = {page.url: None for url in self.listed if (page := self.page(url)) and page.readable}
        return tuple(url for url in pages if url not in self.clicks)

    def fewest_clicks(self, pages: Iterable[Page]) -> tuple[int, str] | None:
        """Fewest clicks to any of the pages, and which one it is."""
        reached = [(self.clicks[page.url], page.url) for page in pages if page.url in self.clicks]
        return min(reached, default=None)


def is_dead(status: int) -> bool:
    """Whether a link that answers so is broken. A page for members (401, 403) or a brake on robots (429) is not."""
    return status >= 400 and status not in (401, 403, 429)


# ------------------------------------------------------------------------------------------------ reading


def read(url: str, depth: int, html: str, cut: bool = False) -> Page:
    """A readable page from its HTML. A page nested more deeply than any browser would show is kept unread."""
    if "\0" in html:
        html = html.replace("\0", "")
    if nested_too_deeply(html):
        return Page(url=url, status=200, depth=depth, html=" ", cut=True)
    tree = LexborHTMLParser(html)
    title, h1 = label(tree.css_first("title")), label(tree.css_first("h1"))
    found = links(tree, url)
    return Page(
        url,
        200,
        depth,
        title,
        h1,
        found,
        html,
        cut,
        canonical=_canonical(tree, url),
        onward=_refreshed(tree, url),
        away=turned_away(200, {}, html, len(found)),
        missing=says_missing(title, h1) if depth else "",
    )


def _canonical(tree: LexborHTMLParser, url: str) -> str | None:
    for link in tree.css("link[rel][href]")[:100]:
        if (link.attributes.get("rel") or "").lower() == "canonical":
            canonical = joined(url, link.attributes.get("href") or "")
            return canonical if canonical != url else None
    return None


def _refreshed(tree: LexborHTMLParser, url: str) -> str | None:
    for meta in tree.css("meta[http-equiv]")[:100]:
        by_script = meta.parent is not None and meta.parent.tag == "noscript"  # a browser with scripts passes it over
        if (meta.attributes.get("http-equiv") or "").lower() == "refresh" and not by_script:
            told = _REFRESH.match(meta.attributes.get("content") or "")
            if told is not None and int(told[1]) <= _LONGEST_REFRESH:
                onward = joined(url, told[2].strip())
                return onward if onward != url else None
    return None


def links(tree: LexborHTMLParser, url: str) -> tuple[Link, ...]:
    """The web links of a page in their order, each (address, name) once."""
    absolute = Absolute(base_of(tree, url))
    template = _template(absolute.origin)
    if len(template) > _MOST_TEMPLATE:
        template.clear()
    anchors = tree.css("a[href],area[href],frame[src]")[:MOST_LINKS]
    found = [template.get(anchor.html or "") or _read_link(anchor, absolute, template) for anchor in anchors]
    return tuple(dict.fromkeys(filter(None, found)))


@lru_cache(maxsize=16)
def _template(origin: str) -> dict[str, Link]:
    """A site's links that begin at the root, by their HTML: most of a page's are on every page, and are read once."""
    return {}


def _read_link(anchor: LexborNode, absolute: Absolute, template: dict[str, Link]) -> Link | None:
    """A link that `template` does not hold yet; None for what leads to no web address."""
    attributes = anchor.attributes
    href = attributes.get("href") or attributes.get("src") or ""
    if not (target := absolute(href)):
        return None
    made = _link if len(target) <= _SHORT else Link  # what is kept for all pages is kept short
    link, html = made(target, _name(anchor, attributes)), anchor.html or ""
    if len(html) <= _SHORT and _from_root(absolute.origin, href) is not None:
        template[html] = link
    return link


@lru_cache(maxsize=50_000)  # one object for a link of the template, however many pages have it
def _link(url: str, text: str) -> Link:
    return Link(url, text)


class Absolute:
    """Turns one page's hrefs into absolute addresses. Those from the root, most of them, skip the slow `urljoin`."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self._base = base
        self.origin = f"{parts.scheme}://{parts.netloc.lower()}"
        self._known: dict[str, str | None] = {}

    def __call__(self, href: str) -> str | None:
        """The address without its fragment; None for what is not a web link, or is none at all."""
        if len(href) > LONGEST_ADDRESS:
            return None
        if len(href) <= _SHORT and (known := _from_root(self.origin, href)) is not None:
            return known
        if href not in self._known:
            path = href.strip()
            self._known[href] = joined(self._base, path) if path and path[0] != "#" else None
        return self._known[href]


@lru_cache(maxsize=50_000)  # every page of a site has its template's
def _from_root(origin: str, href: str) -> str | None:
    """The address of a link that begins at the root and needs nothing done to it; None for any other."""
    path = href.partition("#")[0].strip()
    return origin + path if _FROM_ROOT.fullmatch(path) else None


def joined(base: str, href: str) -> str | None:
    """Where an href on a page leads, in one spelling; None for what is no web address, whatever is wrong with it."""
    try:
        return plain(urljoin(base, href))
    except ValueError:
        return None


def plain(url: str) -> str | None:
    """An http(s) address in one spelling: host in lower case, a path, no fragment. None for any other address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or len(url) > LONGEST_ADDRESS:
        return None
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path.replace(" ", "%20") or "/", parts.query, ""))


def base_of(tree: LexborHTMLParser, url: str) -> str:
    """The address that a page's relative links start from."""
    base = tree.css_first("base[href]")
    return (base is not None and joined(url, base.attributes.get("href") or "")) or url


def spoken(anchor: LexborNode) -> str:
    """A link's name, roughly as assistive technology would say it: aria-label, text, image, title."""
    return _name(anchor, anchor.attributes)


def _name(anchor: LexborNode, attributes: Mapping[str, str | None]) -> str:
    spoken_instead = attributes.get("aria-label")
    name = (tidy(spoken_instead) if spoken_instead else "") or tidy(anchor.text(separator=" "))
    if not name:
        name = tidy(" ".join(image.attributes.get("alt") or "" for image in anchor.css("img")))
    return name or tidy(attributes.get("title") or "")


def label(node: LexborNode | None) -> str:
    """The text of an element on one line, cut to a sensible length."""
    return tidy(node.text(separator=" ")) if node is not None else ""


def tidy(text: str) -> str:
    """One line, single spaces, at most `LONGEST_LABEL` characters."""
    return " ".join(text[: 4 * LONGEST_LABEL].split())[:LONGEST_LABEL]


def block_text(tree: LexborHTMLParser) -> str:
    """What can be read on the page, a line a block. Changes the tree: take everything else from it first."""
    tree.strip_tags([*_UNSEEN.split(",")])
    if tree.body is None:
        return ""
    for block in tree.css(BLOCKS):
        block.insert_before("\n")
        block.insert_after("\n")
    lines = (_SPACE.sub(" ", line).strip() for line in tree.body.text().split("\n"))
    return "\n".join(line for line in lines if line)


def nested_too_deeply(html: str) -> bool:
    """Whether unclosed elements pile up past `DEEPEST`: no real page, and minutes of work for a parser.

    An end tag closes an element of its own name only, as in a browser: of another it is passed over.
    """
    if html.count("<") - html.count("</") <= DEEPEST:
        return False
    depth, opened = 0, Counter[str]()
    for tag in _TAG.finditer(html):
        name = tag[2].lower()
        if _CLOSES_ITSELF.fullmatch(name):
            continue
        if not tag[1]:
            depth += 1
            opened[name] += 1
            if depth > DEEPEST:
                return True
        elif opened[name]:
            depth -= 1
            opened[name] -= 1
    return False


def decode(body: bytes, declared: str | None) -> str:
    """Text of a body: the charset declared by the server, then by the page, then UTF-8, then Windows-1252 with gaps."""
    meta = _META_CHARSET.search(body[:2048])
    for charset in (declared, meta[1].decode("ascii") if meta else None, "utf-8"):
        try:
            if charset:
                return body.decode(charset)
        except (LookupError, ValueError):  # an unknown name, or not that charset after all
            continue
    return body.decode("windows-1252", errors="replace")


# ------------------------------------------------------------------------------------------------ words


def described(pattern: str, *texts: str) -> bool:
    """Whether an answer key's pattern is found in any of the texts, ignoring case."""
    return any(re.search(pattern, text[:LONGEST_ADDRESS], re.IGNORECASE) for text in texts)


def stems(text: str) -> frozenset[str]:
    """The telling words of a label, without their endings: "Missed bins" and "missed bin" are the same."""
    return frozenset(_stem(word) for word in re.findall(r"[a-z0-9]+", text.lower()) if not _STOP.fullmatch(word))


def _stem(word: str) -> str:
    for ending, instead in (("ies", "y"), ("es", ""), ("s", ""), ("ing", ""), ("ed", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + instead
    return word
