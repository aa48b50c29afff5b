"""The websites over HTTP: what is well where nothing is said, and each fault where a file plants it."""

from __future__ import annotations

import re
from string import ascii_uppercase
from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as some
from protego import Protego
from selectolax.lexbor import LexborHTMLParser, LexborNode
from starlette.testclient import TestClient

from scenarios.practice.clock import HouseClock
from scenarios.practice.council import FOLDER, Search, read_councils
from scenarios.practice.search import Entry, rank, results
from scenarios.practice.site import Site
from scenarios.practice.sites import Website
from tests.practice.conftest import House

GOOD, SCRIPTED, POOR, DEAD, BARE = "replying", "ticketing", "junked", "away", "refusing"
DEEP = SCRIPTED


def page(house: House, council: str, path: str = "/") -> LexborHTMLParser:
    answer = house.fetch(council, path)
    assert answer.status_code == 200, path
    return LexborHTMLParser(answer.text)


def one(tree: LexborHTMLParser, selector: str) -> LexborNode:
    """The first such node, which has to be there."""
    node = tree.css_first(selector)
    assert node is not None, selector
    return node


def links(tree: LexborHTMLParser) -> dict[str, str]:
    return {node.text(strip=True): node.attributes["href"] or "" for node in tree.css("a[href]")}


def truth(house: House, council: str) -> Any:
    return house.get("/truth")[council]["site"]


def clicks(house: House, council: str, target: str) -> int:
    """The fewest links from the home page, the site map, the A to Z and the search left aside."""
    reached, frontier, count = {"/"}, ["/"], 0
    while target not in reached:
        assert frontier, f"{target} cannot be reached"
        found = {href for path in frontier for href in links(page(house, council, path)).values()}
        frontier = [
            href
            for href in sorted(found - reached)
            if re.fullmatch(r"/[a-z/-]*/", href) and not href.startswith(("/sitemap", "/a-z", "/archive"))
        ]
        reached |= set(frontier)
        count += 1
    return count


# ------------------------------------------------------------------------------------------------ A to Z


def test_every_letter_of_a_good_a_to_z_works(house: House) -> None:
    strip = links(page(house, GOOD, "/a-z/"))

    for letter in ascii_uppercase:
        assert house.fetch(GOOD, strip[letter]).status_code == 200


def test_a_good_a_to_z_has_the_everyday_words_and_leads_to_the_right_page(house: House) -> None:
    entries = links(page(house, GOOD, "/a-z/t/"))

    tree = page(house, GOOD, entries["Tip"])
    assert one(tree, "h1").text() == "Household waste recycling centres (tips)"


def test_dead_letters_are_linked_and_lead_nowhere(house: House) -> None:
    strip = links(page(house, POOR, "/a-z/"))

    dead = [letter for letter in ascii_uppercase if house.fetch(POOR, strip[letter]).status_code == 404]

    assert dead == truth(house, POOR)["a_to_z"]["letters_dead"] == ["Q", "Z"]


def test_a_forgotten_service_and_everyday_words_are_not_in_the_a_to_z(house: House) -> None:
    entries = links(page(house, POOR, "/a-z/j/")) | links(page(house, POOR, "/a-z/t/"))

    assert "Job vacancies" not in entries
    assert "Tip" not in entries


def test_a_site_without_an_a_to_z_neither_has_nor_names_one(house: House) -> None:
    assert house.fetch(SCRIPTED, "/a-z/").status_code == 404
    assert not {"A to Z", "A to Z of services", "Q"} & set(links(page(house, SCRIPTED)))


# ------------------------------------------------------------------------------------------------ search


@pytest.mark.parametrize(("council", "expected", "total"), [(GOOD, 1, 8), (POOR, 31, 217)])
def test_the_right_page_stands_where_the_file_says(council: str, expected: int, total: int, house: House) -> None:
    planted = truth(house, council)["search"]["ranks"]["Bulky waste collections"]

    found: list[str | None] = []
    next_page: str | None = "/search?q=bulky+waste+collections"
    while next_page:
        tree = page(house, council, next_page)
        found += [node.attributes["href"] for node in tree.css(".results a")]
        more = tree.css_first("a[rel=next]")
        next_page = more.attributes["href"] if more else None

    assert found.index(planted["page"]) + 1 == planted["rank"] == expected
    assert len(found) == planted["results"] == total


