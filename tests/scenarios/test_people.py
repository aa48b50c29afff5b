"""A wave shopped by people, from a fresh folder to its report; and people beside probes, with the same marks."""

import datetime as dt
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from results.calendar import LONDON
from results.filled import Filled, Given
from results.forms.question import question
from results.forms.sheet import shopper_form
from results.forms.table import table
from results.marking import STALE
from results.people import Task
from results.schema import Answer, Criterion, Fact, Moment, Observation, Shop, State, Why
from results.shops import scored
from results.store import FrozenWave
from scenarios import finish, reviewing
from scenarios import plan as planning
from scenarios.bench import Bench, opened
from scenarios.cli import program
from scenarios.commands.programme import STARTER
from scenarios.forms_in import Import
from scenarios.handing_out import why_not
from scenarios.programme import load
from scenarios.reading import Invalid
from scenarios.rescore import rescore
from scenarios.reviewing import Word
from scenarios.settling import of_form
from tests.results import filling

TODAY = dt.datetime.now(LONDON).date()  # forms are refused that say of tomorrow or of before they were handed out
LONG_AGO = TODAY - dt.timedelta(days=60)
REGISTER = f"""id: amber
name: Amber Council
contacts:
  addresses: [hello@amber.example]
  lines: [{{number: "+441629533190", label: Main}}]
  offices: ["Town Hall, Amber"]
consent:
  agreed_by: Head of Customer Services
  valid_from: {LONG_AGO}
  until: {TODAY + dt.timedelta(days=300)}
  channels: [email, phone, visit]
  addresses: [hello@amber.example]
  lines: ["+441629533190"]
"""
WAVE = f"""id: wave
title: People's wave
partnership: Example Partnership
fieldwork_from: {LONG_AGO}
fieldwork_until: {TODAY + dt.timedelta(days=60)}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A fresh programme with one council and no probes: what docs/people.md tells to write."""
    made = tmp_path / "mine"
    shutil.copytree(STARTER, made)
    for room in ("register", "scenarios", "waves"):
        for path in (made / room).glob("*.yaml"):
            path.unlink()
    toml = (made / "programme.toml").read_text()
    (made / "programme.toml").write_text(toml[: toml.index("# A mailbox of its own")])
    (made / "register" / "amber.yaml").write_text(REGISTER)
    (made / "scenarios" / "calls.yaml").write_text(
        "id: calls\nchannel: phone\nshopper: person\nenquiries: [missed-bin, blue-badge]\ncontacts: 3\n"
    )
    (made / "waves" / "wave.yaml").write_text(f"{WAVE}scenarios: [calls]\n")
    (made / "people.yaml").write_text("judged_twice: 0.3\nshoppers:\n  - id: s1\n  - {id: s2, channels: [phone]}\n")
    return made


def doorstep(folder: Path, *arguments: str) -> Result:
    """The command, in this process; what goes wrong as `main` tells it is in `exception`."""
    return CliRunner().invoke(program(), [*arguments, "--folder", str(folder)])


def usual(shop: str, id: str) -> Any:
    """A good call a moment after midnight, so that it lies between the handing out and now."""
    said = {"@made": "Yes", "@day": dt.datetime.combine(TODAY, dt.time()), "@time": dt.time(0, 0)}
    said |= {"@comment": "Very <b>helpful</b>.", "phone.access.contactable": "Yes", "phone.access.answer_time": 9}
    return said.get(id, "N/A" if not id.startswith("@") and "=" not in id else None)


def exported(folder: Path, answers: filling.Answers = usual) -> list[Path]:
    """Everybody's form, filled in."""
    paths = sorted((folder / "forms" / "wave").glob("*.xlsx"))
    for path in paths:
        path.write_bytes(filling.fill(path.read_bytes(), answers))
    return paths


async def with_bench(folder: Path, work: Callable[[Bench], Any]) -> Any:
    async with opened(folder, to_work=True) as bench:
        return await work(bench)


# ------------------------------------------------------------------------------------------------ the whole way


