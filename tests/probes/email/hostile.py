"""E-mails written to do harm: to exhaust time or memory, to run, or to pass for something else."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable, Mapping

MARKS = (
    "<script>alert('mark')</script>",
    "<img src=x onerror=alert(1)>",
    "\x1b]0;mark\x07",
    "\x1b[31m",
    "\u202e",
)
"""Strings that must never come out as they went in: as HTML, as orders to a terminal, or as a change of direction."""

_HEAD = "From: Council <help@acorn.example>\r\nTo: a+k7f2q@host.example\r\nSubject: hello\r\nMIME-Version: 1.0\r\n"
_PLAIN = "Content-Type: text/plain; charset=utf-8\r\n"
_HTML = "Content-Type: text/html; charset=utf-8\r\n"


def _mail(headers: str, body: str | bytes) -> bytes:
    content = body.encode() if isinstance(body, str) else body
    return (_HEAD + headers + "\r\n").encode() + content


def _nested(depth: int) -> bytes:
    opening = "".join(f'--b{n}\r\nContent-Type: multipart/mixed; boundary="b{n + 1}"\r\n\r\n' for n in range(depth))
    return _mail('Content-Type: multipart/mixed; boundary="b0"\r\n', opening)


def _parts(count: int) -> bytes:
    return _mail("Content-Type: multipart/mixed; boundary=b\r\n", "--b\r\n\r\nx\r\n" * count + "--b--\r\n")


def _letters_within_letters(depth: int) -> bytes:
    return _mail("Content-Type: message/rfc822\r\n", "Content-Type: message/rfc822\r\n\r\n" * depth + "the end")


def _archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("bomb.txt"), bytes(100_000_000), zipfile.ZIP_DEFLATED)
    content = base64.encodebytes(packed.getvalue()).decode()
    return _mail(
        "Content-Type: multipart/mixed; boundary=b\r\n",
        f"--b\r\n{_PLAIN}\r\nSee attached.\r\n--b\r\nContent-Type: application/zip\r\n"
        f'Content-Disposition: attachment; filename="answer.zip"\r\nContent-Transfer-Encoding: base64\r\n\r\n{content}'
        "--b--\r\n",
    )


def _charset(name: str) -> bytes:
    return _mail(
        f"Content-Type: text/plain; charset={name}\r\nSubject: =?{name}?q?=41=42?=\r\n", "Hello +AGE- \\x41\r\n"
    )


def _report(recipients: int) -> bytes:
    told = "".join(f"\r\nFinal-Recipient: rfc822; r{n}@a.example\r\nAction: failed\r\n" for n in range(recipients))
    return _mail(
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n",
        f"--b\r\n{_PLAIN}\r\nIt failed.\r\n--b\r\nContent-Type: message/delivery-status\r\n{told}\r\n--b--\r\n",
    )


def marked() -> bytes:
    """A reply as a person writes it, with a mark wherever the writer has a say."""
    script, image, title, red, turn = MARKS
    encoded = base64.b64encode(f"{script}{title}{turn}\r\nBcc: everybody@a.example".encode()).decode()
    return (
        f'From: "{image}" <help@acorn.example>\r\nTo: a+k7f2q@host.example\r\nSubject: =?utf-8?b?{encoded}?=\r\n'
        f"X-Mailer: {red}{script}\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\n{_PLAIN}\r\nDear {script}\r\n\r\nThank you for your question {image} {title}. You can book online,"
        f" and it costs £25. We will ring you by {script} 3 December. See https://a.example/{image}{red}.{turn}\r\n\r\n"
        f"Kind regards\r\n\r\nJo {script}\r\nCustomer Services, {image}\r\n0113 496 0000\r\n"
        f'--b\r\nContent-Type: application/pdf; name="{script}.pdf"\r\n'
        f'Content-Disposition: attachment; filename="{image}{red}.pdf"\r\n\r\n%PDF\r\n--b--\r\n'
    ).encode()


HOSTILE: Mapping[str, Callable[[], bytes]] = {
    "200,000 headers": lambda: _mail("".join(f"X-{n}: {n}\r\n" for n in range(200_000)), "hello"),
    "50,000 recipients": lambda: _mail(
        "Cc: " + ",\r\n ".join(f"r{n}@a.example" for n in range(50_000)) + "\r\n", "hello"
    ),
    "50,000 headers of one name": lambda: _mail("Received: by a\r\n" * 50_000, "hello"),
    "one header of 10 MB": lambda: _mail("X-Long: " + "a" * 10_000_000 + "\r\n", "hello"),
    "a subject of encoded words": lambda: _mail("Subject: " + "=?utf-8?b?YQ==?= " * 200_000 + "\r\n", "hello"),
    "comments within comments": lambda: _mail("Cc: " + "(" * 50_000 + "\r\n", "hello"),
    "100,000 references": lambda: _mail("References: " + "<a@b> " * 100_000 + "\r\n", "hello"),
    "parts nested 5,000 deep": lambda: _nested(5_000),
    "50,000 parts": lambda: _parts(50_000),
    "letters within letters": lambda: _letters_within_letters(5_000),
    "a report on 50,000 recipients": lambda: _report(50_000),
    "60 MB of text": lambda: _mail(_PLAIN, b"word " * 12_000_000),
    "60 MB in base64": lambda: _mail(
        _PLAIN + "Content-Transfer-Encoding: base64\r\n", base64.encodebytes(b"a" * 45_000_000)
    ),
    "soft line breaks": lambda: _mail(_PLAIN + "Content-Transfer-Encoding: quoted-printable\r\n", "=\r\n" * 1_000_000),
    "a uuencoded part": lambda: _mail(
        _PLAIN + "Content-Transfer-Encoding: x-uuencode\r\n", "begin 644 a\r\n" + "M" * 1_000_000
    ),
    "an archive of 100 MB": _archive,
    "HTML nested 100,000 deep": lambda: _mail(_HTML, "<div>" * 100_000 + "hello"),
    "HTML of brackets": lambda: _mail(_HTML, "<" * 260_000),
    "HTML of one attribute": lambda: _mail(_HTML, "<p " + 'a="' * 80_000 + ">hello"),
    "HTML of entities": lambda: _mail(_HTML, "&lt;" * 60_000),
    "HTML of tables": lambda: _mail(_HTML, "<table><tr><td>" * 15_000),
    "HTML of links": lambda: _mail(_HTML, "<a href='https://a.example/'>x</a>" * 7_000),
    "a charset that runs": lambda: _charset("unicode_escape"),
    "a charset that unpacks": lambda: _charset("zip_codec"),
    "a charset that is slow": lambda: _charset("punycode"),
    "a charset that is none": lambda: _charset('"x-\x00\xff no charset"'),
    "null bytes": lambda: _mail("X-Null: \x00\x00\r\n", b"\x00" * 200_000),
    "no line ends": lambda: b"From: a@b.example " + b"x" * 10_000_000,
    "bytes at random": lambda: bytes(range(256)) * 4_000,
    "one letter": lambda: _mail(_PLAIN, "a" * 250_000),
    "blanks": lambda: _mail(_PLAIN, " " * 250_000),
    "empty lines": lambda: _mail(_PLAIN, "\n" * 250_000),
    "quotation marks": lambda: _mail(_PLAIN, "> " * 125_000),
    "beginnings of quotations": lambda: _mail(_PLAIN, "On Monday, somebody wrote\n" * 10_000),
    "digits": lambda: _mail(_PLAIN + "Subject: Ref " + "0 " * 2_000 + "\r\n", "0113 496 " * 28_000),
    "dates": lambda: _mail(_PLAIN, "by 3 December or within 5 working days " * 6_000),
    "names": lambda: _mail(_PLAIN, "Kind regards\n\nJo Bloggs\nDepartment of\n" * 6_000),
    "addresses": lambda: _mail(_PLAIN, "https://a.example/?" * 13_000),
    "addresses of e-mail": lambda: _mail(_PLAIN, "a@" * 125_000),
    "words of a machine": lambda: _mail(_PLAIN, "this is an automatic reply please do not reply to this " * 4_500),
    "marks everywhere": marked,
}
