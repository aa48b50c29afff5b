"""`doorstep scheme show` and `diff`: profiles, waves, their editions, and files."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from results import scheme
from results.schema import Organisation, Profile
from results.store import FrozenWave
from scenarios.bench import opened
from scenarios.commands.common import Wrong
from scenarios.commands.scheme import _diff, _show
from tests.scenarios.test_change_told import wave
from tests.scenarios.test_cli import doorstep

SEED = "south-derbyshire-2006"
OWN = Profile(id="charter", title="Our charter", source="us", figures={"email.reply_working_days": 5})


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """A programme with a profile of its own and a wave that was judged anew by it."""
    path = tmp_path / "mine"
    assert doorstep("init", str(path)).returncode == 0
    (path / "profiles").mkdir(exist_ok=True)
    (path / "profiles" / "charter.yaml").write_text(json.dumps(OWN.model_dump(mode="json")))
    async with opened(path, to_work=True) as bench:
        first = wave("autumn", 10)
        await bench.store.freeze(first, ())
        await bench.store.add_edition(judged_anew(first), first.planned_at)
    return path


def judged_anew(first: FrozenWave) -> FrozenWave:
    return replace(
        first,
        scheme=scheme.build(OWN),
        organisations={"amber": Organisation(id="amber", name="Amber Council")},
        edition=1,
        why="the charter",
    )


async def shown(folder: Path, which: str = SEED, wave: bool = False, **asked: str) -> None:
    await _show(folder, which, wave, asked.get("channel"), asked.get("criterion"), "json" in asked, "markdown" in asked)


async def test_one_channel_is_shown_with_who_answers_and_the_standard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await shown(tmp_path, channel="visit")

    told = capsys.readouterr().out
    assert "visit.wait" in told
    assert "Within 20 minutes" in told
    assert "email." not in told
    assert "9 criteria, 9 of them scored" in told


async def test_one_criterion_is_shown_in_full(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await shown(tmp_path, "thanet", criterion="phone.access.answer_time")

    told = capsys.readouterr().out
    assert "Standard: Within four rings" in told
    assert "How to judge: By your watch" in told
    assert "Suggested, quick win: " in told


async def test_the_scheme_that_a_wave_froze_is_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await shown(folder, "autumn", wave=True, criterion="email.reply_time")
    assert "Standard: Within 5 working days" in capsys.readouterr().out

    await shown(folder, "charter", criterion="email.reply_time", json="")
    assert json.loads(capsys.readouterr().out)["profile"]["id"] == "charter"


async def test_what_is_not_there_is_told_with_what_is(folder: Path) -> None:
    with pytest.raises(Wrong, match="no channel 'fax'; there are: phone"):
        await shown(folder, channel="fax")
    with pytest.raises(Wrong, match=r"no criterion 'phone\.x'"):
        await shown(folder, criterion="phone.x")
    with pytest.raises(Wrong, match=r"no standards profile 'atlantis'; there are: .*thanet.*charter"):
        await shown(folder, "atlantis")
    with pytest.raises(Wrong, match="no wave 'spring' has been run yet"):
        await _diff(folder, "spring", SEED, as_json=False)
    with pytest.raises(Wrong, match="after the @ stands the number of an edition"):
        await _diff(folder, "autumn@first", SEED, as_json=False)
    with pytest.raises(Wrong, match="there is no edition 7 of autumn"):
        await _diff(folder, "autumn@7", SEED, as_json=False)


async def test_two_editions_of_a_wave_are_told_apart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await _diff(folder, "autumn@0", "autumn@1", as_json=False)

    told = capsys.readouterr().out
    assert "standard email.reply_working_days: an e-mail is answered within 5 working days; before 10" in told
    assert "standard phone.answer_seconds: no longer promised; it was 10" in told
    assert "Compared from wave to wave: 215 of 227 criteria." in told


async def test_a_wave_is_the_same_as_the_profile_it_was_frozen_with(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await _diff(folder, "autumn@0", SEED, as_json=False)
    assert "are the same" in capsys.readouterr().out

    await _diff(folder, "autumn", "charter", as_json=True)
    assert json.loads(capsys.readouterr().out)["figures"] == {}


async def test_what_show_wrote_can_be_compared_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await shown(tmp_path, json="")
    document = json.loads(capsys.readouterr().out)
    document["criteria"][0]["weight"] = 0
    document["criteria"][1]["question"] = "Is it?"
    gone = document["criteria"].pop()["id"]
    (tmp_path / "ours.json").write_text(json.dumps(document))

    await _diff(tmp_path, SEED, str(tmp_path / "ours.json"), as_json=False)

    told = capsys.readouterr().out
    assert "changed  phone.access.call_cost: weight from 2 to 0\n" in told
    assert (
        "changed  phone.access.number_works: question from Is the published number in service? to Is it? (words" in told
    )
    assert f"removed  {gone}" in told


@pytest.mark.parametrize(
    ("text", "told"), [("{", "is not JSON"), ("{}", "version: Field required"), ("[1]", "the file: ")]
)
async def test_a_file_that_is_no_scheme_is_told_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "ours.json").write_text(text)

    with pytest.raises(Wrong, match=told) as wrong:
        await _diff(tmp_path, SEED, str(tmp_path / "ours.json"), as_json=False)

    assert "\n" not in str(wrong.value)


async def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Wrong, match=r"ours\.json: No such file"):
        await _diff(tmp_path, SEED, str(tmp_path / "ours.json"), as_json=False)


async def test_the_tables_are_printed_as_they_stand_in_the_docs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await shown(tmp_path, markdown="")

    kept = (Path(__file__).parent.parent.parent / "docs" / "criteria.md").read_text("utf-8")
    assert (capsys.readouterr().out == kept) is True, "run: doorstep scheme show --markdown > docs/criteria.md"
