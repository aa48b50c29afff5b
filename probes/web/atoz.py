"""The A to Z of services: whether there is one, whether its letters work, and where its entries lead. Pure.

An A to Z is known by its strip of letters, not by its name: "browse the full A to Z" may be plain text, and a strip may
stand on the home page with no page of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser

from probes.web.pages import Absolute, Link, Page, Site, base_of, label, spoken, stems
from probes.web.reading import Reading, not_known, percent
from probes.web.top_tasks import Task
from results.schema import Enquiry, Why

FACTS = {
    "web.az.state": "Text: present, dead, off site, or none: what became of the A to Z",
    "web.az.present": "Yes/no: the site has an A to Z of services that opens",
    "web.az.letters": "Percent of the letters shown as links that lead to entries",
    "web.az.quality": "Percent of the enquiries whose right page is reached from an entry by its official title",
    "web.az.common_words": "Percent of everyday words, of the enquiries and top tasks, with an entry that leads right",
    "web.az.duplicates": "Yes/no: entries of the same words lead to the same page",
    "web.az.tasks": "Percent of the tier's top tasks with an entry that names them or an everyday word for them",
}

_FEWEST = 12  # letters that make a strip
_NAME = re.compile(r"\ba ?(?:[-–—/]|to|2|-to-)? ?z\b", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:^|[/_.=-])(?:a-?to-?z|a-z|a2z|atoz|az|a_to_z)(?:[/_.?=-]|$)", re.IGNORECASE)
_LETTER = re.compile(
    r"(?:(?:services?|pages?|items?|topics?|entries) )?(?:(?:beginning|starting) with |for |under )?"
    r"(?:the )?(?:letter )?"
    r"[\"'‘]?([a-z])[\"'’]?(?: \(\d{1,4}\))?",
    re.IGNORECASE,
)
_NONE_HERE = re.compile(
    r"\b(?:no|not any) (?:\w{1,20} ){0,2}(?:services?|entries|pages?|items?|results?|topics?)\b"
    r"|\bnothing (?:here|under|to show)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Entry:
    """One entry of an A to Z."""

    text: str
    url: str


@dataclass(frozen=True)
class AToZ:
    """An A to Z as it was found. `strip`: each letter that is a link, with its address, fragment included."""

    url: str
    strip: Mapping[str, str]


def find(site: Site) -> AToZ | None:
    """The page with the fullest strip of letters, among those that look like an A to Z and the home page."""
    best: AToZ | None = None
    for page in _likely(site):
        letters = strip(page)
        if len(letters) >= _FEWEST and (best is None or len(letters) > len(best.strip)):
            best = AToZ(page.url, letters)
    return best


def strip(page: Page) -> dict[str, str]:
    """The letters that are links on a page, with where they lead. Anchors within the page keep their fragment."""
    tree = LexborHTMLParser(page.html)
    absolute, found = Absolute(base_of(tree, page.url)), dict[str, str]()
    for anchor in tree.css("a[href]"):
        letter = _LETTER.fullmatch(label(anchor)) or _LETTER.fullmatch(spoken(anchor))
        href = (anchor.attributes.get("href") or "").strip()
        if letter is None:
            continue
        base = page.url if href.startswith("#") else absolute(href)
        fragment = href.partition("#")[2]
        if base is not None:
            found.setdefault(letter[1].upper(), f"{base}#{fragment}" if "#" in href else base)
    return found


def letter_pages(az: AToZ) -> list[str]:
    """The addresses behind the letters, each once."""
    return list(dict.fromkeys(url.partition("#")[0] for url in az.strip.values()))


def entries(site: Site, az: AToZ) -> tuple[Entry, ...]:
    """What the A to Z lists: links in the body of its pages, without the strip and the site's furniture."""
    pages = {page.url: page for url in [az.url, *letter_pages(az)] if (page := site.page(url)) and page.readable}
    if (home := site.page(site.home)) is not None and len(pages) > 1:
        pages.pop(home.url, None)  # its other links are no entries
    bodies = [_in_body(page) for page in pages.values()]
    furniture = _repeated(bodies) or (site.furniture if len(bodies) < 4 else frozenset())
    found = {
        Entry(link.text, link.url): None
        for body in bodies
        for link in body
        if len(link.text) > 1 and link not in furniture
    }
    return tuple(found)


