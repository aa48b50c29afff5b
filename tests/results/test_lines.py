"""The telephone's figures by kind of line: switchboards, contact centres, other numbers."""

from __future__ import annotations

from typing import Literal

from results.kpis import line_kind
from results.report import WaveReport, assemble
from results.report.html import render
from results.report.model import OrganisationChannel
from results.schema import Contacts, Line, Organisation
from tests.results.partnership import fieldwork

SWITCHBOARD, OTHER = "+441134960000", "+441134960001"


def report_with(*kinds: Literal["switchboard", "contact_centre", "direct_dial"]) -> WaveReport:
    """A wave of one council, whose first lines are of these kinds."""
    work = fieldwork(councils=1, calls=60)
    (key,) = work.organisations
    lines = tuple(
        Line(number=number, label=kind, kind=kind) for number, kind in zip((SWITCHBOARD, OTHER), kinds, strict=False)
    )
    council = Organisation(id=key, name="A Council", contacts=Contacts(lines=lines))
    return assemble(work.wave, work.scheme, {key: council}, work.shops)


def telephone(report: WaveReport) -> OrganisationChannel:
    return report.organisations[0].channels[0]


def test_switchboards_are_told_apart_from_other_numbers() -> None:
    found = telephone(report_with("switchboard", "direct_dial")).lines

    assert [one.name for one in found] == ["Switchboards", "Other numbers"]
    assert [one.figures[0].base for one in found] == [20, 40]


def test_the_kinds_together_are_all_calls() -> None:
    own = telephone(report_with("switchboard", "contact_centre"))

    assert [one.kind for one in own.lines] == ["switchboard", "contact_centre", "direct_dial"]
    whole = {one.measure: one.base for one in own.figures}
    for place, figure in enumerate(own.lines[0].figures):
        assert sum(one.figures[place].base for one in own.lines) == whole[figure.measure]


def test_a_council_whose_lines_are_all_of_one_kind_has_no_such_table() -> None:
    report = report_with("direct_dial", "direct_dial")

    assert telephone(report).lines == ()
    assert "by kind of line" not in render(report)


def test_the_page_shows_each_kind_with_its_base() -> None:
    page = render(report_with("switchboard"))

    assert "Telephone, by kind of line" in page
    assert "20 calls; very small base, indicative" in page


def test_a_number_that_the_register_does_not_name_is_an_other_number() -> None:
    assert line_kind(Organisation(id="a", name="A"), OTHER) == "direct_dial"
