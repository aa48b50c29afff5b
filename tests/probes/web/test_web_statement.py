"""The accessibility statement, service standards and complaints, as pages say them."""

from __future__ import annotations

import datetime as dt

import pytest

from probes.web import standards, statement
from probes.web.pages import Site
from probes.web.reading import Reading
from results.schema import Why
from tests.probes.web.house import page, site

TODAY = dt.date(2026, 11, 23)
FULL = (
    "<h1>Accessibility statement for ambleford.gov.uk</h1><p>This website is run by Ambleford Council. We want as many "
    "people as possible to be able to use it.</p><h2>Compliance status</h2><p>This website is partially compliant with "
    "the Web Content Accessibility Guidelines version 2.2 AA standard, due to the non-compliances listed below.</p>"
    "<h2>Non-accessible content</h2><p>Some PDFs fail WCAG 2.2 success criterion 4.1.2.</p>"
    "<h2>Reporting accessibility problems</h2><p>If you need large print or braille, e-mail us.</p>"
    "<h2>Enforcement procedure</h2><p>The Equality and Human Rights Commission enforces the regulations.</p>"
    "<p>This statement was prepared on 23 September 2020. It was last reviewed on {reviewed}.</p>"
)
LINKED = "<a href=/accessibility>Accessibility</a>"


def stated(html: str, home: str = LINKED) -> Site:
    return site(home, page("/accessibility", html))


def test_a_full_and_fresh_statement_has_every_part() -> None:
    facts = statement.read(stated(FULL.format(reviewed="2 March 2026")), TODAY).facts

    assert facts["a11y.statement_present"] is True
    assert facts["a11y.statement_complete"] == 100
    assert facts["a11y.statement_fresh"] is True
    assert facts["a11y.level_declared"] == 100


def test_a_statement_of_two_years_ago_is_not_fresh() -> None:
    assert statement.read(stated(FULL.format(reviewed="2 March 2024")), TODAY).facts["a11y.statement_fresh"] is False


def test_a_review_that_is_still_to_come_makes_no_statement_fresh() -> None:
    read = statement.read(stated(FULL.format(reviewed="1 March 2024, and will be on 1 March 2027")), TODAY)

    assert read.facts["a11y.statement_fresh"] is False


def test_a_statement_that_home_does_not_link_to_is_as_good_as_none() -> None:
    read = statement.read(stated(FULL.format(reviewed="2 March 2026"), home="<a href=/x>X</a>"), TODAY)

    assert read.facts["a11y.statement_present"] is False
    assert any("does not link" in note for note in read.notes)


def test_missing_parts_are_named() -> None:
    read = statement.read(
        stated("<h1>Accessibility</h1>" + "<p>We try to make this website easy to use for everybody.</p>" * 5), TODAY
    )

    assert read.facts["a11y.statement_complete"] == 0
    assert read.facts["a11y.level_declared"] == 0
    assert any("enforcement" in note for note in read.notes)


def test_an_older_level_is_half_as_good() -> None:
    old = FULL.replace("version 2.2 AA", "version 2.1 AA").replace("WCAG 2.2", "WCAG 2.1")

    assert statement.read(stated(old), TODAY).facts["a11y.level_declared"] == 50


def test_without_a_statement_its_parts_are_not_asked_for() -> None:
    read = statement.read(site("<a href=/bins>Bins</a>"), TODAY)

    assert read.facts["a11y.statement_present"] is False
    assert read.unknown["a11y.statement_complete"][0] is Why.NOT_APPLICABLE


@pytest.mark.parametrize("text", ["on 23/09/2026", "on 23rd September 2026", "in September 2026", "23 September, 2026"])
def test_a_date_is_read_as_it_is_written_here(text: str) -> None:
    (date,) = statement.dates(text)

    assert (date.year, date.month) == (2026, 9)


def test_a_date_that_no_calendar_has_is_no_date() -> None:
    assert statement.dates("on 31 February 2026 or 45/45/2026") == []


# ------------------------------------------------------------------------------------------------ standards

CHARTER = (
    "<h1>Our customer service standards</h1><ul><li>We will answer your telephone call within 20 seconds.</li>"
    "<li>We will reply to e-mails within 5 working days.</li><li>We will answer letters within ten working days.</li>"
    "<li>If you visit us in person you will be seen within 10 minutes.</li></ul>"
    "<p>In October 93 % of calls were answered in time.</p>"
)


def promised(one: Site) -> Reading:
    return standards.read(one, "Ambleford Council")


POLICY = (
    "<h1>Complaints</h1><p>Call 0113 496 0011 or e-mail complaints@ambleford.gov.uk.</p><p>We acknowledge every "
    "complaint within five working days. Stage 1: we reply within 10 working days of that. Stage 2: a manager replies "
    "within 20 working days.</p><p>Then you may go to the Local Government and Social Care Ombudsman.</p>"
)


def test_standards_with_times_are_found_and_read() -> None:
    read = promised(site("<a href=/standards>Our standards</a>", page("/standards", CHARTER)))

    assert read.facts["std.published_web"] is True
    assert read.facts["std.findable"] is True
    assert read.facts["std.measurable"] == 80
    assert read.facts["std.performance_published"] is True
    assert "the service standards give no time for: complaint" in read.notes


def test_standards_without_a_single_time_can_be_measured_in_nothing() -> None:
    soft = "<h1>Customer charter</h1><p>We will answer calls and e-mails promptly and treat you with respect.</p>"
    read = promised(site("<a href=/charter>Charter</a>", page("/charter", soft)))

    assert read.facts["std.published_web"] is True
    assert read.facts["std.measurable"] == 0


def test_a_long_headline_is_no_page_of_standards() -> None:
    news = "<h1>Council wins national award for the service standards of its new leisure and library team</h1>"

    assert promised(site("<a href=/n>News</a>", page("/n", news))).facts["std.published_web"] is False


def test_the_codes_time_limits_are_looked_for() -> None:
    read = promised(site("<a href=/complaints>Complaints</a>", page("/complaints", POLICY)))

    assert read.facts["complaint.how_to"] is True
    assert read.facts["complaint.code"] == 100


def test_three_stages_are_one_too_many() -> None:
    three = POLICY.replace("<p>Then", "<p>Stage 3: a panel meets.</p><p>Then")
    read = promised(site("<a href=/complaints>Complaints</a>", page("/complaints", three)))

    assert read.facts["complaint.code"] == 80


def test_complaints_that_can_only_be_made_by_form_have_one_way() -> None:
    only = "<h1>Complaints</h1><form><textarea></textarea></form>"
    read = promised(site("<a href=/complaints>Complaints</a>", page("/complaints", only)))

    assert read.facts["complaint.how_to"] is False


def test_a_page_about_noise_is_not_how_to_complain() -> None:
    noise = "<h1>Complaints about noise</h1><p>Ring 0113 496 0011 or e-mail us at noise@ambleford.gov.uk.</p>"

    assert promised(site("<a href=/noise>Noise</a>", page("/noise", noise))).facts["complaint.how_to"] is False


def test_a_link_to_have_your_say_asks_for_views() -> None:
    assert promised(site("<a href=/c>Have your say</a>")).facts["std.views_sought"] is True
    assert promised(site("<a href=/c>Council meetings</a>")).facts["std.views_sought"] is False
