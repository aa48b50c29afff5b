"""The pages of a practice council's website, made from its file: what is right there, and every planted fault.

`Site.truth()` says what was planted. Serving the pages is `sites`', drawing them the templates'.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from string import ascii_uppercase
from typing import Any

from scenarios.practice import documents
from scenarios.practice.catalogue import CATEGORIES, Category, Service, slug
from scenarios.practice.council import Council
from scenarios.practice.letters import uk_spaced
from scenarios.practice.lines import PracticeLine
from scenarios.practice.search import MINUTES, Entry, minutes_page, rank, results

Crumbs = tuple[tuple[str, str], ...]
_ALL_TIMES = (
    "We answer letters within ten working days.",
    "If you visit us, somebody sees you within ten minutes.",
    "We answer a complaint within ten working days.",
    "Last year 91% of calls were answered in time.",
)
_CODE = (
    "We acknowledge a complaint within five working days.",
    "Stage 1: we reply within 10 working days of that. Stage 2: a senior manager replies within 20 working days.",
    "If you are still unhappy, go to the Local Government and Social Care Ombudsman.",
)
_CENTRES = ("Riverside Leisure Centre", "Highfield Sports Centre")
_NEWS = (
    "Budget consultation opens",
    "Winter roads: how we grit",
    "New opening times at the library",
    "Park café reopens",
)


@dataclass(frozen=True)
class Page:
    """One page: the template that draws it and what goes in."""

    path: str
    title: str
    template: str = "article.html"
    crumbs: Crumbs = ()
    content: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Number:
    """A telephone number as a page shows it. `number` is None where it leads to no line."""

    label: str
    shown: str
    number: str | None
    tel: bool
    cost: str = ""


class Site:
    """A council's website."""

    def __init__(self, council: Council) -> None:
        self.council = council
        self.numbers = tuple(_numbers(council))
        self._services = dict(self._placed_services())
        self.entries = tuple(
            Entry(self.title(service), path, service.everyday, " ".join((service.first, *service.rest)))
            for path, (service, _) in self._services.items()
        )
        self.broken = self._broken_links()
        self.pages = {page.path: page for page in self._all_pages()}

    def title(self, service: Service) -> str:
        """What the site calls a service; one that knows no everyday words leaves out "(tips)"."""
        site = self.council.website
        everyday = site.search.everyday_words or site.a_to_z.everyday_words
        return service.title if everyday else service.title.partition(" (")[0]

    def number_for(self, category: Category) -> Number | None:
        """The number that the pages of a category show: the line named like it, else the first."""
        lines = self.council.lines
        chosen = next((line for line in lines if _belongs(line, category)), lines[0] if lines else None)
        shown = next((one for one in self.numbers if chosen and one.number == chosen.number), None)
        if shown is not None and self.council.website.contact.disagrees and category.title == "Council tax":
            return replace(self.numbers[0], label=shown.label)
        return shown

    # -------------------------------------------------------------------------------------------- pages

    def _placed_services(self) -> Iterator[tuple[str, tuple[Service, Category]]]:
        website = self.council.website
        deep = {"jobs": website.jobs == "deep", "leisure": website.leisure == "deep"}
        for category in CATEGORIES:
            for service in category.services:
                folder = "your-council/about-us/resources" if deep.get(service.id) else slug(category.title)
                yield f"/{folder}/{slug(self.title(service))}/", (service, category)

    def _all_pages(self) -> Iterator[Page]:
        yield Page("/", f"Welcome to {self.council.name}", "home.html", content=self._home())
        yield from self._category_pages()
        yield from self._service_pages()
        yield from self._about_pages()
        if self.council.website.a_to_z.present:
            yield from self._a_to_z_pages()
        for number in range(1, MINUTES + 1):
            minutes = minutes_page(number)
            text = ["Apologies were received. The minutes of the last meeting were agreed. Reports were noted."]
            yield Page(minutes.path, minutes.title, content={"paragraphs": text})

    def _home(self) -> dict[str, Any]:
        popular = [(self.title(service), path) for path, (service, _) in self._services.items() if service.everyday]
        hidden = [path for path in self._services if path.startswith("/your-council/about-us/resources/")]
        website = self.council.website
        tasks = [("Work for us", self.path("jobs"))] if website.jobs == "home" else []
        tasks += [("Leisure centres", self.path("leisure"))] if website.leisure == "home" else []
        return {"popular": [one for one in popular if one[1] not in hidden][:10], "tasks": tasks, "news": _news()}

    def path(self, service_id: str) -> str:
        """Where a service's page is."""
        return next(path for path, (service, _) in self._services.items() if service.id == service_id)

    def _category_pages(self) -> Iterator[Page]:
        for category in CATEGORIES:
            folder = f"/{slug(category.title)}/"
            links = [(entry.title, entry.path) for entry in self.entries if _parent(entry.path) == folder]
            if folder == "/your-council/":
                links.append(("About us", "/your-council/about-us/"))
            yield Page(folder, category.title, "listing.html", content={"links": links})

    def _service_pages(self) -> Iterator[Page]:
        for path, (service, category) in self._services.items():
            crumbs = ((category.title, f"/{slug(category.title)}/"),)
            content: dict[str, Any] = {"service": self._as_told(service), "number": self.number_for(category)}
            content["related"] = [(e.title, e.path) for e in self.entries if _parent(e.path) == _parent(path)][:5]
            content["broken"] = self.broken.get(path)
            if service.id == "leisure":
                content["links"] = [(name, f"{path}{slug(name)}/") for name in _CENTRES]
                yield from (_centre(self, path, name, crumbs) for name in _CENTRES)
            yield Page(path, self.title(service), "service.html", crumbs, content)

    def _as_told(self, service: Service) -> Service:
        """The service in the words of this council."""
        website = self.council.website
        if service.id == "standards" and website.standards == "all times":
            return service.model_copy(update={"rest": _ALL_TIMES})
        if service.id == "complaints" and website.complaints == "code":
            return service.model_copy(update={"rest": _CODE})
        return service

    def _about_pages(self) -> Iterator[Page]:
        website = self.council.website
        about, resources = "/your-council/about-us/", "/your-council/about-us/resources/"
        below = [(entry.title, entry.path) for entry in self.entries if _parent(entry.path) == resources]
        inside = [("People and resources", resources)] if below else []
        if website.documents != "none":
            told = " (PDF, 1kB)" if website.documents == "accessible" else ""
            inside += [(f"{title}{told}", path) for path, title in documents.PATHS.items()]
        words = [f"{self.council.name} serves the people of the area with some 400 services."]
        yield Page(about, "About us", "listing.html", content={"links": inside, "paragraphs": words})
        if below:
            yield Page(resources, "People and resources", "listing.html", content={"links": below})
        if website.contact.present:
            yield Page("/contact/", "Contact us", "contact.html")
        if website.statement != "none":
            yield Page("/accessibility/", "Accessibility statement", f"statement-{website.statement}.html")
        cookies = "We use cookies to count visits." if website.cookie_banner else "We use no cookies on this website."
        yield Page("/privacy/", "Privacy and cookies", content={"paragraphs": [cookies]})
        yield Page("/news/", "News", "listing.html", content={"links": _news()})
        for title, path in _news():
            yield Page(path, title, content={"paragraphs": ["Find out more from our customer services team."]})
        shown = [(entry.title, entry.path) for entry in self.entries if _parent(entry.path) != resources]
        yield Page("/sitemap/", "Site map", "listing.html", content={"links": shown})

    def _a_to_z_pages(self) -> Iterator[Page]:
        yield Page("/a-z/", "A to Z of services", "a-to-z.html", content={"entries": None})
        for letter in ascii_uppercase:
            if letter not in self.council.website.a_to_z.dead_letters:
                entries = [entry for entry in self.a_to_z_entries() if entry[0].startswith(letter)]
                crumbs = (("A to Z", "/a-z/"),)
                yield Page(f"/a-z/{letter.lower()}/", f"A to Z: {letter}", "a-to-z.html", crumbs, {"entries": entries})

    def a_to_z_entries(self) -> list[tuple[str, str]]:
        """Every entry of the A to Z with its page, in order."""
        settings = self.council.website.a_to_z
        entries: list[tuple[str, str]] = []
        for path, (service, _) in self._services.items():
            if service.id not in settings.missing:
                entries.append((self.title(service), path))
                entries += [(word, path) for word in service.everyday if settings.everyday_words]
        return sorted(entries)

    def _broken_links(self) -> dict[str, str]:
        """Addresses that lead nowhere, spread over the service pages: {page: address}."""
        count = self.council.website.broken_links
        paths = list(self._services)
        chosen = [paths[i * len(paths) // count] for i in range(count)]
        return {path: f"/archive/{slug(path)}.aspx" for path in chosen}

    # -------------------------------------------------------------------------------------------- truth

    def truth(self) -> dict[str, Any]:
        """What was planted, so that a test can compare it with what a probe found."""
        website = self.council.website
        a_to_z, search = website.a_to_z, website.search
        working = [letter for letter in ascii_uppercase if a_to_z.present and letter not in a_to_z.dead_letters]
        return {
            "pages": len(self.pages),
            "right_pages": {service.id: path for path, (service, _) in self._services.items()},
            "a_to_z": {
                "present": a_to_z.present,
                "letters_working": working,
                "letters_dead": list(a_to_z.dead_letters) if a_to_z.present else [],
                "entries": [entry for entry, _ in self.a_to_z_entries()] if a_to_z.present else [],
            },
            "search": {"kind": search.kind, "ranks": self._ranks() if search.kind in ("page", "script") else {}},
            "numbers": [
                {"label": one.label, "shown": one.shown, "number": one.number, "tel_link": one.tel}
                for one in self.numbers
            ],
            "broken_links": self.broken,
            "contact_page": website.contact.present,
            "hours_published": website.contact.present and website.contact.hours,
            "jobs": self.path("jobs"),
            "leisure": self.path("leisure"),
            "statement": website.statement,
            "documents": website.documents,
        }

    def _ranks(self) -> dict[str, dict[str, Any]]:
        """For every title and everyday word: the right page, its rank (None: not found) and how many results."""
        ranks: dict[str, dict[str, Any]] = {}
        for path, (service, _) in self._services.items():
            for words in (self.title(service), *service.everyday):
                hits = results(self.council.website.search, self.entries, words)
                ranks[words] = {"page": path, "rank": rank(hits, path), "results": len(hits)}
        return ranks


def _numbers(council: Council) -> Iterator[Number]:
    contact = council.website.contact
    for line in council.lines:
        spaced = uk_spaced(line.number)
        if contact.numbers == "unspaced":
            shown = spaced.replace(" ", "")
        elif contact.numbers == "no code" and spaced.startswith(("011", "020")):
            shown = spaced.partition(" ")[2]
        else:
            shown = spaced
        yield Number(line.label, shown, line.number, contact.tel_links)
    for odd in contact.odd_numbers:
        yield Number(odd.label, odd.shown, None, False, odd.cost)


def _belongs(line: PracticeLine, category: Category) -> bool:
    """Whether a line's label names a category: alike, or sharing a word's beginning ("Environmental health")."""
    if slug(line.label) == slug(category.title):
        return True
    ours, theirs = (
        {w[:6] for w in slug(text).split("-")} - {"and", "counci", "tax"} for text in (line.label, category.title)
    )
    return bool(ours & theirs)


def _centre(site: Site, path: str, name: str, crumbs: Crumbs) -> Page:
    text = ["Open Monday to Friday from 6.30am to 10pm, Saturday and Sunday from 8am to 6pm."]
    text += [f"Swimming, gym, classes and courts. {name} has free parking and step-free access."]
    return Page(
        f"{path}{slug(name)}/", name, "article.html", (*crumbs, ("Leisure centres", path)), {"paragraphs": text}
    )


def _news() -> list[tuple[str, str]]:
    return [(title, f"/news/{slug(title)}/") for title in _NEWS]


def _parent(path: str) -> str:
    return path.rstrip("/").rpartition("/")[0] + "/"
