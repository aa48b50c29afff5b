"""The command `doorstep`. What is wrong is told in one line on standard error, with exit code 2."""

from __future__ import annotations

import gc
import sys

from probes.email import SignInNeeded
from probes.email.imap import MailboxUnreachable
from probes.guard import Refused
from probes.http import Unreachable
from probes.phone import Unfinished
from probes.phone.carriers import CarrierDown, CarrierRefused
from results.beside import Ended
from results.database import DatabaseLost
from scenarios import show
from scenarios.bench import AtWork
from scenarios.commands import (  # noqa: F401 - each adds its commands
    actions,
    alerts,
    appeals,
    calls,
    cluster,
    imports,
    judging,
    mailboxes,
    nights,
    operating,
    people,
    planning,
    practice,
    programme,
    register,
    results,
    retention,
    schedule,
    scheme,
    stopping,
    summary,
    telephone,
)
from scenarios.commands.common import Wrong, app
from scenarios.credentials import MissingSecret
from scenarios.demo import PracticeDown
from scenarios.reading import Invalid
from scenarios.reviewing import CannotSettle

__all__ = ["app", "main"]

_ONE_LINE = (
    *(Invalid, AtWork, MissingSecret, SignInNeeded),
    *(Unreachable, MailboxUnreachable, CarrierDown, CarrierRefused, ConnectionError, Unfinished),
    *(PracticeDown, Refused, Wrong, CannotSettle, DatabaseLost, Ended),
)


def main() -> None:
    """The console script."""
    try:
        app()
    except _ONE_LINE as error:
        show.err.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(2)
    except ExceptionGroup as group:
        expected, unexpected = group.split(_ONE_LINE)
        if unexpected is not None or expected is None:
            raise
        for line in dict.fromkeys(map(str, _leaves(expected))):
            show.err.print(line, style="red", markup=False, soft_wrap=True)
        sys.exit(2)
    finally:
        gc.freeze()  # the system takes all of it back: to look through a large report for garbage takes seconds


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    return [
        leaf
        for each in group.exceptions
        for leaf in (_leaves(each) if isinstance(each, BaseExceptionGroup) else [each])
    ]


if __name__ == "__main__":
    main()
