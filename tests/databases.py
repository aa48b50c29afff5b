"""Databases for tests: SQLite in a folder, and a PostgreSQL of our own where its server is installed."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from results.database import Database


def _postgres_programs() -> Path | None:
    """The folder of PostgreSQL's server programs."""
    places = [Path(found).parent for found in [shutil.which("initdb")] if found]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists()), None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server started for the tests, on loopback."""
    with postgres_server() as server:
        if server is None:
            pytest.skip("PostgreSQL's server is not installed on this machine")
        yield server


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server of our own. `url`: its address, which stays its own when it is stopped and started."""

    url: str
    control: Sequence[str]

    def start(self) -> None:
        """Up, and answering."""
        _quietly([*self.control, "start"])

    def stop(self) -> None:
        """Gone at once, as when the power fails."""
        _quietly([*self.control, "-m", "immediate", "stop"])


@contextmanager
def postgres_server() -> Iterator[str | None]:
    """The address of a PostgreSQL server of our own; None where its programs are not installed."""
    with own_postgres() as server:
        yield server.url if server else None


@contextmanager
def own_postgres() -> Iterator[Postgres | None]:
    """A PostgreSQL server of our own that is up; None where its programs are not installed."""
    programs = _postgres_programs()
    if programs is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="doorstep-postgres-") as folder, socket.socket() as free:
        as_user: list[str] = []
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(folder, "nobody")
            as_user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        data, log = f"{folder}/data", f"{folder}/log"
        _quietly([*as_user, str(programs / "initdb"), "-D", data, "-U", "doorstep", "-A", "trust", "-N"])
        options = f"-h 127.0.0.1 -p {port} -k '' -c fsync=off"
        control = [*as_user, str(programs / "pg_ctl"), "-D", data, "-w", "-o", options, "-l", log]
        server = Postgres(f"postgresql://doorstep@127.0.0.1:{port}/", control)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _quietly(command: list[str]) -> None:
    """Run a program that must succeed; where it does not, what it said is in the error."""
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd="/", check=False)
    assert done.returncode == 0, f"{command[0]}: {done.stderr}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'doorstep.db'}"
    return new_postgres(request)


def new_postgres(request: pytest.FixtureRequest) -> str:
    """The address of an empty PostgreSQL database for one test."""
    return new_database(str(request.getfixturevalue("postgres")), request.node.name)


def new_database(server: str, test: str) -> str:
    """The address of an empty database for the test of that name on a PostgreSQL server."""
    name = f"d{abs(hash(test)) % 10**12}"
    import psycopg

    with psycopg.connect(f"{server}postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server + name


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The same, with its tables."""
    opened = await Database.open(database_url)
    yield opened
    await opened.close()
