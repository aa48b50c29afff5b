"""What is said on a call: the words, and how long they go on."""

from __future__ import annotations

import pytest

from probes import Errand
from probes.phone.carriers import Speech
from probes.phone.speech import MESSAGE_SECONDS, TEXTS, BadText, speech, spoken_reference, texts
from results.schema import AnswerKey, Enquiry, Organisation, Scenario

CALLER = "+441134960999"


def said(recorded: bool = False, own: dict[str, str] | None = None, **scenario: object) -> Speech:
    key = AnswerKey.model_validate({"dated": "2026-11-01", "source": "their website", "page": "sofa"})
    errand = Errand(
        shop="one",
        organisation=Organisation(id="amber", name="Amber Council"),
        scenario=Scenario.model_validate({"id": "calls", "channel": "phone", "enquiries": ["sofa"], **scenario}),
        enquiries=(
            Enquiry(
                id="sofa", service=1, title="Sofa", subject="Sofa", words="How do I get rid of it?", search="sofa",
                answer_key=key,
            ),
        ),
        target="+441134960001",
        reference="t7",
        partnership="The Partnership",
    )  # fmt: skip
    return speech(errand, CALLER, recorded, texts(own or {}))


def test_the_first_words_say_who_calls_and_why_and_where_to_ask() -> None:
    words = said().first

    assert words.startswith("This is an automated service-quality test for The Partnership, agreed with Amber Council.")
    assert words.endswith("0 1 1 3 4 9 6 0 9 9 9.")
    assert "recorded" not in words


def test_a_recorded_call_says_so_before_it_says_anything_else_to_do() -> None:
    words = said(recorded=True).first

    assert words.index("The call is recorded.") < words.index("No reply is needed.")


def test_a_call_that_does_not_stay_says_one_thing_and_hangs_up() -> None:
    assert (said().again, said().until) == ("", 0.0)


def test_a_call_that_stays_speaks_on_so_that_nobody_meets_silence() -> None:
    words = said(stay_for=300)

    assert words.until == 300
    assert "Amber Council" in words.again


def test_a_message_asks_to_be_called_back_under_a_reference_of_its_own() -> None:
    words = said(leave_message=True)

    assert words.until == MESSAGE_SECONDS
    assert "call back on 0 1 1 3 4 9 6 0 9 9 9" in words.again
    assert " ".join(spoken_reference("t7")) in words.again
    assert spoken_reference("t7") != spoken_reference("t8")


def test_a_programme_may_say_it_otherwise() -> None:
    own = "Prawf yw hwn i {organisation}. {recorded}{number}"

    assert said(own={"identification": own}).first == "Prawf yw hwn i Amber Council. 0 1 1 3 4 9 6 0 9 9 9"


@pytest.mark.parametrize(
    ("own", "complaint"),
    [
        ({"goodbye": "Bye."}, "there is no text 'goodbye'"),
        ({"identification": "This is a test for {organisation}. {recorded}"}, "does not name {number}"),
        ({"identification": "{organisation} {number}"}, "does not name {recorded}"),
        ({"staying": "Hello, {sirname}."}, "names {sirname}, which is not filled in"),
        ({"staying": "Hello, {organisation."}, "bracket"),
        ({"staying": " "}, "is empty or longer"),
        ({"message": "{organisation} {number}" + "!" * 400}, "is empty or longer"),
    ],
)
def test_a_text_that_cannot_be_said_is_told(own: dict[str, str], complaint: str) -> None:
    with pytest.raises(BadText) as told:
        texts(own)
    assert complaint in str(told.value)


def test_the_texts_that_come_with_doorstep_can_be_said() -> None:
    assert texts(TEXTS) == TEXTS
