"""The wave report: `assemble` puts it together, `write` leaves it in a folder as a page and as data.

report = assemble(wave, scheme, organisations, shops, refusals)
page, data = write(report, folder)
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from results.report.html import render
from results.report.model import WaveReport
from results.report.wave import assemble

__all__ = ["WaveReport", "assemble", "write"]


def write(report: WaveReport, folder: Path, maps: Mapping[str, bytes] | None = None) -> tuple[Path, Path]:
    """Writes `wave-report.html` and `wave-report.json`, over older ones; the folder is made when it is not there.

    `maps`: {shop: the picture that its visit drew of the website, SVG}. They are shown on the page and not in the data.
    """
    folder.mkdir(parents=True, exist_ok=True)
    page, data = folder / "wave-report.html", folder / "wave-report.json"
    page.write_text(render(report, maps or {}), "utf-8", newline="\n")
    data.write_text(report.model_dump_json(indent=1) + "\n", "utf-8", newline="\n")
    return page, data