def entries_for(words: str, listed: Iterable[Entry], *, whole: bool) -> Iterator[Entry]:
    """Entries that a reader with these words would try. `whole`: all of the words are in the entry, as for "tip"."""
    wanted = stems(words)
    for entry in listed:
        have = stems(entry.text)
        if wanted <= have if whole else 2 * len(wanted & have) >= min(len(wanted), len(have)) > 0:
            yield entry


def wanted(listed: Iterable[Entry], enquiries: tuple[Enquiry, ...], tasks: Sequence[Task] = ()) -> list[Entry]:
    """The entries that somebody with one of the enquiries, or an everyday word for a task, would try."""
    listed = tuple(listed)
    found = dict[Entry, None]()
    for enquiry in enquiries:
        found |= dict.fromkeys(entries_for(enquiry.title, listed, whole=False))
        for word in enquiry.everyday_words:
            found |= dict.fromkeys(entries_for(word, listed, whole=True))
    for task in tasks:
        for word in task.everyday:
            found |= dict.fromkeys(entries_for(word, listed, whole=True))
    return list(found)


def read(
    site: Site, az: AToZ | None, enquiries: tuple[Enquiry, ...], tasks: Sequence[Task], *, in_wales: bool = False
) -> Reading:
    """The facts about an A to Z. The pages of its letters and of the entries that matter must have been read.

    `tasks`: the top tasks that the organisation provides; their words are the synonyms by which an entry is known.
    `in_wales`: Welsh words count as well as English ones.
    """
    if az is None:
        return _absent(site)
    listed = entries(site, az)
    reading = Reading(
        {"web.az.present": True, "web.az.state": "present"},
        where={"A to Z": {"page": az.url, "entries": [(entry.text, entry.url) for entry in listed[:500]]}},
    )
    listing = _letters(site, az) | _duplicates(site, listed) | _tasks(listed, tasks)
    return reading | listing | _titles(site, listed, enquiries) | _everyday(site, listed, enquiries, tasks, in_wales)


def leads_right(site: Site, entry: Entry, pattern: str) -> bool:
    """Whether an entry leads to the page that an answer key describes."""
    page = site.page(entry.url)
    return page is not None and page.answers(pattern)


def _likely(site: Site) -> Iterator[Page]:
    home = site.page(site.home)
    named = [page for page in site.readable if _ADDRESS.search(urlsplit(page.url).path) or _NAME.search(page.h1)]
    linked = [
        page
        for start in site.readable
        if start.depth <= 1
        for link in start.links
        if _NAME.search(link.text) and (page := site.page(link.url)) and page.readable
    ]
    yield from {page.url: page for page in [*([home] if home else []), *linked, *named]}.values()


def _absent(site: Site) -> Reading:
    rest = [name for name in FACTS if name not in ("web.az.present", "web.az.state")]
    named = [link.url for page in site.readable if page.depth <= 1 for link in page.links if _NAME.search(link.text)]
    off_site = [url for url in named if not site.own(url)]
    if off_site and not any(site.own(url) for url in named):
        sentence = f"an A to Z is linked at {urlsplit(off_site[0]).netloc}, a host that nobody has agreed to"
        return not_known(FACTS, Why.NEEDS_REVIEW, sentence) | Reading({"web.az.state": "off site"}, notes=(sentence,))
    dead = sorted({url for url in named if site.own(url) and not ((page := site.page(url)) and page.readable)})
    sentence = f"the A to Z at {dead[0]} does not open" if dead else "there is no A to Z"
    state = Reading({"web.az.present": False, "web.az.state": "dead" if dead else "none"}, notes=(sentence,))
    return state | not_known(rest, Why.NOT_APPLICABLE, sentence)


