"""Forms out and in: what may be written, where it stands, and what is told of whatever is wrong or hostile."""

import csv
import datetime as dt
import io
import zipfile
from typing import Any

import pytest

from results import scheme as schemes
from results.filled import Filled, Given
from results.forms import review_sheet
from results.forms.incoming import RawTask, Unreadable, opened
from results.forms.interpret import filled
from results.forms.question import Cell, NoAnswer, question, read
from results.forms.sheet import ShopperForm, shopper_form, standards
from results.forms.table import table
from results.forms.workbook import workbook
from results.marking import asked
from results.people import Role, Task
from results.schema import AnswerKey, Channel, Criterion, Enquiry, Organisation, Scenario, Wave
from results.store import FrozenWave, planned
from tests.results import filling

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
HANDED_OUT = dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)
HOSTILE = '=cmd|" /C calc"!A0'
SCHEME = schemes.load("south-derbyshire-2006")
BY_ID = {criterion.id: criterion for criterion in SCHEME.criteria}
ENQUIRY = Enquiry(
    id="bins",
    service=524,
    title="Bins",
    subject="My bin",
    words="=1+1 is what I pay for, and our bin was not emptied.",
    search="bins",
    answer_key=AnswerKey(dated=NOW.date(), source="test", page="bins"),
)


def frozen(channel: Channel = "email") -> FrozenWave:
    scenario = Scenario(id="people", channel=channel, shopper="person", enquiries=("bins",))
    wave = Wave(
        id="w1",
        title="=First & last",
        partnership="P",
        fieldwork_from=dt.date(2026, 11, 1),
        fieldwork_until=dt.date(2026, 11, 30),
        scenarios=("people",),
    )
    return FrozenWave(
        wave, SCHEME, {"amber": Organisation(id="amber", name="=Amber")}, {"people": scenario}, {"bins": ENQUIRY}, NOW
    )


def form(tasks: int = 2, channel: Channel = "email", role: Role = "shop") -> ShopperForm:
    wave = frozen(channel)
    rows = [planned("w1", "amber", wave.scenarios["people"], "bins", "+441629533190", one, NOW) for one in range(tasks)]
    handed = [(Task(row.id, "s1", role, HANDED_OUT, dt.date(2026, 11, 30)), row) for row in rows]
    return shopper_form("s1", handed, wave, ["Alison Bennett"])


QUESTIONS = [question(one) for one in asked(SCHEME, frozen().scenarios["people"], ENQUIRY)]
SHOP = "w1.amber.people.000"


def answers(**more: Any) -> filling.Answers:
    """The first task filled in: made, when, and what `more` says (email__replied="Yes")."""
    said = {"@made": "Yes", "@day": dt.datetime(2026, 11, 9), "@time": dt.time(14, 5)}
    said |= {key.replace("__", ".") if "__" in key else f"@{key}": value for key, value in more.items()}
    return lambda shop, id: said.get(id) if shop == SHOP else None


def brought_in(content: bytes, name: str = "s1.xlsx") -> tuple[Filled | None, list[str]]:
    """The first task, and the mistakes told."""
    raw = next(one for one in opened(name, content) if one.marks["shop"] == SHOP)
    found, mistakes = filled(raw, QUESTIONS, HANDED_OUT.date(), NOW)
    return found, [str(mistake) for mistake in mistakes]


# ------------------------------------------------------------------------------------------------ one answer


