"""Every form of the wave report, and how it gets into a folder: whole or not at all, whenever the power fails."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from results.report.csv_files import write_answers, write_figures
from results.report.html import render
from results.report.large import Rows, in_two, rows_beside
from results.report.model import ContactsOf, WaveReport, in_full
from results.report.pages import FOLDER, front, is_large
from results.report.xlsx import write_xlsx
from results.whole import text, whole

if TYPE_CHECKING:
    from results.report.drawings import Drawn

FORMATS = ("html", "pdf", "xlsx", "docx", "csv", "json")


class Apart(NamedTuple):
    """The contacts of a large report: `of` each organisation, and as rows of pages and workbook, once they are."""

    of: ContactsOf
    rows: Rows


class Written(NamedTuple):
    """The files by form, and what could not be made, in a sentence each."""

    files: Mapping[str, Path]
    missing: Sequence[str]


async def write_as(
    report: WaveReport,
    folder: Path,
    formats: Sequence[str] = FORMATS,
    maps: Mapping[str, bytes] | None = None,
    browser: str | None = None,
    apart: Apart | None = None,
) -> Written:
    """Write the report into a folder, over older ones. `browser`: a Chromium program, which PDF alone needs.

    `apart`: the contacts of a large report that came without them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Path] = {}
    missing: list[str] = []
    if apart is not None and {"csv", "json"} & set(formats):
        report = in_full(report, apart.of)
    large = is_large(report) and bool({"html", "xlsx"} & set(formats))
    workbook = folder / "wave-report.xlsx" if "xlsx" in formats else None
    with _rows(report) if large and apart is None else nullcontext(apart.rows if apart else None) as rows:
        charts: Sequence[Drawn] = ()
        if {"html", "pdf", "docx"} & set(formats):
            from results.report.drawings import drawn  # here, because drawing takes long to load

            charts = drawn(report)
        read = bool({"html", "pdf"} & set(formats))
        if large and rows is not None:
            with in_two(report, folder / FOLDER if "html" in formats else None, workbook, rows()):
                page = _page(report, charts, maps or {}) if read else ""
        else:
            page = _page(report, charts, maps or {}) if read else ""
            if workbook is not None:
                whole(workbook, lambda to: write_xlsx(report, to))
        if "html" in formats:  # last, so that all it leads to is there
            files["html"] = text(folder / "wave-report.html", page)
    if "pdf" in formats and browser is None:
        missing.append("There is no PDF, because no Chromium was found; set DOORSTEP_CHROMIUM to the path of one.")
    elif "pdf" in formats and browser is not None:
        files["pdf"] = await printed(page, folder / "wave-report.pdf", report.title, browser)
    if workbook is not None:
        files["xlsx"] = workbook
    if "docx" in formats:
        from results.report.docx import write_docx  # here, because Word's library takes long to load

        files["docx"] = await asyncio.to_thread(
            whole, folder / "wave-report.docx", lambda to: write_docx(report, to, [one for one, _, _ in charts])
        )
    if "csv" in formats:
        files["csv"] = whole(folder / "figures.csv", lambda to: write_figures(report, to))
        files["csv of answers"] = whole(folder / "answers.csv", lambda to: write_answers(report, to))
    if "json" in formats:
        files["json"] = text(folder / "wave-report.json", report.model_dump_json(indent=1) + "\n")
    return Written(files, missing)


def _page(report: WaveReport, charts: Sequence[Drawn], maps: Mapping[str, bytes]) -> str:
    return front(report, charts) if is_large(report) else render(report, maps, charts)


def _rows(report: WaveReport) -> AbstractContextManager[Rows]:
    """The contacts of a report that has them, put into rows beside what is made of the rest."""
    own = {one.id: {each.channel: each.shops for each in one.channels} for one in report.organisations}
    criteria = {part.channel: part.criteria for part in report.channels}
    return rows_beside(criteria, {one.id: one.name for one in report.organisations}, own.__getitem__)


async def printed(page: str, path: Path, title: str, browser: str) -> Path:
    """A page as PDF. It is printed from a copy, which is there whether or not HTML was asked for."""
    from results.report.pdf import write_pdf  # here, because the browser's library takes long to load

    copy, half = path.with_name(f".{path.name}.html"), path.with_name(f".{path.name}.half.pdf")
    try:
        copy.write_text(page, "utf-8", newline="\n")
        await write_pdf(copy, half, title, browser)
        half.replace(path)
    finally:
        copy.unlink(missing_ok=True)
        half.unlink(missing_ok=True)
    return path
