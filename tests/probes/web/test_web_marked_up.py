from __future__ import annotations

import json

import pytest
from selectolax.lexbor import LexborHTMLParser

from probes.web import contact, numbers
from probes.web.marked_up import Thing, things
from tests.probes.web.house import HOME, page, site

OFFICE = {
    "@context": "https://schema.org",
    "@type": "GovernmentOffice",
    "name": "Ambleford Council",
    "openingHours": "Mo-Fr 09:00-17:00",
    "address": {"@type": "PostalAddress", "postalCode": "AM1 1AA"},
    "contactPoint": [{"@type": "ContactPoint", "telephone": "+441134960012", "contactType": "Council tax"}],
}


def script(told: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(told)}</script>'


def read(html: str) -> tuple[Thing, ...]:
    return things(LexborHTMLParser(html))


def test_json_ld_is_read_however_deep_it_is_nested() -> None:
    assert read(script({"@graph": [OFFICE]})) == (
        Thing("government office", "Ambleford Council", hours=True),
        Thing("postal address", "", postcode="AM1 1AA"),
        Thing("contact point", "Council tax", telephones=("+441134960012",)),
    )


def test_microdata_is_read_with_the_thing_it_belongs_to() -> None:
    html = """<div itemscope itemtype="https://schema.org/Library"><b itemprop=name>Ambleford Library</b>
    <meta itemprop=telephone content="0113 496 0013"><time itemprop=openingHours datetime="Mo-Fr 09:00-17:00"></div>"""

    assert read(html) == (Thing("library", "Ambleford Library", ("0113 496 0013",), hours=True),)


@pytest.mark.parametrize("broken", ["{", "[" * 100_000, "null", '{"telephone": {"telephone": 7}}', '"x"'])
def test_broken_markup_is_passed_over(broken: str) -> None:
    assert read(f'<script type="application/ld+json">{broken}</script>') == ()


def test_a_number_that_is_only_marked_up_is_judged_but_not_by_how_it_looks() -> None:
    (mention,) = numbers.mentions(HOME, script(OFFICE))

    assert (mention.number, mention.label, mention.marked_up) == ("+441134960012", "Council tax", True)
    assert (mention.spaced, mention.linked, mention.cost_shown) == (None, False, None)


def test_a_number_that_is_marked_up_wrongly_is_found() -> None:
    wrong = {"@type": "Organization", "name": "Ambleford Council", "telephone": "0113 496 001"}
    reading, _ = numbers.read(site("<p>Telephone 0113 496 0012</p>" + script(wrong)))

    assert reading.facts["web.phone.valid"] == 50.0
    assert f"'0113 496 001' on {HOME} is not a whole and valid telephone number" in reading.notes


def test_a_number_that_is_shown_and_marked_up_counts_once() -> None:
    assert len(numbers.mentions(HOME, "<p>Telephone 0113 496 0012</p>" + script(OFFICE))) == 1


def test_a_persons_marked_up_number_is_not_reported() -> None:
    person = {"@type": "Person", "name": "Jo Ball", "telephone": "0113 496 0015"}

    assert numbers.mentions(HOME, script(person)) == ()


def test_contact_details_may_be_marked_up() -> None:
    told = {**OFFICE, "email": "help@council.test"}

    assert contact.details(page("/contact", "<h1>Contact us</h1>" + script(told))) == {
        "telephone": True,
        "e-mail or form": True,
        "postal address": True,
        "opening hours": True,
    }


def test_the_marked_up_hours_of_a_library_are_not_those_of_the_offices() -> None:
    library = script({"@type": "Library", "name": "Ambleford Library", "openingHours": "Mo-Fr 09:00-17:00"})

    for html, published in ((library, False), (script(OFFICE), True)):
        assert contact.read(site(html), ()).facts["web.hours_published"] is published
