"""`doorstep plan` as people type it: what docs/planning.md shows, what was promised, and how it stands."""

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from results.schema import Observation, Points
from scenarios import plan as planning
from scenarios import show
from scenarios.bench import Bench, opened
from scenarios.cli import program
from scenarios.commands.common import Wrong
from scenarios.commands.programme import STARTER
from scenarios.show_plan import not_ranked

PAGE = (Path(__file__).parents[2] / "docs" / "planning.md").read_text("utf-8")
LATER = 28
"""Years after which the days of the week are the same again: fieldwork of the page is always still to come."""

PHONE = """
[phone]
account = "AC00000000000000000000000000000000"
caller = "+441134960999"
pence_per_minute = 1.2

[practice]
house = "http://127.0.0.1:9"
carrier = "http://127.0.0.1:9"
"""


def later(text: str) -> str:
    return text.replace("2027", str(2027 + LATER))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The programme of the page, with its numbers, which are Ofcom's for drama, in a practice programme."""
    made = tmp_path / "mine"
    shutil.copytree(STARTER, made)
    for room in ("register", "scenarios", "waves"):
        for path in (made / room).glob("*.yaml"):
            path.unlink()
    toml = re.sub(
        r"^(smtp|imap)_host = .*$", r'\1_host = "127.0.0.1"', (made / "programme.toml").read_text(), flags=re.M
    )
    (made / "programme.toml").write_text(toml + PHONE)
    for name, text in re.findall(r"^`([\w/.-]+\.yaml)`[^\n]*\n\n```yaml\n(.*?)```", PAGE, re.M | re.S):
        (made / name).write_text(later(text))
    return made


def doorstep(folder: Path | None, *arguments: str) -> Result:
    """The command, in this process; what goes wrong as `main` tells it is in `exception`."""
    where = ["--folder", str(folder)] if folder else []
    return CliRunner().invoke(program(), [*arguments, *where])


def told(folder: Path | None, *arguments: str) -> Any:
    done = doorstep(folder, *arguments, "--json")
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


def refused(folder: Path | None, *arguments: str) -> str:
    done = doorstep(folder, *arguments)
    assert isinstance(done.exception, Wrong), done.output
    return str(done.exception)


async def with_bench(folder: Path, work: Any) -> None:
    async with opened(folder, to_work=False) as bench:
        await work(bench)


def test_the_example_of_the_page_is_what_the_command_says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show.out, "width", 118)
    examples = re.findall(r"```\n(doorstep plan [^\n]+)\n```\n\n```text\n(.*?)```", PAGE, re.S)

    assert len(examples) == 5
    for line, shown in examples:
        command = shlex.split(line)[1:]
        arguments = command if command[1] == "size" else [*command, "--folder", str(folder)]
        said = [each.rstrip() for each in doorstep(None, *arguments).stdout.splitlines()]
        for each in later(shown).splitlines():
            assert each.rstrip() in said, (line, each, "\n".join(said))


def test_a_waves_id_alone_is_the_dry_run_wherever_options_stand(folder: Path) -> None:
    short = told(folder, "plan", "spring")
    in_front = json.loads(doorstep(None, "plan", "--json", "--folder", str(folder), "spring").stdout)

    assert len(short) == len(in_front) == len(told(folder, "plan", "contacts", "spring")) == 112
    assert {each["target"] for each in short} == {each["target"] for each in in_front}


def test_a_plan_holds_every_cell_by_service_hours_and_hour(folder: Path) -> None:
    cells = told(folder, "plan", "show", "spring")["plan"]["cells"]

    assert sum(cell["contacts"] for cell in cells) == 112
    assert {cell["service"] for cell in cells if cell["scenario"] == "evening-calls"} == {524}
    office = [cell for cell in cells if cell["scenario"] == "office-calls" and cell["organisation"] == "amber"]
    assert {cell["hour"] for cell in office} == {9, 10, 11, 12, 13, 14, 15, 16}
    assert sum(cell["contacts"] for cell in office) == 30
    evening = [cell for cell in cells if cell["scenario"] == "evening-calls"]
    assert {cell["in_hours"] for cell in evening} == {False}