def test_a_wave_of_people_goes_from_a_fresh_folder_to_its_report(folder: Path) -> None:
    plan = doorstep(folder, "plan", "wave")
    handed = doorstep(folder, "tasks", "hand-out", "wave")
    again = doorstep(folder, "tasks", "hand-out", "wave")
    forms = doorstep(folder, "forms", "export", "wave")
    twice = doorstep(folder, "forms", "export", "wave")
    paths = [str(path) for path in exported(folder)]
    brought_in = doorstep(folder, "forms", "import", *paths)
    repeated = doorstep(folder, "forms", "import", *paths)
    listed = json.loads(doorstep(folder, "tasks", "list", "wave", "--json").stdout)
    agreement = json.loads(doorstep(folder, "review", "agreement", "wave", "--json").stdout)
    report = json.loads(doorstep(folder, "report", "wave", "--json").stdout)

    assert "3 contacts are for people to make: doorstep tasks hand-out wave" in plan.stdout
    assert "S1: 2 tasks" in handed.stdout
    assert "S2: 2 tasks" in handed.stdout
    assert "Every contact has been handed out already." in again.stdout
    assert forms.stdout.count(": 2 tasks") == 2
    assert "is there already and may be filled in" in twice.stderr
    assert brought_in.stdout == "4 tasks brought in.\n"
    assert repeated.stdout == "0 tasks brought in; 4 there already.\n"
    assert {task["state"] for task in listed} == {"in"}
    assert [(one["between"], one["contacts"], one["overall"]["same"]) for one in agreement] == [("two people", 1, 2)]
    page, data = Path(report["html"]).read_text(), json.loads(Path(report["json"]).read_text())
    (own,) = data["organisations"][0]["channels"]
    assert [shop["access"] for shop in own["shops"]] == [{"earned": 6.0, "possible": 6.0}] * 3
    assert "telephoned." in own["shops"][0]["happened"][0]
    assert "“Very &lt;b&gt;helpful&lt;/b&gt;.”" in page
    assert "Two people, 1 contact: over all questions 2 of 2 alike." in page


def test_mistakes_are_told_and_wait_for_a_person_who_settles_them(folder: Path) -> None:
    doorstep(folder, "tasks", "hand-out", "wave")
    doorstep(folder, "forms", "export", "wave")

    def answers(shop: str, id: str) -> Any:
        return "soon" if id == "phone.access.answer_time" else usual(shop, id)

    path = exported(folder, answers)[0]
    before = doorstep(folder, "forms", "import", str(path))
    waiting = json.loads(doorstep(folder, "review", "list", "wave", "--json").stdout)
    shop = waiting[0]["shop"]
    wrong = doorstep(folder, "review", "correct", shop, "phone.access.answer_time", "quick", "--by", "QO")
    nobody = doorstep(folder, "review", "cannot-tell", shop, "phone.access.answer_time", "--by", " ")
    nothing = doorstep(folder, "review", "confirm", shop, "phone.access.answer_time", "--by", "QO")
    doorstep(folder, "review", "correct", shop, "phone.access.answer_time", "11", "--by", "QO", "--why", "rang me")
    (row,) = json.loads(doorstep(folder, "shops", "wave", "--shop", shop, "--json").stdout)

    assert before.exit_code == 1
    assert f"{path.name}, sheet “Task 1”, row " in before.stderr
    assert "is “soon”; write seconds, as 12" in before.stderr
    assert waiting[0]["why"] == "the form says “soon”, which is no answer to it"
    assert "write seconds, as 12" in str(wrong.exception)
    assert "give a role or initials" in str(nobody.exception)
    assert "there is no proposal to confirm" in str(nothing.exception)
    settled = next(one for one in row["answers"] if one["criterion"] == "phone.access.answer_time")
    assert (settled["value"], settled["marks"], settled["reviewed"], settled["why"]) == (11, 1, "corrected", "rang me")
    assert row["access"] == {"earned": 6, "possible": 6}


