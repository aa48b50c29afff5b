from __future__ import annotations

from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.web.pages import Absolute, decode, described, nested_too_deeply, plain, read, stems
from tests.probes.web.house import missing, page, site


def test_a_page_gives_its_title_heading_and_links() -> None:
    got = page("/bins/", "<title>Bins</title><h1>Bin <b>days</b></h1><a href='missed#top'>Missed  bin</a>")

    assert (got.title, got.h1) == ("Bins", "Bin days")
    assert [(link.url, link.text) for link in got.links] == [("http://council.test/bins/missed", "Missed bin")]


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "mailto:a@b.uk", "tel:01134960000", "#top", "", "data:text/html,x", "http://[bad/"]
)
def test_what_is_no_web_address_is_no_link(href: str) -> None:
    assert page("/", f"<a href='{href}'>x</a>").links == ()


def test_a_link_is_named_as_it_is_spoken() -> None:
    html = "<a href=/a aria-label='Bins'>x</a><a href=/b><img alt='Council tax'></a><a href=/c title=Jobs></a>"

    assert [link.text for link in page("/", html).links] == ["Bins", "Council tax", "Jobs"]


def test_relative_links_start_from_the_base_element() -> None:
    assert (
        page("/x/", "<base href='/services/'><a href=bins>Bins</a>").links[0].url == "http://council.test/services/bins"
    )


def test_a_script_is_not_text() -> None:
    assert page("/", "<p>Open<script>alert('0113 496 0000')</script></p>").text == "Open"


def test_end_tags_that_close_nothing_do_not_hide_how_deep_a_page_is_nested() -> None:
    assert nested_too_deeply("<div></b>" * 2000)
    assert not nested_too_deeply("<div><b></b></div>" * 2000)
    assert not nested_too_deeply("<li><p>One" * 2000)


def test_a_page_nested_beyond_reason_is_kept_unread() -> None:
    got = read("http://council.test/", 0, "<div>" * 200_000 + "<a href=/x>x</a>")

    assert got.cut
    assert got.links == ()


def test_a_long_list_with_unclosed_items_is_read() -> None:
    assert len(page("/", "<ul>" + "<li><p>x" * 5000).text.split("\n")) == 5000


@pytest.mark.parametrize(
    ("body", "declared"),
    [
        ("<p>£5 café</p>".encode(), "utf-8"),
        ("<p>£5 café</p>".encode("windows-1252"), "utf-8"),
        ("<p>£5 café</p>".encode("windows-1252"), None),
        ("<p>£5 café</p>".encode(), "no-such-charset"),
        ("<meta charset=iso-8859-15><p>£5 café</p>".encode("iso-8859-15"), None),
    ],
)
def test_a_wrong_charset_still_gives_the_text(body: bytes, declared: str | None) -> None:
    assert "£5 café" in decode(body, declared)


@given(st.binary(max_size=300))
def test_any_bytes_can_be_decoded_and_read(body: bytes) -> None:
    assert read("http://council.test/", 0, decode(body, None)).status == 200


@given(st.from_regex(r"(/|\.\./|\?|[a-z0-9])[a-z0-9/?=&.#~-]{0,30}", fullmatch=True))
def test_the_quick_way_to_an_address_agrees_with_the_slow_one(href: str) -> None:
    base = "http://council.test/services/bins"

    assert Absolute(base)(href) == plain(urljoin(base, href))


def test_clicks_are_counted_along_the_shortest_way_and_through_redirects() -> None:
    council = site(
        "<a href=/a>a</a><a href=/old>old</a>",
        page("/a", "<a href=/b>b</a>"),
        page("/b", "<a href=/c>c</a>"),
        page("/c", "x"),
        **{"http://council.test/old": "http://council.test/b"},
    )

    assert [council.clicks[f"http://council.test/{path}"] for path in ("", "a", "b", "c")] == [0, 1, 1, 2]


def test_a_redirect_that_never_ends_leads_to_no_page() -> None:
    a, b = "http://council.test/a", "http://council.test/b"

    assert site("x", **{a: b, b: a}).page(a) is None


def test_the_answer_key_is_looked_for_in_address_title_and_heading() -> None:
    assert page("/council-tax/pay", "x").answers("council-tax")
    assert page("/x", "<title>Pay your Council Tax</title>").answers("council tax")
    assert page("/x", "<h1>COUNCIL TAX</h1>").answers("council tax")
    assert not page("/x", "<p>council tax</p>").answers("council tax")
    assert not missing("/council-tax").answers("council-tax")


def test_words_are_compared_without_their_endings() -> None:
    assert stems("Missed bins and boxes") == stems("missed bin, box")
    assert described("TIP", "the tip")
