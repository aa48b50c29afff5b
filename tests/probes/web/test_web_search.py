from __future__ import annotations

import pytest

from probes.web import results_page, search
from probes.web.results_page import Result, Typed
from probes.web.search import NotSearched, Searched
from results.schema import Fact, Why
from tests.probes.web.house import enquiry, missing, page, site

AT = "http://council.test/search?q=tax"
HOME = "<nav><a href=/>Home</a></nav><main><a href=/council-tax>Council tax</a><a href=/bins>Bins</a></main>"
TAX = enquiry("Council tax", "/council-tax$", "rates")


def found(after: str, before: str = HOME) -> list[tuple[str, str]]:
    """The results of a page as (path, summary)."""
    got = results_page.results(before, after, AT)
    return [(one.url.removeprefix("http://council.test"), one.summary) for one in got]


@pytest.mark.parametrize(
    "html",
    [
        "<form role=search action=/s><input name=q></form>",
        "<input type=search>",
        "<form action=/search><input name=keywords></form>",
        "<form><label for=x>Search this site</label><input id=x name=y type=text></form><form id=site-search></form>"
        "<form class=search><input name=y placeholder='What are you looking for?'></form>",
    ],
)
def test_a_search_box_is_recognised(html: str) -> None:
    assert results_page.has_box(html)


@pytest.mark.parametrize(
    "html",
    [
        "<form action=/newsletter><input name=q placeholder='Your e-mail address'></form>",
        "<form action=/bins><input name=postcode placeholder='Find your bin day by postcode'></form>",
        "<form><input type=checkbox name=q></form>",
        "<p>Search</p>",
    ],
)
def test_another_form_is_no_search_box(html: str) -> None:
    assert not results_page.has_box(html)


def test_results_in_a_list_come_in_order_with_their_summaries() -> None:
    items = "<li><a href=/council-tax>Council tax</a><p>How to pay your council tax.</p><li><a href=/appeal>Appeal</a>"

    assert found(f"<main><ol>{items}</ol></main>") == [
        ("/council-tax", "How to pay your council tax."),
        ("/appeal", ""),
    ]


def test_results_in_a_definition_list_or_a_table_have_their_summaries_too() -> None:
    definition = "<dl><dt><a href=/a>One</a></dt><dd>About one</dd><dt><a href=/b>Two</a></dt><dd>About two</dd></dl>"
    table = "<table><tr><td><a href=/a>One</a><td>About one</tr><tr><td><a href=/b>Two</a><td>About two</tr></table>"

    assert found(definition) == found(table) == [("/a", "About one"), ("/b", "About two")]


def test_a_result_that_the_home_page_links_too_is_a_result() -> None:
    items = "<li><h2><a href=/council-tax>Council tax</a></h2><li><h2><a href=/x>Exemptions</a></h2>"

    assert [path for path, _ in found(f"{HOME}<ol class=results>{items}</ol>")] == ["/council-tax", "/x"]


def test_menus_pagers_and_what_was_there_before_are_no_results() -> None:
    after = HOME + (
        "<div class=hits><div><a href=/a>Pay council tax</a></div><div><a href=/b>Council tax bands</a></div></div>"
        "<p><a href='?page=2'>2</a><a href='?page=3'>Next page</a></p>"
        "<footer><ul><li><a href=/p>Privacy</a><li><a href=/q>Cookies</a><li><a href=/r>Legal</a></ul></footer>"
    )

    assert [path for path, _ in found(after)] == ["/a", "/b"]


def test_two_results_outweigh_a_longer_list_beside_them() -> None:
    after = (
        "<main id=results><article><h3><a href=/a>Council tax bands</a></h3><p>Which band is your home?</p></article>"
        "<article><h3><a href=/b>Council tax help</a></h3><p>If you cannot pay, tell us soon.</p></article></main>"
        "<ul><li><a href=/1>News</a><li><a href=/2>Events</a><li><a href=/3>Maps</a><li><a href=/4>Help</a></ul>"
    )

    assert [path for path, _ in found(after)] == ["/a", "/b"]


def test_an_address_that_counts_clicks_is_unwrapped() -> None:
    assert found("<ol><li><a href='/go?url=%2Fcouncil-tax&rank=1'>Council tax</a></ol>") == [("/council-tax", "")]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Showing 1 to 10 of 118 results", 118),
        ("1-10 of about 1,204", 1204),
        ("We found 23 matching pages for council tax", 23),
        ("118 results for 'council tax'", 118),
        ("Total results: 7", 7),
        ("Results for council tax", 2),
    ],
)
def test_the_count_is_what_the_page_says_or_what_it_shows(text: str, count: int) -> None:
    assert results_page.count(HOME, f"<h1>{text}</h1>", 2) == count