@pytest.mark.parametrize(
    ("id", "cell", "value"),
    [
        ("email.replied", "Yes", True),
        ("email.replied", " no ", False),
        ("email.replied", True, True),
        ("email.fully_answered", "Partly", "partly"),
        ("email.layout", 4, 4),
        ("email.layout", "4", 4),
        ("email.layout", 4.0, 4),
        ("phone.access.answer_time", 12, 12),
        ("phone.access.answer_time", "12 seconds", 12),
        ("phone.access.answer_time", "1:05", 65),
        ("phone.access.answer_time", dt.time(1, 5), 65),
        ("phone.access.rings", "3", 3),
        ("web.phone.valid", "80%", 80),
        ("email.ack_24h", "09/11/2026 14:05", "2026-11-09T14:05:00+00:00"),
        ("email.ack_24h", "9.11.26 2.05pm", "2026-11-09T14:05:00+00:00"),
        ("email.ack_24h", dt.datetime(2026, 7, 9, 14, 5), "2026-07-09T13:05:00+00:00"),
        ("run.comment", "a\x00 person", "a  person"),
    ],
)
def test_what_people_write_is_read_as_they_mean_it(id: str, cell: Cell, value: object) -> None:
    given = read(question(BY_ID[id]), cell)

    assert given == Given(said="value", value=value)


@pytest.mark.parametrize(
    ("id", "cell", "told"),
    [
        ("email.replied", "Perhaps", "is “Perhaps”; choose Yes, No, N/A or Cannot tell"),
        ("email.layout", 6, "is “6”; choose 5, 4, 3, 2, 1, N/A or Cannot tell"),
        ("phone.access.rings", 2.5, "is “2.5”; write a whole number, as 3, or N/A or Cannot tell"),
        ("phone.access.rings", -1, "is “-1”"),
        ("web.phone.valid", 0.8, "is “0.8”; write a whole number from 0 to 100, as 80 for 80 per cent"),
        ("phone.access.answer_time", "soon", "is “soon”; write seconds, as 12, or minutes and seconds"),
        ("phone.access.answer_time", float("inf"), "is “inf”"),
        ("phone.access.answer_time", float("nan"), "is “nan”"),
        ("email.ack_24h", "31/02/2026 10:00", "write the day and the time, as 09/11/2026 14:05"),
        ("email.ack_24h", "yesterday", "write the day and the time"),
    ],
)
def test_what_is_no_answer_is_told_with_what_would_be_right(id: str, cell: Cell, told: str) -> None:
    with pytest.raises(NoAnswer) as caught:
        read(question(BY_ID[id]), cell)

    assert told in str(caught.value)


def test_words_may_stand_for_any_answer() -> None:
    asked_when = question(BY_ID["email.ack_24h"])

    said = [read(asked_when, word) for word in ("n/a", "Can’t tell", "DON'T KNOW", "never", "", None)]

    assert [one.said if one else None for one in said] == [
        *("not applicable", "cannot tell", "cannot tell", "never"),
        *(None, None),
    ]


# ------------------------------------------------------------------------------------------------ the workbook


def test_only_the_cells_for_answers_and_comments_can_be_written_in() -> None:
    book = filling.workbook(workbook(form(), NOW))

    for sheet in book.worksheets:
        assert sheet.protection.sheet
        assert (sheet.page_setup.paperSize, sheet.page_setup.fitToHeight) == (9, 0)
    sheet = book["Task 1"]
    rows = filling.rows_of(sheet)
    own = {row for id, row in rows.items() if "=" not in id}
    unlocked = {(cell.row, cell.column) for row in sheet.iter_rows() for cell in row if not cell.protection.locked}
    assert {row for row, _ in unlocked} == own
    assert {column for _, column in unlocked} == {3, 4}


def test_every_question_says_what_may_be_answered() -> None:
    book = filling.workbook(workbook(form(), NOW))
    sheet = book["Task 1"]
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}

    for id, row in filling.rows_of(sheet).items():
        if id in BY_ID and BY_ID[id].answer != "text":
            assert len(rules[f"C{row}"].prompt) <= 255
    row = filling.rows_of(sheet)["email.fully_answered"]
    assert rules[f"C{row}"].formula1 == '"Fully,Partly,Not,N/A,Cannot tell"'
    assert rules[f"C{filling.rows_of(sheet)['email.ack_24h']}"].type == "custom"


