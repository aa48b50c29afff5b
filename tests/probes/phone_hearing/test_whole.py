"""What was watched and what was heard, put together: who answered, when a person came, whether a message was left."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from probes.phone.carriers import Speech, Status
from probes.phone.greeting import read
from probes.phone.hear import Transcript, Word
from probes.phone.listening import Listened, proposals, transcript
from probes.phone.moments import Look, observe
from probes.phone.retries import combine
from probes.phone.tones import Tone
from probes.phone.whole import FACTS, NO_LISTENER, NOT_RECORDED, Unheard, whole
from results.schema import Moment, Observation, Organisation, Why
from tests.probes.street import errand, organisation

START = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
NUMBER = "+441134960001"
OURS = organisation((NUMBER,))
OTHER = Organisation(id="amber", name="Amber Valley Borough Council")
AGAIN = " ".join(["word"] * 30)
SAID = Speech("This is a test.", AGAIN, 75)
GREETING = "Good morning, Ringing Council, Jane speaking, how can I help you?"
MENU = "Welcome. For council tax, press 1. For housing repairs, press two. For bins and recycling, press 3."
QUEUE = "All our advisers are busy. You are number four in the queue."
MAILBOX = "You have reached the voicemail of planning. Please leave a message after the tone."
CLOSED = "Our offices are now closed. Thank you for calling. Goodbye."


def at(seconds: float) -> dt.datetime:
    return START + dt.timedelta(seconds=seconds)


def timed(*steps: tuple[Status, float]) -> Observation:
    """A call as it was watched; each look took a tenth of a second."""
    initiated = Moment(lower=at(0), upper=at(0.1), source="test")
    return observe(NUMBER, initiated, [Look(status, at(t), at(t + 0.1)) for status, t in steps], 404, 25)


def answered(lasted: float) -> Observation:
    """Answered between 5 and 5.3 seconds after it was placed."""
    return timed(("ringing", 0.5), ("ringing", 5.0), ("in-progress", 5.2), ("completed", 5.2 + lasted))


def listened(*turns: str, signals: tuple[Tone, ...] = (), lasted: float = 30, sure: float = 0.95) -> Listened:
    words, sounds, now = [], [], 0.5
    for turn in turns:
        sounds.append((now, now + 0.4 * len(turn.split())))
        for text in turn.split():
            words.append(Word(text, now, now + 0.35, sure))
            now += 0.4
        now += 3.0
    heard = read(Transcript(tuple(words)), signals, OURS, (OURS, OTHER))
    return Listened(heard, signals, tuple(sounds), "", lasted)


def seen(found: Listened | Unheard | None, call: Observation | None = None, **scenario: Any) -> Observation:
    lasted = found.lasted if isinstance(found, Listened) else 30
    said = SAID if scenario.get("leave_message") or scenario.get("stay_for") else Speech("This is a test.")
    return whole(call or answered(lasted), errand(NUMBER, OURS, **scenario), said, found)


FAX = (Tone("fax", 1, 4),)


@pytest.mark.parametrize(
    ("found", "by", "contactable", "gave_up"),
    [
        (listened(GREETING), "person", True, False),
        (listened(QUEUE, GREETING), "queue_then_person", True, False),
        (listened(MENU, GREETING), "ivr", True, False),
        (listened(MAILBOX), "voicemail", False, False),
        (listened(CLOSED), "recorded_message_ends", False, False),
        (listened(signals=FAX), "fax_or_data", False, False),
        (listened(QUEUE), "queue", False, True),
        (listened(MENU), "ivr", None, None),
    ],
)
def test_who_answered_decides_whether_a_person_was_reached(
    found: Listened, by: str, contactable: bool | None, gave_up: bool | None
) -> None:
    facts = seen(found, stay_for=30).facts

    assert (facts["phone.answered_by"], facts["phone.outcome"]) == (by, by)
    assert (facts["phone.contactable"], facts["phone.gave_up"]) == (contactable, gave_up)


@pytest.mark.parametrize("words", [QUEUE, MENU])
def test_a_call_that_does_not_stay_cannot_tell_whether_a_person_would_have_come(words: str) -> None:
    observation = seen(listened(words))

    for name in ("phone.contactable", "phone.gave_up"):
        assert observation.unknown[name][0] is Why.NOT_APPLICABLE


def test_what_was_badly_heard_waits_for_a_listener_and_counts_for_nobody() -> None:
    observation = seen(listened(GREETING, sure=0.2))

    for name in ("phone.answered_by", "phone.contactable", "phone.salutation", "phone.time_to_person"):
        assert observation.unknown[name][0] is Why.NEEDS_REVIEW
    assert "first_person" not in observation.moments


def test_another_partners_name_is_only_proposed_as_the_wrong_organisation() -> None:
    observation = seen(listened("Good morning, Amber Valley Borough Council, how can I help you?"))

    assert observation.unknown["phone.answered_by"] == observation.unknown["phone.contactable"]
    assert observation.unknown["phone.answered_by"][0] is Why.NEEDS_REVIEW
    assert "wrong organisation" in observation.unknown["phone.answered_by"][1]


def test_a_voice_that_says_the_number_is_not_in_use_is_for_a_person_to_confirm() -> None:
    observation = seen(listened("The number you have dialled has not been recognised."))

    assert observation.facts["phone.outcome"] == "number_not_in_use"
    for name in ("phone.number_works", "phone.contactable"):
        assert observation.unknown[name][0] is Why.NEEDS_REVIEW


def test_an_answer_that_nobody_listened_to_counts_as_an_answer() -> None:
    observation = seen(Unheard(*NO_LISTENER))

    assert observation.facts["phone.contactable"] is True
    assert "needs a listener" in observation.unknown["phone.salutation"][1]


def test_what_nobody_can_find_out_any_more_is_no_review_that_waits_for_ever() -> None:
    observation = seen(Unheard(*NOT_RECORDED), leave_message=True)

    assert Why.NEEDS_REVIEW not in {why for why, _ in observation.unknown.values()}


@pytest.mark.parametrize("in_hours", [True, False])
@pytest.mark.parametrize(
    "call", [timed(("busy", 1)), timed(("ringing", 1), ("no-answer", 26)), timed(("failed", 1))], ids=lambda one: ""
)
def test_a_call_that_was_not_answered_tells_every_fact_too(call: Observation, in_hours: bool) -> None:
    observation = seen(None, call, in_hours=in_hours)

    assert set(observation.facts) == set(FACTS)
    assert observation.facts["ooh.answered"] is (None if in_hours else False)
    assert observation.facts["vm.message_left"] is False


@pytest.mark.parametrize("found", [listened(GREETING), listened(), Unheard(*NO_LISTENER), Unheard(*NOT_RECORDED)])
def test_every_fact_is_told_however_it_was_heard(found: Listened | Unheard) -> None:
    for scenario in ({}, {"stay_for": 30}, {"leave_message": True}, {"in_hours": False}):
        assert set(seen(found, **scenario).facts) == set(FACTS)


def test_out_of_hours_the_answer_counts_and_reaching_a_person_is_not_asked() -> None:
    observation = seen(listened(CLOSED), in_hours=False)

    assert observation.facts["ooh.answered"] is True
    assert observation.unknown["phone.contactable"][0] is Why.NOT_APPLICABLE


def test_a_fax_is_no_answer_out_of_hours() -> None:
    assert seen(listened(signals=FAX), in_hours=False).facts["ooh.answered"] is False


# ------------------------------------------------------------------------------------------------ moments


def test_the_first_word_lies_as_far_after_the_answer_as_on_the_recording() -> None:
    moments = seen(listened(QUEUE, GREETING)).moments
    person = 0.5 + 0.4 * len(QUEUE.split()) + 3.0

    for name, offset in (("first_speech", 0.5), ("first_person", person)):
        assert moments[name].lower <= at(5.0 + offset)
        assert at(5.3 + offset) <= moments[name].upper
        assert moments[name].uncertainty < 0.6
        assert "recording" in moments[name].source


def test_a_recording_that_began_late_widens_the_moments_heard_on_it() -> None:
    late = listened(GREETING, lasted=27)

    moments = seen(late, answered(30)).moments

    assert moments["first_speech"].upper >= at(5.2 + 3 + 0.5)


def test_the_time_to_a_person_is_counted_from_dialling() -> None:
    assert seen(listened(GREETING)).facts["phone.time_to_person"] == pytest.approx(5.6, abs=0.2)


def test_a_time_to_a_person_on_a_call_that_was_not_watched_is_not_told() -> None:
    observation = seen(listened(GREETING), timed(("queued", 0.2), ("completed", 45)))

    assert observation.unknown["phone.time_to_person"][0] is Why.NEEDS_REVIEW


# ------------------------------------------------------------------------------------------------ messages


BEEP = (Tone("beep", 7.0, 7.5),)


def left(found: Listened | Unheard, **scenario: Any) -> Observation:
    return seen(found, leave_message=True, **scenario)


def test_a_message_was_left_where_two_copies_had_time_after_the_beep() -> None:
    observation = left(listened(MAILBOX, signals=BEEP, lasted=40))

    assert observation.facts["vm.message_left"] is True
    message = observation.moments["message_left"]
    assert (message.lower, message.upper) == (at(5.0 + 7.5), at(5.2 + 40 + 0.1))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (listened(MAILBOX, signals=BEEP, lasted=30), None),
        (listened(MAILBOX, signals=BEEP, lasted=10), False),
        (listened(MAILBOX, lasted=40), False),
        (listened(MAILBOX, lasted=8), False),
        (listened("The mailbox of the voicemail is full. The mailbox is full.", lasted=40), False),
        (listened(GREETING, signals=BEEP, lasted=40), False),
        (listened("Voicemail.", signals=BEEP, lasted=40, sure=0.2), None),
    ],
    ids=["one copy perhaps", "no time", "no beep", "ended before a beep", "full", "a person", "unclear"],
)
def test_a_message_that_may_not_be_whole_is_not_called_left(found: Listened, said: bool | None) -> None:
    observation = left(found)

    assert observation.facts["vm.message_left"] is said
    assert "message_left" not in observation.moments


def test_a_beep_over_which_we_still_say_who_we_are_is_followed_by_the_message_only_later() -> None:
    long_first = Speech(" ".join(["word"] * 60), AGAIN, 75)
    found = listened(MAILBOX, signals=BEEP, lasted=50)

    observation = whole(answered(50), errand(NUMBER, OURS, leave_message=True), long_first, found)

    assert observation.facts["vm.message_left"] is None


def test_without_a_message_nobody_is_to_ring_back_and_with_one_they_still_may() -> None:
    for observation, why in (
        (seen(listened(MAILBOX, signals=BEEP, lasted=40)), Why.NOT_APPLICABLE),
        (left(listened(MAILBOX, signals=BEEP, lasted=40)), Why.WINDOW_OPEN),
        (left(Unheard(*NOT_RECORDED)), Why.WINDOW_OPEN),
    ):
        assert observation.unknown["vm.returned"][0] is why


# ------------------------------------------------------------------------------------------------ what is cut off


def test_a_message_that_ends_the_call_itself_has_said_all_it_says() -> None:
    found = listened(CLOSED, lasted=0.6 + 0.4 * len(CLOSED.split()))

    observation = seen(found, in_hours=False, stay_for=60)

    assert observation.facts["ooh.emergency_contact"] is False


def test_a_message_that_we_hung_up_on_may_have_said_more() -> None:
    found = listened(CLOSED, lasted=0.6 + 0.4 * len(CLOSED.split()))

    observation = seen(found, in_hours=False)

    assert observation.unknown["ooh.emergency_contact"][0] is Why.NOT_APPLICABLE


def test_nobodys_name_is_kept_in_what_is_kept() -> None:
    found = listened(GREETING, "Hello, my name is Thomas Webb, how can I help?", signals=BEEP)
    observation = seen(found)

    kept = transcript(found).decode() + proposals(found).decode() + " ".join(observation.notes)

    assert "[name]" in kept
    for name in ("Jane", "Thomas", "Webb"):
        assert name not in kept


def test_proposals_are_kept_with_their_confidence_and_a_transcript_with_its_times() -> None:
    found = listened(GREETING, signals=BEEP)

    assert json.loads(proposals(found))["heard"]["salutation"]["value"] is True
    assert 0 < json.loads(proposals(found))["heard"]["salutation"]["confidence"] < 1
    assert transcript(found).decode().splitlines()[0].split()[:4] == ["0.5", "-", "4.8", "s"]


# ------------------------------------------------------------------------------------------------ several attempts


def test_attempts_out_of_hours_keep_the_reason_why_reaching_a_person_is_not_asked() -> None:
    silent = seen(None, timed(("ringing", 1), ("no-answer", 26)), in_hours=False)

    together = combine([silent, seen(listened(CLOSED), in_hours=False)])

    assert together.unknown["phone.contactable"][0] is Why.NOT_APPLICABLE
    assert (together.facts["ooh.answered"], together.facts["phone.attempts"]) == (True, 2)


def test_a_first_attempt_that_met_an_engaged_tone_did_not_reach_a_person_whatever_was_heard_later() -> None:
    together = combine([seen(None, timed(("busy", 1))), seen(listened(GREETING, sure=0.2))])

    assert together.facts["phone.contactable"] is False
    assert together.unknown["phone.answered_by"][0] is Why.NEEDS_REVIEW


def test_a_voice_that_denies_the_number_is_not_overruled_by_an_attempt_that_was_engaged() -> None:
    denied = seen(listened("The number you have dialled has not been recognised."))

    together = combine([seen(None, timed(("busy", 1))), denied])

    assert together.unknown["phone.number_works"] == denied.unknown["phone.number_works"]