def test_a_figure_that_the_page_had_before_is_no_count() -> None:
    assert results_page.count("<p>12 documents</p>", "<p>12 documents</p>", 2) == 2


def test_a_page_that_found_nothing_has_no_results_whatever_it_suggests() -> None:
    after = "<p>Sorry, no results were found.</p><ul><li><a href=/a>Popular: bins</a><li><a href=/b>Jobs</a></ul>"

    assert search.searched("tax", Typed(HOME, ((AT, after),), 200)) == Searched("tax", AT, 200)


def test_a_hidden_no_results_message_does_not_hide_the_results() -> None:
    after = "<p style='display: none'>No results</p><ol><li><a href=/a>Council tax</a><li><a href=/b>Bands</a></ol>"

    got = search.searched("tax", Typed(HOME, ((AT, after),), 200))

    assert isinstance(got, Searched)
    assert got.count == 2


def test_an_empty_page_that_lacks_somebody_elses_scripts_was_not_searched() -> None:
    got = search.searched("tax", Typed(HOME, ((AT, "<p>Search</p>"),), 200, elsewhere=frozenset({"engine.test"})))

    assert got == NotSearched("tax", "the page may need scripts from engine.test, which nobody has agreed to")


def test_results_in_a_frame_are_read() -> None:
    frame = ("http://council.test/frame", "<ol><li><a href=/a>Council tax</a><li><a href=/b>Bands</a></ol>")

    got = search.searched("tax", Typed(HOME, ((AT, "<iframe src=/frame>"), frame), 200))

    assert isinstance(got, Searched)
    assert got.count == 2


def test_the_next_pages_of_results_come_after_the_first() -> None:
    first, second = (
        "<p>31 results</p><ol><li><a href=/a>Bins</a></ol>",
        "<ol><li><a href=/a>Bins</a><li><a href=/b>Tax</a></ol>",
    )

    got = search.searched("tax", Typed(HOME, ((AT, first),), 200, further=((AT + "&page=2", second),)))

    assert isinstance(got, Searched)
    assert [one.title for one in got.results] == ["Bins", "Tax"]
    assert got.count == 31


def test_what_was_looked_at_is_said_when_the_right_page_is_not_there() -> None:
    hits = (Result("http://council.test/x", "Bins", ""),)
    searches = {words: Searched(words, AT, 200, hits, 217) for words in ("council tax", "rates")}

    reading = search.read(site("x"), searches, (TAX,))

    assert reading.notes[0] == "'council tax' did not find the right page among the first 1 of 217 results"


def test_a_search_that_leads_to_an_error_page_is_named_so() -> None:
    got = search.searched("tax", Typed(HOME, ((AT, "<a href=/a>Home of the council</a>"),), 404))

    assert got == Searched("tax", AT, 404, problem="the search leads to a page that says 404")


def test_the_facts_of_a_search_are_about_the_right_page() -> None:
    council = site("x", page("/council-tax", "<h1>Council tax</h1>"), page("/council-tax-scam", "<h1>Scam</h1>"))
    hits = tuple(
        Result(f"http://council.test/{path}", path, "All that you need to know")
        for path in ("council-tax-scam", "x", "council-tax")
    )
    searches = {
        "council tax": Searched("council tax", AT, 200, hits, 118),
        "rates": Searched("rates", AT, 200),
    }

    reading = search.read(council, searches, (TAX,))

    assert reading.facts == {
        "web.search.found": True,
        "web.search.best_rank": 3,
        "web.search.results_count": 118,
        "web.search.structured": True,
        "web.search.first_five": 100.0,
        "web.search.common_words": 0.0,
        "web.search.pdf_first": False,
        "web.search.works": True,
        "web.search.first_one": 0.0,
        "web.search.first_three": 100.0,
        "web.search.reciprocal_rank": 0.333,
        "web.search.time": None,
    }
    assert reading.notes == (
        "'council tax' found the right page 3rd of 118",
        "'rates' brought no results",
    )


def test_a_result_whose_page_is_gone_is_not_the_right_page() -> None:
    council = site("x", missing("/council-tax"))

    assert search.rank(council, (Result("http://council.test/council-tax", "Council tax", ""),), "council-tax") is None


def test_a_result_that_was_not_read_is_judged_by_address_and_title() -> None:
    assert search.rank(site("x"), (Result("http://council.test/node/7", "Council tax", ""),), "council tax") == 1


