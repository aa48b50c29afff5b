"""Seeing and keeping: what is refused and why, how the work stands, and a backup that is what it says."""

import datetime as dt
import tarfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from results.database import Database
from results.moving import copy_all
from results.tables import refusals
from scenarios.bench import DATABASE
from tests.databases import new_postgres, postgres
from tests.scenarios.typed import ORGANISATION, doorstep, machine, programme, shopped

__all__ = ["postgres"]


def test_status_tells_what_waits_what_is_due_and_what_a_person_must_see_to(tmp_path: Path) -> None:
    folder = shopped(tmp_path / "mine")

    told = doorstep(folder, "status")
    document = machine(folder, "status")

    assert "Nothing serves this programme: `doorstep serve` runs its schedules." in told
    assert "first-wave: 20 planned, 1 closed" in told
    assert "1 mails belong to no enquiry: doorstep mail unmatched" in told
    assert document["waves"][0]["states"] == {"planned": 20, "closed": 1}
    assert document["for_a_person"] == {"unmatched": 1, "unclear": 0}
    assert document["serving"] is None


def test_status_tells_a_pause_and_a_consent_that_ends(tmp_path: Path) -> None:
    folder = programme(tmp_path / "mine", until="2025-12-31")
    doorstep(folder, "pause", ORGANISATION, "--why", "flood")

    told = doorstep(folder, "status")

    assert f"Paused: {ORGANISATION}: flood" in told
    assert "consent ended on 31/12/2025" in told


def test_refusals_are_listed_with_rule_and_reason_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = programme(tmp_path / "mine", until="2025-12-31")
    monkeypatch.setenv("DOORSTEP_MAIL_PASSWORD", "x")
    assert doorstep(folder, "refusals").strip() == "Nothing was refused."
    doorstep(folder, "run", "--scenario", "website-visit")

    (refused,) = machine(folder, "refusals", "-o", ORGANISATION)
    listed = doorstep(folder, "refusals")

    assert (refused["rule"], refused["effect"]) == ("consent.expired", "page")
    assert "1 refusals in all; --json lists each." in listed
    assert machine(folder, "refusals", "-o", "atlantis") == []


def test_a_backup_comes_back_as_it_was(tmp_path: Path) -> None:
    folder = shopped(tmp_path / "mine")
    before = machine(folder, "shops", "first-wave")
    evidence = {path.name: path.read_bytes() for path in (folder / "evidence").rglob("*") if path.is_file()}

    doorstep(folder, "backup", str(tmp_path / "kept.tar.gz"))
    again = tmp_path / "again"
    _restore(tmp_path / "kept.tar.gz", again)

    assert machine(again, "shops", "first-wave") == before
    assert {path.name: path.read_bytes() for path in (again / "evidence").rglob("*") if path.is_file()} == evidence
    assert "restored from a backup of" in machine(again, "status")["paused"]["*"]
    assert (again / "register" / f"{ORGANISATION}.yaml").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_backup_moves_a_programme_to_postgresql_and_back(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shopped(tmp_path / "mine")
    before = machine(folder, "shops", "first-wave")
    doorstep(folder, "backup", str(tmp_path / "here.tar.gz"))

    monkeypatch.setenv(DATABASE, new_postgres(request))
    _restore(tmp_path / "here.tar.gz", tmp_path / "large")
    assert machine(tmp_path / "large", "shops", "first-wave") == before
    assert not (tmp_path / "large" / "doorstep.db").exists()
    doorstep(tmp_path / "large", "backup", str(tmp_path / "there.tar.gz"))
    with pytest.raises(Exception, match="is not empty; make an empty one"):
        _restore(tmp_path / "here.tar.gz", tmp_path / "larger")
    assert not (tmp_path / "larger").exists()

    monkeypatch.delenv(DATABASE)
    _restore(tmp_path / "there.tar.gz", tmp_path / "again")
    assert machine(tmp_path / "again", "shops", "first-wave") == before


def test_a_backup_for_a_database_that_cannot_be_reached_is_told_in_a_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doorstep(programme(tmp_path / "mine"), "status")
    doorstep(tmp_path / "mine", "backup", str(tmp_path / "kept.tar.gz"))

    monkeypatch.setenv(DATABASE, "postgresql://doorstep:secret@127.0.0.1:1/none")
    with pytest.raises(Exception, match="cannot be reached") as told:
        _restore(tmp_path / "kept.tar.gz", tmp_path / "again")

    assert "secret" not in str(told.value)
    assert not (tmp_path / "again").exists()


async def test_rows_that_follow_a_copy_are_numbered_on(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    first, second = await Database.open(f"sqlite:///{tmp_path / 'a.db'}"), await Database.open(new_postgres(request))
    row: dict[str, object] = {"at": dt.datetime(2026, 11, 23, tzinfo=dt.UTC), "shop": None, "document": {}}
    async with first.write() as connection:
        await connection.execute(refusals.insert(), [row, row])

    await copy_all(first, second)

    async with second.write() as connection:
        await connection.execute(refusals.insert(), [row])
        assert [*await connection.scalars(sa.select(refusals.c.id))] == [1, 2, 3]
    await first.close()
    await second.close()


def test_a_backup_is_never_written_over_and_a_folder_neither(tmp_path: Path) -> None:
    folder = programme(tmp_path / "mine")
    doorstep(folder, "backup", str(tmp_path / "kept.tar.gz"))

    with pytest.raises(Exception, match=r"kept\.tar\.gz exists already"):
        doorstep(folder, "backup", str(tmp_path / "kept.tar.gz"))
    with pytest.raises(Exception, match="is not empty"):
        _restore(tmp_path / "kept.tar.gz", folder)


def test_a_backup_that_was_damaged_or_is_none_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    folder = shopped(tmp_path / "mine")
    doorstep(folder, "backup", str(tmp_path / "kept.tar.gz"))
    whole = (tmp_path / "kept.tar.gz").read_bytes()
    (tmp_path / "half.tar.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "none.tar.gz").write_bytes(b"no backup")
    with tarfile.open(tmp_path / "other.tar.gz", "w:gz") as archive:
        archive.add(folder / "programme.toml", "programme.toml")
    with tarfile.open(tmp_path / "outside.tar.gz", "w:gz") as archive:
        archive.add(folder / "programme.toml", "../outside.toml")

    for name, told in (
        ("half", "cannot be unpacked"),
        ("none", "cannot be unpacked"),
        ("other", "this is no backup"),
        ("outside", "cannot be unpacked"),
    ):
        with pytest.raises(Exception, match=told):
            _restore(tmp_path / f"{name}.tar.gz", tmp_path / "again")
    assert not (tmp_path / "again").exists()
    assert not (tmp_path / "outside.toml").exists()


def _restore(backup_file: Path, folder: Path) -> None:
    from typer.testing import CliRunner

    from scenarios.cli import program

    done = CliRunner().invoke(program(), ["restore", str(backup_file), str(folder)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
