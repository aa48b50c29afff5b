"""What is praised, what follows "However", the action plan, and the field's own figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results import words
from results.findings import (
    Findings,
    Mean,
    Means,
    channel_findings,
    findings,
    means,
    partnership_findings,
    partnership_means,
)
from results.kpis import Figure, figures, partnership
from results.schema import FUTURE_ACTION, Answer, Failure, Moment, Observation, Shop, State, Why
from tests.results.partnership import START, fieldwork, small_scheme

SCHEME = small_scheme()
NAME, TITLE, PHONE, REPLIED = "email.used_name", "email.sender_job_title", "email.sender_phone", "email.replied"


def mail(number: int, *answers: Answer, counted: bool = True) -> Shop:
    return Shop(
        id=f"m{number}",
        wave="autumn",
        organisation="a",
        scenario="plain",
        enquiry="blue-badge",
        channel="email",
        target="enquiries@a.example",
        state="closed",
        observation=Observation(facts={}),
        answers=answers,
        counted=counted,
    )


def call(number: int, rang: float | None, failure: Failure | None = None, target: str = "+441134960000") -> Shop:
    moments = {"ringing": instant(0)} | ({} if rang is None else {"answered": instant(rang)})
    works = failure is not Failure.NUMBER_NOT_IN_USE
    facts = {"phone.answered": rang is not None, "phone.number_works": works}
    seen = Observation(facts=facts, moments=moments, failure=failure)
    return mail(number).model_copy(
        update={"id": f"c{number}", "channel": "phone", "target": target, "observation": seen}
    )


def instant(seconds: float) -> Moment:
    at = START + dt.timedelta(seconds=seconds)
    return Moment(lower=at, upper=at, source="test")


def marked(criterion: str, marks: float) -> Answer:
    return Answer(criterion=criterion, value=bool(marks), marks=marks, state=State.ANSWERED)


def mean(criterion: str, of_marks: float, base: int = 20) -> Mean:
    full = round(of_marks * base)
    return Mean(criterion=criterion, mean=of_marks, base=base, full=full, shops=tuple(f"m{n}" for n in range(base)))


def table(**marks: float) -> Means:
    """Means over twenty answers each, by short names of e-mail criteria."""
    return {f"email.{key}": mean(f"email.{key}", value) for key, value in marks.items()}


def found_for(own: Means, *others: Means) -> Findings:
    every = {"own": own, **{str(place): other for place, other in enumerate(others)}}
    return findings(SCHEME, own, partnership_means(every))


def figure(measure: str, shops: Sequence[Shop]) -> Figure:
    channel = shops[0].channel
    return next(one for one in figures(SCHEME, channel, shops) if one.measure == measure)


# ------------------------------------------------------------------------------------------------ findings


def test_praise_goes_to_high_marks_and_however_to_lost_ones() -> None:
    found = found_for(table(used_name=0.95, sender_job_title=0.1))

    assert [one.text for one in found.praise] == ["Replies greet the enquirer by name"]
    assert [one.text for one in found.however] == ["Replies do not always give the sender's job title"]


def test_no_criterion_is_praised_and_blamed_at_once() -> None:
    found = found_for(table(used_name=0.8, sender_job_title=0.85, sender_phone=0.2))

    assert not {one.criterion for one in found.praise} & {one.criterion for one in found.however}


def test_what_is_above_the_partnership_is_praised_first() -> None:
    own = table(used_name=0.9, sender_job_title=0.9)
    other = table(used_name=0.9, sender_job_title=0.1)

    assert found_for(own, other).praise[0].criterion == TITLE


def test_what_is_below_the_partnership_comes_first_after_however() -> None:
    own = table(used_name=0.5, sender_job_title=0.5)
    other = table(used_name=1.0, sender_job_title=0.5)

    assert found_for(own, other).however[0].criterion == NAME


def test_a_weightier_question_comes_before_a_lighter_one_with_the_same_marks() -> None:
    found = found_for(table(used_name=0.5, replied=0.5))

    assert [one.criterion for one in found.however] == [REPLIED, NAME]


def test_there_are_three_of_each_at_most() -> None:
    work = fieldwork(councils=2)
    every = {key: means(work.scheme, shops_of(work.shops, key)) for key in work.organisations}

    for own in every.values():
        found = findings(work.scheme, own, partnership_means(every))
        assert len(found.praise) <= 3
        assert len(found.however) <= 3


def test_a_channels_findings_are_of_that_channel_alone_and_no_criterion_is_in_both() -> None:
    work = fieldwork(councils=3)
    every = {key: means(work.scheme, shops_of(work.shops, key)) for key in work.organisations}

    for own in every.values():
        found = channel_findings(work.scheme, "email", own, partnership_means(every))
        assert {one.channel for one in (*found.praise, *found.however)} == {"email"}
        assert {one.criterion for one in found.praise} & {one.criterion for one in found.however} == set()


def test_a_channels_findings_name_whatever_fell_short_and_not_three_of_it_only() -> None:
    weak = table(used_name=0.1, replied=0.1, sender_phone=0.1, sender_job_title=0.1)

    assert len(channel_findings(SCHEME, "email", weak, {}).however) == 4


def test_beside_counts_no_percentage_of_the_partnership_is_shown() -> None:
    few, many = ({"email.replied": mean("email.replied", 0.5, base=base)} for base in (9, 10))

    shown = [findings(SCHEME, own, {"email.replied": 0.8}).however[0].partnership for own in (few, many)]

    assert shown == [None, 0.8]


def test_no_channel_takes_all_three_while_another_has_something_to_say() -> None:
    weak = table(used_name=0.1, replied=0.1, sender_phone=0.1, sender_job_title=0.1)
    call_cost = {"phone.access.call_cost": mean("phone.access.call_cost", 0.8)}

    found = found_for({**weak, **call_cost}, {**weak, "phone.access.call_cost": mean("phone.access.call_cost", 0.5)})

    assert [one.channel for one in found.however].count("email") == 3
    assert [one.channel for one in found.praise] == ["phone"]


def test_two_answers_are_too_few_for_a_finding() -> None:
    shops = [mail(number, marked(NAME, 0)) for number in range(2)]

    assert means(SCHEME, shops) == {}


def test_three_answers_are_enough() -> None:
    shops = [mail(number, marked(NAME, 0)) for number in range(3)]

    assert means(SCHEME, shops)[NAME].shops == ("m0", "m1", "m2")


@pytest.mark.parametrize("state", [State.NEEDS_REVIEW, State.WINDOW_OPEN, State.PROBE_FAULT, State.NOT_APPLICABLE])
def test_an_answer_that_is_not_settled_is_never_a_no(state: State) -> None:
    settled = [mail(number, marked(NAME, 1)) for number in range(3)]
    open_still = [mail(9, Answer(criterion=NAME, state=state))]

    assert means(SCHEME, settled + open_still)[NAME].mean == 1


def test_a_contact_that_is_not_counted_tells_nothing() -> None:
    shops = [mail(number, marked(NAME, 1)) for number in range(3)]
    void = mail(9, marked(NAME, 0), counted=False)

    assert means(SCHEME, [*shops, void])[NAME].mean == 1


def test_the_action_plan_has_the_criterions_words_and_leaves_who_and_when_to_managers() -> None:
    (action,) = found_for(table(used_name=0.5)).actions

    assert action.issue == "Replies do not always use the enquirer's name"
    assert action.details == "Remind staff to use the enquirer's name; put it in the reply template"
    assert (action.horizon, action.who, action.date, action.future) == ("quick win", "", "", FUTURE_ACTION)


def test_the_worst_loss_stands_first_in_the_action_plan() -> None:
    found = found_for(table(used_name=0.8, sender_job_title=0.2))

    assert [action.criterion for action in found.actions] == [TITLE, NAME]


def test_a_finding_says_its_figure_and_warns_of_its_base() -> None:
    (finding,) = found_for(table(used_name=0.95)).praise

    assert finding.figure == "19 of 20 e-mails (95%)"
    assert finding.caution == "very small base, indicative"
    assert len(finding.shops) == finding.base == 20


def test_under_ten_answers_a_finding_gives_counts_alone() -> None:
    own = {NAME: mean(NAME, 1.0, base=5)}

    assert found_for(own).praise[0].figure == "5 of 5 e-mails"


def test_the_partnerships_findings_give_the_spread_between_organisations() -> None:
    every = {"a": table(used_name=1.0, replied=0.2), "b": table(used_name=0.8, replied=0.4)}

    found = partnership_findings(SCHEME, "email", every)

    assert [one.figure for one in found.praise] == ["90% on average over 2 organisations, from 80% to 100%"]
    assert [one.criterion for one in found.however] == [REPLIED]


def test_a_website_criterion_is_good_across_the_partnership_only_where_most_sites_meet_it_in_full() -> None:
    every = {str(place): {"web.az.letters": mean("web.az.letters", 0.9, base=1)} for place in range(4)}

    found = partnership_findings(SCHEME, "web", every)

    assert found.praise == ()
    assert found.however[0].figure == "4 of 4 organisations"


# ------------------------------------------------------------------------------------------------ the field's figures


def test_contactability_counts_an_unanswered_call_and_sets_a_probe_fault_aside() -> None:
    contactable = "phone.access.contactable"
    answers = [marked(contactable, 1)] * 8 + [marked(contactable, 0)] * 2
    fault = Answer(criterion=contactable, state=State.PROBE_FAULT)
    calls = [call(n, 5.0).model_copy(update={"answers": (one,)}) for n, one in enumerate([*answers, fault])]

    found = figure("phone.contactability", calls)

    assert (found.words, found.base, found.aside) == ("80%", 10, ("1 not measured",))
    assert len(found.shops) == 10


def test_seconds_to_answer_are_of_answered_calls_with_the_others_counted_beside() -> None:
    calls = [call(number, float(number)) for number in range(1, 12)] + [call(99, None, Failure.NO_REPLY)]

    found = figure("phone.answer_median", calls)

    assert (found.words, found.base_words, found.aside) == ("6 seconds", "11 answered calls", ("1 not answered",))


def test_times_of_under_ten_calls_are_not_averaged() -> None:
    found = figure("phone.answer_mean", [call(number, 5.0) for number in range(9)])

    assert (found.words, found.caution) == ("too few to average", "counts only")


def test_a_dead_number_is_counted_once_however_often_it_was_called() -> None:
    dead = [call(number, None, Failure.NUMBER_NOT_IN_USE, "+441134960001") for number in range(3)]

    found = figure("phone.numbers_out_of_use", [*dead, call(9, 4.0)])

    assert (found.words, found.base_words) == ("1", "2 numbers called")


def test_a_number_that_no_second_day_has_confirmed_is_not_called_dead() -> None:
    once = call(1, None, Failure.NUMBER_NOT_IN_USE, "+441134960001")
    assert once.observation is not None
    reason = {"phone.number_works": (Why.NEEDS_REVIEW, "a second day must confirm it")}
    facts = {**once.observation.facts, "phone.number_works": None}
    unsure = once.model_copy(
        update={"observation": once.observation.model_copy(update={"facts": facts, "unknown": reason})}
    )

    found = figure("phone.numbers_out_of_use", [unsure, call(9, 4.0)])

    assert (found.words, found.base_words) == ("none", "1 number called")


def test_replies_that_nobody_has_read_are_not_called_fully_answered() -> None:
    proposal = Answer(criterion="email.fully_answered", value="fully", state=State.NEEDS_REVIEW)

    found = figure("email.fully_answered", [mail(number, proposal) for number in range(12)])

    assert (found.value, found.words, found.aside) == (None, "not known", ("12 needing review",))


def test_mails_never_answered_stand_beside_the_speed_of_reply() -> None:
    quick = Answer(criterion="email.reply_time", value=1.5, marks=1, state=State.ANSWERED)
    never = Answer(criterion="email.reply_time", state=State.NOT_APPLICABLE)

    found = figure("email.reply_median", [mail(n, quick) for n in range(10)] + [mail(10, never)])

    assert (found.words, found.base_words, found.aside) == ("1.5 working days", "10 replies", ("1 no reply",))


def test_the_partnerships_figure_counts_each_organisation_once() -> None:
    many = figure(
        "email.response_rate",
        [mail(n, marked(REPLIED, 1)) for n in range(90)],
    )
    few = figure("email.response_rate", [mail(n, marked(REPLIED, 0)) for n in range(10)])
    together = figure(
        "email.response_rate",
        [mail(n, marked(REPLIED, 1)) for n in range(90)] + [mail(n, marked(REPLIED, 0)) for n in range(10)],
    )

    found = partnership([many, few], together)

    assert (found.average_words, found.pooled.words) == ("50%", "90%")


@given(st.lists(st.floats(0, 100), min_size=10, max_size=60))
def test_the_median_lies_between_the_quickest_and_the_slowest_call(times: list[float]) -> None:
    found = figure("phone.answer_median", [call(number, rang) for number, rang in enumerate(times)])

    assert found.value is not None
    assert min(times) - 1e-5 <= found.value <= max(times) + 1e-5


# ------------------------------------------------------------------------------------------------ words


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.62, "62%"), (0.625, "63%"), (1.0, "100%"), (0.999, "over 99%"), (0.0, "0%"), (0.001, "under 1%")],
)
def test_all_and_none_are_said_only_of_all_and_none(share: float, said: str) -> None:
    assert words.percent(share) == said


@pytest.mark.parametrize(
    ("base", "said"), [(9, "counts only"), (10, "very small base, indicative"), (30, "small base"), (50, "")]
)
def test_small_bases_are_cautioned(base: int, said: str) -> None:
    assert words.caution(base) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (words.seconds(9.64), "9.6 seconds"),
        (words.seconds(1.0), "1 second"),
        (words.seconds(125), "2 minutes 5 seconds"),
        (words.hours(0.03), "2 minutes"),
        (words.hours(25.52), "25.5 hours"),
        (words.working_days(1.0), "1 working day"),
        (words.working_days(0.01), "under 0.1 working days"),
        (words.ordinal(11), "11th"),
        (words.ordinal(22), "22nd"),
        (words.listed(["a", "b", "c"]), "a, b and c"),
    ],
)
def test_figures_are_said_in_plain_words(value: str, said: str) -> None:
    assert value == said


def test_dates_and_times_are_british_and_in_londons_time() -> None:
    assert words.moment(dt.datetime(2026, 7, 1, 12, 0, tzinfo=dt.UTC)) == "01/07/2026 13:00"
    assert words.days(dt.date(2026, 11, 2), dt.date(2026, 12, 4)) == "2 November to 4 December 2026"


def shops_of(shops: Sequence[Shop], organisation: str) -> list[Shop]:
    return [shop for shop in shops if shop.organisation == organisation]
