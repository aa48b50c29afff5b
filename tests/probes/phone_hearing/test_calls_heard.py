"""Calls to the practice exchange, recorded and listened to: what was heard is the truth, or waits for a person."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from probes.phone.hear import Listener
from probes.phone.listening import Ear
from probes.phone.speech import TEXTS
from results.schema import Observation, Organisation, Why
from scenarios.practice import sound
from tests.probes.street import ANSWERS, opened

pytestmark = [
    pytest.mark.skipif(not Listener.available(), reason="the extra `hear` is not installed, so nothing can listen"),
    pytest.mark.skipif(not sound.speaks(), reason="espeak-ng is not installed, so practice voices murmur"),
]

PERSON, VOICEMAIL, FULL, MENU, QUEUE, CLOSED, FAX = (f"+44113496070{n}" for n in range(7))
COUNCIL = f"""
id: ringing
name: Ringing Council
about: One line for each voice.
mail: {{addresses: [x@ringing.example], manners: [{{silent: true}}]}}
lines:
  - number: "{PERSON}"
    label: Person
    calls: [{{after: 1, greeting: "Good morning, Ringing Council, Priya speaking, how can I help you?"}}]
  - number: "{VOICEMAIL}"
    label: Voicemail
    calls:
      - after: 1
        greeting: "You have reached the voicemail of the planning department. Please leave a message after the tone."
        answered_by: voicemail
        then: [{{silence: 0.5}}, {{tone: beep}}]
        hangs_up_after: 120
  - number: "{FULL}"
    label: Full
    calls:
      - after: 1
        greeting: "You have reached the voicemail of the planning department. The mailbox is full. Goodbye."
        answered_by: voicemail
        accepts: false
        hangs_up_after: 12
  - number: "{MENU}"
    label: Menu
    calls:
      - after: 1
        greeting: "Welcome to the council. For council tax, press one. For housing, press two. For recycling, press
          three."
        answered_by: ivr
        hangs_up_after: 30
  - number: "{QUEUE}"
    label: Queue
    calls:
      - after: 1
        greeting: "All our advisers are busy. You are number two in the queue. Please hold."
        answered_by: queue_then_person
        then:
          - {{tone: music}}
          - {{silence: 2}}
          - {{say: "Good morning, Ringing Council, how can I help you?", by: person}}
        hangs_up_after: 30
  - number: "{CLOSED}"
    label: Closed
    calls:
      - after: 1
        greeting: "Thank you for calling. The office is closed at the moment. We are open Monday to Friday, from nine
          a m until five p m. In an emergency, please call 0 1 1 3, 4 9 6, 0 1 2 3. Goodbye."
        answered_by: recorded_message_ends
        then: [{{silence: 1}}]
        hangs_up_after: 16
  - number: "{FAX}"
    label: Fax
    calls: [{{after: 1, greeting: "Beep.", answered_by: fax_or_data, then: [{{tone: fax}}], hangs_up_after: 12}}]
