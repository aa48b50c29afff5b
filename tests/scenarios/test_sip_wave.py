"""A wave over a SIP trunk: its outcomes, what a crash leaves in doubt, and that real calls wait for --yes."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from probes.phone import PhoneProbe
from probes.phone.moments import EXACTLY
from results.calendar import LONDON
from results.schema import Failure, Observation, Shop
from results.store import ShopRow
from scenarios.bench import opened
from scenarios.carrier import carrier
from scenarios.commands.common import planned_wave
from scenarios.commands.programme import wave_to_run
from scenarios.demo import practice, write_programme
from scenarios.in_doubt import Doubts
from tests.scenarios.shopping import WAVE, change, run
from tests.sipp import council as sipp
from tests.sipp.council import Council, council, lacking, number

pytestmark = pytest.mark.skipif(bool(lacking()), reason=lacking())

ANSWERS, ENGAGED, UNAVAILABLE, NO_SUCH, NEVER = (number(manner, 3) for manner in range(5))
CALLER = "+441134960999"
MONDAY = dt.date(2026, 11, 23)
COUNCIL = """
id: tryham
name: Tryham Council
about: Its lines are played over SIP; here they have no manners.
hours: {opens: "09:00", closes: "17:00"}
mail: {addresses: [enquiries@tryham.example], manners: [{silent: true}]}
lines:
"""
LINE = '  - {{number: "{number}", label: Line, calls: [{{outcome: no reply}}]}}\n'
TRUNK = """[phone]
provider = "sip"
host = "{host}"
user = "+441134960999"
caller = "+441134960999"
interface = "127.0.0.1"
channels = 5
"""


@pytest.fixture(scope="module")
def called() -> Iterator[Council]:
    with council() as telephones:
        yield telephones


@asynccontextmanager
async def programme(where: Path, host: str, lines: Sequence[str]) -> AsyncIterator[Path]:
    """A practice programme that rings each of these lines once, over SIP."""
    councils, folder = where / "councils", where / "programme"
    councils.mkdir()
    (councils / "tryham.yaml").write_text(COUNCIL + "".join(LINE.format(number=line) for line in lines))
    async with practice(["--councils", str(councils), "--start", "2026-11-23T10:00"]) as partnership:
        write_programme(folder, partnership, MONDAY, calls=len(lines))
        toml = (folder / "programme.toml").read_text()
        before, after = toml.split("[phone]")[0], toml.split("[practice]")[1]
        (folder / "programme.toml").write_text(f"{before}{TRUNK.format(host=host)}\n[practice]{after}")
        change(folder / "waves" / f"{WAVE}.yaml", lambda wave: wave.update(scenarios=["telephone"]))
        change(folder / "scenarios" / "telephone.yaml", lambda it: it.update(attempts=1, ring_for=15))
        yield folder


async def doorstep(*arguments: str, **environment: str) -> tuple[int, str]:
    """The command, run as a user would: exit code and standard output."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scenarios.cli", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | environment,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def shops(folder: Path) -> dict[str, Shop]:
    async with opened(folder, to_work=False) as bench:
        return {shop.target: shop for shop in await bench.store.shops(await planned_wave(bench, WAVE))}


async def rows(folder: Path) -> dict[str, ShopRow]:
    async with opened(folder, to_work=False) as bench:
        return {row.id.rpartition(".telephone.")[2]: row for row in await bench.store.rows(channel="phone")}


def seen(shop: Shop) -> Observation:
    assert shop.observation is not None
    return shop.observation


def dialled(called: Council, line: str) -> int:
    return sum(line in each.first for each in called.heard("INVITE"))


