"""The wave report's other forms: PDF, workbook, committee's report, tables; and what others may not read in them."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import jsonschema
import openpyxl
import pytest
from docx import Document
from pypdf import PdfReader

from probes.web import chromium
from results.report import FORMATS, WaveReport, assemble, write_as
from results.report.reference import published, read
from results.report.views import at_reporting_levels, for_one
from results.schema import Enquiry, Observation, Shop
from tests.results.partnership import Fieldwork, fieldwork

FORMULA = '=HYPERLINK("http://x.example","1")'


def report_of(work: Fieldwork, **more: object) -> WaveReport:
    return assemble(work.wave, work.scheme, work.organisations, work.shops, work.refusals, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def four() -> WaveReport:
    return report_of(fieldwork(councils=4), references=published())


def noted(shop: Shop, note: str) -> Shop:
    seen = Observation(facts={}, notes=(note,), error=note)
    return shop.model_copy(update={"observation": seen, "target": note})


# ------------------------------------------------------------------------------------------------ the forms


async def test_every_form_is_written_and_no_half_file_is_left(tmp_path: Path) -> None:
    browser = chromium.find()
    if browser is None:
        pytest.skip("no Chromium on this machine; `make browser` installs one")

    written = await write_as(report_of(fieldwork(councils=2)), tmp_path, browser=browser)

    assert set(written.files) == {*FORMATS, "csv of answers"}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in written.files.values())
    pages = PdfReader(tmp_path / "wave-report.pdf").pages
    assert [round(float(side)) for side in pages[0].mediabox[2:]] == [595, 842]
    assert f"Page 1 of {len(pages)}" in pages[0].extract_text()


async def test_without_a_browser_the_rest_is_written_and_the_want_is_told(four: WaveReport, tmp_path: Path) -> None:
    written = await write_as(four, tmp_path, ("pdf", "csv"), browser=None)

    assert set(written.files) == {"csv", "csv of answers"}
    assert written.missing == [
        "There is no PDF, because no Chromium was found; set DOORSTEP_CHROMIUM to the path of one."
    ]


async def test_the_workbook_holds_every_shop_with_its_answers_and_every_figure(
    four: WaveReport, tmp_path: Path
) -> None:
    await write_as(four, tmp_path, ("xlsx",))
    book = openpyxl.load_workbook(tmp_path / "wave-report.xlsx")

    assert book.sheetnames == [
        *("Read me", "League tables", "Figures", "Standards met", "Services", "Other figures", "Marks", "Findings"),
        *("Action plan", "Shops Telephone", "Shops E-mail", "Shops Website", "Not counted"),
    ]
    assert book["Shops Telephone"].max_row == 1 + 80
    answered = [row[13] for row in book["Shops Telephone"].iter_rows(min_row=2, values_only=True)]
    assert answered.count("Yes") == sum(
        cell.words == "Yes" and cell.criterion == four.channels[0].criteria[0].id
        for one in four.organisations
        for shop in one.channels[0].shops
        for cell in shop.cells
    )
    figures = {row[1:3]: row[3] for row in book["Figures"].iter_rows(min_row=2, values_only=True)}
    own = four.organisations[2].channels[0].figures[0]
    assert figures[four.organisations[2].name, own.label] == own.value


async def test_no_text_from_outside_becomes_a_formula_anywhere(tmp_path: Path) -> None:
    work = fieldwork(councils=2, calls=3, mails=3)
    work.shops[0] = noted(work.shops[0], FORMULA)
    name = work.organisations[work.shops[0].organisation].model_copy(update={"name": "@SUM(1)"})
    work.organisations[name.id] = name

    await write_as(report_of(work), tmp_path, ("xlsx", "csv"))

    book = openpyxl.load_workbook(tmp_path / "wave-report.xlsx")
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {
        "s",
        "n",
        "d",
        "inlineStr",
    }
    assert FORMULA in {cell.value for row in book["Shops Telephone"].iter_rows() for cell in row}
    for file in ("figures.csv", "answers.csv"):
        cells = [cell for row in csv.reader(io.StringIO((tmp_path / file).read_text("utf-8-sig"))) for cell in row]
        assert [cell for cell in cells if cell[:1] in ("=", "+", "@")] == []
    assert f"'{FORMULA}" in (tmp_path / "answers.csv").read_text().replace('""', '"')


async def test_the_committees_report_has_its_parts_in_order_and_places_to_fill_in(
    four: WaveReport, tmp_path: Path
) -> None:
    await write_as(four, tmp_path, ("docx",))
    paper = Document(str(tmp_path / "wave-report.docx"))

    heads = [one.text for one in paper.paragraphs if one.style is not None and one.style.name == "Heading 1"]
    assert heads == [
        *("1. Purpose of the report", "2. Recommendations", "3. Background and method", "4. Key findings"),
        *("5. Position: Telephone", "6. Position: E-mail", "7. Position: Website", "8. Standards met"),
        *("9. What these figures do not say", "10. Implications", "11. Conclusions", "Appendix A: action plan"),
    ]
    text = [one.text for one in paper.paragraphs]
    assert text.index("What is good") < text.index("However")
    assert "[To fill in: cost of the wave and of the actions recommended, and the budget that bears it]" in text
    assert len(paper.inline_shapes) == 7
    assert paper.tables[-1].rows[0].cells[0].text == "Issue identified"


async def test_the_tidy_tables_have_a_row_a_figure_and_a_row_an_answer(four: WaveReport, tmp_path: Path) -> None:
    await write_as(four, tmp_path, ("csv",))

    figures = list(csv.DictReader(io.StringIO((tmp_path / "figures.csv").read_text("utf-8-sig"))))
    answers = list(csv.DictReader(io.StringIO((tmp_path / "answers.csv").read_text("utf-8-sig"))))

    assert len(answers) == sum(len(s.cells) for one in four.organisations for own in one.channels for s in own.shops)
    assert all(row["base"].isdigit() for row in figures)
    one = next(row for row in figures if row["measure"] == "email.response_rate" and row["organisation"])
    assert float(one["value"]) == four.organisations[0].channels[1].figures[0].value


def test_the_documented_schema_is_that_of_the_data(four: WaveReport) -> None:
    kept = json.loads((Path(__file__).parents[2] / "docs" / "wave-report.schema.json").read_text("utf-8"))

    assert kept == WaveReport.model_json_schema(mode="serialization"), "run `python -m results.report.model`"
    jsonschema.validate(json.loads(four.model_dump_json()), kept)


# ------------------------------------------------------------------------------------------------ what it tells


def test_standards_met_are_told_with_their_base(four: WaveReport) -> None:
    for one in four.organisations:
        (met,) = next(own for own in one.channels if own.channel == "phone").standards
        cells = [cell for shop in one.channels[0].shops for cell in shop.cells if cell.criterion == met.criterion]
        assert met.base == sum(cell.marks is not None for cell in cells)
        assert met.met == sum(cell.marks == 1 for cell in cells)


def test_services_are_told_by_their_lgsl_number_where_the_enquiry_gives_one() -> None:
    asked = Enquiry.model_validate(
        {
            "id": "missed-bin",
            "service": 524,
            "title": "A missed bin",
            "subject": "Bin",
            "search": "bins",
            "words": "My bin was not emptied this week.",
            "answer_key": {"dated": "2026-01-01", "source": "made up", "page": "bin"},
        }
    )

    rows = report_of(fieldwork(councils=2), enquiries={"missed-bin": asked}).services

    assert [(one.channel, one.service, one.title, one.score.contacts) for one in rows] == [
        ("phone", 524, "A missed bin", 40),
        ("email", None, "Blue badge", 40),
    ]


def test_staff_time_is_replies_at_the_stated_estimate_and_answered_calls_as_they_lasted() -> None:
    work = fieldwork(councils=1, calls=1, mails=0)
    first = work.shops[0]
    assert first.observation is not None
    start = first.observation.moments["answered"]
    later = {"lower": start.lower.replace(minute=40), "upper": start.upper.replace(minute=40)}
    ended = {**first.observation.moments, "ended": start.model_copy(update=later)}
    work.shops[0] = first.model_copy(update={"observation": first.observation.model_copy(update={"moments": ended})})
    mails = [one.model_copy(update={"organisation": first.organisation}) for one in fieldwork(councils=1).shops]
    replied = [one for one in mails if one.observation and one.observation.facts.get("email.replied")]
    work.shops.extend(replied[:3])

    staff = report_of(work, minutes_a_reply=4).staff

    assert staff is not None
    assert (staff.calls, staff.replies) == (1, 3)
    assert staff.call_minutes == pytest.approx(10)
    assert staff.minutes == pytest.approx(staff.call_minutes + 12)


def test_a_users_reference_figures_are_read_and_mistakes_told_by_row_and_column() -> None:
    figures, wrong = read(
        "group,year,source,measure,value,base,note\n"
        "Neighbours,2025,Their report,email.response_rate,91%,200 e-mails,\n"
        "Neighbours,2025,Their report,email.answers,91%,,\n"
        "Neighbours,2025,,email.response_rate,91%,,\n"
        "Neighbours,2025,Their report,email.response_rate,140%,,\n"
        "Neighbours,2025,Their report,phone.answer_mean,nan,,\n"
    )

    assert [(one.group, one.value, one.words) for one in figures] == [("Neighbours", 0.91, "91%")]
    assert [(one.row, one.column) for one in wrong] == [(3, "measure"), (4, "source"), (5, "value"), (6, "value")]
    assert read("a,b\n1,2\n")[1][0].row == 1


def test_every_published_figure_has_its_source_and_year() -> None:
    assert len(published()) > 10
    assert [one for one in published() if not (one.source and one.year and one.group)] == []


# ------------------------------------------------------------------------------------------------ who may read what


async def test_a_report_for_one_organisation_tells_nothing_else_of_the_others(tmp_path: Path) -> None:
    work = fieldwork(councils=4, calls=21, mails=15)
    own, *others = list(work.organisations.values())
    browser = chromium.find()

    await write_as(for_one(report_of(work), own.id, "secret"), tmp_path, maps={}, browser=browser)

    telling = {word for one in others for word in (one.id, one.name, one.name.removesuffix(" Council"))}
    telling |= {part for shop in work.shops if shop.organisation != own.id for part in (shop.id, shop.target)}
    telling |= {
        file.sha256
        for shop in work.shops
        if shop.organisation != own.id and shop.observation
        for file in shop.observation.evidence
    }
    texts = all_texts(tmp_path)
    assert len(texts) > 10
    for name, text in texts.items():
        assert [word for word in telling if word in text] == [], name
    assert own.name in texts["wave-report.html"]
    assert "Organisation C" in texts["wave-report.html"]


def test_the_letters_are_the_same_each_time_and_only_the_secret_tells_them() -> None:
    whole = report_of(fieldwork())
    own = whole.organisations[0].id

    def dealt(secret: str) -> list[float | None]:
        scores = for_one(whole, own, secret).channels[1].benchmark.scores
        return [scores[f"organisation-{letter}"].score for letter in "abcdefghij"]

    assert dealt("one") == dealt("one")
    assert dealt("one") != dealt("two")
    assert sorted(dealt("one"), key=str) == sorted(dealt("two"), key=str)


def test_its_own_figures_and_place_are_those_of_the_whole_report() -> None:
    whole = report_of(fieldwork())
    own = whole.organisations[4]

    seen = for_one(whole, own.id, "secret")

    assert seen.organisations[0] == own
    assert seen.channels[0].benchmark.ranks[own.id] == whole.channels[0].benchmark.ranks[own.id]
    assert seen.channels[0].benchmark.average == whole.channels[0].benchmark.average


def test_an_organisation_reported_as_a_whole_shows_others_no_line_address_enquiry_or_note() -> None:
    work = fieldwork(councils=3)
    first, second, third = work.organisations
    seen = at_reporting_levels(report_of(work), {first: "organisation", second: "department", third: "service"})

    contacts = [{shop.contact for own in one.channels for shop in own.shops} for one in seen.organisations]
    enquiries = [{shop.enquiry for own in one.channels for shop in own.shops} for one in seen.organisations]

    assert contacts[0] == {"not shown"}
    assert enquiries[:2] == [{""}, {""}]
    assert len(contacts[1]) == 5
    assert enquiries[2] == {"Missed bin", "Blue badge", "Council tax"}
    assert seen.organisations[0].channels[0].score == report_of(work).organisations[0].channels[0].score
    assert [len(one.services) for one in seen.organisations] == [0, 0, 2]


def all_texts(folder: Path) -> dict[str, str]:
    """The text of every file, of every part of those that are archives, and of every page."""
    found = {}
    for path in folder.iterdir():
        if path.suffix == ".pdf":
            found[path.name] = re.sub(r"\s+", " ", "\n".join(page.extract_text() for page in PdfReader(path).pages))
        elif path.suffix in (".xlsx", ".docx"):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    found[f"{path.name}/{name}"] = archive.read(name).decode("utf-8", "replace")
        else:
            found[path.name] = path.read_text("utf-8")
    return found
