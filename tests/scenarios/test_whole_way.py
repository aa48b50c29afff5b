"""The demo's whole way on three councils: every fact that the probes report is held against the councils' own files.

A fact is right, or it is "don't know" where that is the truth. The councils are met over sockets alone.
"""

import asyncio
import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from probes.web import chromium
from results.schema import Shop, Why
from results.store import ShopRow
from scenarios.bench import opened
from tests.scenarios.conftest import world
from tests.scenarios.truth import differences

COUNCILS = os.environ.get("DOORSTEP_TEST_COUNCILS", "ashcombe-vale,dunsmere,selmarsh").split(",")
CALLS, MAILS = 16, 10
REVIEWED = 0.15  # of the facts of e-mails: what is left to a person is not found out
OUTCOMES = {"answered": "answered", "engaged": "engaged", "no reply": "no_reply", "not in use": "number_not_in_use"}
Truth = dict[str, Any]


def doorstep(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, as a user runs it."""
    command = [sys.executable, "-m", "scenarios.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)


class Found:
    """What the probes reported and what the councils know, joined."""

    def __init__(self, shops: list[Shop], rows: Sequence[ShopRow], truth: Truth, tally: Truth, page: str) -> None:
        self.shops = shops
        self.truth = truth
        self.page = page
        self.calls = {call["sid"]: call for call in tally["calls"]}
        self.mails = {_tag(mail["mail_from"]): mail for mail in tally["mails"] if mail["manner"] != "closing"}
        self.tally = tally
        self.closes_at = {row.id: row.closes_at for row in rows}
        self._known_as = {row.id: row.reference if row.channel == "email" else row.known_as or "" for row in rows}

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
            shops = await bench.store.shops(frozen)
            rows = await bench.store.rows()
    page = (folder / "reports" / "practice-wave" / "wave-report.html").read_text()
    return Found(list(shops), rows, truth, tally, page)


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


def test_every_fact_and_moment_of_an_email_is_as_the_council_knows_it(found: Found) -> None:
    wrong = [
        (shop.id, mail["manner"], each)
        for shop, mail in found.of("email")
        if facts(shop) and shop.observation is not None
        for each in differences(shop.observation, mail, found.closes_at[shop.id])
    ]

    assert wrong == []


def test_mails_of_many_kinds_were_met(found: Found) -> None:
    kinds = {event["kind"] for _, mail in found.of("email") for event in mail["events"]}

    assert kinds >= {"automatic acknowledgement", "interim reply", "final reply"}


def test_a_fact_of_an_email_is_rarely_left_to_a_person(found: Found) -> None:
    open_ = [why for shop, _ in found.of("email") if shop.observation for why, _ in shop.observation.unknown.values()]
    every = [name for shop, _ in found.of("email") for name in facts(shop)]

    assert len(every) > 0
    assert open_.count(Why.NEEDS_REVIEW) < len(every) * REVIEWED


# ------------------------------------------------------------------------------------------------ website


def test_the_a_to_z_is_as_the_councils_file_says(found: Found) -> None:
    for shop, council in found.of("web"):
        seen, truth = facts(shop), council["website"]["a_to_z"]
        assert seen["web.az.present"] is truth["present"]
        assert seen["web.az.state"] == ("present" if truth["present"] else "none")
        if truth["present"]:
            dead = f"letters of the A to Z that lead nowhere: {', '.join(truth['dead_letters'])}"
            assert (seen["web.az.letters"] == 100) is (not truth["dead_letters"]), shop.id
            assert shop.observation is not None
            assert (dead in shop.observation.notes) is bool(truth["dead_letters"]), shop.id
            whole = not truth["missing"] and not truth["dead_letters"]
            assert (seen["web.az.common_words"] == 100) is truth["everyday_words"] or not whole, shop.id
            assert (seen["web.az.quality"] == 100) is (not {"tips", "missed-bins"} & set(truth["missing"])), shop.id


@pytest.mark.skipif(chromium.find() is None, reason="no browser is installed, so search is not assessed")
def test_the_search_is_as_the_councils_file_says(found: Found) -> None:
    for shop, council in found.of("web"):
        seen, truth = facts(shop), council["website"]["search"]
        works = truth["kind"] in ("page", "script")
        assert seen["web.search.home"] is (truth["kind"] != "none"), shop.id
        if truth["kind"] != "none":
            assert seen["web.search.found"] is seen["web.search.works"] is works, shop.id
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
        charged = [each for each in truth["odd_numbers"] if each["shown"].startswith("0845")]
        assert seen["web.phone.cost_shown"] is (all(each["cost"] for each in charged) if charged else None), shop.id
        if truth["present"] and truth["numbers"] != "no code":
            assert seen["web.phone.consistent"] is (not truth["disagrees"]), shop.id
        assert seen["web.phone.low_cost"] is (not [each for each in odd if each.startswith("0845")]), shop.id
        if not odd:
            good = truth["numbers"] == "spaced" and truth["tel_links"]
            assert (seen["web.phone.quality"] == 100) is good, shop.id
            assert (seen["web.phone.spaced"] == 100) is (truth["numbers"] == "spaced"), shop.id
            assert (seen["web.phone.linked"] == 100) is truth["tel_links"], shop.id


@pytest.mark.skipif(chromium.find() is None, reason="no browser is installed, so pages are not examined")
def test_what_keeps_people_out_is_as_the_councils_file_says(found: Found) -> None:
    for shop, council in found.of("web"):
        seen, barriers = facts(shop), council["website"]["barriers"]
        plain = council["website"]["look"] == "plain"  # which is pale throughout
        assert (seen["a11y.contrast"] == 100) is ("contrast" not in barriers and not plain), shop.id
        assert (seen["a11y.focus_visible"] == 100) is ("focus" not in barriers), shop.id
        assert seen["a11y.reflow"] is ("reflow" not in barriers), shop.id
        assert seen["a11y.keyboard"] is True


def test_what_scripts_draw_and_cookie_banners_are_as_the_councils_file_says(found: Found) -> None:
    for shop, council in found.of("web"):
        seen = facts(shop)
        assert seen["web.by_script"] in (False, None), shop.id  # the vacancies alone, on one page
        assert seen["web.cookie_block"] in (False, None), shop.id
        assert shop.observation is not None
        refused = any("it was sent away with “Reject cookies”" in note for note in shop.observation.notes)
        if chromium.find() is not None:
            assert refused is council["website"]["cookie_banner"], shop.id


def test_what_robots_txt_forbids_was_never_asked_for(found: Found) -> None:
    for shop, _ in found.of("web"):
        assert not [page for page in found.tally["pages"][shop.organisation] if "/sort-" in page], shop.id


def test_documents_are_as_the_councils_file_says(found: Found) -> None:
    for shop, council in found.of("web"):
        truth = council["website"]["documents"]
        expected = {"none": None, "accessible": 100, "bare": 0}[truth]
        assert (facts(shop)["a11y.pdf"], facts(shop)["web.pdf.told"]) == (expected, expected), shop.id


def test_statements_standards_and_complaints_are_as_the_councils_file_says(found: Found) -> None:
    for shop, council in found.of("web"):
        seen, truth = facts(shop), council["website"]
        assert seen["a11y.statement_present"] is (truth["statement"] != "none"), shop.id
        if truth["statement"] != "none":
            assert (seen["a11y.statement_complete"] == 100) is (truth["statement"] == "full"), shop.id
        assert seen["std.measurable"] == (100 if truth["standards"] == "all times" else 40), shop.id
        assert seen["std.performance_published"] is (truth["standards"] == "all times"), shop.id
        assert (seen["complaint.code"] == 100) is (truth["complaints"] == "code"), shop.id


def test_tasks_and_links_are_as_the_councils_file_says(found: Found) -> None:
    for shop, council in found.of("web"):
        seen, truth = facts(shop), council["website"]
        for task in ("jobs", "leisure"):
            clicks = seen[f"web.task.{task}_clicks"]
            assert clicks == 1 if truth[task] == "home" else clicks >= 2, (shop.id, task)
        assert (seen["web.broken_links"] > 0) is (truth["broken_links"] > 0), shop.id
        listed = truth["a_to_z"]["present"] and "jobs" not in truth["a_to_z"]["missing"]
        assert (seen["web.task.list"] == 100) is (truth["jobs"] == "home" or listed), shop.id
        assert seen["web.task.online"] == (100 if truth["online"] else 0), shop.id
        assert seen["web.task.up_to_date"] == (100 if truth["last_updated"].endswith("2026") else 0), shop.id
        assert (seen["web.task.google_like"] == 0) is (truth["look"] == "plain"), shop.id  # whose titles are one
        assert seen["web.task.signposted"] is None  # unitary councils alone