def test_a_list_longer_than_excel_allows_stands_in_hidden_cells() -> None:
    many: Criterion = BY_ID["email.fully_answered"].model_copy(
        update={"marks": {f"a_rather_long_choice_number_{place}": 1.0 for place in range(12)}}
    )
    wave = frozen()
    criteria = tuple(many if one.id == many.id else one for one in SCHEME.criteria)
    row = planned("w1", "amber", wave.scenarios["people"], "bins", "x", 0, NOW)
    altered = FrozenWave(
        wave.wave,
        SCHEME.model_copy(update={"criteria": criteria}),
        wave.organisations,
        wave.scenarios,
        wave.enquiries,
        NOW,
    )
    task = Task(row.id, "s1", "shop", HANDED_OUT, dt.date(2026, 11, 30))

    sheet = filling.workbook(workbook(shopper_form("s1", [(task, row)], altered), NOW))["Task 1"]

    at = filling.rows_of(sheet)[many.id]
    rule = next(one for one in sheet.data_validations.dataValidation if str(one.sqref) == f"C{at}")
    assert rule.formula1 == f"$G${at}:$T${at}"
    assert sheet.cell(at, 7).value == "A rather long choice number 0"


def test_a_text_that_looks_like_a_formula_is_none() -> None:
    book = filling.workbook(workbook(form(), NOW))
    rows = list(csv.reader(io.StringIO(table(form()).decode("utf-8-sig"))))

    assert all(cell.data_type != "f" for sheet in book.worksheets for row in sheet.iter_rows() for cell in row)
    assert not [text for row in rows for text in row if text.startswith(("=", "+", "-", "@"))]


def test_a_shopper_reads_what_to_do_the_standards_and_how_to_stay_safe() -> None:
    book = filling.workbook(workbook(form(channel="phone"), NOW))

    first = " ".join(str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row if cell.value)
    task = " ".join(str(cell.value) for row in book["Task 1"].iter_rows() for cell in row if cell.value)

    assert "Calls are answered within 10 seconds or 4 rings; either will do" in first
    assert "999" in first
    assert "not your address" in first
    assert "do not lie" in first
    assert "01629 533190" in task
    assert ENQUIRY.words in task
    assert "Alison Bennett" in task
    assert "From 2 November 2026 until 30 November 2026, while the offices are open" in task


def test_the_standards_are_those_of_the_profile() -> None:
    assert "Visitors are seen within 20 minutes" in standards(SCHEME.profile)
    one = SCHEME.profile.model_copy(update={"figures": {"email.reply_working_days": 1}})
    assert "E-mails are answered in full within one working day" in standards(one)


# ------------------------------------------------------------------------------------------------ brought in again


def test_the_same_answers_come_back_from_a_workbook_and_from_csv() -> None:
    said = answers(email__replied="Yes", email__ack_24h=dt.datetime(2026, 11, 9, 15), email__layout=4, comment="Fine.")
    said_as_text = answers(
        day="09/11/2026",
        time="14:05",
        email__replied="Yes",
        email__ack_24h="09/11/2026 15:00",
        email__layout="4",
        comment="Fine.",
    )

    book, mistakes = brought_in(filling.fill(workbook(form(), NOW), said))
    text, others = brought_in(filling.fill_table(table(form()), said_as_text), "s1.csv")

    assert mistakes == others == []
    assert book is not None
    assert book == text
    assert book.made_at == dt.datetime(2026, 11, 9, 14, 5, tzinfo=dt.UTC)
    assert book.answers["email.layout"] == Given(said="value", value=4)
    assert book.comment == "Fine."


def test_sheets_may_be_renamed_and_put_in_another_order() -> None:
    content = filling.fill(workbook(form(), NOW), answers(email__replied="Yes"))
    book = filling.workbook(content)
    book["Task 1"].title = "done!"
    book.move_sheet("done!", 2)
    book["Task 2"].insert_rows(4)

    again, mistakes = brought_in(filling.saved(book))

    assert mistakes == []
    assert again == brought_in(content)[0]


