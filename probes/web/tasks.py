"""Whether residents find what they come for, by the shortest way and by following the words; and what they find there.

Pure. The tasks and the ways to them are `top_tasks`'.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser

from probes.web import scent, statement, top_tasks
from probes.web.pages import Page, Site
from probes.web.reading import Reading, not_known, percent
from probes.web.top_tasks import Task, Ways
from results.schema import Tier, Why

FACTS = {
    "web.task.jobs_found": "Yes/no: job vacancies can be found by following links",
    "web.task.jobs_clicks": "Count: fewest clicks from the home page to job vacancies",
    "web.task.leisure_found": "Yes/no: details of leisure centres can be found by following links",
    "web.task.leisure_clicks": "Count: fewest clicks from the home page to details of leisure centres",
    "web.task.list": "Percent of the tier's top tasks found within three clicks of the home page",
    "web.task.scent": "Percent of the tier's top tasks that a person who follows the words reaches in six clicks",
    "web.task.online": "Percent of the tasks found whose page lets them be done online, as far as links and forms tell",
    "web.task.up_to_date": "Percent of the tasks' pages with a date or a year that are up to date",
    "web.task.signposted": "Percent of the other tier's top tasks that the site names and leads on",
}

_NEAR = 3  # clicks
_BY_WORDS = 6  # clicks, those back included: twice as many as the shortest way may have
_LONGER = 2  # clicks that make a walk worth telling
_FEW = 6  # sentences; the evidence has them all
_DO = re.compile(
    r"^(?:please )?(?:apply|pay|report|book|register|request|order|tell us|start|renew|check|find|search|sign (?:in|up)"
    r"|log ?in|make|submit|complete|claim|challenge|contest|appeal|view|look up|use|enter|send|fill in|begin|join"
    r"|contact us online|go to)\b|\bonline\b|\bweb ?form\b|\be-?form\b",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"\b(?:last (?:updated|reviewed|modified|checked|changed)|(?:page|content) (?:was )?(?:last )?(?:updated|reviewed)"
    r"|(?:updated|reviewed)(?: on|:)|date (?:updated|of last review))\b[^\n]{0,40}(?:\n[^\n]{0,40})?",
    re.IGNORECASE,
)
_YEARS = re.compile(r"\b(20\d\d) ?(?:/|-|–|to) ?(20)?(\d\d)\b(?!/|-\d)")
_FRESH = dt.timedelta(days=366)
_DRAWN = 200  # characters: a page of fewer is perhaps drawn by a script, and says nothing here
_OTHERS = re.compile(
    r"\b(?:county|district|borough|city|metropolitan) council\b|\bnot (?:us|our|provided by)\b", re.IGNORECASE
)


def read(site: Site, tier: Tier, ways: Sequence[Ways], today: dt.date) -> Reading:
    """The facts about top tasks, as of a day. `ways`: to each task that the tier provides; no other is asked for."""
    by_id = {one.task.id: one for one in ways}
    return (
        _clicks("jobs", "job vacancies", by_id["jobs"])
        | (_clicks("leisure", "leisure centres", by_id["leisure"]) if "leisure" in by_id else _no_leisure())
        | _found(site, ways)
        | _online(site, ways)
        | _up_to_date(site, ways, today)
        | _signposted(site, tier)
    )


def _clicks(name: str, thing: str, way: Ways) -> Reading:
    where: dict[str, object] = {thing: {"page": way.page, "clicks": way.clicks} if way.page else None}
    names = (f"web.task.{name}_found", f"web.task.{name}_clicks")
    if not way.known:
        return not_known(names, Why.PROBE_FAULT, _cut_short(way)) | Reading(where=where)
    if way.clicks is None:
        return Reading({names[0]: False}, where=where) | not_known(
            names[1:], Why.NOT_APPLICABLE, f"no page about {thing} was found"
        )
    return Reading({names[0]: True, names[1]: way.clicks}, where=where)


def _no_leisure() -> Reading:
    names = ("web.task.leisure_found", "web.task.leisure_clicks")
    return not_known(names, Why.NOT_APPLICABLE, "an organisation of this kind runs no leisure centres")


def _cut_short(way: Ways) -> str:
    return f"the way to {way.task.name!r} leads over {way.walk.unread}, which the visit did not read"


# ------------------------------------------------------------------------------------------------ the ways


def _found(site: Site, ways: Sequence[Ways]) -> Reading:
    told = [way for way in ways if way.known]
    if not told:
        return not_known(["web.task.list", "web.task.scent"], Why.PROBE_FAULT, "the visit read too few pages to tell")
    near = [way for way in told if way.clicks is not None and way.clicks <= _NEAR]
    followed = [way for way in told if way.walk.found or way.walk.unread is None]
    easy = [way for way in followed if way.walk.found and way.walk.clicks <= _BY_WORDS]
    reading = Reading(
        {"web.task.list": percent(len(near), len(told))},
        notes=_few([sentence for way in told if (sentence := _sentence(site, way))]),
        where={"tasks": [_row(site, way) for way in ways]},
    )
    if not followed:
        return reading | not_known(["web.task.scent"], Why.PROBE_FAULT, "the visit read too few pages to tell")
    return reading | Reading({"web.task.scent": percent(len(easy), len(followed))})


def _sentence(site: Site, way: Ways) -> str | None:
    """What went wrong on the way to a task, if anything."""
    name = way.task.name
    if way.clicks is None:
        return f"{name}: not found; somebody following the words {_lost(site, way)}"
    if way.walk.unread is not None:
        return None
    if not way.walk.found:
        return f"{name}: {_count(way.clicks)} at best, but somebody following the words {_lost(site, way)}"
    if way.walk.clicks >= way.clicks + _LONGER:
        return f"{name}: {_count(way.clicks)} at best, but somebody following the words needs {way.walk.clicks}"
    if way.clicks > _NEAR:
        return f"{name}: {_count(way.clicks)} from the home page"
    return None


def _lost(site: Site, way: Ways) -> str:
    url = way.walk.lost_at(site.home)
    return f"comes to a dead link, {url}" if site.failed(url) else f"gets lost at {url}"


def _row(site: Site, way: Ways) -> dict[str, object]:
    walk = way.walk
    lost = None if walk.found or walk.unread else walk.lost_at(site.home)
    return {
        "task": way.task.name,
        "LGSL": way.task.lgsl,
        "page": way.page,
        "clicks": way.clicks,
        "shortest way": way.shortest,
        "following the words": {"clicks": walk.clicks if walk.found else None, "way": walk.steps, "lost at": lost},
    }


def _count(clicks: int) -> str:
    return f"{clicks} click{'' if clicks == 1 else 's'}"


def _few(notes: Sequence[str]) -> tuple[str, ...]:
    more = len(notes) - _FEW
    return (*notes[:_FEW], *((f"and {more} more task{'s' if more > 1 else ''} like these",) if more > 0 else ()))


# ------------------------------------------------------------------------------------------------ the pages


def _online(site: Site, ways: Sequence[Ways]) -> Reading:
    verdicts = {way.task: verdict for way in ways if (verdict := done_online(site, way)) is not None}
    if not verdicts:
        return not_known(["web.task.online"], Why.NOT_APPLICABLE, "no page of a task that can be done was read")
    missing = [task.name for task, verdict in verdicts.items() if not verdict]
    return Reading(
        {"web.task.online": percent(len(verdicts) - len(missing), len(verdicts))},
        notes=(f"no form and no link to do it online was seen for: {', '.join(missing)}",) if missing else (),
        where={"done online": {task.name: verdict for task, verdict in verdicts.items()}},
    )


def done_online(site: Site, way: Ways) -> bool | None:
    """Whether a task's page has a form or a link with which to do it. None: not a thing to do, or nobody can tell."""
    page = site.page(way.page) if way.task.online and way.page else None
    if page is None or not page.readable:
        return None
    if _has_form(page) or any(_does(site, page, link.url, link.text, way.task) for link in page.links):
        return True
    return None if len(page.text) < _DRAWN else False


