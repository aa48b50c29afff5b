"""Every form of the wave report, and how it gets into a folder: whole or not at all, whenever the power fails."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from results.report.csv_files import write_answers, write_figures
from results.report.html import Drawn, drawn, render
from results.report.model import WaveReport
from results.report.pages import FOLDER, front, is_large, organisation_pages
from results.report.xlsx import write_xlsx
from results.whole import text, whole

FORMATS = ("html", "pdf", "xlsx", "docx", "csv", "json")


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
) -> Written:
    """Write the report into a folder, over older ones. `browser`: a Chromium program, which PDF alone needs."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Path] = {}
    missing: list[str] = []
    with _beside(report, folder, "xlsx" in formats) as workbook:
        charts = drawn(report) if {"html", "pdf", "docx"} & set(formats) else []
        page = _page(report, charts, maps or {}) if {"html", "pdf"} & set(formats) else ""
        if "html" in formats:
            files["html"] = text(folder / "wave-report.html", page)
            if is_large(report):
                _organisations(report, folder / FOLDER)
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


def _organisations(report: WaveReport, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for id, page in organisation_pages(report):
        text(folder / f"{id}.html", page)


@contextmanager
def _beside(report: WaveReport, folder: Path, wanted: bool) -> Iterator[Path | None]:
    """The workbook, where it is wanted. That of a large report is written by a process of its own in the meantime."""
    path = folder / "wave-report.xlsx"
    if not wanted:
        yield None
        return
    if not is_large(report) or "fork" not in multiprocessing.get_all_start_methods():
        yield whole(path, lambda to: write_xlsx(report, to))
        return
    gc.freeze()  # the other process then leaves the pages of memory that both share as they are
    process = multiprocessing.get_context("fork").Process(target=whole, args=(path, partial(write_xlsx, report)))
    process.start()
    try:
        yield path
    finally:
        process.join()
        gc.unfreeze()
    if process.exitcode:
        raise RuntimeError(f"the workbook could not be written: its process ended with {process.exitcode}")


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
