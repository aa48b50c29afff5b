"""Reading programme folders: every mistake told with file, line, key and remedy, all at once."""

from pathlib import Path

import pytest

from results.schema import Scenario
from scenarios.commands.programme import STARTER
from scenarios.programme import is_loopback, library, load
from scenarios.reading import Invalid

INVALID = Path(__file__).parent.parent / "data" / "invalid"
GOOD = {
    "programme.toml": """partnership = "P"
contact = "https://p.example"
[mail.main]
mailbox = "shopper@p.example"
username = "shopper"
smtp_host = "smtp.p.example"
imap_host = "imap.p.example"
""",
    "register/amber.yaml": "id: amber\nname: Amber Council\n",
    "scenarios/mails.yaml": "id: mails\nchannel: email\nenquiries: [missed-bin]\n",
}
NAMES = {"programme": "programme.toml", "register": "amber.yaml", "scenarios": "mails.yaml", "enquiries": "shed.yaml"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A programme folder with nothing wrong."""
    for name, text in GOOD.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(Invalid) as caught:
        load(folder)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("path", sorted(INVALID.rglob("*.*")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_one_mistake_is_told_in_one_line(path: Path, folder: Path) -> None:
    text = path.read_text()
    expected = text.splitlines()[0].removeprefix("# expect: ")
    room = path.parent.name
    target = folder / ("" if room == "programme" else room) / NAMES.get(room, "spring.yaml")
    target.parent.mkdir(exist_ok=True)
    target.write_text(text)

    found = mistakes(folder)

    assert len(found) == 1, found
    assert found[0].startswith(expected)
    assert "\n" not in found[0]


def test_all_mistakes_of_all_files_are_told_at_once(folder: Path) -> None:
    (folder / "register" / "amber.yaml").write_text("id: amber\nnation: France\n")
    (folder / "scenarios" / "mails.yaml").write_text("id: mails\nchannel: pigeon\nenquiries: []\n")

    assert [line.split(":")[0] for line in mistakes(folder)] == ["register/amber.yaml"] * 2 + [
        "scenarios/mails.yaml"
    ] * 2


def test_two_files_with_one_id_are_told(folder: Path) -> None:
    (folder / "register" / "emerald.yaml").write_text("id: amber\nname: Emerald\n")

    assert "another file of register/ has already" in mistakes(folder)[0]


def test_a_folder_without_programme_toml_says_how_to_make_one(tmp_path: Path) -> None:
    assert "doorstep init" in mistakes(tmp_path)[0]


def test_a_file_that_was_changed_is_read_anew(folder: Path) -> None:
    path = next((folder / "register").glob("*.yaml"))
    before = load(folder).register

    path.write_text(path.read_text().replace("name: ", "name: New ", 1))

    assert [one.name for one in load(folder).register.values()] != [one.name for one in before.values()]


def test_a_file_that_is_not_text_is_told(folder: Path) -> None:
    (folder / "register" / "amber.yaml").write_bytes(b"\xff\xfe\x00")

    assert mistakes(folder) == ["register/amber.yaml: is not UTF-8 text; save it as UTF-8"]


def test_a_file_of_megabytes_is_not_read(folder: Path) -> None:
    (folder / "register" / "amber.yaml").write_text("#" * 1_000_001)

    assert "larger than 1,000,000 bytes" in mistakes(folder)[0]


def test_the_starter_folder_is_right_and_contacts_nobody() -> None:
    starter = load(STARTER)

    assert [each.consent for each in starter.register.values()] == [None]
    assert {scenario.channel for scenario in starter.scenarios.values()} == {"email", "web"}


def test_the_library_has_enquiries_that_pass_their_own_rules(folder: Path) -> None:
    assert len(library()) >= 12
    assert load(folder).enquiries.keys() == library().keys()


def test_a_scenario_counts_from_one_contact_by_default(folder: Path) -> None:
    assert load(folder).scenarios["mails"] == Scenario(id="mails", channel="email", enquiries=("missed-bin",))


def test_a_message_is_not_left_where_nobody_would_know_who_rang_back(folder: Path) -> None:
    with (folder / "programme.toml").open("a") as toml:
        toml.write('[phone]\nprovider = "sip"\nhost = "trunk.example"\nuser = "us"\ncaller = "+441629533190"\n')
    (folder / "scenarios" / "mails.yaml").write_text(
        "id: mails\nchannel: phone\nenquiries: [missed-bin]\nleave_message: true\n"
    )

    (mistake,) = mistakes(folder)

    assert mistake.startswith("scenarios/mails.yaml:4: leave_message: over SIP nobody knows who rang back")


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.0.0.1:8080", True),
        ("localhost:25", True),
        ("[::1]", True),
        ("smtp.example", False),
        ("127.0.0.1.example", False),
        ("10.0.0.1", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, here: bool) -> None:
    assert is_loopback(host) is here