async def test_a_wave_over_sip_ends_in_the_store_with_the_moments_of_the_wire(tmp_path: Path, called: Council) -> None:
    async with programme(tmp_path, called.host, (ANSWERS, ENGAGED, NEVER, NO_SUCH)) as folder:
        code, said = await doorstep("run", WAVE, "--folder", str(folder))
        assert code == 0, said
        found = await shops(folder)

    assert "Made: 4 calls." in said
    assert seen(found[ANSWERS]).facts["phone.outcome"] == "answered"
    assert [seen(found[line]).failure for line in (ENGAGED, NEVER)] == [Failure.ENGAGED, Failure.NO_REPLY]
    assert seen(found[NO_SUCH]).failure is Failure.NUMBER_NOT_IN_USE
    assert {shop.state for shop in found.values()} == {"closed"}
    answered = seen(found[ANSWERS]).moments
    assert all(answered[name].upper - answered[name].lower == 2 * EXACTLY for name in ("ringing", "answered", "ended"))
    assert answered["ringing"].upper < answered["answered"].lower < answered["ended"].lower


async def test_a_call_in_doubt_after_a_crash_is_void_and_a_new_one_takes_its_place(
    tmp_path: Path, called: Council
) -> None:
    lines = (number(1, 31), number(1, 32), number(1, 33))
    async with programme(tmp_path, called.host, lines) as folder:
        async with opened(folder, to_work=True) as bench:
            await wave_to_run(bench, WAVE, None, None)
            now = bench.clock.now()
            first, second, _ = await bench.store.rows(channel="phone")
            await bench.store.about_to(first.id, first.reference, now)  # killed while it was dialled
            await bench.store.about_to(second.id, second.reference, now)
            await bench.store.done(second.id, "a call of that process", now)  # killed while it rang
        outcome = await run(folder)
        found = await rows(folder)

    assert {key: row.state for key, row in found.items()} == {
        "000": "void",
        "001": "void",
        "002": "closed",
        "000.r1": "closed",
        "001.r1": "closed",
    }
    assert "keeps no list of calls" in found["000"].why
    assert outcome.made["phone"] == 3
    assert [dialled(called, line) for line in lines] == [1, 1, 1]


async def test_a_message_that_may_have_been_left_is_not_left_again(tmp_path: Path, called: Council) -> None:
    async with programme(tmp_path, called.host, (number(1, 41),)) as folder:
        async with opened(folder, to_work=True) as bench:
            await wave_to_run(bench, WAVE, None, None)
            frozen = await planned_wave(bench, WAVE)
            (row,) = await bench.store.rows(channel="phone")
            await bench.store.about_to(row.id, row.reference, bench.clock.now())
            leaves = frozen.scenarios["telephone"].model_copy(update={"leave_message": True})
            doubted = dataclasses.replace(frozen, scenarios={"telephone": leaves})
            async with carrier(bench.folder.programme, bench.clock, bench.ledger) as sip:
                probe = PhoneProbe(sip, bench.guard, bench.store, bench.evidence, bench.clock, CALLER)
                await Doubts(bench, doubted, sip, probe).settle(await bench.store.row(row.id))
        found = await rows(folder)

    assert {key: row.state for key, row in found.items()} == {"000": "void"}
    assert "it is not repeated" in found["000"].why


# -------------------------------------------------------------------------------------------------- real calls


REAL = """partnership = "The Partnership"
contact = "https://p.example"
[phone]
provider = "sip"
host = "{host}"
user = "probe"
caller = "+441629533199"
interface = "127.0.0.1"
registers = {registers}
{price}
"""
REGISTER = """id: far
name: Far Council
contacts:
  lines:
    - {{number: "+441629533190", label: Switchboard}}
consent:
  agreed_by: Head
  valid_from: {today}
  until: {later}
  channels: [phone]
  lines: ["+441629533190"]
"""


