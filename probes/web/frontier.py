"""Which addresses of a site come next, so that a budget of pages is spent on what tells most. Pure: nothing is fetched.

Pages as they are linked from the home page come first; then more of what there is very much of, such as the months of a
calendar; files; and pages that only the sitemap names. The order depends on the site alone, never on who answers first.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl, urlsplit

MOST_ALIKE = 30  # addresses of a kind that are taken up in their turn; more come after all others
UNLINKED = 98  # the depth of a page that no link leads to
_AT_A_TIME = 40  # of those that are alike: they may lead to something new
_MOST_KNOWN = 50_000  # addresses; a hostile site has as many as it likes
_ENOUGH = 3  # pages that show themselves to be the same but for one part of their address

FILES = (".pdf", ".doc", ".docx", ".xls", ".xlsx", ".csv", ".zip", ".jpg", ".jpeg", ".png", ".gif", ".mp3", ".mp4")

_SESSIONS = re.compile(
    r"jsessionid|phpsessid|aspsessionid\w{0,20}|cfid|cftoken|session_?id|utm_\w{1,20}|gclid|fbclid|msclkid",
    re.IGNORECASE,
)
_IN_PATH = re.compile(r";jsessionid=[^/?]{0,200}|/\([SX]\([^)/]{0,100}\)\)", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")


class Frontier:
    """The addresses that were found and not yet taken up."""

    def __init__(self, home: str, hosts: frozenset[str], budget: int) -> None:
        self._hosts, self._met = hosts, {home}
        self._reserve = budget // 4  # kept from what is alike, for files and the sitemap
        self._first: dict[str, str] = {home: home}
        self._linked, self._alike, self._files, self._listed = (list[tuple[str, int]]() for _ in range(4))
        self._of_a_kind = Counter[str]()
        self._shown_idle: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._idle: defaultdict[str, set[str]] = defaultdict(set)
        self._unlinked: dict[str, None] = {}
        self._aliases: dict[str, str] = {}

    @property
    def idle(self) -> frozenset[str]:
        """Names in addresses that turned out to say nothing about the page."""
        return frozenset(name for names in self._idle.values() for name in names)

    @property
    def aliases(self) -> Mapping[str, str]:
        """Addresses that differ in nothing that matters from one found before, and that one."""
        return self._aliases

    @property
    def unlinked(self) -> tuple[str, ...]:
        """Addresses that the sitemap names and no link that was met."""
        return tuple(self._first[key] for key in self._unlinked if key in self._first)

    @property
    def linked_left(self) -> bool:
        """Whether links wait that are read in their turn."""
        return bool(self._linked)

    @property
    def left(self) -> int:
        """How many addresses were found and are not taken up yet."""
        return len(self._linked) + len(self._alike) + len(self._files) + len(self._listed)

    def kinds_left(self) -> dict[str, int]:
        """Of addresses that are alike, how many were not taken up: {what they have in common: how many}."""
        return dict(Counter(kind(url) for url, _ in self._alike))

    def found(self, urls: Iterable[str], depth: int) -> None:
        """Links that were met on a page, in their order. Those to other hosts are passed over."""
        for url in urls:
            if url in self._met:
                continue
            if len(self._met) < _MOST_KNOWN:
                self._met.add(url)
            if urlsplit(url).netloc not in self._hosts:
                continue
            key = self._known_as(url)
            if key is None:
                self._unlinked.pop(self.key(url), None)
                continue
            if urlsplit(url).path.lower().endswith(FILES):
                self._files.append((url, depth))
            elif self._is_one_of_many(url):
                self._alike.append((url, depth))
            else:
                self._linked.append((url, depth))

    def listed(self, urls: Iterable[str]) -> None:
        """Addresses that the sitemap names. It may write those that are known with another scheme, or a slash more."""
        known = {_loosely(key) for key in self._first}
        for url in urls:
            if urlsplit(url).netloc not in self._hosts or _loosely(self.key(url)) in known:
                continue
            key = self._known_as(url)
            if key is not None:
                self._unlinked[key] = None
                self._listed.append((url, UNLINKED))

    def next(self, left: int) -> list[tuple[str, int]]:
        """The addresses to read now, with their depth, no more than `left`. Empty at the end."""
        others = bool(self._files or self._listed)
        for queue, most in (
            (self._linked, left),
            (self._alike, min(left - self._reserve * others, _AT_A_TIME)),
            (self._files, left),
            (self._listed, left),
            (self._alike, min(left, _AT_A_TIME)),
        ):
            if queue and most > 0:
                taken = queue[:most]
                del queue[:most]
                return taken
        return []

    def is_new(self, url: str) -> bool:
        """Whether an address still is the first of its page: it may have been found out since that it is not."""
        first = self._first.get(self.key(url), url)
        if first != url:
            self._alias(url, first)
        return first == url

    def same(self, url: str, other: str) -> None:
        """Learn from a page that was read at two addresses which part of them is idle."""
        one, two = urlsplit(url), urlsplit(other)
        if one.path != two.path or one.netloc != two.netloc:
            return
        differing = set(parse_qsl(one.query, True)[:50]) ^ set(parse_qsl(two.query, True)[:50])
        names = {name for name, _ in differing}
        if len(names) == 1:
            name = names.pop()
            self._shown_idle[one.netloc, name].add(one.path)
            if len(self._shown_idle[one.netloc, name]) >= _ENOUGH and name not in self._idle[one.netloc]:
                self._idle[one.netloc].add(name)
                first: dict[str, str] = {}
                for known in self._first.values():
                    first.setdefault(self.key(known), known)
                self._first = first

    def key(self, url: str) -> str:
        """The address without what says nothing about the page: names of sessions, marks of where a visitor is from."""
        if "?" not in url and ";" not in url and "(" not in url:
            return url
        path, mark, query = url.partition("?")
        path = _IN_PATH.sub("", path)
        if not mark:
            return path
        idle = self._idle.get(urlsplit(url).netloc, ())
        kept = [part for part in query.split("&") if not _says_nothing(part.partition("=")[0], idle)]
        return f"{path}?{'&'.join(kept)}" if kept else path

    def _known_as(self, url: str) -> str | None:
        """The key of an address that is met for the first time; None for one that was met before."""
        key = self.key(url)
        if key in self._first:
            if self._first[key] != url:
                self._alias(url, self._first[key])
            return None
        if len(self._first) >= _MOST_KNOWN:
            return None
        self._first[key] = url
        return key

    def _alias(self, url: str, first: str) -> None:
        if len(self._aliases) < _MOST_KNOWN:
            self._aliases[url] = first

    def _is_one_of_many(self, url: str) -> bool:
        shape = kind(url)
        if shape == url:
            return False
        self._of_a_kind[shape] += 1
        return self._of_a_kind[shape] > MOST_ALIKE


def _loosely(url: str) -> str:
    return url.partition("://")[2].removeprefix("www.").rstrip("/")


def _says_nothing(name: str, idle: Iterable[str]) -> bool:
    return name in idle or _SESSIONS.fullmatch(name) is not None


def kind(url: str) -> str:
    """What an address has in common with others of its kind: no digits, and of its query the names alone."""
    path, mark, query = url.partition("?")
    scheme, _, rest = path.partition("://")
    host, slash, path = rest.partition("/")
    names = "&".join(sorted({part.partition("=")[0] for part in query.split("&")})) if mark else ""
    return f"{scheme}://{host}{slash}{_DIGITS.sub('#', path)}{mark}{names}"


def by_host(level: Iterable[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
    """A level of addresses divided by host, each in its order: a slow host does not hold up the others."""
    hosts: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for url, depth in level:
        hosts[urlsplit(url).netloc.removeprefix("www.")].append((url, depth))
    yield from hosts.values()
