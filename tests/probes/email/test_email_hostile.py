"""Mail written to do harm does none: from the mail server to the report it stays small, is kept, and never runs."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from probes.clock import RealClock
from probes.email import HUMAN, read
from probes.email.classify import Verdict, classify
from probes.email.parse import MAX_BODY, MAX_HEADERS, Mail
from probes.email.watch import Collector
from results.database import Database
from results.mailbag import Mailbag, StoredMail
from results.report import assemble
from results.report.html import render
from tests.probes.email.hostile import HOSTILE, MARKS, marked
from tests.probes.email.liar import liar
from tests.probes.email.people import Tray
from tests.probes.email.read_hostile import observe
from tests.results.partnership import fieldwork

ROOM = 128  # megabytes for reading them all, beside what the programme itself takes
PATIENCE = 120  # seconds after which a test that waits has failed
NAMES = list(HOSTILE)
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bag of all of them, as they were collected from a mail server."""
    path = tmp_path_factory.mktemp("hostile") / "doorstep.db"
    asyncio.run(_collect(path))
    return path


async def _collect(path: Path) -> None:
    store = await Database.open(f"sqlite:///{path}")
    try:
        async with liar() as server:
            server.messages = {at: make() for at, make in enumerate(HOSTILE.values(), 1)}
            assert await Collector(server.account, Mailbag(store), RealClock()).collect() == len(HOSTILE)
    finally:
        await store.close()


@pytest.fixture(scope="module")
def bag(database: Path) -> dict[str, StoredMail]:
    """What was kept, by name."""

    async def all_of_them() -> tuple[StoredMail, ...]:
        store = await Database.open(f"sqlite:///{database}")
        try:
            return await Mailbag(store).unread(len(HOSTILE))
        finally:
            await store.close()

    return dict(zip(NAMES, asyncio.run(all_of_them()), strict=True))


@pytest.fixture(scope="module")
def reply() -> Mail:
    """A person's reply with marks in it."""
    return read(marked())


# ------------------------------------------------------------------------------------------------ small and kept


@pytest.mark.parametrize("name", NAMES)
def test_no_more_is_kept_than_will_be_looked_at(name: str, bag: dict[str, StoredMail]) -> None:
    raw, kept = HOSTILE[name](), bag[name].raw
    head, _, body = raw.partition(b"\r\n\r\n")

    assert len(kept) <= MAX_HEADERS + len(b"\r\n\r\n") + MAX_BODY
    assert bag[name].truncated == (len(raw) > len(kept))
    assert kept.startswith(head[: MAX_HEADERS - 4])
    assert kept.endswith(body[:MAX_BODY])


@pytest.mark.parametrize("name", NAMES)
def test_what_is_read_of_it_is_small(name: str, bag: dict[str, StoredMail]) -> None:
    mail = read(bag[name].raw)

    assert len(mail.text) <= 20_000
    assert max(len(mail.recipients), len(mail.references), len(mail.attachments), len(mail.links)) <= 200
    assert sum(len(value) for values in mail.headers.values() for value in values) <= MAX_HEADERS


def test_all_are_read_in_little_room_and_none_passes_for_a_person(database: Path) -> None:
    command = [sys.executable, "-m", "tests.probes.email.read_hostile", str(database), str(ROOM)]

    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)

    kinds = dict(zip(NAMES, json.loads(ran.stdout).values(), strict=True))
    assert {name for name, kind in kinds.items() if kind in HUMAN} == {"marks everywhere"}
    assert kinds["parts nested 5,000 deep"] == "unreadable"
    assert kinds["200,000 headers"] == "unreadable"


def test_an_archive_is_named_and_stays_shut(bag: dict[str, StoredMail]) -> None:
    mail = read(bag["an archive of 100 MB"].raw)

    assert mail.attachments == ("answer.zip",)
    assert mail.text == "See attached."


# ------------------------------------------------------------------------------------------------ nothing runs


@pytest.mark.parametrize("name", NAMES)
def test_what_is_read_holds_no_control_characters(name: str, bag: dict[str, StoredMail]) -> None:
    mail = read(bag[name].raw)

    header = [f"{name}{value}" for name, values in mail.headers.items() for value in values]
    assert not [each for each in (*header, *mail.attachments, *mail.recipients) if CONTROL.search(each) or "\n" in each]
    assert not CONTROL.search(mail.text + mail.text_top + "".join(mail.links))


def test_nothing_of_a_reply_comes_into_the_report_but_as_text(reply: Mail) -> None:
    work = fieldwork(councils=1, calls=1, mails=1)
    seen = observe(reply, Verdict("final reply", 1.0, (reply.subject, reply.text[:200], *reply.attachments)))
    work.shops[:] = [shop.model_copy(update={"observation": seen}) for shop in work.shops]

    page = render(assemble(work.wave, work.scheme, work.organisations, work.shops, work.refusals))

    tree = LexborHTMLParser(page)
    assert not tree.css("script, img, iframe, object, embed, link, form")
    assert not [mark for mark in MARKS if mark in page]
    assert not CONTROL.search(page)


def test_nothing_a_stranger_wrote_becomes_a_fact_or_a_note(reply: Mail) -> None:
    verdict = classify(reply, 3600.0)
    seen = observe(reply, verdict)

    assert verdict.kind in HUMAN
    assert not re.search("script|onerror|alert|Bcc|Jo ", seen.model_dump_json())
    assert not re.search("script|onerror|alert|Bcc|Jo ", " ".join(verdict.reasons))


async def test_nothing_of_a_mail_is_logged(caplog: pytest.LogCaptureFixture, tray: Tray) -> None:
    async with liar() as server:
        server.messages = {1: marked(), 2: marked()}
        server.twist = lambda command: (
            server.fetched(1, True) + b"TAG OK\r\n" if command.startswith("UID FETCH") and "BODY" in command else None
        )
        with caplog.at_level(logging.DEBUG):
            await Collector(server.account, tray, RealClock()).collect()
            for mail in tray.mails.values():
                observe(read(mail.raw), classify(read(mail.raw), 1.0))

    logged = [record.getMessage() for record in caplog.records]
    assert [line for line in logged if "message 2 in INBOX" in line]
    assert not [line for line in logged if "alert" in line or "mark" in line or CONTROL.search(line)]
