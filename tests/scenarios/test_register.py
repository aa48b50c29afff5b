"""The register as a working document: what stands, what ends soon, what changed when, and what staff are told."""

import datetime as dt
from pathlib import Path

import pytest
from docx import Document

from results.consents import ConsentLog, differences
from results.database import Database
from results.schema import Consent, Limits, Organisation, Wave
from scenarios import consents
from tests.scenarios.typed import ORGANISATION, doorstep, machine, programme

TODAY = dt.date(2026, 11, 23)
NOW = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)


def agreed(**changes: object) -> Consent:
    entry: dict[str, object] = {
        "agreed_by": "Head of Customer Services",
        "valid_from": dt.date(2026, 1, 1),
        "until": dt.date(2027, 12, 31),
        "channels": ("email",),
        "addresses": ("hello@amber.example",),
        "staff_briefed": dt.date(2025, 12, 1),
    }
    return Consent.model_validate(entry | changes)


def amber(consent: Consent | None) -> Organisation:
    return Organisation(id="amber", name="Amber Council", consent=consent)


@pytest.mark.parametrize(
    ("until", "standing", "told"),
    [
        (TODAY + dt.timedelta(days=31), "in force", ()),
        (TODAY + dt.timedelta(days=30), "ends soon", ("consent ends on 23/12/2026, in 30 days",)),
        (TODAY, "ends soon", ("consent ends on 23/11/2026, today",)),
        (TODAY - dt.timedelta(days=1), "ended", ("consent ended on 22/11/2026",)),
    ],
)
def test_the_end_of_a_consent_is_told_thirty_days_ahead(until: dt.date, standing: str, told: tuple[str, ...]) -> None:
    found = consents.entry(amber(agreed(until=until)), TODAY)

    assert (found.standing, (*found.wrong, *found.warnings)) == (standing, told)


def test_a_channel_without_anything_named_is_wrong_since_nobody_could_be_contacted() -> None:
    found = consents.entry(amber(agreed(channels=("email", "phone"))), TODAY)

    assert found.wrong == ("consent covers phone but names no lines",)


@pytest.mark.parametrize(
    ("briefed", "told"),
    [
        (None, "the register does not say when staff were told (staff_briefed)"),
        (dt.date(2027, 1, 5), "staff are to be told on 05/01/2027, which has not come yet"),
        (dt.date(2026, 2, 5), "staff were told on 05/02/2026, after consent began"),
    ],
)
def test_staff_are_told_before_anybody_is_shopped(briefed: dt.date | None, told: str) -> None:
    assert consents.entry(amber(agreed(staff_briefed=briefed)), TODAY).warnings == (told,)


def test_a_wave_that_outlasts_the_consent_is_told() -> None:
    wave = Wave(
        id="spring",
        title="Spring",
        partnership="P",
        fieldwork_from=dt.date(2027, 12, 1),
        fieldwork_until=dt.date(2028, 1, 31),
        scenarios=("mails",),
    )

    (told,) = consents.entry(amber(agreed()), TODAY, [wave]).warnings

    assert told == ("wave spring is in the field from 01/12/2027 to 31/01/2028, consent from 01/01/2026 to 31/12/2027")


async def test_each_change_is_logged_once_with_what_changed(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path / 'd.db'}")
    log = ConsentLog(database)
    seen = []
    for day, consent in enumerate(
        [None, agreed(), agreed(), agreed(recording=True, limits=Limits(mails_per_day=3)), None, agreed()]
    ):
        seen.append(await log.note({"amber": amber(consent)}, NOW + dt.timedelta(days=day)))
    gone = await log.note({}, NOW + dt.timedelta(days=9))
    changes = await log.changes("amber")
    await database.close()

    assert (seen, gone) == ([0, 1, 0, 1, 1, 1], 1)
    assert [differences(one.before, one.after) for one in changes] == [
        ("entry made",),
        ("recording: no -> yes", "limits.mails_per_day: 10 -> 3"),
        ("entry taken out",),
        ("entry made",),
        ("entry taken out",),
    ]
    assert [one.at.day for one in changes] == [24, 26, 27, 28, 2]


def test_check_fails_where_a_consent_has_ended_and_check_of_the_folder_tells_it(tmp_path: Path) -> None:
    folder = programme(tmp_path / "mine", until="2025-12-31")

    told = doorstep(folder, "register", "check", code=1)
    checked = doorstep(folder, "check")

    assert "Example District Council: consent ended on 31/12/2025" in told
    assert "Example District Council: consent ended on 31/12/2025" in checked
    assert machine(folder, "register", "check", code=1)[0]["standing"] == "ended"


def test_show_tells_one_organisation_with_its_log(tmp_path: Path) -> None:
    folder = programme(tmp_path / "mine")
    listed = doorstep(folder, "register", "show")
    council = folder / "register" / f"{ORGANISATION}.yaml"
    council.write_text(council.read_text().replace("channels: [email, web]", "channels: [email]"))

    told = doorstep(folder, "register", "show", ORGANISATION)

    assert "in force" in listed
    assert "channels: email, web -> email" in told
    assert "entry made" in told


def test_the_notice_says_what_staff_must_be_told_and_word_says_the_same(tmp_path: Path) -> None:
    folder = programme(tmp_path / "mine")
    written = machine(folder, "register", "notice", ORGANISATION, "--to", str(tmp_path / "out"))
    notice = (tmp_path / "out" / "staff-notice.md").read_text()
    assessment = (tmp_path / "out" / "dpia.md").read_text()
    document = Document(str(tmp_path / "out" / "dpia.docx"))

    assert len(written) == 4
    for told in (
        "mystery shopping",
        "Between 4 January 2025 and 31 December 2027",
        "enquiries@example-council.example, at most 5 a day",
        "reported for the **service** and never for a person",
        "no part in appraisal, discipline, pay",
        "object to it",
    ):
        assert told in notice
    assert "Calls" not in notice  # no telephone in this consent
    assert "{{" not in notice + assessment
    assert next(p.text for p in document.paragraphs if p.style and p.style.name == "Heading 2") == "1. Who and what"
    assert document.tables[0].cell(2, 1).text == "Head of Customer Services"


def test_nobody_is_told_of_what_was_never_agreed(tmp_path: Path) -> None:
    folder = programme(tmp_path / "mine")
    council = folder / "register" / f"{ORGANISATION}.yaml"
    council.write_text(council.read_text().partition("consent:")[0])

    with pytest.raises(Exception, match="has no consent entry"):
        doorstep(folder, "register", "notice", ORGANISATION)
