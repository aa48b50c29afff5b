from __future__ import annotations

import hashlib

import pytest

from probes.web.personal import LEFT_OUT, kept
from tests.probes.web.house import HOME

NAMES = ("Ambleford Council",)


@pytest.mark.parametrize(
    "written",
    [
        "07400 123456",
        "07400123456",
        "+44 7400 123456",
        "07400&nbsp;123&nbsp;456",
        "<a href='tel:+447400123456'>ring</a>",
    ],
)
def test_a_persons_own_number_is_left_out_of_what_is_kept(written: str) -> None:
    html = f"<h1>Allotments</h1><p>Ask Mr Smith: {written}</p><p>Council tax: 0113 496 0012</p>"

    page = kept(HOME, html, NAMES)

    assert LEFT_OUT in page
    assert "123" not in page.replace("496 0012", "").partition("-->")[2]
    assert "0113 496 0012" in page
    assert hashlib.sha256(html.encode()).hexdigest() in page


def test_a_councillors_number_at_home_is_left_out() -> None:
    page = kept(f"{HOME}councillors", "<h1>Councillors</h1><p>Cllr Ball, home: 0113 496 0015</p>", NAMES)

    assert "0113" not in page.partition("-->")[2]


def test_a_mobile_number_in_the_source_that_nobody_sees_is_left_out() -> None:
    assert "07400123456" not in kept(HOME, "<p>Hello</p><script>var owner = '07400123456'</script>", NAMES)


def test_a_page_without_personal_numbers_is_kept_as_it_came() -> None:
    html = "<p>Text the duty officer: 07400 123456</p><p>Reference 01234567890123, 0113 496 0012</p>"

    assert kept(HOME, html, NAMES) == html


def test_where_figures_are_scattered_only_the_digest_is_kept() -> None:
    html = "<h1>Allotments</h1><p>Mr Smith <b>07400</b> <b>123</b><b>456</b></p>"

    page = kept(HOME, html, NAMES)

    assert "123" not in page.partition("-->")[2]
    assert hashlib.sha256(html.encode()).hexdigest() in page
