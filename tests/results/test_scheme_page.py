"""The pages about the scheme are true: the worked example, and the tables of all criteria and profiles."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from results import scheme
from results.benchmark import BANDS
from results.calendar import Calendar
from results.difference import promise
from results.schema import Answer, Fact, Moment, Observation, Points, Profile, State, Why
from results.scheme_tables import answer_words, markdown
from results.scoring import NO_STANDARD, answer_all, points

DOCS = Path(__file__).parent.parent.parent / "docs"
SCORING = (DOCS / "scoring.md").read_text("utf-8")
SCHEME = scheme.load("south-derbyshire-2006")
CRITERIA = {each.id: each for each in SCHEME.criteria}
MONDAY = dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC)

ROWS = re.findall(r"^\| `([\w.]+)` \| (.*?) \| ([\d.]*) \| (\d) \| (.*?) \|$", SCORING, re.MULTILINE)
YES = (
    *("delivered", "acknowledged", "replied", "used_name", "name_correct", "salutation", "sender_name", "org_name"),
    *("sender_department", "accessible", "further_help"),
)
NO = ("auto_ack", "treated_as_foi", "sender_job_title", "sender_phone", "alt_formats", "spam_folder")


def moment(hours: float) -> Moment:
    at = MONDAY + dt.timedelta(hours=hours)
    return Moment(lower=at, upper=at, source="test")


def answers() -> dict[str, Answer]:
    """The e-mail of the example, answered: {criterion: answer}."""
    known: dict[str, Fact] = {
        **{f"email.{name}": name in YES for name in (*YES, *NO)},
        "email.layout": 4,
        "email.fully_answered": "partly",
        "email.reply_channel": "email",
    }
    read = {one.fact for one in SCHEME.criteria if one.channel == "email" and one.fact}
    others = read - set(known)
    seen = Observation(
        facts={**known, **dict.fromkeys(others)},
        unknown=dict.fromkeys(others, (Why.NOT_APPLICABLE, "not in the example")),
        moments={"sent": moment(0), "first_response": moment(26), "final_reply": moment(26)},
    )
    return {one.criterion: one for one in answer_all(seen, "email", SCHEME, Calendar())}


def said(given: Answer) -> str:
    """An answer as the page says it."""
    if given.marks is None:
        return given.state.value
    return {True: "yes", False: "no"}[given.value] if isinstance(given.value, bool) else f"{given.value:g}"


def test_the_worked_example_is_what_the_code_scores() -> None:
    given = answers()

    assert len(ROWS) == 21
    for criterion, answer, marks, weight, earned in ROWS:
        one, worth = given[criterion], CRITERIA[criterion].weight
        assert answer == said(one), criterion
        assert int(weight) == worth, criterion
        assert marks == ("" if one.marks is None else f"{one.marks:g}"), criterion
        assert earned == ("" if one.marks is None else f"{one.marks * worth:g} of {worth}"), criterion


def test_the_worked_example_leaves_out_nothing_that_counts() -> None:
    counted = {id for id, one in answers().items() if one.marks is not None and CRITERIA[id].weight}

    assert counted <= {row[0] for row in ROWS}


def test_the_worked_example_adds_up() -> None:
    given = tuple(answers().values())
    access, quality = (points(given, SCHEME, stage) for stage in ("access", "quality"))

    assert (access, quality) == (Points(earned=10, possible=15), Points(earned=11, possible=16))
    assert f"**{access.earned:g} of {access.possible:g}**" in SCORING
    assert f"**{quality.earned:g} of {quality.possible:g}**" in SCORING
    assert access.share is not None
    assert quality.share is not None
    both = (access.share + quality.share) / 2
    assert f"Access is {access.share:.0%}, Quality {quality.share:.0%}" in SCORING.replace(" %", "%")
    assert f"channel's score {both:.0%}" in SCORING.replace(" %", "%")


def test_the_worked_example_is_right_about_what_a_person_confirms() -> None:
    proposed = {id: one for id, one in answers().items() if one.state is State.NEEDS_REVIEW}
    confirmed = tuple(
        one.model_copy(
            update={"state": State.ANSWERED, "marks": {"email.layout": 0.75, "email.fully_answered": 0.5}[id]}
        )
        for id, one in proposed.items()
    )

    total = points((*answers().values(), *confirmed), SCHEME, "quality")

    assert {id: one.value for id, one in proposed.items()} == {"email.layout": 4, "email.fully_answered": "partly"}
    assert total == Points(earned=14, possible=21)
    assert "Quality is 14 of 21,\n67 %" in SCORING


def test_the_page_names_the_bands_and_the_words_of_the_code() -> None:
    assert NO_STANDARD in SCORING
    assert all(f"{name} {'under 40' if not least else f'from {least}'}" in SCORING for least, name in BANDS)
    assert all(f"**{state.value}**" in SCORING for state in State if state is not State.ANSWERED)


def test_the_profile_that_is_shown_can_be_used() -> None:
    shown = re.findall(r"```yaml\n(.*?)```", SCORING, re.DOTALL)

    profile = Profile.model_validate(YAML(typ="safe", pure=True).load(shown[0]))

    assert set(profile.figures) <= set(scheme.promises())


def test_every_figure_that_the_page_names_is_one() -> None:
    named = re.findall(r"`((?:phone|email|visit|letter)\.[a-z_]+_(?:seconds|hours|days|share|rings))`", SCORING)

    assert len(named) >= 6
    assert set(named) <= set(scheme.promises())


# ------------------------------------------------------------------------------------------------ the tables


def test_the_tables_are_todays_scheme() -> None:
    profiles = [scheme.load(id).profile for id in scheme.profiles()]

    # Not `==` on the whole: pytest would spend minutes on the difference of two long texts.
    now, kept = markdown(SCHEME, profiles).splitlines(), (DOCS / "criteria.md").read_text("utf-8").splitlines()
    differing = [number for number, (one, other) in enumerate(zip(now, kept, strict=False), 1) if one != other]
    assert (len(now), differing[:5]) == (len(kept), []), "run: doorstep scheme show --markdown > docs/criteria.md"


def test_every_criterion_stands_in_the_tables_with_its_answer() -> None:
    page = (DOCS / "criteria.md").read_text("utf-8")

    assert all(f"| `{each.id}` | {each.question} |" in page for each in SCHEME.criteria)


@pytest.mark.parametrize(
    ("criterion", "words"),
    [
        ("phone.access.engaged_attempts", "number; none earns 1, up to 1 earns 0.5"),
        ("vm.reached", "yes or no; No earns 1"),
        ("phone.handle.fully_answered", "fully 1, partly 0.5, not 0"),
        ("phone.handle.courteous", "1 to 5"),
        ("visit.wait", "minutes"),
        ("run.comment", "text"),
    ],
)
def test_an_answer_is_told_with_what_earns_marks(criterion: str, words: str) -> None:
    assert answer_words(CRITERIA[criterion]) == words


def test_a_promise_is_told_in_words() -> None:
    assert promise("phone.answer_rings", 4) == "a call is answered within 4 rings"
    assert promise("voicemail.return_working_days", 1) == "a message is returned within one working day"
    assert promise("own.figure", 2.5) == "own.figure: 2.5"
