from __future__ import annotations

import pytest

from probes.web import contact, links, numbers
from probes.web.pages import Site
from results.schema import Fact, Why
from tests.probes.web.house import missing, page, site

FULL = """<h1>Contact us</h1><p>Telephone 0113 496 0012</p><p>Use our online form</p>
<p>Town Hall, High Street, Ambleford AB1 2CD</p><p>Open Monday to Friday, 9am to 5pm</p>"""


def facts(one: Site) -> dict[str, Fact]:
    return dict(contact.read(one, numbers.read(one)[1]).facts)


def test_a_full_contact_page_linked_from_home_has_everything() -> None:
    got = facts(site("<a href=/contact>Contact us</a>", page("/contact", FULL)))

    assert got == {
        "web.contact.link_home": True,
        "web.contact.found": True,
        "web.contact.details": 100.0,
        "web.contact.clicks": 1,
        "web.hours_published": True,
        "web.ooh_published": False,
    }


def test_each_detail_that_is_missing_costs_a_quarter_and_is_named() -> None:
    one = site("<a href=/contact>Contact us</a>", page("/contact", "<h1>Contact us</h1><p>Telephone 0113 496 0012</p>"))

    reading = contact.read(one, ())

    assert reading.facts["web.contact.details"] == 25.0
    assert "the contact page gives no e-mail or form and no postal address and no opening hours" in reading.notes


def test_a_contact_page_can_be_found_without_a_link_from_home() -> None:
    one = site(
        "<a href=/about>About</a>", page("/about", "<a href=/c>x</a>"), page("/c", "<h1>Contact the council</h1>")
    )

    got = facts(one)

    assert (got["web.contact.link_home"], got["web.contact.found"]) == (False, True)


def test_a_contact_link_to_a_missing_page_is_no_contact_page() -> None:
    got = facts(site("<a href=/contact>Contact us</a>", missing("/contact")))

    assert (got["web.contact.link_home"], got["web.contact.found"]) == (True, False)


def test_without_a_number_there_are_no_clicks_to_one() -> None:
    one = site("<a href=/a>a</a>", page("/a", "Tel 0113 496 001"))

    assert contact.read(one, numbers.read(one)[1]).unknown["web.contact.clicks"][0] is Why.NOT_APPLICABLE


@pytest.mark.parametrize(
    "text",
    [
        "Open Monday to Friday, 9am to 5pm",
        "<p>Opening hours</p><table><tr><td>Monday<td>9am - 5.30pm</table>",
        "Our lines are open 8.30am–5pm, Mon–Fri",
        "Our offices are open weekdays 9 to 5",
        "Telephone lines: 24 hours a day",
        "<span itemprop=\"openingHours\" content='Mo-Fr 09:00-17:00'>ask us</span>",
    ],
)
def test_opening_hours_are_recognised_in_many_shapes(text: str) -> None:
    assert contact.says_hours(page("/x", f"<p>{text}</p>"))


@pytest.mark.parametrize(
    "text",
    ["The meeting is on Monday 9 November", "Bins are collected on Fridays", "Swimming on Monday, 3pm to 4pm", ""],
)
def test_other_days_and_times_are_no_opening_hours(text: str) -> None:
    assert not contact.says_hours(page("/x", f"<p>{text}</p>"))


@pytest.mark.parametrize(
    "text",
    [
        "Out of hours: 0113 496 0099",
        "In an emergency outside office hours, ring <b>0113 496 0099</b>",
        "<dt>Emergencies</dt><dd><a href='tel:01134960099'>0113 496 0099</a></dd>",
        "When our offices are closed call 0113 496 0099",
    ],
)
def test_an_out_of_hours_number_within_two_clicks_is_found(text: str) -> None:
    assert facts(site("<a href=/a>a</a>", page("/a", f"<p>{text}</p>")))["web.ooh_published"]


def test_an_out_of_hours_number_three_clicks_away_is_too_far() -> None:
    one = site(
        "<a href=/a>a</a>",
        page("/a", "<a href=/b>b</a>"),
        page("/b", "<a href=/c>c</a>"),
        page("/c", "Out of hours: 0113 496 0099"),
    )

    assert facts(one)["web.ooh_published"] is False


def test_the_hours_of_a_tip_are_not_those_of_the_offices() -> None:
    assert facts(site("<h1>Tips</h1><p>Open every day from 9am to 6pm</p>"))["web.hours_published"] is False


def test_an_emergency_without_a_number_of_the_councils_is_none() -> None:
    assert facts(site("<p>In an emergency dial 999</p>"))["web.ooh_published"] is False


def test_broken_links_are_counted_once_each_and_say_where_they_are() -> None:
    one = site(
        "<a href=/a>a</a><a href=/gone>g</a><a href=/members>m</a><a href=http://elsewhere.test/>e</a>",
        page("/a", "<a href=/gone>again</a><a href=/>home</a>"),
        missing("/gone"),
    )

    reading = links.read(one)

    assert reading.facts["web.broken_links"] == 33.3
    assert reading.notes[-1] == "http://council.test/ links to http://council.test/gone, which is dead (it answers 404)"
