"""From the bytes of an e-mail to a `Mail`. Pure, and safe on whatever a stranger sends.

Everything is bounded, nothing is executed or fetched, archives stay shut. `compat32` is chosen on purpose: on hostile
headers the newer policies take half a minute and raise. What the mail means does not live here (`classify`, `reading`);
taking quoted text away lives in `quoting`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses
from typing import TypeVar
from urllib.parse import SplitResult, parse_qs, urlsplit

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from probes.email.quoting import QUOTE_MARK, new_text

MAX_HEADERS = 64 * 1024
MAX_BODY = 256 * 1024
_MAX_HEADER = 4_000
_MAX_PARTS = 200
_MAX_TEXT = 20_000
_MAX_PAGES = 3  # of HTML in which links are looked for
_MAX_LINKS, _MAX_LINK = 50, 500
_LINK = re.compile(r"\b(?:https?://|www\.(?=\w))[^\s<>\"'\\]{3,2000}", re.IGNORECASE)
_MAX_NESTING = 200  # elements within elements; a page of mail has a few dozen

# Codecs that Python would accept as a charset and that are slow or no charset at all.
_NOT_CHARSETS = {"punycode", "idna", "undefined", "unicode_escape", "raw_unicode_escape", "utf_7", "mbcs", "oem"}
# What the standard library's e-mail package is known to raise on malformed mail; the last, on comments within comments.
_MALFORMED = (MessageError, LookupError, ValueError, AssertionError, TypeError, AttributeError, RecursionError)

T = TypeVar("T")


@dataclass(frozen=True)
class Report:
    """A delivery report (RFC 3464): what became of an e-mail that we sent."""

    action: str = ""
    status: str = ""
    recipients: tuple[str, ...] = ()
    original_id: str = ""


@dataclass(frozen=True)
class Mail:
    """An e-mail as it can safely be looked at. `headers`: lower-case name to values, decoded, on one line each.

    `text`: all of it, as plain text. `text_top`: what its writer wrote anew, quotations taken away. `links`: the web
    addresses in that, never opened here. `recipients`: the addresses it was delivered to, the surest first.
    `encrypted`: its text is sealed. `unreadable`: the headers are true, the rest could not be read.
    """

    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    recipients: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    text: str = ""
    text_top: str = ""
    links: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    types: frozenset[str] = frozenset()
    report: Report | None = None
    encrypted: bool = False
    unreadable: bool = False

    def header(self, name: str) -> str:
        """All values of a header on one line; empty when it is absent."""
        return " ".join(self.headers.get(name.lower(), ()))

    @property
    def message_id(self) -> str:
        """Its Message-ID with the angle brackets, or nothing."""
        return next(iter(_ids(self.header("message-id"))), "")

    @property
    def subject(self) -> str:
        """The subject, decoded."""
        return self.header("subject")


def read(raw: bytes, ours: str = "") -> Mail:
    """Read an e-mail. `ours`: the words we had sent, cut from `text_top` even where nothing marks a quotation.

    Never raises on any bytes. At most 64 kB of headers and 256 kB of body are looked at.
    """
    if raw.startswith(b"From "):  # an mbox envelope line is no header
        raw = raw.partition(b"\n")[2]
    head, body = _halves(raw)
    headers = _headers(BytesParser(policy=compat32).parsebytes(head, headersonly=True))
    recipients, references = _recipients(headers), _references(headers)
    try:
        message = BytesParser(policy=compat32).parsebytes(head + body)
        parts = list(_walk(message))
    except _MALFORMED:  # thousands of parts within parts
        return Mail(headers, recipients, references, unreadable=True)
    text, html = _text(parts)
    text_top = new_text(text, ours)
    return Mail(
        headers=headers,
        recipients=recipients,
        references=references,
        text=text.strip(),
        text_top=text_top,
        links=_links(text_top, *(new_text(text_of_html(page, links=True), ours) for page in html)),
        attachments=tuple(name for name in map(_filename, parts) if name)[:50],
        types=frozenset(_content_type(part) for part in parts),
        report=_report(parts),
        encrypted=any(map(_is_sealed, parts)) or text_top.startswith("-----BEGIN PGP MESSAGE"),
    )


def _halves(raw: bytes) -> tuple[bytes, bytes]:
    """The headers with the empty line that ends them, and the body, neither longer than its limit."""
    ends = [(at, len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (at := raw.find(mark, 0, MAX_HEADERS)) >= 0]
    if not ends:
        return raw[:MAX_HEADERS] + b"\r\n\r\n", b""
    at, length = min(ends)
    return raw[: at + length], raw[at + length : at + length + MAX_BODY]


# ------------------------------------------------------------------------------------------------ headers


def _headers(message: Message) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        values = found.setdefault(str(name).lower()[:100], [])
        if len(values) < 50:
            values.append(_decoded(str(value)[:_MAX_HEADER]))
    return {name: tuple(values) for name, values in found.items()}


def _decoded(value: str) -> str:
    plain = " ".join(value.split())
    if plain.isascii() and plain.isprintable() and "=?" not in plain:  # as most are; decoding takes its time
        return plain[:_MAX_HEADER]
    value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    decoded = _safely(lambda: str(make_header(decode_header(value))), value)
    return " ".join(_printable(decoded).split())[:_MAX_HEADER]


def _recipients(headers: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Addresses, lower case: what the delivering server wrote before what the writer wrote."""
    found: dict[str, None] = {}
    for name in ("delivered-to", "x-original-to", "envelope-to", "to", "cc"):
        for value in headers.get(name, ()):
            for address in _addresses(value):
                found[address] = None
    return tuple(found)[:100]


