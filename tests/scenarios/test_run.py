"""What a run leaves undone and why: hours, pauses, withdrawn consent, the day's limit, and a second run beside it."""

import asyncio
import datetime as dt
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from probes import http
from probes.clock import PracticeClock
from probes.email.imap import LoginRefused
from probes.http import Unreachable
from probes.web import chromium
from results import report as wave_report
from results.calendar import LONDON
from results.schema import State
from results.store import Store
from scenarios import plan
from scenarios.bench import AtWork, Bench, opened
from scenarios.commands.programme import wave_to_run
from scenarios.run import Run
from tests.scenarios.shopping import COUNCIL, WAVE, change, programme, run
from tests.scenarios.typed import console


async def states(folder: Path) -> Counter[str]:
    async with opened(folder, to_work=False) as bench:
        return Counter(row.state for row in await bench.store.rows())


async def test_calls_on_a_saturday_wait_until_the_offices_open_on_monday(tmp_path: Path) -> None:
    async with programme(tmp_path, "telephone", start="2026-11-21T10:00") as folder:
        async with opened(folder, to_work=False) as bench:
            opens = bench.folder.register[COUNCIL].hours.opens
        outcome = await run(folder)

        assert (outcome.made, outcome.refused) == ({}, {})
        assert outcome.waiting_until == dt.datetime.combine(dt.date(2026, 11, 23), opens, tzinfo=LONDON)
        assert await states(folder) == {"planned": 2}


async def test_a_paused_organisation_is_left_in_the_plan_and_contacted_after_the_pause(tmp_path: Path) -> None:
    async with programme(tmp_path, "email") as folder:
        async with opened(folder, to_work=False) as bench:
            await bench.ledger.pause(COUNCIL, "flood", bench.clock.now())
        paused = await run(folder)
        async with opened(folder, to_work=False) as bench:
            await bench.ledger.resume(COUNCIL)
        resumed = await run(folder)

        assert (paused.made, paused.refused) == ({}, {"pause.organisation": 5})
        assert resumed.made == {"email": 5}


async def test_what_is_paused_while_it_waits_to_be_sent_stays_in_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with programme(tmp_path, "email") as folder:
        about_to = Store.about_to

        async def and_pause(self: Store, shop: str, reference: str, at: dt.datetime) -> None:
            await about_to(self, shop, reference, at)
            async with opened(folder, to_work=False) as bench:
                await bench.ledger.pause("*", "flood", at)

        monkeypatch.setattr(Store, "about_to", and_pause)
        outcome = await run(folder)

        assert (outcome.made, outcome.refused) == ({}, {"pause.all": 5})
        assert await states(folder) == {"planned": 5}


async def test_consent_that_was_withdrawn_after_planning_refuses_for_good_and_is_never_scored(tmp_path: Path) -> None:
    async with programme(tmp_path, "email") as folder:
        async with opened(folder, to_work=True) as bench:
            await wave_to_run(bench, WAVE, None, None)
        change(folder / "register" / f"{COUNCIL}.yaml", lambda council: council.pop("consent"))

        outcome = await run(folder)

        assert outcome.refused == {"consent.absent": 5}
        assert await states(folder) == {"refused": 5}
        async with opened(folder, to_work=False) as bench:
            report = await _report(bench)
        assert report.contacts == 0
        assert [(each.rule, each.count) for each in report.refusals] == [("consent.absent", 5)]


async def test_consent_that_comes_back_lets_the_next_run_make_the_contacts(tmp_path: Path) -> None:
    async with programme(tmp_path, "email") as folder:
        register = folder / "register" / f"{COUNCIL}.yaml"
        agreed = register.read_text()
        change(register, lambda council: council.pop("consent"))
        refused = await run(folder)
        register.write_text(agreed)

        outcome = await run(folder)

        assert (refused.made, outcome.made) == ({}, {"email": 5})


async def test_after_fieldwork_nobody_is_contacted_any_more(tmp_path: Path) -> None:
    async with programme(tmp_path, "email") as folder:
        early = dt.date(2026, 11, 20)
        wave = folder / "waves" / f"{WAVE}.yaml"
        change(wave, lambda it: it.update(fieldwork_from=early, fieldwork_until=early))

        outcome = await run(folder)

        assert outcome.made == {}
        assert outcome.notes == ["fieldwork ended on 20/11/2026; contacts not made by then: 5"]


async def test_a_mail_server_that_refuses_us_is_nobodys_fault_and_told_once(tmp_path: Path) -> None:
    async with programme(tmp_path, "email") as folder:
        toml = folder / "programme.toml"
        toml.write_text(toml.read_text().replace('username = "practice"', 'username = "nobody"'))

        with pytest.raises(LoginRefused):
            await run(folder)

        assert await states(folder) == {"planned": 5}


async def _report(bench: Bench) -> wave_report.WaveReport:
    frozen = await bench.store.wave(WAVE)
    assert frozen is not None
    shops = await bench.store.shops(frozen)
    refusals = await bench.ledger.refusals(WAVE)
    return wave_report.assemble(frozen.wave, frozen.scheme, frozen.organisations, shops, refusals)


async def test_a_cap_on_the_account_leaves_the_rest_of_the_calls_for_another_day(tmp_path: Path) -> None:
    async with programme(tmp_path, "telephone") as folder:
        toml = folder / "programme.toml"
        caps = "pence_per_minute = 1.3\ncaps = { day = { pence = 2.6 } }\n"
        toml.write_text(toml.read_text().replace("calls_per_second = 50\n", f"calls_per_second = 50\n{caps}"))

        outcome = await run(folder)

        assert (outcome.made["phone"], outcome.refused) == (1, {"cap.day": 1})
        assert outcome.waiting_until is not None
        assert outcome.waiting_until.astimezone(LONDON).date() == dt.date(2026, 11, 24)