def test_cost_is_begun_minutes_and_staff_time_is_as_in_the_report(folder: Path) -> None:
    found = told(folder, "plan", "show", "spring")

    assert found["cost"] == {"calls": 72, "minutes": 72, "pence": 72 * 1.2, "at_most": 72 * 3 * 2 * 1.2}
    assert found["staff"]["minutes"] == 72 * 15 / 60 + 40 * 10


def test_caps_that_leave_fewer_calls_are_told(folder: Path) -> None:
    toml = folder / "programme.toml"
    toml.write_text(toml.read_text().replace('"+441134960999"\n', '"+441134960999"\ncaps = {wave = {pence = 24}}\n'))

    assert "The caps on calls leave 10 calls, each reckoned at its dearest;" in doorstep(folder, "plan", "show").stdout
    assert told(folder, "plan", "show", "spring")["calls_within_caps"] == 10


def test_without_a_schedule_contacts_have_no_hour(folder: Path) -> None:
    (folder / "schedules.yaml").unlink()

    cells = told(folder, "plan", "show", "spring")["plan"]["cells"]

    assert {cell["hour"] for cell in cells if cell["in_hours"]} == {None}
    assert None not in {cell["hour"] for cell in cells if not cell["in_hours"]}


def test_a_plan_is_frozen_once_and_again_only_with_a_reason(folder: Path) -> None:
    first = told(folder, "plan", "freeze", "spring")
    again = refused(folder, "plan", "freeze", "spring")
    second = told(folder, "plan", "freeze", "spring", "--why", "Bede agreed to more")

    assert (first["number"], second["number"]) == (1, 2)
    assert "to promise something else say why: doorstep plan freeze spring --why …" in again
    assert "This is the 2nd plan: Bede agreed to more." in told(folder, "plan", "progress", "spring")["said"]


def test_later_edits_of_the_programme_do_not_change_what_was_promised(folder: Path) -> None:
    doorstep(folder, "plan", "freeze", "spring")
    calls = folder / "scenarios" / "office-calls.yaml"
    calls.write_text(calls.read_text().replace("contacts: 30", "contacts: 10"))

    places = {
        (one["organisation"], one["channel"]): one for one in told(folder, "plan", "progress", "spring")["places"]
    }

    assert places["amber", "phone"]["promised"] == 36
    assert places["amber", "phone"]["still_possible"] == 16
    assert places["amber", "phone"]["cannot"] == ["20: no longer in the programme"]
    assert "and changed since" in doorstep(folder, "plan", "show", "spring").stdout


