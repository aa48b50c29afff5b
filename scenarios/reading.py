"""Reading the files people write: YAML and TOML into the nouns, with every mistake told by file, line, key and remedy.

`Invalid` holds all problems of a file at once. Nothing here decides what the files mean.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

Model = TypeVar("Model", bound=BaseModel)
_LARGEST = 1_000_000  # bytes; a register file of a megabyte is a mistake


class Reader(Protocol):
    """Reads one YAML 1.2 file as one noun. Raises `Invalid`."""

    def __call__(self, path: Path, model: type[Model], /) -> Model: ...


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake, as its reader needs it: where, which key, what is wrong and what would be right."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key}: {self.message}" if self.key else f"{where}: {self.message}"


class Invalid(Exception):
    """Files that cannot be used. `problems` lists every mistake found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


def read_yaml(path: Path, model: type[Model]) -> Model:
    """One YAML 1.2 file as one noun. Raises `Invalid`."""
    tree = _yaml_tree(path)
    if not isinstance(tree, CommentedMap):
        raise Invalid([Problem(path.name, 1, "", f"holds {_kind(tree)}; write `key: value` lines")])
    try:
        return model.model_validate(_plain(tree))
    except ValidationError as error:
        raise Invalid(_problems(path, error, lambda where: _yaml_line(tree, where))) from None


def read_toml(path: Path, model: type[Model]) -> Model:
    """One TOML file as one noun. Raises `Invalid`."""
    text = _text(path)
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        message = f"is not TOML: {str(error).split(' (at')[0]}"
        raise Invalid([Problem(path.name, int(found[1]) if found else 1, "", message)]) from None
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise Invalid(_problems(path, error, lambda where: _toml_line(text, where))) from None


def line_of(path: Path, where: Sequence[str | int]) -> int:
    """The line of a key in a YAML or TOML file, for mistakes found after reading."""
    if path.suffix == ".toml":
        return _toml_line(_text(path), where)
    return _yaml_line(_yaml_tree(path), where)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise Invalid([Problem(path.name, 0, "", f"is larger than {_LARGEST:,} bytes; it cannot be meant")])
        return path.read_text("utf-8")
    except OSError as error:
        raise Invalid([Problem(path.name, 0, "", f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise Invalid([Problem(path.name, 0, "", "is not UTF-8 text; save it as UTF-8")]) from None


def _yaml_tree(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        return YAML(typ="rt", pure=True).load(_text(path))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise Invalid([Problem(path.name, line, "", f"is not YAML: {error.problem}")]) from None
    except YAMLError as error:
        raise Invalid([Problem(path.name, 0, "", f"is not YAML: {str(error).splitlines()[0]}")]) from None
    except RecursionError:
        raise Invalid([Problem(path.name, 0, "", "is nested too deeply to be meant")]) from None


def _plain(tree: Any) -> Any:  # noqa: ANN401 - YAML to plain Python
    if isinstance(tree, Mapping):
        return {str(key): _plain(value) for key, value in tree.items()}
    if isinstance(tree, CommentedSeq | list):
        return [_plain(value) for value in tree]
    return tree


def _yaml_line(tree: Any, where: Sequence[str | int]) -> int:  # noqa: ANN401 - any part of the tree
    line = 1
    for part in where:
        if isinstance(tree, CommentedMap) and part in tree:
            line = int(tree.lc.key(part)[0]) + 1
            tree = tree[part]
        elif isinstance(tree, CommentedSeq) and isinstance(part, int) and part < len(tree):
            line = int(tree.lc.item(part)[0]) + 1
            tree = tree[part]
        else:
            break
    return line


def _toml_line(text: str, where: Sequence[str | int]) -> int:
    """The line of a key: the last part found below the table that the earlier parts name."""
    lines = text.splitlines()
    start, best = 0, 1
    for part in where:
        pattern = re.compile(rf"^\s*(?:\[+[^\]]*\b{re.escape(str(part))}\s*\]|\"?{re.escape(str(part))}\"?\s*=)")
        for number in range(start, len(lines)):
            if pattern.match(lines[number]):
                start, best = number, number + 1
                break
    return best


def _problems(path: Path, error: ValidationError, line: Any) -> list[Problem]:  # noqa: ANN401
    found = []
    for item in error.errors(include_url=False):
        where = tuple(item["loc"])
        key = ".".join(str(part + 1) if isinstance(part, int) else part for part in where)
        found.append(Problem(path.name, line(where), key, _remedy(item)))
    return found


def _remedy(item: Any) -> str:  # noqa: ANN401 - pydantic's error record
    """Pydantic's words in ours: what is wrong and what would be right."""
    kind, message, context = item["type"], item["msg"], item.get("ctx", {})
    given = repr(item.get("input"))[:80]
    if kind == "missing":
        return "is missing; add it"
    if kind == "extra_forbidden":
        return "is not a key that is known here; check its spelling or take it out"
    if kind == "value_error":
        return str(message).removeprefix("Value error, ")
    if kind == "literal_error":
        return f"is {given}; it must be {context.get('expected')}"
    if kind == "string_pattern_mismatch":
        return f"is {given}; {_PATTERNS.get(str(context.get('pattern')), 'it is not written as it must be')}"
    message = str(message)[:1].lower() + str(message)[1:]
    return f"is {given}; {message.replace('input should', 'it should')}"


_PATTERNS = {
    r"^\+[1-9][0-9]{6,14}$": "write the number as +44 and the digits, without spaces: +441134960000",
    r"^[a-z0-9][a-z0-9-]{0,62}$": "use small letters, digits and hyphens only",
    r"^[a-z0-9.-]+(:[0-9]{1,5})?$": "write the host alone, as www.example.gov.uk",
    r"^[A-Za-z0-9.-]+(:[0-9]{1,5})?$": "write the host alone, as sip.example.net or sip.example.net:5080",
    r"^(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$": "write address and port, as 127.0.0.1:9871",
    r"^[^\s@;:<>\"]{1,64}$": "write the part before the @ alone",
    r"^https://[^\s/?#]+/[^\s?#]*$": "write the whole public address, beginning https://, with its path",
    r"^[^\W\d_]+(?:['’-][^\W\d_]+)* [^\W\d_]+(?:['’-][^\W\d_]+)*$": "write first and last name: Alison Bennett",
    r"^https?://[^\s/]+/?\S*$": "write the whole address, beginning https://",
    r"^[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,190}$": "write one e-mail address, as enquiries@example.gov.uk",
}


def _kind(tree: object) -> str:
    return "nothing" if tree is None else "a list" if isinstance(tree, list) else "one value"