"""
SCENARIOS: Mapping[str, Mapping[str, Any]] = {
    PERSON: {},
    VOICEMAIL: {"leave_message": True, "stay_for": 50},
    FULL: {"leave_message": True, "stay_for": 50},
    MENU: {"stay_for": 18},
    QUEUE: {"stay_for": 25},
    CLOSED: {"stay_for": 30, "in_hours": False},
    FAX: {},
}
SHORT = {**TEXTS, "message": "Test message for {organisation}. Please call {number}."}
PARTNERS = tuple(
    Organisation(id=name.split()[0].lower(), name=name)
    for name in ("Ringing Council", "Amber Valley Borough Council", "Bolsover District Council")
)


@dataclass(frozen=True)
class Heard:
    """What each line was found to be, what it really was, and all that was kept."""

    seen: Mapping[str, Observation]
    truth: Mapping[str, Mapping[str, Any]]
    kept: tuple[tuple[str, bytes], ...]


async def _calls(folder: Path) -> Heard:
    async with opened(folder, COUNCIL, ear=Ear(PARTNERS), texts=SHORT, recording=True, messages=True) as street:
        rung = await asyncio.gather(*(street.ring(number, **how) for number, how in SCENARIOS.items()))
        truth = {call.to: call.tally() for call in street.network.calls.values()}
        return Heard(dict(zip(SCENARIOS, rung, strict=True)), truth, tuple(street.book.every))


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """All lines rung at once."""
    return asyncio.run(_calls(tmp_path_factory.mktemp("street")))


@pytest.mark.parametrize("number", SCENARIOS)
def test_who_or_what_answered_is_the_truth(heard: Heard, number: str) -> None:
    assert heard.seen[number].facts["phone.answered_by"] == heard.truth[number]["answered_by"]


@pytest.mark.parametrize(
    ("number", "reached"), [(PERSON, True), (QUEUE, True), (VOICEMAIL, False), (FULL, False), (FAX, False)]
)
def test_a_person_was_reached_where_one_was(heard: Heard, number: str, reached: bool) -> None:
    assert heard.seen[number].facts["phone.contactable"] is reached


@pytest.mark.parametrize("number", SCENARIOS)
def test_the_first_word_lies_within_its_bounds(heard: Heard, number: str) -> None:
    moments = heard.seen[number].moments
    answered, first = moments["answered"], moments["first_speech"]

    assert first.lower <= answered.upper
    assert answered.lower <= first.upper
    assert first.uncertainty < answered.uncertainty + moments["ended"].uncertainty + 1.2


@pytest.mark.parametrize("number", [PERSON, QUEUE])
def test_a_persons_first_word_lies_within_its_bounds(heard: Heard, number: str) -> None:
    seen, truth = heard.seen[number], heard.truth[number]
    answered, person = seen.moments["answered"], seen.moments["first_person"]
    after = dt.timedelta(seconds=truth["person_after_s"])

    assert person.lower <= answered.upper + after
    assert answered.lower + after <= person.upper
    assert person.uncertainty < answered.uncertainty + seen.moments["ended"].uncertainty + 1.2


def test_the_time_in_the_queue_is_the_truth(heard: Heard) -> None:
    assert heard.seen[QUEUE].facts["phone.queue_time"] == pytest.approx(heard.truth[QUEUE]["heard_s"]["queue"], abs=1)


def test_the_greeting_was_heard_item_by_item(heard: Heard) -> None:
    facts = heard.seen[PERSON].facts

    for name in ("phone.salutation", "phone.org_name", "phone.own_name", "phone.offer_of_help"):
        assert facts[name] in (True, None), name
    assert facts["phone.salutation"] is facts["phone.offer_of_help"] is True


def test_the_menu_was_counted(heard: Heard) -> None:
    facts = heard.seen[MENU].facts

    assert facts["phone.ivr_present"] is True
    assert facts["phone.ivr_options"] == 3


@pytest.mark.parametrize("number", [VOICEMAIL, FULL, PERSON])
def test_a_message_was_left_where_the_voicemail_has_a_whole_one(heard: Heard, number: str) -> None:
    assert heard.seen[number].facts["vm.message_left"] is bool(heard.truth[number]["message_left"])


def test_the_message_was_left_between_the_beep_and_the_end(heard: Heard) -> None:
    moments = heard.seen[VOICEMAIL].moments

    assert moments["answered"].upper < moments["message_left"].lower < moments["message_left"].upper
    assert moments["message_left"].upper == moments["ended"].upper


def test_the_out_of_hours_message_was_heard_to_its_end(heard: Heard) -> None:
    facts = heard.seen[CLOSED].facts

    assert facts["ooh.answered"] is True
    for name in ("emergency_contact", "opening_hours", "hours_match"):
        assert facts[f"ooh.{name}"] is True, name
    for name in ("website_referred", "org_name"):
        assert facts[f"ooh.{name}"] in (False, None), name
    assert facts["ooh.message_length"] == pytest.approx(heard.truth[CLOSED]["heard_s"]["recording"], abs=3)


def test_recordings_transcripts_and_proposals_are_kept_without_anybodys_name(heard: Heard) -> None:
    kinds = [kept.kind for kept in heard.seen[PERSON].evidence]
    assert kinds == ["call log", "recording", "transcript", "heard"]

    words = b" ".join(content for kind, content in heard.kept if kind != "recording").decode()
    told = " ".join(observation.model_dump_json() for observation in heard.seen.values())
    assert "[name]" in words
    assert "priya" not in (words + told).lower()


async def test_without_a_listener_the_call_says_what_it_needs(tmp_path: Path) -> None:
    async with opened(tmp_path, recording=True) as street:
        seen = await street.ring(ANSWERS)

    assert seen.unknown["phone.answered_by"][0] is Why.NEEDS_REVIEW
    assert "needs a listener" in seen.unknown["phone.answered_by"][1]
    assert [kept.kind for kept in seen.evidence] == ["call log", "recording"]


async def test_a_call_that_was_not_recorded_asks_nobody_to_listen(tmp_path: Path) -> None:
    async with opened(tmp_path) as street:
        seen = await street.ring(ANSWERS)

    assert seen.unknown["phone.salutation"][0] is Why.NOT_APPLICABLE
    assert "not recorded" in seen.unknown["phone.salutation"][1]


class Deafened(Ear):
    """An ear whose model fails."""

    async def hear(self, wav: bytes, organisation: Organisation) -> Any:
        raise MemoryError("no room for the model")


async def test_a_listener_that_fails_loses_no_call(tmp_path: Path) -> None:
    async with opened(tmp_path, ear=Deafened(PARTNERS), recording=True) as street:
        seen = await street.ring(ANSWERS)

    assert seen.facts["phone.answered"] is True
    assert "no room for the model" in seen.unknown["phone.salutation"][1]
    assert [kept.kind for kept in seen.evidence] == ["call log", "recording"]
