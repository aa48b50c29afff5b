"""A person's form earns what a probe's same answers earn; what people settle is put in place of what was proposed."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results import scheme as schemes
from results.calendar import Calendar
from results.filled import Filled, Given
from results.marking import STALE, answers, asked, by_hand, reviewed
from results.schema import (
    Answer,
    AnswerKey,
    Criterion,
    Enquiry,
    Fact,
    Moment,
    Observation,
    Responsible,
    Review,
    Scenario,
    State,
    Verdict,
    Why,
)
from results.scoring import answer_all

SCHEME = schemes.load("south-derbyshire-2006")
CALENDAR = Calendar()
MADE = dt.datetime(2026, 11, 9, 10, 0, tzinfo=dt.UTC)  # a Monday
BY_ID = {criterion.id: criterion for criterion in SCHEME.criteria}


def form(made_at: dt.datetime | None = MADE, **said: Given) -> Filled:
    given = {key.replace("__", "."): value for key, value in said.items()}
    return Filled(shop="s", shopper="s1", scheme=SCHEME.digest, made_at=made_at, answers=given)


def value(of: Fact) -> Given:
    return Given(said="value", value=of)


def marked(filled: Filled, *ids: str) -> dict[str, Answer]:
    return {one.criterion: one for one in answers(filled, [BY_ID[id] for id in ids], SCHEME, CALENDAR)}


def seen(facts: dict[str, Fact], **moments: dt.datetime) -> Observation:
    return Observation(
        facts=facts,
        unknown={name: (Why.NOT_APPLICABLE, "") for name, known in facts.items() if known is None},
        moments={name: Moment(lower=at, upper=at, source="test") for name, at in moments.items()},
    )


def by_probe(observation: Observation, channel: str, *ids: str) -> dict[str, Answer]:
    found = {one.criterion: one for one in answer_all(observation, channel, SCHEME, CALENDAR)}
    return {id: found[id] for id in ids}


@given(st.integers(0, 60))
def test_a_time_earns_a_person_what_it_earns_a_probe(seconds: int) -> None:
    ringing = seen({"phone.answered": True}, ringing=MADE, answered=MADE + dt.timedelta(seconds=seconds))
    of_person = marked(form(phone__access__answer_time=value(float(seconds))), "phone.access.answer_time")

    of_probe = by_probe(ringing, "phone", "phone.access.answer_time")

    assert of_person == of_probe


@given(st.integers(0, 60 * 24 * 40))
def test_the_day_of_a_reply_earns_a_person_what_it_earns_a_probe(minutes: int) -> None:
    came = MADE + dt.timedelta(minutes=minutes)
    mail = seen({"email.replied": True, "email.acknowledged": True}, sent=MADE, first_response=came, final_reply=came)
    ids = ("email.replied", "email.reply_time", "email.ack_24h")
    at = value(came.isoformat())

    of_person = marked(form(email__replied=value(True), email__reply_time=at, email__ack_24h=at), *ids)

    assert of_person == by_probe(mail, "email", *ids)


def test_what_never_came_earns_nothing_where_the_standard_asks_for_it_and_is_beside_the_point_elsewhere() -> None:
    silent = seen({"email.replied": False, "email.acknowledged": False}, sent=MADE)
    ids = ("email.replied", "email.reply_time", "email.ack_24h")
    never = Given(said="never")

    of_person = marked(form(email__replied=value(False), email__reply_time=never, email__ack_24h=never), *ids)

    assert {id: (one.marks, one.state) for id, one in of_person.items()} == {
        id: (one.marks, one.state) for id, one in by_probe(silent, "email", *ids).items()
    }
    assert of_person["email.ack_24h"].marks == 0
    assert of_person["email.reply_time"].state is State.NOT_APPLICABLE


def test_an_answer_on_which_others_hang_makes_them_not_applicable_whatever_stands_there() -> None:
    later = value((MADE + dt.timedelta(hours=2)).isoformat())

    found = marked(form(vm__returned=value(False), vm__return_time=later), "vm.returned", "vm.return_time")

    assert BY_ID["vm.return_time"].applies_if == "vm.returned"
    assert found["vm.return_time"].state is State.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("said", "state", "why"),
    [
        (Given(), State.NEEDS_REVIEW, "left empty on the form"),
        (
            Given(said="wrong", written="Perhaps"),
            State.NEEDS_REVIEW,
            "the form says “Perhaps”, which is no answer to it",
        ),
        (Given(said="cannot tell"), State.PROBE_FAULT, "the shopper could not tell"),
        (Given(said="not applicable"), State.NOT_APPLICABLE, ""),
    ],
)
def test_no_answer_is_never_a_no(said: Given, state: State, why: str) -> None:
    found = marked(form(email__used_name=said), "email.used_name")["email.used_name"]

    assert (found.state, found.why, found.marks) == (state, why, None)


def test_a_rating_earns_a_quarter_for_each_step_above_the_lowest() -> None:
    earned = [marked(form(email__layout=value(rating)), "email.layout")["email.layout"].marks for rating in range(1, 6)]

    assert earned == [0, 0.25, 0.5, 0.75, 1]


def test_without_the_moment_of_the_contact_times_wait_for_a_person() -> None:
    came = value((MADE + dt.timedelta(hours=1)).isoformat())

    found = marked(form(made_at=None, email__ack_24h=came), "email.ack_24h")["email.ack_24h"]

    assert found.state is State.NEEDS_REVIEW


def test_a_form_asks_what_people_can_answer_and_what_the_enquiry_is_about() -> None:
    def enquiry(responsible: Responsible | None) -> Enquiry:
        key = AnswerKey(dated=MADE.date(), source="test", page="bins", responsible=responsible)
        return Enquiry(
            id="bins", service=1, title="Bins", subject="Bins", words="x" * 30, search="bins", answer_key=key
        )

    probe_only = BY_ID["email.delivered"].model_copy(update={"who": "probe"})
    anywhere = BY_ID["email.delivered"].model_copy(update={"id": "run.comment", "asked_on": "any", "who": "person"})
    others = [one for one in SCHEME.criteria if one.id != "email.delivered"]
    scheme = SCHEME.model_copy(update={"criteria": (*others, probe_only, anywhere)})
    mails = Scenario(id="m", channel="email", shopper="person", enquiries=("bins",))

    own = {one.id for one in asked(scheme, mails, enquiry(None))}
    elsewhere = {one.id for one in asked(scheme, mails, enquiry(Responsible(name="The county")))}

    assert "run.comment" in own
    assert "email.delivered" not in own
    assert not any(id.startswith(("wrong.", "phone.")) for id in own)
    assert elsewhere - own == {
        one.id for one in SCHEME.criteria if one.channel == "email" and one.id.startswith("wrong.")
    }


# ------------------------------------------------------------------------------------------------ reviews


def word(answer: Answer, verdict: Verdict, right: Fact = None) -> Review:
    return Review(
        shop="s",
        criterion=answer.criterion,
        verdict=verdict,
        value=right,
        proposal=answer.value,
        proposed_state=answer.state,
        by="QO",
        at=MADE,
    )


PROPOSED = Answer(criterion="email.fully_answered", value="partly", state=State.NEEDS_REVIEW, why="proposed")


def test_a_confirmed_proposal_earns_its_marks_and_a_corrected_one_those_of_the_right_answer() -> None:
    (confirmed,) = reviewed([PROPOSED], [word(PROPOSED, "confirmed")], SCHEME)
    (corrected,) = reviewed([PROPOSED], [word(PROPOSED, "corrected", "fully")], SCHEME)
    (unknown,) = reviewed([PROPOSED], [word(PROPOSED, "cannot tell")], SCHEME)

    assert (confirmed.value, confirmed.marks, confirmed.reviewed) == ("partly", 0.5, "confirmed")
    assert (corrected.value, corrected.marks, corrected.proposal) == ("fully", 1, "partly")
    assert (unknown.marks, unknown.state, unknown.proposal) == (None, State.PROBE_FAULT, "partly")


def test_the_last_word_holds() -> None:
    (found,) = reviewed([PROPOSED], [word(PROPOSED, "confirmed"), word(PROPOSED, "corrected", "not")], SCHEME)

    assert (found.value, found.marks) == ("not", 0)


def test_a_word_on_an_answer_that_has_changed_since_is_asked_for_again() -> None:
    changed = PROPOSED.model_copy(update={"value": "fully"})
    answered = Answer(criterion="email.replied", value=True, marks=1, state=State.ANSWERED)
    corrected = word(answered.model_copy(update={"value": False, "marks": 0}), "corrected", True)

    for given_now, said in ((changed, word(PROPOSED, "confirmed")), (answered, corrected)):
        (found,) = reviewed([given_now], [said], SCHEME)
        assert (found.state, found.marks, found.why) == (State.NEEDS_REVIEW, None, STALE)


def test_a_time_settled_by_hand_is_held_against_the_standard_as_a_measured_one() -> None:
    ring: Criterion = BY_ID["phone.access.answer_time"]
    mail: Criterion = BY_ID["email.ack_24h"]

    assert [by_hand(ring, seconds, SCHEME) for seconds in (11.9, 12)] == [1, 0]  # the fifth ring begins at twelve
    assert [by_hand(mail, hours, SCHEME) for hours in (24, 24.1)] == [1, 0]
