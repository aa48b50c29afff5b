"""The known answer: from raw shops, the report gives what South Derbyshire published of the wave of 2006."""

from __future__ import annotations

from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from results.kpis import Figure
from results.report import WaveReport
from results.report.html import render
from results.report.model import ChannelPart, OrganisationChannel, OrganisationPart
from results.schema import Channel
from results.scheme import load
from tests.data.derbyshire_2006.__main__ import write
from tests.results import derbyshire_2006
from tests.results.derbyshire_2006 import FOLDER, SOUTH_DERBYSHIRE


@pytest.fixture(scope="module")
def report() -> WaveReport:
    return derbyshire_2006.report()


@pytest.fixture(scope="module")
def council(report: WaveReport) -> OrganisationPart:
    return next(one for one in report.organisations if one.id == SOUTH_DERBYSHIRE)


@pytest.fixture(scope="module")
def page(report: WaveReport) -> LexborHTMLParser:
    return LexborHTMLParser(render(report))


def channel(council: OrganisationPart, name: Channel) -> OrganisationChannel:
    return next(one for one in council.channels if one.channel == name)


def part(report: WaveReport, name: Channel) -> ChannelPart:
    return next(one for one in report.channels if one.channel == name)


def figure(council: OrganisationPart, measure: str) -> Figure:
    return next(one for own in council.channels for one in own.figures if one.measure == measure)


def line(council: OrganisationPart, kind: str) -> str:
    (found,) = (one for one in channel(council, "phone").lines if one.kind == kind)
    return next(one.words for one in found.figures if one.measure == "phone.answer_mean")


# ------------------------------------------------------------------------------------------------ telephone calls


def test_contactability_was_84_percent(council: OrganisationPart) -> None:
    assert figure(council, "phone.contactability").words == "84%"


def test_calls_that_people_made_carry_no_warning_of_recorded_voices(council: OrganisationPart) -> None:
    assert "recorded voice" not in figure(council, "phone.contactability").note


def test_switchboards_took_9_6_seconds_to_answer(council: OrganisationPart) -> None:
    assert line(council, "switchboard") == "9.6 seconds"


def test_other_numbers_took_6_2_seconds_to_answer(council: OrganisationPart) -> None:
    assert line(council, "direct_dial") == "6.2 seconds"


def test_calls_came_9th_of_11(council: OrganisationPart) -> None:
    found = channel(council, "phone").rank

    assert found is not None
    assert (found.words, found.quartile_words) == ("9th of 11", "4th (bottom) quartile")


def test_the_key_findings_of_the_calls_are_good_first_in_the_words_of_2006(council: OrganisationPart) -> None:
    assert {
        "Callers get through at the first attempt",
        "Calls are answered promptly",
        "Staff are courteous, polite and helpful",
        "Staff listen",
        "Staff take ownership of the problem",
        "Calls are seldom transferred more than once",
        "Callers are generally given the correct number to call",
        "No caller is turned away with another authority's enquiry",
    } <= praised(council, "phone")


def test_after_however_come_the_messages_transfers_and_issues_of_2006(council: OrganisationPart) -> None:
    assert [one.text for one in channel(council, "phone").findings.however] == [
        "Calls are not reliably returned in response to messages left",
        "Callers are not always offered further help",
        "Callers who are transferred have to begin again",
        "Callers are not always told where they are being transferred to",
        "Queries are not always fully answered by telephone",
        "Callers are not always greeted with a salutation",
        "The organisation's name is not always given",
    ]


# ------------------------------------------------------------------------------------------------ e-mails


def test_the_response_rate_was_86_percent(council: OrganisationPart) -> None:
    assert figure(council, "email.response_rate").words == "86%"


def test_the_average_speed_of_final_reply_was_1_5_days(council: OrganisationPart) -> None:
    assert figure(council, "email.reply_mean").words == "1.5 working days"


def test_83_percent_of_the_responses_fully_answered_the_query(council: OrganisationPart) -> None:
    assert figure(council, "email.fully_answered").words == "83%"


def test_that_was_10_percent_lower_than_the_partnerships_average_of_93(report: WaveReport) -> None:
    found = next(one for one in part(report, "email").figures if one.pooled.measure == "email.fully_answered")

    assert found.average_words == "93%"


def test_the_auto_response_rate_was_14_percent(council: OrganisationPart) -> None:
    assert figure(council, "email.automatic_acknowledgement").words == "14%"


def test_emails_came_6th_of_11(council: OrganisationPart) -> None:
    found = channel(council, "email").rank

    assert found is not None
    assert (found.words, found.quartile_words) == ("6th of 11", "3rd quartile")