def test_a_csv_saved_by_a_spreadsheet_program_of_another_country_is_read() -> None:
    content = filling.fill_table(table(form()), answers(day="09/11/2026", time="14:05", email__replied="Yes"))
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    into = io.StringIO(newline="")
    csv.writer(into, delimiter=";").writerows(rows)

    again, mistakes = brought_in(into.getvalue().encode("cp1252"), "s1.csv")

    assert mistakes == []
    assert again == brought_in(content, "s1.csv")[0]


def test_each_mistake_is_told_with_its_place_and_the_rest_is_kept() -> None:
    said = answers(email__replied="Perhaps", email__layout=9, email__used_name="Yes", email__links_work="=1+1")
    content = filling.fill(workbook(form(), NOW), said)
    rows = filling.rows_of(filling.workbook(content)["Task 1"])

    found, mistakes = brought_in(content)

    assert sorted(mistakes) == sorted(
        [
            f"s1.xlsx, sheet “Task 1”, row {rows['email.replied']}, column C: is “Perhaps”; "
            "choose Yes, No, N/A or Cannot tell",
            f"s1.xlsx, sheet “Task 1”, row {rows['email.layout']}, column C: is “9”; "
            "choose 5, 4, 3, 2, 1, N/A or Cannot tell",
            f"s1.xlsx, sheet “Task 1”, row {rows['email.links_work']}, column C: "
            "holds a formula, which is not worked out; type the answer itself",
        ]
    )
    assert found is not None
    assert found.answers["email.used_name"].value is True
    assert found.answers["email.replied"] == Given(said="wrong", written="Perhaps")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"day": dt.datetime(2026, 11, 25)}, "is 25/11/2026 14:05, which is still to come; write when it was made"),
        ({"day": dt.datetime(2026, 11, 1)}, "is 01/11/2026, before the task was handed out on 02/11/2026"),
        ({"day": "9th of November"}, "is “9th of November”; write it as 09/11/2026"),
        ({"time": "early"}, "is “early”; write it as 14:05"),
        ({"day": None, "email__replied": "Yes"}, "the day of the contact is missing; write it as 09/11/2026"),
        ({"made": "Sort of"}, "is “sort of”; choose Yes or No"),
        ({"email__ack_24h": dt.datetime(2026, 11, 9, 14)}, "is 09/11/2026 14:00, before the contact was made"),
        ({"email__ack_24h": dt.datetime(2026, 11, 30, 14)}, "is 30/11/2026 14:00, which is still to come"),
    ],
)
def test_days_and_times_that_cannot_be_are_told(said: dict[str, Any], told: str) -> None:
    found, mistakes = brought_in(filling.fill(workbook(form(), NOW), answers(**said)))

    assert found is not None
    assert len(mistakes) == 1
    assert told in mistakes[0]


def test_a_form_that_nobody_filled_in_is_no_form() -> None:
    assert brought_in(workbook(form(), NOW)) == (None, [])
    assert brought_in(workbook(form(role="judge"), NOW)) == (None, [])


def test_a_contact_that_could_not_be_made_says_why() -> None:
    said = filling.fill(workbook(form(), NOW), answers(made="No", day=None, time=None, comment="I was ill."))

    found, mistakes = brought_in(said)

    assert mistakes == []
    assert found is not None
    assert (found.made, found.comment) == (False, "I was ill.")


def test_a_question_answered_twice_or_never_asked_is_told() -> None:
    book = filling.workbook(filling.fill(workbook(form(), NOW), answers(email__replied="Yes")))
    sheet = book["Task 1"]
    for row, id in ((200, "email.replied"), (201, "phone.access.rings")):
        sheet.cell(row, 3).value = 1
        sheet.cell(row, 5).value = id

    _, mistakes = brought_in(filling.saved(book))

    assert ["row 200" in mistakes[1], "stands above already" in mistakes[1]] == [True, True]
    assert "row 201, column C: is an answer to phone.access.rings, which this task does not ask" in mistakes[0]


