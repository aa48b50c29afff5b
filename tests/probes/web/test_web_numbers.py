from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.web.in_service import found
from probes.web.mention import Mention
from probes.web.numbers import govuk, mentions, national, read, valid
from results.schema import Why
from tests.probes.web.house import HOME, page, site

COST = "Calls cost 7p per minute plus your phone company's access charge."


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
        "web.phone.cost_shown": None,
        "web.phone.consistent": None,
        "web.phone.agree": 100.0,
        "web.phone.quality": 50.0,
        "web.phone.appropriate": True,
        "web.contactpoint_markup": False,
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


# ------------------------------------------------------------------------------------------------ what a number is for


@pytest.mark.parametrize(
    ("html", "label"),
    [
        ("<p>Council tax: 0113 496 0012</p>", "Council tax"),
        (
            "<p>To report a missed bin, please call us on <a href='tel:01134960012'>0113 496 0012</a>",
            "To report a missed bin",
        ),
        ("<table><tr><th>Service<th>Telephone<tr><td>Housing benefit<td>0113 496 0012</table>", "Housing benefit"),
        ("<dl><dt>Planning</dt><dd>Telephone</dd><dd>0113 496 0012</dd></dl>", "Planning"),
        ("<h2>Pest control</h2><p>We treat rats.</p><h3>Contact us</h3><p>Tel: 0113 496 0012</p>", "Pest control"),
        ("<h1>Register a birth</h1><p>Telephone</p><p>0113 496 0012</p>", "Register a birth"),
        ("<h2>Pests</h2><table><tr><td>Bees</table><p>Ring 0113 496 0012</p>", "Pests"),
        ("<h2>By telephone</h2><table><tr><td>Bins<td>0113 496 0011<tr><td>Telephone<td>0113 496 0012</table>", ""),
        ("<p>Bins: 0113 496 0011; parking: 0113 496 0012</p>", "parking"),
    ],
)
def test_a_number_is_for_what_its_line_its_row_its_term_or_its_heading_says(html: str, label: str) -> None:
    assert mentions(HOME, html)[-1].label == label


@pytest.mark.parametrize(
    ("shown", "kind"),
    [
        ("0113 496 0012", "landline"),
        ("0306 999 0012", "03"),
        ("0808 157 0012", "freephone"),
        ("0845 300 1234", "charged"),
        ("0906 123 4567", "premium"),
    ],
)
def test_a_number_is_of_a_kind(shown: str, kind: str) -> None:
    assert only(f"<p>Enquiries: {shown}</p>").kind == kind


@pytest.mark.parametrize(
    "shown", ["0113 496 0012 ext 1234", "0113 496 0012 extension 12", "0113 496 0012x1234", "0113 496 0012 (ext. 55)"]
)
def test_an_extension_is_no_part_of_the_number(shown: str) -> None:
    assert only(f"<p>Tel {shown}</p>").number == "+441134960012"


def test_a_link_that_dials_the_extension_too_dials_the_number_shown() -> None:
    assert only("<a href='tel:+441134960012;ext=55'>0113 496 0012</a>").linked


@pytest.mark.parametrize(
    "html",
    [
        "<p>Minicom: 0113 496 0012</p>",
        "<p>Textphone 18001 0113 496 0012</p>",
        "<p>Relay UK: <a href='tel:18001 01134960012'>18001 0113 496 0012</a></p>",
    ],
)
def test_a_textphone_is_valid_and_told_apart(html: str) -> None:
    mention = only(html)

    assert (mention.number, mention.textphone) == ("+441134960012", True)


def test_a_textphone_without_a_link_is_no_fault() -> None:
    reading, _ = read(site("<a href='tel:01134960012'>0113 496 0012</a><p>Minicom: 0113 496 0013</p>"))

    assert reading.facts["web.phone.linked"] == 100


def test_a_number_in_a_picture_is_read_from_its_text() -> None:
    assert only("<img src=t.gif alt='Telephone 0113 496 0012'>").number == "+441134960012"


@pytest.mark.parametrize(
    "html",
    [
        '<script type=\'application/ld+json\'>{"telephone": "+44 113 496 0012"}</script>',
        "<span itemprop='telephone'>0113 496 0012</span>",
    ],
)
def test_a_number_marked_up_for_machines_is_noted(html: str) -> None:
    assert read(site(html))[0].facts["web.contactpoint_markup"] is True


# ------------------------------------------------------------------------------------------------ whose it is