def test_courtesy_clarity_and_professional_language_scored_very_high(council: OrganisationPart) -> None:
    assert {
        "Replies are courteous",
        "Replies are clear",
        "Replies are written in professional language",
    } <= praised(council, "email")


def test_overall_efficiency_was_rated_lower_than_the_partnerships_average(council: OrganisationPart) -> None:
    found = next(one for one in channel(council, "email").findings.however if one.criterion == "email.efficiency")

    assert found.partnership is not None
    assert found.own < found.partnership


def test_the_issues_of_the_emails_that_matter_to_customers_are_those_of_2006(council: OrganisationPart) -> None:
    assert {
        "Some e-mails are never answered",
        "There is no reliable automatic acknowledgement",
        "Replies do not always use the enquirer's name",
        "Replies do not always give the sender's name",
        "Replies do not always give a telephone number",
        "Replies do not always give the sender's job title",
        "Replies do not always give the sender's department",
        "Some replies are poorly laid out",
    } <= shortfalls(council, "email")


# ------------------------------------------------------------------------------------------------ websites


def test_websites_came_5th_of_11(council: OrganisationPart) -> None:
    found = channel(council, "web").rank

    assert found is not None
    assert (found.words, found.quartile_words, found.interval_words) == ("5th of 11", "2nd quartile", "no sampling")


def test_a_search_for_council_tax_found_118_pages(council: OrganisationPart) -> None:
    (visit,) = channel(council, "web").shops

    assert visit.notes == ("A search for “Council Tax” found 118 pages.",)


def test_the_right_page_was_not_at_the_top(council: OrganisationPart) -> None:
    assert figure(council, "web.best_rank").words == "4th"
    assert "Search does not put the right page at the top" in shortfalls(council, "web")


def test_the_key_findings_of_the_website_are_good_first_in_the_words_of_2006(council: OrganisationPart) -> None:
    assert praised(council, "web") == {
        "The site has an A to Z of services",
        "Job vacancies are easy to find",
        "Leisure centre details are easy to find",
        "There is a search facility on the home page",
    }


def test_after_however_come_the_numbers_the_a_to_z_the_search_and_the_contrast_of_2006(
    council: OrganisationPart,
) -> None:
    assert {
        "Not all telephone numbers given are valid",
        "The A to Z does not lead to the right page for some services",
        "Search results are an unstructured list",
        "Not all common words are in the A to Z",
        "Not all common words find the right page",
        "There is no enhanced contrast option",
    } <= {one.text for one in channel(council, "web").findings.however}


def test_no_standards_were_published_on_the_website(council: OrganisationPart) -> None:
    assert "No customer service standards are published" in shortfalls(council, "web")


# ------------------------------------------------------------------------------------------------ the whole of it


def test_every_member_was_contacted_often_enough_to_be_ranked(report: WaveReport) -> None:
    assert [one.benchmark.not_ranked for one in report.channels] == ["", "", ""]
    assert [len(one.benchmark.ranks) for one in report.channels] == [11, 11, 11]


def test_the_page_shows_each_published_figure_to_a_reader(page: LexborHTMLParser) -> None:
    (own,) = page.css(f"#o-{SOUTH_DERBYSHIRE}")
    text = own.text(separator=" ")

    shown = ("84%", "9.6 seconds", "6.2 seconds", "86%", "1.5 working days", "83%", "14%")
    assert [said for said in (*shown, "9th of 11", "6th of 11", "5th of 11") if said not in text] == []


def test_the_page_says_that_the_other_members_are_invented(page: LexborHTMLParser) -> None:
    names = [node.text() for node in page.css("section.council h2")]

    assert len(names) == 11
    assert [name for name in names if not name.endswith("(invented)")] == ["South Derbyshire District Council"]
    assert "the ten others invented" in page.css("header")[0].text()


def test_a_name_too_long_for_its_row_of_a_chart_takes_two_lines(page: LexborHTMLParser) -> None:
    (first, *_) = page.css("#position svg")
    words = [node.text().strip() for node in first.css("text, tspan")]

    assert {"South Derbyshire District", "Council"} <= set(words)


def test_the_files_of_raw_shops_are_what_their_script_writes(tmp_path: Path) -> None:
    for path in write(tmp_path):
        assert path.read_text("utf-8") == (FOLDER / path.name).read_text("utf-8"), path.name


def praised(council: OrganisationPart, name: Channel) -> set[str]:
    """What is praised in a channel."""
    return {one.text for one in channel(council, name).findings.praise}


def shortfalls(council: OrganisationPart, name: Channel) -> set[str]:
    """What the action plan's rows are about, in the words that follow However."""
    criteria = {criterion.id: criterion for criterion in load("south-derbyshire-2006").criteria}
    return {criteria[row.criterion].however for row in council.findings.actions if row.channel == name}
