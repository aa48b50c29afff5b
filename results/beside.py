"""Work that another process does beside this one: what is large is put together by two at once."""

from __future__ import annotations

import gc
import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Made = TypeVar("Made")


class Ended(Exception):
    """The process beside this one was ended before its work was done."""


@contextmanager
def beside(work: Callable[[], Made], what: str) -> Iterator[Callable[[], Made]]:
    """Begin `work` in a process beside this one, and yield what waits for its end and gives what it returned.

    That process has all that this one has at its beginning; what it returns or raises is sent here. Raises `Ended`,
    with `what` for the name of the work, where nothing came. Whoever leaves without having waited needs the work no
    more: it is stopped. Where a system cannot begin a process in this way the work is done when it is asked for.
    """
    if "fork" not in multiprocessing.get_all_start_methods():
        yield work
        return
    context = multiprocessing.get_context("fork")
    heard, told = context.Pipe(duplex=False)

    def run() -> None:
        heard.close()  # or the end of the other process would not be noticed
        signal.signal(signal.SIGTERM, _stopped)
        _tell(told, work)

    gc.freeze()  # both then leave the pages of memory that they share as they are
    process = context.Process(target=run)
    process.start()
    told.close()

    def made() -> Made:
        try:
            found, error = heard.recv()
        except EOFError:
            process.join()
            raise Ended(f"{what} could not be written: the process for it {_ended(process.exitcode)}") from None
        if error is not None:
            raise error
        process.join()
        return found  # type: ignore[no-any-return]

    try:
        yield made
    finally:
        heard.close()
        process.terminate()
        process.join()
        gc.unfreeze()


def _tell(told: Connection, work: Callable[[], object]) -> None:
    try:
        found: tuple[object, Exception | None] = work(), None
    except Exception as error:  # whatever it is, it is raised where the work is waited for
        found = None, error
    try:
        told.send(found)
    except ConnectionError:  # nobody waits for it any more
        return


def _ended(code: int | None) -> str:
    return f"was ended by signal {-code}" if code and code < 0 else f"ended with {code}"


def _stopped(number: int, frame: object) -> None:
    """Left by way of every `finally`: no half file stays."""
    raise SystemExit(128 + number)
