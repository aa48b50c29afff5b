"""The command `doorstep`. What is wrong is told in one line on standard error, with exit code 2.

A command is loaded with what it needs and no more: one that was killed and is started again is back within a second.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from importlib import import_module

import typer

from scenarios.commands.common import app

__all__ = ["main", "program"]

WHERE: Mapping[str, str] = {
    "actions": "actions",
    "alerts": "alerts",
    "appeal": "appeals",
    "backup": "operating",
    "check": "programme",
    "collect": "programme",
    "demo": "practice",
    "export-organisation": "retention",
    "export-results": "imports",
    "forget": "retention",
    "forms": "people",
    "import": "imports",
    "init": "programme",
    "mail": "mailboxes",
    "nights": "nights",
    "pause": "stopping",
    "phone": "calls",
    "plan": "planning",
    "practice": "practice",
    "refusals": "operating",
    "register": "register",
    "report": "results",
    "rescore": "results",
    "restore": "operating",
    "resume": "stopping",
    "review": "judging",
    "run": "programme",
    "schedule": "schedule",
    "scheme": "scheme",
    "serve": "schedule",
    "shops": "results",
    "status": "operating",
    "summary": "summary",
    "tasks": "people",
    "worker": "cluster",
}
"""The module of `scenarios.commands` in which each command is, with all that belongs to it."""


def program(command: str | None = None) -> typer.Typer:
    """The program with one of its commands at least; with all of them, where none or an unknown one is named."""
    modules = {WHERE[command]} if command is not None and command in WHERE else set(WHERE.values())
    for module in sorted(modules):
        import_module(f"scenarios.commands.{module}")
    return app


def main() -> None:
    """The console script."""
    gc.disable()  # what is loaded is no garbage, and to look through it takes a tenth of the time
    try:
        typed = program(sys.argv[1] if len(sys.argv) > 1 else None)
        gc.freeze()
        gc.enable()
        typed()
    except Exception as error:
        lines = _expected(error)
        if not lines:
            raise
        from scenarios import show

        for line in lines:
            show.err.print(line, style="red", markup=False, soft_wrap=True)
        sys.exit(2)
    finally:
        gc.enable()
        gc.freeze()  # the system takes all of it back: to look through a large report for garbage takes seconds


def _expected(error: Exception) -> list[str]:
    """What an error says in a line of its own, or all of a group say; nothing where one is a fault of ours."""
    told = _leaves(error)
    return list(dict.fromkeys(map(str, told))) if all(isinstance(each, _one_line()) for each in told) else []


def _one_line() -> tuple[type[Exception], ...]:
    """What a user can cause or put right."""
    from probes.email import SignInNeeded
    from probes.email.imap import MailboxUnreachable
    from probes.guard import Refused
    from probes.http import Unreachable
    from probes.phone import Unfinished
    from probes.phone.carriers import CarrierDown, CarrierRefused
    from results.beside import Ended
    from results.database import DatabaseLost
    from scenarios.bench import AtWork
    from scenarios.commands.common import Wrong
    from scenarios.credentials import MissingSecret
    from scenarios.demo import PracticeDown
    from scenarios.reading import Invalid
    from scenarios.reviewing import CannotSettle

    return (
        *(Invalid, AtWork, MissingSecret, SignInNeeded),
        *(Unreachable, MailboxUnreachable, CarrierDown, CarrierRefused, ConnectionError, Unfinished),
        *(PracticeDown, Refused, Wrong, CannotSettle, DatabaseLost, Ended),
    )


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for each in error.exceptions for leaf in _leaves(each)]
    return [error]


if __name__ == "__main__":
    main()
