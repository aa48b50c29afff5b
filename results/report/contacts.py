"""The contacts as rows of the workbook, section by section: of a large wave nothing of them is kept in memory."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from tempfile import TemporaryFile
from typing import TextIO, cast

from xlsxwriter import Workbook

from results.report.model import ChannelPart, OrganisationChannel, OrganisationPart, WaveReport, in_columns
from results.report.rows import Value, pieces
from results.report.sheets import Column, Sheets
from results.schema import Channel


def contacts_head(part: ChannelPart) -> tuple[Column, ...]:
    return (
        Column("Shop", 34),
        Column("Organisation", 30),
        Column("Date and time", 16, "moment"),
        Column("Shopper", 9),
        Column("Contact", 26),
        Column("Enquiry", 22),
        Column("Counted", 9),
        Column("State", 18),
        Column("What happened", 50),
        Column("Access points", 9, "number"),
        Column("Access possible", 9, "number"),
        Column("Quality points", 9, "number"),
        Column("Quality possible", 9, "number"),
        *(Column(one.short, 16) for one in part.criteria),
        Column("Notes", 40),
        Column("Evidence (SHA-256)", 40),
    )


class Contacts:
    """The rows of some organisations one after another, the contacts of each channel in a file.

    The files have no names: whenever their writer is stopped, nothing is left of them.
    """

    def __init__(self, report: WaveReport, first: int = 0, end: int | None = None) -> None:
        """Of the organisations from place `first` up to `end` in the report, whose contacts are then added in turn."""
        self._parts = {part.channel: part for part in report.channels}
        sheets = Sheets(Workbook(io.BytesIO()))
        self._styles = {part.channel: sheets.styles(contacts_head(part)) for part in report.channels}
        self._count = _counts(report, first, end)
        self._next = {channel: 2 + before for channel, before in _counts(report, 0, first).items()}
        self._known: dict[str, str] = {}
        self._files = {channel: _file() for channel in self._parts}

    def add(self, organisation: OrganisationPart) -> None:
        """The next organisation, with its contacts."""
        for own in organisation.channels:
            rows = _rows(self._parts[own.channel], organisation.name, own)
            for count, text in pieces(rows, self._styles[own.channel], self._next[own.channel], self._known):
                self._files[own.channel].write(text)
                self._next[own.channel] += count

    def flush(self) -> None:
        """Whoever reads the files now finds all that was added."""
        for file in self._files.values():
            file.flush()

    def close(self) -> None:
        """Let the files go."""
        for file in self._files.values():
            file.close()

    def pieces(self, channel: Channel) -> Iterator[tuple[int, str]]:
        """The rows of a channel: how many, and their text."""
        self._files[channel].seek(0)
        yield self._count[channel], self._files[channel].read()


def _file() -> TextIO:
    return cast(TextIO, TemporaryFile("w+", encoding="utf-8", newline=""))


def _counts(report: WaveReport, first: int, end: int | None) -> dict[Channel, int]:
    found = {part.channel: 0 for part in report.channels}
    for organisation in report.organisations[first:end]:
        for own in organisation.channels:
            found[own.channel] += own.contacts
    return found


def _rows(part: ChannelPart, name: str, own: OrganisationChannel) -> Iterator[Sequence[Value]]:
    places = {one.id: place for place, one in enumerate(part.criteria)}
    for shop in own.shops:
        answers = in_columns(shop, [cell.words for cell in shop.cells], places, "")
        yield [
            *(shop.id, name, shop.made_at, shop.shopper, shop.contact, shop.enquiry),
            *(shop.counted, shop.state, " ".join(shop.happened)),
            *(shop.access.earned, shop.access.possible, shop.quality.earned, shop.quality.possible),
            *answers,
            " ".join(shop.notes),
            ", ".join(f"{one.kind}: {one.sha256}" for one in shop.evidence),
        ]
