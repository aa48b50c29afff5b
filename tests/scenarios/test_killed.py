"""kill -9 at random moments of one run after another: the last finishes the wave, no mail and no call twice.

The councils count what reached them; the shops are held against that count.
"""

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from results.store import ShopRow
from scenarios.bench import opened
from tests.scenarios.conftest import world
from tests.scenarios.killing import doorstep, kill_after, start

COUNCILS = ("ashcombe-vale", "kesterton", "penderfold")
KILLS, CALLS, MAILS = 5, 16, 24
SEED = 20061123
FASTER = 60  # at the end, so that fifteen minutes' grace pass in fifteen seconds
BEGINS, LASTS = 1.0, 4.5  # real seconds between which each kill falls; starting takes about one


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[ShopRow, ...], dict[str, Any], int]:
    """The rows and the councils' tally after the kills and a last run, and how many kills hit work under way."""
    return asyncio.run(_kill_and_finish(tmp_path_factory.mktemp("killed") / "programme"))


async def _kill_and_finish(folder: Path) -> tuple[tuple[ShopRow, ...], dict[str, Any], int]:
    chance = random.Random(SEED)
    async with world(folder, COUNCILS, CALLS, MAILS) as up:
        _without_websites_and_unhurried(folder)
        hit = 0
        for _ in range(KILLS):
            hit += await kill_after(
                await start("run", "practice-wave", "--folder", str(folder)), chance.uniform(BEGINS, LASTS)
            )
        await up.speed(FASTER)
        assert await doorstep("run", "practice-wave", "--folder", str(folder)) == 0
        assert await doorstep("collect", "--until-closed", "--folder", str(folder)) == 0
        tally = await up.tally()
        async with opened(folder, to_work=False) as bench:
            return await bench.store.rows(), tally, hit


def _without_websites_and_unhurried(folder: Path) -> None:
    """A visit may be repeated, so websites are left out; mails go one a second, so that there is something to kill."""
    yaml = YAML()
    wave = folder / "waves" / "practice-wave.yaml"
    document = yaml.load(wave)
    document["scenarios"] = ["telephone", "email"]
    yaml.dump(document, wave)
    for path in (folder / "register").glob("*.yaml"):
        document = yaml.load(path)
        document["consent"]["limits"]["seconds_between_mails"] = 1
        yaml.dump(document, path)


def test_the_kills_hit_a_run_at_work(after: tuple[tuple[ShopRow, ...], dict[str, Any], int]) -> None:
    assert after[2] == KILLS


def test_every_planned_contact_is_closed_or_replaced(after: tuple[tuple[ShopRow, ...], dict[str, Any], int]) -> None:
    rows, _, _ = after
    closed = Counter((row.organisation, row.channel) for row in rows if row.state == "closed")

    assert {row.state for row in rows} <= {"closed", "void"}
    assert closed == {(id, channel): n for id in COUNCILS for channel, n in (("phone", CALLS), ("email", MAILS))}


def test_no_mail_was_sent_twice_and_none_is_missing(
    after: tuple[tuple[ShopRow, ...], dict[str, Any], int],
) -> None:
    rows, tally, _ = after
    arrived = Counter(mail["mail_from"] for mail in tally["mails"])
    tags = {row.reference: row for row in rows if row.channel == "email"}
    by_tag = {address.partition("+")[2].partition("@")[0]: count for address, count in arrived.items()}

    assert max(by_tag.values()) == 1
    assert set(by_tag) <= set(tags)
    for tag, row in tags.items():
        assert by_tag.get(tag, 0) == (row.state == "closed"), row


def test_no_line_was_rung_twice_for_one_shop_and_none_is_missing(
    after: tuple[tuple[ShopRow, ...], dict[str, Any], int],
) -> None:
    rows, tally, _ = after
    placed = Counter(call["sid"] for call in tally["calls"])
    known = Counter(row.known_as for row in rows if row.channel == "phone")

    assert placed == known
    assert len(placed) == CALLS * len(COUNCILS)


def test_nobody_heard_silence_although_the_caller_died(
    after: tuple[tuple[ShopRow, ...], dict[str, Any], int],
) -> None:
    assert not [call for call in after[1]["calls"] if call["silent"]]