def _addresses(value: str) -> list[str]:
    nobody: list[tuple[str, str]] = []
    pairs = _safely(lambda: getaddresses([value]), nobody)
    return [address.strip("<> ").lower() for _, address in pairs if "@" in address]


def _references(headers: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    values = headers.get("in-reply-to", ()) + headers.get("references", ())
    return tuple(dict.fromkeys(_ids(" ".join(values))))[:200]


def _ids(value: str) -> list[str]:
    return re.findall(r"<[^<>\s]{1,300}>", value)


# ------------------------------------------------------------------------------------------------ the body


def _walk(message: Message) -> Iterator[Message]:
    """The parts, without those of an e-mail that is itself attached, and never more than there is sense in."""
    waiting = [message]
    seen = 0
    while waiting and seen < _MAX_PARTS:
        part = waiting.pop()
        seen += 1
        yield part
        if _content_type(part) != "message/rfc822":
            waiting.extend(reversed(_inner(part)))


def _inner(part: Message) -> list[Message]:
    """The parts of a part. A part that is no container is not asked: it would decode itself by any codec it names."""
    payload = part.get_payload() if part.is_multipart() else []
    return [inner for inner in payload[:_MAX_PARTS] if isinstance(inner, Message)] if isinstance(payload, list) else []


def _text(parts: list[Message]) -> tuple[str, list[str]]:
    """The plain text, or the HTML as text where there is no plain text; and the pages of HTML themselves."""
    plain: list[str] = []
    html: list[str] = []
    for part in parts:
        kind = _content_type(part)
        if not kind.startswith("text/") or kind == "text/rfc822-headers" or _filename(part):
            continue
        content = _printable(_content(part))
        if kind == "text/html":
            html.append(content)
        else:
            plain.append(content)
    text = "\n".join(plain)
    if not text.strip():  # printable again: entities may spell what was taken out
        text = "\n".join(_printable(text_of_html(page)) for page in html)
    return text[:_MAX_TEXT], html[:_MAX_PAGES]


def _content(part: Message) -> str:
    nothing: object = b""
    payload = _safely(lambda: part.get_payload(decode=True), nothing)
    content = payload[:MAX_BODY] if isinstance(payload, bytes) else b""
    charset = _safely(lambda: part.get_content_charset() or "utf-8", "utf-8")
    try:
        if codecs.lookup(charset).name.replace("-", "_") in _NOT_CHARSETS:
            charset = "utf-8"
        return content.decode(charset, "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


def text_of_html(html: str, *, links: bool = False) -> str:
    """HTML as lines of text: scripts and styles gone, quotations marked, nothing fetched.

    `links`: where each link leads is written after it.
    """
    if html.count("<") > 20_000 or _nesting(html) > _MAX_NESTING:
        return re.sub(r"<[^<>]{0,2000}>", " ", html)
    try:
        tree = LexborHTMLParser(html)
        for node in tree.css("script, style, head, title, template, noscript"):
            node.decompose()
        for node in tree.css("blockquote, .gmail_quote, .yahoo_quoted, #divRplyFwdMsg, #appendonsend"):
            node.insert_before(f"\n{QUOTE_MARK}\n")
        for node in tree.css("a[href^=http]") if links else ():
            node.insert_after(f" <{(node.attributes.get('href') or '').strip()[: _MAX_LINK + 1]}> ")
        for node in tree.css("br, p, div, tr, li, h1, h2, h3, h4, h5, h6, table, blockquote, hr, ul, ol"):
            node.insert_before("\n")
            node.insert_after("\n")
        text = tree.body.text() if tree.body else ""
    except (SelectolaxError, ValueError):
        return re.sub(r"<[^<>]{0,2000}>", " ", html)
    return re.sub(r"\n\s*\n\s*", "\n\n", text)


def _links(*texts: str) -> tuple[str, ...]:
    """The web addresses in texts, each once, in order, as a browser would ask for them. Too long a one is left out."""
    found: dict[str, None] = {}
    for text in texts:
        for link in _LINK.findall(text):
            whole = link if link.lower().startswith("http") else f"https://{link}"
            found[_unwrapped(whole.rstrip(".,;:!?)]}*_"))] = None
    return tuple(link for link in found if len(link) <= _MAX_LINK)[:_MAX_LINKS]


def _unwrapped(link: str) -> str:
    """The link that the mailbox's own provider has hidden behind a check of its own."""
    parts = _safely(lambda: urlsplit(link), SplitResult("", "", "", "", ""))
    if (_safely(lambda: parts.hostname, None) or "").endswith(".safelinks.protection.outlook.com"):
        return _safely(lambda: parse_qs(parts.query, max_num_fields=20)["url"][0], link)
    return link


def _is_sealed(part: Message) -> bool:
    """Whether a part is encrypted: S/MIME's enveloped data (RFC 8551) or OpenPGP's (RFC 3156). Signed only is not."""
    kind = _content_type(part)
    if kind in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
        return "signed-data" not in _safely(lambda: str(part.get_param("smime-type")), "").lower()
    return kind == "multipart/encrypted"


def _nesting(html: str) -> int:
    """An upper bound of how deep elements lie within elements, so that the parser is never led into a pit."""
    depth = deepest = 0
    for match in re.finditer(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)", html):
        if match[2].lower() in {"br", "img", "meta", "link", "hr", "input", "col", "area", "base", "wbr"}:
            continue
        depth += -1 if match[1] else 1
        deepest = max(deepest, depth)
    return deepest


def _content_type(part: Message) -> str:
    return _safely(part.get_content_type, "text/plain")


def _filename(part: Message) -> str:
    name = _safely(lambda: part.get_filename() or "", "")
    if not name and _safely(lambda: part.get_content_disposition() or "", "") == "attachment":
        return "(without a name)"
    return " ".join(_printable(_decoded(str(name))).split())[:200]


# ------------------------------------------------------------------------------------------------ delivery reports


def _report(parts: list[Message]) -> Report | None:
    """The delivery report within, if this is one. Source of the fields: RFC 3464 sections 2.2 and 2.3."""
    fields: dict[str, list[str]] = {}
    for part in parts:
        if _content_type(part) == "message/delivery-status":
            for name, value in re.findall(r"(?m)^([A-Za-z-]{3,40}):[ \t]*([^\r\n]{0,500})", _status_text(part)):
                fields.setdefault(name.lower(), []).append(value.strip())
    if not fields:
        return None
    addresses = fields.get("final-recipient", []) + fields.get("original-recipient", [])
    return Report(
        action=" ".join(fields.get("action", [])).lower(),
        status=next(iter(fields.get("status", [])), "")[:20],
        recipients=tuple(address.rpartition(";")[2].strip(" <>").lower() for address in addresses[:20]),
        original_id=_original_id(parts),
    )


def _status_text(part: Message) -> str:
    """The library reads each block of a delivery status as a message with headers only."""
    return "\n".join(f"{name}: {value}" for block in _inner(part) for name, value in block.raw_items())


def _original_id(parts: list[Message]) -> str:
    for part in parts:
        kind = _content_type(part)
        ids: list[str] = []
        if kind == "message/rfc822":
            ids = [found for inner in _inner(part)[:1] for found in _ids(str(inner.get("message-id") or ""))]
        elif kind == "text/rfc822-headers":
            ids = re.findall(r"(?im)^message-id:\s{0,10}(<[^<>\s]{1,300}>)", _content(part)[:MAX_HEADERS])
        if ids:
            return ids[0]
    return ""


# ------------------------------------------------------------------------------------------------ safety


def _safely(look: Callable[[], T], otherwise: T) -> T:
    """What an accessor of the standard library gives, or something harmless where the mail is malformed."""
    try:
        return look()
    except _MALFORMED:
        return otherwise


def _printable(text: str) -> str:
    """Without control characters, and without the marks that turn the direction of writing."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").replace("\t", " ")
    return re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]", "", text)
