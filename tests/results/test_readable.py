"""Every page that is written can be read by everybody: axe finds nothing to mend, light or dark."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

from probes.web import chromium
from results.plans import Promise
from results.report import assemble, pages, write_as
from results.report.nights import page as nights_page
from results.report.nights import watched
from results.report.summary import page as board_page
from results.report.summary import summarise
from tests.results.partnership import fieldwork
from tests.results.test_actions import plan_of
from tests.results.test_nights_page import BROKEN, NAMES, USUAL, mails
from tests.results.test_plans import NOW, cell, plan


@pytest.mark.parametrize("colours", ["light", "dark"])
async def test_axe_finds_nothing_to_mend_on_any_page_with_every_table_open(
    colours: Literal["light", "dark"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = fieldwork(councils=2, calls=24, mails=24)
    promise = Promise(plan(cell("amber", 50)), 1, NOW, "")
    report = assemble(work.wave, work.scheme, work.organisations, work.shops, work.refusals, promise=promise)
    await write_as(report, tmp_path, ("html",))
    monkeypatch.setattr(pages, "SPLIT_FROM", 50)
    await write_as(report, tmp_path / "large", ("html",))
    board = summarise([report], plan_of(work, 1), work.wave.fieldwork_from, NOW.date(), NOW.date(), None)
    (tmp_path / "board.html").write_text(board_page(board), "utf-8")
    charts = watched(NAMES, [*mails("amber", BROKEN), *mails("bryn", USUAL)])
    nights = nights_page("Nights", NOW.date(), NOW.date(), charts)
    (tmp_path / "nights.html").write_text(nights, "utf-8")
    written = sorted(tmp_path.rglob("*.html"))
    assert len(written) == 6

    program = chromium.find()
    if program is None:
        pytest.skip("no Chromium on this machine; `make browser` installs one")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program)
        try:
            tab = await browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=colours)
            for file in written:
                await tab.goto(file.as_uri())
                await tab.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
                found = await Axe().run(tab)
                assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == [], file.name
        finally:
            await browser.close()
