"""What differs between two schemes, in plain words."""

from __future__ import annotations

from typing import Any

import pytest

from results import scheme
from results.difference import difference, in_words
from results.schema import Band, Criterion, Scheme

SCHEME = scheme.load("south-derbyshire-2006")


def changed(id: str, **fields: Any) -> Scheme:
    criteria = tuple(one.model_copy(update=fields) if one.id == id else one for one in SCHEME.criteria)
    return SCHEME.model_copy(update={"criteria": criteria})


def test_a_scheme_is_no_different_from_itself() -> None:
    found = difference(SCHEME, SCHEME)

    assert found.nothing
    assert found.alike == found.asked == len(SCHEME.criteria)


def test_what_was_added_and_what_was_removed_is_named() -> None:
    less = SCHEME.model_copy(update={"criteria": SCHEME.criteria[1:]})

    assert difference(less, SCHEME).added == (SCHEME.criteria[0].id,)
    assert difference(SCHEME, less).removed == (SCHEME.criteria[0].id,)
    assert difference(less, SCHEME).alike == len(SCHEME.criteria) - 1


def test_a_change_says_which_field_from_what_to_what() -> None:
    (change,) = difference(SCHEME, changed("vm.returned", weight=1)).changed

    assert (change.criterion, change.field, change.was, change.now) == ("vm.returned", "weight", "3", "1")


@pytest.mark.parametrize(
    ("fields", "breaks"),
    [
        ({"question": "Did they ring back?"}, False),
        ({"guidance": "Wait."}, False),
        ({"action": "Ring back"}, False),
        ({"weight": 1}, False),
        ({"good": False}, True),
        ({"fact": "vm.reached"}, True),
        ({"applies_if": "vm.message_left"}, True),
        ({"answer": "count", "bands": (Band(up_to=1, marks=1),)}, True),
    ],
)
def test_words_and_weights_break_no_series_and_what_decides_marks_does(fields: dict[str, Any], breaks: bool) -> None:
    found = difference(SCHEME, changed("vm.returned", **fields))

    assert {one.field for one in found.changed} == set(fields)
    assert any(one.breaks for one in found.changed) is breaks
    assert found.alike == len(SCHEME.criteria) - breaks


def test_another_profile_differs_in_its_figures_and_in_what_they_judge() -> None:
    found = difference(scheme.load("thanet"), scheme.load("preston"))

    assert [*found.changed, *found.added, *found.removed] == []
    assert found.figures["phone.answer_rings"] == (4, 5)
    assert found.figures["voicemail.return_hours_after_return"] == (24, None)
    # The time to answer, the acknowledgement and the return of a message are judged by other figures.
    assert found.asked - found.alike == 3


def test_other_weights_of_the_stages_are_told() -> None:
    other = SCHEME.model_copy(update={"stage_weights": {"access": 0.6, "quality": 0.4}})

    assert difference(SCHEME, other).stage_weights == {"access": (0.5, 0.6), "quality": (0.5, 0.4)}


def test_values_are_told_as_a_reader_would_say_them() -> None:
    bands = (Band(up_to=20, marks=1), Band(up_to=60, marks=0.5))

    assert in_words(bands) == "up to 20, marks 1; up to 60, marks 0.5"
    assert [in_words(value) for value in (None, "", True, 3, {"fully": 1.0})] == [
        "nothing",
        "nothing",
        "yes",
        "3",
        "fully 1",
    ]
    assert len(in_words("long " * 100)) <= 160


def test_every_field_of_a_criterion_can_be_told() -> None:
    for one in SCHEME.criteria:
        assert all(in_words(getattr(one, field)) for field in Criterion.model_fields), one.id