def _does(site: Site, page: Page, url: str, text: str, task: Task) -> bool:
    """Whether a link in the body of a task's page leads to doing it, and not to a document to print."""
    target = site.page(url)
    if scent.is_file(url) or site.failed(url) or (target is not None and target.url == page.url):
        return False
    if any(link.url == url for link in site.furniture):
        return False
    if target is not None and target.readable and _has_form(target) and (task.named(text) or _DO.search(text)):
        return True
    return bool(_DO.search(text)) and (not site.own(url) or target is None)


def _has_form(page: Page) -> bool:
    """Whether there is a form to fill in, which a box to search and one to leave an address for news are not."""
    tree = LexborHTMLParser(page.html)
    for form in tree.css("form"):
        fields = form.css("input:not([type=hidden]):not([type=submit]):not([type=button]):not([type=image]),select")
        about = " ".join((form.html or "")[:2000].lower().split())
        if form.css_first("textarea") is not None or form.css_first("input[type=radio]") is not None:
            if not re.search(r"\b(?:useful|helpful|feedback|find what you)\b", about):
                return True
        elif len(fields) >= 1 and not re.search(r"\bsearch|\bnewsletter|\bsubscri|\bfeedback|\bcookie", about):
            return True
    return False


def _up_to_date(site: Site, ways: Sequence[Ways], today: dt.date) -> Reading:
    pages = {page.url: page for way in ways if way.page and (page := site.page(way.page)) and page.readable}
    verdicts = {url: verdict for url, page in pages.items() if (verdict := out_of_date(page, today)) is not None}
    if not verdicts:
        return not_known(["web.task.up_to_date"], Why.NOT_APPLICABLE, "no task's page shows a date or a year")
    stale = {url: why for url, why in verdicts.items() if why}
    return Reading(
        {"web.task.up_to_date": percent(len(verdicts) - len(stale), len(verdicts))},
        notes=tuple(f"{url} {why}" for url, why in list(stale.items())[:_FEW]),
        where={"out of date": stale, "with a date": list(verdicts)},
    )


