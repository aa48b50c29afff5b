"""What an answer was and what it said, from words and signals."""

from __future__ import annotations

from typing import Literal

import pytest

from probes.phone.greeting import read
from probes.phone.hear import Transcript, Word
from probes.phone.heard import FACTS, Facts, Setting, facts, unheard
from probes.phone.names import without_names
from probes.phone.tones import Tone
from results.schema import Organisation, Why

NAMES = ("South Derbyshire District Council", "Derbyshire Dales District Council", "Derbyshire County Council")
PARTNERS = tuple(Organisation(id=name.lower().replace(" ", "-"), name=name) for name in NAMES)
OURS = PARTNERS[0]
GREETING = "Good morning, South Derbyshire District Council, Jane speaking, how can I help you?"
CLOSED = (
    "Thank you for calling South Derbyshire District Council. Our offices are now closed. Our opening hours are 9 a.m. "
    "to 5 p.m. Monday to Friday. In an emergency please call 01332 496 0123."
)
MENU = "Welcome. For council tax, press 1. For housing repairs, press two. For bins and recycling, press 3."
QUEUE = "All our advisers are busy. You are number four in the queue."
MAILBOX = "You have reached the voicemail of Peter Wilson in planning. Please leave a message after the tone."


def said(*turns: str, sure: float = 0.95, pause: float = 3.0) -> Transcript:
    words: list[Word] = []
    at = 0.0
    for turn in turns:
        for text in turn.split():
            words.append(Word(text, at, at + 0.35, sure))
            at += 0.4
        at += pause
    return Transcript(tuple(words))


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (GREETING, "person"),
        ("Hello?", "person"),
        ("Housing benefits.", "person"),
        ("Please hold, how can I help you?", "person"),
        (MENU, "ivr"),
        (QUEUE, "queue"),
        ("We have high call volumes. You are caller number seven. Your waiting time is 12 minutes.", "queue"),
        ("Due to a fault our telephones are out of use. We apologise for any inconvenience.", "recorded_message_ends"),
        (MAILBOX, "voicemail"),
        (CLOSED, "out_of_hours"),
        ("Our lines are closed. If your call is an emergency, press one.", "out_of_hours"),
        ("The number you have dialled has not been recognised.", "number_not_in_use"),
        (
            "This is a recorded message. The pool is shut for repairs. Thank you for calling. Goodbye.",
            "recorded_message_ends",
        ),
        ("We went along the river to look at the ducks and then we all came home for some tea and cake.", "unknown"),
        ("", "unknown"),
    ],
)
def test_each_kind_of_answer_is_told_by_its_words(words: str, answer: str) -> None:
    assert read(said(words), (), OURS, PARTNERS).answer.value == answer


def test_a_person_after_a_queue_is_timed_from_the_persons_first_word() -> None:
    heard = read(said(MENU, QUEUE, GREETING), (), OURS, PARTNERS)
    assert heard.answer.value == "queue_then_person"
    assert [part.kind for part in heard.parts] == ["ivr", "queue", "person"]
    assert heard.first_person == pytest.approx(0.4 * len(f"{MENU} {QUEUE}".split()) + 6.0)
    assert heard.seconds("queue") == pytest.approx(0.4 * len(QUEUE.split()), abs=0.1)


def test_a_greeting_is_read_item_by_item() -> None:
    found = facts(read(said(GREETING), (), OURS, PARTNERS), Setting(OURS)).facts
    assert found["phone.salutation"] is True
    assert found["phone.org_name"] is True
    assert found["phone.own_name"] is True
    assert found["phone.offer_of_help"] is True
    assert found["phone.dept_name"] is False
    assert found["phone.ivr_present"] is False


def test_no_persons_name_is_kept_anywhere() -> None:
    for words in (
        GREETING,
        MAILBOX,
        "Good morning, my name is Thomas Webb.",
        "You're through to mark, hello.",
        "James Began.",
    ):
        heard = read(said(words), (), OURS, PARTNERS)
        for name in ("Jane", "Peter", "Wilson", "Thomas", "Webb", "mark", "James", "Began"):
            assert name not in repr(heard).replace("question_mark", "")
            assert name not in without_names(said(words), PARTNERS)


def test_the_organisations_own_name_is_kept() -> None:
    kept = without_names(said(GREETING), PARTNERS)
    assert kept == "Good morning, South Derbyshire District Council, [name] speaking, how can I help you?"


