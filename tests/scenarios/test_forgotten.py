"""`doorstep forget`, `export-organisation`, and names that are not shown unless asked for."""

import datetime as dt
import json
import zipfile
from pathlib import Path

import pytest

from probes.web import shelf
from probes.web.ask import Answer
from tests.scenarios.typed import ORGANISATION, doorstep, machine, shopped


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shopped(tmp_path / "mine")


def files(folder: Path) -> int:
    return sum(1 for path in (folder / "evidence").rglob("*") if path.is_file())


def test_forgetting_says_first_what_it_would_remove_and_removes_it_only_with_yes(folder: Path) -> None:
    foretold = doorstep(folder, "forget")
    before = files(folder)
    done = doorstep(folder, "forget", "--yes")

    assert "1 recording" in foretold
    assert "Nothing was removed. To remove it: the same command with --yes." in foretold
    assert before == 2
    assert "Removed. Hashes and facts are kept." in done
    assert files(folder) == 0
    assert "Nothing is to be forgotten." in doorstep(folder, "forget")


def test_a_contact_whose_evidence_is_gone_says_when_it_went_and_what_its_hash_was(folder: Path) -> None:
    doorstep(folder, "forget", "--yes")
    shop = f"first-wave.{ORGANISATION}.email-enquiries.000"

    told = doorstep(folder, "shops", "first-wave", "--shop", shop)

    assert "removed on" in told
    assert "its SHA-256 was" in told


def test_judging_a_contact_anew_whose_mail_is_forgotten_keeps_what_was_seen(folder: Path) -> None:
    shop = f"first-wave.{ORGANISATION}.email-enquiries.000"
    (before,) = machine(folder, "shops", "first-wave", "--shop", shop)
    doorstep(folder, "forget", "--yes")
    council = folder / "register" / f"{ORGANISATION}.yaml"
    council.write_text(council.read_text().replace("closures: [] ", "closures: [2025-03-04] "))

    rescored = machine(folder, "rescore", "first-wave", "--why", "closed for a day")
    (after,) = machine(folder, "shops", "first-wave", "--shop", shop)

    assert rescored["edition"] == 1
    assert after["observation"]["facts"] == before["observation"]["facts"] == {"email.replied": True}
    assert after["answers"] == before["answers"]


def test_everything_of_one_organisation_needs_its_name(folder: Path) -> None:
    with pytest.raises(Exception, match="say whose"):
        doorstep(folder, "forget", "--all")
    with pytest.raises(Exception, match="there is no organisation 'atlantis'"):
        doorstep(folder, "forget", "-o", "atlantis")


def test_everything_of_one_organisation_goes_however_new(folder: Path) -> None:
    kept = "[retention]\nmail = 3650\n"
    (folder / "programme.toml").write_text((folder / "programme.toml").read_text() + kept)

    due = machine(folder, "forget", "-o", ORGANISATION)
    gone = machine(folder, "forget", "-o", ORGANISATION, "--all", "--yes")

    assert due["mails"] == []
    assert (gone["removed"], gone["mails"], len(gone["evidence"])) == (True, [1], 2)


async def test_pages_kept_on_the_shelf_are_forgotten_too(tmp_path: Path) -> None:
    old, new = dt.datetime(2025, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    kept = shelf.Shelf(tmp_path / "pages.db")
    for at, organisation in ((old, "amber"), (new, "amber"), (old, "birch")):
        answer = Answer(200, None, "<p>Jane</p>", False)
        await kept.put(f"https://{organisation}.example/{at.year}", organisation, "s", at, answer)
    await kept.close()

    foretold = shelf.forget(tmp_path / "pages.db", new, count_only=True)
    gone = shelf.forget(tmp_path / "pages.db", new, "amber")

    assert (foretold, gone) == (2, 1)
    assert shelf.forget(tmp_path / "pages.db", new) == 1
    assert shelf.forget(tmp_path / "no.db", new) == 0


def test_an_export_holds_all_of_one_organisation_and_says_what_is_what(folder: Path, tmp_path: Path) -> None:
    doorstep(folder, "export-organisation", ORGANISATION, "--to", str(tmp_path / "all.zip"))

    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        names = set(archive.namelist())
        readme = archive.read("README.txt").decode()
        shops = json.loads(archive.read("shops.json"))
        mails = json.loads(archive.read("mails.json"))
    assert {"organisation.json", "consent-changes.json", "mails/1.eml", "refused.json"} <= names
    assert {"forms.json", "reviews.json", "appeals.json", "action-plans.json"} <= names
    assert all(name.partition("/")[0].partition(".")[0] in readme for name in names - {"README.txt"})
    assert [shop["state"] for shop in shops].count("closed") == 1
    assert [mail["id"] for mail in mails] == [1]
    for shop in shops:
        for one in (shop["observation"] or {"evidence": []})["evidence"]:
            assert any(name.startswith(f"evidence/{one['sha256']}") for name in names)


def test_an_export_after_forgetting_says_what_was_removed(folder: Path, tmp_path: Path) -> None:
    doorstep(folder, "forget", "--yes")
    doorstep(folder, "export-organisation", ORGANISATION, "--to", str(tmp_path / "all.zip"))

    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        removed = json.loads(archive.read("removed.json"))
        assert not [name for name in archive.namelist() if name.startswith(("mails/", "evidence/"))]
    assert {one["kind"] for one in removed} == {"recording", "mail"}


def test_who_wrote_is_not_shown_unless_asked_for(folder: Path) -> None:
    listed = doorstep(folder, "mail", "unmatched")
    read = doorstep(folder, "mail", "unmatched", "2")
    named = doorstep(folder, "mail", "unmatched", "2", "--names")

    assert not [word for word in ("Alison", "Bennett", "alison") if word in listed + read]
    assert "[name] of our team has looked into it. You may call [name] on 0113 496 0000." in read
    assert "Council Tax Officer" in read
    assert "Dear Ms Clarke" in read
    assert "Alison Bennett <alison.bennett@example-council.example>" in named