def out_of_date(page: Page, today: dt.date) -> str | None:
    """Why a page is out of date; "" where its dates are of the last twelve months; None where it shows none.

    A year is out of date only where it stands for a charge or a period ("2021/22") and none on the page is later.
    """
    reviewed = [date for near in _DATED.finditer(page.text) for date in statement.dates(near[0]) if date <= today]
    years = [int(match[1]) for match in _YEARS.finditer(page.text) if (int(match[1]) + 1) % 100 == int(match[3])]
    if years and dt.date(max(years) + 1, 4, 1) <= today:  # a year of account ends on 31 March
        return f"speaks of {max(years)}/{(max(years) + 1) % 100:02} as its latest year"
    if reviewed and today - max(reviewed) > _FRESH:
        return f"was last reviewed on {max(reviewed):%d/%m/%Y}"
    return "" if years or reviewed else None


def _signposted(site: Site, tier: Tier) -> Reading:
    """Whether a resident who came to the wrong one of two councils is told where to go."""
    tasks = top_tasks.of_others(tier)
    if not tasks:
        return not_known(["web.task.signposted"], Why.NOT_APPLICABLE, "no other council provides services in its area")
    told = {task: _mention(site, task) for task in tasks}
    missing = [task.name for task, url in told.items() if url is None]
    return Reading(
        {"web.task.signposted": percent(len(told) - len(missing), len(told))},
        notes=(f"the other council's services that the site does not name: {', '.join(missing)}",) if missing else (),
        where={"signposted": {task.name: url for task, url in told.items()}},
    )


def _mention(site: Site, task: Task) -> str | None:
    """The first page that is about another council's task, leads to it, or says whose it is."""
    for page in site.readable:
        if task.is_page(page) or any(task.leads(site, link) for link in page.links):
            return page.url
        if any(_OTHERS.search(line) and task.mentioned(line) for line in page.text.split("\n")):
            return page.url
    return None
