"""A programme folder in one file and back: settings, register, results and evidence, copied while others work.

The database is copied as of one moment, and evidence after it: evidence is on disk before any row that leads to it, so
all that the copy leads to is there. It is SQLite's in the file, whatever it was: SQLite copies itself, the rows of
PostgreSQL are copied into one. The digests of all files stand in a list at the end.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import cast

from results.database import Database
from results.moving import copy_all
from scenarios.bench import open_database

DATABASE = "doorstep.db"
_LIST = "BACKUP.json"
_FOLDERS = ("register", "scenarios", "enquiries", "profiles", "waves", "evidence", "notices", "reports")
_LEFT_OUT = {".doorstep.lock", ".doorstep-serving.lock", ".doorstep-serving", "pages.db"}
"""What belongs to this machine, and the crawler's copies of pages, which are fetched again."""

_PIECE = 1_000_000


class Damaged(Exception):
    """A file that is no backup, or not as it was written. The message says what is wrong."""


@dataclass(frozen=True)
class Copied:
    """What is in a backup; `size` in bytes."""

    at: dt.datetime
    files: int
    size: int


async def backup(folder: Path, to: Path, url: str, at: dt.datetime) -> Copied:
    """Write the file, whole or not at all. `url`: the database's address."""
    to.parent.mkdir(parents=True, exist_ok=True)
    half = to.with_name(f".{to.name}.half")
    digests: dict[str, str] = {}
    try:
        with (
            tempfile.TemporaryDirectory(dir=to.parent, prefix=".backup-") as temporary,
            tarfile.open(half, "w:gz", compresslevel=3) as archive,
        ):
            copy = Path(temporary) / DATABASE
            await _copy_database(url, copy)
            if copy.exists():  # else nothing was ever run
                digests[DATABASE] = _add(archive, copy, DATABASE)
            for path in _files(folder):
                name = path.relative_to(folder).as_posix()
                with suppress(FileNotFoundError):  # forgotten meanwhile
                    digests[name] = _add(archive, path, name)
            listed = {"doorstep": version("doorstep"), "at": at.isoformat(), "sha256": digests}
            _add_bytes(archive, _LIST, json.dumps(listed, indent=1).encode())
        with half.open("rb") as written:
            os.fsync(written.fileno())
        half.replace(to)
    finally:
        half.unlink(missing_ok=True)
    return Copied(at, len(digests), to.stat().st_size)


def restore(backup_file: Path, folder: Path) -> Copied:
    """Unpack into a folder that does not exist or is empty. Raises `Damaged`, and then leaves nothing behind."""
    half = folder.with_name(f".{folder.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    try:
        _unpack(backup_file, half)
        listed = _listed(half)
        digests = cast(dict[str, str], listed["sha256"])
        for name, digest in digests.items():
            path = half / name
            if not path.is_file() or _digest(path) != digest:
                raise Damaged(f"{backup_file}: {name} is not as it was written; use another backup")
        if DATABASE in digests:
            _check_database(half / DATABASE, backup_file)
        (half / _LIST).unlink()
        if folder.exists():
            folder.rmdir()
        half.replace(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)
    size = backup_file.stat().st_size
    return Copied(dt.datetime.fromisoformat(str(listed["at"])), len(digests), size)


def _files(folder: Path) -> list[Path]:
    """The programme's own files: those of its rooms, and its settings beside them. No databases but ours."""
    top = [path for path in folder.iterdir() if path.is_file() and path.suffix in (".toml", ".yaml", ".yml", ".md")]
    inner = [path for room in _FOLDERS for path in (folder / room).rglob("*") if path.is_file()]
    return sorted(path for path in (*top, *inner) if path.name not in _LEFT_OUT and not path.is_symlink())


async def into_its_own(folder: Path, url: str) -> None:
    """Put the database that was restored where the programme says that it is kept. Raises `NotEmpty`, `Unreachable`."""
    if url.startswith("sqlite") or not (here := folder / DATABASE).exists():
        return
    async with _both(f"sqlite:///{here}", url) as (source, own):
        await copy_all(source, own)
    here.unlink()


async def _copy_database(url: str, to: Path) -> None:
    if not url.startswith("sqlite"):
        async with _both(url, f"sqlite:///{to}") as (source, copy):
            await copy_all(source, copy)
    elif (live := Path(url.removeprefix("sqlite:///"))).exists():
        there = f"{live.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(there, uri=True)) as file, closing(sqlite3.connect(to)) as copied:
            file.backup(copied)


@asynccontextmanager
async def _both(source: str, to: str) -> AsyncIterator[tuple[Database, Database]]:
    async with AsyncExitStack() as stack:
        one = await open_database(source)
        stack.push_async_callback(one.close)
        other = await open_database(to)
        stack.push_async_callback(other.close)
        yield one, other


def _add(archive: tarfile.TarFile, path: Path, name: str) -> str:
    """Add a file as it is at this moment; returns its digest."""
    with path.open("rb") as file:
        content = file.read() if path.stat().st_size <= _PIECE else None
        if content is not None:
            _add_bytes(archive, name, content)
            return hashlib.sha256(content).hexdigest()
        entry = archive.gettarinfo(arcname=name, fileobj=file)
        archive.addfile(entry, file)
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _unpack(backup_file: Path, to: Path) -> None:
    try:
        with tarfile.open(str(backup_file), "r|gz") as archive:
            archive.extractall(to, filter="data")  # refuses paths that lead elsewhere, links and devices
    except (tarfile.TarError, EOFError, OSError, gzip.BadGzipFile) as error:
        raise Damaged(f"{backup_file} cannot be unpacked: {error}") from None


def _listed(folder: Path) -> dict[str, object]:
    try:
        listed = json.loads((folder / _LIST).read_text("utf-8"))
        assert isinstance(listed["sha256"], dict)
        assert isinstance(listed["at"], str)
    except (OSError, ValueError, KeyError, TypeError, AssertionError):
        raise Damaged(f"this is no backup that `doorstep backup` wrote: it has no {_LIST}") from None
    return cast(dict[str, object], listed)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_database(path: Path, backup_file: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as file:
            said = file.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        raise Damaged(f"{backup_file}: the database in it is damaged ({said}); use another backup")
