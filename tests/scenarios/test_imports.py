"""Public lists into the register, and results out: nothing is lost, nobody agrees to anything by it."""

import csv
import json
from pathlib import Path

import pytest
from pyarrow import parquet

from results.exports import COLUMNS
from scenarios import imports
from scenarios.programme import load
from scenarios.reading import Invalid
from tests.scenarios.typed import ORGANISATION, doorstep, machine, programme, shopped

HEADER = "id,gss,snac,local_custodian_code,tier_id,parent_local_authority_id,slug,country_name,homepage_url,name\n"
LIST = (
    HEADER
    + '101,E10000007,17,1050,1,,derbyshire,England,http://www.derbyshire.gov.uk/,"Derbyshire County Council"\n'
    + '5,E07000032,17UB,1005,2,101,amber-valley,England,http://www.ambervalley.gov.uk/,"Amber Valley Borough Council"\n'
    + '60,W06000015,00PT,6815,3,,cardiff,Wales,https://www.cardiff.gov.uk/,"City of Cardiff Council"\n'
)
SERVICE = {
    "id": "1",
    "name": "Household waste",
    "phones": [
        {"number": '"+44 1332 293111"', "type": "voice", "description": "Reception"},
        {"number": "01332 293112", "type": "fax"},
        {"number": "01332 293113", "extension": 12},
        {"number": "999"},
        {"number": "call us"},
    ],
    "contacts": [{"name": "Ann Persona", "phones": [{"number": "01332 293119"}]}],
    "organization": {"name": "Derby", "phones": [{"number": "01332 640000"}]},
    "service_at_locations": [
        {"location": {"location_type": "physical", "name": "Depot", "phones": [{"number": "01332 293115"}]}}
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return programme(tmp_path / "mine")


def test_councils_come_into_the_register_without_consent(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(LIST)

    told = doorstep(folder, "import", "organisations", str(tmp_path / "list.csv"))
    register = load(folder).register

    assert "3 organisations added to the register, 0 were there already." in told
    assert {id: (one.tier, one.nation) for id, one in register.items() if id != ORGANISATION} == {
        "derbyshire": ("county", "England"),
        "amber-valley": ("district", "England"),
        "cardiff": ("unitary", "Wales"),
    }
    assert register["amber-valley"].contacts.sites == ("http://www.ambervalley.gov.uk/",)
    assert not [one for id, one in register.items() if one.consent and id != ORGANISATION]
    assert (
        "# From the public list of local authorities: GSS E07000032, within Derbyshire County Council."
        in (folder / "register" / "amber-valley.yaml").read_text()
    )


def test_what_is_in_the_register_is_left_as_it_is(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(LIST)
    doorstep(folder, "import", "organisations", str(tmp_path / "list.csv"), "--only", "cardiff")
    mine = folder / "register" / "cardiff.yaml"
    mine.write_text(mine.read_text() + "aliases: [Caerdydd]\n")

    done = machine(folder, "import", "organisations", str(tmp_path / "list.csv"), "--only", "cardiff")

    assert (done["made"], done["there"]) == ([], ["cardiff"])
    assert load(folder).register["cardiff"].aliases == ("Caerdydd",)


def test_a_row_that_is_wrong_is_told_and_the_others_are_taken(folder: Path, tmp_path: Path) -> None:
    wrong = "7,,,,9,,x,England,https://x.example/,X\n8,,,,3,,Y Y,England,https://y.example/,Y\n9,,,,3,,z,Eire,,Z\n"
    (tmp_path / "list.csv").write_text(LIST + wrong + '10,,,,3,,w,Wales,www.w.example,"=HYPERLINK(1)"\n')

    done = machine(folder, "import", "organisations", str(tmp_path / "list.csv"), code=1)

    assert len(done["made"]) == 3
    assert [(one["line"], one["key"]) for one in done["problems"]] == [
        (5, "tier_id"),
        (6, "slug"),
        (7, "country_name"),
        (8, "homepage_url"),
    ]
    assert done["problems"][0]["message"] == "is '9'; it must be 1 (county), 2 (district) or 3 (unitary)"


def test_a_file_that_is_no_list_is_told_in_one_line(tmp_path: Path) -> None:
    for content, told in ((b"a,b\n1,2\n", "has no column tier_id, slug"), (b"\xff\xfe\x00", "is not UTF-8 text")):
        (tmp_path / "list.csv").write_bytes(content)
        with pytest.raises(Invalid, match=told):
            imports.councils(tmp_path / "list.csv")


def test_numbers_of_services_are_added_and_those_of_people_and_faxes_are_not(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "services.json").write_text(json.dumps({"contents": [SERVICE]}))

    done = machine(folder, "import", "services", str(tmp_path / "services.json"), "-o", ORGANISATION)
    again = machine(folder, "import", "services", str(tmp_path / "services.json"), "-o", ORGANISATION)
    council = load(folder).register[ORGANISATION]

    assert [(line.number, line.label) for line in council.contacts.lines] == [
        ("+441332293111", "Household waste"),
        ("+441332640000", "Derby"),
        ("+441332293115", "Household waste"),
    ]
    assert [one["number"] for one in done["added"]] == [line.number for line in council.contacts.lines]
    assert len(done["left"]) == 4
    assert again["added"] == []
    assert council.consent is not None
    assert council.consent.lines == ()
    assert "# Without this entry nobody is mailed" in (folder / "register" / f"{ORGANISATION}.yaml").read_text()


def test_the_tables_of_open_referral_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "services.csv").write_text("id,organization_id,name\ns1,o1,Parking\n")
    (tmp_path / "phones.csv").write_text(
        "id,service_id,contact_id,number,extension,type,description\n"
        'p1,s1,,"""+44 1332 293111""",,voice,\n'
        "p2,,c1,01332 293119,,voice,Ann\n"
    )

    found = imports.numbers(tmp_path, "real")

    assert found.lines == (("+441332293111", "Parking"),)


def test_a_file_without_services_is_told(tmp_path: Path) -> None:
    for content, told in (("{", "is not JSON"), ("[1]", "holds no service"), ("[" * 100_000, "is not JSON")):
        (tmp_path / "x.json").write_text(content)
        with pytest.raises(Invalid, match=told):
            imports.numbers(tmp_path / "x.json", "real")


def test_results_go_out_as_rows_of_answers_and_as_lines_of_contacts(tmp_path: Path) -> None:
    folder = shopped(tmp_path / "mine")
    doorstep(folder, "export-results", "first-wave", "--to", str(tmp_path / "out.csv"))
    doorstep(folder, "export-results", "first-wave", "--to", str(tmp_path / "out.jsonl"))
    shops = machine(folder, "shops", "first-wave")

    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]

    answers = [answer for shop in shops for answer in shop["answers"]]
    assert tuple(rows[0]) == COLUMNS
    assert len([row for row in rows if row["criterion"]]) == len(answers) > 0
    assert len({row["shop"] for row in rows}) == len(lines) == len(shops)
    assert [{key: value for key, value in line.items() if key != "organisation_name"} for line in lines] == shops


def test_results_go_out_as_a_table_with_types(tmp_path: Path) -> None:
    folder = shopped(tmp_path / "mine")
    doorstep(folder, "export-results", "first-wave", "--to", str(tmp_path / "out.csv"))
    doorstep(folder, "export-results", "first-wave", "--to", str(tmp_path / "out.parquet"))

    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    table = parquet.read_table(tmp_path / "out.parquet").to_pylist()

    assert tuple(table[0]) == COLUMNS
    assert [row["criterion"] or "" for row in table] == [row["criterion"] for row in rows]
    assert [row["marks"] for row in table] == [float(row["marks"]) if row["marks"] else None for row in rows]
    made = [row["made_at"] for row in table if row["made_at"]]
    assert made
    assert all(one.tzinfo is not None for one in made)
    assert {row["counted"] for row in table} <= {True, False}


def test_no_text_becomes_a_formula() -> None:
    from results.exports import _cell

    assert [_cell(each) for each in ("=1+1", "+44113", "-x", " @x", "plain", -3, True, None)] == [
        "'=1+1",
        "'+44113",
        "'-x",
        "' @x",
        "plain",
        -3,
        "yes",
        "",
    ]


def test_a_file_of_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"is neither \.csv nor \.jsonl nor \.parquet"):
        doorstep(programme(tmp_path / "mine"), "export-results", "first-wave", "--to", "out.xls")
