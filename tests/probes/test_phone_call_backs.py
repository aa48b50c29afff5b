"""Which message a call to us answers, and what call-backs make of a contact."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.phone.callbacks import Came, Message, awaits, can_be_rung, match, seen_with
from results.schema import Fact, Moment, Observation, Why

OURS, OTHER_OURS = "+441134960999", "+441134960998"
LINE, SECOND, THEIRS_TOO = "+442079460001", "+442079460002", "+442079460777"
STRANGER = "+448081570123"
LEFT = dt.datetime(2026, 11, 23, 10, 0, 30, tzinfo=dt.UTC)
UNTIL = dt.datetime(2026, 11, 30, 17, tzinfo=dt.UTC)


def message(shop: str = "a", own: str = OURS, line: str = LINE, organisation: str = "amber", days: int = 0) -> Message:
    lines = {line, SECOND} if organisation == "amber" else {line}
    return Message(shop, organisation, own, line, lines, LEFT + dt.timedelta(days=days), UNTIL)


def came(caller: str | None, hours: float = 1, own: str = OURS) -> Came:
    return Came(own, caller, (LEFT + dt.timedelta(hours=hours)).replace(microsecond=0))


def answers(call: Came, *messages: Message) -> tuple[str, bool] | None:
    found = match(call, messages)
    return (found.shop, found.sure) if found else None


# ------------------------------------------------------------------------------------------------ matching


@pytest.mark.parametrize("caller", [LINE, SECOND, None])
def test_a_line_of_theirs_or_a_withheld_number_answers_the_only_message_that_gave_our_number(
    caller: str | None,
) -> None:
    assert answers(came(caller), message()) == ("a", True)


def test_the_number_of_ours_that_was_rung_decides_between_two_messages_to_one_organisation() -> None:
    assert answers(came(LINE, own=OTHER_OURS), message("a"), message("b", OTHER_OURS)) == ("b", True)


def test_the_line_it_comes_from_decides_between_two_messages_that_gave_one_number() -> None:
    two = (message("a"), message("b", line=STRANGER, organisation="birch"))

    assert answers(came(LINE), *two) == ("a", True)
    assert answers(came(STRANGER), *two) == ("b", True)


def test_the_line_that_was_rung_comes_before_another_of_the_same_organisation() -> None:
    assert answers(came(SECOND), message("a"), message("b", line=SECOND)) == ("b", True)


def test_a_withheld_number_is_left_to_a_person_where_two_messages_gave_our_number() -> None:
    assert answers(came(None), message("a"), message("b", line=STRANGER, organisation="birch")) is None


def test_a_third_line_is_only_suggested_where_two_messages_to_its_organisation_gave_our_number() -> None:
    third = Message(
        "c", "amber", OURS, "+442079460003", {"+442079460003", SECOND}, LEFT + dt.timedelta(hours=0.5), UNTIL
    )

    assert answers(came(SECOND), message("a"), third) == ("c", False)


def test_a_number_of_their_block_is_suggested_and_one_of_nobodys_is_not() -> None:
    assert answers(came(THEIRS_TOO), message()) == ("a", False)
    assert answers(came(STRANGER), message()) is None


def test_a_number_of_a_block_that_two_organisations_share_is_not_suggested() -> None:
    assert answers(came(THEIRS_TOO), message(), message("b", line="+442079460555", organisation="birch")) is None


def test_a_call_before_the_message_cannot_answer_it() -> None:
    assert answers(came(LINE, hours=-0.01), message()) is None


def test_a_call_in_the_second_in_which_the_message_ended_may_answer_it() -> None:
    ended = Message("a", "amber", OURS, LINE, {LINE}, LEFT.replace(microsecond=900_000), UNTIL)

    assert match(Came(OURS, LINE, LEFT.replace(microsecond=0)), [ended]) is not None


def test_after_the_window_a_line_of_theirs_still_belongs_to_it_and_a_withheld_number_is_only_suggested() -> None:
    late = 24 * 20

    assert answers(came(LINE, late), message()) == ("a", True)
    assert answers(came(None, late), message()) == ("a", False)


def test_an_open_message_comes_before_one_whose_window_has_closed() -> None:
    assert answers(
        came(LINE, 24 * 20), message("old"), Message("new", "amber", OURS, LINE, {LINE}, LEFT, UNTIL.replace(year=2027))
    ) == ("new", True)


# ------------------------------------------------------------------------------------------------ what it makes


def call(message_left: bool | None = True, **facts: Fact) -> Observation:
    answered = Moment(lower=LEFT - dt.timedelta(seconds=30), upper=LEFT - dt.timedelta(seconds=29), source="list")
    ended = Moment(lower=LEFT, upper=LEFT + dt.timedelta(seconds=1), source="list")
    known: dict[str, Fact] = {"phone.answered": True, "vm.message_left": message_left, **facts}
    return Observation(
        facts=known,
        unknown={name: (Why.NEEDS_REVIEW, "not heard") for name, value in known.items() if value is None},
        moments={"answered": answered, "ended": ended} | ({"message_left": ended} if message_left else {}),
        notes=("Answered.",),
    )


def seen(call: Observation, *calls: Came, closed: bool = True) -> Observation:
    return seen_with(call, calls, {LINE, SECOND}, UNTIL, closed=closed)


def test_while_the_window_is_open_nothing_is_held_against_anybody() -> None:
    waiting = seen(call(), closed=False)

    assert waiting.facts["vm.returned"] is None
    assert waiting.unknown["vm.returned"][0] is Why.WINDOW_OPEN
    assert waiting.complete is False


def test_a_message_returned_has_its_first_call_as_its_moment_and_counts_them_all() -> None:
    found = seen(call(), came(SECOND, 30), came(LINE, 2))

    assert (found.facts["vm.returned"], found.facts["vm.return_attempts"], found.facts["vm.return_cli"]) == (
        True,
        2,
        True,
    )
    assert found.moments["returned"].lower == came(LINE, 2).at
    assert found.moments["returned"].uncertainty == 1
    assert found.moments["message_left"] == call().moments["message_left"]


def test_a_message_known_to_have_been_left_and_never_returned_is_a_no() -> None:
    assert seen(call()).facts["vm.returned"] is False
    assert seen(call()).facts["vm.return_attempts"] == 0


def test_where_nobody_knows_whether_a_message_was_left_and_nobody_rang_a_person_says() -> None:
    assert seen(call(None)).facts["vm.returned"] is None
    assert seen(call(None)).unknown["vm.returned"][0] is Why.NEEDS_REVIEW


def test_where_nobody_can_ever_find_out_whether_a_message_was_left_no_review_waits_for_ever() -> None:
    unrecorded = call(None)
    reason = (Why.NOT_APPLICABLE, "the call was not recorded")
    unrecorded = unrecorded.model_copy(update={"unknown": {"vm.message_left": reason}})

    why, told = seen(unrecorded).unknown["vm.returned"]

    assert why is Why.NOT_APPLICABLE
    assert told == "nobody rang back; whether a message was left: the call was not recorded"


def test_where_somebody_rang_back_the_message_was_left_some_time_during_the_call() -> None:
    left = seen(call(None), came(LINE)).moments["message_left"]

    assert (left.lower, left.upper) == (LEFT - dt.timedelta(seconds=30), LEFT + dt.timedelta(seconds=1))


@pytest.mark.parametrize(
    ("number", "rings"),
    [(LINE, True), (None, False), ("+449098790123", False), ("+33123456789", False), ("+441", False)],
)
def test_a_number_can_be_rung_back_where_it_is_valid_british_and_ordinary(number: str | None, rings: bool) -> None:
    assert can_be_rung(number) is rings


def test_a_call_with_its_number_withheld_shows_nothing_to_ring_back() -> None:
    found = seen(call(), came(None))

    assert (found.facts["vm.returned"], found.facts["vm.return_cli"]) == (True, False)
    assert any("with the number withheld" in note for note in found.notes)


def test_a_number_that_is_not_the_organisations_own_is_written_nowhere() -> None:
    found = seen(call(), came("+447700900123"))

    assert "7700900123" not in found.model_dump_json()


def test_a_late_call_is_told_and_does_not_count() -> None:
    found = seen(call(), came(LINE, 24 * 20))

    assert found.facts["vm.returned"] is False
    assert "returned" not in found.moments
    assert "does not count" in found.notes[1]


@given(hours=st.lists(st.floats(0.1, 24 * 20), max_size=4), closed=st.booleans(), left=st.sampled_from([True, None]))
def test_what_is_seen_follows_from_the_calls_alone_however_often_it_is_worked_out(
    hours: list[float], closed: bool, left: bool | None
) -> None:
    calls = [came(LINE, each) for each in hours]
    once = seen(call(left), *calls, closed=closed)

    for before in ([], calls[:1], calls):
        assert seen(seen(call(left), *before, closed=False), *calls, closed=closed) == once


def test_only_an_answered_call_whose_message_is_not_known_to_be_missing_awaits_a_call_back() -> None:
    assert awaits(call())
    assert awaits(call(None))
    assert not awaits(call(False))
    assert not awaits(call(**{"phone.answered": False}))
    assert not awaits(Observation(facts={}, error="the carrier is gone"))