@pytest.mark.parametrize("partner", PARTNERS, ids=lambda one: one.id)
def test_the_partner_named_is_the_best_of_all(partner: Organisation) -> None:
    heard = read(said(f"Hello, {partner.name}."), (), OURS, PARTNERS)
    assert heard.organisation is not None
    assert heard.organisation.value == partner.id


def test_another_partners_name_is_left_to_a_listener() -> None:
    found = facts(read(said("Hello, Derbyshire Dales District Council."), (), OURS, PARTNERS), Setting(OURS))
    assert found.facts["phone.org_name"] is None
    assert found.unknown["phone.org_name"][0] is Why.NEEDS_REVIEW


def test_a_name_half_heard_is_unclear_and_not_a_no() -> None:
    heard = read(said("Hello, Derbyshire District Council."), (), OURS, PARTNERS)
    assert facts(heard, Setting(OURS)).facts["phone.org_name"] is None


def test_a_name_that_holds_another_is_told_from_it() -> None:
    east = Organisation(id="east", name="North East Derbyshire County Council")
    heard = read(said("Hello, North East Derbyshire County Council."), (), OURS, (*PARTNERS, east))
    assert heard.organisation is not None
    assert heard.organisation.value == "east"


def test_words_badly_heard_are_no_facts() -> None:
    found = facts(read(said(GREETING, sure=0.2), (), OURS, PARTNERS), Setting(OURS))
    assert set(found.facts.values()) == {None}
    assert found.unknown["phone.salutation"][0] is Why.NEEDS_REVIEW


def test_a_menu_is_counted() -> None:
    found = facts(read(said(MENU), (), OURS, PARTNERS), Setting(OURS)).facts
    assert (found["phone.ivr_layers"], found["phone.ivr_options"], found["phone.ivr_present"]) == (1, 3, True)


def test_a_menu_whose_second_key_was_not_understood_is_left_to_a_listener() -> None:
    heard = read(said("For tax, press 1. For repairs, press you. For bins, press 3."), (), OURS, PARTNERS)
    assert facts(heard, Setting(OURS)).facts["phone.ivr_options"] is None


def test_a_menu_whose_last_key_was_not_understood_is_left_to_a_listener() -> None:
    heard = read(said("For tax, press 1. For repairs, press the number two. For bins, press free."), (), OURS, PARTNERS)
    assert facts(heard, Setting(OURS)).facts["phone.ivr_options"] is None


def test_a_message_for_closed_offices_tells_hours_and_emergencies() -> None:
    found = facts(read(said(CLOSED), (), OURS, PARTNERS), Setting(OURS, in_hours=False)).facts
    assert found["ooh.emergency_contact"] is True
    assert found["ooh.opening_hours"] is True
    assert found["ooh.hours_given"] == "Monday Tuesday Wednesday Thursday Friday 09:00-17:00"
    assert found["ooh.hours_match"] is True
    assert found["ooh.website_referred"] is False


def test_the_queue_tells_the_callers_place() -> None:
    found = facts(read(said(QUEUE), (), OURS, PARTNERS), Setting(OURS)).facts
    assert found["phone.queue_info"] is True
    assert found["phone.callback_offered"] is False


def test_a_beep_after_the_greeting_takes_a_message_and_a_full_mailbox_takes_none() -> None:
    words = said(MAILBOX)
    beep = Tone("beep", words.words[-1].end + 0.5, words.words[-1].end + 0.8)
    assert facts(read(words, (beep,), OURS, PARTNERS), Setting(OURS)).facts["vm.accepts"] is True
    assert facts(read(words, (), OURS, PARTNERS), Setting(OURS)).facts["vm.accepts"] is None
    full = said("You have reached the voicemail of planning. The mailbox is full.")
    assert facts(read(full, (), OURS, PARTNERS), Setting(OURS)).facts["vm.accepts"] is False


def test_signals_say_what_words_cannot() -> None:
    assert read(said(""), (Tone("fax", 1, 4),), OURS, PARTNERS).answer.value == "fax_or_data"
    assert read(said(""), (Tone("sit", 1, 2),), OURS, PARTNERS).answer.value == "number_not_in_use"


def test_what_nobody_could_hear_needs_a_listener() -> None:
    nothing = unheard(Why.NEEDS_REVIEW, "there is no recording")
    assert set(nothing.facts) == set(FACTS)
    assert {why for why, _ in nothing.unknown.values()} == {Why.NEEDS_REVIEW}