@pytest.mark.parametrize(
    "html",
    [
        "<p>Cllr Jane Doe: 07911 123456</p>",
        "<p>Call Dave the tenant on 07911 123456</p>",
        "<h1>Councillor Jane Doe</h1><p>Home: 0113 496 0012</p>",
        "<h1>Councillor Jane Doe</h1><p>Mobile: 07911 123456</p>",
        "<table><tr><td>Mr J Doe<td>07911 123456</table>",
    ],
)
def test_a_persons_own_number_is_reported_nowhere(html: str) -> None:
    reading, shown = read(site(html))

    assert shown == ()
    assert "0012" not in str(reading)
    assert "07911" not in str(reading)


@pytest.mark.parametrize(
    "html",
    [
        "<p>Text us: 07911 123456</p>",
        "<p>Dog warden 07911 123456</p>",
        "<p>Out of hours duty officer: 07911 123456</p>",
    ],
)
def test_a_services_mobile_is_the_organisations(html: str) -> None:
    assert only(html).whose == "own"


@pytest.mark.parametrize(
    "html",
    [
        "<p>NHS urgent care: 0113 496 0012</p>",
        "<table><tr><td>Citizens Advice<td>0113 496 0012</table>",
        "<h3>Local Government and Social Care Ombudsman</h3><p>Telephone: 0113 496 0012</p>",
        "<p>For potholes ring Ambleshire County Council on 0113 496 0012</p>",
        "<p>Equality helpline: 0808 800 0082</p>",
    ],
)
def test_another_bodys_number_is_told_apart(html: str) -> None:
    (mention,) = mentions(HOME, html, ["Wexmoor Borough Council"])

    assert mention.whose == "another body"


def test_the_councils_own_name_makes_no_number_anothers() -> None:
    (mention,) = mentions(HOME, "<p>Ring Wexmoor Borough Council on 0113 496 0012</p>", ["Wexmoor Borough Council"])

    assert mention.whose == "own"


def test_only_the_organisations_own_voice_numbers_are_handed_over() -> None:
    html = "<p>Bins: 0113 496 0011</p><p>Police: 0113 496 0012</p><p>Minicom: 0113 496 0013</p>"
    reading, _ = read(site(html))
    evidence = json.dumps({"seen": dict(reading.where)}).encode()

    assert [one.number for one in found(evidence)] == ["+441134960011"]


# ------------------------------------------------------------------------------------------------ cost and agreement


def test_what_a_call_costs_has_to_stand_beside_a_charged_number() -> None:
    beside, silent = f"<p>Tel 0845 300 1234. {COST}</p>", "<p>Tel 0845 300 1234</p>"

    assert read(site(beside))[0].facts["web.phone.cost_shown"] is True
    assert read(site(silent))[0].facts["web.phone.cost_shown"] is False
    assert read(site(f"{silent}{'<p>Words and more words.' * 99}{COST}"))[0].facts["web.phone.cost_shown"] is False


@pytest.mark.parametrize("shown", ["0306 999 0012", "0808 157 0012", "0113 496 0012"])
def test_ordinary_numbers_need_no_word_about_cost(shown: str) -> None:
    assert read(site(f"<p>Tel {shown}</p>"))[0].unknown["web.phone.cost_shown"][0] is Why.NOT_APPLICABLE


def test_a_link_that_dials_another_number_is_named() -> None:
    reading, _ = read(site("<a href='tel:01134960013'>0113 496 0012</a>"))

    assert reading.facts["web.phone.agree"] == 0
    assert "'0113 496 0012' on http://council.test/ dials 01134960013" in reading.notes


def test_two_pages_with_different_numbers_for_a_service_do_not_agree() -> None:
    one = site("<p>Council tax: 0113 496 0012</p>", page("/ct", "<h2>Council Tax</h2><p>Telephone 0113 496 0013</p>"))
    reading, _ = read(one)

    assert reading.facts["web.phone.consistent"] is False
    assert any("Council tax" in note and "/ct" in note for note in reading.notes)


def test_a_page_that_gives_one_of_two_numbers_agrees() -> None:
    one = site(
        "<p>Council tax: 0113 496 0012</p><p>Council tax: 0113 496 0013</p>",
        page("/ct", "<p>Council tax: 0113 496 0013</p>"),
    )

    assert read(one)[0].facts["web.phone.consistent"] is True


def test_contact_us_is_no_service_that_pages_could_disagree_on() -> None:
    one = site("<h2>Contact us</h2><p>0113 496 0012</p>", page("/p", "<h2>Contact us</h2><p>0113 496 0013</p>"))

    assert read(one)[0].unknown["web.phone.consistent"][0] is Why.NOT_APPLICABLE
