from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.web.numbers import Mention, govuk, mentions, national, read, valid
from results.schema import Why
from tests.probes.web.house import HOME, page, site


def only(html: str) -> Mention:
    """The one number that a page shows."""
    (mention,) = mentions(HOME, html)
    return mention


@pytest.mark.parametrize("shown", ["0113 496 0012", "020 7946 0012", "0808 157 0012", "03069 990 012"])
def test_ofcoms_numbers_for_drama_are_valid_and_well_spaced(shown: str) -> None:
    mention = only(f"<p>Telephone: {shown}</p>")

    assert mention.number is not None
    assert mention.spaced


@pytest.mark.parametrize("shown", ["01134960012", "(0113) 496 0012", "0113-496-0012", "0113 4960012", "01273 800900"])
def test_a_valid_number_in_another_grouping_is_not_well_spaced(shown: str) -> None:
    mention = only(f"<p>Telephone: {shown}</p>")

    assert mention.number is not None
    assert mention.spaced is False


@pytest.mark.parametrize("shown", ["+44 113 496 0012", "+44 (0)113 496 0012", "0113\u00a0496\u00a00012"])
def test_a_number_for_callers_from_abroad_or_with_fixed_spaces_is_well_spaced(shown: str) -> None:
    assert only(f"<p>Ring {shown}</p>").spaced


@pytest.mark.parametrize(
    "shown",
    ["0113 496 001", "01234 567890", "0300 000 0000", "01234 XXXXXX", "(113) 496-0012", "496 0012", "0999 123 4567"],
)
def test_a_number_that_cannot_be_dialled_is_found_and_is_not_valid(shown: str) -> None:
    mention = only(f"<h2>Telephone</h2><p>Call {shown}</p>")

    assert (mention.shown, mention.number) == (shown, None)


@pytest.mark.parametrize(
    "text",
    [
        "Planning reference 07/01234/FUL of 01/02/2026",
        "Sort code 02-03-04, account 01234567",
        "UPRN 010001234567",
        "The budget rose from 496 0012 000 to more",
        "Fax: 0113 496 0012",
        "Open 0900-1700",
        "£0113 496 0012",
    ],
)
def test_other_figures_are_no_telephone_numbers(text: str) -> None:
    assert mentions(HOME, f"<p>{text}</p>") == ()


def test_a_telephone_link_with_the_same_digits_works() -> None:
    assert only("<a href='tel:+441134960012'>0113 496 0012</a>").linked


def test_a_telephone_link_with_other_digits_does_not_work() -> None:
    assert not only("<a href='tel:01134960013'>0113 496 0012</a>").linked


def test_a_telephone_link_with_slashes_does_not_work() -> None:
    assert not only("<a href='tel://01134960012'>0113 496 0012</a>").linked


def test_a_link_that_says_call_us_is_not_judged_for_spacing() -> None:
    mention = only("<a href='tel:+441134960012'>Call us</a>")

    assert (mention.number, mention.linked, mention.spaced) == ("+441134960012", True, None)


def test_numbers_in_neighbouring_cells_stay_apart() -> None:
    html = "<table><tr><td>Tel 0113 496 0012<td>0113 496 0013</table>"

    assert [mention.shown for mention in mentions(HOME, html)] == ["0113 496 0012", "0113 496 0013"]


def test_a_number_in_a_table_needs_no_word_beside_it() -> None:
    rows = "".join(f"<tr><td>Service number {n}</td><td>496 00{n}</td></tr>" for n in range(10, 30))
    odd = "<tr><td>Press<td>01234 567890<tr><td>Hall<td>0113 496 009"
    html = f"<table><tr><th>Service<th>Telephone</tr>{rows}{odd}</table>"

    found = mentions(HOME, html)

    assert len(found) == 22
    assert {mention.number for mention in found} == {None}


def test_an_american_writing_of_870_is_not_taken_for_a_charged_number() -> None:
    assert not only("<p>Call (870) 496-0012</p>").charged


@pytest.mark.parametrize("shown", ["0845 300 1234", "0870 123 4321", "0906 123 4567"])
def test_a_charged_number_is_named(shown: str) -> None:
    reading, _ = read(site(f"<p>Telephone {shown}</p>"))

    assert reading.facts["web.phone.low_cost"] is False
    assert any(shown in note for note in reading.notes)


def test_the_facts_are_shares_of_what_is_shown() -> None:
    council = site(
        "<p>Tel <a href='tel:01134960012'>0113 496 0012</a>",
        page("/a", "<p>Tel 01134960012"),
        page("/b", "<p>Tel 0113 496 001"),
    )

    reading, _ = read(council)

    assert reading.facts == {
        "web.phone.found": True,
        "web.phone.count": 1,
        "web.phone.valid": 66.7,
        "web.phone.low_cost": True,
        "web.phone.spaced": 50.0,
        "web.phone.linked": 50.0,
        "web.phone.numbers_used": None,  # until somebody calls them
    }


def test_without_numbers_their_manner_does_not_apply() -> None:
    reading, _ = read(site("<p>Write to us"))

    assert reading.facts["web.phone.found"] is False
    assert reading.unknown["web.phone.spaced"][0] is Why.NOT_APPLICABLE


@given(st.integers(0, 999), st.sampled_from(["0113496{:04}", "0207946{:04}", "0808157{:04}", "03069990{:03}"]))
def test_every_number_is_recognised_in_gov_uks_own_grouping(last: int, pattern: str) -> None:
    number = valid(pattern.format(last if "990" in pattern else last % 1000))

    assert number is not None
    for spelling in govuk(number):
        assert valid(spelling) == number
        assert only(f"<p>Telephone {spelling}</p>").spaced


@given(st.text(alphabet="0123456789 ()+-./x", max_size=60))
def test_no_string_of_figures_upsets_the_reader(text: str) -> None:
    for mention in mentions(HOME, f"<p>Tel: {text}</p>"):
        assert mention.number is None or national(mention.shown) is not None