def test_every_fact_is_either_known_or_has_its_reason() -> None:
    for words in (GREETING, MENU, QUEUE, MAILBOX, CLOSED, ""):
        found = facts(read(said(words), (), OURS, PARTNERS), Setting(OURS, in_hours=False))
        assert set(found.facts) == set(FACTS)
        assert {name for name, value in found.facts.items() if value is None} == set(found.unknown)


def out_of_hours(words: str, cut: bool = False) -> Facts:
    return facts(read(said(words), (), OURS, PARTNERS), Setting(OURS, in_hours=False, cut=cut))


def test_what_an_out_of_hours_message_says_is_not_asked_in_office_hours() -> None:
    found = facts(read(said(CLOSED), (), OURS, PARTNERS), Setting(OURS))

    assert {found.unknown[name][0] for name in FACTS if name.startswith("ooh.")} == {Why.NOT_APPLICABLE}


def test_any_recorded_voice_is_asked_whom_to_contact_in_an_emergency() -> None:
    found = out_of_hours(f"{MENU} Goodbye.")

    assert (found.facts["ooh.emergency_contact"], found.facts["ooh.opening_hours"]) == (False, False)


def test_a_person_who_answers_out_of_hours_is_fine_without_a_message() -> None:
    assert out_of_hours(GREETING).unknown["ooh.emergency_contact"][0] is Why.NOT_APPLICABLE


def test_what_a_message_had_no_time_to_say_is_not_held_against_it() -> None:
    shut = "Our offices are now closed. Thank you for calling."

    whole, cut = out_of_hours(shut), out_of_hours(shut, cut=True)

    assert whole.facts["ooh.emergency_contact"] is False
    assert cut.facts["ooh.emergency_contact"] is None
    assert cut.unknown["ooh.emergency_contact"][0] is Why.NOT_APPLICABLE


def test_what_a_message_did_say_before_it_was_cut_off_counts() -> None:
    assert out_of_hours(CLOSED, cut=True).facts["ooh.emergency_contact"] is True


def test_hours_that_are_not_the_published_ones_do_not_match() -> None:
    wrong = CLOSED.replace("5 p.m.", "6 p.m.")

    assert out_of_hours(wrong).facts["ooh.hours_match"] is False


def test_a_voicemail_out_of_hours_is_no_voicemail_in_office_hours() -> None:
    heard = read(said(MAILBOX), (), OURS, PARTNERS)

    assert facts(heard, Setting(OURS)).facts["vm.reached"] is True
    assert facts(heard, Setting(OURS, in_hours=False)).unknown["vm.reached"][0] is Why.NOT_APPLICABLE


@pytest.mark.parametrize("line", ["switchboard", "contact_centre"])
def test_a_switchboard_need_not_name_a_department(line: Literal["switchboard", "contact_centre"]) -> None:
    found = facts(read(said(GREETING), (), OURS, PARTNERS), Setting(OURS, line=line))

    assert found.unknown["phone.dept_name"][0] is Why.NOT_APPLICABLE


def test_a_person_is_not_asked_to_offer_the_website_on_a_call_that_asks_nothing() -> None:
    found = facts(read(said(GREETING), (), OURS, PARTNERS), Setting(OURS))

    assert found.unknown["phone.website_mentioned"][0] is Why.NOT_APPLICABLE


def test_the_queue_lasts_until_the_person_and_no_longer() -> None:
    heard = read(said(QUEUE, GREETING), (), OURS, PARTNERS)

    waited = facts(heard, Setting(OURS, lasted=60)).facts["phone.queue_time"]

    assert waited == round(0.4 * len(QUEUE.split()) + 3.0)


def test_a_queue_in_which_nobody_comes_lasts_until_the_call_ends() -> None:
    heard = read(said(QUEUE), (), OURS, PARTNERS)

    assert facts(heard, Setting(OURS, lasted=60)).facts["phone.queue_time"] == 60


def test_being_put_on_hold_by_a_person_is_timed_until_the_next_person() -> None:
    switchboard, planning = "Good morning, please hold, how can I help?", "Planning, how can I help?"
    heard = read(said(switchboard, QUEUE, planning), (), OURS, PARTNERS)

    held = facts(heard, Setting(OURS, lasted=60)).facts["phone.hold_time"]

    assert held == pytest.approx(0.4 * len(QUEUE.split()) + 6.0, abs=1)
