"""A message left by telephone is followed until it is returned, or until its window closes; whatever is killed."""

import asyncio
import datetime as dt
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from probes.clock import PracticeClock
from results.calendar import LONDON
from results.schema import Observation, Shop, Why
from scenarios.bench import opened
from scenarios.callbacks import OwnNumbers
from scenarios.commands.common import planned_wave
from scenarios.demo import practice, write_programme
from scenarios.rescore import rescore
from tests.scenarios.shopping import WAVE, change, run
from tests.scenarios.typed import console

MONDAY = dt.date(2026, 11, 23)
HOUR, DAY = 3600, 86_400
COUNCIL = """
id: tryham
name: Tryham Council
about: It takes messages, and returns some of them.
hours: {opens: "09:00", closes: "17:00"}
mail: {addresses: [enquiries@tryham.example], manners: [{silent: true}]}
lines:
"""
LINE = """
  - number: "+44113496000%d"
    label: Line %d
    calls:
      - after: 1
        greeting: "Tryham Council. Please leave a message after the tone."
        answered_by: voicemail
        then: [{tone: beep}, {silence: 3}]
        hangs_up_after: 3
"""


@asynccontextmanager
async def council(folder: Path, *calls_back_after: int | None, showing: str = "") -> AsyncIterator[Path]:
    """A council with one line for each of these, rung once each. How soon it rings back, in seconds; None: never.

    `showing`: the number that its call-backs show, or "withheld".
    """
    councils = folder / "councils"
    councils.mkdir()
    lines = [
        LINE % (place, place)
        + (f"        calls_back_after: {after}\n" if after else "")
        + (f'        calls_back_from: "{showing}"\n' if after and showing else "")
        for place, after in enumerate(calls_back_after)
    ]
    (councils / "tryham.yaml").write_text(COUNCIL + "".join(lines))
    async with practice(["--councils", str(councils), "--start", "2026-11-23T10:00"]) as partnership:
        where = folder / "programme"
        write_programme(where, partnership, MONDAY, calls=len(lines))
        change(where / "waves" / f"{WAVE}.yaml", lambda wave: wave.update(scenarios=["telephone"]))
        change(where / "scenarios" / "telephone.yaml", lambda it: it.update(leave_message=True, ring_for=15))
        change(where / "register" / "tryham.yaml", lambda it: it["consent"].update(messages=True))
        yield where


def give_numbers(folder: Path, *numbers: str) -> None:
    """More numbers of our own."""
    toml = folder / "programme.toml"
    more = ", ".join(f'"{number}"' for number in numbers)
    toml.write_text(toml.read_text().replace("[phone]\n", f"[phone]\nnumbers = [{more}]\n"))


async def let_pass(folder: Path, seconds: float) -> None:
    """Practice time goes on."""
    async with opened(folder, to_work=False) as bench:
        assert isinstance(bench.clock, PracticeClock)
        await bench.clock.set_speed(100_000)
        await bench.clock.sleep(seconds)
        await bench.clock.set_speed(1)


