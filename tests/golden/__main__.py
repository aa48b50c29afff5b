"""One whole small wave report, kept as it ought to be. This writes it anew; read the difference before a commit."""

from __future__ import annotations

from pathlib import Path

from results.report import assemble, write
from tests.results.partnership import fieldwork

FOLDER = Path(__file__).parent


def write_golden(folder: Path) -> tuple[Path, Path]:
    """The report of three made-up councils, as a page and as data."""
    work = fieldwork(councils=3)
    return write(assemble(work.wave, work.scheme, work.organisations, work.shops, work.refusals), folder)


if __name__ == "__main__":
    for path in write_golden(FOLDER):
        print(path.relative_to(FOLDER.parent.parent))