def test_many_answers_are_settled_at_once_from_a_sheet(folder: Path) -> None:
    def answers(shop: str, id: str) -> Any:
        return None if id == "phone.access.gave_up" else usual(shop, id)

    doorstep(folder, "tasks", "hand-out", "wave")
    doorstep(folder, "forms", "export", "wave")
    doorstep(folder, "forms", "import", *map(str, exported(folder, answers)))
    sheet = folder / "reviews-wave.xlsx"
    doorstep(folder, "review", "export", "wave")
    book = filling.workbook(sheet.read_bytes())
    page = book.active
    head = {cell.value: cell.column for cell in page[1]}
    for row, (verdict, value) in enumerate((("Correct", "No"), ("Cannot tell", ""), ("Maybe", "")), 2):
        page.cell(row, head["Verdict"]).value = verdict
        page.cell(row, head["Right answer"]).value = value
    sheet.write_bytes(filling.saved(book))

    done = doorstep(folder, "review", "import", str(sheet), "--by", "QO")
    again = doorstep(folder, "review", "import", str(sheet), "--by", "QO")
    left = json.loads(doorstep(folder, "review", "list", "wave", "--json").stdout)

    assert (done.exit_code, done.stdout) == (1, "2 answers settled.\n")
    assert "reviews-wave.xlsx, sheet “Reviews”, row 4, column “Verdict”: is “Maybe”; choose" in done.stderr
    assert again.stdout == "0 answers settled; 2 there already.\n"
    assert len(left) == 1


def test_an_appeal_stands_beside_the_score_whatever_is_decided(folder: Path) -> None:
    doorstep(folder, "tasks", "hand-out", "wave")
    doorstep(folder, "forms", "export", "wave")
    doorstep(folder, "forms", "import", *map(str, exported(folder)))
    shops = json.loads(doorstep(folder, "shops", "wave", "--json").stdout)
    whole, answer, rejected = (shop["id"] for shop in shops)
    why = ("--by", "Contact centre", "--why", "The line was <i>down</i>.")
    doorstep(folder, "appeal", "make", whole, *why)
    doorstep(folder, "appeal", "make", answer, *why, "--criterion", "phone.access.answer_time")
    doorstep(folder, "appeal", "make", rejected, *why)
    panel = ("--by", "Panel", "--why", "It was heard.")
    upheld = doorstep(folder, "appeal", "decide", "1", "upheld", *panel)
    amended = doorstep(folder, "appeal", "decide", "2", "amended", *panel, "--value", "30")
    doorstep(folder, "appeal", "decide", "3", "rejected", *panel)
    twice = doorstep(folder, "appeal", "decide", "3", "upheld", *panel)
    listed = json.loads(doorstep(folder, "appeal", "list", "wave", "--json").stdout)
    report = json.loads(doorstep(folder, "report", "wave", "--json").stdout)

    after = {shop["id"]: shop for shop in json.loads(doorstep(folder, "shops", "wave", "--json").stdout)}
    page, data = Path(report["html"]).read_text(), json.loads(Path(report["json"]).read_text())
    assert "set aside and counted as disputed" in upheld.stdout
    assert "is corrected" in amended.stdout
    assert "appeal 3 is rejected already" in str(twice.exception)
    assert [one["outcome"] for one in listed] == ["upheld", "amended", "rejected"]
    assert [after[id]["counted"] for id in (whole, answer, rejected)] == [False, True, True]
    assert [after[id]["access"]["earned"] for id in (whole, answer, rejected)] == [6, 3, 6]
    assert data["contacts"] == 2
    assert data["not_counted"] == {"set aside on appeal": 1}
    assert [one["appeal"]["outcome"] for one in data["disputed"]] == ["upheld", "amended", "rejected"]
    assert "3 appeals: 1 upheld, 1 amended and 1 rejected." in page
    assert "The line was &lt;i&gt;down&lt;/i&gt;." in page


