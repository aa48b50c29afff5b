"""The organisations' pages and the workbook of a large wave, by two processes at once.

Contacts are most of a large wave. They are put into words, one organisation after another, while everything else of the
report is worked out; then the workbook is written while the pages are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from results.beside import beside
from results.report.contacts import Contacts, Written
from results.report.model import ContactsOf, CriterionHead, WaveReport
from results.report.pages import organisation_page
from results.report.xlsx import write_book
from results.schema import Channel
from results.whole import text, whole

Rows = Callable[[], Contacts]
"""Waits until all contacts are rows of pages and of the workbook."""


@contextmanager
def rows_beside(
    criteria: Mapping[Channel, Sequence[CriterionHead]], names: Mapping[str, str], of: ContactsOf
) -> Iterator[Rows]:
    """Begin to put contacts into rows. `names`: of the organisations, in the order of the report."""
    with closing(Contacts(criteria)) as rows:

        def work() -> Written:
            for id, name in names.items():
                rows.add(id, name, of(id))
            return rows.flush()

        with beside(work, "The contacts of the report") as written:

            def made() -> Contacts:
                rows.written = written()
                return rows

            yield made


@contextmanager
def in_two(report: WaveReport, pages: Path | None, workbook: Path | None, rows: Contacts) -> Iterator[None]:
    """Write the organisations' pages into the folder `pages`, and the workbook, each where it is wanted.

    What is done within the block is done while the workbook is written.
    """

    def book() -> None:
        if workbook is not None:
            whole(workbook, lambda to: write_book(report, to, rows))

    with beside(book, "The workbook") if pages and workbook else nullcontext(book) as booked:
        if pages is not None:
            pages.mkdir(exist_ok=True)
            page = organisation_page(report, rows)
            for one in report.organisations:
                text(pages / f"{one.id}.html", page(one))
        yield
        booked()