def _letters(site: Site, az: AToZ) -> Reading:
    """A letter works when it leads to entries. A page that says there are none under its letter is left out."""
    addresses = Counter(url.partition("#")[0] for url in az.strip.values())
    repeated = _repeated(_letter_bodies(site, az))
    works: dict[str, bool] = {}
    on = site.page(az.url)
    scripted = on is not None and ("<script" in on.html.lower() or "onclick" in on.html.lower())
    for letter, url in sorted(az.strip.items()):
        address, _, fragment = url.partition("#")
        if addresses[address] > 1 and not fragment and scripted:
            continue  # a script may answer it
        page = site.page(address)
        if page is None and not site.failed(address):
            continue  # not ours to read, or more pages than the visit had left
        verdict = _has_anchor(page, fragment) if addresses[address] > 1 else _has_entries(page, repeated)
        if verdict is not None:
            works[letter] = verdict
    if not works and scripted and max(addresses.values()) > 1:
        return not_known(
            ["web.az.letters"], Why.NEEDS_REVIEW, "the letters lead to no address: a script may answer them"
        )
    if not works:
        return not_known(["web.az.letters"], Why.PROBE_FAULT, "none of the letters' pages could be read")
    dead = [letter for letter, working in works.items() if not working]
    no_link = [letter for letter in ascii_uppercase if letter not in az.strip]
    told = {"letters of the A to Z that lead nowhere": dead, "letters that are no link in the A to Z": no_link}
    return Reading(
        {"web.az.letters": percent(len(works) - len(dead), len(works))},
        notes=tuple(f"{what}: {', '.join(letters)}" for what, letters in told.items() if letters),
        where={"letters of the A to Z": works},
    )


def _duplicates(site: Site, listed: tuple[Entry, ...]) -> Reading:
    """Whether entries that differ in endings and small words alone ("Missed bin", "Missed bins") agree."""
    alike: dict[frozenset[str], dict[str, Entry]] = {}
    times = Counter(words for entry in listed if (words := stems(entry.text)))
    for entry in listed:
        alike.setdefault(stems(entry.text), {}).setdefault(site.resolve(entry.url), entry)
    if not any(many > 1 for many in times.values()):
        return not_known(["web.az.duplicates"], Why.NOT_APPLICABLE, "the A to Z has no entries of the same words")
    apart = [list(pages.values()) for words, pages in alike.items() if words and len(pages) > 1]
    notes = tuple(f"A to Z: {one.text!r} leads to {one.url}, {two.text!r} to {two.url}" for one, two, *_ in apart[:5])
    return Reading({"web.az.duplicates": not apart}, notes=notes)


def _tasks(listed: tuple[Entry, ...], tasks: Sequence[Task]) -> Reading:
    """Which top tasks are in the A to Z, by the name of their page or by a word that people use for them."""
    if not tasks:
        return not_known(["web.az.tasks"], Why.NOT_APPLICABLE, "no top task is asked of such an organisation")
    words = {entry.text: stems(entry.text) for entry in listed}
    missing = [
        task.name
        for task in tasks
        if not any(task.named(text) or (there and there in map(stems, task.words)) for text, there in words.items())
    ]
    return Reading(
        {"web.az.tasks": percent(len(tasks) - len(missing), len(tasks))},
        notes=(f"top tasks that are not in the A to Z: {', '.join(missing)}",) if missing else (),
        where={"top tasks not in the A to Z": missing},
    )


def _letter_bodies(site: Site, az: AToZ) -> list[tuple[Link, ...]]:
    pages = {page.url: page for url in letter_pages(az) if (page := site.page(url)) and page.readable}
    return [_in_body(page) for page in pages.values()]


def _repeated(bodies: list[tuple[Link, ...]]) -> frozenset[Link]:
    """Links on most of the letters' pages: the template's, not entries. Too few pages tell nothing."""
    seen = Counter(link for body in bodies for link in body)
    return frozenset(link for link, times in seen.items() if len(bodies) >= 4 and times >= 0.6 * len(bodies))