def test_a_form_goes_only_to_whom_its_task_was_handed(folder: Path) -> None:
    doorstep(folder, "tasks", "hand-out", "wave")
    doorstep(folder, "forms", "export", "wave", "--csv")
    path = folder / "forms" / "wave" / "wave-s2.csv"
    stranger = path.read_bytes().replace(b",s2,", b",s9,")
    (folder / "s9.csv").write_bytes(stranger)
    other = path.read_bytes().replace(b"wave.amber.calls", b"wave.atlantis.calls")
    (folder / "atlantis.csv").write_bytes(other)

    done = doorstep(folder, "forms", "import", str(folder / "s9.csv"), str(folder / "atlantis.csv"), "nowhere.csv")

    assert done.exit_code == 1
    assert "not to s9; it is left out" in done.stderr
    assert "is for a contact that is not known here" in done.stderr
    assert "nowhere.csv: cannot be read: No such file or directory" in done.stderr


def test_mistakes_in_people_yaml_are_told_with_their_line(folder: Path) -> None:
    (folder / "people.yaml").write_text("shoppers:\n  - id: s1\n    not_at: [atlantis]\n")

    with pytest.raises(Invalid) as caught:
        load(folder)

    assert [str(one) for one in caught.value.problems] == [
        "people.yaml:3: shoppers.1.not_at.1: there is no organisation 'atlantis'; there are: amber"
    ]
    (folder / "people.yaml").write_text("shoppers:\n  - id: s1\n  - id: s1\n")
    with pytest.raises(Invalid, match="has 's1' twice; give each shopper an id of their own"):
        load(folder)


# ------------------------------------------------------------------------------------------------ beside the probes

SENT = dt.datetime.combine(LONG_AGO + dt.timedelta(days=(7 - LONG_AGO.weekday()) % 7), dt.time(10), tzinfo=LONDON)
MOMENTS = {"sent": 0, "auto_ack": 4, "first_response": 4, "final_reply": 60 * 30, "ringing": 0, "answered": 0.15}


def seen(channel: str, criteria: tuple[Criterion, ...]) -> Observation:
    """What a probe might see: every fact of the channel with some value, by the kind of question that reads it."""
    facts: dict[str, Fact] = {"email.acknowledged": True, "phone.answered": True}
    for place, one in enumerate(one for one in criteria if one.channel == channel and one.fact):
        kinds: dict[str, Fact] = {
            "yes_no": place % 3 != 0,
            "choice": next(iter(one.marks), None),
            "count": place % 4,
            "percent": 75,
            "scale5": 4,
            "duration_s": 7 * (place % 10),
            "text": "person",
        }
        of_another_kind = {"ooh", "wrong"} & set(one.id.split("."))  # of enquiry, and of hour
        facts[str(one.fact)] = None if of_another_kind else kinds[one.answer]
    facts |= {"email.replied": True, "email.auto_ack": True, "phone.contactable": True}
    moments = {
        name: Moment(lower=at, upper=at, source="test")
        for name, minutes in MOMENTS.items()
        for at in [(SENT + dt.timedelta(minutes=minutes)).astimezone(dt.UTC)]
    }
    return Observation(
        facts=facts,
        unknown={name: (Why.PROBE_FAULT, "not measured") for name, known in facts.items() if known is None},
        moments=moments,
    )


def as_written(criterion: Criterion, answer: Answer, moments: dict[str, Moment]) -> Any:
    """A probe's answer as a person would write the same on a form."""
    if answer.state is State.NOT_APPLICABLE:
        return "N/A"
    if answer.state is not State.ANSWERED:
        return "Cannot tell"
    one = question(criterion)
    if answer.value is None:
        return one.words[0]  # Never, or Not found
    if one.kind == "day and time" and criterion.between:
        return f"{moments[criterion.between[1]].middle.astimezone(LONDON):%d/%m/%Y %H:%M}"
    return next((words for words, value in one.options.items() if value == answer.value), answer.value)


