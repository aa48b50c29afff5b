"""The bytes of an IMAP server, cut into whole answers and read. Pure, linear in time and bounded in memory, whatever a
server sends. How one talks to it lives in `imap`.

    TooMuch
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from probes.email.parse import MAX_BODY, MAX_HEADERS

LONGEST_ANSWER = 16 * 1024 * 1024  # the UIDs of two million messages
LONGEST_LITERAL = max(MAX_HEADERS, MAX_BODY)
HIGHEST_UID = 2**32 - 1  # RFC 3501 section 9: nz-number

_JUNK_NAMES = {"junk", "spam", "junk e-mail", "junk email", "junk mail", "bulk mail", "bulk"}
_LONGEST_NAME = 200
_LITERAL_FOLLOWS = re.compile(rb"\{(\d{1,19})\+?\}$")
_LIST = re.compile(rb'^\((?P<flags>[^)]*)\) (?:"(?:\\?.)"|NIL) (?P<name>.+)$', re.IGNORECASE | re.DOTALL)
_UIDVALIDITY = re.compile(rb"\[UIDVALIDITY (\d{1,10})\]", re.IGNORECASE)
_UID = re.compile(rb"\bUID (\d{1,10})\b", re.IGNORECASE)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,15})\b", re.IGNORECASE)
_RECEIVED = re.compile(rb'\bINTERNALDATE "([ \d]\d-[A-Za-z]{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4})"', re.IGNORECASE)
_STRING = rb'"((?:[^"\\]|\\.)*)"'
_WHOLE_STRING = re.compile(_STRING, re.DOTALL)
_PART = re.compile(
    rb"BODY\[(HEADER|TEXT)(?:\.FIELDS \([^)]*\))?\](?:<\d+>)? (?:(\{)|" + _STRING + rb")", re.IGNORECASE | re.DOTALL
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

Answer = list[bytes]
"""One answer: a line; where it announces a literal, that literal, and the rest of the line; and so on."""


class TooMuch(ValueError):
    """The server sends more than any answer needs."""


class Cutter:
    """Cuts a stream into answers. Of a literal longer than `LONGEST_LITERAL` the rest is let go as it comes."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._looked_at = 0  # of the buffer: there is no end of a line before it
        self._parts: Answer = []
        self._literal = bytearray()
        self._left = 0  # bytes of the literal that are still to come
        self._in_literal = False
        self._size = 0  # of the answer so far

    def feed(self, data: bytes) -> Iterator[Answer]:
        """The answers that are complete with these bytes. Raises `TooMuch`, after which it is of no more use."""
        self._buffer += data
        at = 0
        while True:
            if self._in_literal:
                at = self._take_literal(at)
                if self._left:
                    break
                self._parts.append(bytes(self._literal))
                self._size += len(self._literal)
                self._in_literal = False
            end = self._buffer.find(b"\r\n", max(at, self._looked_at))
            if self._size + (len(self._buffer) if end < 0 else end) - at > LONGEST_ANSWER:
                raise TooMuch("the mail server sends an answer without end")
            if end < 0:
                break
            line = bytes(self._buffer[at:end])
            at, self._looked_at = end + 2, 0
            self._parts.append(line)
            self._size += len(line)
            if announced := _LITERAL_FOLLOWS.search(line):
                self._in_literal, self._left, self._literal = True, int(announced[1]), bytearray()
            else:
                answer, self._parts, self._size = self._parts, [], 0
                yield answer
        del self._buffer[:at]
        self._looked_at = max(0, len(self._buffer) - 1)

    def _take_literal(self, at: int) -> int:
        there = self._buffer[at : at + self._left]
        self._left -= len(there)
        self._literal += there[: LONGEST_LITERAL - len(self._literal)]
        return at + len(there)


@dataclass(frozen=True)
class Listed:
    """A message before it is fetched: its UID, when the server received it (UTC, to the second), its size in bytes."""

    uid: int
    received: dt.datetime
    size: int


