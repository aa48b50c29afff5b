"""The body of an answer, bounded while it is unpacked: however much a server sends, no more than asked for is held.

What the text means is for `pages`.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import AsyncIterator
from typing import NamedTuple

from probes.http import httpx
from probes.web.pages import decode

LARGEST = 2_000_000  # bytes of one page
LARGEST_DOCUMENT = 5_000_000  # bytes of a PDF
_MOST_SENT = 4  # times what is wanted may come over the wire: a gzip of empty members unpacks to nothing, for ever

_HTML = ("text/html", "application/xhtml+xml")
_UNDECIDED = ("", "text/xml", "application/xml")
_LOOKS_LIKE_HTML = re.compile(rb"<(?:!doctype\s{1,9}html|html|head|body|title)\b", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([a-z0-9_:.-]{2,40})")
_SELF_CLOSED = re.compile(r"<(a|div|iframe|script|span|style|textarea|title)\b([^<>]{0,2000})/>")


class Unreadable(Exception):
    """The body is packed in a way that was not asked for, or cannot be unpacked."""


class Body(NamedTuple):
    """Bytes of a body; `cut`: there was more."""

    content: bytes
    cut: bool


async def read_body(response: httpx.Response, most: int = LARGEST) -> Body:
    """The unpacked body, no more than `most` bytes of it. Raises `Unreadable`."""
    packed = response.headers.get("content-encoding", "").strip().lower()
    if packed in ("", "identity"):
        pieces: AsyncIterator[bytes] = response.aiter_raw()
    elif packed in ("gzip", "x-gzip", "deflate"):
        pieces = _unpacked(response.aiter_raw(), packed, most)
    else:  # such as "gzip, gzip", of which a few kilobytes become gigabytes
        raise Unreadable(f"its body is packed as {packed[:40]!r}, which was not asked for")
    content = bytearray()
    async for piece in pieces:
        content += piece
        if len(content) > most:
            break
    return Body(bytes(content[:most]), len(content) > most)


async def _unpacked(chunks: AsyncIterator[bytes], packed: str, most: int) -> AsyncIterator[bytes]:
    """The chunks unpacked, each to no more than `most` bytes and one: more is never wanted, and never held."""
    unpack, sent = None, 0
    async for chunk in chunks:
        sent += len(chunk)
        if sent > _MOST_SENT * most:
            raise Unreadable("its body unpacks to next to nothing, without end")
        if unpack is None:
            unpack = zlib.decompressobj(_window(packed, chunk))
        try:
            yield unpack.decompress(chunk, most + 1)
        except zlib.error as error:
            raise Unreadable(f"its body cannot be unpacked: {error}") from None
        if unpack.eof:
            break


def _window(packed: str, start: bytes) -> int:
    """What zlib is to expect. Servers call "deflate" both a zlib stream, as they should, and a bare one."""
    if packed != "deflate":
        return 16 + zlib.MAX_WBITS
    return zlib.MAX_WBITS if start[:1] and start[0] & 0x0F == 8 else -zlib.MAX_WBITS


def unpacked_file(content: bytes, most: int) -> bytes:
    """A .gz file unpacked, no more than `most` bytes of it; any other file as it is. Raises `Unreadable`."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(content, most)
    except zlib.error as error:
        raise Unreadable(f"it cannot be unpacked: {error}") from None


def kind_of(response: httpx.Response) -> str:
    """The media type that the server tells, in lower case and without parameters; "" when it tells none."""
    return response.headers.get("content-type", "").lower().partition(";")[0].strip()


def may_be_html(kind: str) -> bool:
    """Whether an answer of this media type is worth reading as a page."""
    return kind in _HTML or kind in _UNDECIDED


def text_of(response: httpx.Response, body: Body, *, page: bool) -> str | None:
    """A body as text. `page`: only if it is HTML; None for anything else, whatever its name says."""
    kind, content = kind_of(response), body.content
    if page and (content.startswith(b"%PDF-") or (kind in _UNDECIDED and not _LOOKS_LIKE_HTML.search(content[:1024]))):
        return None
    charset = _CHARSET.search(response.headers.get("content-type", "").lower())
    text = decode(content, charset[1] if charset else None)
    # A parser of HTML takes everything after an XHTML <script/> for the script.
    return _SELF_CLOSED.sub(r"<\1\2></\1>", text) if kind == "application/xhtml+xml" else text