async def test_the_account_is_looked_at_before_anybody_is_rung(tmp_path: Path) -> None:
    async with programme(tmp_path, "telephone") as folder:
        done = await asyncio.to_thread(console, "phone", "test", WAVE, "--folder", str(folder))
        tally = await http.get_json(f"{_house(folder)}/tally")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Expected cost of 2 calls:" in done.stdout
    assert done.stdout.splitlines()[-1] == "All is well. Nothing was dialled."
    assert tally["calls"] == []


def _house(folder: Path) -> str:
    return str(tomllib.loads((folder / "programme.toml").read_text())["practice"]["house"])


async def test_what_the_days_limit_leaves_over_waits_for_tomorrow(tmp_path: Path) -> None:
    async with programme(tmp_path, "email", mails_per_day=3) as folder:
        outcome = await run(folder)

        assert (outcome.made, outcome.refused) == ({"email": 3}, {"limit.day": 2})
        assert outcome.waiting_until == dt.datetime(2026, 11, 24, tzinfo=LONDON)


async def test_what_a_crash_left_in_doubt_is_replaced_in_the_run_that_learns_so(tmp_path: Path) -> None:
    async with programme(tmp_path, "email") as folder:
        async with opened(folder, to_work=True) as bench:
            await wave_to_run(bench, WAVE, None, None)
            (account,) = bench.mail_accounts()
            for row in await bench.store.rows():
                await bench.store.assign(row.id, account)
                await bench.store.about_to(row.id, f"<{row.reference}@doorstep-practice.example>", bench.clock.now())
            assert isinstance(bench.clock, PracticeClock)
            await bench.clock.set_speed(600)

        outcome = await run(folder)

        assert outcome.made == {"email": 5}
        assert await states(folder) == {"void": 5, "open": 5}


async def test_two_runs_in_one_folder_cannot_be_at_work_together(tmp_path: Path) -> None:
    async with programme(tmp_path, "email") as folder, opened(folder, to_work=True):
        with pytest.raises(AtWork, match="another `doorstep` is at work"):
            await run(folder)


async def test_while_windows_are_open_nothing_counts_against_anybody(tmp_path: Path) -> None:
    async with programme(tmp_path, "email") as folder:
        await run(folder)

        async with opened(folder, to_work=False) as bench:
            report = await _report(bench)
        assert report.contacts == 0
        assert report.not_counted == {"still waiting for a reply": 5}


async def test_one_scenario_can_be_run_on_demand_without_a_wave(tmp_path: Path) -> None:
    async with programme(tmp_path, "telephone") as folder:
        async with opened(folder, to_work=True) as bench:
            frozen = await wave_to_run(bench, None, COUNCIL, "email")
            outcome = await Run(bench, frozen, lambda row: True, lambda what, done, total: None).go()

        assert frozen.wave.id == "on-demand-2026-11-23-email"
        assert outcome.made == {"email": 5}


async def test_without_a_browser_search_is_not_assessed_and_that_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chromium, "find", lambda: None)
    async with programme(tmp_path, "website") as folder:
        outcome = await run(folder)
        async with opened(folder, to_work=False) as bench:
            report = await _report(bench)

    assert [note for note in outcome.notes if "browser" in note] == outcome.notes
    assert len(outcome.notes) == 1
    (shop,) = report.organisations[0].channels[0].shops
    searched = {cell.criterion: cell.state for cell in shop.cells if cell.criterion.startswith("web.search")}
    assert searched.pop("web.search.home") is State.ANSWERED
    assert searched.pop("web.search.every_page") is State.ANSWERED
    assert set(searched.values()) == {State.PROBE_FAULT}


async def test_a_reply_to_one_wave_that_comes_during_the_run_of_another_is_not_lost(tmp_path: Path) -> None:
    async with programme(tmp_path, "email") as folder:
        await run(folder)
        async with opened(folder, to_work=True) as bench:
            assert isinstance(bench.clock, PracticeClock)
            await bench.clock.set_speed(300_000)  # ten days pass, and the replies to the first wave come
            await bench.clock.sleep(10 * 86_400)
            await bench.clock.set_speed(1)
            today = bench.clock.now().astimezone(LONDON).date()
            noun = plan.on_demand(bench.folder, "email", [COUNCIL], today)
            second = plan.freeze(bench.folder, noun, bench.clock.now())
            await bench.store.freeze(second, plan.rows(second))
            await Run(bench, second, lambda row: False, lambda what, done, total: None).go()

            waiting = await bench.store.wave(WAVE)
            assert waiting is not None
            first = await bench.store.shops(waiting)
            unmatched = await bench.mailbag.unmatched()

        assert unmatched == ()
        assert any(shop.observation and shop.observation.facts["email.acknowledged"] for shop in first)


async def test_a_dry_run_foresees_what_the_guard_will_say(tmp_path: Path) -> None:
    async with programme(tmp_path, "telephone", start="2026-11-21T10:00") as folder:
        async with opened(folder, to_work=False) as bench:
            frozen = plan.freeze(bench.folder, bench.folder.waves[WAVE], bench.clock.now())
            foreseen = await plan.foresee(plan.rows(frozen), frozen, bench.guard)
            recorded = await bench.ledger.refusals()

        assert {each.refusal.rule for each in foreseen if each.refusal} == {"hours.closed"}
        assert recorded == ()


async def test_a_practice_programme_whose_partnership_is_gone_says_what_starts_it(tmp_path: Path) -> None:
    async with programme(tmp_path, "email"):
        pass

    with pytest.raises(Unreachable, match="`doorstep demo` or `doorstep practice` starts it"):
        await run(tmp_path)
