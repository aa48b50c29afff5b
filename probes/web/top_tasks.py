"""The tasks that residents come for, and the ways to each on one site. Pure; the tasks are data: top_tasks.toml.

What the ways say about the organisation is for `tasks`; how they look is for `task_map`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any
from urllib.parse import unquote, urlsplit

from probes.web import scent
from probes.web.pages import Link, Page, Site
from probes.web.scent import Step, Walk
from results.schema import Tier

_LONGEST = 8  # words of a heading or link: a longer one is a piece of news, not the name of a page
_PASSING = re.compile(
    r"/(?:[\w-]*news[\w-]*|press(?:-releases?)?|events?|meetings?|minutes|agendas?|committees?|mod?gov|blogs?|stories"
    r"|archive|media-?cent(?:re|er)|consultations?)(?:[/?.]|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Task:
    """Something residents come for. `lgsl`: its number in the Local Government Service List, None where not listed."""

    id: str
    name: str
    tiers: tuple[Tier, ...]
    words: tuple[str, ...]
    near: tuple[str, ...]
    page: str
    online: bool
    lgsl: int | None = None
    everyday: tuple[str, ...] = ()
    """Words of residents' own that an A to Z should list beside the official ones."""
    welsh: tuple[str, ...] = ()
    """Welsh words by which a site in Wales may list it."""

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.page, re.IGNORECASE)

    def named(self, text: str) -> bool:
        """Whether a heading or a link of these words is this task's."""
        return len(text.split()) <= _LONGEST and bool(self._pattern.search(text))

    def mentioned(self, text: str) -> bool:
        """Whether a line of text speaks of this task."""
        return bool(self._pattern.search(text[:2000]))

    def is_page(self, page: Page) -> bool:
        """Whether a page calls itself the page of this task: by heading, title or the end of its address."""
        if not page.readable or _PASSING.search(urlsplit(page.url).path):
            return False
        return self.named(page.h1) or self.named(_own_title(page)) or self._addressed(page.url)

    def leads(self, site: Site, link: Link) -> bool:
        """Whether a link leads to the task's page, or promises it and does not break the promise at once."""
        target = site.page(link.url)
        return (target is not None and not _is_home(site, target) and self.is_page(target)) or self.promised(site, link)

    def promised(self, site: Site, link: Link, on: Page | None = None) -> bool:
        """Whether a link's words promise this task and it is not dead. `on`: the page that it is on, if it matters.

        A document answers a question ("Term dates"), but with it nothing can be done.
        """
        if not (self.named(link.text) or (on is not None and self._spans(on.h1, link.text))):
            return False
        target = site.page(link.url)
        if self.online and scent.is_file(link.url):
            return False
        if site.failed(link.url) or _PASSING.search(urlsplit(link.url).path):
            return False
        return target is None or not _is_home(site, target)

    def _addressed(self, url: str) -> bool:
        """Whether the last part of an address names the task, alone or with the part before: /council-tax/pay."""
        *before, last = ["", *(_spoken(part) for part in unquote(urlsplit(url).path).split("/") if part)]
        return self.named(last) or self._spans(before[-1] if before else "", last)

    def _spans(self, first: str, second: str) -> bool:
        """Whether the two together name the task and the first alone does not: "Council tax" and "Pay"."""
        if not first or len(second.split()) > 4 or len(first.split()) > 4 or self._pattern.search(first):
            return False
        return any(one.start() < len(first) < one.end() for one in self._pattern.finditer(f"{first} {second}"))


@dataclass(frozen=True)
class Ways:
    """How a resident gets to one task, or fails to. `shortest` and `page` are None where no way was found."""

    task: Task
    shortest: tuple[Step, ...] | None
    page: str | None
    walk: Walk

    @property
    def clicks(self) -> int | None:
        """Fewest clicks from the home page."""
        return None if self.shortest is None else len(self.shortest)

    @property
    def known(self) -> bool:
        """Whether it can be said if there is a way: one was found, or the walk was not cut short by an unread page."""
        return self.shortest is not None or self.walk.unread is None


def _task(told: dict[str, Any]) -> Task:
    lists = {key: tuple(value) for key, value in told.items() if isinstance(value, list)}
    return Task(**{**told, **lists})


_FILE_OF_TASKS = tomllib.loads(files("probes.web").joinpath("top_tasks.toml").read_text("utf-8"))

TASKS: tuple[Task, ...] = tuple(_task(one) for one in _FILE_OF_TASKS["task"])
"""Every task that is known, in the order of the file."""


def of_tier(tier: Tier) -> tuple[Task, ...]:
    """The tasks that an organisation of a tier provides."""
    return tuple(task for task in TASKS if tier in task.tiers)


def of_others(tier: Tier) -> tuple[Task, ...]:
    """The tasks that the other tier of a two-tier area provides; none where one council does everything."""
    other: Mapping[Tier, Tier] = {"county": "district", "district": "county"}
    return tuple(task for task in TASKS if tier not in task.tiers and other.get(tier) in task.tiers)


def find(site: Site, tasks: Sequence[Task]) -> tuple[Ways, ...]:
    """The ways to each task, by the pages that have been read."""
    reached = scent.shortest(site)
    promises = tuple(_promises(site, reached))
    return tuple(_ways(site, task, reached, promises) for task in tasks)


def unread(site: Site, tasks: Sequence[Task]) -> list[str]:
    """The pages before which somebody stands who follows the words: with them read, more could be said."""
    stops = (_walk(site, task).unread for task in tasks)
    return list(dict.fromkeys(url for url in stops if url is not None))


def _ways(
    site: Site, task: Task, reached: Mapping[str, tuple[Step, ...]], promises: Sequence[tuple[Page, Link, bool]]
) -> Ways:
    ways = [steps for url, steps in reached.items() if steps and task.is_page(site.pages[url])]
    ways += [
        (*reached[page.url], Step(link.text, site.resolve(link.url)))
        for page, link, own_words in promises
        if task.promised(site, link, page if own_words else None)
    ]
    best = min(ways, key=lambda steps: (len(steps), steps[-1].url), default=None)
    walk = _walk(site, task)
    if best is None and walk.found:
        best = tuple(step for step in walk.steps if step.words != scent.BACK)
    return Ways(task, best, best[-1].url if best else None, walk)


def _walk(site: Site, task: Task) -> Walk:
    return scent.follow(site, task.words, task.near, lambda link: task.leads(site, link))


def _promises(site: Site, reached: Iterable[str]) -> Iterator[tuple[Page, Link, bool]]:
    """Every link once, on the page nearest home that has it, and whether it is that page's own, not the template's."""
    seen = set[Link]()
    for url in reached:
        page = site.pages[url]
        for link in page.links:
            if link not in seen:
                seen.add(link)
                yield page, link, link not in site.furniture


def _is_home(site: Site, page: Page) -> bool:
    return page.url == site.resolve(site.home)


def _own_title(page: Page) -> str:
    return re.split(r" [-–—|:·»] ", page.title)[0]


def _spoken(part: str) -> str:
    return re.sub(r"[-_+.%]+", " ", re.sub(r"\.\w{2,5}$", "", part[:100]))