def _has_entries(page: Page | None, repeated: frozenset[Link]) -> bool | None:
    if page is None or not page.readable:
        return False
    if any(link not in repeated and len(link.text) > 1 for link in _in_body(page)):
        return True
    return None if _NONE_HERE.search(page.text) else False


def _has_anchor(page: Page | None, fragment: str) -> bool:
    if page is None or not page.readable or not fragment:
        return False
    tree, name = LexborHTMLParser(page.html), unquote(fragment)
    return any(name in (node.attributes.get("id"), node.attributes.get("name")) for node in tree.css("[id],a[name]"))


def _in_body(page: Page) -> tuple[Link, ...]:
    """The links of the page's main part, letters left out. A breadcrumb, a menu or a footer is no part of it."""
    tree = LexborHTMLParser(page.html)
    base = base_of(tree, page.url)
    tree.strip_tags(["nav", "header", "footer"])
    places = (tree.css_first(one) for one in ("main", "[role=main]", "#main-content", "#main", "#content", "body"))
    main = next((node for node in places if node is not None), None)
    if main is None:
        return ()
    absolute = Absolute(base)
    found = (
        Link(url, name)
        for anchor in main.css("a[href]")
        if (url := absolute(anchor.attributes.get("href") or "")) and not _LETTER.fullmatch(name := spoken(anchor))
    )
    return tuple(dict.fromkeys(found))


def _titles(site: Site, listed: tuple[Entry, ...], enquiries: tuple[Enquiry, ...]) -> Reading:
    right = {
        enquiry.title: next(
            (
                entry.text
                for entry in entries_for(enquiry.title, listed, whole=False)
                if leads_right(site, entry, enquiry.answer_key.page)
            ),
            None,
        )
        for enquiry in enquiries
    }
    missing = [title for title, entry in right.items() if entry is None]
    return Reading(
        {"web.az.quality": percent(len(right) - len(missing), len(right))},
        notes=(f"not found in the A to Z by title: {', '.join(missing)}",) if missing else (),
        where={"titles in the A to Z": right},
    )


def _everyday(
    site: Site, listed: tuple[Entry, ...], enquiries: tuple[Enquiry, ...], tasks: Sequence[Task], in_wales: bool
) -> Reading:
    """Whether residents' own words are listed, and lead right. An entry whose page was not read counts nowhere."""
    found = dict[str, bool | None]()
    for task in tasks:
        in_welsh = in_wales and any(
            not site.failed(entry.url) for word in task.welsh for entry in entries_for(word, listed, whole=True)
        )
        found |= {word: in_welsh or _leads(site, task, entries_for(word, listed, whole=True)) for word in task.everyday}
    for enquiry in enquiries:
        for word in enquiry.everyday_words:
            found[word.lower()] = any(
                leads_right(site, e, enquiry.answer_key.page) for e in entries_for(word, listed, whole=True)
            )
    asked = {word: right for word, right in found.items() if right is not None}
    if not asked:
        return not_known(["web.az.common_words"], Why.NOT_APPLICABLE, "there are no everyday words to look for")
    missing = [word for word, right in asked.items() if not right]
    return Reading(
        {"web.az.common_words": percent(len(asked) - len(missing), len(asked))},
        notes=(f"everyday words not in the A to Z: {', '.join(missing)}",) if missing else (),
        where={"everyday words in the A to Z": asked},
    )


def _leads(site: Site, task: Task, tried: Iterable[Entry]) -> bool | None:
    """Whether one of these entries leads to a page about a task; None where that is on a page that was not read."""
    unread = False
    for entry in tried:
        page = site.page(entry.url)
        if page is not None and page.readable and (task.is_page(page) or task.mentioned(page.text)):
            return True
        unread = unread or (page is None and not site.failed(entry.url))
    return None if unread else False