async def test_progress_counts_what_became_of_every_contact(folder: Path) -> None:
    async def some_of_it(bench: Bench) -> None:
        frozen = planning.freeze(bench.folder, bench.folder.waves["spring"], bench.clock.now())
        rows = planning.rows(frozen)
        await bench.store.freeze(frozen, rows)
        now, none = bench.clock.now(), Points()
        calls = [row for row in rows if row.organisation == "amber" and row.channel == "phone"]
        mails = [row for row in rows if row.organisation == "amber" and row.channel == "email"]
        for row, error in ((calls[0], None), (calls[1], None), (calls[2], "the line to the carrier broke")):
            seen = Observation(facts={}, error=error)
            await bench.store.close(row.id, seen, (), none, none, frozen.basis, now)
        await bench.store.refuse(calls[3].id, "consent.line: no")
        await bench.store.about_to(calls[4].id, "CA1", now)
        await bench.store.void(calls[4], "nobody knows", None)
        await bench.store.about_to(mails[0].id, "<1@x>", now)
        await bench.store.done(mails[0].id, "<1@x>", now)

    freeze = await in_thread(folder, "plan", "freeze", "spring")
    await with_bench(folder, some_of_it)
    found = json.loads((await in_thread(folder, "plan", "progress", "spring", "--json")).stdout)
    places = {(one["organisation"], one["channel"]): one for one in found["places"]}

    assert freeze.exit_code == 0
    calls, mails = places["amber", "phone"], places["amber", "email"]
    assert [calls[state] for state in ("promised", "done", "failed", "refused", "waiting")] == [36, 2, 2, 1, 31]
    assert (calls["missing"], calls["still_possible"]) == (34, 31)
    assert calls["cannot"] == [
        "1: refused; put the register right, and the next run makes them",
        "2: could not be measured, or set aside",
    ]
    assert [mails[state] for state in ("promised", "awaited", "waiting", "still_possible")] == [20, 1, 19, 19]
    assert found["said"][0] == "Promised: 112 contacts. Made and counted: 2, and 1 awaits an answer."
    kinds = {(one["channel"], one["asked"], one["in_hours"]): one for one in found["kinds"]}
    assert kinds["phone", "Missed bin collection", False]["waiting"] == 12


async def in_thread(folder: Path, *arguments: str) -> Result:
    """A command runs an event loop of its own, which a test that has one must leave to another thread."""
    import asyncio

    return await asyncio.to_thread(doorstep, folder, *arguments)


def test_a_pause_and_a_missing_consent_are_told_as_what_does_not_fit(folder: Path) -> None:
    bede = folder / "register" / "bede.yaml"
    bede.write_text(bede.read_text().partition("consent:")[0])
    doorstep(folder, "pause", "amber", "--why", "severe weather")

    places = told(folder, "plan", "show", "spring")["places"]

    assert {one["fit"] for one in places} == {0}
    assert ["36: amber is paused: severe weather"] in [one["why"] for one in places]
    assert ["36: Bede Borough Council has no consent entry"] in [one["why"] for one in places]


def test_what_is_not_there_or_makes_no_sense_is_told_in_one_line(folder: Path) -> None:
    assert refused(folder, "plan", "show", "autumn") == "there is no wave 'autumn'; there are: spring"
    assert refused(folder, "plan", "progress", "spring").endswith("freeze one: doorstep plan freeze spring")
    assert refused(None, "plan", "size", "--from", "70").startswith("say one of --to, --change and --contacts")
    assert "lies between 0 and 100" in refused(None, "plan", "size", "--from", "70", "--change", "50")
    assert "no change to see" in refused(None, "plan", "size", "--from", "70", "--to", "70")
    assert "no sample to size" in refused(None, "plan", "size", "--from", "70", "--to", "80", "--channel", "web")
    assert "plain numbers" in refused(None, "plan", "size", "--what", "time", "--from", "nan", "--to", "3")
    assert "quartile" in refused(
        None, "plan", "size", "--what", "time", "--from", "5", "--to", "3", "--quartiles", "4", "2"
    )


def test_whoever_will_be_short_of_a_place_is_named_and_a_website_needs_one_visit() -> None:
    names = {id: id.title() for id in ("amber", "bede", "carn")}

    assert not_ranked(names, {("amber", "phone"): 19, ("bede", "phone"): 20, ("carn", "web"): 1}) == [
        "By telephone nobody is ranked: that takes 20 each. Short of it: Amber (19)."
    ]


@pytest.mark.parametrize(
    ("asked", "contacts"),
    [
        (("--from", "5", "--to", "10"), {"0.8": 474, "0.9": 621}),  # Fleiss, Levin and Paik (2003), table A.4
        (("--from", "10", "--change", "20"), {"0.8": 72, "0.9": 92}),
    ],
)
def test_sizes_are_those_of_the_published_table(asked: tuple[str, ...], contacts: dict[str, int]) -> None:
    assert told(None, "plan", "size", *asked)["contacts"] == contacts
