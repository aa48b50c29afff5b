"""The command as people type it: help with examples, one clear line for each mistake, JSON for machines."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from scenarios.cli import WHERE, program
from tests.scenarios.typed import console

COMMANDS = sorted(get_command(program()).commands)  # type: ignore[attr-defined]


def doorstep(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command, as a user types it."""
    return console(*arguments, *(["--folder", str(folder)] if folder else []))


@pytest.fixture(scope="module")
def programme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that `init` made, with a consent entry for one address and one host."""
    folder = tmp_path_factory.mktemp("cli") / "mine"
    assert doorstep("init", str(folder)).returncode == 0
    council = folder / "register" / "example-council.yaml"
    council.write_text(council.read_text().replace("# consent:", "consent:").replace("\n#   ", "\n  "))
    return folder


def test_the_commands_are_those_of_the_readme() -> None:
    assert COMMANDS == [
        "actions",
        "alerts",
        "appeal",
        "backup",
        "check",
        "collect",
        "demo",
        "export-organisation",
        "export-results",
        "forget",
        "forms",
        "import",
        "init",
        "mail",
        "nights",
        "pause",
        "phone",
        "plan",
        "practice",
        "refusals",
        "register",
        "report",
        "rescore",
        "restore",
        "resume",
        "review",
        "run",
        "schedule",
        "scheme",
        "serve",
        "shops",
        "status",
        "summary",
        "tasks",
        "worker",
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    done = CliRunner().invoke(program(), [command, "--help"], prog_name="doorstep")

    assert done.exit_code == 0
    assert f"doorstep {command}" in done.output
    assert "Example" in done.output


def test_a_new_folder_is_right_and_nobody_in_it_can_be_contacted(tmp_path: Path) -> None:
    doorstep("init", str(tmp_path / "new"))

    done = doorstep("check", folder=tmp_path / "new")

    assert done.returncode == 0
    assert "Example District Council has no consent entry: nobody there will be contacted." in done.stdout


def test_init_never_writes_over_anything(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")

    done = doorstep("init", str(tmp_path))

    assert done.returncode == 2
    assert "is not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_check_tells_all_mistakes_and_fails(tmp_path: Path) -> None:
    doorstep("init", str(tmp_path / "new"))
    (tmp_path / "new" / "waves" / "first-wave.yaml").write_text("id: first-wave\n")

    done = doorstep("check", folder=tmp_path / "new")
    machine = doorstep("check", "--json", folder=tmp_path / "new")

    assert done.returncode == machine.returncode == 2
    assert "waves/first-wave.yaml:1: title: is missing; add it" in done.stderr
    assert "5 mistakes found." in done.stderr
    assert json.loads(machine.stdout)["problems"][0]["file"] == "waves/first-wave.yaml"


def test_a_dry_run_names_every_address_and_host_and_sends_nothing(programme: Path) -> None:
    done = doorstep("plan", "first-wave", "--json", folder=programme)
    shown = doorstep("plan", "first-wave", folder=programme)

    planned = json.loads(done.stdout)
    assert len(planned) == 21
    assert {each["target"] for each in planned} == {
        "enquiries@example-council.example",
        "https://www.example-council.example/",
    }
    assert {each["refusal"]["rule"] for each in planned} <= {"consent.not_yet", "consent.expired"}
    assert "Nothing was sent, dialled or fetched." in shown.stdout


def test_what_is_not_there_is_told_with_what_is(programme: Path) -> None:
    for arguments, told in (
        (("plan", "spring"), "there is no wave 'spring'; there are: first-wave"),
        (("report", "first-wave"), "no wave 'first-wave' has been run yet; run so far: none"),
        (("run",), "name a wave or a --scenario; the waves are: first-wave"),
        (("run", "--scenario", "x"), "there is no scenario 'x'; there are: email-enquiries, website-visit"),
        (("pause", "atlantis"), "there is no organisation 'atlantis'; there are: example-council"),
        (("pause",), "name one organisation, or --all"),
    ):
        done = doorstep(*arguments, folder=programme)
        assert done.returncode == 2, arguments
        assert done.stderr.strip() == told


def test_a_run_without_a_password_says_where_to_put_it(programme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOORSTEP_MAIL_PASSWORD", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")

    done = doorstep("run", "--scenario", "email-enquiries", folder=programme)

    assert done.returncode == 2
    assert "set the environment variable DOORSTEP_MAIL_PASSWORD" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pause_is_told_refuses_in_the_plan_and_can_be_lifted(programme: Path) -> None:
    paused = doorstep("pause", "example-council", "--why", "severe weather", folder=programme)
    planned = json.loads(doorstep("plan", "first-wave", "--json", folder=programme).stdout)
    lifted = doorstep("resume", "example-council", folder=programme)
    again = doorstep("resume", "example-council", folder=programme)

    assert paused.stdout.strip() == "Example District Council is paused: severe weather."
    assert {each["refusal"]["rule"] for each in planned} == {"pause.organisation"}
    assert lifted.stdout.strip() == "Example District Council is no longer paused."
    assert again.stdout.strip() == "Example District Council was not paused."


def test_the_demo_never_replaces_a_real_programme(programme: Path) -> None:
    done = doorstep("demo", folder=programme)

    assert done.returncode == 2
    assert "holds a real programme" in done.stderr
    assert (programme / "register" / "example-council.yaml").exists()


def test_a_folder_that_is_no_programme_says_how_to_make_one(tmp_path: Path) -> None:
    done = doorstep("check", folder=tmp_path)

    assert done.returncode == 2
    assert "`doorstep init` makes one" in done.stderr


def test_a_worker_is_told_what_it_needs(programme: Path) -> None:
    toml = programme / "programme.toml"
    before = toml.read_text()
    alone = doorstep("worker", folder=programme)
    toml.write_text(before + '\n[engine]\nkind = "procrastinate"\n')
    without_postgres = doorstep("worker", folder=programme)
    toml.write_text(before + '\n[engine]\nkind = "procrastinate"\ndatabase = "postgresql://me@127.0.0.1:1/doorstep"\n')
    nobody_there = doorstep("worker", folder=programme)
    toml.write_text(before)

    assert [each.returncode for each in (alone, without_postgres, nobody_there)] == [2, 2, 2]
    assert nobody_there.stderr.startswith("the database postgresql://me@127.0.0.1:1/doorstep cannot be reached: ")
    assert "Traceback" not in nobody_there.stderr
    assert 'engine.kind: is "local", so that runs do their work themselves' in alone.stderr.replace("\n", " ")
    assert "several machines need PostgreSQL" in without_postgres.stderr.replace("\n", " ")


def test_each_command_is_looked_for_where_it_is() -> None:
    where = {}
    for command in program().registered_commands:
        assert command.callback is not None
        where[command.name or command.callback.__name__] = command.callback.__module__.rpartition(".")[2]

    assert sorted(WHERE) == COMMANDS
    assert {name: WHERE[name] for name in where} == where


def test_a_command_that_is_loaded_alone_is_there_with_all_its_parts() -> None:
    alone = "from scenarios.cli import program; from typer.main import get_command as get; import sys; "
    parts = f"{alone}print(*get(program(sys.argv[1])).commands[sys.argv[1]].commands)"

    done = subprocess.run([sys.executable, "-c", parts, "phone"], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["test", "unmatched"]