def test_a_good_search_knows_everyday_words_and_forgives_a_misspelling(house: House) -> None:
    for query in ("tip", "dustbin", "councill tax", "COUNCIL TAX"):
        assert one(page(house, GOOD, f"/search?q={query}"), ".results a")


def test_a_poor_search_gives_no_summaries_and_no_help(house: House) -> None:
    assert not page(house, POOR, "/search?q=bins").css(".results p")
    assert "A to Z" not in one(page(house, POOR, "/search?q=xyzzy"), "h1 + p").text()
    assert page(house, GOOD, "/search?q=bins").css(".results p")
    assert one(page(house, GOOD, "/search?q=xyzzy"), '#main a[href="/a-z/"]')


def test_a_search_by_script_answers_with_data_and_has_no_results_page(house: House) -> None:
    answer = house.fetch(SCRIPTED, "/search.json?q=missed+bin").json()

    assert answer["results"][1]["title"] == "Missed bin collections"
    assert house.fetch(SCRIPTED, "/search?q=missed+bin").status_code == 404
    assert one(page(house, SCRIPTED), "form[role=search]").attributes.get("action") is None
    assert house.fetch(SCRIPTED, "/site.js").headers["content-type"].startswith("text/javascript")


def test_a_dead_search_leads_to_a_missing_page(house: House) -> None:
    action = one(page(house, DEAD), "form[role=search]").attributes["action"]

    assert house.fetch(DEAD, f"{action}?q=bins").status_code == 404


def test_a_site_without_a_search_has_no_box(house: House) -> None:
    assert not page(house, BARE).css("input")


def test_what_is_sought_is_shown_as_text(house: House) -> None:
    answer = house.fetch(GOOD, "/search?q=<script>alert(1)</script>")

    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text


@given(some.text(max_size=300), some.integers(1, 60), some.integers(60, 300))
def test_any_query_is_answered_within_the_limit(query: str, place: int, most: int) -> None:
    entries = [Entry("Council tax", "/c/", ("Rates",), "Pay."), Entry("Bins", "/b/", ("Rubbish",), "Put out.")]

    hits = results(Search(rank=place, results=most), entries, query)

    assert len(hits) in (0, most)
    if hits:
        assert place in (rank(hits, "/c/"), rank(hits, "/b/"))


# ------------------------------------------------------------------------------------------------ contact


def test_a_good_contact_page_has_numbers_address_hours_and_links(house: House) -> None:
    tree = page(house, GOOD, "/contact/")

    assert links(tree)["0113 496 0500"] == "tel:+441134960500"
    assert "mailto:help@replying.example" in links(tree).values()
    assert "09:00 to 17:00" in one(tree, "main").text()


def test_poor_numbers_are_unspaced_unlinked_and_partly_odd(house: House) -> None:
    tree = page(house, POOR, "/contact/")
    text = one(tree, "#main").text()

    assert "01134960602" in text
    assert "01234 567890" in text
    assert "0845 046 0000" in text
    assert not [href for href in links(tree).values() if href.startswith("tel:")]
    assert "Opening hours" not in text


def test_a_number_without_its_code_is_linked_whole_but_shown_in_part(house: House) -> None:
    assert links(page(house, BARE, "/contact/"))["496 0604"] == "tel:+441134960604"


def test_a_site_without_a_contact_page_does_not_link_to_one(house: House) -> None:
    assert house.fetch(DEAD, "/contact/").status_code == 404
    assert "/contact/" not in links(page(house, DEAD)).values()


def test_the_numbers_of_the_truth_are_those_of_the_page(house: House) -> None:
    cells = [node.text() for node in page(house, POOR, "/contact/").css("tbody td:nth-child(2)")]

    assert cells == [one["shown"] for one in truth(house, POOR)["numbers"]]


def test_every_number_that_the_shipped_sites_link_is_valid_and_the_odd_ones_lead_to_no_line() -> None:
    for council in read_councils():
        for one in Site(council).numbers:
            if one.number is not None:
                assert phonenumbers.is_valid_number(phonenumbers.parse(one.number)), one.number
            else:
                assert not one.tel


# ------------------------------------------------------------------------------------------------ the rest


def test_jobs_and_leisure_are_one_click_away_or_four(house: House) -> None:
    good, deep = truth(house, GOOD), truth(house, DEEP)

    assert (clicks(house, GOOD, good["jobs"]), clicks(house, GOOD, good["leisure"])) == (1, 1)
    assert (clicks(house, DEEP, deep["jobs"]), clicks(house, DEEP, deep["leisure"])) == (4, 4)


