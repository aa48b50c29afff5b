"""Databases for tests: SQLite in a folder, and a PostgreSQL of our own where its server is installed."""

import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from results.database import Database


def _postgres_programs() -> Path | None:
    """The folder of PostgreSQL's server programs."""
    places = [Path(found).parent for found in [shutil.which("initdb")] if found]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists()), None)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server started for the tests, on loopback."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL's server is not installed on this machine")
    data = tmp_path_factory.mktemp("postgres") / "data"
    as_user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        for folder in (data.parent, *data.parent.parents[:2]):
            folder.chmod(0o755)
        shutil.chown(data.parent, "nobody")
        as_user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True, "cwd": "/"}
    subprocess.run([*as_user, programs / "initdb", "-D", data, "-U", "doorstep", "-A", "trust", "-N"], **quiet)  # type: ignore[call-overload]
    settings = f"-h 127.0.0.1 -p {port} -k '' -c fsync=off"
    control = [*as_user, programs / "pg_ctl", "-D", data, "-w"]
    subprocess.run([*control, "-o", settings, "-l", data.parent / "log", "start"], **quiet)  # type: ignore[call-overload]
    yield f"postgresql://doorstep@127.0.0.1:{port}/"
    subprocess.run([*control, "-m", "immediate", "stop"], **quiet)  # type: ignore[call-overload]


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'doorstep.db'}"
    else:
        server = request.getfixturevalue("postgres")
        name = f"d{abs(hash(request.node.name)) % 10**12}"
        import psycopg

        with psycopg.connect(f"{server}postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        url = server + name
    opened = await Database.open(url)
    yield opened
    await opened.close()
