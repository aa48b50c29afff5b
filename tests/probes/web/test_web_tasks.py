from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from probes.web import scent, tasks, top_tasks
from probes.web.pages import Page, Site
from probes.web.reading import Reading
from probes.web.top_tasks import TASKS, Task, Ways
from results.schema import Fact, Tier, Why
from tests.probes.web.house import HOME, TODAY, missing, page, site


def task(id: str) -> Task:
    return next(one for one in TASKS if one.id == id)


def ways(one: Site, id: str) -> Ways:
    """The ways to one task."""
    return top_tasks.find(one, [task(id)])[0]


def read(one: Site, tier: Tier) -> Reading:
    return tasks.read(one, tier, top_tasks.find(one, top_tasks.of_tier(tier)), TODAY)


def facts(one: Site, tier: Tier = "unitary") -> dict[str, Fact]:
    return dict(read(one, tier).facts)


def words(found: Ways) -> list[str]:
    return [step.words for step in found.walk.steps]


# ------------------------------------------------------------------------------------------------ the tasks themselves


@pytest.mark.parametrize(
    ("id", "called"),
    [
        ("council-tax-pay", "Pay your council tax"),
        ("council-tax-pay", "Council Tax payments"),
        ("council-tax-discount", "Council Tax discounts and exemptions"),
        ("council-tax-discount", "Single person discount"),
        ("council-tax-support", "Council Tax Reduction"),
        ("bin-day", "Check your bin collection day"),
        ("bin-day", "Find out when your bins are collected"),
        ("bin-day", "Rubbish and recycling collection dates"),
        ("missed-bin", "Report a missed bin"),
        ("missed-bin", "Missed refuse collection"),
        ("missed-bin", "My bin was not emptied"),
        ("tip", "Household Waste Recycling Centres"),
        ("tip", "Tips and recycling sites"),
        ("tip", "Find your local tip"),
        ("planning-application", "View or comment on planning applications"),
        ("planning-application", "Planning register"),
        ("pothole", "Report a pothole or road defect"),
        ("pothole", "Report a problem on the road"),
        ("street-problem", "Flytipping"),
        ("complain", "Compliments, comments and complaints"),
        ("councillors", "Find my local Councillor"),
        ("electoral-register", "Registering to vote"),
        ("parking-fine", "Penalty Charge Notices (PCN)"),
        ("parking-permit", "Residents' parking"),
        ("housing-register", "Join the housing register"),
        ("housing-register", "Applying for housing"),
        ("school-admissions", "School admissions"),
        ("school-admissions", "Apply for a primary school place"),
        ("blue-badge", "Blue Badge scheme"),
        ("birth", "Registering a birth"),
        ("library", "Your local library"),
        ("jobs", "Current vacancies"),
    ],
)
def test_the_right_page_is_known_by_the_names_that_councils_give_it(id: str, called: str) -> None:
    assert task(id).named(called)


@pytest.mark.parametrize(
    ("id", "called"),
    [
        ("council-tax-pay", "Council tax bands"),
        ("missed-bin", "Bin collection days"),
        ("complain", "Complain about noise"),
        ("complain", "Complaints about councillors"),
        ("councillors", "Councillors' allowances"),
        ("tip", "Recycling tips and hints for parents"),
        ("planning-application", "Planning policy"),
        ("leisure", "Leisure and culture"),
        ("jobs", "Leader welcomes five hundred new jobs at the town's oldest factory"),
    ],
)
def test_a_page_about_something_near_is_not_the_right_one(id: str, called: str) -> None:
    assert not task(id).named(called)


def test_a_page_of_news_is_never_the_right_one() -> None:
    assert not task("council-tax-pay").is_page(page("/news/council-tax", "<h1>Pay council tax</h1>"))


def test_an_address_names_a_page_together_with_the_part_above() -> None:
    assert task("council-tax-pay").is_page(page("/residents/council-tax/pay", "<h1>Ways to do it</h1>"))
    assert not task("jobs").is_page(page("/jobs-benefits-money/council-tax", "<h1>Council tax</h1>"))


def test_every_task_is_somebodys_and_is_known_by_its_own_first_words() -> None:
    assert len({one.id for one in TASKS}) == len(TASKS) >= 25
    for one in TASKS:
        assert one.tiers
        assert any(one.named(each) for each in one.words), one.id


@pytest.mark.parametrize(
    ("tier", "theirs", "others"),
    [
        ("district", "missed-bin", "pothole"),
        ("county", "pothole", "missed-bin"),
        ("unitary", "missed-bin", None),
        ("housing association", "repairs", None),
    ],
)
def test_a_tier_is_asked_for_what_it_provides(tier: Tier, theirs: str, others: str | None) -> None:
    assert task(theirs) in top_tasks.of_tier(tier)
    assert (task(others) in top_tasks.of_others(tier)) if others else top_tasks.of_others(tier) == ()


# ------------------------------------------------------------------------------------------------ the shortest way


