"""How well a search does over its enquiries, whether it works, how long it takes, and where its box stands."""

from __future__ import annotations

import pytest

from probes.web import results_page, search, success
from probes.web.results_page import Result, Typed
from probes.web.search import NotSearched, Searched
from results.schema import Why
from tests.probes.web.house import enquiry, page, site

AT = "http://council.test/search?q=tax"
TAX = enquiry("Council tax", "/council-tax$")


def test_ranks_are_told_as_success_at_one_and_three_and_their_reciprocals() -> None:
    facts = success.ranked([1, 2, None, 4], "").facts

    assert facts["web.search.first_one"] == 25.0
    assert facts["web.search.first_three"] == 50.0
    assert facts["web.search.reciprocal_rank"] == pytest.approx((1 + 1 / 2 + 0 + 1 / 4) / 4, abs=0.001)


def test_a_search_that_fails_for_all_words_does_not_work_and_one_slip_is_not_that() -> None:
    assert success.works(["the search brought no answer", ""], "").facts["web.search.works"] is True
    assert success.works(["404", "404"], "").facts["web.search.works"] is False
    assert success.works([], "the browser died").unknown["web.search.works"] == (Why.PROBE_FAULT, "the browser died")


def test_the_time_of_a_search_is_the_middle_one_and_told_as_a_range() -> None:
    reading = success.timed([(0.2, 0.4), (2.0, 2.2), (0.5, 0.7)])

    assert reading.facts["web.search.time"] == 0.6
    assert reading.notes == ("results are shown between 0.2 and 2.2 seconds after Enter, over 3 searches",)


@pytest.mark.parametrize(
    ("said", "fails"),
    [
        ("<h1>Sorry, something went wrong</h1>", True),
        ("<title>Runtime Error</title>", True),
        ("<h1>Search is currently unavailable</h1>", True),
        ("<h1>Page not found</h1>", True),
        ("<h1>Search results</h1><p>Report a problem: something went wrong with my bin</p>", False),
        ("<h1>Results for: report an error</h1>", False),
    ],
)
def test_a_page_that_says_that_it_failed_is_named_so(said: str, fails: bool) -> None:
    got = search.searched("tax", Typed("<h1>Home</h1>", ((AT, said),), 200))

    assert isinstance(got, Searched)
    assert bool(got.problem) is fails


def test_a_box_at_which_nothing_happens_is_a_search_that_fails() -> None:
    got = search.searched("tax", Typed("<p>Hello</p>", ((AT, "<p>Hello</p>"),), 200, reacted=False))

    assert isinstance(got, Searched)
    assert got.problem == "nothing happens when Enter or the button is pressed"


def test_a_box_that_lacks_somebody_elses_script_says_nothing_about_the_site() -> None:
    typed = Typed("<p>Hello</p>", ((AT, "<p>Hello</p>"),), 200, elsewhere=frozenset({"engine.test"}), reacted=False)

    assert isinstance(search.searched("tax", typed), NotSearched)


@pytest.mark.parametrize(
    "result",
    [
        Result("http://council.test/a.PDF", "Bands", ""),
        Result("http://council.test/downloads/file/31/bands", "Bands [PDF]", ""),
        Result("http://council.test/downloads/file/31/bands", "Bands", "PDF, 210 KB. Which band your home is in."),
    ],
)
def test_a_pdf_is_known_by_its_address_or_by_what_is_said_beside_it(result: Result) -> None:
    assert results_page.is_pdf(result)
    assert not results_page.is_pdf(Result("http://council.test/pdf-help", "Help with files", "How to open them"))


def test_a_card_that_is_a_link_has_its_heading_as_title_and_the_rest_as_summary() -> None:
    card = "<a href=/{0}><h2>{0}</h2><p>All that you need to know about it.</p><span>Read more</span></a>"
    after = f"<main>{card.format('Tax')}{card.format('Bands')}</main>"

    assert results_page.results("", after, AT)[0] == Result(
        "http://council.test/Tax", "Tax", "All that you need to know about it."
    )


@pytest.mark.parametrize(
    "after",
    [
        "<h3><a href=/a>Tax</a></h3><p>All that you need to know.</p><h3><a href=/b>Bands</a></h3><p>Your band.</p>",
        "<table><tr><td><a href=/a>Tax</a><tr><td>All that you need to know.<tr><td><a href=/b>Bands</a></table>",
    ],
)
def test_a_summary_may_follow_its_title_without_anything_around_both(after: str) -> None:
    assert results_page.results("", f"<main>{after}</main>", AT)[0].summary == "All that you need to know."


def test_a_result_in_the_card_that_the_home_page_has_is_a_result_where_the_page_counts_it() -> None:
    home = "<div><a href=/a><h2>Tax</h2></a></div>"
    after = "<p>1 result found</p><div><a href=/a><h2>Tax</h2><p>All that you need to know.</p></a></div>"

    assert [one.title for one in results_page.results(home, after, AT)] == ["Tax"]
    assert results_page.results(home, after.replace("1 result", "No result"), AT) == ()


def test_a_box_that_wanders_is_not_in_the_same_place_on_every_page() -> None:
    still = {f"http://council.test/{n}": (900, 20 + n) for n in range(4)}

    assert "web.search.every_page" not in search.same_place({**still, "http://council.test/x": None}).facts
    assert search.same_place({**still, "http://council.test/x": (40, 700)}).facts["web.search.every_page"] is False


def test_of_two_pages_nobody_can_say_where_the_box_usually_is() -> None:
    places: dict[str, tuple[int, int] | None] = {"http://council.test/a": (0, 0), "http://council.test/b": (900, 900)}

    assert search.same_place(places).facts == {}


def test_the_caption_of_the_results_says_where_the_right_page_stands() -> None:
    council = site("x", page("/council-tax", "<h1>Council tax</h1>"))
    hits = (Result("http://council.test/x", "x", ""), Result("http://council.test/council-tax", "Council tax", ""))

    right = search.standing(council, Searched("tax", AT, 200, hits, 31), TAX)
    failed = search.standing(council, Searched("tax", AT, 404, problem="the search leads to a page that says 404"), TAX)

    assert right == "the right page for 'tax' is 2nd of 31"
    assert failed == "'tax': the search leads to a page that says 404"
