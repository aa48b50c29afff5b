"""Whole wave reports, kept as they ought to be. This writes them anew; read the difference before a commit."""

from __future__ import annotations

from pathlib import Path

from results.report import assemble, write
from results.report.html import render
from tests.results import derbyshire_2006
from tests.results.partnership import fieldwork

FOLDER = Path(__file__).parent
KEPT = ("wave-report.html", "wave-report.json", "derbyshire-2006.html")


def write_golden(folder: Path) -> tuple[Path, ...]:
    """The report of three made-up councils, as a page and as data, and the page of the wave of 2006."""
    work = fieldwork(councils=3)
    of_2006 = folder / KEPT[2]
    of_2006.write_text(render(derbyshire_2006.report()), "utf-8", newline="\n")
    return (*write(assemble(work.wave, work.scheme, work.organisations, work.shops, work.refusals), folder), of_2006)


if __name__ == "__main__":
    for path in write_golden(FOLDER):
        print(path.relative_to(FOLDER.parent.parent))
