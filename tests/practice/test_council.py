"""The councils' files: the eleven that are shipped, and every mistake that can be made in one."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from scenarios.practice.catalogue import Referral
from scenarios.practice.council import Council, read_councils
from scenarios.practice.lines import CallManner
from scenarios.reading import Invalid
from tests.practice import world

INVALID = Path(__file__).parent.parent / "data" / "councils"
MISTAKES = {
    "invalid-address": (6, "mail.addresses.1", "write one e-mail address"),
    "invalid-bounce-and-reply": (9, "mail.manners.1", "says more or less than one thing"),
    "invalid-challenge-and-survey": (7, "mail.manners.1", "says more or less than one thing"),
    "invalid-engaged-greeting": (13, "lines.1.calls.1", "take out `after` and `greeting`"),
    "invalid-hours": (5, "hours", "closing must be later"),
    "invalid-key": (6, "motto", "is not a key that is known here"),
    "invalid-letter": (13, "website.a_to_z.dead_letters.1", "is 'q'"),
    "invalid-line": (12, "lines.1.calls.1", "lacks `after` or `greeting`"),
    "invalid-links": (7, "mail.manners.1.reply", "has no room for them"),
    "invalid-missing-mail": (1, "mail", "is missing; add it"),
    "invalid-not-drama": (10, "lines.1.number", "use Ofcom's numbers for drama"),
    "invalid-number": (10, "lines.1.number", "write the number as +44"),
    "invalid-other-domain": (4, "mail", "which is not of its own domain"),
    "invalid-promise": (7, "mail.manners.1.interim", "give a `promise`"),
    "invalid-rank": (12, "website.search", "a right page at rank 40 needs at least 40 results"),
    "invalid-service": (12, "website.a_to_z.missing.1", "must be one of"),
    "invalid-empty-manners": (7, "mail.manners", "is empty; give at least one"),
    "invalid-share": (7, "mail.manners.1.share", "greater than or equal to 1"),
    "invalid-silent-and-reply": (8, "mail.manners.1", "says more or less than one thing"),
    "invalid-text": (9, "mail.manners.1.reply.text", "is 'excellent'; it must be one of adequate"),
    "invalid-wrong-authority": (6, "mail.wrong_authority", "is 'wrong'"),
    "invalid-voicemail": (13, "lines.1.calls.1", "is a voicemail without a beep"),
    "invalid-when": (12, "lines.1.calls", "no manner for callers while the offices are closed"),
    "invalid-yaml": (7, "", "is not YAML"),
}


@pytest.fixture(scope="module")
def shipped() -> tuple[Council, ...]:
    return read_councils()


def test_eleven_councils_are_shipped(shipped: tuple[Council, ...]) -> None:
    assert len(shipped) == 11


def test_every_line_has_a_number_for_drama_of_its_own(shipped: tuple[Council, ...]) -> None:
    numbers = [line.number for council in shipped for line in council.lines]

    assert len(numbers) == len(set(numbers)) == 88
    assert all(re.fullmatch(r"\+44(1134960|2079460|8081570|3069990)\d{3}", number) for number in numbers)


def test_every_council_has_a_switchboard_a_contact_centre_and_direct_lines(shipped: tuple[Council, ...]) -> None:
    kinds = {council.id: sorted(line.kind for line in council.lines) for council in shipped}

    assert set(map(tuple, kinds.values())) == {("contact_centre", *["direct_dial"] * 6, "switchboard")}


def test_every_council_writes_from_a_domain_that_cannot_exist(shipped: tuple[Council, ...]) -> None:
    assert {council.domain for council in shipped} == {f"{council.id}.example" for council in shipped}


def test_ten_mails_meet_every_manner_of_a_council(shipped: tuple[Council, ...]) -> None:
    assert {sum(manner.share for manner in council.mail.manners) for council in shipped} == {10}


def test_every_way_of_dealing_with_another_authoritys_matter_is_met(shipped: tuple[Council, ...]) -> None:
    assert {council.mail.wrong_authority for council in shipped} == set(get_args(Referral))


def test_three_calls_in_a_row_on_a_line_ring_for_no_more_than_a_minute(shipped: tuple[Council, ...]) -> None:
    for council in shipped:
        for line in council.lines:
            assert sum(sorted((manner.after or 0 for manner in line.calls), reverse=True)[:3]) <= 60, line.number


def test_every_kind_of_answer_is_met_in_office_hours(shipped: tuple[Council, ...]) -> None:
    met = {manner.answered_by for council in shipped for line in council.lines for manner in line.manners(True)}

    assert met >= {"person", "ivr", "queue_then_person", "voicemail"}


def test_every_way_through_a_menu_or_a_queue_is_met(shipped: tuple[Council, ...]) -> None:
    ways = {ways_through(manner) for council in shipped for line in council.lines for manner in line.manners(True)}

    assert ways >= {("ivr", "queue", "person"), ("ivr", "person"), ("queue", "person"), ("ivr", "queue")}
    assert ("person", "hold", "person") in ways


def ways_through(manner: CallManner) -> tuple[str, ...]:
    """Who or what is heard one after another."""
    return tuple(by for by, _ in itertools.groupby(by for by, _ in manner.heard))


def test_a_queue_that_lasts_for_minutes_tells_the_callers_place(shipped: tuple[Council, ...]) -> None:
    queues = [
        [part for by, part in manner.heard if by == "queue"]
        for council in shipped
        for line in council.lines
        for manner in line.manners(True)
        if manner.answered_by == "queue_then_person"
    ]

    longest = max(queues, key=lambda parts: sum(part.seconds or 0 for part in parts))
    assert sum(part.seconds or 0 for part in longest) > 120
    assert sum("number" in (part.say or "") for part in longest) >= 3


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(lambda manner: not manner.accepts, id="full"),
        pytest.param(lambda manner: manner.accepts and not manner.calls_back, id="never returned"),
        pytest.param(lambda manner: (manner.calls_back_after_working_hours or 99) < 8, id="within a day"),
        pytest.param(lambda manner: (manner.calls_back_after_working_hours or 0) > 16, id="too late"),
        pytest.param(lambda manner: manner.calls_back_from == "withheld", id="withheld"),
        pytest.param(lambda manner: (manner.calls_back_from or "").startswith("+"), id="from another number"),
    ],
)
def test_every_kind_of_voicemail_is_met_in_office_hours(
    kind: Callable[[CallManner], bool], shipped: tuple[Council, ...]
) -> None:
    voicemails = [
        manner
        for council in shipped
        for line in council.lines
        for manner in line.manners(True)
        if manner.answered_by == "voicemail"
    ]

    assert any(kind(manner) for manner in voicemails)


def test_nobody_is_rung_back_who_left_no_message(shipped: tuple[Council, ...]) -> None:
    returning = [m for council in shipped for line in council.lines for m in line.calls if m.calls_back]

    assert {manner.calls_back_to for manner in returning} == {"messages"}


def test_every_council_has_lines_that_may_be_rung_at_night_and_manners_for_it(shipped: tuple[Council, ...]) -> None:
    for council in shipped:
        lines = [line for line in council.lines if line.out_of_hours]
        assert lines, council.id
        assert all(manner.when == "closed" for line in lines for manner in line.manners(False)), council.id
        assert all(line.published.out_of_hours for line in lines)


def test_closed_offices_are_well_and_badly_announced(shipped: tuple[Council, ...]) -> None:
    said = {
        line.number: manner.greeting or manner.outcome
        for council in shipped
        for line in council.lines
        if line.out_of_hours
        for manner in line.manners(False)
    }

    for word in ("opening hours are", "emergency", "website", "Council", "message after the tone", "no reply"):
        assert any(word in words for words in said.values()), word
        assert any(word not in words for words in said.values()), word


def test_the_councils_are_of_different_quality_at_every_door(shipped: tuple[Council, ...]) -> None:
    good = next(council for council in shipped if council.id == "ashcombe-vale")
    poor = next(council for council in shipped if council.id == "dunsmere")

    assert all(manner.reply for manner in good.mail.manners)
    assert any(manner.silent for manner in poor.mail.manners)
    assert {manner.outcome for line in good.lines for manner in line.calls} == {"answered"}
    assert {manner.outcome for line in poor.lines for manner in line.calls} > {"engaged", "no reply", "not in use"}
    assert good.website.search.rank < poor.website.search.rank


def test_there_is_a_file_for_every_mistake_and_a_mistake_for_every_file() -> None:
    assert {path.stem for path in INVALID.glob("invalid-*.yaml")} == set(MISTAKES)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_by_file_line_and_key(name: str, tmp_path: Path) -> None:
    line, key, words = MISTAKES[name]
    shutil.copy(INVALID / f"{name}.yaml", tmp_path)

    with pytest.raises(Invalid) as told:
        read_councils(tmp_path)

    (problem,) = told.value.problems
    assert (problem.file, problem.line, problem.key) == (f"{name}.yaml", line, key)
    assert words in problem.message


def test_a_number_that_two_councils_claim_is_told(tmp_path: Path) -> None:
    world.write(tmp_path)
    twin = world.council("twin", lines=json.loads((tmp_path / "away.yaml").read_text())["lines"])
    (tmp_path / "twin.yaml").write_text(json.dumps(twin))

    with pytest.raises(Invalid, match=r"lines\.1\.number: \+441134960603 is in away\.yaml too"):
        read_councils(tmp_path)


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="holds no council"):
        read_councils(tmp_path)


def test_a_council_that_is_not_there_is_told() -> None:
    with pytest.raises(Invalid, match=r"atlantis: is not one of ashcombe-vale, calderwick"):
        read_councils(only=["atlantis"])


def test_only_the_named_councils_are_read() -> None:
    assert [council.id for council in read_councils(only=["wexmoor", "calderwick"])] == ["calderwick", "wexmoor"]
