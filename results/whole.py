"""Files that are written whole or not at all: nobody ever reads half of one, whenever its writer was stopped."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def whole(path: Path, write: Callable[[Path], None]) -> Path:
    """Let `write` make the file under another name first, then give it its own, over an older one.

    Its folder is made when it is not there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}{path.suffix}")  # another process may write the same
    try:
        write(half)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return path


def text(path: Path, content: str) -> Path:
    """The same for a text, UTF-8, its ends of line as they are."""

    def write(to: Path) -> None:
        to.write_text(content, "utf-8", newline="")

    return whole(path, write)


def content(path: Path, content: bytes) -> Path:
    """The same for bytes."""

    def write(to: Path) -> None:
        to.write_bytes(content)

    return whole(path, write)
