"""What nightly contacts show: charts with their limits, and the nights that are more than chance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser

from results.database import Database
from results.nights import Handled, Nights, night_id
from results.report.nights import page, watched
from results.report.summary import summarise
from results.schema import Answer, Shop, State

BEGAN = dt.datetime(2026, 11, 2, 2, tzinfo=dt.UTC)
NAMES = {"amber": "Amber <b>Vale</b>", "bryn": "Bryn"}


def mails(organisation: str, nights: Sequence[Sequence[bool]]) -> list[Shop]:
    """E-mails of nights in a row, each replied to or not."""
    return [
        Shop(
            id=f"{organisation}.{night}.{number}",
            wave=night_id("mails", (BEGAN + dt.timedelta(days=night)).date()),
            organisation=organisation,
            scenario="mails",
            enquiry="bins",
            channel="email",
            target="help@amber.example",
            made_at=BEGAN + dt.timedelta(days=night),
            state="closed",
            answers=(Answer(criterion="email.replied", value=replied, marks=float(replied), state=State.ANSWERED),),
            counted=True,
        )
        for night, of_night in enumerate(nights)
        for number, replied in enumerate(of_night)
    ]


USUAL = [[True] * 9 + [False]] * 24
BROKEN = [*USUAL, [False] * 10]


def test_a_night_on_which_nobody_replies_is_told_of_whom_it_was() -> None:
    found = watched(NAMES, [*mails("amber", BROKEN), *mails("bryn", USUAL)])

    assert [(one.organisation, one.label, not one.chart.signals) for one in found] == [
        ("Amber <b>Vale</b>", "Response rate", False),
        ("Bryn", "Response rate", True),
    ]
    assert found[0].chart.signals[-1].words.startswith("26 November 2026: 0 of 10, below the lower limit")


def test_one_night_alone_is_no_chart_and_strangers_are_left_out() -> None:
    assert watched(NAMES, mails("amber", USUAL[:1])) == ()
    assert watched(NAMES, mails("elsewhere", USUAL)) == ()


def test_the_page_tells_first_what_is_more_than_chance_and_runs_nothing_from_outside() -> None:
    found = watched(NAMES, [*mails("amber", BROKEN), *mails("bryn", USUAL)])

    shown = LexborHTMLParser(page("mails", BEGAN.date(), BEGAN.date() + dt.timedelta(days=24), found))

    told = [one.text(deep=True) for one in shown.css("h2 + ul li")]
    assert any("Amber <b>Vale</b>, E-mail, Response rate" in one and "0 of 10" in one for one in told)
    assert not any("Bryn" in one for one in told)
    assert [len(table.css("tbody tr")) for table in shown.css("table")] == [25, 24]
    assert not shown.css("script, b, img")


def test_the_boards_page_has_a_line_on_the_nights_and_the_last_signals() -> None:
    found = watched(NAMES, mails("amber", BROKEN))

    lines = summarise([], [], BEGAN.date(), BEGAN.date(), BEGAN.date(), nightly=found).nightly

    assert lines[0].startswith("25 nights, 1 figure watched: ")
    assert "0 of 10" in lines[1]
    assert summarise([], [], BEGAN.date(), BEGAN.date(), BEGAN.date()).nightly == ()


async def test_the_waves_that_are_one_night_each_are_known(database: Database) -> None:
    nights, day = Nights(database), BEGAN.date()
    mark = await nights.mark("mails", BEGAN)
    own = Handled("mails", day, BEGAN, BEGAN, "planned", night_id("mails", day), "")
    await nights.handle("mails", mark, BEGAN + dt.timedelta(hours=1), [own])
    mark = await nights.mark("days", BEGAN)
    of_a_wave = Handled("days", day, BEGAN, BEGAN, "planned", "autumn-wave", "")
    await nights.handle("days", mark, BEGAN + dt.timedelta(hours=1), [of_a_wave])

    assert await nights.waves() == {"mails-2026-11-02": ("mails", day)}
