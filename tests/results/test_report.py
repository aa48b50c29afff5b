"""The wave report: what it holds, that it is safe and self-contained, and that everybody can read it."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from docx import Document
from playwright.async_api import Page, async_playwright
from selectolax.lexbor import LexborHTMLParser

from probes.web import chromium
from results.report import WaveReport, assemble, pages, write, write_as
from results.report.contacts import Contacts
from results.report.drawings import drawn
from results.report.formats import Apart
from results.report.html import render
from results.report.in_order import in_order
from results.report.large import rows_beside
from results.report.model import ShopRow
from results.report.told import InWords
from results.report.views import WITHHELD, Level, at_reporting_levels, contacts_at_reporting_levels
from results.report.wave import assembled, heads
from results.schema import Answer, Observation, Organisation, Shop, State
from tests.results.partnership import Fieldwork, fieldwork

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)> & $x^2$"


def report_of(work: Fieldwork) -> WaveReport:
    return assemble(work.wave, work.scheme, work.organisations, work.shops, work.refusals)


@pytest.fixture(scope="module")
def eleven() -> WaveReport:
    return report_of(fieldwork())


@pytest.fixture(scope="module")
def page(eleven: WaveReport) -> str:
    return render(eleven)


# ------------------------------------------------------------------------------------------------ what it holds


def test_every_figure_leads_to_something_in_the_page(page: str) -> None:
    tree = LexborHTMLParser(page)
    anchors = {node.attributes["id"] for node in tree.css("[id]")}

    links = [node.attributes["href"] or "" for node in tree.css("a")]

    assert len(links) > 500
    assert [link for link in links if not link.startswith("#") or link[1:] not in anchors] == []


def test_every_shop_stands_in_the_page_once(page: str, eleven: WaveReport) -> None:
    shops = [shop.anchor for one in eleven.organisations for own in one.channels for shop in own.shops]

    assert len(shops) == 451
    assert [anchor for anchor in shops if page.count(f'<tr id="{anchor}"') != 1] == []


def test_no_id_is_used_twice(page: str) -> None:
    ids = Counter(node.attributes["id"] for node in LexborHTMLParser(page).css("[id]"))

    assert [key for key, times in ids.items() if times > 1] == []


def test_good_comes_before_however(page: str) -> None:
    titles = [node.text() for node in LexborHTMLParser(page).css(".good h4, .however h4")]

    assert titles[:6] == ["Good", "However"] * 3
    assert titles[6:] == (["To praise", "However"] + ["Good", "However"] * 3) * 11


def test_a_place_is_never_shown_without_its_interval_or_the_word_that_nothing_was_sampled(page: str) -> None:
    cells = [node.text() for node in LexborHTMLParser(page).css("#brief td") if " of 11" in node.text()]

    assert len(cells) == 33
    assert all(re.search(r"between \d+\w\w and \d+\w\w|likely \d+\w\w|no sampling", cell) for cell in cells)


def test_a_stage_that_nobody_assessed_is_said_to_be_so(page: str) -> None:
    assert (
        "Telephone Quality was not assessed: it needs calls that were recorded and heard, or a person to listen."
        in page
    )


def test_the_note_on_contactability_is_there(page: str) -> None:
    assert "until calls are listened to, a recorded voice counts as an answer" in page


def test_the_action_plan_has_the_columns_of_appendix_a(page: str) -> None:
    heads = [node.text() for node in LexborHTMLParser(page).css(".plan thead th")]

    assert heads[:6] == [
        "Issue identified",
        "Details of action",
        "Who",
        "Date of action",
        "Result of the action",
        "Future action required",
    ]


def test_nothing_that_is_not_known_is_shown_as_a_machine_would_say_it(page: str) -> None:
    text = LexborHTMLParser(page).body
    assert text is not None

    assert re.findall(r"\b(?:nan|None|null|undefined|True|False)\b", text.text(separator=" ")) == []


def test_what_happened_is_told_in_plain_words(page: str) -> None:
    assert re.search(r"Rang for [\d.]+ seconds \(give or take 0\.1\), then was answered\.", page)
    assert re.search(r"Acknowledged automatically\. A person replied after [\d.]+ working days?\.", page)
    assert "No reply from a person by the time the window closed." in page
    assert "The network said that the number is not in use." in page


def test_refusals_and_contacts_not_counted_are_counted() -> None:
    work = fieldwork(councils=2)
    void = work.shops[0].model_copy(
        update={
            "id": "v",
            "state": "void",
            "counted": False,
            "observation": Observation(facts={}, error="the carrier did not answer"),
        }
    )
    work.shops.append(void)

    report = report_of(work)

    assert report.not_counted == {"void, not measured": 1}
    assert [(one.organisation, one.count) for one in report.refusals] == [("Ashbourne Vale Council", 2)]
    assert "Could not be measured: the carrier did not answer" in render(report)


def test_answers_that_wait_for_a_person_are_counted_and_never_a_no(eleven: WaveReport, page: str) -> None:
    waiting = eleven.set_aside["E-mail: Fully answered"]["needs review"]

    assert waiting > 100
    assert f"E-mail: Fully answered: {waiting} waiting for a person&#39;s review." in page


def test_a_small_wave_gives_counts_and_no_places() -> None:
    text = render(report_of(fieldwork(councils=2, calls=3, mails=3)))

    assert "not ranked: every member needs 20 counted contacts" in text
    assert "too few contacts for a score" in text
    assert "counts only" in text


def test_a_wave_in_which_nothing_was_done_is_still_a_report() -> None:
    work = fieldwork(councils=1)
    nothing = assemble(work.wave, work.scheme, work.organisations, [])

    assert "No contact was made in this wave." in render(nothing)


def test_shops_of_another_wave_are_left_out() -> None:
    work = fieldwork(councils=1)
    strangers = [shop.model_copy(update={"wave": "spring"}) for shop in work.shops]

    assert assemble(work.wave, work.scheme, work.organisations, strangers).contacts == 0


# ------------------------------------------------------------------------------------------------ safe, whole, the same


def test_what_comes_from_outside_is_shown_and_never_run() -> None:
    work = fieldwork(councils=2)
    first = work.shops[0]
    seen = Observation(facts={}, notes=(HOSTILE,), error=HOSTILE)
    answer = Answer(criterion="phone.access.contactable", state=State.NEEDS_REVIEW, value=HOSTILE, why=HOSTILE)
    work.shops[0] = first.model_copy(
        update={"target": HOSTILE, "observation": seen, "answers": (answer,), "enquiry": HOSTILE}
    )
    key = first.organisation
    work.organisations[key] = Organisation(id=key, name=HOSTILE)

    tree = LexborHTMLParser(render(report_of(work)))

    assert tree.css("script, img, iframe, object, embed, link, form") == []
    assert [node.tag for node in tree.css("*") if any(name.startswith("on") for name in node.attributes)] == []
    assert [node.text() for node in tree.css(f"#o-{key} h2")] == [HOSTILE]


def test_an_endless_note_is_cut_short() -> None:
    work = fieldwork(councils=1, calls=1, mails=0)
    work.shops[0] = with_note(work.shops[0], "word " * 100_000)

    (shop,) = report_of(work).organisations[0].channels[0].shops

    assert len(shop.notes[0]) <= 401


def test_the_page_asks_for_nothing_from_outside(page: str) -> None:
    tree = LexborHTMLParser(page)

    assert [node.tag for node in tree.css("[src], link, script")] == []
    assert "@import" not in page
    assert re.findall(r"url\((?!#)", page) == []


def test_the_same_fieldwork_in_another_order_gives_the_same_page(page: str) -> None:
    work = fieldwork()
    work.shops.reverse()

    assert (render(report_of(work)) == page) is True


def test_the_page_of_eleven_councils_is_under_two_megabytes(page: str) -> None:
    assert len(page.encode()) < 2_000_000


def test_the_data_file_reads_back_as_the_same_report(eleven: WaveReport, tmp_path: Path) -> None:
    _, data = write(eleven, tmp_path / "new")

    assert WaveReport.model_validate_json(data.read_text("utf-8")) == eleven
    assert json.loads(data.read_text("utf-8"))["format"] == "doorstep.wave-report/1"


def test_every_chart_has_a_name_a_description_and_a_table(eleven: WaveReport) -> None:
    charts = drawn(eleven)

    assert [chart.key for chart, _, _ in charts] == [
        "ranked-phone",
        "ranked-email",
        "ranked-web",
        "grid-email",
        "grid-web",
        "answer-times",
        "reply-curve",
    ]
    for chart, head, rows in charts:
        assert f'aria-labelledby="{chart.key}-title {chart.key}-desc"' in chart.svg
        assert {len(row) - 1 for row in rows} == {len(head)}


# ------------------------------------------------------------------------------------------------ in a real browser


@pytest.fixture
async def browser_page(tmp_path: Path) -> AsyncIterator[Page]:
    """The report of three councils, opened from its file."""
    file, _ = write(report_of(fieldwork(councils=3)), tmp_path)
    program = chromium.find()
    if program is None:
        pytest.skip("no Chromium on this machine; `make browser` installs one")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program)
        try:
            opened = await browser.new_page(viewport={"width": 1280, "height": 900})
            await opened.goto(file.as_uri())
            yield opened
        finally:
            await browser.close()


async def test_a_narrow_screen_needs_no_sideways_scrolling_of_the_page(browser_page: Page) -> None:
    await browser_page.set_viewport_size({"width": 320, "height": 700})

    assert await browser_page.evaluate("document.documentElement.scrollWidth") == 320


async def test_a_figure_opens_the_table_of_the_shops_behind_it(browser_page: Page) -> None:
    await browser_page.click('#figures a[href="#o-calder-moor-email.replied"]')

    assert await browser_page.locator("#o-calder-moor-email").get_attribute("open") is not None
    assert await browser_page.locator('[id="o-calder-moor-email.replied"]').is_visible()


async def test_the_keyboard_reaches_the_report_first_through_the_skip_link(browser_page: Page) -> None:
    await browser_page.keyboard.press("Tab")
    await browser_page.keyboard.press("Enter")

    assert await browser_page.evaluate("document.activeElement.id") == "brief"


def test_the_map_of_a_website_is_shown_as_a_picture_with_its_description() -> None:
    work = fieldwork(councils=2)
    visited = next(shop for shop in work.shops if shop.channel == "web")
    svg = b"<svg><title>T</title><desc>Jobs: 2 clicks &amp; no more.</desc><script>alert(1)</script></svg>"

    page = render(report_of(work), {visited.id: svg})

    (picture,) = LexborHTMLParser(page).css(".map img")
    assert picture.attributes["alt"] == "Jobs: 2 clicks & no more."
    assert (picture.attributes["src"] or "").startswith("data:image/svg+xml;base64,")
    assert "alert(1)" not in page


def with_note(shop: Shop, note: str) -> Shop:
    seen = shop.observation
    assert seen is not None
    return shop.model_copy(update={"observation": seen.model_copy(update={"notes": (note,)})})


# ------------------------------------------------------------------------------------------------ a large wave


async def test_a_large_report_is_a_front_page_and_a_page_for_each_organisation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SPLIT_FROM", 50)
    report = report_of(fieldwork(councils=3))

    await write_as(report, tmp_path, ("html", "xlsx", "docx"))

    found = {
        str(path.relative_to(tmp_path)): LexborHTMLParser(path.read_text("utf-8"))
        for path in sorted(tmp_path.rglob("*.html"))
    }
    assert list(found) == [*(f"organisations/{one.id}.html" for one in report.organisations), "wave-report.html"]
    anchors = {name: {node.attributes["id"] for node in tree.css("[id]")} for name, tree in found.items()}
    for name, tree in found.items():
        folder = Path(name).parent
        for node in tree.css("a"):
            file, _, anchor = (node.attributes["href"] or "").partition("#")
            leads_to = os.path.normpath(folder / file) if file else name
            assert leads_to in anchors, node.html
            assert not anchor or anchor in anchors[leads_to], node.html
    for one in report.organisations:
        tree = found[f"organisations/{one.id}.html"]
        for shop in (shop for own in one.channels for shop in own.shops):
            (row,) = tree.css(f"#{shop.anchor}")
            said = [cell.text() for cell in row.css("td")]
            assert [cell.words for cell in shop.cells if cell.words not in said] == []
    assert (tmp_path / "wave-report.xlsx").is_file()
    assert report.organisations[0].name in "".join(
        one.text for one in Document(str(tmp_path / "wave-report.docx")).paragraphs
    )


async def test_a_large_report_whose_contacts_stand_apart_is_the_same_and_withholds_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SPLIT_FROM", 50)
    work = fieldwork(councils=3)
    first, second, _ = work.organisations
    held: dict[str, Level] = {first: "organisation", second: "department"}
    contacts = in_order(work.wave, work.scheme, work.organisations, work.shops)

    await write_as(at_reporting_levels(report_of(work), held), tmp_path / "at once", ("html", "xlsx"))
    bare = at_reporting_levels(assembled(contacts, work.refusals), held)
    of = contacts_at_reporting_levels(InWords(contacts).of, held)
    names = {one.id: one.name for one in bare.organisations}
    with rows_beside(heads(contacts.asked), names, of) as rows:
        await write_as(bare, tmp_path / "apart", ("html", "xlsx"), apart=Apart(of, rows))

    assert not any(own.shops for one in bare.organisations for own in one.channels)
    once, later = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (tmp_path / "at once", tmp_path / "apart")
    )
    assert len(once) == 5
    assert once == later
    assert WITHHELD["organisation"] in (tmp_path / "apart" / "organisations" / f"{first}.html").read_text("utf-8")


def test_answers_that_are_let_go_of_are_never_taken_for_those_that_come_after() -> None:
    report = report_of(fieldwork(councils=3))
    with closing(Contacts({part.channel: part.criteria for part in report.channels})) as rows:
        for one in report.organisations:
            rows.add(
                one.id, one.name, {own.channel: [said(shop, one.id) for shop in own.shops] for own in one.channels}
            )
        rows.flush()
        for one in report.organisations:
            for own in one.channels:
                cells = LexborHTMLParser(f"<table>{rows.page(one.id, own.channel)}</table>").css("td")
                told = {cell.text() for cell in cells if cell.text().startswith("said by ")}
                assert told == {f"said by {one.id}"}


def said(shop: ShopRow, by: str) -> ShopRow:
    """The contact with answers of its own, which nobody else keeps."""
    cells = tuple(cell.model_copy(update={"words": f"said by {by}"}) for cell in shop.cells)
    return shop.model_copy(update={"cells": cells})
