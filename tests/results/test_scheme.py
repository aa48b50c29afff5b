"""The scheme as data: complete, digested, and reading only facts that a probe writes."""

from collections import Counter

import pytest

from probes import email, phone, web
from results import scheme
from results.schema import CHANNELS, STAGES

SCHEME = scheme.load("south-derbyshire-2006")
FACTS = {"phone": phone.FACTS, "email": email.FACTS, "web": web.FACTS}


def test_every_criterion_reads_only_facts_that_its_probe_writes() -> None:
    for each in SCHEME.criteria:
        for name in (each.fact, each.applies_if, each.fails_if_not):
            assert name is None or name in FACTS[each.channel], f"{each.id} reads {name}, which nobody writes"


def test_whoever_can_answer_is_told_and_people_are_told_how() -> None:
    by_the_record = {"run.confidence", "run.disputed"}
    for each in SCHEME.criteria:
        read_by_a_probe = bool(each.fact or each.between)
        assert (each.who == "person") is not (read_by_a_probe or each.id in by_the_record), each.id
        assert (each.guidance == "") is (each.who == "probe"), each.id


def test_whoever_rates_from_1_to_5_is_told_what_the_numbers_mean() -> None:
    for each in SCHEME.criteria:
        if each.answer == "scale5":
            assert [number for number in "54321" if f"{number}: " in each.guidance] == list("54321"), each.id


def test_the_bank_is_whole_over_every_channel() -> None:
    channels = Counter(each.channel for each in SCHEME.criteria)

    assert set(channels) == {*CHANNELS, "any"}
    assert len(SCHEME.criteria) == 227
    for channel in CHANNELS:
        scored = {each.stage for each in SCHEME.criteria if each.channel == channel and each.weight}
        assert scored == set(STAGES), channel


def test_what_is_asked_on_every_channel_is_never_scored() -> None:
    assert {each.weight for each in SCHEME.criteria if each.channel == "any"} == {0}


def test_every_answer_that_is_marked_has_its_marks() -> None:
    for each in SCHEME.criteria:
        if each.answer == "choice":
            assert each.marks, each.id
        if each.weight and each.answer == "count":
            assert each.bands, each.id
        if each.weight and each.answer in ("duration_s", "duration_min", "elapsed_h", "working_days"):
            assert each.bands or each.profile_key, each.id
        assert not each.between or each.profile_key, each.id


def test_the_ids_are_all_different_and_belong_to_a_channel() -> None:
    ids = [each.id for each in SCHEME.criteria]

    assert len(ids) == len(set(ids)) >= 30
    assert {each.channel for each in SCHEME.criteria} <= {*CHANNELS, "any"}


def test_every_duration_has_its_standard_in_the_profile() -> None:
    for each in SCHEME.criteria:
        if each.between:
            assert each.profile_key in SCHEME.profile.figures


def test_the_seed_profile_holds_the_promises_of_2006() -> None:
    figures = SCHEME.profile.figures

    assert (figures["phone.answer_seconds"], figures["phone.answer_rings"]) == (10, 4)
    assert (figures["email.acknowledge_hours"], figures["email.reply_working_days"]) == (24, 10)
    assert figures["voicemail.return_working_days"] == 1
    assert (figures["complaint.acknowledge_working_days"], figures["complaint.answer_working_days"]) == (5, 20)


@pytest.mark.parametrize("profile", scheme.profiles())
def test_every_profile_says_its_source_and_promises_only_what_is_known(profile: str) -> None:
    loaded = scheme.load(profile).profile

    assert loaded.id == profile
    assert loaded.source
    assert set(loaded.figures) <= set(scheme.promises())


def test_the_profiles_are_the_seeds_and_those_of_nine_other_councils() -> None:
    assert scheme.profiles() == (
        "basingstoke-and-deane",
        "harborough",
        "lambeth",
        "mole-valley",
        "preston",
        "south-derbyshire-2006",
        "south-gloucestershire",
        "tandridge",
        "thanet",
        "vale-of-white-horse",
    )


def test_every_criterion_with_a_figure_of_the_profile_names_one_that_is_known() -> None:
    assert {each.profile_key for each in SCHEME.criteria if each.profile_key} <= set(scheme.promises())


def test_the_digest_changes_with_any_weight_and_with_nothing_else() -> None:
    first = SCHEME.criteria[0].model_copy(update={"weight": 1})
    changed = SCHEME.model_copy(update={"criteria": (first, *SCHEME.criteria[1:])})

    assert scheme.digest(SCHEME) == SCHEME.digest
    assert scheme.digest(changed) != SCHEME.digest


def test_an_unknown_profile_is_told_with_those_there_are() -> None:
    with pytest.raises(scheme.UnknownProfile, match="south-derbyshire-2006"):
        scheme.load("atlantis")