# ------------------------------------------------------------------------------------------------ hostile files


def packed(**parts: bytes) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return into.getvalue()


def bombed() -> bytes:
    """A workbook whose strings are an XML bomb: eight kilobytes that would be gigabytes."""
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY l0 "ha">{levels}]><sst><si><t>&l9;</t></si></sst>'
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(form(), NOW))) as good, zipfile.ZipFile(into, "w") as bad:
        for name in good.namelist():
            bad.writestr(name, bomb if name == "xl/sharedStrings.xml" else good.read(name))
    return into.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("big.xlsx", b"PK" + b"0" * 10_000_001, "is larger than 10 MB"),
        ("zip-bomb.xlsx", packed(sheet=b"0" * 61_000_000), "unpacks to more than a form can hold"),
        ("not-a-zip.xlsx", b"PK and no more", "is damaged"),
        ("zip.xlsx", packed(a=b"b"), "is no workbook that can be read"),
        ("bomb.xlsx", bombed(), "is no workbook that can be read"),
        ("writer.ods", packed(mimetype=b"application/vnd.oasis"), "is an OpenDocument file; save it as .xlsx"),
        ("old.xls", b"\xd0\xcf\x11\xe0" + b"0" * 100, "is an old or locked workbook"),
        ("picture.csv", b"\x89PNG\x00\x01", "is neither a workbook nor CSV"),
        ("nought.csv", table(form()) + b"\x00", "is neither a workbook nor CSV"),
        ("list.csv", b"Name,Age\nx,1\n", "its first row lacks the column Your answer"),
        ("empty.csv", b"", "its first row lacks the column"),
    ],
)
def test_a_file_that_is_no_form_is_refused_in_one_line(name: str, content: bytes, told: str) -> None:
    with pytest.raises(Unreadable) as caught:
        opened(name, content)

    assert str(caught.value).startswith(f"{name}: ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_workbook_that_doorstep_did_not_make_is_refused() -> None:
    book = filling.workbook(workbook(form(0), NOW))

    with pytest.raises(Unreadable, match="has no sheet that Doorstep made"):
        opened("mine.xlsx", filling.saved(book))


def test_what_a_shopper_writes_is_kept_as_text_whatever_it_looks_like() -> None:
    found, mistakes = brought_in(
        filling.fill_table(table(form()), answers(day="09/11/2026", time="14:05", comment=HOSTILE)), "s1.csv"
    )

    assert mistakes == []
    assert found is not None
    assert found.comment == HOSTILE


def test_reviews_filled_in_as_csv_are_read_and_rows_left_empty_are_not() -> None:
    rows = [review_sheet.Row((HOSTILE,) * 8, f"s{place}", "email.layout", "abc") for place in range(3)]
    filled_in = list(csv.DictReader(io.StringIO(review_sheet.table(rows).decode("utf-8-sig"))))
    filled_in[1] |= {"Verdict": "Correct", "Right answer": "4", "Reason": "=looked"}
    into = io.StringIO()
    writer = csv.DictWriter(into, review_sheet.HEADINGS)
    writer.writeheader()
    writer.writerows(filled_in)

    (found,) = review_sheet.read("r.csv", into.getvalue().encode())

    assert filled_in[0]["Question"] == f"'{HOSTILE}"
    assert (found.shop, found.criterion, found.seen) == ("s1", "email.layout", "abc")
    assert (found.verdict, found.value, found.why, found.row) == ("Correct", "4", "=looked", 3)


def test_raw_tasks_carry_whose_they_are() -> None:
    tasks: tuple[RawTask, ...] = opened("s1.xlsx", workbook(form(), NOW))

    assert [(one.marks["shop"], one.marks["shopper"], one.marks["scheme"]) for one in tasks] == [
        (f"w1.amber.people.00{place}", "s1", SCHEME.digest) for place in range(2)
    ]
