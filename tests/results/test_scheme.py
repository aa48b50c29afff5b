"""The scheme as data: complete, digested, and reading only facts that a probe writes."""

import pytest

from probes import email, phone, web
from results import scheme
from results.schema import CHANNELS

SCHEME = scheme.load("south-derbyshire-2006")
FACTS = {"phone": phone.FACTS, "email": email.FACTS, "web": web.FACTS}


def test_every_criterion_reads_only_facts_that_its_probe_writes() -> None:
    for each in SCHEME.criteria:
        for name in (each.fact, each.applies_if, each.fails_if_not):
            assert name is None or name in FACTS[each.channel], f"{each.id} reads {name}, which nobody writes"


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


def test_the_digest_changes_with_any_weight_and_with_nothing_else() -> None:
    first = SCHEME.criteria[0].model_copy(update={"weight": 1})
    changed = SCHEME.model_copy(update={"criteria": (first, *SCHEME.criteria[1:])})

    assert scheme.digest(SCHEME) == SCHEME.digest
    assert scheme.digest(changed) != SCHEME.digest


def test_an_unknown_profile_is_told_with_those_there_are() -> None:
    with pytest.raises(scheme.UnknownProfile, match="south-derbyshire-2006"):
        scheme.load("atlantis")
