"""Writes a large report again and again, each time in a process that is killed a little later than the last.

Whatever was killed, one line is printed: who, how it ended, and what then stands in the folder.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from zipfile import ZipFile

from results.beside import Ended
from results.report import pages
from results.report.formats import Apart, write_as
from results.report.in_order import in_order
from results.report.large import rows_beside
from results.report.told import InWords
from results.report.wave import assembled, heads
from tests.results.partnership import Fieldwork, fieldwork

TIMES = 4


def write(work: Fieldwork, folder: Path) -> int:
    contacts = in_order(work.wave, work.scheme, work.organisations, work.shops)
    of = InWords(contacts).of
    names = {key: one.name for key, one in contacts.members.items()}
    try:
        with rows_beside(heads(contacts.asked), names, of) as rows:
            report = assembled(contacts, work.refusals)
            asyncio.run(write_as(report, folder, ("html", "xlsx"), apart=Apart(of, rows)))
    except Ended as error:
        return 3 if "\n" not in str(error) else 4
    return 0


def killed(work: Fieldwork, folder: Path, whom: str, after: float) -> int:
    """How the process that writes ended, once nobody is left of those that it began.

    `whom`: it, or who helps it. `after`: so many seconds from when it has help.
    """
    alive, held = os.pipe()
    writer = os.fork()
    if not writer:
        os.close(alive)
        os._exit(write(work, folder))
    os.close(held)
    children = Path(f"/proc/{writer}/task/{writer}/children")
    while not children.read_text() and whom != "nobody":
        time.sleep(0.001)
    time.sleep(after)
    below = children.read_text().split()
    for one in {"nobody": [], "first": [writer], "second": [*map(int, below)]}[whom]:
        os.kill(one, signal.SIGKILL)
    ended = os.waitstatus_to_exitcode(os.waitpid(writer, 0)[1])
    os.read(alive, 1)  # nothing is ever written: it ends when the last one that holds the other end does
    os.close(alive)
    return ended


def what_stands(folder: Path, organisations: int) -> str:
    """'whole' where the front page is there and all it leads to, 'nothing' where it is not, else 'half'."""
    workbook = folder / "wave-report.xlsx"
    if workbook.exists() and ZipFile(workbook).testzip() is not None:
        return "half"
    if not (folder / "wave-report.html").exists():
        return "nothing"
    written = list((folder / pages.FOLDER).glob("*.html"))
    ends = all(path.read_text("utf-8").endswith("</html>\n") for path in written)
    return "whole" if workbook.exists() and ends and len(written) == organisations else "half"


def main() -> None:
    place = Path(sys.argv[1])
    pages.SPLIT_FROM = 50
    work = fieldwork(councils=6)
    write(work, place / "before")  # what takes long to load is then there for all
    began = time.monotonic()
    print("nobody", killed(work, place / "whole", "nobody", 0), what_stands(place / "whole", 6), flush=True)
    lasts = time.monotonic() - began
    for number in range(TIMES):
        for whom in ("first", "second"):
            folder = place / f"{whom}-{number}"
            ended = killed(work, folder, whom, lasts * number / TIMES)
            print(whom, ended, what_stands(folder, 6), flush=True)


if __name__ == "__main__":
    main()