def test_jobs_and_leisure_are_counted_in_clicks() -> None:
    one = site(
        "<a href=/jobs>Jobs</a><a href=/sport>Sport</a>",
        page("/jobs", "<h1>Jobs and careers</h1>"),
        page("/sport", "<a href=/pool>x</a>"),
        page("/pool", "<title>Leisure centres - Ambleford Council</title>"),
    )

    found = facts(one, "district")

    assert (found["web.task.jobs_found"], found["web.task.jobs_clicks"]) == (True, 1)
    assert (found["web.task.leisure_found"], found["web.task.leisure_clicks"]) == (True, 2)


def test_vacancies_on_somebody_elses_site_count_as_one_click_more() -> None:
    assert facts(site("<a href=http://vacancies.test/>Current vacancies</a>"), "county")["web.task.jobs_clicks"] == 1


def test_news_about_jobs_is_no_page_of_vacancies() -> None:
    one = site(
        "<a href=/n>news</a>", page("/n", "<h1>Leader welcomes five hundred new jobs at the town's oldest factory</h1>")
    )

    reading = read(one, "district")

    assert reading.facts["web.task.jobs_found"] is False
    assert reading.unknown["web.task.jobs_clicks"][0] is Why.NOT_APPLICABLE


def test_a_county_is_not_asked_for_leisure_centres() -> None:
    assert read(site("x"), "county").unknown["web.task.leisure_found"][0] is Why.NOT_APPLICABLE


def test_a_link_by_that_name_counts_though_its_page_was_not_read() -> None:
    assert ways(site("<a href=/far>Report a missed bin</a>"), "missed-bin").clicks == 1


def test_a_link_by_that_name_that_is_dead_leads_nowhere() -> None:
    found = ways(site("<a href=/far>Report a missed bin</a>", missing("/far")), "missed-bin")

    assert found.clicks is None
    assert not found.walk.found


def test_pay_on_the_page_of_council_tax_is_to_pay_council_tax() -> None:
    one = site("<a href=/ct>Council tax</a>", page("/ct", "<h1>Council tax</h1><a href=http://pay.test/>Pay</a>"))

    assert ways(one, "council-tax-pay").clicks == 2


# ------------------------------------------------------------------------------------------------ following the words


def council() -> Site:
    """A site with bins under Environment, four clicks away, and a shorter way that nobody would guess."""
    return site(
        "<a href=/living>Living here</a><a href=/environment>Environment</a><a href=/contact>Contact</a>",
        page("/living", "<h1>Living here</h1><a href=/missed>Kerbside non-completion</a>"),
        page("/environment", "<h1>Environment</h1><a href=/trees>Trees</a><a href=/waste>Waste</a>"),
        page("/waste", "<h1>Waste</h1><a href=/bins>Bins</a>"),
        page("/bins", "<h1>Bins</h1><a href=/missed>Missed bin</a>"),
        page("/missed", "<h1>Missed bins</h1>"),
        page("/trees", "<h1>Trees</h1>"),
        page("/contact", "<h1>Contact</h1>"),
    )


def test_the_shortest_way_and_the_way_of_the_words_differ() -> None:
    found = ways(council(), "missed-bin")

    assert found.clicks == 2
    assert words(found) == ["Environment", "Waste", "Bins", "Missed bin"]
    notes = read(council(), "district").notes
    assert "Report a missed bin: 2 clicks at best, but somebody following the words needs 4" in notes


def test_whoever_meets_a_dead_end_goes_back_and_tries_the_next_best() -> None:
    one = site(
        "<a href=/waste>Rubbish and recycling</a><a href=/report>Report it</a>",
        page("/waste", "<h1>Rubbish and recycling</h1><p>We recycle."),
        page("/report", "<h1>Report it</h1><a href=/m>Missed bin</a>"),
        page("/m", "<h1>Missed bin</h1>"),
    )

    assert words(ways(one, "missed-bin")) == ["Rubbish and recycling", scent.BACK, "Report it", "Missed bin"]


def test_whoever_finds_no_word_that_fits_is_lost_and_it_is_said_where() -> None:
    one = site(
        "<a href=/waste>Rubbish and recycling</a><a href=/x>Portal</a>",
        page("/waste", "<h1>Rubbish and recycling</h1><p>We recycle."),
        page("/x", "<a href=/m>Form 17b</a>"),
        page("/m", "<h1>Missed bin</h1>"),
    )
    found = ways(one, "missed-bin")

    assert not found.walk.found
    assert found.walk.lost_at(HOME) == "http://council.test/waste"
    assert (
        "Report a missed bin: 2 clicks at best, but somebody following the words gets lost at http://council.test/waste"
        in read(one, "district").notes
    )


def test_nobody_walks_for_ever() -> None:
    chain = [page(f"/{n}", f"<h1>Bins {n}</h1><a href=/{n + 1}>Bins {n + 1}</a>") for n in range(60)]
    found = ways(site("<a href=/0>Bins</a>", *chain), "missed-bin")

    assert found.walk.clicks == scent.PATIENCE


