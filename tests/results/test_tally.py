"""Answers counted as numbers: the same as counting them one by one."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from results.schema import Answer, Channel, Shop, State
from results.tally import UNSETTLED, tallies, together

QUESTIONS = ("a.one", "a.two", "b.three")
MARKS = st.sampled_from((None, 0.0, 0.25, 1.0))


def answer(question: str, marks: float | None, state: State) -> Answer:
    return Answer(criterion=question, marks=marks, state=State.ANSWERED if marks is not None else state)


ANSWERS = st.lists(
    st.builds(answer, st.sampled_from(QUESTIONS), MARKS, st.sampled_from(State)),
    max_size=3,
    unique_by=lambda one: one.criterion,
)


def shop(number: int, channel: Channel, counted: bool, answers: Sequence[Answer]) -> Shop:
    return Shop(
        id=f"s{number}",
        wave="w",
        organisation="o",
        scenario="s",
        enquiry="e",
        channel=channel,
        target="t",
        state="closed",
        answers=tuple(answers),
        counted=counted,
    )


CHANNELS: st.SearchStrategy[Channel] = st.sampled_from(("phone", "email"))
SHOPS = st.lists(st.tuples(CHANNELS, st.booleans(), ANSWERS), max_size=12).map(
    lambda rows: [shop(number, *row) for number, row in enumerate(rows)]
)


@given(SHOPS)
def test_every_tally_is_what_counting_one_by_one_gives(shops: list[Shop]) -> None:
    found = tallies(shops, lambda shop: shop.channel)

    assert set(found) == {shop.channel for shop in shops}
    for channel, own in found.items():
        here = [(shop, one) for shop in shops if shop.channel == channel for one in shop.answers]
        assert set(own) == {one.criterion for _, one in here}
        for question, tally in own.items():
            counted = [(shop, one) for shop, one in here if shop.counted and one.criterion == question]
            marks = [one.marks for _, one in counted if one.marks is not None]
            assert (tally.base, tally.total, tally.full) == (len(marks), sum(marks), marks.count(1))
            assert tally.shops == tuple(shop.id for shop, one in counted if one.marks is not None)
            assert tally.first is next((one for _, one in counted if one.marks is not None), None)
            for state in UNSETTLED:
                assert tally.unsettled.get(state, 0) == sum(one.state is state for _, one in counted)


@given(SHOPS)
def test_groups_together_are_all_of_them(shops: list[Shop]) -> None:
    apart = together(tallies(shops, lambda shop: shop.channel).values())
    whole = tallies(shops, lambda _: None).get(None, {})

    assert {question: (one.base, one.total, one.full, one.unsettled) for question, one in apart.items()} == {
        question: (one.base, one.total, one.full, one.unsettled) for question, one in whole.items()
    }


def test_no_contacts_have_no_tallies() -> None:
    assert tallies([], lambda shop: shop.channel) == {}
