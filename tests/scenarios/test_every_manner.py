"""Every manner that a practice council can have, met once over sockets: each fact is held against what really happened.

The councils of tests/data/every-manner are shopped by e-mail alone. How their letters are read, in all combinations and
without sockets, is in `test_letters_read`.
"""

import asyncio
import datetime as dt
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from probes.clock import PracticeClock
from results.schema import Shop
from results.store import ShopRow
from scenarios.bench import opened
from scenarios.demo import practice, write_programme
from scenarios.practice.council import read_councils
from scenarios.programme import library
from tests.scenarios.conftest import MONDAY, World
from tests.scenarios.truth import differences, was_returned

COUNCILS = Path(__file__).parent.parent / "data" / "every-manner"
TOLLGATE, *OTHERS = sorted(read_councils(COUNCILS), key=lambda council: -len(council.mail.manners))
MANNERS = len(TOLLGATE.mail.manners)
ORDINARY = sorted(id for id, enquiry in library().items() if enquiry.answer_key.responsible is None)
ANOTHERS = sorted(library().keys() - set(ORDINARY))
FAST = 120_000


@dataclass(frozen=True)
class Contact:
    """A contact: the shop that was made of it, and what the council knows of it."""

    shop: Shop
    row: ShopRow
    mail: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.row.organisation}, {self.row.enquiry}: {self.mail['manner']}"


@dataclass(frozen=True)
class Met:
    """Every contact as it was when its window closed, and when the latest letter had come; and the last tally."""

    at_closing: tuple[Contact, ...]
    in_the_end: tuple[Contact, ...]
    tally: list[dict[str, Any]]


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Met:
    """Shop the councils once; the tests below look at what came of it."""
    return asyncio.run(_shop_them_all(tmp_path_factory.mktemp("manners") / "programme"))


async def _shop_them_all(folder: Path) -> Met:
    async with practice(["--councils", str(COUNCILS)]) as partnership:
        write_programme(folder, partnership, MONDAY)
        _by_email_alone(folder)
        up = World(partnership["house"], folder)
        await _doorstep("run", folder, "practice-wave")
        await _doorstep("collect", folder, "--until-closed")
        at_closing = await _contacts(up)
        latest = max(one["due"] for each in at_closing for one in each.mail["events"])
        await _pass_by(up, dt.datetime.fromisoformat(latest))
        await _doorstep("collect", folder)
        await _doorstep("run", folder, "practice-wave")  # says the last word to whoever replied
        return Met(at_closing, await _contacts(up), (await up.tally())["mails"])


def _by_email_alone(folder: Path) -> None:
    """Two scenarios in place of the demo's: each council's own matters, and those of other authorities."""
    yaml = YAML()
    for path in (folder / "scenarios").glob("*.yaml"):
        path.unlink()
    scenarios = {
        "own": {"channel": "email", "enquiries": ORDINARY, "contacts": MANNERS, "closure": "thanks"},
        "anothers": {"channel": "email", "enquiries": ANOTHERS, "contacts": len(ANOTHERS)},
    }
    for id, scenario in scenarios.items():
        yaml.dump({"id": id, **scenario}, folder / "scenarios" / f"{id}.yaml")
    wave = folder / "waves" / "practice-wave.yaml"
    document = yaml.load(wave)
    document["scenarios"] = list(scenarios)
    yaml.dump(document, wave)


async def _doorstep(command: str, folder: Path, *arguments: str) -> None:
    words = [sys.executable, "-m", "scenarios.cli", command, *arguments, "--folder", str(folder)]
    done = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr


async def _pass_by(up: World, moment: dt.datetime) -> None:
    """Let practice time run until a moment is past."""
    clock = await PracticeClock.at(up.house)
    await clock.set_speed(FAST)
    await clock.sleep(max(0.0, (moment - clock.now()).total_seconds()) + 60)
    await clock.set_speed(1)


async def _contacts(up: World) -> tuple[Contact, ...]:
    mails = {_tag(mail["mail_from"]): mail for mail in (await up.tally())["mails"] if mail["manner"] != "closing"}
    async with opened(up.folder, to_work=False) as bench:
        frozen = await bench.store.wave("practice-wave")
        assert frozen is not None
        rows = {row.id: row for row in await bench.store.rows()}
        shops = [shop for shop in await bench.store.shops(frozen) if shop.counted]
        return tuple(Contact(shop, rows[shop.id], mails[rows[shop.id].reference]) for shop in shops)


def _tag(address: str) -> str:
    return address.partition("+")[2].partition("@")[0]


# ------------------------------------------------------------------------------------------------ the specification


def test_every_manner_was_met(met: Met) -> None:
    tollgate = Counter(each["manner"] for each in met.tally if each["council"] == TOLLGATE.id)

    assert set(tollgate) - {"closing"} == {manner.name for manner in TOLLGATE.mail.manners}
    assert {each["council"] for each in met.tally} == {TOLLGATE.id, *(council.id for council in OTHERS)}


def test_every_fact_and_moment_is_as_the_councils_know_it(met: Met) -> None:
    wrong = [
        (contact.name, each)
        for contact in met.at_closing
        if contact.shop.observation is not None
        for each in differences(contact.shop.observation, contact.mail, contact.row.closes_at)
    ]

    assert wrong == []


def test_every_contact_was_made_once_and_is_closed(met: Met) -> None:
    made = Counter((each.row.organisation, each.row.scenario) for each in met.at_closing)

    assert made == {(id, "own"): MANNERS for id in (c.id for c in (TOLLGATE, *OTHERS))} | {
        (id, "anothers"): len(ANOTHERS) for id in (c.id for c in (TOLLGATE, *OTHERS))
    }
    assert {each.row.state for each in met.at_closing} == {"closed"}


def test_what_comes_after_the_window_is_kept_and_shown_and_changes_no_fact(met: Met) -> None:
    before = {each.shop.id: each for each in met.at_closing}
    late = [
        each
        for each in met.in_the_end
        if each.row.closes_at
        and not was_returned(each.mail)
        and any(dt.datetime.fromisoformat(one["due"]) > each.row.closes_at for one in each.mail["events"])
    ]

    assert late
    for each in late:
        first = before[each.shop.id].shop.observation
        assert each.shop.observation is not None
        assert first is not None
        assert each.shop.observation.facts == first.facts, each.name
        assert any("after the window had closed" in note for note in each.shop.observation.notes), each.name


def test_whoever_replied_was_thanked_once_and_nobody_answered_the_thanks(met: Met) -> None:
    replied = {
        each.row.reference
        for each in met.in_the_end
        if each.row.scenario == "own" and each.shop.observation and "first_human" in each.shop.observation.moments
    }
    thanked = Counter(_tag(each["mail_from"]) for each in met.tally if each["manner"] == "closing")

    assert thanked == dict.fromkeys(replied, 1)
    assert [each["events"] for each in met.tally if each["manner"] == "closing"] == [[]] * len(replied)


def test_a_reply_in_a_thread_of_its_own_is_found(met: Met) -> None:
    fresh = [each for each in met.at_closing for one in each.mail["events"] if one["text"] == "passed-on"]

    assert fresh
    for each in fresh:
        assert each.shop.observation is not None
        assert each.shop.observation.facts["email.replies_count"] == 2