def junk_folders(answers: Iterable[Answer]) -> list[str]:
    """The junk folders in the answers to LIST, named as the server wants them back.

    They are known by the \\Junk attribute (RFC 6154) or by an ordinary name for one.
    """
    return list(dict.fromkeys(name for answer in answers if (name := _junk(answer))))


def _junk(answer: Answer) -> str | None:
    line = answer[0]
    if len(answer) > 1:  # the name came as a literal
        line = _LITERAL_FOLLOWS.sub(b"", line) + answer[1]
    found = _LIST.match(line)
    if not found or b"\\noselect" in found["flags"].lower():
        return None
    name = found["name"].decode("ascii", "replace")
    if len(answer) == 1 and name.startswith('"') and name.endswith('"'):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    if not name.isprintable() or len(name) > _LONGEST_NAME:
        return None
    last = re.split(r"[/.\\]", name)[-1].casefold()
    return name if b"\\junk" in found["flags"].lower() or last in _JUNK_NAMES else None


def uidvalidity(answers: Iterable[Answer]) -> int | None:
    """The UIDVALIDITY in the answers to EXAMINE."""
    return next((int(found[1]) for answer in answers if (found := _UIDVALIDITY.search(answer[0]))), None)


def uids(answers: Iterable[Answer]) -> set[int]:
    """The numbers in the answers to UID SEARCH, without what cannot be a UID."""
    words = (word for answer in answers for word in answer[0].split())
    return {uid for word in words if word.isdigit() and len(word) <= 10 and 0 < (uid := int(word)) <= HIGHEST_UID}


def listed(answers: Iterable[Answer], asked: Collection[int]) -> list[Listed]:
    """The messages that were asked for, ascending; what the server says of others, or cannot be understood, is not."""
    found: dict[int, Listed] = {}
    for answer in answers:
        uid, size, received = (pattern.search(answer[0]) for pattern in (_UID, _SIZE, _RECEIVED))
        if uid and size and received and int(uid[1]) in asked:
            at = internal_date(received[1].decode())
            if at is not None:
                found[int(uid[1])] = Listed(int(uid[1]), at, int(size[1]))
    return [found[uid] for uid in sorted(found)]


def internal_date(text: str) -> dt.datetime | None:
    """INTERNALDATE (RFC 3501 section 9) in UTC, whatever the language of this machine; None when it is no time."""
    date, time, zone = text.strip().split()
    day, month, year = date.split("-")
    if month.lower() not in _MONTHS:
        return None
    number = _MONTHS.index(month.lower()) + 1
    try:
        local = dt.datetime.fromisoformat(f"{year}-{number:02}-{int(day):02}T{time}{zone[:3]}:{zone[3:]}")
        return local.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def contents(answers: Iterable[Answer], asked: Collection[int]) -> dict[int, bytes]:
    """UID to bytes, headers and body put together again, for the messages that were asked for and came."""
    found: dict[int, bytes] = {}
    for answer in answers:
        # What stands between quotation marks is the sender's: it may say "UID 7" as well.
        lines = (_WHOLE_STRING.sub(b'""', line) if b'"' in line else line for line in answer[::2])
        uid = next((int(number[1]) for line in lines if (number := _UID.search(line))), None)
        parts = _parts(answer)
        if uid in asked and uid is not None and "HEADER" in parts:
            head = parts["HEADER"][:MAX_HEADERS]
            end = b"" if head.endswith((b"\r\n\r\n", b"\n\n")) else b"\r\n\r\n"
            found[uid] = head + end + parts.get("TEXT", b"")[:MAX_BODY]
    return found


def _parts(answer: Sequence[bytes]) -> dict[str, bytes]:
    """Each part of a message: a literal, the next but one in the answer, or a short string in the line itself."""
    parts: dict[str, bytes] = {}
    for at, line in enumerate(answer):
        if at % 2:
            continue
        for named in _PART.finditer(line):
            name = named[1].decode().upper()
            if named[3] is not None:
                parts[name] = re.sub(rb"\\(.)", rb"\1", named[3], flags=re.DOTALL)
            elif at + 1 < len(answer):
                parts[name] = answer[at + 1]
    return parts