def test_the_broken_links_are_those_of_the_truth(house: House) -> None:
    broken = truth(house, POOR)["broken_links"]

    assert len(broken) == 7
    for path, address in broken.items():
        assert address in links(page(house, POOR, path)).values()
        assert house.fetch(POOR, address).status_code == 404


def test_a_good_site_has_no_broken_link_at_all(house: House) -> None:
    paths = {
        href for path in truth(house, GOOD)["right_pages"].values() for href in links(page(house, GOOD, path)).values()
    }

    assert [path for path in sorted(paths) if path.startswith("/") and house.fetch(GOOD, path).status_code != 200] == []


def test_every_enquiry_has_a_page_with_an_obvious_title(house: House) -> None:
    right = truth(house, GOOD)["right_pages"]
    titles = {name: one(page(house, GOOD, right[name]), "h1").text() for name in right}

    assert titles["council-tax"] == "Council tax discounts"
    assert titles["missed-bins"] == "Missed bin collections"
    assert titles["tips"] == "Household waste recycling centres (tips)"
    assert len(titles) == 56


def test_robots_may_be_kept_from_the_search(house: House) -> None:
    site = house.council(SCRIPTED)["site"]

    robots = Protego.parse(house.fetch(SCRIPTED, "/robots.txt").text)

    assert not robots.can_fetch(f"{site}search.json?q=bins", "Doorstep")
    assert robots.can_fetch(f"{site}contact/", "Doorstep")
    assert Protego.parse(house.fetch(GOOD, "/robots.txt").text).can_fetch(f"{site}search?q=bins", "Doorstep")


def test_the_site_map_names_pages_that_exist(house: House) -> None:
    site = house.council(GOOD)["site"]
    named = re.findall(r"<loc>(.*?)</loc>", house.fetch(GOOD, "/sitemap.xml").text)

    assert all(address.startswith(site) for address in named)
    assert house.fetch(GOOD, "/" + named[-1].removeprefix(site)).status_code == 200


def test_accessibility_statements_are_full_thin_or_missing(house: House) -> None:
    assert "Equality Advisory" in house.fetch(GOOD, "/accessibility/").text
    assert "Equality Advisory" not in house.fetch(DEAD, "/accessibility/").text
    assert house.fetch(POOR, "/accessibility/").status_code == 404


@pytest.mark.parametrize(("council", "language"), [(GOOD, "en-GB"), (SCRIPTED, "en-GB"), (POOR, None)])
def test_three_looks_and_all_of_them_fit_a_small_screen(council: str, language: str | None, house: House) -> None:
    tree = page(house, council)

    assert one(tree, "html").attributes.get("lang") == language
    assert one(tree, "meta[name=viewport]")


def test_a_page_that_is_not_there_is_a_404(house: House) -> None:
    for path in ("/nothing/", "/contact", "//", "/%2e%2e/etc/passwd", "/meetings/301/"):
        assert house.fetch(GOOD, path).status_code == 404


@pytest.fixture
def traps() -> TestClient:
    """A shipped council's site with every trap set at once."""
    council = next(one for one in read_councils(FOLDER) if one.id == "ashcombe-vale")
    website = council.website.model_copy(update={"soft_404": True, "cookie_banner": True})
    return TestClient(Website(Site(council.model_copy(update={"website": website})), HouseClock()))


def test_a_page_that_is_not_there_may_answer_as_if_it_were(traps: TestClient) -> None:
    answer = traps.get("/nothing/")

    assert (answer.status_code, "Page not found" in answer.text) == (200, True)


def test_listings_in_endless_orders_are_forbidden_to_robots(traps: TestClient) -> None:
    deep = "/benefits/" + 40 * "sort-newest/"
    robots = Protego.parse(traps.get("/robots.txt").text)

    assert f'href="{deep}sort-oldest/"' in traps.get(deep).text
    assert not robots.can_fetch(f"http://testserver{deep}", "Doorstep")
    assert robots.can_fetch("http://testserver/benefits/", "Doorstep")


def test_a_script_draws_the_vacancies_and_a_banner_asks_for_cookies(traps: TestClient) -> None:
    jobs = traps.get("/your-council/job-vacancies/").text

    assert "Librarian" in jobs
    assert "Librarian</a>" not in jobs
    assert "Reject cookies" in jobs


def test_nothing_can_be_sent_to_a_site(house: House, partnership: dict[str, Any]) -> None:
    assert house.send("away", "/").status_code == 405
