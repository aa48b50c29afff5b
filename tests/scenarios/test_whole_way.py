"""The demo's whole way on three councils: every fact that the probes report is held against the councils' own files.

A fact is right, or it is "don't know" where that is the truth. The councils are met over sockets alone.
"""

import asyncio
import datetime as dt
import math
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from probes.web import chromium
from results.schema import Shop, Why
from scenarios.bench import opened
from tests.scenarios.conftest import world

COUNCILS = os.environ.get("DOORSTEP_TEST_COUNCILS", "ashcombe-vale,dunsmere,selmarsh").split(",")
CALLS, MAILS = 16, 10
OUTCOMES = {"answered": "answered", "engaged": "engaged", "no reply": "no_reply", "not in use": "number_not_in_use"}
Truth = dict[str, Any]


def doorstep(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, as a user runs it."""
    command = [sys.executable, "-m", "scenarios.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)


class Found:
    """What the probes reported and what the councils know, joined."""

    def __init__(self, shops: list[Shop], known_as: dict[str, str], truth: Truth, tally: Truth, page: str) -> None:
        self.shops = shops
        self.truth = truth
        self.page = page
        self.calls = {call["sid"]: call for call in tally["calls"]}
        self.mails = {_tag(mail["mail_from"]): mail for mail in tally["mails"]}
        self.tally = tally
        self._known_as = known_as

    def of(self, channel: str) -> list[tuple[Shop, Truth]]:
        """Each shop of a channel with what the council's side knows of it."""
        if channel == "web":
            return [(shop, self.truth[shop.organisation]) for shop in self.shops if shop.channel == "web"]
        theirs = self.calls if channel == "phone" else self.mails
        return [(shop, theirs[self._known_as[shop.id]]) for shop in self.shops if shop.channel == channel]


def _tag(address: str) -> str:
    return str(address).partition("+")[2].partition("@")[0]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Run everything once; the tests below look at what came of it."""
    return asyncio.run(_everything(tmp_path_factory.mktemp("whole") / "programme"))


async def _everything(folder: Path) -> Found:
    async with world(folder, COUNCILS, CALLS, MAILS) as up:
        for arguments in (
            ("check",),
            ("plan", "practice-wave"),
            ("run", "practice-wave"),
            ("collect", "--until-closed"),
            ("report", "practice-wave"),
        ):
            done = await asyncio.to_thread(doorstep, *arguments, "--folder", str(folder))
            assert done.returncode == 0, done.stderr
        truth, tally = await up.truth(), await up.tally()
        async with opened(folder, to_work=False) as bench:
            frozen = await bench.store.wave("practice-wave")
            assert frozen is not None
            shops = await bench.store.shops("practice-wave", frozen.scheme.digest)
            rows = await bench.store.rows()
            known_as = {row.id: row.reference if row.channel == "email" else row.known_as or "" for row in rows}
    page = (folder / "reports" / "practice-wave" / "wave-report.html").read_text()
    return Found(list(shops), known_as, truth, tally, page)


def facts(shop: Shop) -> Truth:
    assert shop.observation is not None, shop.id
    assert shop.observation.error is None, shop.observation.error
    return dict(shop.observation.facts)


# ------------------------------------------------------------------------------------------------ the whole


def test_every_planned_contact_was_made_once_and_is_closed_and_counted(found: Found) -> None:
    made = Counter((shop.organisation, shop.channel) for shop in found.shops if shop.counted)

    assert made == {
        (id, channel): n for id in COUNCILS for channel, n in (("phone", CALLS), ("email", MAILS), ("web", 1))
    }
    assert len(found.calls) == CALLS * len(COUNCILS)
    assert max(Counter(mail["mail_from"] for mail in found.tally["mails"]).values()) == 1


def test_the_report_names_every_council_and_leads_to_every_shop(found: Found) -> None:
    for id in COUNCILS:
        assert found.truth[id]["name"] in found.page
    for shop in found.shops:
        assert shop.id in found.page


# ------------------------------------------------------------------------------------------------ telephone


def test_every_call_ended_as_the_councils_file_says(found: Found) -> None:
    for shop, call in found.of("phone"):
        seen = facts(shop)
        assert seen["phone.outcome"] == OUTCOMES[call["outcome"]], shop.id
        assert seen["phone.answered"] is seen["phone.contactable"] is (call["outcome"] == "answered")


def test_the_time_to_answer_lies_within_its_bounds(found: Found) -> None:
    for shop, call in found.of("phone"):
        if call["outcome"] == "answered":
            assert shop.observation is not None
            ringing, answered = shop.observation.moments["ringing"], shop.observation.moments["answered"]
            least = (answered.lower - ringing.upper).total_seconds()
            most = (answered.upper - ringing.lower).total_seconds()
            assert least - 0.02 <= call["ring_s"] <= most + 0.02, shop.id
            rings = facts(shop)["phone.rings"]
            assert rings is None or math.floor(max(least, 0) / 3) < rings <= math.floor(most / 3) + 1


def test_a_number_is_in_service_or_a_second_day_must_confirm_that_it_is_not(found: Found) -> None:
    for shop, call in found.of("phone"):
        assert shop.observation is not None
        if call["outcome"] == "not in use":
            assert shop.observation.unknown["phone.number_works"][0] is Why.NEEDS_REVIEW
        else:
            assert facts(shop)["phone.number_works"] is True


def test_nobody_who_answered_heard_silence(found: Found) -> None:
    for _, call in found.of("phone"):
        if call["outcome"] == "answered":
            assert call["silent"] is False
            assert call["said_after_s"] < 1
            assert call["said"].startswith("This is an automated service-quality test")


# ------------------------------------------------------------------------------------------------ e-mail


def kinds(mail: Truth) -> list[str]:
    return [event["kind"] for event in mail["events"]]


def _unsure(mail: Truth) -> bool | None:
    """A reply of one rude line cannot be told from a machine's: don't know is right, No would be wrong."""
    return None if "reply poor" in mail["manner"] else "human reply" in kinds(mail)


def test_each_mail_met_what_the_councils_file_says(found: Found) -> None:
    for shop, mail in found.of("email"):
        seen, happened = facts(shop), kinds(mail)
        bounced = "bounce" in happened or mail["manner"].startswith("bounce")
        assert seen["email.delivered"] is not bounced, shop.id
        assert seen["email.replied"] in (("human reply" in happened), _unsure(mail)), (shop.id, mail["manner"])
        if not bounced and _unsure(mail) is not None:
            assert seen["email.auto_ack"] is ("automatic acknowledgement" in happened), (shop.id, mail["manner"])
            assert seen["email.out_of_office"] is ("out of office" in happened), shop.id
            assert seen["email.acknowledged"] is bool(happened), shop.id


def test_the_moments_of_the_answers_are_those_of_the_mail_server(found: Found) -> None:
    for shop, mail in found.of("email"):
        assert shop.observation is not None
        for moment, kind, which in (
            ("auto_ack", "automatic acknowledgement", 0),
            ("first_human", "human reply", 0),
            ("final_reply", "human reply", -1),
        ):
            due = [dt.datetime.fromisoformat(each["due"]) for each in mail["events"] if each["kind"] == kind]
            if due and not (kind == "human reply" and facts(shop)["email.replied"] is None):
                told = shop.observation.moments[moment]
                assert told.lower - dt.timedelta(seconds=1) <= due[which] <= told.upper + dt.timedelta(seconds=1)
            elif not due:
                assert moment not in shop.observation.moments


def test_the_reply_was_read_as_it_was_written(found: Found) -> None:
    used_name = {"good": True, "adequate": True, "partly": True, "jargon": True, "interim": True}
    read, wrong = 0, list[tuple[Any, ...]]()
    for shop, mail in found.of("email"):
        replies = [event for event in mail["events"] if event["kind"] == "human reply"]
        if not replies or facts(shop)["email.replied"] is None:
            continue
        last = "reply" if "reply" in mail["manner"] else "interim"
        letter = next(
            each[last]
            for each in found.truth[shop.organisation]["mail"]["manners"]
            if each[last]
            and each[last]["text"] == replies[-1]["text"]
            and bool(each["interim"]) is ("interim" in mail["manner"])
        )
        sender, seen, read = letter["sender"], facts(shop), read + 1
        text, a_team = replies[-1]["text"], bool(re.search(r"\b(?:Team|Services)\b", sender["name"]))
        for fact, truth in (
            ("email.used_name", used_name.get(text, False)),
            ("email.sender_phone", sender["phone"] is not None),
            ("email.sender_job_title", sender["job_title"] is not None),
            ("email.sender_name", not a_team),
            ("email.sender_department", sender["department"] is not None or a_team),
            ("email.further_help", text == "good"),
            ("email.alt_formats", text == "good"),
        ):
            if seen[fact] not in (truth, None):
                wrong.append((shop.id, fact, text, sender))
    assert read
    assert wrong == []


# ------------------------------------------------------------------------------------------------ website


def test_the_a_to_z_is_as_the_councils_file_says(found: Found) -> None:
    for shop, council in found.of("web"):
        seen, truth = facts(shop), council["website"]["a_to_z"]
        assert seen["web.az.present"] is truth["present"]
        if truth["present"]:
            dead = f"letters of the A to Z that lead nowhere: {', '.join(truth['dead_letters'])}"
            assert (seen["web.az.letters"] == 100) is (not truth["dead_letters"]), shop.id
            assert shop.observation is not None
            assert (dead in shop.observation.notes) is bool(truth["dead_letters"]), shop.id
            assert (seen["web.az.common_words"] == 100) is truth["everyday_words"], shop.id
            assert (seen["web.az.quality"] == 100) is (not {"tips", "missed-bins"} & set(truth["missing"])), shop.id


@pytest.mark.skipif(chromium.find() is None, reason="no browser is installed, so search is not assessed")
def test_the_search_is_as_the_councils_file_says(found: Found) -> None:
    for shop, council in found.of("web"):
        seen, truth = facts(shop), council["website"]["search"]
        works = truth["kind"] in ("page", "script")
        assert seen["web.search.home"] is (truth["kind"] != "none"), shop.id
        if truth["kind"] != "none":
            assert seen["web.search.found"] is works, shop.id
        if works:
            assert seen["web.search.best_rank"] == truth["rank"], shop.id
            assert seen["web.search.results_count"] == truth["results"], shop.id
            assert seen["web.search.structured"] is truth["summaries"], shop.id


def test_telephone_numbers_and_contact_details_are_as_the_councils_file_says(found: Found) -> None:
    for shop, council in found.of("web"):
        seen, truth = facts(shop), council["website"]["contact"]
        odd = [each["shown"].replace(" ", "") for each in truth["odd_numbers"]]
        assert seen["web.contact.found"] is truth["present"], shop.id
        if truth["present"]:
            quarters = 2 + truth["email"] + truth["hours"]
            assert seen["web.contact.details"] == quarters * 25, shop.id
        whole = truth["numbers"] != "no code" and all(each.startswith("0845") for each in odd)
        assert (seen["web.phone.valid"] == 100) is whole, shop.id
        assert seen["web.phone.low_cost"] is (not [each for each in odd if each.startswith("0845")]), shop.id
        if not odd:
            assert (seen["web.phone.spaced"] == 100) is (truth["numbers"] == "spaced"), shop.id
            assert (seen["web.phone.linked"] == 100) is truth["tel_links"], shop.id


def test_tasks_and_links_are_as_the_councils_file_says(found: Found) -> None:
    for shop, council in found.of("web"):
        seen, truth = facts(shop), council["website"]
        for task in ("jobs", "leisure"):
            clicks = seen[f"web.task.{task}_clicks"]
            assert clicks == 1 if truth[task] == "home" else clicks >= 2, (shop.id, task)
        assert (seen["web.broken_links"] > 0) is (truth["broken_links"] > 0), shop.id
