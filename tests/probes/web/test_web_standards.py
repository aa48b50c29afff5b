"""What an organisation promises, read from its own words as figures for a person to approve."""

from __future__ import annotations

import pytest

from probes.web import promises, standards
from results.schema import Profile
from tests.probes.web.house import page, site


def figures(*lines: str) -> dict[str, float]:
    one = page("/standards", "<h1>Our standards</h1>" + "".join(f"<p>{line}</p>" for line in lines))
    return {promise.figure: promise.value for promise in promises.read(one)}


@pytest.mark.parametrize(
    ("sentence", "promised"),
    [
        ("We will answer your telephone call within 20 seconds.", {"phone.answer_seconds": 20}),
        ("We answer the phone within five rings.", {"phone.answer_rings": 5}),
        (
            "Calls are answered within 10 seconds or four rings.",
            {"phone.answer_seconds": 10, "phone.answer_rings": 4},
        ),
        ("We answer 80% of calls within two minutes.", {"phone.answer_seconds": 120}),
        ("E-mails: a full reply within ten working days.", {"email.reply_working_days": 10}),
        ("We reply to emails within 10 (ten) working days.", {"email.reply_working_days": 10}),
        ("We reply to emails within two weeks.", {"email.reply_working_days": 10}),
        ("We answer e-mails within 24 hours.", {"email.reply_working_days": 1}),
        (
            "We acknowledge emails within one working day and reply within five working days.",
            {"email.acknowledge_hours": 24, "email.reply_working_days": 5},
        ),
        (
            "We answer letters and e-mails within 10 working days.",
            {"email.reply_working_days": 10, "letter.reply_working_days": 10},
        ),
        ("Within 15 working days we answer your letter.", {"letter.reply_working_days": 15}),
        ("If you visit us you will be seen within 10 minutes.", {"visit.wait_minutes": 10}),
        ("We return voicemail messages within one working day.", {"voicemail.return_working_days": 1}),
        (
            "We acknowledge complaints within 5 working days, and answer within 20 working days.",
            {"complaint.acknowledge_working_days": 5, "complaint.answer_working_days": 20},
        ),
        ("We answer written complaints within ten working days.", {"complaint.answer_working_days": 10}),
        ("We answer letters within a week.", {"letter.reply_working_days": 5}),
        ("You can e-mail us 24 hours a day, and we collect letters twice a week.", {}),
        ("We will treat you with respect.", {}),
        ("The office has been here for 20 years and 3 days.", {}),
        ("Our reception is open five days a week.", {}),
    ],
)
def test_a_promise_becomes_a_figure(sentence: str, promised: dict[str, float]) -> None:
    assert figures(sentence) == promised


def test_the_proposal_is_a_standards_profile_with_the_sentence_of_each_figure() -> None:
    words = "We answer the telephone within 15 seconds."
    one = page("/standards", f"<h1>Our customer service standards</h1><p>{words}</p>")
    reading = standards.read(site("<a href=/standards>Standards</a>", one), "Ambleford Council")

    proposed = reading.where["proposed standards profile"]

    assert isinstance(proposed, dict)
    assert proposed.pop("read from") == {"phone.answer_seconds": words}
    profile = Profile.model_validate({"id": "ambleford", **proposed})
    assert profile.figures == {"phone.answer_seconds": 15}
    assert profile.source == "http://council.test/standards"


def code(*lines: str) -> object:
    text = "<h1>Complaints</h1>" + "".join(f"<p>{line}</p>" for line in lines)
    reading = standards.read(site("<a href=/c>Complaints</a>", page("/c", text)), "Ambleford Council")
    return reading.where["complaints"]


@pytest.mark.parametrize(
    ("part", "lines"),
    [
        ("acknowledged in 5 working days", ["We will acknowledge your complaint within one week."]),
        ("acknowledged in 5 working days", ["Within 5 (five) working days you get an acknowledgement."]),
        ("stage 1 in 10 working days", ["Stage 1", "A manager looks into it.", "You hear within 10 working days."]),
        ("stage 1 in 10 working days", ["At the first stage we reply within two weeks."]),
        ("stage 2 in 20 working days", ["Stage two: review", "We answer within twenty working days."]),
    ],
)
def test_the_codes_time_limits_are_known_in_other_words(part: str, lines: list[str]) -> None:
    told = code(*lines)

    assert isinstance(told, dict)
    assert told[part] is True


def test_the_time_of_the_second_stage_is_not_that_of_the_first() -> None:
    told = code("Stage 1: a manager replies.", "Stage 2: we reply within 10 working days.")

    assert isinstance(told, dict)
    assert told["stage 1 in 10 working days"] is False


@pytest.mark.parametrize(("words", "there"), [("Compliments and suggestions", True), ("Council meetings", False)])
def test_how_to_make_a_suggestion_is_looked_for(words: str, there: bool) -> None:
    reading = standards.read(site(f"<a href=/s>{words}</a>"), "Ambleford Council")

    assert reading.facts["std.named_contacts"] is there