@pytest.mark.parametrize("channel", ["email", "phone"])
async def test_the_same_answers_from_a_person_and_a_probe_give_the_same_scores(folder: Path, channel: str) -> None:
    (folder / "scenarios" / "probes.yaml").write_text(
        f"id: probes\nchannel: {channel}\nenquiries: [missed-bin]\ncontacts: 1\n"
    )
    (folder / "scenarios" / "calls.yaml").write_text(
        f"id: calls\nchannel: {channel}\nshopper: person\nenquiries: [missed-bin]\ncontacts: 1\n"
    )
    (folder / "waves" / "wave.yaml").write_text(f"{WAVE}scenarios: [calls, probes]\n")
    toml = (STARTER / "programme.toml").read_text()
    phone = '\n[phone]\nprovider = "twilio"\naccount = "AC00000000000000000000000000000000"\ncaller = "+441629533191"\n'
    (folder / "programme.toml").write_text(toml + phone)

    async def work(bench: Bench) -> list[Shop]:
        frozen = planning.freeze(bench.folder, bench.folder.waves["wave"], bench.clock.now())
        await bench.store.freeze(frozen, planning.rows(frozen))
        (probes,) = await bench.store.rows(wave="wave")
        (persons,) = await bench.store.rows(wave="wave", shopper="person")
        await bench.store.done(probes.id, "ref", SENT)
        saw = seen(channel, frozen.scheme.criteria)
        await finish.close(bench, frozen, await bench.store.row(probes.id), saw)
        task = Task(persons.id, "s1", "shop", SENT - dt.timedelta(days=1), TODAY)
        await bench.people.hand_out([task])
        probe = next(shop for shop in await bench.store.shops(frozen) if shop.shopper == "probe")
        (bench.folder.path / "s1.csv").write_bytes(_copied(frozen, probe, task, saw))
        outcome = await Import(bench).files([bench.folder.path / "s1.csv"])
        assert (outcome.entered, list(map(str, outcome.mistakes)), outcome.refused) == (1, [], [])
        return list(await bench.store.shops(frozen))

    def _copied(frozen: FrozenWave, probe: Shop, task: Task, saw: Observation) -> bytes:
        given = {one.criterion: one for one in probe.answers}
        criteria = {one.id: one for one in frozen.scheme.criteria}
        row = next(one for one in planning.rows(frozen) if one.id == task.shop)
        form = shopper_form("s1", [(task, row)], frozen)
        said = {"@made": "Yes", "@day": f"{SENT:%d/%m/%Y}", "@time": f"{SENT:%H:%M}"}
        said |= {id: as_written(criteria[id], one, dict(saw.moments)) for id, one in given.items()}
        return filling.fill_table(table(form), lambda _, id: said.get(id))

    probe, person = sorted(await with_bench(folder, work), key=lambda shop: shop.shopper, reverse=True)

    theirs = {one.criterion: (one.value, one.marks) for one in person.answers if one.state is State.ANSWERED}
    ours = {
        one.criterion: (one.value, one.marks)
        for one in probe.answers
        if one.state is State.ANSWERED and one.criterion in theirs
    }
    assert len(theirs) >= 10
    assert theirs == ours
    assert (person.access, person.quality) == (probe.access, probe.quality)
    assert person.access.possible > 0


