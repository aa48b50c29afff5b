"""`python -m scenarios.practice`: starts the partnership and writes one line of JSON, the partnership document."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path

from results.calendar import LONDON
from scenarios.practice.clock import START
from scenarios.practice.council import FOLDER, read_councils
from scenarios.practice.house import serve
from scenarios.reading import Invalid


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT, SIGTERM or the end of standard input. 0, or 2 when the councils' files cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m scenarios.practice", description=__doc__)
    parser.add_argument("--councils", type=Path, default=FOLDER, help="folder of council files")
    parser.add_argument("--speed", type=_speed, default=1.0, help="practice seconds in a real second")
    parser.add_argument("--start", type=_moment, default=START, help="practice time to begin at, as 2026-11-23T10:00")
    parser.add_argument("--only", default="", help="ids of councils, separated by commas")
    options = parser.parse_args(arguments)
    try:
        councils = read_councils(options.councils, [one for one in options.only.split(",") if one])
    except Invalid as invalid:
        print(invalid, file=sys.stderr)
        return 2
    asyncio.run(serve(councils, options.speed, options.start))
    return 0


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed <= 1_000_000:
        raise argparse.ArgumentTypeError("must be above 0 and at most 1,000,000")
    return speed


def _moment(text: str) -> dt.datetime:
    """A moment, in London's time unless it says otherwise."""
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)


if __name__ == "__main__":
    sys.exit(main())
