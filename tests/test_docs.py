"""The README is true: every command it shows exists, and every command and folder there is stands in it."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from scenarios.cli import program

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
DOCS = README + "".join(path.read_text() for path in sorted((ROOT / "docs").glob("*.md")))
COMMANDS = get_command(program()).commands  # type: ignore[attr-defined]
SHOWN = re.findall(r"^doorstep (.+?)(?:\s+#.*)?$", DOCS, re.MULTILINE)


def test_every_command_stands_in_the_readme_or_the_docs() -> None:
    for name in COMMANDS:
        assert f"doorstep {name}" in DOCS, name
        for below in getattr(COMMANDS[name], "commands", ()):
            assert f"doorstep {name} {below}" in DOCS, below


@pytest.mark.parametrize("line", SHOWN)
def test_every_command_line_that_is_shown_can_be_typed(line: str) -> None:
    name, *arguments = shlex.split(line)
    command = COMMANDS[name]
    while hasattr(command, "commands"):
        if name == "plan" and arguments[0] not in command.commands:
            arguments = ["contacts", *arguments]  # a wave's id alone is the dry run
        name, *arguments = arguments
        command = command.commands[name]
    with command.make_context(name, arguments, resilient_parsing=False) as context:
        assert context.params


def test_every_file_that_is_named_exists() -> None:
    for name in re.findall(r"`((?:results|probes|scenarios|docs|benchmarks)/[\w/.]*)`", README):
        assert (ROOT / name).exists(), name
    assert all((ROOT / name).exists() for name in re.findall(r"\]\((docs/[\w.-]+)\)", README))


def test_every_module_that_is_named_can_be_run() -> None:
    for module in re.findall(r"python -m ([\w.]+)", README):
        assert (ROOT / (module.replace(".", "/") + ".py")).exists(), module


def test_every_make_target_that_is_named_exists() -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for name in re.findall(r"(?:`|^)make (\w+)", README, re.MULTILINE):
        assert name in targets, name


def test_nothing_that_is_committed_names_a_registry_or_a_path_of_this_machine() -> None:
    forbidden = re.compile(
        "|".join(("pypi" + r"\.org", "python" + r"hosted\.org", "registry" + r"\.npmjs", "/ro" + "ot/"))
    )
    for path in ROOT.rglob("*"):
        if any(
            part.startswith(".") or part in ("demo", "dist", "__pycache__") for part in path.relative_to(ROOT).parts
        ):
            continue
        if path.is_file() and path.suffix in {".py", ".toml", ".txt", ".md", ".yaml", ".yml", ".json", ".html", ""}:
            assert not forbidden.search(path.read_text("utf-8", "replace")), path
