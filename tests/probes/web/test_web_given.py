from __future__ import annotations

import pytest

from probes.web import numbers
from probes.web.pages import Page
from probes.web.reading import Reading
from results.schema import Why
from tests.probes.web.house import HOME, page, site

CONTACT = "<h1>Contact us</h1><p>Planning: 0113 496 0012</p><p>Council tax: 0113 496 0013</p>"


def read(home: str, *others: Page) -> Reading:
    return numbers.read(site(home, *others), ("Ambleford Council",))[0]


def test_each_way_in_which_numbers_are_useful_is_worth_a_quarter() -> None:
    whole = "<h2>Planning</h2><a href='tel:+441134960012'>0113 496 0012</a>"
    without = "<p>Call 496 0013</p>"

    assert read(whole).facts["web.phone.quality"] == 100.0
    assert read(f"{without}{whole}").facts["web.phone.quality"] == 62.5
    assert (
        "of the telephone numbers shown 50 % have a dialling code, 100 % are spaced, 50 % are linked,"
        " 50 % say what they are for"
    ) in read(f"{without}{whole}").notes


def test_another_bodys_number_is_not_the_organisations_to_give_well() -> None:
    reading = read("<p>Samaritans: 01134960012</p>")

    assert reading.unknown["web.phone.quality"][0] is Why.NOT_APPLICABLE


def test_numbers_that_every_page_gives_for_the_same_service_fit() -> None:
    assert read(CONTACT, page("/planning", "<h1>Planning</h1><p>Call 0113 496 0012</p>")).facts["web.phone.appropriate"]


def test_another_services_number_is_proposed_as_not_appropriate_with_its_page() -> None:
    reading = read(CONTACT, page("/tax", "<h1>Council tax</h1><p>Call 0113 496 0012</p>"), page("/x", CONTACT))

    assert reading.facts["web.phone.appropriate"] is False
    assert f"'0113 496 0012' on http://council.test/tax is given for Council tax, and on {HOME} for Planning" in (
        reading.notes
    )


def test_one_number_for_everything_fits_everything() -> None:
    home = f"{CONTACT}<p>Switchboard: 0113 496 0010</p>"

    reading = read(home, page("/tax", "<h1>Council tax</h1><p>Switchboard: 0113 496 0010</p>"))

    assert reading.facts["web.phone.appropriate"] is True


def test_a_persons_own_number_against_a_service_is_proposed_as_not_appropriate_and_never_told() -> None:
    reading = read(CONTACT, page("/trees", "<h1>Trees</h1><p>Ask Mr Smith: 07400 123456</p>"))

    assert reading.facts["web.phone.appropriate"] is False
    assert "http://council.test/trees shows what seems to be a person's own number" in reading.notes
    assert "07400" not in repr(reading)


def test_a_councillors_own_number_on_the_councillors_page_is_no_ones_fault() -> None:
    cllr = page("/councillors/smith", "<h1>Councillor Smith</h1><p>Home: 07400 123456</p>")

    assert read(CONTACT, cllr).facts["web.phone.appropriate"] is True


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ("<h1>Benefits</h1><p>Call 0906 123 4567</p>", "is charged at a premium rate"),
        ("<h1>Visiting</h1><p>Royal Ambleford hospital: 0113 496 0012</p>", "for Royal Ambleford hospital"),
    ],
)
def test_a_premium_or_another_bodys_number_is_proposed_as_not_appropriate(other: str, told: str) -> None:
    reading = read(CONTACT, page("/other", other))

    assert reading.facts["web.phone.appropriate"] is False
    assert any(told in note for note in reading.notes)


def test_without_numbers_none_can_be_inappropriate() -> None:
    assert read("<p>Write to us</p>").unknown["web.phone.appropriate"][0] is Why.NOT_APPLICABLE
