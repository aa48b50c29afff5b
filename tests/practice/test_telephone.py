"""What happens on a call at the practice exchange, and what is counted: words, menus, queues, voicemails, hours."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from results.calendar import LONDON
from scenarios.practice import sound
from scenarios.practice.exchange import CALLERS
from scenarios.practice.lines import CallManner, PracticeLine
from scenarios.practice.network import WITHHELD
from tests.practice.telephone import (
    HELLO,
    MONDAY,
    ON_AND_ON,
    answered,
    exchange,
    line,
    longest_pause,
    number,
    voicemail,
)

EVENING = MONDAY.replace(hour=20)
CHRISTMAS = dt.datetime(2026, 12, 25, 11, tzinfo=LONDON)
LONG: dict[str, Any] = {"hangs_up_after": 60}


# ------------------------------------------------------------------------------------------------ what we say


async def test_words_without_end_are_said_until_the_time_limit_and_then_the_call_is_over() -> None:
    async with exchange(line(0, answered(**LONG))) as telephone:
        call = await telephone.ring(number(0), ON_AND_ON, TimeLimit="4", Record="true")
        _, ours = await telephone.sound(call["sid"])

    assert (call["outcome"], call["ended_by"], call["said"]) == ("answered", "us", "Hello there. Call us.")
    assert 4 <= call["talked_s"] < 5
    first, again = call["said_in_turn"]
    assert (first["at_s"], first["times"]) == (0, 1)
    assert again["at_s"] == pytest.approx(sound.seconds("Hello there."))
    assert again["times"] >= 3
    assert longest_pause(ours) < 1


async def test_words_said_three_times_over_end_with_the_third() -> None:
    async with exchange(line(0, answered(**LONG))) as telephone:
        call = await telephone.ring(number(0), '<Response><Say loop="3">Call us.</Say></Response>')

    assert [said["times"] for said in call["said_in_turn"]] == [3]
    assert call["talked_s"] >= 3 * sound.seconds("Call us.")
    assert call["ended_by"] == "us"


async def test_a_council_that_has_heard_enough_hangs_up() -> None:
    async with exchange(line(0, answered(hangs_up_after=1))) as telephone:
        call = await telephone.ring(number(0), ON_AND_ON, TimeLimit="30")

    assert call["ended_by"] == "them"


# ------------------------------------------------------------------------------------------------ who is heard

MENU = answered(
    "For bins press one.",
    answered_by="ivr",
    then=[
        {"silence": 0.5},
        {"say": "You are next in the queue.", "by": "queue"},
        {"tone": "music", "seconds": 1},
        {"say": "Bins, Jane speaking.", "by": "person"},
    ],
    **LONG,
)


async def test_a_menu_a_queue_and_a_person_are_heard_one_after_another() -> None:
    menu = sound.seconds("For bins press one.") + 0.5
    queue = sound.seconds("You are next in the queue.") + 1
    async with exchange(line(0, MENU)) as telephone:
        call = await telephone.ring(number(0), ON_AND_ON, TimeLimit=str(round(menu + queue + 3)))

    assert call["answered_by"] == "ivr"
    assert call["person_after_s"] == pytest.approx(menu + queue, abs=0.01)
    assert call["heard_s"]["ivr"] == pytest.approx(menu, abs=0.01)
    assert call["heard_s"]["queue"] == pytest.approx(queue, abs=0.01)
    assert sum(call["heard_s"].values()) == pytest.approx(call["talked_s"])


async def test_who_hangs_up_in_the_menu_has_met_no_person() -> None:
    async with exchange(line(0, MENU)) as telephone:
        call = await telephone.ring(number(0), HELLO)

    assert call["person_after_s"] is None
    assert list(call["heard_s"]) == ["ivr"]


async def test_a_person_who_answers_is_there_at_once_and_may_ask_to_hold() -> None:
    manner = answered(
        "Hold on.", then=[{"tone": "music", "seconds": 0.5, "by": "hold"}, {"say": "Hi.", "by": "person"}]
    )
    async with exchange(line(0, manner)) as telephone:
        call = await telephone.ring(number(0), ON_AND_ON, TimeLimit="3")

    assert call["person_after_s"] == 0
    assert call["heard_s"]["hold"] == pytest.approx(0.5, abs=0.01)


async def test_nothing_is_heard_where_nobody_answers() -> None:
    async with exchange(line(0, {"outcome": "engaged"})) as telephone:
        call = await telephone.ring(number(0))

    assert [call[key] for key in ("person_after_s", "heard_s", "message_left", "talked_s", "ended_by")] == [None] * 5


def test_the_last_words_of_a_queue_are_a_persons_when_nobody_says_whose() -> None:
    manner = CallManner.model_validate(
        answered("Busy.", answered_by="queue_then_person", then=[{"tone": "music"}, {"say": "Hello?"}])
    )

    assert [by for by, _ in manner.heard] == ["queue", "queue", "person"]


# ------------------------------------------------------------------------------------------------ voicemail


async def test_a_message_is_left_when_a_whole_copy_was_said_after_the_beep() -> None:
    async with exchange(line(0, voicemail(**LONG))) as telephone:
        call = await telephone.ring(number(0), ON_AND_ON, TimeLimit="5")

    (kept,) = call["said_after_beep"]
    assert call["message_left"] is True
    assert kept["words"] == "Call us."
    assert kept["at_s"] >= sound.seconds("Speak.") + 0.5


async def test_a_message_that_was_cut_off_is_not_left() -> None:
    message = "<Response><Say>Hello.</Say><Say loop='0'>Please call us back as soon as ever you can.</Say></Response>"
    async with exchange(line(0, voicemail(**LONG))) as telephone:
        call = await telephone.ring(number(0), message, TimeLimit="4")

    assert call["message_left"] is False


async def test_what_was_said_over_the_greeting_is_no_message() -> None:
    async with exchange(line(0, voicemail(**LONG))) as telephone:
        call = await telephone.ring(number(0), "<Response><Say>Hello.</Say><Pause length='2'/></Response>")

    assert (call["message_left"], call["said_after_beep"]) == (False, [])


async def test_a_full_voicemail_takes_no_message() -> None:
    full = answered("The mailbox is full.", answered_by="voicemail", accepts=False, **LONG)
    async with exchange(line(0, full)) as telephone:
        call = await telephone.ring(number(0), ON_AND_ON, TimeLimit="4")

    assert (call["answered_by"], call["message_left"]) == ("voicemail", False)


async def test_no_message_is_left_with_a_person() -> None:
    async with exchange(line(0, answered())) as telephone:
        call = await telephone.ring(number(0))

    assert call["message_left"] is None


# ------------------------------------------------------------------------------------------------ call-backs


async def test_a_voicemail_that_returns_messages_does_not_return_calls_without_one() -> None:
    returned = voicemail(calls_back_after=1, calls_back_to="messages", **LONG)
    async with exchange(line(0, returned)) as telephone:
        without = await telephone.ring(number(0), HELLO)
        left = await telephone.ring(number(0), ON_AND_ON, TimeLimit="5")
        back = await telephone.called_back(left)
        backs = [one for one in await telephone.calls() if one["direction"] == "inbound"]

    assert (without["message_left"], without["call_back_at"]) == (False, None)
    assert [one["sid"] for one in backs] == [back["sid"]]


@pytest.mark.parametrize(
    ("says", "shown"),
    [(None, number(0)), (number(1), number(1)), ("+441134960799", "+441134960799"), ("withheld", WITHHELD)],
)
async def test_a_call_back_comes_to_the_number_that_called_and_shows_what_it_is_to(
    says: str | None, shown: str
) -> None:
    async with exchange(line(0, answered(calls_back_after=1, calls_back_from=says))) as telephone:
        call = await telephone.ring(number(0), From=CALLERS[2])
        back = await telephone.called_back(call)

        assert (back["from"], back["to"], back["direction"]) == (shown, CALLERS[2], "inbound")
        assert [one["sid"] for one in await telephone.calls(To=CALLERS[2])] == [back["sid"]]
        assert await telephone.calls(To=CALLERS[1]) == []
        assert [one["sid"] for one in await telephone.calls(From=CALLERS[2])] == [call["sid"]]


async def test_a_call_back_within_working_hours_waits_for_the_offices_to_open() -> None:
    friday = dt.datetime(2026, 11, 27, 16, 30, tzinfo=LONDON)
    async with exchange(line(0, answered(calls_back_after_working_hours=1)), start=friday) as telephone:
        sid = (await telephone.ring(number(0)))["sid"]
        due = telephone.network.calls[sid].call_back_at

    assert due is not None
    assert due.astimezone(LONDON).replace(second=0, microsecond=0) == friday.replace(day=30, hour=9)


async def test_a_call_back_was_made_when_it_was_due_however_fast_the_clock_goes() -> None:
    async with exchange(line(0, answered(calls_back_after=86400)), speed=100_000) as telephone:
        call = await telephone.ring(number(0))
        await telephone.called_back(call)
        (back,) = (one for one in telephone.network.calls.values() if one.answers == call["sid"])

    assert back.placed_at == telephone.network.calls[call["sid"]].call_back_at


@pytest.mark.parametrize("shown", CALLERS)
async def test_each_of_our_own_numbers_may_be_shown(shown: str) -> None:
    async with exchange(line(0, {"outcome": "engaged"})) as telephone:
        placed = await telephone.place(number(0), From=shown)

    assert (placed.status_code, placed.json()["from"]) == (201, shown)


# ------------------------------------------------------------------------------------------------ office hours

BY_HOURS = line(
    0,
    answered("Good morning.", when="open"),
    {"outcome": "engaged", "when": "open"},
    answered("We are closed.", when="closed", answered_by="recorded_message_ends"),
)


@pytest.mark.parametrize(
    ("start", "voices"),
    [
        (MONDAY, ["person", None, "person"]),
        (EVENING, ["recorded_message_ends"] * 3),
        (MONDAY - dt.timedelta(days=1), ["recorded_message_ends"] * 3),
        (CHRISTMAS, ["recorded_message_ends"] * 3),
    ],
)
async def test_other_manners_are_met_outside_the_councils_hours(start: dt.datetime, voices: list[str | None]) -> None:
    async with exchange(BY_HOURS, start=start) as telephone:
        calls = [await telephone.ring(number(0)) for _ in range(3)]

    assert [call["answered_by"] for call in calls] == voices


async def test_a_manner_for_always_takes_its_turn_at_any_time() -> None:
    always = line(0, answered(), {"outcome": "engaged", "when": "closed"})
    async with exchange(always, start=EVENING) as telephone:
        calls = await asyncio.gather(*(telephone.ring(number(0)) for _ in range(2)))

    assert sorted(call["outcome"] for call in calls) == ["answered", "engaged"]


# ------------------------------------------------------------------------------------------------ what cannot be


@pytest.mark.parametrize(
    ("manner", "reason"),
    [
        ({"outcome": "engaged", "then": [{"tone": "beep"}]}, "nothing is heard"),
        ({"outcome": "no reply", "calls_back_after": 60}, "nothing is heard"),
        ({"outcome": "no reply", "calls_back_after_working_hours": 1}, "nothing is heard"),
        (answered(then=[{}]), "exactly one of"),
        (answered(then=[{"say": "Hi", "tone": "beep"}]), "exactly one of"),
        (answered(then=[{"tone": "jingle"}]), "'beep', 'ringback', 'fax' or 'music'"),
        (answered(then=[{"tone": "beep", "seconds": 3}]), "only music and ringback"),
        (answered(then=[{"say": "Hi", "seconds": 3}]), "only music and ringback"),
        (answered(then=[{"say": "Hi", "by": "parrot"}]), "'person', 'ivr'"),
        (answered(answered_by="voicemail"), "without a beep"),
        (voicemail(accepts=False), "takes no messages"),
        (answered(accepts=False), "takes no messages"),
        (answered(calls_back_after=1, calls_back_after_working_hours=1), "at two times"),
        (answered(calls_back_from="withheld"), "but not when"),
        (answered(calls_back_to="messages"), "but not when"),
        (answered(calls_back_after=1, calls_back_from="+441132220000"), "numbers for drama"),
        (answered(hangs_up_after=901), "900"),
        (answered(when="sometimes"), "'open', 'closed' or 'always'"),
    ],
)
def test_a_manner_that_cannot_be_is_refused_with_what_would_be_right(manner: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        CallManner.model_validate(manner)


@pytest.mark.parametrize(("when", "lacking"), [("open", "closed"), ("closed", "open")])
def test_a_line_has_a_manner_for_callers_at_any_time(when: str, lacking: str) -> None:
    with pytest.raises(ValidationError, match=f"while the offices are {lacking}"):
        PracticeLine.model_validate(line(0, answered(when=when)))


def test_what_the_called_side_lets_be_heard_is_its_greeting_and_then_the_rest() -> None:
    greeting = sound.words("Hello")
    parts = [{"silence": 0.5}, {"tone": "beep"}, {"tone": "ringback"}, {"tone": "music", "seconds": 9.5}]

    heard = sound.heard(CallManner.model_validate(answered("Hello", then=parts)))

    assert len(heard) == len(greeting) + (0.5 + 0.5 + 6.0 + 9.5) * sound.RATE
    assert max(heard[len(greeting) : len(greeting) + 4000]) == 0
    assert max(heard[len(greeting) + 4000 : len(greeting) + 8000]) > 8000
    assert max(heard[-4000:]) > 1000
