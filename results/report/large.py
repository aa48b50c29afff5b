"""The organisations' pages and the workbook of a large wave, by two processes at once.

Contacts are most of a large wave. Each is put into words when its organisation's page and its rows of the workbook are
written, and then let go of.
"""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from results.report.contacts import Contacts
from results.report.model import Full, OrganisationPart, WaveReport
from results.report.pages import organisation_page
from results.report.xlsx import write_book
from results.whole import text, whole

_FIRST_PART = 0.54
"""Of the organisations: those of the first process. The second begins the workbook, which waits for their contacts."""


@contextmanager
def in_two(report: WaveReport, full: Full, pages: Path | None, workbook: Path | None) -> Iterator[None]:
    """Write the organisations' pages into the folder `pages`, and the workbook, each where it is wanted.

    What is done within the block is done while the workbook is written.
    """
    if pages is not None:
        pages.mkdir(exist_ok=True)
    if "fork" not in multiprocessing.get_all_start_methods():
        with closing(Contacts(report)) as contacts:
            _sections(report, report.organisations, full, pages, contacts)
            _book(report, workbook, lambda: [contacts])
        yield
        return
    middle = round(_FIRST_PART * len(report.organisations))
    first, second = report.organisations[:middle], report.organisations[middle:]
    with closing(Contacts(report, 0, middle)) as before, closing(Contacts(report, middle)) as after:
        context = multiprocessing.get_context("fork")
        heard, told = context.Pipe(duplex=False)

        def beside() -> None:
            told.close()  # or the end of the first process would not be noticed
            _sections(report, second, full, pages, after)
            _book(report, workbook, both)

        def both() -> Sequence[Contacts]:
            if not _is_told(heard):
                raise SystemExit  # and there is no workbook
            return before, after

        gc.freeze()  # the other process then leaves the pages of memory that both share as they are
        process = context.Process(target=beside)
        process.start()
        try:
            with heard, told:
                _sections(report, first, full, pages, before)
                told.send_bytes(b"written")
            yield
        finally:
            process.join()
            gc.unfreeze()
    if process.exitcode:
        raise RuntimeError(f"the report could not be written: its second process ended with {process.exitcode}")


def _sections(
    report: WaveReport, sections: Sequence[OrganisationPart], full: Full, pages: Path | None, contacts: Contacts
) -> None:
    page = organisation_page(report)
    for one in sections:
        section = full(one)
        contacts.add(section)
        if pages is not None:
            text(pages / f"{one.id}.html", page(section))
    contacts.flush()


def _book(report: WaveReport, workbook: Path | None, contacts: Callable[[], Sequence[Contacts]]) -> None:
    if workbook is not None:
        whole(workbook, lambda to: write_book(report, to, contacts))


def _is_told(heard: Connection) -> bool:
    """Whether the first process has written its part; it has not where it ended before."""
    try:
        return bool(heard.recv_bytes())
    except EOFError:
        return False
