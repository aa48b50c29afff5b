"""What the files of a programme were found to say before, so that hundreds need not be parsed at each start.

A file is known by the SHA-256 of its bytes, so one that was changed is always read anew. Nothing depends on what is
kept here: it may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from results import whole
from scenarios.reading import read_yaml

KNOWN = ".doorstep-known.json"
"""The file in the programme folder."""

_Model = TypeVar("_Model", bound=BaseModel)


class Known:
    """Reads YAML files as nouns, and knows those that it has read before. Then `keep` it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / KNOWN
        self._before = _kept(self._file)
        self._now: dict[str, str] = {}

    def read(self, path: Path, model: type[_Model]) -> _Model:
        """One YAML 1.2 file as one noun. Raises `Invalid`."""
        digest = _digest(path, model)
        with suppress(KeyError, ValidationError):  # new, or the noun has changed since
            known = model.model_validate_json(self._before[digest])
            self._now[digest] = self._before[digest]
            return known
        found = read_yaml(path, model)
        told = found.model_dump_json(exclude_unset=True)  # what is not written follows the defaults of the day
        if _digest(path, model) == digest and model.model_validate_json(told) == found:
            self._now[digest] = told
        return found

    def keep(self) -> None:
        """Write down what the files say now, where that is new and the folder may be written to."""
        if self._now.keys() != self._before.keys():
            with suppress(OSError):
                whole.text(self._file, json.dumps(self._now))


def _digest(path: Path, model: type[BaseModel]) -> str:
    """Of the file as this noun; empty where it cannot be read, which reading it tells."""
    try:
        return hashlib.sha256(model.__name__.encode() + b" " + path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _kept(file: Path) -> dict[str, str]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
