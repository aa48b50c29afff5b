"""Sites as unlike each other as real ones, each visited by a real browser and held against its truth.

All visits are made at once, by one browser, before the first test looks: they may not get in each other's way either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio

from probes.clock import RealClock
from probes.guard import Guard
from probes.web import accessibility
from probes.web.browser import Chromium
from probes.web.chromium import find
from probes.web.crawl import client
from probes.web.visit import Tools, visit
from results.schema import Observation, Why
from tests.probes.web.house import Clock, Ledger, Shelf, errand, organisation, serving
from tests.probes.web.unlike import ENQUIRY, Unlike, odd, old, platforms, scripted, served

pytestmark = pytest.mark.skipif(find() is None, reason="no browser on this machine: these sites need one")

SITES = (*platforms.SITES, *old.SITES, *scripted.SITES, *odd.SITES)
TWICE = (platforms.DRUPAL, scripted.APP)
AT_ONCE = 2
VARIES = {"web.load_time", "web.search.time"}
"""Facts that are times: told as a range, and not the same on two visits."""


class RealSeconds(Clock):
    """The guard's waits cost nothing, and the stopwatch tells the truth."""

    def stopwatch(self) -> float:
        return RealClock().stopwatch()


@dataclass(frozen=True)
class Widget:
    """A search that another host runs: whether its script draws the box, and whether the register names the host."""

    drawn: bool
    agreed: bool


WIDGETS = tuple(Widget(drawn, agreed) for drawn in (True, False) for agreed in (True, False))


async def _visited(browser: Chromium | None, site: Unlike, *also_agreed: str) -> Observation:
    async with AsyncExitStack() as stack:
        at = await stack.enter_async_context(serving(served(site)))
        council, clock = organisation(at.host, *also_agreed), RealSeconds()
        http = await stack.enter_async_context(client("test"))
        tools = Tools(Guard({council.id: council}, Ledger(), clock, "practice"), Shelf(), clock, http, browser)
        return await visit(tools, errand(council, at.address, ENQUIRY))


async def _with_widget(browser: Chromium, widget: Widget) -> Observation:
    async with serving(served(odd.ENGINE)) as engine:
        site = odd.widget(engine.host, drawn=widget.drawn)
        return await _visited(browser, site, *([engine.host] if widget.agreed else []))


async def _everything(browser: Chromium) -> dict[object, Observation | BaseException]:
    free = asyncio.Semaphore(AT_ONCE)
    visits: dict[object, Coroutine[None, None, Observation]] = {
        **{site: _visited(browser, site) for site in SITES},
        **{(site, "again"): _visited(browser, site) for site in TWICE},
        **{widget: _with_widget(browser, widget) for widget in WIDGETS},
    }

    async def in_turn(key: object) -> Observation:
        async with free:
            return await visits[key]

    seen = await asyncio.gather(*map(in_turn, visits), return_exceptions=True)
    return dict(zip(visits, seen, strict=True))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def seen(chromium: Chromium) -> dict[object, Observation | BaseException]:
    """Every visit, or what it raised."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accessibility, "SAMPLE", 1)
        return await _everything(chromium)


def of(seen: dict[object, Observation | BaseException], key: object) -> Observation:
    found = seen[key]
    if isinstance(found, BaseException):
        raise found
    return found


def differences(seen: Observation, site: Unlike) -> list[str]:
    """Where a visit and the truth differ, in words."""
    said = " ".join(seen.notes)
    return [
        *(f"{name} is {value}, not {seen.facts[name]} {seen.unknown.get(name, '')}"
          for name, value in site.facts.items() if seen.facts[name] != value),
        *(f"{name}: {part!r} is not in {seen.unknown.get(name)}"
          for name, part in site.unknown.items() if part not in str(seen.unknown.get(name))),
        *(f"{part!r} is not told in {said!r}" for part in site.notes if part not in said),
    ]  # fmt: skip


Seen = dict[object, Observation | BaseException]


@pytest.mark.parametrize("site", SITES, ids=str)
def test_what_is_said_of_a_site_is_true(site: Unlike, seen: Seen) -> None:
    assert differences(of(seen, site), site) == []


@pytest.mark.parametrize("site", TWICE, ids=str)
def test_the_same_site_visited_twice_gives_the_same_answers(site: Unlike, seen: Seen) -> None:
    first, again = of(seen, site), of(seen, (site, "again"))

    assert {**first.facts, **dict.fromkeys(VARIES)} == {**again.facts, **dict.fromkeys(VARIES)}
    assert {name: why for name, (why, _) in first.unknown.items()} == {
        name: why for name, (why, _) in again.unknown.items()
    }


@pytest.mark.parametrize("drawn", [True, False], ids=["drawn by it", "led to it"])
def test_a_search_run_by_a_host_that_the_register_names_is_used(drawn: bool, seen: Seen) -> None:
    found = of(seen, Widget(drawn, agreed=True))

    assert (found.facts["web.search.home"], found.facts["web.search.best_rank"]) == (True, 2)


def test_a_search_box_that_only_a_host_not_agreed_to_could_draw_is_not_known(seen: Seen) -> None:
    found = of(seen, Widget(drawn=True, agreed=False))

    why, sentence = found.unknown["web.search.home"]
    assert (why, found.facts["web.search.works"]) == (Why.NEEDS_REVIEW, None)
    assert "may be drawn by scripts from 127.0.0.1:" in sentence


def test_a_form_that_leads_to_a_host_not_agreed_to_is_a_search_that_cannot_be_tried(seen: Seen) -> None:
    found = of(seen, Widget(drawn=False, agreed=False))

    assert (found.facts["web.search.home"], found.facts["web.search.works"]) == (True, None)
    assert "a host that nobody has agreed to" in found.unknown["web.search.best_rank"][1]
