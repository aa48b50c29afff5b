"""The board summary: what of which waves it tells, and that it stays on one page."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from pypdf import PdfReader
from selectolax.lexbor import LexborHTMLParser

from probes.web import chromium
from results.change import Earlier
from results.report import WaveReport, assemble
from results.report.formats import printed
from results.report.summary import BoardSummary, page, summarise
from tests.results.partnership import fieldwork
from tests.results.test_actions import plan_of

FIRST, LAST = dt.date(2026, 7, 1), dt.date(2026, 12, 31)
TODAY = dt.date(2026, 12, 20)


@pytest.fixture(scope="module")
def report() -> WaveReport:
    work = fieldwork()
    before = Earlier("Spring wave", work.scheme, fieldwork(seed=7).shops)
    return assemble(work.wave, work.scheme, work.organisations, work.shops, work.refusals, earlier=before)


def summary_of(report: WaveReport, own: str | None = None) -> BoardSummary:
    return summarise([report], plan_of(fieldwork(), 1), FIRST, LAST, TODAY, own)


def test_a_wave_belongs_to_the_period_in_which_its_fieldwork_ended(report: WaveReport) -> None:
    assert summary_of(report).counted == 451
    assert summarise([report], (), FIRST, dt.date(2026, 11, 26), TODAY).waves == ()


def test_a_place_stands_with_its_range_and_quartile_and_only_clear_changes_are_up_or_down(report: WaveReport) -> None:
    summary = summary_of(report, "brackenfield")

    assert [(line.place, line.likely, line.quartile, line.direction) for line in summary.channels] == [
        ("11th of 11", "between 7th and 11th", "4th (bottom) quartile", "same"),
        ("2nd of 11", "between 2nd and 4th", "1st (top) quartile", "same"),
        ("1st of 11", "no sampling", "1st (top) quartile", "up"),
    ]


def test_the_partnerships_page_counts_who_went_up_and_down(report: WaveReport) -> None:
    assert [line.direction for line in summary_of(report).channels] == [
        "3 up, 8 same",
        "9 same, 2 down",
        "6 up, 5 down",
    ]


def test_actions_are_counted_as_done_open_and_overdue(report: WaveReport) -> None:
    rows = [row for row in plan_of(fieldwork(), 1) if row.part != "praise"]
    done = [rows[0].model_copy(update={"status": "done"}), *rows[1:]]

    early, late = (summarise([report], done, FIRST, LAST, today, "brackenfield") for today in (rows[0].due, TODAY))

    assert (early.done, early.still_open, early.overdue) == (1, len(rows) - 1, 0)
    assert (late.done, late.still_open, late.overdue) == (1, 0, len(rows) - 1)


def test_three_to_praise_come_before_three_however_and_nobody_else_is_named(report: WaveReport) -> None:
    summary = summary_of(report, "brackenfield")
    text = page(summary)

    assert (len(summary.praise), len(summary.however)) == (3, 3)
    assert text.index("To praise") < text.index("However")
    assert [one.name for one in report.organisations if one.name in text] == ["Brackenfield Council"]


def test_what_comes_from_outside_is_shown_and_never_run(report: WaveReport) -> None:
    named = report.model_copy(update={"partnership": "<script>alert(1)</script>"})

    assert LexborHTMLParser(page(summary_of(named))).css("script") == []


async def test_it_is_one_a4_page(report: WaveReport, tmp_path: Path) -> None:
    browser = chromium.find()
    if browser is None:
        pytest.skip("no Chromium on this machine; `make browser` installs one")

    path = await printed(page(summary_of(report, "brackenfield")), tmp_path / "board.pdf", "Board", browser)

    assert len(PdfReader(path).pages) == 1
