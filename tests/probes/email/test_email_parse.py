"""Reading mail that strangers send: nothing raises, nothing is unbounded, nothing is executed."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.email import read
from probes.email.parse import text_of_html
from probes.email.quoting import new_text

OURS = "Hello, I have an old sofa to get rid of - could you tell me how to book a collection and what it costs?"


def plain(body: str, headers: str = "") -> bytes:
    return f"From: a@b.example\r\nSubject: Re: Old sofa\r\n{headers}\r\n{body}".encode()


def test_headers_are_decoded_onto_one_line() -> None:
    mail = read(b"Subject: =?utf-8?q?Caf=C3=A9?=\r\n =?iso-8859-1?q?_=A325?=\r\n\r\n")

    assert mail.subject == "Café £25"


def test_a_header_cannot_smuggle_in_another() -> None:
    mail = read(b"Subject: =?utf-8?q?a=0D=0ABcc:_x@y.example?=\r\n\r\n")

    assert "\n" not in mail.subject
    assert "bcc" not in mail.headers


def test_the_deliverers_word_for_the_recipient_comes_first() -> None:
    mail = read(b"To: Some One <list@b.example>\r\nDelivered-To: Shopper+K7F2Q@host.example\r\n\r\n")

    assert mail.recipients == ("shopper+k7f2q@host.example", "list@b.example")


@pytest.mark.parametrize(
    "charset", ["utf-8", "iso-8859-1", "windows-1252", "no-such-charset", "punycode", "hex", "utf_7"]
)
def test_any_charset_gives_text(charset: str) -> None:
    mail = read(b"Content-Type: text/plain; charset=" + charset.encode() + b"\r\n\r\nIt costs 25 pounds \xa3\xff\r\n")

    assert "It costs 25 pounds" in mail.text


def test_wrongly_labelled_latin_text_stays_readable() -> None:
    mail = read(b"Content-Type: text/plain; charset=utf-8\r\n\r\ncaf\xe9, \xa325\r\n")

    assert mail.text.startswith("caf")
    assert "25" in mail.text


def test_html_becomes_text_without_scripts() -> None:
    html = "<p>Dear <b>Ms</b> Clarke</p><script>steal()</script><style>p{}</style><p>It costs &pound;25<br>Regards</p>"

    text = read(b"Content-Type: text/html; charset=utf-8\r\n\r\n" + html.encode()).text

    assert text.split("\n\n") == ["Dear Ms Clarke", "It costs £25", "Regards"]


def test_entities_cannot_bring_back_marks_that_turn_the_writing() -> None:
    text = read(b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>a&#x202e;b&#8203;c</p>").text

    assert text == "abc"


def test_plain_text_is_preferred_to_html() -> None:
    mail = read(
        b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n--b--\r\n"
    )

    assert mail.text == "plain"


def test_attachments_are_named_and_not_opened() -> None:
    content = base64.b64encode(b"PK\x03\x04 not text").decode()
    mail = read(
        (
            'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nPlease see attached.\r\n--b\r\n'
            'Content-Type: application/zip\r\nContent-Disposition: attachment; filename="reply\r\n ../x.zip"\r\n'
            f"Content-Transfer-Encoding: base64\r\n\r\n{content}\r\n--b--\r\n"
        ).encode()
    )

    assert len(mail.attachments) == 1
    assert "\n" not in mail.attachments[0]
    assert mail.text == "Please see attached."


def test_five_thousand_parts_within_parts_are_unreadable_but_still_have_headers() -> None:
    head = b'Subject: deep\r\nTo: shopper+k7f2q@host.example\r\nContent-Type: multipart/mixed; boundary="b0"\r\n\r\n'
    nested = b"".join(
        b'--b%d\r\nContent-Type: multipart/mixed; boundary="b%d"\r\n\r\n' % (depth, depth + 1) for depth in range(5000)
    )

    mail = read(head + nested)

    assert mail.unreadable
    assert mail.subject == "deep"
    assert mail.recipients == ("shopper+k7f2q@host.example",)


def test_two_hundred_thousand_headers_are_cut_short() -> None:
    mail = read(b"".join(b"X-H%d: v\r\n" % number for number in range(200_000)) + b"\r\nbody")

    assert len(mail.headers) < 10_000


def test_fifty_thousand_recipients_are_cut_short() -> None:
    mail = read(b"To: " + b", ".join(b"a%d@b.example" % number for number in range(50_000)) + b"\r\n\r\n")

    assert 0 < len(mail.recipients) <= 1_000


@pytest.mark.parametrize(
    "header",
    [
        b"To: " + b"(" * 60_000,
        b"To: " + b'"\\' * 30_000,
        b"Subject: " + b"=?utf-8?q?a?= " * 4_000,
        b"References: " + b"<" * 60_000,
        b"Content-Type: text/plain; " + b"a*0=b;" * 9_000,
        b"Content-Disposition: attachment" + b"; filename*1=b" * 4_000,
    ],
)
def test_headers_made_to_exhaust_a_parser_do_not(header: bytes) -> None:
    assert read(header + b"\r\n\r\nhello\r\n").text in ("hello", "")


def test_html_nested_beyond_sense_becomes_text_all_the_same() -> None:
    assert "hello" in text_of_html("<div>" * 10_000 + "hello" + "</div>" * 10_000)


def test_a_huge_body_is_cut_short() -> None:
    assert len(read(plain("word " * 1_000_000)).text) <= 20_000


@given(st.binary(max_size=2_000))
def test_no_bytes_raise(raw: bytes) -> None:
    mail = read(raw)

    assert "\r" not in mail.text
    assert "\x00" not in mail.text


@given(
    st.lists(st.sampled_from(["Content-Type", "Content-Disposition", "Subject", "To", "References"]), max_size=4),
    st.text(alphabet="multiparxed/;=\"' b\\*%?utf-8q<>@.,:\x00é\n", max_size=80),
    st.binary(max_size=200),
)
def test_no_malformed_header_raises(names: list[str], value: str, body: bytes) -> None:
    head = "".join(f"{name}: {value}\r\n" for name in names).encode()

    assert read(head + b"\r\n" + body).message_id == ""


# ------------------------------------------------------------------------------------------------ links


@pytest.mark.parametrize(
    ("body", "links"),
    [
        ("See https://a.example/x?y=1.", ("https://a.example/x?y=1",)),
        ("See www.a.example/bins, please.", ("https://www.a.example/bins",)),
        ("(http://a.example/1) <http://a.example/2>", ("http://a.example/1", "http://a.example/2")),
        ("twice http://a.example http://a.example", ("http://a.example",)),
        ("mail me@a.example or ftp://a.example or javascript:alert(1)", ()),
        ("new http://a.example\n> old http://b.example", ("http://a.example",)),
        (
            "https://eur02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.example%2Fbins&data=05",
            ("https://a.example/bins",),
        ),
        ("https://[broken and https://a.example:99999999/x", ("https://[broken", "https://a.example:99999999/x")),
    ],
)
def test_the_links_of_the_new_text_are_found(body: str, links: tuple[str, ...]) -> None:
    assert read(plain(body)).links == links


def test_links_behind_words_of_html_are_found_and_those_of_the_quotation_are_not() -> None:
    html = (
        b'<p><a href="https://a.example/?a=1&amp;b=2">Bins</a> <a href="javascript:x()">no</a></p>'
        b'<blockquote><a href="https://b.example">quoted</a></blockquote>'
    )

    mail = read(b"Content-Type: text/html\r\n\r\n" + html)

    assert mail.links == ("https://a.example/?a=1&b=2",)
    assert mail.text_top == "Bins no"


def test_links_are_bounded_in_number_and_length() -> None:
    many = " ".join(f"https://a.example/{number}" for number in range(500))

    assert len(read(plain(many)).links) == 50
    assert read(plain("https://a.example/" + "x" * 600)).links == ()


# ------------------------------------------------------------------------------------------------ sealed


@pytest.mark.parametrize(
    ("head", "body", "encrypted"),
    [
        ("Content-Type: application/pkcs7-mime; smime-type=enveloped-data", "MIIB", True),
        ("Content-Type: application/pkcs7-mime; smime-type=signed-data", "MIIB", False),
        ("Content-Type: multipart/encrypted; boundary=b", "--b\r\n\r\nx\r\n--b--", True),
        ("Content-Type: text/plain", "-----BEGIN PGP MESSAGE-----\n\nhQEM", True),
        ("Content-Type: text/plain", "You can book online.", False),
    ],
)
def test_a_sealed_mail_is_known_as_such(head: str, body: str, encrypted: bool) -> None:
    assert read(f"{head}\r\n\r\n{body}\r\n".encode()).encrypted is encrypted


# ------------------------------------------------------------------------------------------------ quotations


@pytest.mark.parametrize(
    "quotation",
    [
        f"On Tue, 17 Nov 2026 at 10:00, Emma Clarke <a@b.example> wrote:\n> {OURS}",
        f"On Tue, 17 Nov 2026 at 10:00, Emma Clarke\n<a@b.example> wrote:\n\n{OURS}",
        f"-----Original Message-----\nFrom: Emma Clarke\n{OURS}",
        f"________________________________\nFrom: Emma Clarke\nSent: 17 November 2026\n{OURS}",
        f"From: Emma Clarke\nSent: 17 November 2026\nTo: Customer Services\n{OURS}",
        f"> {OURS}",
        OURS,
        f"{OURS[:50]}\n{OURS[50:]}",
    ],
)
def test_what_is_quoted_is_taken_away(quotation: str) -> None:
    assert new_text(f"You can book online.\n\n{quotation}", OURS) == "You can book online."


def test_an_answer_below_the_quotation_is_kept() -> None:
    text = f"On Tuesday, 17 November 2026, Emma Clarke wrote:\n> {OURS}\n\nYou can book online."

    assert new_text(text) == "You can book online."


def test_answers_between_the_quoted_lines_are_kept() -> None:
    text = "Emma Clarke wrote:\n> how to book\nOnline.\n> what it costs\n£25."

    assert new_text(text).endswith("Online.\n£25.")


def test_a_quotation_in_html_is_taken_away() -> None:
    mail = read(b"Content-Type: text/html\r\n\r\n<p>Online.</p><blockquote>how to book a collection</blockquote>")

    assert mail.text_top == "Online."


def test_a_letter_that_speaks_of_a_day_is_not_cut() -> None:
    text = "On Monday we collect.\nFrom: the kerb, that is."

    assert new_text(text) == text


# ------------------------------------------------------------------------------------------------ delivery reports


def test_a_delivery_report_says_what_became_of_which_mail() -> None:
    raw = (
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        b"Final-Recipient: rfc822; Customer@acorn.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <ours@host.example>\r\n\r\nhello\r\n--b--\r\n"
    )

    report = read(raw).report

    assert report is not None
    assert (report.action, report.status) == ("failed", "5.1.1")
    assert report.recipients == ("customer@acorn.example",)
    assert report.original_id == "<ours@host.example>"
