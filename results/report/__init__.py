"""The wave report: `assemble` puts it together, `write_as` leaves it in a folder in the forms that are asked for.

report = assemble(wave, scheme, organisations, shops, refusals)
page, data = write(report, folder)  # as a page and as data alone
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from results.report.formats import FORMATS, write_as
from results.report.html import render
from results.report.model import WaveReport
from results.report.wave import assemble
from results.whole import text

__all__ = ["FORMATS", "WaveReport", "assemble", "write", "write_as"]


def write(report: WaveReport, folder: Path, maps: Mapping[str, bytes] | None = None) -> tuple[Path, Path]:
    """Writes `wave-report.html` and `wave-report.json`, over older ones; the folder is made when it is not there.

    `maps`: {shop: the picture that its visit drew of the website, SVG}. They are shown on the page and not in the data.
    """
    folder.mkdir(parents=True, exist_ok=True)
    page = text(folder / "wave-report.html", render(report, maps or {}))
    return page, text(folder / "wave-report.json", report.model_dump_json(indent=1) + "\n")