def test_whoever_comes_to_an_a_to_z_takes_the_letter_of_their_word() -> None:
    one = site(
        "<a href=/az>A to Z of services</a>",
        page("/az", "<h1>A to Z</h1><a href=/az/a>A</a><a href=/az/m>M</a><a href=/az/z>Z</a>"),
        page("/az/m", "<h1>M</h1><a href=/m>Missed bin</a>"),
        page("/az/a", "<h1>A</h1>"),
        page("/az/z", "<h1>Z</h1>"),
        page("/m", "<h1>Missed bin</h1>"),
    )

    assert words(ways(one, "missed-bin")) == ["A to Z of services", "M", "Missed bin"]


def test_where_the_walk_stands_before_an_unread_page_nothing_is_held_against_the_site() -> None:
    one = site("<a href=/waste>Rubbish and recycling</a>")
    found = ways(one, "missed-bin")

    assert not found.known
    assert top_tasks.unread(one, [task("missed-bin")]) == ["http://council.test/waste"]
    assert read(one, "other").facts["web.task.list"] == 0  # complaints and jobs: nothing is in the way


def test_a_document_is_a_dead_end_on_the_way() -> None:
    one = site("<a href=/bins.pdf>Missed bin</a><a href=/m>Bins</a>", page("/m", "<h1>Missed bins</h1>"))

    assert words(ways(one, "missed-bin"))[-1] == "Bins"


def test_a_document_answers_a_question() -> None:
    assert ways(site("<a href=/terms.pdf>School term dates</a>"), "school-terms").clicks == 1


def test_a_page_that_robots_txt_forbids_may_be_the_way_for_a_resident() -> None:
    url = "http://council.test/waste"
    one = dataclasses.replace(site("<a href=/waste>Rubbish and recycling</a>"), forbidden=frozenset({url}))

    assert not ways(one, "missed-bin").known


# ------------------------------------------------------------------------------------------------ on the page


def on_page(html: str, *others: Page) -> bool | None:
    one = site(
        "<a href=/m>Missed bin</a>", page("/m", f"<h1>Missed bin</h1>{'<p>Text of the page.' * 20}{html}"), *others
    )
    return tasks.done_online(one, ways(one, "missed-bin"))


@pytest.mark.parametrize(
    "html",
    [
        "<form action=/f><label>Postcode<input name=p></label><button>Go on</button></form>",
        "<form method=post><textarea></textarea></form>",
        "<a href=http://forms.test/missed>Report a missed bin online</a>",
        "<a href=/form/missed>Start now</a>",
    ],
)
def test_a_form_or_a_link_to_one_lets_a_task_be_done_online(html: str) -> None:
    assert on_page(html) is True


@pytest.mark.parametrize(
    "html",
    [
        "<p>Ring us.",
        "<a href=/form.pdf>Download the form to report it</a>",
        "<form role=search action=/search><input type=search name=q></form>",
        "<form><p>Was this page helpful?</p><textarea></textarea></form>",
        "<a href=/gone>Report it online</a>",
        "<a href=/m>Report a missed bin</a>",
        "<a href=/about>Find out more</a>",
    ],
)
def test_a_document_a_search_or_a_question_about_the_page_does_not(html: str) -> None:
    about = page("/about", "<h1>About bins</h1>")

    assert on_page(html, missing("/gone"), about) is False


def test_a_page_that_a_script_draws_says_nothing_about_forms() -> None:
    one = site("<a href=/m>Missed bin</a>", page("/m", "<h1>Missed bin</h1><div id=app></div>"))

    assert tasks.done_online(one, ways(one, "missed-bin")) is None


def test_something_to_read_is_not_asked_to_be_done_online() -> None:
    one = site("<a href=/l>Libraries</a>", page("/l", "<h1>Libraries</h1><p>Read" + " more" * 100))

    assert tasks.done_online(one, ways(one, "library")) is None


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("Last updated: 2 November 2026", ""),
        ("Page last reviewed on 12/03/2026", ""),
        ("Last updated\n14 March 2023", "was last reviewed on 14/03/2023"),
        ("Council tax for 2021/22 is £1,900", "speaks of 2021/22 as its latest year"),
        ("Charges 2021-22 and 2026-27", ""),
        ("Our strategy 2019 to 2030", None),
        ("Built in 1998", None),
        ("Ring 2021 2256", None),
        ("The 1991 to 1992 survey", None),
    ],
)
def test_a_page_is_out_of_date_by_its_date_or_by_a_year_gone_by(text: str, out: str | None) -> None:
    html = "".join(f"<p>{line}</p>" for line in text.split("\n"))

    assert tasks.out_of_date(page("/m", html), dt.date(2026, 11, 23)) == out


def test_a_district_signposts_what_the_county_provides() -> None:
    one = site(
        "<a href=/roads>Roads</a><a href=http://county.test/>School admissions</a>",
        page("/roads", "<h1>Roads</h1><p>To report a pothole, go to Ambleshire County Council."),
    )
    reading = read(one, "district")

    where = reading.where["signposted"]
    assert isinstance(where, dict)
    assert where["Report a pothole"] == "http://council.test/roads"
    assert where["Apply for a school place"] == HOME
    assert where["Apply for a Blue Badge"] is None
    assert read(one, "unitary").unknown["web.task.signposted"][0] is Why.NOT_APPLICABLE