def test_words_that_we_could_not_search_for_count_nowhere() -> None:
    searches: dict[str, Searched | NotSearched] = {
        "council tax": NotSearched("council tax", "the browser died"),
        "rates": Searched("rates", AT, 200),
    }

    reading = search.read(site("x"), searches, (TAX,))

    assert reading.facts["web.search.first_five"] is None
    assert reading.unknown["web.search.best_rank"] == (Why.PROBE_FAULT, "the browser died")
    assert reading.facts["web.search.common_words"] == 0.0


@pytest.mark.parametrize(
    ("place", "said"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (22, "22nd"), (113, "113th")]
)
def test_a_place_is_written_as_people_say_it(place: int, said: str) -> None:
    hits = tuple(Result(f"http://council.test/{n}", f"page {n}.", "") for n in range(1, place + 1))
    enquiries = (enquiry("Council tax", rf"page {place}\."),)

    reading = search.read(site("x"), {"council tax": Searched("council tax", AT, 200, hits, place)}, enquiries)

    assert reading.notes == (f"'council tax' found the right page {said} of {place}",)


NOTHING = "<main><p>No results were found for “{words}”.</p>{help}</main>"


def typed(html: str) -> Typed:
    return Typed(HOME, ((AT, html),), 200)


def after_wrong_words(wrong: str, nothing: str) -> Fact | None:
    council = site("x", page("/council-tax", "<h1>Council tax</h1>"))
    return search.beyond(council, typed(wrong), typed(nothing), TAX).facts["web.search.misspelling"]


def test_the_hurried_hand_writes_a_letter_twice() -> None:
    assert search.misspelt("council tax") == "councill tax"
    assert search.misspelt("my bins") == "my binss"


def test_a_misspelt_word_that_finds_the_page_or_the_right_spelling_is_forgiven() -> None:
    listed = "<ol>" + "".join(f"<li><a href=/{path}>{path}</a></li>" for path in ("council-tax", "a", "b")) + "</ol>"

    assert after_wrong_words(listed, NOTHING) is True
    assert after_wrong_words(NOTHING.format(words="", help="<p>Did you mean <b>council tax</b>?</p>"), NOTHING) is True
    assert after_wrong_words(NOTHING.format(words="", help=""), NOTHING) is False


@pytest.mark.parametrize(
    ("help", "helps"),
    [
        ("<p>Check the spelling, or contact us.</p>", True),
        ("<p>Try fewer words.</p>", True),
        ("<p>Look in the A to Z of services.</p>", True),
        ("", False),
        ("<p>Page 1 of 0</p>", False),
    ],
)
def test_a_page_without_results_helps_or_does_not(help: str, helps: bool) -> None:
    nothing = NOTHING.format(words=search.NONSENSE, help=help)

    assert search.beyond(site("x"), None, typed(nothing), TAX).facts["web.search.zero_help"] is helps


def test_help_that_every_page_gives_is_no_help_with_the_search() -> None:
    said_always = "<p>Contact us</p>"
    nothing = Typed(said_always, ((AT, said_always + NOTHING.format(words="", help="")),), 200)

    assert search.beyond(site("x"), None, nothing, TAX).facts["web.search.zero_help"] is False


def test_a_pdf_above_the_right_page_is_told() -> None:
    council = site("x", page("/council-tax", "<h1>Council tax</h1>"))
    hits = tuple(Result(f"http://council.test/{path}", path, "") for path in ("bands.pdf", "council-tax", "more.pdf"))
    reading = search.read(council, {w: Searched(w, AT, 200, hits, 3) for w in ("council tax", "rates")}, (TAX,))
    below = search.read(council, {w: Searched(w, AT, 200, hits[1:], 2) for w in ("council tax", "rates")}, (TAX,))

    assert reading.facts["web.search.pdf_first"] is True
    assert below.facts["web.search.pdf_first"] is False


def test_a_search_on_home_alone_is_not_on_every_page() -> None:
    box = "<form role=search action=/s><input name=q></form>"
    pages = [page(f"/{n}", f"<h1>{n}</h1>{box}") for n in range(3)]

    assert search.everywhere(site(box, *pages)).facts["web.search.every_page"] is True
    assert search.everywhere(site(box, page("/a", "<h1>A</h1>"))).facts["web.search.every_page"] is False
    assert search.everywhere(site("<h1>Home</h1>")).unknown["web.search.every_page"][0] is Why.NOT_APPLICABLE