def doorstep(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return console(*arguments, "--folder", str(folder))


async def collect(folder: Path, *options: str) -> str:
    done = await asyncio.to_thread(doorstep, folder, "collect", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def shops(folder: Path) -> list[tuple[Shop, Observation]]:
    async with opened(folder, to_work=False) as bench:
        found = []
        for shop in await bench.store.shops(await planned_wave(bench, WAVE)):
            assert shop.observation is not None
            found.append((shop, shop.observation))
        return found


def hours_to_return(seen: Observation) -> float:
    left, returned = seen.moments["message_left"], seen.moments["returned"]
    return (returned.middle - left.middle).total_seconds() / HOUR


async def test_a_message_that_is_returned_waits_for_its_window_and_then_says_when(tmp_path: Path) -> None:
    async with council(tmp_path, 3 * HOUR) as folder:
        await run(folder)
        ((waiting, at_first),) = await shops(folder)
        async with opened(folder, to_work=False) as bench:
            (row,) = await bench.store.rows()
        await collect(folder, "--until-closed")
        ((shop, seen),) = await shops(folder)

    assert (waiting.state, at_first.facts["vm.returned"]) == ("open", None)
    assert at_first.unknown["vm.returned"][0] is Why.WINDOW_OPEN
    assert row.closes_at == dt.datetime(2026, 11, 30, 17, tzinfo=LONDON)
    assert (shop.state, shop.counted) == ("closed", True)
    assert (seen.facts["vm.returned"], seen.facts["vm.return_attempts"], seen.facts["vm.return_cli"]) == (True, 1, True)
    assert 3 <= hours_to_return(seen) < 15  # the fast clock may pass hours between two glances of the council's
    assert any("rang back on Monday 23/11/2026" in note and "from a line of theirs" in note for note in seen.notes)


async def test_a_message_that_is_never_returned_is_so_only_where_one_is_known_to_have_been_left(tmp_path: Path) -> None:
    async with council(tmp_path, None) as folder:
        await run(folder)
        await collect(folder, "--until-closed")
        ((shop, seen),) = await shops(folder)

    assert shop.state == "closed"
    if seen.facts.get("vm.message_left") is True:
        assert (seen.facts["vm.returned"], seen.facts["vm.return_attempts"]) == (False, 0)
    else:
        assert seen.facts["vm.returned"] is None
        assert seen.unknown["vm.returned"][0] in (Why.NEEDS_REVIEW, Why.NOT_APPLICABLE)
    assert any("nobody rang back by Monday 30/11/2026" in note for note in seen.notes)


async def test_a_call_after_the_window_is_told_and_does_not_count(tmp_path: Path) -> None:
    async with council(tmp_path, 9 * DAY) as folder:
        await run(folder)
        await collect(folder, "--until-closed")
        ((closed, before),) = await shops(folder)
        await let_pass(folder, 4 * DAY)
        await collect(folder)
        ((shop, seen),) = await shops(folder)

    assert closed.state == shop.state == "closed"
    assert any("after the window had closed; it does not count" in note for note in seen.notes)
    assert seen.facts["vm.returned"] == before.facts["vm.returned"]
    assert "returned" not in seen.moments


async def test_what_is_polled_twice_counts_once_and_collect_may_be_repeated(tmp_path: Path) -> None:
    async with council(tmp_path, HOUR) as folder:
        await run(folder)
        await let_pass(folder, 2 * DAY)
        first = await collect(folder)
        ((_, once),) = await shops(folder)
        await collect(folder)
        ((shop, twice),) = await shops(folder)
        async with opened(folder, to_work=False) as bench:
            kept = await bench.callbacks.of(shop.id)
            unread = await bench.callbacks.unread()

    assert "1 message awaits a call-back; the first until Monday 30 November 2026 at 17:00." in first
    assert (shop.state, twice.complete) == ("open", False)
    assert twice == once
    assert len(kept) == 1
    assert unread == ()


async def test_a_run_while_a_call_back_is_awaited_rings_nobody_again(tmp_path: Path) -> None:
    async with council(tmp_path, None) as folder:
        first = await run(folder)
        ((_, before),) = await shops(folder)
        again = await run(folder)
        ((shop, after),) = await shops(folder)

    assert (first.made["phone"], again.made["phone"]) == (1, 0)
    assert (shop.state, after) == ("open", before)


async def test_of_two_lines_of_one_council_each_answers_for_itself(tmp_path: Path) -> None:
    async with council(tmp_path, HOUR, None) as folder:
        await run(folder)
        await collect(folder, "--until-closed")
        found = {shop.target[-1]: seen for shop, seen in await shops(folder)}

    assert found["0"].facts["vm.returned"] is True
    assert found["1"].facts["vm.returned"] is not True


async def test_withheld_call_backs_are_told_apart_by_the_number_of_ours_that_each_message_gave(tmp_path: Path) -> None:
    async with council(tmp_path, HOUR, None, 2 * HOUR, showing="withheld") as folder:
        give_numbers(folder, "+441134960998", "+441134960997")
        await run(folder)
        async with opened(folder, to_work=False) as bench:
            given = [row.account for row in await bench.store.rows()]
        await collect(folder, "--until-closed")
        found = {shop.target[-1]: seen for shop, seen in await shops(folder)}

    assert sorted(map(str, given)) == ["+441134960997", "+441134960998", "+441134960999"]
    assert [found[line].facts["vm.returned"] is True for line in "012"] == [True, False, True]
    assert found["0"].facts["vm.return_cli"] is False


async def test_withheld_call_backs_to_a_number_that_two_messages_gave_are_left_to_a_person(tmp_path: Path) -> None:
    async with council(tmp_path, HOUR, None, showing="withheld") as folder:
        await run(folder)
        await collect(folder, "--until-closed")
        found = await shops(folder)
        async with opened(folder, to_work=False) as bench:
            unmatched = await bench.callbacks.unmatched()

    assert [(one.caller, one.suggested) for one in unmatched] == [(None, None)]
    assert not any(seen.facts["vm.returned"] for _, seen in found)


async def test_a_call_back_from_a_number_that_nobody_knows_is_suggested_and_not_counted(tmp_path: Path) -> None:
    async with council(tmp_path, HOUR, showing="+441134960555") as folder:
        await run(folder)
        await collect(folder, "--until-closed")
        ((shop, seen),) = await shops(folder)
        async with opened(folder, to_work=False) as bench:
            (call,) = await bench.callbacks.unmatched()

    assert (call.caller, call.suggested) == ("+441134960555", shop.id)
    assert seen.facts["vm.returned"] is not True


async def test_a_call_to_us_that_answers_nothing_lies_in_the_tray_and_a_person_says_what_it_answers(
    tmp_path: Path,
) -> None:
    async with council(tmp_path, None) as folder:
        await run(folder)
        ((shop, seen),) = await shops(folder)
        async with opened(folder, to_work=True) as bench:
            stranger = _Listed("CAstranger", bench.folder.programme.phone.caller, seen.moments["ended"].upper)  # type: ignore[union-attr]
            early = _Listed("CAearly", stranger.to, seen.moments["answered"].lower - dt.timedelta(hours=1))
            await bench.callbacks.keep([stranger, early])
        told = await collect(folder)
        listed = await asyncio.to_thread(doorstep, folder, "phone", "unmatched")
        too_early = await asyncio.to_thread(doorstep, folder, "phone", "unmatched", "1", shop.id)
        assigned = await asyncio.to_thread(doorstep, folder, "phone", "unmatched", "2", shop.id)
        left = await asyncio.to_thread(doorstep, folder, "phone", "unmatched", "--json")
        ((_, after),) = await shops(folder)

    assert "2 calls answer no message: doorstep phone unmatched" in told
    assert "+442079460123" in listed.stdout
    assert (too_early.returncode, assigned.returncode) == (2, 0)
    assert "it cannot answer it" in too_early.stderr
    assert left.stdout.count('"call"') == 1
    assert after.facts["vm.returned"] is True
    assert not any("2079460123" in note for note in after.notes)


class _Listed:
    """A call to us from a number that nobody knows."""

    def __init__(self, id: str, to: str, created: dt.datetime) -> None:
        self.id, self.to, self.created = id, to, created
        self.caller: str | None = "+442079460123"


def test_messages_take_turns_with_our_numbers_and_the_one_that_ordinary_calls_show_comes_last() -> None:
    numbers = OwnNumbers(["first", "second", "third"], {})

    assert [numbers.next(council) for council in "aaab"] == ["second", "third", "first", "second"]


async def test_without_consent_to_messages_none_is_left(tmp_path: Path) -> None:
    async with council(tmp_path, None) as folder:
        change(folder / "register" / "tryham.yaml", lambda it: it["consent"].update(messages=False))
        outcome = await run(folder)

    assert (outcome.made["phone"], outcome.refused) == (0, {"consent.messages": 1})


async def test_a_calendar_put_right_moves_the_window_of_a_message_too(tmp_path: Path) -> None:
    async with council(tmp_path, None) as folder:
        await run(folder)
        closure = dt.date(2026, 11, 25)
        change(folder / "register" / "tryham.yaml", lambda it: it["hours"].update(closures=[closure]))
        async with opened(folder, to_work=True) as bench:
            await rescore(bench, await planned_wave(bench, WAVE), "closed for a day", lambda what, done, total: None)
            (row,) = await bench.store.rows()

    assert row.closes_at == dt.datetime(2026, 12, 1, 17, tzinfo=LONDON)


async def test_a_collect_killed_at_any_moment_loses_no_call_back(tmp_path: Path) -> None:
    async with council(tmp_path, HOUR, 2 * HOUR, 3 * HOUR, None) as folder:
        await run(folder)
        for seconds in (0.9, 1.2, 1.5, 1.8, 2.2, 2.8):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "scenarios.cli", "collect", "--until-closed", "--folder", str(folder)),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            await asyncio.sleep(seconds)
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
            await process.wait()
        await collect(folder, "--until-closed")
        found = await shops(folder)

    assert {shop.state for shop, _ in found} == {"closed"}
    returned = {shop.target[-1]: seen for shop, seen in found if seen.facts["vm.returned"]}
    assert sorted(returned) == ["0", "1", "2"]
    assert {seen.facts["vm.return_attempts"] for seen in returned.values()} == {1}
