"""Signing in at a registrar, being called back there, and TLS: SIPp and a small TLS server on loopback."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from probes.clock import RealClock
from probes.phone.carriers import FINAL, CallNow, CarrierDown, CarrierRefused, Speech
from probes.phone.carriers.sip import Sip, Trunk
from probes.phone.voice import NoVoice, spoken
from tests.certificate import self_signed
from tests.sipp import council as sipp
from tests.sipp.council import Council, council, lacking, number

pytestmark = pytest.mark.skipif(bool(lacking()), reason=lacking())

CALLER = "+441134960999"
WORDS = "This is an automated test of this telephone line."
SCENARIOS = Path(sipp.__file__).parent


@pytest.fixture
def registrar() -> Iterator[Council]:
    with council(SCENARIOS / "registrar.xml") as signs_in:
        yield signs_in


def trunk(host: str) -> Trunk:
    return Trunk(host, "probe", CALLER, "open sesame", registers=True, interface="127.0.0.1")


async def test_it_signs_in_with_its_password_and_signs_out_again(registrar: Council) -> None:
    async with Sip(trunk(registrar.host), RealClock(), WORDS):
        assert [each.first for each in registrar.messages() if each.sent][-1] == "SIP/2.0 200 OK"
    assert "expires=0" in registrar.heard("REGISTER")[-1].header("Contact")


async def test_a_registrar_that_refuses_is_named_with_its_reason_and_without_the_password(registrar: Council) -> None:
    with pytest.raises(CarrierRefused, match="403 Forbidden") as refusal:
        async with Sip(replace(trunk(registrar.host), password="wrong"), RealClock(), WORDS):
            pass
    assert "wrong" not in str(refusal.value)


async def test_a_secret_is_not_shown_when_a_trunk_is(registrar: Council) -> None:
    assert "open sesame" not in repr(trunk(registrar.host))


async def test_whoever_calls_back_is_listed_with_his_number_and_told_who_we_are(registrar: Council) -> None:
    async with Sip(trunk(registrar.host), RealClock(), WORDS) as sip:
        assert await called_back(registrar)
        call = await the_call_back(sip)
        assert (call.to, call.caller, call.status) == (CALLER, "+441134960000", "completed")
        spoke = call.exact["completed"] - call.exact["in-progress"]
        assert spoke.total_seconds() > len(await spoken(WORDS)) / 16000
        assert await sip.newest(10) == []


async def test_which_of_our_numbers_was_called_back_is_known(registrar: Council) -> None:
    other = "+441134960998"
    async with Sip(replace(trunk(registrar.host), numbers=(other,)), RealClock(), WORDS) as sip:
        assert await called_back(registrar, other)
        assert (await the_call_back(sip)).to == other


async def test_without_a_voice_a_call_back_is_declined_and_still_listed(registrar: Council) -> None:
    async def mute(words: str) -> bytes:
        raise NoVoice("no voice here")

    async with Sip(trunk(registrar.host), RealClock(), WORDS, voice=mute) as sip:
        assert await called_back(registrar)
        assert "in-progress" not in (await the_call_back(sip)).exact


async def called_back(registrar: Council, dialled: str = CALLER) -> bool:
    """Let the council call us where we signed in; whether the call went as the scenario has it."""
    contact = re.search(r"<sip:([^@]+)@([^;>]+)", registrar.heard("REGISTER")[-1].header("Contact"))
    assert contact is not None
    process = await asyncio.create_subprocess_exec(
        *("sipp", "-sf", str(SCENARIOS / "calls_back.xml"), contact[2], "-s", contact[1], "-i", "127.0.0.1"),
        *("-key", "dialled", dialled, "-m", "1", "-nostdin", "-timeout", "20s", "-timeout_error"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await process.wait() == 0


async def the_call_back(sip: Sip) -> CallNow:
    async with asyncio.timeout(20):
        while (now := (await sip.inbound(LONG_AGO))[0]).status not in FINAL:  # noqa: ASYNC110 - as the probe looks
            await asyncio.sleep(0.02)
    return now


LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


# ------------------------------------------------------------------------------------------------------------- TLS


async def test_over_tls_a_server_is_trusted_that_the_authority_vouches_for(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    async with engaged_over_tls(certificate) as (host, heard):
        over = Trunk(host, CALLER, CALLER, transport="tls", authority=certificate, interface="127.0.0.1")
        async with Sip(over, RealClock(), WORDS) as sip:
            call = await sip.place(number(1), Speech(WORDS), ring_for=5.0)
            async with asyncio.timeout(20):
                while (await sip.one(call)).status not in FINAL:  # noqa: ASYNC110 - as the probe looks
                    await asyncio.sleep(0.02)
            assert (await sip.one(call)).status == "busy"
    assert heard


async def test_over_tls_nothing_is_said_to_a_server_that_nobody_vouches_for(tmp_path: Path) -> None:
    (tmp_path / "another").mkdir()
    async with engaged_over_tls(self_signed(tmp_path)) as (host, heard):
        other = self_signed(tmp_path / "another")
        over = Trunk(host, CALLER, CALLER, transport="tls", authority=other, interface="127.0.0.1")
        async with Sip(over, RealClock(), WORDS) as sip:
            call = await sip.place(number(1), Speech(WORDS), ring_for=5.0)
            async with asyncio.timeout(30):
                while (await sip.one(call)).status not in FINAL:  # noqa: ASYNC110 - as the probe looks
                    await asyncio.sleep(0.02)
            assert ((await sip.one(call)).status, await sip.sip_code(call)) == ("failed", None)
    assert heard == []


async def test_a_registrar_that_does_not_answer_is_down() -> None:
    with pytest.raises(CarrierDown, match="does not answer"):
        async with Sip(trunk("127.0.0.1:9"), RealClock(), WORDS):
            pass


@asynccontextmanager
async def engaged_over_tls(certificate: Path) -> AsyncIterator[tuple[str, list[str]]]:
    """A telephone that is always engaged, over TLS, and what it was asked."""
    heard: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).decode()
        heard.append(asked)
        kept = re.findall(r"(?m)^(?:Via|From|Call-ID|CSeq):[^\r]*", asked)
        called = re.findall(r"(?m)^To:[^\r]*", asked)[0] + ";tag=1"
        writer.write("\r\n".join(["SIP/2.0 486 Busy Here", *kept, called, "Content-Length: 0", "", ""]).encode())
        await reader.read()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", heard