def real(folder: Path, host: str, registers: bool = False, price: str = "") -> Path:
    """A programme that would ring one real line twice."""
    today = dt.datetime.now(LONDON).date()
    later = today + dt.timedelta(days=90)
    for room in ("register", "scenarios", "waves"):
        (folder / room).mkdir(parents=True)
    (folder / "programme.toml").write_text(REAL.format(host=host, registers=str(registers).lower(), price=price))
    (folder / "register" / "far.yaml").write_text(REGISTER.format(today=today, later=later))
    (folder / "scenarios" / "calls.yaml").write_text(
        "id: calls\nchannel: phone\nenquiries: [missed-bin]\ncontacts: 2\n"
    )
    (folder / "waves" / "spring.yaml").write_text(
        "id: spring\ntitle: Spring\npartnership: The Partnership\n"
        f"fieldwork_from: {today}\nfieldwork_until: {later}\nscenarios: [calls]\n"
    )
    return folder


@asynccontextmanager
async def a_trunk() -> AsyncIterator[socket.socket]:
    """A trunk that never answers; what was sent to it can be received."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trunk:
        trunk.bind(("127.0.0.1", 0))
        trunk.setblocking(False)
        yield trunk


def heard(trunk: socket.socket) -> str:
    """The first thing that was sent to it; nothing where nothing was."""
    try:
        return trunk.recv(10_000).decode()
    except BlockingIOError:
        return ""


async def test_real_calls_are_told_with_their_cost_and_nothing_is_opened_without_yes(tmp_path: Path) -> None:
    async with a_trunk() as trunk:
        host = f"127.0.0.1:{trunk.getsockname()[1]}"
        folder = real(tmp_path / "far", host, registers=True, price="pence_per_minute = 1.5")
        code, said = await doorstep("run", "spring", "--folder", str(folder), DOORSTEP_PHONE_SECRET="x")
        assert heard(trunk) == ""
        await doorstep("phone", "test", "--folder", str(folder), DOORSTEP_PHONE_SECRET="x")
        assert heard(trunk).startswith("REGISTER ")  # the very same programme, where it may

    assert code == 1
    assert said.splitlines() == [
        "Real calls due through sip, showing +441629533199: 2",
        "  +441629533190: 2",
        "Expected cost: 0.03 GBP for 2 begun minutes, if each is answered once.",
        "Nothing was dialled, sent or fetched. To make them: the same command with --yes.",
    ]
    async with opened(folder, to_work=False) as bench:
        assert await bench.store.wave_ids() == ()


async def test_a_cost_that_nobody_told_is_not_known(tmp_path: Path) -> None:
    folder = real(tmp_path / "far", "127.0.0.1:9")
    code, said = await doorstep("run", "spring", "--folder", str(folder), "--json")

    assert code == 1
    due = json.loads(said)["calls_due"]
    assert (due["numbers"], due["pence"]) == ({"+441629533190": 2}, None)


@pytest.mark.parametrize(
    ("password", "code", "told"),
    [("open sesame", 0, "All is well. Nothing was dialled."), ("wrong", 1, "Nothing may be dialled.")],
)
async def test_a_trunk_is_tried_by_signing_in_and_nobody_is_rung(
    tmp_path: Path, password: str, code: int, told: str
) -> None:
    with council(Path(sipp.__file__).parent / "registrar.xml") as registrar:
        folder = real(tmp_path / "far", registrar.host, registers=True)
        ended, said = await doorstep("phone", "test", "--folder", str(folder), DOORSTEP_PHONE_SECRET=password)
        assert registrar.heard("REGISTER")
        assert not registrar.heard("INVITE")

    assert (ended, said.splitlines()[-1]) == (code, told)
    assert "Expected cost of 1 calls: not known" in said
    assert ("403" in said) == (password == "wrong")
    assert password not in said


async def test_a_trunk_to_sign_in_to_needs_its_password_and_says_where_to_put_it(tmp_path: Path) -> None:
    folder = real(tmp_path / "far", "127.0.0.1:9", registers=True)
    code, said = await doorstep(
        *("phone", "test", "--folder", str(folder)),
        DOORSTEP_PHONE_SECRET="",
        PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring",
    )

    assert code == 2
    assert "there is no password for probe@127.0.0.1:9; set the environment variable DOORSTEP_PHONE_SECRET" in said