async def test_reviews_hold_when_a_wave_is_judged_anew(folder: Path) -> None:
    (folder / "scenarios" / "calls.yaml").write_text(
        "id: calls\nchannel: email\nshopper: person\nenquiries: [missed-bin]\ncontacts: 1\n"
    )

    async def work(bench: Bench) -> tuple[Shop, Shop]:
        frozen = planning.freeze(bench.folder, bench.folder.waves["wave"], bench.clock.now())
        await bench.store.freeze(frozen, planning.rows(frozen))
        (row,) = await bench.store.rows(wave="wave", shopper="person")
        given = {
            "email.reply_time": Given(said="value", value=(SENT + dt.timedelta(days=1)).isoformat()),
            "email.used_name": Given(said="value", value=False),
        }
        form = Filled(shop=row.id, shopper="s1", scheme=frozen.basis, made_at=SENT, answers=given)
        await bench.people.hand_out([Task(row.id, "s1", "shop", SENT, TODAY)])
        await bench.people.enter(form, "s1.xlsx", SENT, scored(of_form(frozen, row, form), frozen.scheme, frozen.basis))
        (shop,) = await bench.store.shops(frozen)
        await reviewing.settle(bench, frozen, shop, [Word("email.used_name", "corrected", True)], "QO")
        closed = {"days": ["Monday"], "closures": [f"{SENT + dt.timedelta(days=1):%Y-%m-%d}"]}
        amber = bench.folder.register["amber"]
        hours = amber.hours.model_validate({**amber.hours.model_dump(), **closed})
        bench.folder.register["amber"] = amber.model_copy(update={"hours": hours})  # type: ignore[index]
        done = await rescore(bench, frozen, "open on Mondays alone", lambda *_: None)
        assert done.edition == 1
        new = await bench.store.wave("wave")
        assert new is not None
        return (await bench.store.shops(frozen))[0], (await bench.store.shops(new))[0]

    before, after = await with_bench(folder, work)

    def of(shop: Shop, id: str) -> Answer:
        return next(one for one in shop.answers if one.criterion == id)

    assert of(before, "email.used_name") == of(after, "email.used_name")
    assert (of(after, "email.used_name").value, of(after, "email.used_name").reviewed) == (True, "corrected")
    assert of(before, "email.reply_time").value != of(after, "email.reply_time").value


async def test_a_review_holds_until_the_probe_sees_something_else(folder: Path) -> None:
    with (folder / "programme.toml").open("a") as toml:
        toml.write('[mail.main]\nmailbox = "s@p.example"\nusername = "s"\nsmtp_host = "x"\nimap_host = "x"\n')
    (folder / "scenarios" / "calls.yaml").write_text("id: calls\nchannel: email\nenquiries: [missed-bin]\n")

    async def work(bench: Bench) -> list[Answer]:
        frozen = planning.freeze(bench.folder, bench.folder.waves["wave"], bench.clock.now())
        await bench.store.freeze(frozen, planning.rows(frozen))
        (row,) = await bench.store.rows(wave="wave")
        await bench.store.done(row.id, "ref", SENT)
        row = await bench.store.row(row.id)
        saw = seen("email", frozen.scheme.criteria)
        await finish.close(bench, frozen, row, saw)
        (shop,) = await bench.store.shops(frozen)
        waiting = {one.criterion.id: one.proposal for one in reviewing.queue([shop], frozen.scheme)}
        assert waiting["email.fully_answered"] == "Fully"
        await reviewing.settle(bench, frozen, shop, [Word("email.fully_answered", "corrected", "not", "read it")], "QO")
        found = []
        for facts in ({}, {"email.links_work": False}, {"email.fully_answered": "partly"}):
            more = saw.model_copy(update={"facts": {**saw.facts, **facts}})
            await finish.close(bench, frozen, row, more)
            (shop,) = await bench.store.shops(frozen)
            found.append(next(one for one in shop.answers if one.criterion == "email.fully_answered"))
        return found

    same, other_fact, changed = await with_bench(folder, work)

    assert (same.value, same.marks, same.proposal, same.reviewed) == ("not", 0, "fully", "corrected")
    assert other_fact == same
    assert (changed.value, changed.marks, changed.state, changed.why) == ("partly", None, State.NEEDS_REVIEW, STALE)


def test_the_example_of_the_documentation_is_a_programme_that_hands_out(tmp_path: Path) -> None:
    shutil.copytree(STARTER, tmp_path / "mine")
    text = (Path(__file__).parents[2] / "docs" / "people.md").read_text()
    files = re.findall(r"^`([\w./-]+\.yaml)`\n\n```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for name, content in files:
        (tmp_path / "mine" / name).write_text(content)

    folder = load(tmp_path / "mine")
    wave = planning.freeze(folder, folder.waves["people-spring"], dt.datetime(2027, 3, 1, tzinfo=dt.UTC))
    rows = planning.rows(wave)

    assert len(files) == 5
    assert Counter((row.channel, row.shopper) for row in rows) == {("phone", "person"): 6, ("visit", "person"): 1}
    assert [why_not(folder.register[row.organisation], row, dt.date(2027, 3, 1), {}) for row in rows] == [None] * 7
