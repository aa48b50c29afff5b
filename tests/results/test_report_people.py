"""People's contacts in the wave report: the same figures as the probes', apart and together, and what is disputed."""

import datetime as dt

import pytest

from results.agreement import agreement, agreements
from results.kpis import figures
from results.report import WaveReport, assemble
from results.report.html import render
from results.report.method import method
from results.schema import Answer, Appeal, Shop, State
from tests.results.partnership import Fieldwork, fieldwork

NOW = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)


def by_person(shop: Shop) -> Shop:
    """The same contact, as if a person had made it."""
    return shop.model_copy(update={"shopper": "person", "observation": None, "by": "s3", "comments": ("Kind: <b>",)})


@pytest.fixture(scope="module")
def work() -> Fieldwork:
    return fieldwork(councils=2, calls=12, mails=12)


def report_of(work: Fieldwork, shops: list[Shop]) -> WaveReport:
    return assemble(work.wave, work.scheme, work.organisations, shops)


def of_method(report: WaveReport, heading: str) -> tuple[str, ...]:
    return dict(method(report)).get(heading, ())


@pytest.mark.parametrize("channel", ["phone", "email"])
def test_the_fields_figures_are_the_same_whoever_made_the_contacts(work: Fieldwork, channel: str) -> None:
    own = [shop for shop in work.shops if shop.channel == channel]

    probes = figures(work.scheme, channel, own)  # type: ignore[arg-type]
    people = figures(work.scheme, channel, [by_person(shop) for shop in own])  # type: ignore[arg-type]

    assert len(probes) > 3
    for ours, theirs in zip(probes, people, strict=True):
        assert (theirs.measure, theirs.base) == (ours.measure, ours.base)
        assert theirs.value == pytest.approx(ours.value, abs=0.01) if ours.value is not None else theirs.value is None


def test_where_there_are_both_they_stand_apart_and_together(work: Fieldwork) -> None:
    first = next(iter(work.organisations))
    shops = [
        by_person(shop) if shop.organisation == first and shop.channel == "phone" and place % 2 else shop
        for place, shop in enumerate(work.shops)
    ]

    report = report_of(work, shops)

    parts = {one.id: {own.channel: own for own in one.channels} for one in report.organisations}
    apart = parts[first]["phone"].by_shopper
    assert {kind: one.contacts for kind, one in apart.items()} == {"probe": 6, "person": 6}
    assert parts[first]["phone"].score.contacts == 12
    assert parts[first]["email"].by_shopper == {}
    name = work.organisations[first].name
    assert f"{name}, telephone: probes counts only (6 calls) and people counts only (6 calls); 12 calls together." in (
        of_method(report, "People and probes side by side")
    )


def test_a_report_of_probes_alone_says_nothing_of_people(work: Fieldwork) -> None:
    report = report_of(work, work.shops)

    assert of_method(report, "People and probes side by side") == ()
    assert of_method(report, "What was disputed") == ()


def test_a_persons_contact_tells_who_made_it_in_their_own_words(work: Fieldwork) -> None:
    unknown = Answer(criterion="email.replied", state=State.PROBE_FAULT, why="the shopper could not tell")
    mail = next(shop for shop in work.shops if shop.channel == "email")
    person = by_person(mail).model_copy(update={"answers": (unknown,)})
    undone = by_person(mail).model_copy(update={"id": "undone", "state": "void", "scheme": "", "counted": False})

    report = report_of(work, [person, undone])

    rows = [row for one in report.organisations for own in one.channels for row in own.shops]
    assert rows[0].happened == ("Shopper S3 wrote an e-mail.", "“Kind: <b>”")
    assert [cell.words for cell in rows[0].cells] == ["Cannot tell"]
    assert report.not_counted == {"could not be made": 1}
    assert "“Kind: &lt;b&gt;”" in render(report)


def test_an_appeal_is_told_whatever_became_of_it(work: Fieldwork) -> None:
    mail = next(shop for shop in work.shops if shop.channel == "email")
    undecided = Appeal(shop=mail.id, by="Contact centre", at=NOW, why="moved")
    upheld = undecided.model_copy(update={"outcome": "upheld", "decided_by": "Panel", "reason": "It had."})
    aside = mail.model_copy(update={"appeals": (undecided, upheld), "counted": False})

    report = report_of(work, [aside])

    assert aside.disputed
    assert report.not_counted == {"set aside on appeal": 1}
    assert [one.appeal for one in report.disputed] == [undecided, upheld]
    assert of_method(report, "What was disputed")[0].startswith("2 appeals: 1 not decided yet and 1 upheld.")
    assert report.organisations[0].channels[0].shops[0].happened[-1].endswith("Upheld by Panel: It had.")


def test_what_a_person_corrected_stands_beside_what_was_proposed(work: Fieldwork) -> None:
    mail = next(shop for shop in work.shops if shop.channel == "email")
    corrected = Answer(
        criterion="email.replied", value=True, marks=1, state=State.ANSWERED, reviewed="corrected", proposal=False
    )

    report = report_of(work, [mail.model_copy(update={"answers": (corrected,)})])

    notes = report.organisations[0].channels[0].shops[0].notes
    assert any(note.endswith("corrected by a person; before that: No.") for note in notes)


def test_agreement_is_told_with_its_base(work: Fieldwork) -> None:
    found = agreements("two people", [], work.scheme).model_copy(
        update={"contacts": 3, "overall": agreement([("met", "met")] * 9 + [("met", "missed")] * 3)}
    )
    report = assemble(work.wave, work.scheme, work.organisations, work.shops, agreement=[found])

    assert of_method(report, "How far those who judged agree")[1].startswith(
        "Two people, 3 contacts: over all questions 9 of 12 alike; kappa 0.00"
    )
